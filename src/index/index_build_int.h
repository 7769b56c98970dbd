/* Private to the building half of the room index: the builder's arrays and the image that is written out. */
#ifndef DAOGOU_INDEX_BUILD_INT_H
#define DAOGOU_INDEX_BUILD_INT_H

#include "index_int.h"

enum { INDEX_DOCUMENTS_MAX = 100000000, INDEX_POSTINGS_MAX = 2000000000 };

struct builder_entry {       /* a term in one field of one document */
    uint32_t term, cell;
};
struct label_column {
    struct strmap map;       /* value -> id in order of arrival */
    uint32_t *ids;           /* of all documents, one after another */
    size_t *ends;            /* (n_docs): where a document's ids end */
    size_t n_ids, ids_cap, ends_cap;
};
struct index_builder {
    char *field_names[INDEX_FIELDS_MAX], *number_names[INDEX_COLUMNS_MAX], *column_names[INDEX_COLUMNS_MAX];
    size_t n_fields, n_numbers, n_columns, dim, n_docs;
    bool broken;
    struct strmap terms;     /* text -> number in order of arrival */
    size_t *newest;          /* (terms) */
    struct builder_entry *entries;
    size_t *entry_ends;      /* (n_docs): where a document's entries end */
    uint16_t *lengths;       /* (n_docs, n_fields) */
    int64_t *keys, *numbers[INDEX_COLUMNS_MAX];
    struct label_column columns[INDEX_COLUMNS_MAX];
    int8_t *vectors;
    float *scales;
    size_t n_entries, entries_cap, newest_cap, entry_ends_cap, lengths_cap, keys_cap, numbers_cap[INDEX_COLUMNS_MAX], vectors_cap, scales_cap;
};

/* The sections as they will lie in the file; owned ones are freed with the image, the others are the builder's. */
struct image {
    struct snapshot_header h;
    const void *data[SECTION_COUNT];
    void *owned[SECTION_COUNT];
};
void *image_alloc(struct image *m, enum section section, size_t count, size_t size); /* zeroed; NULL: no memory */

/* A string of a map, for sorting. */
struct ranked {
    const char *text;
    size_t n;
    uint32_t id;
};
/* All strings of map by bytes, (map->count) items to be freed, and rank[id] = place in that order. */
status rank_strings(const struct strmap *map, struct ranked **sorted, uint32_t **rank);
/* Their bytes one after another, with offsets (n + 1), into two sections; *bytes is the sum. */
status image_strings(struct image *m, const struct ranked *sorted, size_t n, enum section offsets, enum section text, uint32_t *bytes);

status image_terms(struct image *m, const struct index_builder *b, const struct progress *progress);
status image_labels(struct image *m, const struct index_builder *b);

#endif
