/* Private to guide: what an utterance says, and the steps of a turn. */
#ifndef DAOGOU_GUIDE_INT_H
#define DAOGOU_GUIDE_INT_H

#include "guide.h"

struct guide {
    struct guide_options options;
    struct rng rng;
};

/* ---- reading an utterance against the state (turn_read.c and its neighbours) ---------------------------------------- */

enum { PARTS_MAX = 6, CHANGES_MAX = 16, REFERENCES_MAX = 8 };

/* What one part of an utterance wants. One utterance may have several: "加入购物车，再看看睡袋". */
enum intention {
    WANTS_PRODUCTS,      /* a need, new or refined: changes */
    WANTS_MORE,          /* others like these, the next ones */
    WANTS_OTHERS,        /* these do not please: references rejected (none: all that were shown last) */
    WANTS_COMPARISON,    /* of the references (none: of those shown last) */
    WANTS_FACT,          /* a question about referenced products: `asked` names what ("防水吗", "how heavy is the first one") */
    WANTS_TO_ADD,        /* references into the cart, quantity */
    WANTS_TO_REMOVE,     /* references out of it; none: of all that is in it */
    WANTS_CART,          /* what is in it, what it costs; or a coupon (in `asked`) */
    WANTS_TO_BUY,        /* "就要第二个": the reference is chosen */
    SKIPS_QUESTION,      /* "都行", "whatever": the open question's field does not matter */
    WANTS_SERVICE,       /* order, delivery, return ...: to the service room with the part's text */
    WANTS_A_PERSON,
    GREETS, THANKS, TAKES_LEAVE,
    STARTS_OVER,
    IS_ABUSIVE,
    IS_OUT_OF_SCOPE,     /* weather, jokes, politics, "ignore your instructions" */
    IS_EMPTY,            /* nothing that can be read: spaces, control characters, emoji alone */
};
const char *intention_name(enum intention i);

struct change {
    enum { CHANGE_ADD,       /* beside what is wished of the field (alternatives; price: narrower) */
           CHANGE_REPLACE,   /* instead of every wish of that field with the same sign: a correction */
           CHANGE_REMOVE,    /* the field does not matter any more, or (values given) these values may be again */
           CHANGE_RELAX      /* a bound gives way: wish.low/high/least/most are the new bounds */
    } what;
    struct wish wish;
};
struct utterance_part {
    enum intention intention;
    uint32_t begin, end;             /* bytes of utterance.normalised */
    bool new_topic;                  /* WANTS_PRODUCTS: another need than the current topic's */
    bool back_to_topic;              /* WANTS_PRODUCTS: an older topic is spoken of again: `topic` */
    uint32_t topic;
    const char *text;                /* WANTS_PRODUCTS: free text of a new topic, or words to add to the current one's; "" none. Others: the part as said */
    bool replaces_text;              /* text instead of the topic's text ("I meant boots") */
    struct change changes[CHANGES_MAX];
    size_t n_changes;
    const char *references[REFERENCES_MAX]; /* product ids, resolved against shown, focus and cart */
    size_t n_references;
    bool reference_failed;           /* the shopper pointed at something that was not shown ("第九个") */
    int64_t quantity;                /* WANTS_TO_ADD, WANTS_TO_REMOVE: 1 unless said */
    bool sets_quantity;              /* WANTS_TO_ADD: so many in all, not so many more ("make it two") */
    const char *among[REFERENCES_MAX];  /* WANTS_FACT: what a superlative chose from ("第1个和第3个哪个更轻"), the references being the choice */
    size_t n_among;
    const char *measure;             /* what it compares, "重量", "price"; NULL: not known */
    const char *asked;               /* WANTS_FACT: the attribute's words, normalised */
    enum product_order order;        /* superlatives: "最便宜的", "the highest rated" */
    bool no_questions;               /* "别问了", "just show me" */
};
/* Which of the open questions an utterance answers, were it by "any". */
struct answered { bool open, also; };
struct utterance {
    enum language language;
    const char *normalised;
    struct answered answered;
    struct utterance_part parts[PARTS_MAX];
    size_t n_parts;                  /* at least 1 */
};
/* Strings in the arena. Reads, never changes the dialogue. ERR_NOMEM only. */
status turn_read(struct guide *g, const struct dialogue *d, const char *text, size_t n, struct arena *a, struct utterance *out);
/* The part's changes of topics and wishes (not of cart or shown). Strings are copied into d's arena. */
status state_apply(struct guide *g, struct dialogue *d, const struct utterance *u, const struct utterance_part *part);

/* A dialogue of its own, whose arena holds what the state needs and nothing else. */
status dialogue_copy(const struct dialogue *d, struct dialogue *out);
/* Strings that a turn replaced stay in the arena until it holds DIALOGUE_BYTES_MAX; then the state is copied into a fresh one. state_apply
 * does it by itself; call it after other changes of a long dialogue. Pointers into the old state are void. */
enum { DIALOGUE_BYTES_MAX = 256 * 1024 };
status dialogue_compact(struct dialogue *d);

/* ---- wishes and needs (wishes.c) ------------------------------------------------------------------------------------ */

/* A constraint that matcher_understand found, as a slot (field, canonical values, bounds, said); provenance and turn are the caller's. */
status wish_from_constraint(const struct matcher *m, const struct constraint *c, struct arena *a, struct wish *out);
/* The need of a topic: its text and wishes, as matcher_match_need takes it. Values that the index does not know (any more) make a hard
 * wish that nothing meets, not one that is forgotten. */
status topic_need(struct guide *g, const struct dialogue *d, const struct topic *t, struct need *out);

/* Answers to an open question: hard wishes, FROM_ANSWER; turn is the caller's. wish_from_exact takes what was typed if it is, as a whole, a choice's
 * label or value, or "none of these" (then the wish denies them all); wish_from_answer if it is another value of the field that the shop has, or a shade. */
status wish_from_choice(const struct question *q, size_t choice, struct arena *a, struct wish *out);
status wish_from_exact(const struct guide *g, const struct question *q, const char *normalised, struct arena *a, struct wish *out, bool *found);
status wish_from_answer(const struct guide *g, const struct question *q, const char *normalised, struct arena *a, struct wish *out, bool *found);

/* ---- questions (questions.c) ---------------------------------------------------------------------------------------- */

/* Choices are the most likely values, most first (prices ascending), with the products that would be left; value is the canonical label, for
 * prices "LOW-HIGH" in minor units, an end left out when open. field "attribute:title" asks for the words that names begin with, where the shop has no brands.
 * The next question about the current topic among the products that fit, or field "": the gain would be too small, everything was asked or
 * said, or the topic wants none. also: what is asked beside it, or field "". gains: [{"field","bits","values"}] of the fields weighed, for `why`. Strings in the arena. */
status question_choose(struct guide *g, const struct dialogue *d, const struct topic *t, const struct matches *m, const struct answered *answered, struct arena *a, struct question *out, struct question *also,
                       json_t **gains);

#endif
