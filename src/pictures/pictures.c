/* The table of pictures, and the files it names. */
#include <string.h>
#include <unistd.h>

#include "pictures_int.h"

static const char *const migrations[] = {
    "CREATE TABLE pictures(key TEXT PRIMARY KEY, hash TEXT NOT NULL, type TEXT NOT NULL, source TEXT NOT NULL)",
};

status pictures_open(struct store *s, struct catalogue *c, const char *folder, struct pictures **out)
{
    *out = NULL;
    TRY(store_migrate(s, "pictures", migrations, 1));
    struct pictures *p = mem_zalloc(1, sizeof *p);
    if (!p) return fail_nomem("opening the pictures");
    p->store = s;
    p->catalogue = c;
    p->folder = mem_strndup(folder, strlen(folder));
    if (!p->folder) {
        mem_free(p);
        return fail_nomem("opening the pictures");
    }
    *out = p;
    return OK;
}

void pictures_close(struct pictures *p)
{
    if (!p) return;
    mem_free(p->folder);
    mem_free(p);
}

void picture_release(struct picture *picture)
{
    mem_free(picture->bytes);
    *picture = (struct picture){0};
}

void report_refused(struct pictures_report *r, const char *what)
{
    if (!r->refused++) snprintf(r->first_reason, sizeof r->first_reason, "%.100s: %.140s", what, status_message());
}

/* ---- rows ---- */

enum { HASH_DIGITS = 32 };

static status find_row(struct pictures *p, const char *key, struct statement **t, bool *found)
{
    TRY(store_prepare(p->store, "SELECT hash, type, source FROM pictures WHERE key = ?", t));
    TRY(statement_bind_text(*t, 1, key, strlen(key)));
    return statement_step(*t, found);
}

static void copy_text(const struct statement *t, int column, char *out, size_t size)
{
    size_t n;
    const char *text = statement_text(t, column, &n);
    snprintf(out, size, "%.*s", text ? (int)n : 0, text ? text : "");
}

status pictures_source(struct pictures *p, const char *key, struct strbuf *source)
{
    struct statement *t;
    bool found;
    size_t n;
    strbuf_clear(source);
    TRY(find_row(p, key, &t, &found));
    if (!found) return OK;
    const char *text = statement_text(t, 2, &n);
    strbuf_add(source, text ? text : "", text ? n : 0);
    statement_reset(t);
    return strbuf_status(source);
}

static status put_row(struct pictures *p, const char *key, const char *hash, const char *type, const char *source)
{
    const char *values[] = {key, hash, type, source};
    struct statement *t;
    bool row;
    TRY(store_prepare(p->store, "INSERT INTO pictures(key, hash, type, source) VALUES(?, ?, ?, ?) "
                                "ON CONFLICT(key) DO UPDATE SET hash = excluded.hash, type = excluded.type, source = excluded.source", &t));
    for (int i = 0; i < 4; i++) TRY(statement_bind_text(t, i + 1, values[i], strlen(values[i])));
    return statement_step(t, &row);
}

status pictures_count(struct pictures *p, int64_t *n)
{
    struct statement *t;
    bool row;
    *n = 0;
    TRY(store_prepare(p->store, "SELECT COUNT(*) FROM pictures", &t));
    TRY(statement_step(t, &row));
    if (row) *n = statement_int(t, 0);
    statement_reset(t);
    return OK;
}

/* ---- files ---- */

static bool is_svg(const char *type)
{
    return strcmp(type, "image/svg+xml") == 0;
}

static status path_of(const struct pictures *p, const char *hash, const char *type, int size, struct strbuf *out)
{
    strbuf_clear(out);
    if (is_svg(type)) strbuf_printf(out, "%s/%s.svg", p->folder, hash);
    else strbuf_printf(out, "%s/%s-%d.webp", p->folder, hash, size);
    return strbuf_status(out);
}

static status write_sizes(struct pictures *p, const char *hash, const char *type, const struct pixels *pixels, const uint8_t *data, size_t n)
{
    static const int sizes[] = {PICTURE_SMALL, PICTURE_LARGE};
    struct strbuf path = {0};
    status s = OK;
    for (int i = 0; s == OK && i < (is_svg(type) ? 1 : 2); i++) {
        uint8_t *webp = NULL;
        size_t size = n;
        s = path_of(p, hash, type, sizes[i], &path);
        if (s == OK && file_exists(path.data)) continue;
        if (s == OK && !is_svg(type)) s = picture_encode(pixels, sizes[i], &webp, &size);
        if (s == OK) s = file_write_atomic(path.data, is_svg(type) ? data : webp, size);
        mem_free(webp);
    }
    strbuf_release(&path);
    return s;
}

/* 128 bits: enough that two of a shop's pictures never meet; it guards against nobody. */
static void content_hash(const uint8_t *data, size_t n, char out[HASH_DIGITS + 1])
{
    snprintf(out, HASH_DIGITS + 1, "%016llx%016llx", (unsigned long long)hash_bytes(data, n, 1), (unsigned long long)hash_bytes(data, n, 2));
}

static status keep_checked(struct pictures *p, const char *key, const char *source, const uint8_t *data, size_t n, bool local)
{
    enum picture_kind kind = picture_kind(data, n);
    char hash[HASH_DIGITS + 1];
    struct pixels pixels = {0};
    FAIL_IF(n > PICTURE_BYTES_MAX, ERR_LIMIT, "a picture of more than %d MiB", (int)(PICTURE_BYTES_MAX >> 20));
    FAIL_IF(kind == PICTURE_UNKNOWN, ERR_FORMAT, "no JPEG, PNG, WebP or SVG");
    FAIL_IF(kind == PICTURE_SVG && !local, ERR_FORMAT, "an SVG from the network, which could hold scripts; take it from a local file");
    const char *type = kind == PICTURE_SVG ? "image/svg+xml" : "image/webp";
    TRY(kind == PICTURE_SVG ? svg_check((const char *)data, n) : picture_decode(kind, data, n, &pixels));
    content_hash(data, n, hash);
    status s = file_make_directory(p->folder);
    if (s == OK) s = write_sizes(p, hash, type, &pixels, data, n);
    mem_free(pixels.rgba);
    return s == OK ? put_row(p, key, hash, type, source) : s;
}

status pictures_keep(struct pictures *p, const char *key, const char *source, const uint8_t *data, size_t n, bool local, bool *added)
{
    struct statement *t;
    bool found, there;
    char hash[HASH_DIGITS + 1], old[HASH_DIGITS + 1] = "", type[32] = "";
    struct strbuf path = {0};
    content_hash(data, n, hash);
    TRY(find_row(p, key, &t, &found));
    if (found) copy_text(t, 0, old, sizeof old), copy_text(t, 1, type, sizeof type);
    statement_reset(t);
    status s = path_of(p, old, type, PICTURE_LARGE, &path);
    there = s == OK && found && strcmp(old, hash) == 0 && file_exists(path.data);
    strbuf_release(&path);
    *added = !there;
    return s != OK || there ? s : keep_checked(p, key, source, data, n, local);
}

/* ---- finding ---- */

static status read_picture(struct pictures *p, const char *hash, const char *type, int size, struct picture *out)
{
    struct strbuf path = {0};
    status s = path_of(p, hash, type, size, &path);
    if (s == OK) s = file_read(path.data, PICTURE_BYTES_MAX, &out->bytes, &out->n);
    strbuf_release(&path);
    if (s != OK) return fail_context(s, "the picture of a product; run daogou pictures import again");
    out->type = is_svg(type) ? "image/svg+xml" : "image/webp";
    snprintf(out->etag, sizeof out->etag, "%s%s", hash, is_svg(type) ? "" : size == PICTURE_SMALL ? "-160" : "-480");
    return OK;
}

static status find_key(struct pictures *p, const char *key, int size, struct picture *out, bool *found)
{
    struct statement *t;
    char hash[HASH_DIGITS + 1], type[32];
    TRY(find_row(p, key, &t, found));
    if (!*found) return OK;
    copy_text(t, 0, hash, sizeof hash);
    copy_text(t, 1, type, sizeof type);
    statement_reset(t);
    return read_picture(p, hash, type, size, out);
}

/* "c数码 > 耳机", then "c数码". */
static status find_category(struct pictures *p, char *key, int size, struct picture *out, bool *found)
{
    *found = false;
    while (key[1]) {
        TRY(find_key(p, key, size, out, found));
        if (*found) return OK;
        char *last = NULL;
        for (char *at = key; (at = strstr(at, " > ")); at += 3) last = at;
        if (!last) break;
        *last = 0;
    }
    return OK;
}

status pictures_find(struct pictures *p, const char *id, int size, struct picture *out)
{
    struct arena a;
    struct product product;
    bool found = false;
    *out = (struct picture){0};
    FAIL_IF(size != PICTURE_SMALL && size != PICTURE_LARGE, ERR_USAGE, "a picture of %d pixels; there are %d and %d", size, (int)PICTURE_SMALL, (int)PICTURE_LARGE);
    arena_init(&a, 0);
    status s = catalogue_get(p->catalogue, id, &a, &product);
    char *key = s == OK ? arena_printf(&a, "p%s", id) : NULL, *category = key ? arena_printf(&a, "c%s", product.category) : NULL;
    if (s == OK && !category) s = fail_nomem("finding a picture");
    if (s == OK) s = find_key(p, key, size, out, &found);
    if (s == OK && !found) s = find_category(p, category, size, out, &found);
    arena_release(&a);
    if (s == OK && !found) s = fail(ERR_NOT_FOUND, "there is no picture of '%.200s'; daogou pictures import takes some in", id);
    return s;
}
