/* match: which products fit a need best, and why.
 *
 *   understand -> retrieve (terms and vectors) -> features -> fuse -> rerank with the match head -> cut off -> explain
 *
 * Hard constraints (price, and colour, size, material, brand, audience where the catalogue knows them; negations) hold for
 * every result. The weights that fuse the scores are learned, few, and lie readable in MODEL/fusion.json.
 */
#ifndef DAOGOU_MATCH_H
#define DAOGOU_MATCH_H

#include "catalogue/catalogue.h"
#include "decode/decode.h"
#include "index/index.h"

/* ---- the index of a catalogue ------------------------------------------------------------------------------------ */

/* Builds the snapshot at path from every product; session NULL: no vectors (the lexical half works alone). Replaced atomically. */
status match_build_index(struct catalogue *c, struct session *s, const struct normalizer *z, const char *path, const struct progress *progress);

/* Does this snapshot hold version `version` of the catalogue, with the vectors of session's model, in this program's layout? */
bool match_index_is_current(const struct index *x, int64_t version, const struct session *s);

/* The index's columns, for who asks it himself (matcher_index). A label of ATTRIBUTES is "name: value", both normalised, list values one by
 * one; attributes that are facets are not among them. Feeds without a brand: "title: peter england" are the words that titles begin with. "name: polo", "名称: 速开" are
 * the words of titles that stand in no other field, Latin ones as roots. */
enum index_column { COLUMN_PRICE, COLUMN_STOCK, COLUMN_TITLE_TERMS, COLUMN_RATING /* times 100 */, COLUMN_RATING_COUNT, COLUMN_VECTOR_TEXT /* hash of what the vector was made of; indexes of before lack it */, NUMBER_COLUMNS };
enum { QUANTITIES = 6 /* behind the facets */, ATTRIBUTES, LABEL_COLUMNS };
#define ATTRIBUTE_SEPARATOR ": "
#define TITLE_ATTRIBUTE "title"
/* What a Latin word of titles is labelled by: the word without endings of number and tense ("striped", "stripes": "strip"; but "digital" is no "digit"). In
 * place, lower-case ASCII; returns the new length. */
size_t word_root(char *word, size_t n);
/* Is what a title begins with surely a name? "black coffee", "ben 10", "puma black" may be one, for whoever is asked for a name and types it. */
bool title_is_name(const char *value, size_t n);
#define WORD_ATTRIBUTE "name"
#define WORD_ATTRIBUTE_ZH "名称"

/* ---- the need, understood ---------------------------------------------------------------------------------------- */

enum facet { FACET_COLOUR, FACET_MATERIAL, FACET_SIZE, FACET_BRAND, FACET_AUDIENCE, FACET_CATEGORY, FACETS };
const char *facet_name(enum facet f); /* "colour", ... : also the label column's name in the index */

/* How a language writes a canonical label of our lexicon (colours, materials, people): "black" is 黑色. NULL: not one of them. */
const char *facet_word(enum facet f, const char *canonical, size_t n, enum language l);
/* The wider label that a canonical one also is ("navy": "blue"), or NULL. */
const char *facet_parent(enum facet f, const char *canonical, size_t n);

enum { NEED_CONSTRAINTS_MAX = 32, NEED_TERMS_MAX = 64, NEED_BYTES_MAX = 4096, DENIED_WORDS_MAX = 8 };
struct constraint {
    /* WORDS: "not <words>" over title and attributes; QUANTITY: within bounds where the record names such a quantity; ATTRIBUTE: the
     * record has one of the values. Understood from free text an attribute is soft ("party", "summer" are said loosely), answered it is hard. */
    enum { CONSTRAINT_PRICE, CONSTRAINT_FACET, CONSTRAINT_WORDS, CONSTRAINT_QUANTITY, CONSTRAINT_ATTRIBUTE } kind;
    enum facet facet;
    const char *name;       /* ATTRIBUTE: the attribute's name, normalised */
    bool negated;
    bool hard;              /* soft where the catalogue does not know the facet well enough */
    int64_t low, high;      /* PRICE, minor units; INT64_MIN + 1 and INT64_MAX when open */
    double least, most;     /* QUANTITY, in the base unit; -INFINITY and INFINITY when open */
    const char *value;      /* FACET: canonical label; WORDS: the words; QUANTITY: the dimension, "volume"; ATTRIBUTE: the value */
    const char *unit;       /* QUANTITY: the base unit, "ml" */
    const char *said;       /* the shopper's words */
    uint32_t labels[64];    /* FACET, ATTRIBUTE: label ids in the index */
    size_t n_labels;
    struct text_span denied[DENIED_WORDS_MAX]; /* WORDS: its terms; set by understanding and composing */
    size_t n_denied;
};
struct need_term {
    const char *text;       /* as indexed */
    uint16_t length;
    float weight;
    bool corrected;         /* not the shopper's own word: another spelling, a synonym, a kind that the word covers */
    bool kinds;             /* names kinds of the shop by their last character (裙子): every product of the need's category has it */
    uint16_t word, words;   /* which of the shopper's words it spells: word, or word and word + 1 written together */
    uint32_t begin, end;    /* bytes of free_text it came from */
    const char *said;       /* those bytes */
};
struct need {
    struct arena arena;
    const char *text;       /* as given (valid UTF-8) */
    const char *normalised;
    const char *free_text;  /* normalised, without what became a hard constraint on price or a negation */
    const bool *in_word;    /* (bytes of free_text + 1) does a Chinese word of the dictionary go on over this byte's beginning? Nothing is quoted from or up to there */
    enum language language;
    struct constraint constraints[NEED_CONSTRAINTS_MAX];
    size_t n_constraints;
    struct need_term terms[NEED_TERMS_MAX];
    size_t n_terms, n_words;
    bool names_kind;        /* asks for a kind of the shop by its name: its products are answers where they meet the constraints */
    bool names_other;       /* asks for a thing that the shop has no word for ("lawn mower"): what is near is hardly an answer */
    bool only_constraints;  /* nothing was said but constraints: whatever meets them covers the need */
};
void need_release(struct need *n);

/* ---- matching ---------------------------------------------------------------------------------------------------- */

enum feature { FEATURE_BM25, FEATURE_COVERAGE, FEATURE_TITLE_COVERAGE, FEATURE_LAST_WORD, FEATURE_ADJACENT, FEATURE_NUMBERS, FEATURE_LENGTH,
               FEATURE_SOFT, FEATURE_VECTOR, FEATURE_MATCH, FEATURES };
const char *feature_name(enum feature f);
/* logit = bias + sum weight[i] * value[i]; probability = sigmoid(logit): the calibrated score that results carry. */
struct fusion {
    float weight[FEATURES], bias;
    float cutoff;           /* results below are not shown */
    size_t rerank;          /* how many candidates the match head reads */
};
void fusion_default(struct fusion *f, bool with_model);
status fusion_read(struct fusion *f, const char *model_directory);  /* default when there is no fusion.json; ERR_FORMAT when it is bad */
status fusion_write(const struct fusion *f, const char *model_directory);
/* Learns weights from groups: values (n, FEATURES), gains in [0,1], group ids ascending. Cross-entropy of the softmax inside
 * groups plus calibration (logistic on gain), full-batch gradient descent from the defaults. */
status fusion_fit(struct fusion *f, const float *values, const float *gains, const uint32_t *groups, size_t n, double *loss);

struct matcher_options {
    struct catalogue *catalogue;
    const char *index_path;
    struct session *session;     /* NULL: no vectors, no match head */
    const struct normalizer *normalizer;
};
struct matcher;              /* uses, does not own, what is in the options */
status matcher_new(const struct matcher_options *o, struct matcher **out);
void matcher_free(struct matcher *m);
struct fusion *matcher_fusion(struct matcher *m);

/* Superlatives: over all products that fit, not over the best ranked alone. Products whose price or rating is unknown come last. */
enum product_order { ORDER_FIT, ORDER_CHEAPEST, ORDER_DEAREST, ORDER_RATING /* then more ratings first */, ORDER_POPULAR /* ratings given */ };

struct match_options {
    size_t top_k;            /* 5 */
    const char *const *candidates; /* only these product ids, and all of them (no cut-off, constraints not applied); NULL: the whole shop */
    size_t n_candidates;
    bool all;                /* no cut-off: for evaluation */
    size_t rerank;           /* candidates that the match head reads; 0: as many as the fusion says. Each costs some milliseconds */
    bool in_stock;           /* leave out what is sold out; true */
    enum product_order order;
    const char *const *excluded; /* product ids that are not wanted: rejected, or shown already */
    size_t n_excluded;
    const char *const *seen; /* product ids that come after all others: shown before, and not chosen; only with fitting and ORDER_FIT */
    size_t n_seen;
    size_t offset;           /* results before this one are skipped: the next page */
    bool fitting;            /* list all products of the shop that fit (always so with an order); they may all be paged through */
};
void match_options_default(struct match_options *o);

struct match_result {
    struct product product;  /* strings in the arena of the results */
    float score;             /* calibrated probability */
    float features[FEATURES];
    const char *const *reasons; /* sentences for the shopper, in the need's language */
    size_t n_reasons;
    const char *key_id;      /* product.id, also when the product was not loaded (evaluation) */
    uint32_t doc;            /* in the index */
};
/* A product of the shop that meets every hard constraint and whose title, category, brand or attributes have what the need names:
 * at least FITTING_SHARE of the words' weight that the best product has, and the need's category, if products of it have as much. */
struct fitting {
    uint32_t doc;
    float fit;               /* share of the need's words, (0, 1] */
};
/* What to give up, when nothing fits: one entry a constraint that, alone left out, gives results. */
struct relaxation {
    size_t constraint;       /* index into need.constraints */
    uint32_t count;          /* how many products fit then */
    const char *best_id;     /* the nearest of them: for a price the one nearest to the bound */
    int64_t best_price;
    const char *sentence;    /* "500元以内没有；最便宜的是 529.00 元（…）。" */
};
struct match_times { uint64_t understand_ns, retrieve_ns, rerank_ns, explain_ns; };
struct matches {
    struct arena arena;
    struct need need;
    struct match_result *results;
    size_t n;
    struct relaxation *relaxations;
    size_t n_relaxations;
    const char *nothing;     /* NULL, or the sentence that says why there is no result */
    struct fitting *fitting; /* options.fitting: ascending documents. What is shown is among them */
    size_t n_fitting;
    struct match_times times;
};
void matches_release(struct matches *m);
status matcher_match(struct matcher *m, const char *need, size_t n, const struct match_options *o, struct matches *out);
/* The same for a need that is known already, which is taken over in every case (and released with out). */
status matcher_match_need(struct matcher *m, struct need *need, const struct match_options *o, struct matches *out);
/* A need made of its parts: normalised free text without what became a constraint ("": whatever meets them), and constraints, copied,
 * whose labels are ids of this index. The need that matcher_understand gives, taken apart and composed, finds the same. */
status matcher_compose(struct matcher *m, enum language l, const char *text, const struct constraint *constraints, size_t n, struct need *out);
const struct index *matcher_index(const struct matcher *m);
/* The attributes of the shop: labels first .. first + n - 1 of ATTRIBUTES are one's values. In a shop of two languages most attributes have a
 * counterpart in the other one: such a one speaks to shoppers of its own language only. */
struct attribute_name {
    struct text_span name;
    uint32_t first, n;
    enum language language;
    bool counterpart;
};
/* by_label, may be NULL: which one a label belongs to. */
size_t matcher_attributes(const struct matcher *m, const struct attribute_name **names, const uint16_t **by_label);
/* The first half alone: what the need says. */
status matcher_understand(struct matcher *m, const char *need, size_t n, struct need *out);
/* Does the product with this key meet every hard constraint of the need? (What is sold out may.) */
status matcher_meets(struct matcher *m, const struct need *n, int64_t key, bool *meets);
/* Whether normalised b speaks of the products that normalised a names. SAME: they share products or a kind (category) of them; KIND: it names
 * another category; OTHER: its words stand in titles of other kinds alone; NONE: its words name nothing here. a may name nothing. */
enum relation { RELATION_NONE, RELATION_SAME, RELATION_OTHER, RELATION_KIND };
status matcher_relation(struct matcher *m, const char *a, size_t na, const char *b, size_t nb, enum relation *out);
/* Is the Chinese word one that kinds of the shop end with: 裙子 (连衣裙, 半身裙), 包包 (双肩包)? Then a need for it finds them. */
bool matcher_has_kind(const struct matcher *m, const char *word, size_t n);
/* Which of the words (normalised) no product of the list has, in title, brand, category or attributes: all of them. */
status matcher_lacks(struct matcher *m, const char *words, size_t n, const struct fitting *list, size_t n_list, bool *lacks);
/* Probability that an item's text fits a need's text (both free text): judged pairs without a catalogue. */
status match_pairs(struct session *s, const struct normalizer *z, const struct text_span *needs, const struct text_span *items, size_t n, float *probability);

#endif
