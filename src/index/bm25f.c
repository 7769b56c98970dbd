/* The formula, once: the search, the scores of given documents and their parts all sum the same terms in the same order. */
#include "index_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bounds are compared with sums that were rounded at other places; this much more covers it. */
static const float BOUND_SLACK = 1.0001f;

void bm25f_default(struct bm25f *p, size_t n_fields)
{
    *p = (struct bm25f){.k1 = 1.2f};
    for (size_t f = 0; f < n_fields && f < INDEX_FIELDS_MAX; f++) {
        p->weight[f] = 1;
        p->b[f] = 0.75f;
    }
}

static float length_norm(const struct scoring *s, size_t field, uint32_t length)
{
    float b = s->p->b[field];
    return s->p->weight[field] / (1 - b + b * (float)(length ? length : 1) / s->average[field]);
}

status scoring_init(struct scoring *s, const struct index *x, const struct bm25f *p)
{
    const float most = 1e6f;
    FAIL_IF(!(p->k1 >= 0 && p->k1 <= most), ERR_USAGE, "k1 of BM25F must be from 0 to 1e6, not %g", (double)p->k1);
    s->x = x;
    s->p = p;
    s->k1 = p->k1;
    s->n_fields = x->h->n_fields;
    for (size_t f = 0; f < s->n_fields; f++) {
        FAIL_IF(!(p->weight[f] >= 0 && p->weight[f] <= most && p->b[f] >= 0 && p->b[f] <= 1), ERR_USAGE,
                "field %zu of BM25F must have a weight from 0 to 1e6 and b from 0 to 1, not %g and %g", f, (double)p->weight[f], (double)p->b[f]);
        const struct field_total *t = &x->fields[f];
        s->average[f] = t->terms && t->documents ? (float)((double)t->terms / (double)t->documents) : 1;
        for (uint32_t length = 0; length < NORM_TABLE; length++) s->norm[f][length] = length_norm(s, f, length);
    }
    return OK;
}

static float saturated(const struct scoring *s, const struct query_posting_list *l, float frequency)
{
    return frequency > 0 ? l->scale * frequency / (s->k1 + frequency) : 0;
}

static float frequency_part(const struct scoring *s, uint32_t cell, const uint16_t *lengths)
{
    uint32_t field = cell_field(cell), length = lengths[field];
    return (float)cell_frequency(cell) * (length < NORM_TABLE ? s->norm[field][length] : length_norm(s, field, length));
}

float scoring_of(const struct scoring *s, const struct query_posting_list *l, uint32_t posting)
{
    uint32_t info = l->info[posting], cell;
    const uint16_t *lengths = s->x->field_lengths + (size_t)l->docs[posting] * s->n_fields;
    if (!(info & CELL_RUN)) return saturated(s, l, frequency_part(s, info, lengths));
    float frequency = 0;
    while (cell_next(s->x, &info, &cell)) frequency += frequency_part(s, cell, lengths);
    return saturated(s, l, frequency);
}

/* ---- the lists of a query ---- */

static float list_bound(const struct scoring *s, const struct query_posting_list *l)
{
    const struct term_bound *bounds = s->x->term_bounds + (size_t)l->term * s->n_fields;
    float frequency = 0;
    for (size_t f = 0; f < s->n_fields; f++)
        if (bounds[f].max_frequency) frequency += (float)bounds[f].max_frequency * length_norm(s, f, bounds[f].min_length);
    return saturated(s, l, frequency) * BOUND_SLACK;
}

/* Here scale still is the query's weight. */
static void list_prepare(const struct scoring *s, struct query_posting_list *l)
{
    const struct index *x = s->x;
    uint32_t begin = x->term_postings[l->term];
    double n = x->h->n_docs, df = x->term_postings[l->term + 1] - begin;
    double idf = log(1 + (n - df + 0.5) / (df + 0.5));
    l->docs = x->posting_docs + begin;
    l->info = x->posting_info + begin;
    l->n = x->term_postings[l->term + 1] - begin;
    l->scale = (float)(l->scale * idf * ((double)s->k1 + 1));
    l->bound = list_bound(s, l);
}

static int by_term(const void *a, const void *b)
{
    const struct query_posting_list *p = a, *q = b;
    return (p->term > q->term) - (p->term < q->term);
}

static int by_bound(const void *a, const void *b)
{
    const struct query_posting_list *p = a, *q = b;
    return p->bound != q->bound ? (p->bound < q->bound) - (p->bound > q->bound) : by_term(a, b);
}

size_t scoring_lists(const struct scoring *s, const struct index_query_term *terms, size_t n, struct query_posting_list *lists)
{
    size_t found = 0, kept = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t term;
        if (!(terms[i].weight > 0 && terms[i].weight <= 1e6f) || !find_term(s->x, terms[i].text, terms[i].length, &term)) continue;
        lists[found++] = (struct query_posting_list){.term = term, .scale = terms[i].weight};
    }
    if (found) qsort(lists, found, sizeof *lists, by_term);
    for (size_t i = 0; i < found; i++) {
        if (kept && lists[kept - 1].term == lists[i].term) lists[kept - 1].scale += lists[i].scale;
        else lists[kept++] = lists[i];
    }
    for (size_t i = 0; i < kept; i++) list_prepare(s, &lists[i]);
    if (kept) qsort(lists, kept, sizeof *lists, by_bound);
    float rest = 0;
    for (size_t i = kept; i-- > 0;) lists[i].rest = rest = (rest + lists[i].bound) * BOUND_SLACK;
    return kept;
}

/* ---- scores of given documents ---- */

static float score_document(const struct scoring *s, const struct query_posting_list *lists, size_t n, uint32_t doc)
{
    float score = 0;
    uint32_t posting;
    for (size_t i = 0; i < n; i++)
        if (find_posting(s->x, lists[i].term, doc, &posting)) score += scoring_of(s, &lists[i], posting - s->x->term_postings[lists[i].term]);
    return score;
}

struct prepared {
    struct scoring scoring;
    size_t n;
    struct query_posting_list lists[];
};

static status prepare(const struct index *x, const struct index_query_term *terms, size_t n, const struct bm25f *p, struct prepared **out)
{
    FAIL_IF(n > QUERY_TERMS_MAX, ERR_LIMIT, "a query has %zu terms, more than %d; shorten it", n, QUERY_TERMS_MAX);
    *out = mem_alloc(sizeof **out + n * sizeof (*out)->lists[0]);
    if (!*out) return fail_nomem("scoring");
    status s = scoring_init(&(*out)->scoring, x, p);
    if (s == OK) (*out)->n = scoring_lists(&(*out)->scoring, terms, n, (*out)->lists);
    if (s != OK) mem_free(*out);
    return s;
}

status index_score_terms(const struct index *x, const struct index_query_term *terms, size_t n, const struct bm25f *p,
                         const uint32_t *docs, size_t n_docs, float *scores)
{
    struct prepared *q = NULL;
    TRY(prepare(x, terms, n, p, &q));
    for (size_t i = 0; i < n_docs; i++) scores[i] = score_document(&q->scoring, q->lists, q->n, docs[i]);
    mem_free(q);
    return OK;
}

status index_explain_terms(const struct index *x, const struct index_query_term *terms, size_t n, const struct bm25f *p, uint32_t doc, float *parts)
{
    for (size_t i = 0; i < n; i++) TRY(index_score_terms(x, &terms[i], 1, p, &doc, 1, &parts[i]));
    return OK;
}
