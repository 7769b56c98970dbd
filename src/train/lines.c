#include "train_int.h"

#include <string.h>

status lines_open(struct lines *l, const char *path)
{
    *l = (struct lines){.path = path};
    TRY(mapped_file_open(&l->file, path));
    if (l->file.size >= 3 && memcmp(l->file.data, "\xEF\xBB\xBF", 3) == 0) l->at = 3;
    return OK;
}

void lines_close(struct lines *l)
{
    mapped_file_close(&l->file);
}

static status check_line(const struct lines *l)
{
    unsigned long long line = l->line;
    FAIL_IF(l->n > TRAIN_MAX_LINE, ERR_LIMIT, "%s:%llu: the line has %zu bytes, more than %d; break it into lines", l->path, line,
            l->n, TRAIN_MAX_LINE);
    FAIL_IF(l->n && memchr(l->text, 0, l->n), ERR_FORMAT, "%s:%llu: there is a NUL byte; give a UTF-8 text file", l->path, line);
    size_t bad = 0;
    FAIL_IF(!utf8_valid(l->text, l->n, &bad), ERR_FORMAT, "%s:%llu: byte %zu of the line is not UTF-8; convert the file", l->path,
            line, bad + 1);
    return OK;
}

status lines_next(struct lines *l, bool *more)
{
    *more = l->at < l->file.size;
    if (!*more) return OK;
    const char *start = (const char *)l->file.data + l->at;
    size_t left = l->file.size - l->at;
    const char *end = memchr(start, '\n', left);
    l->n = end ? (size_t)(end - start) : left;
    l->at += l->n + (end != NULL);
    l->text = start;
    l->line++;
    if (l->n && start[l->n - 1] == '\r') l->n--;
    return check_line(l);
}

bool path_is_jsonl(const char *path)
{
    size_t n = strlen(path);
    return n >= 6 && strcmp(path + n - 6, ".jsonl") == 0;
}
