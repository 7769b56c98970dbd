/* Conditions on documents. A search asks for many documents, so it turns each condition's labels into bits first. */
#include "index_int.h"

#include <string.h>

static bool listed(const uint32_t *labels, size_t n, uint32_t label)
{
    for (size_t i = 0; i < n; i++)
        if (labels[i] == label) return true;
    return false;
}

/* set: bits of c->labels, or NULL: search the list. */
static bool has_any(const struct index *x, const struct index_condition *c, const uint64_t *set, uint32_t doc)
{
    size_t list = c->column * (size_t)x->h->n_docs + doc;
    for (uint32_t i = x->label_lists[list]; i < x->label_lists[list + 1]; i++) {
        uint32_t label = x->label_ids[i];
        if (set ? set[label / 64] >> label % 64 & 1 : listed(c->labels, c->n_labels, label)) return true;
    }
    return false;
}

/* A condition on a column that does not exist is met by nothing. */
static bool condition_passes(const struct index *x, const struct index_condition *c, const uint64_t *set, uint32_t doc)
{
    if (c->kind == CONDITION_NUMBER) {
        int64_t value = index_number(x, c->column, doc);
        return value != INT64_MIN && c->low <= value && value <= c->high;
    }
    if (c->column >= x->h->n_columns) return false;
    return has_any(x, c, set, doc) == (c->kind == CONDITION_ANY_LABEL);
}

bool index_passes(const struct index *x, const struct index_filter *f, uint32_t doc)
{
    if (doc >= x->h->n_docs) return false;
    for (size_t i = 0; f && i < f->n; i++)
        if (!condition_passes(x, &f->conditions[i], NULL, doc)) return false;
    return true;
}

/* ---- the plan ---- */

static size_t set_words(const struct index *x, const struct index_condition *c)
{
    return c->kind == CONDITION_NUMBER ? 0 : (index_label_count(x, c->column) + 63) / 64;
}

static void set_fill(uint64_t *set, const struct index *x, const struct index_condition *c)
{
    size_t count = index_label_count(x, c->column);
    for (size_t i = 0; i < c->n_labels; i++)
        if (c->labels[i] < count) set[c->labels[i] / 64] |= UINT64_C(1) << c->labels[i] % 64;
}

status filter_plan_make(struct filter_plan *p, const struct index *x, const struct index_filter *f)
{
    p->x = x;
    p->filter = f && f->n ? f : NULL;
    if (!p->filter) return OK;
    TRY(mem_grow(&p->start, &p->start_cap, f->n, sizeof *p->start));
    size_t words = 0;
    for (size_t i = 0; i < f->n; i++) {
        p->start[i] = words;
        words += set_words(x, &f->conditions[i]);
    }
    TRY(mem_grow(&p->words, &p->words_cap, words + 1, sizeof *p->words));
    memset(p->words, 0, words * sizeof *p->words);
    for (size_t i = 0; i < f->n; i++)
        if (f->conditions[i].kind != CONDITION_NUMBER) set_fill(p->words + p->start[i], x, &f->conditions[i]);
    return OK;
}

void filter_plan_release(struct filter_plan *p)
{
    mem_free(p->start);
    mem_free(p->words);
    *p = (struct filter_plan){0};
}

bool filter_plan_passes(const struct filter_plan *p, uint32_t doc)
{
    const struct index_filter *f = p->filter;
    for (size_t i = 0; f && i < f->n; i++)
        if (!condition_passes(p->x, &f->conditions[i], p->words + p->start[i], doc)) return false;
    return true;
}

/* Without memory for a plan: slower, the same answer. out NULL: only counts. */
static size_t list_passing(const struct index *x, const struct index_filter *f, uint32_t *out)
{
    struct filter_plan p = {0};
    bool planned = filter_plan_make(&p, x, f) == OK;
    size_t count = 0;
    for (uint32_t d = 0; d < x->h->n_docs; d++) {
        if (!(planned ? filter_plan_passes(&p, d) : index_passes(x, f, d))) continue;
        if (out) out[count] = d;
        count++;
    }
    filter_plan_release(&p);
    return count;
}

uint32_t index_filter_count(const struct index *x, const struct index_filter *f)
{
    return (uint32_t)list_passing(x, f, NULL);
}

size_t index_filter_documents(const struct index *x, const struct index_filter *f, uint32_t *out)
{
    return list_passing(x, f, out);
}
