#include "jsonl.h"

#include <stdlib.h>
#include <string.h>

static status visit_line(const char *text, size_t n, status (*visit)(void *, const json_t *), void *context)
{
    json_error_t error;
    FAIL_IF(n > JSONL_LINE_MAX, ERR_LIMIT, "a line of %zu bytes, more than %d; split the file", n, JSONL_LINE_MAX);
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    FAIL_IF(!root, ERR_FORMAT, "not valid JSON: %s", error.text);
    status s = json_is_object(root) ? visit(context, root) : fail(ERR_FORMAT, "not a JSON object");
    json_decref(root);
    return s;
}

status jsonl_each(const char *path, size_t limit, status (*visit)(void *context, const json_t *line), void *context)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f) return fail_errno("open", path);
    char *line = NULL;
    size_t cap = 0, number = 0, taken = 0;
    ssize_t n;
    status s = OK;
    while (s == OK && (!limit || taken < limit) && (n = getline(&line, &cap, f)) >= 0) {
        number++;
        if (strspn(line, " \t\r\n") >= (size_t)n) continue;
        taken++;
        s = visit_line(line, (size_t)n, visit, context);
        if (s != OK && s != ERR_INTERRUPTED) fail_context(s, "%s:%zu", path, number);
    }
    if (s == OK && ferror(f)) s = fail_errno("read", path);
    free(line);
    if (f != stdin) fclose(f);
    return s;
}
