/* The snapshot file: every section is complete in memory before the first byte is written, so that the header can go first
 * and the file needs no seeking. */
#include "index_build_int.h"

#include <stdlib.h>
#include <string.h>

const char snapshot_magic[8] = {'D', 'A', 'O', 'G', 'O', 'U', 'I', 'X'};

uint64_t header_hash(const struct snapshot_header *h)
{
    return hash_bytes(h, offsetof(struct snapshot_header, header_hash), SECTION_COUNT);
}

uint64_t layout_of(const struct snapshot_header *h, struct section_place *place)
{
    uint64_t n = h->n_docs, terms = h->n_terms;
    const uint64_t length[SECTION_COUNT] = {
        [SECTION_NAMES] = h->names_bytes,
        [SECTION_NOTE] = h->note_bytes,
        [SECTION_KEYS] = n * 8,
        [SECTION_KEY_ORDER] = n * 4,
        [SECTION_FIELDS] = h->n_fields * (uint64_t)sizeof(struct field_total),
        [SECTION_FIELD_LENGTHS] = n * h->n_fields * 2,
        [SECTION_TERM_OFFSETS] = (terms + 1) * 4,
        [SECTION_TERM_TEXT] = h->term_text_bytes,
        [SECTION_TERM_SIGNATURES] = terms * 8,
        [SECTION_TERM_LETTERS] = terms,
        [SECTION_TERM_BOUNDS] = terms * h->n_fields * sizeof(struct term_bound),
        [SECTION_TERM_POSTINGS] = (terms + 1) * 4,
        [SECTION_POSTING_DOCS] = h->n_postings * UINT64_C(4),
        [SECTION_POSTING_INFO] = h->n_postings * UINT64_C(4),
        [SECTION_CELLS] = h->n_cells * UINT64_C(4),
        [SECTION_NUMBERS] = n * h->n_numbers * 8,
        [SECTION_LABEL_BASE] = (h->n_columns + UINT64_C(1)) * 4,
        [SECTION_LABEL_OFFSETS] = (h->n_labels + UINT64_C(1)) * 4,
        [SECTION_LABEL_TEXT] = h->label_text_bytes,
        [SECTION_LABEL_DOCS] = h->n_labels * UINT64_C(4),
        [SECTION_LABEL_LISTS] = (n * h->n_columns + 1) * 4,
        [SECTION_LABEL_IDS] = h->n_label_ids * UINT64_C(4),
        [SECTION_VECTORS] = n * h->dim,
        [SECTION_SCALES] = h->dim ? n * 4 : 0,
    };
    uint64_t offset = sizeof *h;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        offset = (offset + SECTION_ALIGN - 1) / SECTION_ALIGN * SECTION_ALIGN;
        place[i] = (struct section_place){offset, length[i]};
        offset += length[i];
    }
    return offset;
}

/* ---- the small sections ---- */

static status image_names(struct image *m, const struct index_builder *b)
{
    struct strbuf names = {0};
    for (size_t i = 0; i < b->n_fields; i++) strbuf_add(&names, b->field_names[i], strlen(b->field_names[i]) + 1);
    for (size_t i = 0; i < b->n_numbers; i++) strbuf_add(&names, b->number_names[i], strlen(b->number_names[i]) + 1);
    for (size_t i = 0; i < b->n_columns; i++) strbuf_add(&names, b->column_names[i], strlen(b->column_names[i]) + 1);
    m->data[SECTION_NAMES] = m->owned[SECTION_NAMES] = names.data;
    m->h.names_bytes = (uint32_t)names.len;
    return strbuf_status(&names);
}

struct keyed {
    int64_t key;
    uint32_t doc;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *p = a, *q = b;
    return p->key != q->key ? (p->key > q->key) - (p->key < q->key) : (p->doc > q->doc) - (p->doc < q->doc);
}

static status order_keys(const struct index_builder *b, struct keyed *pairs, uint32_t *order)
{
    for (size_t d = 0; d < b->n_docs; d++) pairs[d] = (struct keyed){b->keys[d], (uint32_t)d};
    if (b->n_docs) qsort(pairs, b->n_docs, sizeof *pairs, compare_keyed);
    for (size_t i = 0; i < b->n_docs; i++) {
        FAIL_IF(i && pairs[i].key == pairs[i - 1].key, ERR_USAGE, "documents %u and %u have the same key %lld; give each its own",
                pairs[i - 1].doc, pairs[i].doc, (long long)pairs[i].key);
        order[i] = pairs[i].doc;
    }
    return OK;
}

static status image_keys(struct image *m, const struct index_builder *b)
{
    uint32_t *order = image_alloc(m, SECTION_KEY_ORDER, b->n_docs, sizeof *order);
    struct keyed *pairs = mem_alloc(b->n_docs * sizeof *pairs);
    status s = order && pairs ? order_keys(b, pairs, order) : fail_nomem("writing the index");
    mem_free(pairs);
    m->data[SECTION_KEYS] = b->keys;
    return s;
}

static status image_fields(struct image *m, const struct index_builder *b)
{
    struct field_total *totals = image_alloc(m, SECTION_FIELDS, b->n_fields, sizeof *totals);
    if (!totals) return fail_nomem("writing the index");
    for (size_t i = 0; i < b->n_docs * b->n_fields; i++) {
        totals[i % b->n_fields].terms += b->lengths[i];
        totals[i % b->n_fields].documents += b->lengths[i] > 0;
    }
    m->data[SECTION_FIELD_LENGTHS] = b->lengths;
    return OK;
}

static status image_numbers(struct image *m, const struct index_builder *b)
{
    int64_t *numbers = image_alloc(m, SECTION_NUMBERS, b->n_docs * b->n_numbers, sizeof *numbers);
    if (!numbers) return fail_nomem("writing the index");
    for (size_t i = 0; b->n_docs && i < b->n_numbers; i++) memcpy(numbers + i * b->n_docs, b->numbers[i], b->n_docs * sizeof *numbers);
    m->data[SECTION_VECTORS] = b->vectors;
    m->data[SECTION_SCALES] = b->scales;
    return OK;
}

/* ---- the whole ---- */

static status image_make(struct image *m, const struct index_builder *b, const char *note, const struct progress *progress)
{
    size_t note_bytes = strlen(note) + 1;
    FAIL_IF(b->broken, ERR_USAGE, "a document could not be added for want of memory; build the index again");
    FAIL_IF(note_bytes > NOTE_BYTES_MAX, ERR_LIMIT, "the note of an index has %zu bytes, more than %d; shorten it", note_bytes, NOTE_BYTES_MAX);
    m->h.n_docs = (uint32_t)b->n_docs;
    m->h.n_fields = (uint32_t)b->n_fields;
    m->h.n_numbers = (uint32_t)b->n_numbers;
    m->h.n_columns = (uint32_t)b->n_columns;
    m->h.dim = (uint32_t)b->dim;
    m->h.note_bytes = (uint32_t)note_bytes;
    m->data[SECTION_NOTE] = note;
    TRY(image_names(m, b));
    TRY(image_keys(m, b));
    TRY(image_fields(m, b));
    TRY(image_numbers(m, b));
    TRY(image_labels(m, b));
    return image_terms(m, b, progress);
}

static void image_seal(struct image *m, int64_t source_version, struct section_place *place)
{
    memcpy(m->h.magic, snapshot_magic, sizeof m->h.magic);
    m->h.version = SNAPSHOT_VERSION;
    m->h.byte_order = SNAPSHOT_BYTE_ORDER;
    m->h.source_version = source_version;
    m->h.file_size = layout_of(&m->h, place);
    for (size_t i = 0; i < SECTION_COUNT; i++)
        m->h.section_hash[i] = hash_bytes(place[i].length ? m->data[i] : "", (size_t)place[i].length, i);
    m->h.header_hash = header_hash(&m->h);
}

/* In pieces, so that one can stop in the middle of a large section. */
static status write_section(struct atomic_file *f, const struct image *m, const char *data, uint64_t n, uint64_t *done, const struct progress *progress)
{
    enum { PIECE = 4 << 20 };
    for (uint64_t at = 0; at < n; at += PIECE) {
        size_t piece = n - at < PIECE ? (size_t)(n - at) : PIECE;
        atomic_file_write(f, data + at, piece);
        *done += piece;
        if (!progress_report(progress, "write index", *done, m->h.file_size, NULL)) return fail_interrupted("writing the index");
    }
    return OK;
}

static status write_sections(struct atomic_file *f, const struct image *m, const struct section_place *place, const struct progress *progress)
{
    static const char zeros[SECTION_ALIGN];
    uint64_t done = sizeof m->h;
    atomic_file_write(f, &m->h, sizeof m->h);
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        atomic_file_write(f, zeros, (size_t)(place[i].offset - done));
        done = place[i].offset;
        TRY(write_section(f, m, m->data[i], place[i].length, &done, progress));
    }
    return OK;
}

static status image_write(struct image *m, const char *path, int64_t source_version, const struct progress *progress)
{
    struct section_place place[SECTION_COUNT];
    image_seal(m, source_version, place);
    struct atomic_file f;
    TRY(atomic_file_open(&f, path));
    status s = write_sections(&f, m, place, progress);
    if (s == OK) return atomic_file_commit(&f);
    atomic_file_abort(&f);
    return s;
}

status index_builder_write(struct index_builder *b, const char *path, int64_t source_version, const char *note, const struct progress *progress)
{
    struct image m = {0};
    status s = image_make(&m, b, note ? note : "", progress);
    if (s == OK) s = image_write(&m, path, source_version, progress);
    for (size_t i = 0; i < SECTION_COUNT; i++) mem_free(m.owned[i]);
    return s;
}
