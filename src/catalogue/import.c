/* A feed into the database: one transaction a file. */
#include <string.h>
#include <sys/stat.h>

#include "feed_family_int.h"

enum { REPORT_EVERY = 1024, ROW_TEXT_MAX = 4096 };

/* ---- ids seen in this file ---- */

/* 64-bit hashes stand for the ids (two ids of ten million products share one with probability 3e-6), so that a large feed
 * costs 24 bytes a slot and no copies. */
struct seen_slot {
    uint64_t id, content, line;  /* line 0: free */
};
struct seen {
    struct seen_slot *slots;
    size_t count, cap;
};

static struct seen_slot *seen_find(const struct seen *s, uint64_t id)
{
    for (size_t i = (size_t)id & (s->cap - 1);; i = (i + 1) & (s->cap - 1))
        if (!s->slots[i].line || s->slots[i].id == id) return &s->slots[i];
}

static status seen_grow(struct seen *s)
{
    struct seen bigger = {.cap = s->cap ? s->cap * 2 : 4096, .count = s->count};
    bigger.slots = mem_zalloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots) return fail_nomem("importing a feed");
    for (size_t i = 0; i < s->cap; i++)
        if (s->slots[i].line) *seen_find(&bigger, s->slots[i].id) = s->slots[i];
    mem_free(s->slots);
    *s = bigger;
    return OK;
}

/* The slot of an id: filled when this file had it before (line > 0), else free for the caller to fill. */
static status seen_slot_of(struct seen *s, uint64_t id, struct seen_slot **out)
{
    if (s->count * 3 >= s->cap * 2) TRY(seen_grow(s));
    *out = seen_find(s, id);
    return OK;
}

/* ---- rejected rows ---- */

static void put_json_string(struct strbuf *out, struct span s)
{
    strbuf_putc(out, '"');
    for (const char *p = s.s, *end = s.s + s.n; p < end;) {
        uint32_t c = utf8_next(&p, end);   /* bytes that are no UTF-8 become U+FFFD */
        if (c == '"' || c == '\\') strbuf_putc(out, '\\');
        if (c < 0x20 || c == 0x7F) strbuf_printf(out, "\\u%04x", (unsigned)c);
        else strbuf_put_utf8(out, c);
    }
    strbuf_putc(out, '"');
}

static status write_error(struct atomic_file *f, const struct feed *feed, const struct feed_row *row)
{
    struct strbuf line = {0};
    struct span raw = {row->raw.s, row->raw.n < ROW_TEXT_MAX ? row->raw.n : ROW_TEXT_MAX};
    strbuf_puts(&line, "{\"file\":");
    put_json_string(&line, (struct span){feed->name, strlen(feed->name)});
    strbuf_printf(&line, ",\"line\":%llu,\"reason\":", (unsigned long long)row->line);
    put_json_string(&line, (struct span){row->reason, strlen(row->reason)});
    strbuf_puts(&line, ",\"row\":");
    put_json_string(&line, raw);
    strbuf_puts(&line, "}\n");
    status s = strbuf_status(&line);
    if (s == OK) atomic_file_write(f, line.data, line.len);
    strbuf_release(&line);
    return s;
}

/* ---- one import ---- */

struct import {
    struct catalogue *catalogue;
    const struct import_options *options;
    struct import_result *result;
    const struct progress *progress;
    struct feed feed;
    struct csv csv;
    size_t n_header;             /* columns of a CSV file */
    struct sheet *sheet;         /* of Shopify or WooCommerce */
    bool sheet_ended;
    struct xml_feed *xml;
    struct document document;    /* a JSON text: the file, or the line */
    struct family family;        /* the product being taken from it */
    struct arena family_arena;
    struct feed_row place;       /* of that product */
    enum feed_format format;
    struct columns columns;
    struct cells cells;
    struct record_builder builder;
    struct arena arena;          /* of one record */
    struct seen seen;
    struct atomic_file errors;
    int64_t next_key;
    uint64_t digest;
};

static status count_rejected(struct import *m, const struct feed_row *row)
{
    struct import_result *r = m->result;
    if (!r->rejected++) {
        char text[STATUS_MESSAGE_MAX];
        snprintf(text, sizeof text, "%.500s:%llu: %s", m->feed.name, (unsigned long long)row->line, row->reason);
        copy_cut(r->first_reason, sizeof r->first_reason, text);
    }
    if (m->errors.stream) TRY(write_error(&m->errors, &m->feed, row));
    if (!m->options->strict) return OK;
    return fail(ERR_FORMAT, "%s:%llu: %s; nothing of this file was imported (--strict)", m->feed.name, (unsigned long long)row->line, row->reason);
}

/* What a product adds to the digest of the catalogue. The index knows products by key, so the key is in it. */
static uint64_t share(int64_t key, uint64_t hash)
{
    return hash_bytes(&key, sizeof key, hash);
}

static status upsert(struct import *m, const struct record *r, uint64_t hash)
{
    struct import_result *result = m->result;
    bool found;
    int64_t key;
    uint64_t old;
    TRY(products_find(m->catalogue, r->text[TEXT_ID], &found, &key, &old));
    if (!found) {
        result->added++;
        m->digest += share(m->next_key, hash);
        return products_insert(m->catalogue, m->next_key++, hash, r);
    }
    if (old == hash) {
        result->unchanged++;
        return OK;
    }
    result->updated++;
    m->digest += share(key, hash) - share(key, old);
    return products_update(m->catalogue, key, hash, r);
}

static status store_record(struct import *m, struct feed_row *row, const struct record *r)
{
    uint64_t hash = record_hash(r);
    struct seen_slot *slot;
    struct span id = r->text[TEXT_ID];
    char quoted[64];
    TRY(seen_slot_of(&m->seen, hash_bytes(id.s, id.n, 1), &slot));
    if (!slot->line) {
        *slot = (struct seen_slot){hash_bytes(id.s, id.n, 1), hash, row->line};
        m->seen.count++;
        return upsert(m, r, hash);
    }
    if (slot->content == hash) {
        m->result->unchanged++;
        return OK;
    }
    if (id.s == m->builder.id) reject(row, "the same product as on line %llu, with other content", (unsigned long long)slot->line);
    else reject(row, "the id '%s' was on line %llu already, with other content", excerpt(id, quoted), (unsigned long long)slot->line);
    return OK;
}

static void check_bytes(struct feed_row *row)
{
    size_t bad;
    if (memchr(row->raw.s, 0, row->raw.n)) reject(row, "a NUL byte");
    else if (!utf8_valid(row->raw.s, row->raw.n, &bad)) reject(row, "invalid UTF-8 at byte %zu of the record", bad + 1);
}

/* ---- rows of each format ---- */

static void csv_cells(struct import *m, struct feed_row *row)
{
    size_t n = m->csv.n, columns = m->n_header;
    while (n > columns && m->csv.fields[n - 1].n == 0) n--;   /* trailing delimiters */
    m->cells.n = 0;
    if (n != columns) {
        reject(row, "%zu fields where the header has %zu", n, columns);
        return;
    }
    for (size_t i = 0; i < n; i++) m->cells.items[i] = (struct cell){.column = i, .value = m->csv.fields[i]};
    m->cells.n = n;
}

static status next_csv(struct import *m, struct feed_row *row, bool *any)
{
    if (!m->sheet) columns_trim(&m->columns);
    TRY(csv_next(&m->csv, &m->arena, row, any));
    if (*any && !row->reason[0]) check_bytes(row);
    if (*any && !row->reason[0]) csv_cells(m, row);
    return OK;
}

/* Rows go in until a product with its variants comes out. */
static status next_of_sheet(struct import *m, struct feed_row *row, bool *any)
{
    for (;;) {
        TRY(sheet_next(m->sheet, row, &m->cells, any));
        if (*any || m->sheet_ended) return OK;
        arena_clear(&m->arena);
        TRY(next_csv(m, row, any));
        if (*any && row->reason[0]) return OK;
        m->sheet_ended = !*any;
        TRY(sheet_add(m->sheet, *any ? m->csv.fields : NULL, row));
        if (*any && row->reason[0]) return OK;
    }
}

static status next_xml(struct import *m, struct feed_row *row, bool *any)
{
    columns_trim(&m->columns);
    TRY(xml_next(m->xml, &m->arena, row, &m->cells, any));
    return mem_grow(&m->cells.items, &m->cells.cap, 1, sizeof *m->cells.items);
}

/* JSON may mix layouts: what is not laid out as wanted is left out. */
static bool laid_out(struct import *m, enum feed_layout found, struct feed_row *row)
{
    enum feed_layout wanted = m->options->layout;
    if (m->result->layout == LAYOUT_ANY) m->result->layout = found;
    return wanted == LAYOUT_ANY || wanted == found ? true : reject(row, "not %s, but %s", layout_words(wanted), layout_words(found));
}

static enum feed_layout node_layout(const struct node *product)
{
    return acp_is_product(product) ? LAYOUT_ACP : jsonld_is_product(product) ? LAYOUT_SCHEMA_ORG : LAYOUT_OBJECTS;
}

/* The cells of a product that a JSON text holds; those of its variants follow when it is several. */
static status take_node(struct import *m, const struct node *product, struct feed_row *row)
{
    columns_trim(&m->columns);
    family_clear(&m->family);
    arena_clear(&m->family_arena);
    m->place = *row;
    m->cells.n = 0;
    check_bytes(row);
    if (row->reason[0] || !laid_out(m, node_layout(product), row)) return OK;
    if (acp_is_product(product)) TRY(acp_product(&m->family, product));
    else if (jsonld_is_product(product)) TRY(jsonld_product(&m->family, product, &m->document.known));
    else return row->raw = product->raw, json_cells(&m->columns, &m->arena, row, &m->cells);
    family_finish(&m->family);
    return family_any(&m->family) ? family_next(&m->family, row, &m->cells) : OK;
}

static status next_of_document(struct import *m, struct feed_row *row, bool *any)
{
    const struct node *product;
    if (family_any(&m->family)) {
        *row = m->place;
        *any = true;
        return family_next(&m->family, row, &m->cells);
    }
    TRY(document_next(&m->document, &m->feed, row, &product, any));
    m->cells.n = 0;
    return *any && product && !row->reason[0] ? take_node(m, product, row) : OK;
}

static bool nests(struct span line)
{
    static const char *const marks[] = {"\"variants\"", "\"@type\"", "\"@graph\"", "\"products\""};
    for (size_t i = 0; i < 4; i++)
        if (memmem(line.s, line.n, marks[i], strlen(marks[i]))) return true;
    return false;
}

static status next_line(struct import *m, struct feed_row *row, bool *any)
{
    struct document *d = &m->document;
    if (family_any(&m->family)) return next_of_document(m, row, any);
    if (d->next < d->n_products) {
        const struct node *product = d->products[d->next++];
        *row = m->place;
        *any = true;
        return take_node(m, product, row);
    }
    TRY(jsonl_next(&m->feed, row, any));
    if (*any && !row->reason[0]) check_bytes(row);
    if (!*any || row->reason[0]) return OK;
    if (!nests(row->raw)) {
        if (!laid_out(m, LAYOUT_OBJECTS, row)) return OK;
        columns_trim(&m->columns);
        return json_cells(&m->columns, &m->arena, row, &m->cells);
    }
    document_clear(d);
    TRY(document_add(d, row->raw, row));
    if (row->reason[0]) return OK;
    if (!d->n_products) return reject(row, "no product in it"), OK;
    return take_node(m, d->products[d->next++], row);
}

static status next_row(struct import *m, struct feed_row *row, bool *any)
{
    arena_clear(&m->arena);
    switch (m->format) {
    case FEED_XML: return next_xml(m, row, any);
    case FEED_JSON: case FEED_HTML: return next_of_document(m, row, any);
    case FEED_JSONL: return next_line(m, row, any);
    default: return m->sheet ? next_of_sheet(m, row, any) : next_csv(m, row, any);
    }
}

static status import_row(struct import *m, struct feed_row *row)
{
    struct record r;
    m->result->read++;
    if (!row->reason[0]) TRY(record_build(&m->builder, &m->cells, &m->arena, row, &r));
    if (!row->reason[0]) TRY(store_record(m, row, &r));
    return row->reason[0] ? count_rejected(m, row) : OK;
}

static status import_rows(struct import *m)
{
    const char *note = NULL;
    for (;;) {
        struct feed_row row;
        bool any;
        TRY(next_row(m, &row, &any));
        if (!any) break;
        TRY(import_row(m, &row));
        if (m->builder.made_ids) note = "without ids: made from link, title and brand";
        if (m->result->read % REPORT_EVERY == 1 && !progress_report(m->progress, "import", m->feed.offset, m->feed.size, note))
            return fail_interrupted("importing a feed");
    }
    /* A map to a column that no record has is a spelling mistake; a feed without one whole record says nothing. */
    if (m->columns.n) TRY(columns_check_maps(&m->columns, &m->feed));
    if (!progress_report(m->progress, "import", m->feed.offset, m->feed.size, note)) return fail_interrupted("importing a feed");
    return OK;
}

/* ---- start and end ---- */

static status check_layout(struct import *m, enum feed_layout found)
{
    enum feed_layout wanted = m->options->layout;
    m->result->layout = found;
    return wanted == LAYOUT_ANY || wanted == found ? OK : fail(ERR_FORMAT, "'%s': not %s but %s; import it with the format auto", m->feed.name, layout_words(wanted), layout_words(found));
}

/* The line of column names. What is wrong with it is wrong with the file. */
static status read_header(struct import *m)
{
    struct feed_row row;
    bool any;
    m->csv.feed = &m->feed;
    m->csv.delimiter = m->format == FEED_TSV ? '\t' : csv_delimiter(&m->feed);
    m->result->format = m->csv.delimiter == '\t' ? FEED_TSV : FEED_CSV;
    TRY(csv_next(&m->csv, &m->arena, &row, &any));
    FAIL_IF(!any, ERR_FORMAT, "'%s' has no rows; its first line must name the columns", m->feed.name);
    if (!row.reason[0]) check_bytes(&row);
    if (row.reason[0])
        return fail(ERR_FORMAT, "%s:%llu: %s; the first line must name the columns in UTF-8 (iconv -f GB18030 -t UTF-8 converts Chinese Windows files)",
                    m->feed.name, (unsigned long long)row.line, row.reason);
    for (size_t i = 0; i < m->csv.n; i++) TRY(clean_text(m->csv.fields[i], false, &m->arena, &m->csv.fields[i]));
    m->n_header = m->csv.n;
    TRY(check_layout(m, table_layout(m->csv.fields, m->csv.n)));
    enum sheet_kind kind = sheet_detect(m->csv.fields, m->csv.n);
    if (kind != SHEET_NONE) TRY(sheet_new(kind, m->csv.fields, m->csv.n, &m->columns, &m->sheet));
    else TRY(columns_set_header(&m->columns, &m->feed, m->csv.fields, m->csv.n));
    return mem_grow(&m->cells.items, &m->cells.cap, m->csv.n, sizeof *m->cells.items);
}

/* The errors file replaces what is at its path. */
static bool is_feed(const struct import *m, const char *path)
{
    struct stat feed, other;
    return fstat(m->feed.fd, &feed) == 0 && stat(path, &other) == 0 && feed.st_dev == other.st_dev && feed.st_ino == other.st_ino;
}

static status start(struct import *m, const char *path)
{
    const struct import_options *o = m->options;
    m->builder = (struct record_builder){.catalogue = m->catalogue, .columns = &m->columns, .default_currency = o->default_currency};
    TRY(columns_init(&m->columns, o));
    TRY(feed_open(&m->feed, path));
    m->format = o->format;
    if (m->format == FEED_AUTO) TRY(feed_detect(&m->feed, &m->format));
    m->result->format = m->format;
    switch (m->format) {
    case FEED_CSV: case FEED_TSV: TRY(read_header(m)); break;
    case FEED_XML:
        TRY(check_layout(m, LAYOUT_GOOGLE));
        TRY(xml_new(&m->feed, &m->columns, &m->xml));
        break;
    case FEED_JSON: case FEED_HTML: TRY(document_read(&m->document, &m->feed, m->format == FEED_HTML)); break;
    default: break;
    }
    FAIL_IF(o->errors_path && is_feed(m, o->errors_path), ERR_USAGE, "'%s' is the feed itself; name another file for the errors", o->errors_path);
    if (o->errors_path) TRY(atomic_file_open(&m->errors, o->errors_path));
    return OK;
}

static status in_transaction(struct import *m)
{
    int64_t digest;
    TRY(meta_read(m->catalogue, "digest", &digest));
    TRY(meta_read(m->catalogue, "next_key", &m->next_key));
    m->digest = (uint64_t)digest;
    TRY(import_rows(m));
    if (m->result->added + m->result->updated == 0) return OK;
    TRY(meta_write(m->catalogue, "digest", (int64_t)m->digest));
    return meta_write(m->catalogue, "next_key", m->next_key);
}

/* The rejected rows are on disk before the products are: a full disk must not leave products without their errors. After a
 * strict failure they are kept too, for they say what to mend. */
static status finish_errors(struct import *m, status s)
{
    if (!m->errors.stream) return s;
    if (s != OK && !(m->options->strict && m->result->rejected)) return s;
    char message[STATUS_MESSAGE_MAX];
    snprintf(message, sizeof message, "%s", status_message());
    status written = atomic_file_commit(&m->errors);
    return s != OK ? fail(s, "%s", message) : written;
}

static status transact(struct import *m)
{
    struct store *store = m->catalogue->store;
    TRY(store_begin(store));
    status s = finish_errors(m, in_transaction(m));
    if (s == OK) return store_commit(store);
    store_rollback(store);
    return s;
}

static void release(struct import *m)
{
    feed_close(&m->feed);
    columns_release(&m->columns);
    sheet_free(m->sheet);
    xml_free(m->xml);
    document_release(&m->document);
    family_release(&m->family);
    arena_release(&m->family_arena);
    mem_free(m->cells.items);
    record_builder_release(&m->builder);
    arena_release(&m->arena);
    mem_free(m->seen.slots);
    if (m->errors.stream) atomic_file_abort(&m->errors);
    mem_free(m);
}

status catalogue_import(struct catalogue *c, const char *path, const struct import_options *o, struct import_result *result, const struct progress *progress)
{
    *result = (struct import_result){0};
    FAIL_IF(c->busy, ERR_INTERNAL, "an import inside a walk over the catalogue; this is a fault of daogou, please report it");
    struct import *m = mem_zalloc(1, sizeof *m);   /* the fields of a record make it too large for a stack */
    if (!m) return fail_nomem("importing a feed");
    m->catalogue = c;
    m->options = o;
    m->result = result;
    m->progress = progress;
    m->feed.fd = -1;
    arena_init(&m->arena, 0);
    arena_init(&m->family_arena, 0);
    document_init(&m->document);
    family_init(&m->family, &m->columns, &m->family_arena);
    c->busy = true;
    status s = start(m, path);
    if (s == OK) s = transact(m);
    c->busy = false;
    if (s != OK) result->added = result->updated = result->unchanged = 0;
    release(m);
    return s;
}
