/* intent: what a shopper's turn wants. Order, delivery, return, invoice, promotion, a product, a person ...
 *
 * A directory of intents (models/intents) holds
 *   labels.json     the label sets, one a language: 118 of CIC for "zh", 27 of Bitext for "en" (struct labels of model.h)
 *   ngrams.bin      a linear classifier over hashed n-grams of each set, int8 rows (linear.c)
 *   adapter.*       optional: LoRA adapters and a classifier head beside the default model (docs/model-format.md)
 *   intents.json    how both are joined and calibrated, and below what confidence an answer is "not sure", for each set
 *
 * The language of the turn decides the set. Logits of both classifiers are log-linearly pooled (weights of intents.json) and divided
 * by a temperature fitted on held-out sentences (Guo et al. 2017), so that a confidence of 0.7 is right about seven times in ten.
 * A few fixed phrases that the data sets have no label for ("转人工", "thanks") are known without them (intent_phrases.c).
 * Above the labels stands a small set of acts that the dialogue understands; acts.c maps every label to one.
 */
#ifndef DAOGOU_INTENT_H
#define DAOGOU_INTENT_H

#include "decode/decode.h"

enum act {
    ACT_ORDER,          /* place, change, cancel, look up an order */
    ACT_DELIVERY,       /* shipping: when, how, where, how much, where is it */
    ACT_RETURN,         /* return or exchange */
    ACT_REFUND,
    ACT_INVOICE,
    ACT_PAYMENT,
    ACT_PROMOTION,      /* coupons, discounts, cash back, price */
    ACT_ACCOUNT,
    ACT_PRODUCT,        /* a question about a product, or which one to take */
    ACT_STOCK,
    ACT_COMPLAINT,
    ACT_CHAT,           /* greeting, thanks, small talk */
    ACT_HUMAN,          /* wants a person */
    ACT_OTHER,
    ACTS
};
const char *act_name(enum act a);                                        /* "order", "delivery", ... */
const char *act_phrase(enum act a, enum language l);                     /* "配送", "delivery": for sentences */
enum act act_of(const char *set, const char *label);                     /* ACT_OTHER for a label unknown to the table */
bool act_known(const char *set, const char *label);

/* ---- the classifier at work -------------------------------------------------------------------------------------- */

enum { INTENT_TOP = 3, INTENT_TEXT_MAX = 4096 /* bytes read of a turn */ };
struct intent_guess {
    const char *label;       /* lives as long as the intents */
    enum act act;
    float confidence;        /* calibrated probability of the label */
};
struct intent {
    const char *set;         /* "zh", "en" */
    struct intent_guess top[INTENT_TOP]; /* best first */
    size_t n_top;
    enum act act;            /* with the highest summed probability of its labels */
    float act_confidence;
    bool sure;               /* act_confidence at or above the set's threshold */
};
struct intents;
/* session: of the model that the adapter was trained on; NULL, or another model: n-grams alone (intents_describe says so). z is kept. */
status intents_open(const char *directory, struct session *session, const struct normalizer *z, struct intents **out);
void intents_free(struct intents *t);
const char *intents_describe(const struct intents *t);   /* "n-grams and adapter", "n-grams" and why */
/* A few milliseconds. An empty turn, or one in no known script, is not sure. */
status intents_classify(struct intents *t, const char *text, size_t n, struct intent *out);

/* ---- evaluation and fitting -------------------------------------------------------------------------------------- */

const struct labels *intents_labels(const struct intents *t);
enum intent_parts { INTENT_BOTH, INTENT_NGRAMS, INTENT_ADAPTER };
/* Probabilities (labels of the set) of a text, by its set's temperature for these parts. */
status intents_probabilities(struct intents *t, const struct class_set *set, enum intent_parts parts, const char *text, size_t n, float *out);
bool intents_have_adapter(const struct intents *t);
double intents_threshold(const struct intents *t, const struct class_set *set, enum intent_parts parts);

struct intent_example { const char *text; uint32_t n; int32_t label; /* number within its set */ };
struct intent_examples { struct intent_example *items; size_t n, cap; }; /* of one set */
struct ngram_options {
    uint32_t orders;         /* n-grams of up to so many tokens; 1: a bag of words and characters, no pieces of words */
    uint32_t epochs, min_count;
    float learning_rate, l2;
    float noise;             /* share of labels that are wrong, as a guess: see linear_train.c */
    uint64_t seed;
};
void ngram_options_default(struct ngram_options *o);
/* Trains the n-gram classifier of each set on sets[i] by o[i] and writes DIRECTORY/ngrams.bin. */
status intents_train_ngrams(const struct ngram_options *o, const struct labels *labels, const struct intent_examples *sets, const struct normalizer *z,
                            const char *directory, const struct progress *progress);
/* A classifier of its own trained on `train`, and what it says of `test`: probabilities (test->n, K). Nothing is written. */
status intents_baseline(const struct ngram_options *o, const struct class_set *set, const struct intent_examples *train, const struct intent_examples *test,
                        const struct normalizer *z, float *probabilities, const struct progress *progress);
/* Chooses weights, temperatures and thresholds on held-out examples and writes DIRECTORY/intents.json. accuracy: what acts above the threshold reach.
 * Held-out labels may be wrong too: the share of them that is (noise) is fitted with the weights, by the likelihood of loss_classify, and
 * accuracy is what would be measured without them. */
status intents_fit(struct intents *t, const struct intent_examples *sets, double accuracy, const char *directory, const struct progress *progress);

/* Accuracy, macro-F1 (mean of F1 over the labels that occur in truth or guesses), expected calibration error (15 bins of equal width, Guo et al.
 * 2017), coverage and accuracy above a threshold. Rows of probabilities (n, K). */
struct intent_scores { double accuracy, macro_f1, top3, calibration_error, log_loss, coverage, covered_accuracy; size_t n, labels; };
status intent_score(const float *probabilities, const int32_t *truth, size_t n, size_t K, double threshold, struct intent_scores *out);

#endif
