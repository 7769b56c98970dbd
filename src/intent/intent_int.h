/* Private to room intent. */
#ifndef DAOGOU_INTENT_INT_H
#define DAOGOU_INTENT_INT_H

#include "intent.h"

/* ---- n-grams ----------------------------------------------------------------------------------------------------- */

/* Tokens of such a text: a Han character, a word of other letters, a number, "?", "!" and "#". Features: n-grams of 1 to 4 tokens, pairs with one token left out between, and of words the
 * character n-grams of 3 to 5. Each is a hash; those of one text are sorted and told once. */
enum { NGRAM_ORDERS_MAX = 6, NGRAM_TOKENS_MAX = 192, NGRAM_FEATURES_MAX = 6144 };
size_t ngram_features(const char *text, size_t n, uint32_t orders, uint32_t *out); /* (NGRAM_FEATURES_MAX) */
bool ngram_has_words(const char *text, size_t n);   /* more than punctuation and numbers */
/* What both classifiers read: normalised, with "#" for numbers of more than 3 digits, so that order numbers are not learned by heart. Appends. */
status intent_text(const struct normalizer *z, const char *s, size_t n, struct strbuf *out);
void softmax_in_place(float *x, size_t n);

/* True: the turn is one of a few fixed phrases, and *out says which. */
bool intent_phrase(const char *text, size_t n, struct intent *out);

/* ---- the linear classifier --------------------------------------------------------------------------------------- */

struct ngram_model {           /* of one set */
    uint32_t n_features, n_labels, orders;
    const uint32_t *features;  /* (F) ascending */
    const float *idf, *scales; /* (F) */
    const float *bias;         /* (K) */
    const int8_t *weights;     /* (F,K) */
};
struct ngram_file {
    struct mapped_file file;
    struct ngram_model sets[LABELS_MAX_SETS];
    size_t n_sets;
};
status ngram_file_open(struct ngram_file *f, const char *path, const struct labels *labels);
void ngram_file_close(struct ngram_file *f);
/* What training makes; floats still. */
struct ngram_weights {
    uint32_t n_features, n_labels, orders;
    uint32_t *features;
    float *idf, *bias, *weights;
};
void ngram_weights_release(struct ngram_weights *w);
status ngram_file_write(const char *path, const struct ngram_weights *sets, size_t n_sets);
/* logits (K) of one text's features. */
void ngram_logits(const struct ngram_model *m, const uint32_t *features, size_t n, float *logits);

/* ---- the two together -------------------------------------------------------------------------------------------- */

/* Of one set: logits = a log p_ngrams + b log p_adapter. Temperatures are in a and b. */
struct pooling { float ngrams, adapter, threshold, noise; }; /* noise: of the sentences it was fitted on; not used afterwards */
enum { PARTS = 3 };
struct calibration { struct pooling of[PARTS]; }; /* by enum intent_parts */

struct intents {
    struct labels labels;
    struct ngram_file ngrams;
    struct classifier *adapter;   /* NULL: n-grams alone */
    struct calibration sets[LABELS_MAX_SETS];
    const struct normalizer *normalizer;
    struct strbuf text;
    char about[STATUS_MESSAGE_MAX];
    float logits[MODEL_MAX_CLASSES];
    uint32_t features[NGRAM_FEATURES_MAX];
};

extern const char *const part_names[PARTS];

status path_in(struct strbuf *path, const char *directory, const char *name);
/* The steps of intents_probabilities: text, then log probabilities (K) of each part, then both joined. */
status intents_read(struct intents *t, const char *text, size_t n);
void by_ngrams(struct intents *t, const struct class_set *set, float *out);
status by_adapter(struct intents *t, const struct class_set *set, float *out);
void pool_parts(float *out, const float *a, const float *b, const struct pooling *p, size_t K); /* b NULL: there is no adapter */
void take_act(const struct class_set *set, const float *p, struct intent *out); /* act and act_confidence from probabilities */

#endif
