/* Opening a snapshot: header, sizes, hashes, then every number inside (index_verify.c). */
#include "index_int.h"

#include <string.h>

static status refuse(const char *path, const char *why)
{
    return fail(ERR_FORMAT, "'%s' is not a usable index (%s); build the index again with 'daogou import'", path, why);
}

/* Why the header cannot be followed, or NULL. */
static const char *check_header(const struct mapped_file *file)
{
    const struct snapshot_header *h = (const void *)file->data;
    if (file->size < sizeof h->magic || memcmp(h->magic, snapshot_magic, sizeof h->magic) != 0) return "it does not begin like one";
    if (file->size < sizeof *h) return "it is cut off in the header";
    if (h->version != SNAPSHOT_VERSION) return "another version of daogou wrote it";
    if (h->byte_order != SNAPSHOT_BYTE_ORDER) return "a machine of another byte order wrote it";
    if (h->header_hash != header_hash(h)) return "its header was altered";
    if (h->file_size != file->size) return "it is cut off or has bytes too many";
    if (h->n_fields > INDEX_FIELDS_MAX || h->n_numbers > INDEX_COLUMNS_MAX || h->n_columns > INDEX_COLUMNS_MAX) return "it has too many columns";
    if (h->dim % 32 || h->dim > INDEX_DIM_MAX || h->n_docs == UINT32_MAX || h->n_terms == UINT32_MAX || h->n_labels == UINT32_MAX) return "its counts make no sense";
    return NULL;
}

static const char *check_sections(const struct mapped_file *file, const struct section_place *place)
{
    const struct snapshot_header *h = (const void *)file->data;
    uint64_t done = sizeof *h;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        for (; done < place[i].offset; done++)
            if (file->data[done]) return "it was altered between sections";
        if (hash_bytes(file->data + done, (size_t)place[i].length, i) != h->section_hash[i]) return "its checksum is wrong";
        done += place[i].length;
    }
    return NULL;
}

static void set_sections(struct index *x, const struct section_place *place)
{
    const uint8_t *at[SECTION_COUNT];
    for (size_t i = 0; i < SECTION_COUNT; i++) at[i] = x->file.data + place[i].offset;
    x->note = (const void *)at[SECTION_NOTE];
    x->keys = (const void *)at[SECTION_KEYS];
    x->key_order = (const void *)at[SECTION_KEY_ORDER];
    x->fields = (const void *)at[SECTION_FIELDS];
    x->field_lengths = (const void *)at[SECTION_FIELD_LENGTHS];
    x->term_offsets = (const void *)at[SECTION_TERM_OFFSETS];
    x->term_text = (const void *)at[SECTION_TERM_TEXT];
    x->term_signatures = (const void *)at[SECTION_TERM_SIGNATURES];
    x->term_letters = (const void *)at[SECTION_TERM_LETTERS];
    x->term_bounds = (const void *)at[SECTION_TERM_BOUNDS];
    x->term_postings = (const void *)at[SECTION_TERM_POSTINGS];
    x->posting_docs = (const void *)at[SECTION_POSTING_DOCS];
    x->posting_info = (const void *)at[SECTION_POSTING_INFO];
    x->cells = (const void *)at[SECTION_CELLS];
    x->numbers = (const void *)at[SECTION_NUMBERS];
    x->label_base = (const void *)at[SECTION_LABEL_BASE];
    x->label_offsets = (const void *)at[SECTION_LABEL_OFFSETS];
    x->label_text = (const void *)at[SECTION_LABEL_TEXT];
    x->label_docs = (const void *)at[SECTION_LABEL_DOCS];
    x->label_lists = (const void *)at[SECTION_LABEL_LISTS];
    x->label_ids = (const void *)at[SECTION_LABEL_IDS];
    x->vectors = (const void *)at[SECTION_VECTORS];
    x->scales = (const void *)at[SECTION_SCALES];
}

static const char *set_names(struct index *x, const struct section_place *place)
{
    const char *p = (const char *)x->file.data + place[SECTION_NAMES].offset, *end = p + place[SECTION_NAMES].length;
    size_t n = x->h->n_fields + x->h->n_numbers + x->h->n_columns;
    for (size_t i = 0; i < n; i++) {
        const char *stop = p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;
        if (!stop) return "a name has no end";
        x->names[i] = p;
        p = stop + 1;
    }
    size_t note = x->h->note_bytes;
    return p != end || !note || x->note[note - 1] ? "its names or its note have no end" : NULL;
}

static const char *read_snapshot(struct index *x)
{
    struct section_place place[SECTION_COUNT];
    const char *why = check_header(&x->file);
    if (why) return why;
    x->h = (const void *)x->file.data;
    if (layout_of(x->h, place) != x->file.size) return "its size does not agree with its counts";
    why = check_sections(&x->file, place);
    if (why) return why;
    set_sections(x, place);
    why = set_names(x, place);
    return why ? why : index_verify(x);
}

status index_open(const char *path, struct index **out)
{
    *out = NULL;
    struct index *x = mem_zalloc(1, sizeof *x);
    if (!x) return fail_nomem("opening the index");
    status s = mapped_file_open(&x->file, path);
    const char *why = s == OK ? read_snapshot(x) : NULL;
    if (why) s = refuse(path, why);
    if (s != OK) {
        index_close(x);
        return s;
    }
    *out = x;
    return OK;
}

void index_close(struct index *x)
{
    if (!x) return;
    mapped_file_close(&x->file);
    mem_free(x);
}
