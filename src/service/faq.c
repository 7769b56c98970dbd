/* Pairs of question and answer: CSV (RFC 4180, a header that names the columns) and JSON Lines. */
#include "service_int.h"

#include <jansson.h>
#include <string.h>

static const char *const question_names[] = {"question", "q", "问题", "问", NULL};
static const char *const answer_names[] = {"answer", "a", "答案", "回答", "答", NULL};

static bool named(const char *name, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static status add_pair(struct parsed *d, size_t line, const char *question, const char *answer)
{
    FAIL_IF(!question || !*question || !answer || !*answer, ERR_FORMAT, "line %zu: a pair needs a question and an answer", line);
    status s = parsed_add(d, question, answer, strlen(answer));
    return s == OK ? OK : fail_context(s, "line %zu", line);
}

/* ---- CSV ---- */

enum { COLUMNS_MAX = 32 };
struct csv { const char *p, *end; size_t line; };
struct csv_row { struct strbuf fields[COLUMNS_MAX]; size_t n; };

static status read_quoted(struct csv *c, struct strbuf *out, size_t began)
{
    for (c->p++; c->p < c->end; c->p++) {
        if (*c->p == '"' && c->p + 1 < c->end && c->p[1] == '"') c->p++;
        else if (*c->p == '"') {
            c->p++;
            return OK;
        }
        c->line += *c->p == '\n';
        strbuf_putc(out, *c->p);
    }
    return fail(ERR_FORMAT, "line %zu: a quotation mark is never closed", began);
}

static status read_row(struct csv *c, struct csv_row *r)
{
    size_t began = c->line;
    for (r->n = 0;;) {
        FAIL_IF(r->n == COLUMNS_MAX, ERR_LIMIT, "line %zu has more than %d columns", began, COLUMNS_MAX);
        struct strbuf *f = &r->fields[r->n++];
        strbuf_clear(f);
        if (c->p < c->end && *c->p == '"') TRY(read_quoted(c, f, began));
        while (c->p < c->end && *c->p != ',' && *c->p != '\n') {
            if (*c->p != '\r') strbuf_putc(f, *c->p);
            c->p++;
        }
        TRY(strbuf_status(f));
        if (c->p >= c->end || *c->p++ == '\n') break;
    }
    c->line++;
    return OK;
}

static size_t column(const struct csv_row *r, const char *const *names)
{
    size_t i = 0;
    while (i < r->n && !named(strbuf_str(&r->fields[i]), names)) i++;
    return i;
}

static status read_rows(struct parsed *d, struct csv *c, struct csv_row *r)
{
    TRY(read_row(c, r));
    size_t question = column(r, question_names), answer = column(r, answer_names), columns = r->n;
    FAIL_IF(question == columns || answer == columns, ERR_FORMAT, "line 1 must name the columns question and answer (问题, 答案)");
    while (c->p < c->end) {
        size_t line = c->line;
        TRY(read_row(c, r));
        if (r->n == 1 && !r->fields[0].len) continue;
        FAIL_IF(r->n != columns, ERR_FORMAT, "line %zu has %zu columns, line 1 has %zu", line, r->n, columns);
        TRY(add_pair(d, line, strbuf_str(&r->fields[question]), strbuf_str(&r->fields[answer])));
    }
    return OK;
}

status faq_csv_parse(struct parsed *d, const char *text, size_t n)
{
    struct csv c = {text, text + n, 1};
    struct csv_row r = {0};
    status s = read_rows(d, &c, &r);
    for (size_t i = 0; i < COLUMNS_MAX; i++) strbuf_release(&r.fields[i]);
    return s;
}

/* ---- JSON Lines ---- */

static const char *string_of(const json_t *root, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (json_is_string(json_object_get(root, names[i]))) return json_string_value(json_object_get(root, names[i]));
    return NULL;
}

static status read_json_line(struct parsed *d, size_t line, const char *s, size_t n)
{
    json_error_t e;
    json_t *root = json_loadb(s, n, JSON_REJECT_DUPLICATES, &e);
    FAIL_IF(!root, ERR_FORMAT, "line %zu: %s", line, e.text);
    status result = add_pair(d, line, string_of(root, question_names), string_of(root, answer_names));
    json_decref(root);
    return result;
}

status faq_jsonl_parse(struct parsed *d, const char *text, size_t n)
{
    size_t line = 0;
    for (const char *p = text, *end = text + n; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t length = (size_t)((stop ? stop : end) - p), words = strspn(p, " \t\r");
        line++;
        if (words < length) TRY(read_json_line(d, line, p, length));
        p = stop ? stop + 1 : end;
    }
    return OK;
}
