/* Label columns to sections: values ranked by bytes give dense ids; each document's ids ascend without repeats. */
#include "index_build_int.h"

#include <stdlib.h>
#include <string.h>

struct label_image {
    uint32_t *base, *lists;
    struct ranked *sorted[INDEX_COLUMNS_MAX];
    uint32_t *rank[INDEX_COLUMNS_MAX];
    uint32_t *ids, *docs;
};

static int compare_ids(const void *a, const void *b)
{
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

/* Copies one document's ids to out, renumbered, sorted, once each. */
static size_t settle_ids(uint32_t *out, const uint32_t *ids, size_t n, const uint32_t *rank)
{
    for (size_t i = 0; i < n; i++) out[i] = rank[ids[i]];
    if (n > 1) qsort(out, n, sizeof *out, compare_ids);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!kept || out[kept - 1] != out[i]) out[kept++] = out[i];
    return kept;
}

static void fill_lists(struct image *m, const struct index_builder *b, struct label_image *l)
{
    size_t used = 0;
    for (size_t c = 0; c < b->n_columns; c++) {
        const struct label_column *column = &b->columns[c];
        for (size_t d = 0; d < b->n_docs; d++) {
            size_t begin = d ? column->ends[d - 1] : 0;
            size_t kept = settle_ids(l->ids + used, column->ids + begin, column->ends[d] - begin, l->rank[c]);
            for (size_t i = 0; i < kept; i++) l->docs[l->base[c] + l->ids[used + i]]++;
            used += kept;
            l->lists[c * b->n_docs + d + 1] = (uint32_t)used;
        }
    }
    m->h.n_label_ids = (uint32_t)used;
}

/* The text of all columns goes to one section, so the ranked values are laid end to end. */
static status label_strings(struct image *m, const struct index_builder *b, struct label_image *l, size_t total)
{
    struct ranked *all = mem_alloc(total * sizeof *all);
    if (!all) return fail_nomem("writing the index");
    for (size_t c = 0; c < b->n_columns; c++) {
        size_t n = b->columns[c].map.count;
        if (n) memcpy(all + l->base[c], l->sorted[c], n * sizeof *all);
    }
    status s = image_strings(m, all, total, SECTION_LABEL_OFFSETS, SECTION_LABEL_TEXT, &m->h.label_text_bytes);
    mem_free(all);
    return s;
}

static status build_labels(struct image *m, const struct index_builder *b, struct label_image *l)
{
    size_t total = 0, ids = 0;
    l->base = image_alloc(m, SECTION_LABEL_BASE, b->n_columns + 1, sizeof *l->base);
    l->lists = image_alloc(m, SECTION_LABEL_LISTS, b->n_columns * b->n_docs + 1, sizeof *l->lists);
    if (!l->base || !l->lists) return fail_nomem("writing the index");
    for (size_t c = 0; c < b->n_columns; c++) {
        TRY(rank_strings(&b->columns[c].map, &l->sorted[c], &l->rank[c]));
        total += b->columns[c].map.count;
        ids += b->columns[c].n_ids;
        FAIL_IF(ids > UINT32_MAX, ERR_LIMIT, "the documents have %zu labels, more than the index can count; split the catalogue", ids);
        l->base[c + 1] = (uint32_t)total;
    }
    m->h.n_labels = (uint32_t)total;
    l->ids = image_alloc(m, SECTION_LABEL_IDS, ids, sizeof *l->ids);
    l->docs = image_alloc(m, SECTION_LABEL_DOCS, total, sizeof *l->docs);
    if (!l->ids || !l->docs) return fail_nomem("writing the index");
    fill_lists(m, b, l);
    return label_strings(m, b, l, total);
}

status image_labels(struct image *m, const struct index_builder *b)
{
    struct label_image l = {0};
    status s = build_labels(m, b, &l);
    for (size_t c = 0; c < b->n_columns; c++) {
        mem_free(l.sorted[c]);
        mem_free(l.rank[c]);
    }
    return s;
}
