/* The best k by BM25F. Windows of documents are scored term after term into a small array of sums; terms that together cannot
 * lift a document over the k-th best so far are only looked up for documents that other terms brought in (MaxScore: Turtle,
 * Flood 1995). Exact: a document is left out only when its bound says so, and then filters need not be asked. */
#include "index_int.h"

#include <string.h>

status index_scratch_new(struct index_scratch **out)
{
    *out = NULL;
    struct index_scratch *s = mem_zalloc(1, sizeof *s);
    if (!s) return fail_nomem("making room for a search");
    s->sums = mem_zalloc(SEARCH_WINDOW, sizeof *s->sums);
    s->touched = mem_zalloc(SEARCH_WINDOW / 64, sizeof *s->touched);
    if (!s->sums || !s->touched) {
        index_scratch_free(s);
        return fail_nomem("making room for a search");
    }
    *out = s;
    return OK;
}

void index_scratch_free(struct index_scratch *s)
{
    if (!s) return;
    mem_free(s->lists);
    mem_free(s->sums);
    mem_free(s->touched);
    mem_free(s->dots);
    mem_free(s->query);
    filter_plan_release(&s->filter);
    mem_free(s);
}

struct term_search {
    const struct scoring *scoring;
    struct index_scratch *scratch;
    struct query_posting_list *lists;
    size_t n_lists;
    size_t n_essential;      /* lists before this one bring documents in, the others are looked up */
    struct top_k top;
};

/* Adds the postings of documents first .. end-1. sums and touched are all zero between windows. */
static void add_list(const struct term_search *t, struct query_posting_list *l, uint32_t first, uint32_t end)
{
    float *sums = t->scratch->sums;
    uint64_t *touched = t->scratch->touched;
    uint32_t i = l->cursor;
    for (; i < l->n && l->docs[i] < end; i++) {
        uint32_t at = l->docs[i] - first;
        sums[at] += scoring_of(t->scoring, l, i);
        touched[at / 64] |= UINT64_C(1) << at % 64;
    }
    l->cursor = i;
}

/* Moves the cursor to the first document >= doc: doubling steps, then halving. */
static bool seek(struct query_posting_list *l, uint32_t doc)
{
    uint32_t low = l->cursor, step = 1;
    while (step < l->n - low && l->docs[low + step] < doc) {
        low += step;
        step *= 2;
    }
    uint32_t high = step < l->n - low ? low + step : l->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (l->docs[middle] < doc) low = middle + 1;
        else high = middle;
    }
    l->cursor = low;
    return low < l->n && l->docs[low] == doc;
}

/* score: the essential lists' sum. */
static void offer(struct term_search *t, uint32_t doc, float score)
{
    float rest = t->n_essential < t->n_lists ? t->lists[t->n_essential].rest : 0;
    if (!(score + rest > t->top.floor) || !filter_plan_passes(&t->scratch->filter, doc)) return;
    for (size_t i = t->n_essential; i < t->n_lists; i++) {
        struct query_posting_list *l = &t->lists[i];
        if (!(score + l->rest > t->top.floor)) return;
        if (l->cursor < l->n && seek(l, doc)) score += scoring_of(t->scoring, l, l->cursor);
    }
    if (score > t->top.floor) top_k_push(&t->top, doc, score);
}

static void offer_window(struct term_search *t, uint32_t first)
{
    for (uint32_t w = 0; w < SEARCH_WINDOW / 64; w++) {
        uint64_t bits = t->scratch->touched[w];
        t->scratch->touched[w] = 0;
        for (; bits; bits &= bits - 1) {
            uint32_t at = w * 64 + (uint32_t)__builtin_ctzll(bits);
            float score = t->scratch->sums[at];
            t->scratch->sums[at] = 0;
            offer(t, first + at, score);
        }
    }
}

/* The first document that an essential list still has, UINT32_MAX: none. */
static uint32_t next_document(const struct term_search *t)
{
    uint32_t doc = UINT32_MAX;
    for (size_t i = 0; i < t->n_essential; i++) {
        const struct query_posting_list *l = &t->lists[i];
        if (l->cursor < l->n && l->docs[l->cursor] < doc) doc = l->docs[l->cursor];
    }
    return doc;
}

static void search(struct term_search *t)
{
    t->n_essential = t->n_lists;
    for (;;) {
        while (t->n_essential && t->lists[t->n_essential - 1].rest <= t->top.floor) t->n_essential--;
        uint32_t first = next_document(t);
        if (first == UINT32_MAX) return;
        uint32_t n_docs = t->scoring->x->h->n_docs;
        uint32_t end = n_docs - first > SEARCH_WINDOW ? first + SEARCH_WINDOW : n_docs;
        for (size_t i = 0; i < t->n_essential; i++) add_list(t, &t->lists[i], first, end);
        offer_window(t, first);
    }
}

status index_search_terms(const struct index *x, struct index_scratch *s, const struct index_query_term *terms, size_t n, const struct bm25f *p,
                          const struct index_filter *f, struct index_hit *out, size_t k, size_t *n_out)
{
    struct scoring scoring;
    *n_out = 0;
    FAIL_IF(n > QUERY_TERMS_MAX, ERR_LIMIT, "a query has %zu terms, more than %d; shorten it", n, QUERY_TERMS_MAX);
    TRY(scoring_init(&scoring, x, p));
    TRY(mem_grow(&s->lists, &s->lists_cap, n, sizeof *s->lists));
    TRY(filter_plan_make(&s->filter, x, f));
    if (!k) return OK;
    struct term_search t = {.scoring = &scoring, .scratch = s, .lists = s->lists};
    t.n_lists = scoring_lists(&scoring, terms, n, s->lists);
    top_k_init(&t.top, out, k, 0);
    search(&t);
    top_k_sort(&t.top);
    *n_out = t.top.n;
    return OK;
}
