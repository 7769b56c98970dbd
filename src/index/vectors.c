/* Exact search of the int8 vectors, chunk by chunk: products by the tensor room, then filter and heap. */
#include "index_int.h"

#include <math.h>
#include <string.h>

static status scan_prepare(const struct index *x, struct index_scratch *s, const float *query, float *scale)
{
    size_t dim = x->h->dim;
    FAIL_IF(!dim, ERR_USAGE, "the index has no vectors; build it with a model that embeds");
    for (size_t i = 0; i < dim; i++) FAIL_IF(!isfinite(query[i]), ERR_USAGE, "the query's vector is not finite at %zu; compute it again", i);
    if (!s->dots) s->dots = mem_aligned(SCAN_CHUNK * sizeof *s->dots);
    if (!s->dots) return fail_nomem("making room for a search");
    if (s->query_cap < dim) {
        mem_free(s->query);
        s->query = mem_aligned(dim);
        s->query_cap = s->query ? dim : 0;
        if (!s->query) return fail_nomem("making room for a search");
    }
    quantize_q8(s->query, scale, query, 1, dim);
    return OK;
}

static void offer_chunk(const struct index *x, const struct index_scratch *s, float scale, uint32_t first, uint32_t n, struct top_k *top)
{
    for (uint32_t i = 0; i < n; i++) {
        float score = (float)s->dots[i] * (x->scales[first + i] * scale);
        if (score > top->floor && x->scales[first + i] > 0 && filter_plan_passes(&s->filter, first + i)) top_k_push(top, first + i, score);
    }
}

status index_search_vector(const struct index *x, struct compute *c, struct index_scratch *s, const float *query, const struct index_filter *f,
                           struct index_hit *out, size_t k, size_t *n_out)
{
    float scale;
    *n_out = 0;
    TRY(scan_prepare(x, s, query, &scale));
    TRY(filter_plan_make(&s->filter, x, f));
    if (!k) return OK;
    struct top_k top;
    top_k_init(&top, out, k, -INFINITY);
    for (uint32_t first = 0; first < x->h->n_docs; first += SCAN_CHUNK) {
        uint32_t n = x->h->n_docs - first < SCAN_CHUNK ? x->h->n_docs - first : SCAN_CHUNK;
        c->ops->scan_i8(c, s->dots, s->query, x->vectors + (size_t)first * x->h->dim, n, x->h->dim);
        offer_chunk(x, s, scale, first, n, &top);
    }
    top_k_sort(&top);
    *n_out = top.n;
    return OK;
}

struct index_stored_vector index_vector(const struct index *x, uint32_t doc)
{
    if (!x->h->dim || doc >= x->h->n_docs || !(x->scales[doc] > 0)) return (struct index_stored_vector){0};
    return (struct index_stored_vector){x->vectors + (size_t)doc * x->h->dim, x->scales[doc]};
}

/* Sixteen sums side by side, so that the compiler may use vector registers without reordering a sum of ours. */
float index_vector_score(const struct index *x, uint32_t doc, const float *query)
{
    enum { LANES = 16 };
    if (!x->h->dim || doc >= x->h->n_docs || !(x->scales[doc] > 0)) return -2;
    const int8_t *v = x->vectors + (size_t)doc * x->h->dim;
    float sums[LANES] = {0}, total = 0;
    for (size_t i = 0; i < x->h->dim; i += LANES)
        for (size_t j = 0; j < LANES; j++) sums[j] += (float)v[i + j] * query[i + j];
    for (size_t j = 0; j < LANES; j++) total += sums[j];
    return total * x->scales[doc];
}
