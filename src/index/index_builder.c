/* Documents in memory, in the order in which they came. Nothing is sorted before index_image.c. */
#include "index_build_int.h"

#include <math.h>
#include <string.h>

enum { BUILDER_NAME_BYTES_MAX = 255 };

static status copy_names(char **copies, const char *const *names, size_t n, size_t max, const char *what)
{
    FAIL_IF(n > max, ERR_USAGE, "an index can have %zu %s at the most, not %zu; leave some out", max, what, n);
    for (size_t i = 0; i < n; i++) {
        size_t length = names[i] ? strlen(names[i]) : 0;
        FAIL_IF(!length || length > BUILDER_NAME_BYTES_MAX, ERR_USAGE, "the name of %s %zu must have 1 to %d bytes", what, i, BUILDER_NAME_BYTES_MAX);
        copies[i] = mem_strndup(names[i], length);
        if (!copies[i]) return fail_nomem("starting an index");
    }
    return OK;
}

static status builder_init(struct index_builder *b, const struct index_schema *schema)
{
    FAIL_IF(schema->dim % 32 || schema->dim > INDEX_DIM_MAX, ERR_USAGE,
            "vectors of an index have a multiple of 32 and up to %d numbers, not %zu", INDEX_DIM_MAX, schema->dim);
    strmap_init(&b->terms);
    for (size_t i = 0; i < INDEX_COLUMNS_MAX; i++) strmap_init(&b->columns[i].map);
    TRY(copy_names(b->field_names, schema->fields, schema->n_fields, INDEX_FIELDS_MAX, "fields"));
    TRY(copy_names(b->number_names, schema->numbers, schema->n_numbers, INDEX_COLUMNS_MAX, "number columns"));
    TRY(copy_names(b->column_names, schema->labels, schema->n_labels, INDEX_COLUMNS_MAX, "label columns"));
    b->n_fields = schema->n_fields;
    b->n_numbers = schema->n_numbers;
    b->n_columns = schema->n_labels;
    b->dim = schema->dim;
    return OK;
}

status index_builder_new(const struct index_schema *schema, struct index_builder **out)
{
    *out = NULL;
    struct index_builder *b = mem_zalloc(1, sizeof *b);
    if (!b) return fail_nomem("starting an index");
    status s = builder_init(b, schema);
    if (s != OK) {
        index_builder_free(b);
        return s;
    }
    *out = b;
    return OK;
}

void index_builder_free(struct index_builder *b)
{
    if (!b) return;
    for (size_t i = 0; i < INDEX_FIELDS_MAX; i++) mem_free(b->field_names[i]);
    for (size_t i = 0; i < INDEX_COLUMNS_MAX; i++) {
        struct label_column *c = &b->columns[i];
        mem_free(b->number_names[i]);
        mem_free(b->column_names[i]);
        mem_free(b->numbers[i]);
        mem_free(c->ids);
        mem_free(c->ends);
        strmap_release(&c->map);
    }
    strmap_release(&b->terms);
    mem_free(b->newest);
    mem_free(b->entries);
    mem_free(b->entry_ends);
    mem_free(b->keys);
    mem_free(b->lengths);
    mem_free(b->vectors);
    mem_free(b->scales);
    mem_free(b);
}

/* ---- adding ---- */

static status check_document(const struct index_builder *b, const struct index_document *d)
{
    FAIL_IF(b->broken, ERR_USAGE, "an earlier document could not be added for want of memory; build the index again");
    FAIL_IF(b->n_docs >= INDEX_DOCUMENTS_MAX, ERR_LIMIT, "an index holds %d documents at the most; split the catalogue", INDEX_DOCUMENTS_MAX);
    FAIL_IF((b->n_fields && !d->fields) || (b->n_numbers && !d->numbers), ERR_USAGE,
            "document %lld lacks its fields or numbers; give one list a field and one number a column", (long long)d->key);
    for (size_t i = 0; i < d->n_labels; i++)
        FAIL_IF(d->labels[i].column >= b->n_columns, ERR_USAGE, "document %lld has a label of column %zu, but there are %zu; give a column of the schema",
                (long long)d->key, d->labels[i].column, b->n_columns);
    for (size_t i = 0; d->vector && i < b->dim; i++)
        FAIL_IF(!isfinite(d->vector[i]), ERR_USAGE, "the vector of document %lld is not finite at %zu; compute it again", (long long)d->key, i);
    FAIL_IF(d->stored.row && !(isfinite(d->stored.scale) && d->stored.scale > 0), ERR_USAGE, "the stored vector of document %lld has no scale; compute it again", (long long)d->key);
    return OK;
}

static status term_number(struct index_builder *b, const char *text, size_t n, uint32_t *number)
{
    uint64_t found;
    if (strmap_get(&b->terms, text, n, &found)) {
        *number = (uint32_t)found;
        return OK;
    }
    size_t next = b->terms.count;
    TRY(mem_grow(&b->newest, &b->newest_cap, next + 1, sizeof *b->newest));
    TRY(strmap_put(&b->terms, text, n, next));
    b->newest[next] = 0;
    *number = (uint32_t)next;
    return OK;
}

/* newest[t] is one more than the entry that holds t's count in the field being added: any smaller value is of the past. */
static status add_field(struct index_builder *b, const struct term_list *list, uint32_t field)
{
    size_t first = b->n_entries;
    for (size_t i = 0; i < list->n; i++) {
        const struct term *t = &list->items[i];
        if (!t->length || t->length > INDEX_TERM_BYTES_MAX) continue;
        uint32_t number;
        TRY(term_number(b, t->text, t->length, &number));
        if (b->newest[number] > first) {
            uint32_t *cell = &b->entries[b->newest[number] - 1].cell;
            uint32_t position = cell_position(*cell) < t->position ? cell_position(*cell) : t->position;
            *cell = cell_pack(field, cell_frequency(*cell) + 1, position);
            continue;
        }
        FAIL_IF(b->n_entries >= INDEX_POSTINGS_MAX, ERR_LIMIT, "an index holds %d postings at the most; split the catalogue", INDEX_POSTINGS_MAX);
        TRY(mem_grow(&b->entries, &b->entries_cap, b->n_entries + 1, sizeof *b->entries));
        b->entries[b->n_entries++] = (struct builder_entry){number, cell_pack(field, 1, t->position)};
        b->newest[number] = b->n_entries;
    }
    return OK;
}

static status add_fields(struct index_builder *b, const struct term_list *fields)
{
    TRY(mem_grow(&b->lengths, &b->lengths_cap, (b->n_docs + 1) * b->n_fields, sizeof *b->lengths));
    TRY(mem_grow(&b->entry_ends, &b->entry_ends_cap, b->n_docs + 1, sizeof *b->entry_ends));
    for (size_t f = 0; f < b->n_fields; f++) {
        TRY(add_field(b, &fields[f], (uint32_t)f));
        b->lengths[b->n_docs * b->n_fields + f] = (uint16_t)(fields[f].n < UINT16_MAX ? fields[f].n : UINT16_MAX);
    }
    b->entry_ends[b->n_docs] = b->n_entries;
    return OK;
}

static status add_label(struct label_column *c, const struct index_label *label)
{
    uint64_t id;
    if (!strmap_get(&c->map, label->value, label->n, &id)) {
        id = c->map.count;
        TRY(strmap_put(&c->map, label->value, label->n, id));
    }
    TRY(mem_grow(&c->ids, &c->ids_cap, c->n_ids + 1, sizeof *c->ids));
    c->ids[c->n_ids++] = (uint32_t)id;
    return OK;
}

static status add_labels(struct index_builder *b, const struct index_document *d)
{
    for (size_t i = 0; i < d->n_labels; i++)
        if (d->labels[i].n) TRY(add_label(&b->columns[d->labels[i].column], &d->labels[i]));
    for (size_t i = 0; i < b->n_columns; i++) {
        struct label_column *c = &b->columns[i];
        TRY(mem_grow(&c->ends, &c->ends_cap, b->n_docs + 1, sizeof *c->ends));
        c->ends[b->n_docs] = c->n_ids;
    }
    return OK;
}

static status add_numbers(struct index_builder *b, const struct index_document *d)
{
    TRY(mem_grow(&b->keys, &b->keys_cap, b->n_docs + 1, sizeof *b->keys));
    b->keys[b->n_docs] = d->key;
    for (size_t i = 0; i < b->n_numbers; i++) {
        TRY(mem_grow(&b->numbers[i], &b->numbers_cap[i], b->n_docs + 1, sizeof *b->numbers[i]));
        b->numbers[i][b->n_docs] = d->numbers[i];
    }
    return OK;
}

static status add_vector(struct index_builder *b, const struct index_document *d)
{
    if (!b->dim) return OK;
    TRY(mem_grow(&b->vectors, &b->vectors_cap, (b->n_docs + 1) * b->dim, 1));
    TRY(mem_grow(&b->scales, &b->scales_cap, b->n_docs + 1, sizeof *b->scales));
    int8_t *row = b->vectors + b->n_docs * b->dim;
    if (d->stored.row) {
        memcpy(row, d->stored.row, b->dim);
        b->scales[b->n_docs] = d->stored.scale;
    } else if (d->vector) {
        quantize_q8(row, &b->scales[b->n_docs], d->vector, 1, b->dim);
    } else {
        memset(row, 0, b->dim);
        b->scales[b->n_docs] = 0;
    }
    return OK;
}

static status add_parts(struct index_builder *b, const struct index_document *d)
{
    TRY(add_fields(b, d->fields));
    TRY(add_labels(b, d));
    TRY(add_numbers(b, d));
    return add_vector(b, d);
}

status index_builder_add(struct index_builder *b, const struct index_document *d)
{
    TRY(check_document(b, d));
    status s = add_parts(b, d);
    if (s != OK) {
        b->broken = true;   /* half a document lies in the arrays */
        return s;
    }
    b->n_docs++;
    return OK;
}
