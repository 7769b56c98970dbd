/* From the builder's arrays to the sections of terms and postings: strings ranked by bytes, entries sorted by term with a
 * counting sort (documents stay ascending), entries of one term and document joined to one posting. */
#include "index_build_int.h"

#include <stdlib.h>
#include <string.h>

void *image_alloc(struct image *m, enum section section, size_t count, size_t size)
{
    m->owned[section] = mem_zalloc(count, size);
    m->data[section] = m->owned[section];
    return m->owned[section];
}

/* ---- strings ---- */

int compare_bytes(const char *a, size_t a_n, const char *b, size_t b_n)
{
    size_t n = a_n < b_n ? a_n : b_n;
    int order = n ? memcmp(a, b, n) : 0;
    return order ? order : (a_n > b_n) - (a_n < b_n);
}

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    return compare_bytes(p->text, p->n, q->text, q->n);
}

status rank_strings(const struct strmap *map, struct ranked **sorted, uint32_t **rank)
{
    struct ranked *all = mem_alloc(map->count * sizeof *all);
    uint32_t *place = mem_alloc(map->count * sizeof *place);
    if (!all || !place) {
        mem_free(all);
        mem_free(place);
        return fail_nomem("sorting the index");
    }
    size_t cursor = 0, n = 0;
    uint64_t id;
    while (n < map->count && strmap_next(map, &cursor, &all[n].text, &all[n].n, &id)) all[n++].id = (uint32_t)id;
    if (n) qsort(all, n, sizeof *all, compare_ranked);
    for (size_t i = 0; i < n; i++) place[all[i].id] = (uint32_t)i;
    *sorted = all;
    *rank = place;
    return OK;
}

status image_strings(struct image *m, const struct ranked *sorted, size_t n, enum section offsets, enum section text, uint32_t *bytes)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++) total += sorted[i].n;
    FAIL_IF(total > UINT32_MAX, ERR_LIMIT, "the strings of the index have %zu bytes, more than 4 GB; split the catalogue", total);
    uint32_t *starts = image_alloc(m, offsets, n + 1, sizeof *starts);
    char *out = image_alloc(m, text, total, 1);
    if (!starts || !out) return fail_nomem("writing the index");
    for (size_t i = 0; i < n; i++) {
        memcpy(out + starts[i], sorted[i].text, sorted[i].n);
        starts[i + 1] = starts[i] + (uint32_t)sorted[i].n;
    }
    *bytes = (uint32_t)total;
    return OK;
}

/* ---- what the spelling search reads ---- */

uint64_t letters_signature(const uint32_t *letters, size_t n)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t c = letters[i];
        bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        bits |= UINT64_C(1) << (letter ? c - 'a' : digit ? 26 + c - '0' : 36 + c % 28);
    }
    return bits;
}

static status image_signatures(struct image *m, const struct ranked *sorted, size_t n)
{
    uint64_t *signatures = image_alloc(m, SECTION_TERM_SIGNATURES, n, sizeof *signatures);
    uint8_t *counts = image_alloc(m, SECTION_TERM_LETTERS, n, 1);
    if (!signatures || !counts) return fail_nomem("writing the index");
    for (size_t i = 0; i < n; i++) {
        uint32_t letters[INDEX_TERM_BYTES_MAX];
        const char *p = sorted[i].text, *end = p + sorted[i].n;
        size_t count = 0;
        while (p < end && count < INDEX_TERM_BYTES_MAX) letters[count++] = utf8_next(&p, end);
        signatures[i] = letters_signature(letters, count);
        counts[i] = (uint8_t)count;
    }
    return OK;
}

/* ---- postings ---- */

struct sorter {
    const struct index_builder *b;
    struct image *m;
    uint32_t *starts;             /* (n_terms + 1), SECTION_TERM_POSTINGS */
    uint32_t *docs, *info;        /* entries by term, then joined in place to postings */
    struct term_bound *bounds;    /* (n_terms, n_fields) */
    uint32_t *cells;
    size_t n_terms, n_cells, cells_cap;
};

/* After this, starts[t] is where the entries of term t end, and they lie in the order of documents and fields. */
static void scatter(struct sorter *s, const uint32_t *rank)
{
    const struct index_builder *b = s->b;
    for (size_t i = 0; i < b->n_entries; i++) s->starts[rank[b->entries[i].term] + 1]++;
    for (size_t t = 0; t < s->n_terms; t++) s->starts[t + 1] += s->starts[t];
    size_t i = 0;
    for (size_t d = 0; d < b->n_docs; d++) {
        for (; i < b->entry_ends[d]; i++) {
            uint32_t at = s->starts[rank[b->entries[i].term]]++;
            s->docs[at] = (uint32_t)d;
            s->info[at] = b->entries[i].cell;
        }
    }
}

static void widen_bound(struct sorter *s, size_t term, uint32_t doc, uint32_t cell)
{
    size_t n_fields = s->b->n_fields, f = cell_field(cell);
    struct term_bound *bound = &s->bounds[term * n_fields + f];
    uint16_t length = s->b->lengths[doc * n_fields + f];
    if (!bound->max_frequency || length < bound->min_length) bound->min_length = length;
    if (cell_frequency(cell) > bound->max_frequency) bound->max_frequency = (uint16_t)cell_frequency(cell);
}

/* The entries begin..end of one document as one info word, which may take the place of the first. */
static status join_entries(struct sorter *s, size_t begin, size_t end, uint32_t *info)
{
    if (end - begin == 1) {
        *info = s->info[begin];
        return OK;
    }
    TRY(mem_grow(&s->cells, &s->cells_cap, s->n_cells + (end - begin), sizeof *s->cells));
    uint32_t run = CELL_RUN | (uint32_t)s->n_cells;
    for (size_t i = begin; i < end; i++) s->cells[s->n_cells++] = s->info[i] | (i + 1 < end ? (uint32_t)CELL_MORE : 0u);
    *info = run;
    return OK;
}

static status join_postings(struct sorter *s, const struct progress *progress)
{
    size_t from = 0, to = 0;
    for (size_t t = 0; t < s->n_terms; t++) {
        if (t % 65536 == 0 && !progress_report(progress, "index", t, s->n_terms, NULL)) return fail_interrupted("building the index");
        size_t end = s->starts[t];
        s->starts[t] = (uint32_t)to;
        while (from < end) {
            size_t next = from;
            for (; next < end && s->docs[next] == s->docs[from]; next++) widen_bound(s, t, s->docs[from], s->info[next]);
            uint32_t doc = s->docs[from];
            TRY(join_entries(s, from, next, &s->info[to]));
            s->docs[to++] = doc;
            from = next;
        }
    }
    s->starts[s->n_terms] = (uint32_t)to;
    s->m->h.n_postings = (uint32_t)to;
    return OK;
}

static status image_postings(struct image *m, const struct index_builder *b, const uint32_t *rank, const struct progress *progress)
{
    struct sorter s = {.b = b, .m = m, .n_terms = b->terms.count};
    s.starts = image_alloc(m, SECTION_TERM_POSTINGS, s.n_terms + 1, sizeof *s.starts);
    s.bounds = image_alloc(m, SECTION_TERM_BOUNDS, s.n_terms * b->n_fields, sizeof *s.bounds);
    s.docs = image_alloc(m, SECTION_POSTING_DOCS, b->n_entries, sizeof *s.docs);
    s.info = image_alloc(m, SECTION_POSTING_INFO, b->n_entries, sizeof *s.info);
    if (!s.starts || !s.bounds || !s.docs || !s.info) return fail_nomem("sorting the index");
    scatter(&s, rank);
    status result = join_postings(&s, progress);
    m->owned[SECTION_CELLS] = s.cells;
    m->data[SECTION_CELLS] = s.cells;
    m->h.n_cells = (uint32_t)s.n_cells;
    return result;
}

status image_terms(struct image *m, const struct index_builder *b, const struct progress *progress)
{
    struct ranked *sorted;
    uint32_t *rank;
    TRY(rank_strings(&b->terms, &sorted, &rank));
    size_t n = b->terms.count;
    m->h.n_terms = (uint32_t)n;
    status s = image_strings(m, sorted, n, SECTION_TERM_OFFSETS, SECTION_TERM_TEXT, &m->h.term_text_bytes);
    if (s == OK) s = image_signatures(m, sorted, n);
    if (s == OK) s = image_postings(m, b, rank, progress);
    mem_free(sorted);
    mem_free(rank);
    return s;
}
