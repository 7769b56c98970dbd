/* Multinomial logistic regression over n-grams by AdaGrad (Duchi et al. 2011): the bag-of-words baseline, and half of what is shipped.
 *
 * Labels of real data are often wrong: in CIC's training sentences about one in three. With `noise` = e the label is taken for one drawn
 * at random, in proportion to how often each occurs (q), with probability e (forward correction: Patrini et al. 2017):
 *   p'(y) = (1 - e) p(y) + e q(y),  loss = -log p'(y)
 * whose gradient is that of cross-entropy times (1 - e) p(y) / p'(y), the probability that the label is right. */
#include "intent_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void ngram_options_default(struct ngram_options *o)
{
    *o = (struct ngram_options){.orders = 4, .epochs = 12, .min_count = 2, .learning_rate = 0.15f, .l2 = 1e-3f, .seed = 1};
}

struct row { uint32_t begin, n; int32_t label; float unit; };
struct problem {
    const struct ngram_options *options;
    struct ngram_weights w;
    uint32_t *ids;         /* of all rows, one after the other */
    size_t n_ids, cap_ids;
    struct row *rows;
    size_t n_rows;
    float *squares;        /* (F,K) sums of squared gradients */
    float *bias_squares;
    float *prior;          /* (K) */
};

static void release(struct problem *p)
{
    mem_free(p->ids);
    mem_free(p->rows);
    mem_free(p->squares);
    mem_free(p->bias_squares);
    mem_free(p->prior);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Hashes of every row; ids become numbers of features later. */
static status read_rows(struct problem *p, const struct intent_examples *e, const struct normalizer *z)
{
    struct strbuf text = {0};
    uint32_t features[NGRAM_FEATURES_MAX];
    p->rows = mem_zalloc(e->n + 1, sizeof *p->rows);
    status s = p->rows ? OK : fail_nomem("reading sentences");
    for (size_t i = 0; s == OK && i < e->n; i++) {
        strbuf_clear(&text);
        s = intent_text(z, e->items[i].text, e->items[i].n, &text);
        if (s != OK) break;
        size_t count = ngram_features(strbuf_str(&text), text.len, p->options->orders, features);
        s = mem_grow(&p->ids, &p->cap_ids, p->n_ids + count + 1, sizeof *p->ids);
        if (s != OK) break;
        memcpy(p->ids + p->n_ids, features, count * sizeof *features);
        p->rows[p->n_rows++] = (struct row){(uint32_t)p->n_ids, (uint32_t)count, e->items[i].label, 0};
        p->n_ids += count;
    }
    strbuf_release(&text);
    return s;
}

static status choose_features(struct problem *p)
{
    uint32_t *all = mem_alloc((p->n_ids + 1) * sizeof *all), F = 0;
    if (!all) return fail_nomem("counting features");
    memcpy(all, p->ids, p->n_ids * sizeof *all);
    qsort(all, p->n_ids, sizeof *all, by_value);
    p->w.features = mem_alloc((p->n_ids + 1) * sizeof *all);
    p->w.idf = mem_alloc((p->n_ids + 1) * sizeof(float));
    bool good = p->w.features && p->w.idf;
    for (size_t i = 0, j; good && i < p->n_ids; i = j) {
        for (j = i; j < p->n_ids && all[j] == all[i];) j++;
        if (j - i < p->options->min_count) continue;
        p->w.features[F] = all[i];
        p->w.idf[F++] = (float)(1 + log(((double)p->n_rows + 1) / ((double)(j - i) + 1)));
    }
    p->w.n_features = F;
    mem_free(all);
    return good ? OK : fail_nomem("counting features");
}

static void number_row(struct problem *p, struct row *r)
{
    uint32_t *ids = p->ids + r->begin, kept = 0;
    double squares = 0;
    for (uint32_t i = 0; i < r->n; i++) {
        const uint32_t *at = bsearch(&ids[i], p->w.features, p->w.n_features, sizeof *at, by_value);
        if (!at) continue;
        ids[kept] = (uint32_t)(at - p->w.features);
        squares += (double)p->w.idf[ids[kept]] * (double)p->w.idf[ids[kept]];
        kept++;
    }
    r->n = kept;
    r->unit = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
}

static status prepare(struct problem *p)
{
    TRY(choose_features(p));
    for (size_t i = 0; i < p->n_rows; i++) number_row(p, &p->rows[i]);
    size_t F = p->w.n_features, K = p->w.n_labels;
    p->w.weights = mem_zalloc(F * K + 1, sizeof(float));
    p->w.bias = mem_zalloc(K, sizeof(float));
    p->squares = mem_zalloc(F * K + 1, sizeof(float));
    p->bias_squares = mem_zalloc(K, sizeof(float));
    p->prior = mem_zalloc(K, sizeof(float));
    for (size_t i = 0; p->prior && i < p->n_rows; i++) p->prior[p->rows[i].label] += 1 / (float)p->n_rows;
    return p->w.weights && p->w.bias && p->squares && p->bias_squares && p->prior ? OK : fail_nomem("training a classifier");
}

void softmax_in_place(float *x, size_t n)
{
    float top = x[0], sum = 0;
    for (size_t i = 1; i < n; i++) top = fmaxf(top, x[i]);
    for (size_t i = 0; i < n; i++) sum += x[i] = expf(x[i] - top);
    for (size_t i = 0; i < n; i++) x[i] /= sum;
}

static void update(float *w, float *squares, const float *gradient, float x, float rate, float l2, size_t K)
{
    for (size_t k = 0; k < K; k++) {
        float g = gradient[k] * x + l2 * w[k];
        squares[k] += g * g;
        w[k] -= rate * g / (sqrtf(squares[k]) + 1e-6f);
    }
}

/* g (K) = probabilities of a row */
static void guess(const struct problem *p, const struct row *r, float *g)
{
    size_t K = p->w.n_labels;
    const uint32_t *ids = p->ids + r->begin;
    memcpy(g, p->w.bias, K * sizeof *g);
    for (uint32_t i = 0; i < r->n; i++) {
        const float *w = p->w.weights + (size_t)ids[i] * K;
        float x = p->w.idf[ids[i]] * r->unit;
        for (size_t k = 0; k < K; k++) g[k] += x * w[k];
    }
    softmax_in_place(g, K);
}

static void learn(struct problem *p, const struct row *r, float rate, float *g)
{
    size_t K = p->w.n_labels;
    const uint32_t *ids = p->ids + r->begin;
    guess(p, r, g);
    float clean = (1 - p->options->noise) * g[r->label], right = clean / (clean + p->options->noise * p->prior[r->label] + 1e-30f);
    g[r->label] -= 1;
    for (size_t k = 0; k < K; k++) g[k] *= right;
    for (uint32_t i = 0; i < r->n; i++)
        update(p->w.weights + (size_t)ids[i] * K, p->squares + (size_t)ids[i] * K, g, p->w.idf[ids[i]] * r->unit, rate, p->options->l2, K);
    update(p->w.bias, p->bias_squares, g, 1, rate, 0, K);
}

static status train(struct problem *p, const struct progress *progress)
{
    float g[MODEL_MAX_CLASSES];
    struct rng rng;
    rng_seed(&rng, p->options->seed);
    for (uint32_t e = 0; e < p->options->epochs; e++) {
        if (!progress_report(progress, "n-grams", e, p->options->epochs, NULL)) return fail_interrupted("training a classifier");
        for (size_t i = p->n_rows; i > 1; i--) {
            size_t j = (size_t)rng_below(&rng, i);
            struct row swap = p->rows[i - 1];
            p->rows[i - 1] = p->rows[j];
            p->rows[j] = swap;
        }
        float rate = p->options->learning_rate * (1 - (float)e / (float)p->options->epochs);
        for (size_t i = 0; i < p->n_rows; i++) learn(p, &p->rows[i], rate, g);
    }
    return OK;
}

static status train_set(struct problem *p, const struct intent_examples *e, const struct normalizer *z, const struct progress *progress)
{
    TRY(read_rows(p, e, z));
    FAIL_IF(!p->n_rows, ERR_USAGE, "there is no sentence to train the classifier on");
    TRY(prepare(p));
    return train(p, progress);
}

status intents_train_ngrams(const struct ngram_options *o, const struct labels *labels, const struct intent_examples *sets, const struct normalizer *z,
                            const char *directory, const struct progress *progress)
{
    struct ngram_weights trained[LABELS_MAX_SETS] = {0};
    struct strbuf path = {0};
    status s = OK;
    for (size_t i = 0; s == OK && i < labels->n_sets; i++) {
        struct problem p = {.options = &o[i], .w = {.n_labels = labels->sets[i].n, .orders = o[i].orders}};
        s = train_set(&p, &sets[i], z, progress);
        trained[i] = p.w;
        release(&p);
    }
    if (s == OK) s = file_make_directory(directory);
    strbuf_printf(&path, "%s/ngrams.bin", directory);
    if (s == OK) s = strbuf_status(&path);
    if (s == OK) s = ngram_file_write(path.data, trained, labels->n_sets);
    strbuf_release(&path);
    for (size_t i = 0; i < labels->n_sets; i++) ngram_weights_release(&trained[i]);
    return s;
}

/* Rows of the test go through the same reading, behind those of the training. */
static status guess_all(struct problem *p, const struct intent_examples *test, const struct normalizer *z, float *probabilities)
{
    mem_free(p->rows);
    p->rows = NULL;
    p->n_rows = 0;
    TRY(read_rows(p, test, z));
    for (size_t i = 0; i < p->n_rows; i++) {
        number_row(p, &p->rows[i]);
        guess(p, &p->rows[i], probabilities + i * p->w.n_labels);
    }
    return OK;
}

status intents_baseline(const struct ngram_options *o, const struct class_set *set, const struct intent_examples *train_on, const struct intent_examples *test,
                        const struct normalizer *z, float *probabilities, const struct progress *progress)
{
    struct problem p = {.options = o, .w = {.n_labels = set->n, .orders = o->orders}};
    status s = train_set(&p, train_on, z, progress);
    if (s == OK) s = guess_all(&p, test, z, probabilities);
    ngram_weights_release(&p.w);
    release(&p);
    return s;
}
