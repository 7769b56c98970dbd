/* Random shops for the tests of the room index: documents kept in plain arrays beside the index made of them. */
#ifndef INDEX_FIXTURE_H
#define INDEX_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index/index.h"   /* before cmocka.h, which has a macro fail() */

#include <cmocka.h>

enum { FIELDS = 3, NUMBERS = 2, COLUMNS = 2, LABELS_MAX = 4, FIELD_TERMS_MAX = 40 };

struct plain_document {
    int64_t key, numbers[NUMBERS];
    uint32_t terms[FIELDS][FIELD_TERMS_MAX];
    size_t n_terms[FIELDS];
    uint32_t labels[COLUMNS][LABELS_MAX];
    size_t n_labels[COLUMNS];
    bool has_vector;
};
struct plain_shop {
    struct plain_document *docs;
    float *vectors;          /* (n, dim) */
    size_t n, dim;
    uint32_t vocabulary, labels;
};

static inline void ok(status s)
{
    if (s != OK) fail_msg("%s", status_message());
}

static inline const char *temporary_path(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/daogou-%s-%ld.idx", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp", name, (long)getpid());
    return path;
}

/* Terms are "a0", "b1", ...; few are frequent and most are rare, as in titles. */
static inline size_t term_name(char out[16], uint32_t term)
{
    return (size_t)snprintf(out, 16, "%c%u", (char)('a' + term % 26), term);
}
static inline size_t label_name(char out[16], uint32_t label)
{
    return (size_t)snprintf(out, 16, "label%u", label);
}
static inline uint32_t skewed(struct rng *r, uint32_t n)
{
    double u = rng_unit(r);
    return (uint32_t)(u * u * u * n);
}

static inline void plain_unit_vector(float *v, size_t dim, struct rng *r)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) {
        v[i] = (float)rng_normal(r);
        sum += v[i] * v[i];
    }
    for (size_t i = 0; i < dim; i++) v[i] = (float)(v[i] / sqrt(sum));
}

static inline void plain_shop_fill(struct plain_shop *s, size_t n, size_t dim, uint32_t vocabulary, uint64_t seed)
{
    struct rng r;
    rng_seed(&r, seed);
    *s = (struct plain_shop){calloc(n + 1, sizeof *s->docs), calloc(n * dim + 1, sizeof(float)), n, dim, vocabulary, 90};
    for (size_t d = 0; d < n; d++) {
        struct plain_document *p = &s->docs[d];
        p->key = (int64_t)((d * 7919) % 1000003) - 500000;
        p->has_vector = rng_below(&r, 8) > 0;
        for (size_t f = 0; f < FIELDS; f++) {
            p->n_terms[f] = f == 2 && rng_below(&r, 2) ? 0 : 1 + rng_below(&r, f ? FIELD_TERMS_MAX - 1 : 12);
            for (size_t i = 0; i < p->n_terms[f]; i++) p->terms[f][i] = skewed(&r, vocabulary);
        }
        for (size_t c = 0; c < NUMBERS; c++) p->numbers[c] = rng_below(&r, 10) ? (int64_t)rng_below(&r, 1000) - 100 : INT64_MIN;
        for (size_t c = 0; c < COLUMNS; c++) {
            p->n_labels[c] = rng_below(&r, LABELS_MAX + 1);
            for (size_t i = 0; i < p->n_labels[c]; i++) p->labels[c][i] = skewed(&r, s->labels);
        }
        plain_unit_vector(s->vectors + d * dim, dim, &r);
    }
}

static inline void plain_shop_release(struct plain_shop *s)
{
    free(s->docs);
    free(s->vectors);
}

static inline status plain_add(struct index_builder *b, const struct plain_shop *s, size_t d)
{
    const struct plain_document *p = &s->docs[d];
    static char names[FIELDS][FIELD_TERMS_MAX][16], values[COLUMNS * LABELS_MAX][16];
    static struct term terms[FIELDS][FIELD_TERMS_MAX];
    struct term_list lists[FIELDS];
    struct index_label labels[COLUMNS * LABELS_MAX];
    size_t n_labels = 0;
    for (size_t f = 0; f < FIELDS; f++) {
        for (size_t i = 0; i < p->n_terms[f]; i++) {
            size_t n = term_name(names[f][i], p->terms[f][i]);
            terms[f][i] = (struct term){.text = names[f][i], .length = (uint16_t)n, .position = (uint32_t)i};
        }
        lists[f] = (struct term_list){terms[f], p->n_terms[f], p->n_terms[f]};
    }
    for (size_t c = 0; c < COLUMNS; c++)
        for (size_t i = 0; i < p->n_labels[c]; i++, n_labels++)
            labels[n_labels] = (struct index_label){c, values[n_labels], label_name(values[n_labels], p->labels[c][i])};
    return index_builder_add(b, &(struct index_document){p->key, lists, p->numbers, labels, n_labels, p->has_vector ? s->vectors + d * s->dim : NULL});
}

static inline status plain_write(const struct plain_shop *s, const char *path, int64_t version, const struct progress *progress)
{
    struct index_schema schema = {{"title", "text", "brand"}, FIELDS, {"price", "stock"}, NUMBERS, {"colour", "size"}, COLUMNS, s->dim};
    struct index_builder *b;
    TRY(index_builder_new(&schema, &b));
    status result = OK;
    for (size_t d = 0; result == OK && d < s->n; d++) result = plain_add(b, s, d);
    if (result == OK) result = index_builder_write(b, path, version, "a note", progress);
    index_builder_free(b);
    return result;
}

/* Written, opened, unlinked. */
static inline struct index *plain_index(const struct plain_shop *s)
{
    struct index *x = NULL;
    const char *path = temporary_path("shop");
    ok(plain_write(s, path, 1, NULL));
    ok(index_open(path, &x));
    unlink(path);
    return x;
}

/* The formula of index.h in double, from the plain documents. */
static inline double plain_average(const struct plain_shop *s, size_t f)
{
    double sum = 0, n = 0;
    for (size_t d = 0; d < s->n; d++) {
        sum += (double)s->docs[d].n_terms[f];
        n += s->docs[d].n_terms[f] > 0;
    }
    return n > 0 ? sum / n : 1;
}
static inline size_t plain_frequency(const struct plain_document *p, size_t f, uint32_t term)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n_terms[f]; i++) n += p->terms[f][i] == term;
    return n;
}
static inline size_t plain_df(const struct plain_shop *s, uint32_t term)
{
    size_t df = 0;
    for (size_t d = 0; d < s->n; d++) {
        bool has = false;
        for (size_t f = 0; f < FIELDS; f++) has |= plain_frequency(&s->docs[d], f, term) > 0;
        df += has;
    }
    return df;
}

/* Does the plain document pass, with labels given by name number? */
static inline bool plain_passes(const struct plain_shop *s, const struct index *x, const struct index_filter *f, size_t d)
{
    const struct plain_document *p = &s->docs[d];
    for (size_t i = 0; f && i < f->n; i++) {
        const struct index_condition *c = &f->conditions[i];
        if (c->kind == CONDITION_NUMBER) {
            int64_t v = p->numbers[c->column];
            if (v == INT64_MIN || v < c->low || v > c->high) return false;
            continue;
        }
        bool any = false;
        for (size_t j = 0; j < p->n_labels[c->column]; j++) {
            char name[16];
            size_t n = label_name(name, p->labels[c->column][j]);
            for (size_t l = 0; l < c->n_labels; l++) {
                size_t length;
                const char *text = index_label_text(x, c->column, c->labels[l], &length, NULL);
                any |= text && length == n && memcmp(text, name, n) == 0;
            }
        }
        if (any != (c->kind == CONDITION_ANY_LABEL)) return false;
    }
    return true;
}

/* A random filter of up to three conditions, kept in the caller's arrays. */
struct random_filter {
    struct index_condition conditions[3];
    uint32_t labels[3][8];
    struct index_filter filter;
};
static inline const struct index_filter *random_filter(struct random_filter *f, const struct index *x, struct rng *r)
{
    f->filter = (struct index_filter){f->conditions, rng_below(r, 4)};
    for (size_t i = 0; i < f->filter.n; i++) {
        struct index_condition *c = &f->conditions[i];
        *c = (struct index_condition){.kind = rng_below(r, 3), .column = rng_below(r, 2), .labels = f->labels[i], .n_labels = rng_below(r, 9)};
        c->low = (int64_t)rng_below(r, 900) - 150;
        c->high = c->low + (int64_t)rng_below(r, 600);
        for (size_t l = 0; l < c->n_labels; l++) f->labels[i][l] = skewed(r, (uint32_t)index_label_count(x, c->column) + 2);
    }
    return f->filter.n ? &f->filter : NULL;
}

#endif
