/* Private to the reading half of guide: phrases, clauses, references, changes. */
#ifndef DAOGOU_READ_INT_H
#define DAOGOU_READ_INT_H

#include "guide_int.h"

/* ---- phrases (phrases.c) ------------------------------------------------------------------------------------------ */

struct span { const char *begin, *end; };
/* A pattern of normalised text: literals, a space (any spaces; at least one between Latin words), groups "(a|b)", "(a|b)?",
 * "*" up to 24 bytes of anything, "%" a Chinese measure word or nothing, "#" a number in digits or words, "^" the clause's beginning, "$" its
 * end but for particles ("吧", "please"). A Latin word never matches inside of another one. */
/* Bytes of the match at s in [begin, end), or 0. */
size_t phrase_at(const char *pattern, const char *begin, const char *s, const char *end);
bool phrase_find(const char *pattern, struct span text, struct span *found);
/* The first pattern of a NULL-ended table that is found. */
bool phrase_any(const char *const *patterns, struct span text, struct span *found);
/* Bytes of a number word at s ("3", "三", "third", "two"); value; or 0. ordinal: English ordinals too. */
size_t number_word(const char *s, const char *end, bool ordinal, int64_t *value);
bool span_empty(struct span s); /* nothing but spaces and punctuation */
struct span span_trim(struct span s);
const char *span_copy(struct arena *a, struct span s); /* trimmed, spaces single; NULL: no memory */
bool latin_byte(char c);

/* ---- cues (cues.c) ------------------------------------------------------------------------------------------------ */

enum cue {
    CUE_INJECTION, CUE_ABUSE, CUE_SCOPE, CUE_PERSON, CUE_SERVICE, CUE_COUPON, CUE_CART, CUE_EMPTY_CART, CUE_REMOVE, CUE_ADD, CUE_BUY, CUE_BUY_SURELY, CUE_COMPARE, CUE_OTHERS, CUE_MORE,
    CUE_FACT, CUE_SKIP, CUE_SHOW, CUE_GREET, CUE_THANK, CUE_LEAVE, CUE_RESTART, CUE_NEW, CUE_ALSO, CUE_INSTEAD, CUE_CHEAPER, CUE_DEARER, CUE_CHEAPEST, CUE_DEAREST,
    CUE_RATED, CUE_POPULAR, CUE_HEAD, CUE_TAIL, CUES
};
bool cue_find(enum cue c, struct span text, struct span *found);
static inline bool cue_is(enum cue c, struct span text) { return cue_find(c, text, NULL); }
/* Without the words at both ends that mean nothing by themselves ("我想买个", "please"). */
struct span cue_strip(struct span s);

/* ---- one reading -------------------------------------------------------------------------------------------------- */

enum { CLAUSES_MAX = 24, POOL_MAX = SHOWN_MAX };
/* A product that can be pointed at. */
struct loaded {
    const char *id;
    uint32_t group;              /* the turn that showed it */
    struct product product;
    const char *text;            /* normalised title, brand, category and what attributes say, a line each */
    const char *names;           /* the same with the names of attributes that are not denied */
    bool present, tried;
};
struct pool { struct loaded items[POOL_MAX]; size_t n; };
struct set { uint16_t items[POOL_MAX]; size_t n; };   /* of a pool, in the order that they were named */
struct reading {
    struct guide *g;
    const struct dialogue *d;
    struct arena *a;
    struct utterance *u;
    struct pool *shown, *cart;
    struct set antecedent;       /* of the pool `shown`: what an earlier clause of the utterance pointed at */
    struct set named;            /* of `shown`: what the need that is read points at ("cheaper than the second") */
    bool dropped;                /* words of the need that is read name nothing that the shop knows, and were left out */
    bool nomem;
};

/* ---- slips of the keyboard (typos.c) ---------------------------------------------------------------------------------- */

/* The text with words mended that the shop does not know and that are one slip from a word of ours ("chepest", "balck"). NULL: no memory. */
const char *typos_mend(struct reading *r, const char *text);

/* ---- what can be pointed at (pointing.c) -------------------------------------------------------------------------- */

void pool_of_shown(const struct dialogue *d, struct pool *p);
void pool_of_cart(const struct dialogue *d, struct pool *p);
struct loaded *pool_load(struct reading *r, struct pool *p, size_t i); /* with record and text, or NULL: the shop has it no more */
bool set_has(const struct pool *p, const struct set *s, const char *id);
void set_add(const struct pool *p, struct set *s, size_t item);
/* The cards that the last reply with cards showed: shown[*first ..]; how many. The group that ends before shown[end]. */
size_t last_group(const struct dialogue *d, size_t *first);
size_t group_before(const struct dialogue *d, size_t end, size_t *begin);
/* Is every word of text, function words apart, in the record's text? any: there was such a word. */
bool words_in_record(const char *record, struct span text, bool *any);
bool record_has_quantity(const char *record, double value, const char *dimension);
/* "cheaper", "最轻": bytes of the comparative or superlative's stem at s, or 0. */
size_t superlative_at(const char *begin, const char *s, const char *end, size_t *which);
const char *superlative_dimension(size_t which, bool *most); /* "price", "mass", ..., "size", or NULL: ratings */
bool superlative_of_time(size_t *which); /* of length, "最长", it becomes one of time */
void superlative_by_attribute(struct span before, size_t *which); /* "功率最大": before it stands what is compared */
/* What it compares, as one would ask for it: "重量", "price"; NULL: nothing that a record names. */
const char *superlative_measure(size_t which, enum language l);
/* The one of a set that is most so; false: not known, or several are. */
bool superlative_of(struct reading *r, struct pool *p, const struct set *among, size_t which, size_t *best);
/* A quantity of the record in its base unit: of the attributes named (parted by '|'), else of any with the dimension (NULL: of the named). */
bool product_quantity(const struct reading *r, const struct product *p, const char *dimension, const char *names, double *out);

/* ---- references (references.c) ------------------------------------------------------------------------------------ */

struct pointed {
    struct set set;
    bool failed;                 /* something was pointed at and is not there, or several could be meant */
    bool any;                    /* the clause points at something */
    bool superlative;            /* ... by "cheapest" and the like */
    struct set among;            /* what the superlative chose from */
    size_t which;
    struct span spans[REFERENCES_MAX]; /* the words that point, to be left out of what is read as wishes */
    size_t n_spans;
};
/* What a clause points at. loose: pronouns, brands and bare superlatives count, too: the clause does something to products. */
void references_find(struct reading *r, struct pool *p, struct span clause, bool loose, struct pointed *out);
/* Places alone ("the second", "前两个", "both", "2"): of the choices of a question. */
void references_find_places(struct reading *r, struct pool *p, struct span clause, struct pointed *out);
/* The products of the last group and before that a text describes ("red", "with ANC"); newest group first. any: it describes at all. */
void describe(struct reading *r, struct pool *p, struct span words, bool plural, struct pointed *out);

/* ---- changes (changes.c) ------------------------------------------------------------------------------------------ */

/* Constraints and free text of a clause or several, as changes of topic t (NULL: none yet). */
/* Does the clause speak of a field as such: "颜色无所谓", "换个牌子"? */
bool names_field_alone(struct span clause);
/* The field that the clause has a word for ("颜色", "budget"), and where; or NULL. */
const char *field_named(struct span clause, struct span *where);
/* Do the words stand anywhere in the shop's records? Half of them at least. */
bool is_noise(const struct reading *r, struct span words);
bool shop_speaks_of(const struct reading *r, struct span words);
/* "别太贵": a wish for a low price without a figure. */
bool not_too_dear(struct span clause, struct span *found);
/* The shop is asked for products: "有没有...", "show me ...". */
bool asks_for_goods(struct span clause);
status changes_read(struct reading *r, struct span text, const struct topic *t, struct utterance_part *out);
/* Answers to the open question; true: the span was one, out is filled. */
status answer_read(struct reading *r, struct span text, struct utterance_part *out, bool *answered);

#endif
