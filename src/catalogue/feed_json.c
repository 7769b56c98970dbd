/* JSON Lines: one object a line, strictly RFC 8259.
 *
 * Not jansson: it gives numbers back as doubles, and a shop's "2.50" or 13-digit article number must stay as spelled; and a
 * record here becomes spans of its own line without an allocation a value.
 */
#include <string.h>

#include "catalogue_int.h"

enum { DEPTH_MAX = 32 };

struct scan {
    const char *p, *end;
    struct columns *columns;
    struct arena *arena;
    struct feed_row *row;    /* its reason says what is wrong */
    struct cells *out;
    status memory;
    struct span scalar;      /* the last scalar read by value(), decoded */
};

/* ---- lines ---- */

status jsonl_next(struct feed *f, struct feed_row *row, bool *any)
{
    *any = false;
    row->reason[0] = 0;
    if (f->skip_line) TRY(feed_skip_line(f));
    for (;;) {
        const char *start = f->buffer + f->begin, *newline = memchr(start, '\n', f->end - f->begin);
        size_t held = f->end - f->begin, n = newline ? (size_t)(newline - start) : held;
        if (!newline && !f->ended && held < FEED_RECORD_MAX) {
            TRY(feed_more(f));
            continue;
        }
        if (held == 0) return OK;
        row->line = f->line;
        row->raw = (struct span){start, n};
        if (n > FEED_RECORD_MAX || (!newline && !f->ended)) reject(row, "a line of more than %d bytes", (int)FEED_RECORD_MAX);
        if (newline || f->ended) feed_consume(f, n + (newline != NULL), 1);
        else f->skip_line = true;
        while (n > 0 && strchr(" \t\r", start[n - 1]) && start[n - 1]) n--;
        row->raw.n = n;
        *any = n > 0;
        if (*any) return OK;
    }
}

/* ---- scanning ---- */

static bool wrong(struct scan *s, const char *what)
{
    return reject(s->row, "not JSON: %s at byte %zu", what, (size_t)(s->p - s->row->raw.s) + 1);
}

static char peek(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n')) s->p++;
    return s->p < s->end ? *s->p : 0;
}

static bool take(struct scan *s, char c)
{
    if (peek(s) != c) return false;
    s->p++;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hex digits at p, or -1. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t v = 0;
    if (end - p < 4) return -1;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(p[i]);
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

/* p is behind "\u". Writes UTF-8; surrogates must come in pairs. */
static bool unicode_escape(struct scan *s, const char **p, const char *end, char **out)
{
    int32_t c = hex4(*p, end);
    if (c < 0) return wrong(s, "a \\u without four hex digits");
    *p += 4;
    if (c >= 0xD800 && c <= 0xDBFF && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        int32_t low = hex4(*p + 2, end);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            *p += 6;
        }
    }
    if (c >= 0xD800 && c <= 0xDFFF) return wrong(s, "half of a surrogate pair");
    if (c == 0) return wrong(s, "\\u0000");
    *out += utf8_put(*out, (uint32_t)c);
    return true;
}

/* Decodes [p, end), which holds escapes, into the arena. */
static bool unescape(struct scan *s, const char *p, const char *end, struct span *out)
{
    char *start = arena_alloc(s->arena, (size_t)(end - p)), *q = start;
    if (!start) {
        s->memory = fail_nomem("reading a feed");
        return false;
    }
    while (p < end) {
        if (*p != '\\') {
            *q++ = *p++;
            continue;
        }
        static const char codes[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
        char code = p + 1 < end ? p[1] : 0;
        p += 2;
        const char *at = code ? strchr(codes, code) : NULL;
        if (at) *q++ = values[at - codes];
        else if (code != 'u') return wrong(s, "an unknown escape in a string");
        else if (!unicode_escape(s, &p, end, &q)) return false;
    }
    *out = (struct span){start, (size_t)(q - start)};
    return true;
}

static bool string(struct scan *s, struct span *out)
{
    if (!take(s, '"')) return wrong(s, "a string was expected");
    const char *start = s->p;
    bool escaped = false;
    for (; s->p < s->end && *s->p != '"'; s->p++) {
        if ((unsigned char)*s->p < 0x20) return wrong(s, "a control character in a string");
        if (*s->p != '\\') continue;
        escaped = true;
        if (++s->p == s->end) break;
    }
    if (s->p >= s->end) return wrong(s, "a string that does not end");
    const char *stop = s->p++;
    *out = (struct span){start, (size_t)(stop - start)};
    return !escaped || unescape(s, start, stop, out);
}

static bool digits(struct scan *s)
{
    const char *start = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') s->p++;
    return s->p > start;
}

static bool number(struct scan *s, struct span *out)
{
    const char *start = s->p;
    if (*s->p == '-') s->p++;
    bool good = s->p < s->end && *s->p == '0' ? (s->p++, true) : digits(s);
    if (good && s->p < s->end && *s->p == '.') s->p++, good = digits(s);
    if (good && s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) s->p++;
        good = digits(s);
    }
    *out = (struct span){start, (size_t)(s->p - start)};
    return good ? true : wrong(s, "a malformed number");
}

/* true, false, null; null is as good as absent. */
static bool word(struct scan *s, struct span *out)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(s->end - s->p) < n || memcmp(s->p, words[i], n) != 0) continue;
        *out = (struct span){s->p, i == 2 ? 0 : n};
        s->p += n;
        return true;
    }
    return wrong(s, s->p < s->end ? "an unexpected character" : "the line ends too early");
}

static bool scalar(struct scan *s)
{
    char c = peek(s);
    if (c == '"') return string(s, &s->scalar);
    if (c == '-' || (c >= '0' && c <= '9')) return number(s, &s->scalar);
    return word(s, &s->scalar);
}

/* Passes over any value, checking it. */
static bool skip_value(struct scan *s, int depth)
{
    char c = peek(s), close = c == '{' ? '}' : ']';
    if (c != '{' && c != '[') return scalar(s);
    if (depth >= DEPTH_MAX) return wrong(s, "deeper nesting than 32");
    s->p++;
    if (take(s, close)) return true;
    for (;;) {
        struct span key;
        if (c == '{' && (!string(s, &key) || (!take(s, ':') && !wrong(s, "a missing ':'")))) return false;
        if (!skip_value(s, depth + 1)) return false;
        if (take(s, close)) return true;
        if (!take(s, ',')) return wrong(s, "a missing ',' or bracket");
    }
}

/* ---- cells ---- */

static bool find_column(struct scan *s, struct span name, char group, size_t *column)
{
    if (name.n > COLUMN_NAME_MAX) return reject(s->row, "a field name of more than %d bytes", (int)COLUMN_NAME_MAX);
    s->memory = columns_find(s->columns, name, group, column);
    return s->memory == OK;
}

static bool add_cell(struct scan *s, size_t column, struct span value, bool list)
{
    if (s->out->n == FEED_FIELDS_MAX) return reject(s->row, "more than %d fields", (int)FEED_FIELDS_MAX);
    struct cell cell = {.column = column, .value = value, .list = list};
    s->memory = mem_grow(&s->out->items, &s->out->cap, s->out->n + 1, sizeof cell);
    if (s->memory != OK) return false;
    s->out->items[s->out->n++] = cell;
    return true;
}

/* "name" inside an object field becomes "field.name". */
static bool join_names(struct scan *s, struct span outer, struct span inner, struct span *out)
{
    char *joined = arena_alloc(s->arena, outer.n + inner.n + 1);
    if (!joined) {
        s->memory = fail_nomem("reading a feed");
        return false;
    }
    memcpy(joined, outer.s, outer.n);
    joined[outer.n] = '.';
    memcpy(joined + outer.n + 1, inner.s, inner.n);
    *out = (struct span){joined, outer.n + 1 + inner.n};
    return true;
}

static const char *joint(const struct column *c)
{
    return c->field == FIELD_CATEGORY || c->field == FIELD_CATEGORY_EN || c->field == FIELD_CATEGORY_ZH ? " > " : ", ";
}

/* An array of scalars is a list: its parts joined by ", " (categories: " > "). Anything deeper stays as its JSON text. */
static bool array_cell(struct scan *s, struct span name, char group)
{
    const char *start = s->p;
    struct strbuf joined = {0};
    size_t parts = 0, column;
    bool flat = true, good = true;
    s->p++;
    if (take(s, ']')) return true;
    if (!find_column(s, name, group, &column)) return false;
    do {
        flat = flat && peek(s) != '{' && peek(s) != '[';
        good = flat ? scalar(s) : skip_value(s, 2);
        if (!good || !flat || !s->scalar.n) continue;
        if (parts++) strbuf_puts(&joined, joint(&s->columns->items[column]));
        strbuf_add(&joined, s->scalar.s, s->scalar.n);
    } while (good && take(s, ','));
    if (good && !take(s, ']')) good = wrong(s, "a missing ',' or ']'");
    struct span value = {start, (size_t)(s->p - start)};
    if (good && flat) {
        value = (struct span){arena_strndup(s->arena, strbuf_str(&joined), joined.len), joined.len};
        if (joined.failed || !value.s) s->memory = fail_nomem("reading a feed"), good = false;
    }
    strbuf_release(&joined);
    return good && add_cell(s, column, value, flat && parts > 1);
}

static bool any_cell(struct scan *s, struct span name, char group);

static char group_of(struct span name)
{
    static const struct {
        const char *name;
        char group;
    } groups[] = {{"attributes", 'a'}, {"attributes_en", 'e'}, {"attributes_zh", 'z'}, {"属性", 'a'}, {"specs", 'a'}, {"参数", 'a'}};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (strlen(groups[i].name) == name.n && memcmp(groups[i].name, name.s, name.n) == 0) return groups[i].group;
    return 0;
}

/* A value too deep to be a field: its JSON text. */
static bool text_cell(struct scan *s, struct span name, char group)
{
    const char *start = s->p;
    size_t column;
    return skip_value(s, 2) && find_column(s, name, group, &column) &&
           add_cell(s, column, (struct span){start, (size_t)(s->p - start)}, false);
}

static bool object_cells(struct scan *s, struct span outer, char group)
{
    char inner_group = group ? group : group_of(outer);
    bool prefix = group || !inner_group;
    s->p++;
    if (take(s, '}')) return true;
    do {
        struct span name;
        if (!string(s, &name)) return false;
        if (!take(s, ':')) return wrong(s, "a missing ':'");
        if (prefix && !join_names(s, outer, name, &name)) return false;
        char c = peek(s);
        if (c == '{' ? !text_cell(s, name, inner_group) : !any_cell(s, name, inner_group)) return false;
    } while (take(s, ','));
    return take(s, '}') || wrong(s, "a missing ',' or '}'");
}

static bool any_cell(struct scan *s, struct span name, char group)
{
    char c = peek(s);
    if (c == '{') return object_cells(s, name, group);
    if (c == '[') return array_cell(s, name, group);
    size_t column;
    return scalar(s) && find_column(s, name, group, &column) && add_cell(s, column, s->scalar, false);
}

static bool record(struct scan *s)
{
    if (!take(s, '{')) return wrong(s, "a line must be one object");
    if (!take(s, '}')) {
        do {
            struct span name;
            if (!string(s, &name)) return false;
            if (!take(s, ':')) return wrong(s, "a missing ':'");
            if (!any_cell(s, name, 0)) return false;
        } while (take(s, ','));
        if (!take(s, '}')) return wrong(s, "a missing ',' or '}'");
    }
    peek(s);
    return s->p == s->end || wrong(s, "text after the object");
}

status json_cells(struct columns *columns, struct arena *a, struct feed_row *row, struct cells *out)
{
    struct scan s = {.p = row->raw.s, .end = row->raw.s + row->raw.n, .columns = columns, .arena = a, .row = row, .out = out};
    out->n = 0;
    if (!record(&s)) out->n = 0;
    return s.memory;
}
