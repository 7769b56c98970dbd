/* The numbers inside the sections: after this no search has to check them again. A checksum only tells accidents from
 * intent, and a shop may be handed an index by someone else. */
#include "index_int.h"

#include <math.h>
#include <string.h>

/* offsets (n + 1) from 0 to end, never descending. */
static bool rises(const uint32_t *offsets, uint64_t n, uint64_t end)
{
    if (offsets[0] != 0 || offsets[n] != end) return false;
    bool good = true;
    for (uint64_t i = 0; i < n; i++) good &= offsets[i] <= offsets[i + 1];
    return good;
}

static bool below(const uint32_t *values, uint64_t n, uint32_t limit)
{
    bool good = true;
    for (uint64_t i = 0; i < n; i++) good &= values[i] < limit;
    return good;
}

static const char *verify_documents(const struct index *x)
{
    uint32_t n = x->h->n_docs;
    if (!below(x->key_order, n, n)) return "its keys point outside";
    for (uint32_t d = 0; x->h->dim && d < n; d++)
        if (!isfinite(x->scales[d]) || x->scales[d] < 0) return "a vector is not finite";
    return NULL;
}

/* No more than INDEX_TERM_BYTES_MAX bytes a term: suggest unpacks them to a fixed array. */
static const char *verify_terms(const struct index *x)
{
    if (!rises(x->term_offsets, x->h->n_terms, x->h->term_text_bytes)) return "its terms point outside";
    if (!rises(x->term_postings, x->h->n_terms, x->h->n_postings)) return "its postings point outside";
    for (uint32_t t = 0; t < x->h->n_terms; t++)
        if (x->term_offsets[t + 1] - x->term_offsets[t] > INDEX_TERM_BYTES_MAX) return "a term is too long";
    return NULL;
}

static bool verify_list(const uint32_t *docs, uint32_t n, uint32_t n_docs)
{
    bool good = n > 0 && docs[n - 1] < n_docs;
    for (uint32_t i = 1; i < n; i++) good &= docs[i - 1] < docs[i];
    return good;
}

static bool verify_cell(const struct index *x, uint32_t cell)
{
    return cell_field(cell) < x->h->n_fields && cell_frequency(cell) > 0;
}

static const char *verify_postings(const struct index *x)
{
    const struct snapshot_header *h = x->h;
    bool good = true;
    for (uint32_t t = 0; t < h->n_terms && good; t++) {
        uint32_t begin = x->term_postings[t];
        good = verify_list(x->posting_docs + begin, x->term_postings[t + 1] - begin, h->n_docs);
    }
    for (uint32_t i = 0; i < h->n_postings && good; i++) {
        uint32_t info = x->posting_info[i];
        good = info & CELL_RUN ? (info & ~CELL_RUN) < h->n_cells : verify_cell(x, info);
    }
    for (uint32_t i = 0; i < h->n_cells && good; i++) good = !(x->cells[i] & CELL_RUN) && verify_cell(x, x->cells[i]);
    if (h->n_cells && x->cells[h->n_cells - 1] & CELL_MORE) good = false;
    return good ? NULL : "a posting points outside";
}

static const char *verify_labels(const struct index *x)
{
    const struct snapshot_header *h = x->h;
    if (!rises(x->label_base, h->n_columns, h->n_labels) || !rises(x->label_offsets, h->n_labels, h->label_text_bytes)
        || !rises(x->label_lists, (uint64_t)h->n_columns * h->n_docs, h->n_label_ids))
        return "its labels point outside";
    for (uint32_t c = 0; c < h->n_columns; c++) {
        uint32_t begin = x->label_lists[(uint64_t)c * h->n_docs], end = x->label_lists[(uint64_t)(c + 1) * h->n_docs];
        if (!below(x->label_ids + begin, end - begin, x->label_base[c + 1] - x->label_base[c])) return "a label points outside";
    }
    return NULL;
}

const char *index_verify(const struct index *x)
{
    const char *why = verify_documents(x);
    if (!why) why = verify_terms(x);
    if (!why) why = verify_postings(x);
    return why ? why : verify_labels(x);
}
