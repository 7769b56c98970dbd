/* How near texts come to references, how varied they are, how honest. */
#include "copywriting_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLEU_ORDER = 4, REPEAT_ORDER = 4, WORDS_MAX = 4096 };

/* A text as a sequence of symbols: code points, or hashes of words. */
struct sequence {
    uint64_t *items;
    size_t n, cap;
};

static status sequence_add(struct sequence *s, uint64_t symbol)
{
    TRY(mem_grow(&s->items, &s->cap, s->n + 1, sizeof *s->items));
    s->items[s->n++] = symbol;
    return OK;
}

static status characters(struct sequence *s, const char *text, size_t n)
{
    s->n = 0;
    for (const char *p = text, *end = text + n; p < end;) TRY(sequence_add(s, utf8_next(&p, end)));
    return OK;
}

/* ---- n-grams ---- */

/* The hashes of a sequence's n-grams, sorted. */
struct grams {
    uint64_t *items;
    size_t n;
};

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static status grams_of(const struct sequence *s, size_t order, struct grams *g)
{
    g->n = s->n >= order ? s->n - order + 1 : 0;
    g->items = mem_zalloc(g->n + 1, sizeof *g->items);
    if (!g->items) return fail_nomem("measuring a text");
    for (size_t i = 0; i < g->n; i++) g->items[i] = hash_bytes(s->items + i, order * sizeof *s->items, order);
    qsort(g->items, g->n, sizeof *g->items, by_value);
    return OK;
}

/* How many of a's n-grams find their own partner among b's. */
static size_t shared(const struct grams *a, const struct grams *b)
{
    size_t i = 0, k = 0, n = 0;
    while (i < a->n && k < b->n) {
        if (a->items[i] == b->items[k]) n++, i++, k++;
        else if (a->items[i] < b->items[k]) i++;
        else k++;
    }
    return n;
}

static size_t different(const struct grams *g)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) n += i == 0 || g->items[i] != g->items[i - 1];
    return n;
}

static status shared_grams(const struct sequence *a, const struct sequence *b, size_t order, size_t *n)
{
    struct grams x = {0}, y = {0};
    status s = grams_of(a, order, &x);
    if (s == OK) s = grams_of(b, order, &y);
    if (s == OK) *n = shared(&x, &y);
    mem_free(x.items);
    mem_free(y.items);
    return s;
}

/* ---- BLEU ---- */

static status bleu(const struct sequence *text, const struct sequence *reference, double *out)
{
    double log_sum = 0;
    int zeros = 0;
    *out = 0;
    for (size_t order = 1; order <= BLEU_ORDER; order++) {
        size_t hits, total = text->n >= order ? text->n - order + 1 : 1;
        TRY(shared_grams(text, reference, order, &hits));
        if (hits == 0 && order == 1) return OK;
        double precision = hits ? (double)hits / (double)total : 1 / (ldexp(1, ++zeros) * (double)total);
        log_sum += log(precision);
    }
    double brevity = text->n >= reference->n ? 0 : 1 - (double)reference->n / (double)text->n;
    *out = exp(log_sum / BLEU_ORDER + brevity);
    return OK;
}

double copy_bleu4(const char *text, size_t n, const char *reference, size_t reference_n)
{
    struct sequence a = {0}, b = {0};
    double value = -1;
    status s = characters(&a, text, n);
    if (s == OK) s = characters(&b, reference, reference_n);
    if (s == OK) s = bleu(&a, &b, &value);
    mem_free(a.items);
    mem_free(b.items);
    return s == OK ? value : -1;
}

/* ---- ROUGE ---- */

static double f1(size_t hits, size_t a, size_t b)
{
    return hits ? 2.0 * (double)hits / (double)(a + b) : 0;
}

static status rouge_n(const struct sequence *text, const struct sequence *reference, size_t order, double *out)
{
    size_t hits;
    TRY(shared_grams(text, reference, order, &hits));
    *out = f1(hits, text->n >= order ? text->n - order + 1 : 0, reference->n >= order ? reference->n - order + 1 : 0);
    return OK;
}

/* Longest common subsequence by rows; texts beyond WORDS_MAX words are cut. */
static status rouge_l(const struct sequence *text, const struct sequence *reference, double *out)
{
    size_t n = text->n < WORDS_MAX ? text->n : WORDS_MAX, m = reference->n < WORDS_MAX ? reference->n : WORDS_MAX;
    uint32_t *row = mem_zalloc(m + 1, sizeof *row);
    if (!row) return fail_nomem("measuring a text");
    for (size_t i = 0; i < n; i++) {
        uint32_t diagonal = 0;
        for (size_t k = 1; k <= m; k++) {
            uint32_t above = row[k];
            if (text->items[i] == reference->items[k - 1]) row[k] = diagonal + 1;
            else if (row[k - 1] > above) row[k] = row[k - 1];
            diagonal = above;
        }
    }
    *out = f1(row[m], n, m);
    mem_free(row);
    return OK;
}

/* ---- the meter ---- */

struct copy_meter {
    const struct normalizer *z;
    struct segmenter *segmenter;
    struct arena arena;            /* words of one text */
    struct strmap pairs;           /* of characters, over all texts */
    struct sequence text, reference;
    size_t n_pairs, n_claims, n_bad_claims, n_bad_texts;
    struct copy_metrics sum;
};

status copy_meter_new(const struct normalizer *z, struct copy_meter **out)
{
    *out = NULL;
    struct copy_meter *m = mem_zalloc(1, sizeof *m);
    if (!m) return fail_nomem("measuring texts");
    m->z = z;
    arena_init(&m->arena, 0);
    strmap_init(&m->pairs);
    status s = segmenter_new(&m->segmenter);
    if (s == OK) *out = m;
    else copy_meter_free(m);
    return s;
}

void copy_meter_free(struct copy_meter *m)
{
    if (!m) return;
    segmenter_free(m->segmenter);
    arena_release(&m->arena);
    strmap_release(&m->pairs);
    mem_free(m->text.items);
    mem_free(m->reference.items);
    mem_free(m);
}

/* Chinese words as the segmenter cuts them, Latin words by their stem, numbers. Single characters that it leaves out between
 * words are words too. */
static status words_of_terms(struct sequence *out, const char *text, size_t n, const struct term_list *terms)
{
    size_t at = 0;
    out->n = 0;
    for (size_t i = 0; i <= terms->n; i++) {
        const struct term *t = i < terms->n ? &terms->items[i] : NULL;
        if (t && (t->kind == TERM_HAN_BIGRAM || t->begin < at)) continue;
        const char *p = text + at, *end = text + (t ? t->begin : n);
        while (p < end) {
            uint32_t c = utf8_next(&p, end);
            if (utf8_is_han(c)) TRY(sequence_add(out, c));
        }
        if (t) TRY(sequence_add(out, hash_bytes(t->text, t->length, 5) | (uint64_t)1 << 63));
        if (t) at = t->end;
    }
    return OK;
}

static status words(struct copy_meter *m, struct sequence *out, const char *text, size_t n)
{
    struct strbuf normalised = {0};
    struct term_list terms = {0};
    arena_clear(&m->arena);
    status s = normalize(m->z, text, n, &normalised);
    if (s == OK) s = text_terms(m->segmenter, strbuf_str(&normalised), normalised.len, &m->arena, &terms);
    if (s == OK) s = words_of_terms(out, strbuf_str(&normalised), normalised.len, &terms);
    mem_free(terms.items);
    strbuf_release(&normalised);
    return s;
}

static status count_pairs(struct copy_meter *m)
{
    for (size_t i = 0; i + 1 < m->text.n; i++) {
        TRY(strmap_put(&m->pairs, (const char *)(m->text.items + i), 2 * sizeof *m->text.items, 1));
        m->n_pairs++;
    }
    return OK;
}

static status repeated(const struct sequence *text, double *out)
{
    struct grams g = {0};
    TRY(grams_of(text, REPEAT_ORDER, &g));
    *out = g.n ? (double)(g.n - different(&g)) / (double)g.n : 0;
    mem_free(g.items);
    return OK;
}

static status add_characters(struct copy_meter *m, struct copy_metrics *one)
{
    TRY(bleu(&m->text, &m->reference, &one->bleu4));
    TRY(repeated(&m->text, &one->repeated4));
    one->length = (double)m->text.n;
    one->reference_length = (double)m->reference.n;
    return count_pairs(m);
}

static status add_words(struct copy_meter *m, struct copy_metrics *one)
{
    TRY(rouge_n(&m->text, &m->reference, 1, &one->rouge1));
    TRY(rouge_n(&m->text, &m->reference, 2, &one->rouge2));
    return rouge_l(&m->text, &m->reference, &one->rougeL);
}

status copy_meter_add(struct copy_meter *m, const char *text, size_t n, const char *reference, size_t reference_n, const struct facts *facts)
{
    struct copy_metrics one = {0};
    TRY(characters(&m->text, text, n));
    TRY(characters(&m->reference, reference, reference_n));
    TRY(add_characters(m, &one));
    TRY(words(m, &m->text, text, n));
    TRY(words(m, &m->reference, reference, reference_n));
    TRY(add_words(m, &one));
    m->sum.n++;
    m->sum.bleu4 += one.bleu4, m->sum.repeated4 += one.repeated4;
    m->sum.rouge1 += one.rouge1, m->sum.rouge2 += one.rouge2, m->sum.rougeL += one.rougeL;
    m->sum.length += one.length, m->sum.reference_length += one.reference_length;
    size_t bad = facts ? facts_unsupported(facts) : 0;
    m->n_claims += facts ? facts->n : 0;
    m->n_bad_claims += bad;
    m->n_bad_texts += bad > 0;
    return OK;
}

void copy_meter_result(const struct copy_meter *m, struct copy_metrics *out)
{
    double n = m->sum.n ? (double)m->sum.n : 1;
    *out = m->sum;
    out->bleu4 /= n, out->repeated4 /= n, out->rouge1 /= n, out->rouge2 /= n, out->rougeL /= n;
    out->length /= n, out->reference_length /= n;
    out->distinct2 = m->n_pairs ? (double)m->pairs.count / (double)m->n_pairs : 0;
    out->unsupported = (double)m->n_bad_texts / n;
    out->claims = (double)m->n_claims / n;
    out->unsupported_claims = m->n_claims ? (double)m->n_bad_claims / (double)m->n_claims : 0;
}
