/* CSV and TSV (RFC 4180, and what shops really send): quoted delimiters and line ends, doubled quotes, CRLF, LF or CR.
 *
 * libcsv calls back for each field after copying byte by byte and cannot take up again after a stray quote. Here a record is
 * cut in place, and a bad one costs its first line only: reading goes on with the next.
 */
#include <string.h>

#include "catalogue_int.h"

enum outcome { RECORD_WHOLE, RECORD_MORE, RECORD_STRAY_QUOTE, RECORD_OPEN_QUOTE, RECORD_TOO_MANY };

/* The record being cut: [start, end) is what the buffer holds. */
struct cut {
    const char *p, *end;
    char delimiter;
    bool ended;              /* nothing follows `end` */
    uint64_t newlines;       /* passed, the record's own end included */
    struct arena *arena;
    status memory;
};

/* ---- fields ---- */

/* p is at a delimiter, a line end or the end. Moves over it; *last: the record ends here. False: more bytes are needed to tell. */
static bool end_field(struct cut *c, bool *last)
{
    *last = true;
    if (c->p == c->end) return c->ended;
    if (*c->p == c->delimiter) {
        c->p++;
        *last = false;
        return true;
    }
    if (*c->p == '\r') {
        if (c->p + 1 == c->end && !c->ended) return false;
        c->p++;
        if (c->p < c->end && *c->p == '\n') c->p++;
    } else {
        c->p++;
    }
    c->newlines++;
    return true;
}

static enum outcome bare_field(struct cut *c, struct span *field, bool *last)
{
    const char *start = c->p, *p = start, *end = c->end;
    char delimiter = c->delimiter;
    while (p < end && *p != delimiter && *p != '\n' && *p != '\r') p++;
    c->p = p;
    *field = (struct span){start, (size_t)(p - start)};
    return end_field(c, last) ? RECORD_WHOLE : RECORD_MORE;
}

static status undouble(struct arena *a, struct span *field)
{
    char *out = arena_alloc(a, field->n), *q = out;
    if (!out) return fail_nomem("reading a feed");
    for (size_t i = 0; i < field->n; i++) {
        *q++ = field->s[i];
        if (field->s[i] == '"') i++;
    }
    *field = (struct span){out, (size_t)(q - out)};
    return OK;
}

/* p is at the opening quote. */
static enum outcome quoted_field(struct cut *c, struct span *field, bool *last)
{
    const char *start = ++c->p;
    bool doubled = false;
    for (;;) {
        const char *quote = memchr(c->p, '"', (size_t)(c->end - c->p));
        if (!quote) return c->ended ? RECORD_OPEN_QUOTE : RECORD_MORE;
        c->p = quote + 1;
        if (c->p == c->end && !c->ended) return RECORD_MORE;
        if (c->p == c->end || *c->p != '"') break;
        doubled = true;
        c->p++;
    }
    *field = (struct span){start, (size_t)(c->p - 1 - start)};
    const char *line = field->s, *stop = field->s + field->n;
    while ((line = memchr(line, '\n', (size_t)(stop - line)))) c->newlines++, line++;
    if (doubled) c->memory = undouble(c->arena, field);
    while (c->p < c->end && *c->p == ' ') c->p++;
    if (c->p < c->end && *c->p != c->delimiter && *c->p != '\n' && *c->p != '\r') return RECORD_STRAY_QUOTE;
    return end_field(c, last) ? RECORD_WHOLE : RECORD_MORE;
}

static enum outcome cut_record(struct cut *c, struct span *fields, size_t *n)
{
    bool last = false;
    for (*n = 0; !last;) {
        if (*n == FEED_FIELDS_MAX) return RECORD_TOO_MANY;
        const char *p = c->p;
        while (p < c->end && *p == ' ') p++;
        bool quoted = p < c->end && *p == '"';
        if (quoted) c->p = p;
        enum outcome o = quoted ? quoted_field(c, &fields[*n], &last) : bare_field(c, &fields[*n], &last);
        if (o != RECORD_WHOLE) return o;
        ++*n;
    }
    return RECORD_WHOLE;
}

/* ---- records ---- */

static void say_outcome(struct feed_row *row, enum outcome o, bool several_lines)
{
    switch (o) {
    case RECORD_WHOLE: break;
    case RECORD_STRAY_QUOTE: reject(row, "text after a closing quote; double the quotes inside a quoted field"); break;
    case RECORD_OPEN_QUOTE: reject(row, "a quote that is never closed"); break;
    case RECORD_TOO_MANY: reject(row, "more than %d fields", (int)FEED_FIELDS_MAX); break;
    case RECORD_MORE:
        reject(row, "a record of more than %d bytes%s", (int)FEED_RECORD_MAX, several_lines ? "; is a quote left open?" : "");
    }
}

/* Rejects the record and goes on after its first line: a stray quote must not swallow the rest of the feed. */
static void give_up(struct csv *c, struct feed_row *row, enum outcome o)
{
    struct feed *f = c->feed;
    const char *start = f->buffer + f->begin;
    size_t held = f->end - f->begin;
    const char *newline = memchr(start, '\n', held);
    c->n = 0;
    row->line = f->line;
    row->raw = (struct span){start, newline ? (size_t)(newline - start) : held};
    say_outcome(row, o, newline != NULL);
    if (newline) feed_consume(f, row->raw.n + 1, 1);
    else f->skip_line = true;
}

static bool blank(const struct span *fields, size_t n)
{
    for (size_t i = 0; n == 1 && i < fields[0].n; i++)
        if (fields[0].s[i] != ' ' && fields[0].s[i] != '\t') return false;
    return n == 1;
}

static status take(struct csv *c, const struct cut *k, struct feed_row *row, bool *any)
{
    struct feed *f = c->feed;
    const char *start = f->buffer + f->begin;
    row->line = f->line;
    row->raw = (struct span){start, (size_t)(k->p - start)};
    *any = !blank(c->fields, c->n);
    feed_consume(f, row->raw.n, k->newlines);
    while (row->raw.n && (row->raw.s[row->raw.n - 1] == '\n' || row->raw.s[row->raw.n - 1] == '\r')) row->raw.n--;
    return k->memory;
}

status csv_next(struct csv *c, struct arena *a, struct feed_row *row, bool *any)
{
    struct feed *f = c->feed;
    *any = false;
    row->reason[0] = 0;
    if (f->skip_line) TRY(feed_skip_line(f));
    while (!*any) {
        if (f->begin == f->end && f->ended) return OK;
        struct cut k = {.p = f->buffer + f->begin, .end = f->buffer + f->end, .delimiter = c->delimiter, .ended = f->ended, .arena = a};
        enum outcome o = f->begin == f->end ? RECORD_MORE : cut_record(&k, c->fields, &c->n);
        bool too_long = o == RECORD_MORE ? f->end - f->begin >= FEED_RECORD_MAX : (size_t)(k.p - f->buffer) - f->begin > FEED_RECORD_MAX;
        if (too_long) o = RECORD_MORE;
        if (o == RECORD_WHOLE) {
            TRY(take(c, &k, row, any));
        } else if (o == RECORD_MORE && !too_long) {
            TRY(feed_more(f));
        } else {
            give_up(c, row, o);
            *any = true;
        }
    }
    return OK;
}

/* ---- delimiter ---- */

char csv_delimiter(const struct feed *f)
{
    static const char candidates[] = {',', ';', '\t'};
    size_t counts[3] = {0}, best = 0;
    bool quoted = false;
    for (const char *p = f->buffer + f->begin, *end = f->buffer + f->end; p < end && (quoted || (*p != '\n' && *p != '\r')); p++) {
        if (*p == '"') quoted = !quoted;
        for (size_t i = 0; !quoted && i < 3; i++) counts[i] += *p == candidates[i];
    }
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best]) best = i;
    return candidates[best];
}
