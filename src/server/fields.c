/* The one reader of JSON bodies: which field is wrong, and why. */
#include "server_int.h"

#include <string.h>

/* The name came from outside: no line ends, no half characters. */
static void name_field(struct call *c, const char *inside, const char *name)
{
    char whole[256];
    snprintf(whole, sizeof whole, "%s%s%s", inside, *inside ? "." : "", name);
    size_t n = strlen(whole), used = 0;
    for (const char *p = whole, *end = whole + n; p < end;) {
        char bytes[4];
        uint32_t code = utf8_next(&p, end);
        size_t length = utf8_put(bytes, code < 0x20 || code == 0x7F ? '?' : code);
        if (used + length >= sizeof c->error_field) break;
        memcpy(c->error_field + used, bytes, length);
        used += length;
    }
    c->error_field[used] = 0;
}

static status wrong(struct call *c, const char *inside, const char *name, const char *what)
{
    name_field(c, inside, name);
    return fail(ERR_USAGE, "field '%s' %s", c->error_field, what);
}

static bool is_word(const char *words, const char *s)
{
    size_t n = strlen(s);
    for (const char *p = words; n && *p;) {
        size_t length = strcspn(p, "|");
        if (length == n && strncmp(p, s, n) == 0) return true;
        p += length + (p[length] == '|');
    }
    return false;
}

static status read_text(struct call *c, const char *inside, const struct field *f, const json_t *v, const char **out)
{
    char what[160];
    size_t least = f->least ? (size_t)f->least : f->most ? 0 : 1, most = f->most ? (size_t)f->most : FIELD_TEXT_MAX;
    if (!json_is_string(v)) return wrong(c, inside, f->name, f->kind == FIELD_TEXTS ? "must be a list of texts" : "must be a text");
    size_t n = json_string_length(v);
    snprintf(what, sizeof what, "must have %zu to %zu bytes", least, most);
    if (n < least || n > most) return wrong(c, inside, f->name, what);
    if (strlen(json_string_value(v)) != n) return wrong(c, inside, f->name, "must not have NUL characters");
    *out = json_string_value(v);
    return OK;
}

static status read_texts(struct call *c, const char *inside, const struct field *f, const json_t *v)
{
    struct field_texts *out = f->out;
    if (!json_is_array(v)) return wrong(c, inside, f->name, "must be a list of texts");
    size_t n = json_array_size(v);
    if (n == 0 || n > FIELD_TEXTS_MAX) return wrong(c, inside, f->name, "must have 1 to 64 entries");
    out->items = arena_alloc(c->request.arena, n * sizeof *out->items);
    if (!out->items) return fail_nomem("reading a request");
    for (out->n = 0; out->n < n; out->n++) TRY(read_text(c, inside, f, json_array_get(v, out->n), &out->items[out->n]));
    return OK;
}

static status read_integer(struct call *c, const char *inside, const struct field *f, const json_t *v)
{
    char what[96];
    if (!json_is_integer(v)) return wrong(c, inside, f->name, "must be a whole number");
    int64_t n = json_integer_value(v);
    snprintf(what, sizeof what, "must be %lld to %lld", (long long)f->least, (long long)f->most);
    if (n < f->least || n > f->most) return wrong(c, inside, f->name, what);
    *(int64_t *)f->out = n;
    return OK;
}

static status read_word(struct call *c, const char *inside, const struct field *f, const json_t *v)
{
    char what[160];
    snprintf(what, sizeof what, "must be one of %s", f->words);
    const char *s = json_string_value(v);
    if (!s || !is_word(f->words, s)) return wrong(c, inside, f->name, what);
    *(const char **)f->out = s;
    return OK;
}

static status read_field(struct call *c, const char *inside, const struct field *f, const json_t *v)
{
    switch (f->kind) {
    case FIELD_TEXT: return read_text(c, inside, f, v, f->out);
    case FIELD_INTEGER: return read_integer(c, inside, f, v);
    case FIELD_BOOLEAN:
        if (!json_is_boolean(v)) return wrong(c, inside, f->name, "must be true or false");
        *(bool *)f->out = json_is_true(v);
        return OK;
    case FIELD_WORD: return read_word(c, inside, f, v);
    case FIELD_TEXTS: return read_texts(c, inside, f, v);
    case FIELD_OBJECT:
        if (!json_is_object(v)) return wrong(c, inside, f->name, "must be an object");
        *(const json_t **)f->out = v;
        return OK;
    }
    return fail(ERR_INTERNAL, "a field of kind %d", (int)f->kind);
}

static const struct field *find(const struct field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0) return &fields[i];
    return NULL;
}

status object_fields(struct call *c, const json_t *o, const char *inside, const struct field *fields, size_t n)
{
    const char *name;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)o, name, v)
        if (!find(fields, n, name)) return wrong(c, inside, name, "is not known here");
    for (size_t i = 0; i < n; i++) {
        v = json_object_get(o, fields[i].name);
        if (!v && fields[i].required) return wrong(c, inside, fields[i].name, "is missing");
        if (v) TRY(read_field(c, inside, &fields[i], v));
    }
    return OK;
}

status call_fields(struct call *c, const struct field *fields, size_t n, json_t **root)
{
    json_error_t e;
    *root = json_loadb(c->request.body, c->request.n_body, JSON_REJECT_DUPLICATES, &e);
    FAIL_IF(!*root, ERR_USAGE, "the body is not JSON: %s (line %d, column %d)", e.text, e.line, e.column);
    FAIL_IF(!json_is_object(*root), ERR_USAGE, "the body must be a JSON object");
    return object_fields(c, *root, "", fields, n);
}

status call_page(struct call *c, size_t *limit, const char **after)
{
    const char *text = http_query(&c->request, "limit");
    size_t n = 0;
    *after = http_query(&c->request, "after");
    *limit = 20;
    for (const char *p = text; p && *p; p++) n = *p >= '0' && *p <= '9' && n < 1000 ? n * 10 + (size_t)(*p - '0') : 1000;
    if (!text) return OK;
    if (n < 1 || n > 100) {
        snprintf(c->error_field, sizeof c->error_field, "limit");
        return fail(ERR_USAGE, "'limit' must be 1 to 100");
    }
    *limit = n;
    return OK;
}
