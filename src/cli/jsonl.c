#include "jsonl.h"

#include <string.h>

static status visit_line(const char *text, size_t n, status (*visit)(void *, const json_t *), void *context)
{
    json_error_t error;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    FAIL_IF(!root, ERR_FORMAT, "not valid JSON: %s", error.text);
    status s = json_is_object(root) ? visit(context, root) : fail(ERR_FORMAT, "not a JSON object");
    json_decref(root);
    return s;
}

struct line { char *text; size_t n, cap; };

/* The next line without its end; a line without an end is read no further than it may be long. *more false: there was none. */
static status read_line(FILE *f, struct line *l, bool *more)
{
    int c = 0;
    l->n = 0;
    while ((c = getc_unlocked(f)) != EOF && c != '\n') {
        FAIL_IF(l->n == JSONL_LINE_MAX, ERR_LIMIT, "a line of more than %d bytes; split the file", JSONL_LINE_MAX);
        if (l->n + 1 >= l->cap) TRY(mem_grow(&l->text, &l->cap, l->n + 2, 1));
        l->text[l->n++] = (char)c;
    }
    *more = c != EOF || l->n > 0;
    if (l->text) l->text[l->n] = 0;
    return OK;
}

static bool is_blank(const struct line *l)
{
    return l->n == 0 || strspn(l->text, " \t\r") >= l->n;
}

uint64_t jsonl_count(const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? NULL : fopen(path, "re");
    if (!f) return 0;
    struct line l = {0};
    uint64_t count = 0;
    for (bool more = true; more && read_line(f, &l, &more) == OK;) count += more && !is_blank(&l);
    mem_free(l.text);
    fclose(f);
    return count;
}

status jsonl_each(const char *path, size_t limit, status (*visit)(void *context, const json_t *line), void *context)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f) return fail_errno("open", path);
    struct line l = {0};
    size_t number = 0, taken = 0;
    status s = OK;
    for (bool more = true; s == OK && (!limit || taken < limit);) {
        number++;
        s = read_line(f, &l, &more);
        if (s == OK && !more) break;
        if (s == OK && is_blank(&l)) continue;
        taken++;
        if (s == OK) s = visit_line(l.text, l.n, visit, context);
        if (s != OK && s != ERR_INTERRUPTED) fail_context(s, "%s:%zu", path, number);
    }
    if (s == OK && ferror(f)) s = fail_errno("read", path);
    mem_free(l.text);
    if (f != stdin) fclose(f);
    return s;
}
