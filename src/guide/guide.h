/* guide: the dialogue. A shopper says something; the guide asks, recommends, compares, answers, fills a cart, hands over or closes.
 *
 *   utterance -> read against the state (turn_read) -> state changed (state_apply) -> candidates (match) -> act chosen (policy)
 *             -> worded, every claim traced (wording) -> moderated -> state stored
 *
 * The state is explicit and small, a person can read it (dialogue_json), and it is all that the guide remembers. Constraints are
 * law: no card and no sentence breaks a hard wish. What the shopper or a product's text says is data: never an instruction.
 */
#ifndef DAOGOU_GUIDE_H
#define DAOGOU_GUIDE_H

#include "catalogue/catalogue.h"
#include "copywriting/copywriting.h"
#include "match/match.h"
#include "moderation/moderation.h"
#include "promotion/promotion.h"
#include "service/service.h"
#include "store/store.h"

#include <jansson.h>

/* ---- the state of one dialogue ------------------------------------------------------------------------------------ */

enum {
    DIALOGUE_ID_MAX = 64, UTTERANCE_BYTES_MAX = 2000 /* longer ones are cut, and the reply says so */, TOPICS_MAX = 4, WISHES_MAX = 24, VALUES_MAX = 8,
    TOPIC_TEXT_MAX = 400, ASKED_MAX = 24, SHOWN_MAX = 60, DIALOGUE_CART_MAX = 20, CHOICES_MAX = 6, CARDS_MAX = 10, COUPONS_MAX = 4, PROFILE_MAX = 8,
};

enum provenance { FROM_SHOPPER, FROM_ANSWER /* to a question of the guide's */, FROM_PROFILE, INFERRED };
const char *provenance_name(enum provenance p); /* "said", "answered", "profile", "inferred" */

/* One slot: what the shopper wants of one field. `field` is "price", a facet's name ("colour"), "attribute:NAME" (NAME normalised, as
 * in the index), "words" (denied words) or "quantity:DIMENSION". Values are alternatives, canonical labels as in the index, so that the
 * state outlives a rebuilt index. Strings live in the dialogue's arena. */
struct wish {
    const char *field;
    const char *values[VALUES_MAX];
    size_t n_values;
    int64_t low, high;           /* price, minor units; INT64_MIN + 1 and INT64_MAX when open */
    double least, most;          /* quantity, in `unit`; -INFINITY and INFINITY when open */
    const char *unit;            /* quantity: base unit; else NULL */
    bool negated, hard;
    enum provenance provenance;
    uint32_t turn;               /* in which it was said */
    const char *said;            /* the shopper's words, or the choice's label */
};

/* One need. A second one in the same dialogue ("and a sleeping bag, too") is a topic of its own. */
struct topic {
    const char *text;            /* what is looked for: normalised free text without constraints; "" nothing named yet */
    struct wish wishes[WISHES_MAX];
    size_t n_wishes;
    const char *asked[ASKED_MAX];  /* fields asked about, answered or skipped: never asked again; "+colour": beside another one, and passed over */
    size_t n_asked;
    bool no_questions;           /* "just show me" */
    enum product_order order;    /* ORDER_FIT unless a superlative was asked for */
    const char *rejected[SHOWN_MAX]; /* product ids: "not this one" */
    size_t n_rejected;
};

struct shown { const char *id; uint32_t turn; uint32_t topic; }; /* in the order of the screen; the last turn's come last */
struct cart_item { const char *id; int64_t quantity; };
struct choice { const char *label; /* as shown */ const char *value; /* canonical */ uint32_t count; /* products left with it */ };
struct question {
    const char *field;           /* "" when none is open */
    uint32_t topic;
    struct choice choices[CHOICES_MAX];
    size_t n_choices;
};

struct dialogue {
    struct arena arena;
    char id[DIALOGUE_ID_MAX];
    uint32_t turn;               /* turns so far */
    enum language language;      /* of the last utterance that had one */
    struct topic topics[TOPICS_MAX];
    size_t n_topics, current;    /* current < n_topics, or both 0 */
    struct shown shown[SHOWN_MAX];
    size_t n_shown;
    const char *focus;           /* the product id talked about last, or NULL */
    const char *asked;           /* what was asked about it, or NULL */
    struct cart_item cart[DIALOGUE_CART_MAX];
    size_t n_cart;
    const char *coupons[COUPONS_MAX];
    size_t n_coupons;
    const char *member;          /* level, "*" when the shop has only one; NULL: no member */
    struct wish profile[PROFILE_MAX]; /* what is known of the shopper: added to each topic that says nothing of the field */
    size_t n_profile;
    struct question open;        /* the question that waits for an answer */
    struct question also;        /* the one put beside it, which may be answered in the same breath; field "" when there is none */
    bool handed_over, closed;
};
void dialogue_init(struct dialogue *d, const char *id);
void dialogue_release(struct dialogue *d);
/* The whole state as a person reads it; dialogue_from_json gives the same dialogue back. ERR_FORMAT: which key is wrong. */
json_t *dialogue_json(const struct dialogue *d);
status dialogue_from_json(const json_t *o, struct dialogue *out);

/* ---- the guide ---------------------------------------------------------------------------------------------------- */

enum question_policy { QUESTIONS_BY_GAIN, QUESTIONS_RANDOM, QUESTIONS_FIXED, QUESTIONS_NONE }; /* all but the first: to measure beside */
enum wording { WORDING_MODEL /* best product's text by the local model, checked */, WORDING_TEMPLATES };

/* An OpenAI-compatible endpoint (POST URL/chat/completions) that may word replies instead; what it says passes the same fact check, or
 * the guide's own words stand. Leaves the machine: off unless a URL is given. */
struct endpoint_options {
    const char *url;                   /* "http://127.0.0.1:8000/v1" */
    const char *model;
    const char *key;                   /* NULL or the bearer token; never logged */
    long timeout_ms;                   /* of a whole request: 10000 */
};
struct endpoint;
status endpoint_new(const struct endpoint_options *o, struct endpoint **out); /* ERR_USAGE: not http(s), no model */
void endpoint_free(struct endpoint *e);

struct guide_options {
    struct catalogue *catalogue;
    struct matcher *matcher;
    struct session *session;           /* the model, for choosing sentences; NULL: the first ones */
    struct copywriter *copywriter;     /* NULL: templates only */
    const struct claim_lexicon *lexicon;
    struct moderator *moderator;
    const struct normalizer *normalizer;
    struct service *service;           /* answers from the shop's documents; NULL: every service question goes to a person */
    struct intents *intents;           /* tells service questions from needs; NULL: by cue words alone */
    const char *user;                  /* who asks, for the order hook; NULL: nobody known */
    const struct promotion *promotions; /* of the shop, and how often they were used */
    size_t n_promotions;
    const struct cart_usage *usage;
    size_t n_usage;
    int64_t now;                       /* Unix seconds, for promotions; 0: the clock */
    struct endpoint *endpoint;         /* NULL: replies are worded here */
    enum question_policy questions;
    enum wording wording;
    size_t n_cards;                    /* products shown in a turn: 5 */
    size_t n_cards_more;               /* where more is asked for, and where no more than that is left: 10 */
    size_t questions_max;              /* of one topic: 8 */
    size_t questions_at_once;          /* in one turn: 2. The second is put beside the first, and need not be answered */
    float gain_min;                    /* turns: a question that is expected to save less is not asked: 0.05 */
    uint64_t seed;                     /* of random questions, and of the wording's variants */
    const struct progress *progress;   /* told of the stages of a turn ("read", "match", "ask", "write", "check") and asked whether to go on: ERR_INTERRUPTED; NULL: nobody */
};
void guide_options_default(struct guide_options *o);
struct guide;                          /* uses, does not own, what is in the options; one thread at a time */
status guide_new(const struct guide_options *o, struct guide **out);
void guide_free(struct guide *g);

/* ---- a turn ------------------------------------------------------------------------------------------------------- */

enum guide_act { GUIDE_ASK, GUIDE_RECOMMEND, GUIDE_COMPARE, GUIDE_ANSWER, GUIDE_CONFIRM, GUIDE_CART, GUIDE_HAND_OVER, GUIDE_CLOSE, GUIDE_CHAT /* greets, declines */, GUIDE_ACTS };
const char *guide_act_name(enum guide_act a);      /* "ask", "recommend", ... */

struct card {
    struct product product;
    uint32_t number;                   /* as the shopper counts: 1 is the first of this reply */
    float score;
    int64_t promoted_price;            /* of one piece with what is on offer now; product.price when nothing is */
    const char *promotion;             /* the arithmetic, or NULL */
    const char *const *reasons;
    size_t n_reasons;
};
struct claim_source { const char *sentence, *claim, *product, *field; }; /* each checkable claim of the reply's text and where it stands */
struct reply {
    struct arena arena;
    enum guide_act acts[4];                  /* a turn may answer and recommend, or recommend and ask */
    size_t n_acts;
    const char *text;                  /* what is said; "" never */
    struct card *cards;
    size_t n_cards;
    uint32_t n_fitting;                /* products that meet every hard wish of the topic and fit its text */
    struct question question;          /* with its choices; field "" when nothing is asked */
    struct question also;              /* asked beside it; field "" when it is the only one */
    json_t *comparison;                /* {"products":[ids],"rows":[{"name","values":[...]}]} or NULL */
    json_t *cart;                      /* lines, amounts and their arithmetic, or NULL */
    json_t *answer;                    /* a service answer with its source, or NULL */
    struct claim_source *claims;
    size_t n_claims;
    enum moderation_verdict moderation;
    json_t *why;                       /* understood query, candidates and scores at each stage, question gains, moderation, times */
};
void reply_release(struct reply *r);
json_t *reply_json(const struct reply *r, enum language l, bool why);

/* What is known of the shopper, in words ("women, size 38, no wool"): wishes with provenance "profile", soft but for denials. */
status dialogue_set_profile(struct guide *g, struct dialogue *d, const char *text);
status dialogue_set_member(struct dialogue *d, const char *level);

/* One turn: reads `text` (any bytes), changes d, fills out. Bad input is answered politely; a status other than OK means that the machine
 * failed (memory, disk) and d is as before. sink (may be NULL) gets the text's pieces as they are worded. */
status guide_turn(struct guide *g, struct dialogue *d, const char *text, size_t n, struct reply *out, const struct token_sink *sink);

/* ---- without words: what a page's buttons do (controls.c) --------------------------------------------------------------------- */

/* Sets how many pieces of a product are in the cart; 0 takes it out. ERR_NOT_FOUND: no such product; ERR_LIMIT: more than there are, or than a
 * cart holds; d is then as before. guide_cart: what is in it. *cart is as reply.cart, the caller's. */
status guide_set_cart(struct guide *g, struct dialogue *d, const char *product, int64_t quantity, json_t **cart);
status guide_cart(struct guide *g, struct dialogue *d, json_t **cart);
/* The table of what differs between two to four products, as reply.comparison. */
status guide_compare(struct guide *g, const char *const *ids, size_t n, enum language l, json_t **table);

/* ---- dialogues kept (dialogue_store.c; the room owns its tables) ---------------------------------------------------------- */

enum { TURNS_KEPT_MAX = 400 /* of one dialogue; the state itself holds what matters */ };
status dialogues_migrate(struct store *s);
/* In one transaction: the state, and the turn as it was said. */
status dialogue_save(struct store *s, const struct dialogue *d, const char *said, const char *reply_text);
status dialogue_save_state(struct store *s, const struct dialogue *d);        /* the state alone: nothing was said */
status dialogue_load(struct store *s, const char *id, struct dialogue *out); /* ERR_NOT_FOUND names the id */
status dialogue_erase(struct store *s, const char *id);                       /* state and turns; ERR_NOT_FOUND */
/* Newest first; visit gets id, turns, and when it was last used (Unix ms). */
status dialogues_each(struct store *s, status (*visit)(void *context, const char *id, int64_t turns, int64_t used_ms), void *context);

#endif
