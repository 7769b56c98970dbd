/* Private to the room index: the snapshot's layout, the open index, and what its files share.
 *
 * Snapshot: header, then the sections of enum section in order, each at a multiple of SECTION_ALIGN, gaps zero. Where a
 * section lies follows from the counts in the header alone (layout_of), so there is no offset in the file to go wrong;
 * what is inside the sections is checked once, at open (index_verify.c), and trusted afterwards. All little endian.
 *
 * A posting is a document number and one word of info: where one field holds the term, a cell
 *   bits 0..16 first position | 17..26 frequency | 27..29 field
 * (both numbers saturate); where several do, CELL_RUN | index of a run of cells, all but the last marked CELL_MORE.
 * That is 8 bytes a posting with random access, so that a search can jump and no block has to be unpacked.
 */
#ifndef DAOGOU_INDEX_INT_H
#define DAOGOU_INDEX_INT_H

#include "index/index.h"

enum { SNAPSHOT_VERSION = 1, SNAPSHOT_BYTE_ORDER = 0x01020304, SECTION_ALIGN = 64, NOTE_BYTES_MAX = 1 << 20, INDEX_DIM_MAX = 4096 };

enum section {
    SECTION_NAMES,           /* fields, number columns, label columns: NUL-terminated names */
    SECTION_NOTE,            /* NUL-terminated */
    SECTION_KEYS,            /* int64 (n_docs) */
    SECTION_KEY_ORDER,       /* uint32 (n_docs): documents by ascending key */
    SECTION_FIELDS,          /* struct field_total (n_fields) */
    SECTION_FIELD_LENGTHS,   /* uint16 (n_docs, n_fields): terms in the field, saturated */
    SECTION_TERM_OFFSETS,    /* uint32 (n_terms + 1) into TERM_TEXT; terms ascend by bytes */
    SECTION_TERM_TEXT,
    SECTION_TERM_SIGNATURES, /* uint64 (n_terms): see suggest */
    SECTION_TERM_LETTERS,    /* uint8 (n_terms): code points */
    SECTION_TERM_BOUNDS,     /* struct term_bound (n_terms, n_fields) */
    SECTION_TERM_POSTINGS,   /* uint32 (n_terms + 1) into the postings */
    SECTION_POSTING_DOCS,    /* uint32 (n_postings): ascending within a term */
    SECTION_POSTING_INFO,    /* uint32 (n_postings) */
    SECTION_CELLS,           /* uint32 (n_cells) */
    SECTION_NUMBERS,         /* int64 (n_numbers, n_docs) */
    SECTION_LABEL_BASE,      /* uint32 (n_columns + 1): column c owns labels base[c] .. base[c+1]-1 */
    SECTION_LABEL_OFFSETS,   /* uint32 (n_labels + 1) into LABEL_TEXT; ascending bytes within a column */
    SECTION_LABEL_TEXT,
    SECTION_LABEL_DOCS,      /* uint32 (n_labels): documents that have it */
    SECTION_LABEL_LISTS,     /* uint32 (n_columns * n_docs + 1) into LABEL_IDS, column by column */
    SECTION_LABEL_IDS,       /* uint32 (n_label_ids): ids within the column, ascending in a document */
    SECTION_VECTORS,         /* int8 (n_docs, dim) */
    SECTION_SCALES,          /* float (n_docs): 0 means no vector; empty when dim is 0 */
    SECTION_COUNT
};

struct snapshot_header {
    char magic[8];
    uint32_t version, byte_order;
    uint64_t file_size;
    int64_t source_version;
    uint32_t n_docs, n_fields, n_numbers, n_columns, dim;
    uint32_t n_terms, n_postings, n_cells, n_labels, n_label_ids;
    uint32_t names_bytes, note_bytes, term_text_bytes, label_text_bytes;
    uint64_t section_hash[SECTION_COUNT];
    uint64_t header_hash;    /* of everything above */
};

struct field_total {
    uint64_t terms;          /* sum of lengths */
    uint64_t documents;      /* that have at least one term there */
};
/* Of all postings of a term in a field: nothing scores higher than max_frequency at min_length. 0: never in this field. */
struct term_bound {
    uint16_t max_frequency, min_length;
};

struct section_place {
    uint64_t offset, length;
};
/* Fills place (SECTION_COUNT) and returns the size of the file. */
uint64_t layout_of(const struct snapshot_header *h, struct section_place *place);
extern const char snapshot_magic[8];
uint64_t header_hash(const struct snapshot_header *h);

/* ---- cells ---- */

enum {
    CELL_POSITION_MAX = (1 << 17) - 1,
    CELL_FREQUENCY_MAX = (1 << 10) - 1,
    CELL_MORE = 1 << 30
};
#define CELL_RUN 0x80000000u

static inline uint32_t cell_pack(uint32_t field, uint32_t frequency, uint32_t position)
{
    if (frequency > CELL_FREQUENCY_MAX) frequency = CELL_FREQUENCY_MAX;
    if (position > CELL_POSITION_MAX) position = CELL_POSITION_MAX;
    return field << 27 | frequency << 17 | position;
}
static inline uint32_t cell_field(uint32_t cell) { return cell >> 27 & 7; }
static inline uint32_t cell_frequency(uint32_t cell) { return cell >> 17 & CELL_FREQUENCY_MAX; }
static inline uint32_t cell_position(uint32_t cell) { return cell & CELL_POSITION_MAX; }

/* ---- the open index ---- */

struct index {
    struct mapped_file file;
    const struct snapshot_header *h;
    const char *names[INDEX_FIELDS_MAX + 2 * INDEX_COLUMNS_MAX]; /* fields, numbers, labels */
    const char *note;
    const int64_t *keys;
    const uint32_t *key_order;
    const struct field_total *fields;
    const uint16_t *field_lengths;
    const uint32_t *term_offsets;
    const char *term_text;
    const uint64_t *term_signatures;
    const uint8_t *term_letters;
    const struct term_bound *term_bounds;
    const uint32_t *term_postings;
    const uint32_t *posting_docs, *posting_info, *cells;
    const int64_t *numbers;
    const uint32_t *label_base, *label_offsets, *label_docs, *label_lists, *label_ids;
    const char *label_text;
    const int8_t *vectors;
    const float *scales;
};

/* Is every number inside the sections one that the code may follow? A static sentence on what is wrong, or NULL. */
const char *index_verify(const struct index *x);

static inline const char *term_at(const struct index *x, uint32_t term, size_t *n)
{
    *n = x->term_offsets[term + 1] - x->term_offsets[term];
    return x->term_text + x->term_offsets[term];
}
/* By bytes, shorter first on a tie: the order of terms and labels. */
int compare_bytes(const char *a, size_t a_n, const char *b, size_t b_n);
bool find_term(const struct index *x, const char *text, size_t n, uint32_t *term);
/* The posting of doc in term's list, or false. */
bool find_posting(const struct index *x, uint32_t term, uint32_t doc, uint32_t *posting);

/* The cells of a posting: while (cell_next(x, &info, &cell)). Start with info = posting_info[i]; 0 ends it. */
static inline bool cell_next(const struct index *x, uint32_t *info, uint32_t *cell)
{
    if (!*info) return false;
    if (!(*info & CELL_RUN)) {
        *cell = *info;
        *info = 0;
        return true;
    }
    *cell = x->cells[*info & ~CELL_RUN];
    *info = *cell & CELL_MORE ? *info + 1 : 0;
    return true;
}

/* One bit a letter, so that a term k edits away differs in at most k bits each way. */
uint64_t letters_signature(const uint32_t *letters, size_t n);

/* ---- the k best ---- */

/* A heap of the worst hit first, kept in the caller's array. Documents must be offered in ascending order: then a tie never
 * displaces a hit, and `score > top_k_floor()` is the whole test. */
struct top_k {
    struct index_hit *hits;
    size_t n, k;
    float floor;             /* what a hit must exceed */
};
void top_k_init(struct top_k *t, struct index_hit *hits, size_t k, float floor);
void top_k_push(struct top_k *t, uint32_t doc, float score); /* score > t->floor */
void top_k_sort(struct top_k *t);                            /* best first; ends the heap */

/* ---- filters made ready: each set of labels as bits ---- */

struct filter_plan {
    const struct index *x;
    const struct index_filter *filter;
    size_t *start;           /* (conditions) first word of its set */
    uint64_t *words;
    size_t start_cap, words_cap;
};
status filter_plan_make(struct filter_plan *p, const struct index *x, const struct index_filter *f);
void filter_plan_release(struct filter_plan *p);
bool filter_plan_passes(const struct filter_plan *p, uint32_t doc);

/* ---- BM25F ---- */

enum { QUERY_TERMS_MAX = 4096, NORM_TABLE = 256 };

struct query_posting_list {
    const uint32_t *docs, *info;
    uint32_t n, cursor, term;
    float scale;             /* query weight * idf * (k1 + 1) */
    float bound;             /* no document gets more from this term */
    float rest;              /* the sum of bounds of this and all later terms */
};
/* What of the formula does not depend on the document. */
struct scoring {
    const struct index *x;
    const struct bm25f *p;
    size_t n_fields;
    float k1, average[INDEX_FIELDS_MAX];
    float norm[INDEX_FIELDS_MAX][NORM_TABLE]; /* w / (1 - b + b len/avglen) for the short lengths */
};
status scoring_init(struct scoring *s, const struct index *x, const struct bm25f *p);
/* Known terms of the query with their weights, equal terms joined, by descending bound: the order in which every score is summed,
 * so that the same document has the same bits of score on every way. lists has room for n. */
size_t scoring_lists(const struct scoring *s, const struct index_query_term *terms, size_t n, struct query_posting_list *lists);
float scoring_of(const struct scoring *s, const struct query_posting_list *l, uint32_t posting);

struct index_scratch {
    struct query_posting_list *lists;
    float *sums;             /* (SEARCH_WINDOW) */
    uint64_t *touched;       /* (SEARCH_WINDOW / 64) */
    struct filter_plan filter;
    int32_t *dots;           /* (SCAN_CHUNK) */
    int8_t *query;
    size_t lists_cap, query_cap;
};
enum { SEARCH_WINDOW = 4096, SCAN_CHUNK = 32768 };

#endif
