/* Reading one thing of an open index: keys, dictionary, labels, numbers, one posting. */
#include "index_int.h"

#include <string.h>

uint32_t index_count(const struct index *x) { return x->h->n_docs; }
size_t index_dim(const struct index *x) { return x->h->dim; }
int64_t index_source_version(const struct index *x) { return x->h->source_version; }
const char *index_note(const struct index *x) { return x->note; }

const char *index_field_name(const struct index *x, size_t field)
{
    return field < x->h->n_fields ? x->names[field] : NULL;
}

const char *index_number_name(const struct index *x, size_t column)
{
    return column < x->h->n_numbers ? x->names[x->h->n_fields + column] : NULL;
}

const char *index_label_name(const struct index *x, size_t column)
{
    return column < x->h->n_columns ? x->names[x->h->n_fields + x->h->n_numbers + column] : NULL;
}

int64_t index_key(const struct index *x, uint32_t doc)
{
    return doc < x->h->n_docs ? x->keys[doc] : INT64_MIN;
}

bool index_find_key(const struct index *x, int64_t key, uint32_t *doc)
{
    uint32_t low = 0, high = x->h->n_docs;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (x->keys[x->key_order[middle]] < key) low = middle + 1;
        else high = middle;
    }
    if (low == x->h->n_docs || x->keys[x->key_order[low]] != key) return false;
    *doc = x->key_order[low];
    return true;
}

/* Binary search in strings begin..end-1 of one text section. */
static bool find_string(const char *text, const uint32_t *offsets, uint32_t begin, uint32_t end, const char *s, size_t n, uint32_t *found)
{
    while (begin < end) {
        uint32_t middle = begin + (end - begin) / 2;
        int order = compare_bytes(text + offsets[middle], offsets[middle + 1] - offsets[middle], s, n);
        if (order == 0) {
            *found = middle;
            return true;
        }
        if (order < 0) begin = middle + 1;
        else end = middle;
    }
    return false;
}

/* ---- dictionary and postings ---- */

bool find_term(const struct index *x, const char *text, size_t n, uint32_t *term)
{
    return find_string(x->term_text, x->term_offsets, 0, x->h->n_terms, text, n, term);
}

uint32_t index_document_frequency(const struct index *x, const char *term, size_t n)
{
    uint32_t t;
    return find_term(x, term, n, &t) ? x->term_postings[t + 1] - x->term_postings[t] : 0;
}

bool find_posting(const struct index *x, uint32_t term, uint32_t doc, uint32_t *posting)
{
    uint32_t low = x->term_postings[term], high = x->term_postings[term + 1], end = high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (x->posting_docs[middle] < doc) low = middle + 1;
        else high = middle;
    }
    *posting = low;
    return low < end && x->posting_docs[low] == doc;
}

uint32_t index_term_fields(const struct index *x, uint32_t doc, const char *term, size_t n, uint32_t *frequency)
{
    uint32_t t, posting, cell, fields = 0, sum = 0;
    if (find_term(x, term, n, &t) && find_posting(x, t, doc, &posting)) {
        uint32_t info = x->posting_info[posting];
        while (cell_next(x, &info, &cell)) {
            fields |= 1u << cell_field(cell);
            sum += cell_frequency(cell);
        }
    }
    if (frequency) *frequency = sum;
    return fields;
}

size_t index_term_documents(const struct index *x, const char *term, size_t n, uint32_t fields, uint32_t *out)
{
    uint32_t t, cell;
    size_t count = 0;
    if (!find_term(x, term, n, &t)) return 0;
    for (uint32_t i = x->term_postings[t]; i < x->term_postings[t + 1]; i++) {
        uint32_t info = x->posting_info[i], own = 0;
        while (cell_next(x, &info, &cell)) own |= 1u << cell_field(cell);
        if (own & fields) out[count++] = x->posting_docs[i];
    }
    return count;
}

bool index_term_position(const struct index *x, uint32_t doc, const char *term, size_t n, size_t field, uint32_t *position)
{
    uint32_t t, posting, cell;
    if (!find_term(x, term, n, &t) || !find_posting(x, t, doc, &posting)) return false;
    uint32_t info = x->posting_info[posting];
    while (cell_next(x, &info, &cell)) {
        if (cell_field(cell) != field) continue;
        *position = cell_position(cell);
        return true;
    }
    return false;
}

uint32_t index_field_length(const struct index *x, uint32_t doc, size_t field)
{
    return doc < x->h->n_docs && field < x->h->n_fields ? x->field_lengths[(size_t)doc * x->h->n_fields + field] : 0;
}

/* ---- labels and numbers ---- */

size_t index_label_count(const struct index *x, size_t column)
{
    return column < x->h->n_columns ? x->label_base[column + 1] - x->label_base[column] : 0;
}

const char *index_label_text(const struct index *x, size_t column, uint32_t label, size_t *n, uint32_t *documents)
{
    bool known = label < index_label_count(x, column);
    uint32_t i = known ? x->label_base[column] + label : 0;
    if (n) *n = known ? x->label_offsets[i + 1] - x->label_offsets[i] : 0;
    if (documents) *documents = known ? x->label_docs[i] : 0;
    return known ? x->label_text + x->label_offsets[i] : NULL;
}

bool index_find_label(const struct index *x, size_t column, const char *value, size_t n, uint32_t *label)
{
    if (column >= x->h->n_columns) return false;
    uint32_t found;
    if (!find_string(x->label_text, x->label_offsets, x->label_base[column], x->label_base[column + 1], value, n, &found)) return false;
    *label = found - x->label_base[column];
    return true;
}

size_t index_document_labels(const struct index *x, uint32_t doc, size_t column, uint32_t *out, size_t max)
{
    if (doc >= x->h->n_docs || column >= x->h->n_columns) return 0;
    size_t list = column * (size_t)x->h->n_docs + doc;
    size_t n = x->label_lists[list + 1] - x->label_lists[list];
    for (size_t i = 0; i < n && i < max; i++) out[i] = x->label_ids[x->label_lists[list] + i];
    return n < max ? n : max;
}

int64_t index_number(const struct index *x, size_t column, uint32_t doc)
{
    return doc < x->h->n_docs && column < x->h->n_numbers ? x->numbers[column * (size_t)x->h->n_docs + doc] : INT64_MIN;
}
