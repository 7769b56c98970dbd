/* JSON Lines: one object a line, strictly RFC 8259.
 *
 * Not jansson: it gives numbers back as doubles, and a shop's "2.50" or 13-digit article number must stay as spelled; and a
 * record here becomes spans of its own line without an allocation a value.
 */
#include <string.h>

#include "feed_json_int.h"

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
    if (json_take(s, ']')) return true;
    if (!find_column(s, name, group, &column)) return false;
    do {
        flat = flat && json_peek(s) != '{' && json_peek(s) != '[';
        good = flat ? json_scan_scalar(s) : json_skip_value(s, 2);
        if (!good || !flat || !s->scalar.n) continue;
        if (parts++) strbuf_puts(&joined, joint(&s->columns->items[column]));
        strbuf_add(&joined, s->scalar.s, s->scalar.n);
    } while (good && json_take(s, ','));
    if (good && !json_take(s, ']')) good = json_wrong(s, "a missing ',' or ']'");
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
    } groups[] = {{"attributes", 'a'}, {"attributes_en", 'e'}, {"attributes_zh", 'z'}, {"attributes_any", 'n'}, {"属性", 'a'}, {"specs", 'a'}, {"参数", 'a'}};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (strlen(groups[i].name) == name.n && memcmp(groups[i].name, name.s, name.n) == 0) return groups[i].group;
    return 0;
}

/* A value too deep to be a field: its JSON text. */
static bool text_cell(struct scan *s, struct span name, char group)
{
    const char *start = s->p;
    size_t column;
    return json_skip_value(s, 2) && find_column(s, name, group, &column) &&
           add_cell(s, column, (struct span){start, (size_t)(s->p - start)}, false);
}

static bool object_cells(struct scan *s, struct span outer, char group)
{
    char inner_group = group ? group : group_of(outer);
    bool prefix = group || !inner_group;
    s->p++;
    if (json_take(s, '}')) return true;
    do {
        struct span name;
        if (!json_scan_string(s, &name)) return false;
        if (!json_take(s, ':')) return json_wrong(s, "a missing ':'");
        if (prefix && !join_names(s, outer, name, &name)) return false;
        char c = json_peek(s);
        if (c == '{' ? !text_cell(s, name, inner_group) : !any_cell(s, name, inner_group)) return false;
    } while (json_take(s, ','));
    return json_take(s, '}') || json_wrong(s, "a missing ',' or '}'");
}

static bool any_cell(struct scan *s, struct span name, char group)
{
    char c = json_peek(s);
    if (c == '{') return object_cells(s, name, group);
    if (c == '[') return array_cell(s, name, group);
    size_t column;
    return json_scan_scalar(s) && find_column(s, name, group, &column) && add_cell(s, column, s->scalar, false);
}

static bool record(struct scan *s)
{
    if (!json_take(s, '{')) return json_wrong(s, "a line must be one object");
    if (!json_take(s, '}')) {
        do {
            struct span name;
            if (!json_scan_string(s, &name)) return false;
            if (!json_take(s, ':')) return json_wrong(s, "a missing ':'");
            if (!any_cell(s, name, 0)) return false;
        } while (json_take(s, ','));
        if (!json_take(s, '}')) return json_wrong(s, "a missing ',' or '}'");
    }
    json_peek(s);
    return s->p == s->end || json_wrong(s, "text after the object");
}

status json_cells(struct columns *columns, struct arena *a, struct feed_row *row, struct cells *out)
{
    struct scan s = {.p = row->raw.s, .end = row->raw.s + row->raw.n, .columns = columns, .arena = a, .row = row, .out = out};
    out->n = 0;
    if (!record(&s)) out->n = 0;
    return s.memory;
}
