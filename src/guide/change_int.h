/* Private to the three parts of reading changes. `rest` is the text with what was read blanked, byte for byte. */
#ifndef DAOGOU_CHANGE_INT_H
#define DAOGOU_CHANGE_INT_H

#include "read_int.h"

/* ---- changes.c ---- */
bool is_price_wish(const struct wish *w);
const struct wish *topic_wish(const struct topic *t, const char *field, bool negated);
struct change *change_add(struct utterance_part *out, int what, struct wish w);
struct wish wish_blank(const struct reading *r, const char *field, const char *said);
struct span clause_around(struct span text, const char *said);
int price_change_kind(const struct wish *old, struct wish *w, struct span clause);
bool gives_way_on_price(struct span clause, struct span *found);
bool takes_wish_back(struct span clause, struct span *found);

/* ---- steps.c ---- */
/* The products that a relative wish starts from: those pointed at, else the one talked about, else the last group. */
void change_anchors(struct reading *r, struct span text, struct set *out);
void read_relative(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out);
void read_price_cues(struct reading *r, struct span text, const struct topic *t, char *rest, bool have_price, struct utterance_part *out);
bool read_price_step(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out);
void read_size_step(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out);

/* ---- free_text.c ---- */
const char *free_words(struct reading *r, const char *text, bool more);
status place_text(struct reading *r, struct span text, const struct topic *t, const struct need *n, struct utterance_part *out);
status find_topic(struct reading *r, struct utterance_part *out);
void take_back(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out);
void read_bare_price(struct reading *r, struct span text, const struct topic *t, char *rest, bool *price, struct utterance_part *out);

#endif
