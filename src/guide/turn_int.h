/* Private to guide: one turn under way, what it says and how. */
#ifndef DAOGOU_TURN_INT_H
#define DAOGOU_TURN_INT_H

#include "guide_int.h"

enum { CLAIMS_MAX = 96 };
struct turn {
    struct guide *g;
    struct dialogue *d;              /* a copy: the caller's stays as it was until the turn has succeeded */
    struct reply *r;
    const struct token_sink *sink;
    struct strbuf text;              /* what was said so far */
    struct claim_source claims[CLAIMS_MAX];
    size_t n_claims;
    uint32_t topics_shown;           /* product parts answered in this turn */
    size_t cards_each;               /* of each of them */
    struct answered answered;
    bool cut;                        /* the utterance was longer than is read */
    bool sink_stopped;
};

/* ---- saying (say.c) ------------------------------------------------------------------------------------------------- */

/* Adds a sentence to the reply: moderated, handed to the sink. One that moderation blocks is left out, and `why` tells so. */
status say(struct turn *t, const char *sentence);
status say_break(struct turn *t);    /* a new line, if anything was said */
/* Notes where a claim of the sentence stands. Copies nothing: strings live in the reply's arena or are literals. */
void claim(struct turn *t, const char *sentence, const char *words, const char *product, const char *field);
void act(struct turn *t, enum guide_act a);
bool in_chinese(const struct turn *t);

/* "499元", "$19.99", "1299.00 XYZ"; "" without a price. In the reply's arena. */
const char *money_text(struct turn *t, int64_t minor, const char *currency);
bool attribute_spoken(const struct turn *t, const struct attribute *a); /* in the dialogue's language, or in none */
bool name_in_list(const char *names /* "a|b|c" */, const char *name);   /* whatever the case of Latin letters */
const char *title_of(const struct turn *t, const struct product *p);
/* "双肩包，500元以内，不要黑色": the topic as the shopper put it. */
const char *topic_words(struct turn *t, const struct topic *topic);

/* ---- phrases (templates.c): wordings of our own, several each, chosen by dialogue and turn --------------------------------- */

enum phrase {
    PHRASE_UNMET, PHRASE_FOUND_MANY, PHRASE_FOUND_UNSEEN, PHRASE_FOUND_FEW, PHRASE_FOUND_ONE, PHRASE_BEST, PHRASE_ONLY, PHRASE_UNPRICED, PHRASE_SAVES, PHRASE_CHEAPEST, PHRASE_DEAREST, PHRASE_RATED, PHRASE_POPULAR, PHRASE_NO_RATING,
    PHRASE_NOTHING, PHRASE_NOT_SOLD, PHRASE_NOTHING_MORE, PHRASE_MORE, PHRASE_OTHERS, PHRASE_TOPIC_NEEDED,
    PHRASE_ASK_COLOUR, PHRASE_ASK_MATERIAL, PHRASE_ASK_SIZE, PHRASE_ASK_BRAND, PHRASE_ASK_AUDIENCE, PHRASE_ASK_CATEGORY, PHRASE_ASK_PRICE, PHRASE_ASK_NAME, PHRASE_ASK_TITLE, PHRASE_ASK_ATTRIBUTE,
    PHRASE_CHOICES, PHRASE_ALSO, PHRASE_SKIPPED,
    PHRASE_COMPARE, PHRASE_COMPARE_SAME, PHRASE_COMPARE_TWO, PHRASE_SUITS,
    PHRASE_MOST, PHRASE_WHY, PHRASE_FACT, PHRASE_FACT_QUOTE, PHRASE_FACT_UNKNOWN, PHRASE_STOCK, PHRASE_SOLD_OUT, PHRASE_STOCK_UNKNOWN,
    PHRASE_ADDED, PHRASE_SET, PHRASE_REMOVED, PHRASE_NOT_IN_CART, PHRASE_CART, PHRASE_CART_SAVES, PHRASE_CART_EMPTY, PHRASE_CART_FULL, PHRASE_CHOSEN, PHRASE_SOLD_OUT_ADD,
    PHRASE_REFERENCE_FAILED, PHRASE_WHICH, PHRASE_HAND_OVER, PHRASE_SERVICE_UNKNOWN,
    PHRASE_GREET, PHRASE_THANKS, PHRASE_LEAVE, PHRASE_LEAVE_CART, PHRASE_ABUSE, PHRASE_WHO, PHRASE_SCOPE, PHRASE_EMPTY, PHRASE_OVER, PHRASE_CUT, PHRASE_BLOCKED, PHRASES
};
struct hole { const char *name, *value; };
#define HOLES(...) (const struct hole[]){__VA_ARGS__}, sizeof((const struct hole[]){__VA_ARGS__}) / sizeof(struct hole)
/* The phrase in the dialogue's language, holes filled; never NULL ("" when memory is short). */
const char *phrase(struct turn *t, enum phrase p, const struct hole *holes, size_t n);
status say_phrase(struct turn *t, enum phrase p, const struct hole *holes, size_t n);

/* ---- what a turn does --------------------------------------------------------------------------------------------------- */

status turn_products(struct turn *t, const struct utterance_part *part);     /* turn_products.c: cards, text, question */
status say_about(struct turn *t, const struct topic *topic, const struct product *p);   /* about_product.c: a few sentences, traced */
const char *sentence_end(const char *s);                                     /* past the first sentence of s */
status turn_compare(struct turn *t, const struct utterance_part *part);      /* comparison.c */
status turn_fact(struct turn *t, const struct utterance_part *part);         /* product_facts.c */
status turn_cart(struct turn *t, const struct utterance_part *part);         /* shopping_cart.c: add, remove, show, buy */
status cart_table(struct turn *t, json_t **out);                             /* shopping_cart.c: the cart as it stands, priced */
status comparison_of(struct turn *t, const char *const *ids, size_t n, json_t **out); /* comparison.c */
void profile_apply(const struct dialogue *d, struct topic *t);                /* profile.c */
status turn_price(struct turn *t, const struct product *p, struct cart_result *out); /* shopping_cart.c: of one piece now */
status turn_service(struct turn *t, const struct utterance_part *part);       /* service_turn.c */
/* Does the classifier say, surely, that what was read as a need is about an order, a delivery, a return ...? */
bool is_service_question(struct turn *t, const struct utterance_part *part);
status turn_hand_over(struct turn *t, const char *reason);                   /* turn.c */

/* ---- wording by another model (endpoint.c, rewording.c) ----------------------------------------------------------------- */

enum { ENDPOINT_REPLY_MAX = 256 << 10, REWORDED_BYTES_MAX = 4000 };
/* What the endpoint answers to (system, user); free with mem_free. ERR_IO: no answer in time, or not one of ours. */
status endpoint_complete(struct endpoint *e, const char *system, const char *user, char **text);
/* Lets the endpoint word the reply, if there is one; keeps the guide's own words where the answer fails a check, and `why` says which. */
status turn_reword(struct turn *t);

/* Tells whoever watches that a stage begins; ERR_INTERRUPTED: nobody waits for the answer any more. */
status turn_stage(struct turn *t, const char *name);
/* Copies a product into the reply's arena; ERR_NOT_FOUND when the shop no longer has it. */
status turn_product(struct turn *t, const char *id, struct product *out);
/* The products that a part points to, else those of the last screen (at most max). */
size_t turn_references(const struct turn *t, const struct utterance_part *part, const char **ids, size_t max);
void shown_add(struct dialogue *d, const char *id, uint32_t topic);
/* Puts the question, and the one beside it if it has a field, into the reply and the state, and says them. */
status turn_ask(struct turn *t, const struct question *q, const struct question *also);

#endif
