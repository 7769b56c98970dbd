/* The linear classifier's file, and its scores. Layout, little endian: magic, number of sets, then of each set F, K, orders, features (F), idf (F), scales (F),
 * bias (K), weights (F,K) padded to 4; at the end hash_bytes of all before. */
#include "intent_int.h"

#include <math.h>
#include <string.h>

static const char magic[8] = "dgngram1";
enum { FEATURES_MAX = 1 << 22 };

/* ---- reading ---- */

struct cursor { const uint8_t *at, *end; };

static const void *take(struct cursor *c, uint64_t n)
{
    n = (n + 3) / 4 * 4;
    if ((uint64_t)(c->end - c->at) < n) return NULL;
    const void *p = c->at;
    c->at += n;
    return p;
}

static status read_model(struct cursor *c, struct ngram_model *m, const struct class_set *set)
{
    const uint32_t *head = take(c, 12);
    FAIL_IF(!head, ERR_FORMAT, "it is cut short");
    FAIL_IF(head[0] > FEATURES_MAX || head[2] < 1 || head[2] > NGRAM_ORDERS_MAX || head[1] != set->n, ERR_FORMAT, "it has %u labels for set \"%.40s\", labels.json has %u", head[1], set->name, set->n);
    uint64_t F = m->n_features = head[0], K = m->n_labels = head[1];
    m->orders = head[2];
    m->features = take(c, 4 * F);
    m->idf = take(c, 4 * F);
    m->scales = take(c, 4 * F);
    m->bias = take(c, 4 * K);
    m->weights = take(c, F * K);
    FAIL_IF(!m->features || !m->idf || !m->scales || !m->bias || !m->weights, ERR_FORMAT, "it is cut short");
    return OK;
}

static status read_file(struct ngram_file *f, const struct labels *labels)
{
    struct cursor c = {f->file.data, f->file.data + f->file.size};
    uint64_t hash;
    FAIL_IF(f->file.size < sizeof magic + 12 || memcmp(c.at, magic, sizeof magic) != 0, ERR_FORMAT, "it is no n-gram classifier of daogou");
    c.end -= sizeof hash;
    memcpy(&hash, c.end, sizeof hash);
    FAIL_IF(hash_bytes(f->file.data, f->file.size - sizeof hash, 1) != hash, ERR_FORMAT, "its checksum is wrong: it was altered or cut short; restore it from a copy");
    c.at += sizeof magic;
    const uint32_t *n = take(&c, 4);
    FAIL_IF(!n || *n != labels->n_sets, ERR_FORMAT, "it and labels.json do not have the same sets");
    for (f->n_sets = 0; f->n_sets < *n; f->n_sets++) TRY(read_model(&c, &f->sets[f->n_sets], &labels->sets[f->n_sets]));
    FAIL_IF(c.at != c.end, ERR_FORMAT, "something follows the last set");
    return OK;
}

status ngram_file_open(struct ngram_file *f, const char *path, const struct labels *labels)
{
    *f = (struct ngram_file){0};
    TRY(mapped_file_open(&f->file, path));
    status s = read_file(f, labels);
    if (s == OK) return OK;
    ngram_file_close(f);
    return fail_context(s, "%s", path);
}

void ngram_file_close(struct ngram_file *f)
{
    mapped_file_close(&f->file);
    *f = (struct ngram_file){0};
}

/* ---- writing ---- */

void ngram_weights_release(struct ngram_weights *w)
{
    mem_free(w->features);
    mem_free(w->idf);
    mem_free(w->bias);
    mem_free(w->weights);
    *w = (struct ngram_weights){0};
}

static void pad(struct strbuf *b)
{
    while (b->len % 4) strbuf_putc(b, 0);
}

static void put_set(struct strbuf *b, const struct ngram_weights *w)
{
    size_t F = w->n_features, K = w->n_labels;
    int8_t row[MODEL_MAX_CLASSES];
    struct strbuf rows = {0}, scales = {0};
    for (size_t i = 0; i < F; i++) {
        float scale;
        quantize_q8(row, &scale, w->weights + i * K, 1, K);
        strbuf_add(&rows, row, K);
        strbuf_add(&scales, &scale, sizeof scale);
    }
    strbuf_add(b, &w->n_features, 4);
    strbuf_add(b, &w->n_labels, 4);
    strbuf_add(b, &w->orders, 4);
    strbuf_add(b, w->features, 4 * F);
    strbuf_add(b, w->idf, 4 * F);
    strbuf_add(b, strbuf_str(&scales), scales.len);
    strbuf_add(b, w->bias, 4 * K);
    strbuf_add(b, strbuf_str(&rows), rows.len);
    pad(b);
    b->failed |= rows.failed || scales.failed;
    strbuf_release(&rows);
    strbuf_release(&scales);
}

status ngram_file_write(const char *path, const struct ngram_weights *sets, size_t n_sets)
{
    struct strbuf b = {0};
    uint32_t n = (uint32_t)n_sets;
    strbuf_add(&b, magic, sizeof magic);
    strbuf_add(&b, &n, sizeof n);
    for (size_t i = 0; i < n_sets; i++) put_set(&b, &sets[i]);
    uint64_t hash = hash_bytes(strbuf_str(&b), b.len, 1);
    strbuf_add(&b, &hash, sizeof hash);
    status s = strbuf_status(&b);
    if (s == OK) s = file_write_atomic(path, b.data, b.len);
    strbuf_release(&b);
    return s;
}

/* ---- scores ---- */

static bool find(const struct ngram_model *m, uint32_t feature, size_t *at)
{
    size_t low = 0, high = m->n_features;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (m->features[mid] < feature) low = mid + 1;
        else high = mid;
    }
    *at = low;
    return low < m->n_features && m->features[low] == feature;
}

/* x is idf where a feature is there, then of length 1: unknown features count for nothing. */
void ngram_logits(const struct ngram_model *m, const uint32_t *features, size_t n, float *logits)
{
    size_t K = m->n_labels, at;
    double squares = 0;
    float sums[MODEL_MAX_CLASSES] = {0};
    for (size_t i = 0; i < n; i++) {
        if (!find(m, features[i], &at)) continue;
        const int8_t *row = m->weights + at * K;
        float x = m->idf[at] * m->scales[at];
        squares += (double)m->idf[at] * (double)m->idf[at];
        for (size_t k = 0; k < K; k++) sums[k] += x * (float)row[k];
    }
    float unit = squares > 0 ? (float)(1 / sqrt(squares)) : 0;
    for (size_t k = 0; k < K; k++) logits[k] = m->bias[k] + unit * sums[k];
}
