/* index: finding documents by terms, vectors and filters. Knows ids and numbers, not products.
 *
 * Built in memory, written as one snapshot file that is replaced atomically, mapped read-only for search: a crash at any
 * step leaves the old snapshot in use. Documents are numbered 0..n-1 in the order they were added; `key` is the caller's.
 *
 * BM25F (Zaragoza et al. 2004; Robertson, Zaragoza 2009, section 3.6): term frequencies are summed over fields with
 * weights and per-field length normalisation before saturation:
 *   tf'(t,d) = sum_f w_f tf(t,d,f) / (1 - b_f + b_f len(d,f)/avglen(f));  score = sum_t q_t idf(t) tf' (k1+1) / (k1 + tf')
 * with len the number of terms in the field, avglen the mean over the documents that have the field at all, and
 * idf(t) = ln(1 + (n - df + 0.5) / (df + 0.5)), which is never negative.
 * The parameters live in the query, not in the snapshot, so that they can be tuned without a rebuild.
 */
#ifndef DAOGOU_INDEX_H
#define DAOGOU_INDEX_H

#include "text/text.h"
#include "tensor/tensor.h"

enum { INDEX_FIELDS_MAX = 8, INDEX_COLUMNS_MAX = 16, INDEX_TERM_BYTES_MAX = 255 };

/* ---- building ---------------------------------------------------------------------------------------------------- */

struct index_builder;
/* Field names ("title", "category", ...) are kept in the snapshot. dim 0: no vectors, else a multiple of 32. Number columns hold one int64
 * a document (INT64_MIN: unknown); label columns hold a set of labels a document ("colour": {"black","grey"}). */
struct index_schema {
    const char *fields[INDEX_FIELDS_MAX];
    size_t n_fields;
    const char *numbers[INDEX_COLUMNS_MAX];
    size_t n_numbers;
    const char *labels[INDEX_COLUMNS_MAX];
    size_t n_labels;
    size_t dim;
};
struct index_stored_vector { const int8_t *row; float scale; };   /* dim numbers; the vector is scale times them */
struct index_label { size_t column; const char *value; size_t n; };
/* Terms of more than INDEX_TERM_BYTES_MAX bytes are not found later (their field counts them); frequencies over 1023 and first
 * positions over 131071 in one field are kept as that. A vector of zeros is as good as none. */
struct index_document {
    int64_t key;                        /* unlike any other document's: index_builder_write refuses repeats */
    const struct term_list *fields;     /* n_fields lists */
    const int64_t *numbers;             /* n_numbers */
    const struct index_label *labels;
    size_t n_labels;
    const float *vector;                /* dim floats, unit length, or NULL: none */
    struct index_stored_vector stored;  /* instead of it, if its row is not NULL: as another index has it, taken over to the bit */
};
status index_builder_new(const struct index_schema *schema, struct index_builder **out);
/* Copies what it needs. ERR_NOMEM or ERR_LIMIT: half a document was added; the builder can only be freed. */
status index_builder_add(struct index_builder *b, const struct index_document *d);
/* source_version: what the caller's data had (catalogue_version); note: any bytes of the caller's (model name ...). */
status index_builder_write(struct index_builder *b, const char *path, int64_t source_version, const char *note, const struct progress *progress);
void index_builder_free(struct index_builder *b);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct index;
/* Checks magic, version, section bounds and checksum: a truncated or altered file is ERR_FORMAT ("... build the index again
 * with 'daogou import'"), never a crash later. */
status index_open(const char *path, struct index **out);
void index_close(struct index *x);
uint32_t index_count(const struct index *x);
size_t index_dim(const struct index *x);
int64_t index_source_version(const struct index *x);
const char *index_note(const struct index *x);
/* Names of the schema; NULL past the last one. */
const char *index_field_name(const struct index *x, size_t field);
const char *index_number_name(const struct index *x, size_t column);
const char *index_label_name(const struct index *x, size_t column);
int64_t index_key(const struct index *x, uint32_t doc); /* INT64_MIN past the last document, as index_number */
bool index_find_key(const struct index *x, int64_t key, uint32_t *doc);
struct index_stored_vector index_vector(const struct index *x, uint32_t doc);   /* row NULL: it has none. Valid while the index is open */

/* The dictionary: for spelling correction, constraints and idf. */
uint32_t index_document_frequency(const struct index *x, const char *term, size_t n); /* 0: unknown term */
/* Terms one or two edits (Damerau-Levenshtein in its alignment form, over code points; first letter may differ) from `term`, but not
 * itself; best first by edits, then frequency, then bytes; strings point into the snapshot, not NUL-terminated. Returns how many
 * were written. Two edits turn any two letters into any others: ask for few on short words. */
struct index_suggestion { const char *term; uint16_t length; uint16_t edits; uint32_t document_frequency; };
size_t index_suggest(const struct index *x, const char *term, size_t n, unsigned edits_max, struct index_suggestion *out, size_t max);

/* Labels of a column, with counts; label ids are dense per column, in the order of their bytes. Text is not NUL-terminated, NULL for
 * an unknown label; n and documents may be NULL. */
size_t index_label_count(const struct index *x, size_t column);
const char *index_label_text(const struct index *x, size_t column, uint32_t label, size_t *n, uint32_t *documents);
bool index_find_label(const struct index *x, size_t column, const char *value, size_t n, uint32_t *label);
/* Labels of one document in a column, ascending; how many were written. */
size_t index_document_labels(const struct index *x, uint32_t doc, size_t column, uint32_t *out, size_t max);
int64_t index_number(const struct index *x, size_t column, uint32_t doc);

/* ---- filters: all conditions must hold ---------------------------------------------------------------------------- */

struct index_condition {
    enum { CONDITION_NUMBER, CONDITION_ANY_LABEL, CONDITION_NO_LABEL } kind;
    size_t column;
    int64_t low, high;          /* NUMBER: low <= value <= high; unknown values fail */
    const uint32_t *labels;     /* ANY_LABEL: has at least one of them; NO_LABEL: has none of them */
    size_t n_labels;
};
struct index_filter { const struct index_condition *conditions; size_t n; };
bool index_passes(const struct index *x, const struct index_filter *f, uint32_t doc); /* f NULL: true */
uint32_t index_filter_count(const struct index *x, const struct index_filter *f);     /* documents that pass */
/* The documents that pass, ascending; out has room for index_count(). Returns how many. */
size_t index_filter_documents(const struct index *x, const struct index_filter *f, uint32_t *out);

/* ---- searching --------------------------------------------------------------------------------------------------- */

/* A weight that is not above 0 switches the term off; equal terms add up. At most 4096 terms a query. */
struct index_query_term { const char *text; uint16_t length; float weight; };
struct bm25f { float k1; float weight[INDEX_FIELDS_MAX], b[INDEX_FIELDS_MAX]; };
/* k1 >= 0, weights >= 0, b from 0 to 1; else ERR_USAGE. Default: 1.2, 1, 0.75. */
void bm25f_default(struct bm25f *p, size_t n_fields);
struct index_hit { uint32_t doc; float score; };
/* The best k by BM25F among the documents that pass the filter, best first (ties: lower doc first); only scores above 0. Filter and
 * top-k threshold (MaxScore pruning, exact) inside the loop. scratch: grown as needed, reuse it between calls, one a thread; the
 * index itself may be shared. */
struct index_scratch;
status index_scratch_new(struct index_scratch **out);
void index_scratch_free(struct index_scratch *s);
status index_search_terms(const struct index *x, struct index_scratch *s, const struct index_query_term *terms, size_t n, const struct bm25f *p,
                          const struct index_filter *f, struct index_hit *out, size_t k, size_t *n_out);
/* Scores of given documents (for reranking given candidates), to the bit what the search gives; 0 where no term is found. */
status index_score_terms(const struct index *x, const struct index_query_term *terms, size_t n, const struct bm25f *p,
                         const uint32_t *docs, size_t n_docs, float *scores);
/* parts (n): what each term gives to the score of doc. */
status index_explain_terms(const struct index *x, const struct index_query_term *terms, size_t n, const struct bm25f *p, uint32_t doc, float *parts);
/* For explanations and features: which fields of doc hold term (bit f = field f), and the term's frequency sum (may be NULL). */
uint32_t index_term_fields(const struct index *x, uint32_t doc, const char *term, size_t n, uint32_t *frequency);
/* The documents that have term in one of the fields (bit f = field f), ascending; out has room for index_document_frequency(). */
size_t index_term_documents(const struct index *x, const char *term, size_t n, uint32_t fields, uint32_t *out);
/* The first position (struct term) of term in a field of doc, for proximity; false: it is not there. */
bool index_term_position(const struct index *x, uint32_t doc, const char *term, size_t n, size_t field, uint32_t *position);
uint32_t index_field_length(const struct index *x, uint32_t doc, size_t field); /* in terms, 65535 at the most */
/* Exact scan of the int8 vectors: score = cosine (approximately, from int8 on both sides). Documents without a vector are no hits.
 * ERR_USAGE when the index has no vectors (index_dim 0) or the query is not finite. */
status index_search_vector(const struct index *x, struct compute *c, struct index_scratch *s, const float *query, const struct index_filter *f,
                           struct index_hit *out, size_t k, size_t *n_out);
/* The same for one document, with the query as it is; -2 when the document has no vector. */
float index_vector_score(const struct index *x, uint32_t doc, const float *query);

#endif
