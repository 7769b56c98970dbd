/* Bytes of a feed, through one buffer of a fixed size: a feed of any length, and a line of any length, cost the same memory. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalogue_int.h"

static status open_descriptor(struct feed *f, const char *path)
{
    if (strcmp(path, "-") == 0) {
        f->fd = dup(STDIN_FILENO);
        f->name = "<stdin>";
    } else {
        f->fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (f->fd < 0) return fail_errno("read", f->name);
    struct stat st;
    if (fstat(f->fd, &st) != 0) return fail_errno("read", f->name);
    FAIL_IF(S_ISDIR(st.st_mode), ERR_IO, "'%s' is a directory; name the feed files in it", f->name);
    if (S_ISREG(st.st_mode)) f->size = (uint64_t)st.st_size;
    return OK;
}

/* What a spreadsheet saves by another name is told by its first bytes. */
static status check_start(struct feed *f)
{
    const char *p = f->buffer + f->begin;
    size_t n = f->end - f->begin;
    FAIL_IF(n == 0, ERR_FORMAT, "'%s' is empty; there is nothing to import", f->name);
    if (n >= 2 && (memcmp(p, "\xFF\xFE", 2) == 0 || memcmp(p, "\xFE\xFF", 2) == 0))
        return fail(ERR_FORMAT, "'%s' is UTF-16 text; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)", f->name);
    FAIL_IF(n >= 4 && memcmp(p, "PK\3\4", 4) == 0, ERR_FORMAT, "'%s' is a workbook or zip file; save it as CSV (UTF-8)", f->name);
    FAIL_IF(n >= 2 && memcmp(p, "\x1F\x8B", 2) == 0, ERR_FORMAT, "'%s' is compressed; unpack it first (gunzip)", f->name);
    if (n < 3 || memcmp(p, "\xEF\xBB\xBF", 3) != 0) return OK;
    feed_consume(f, 3, 0);
    if (f->begin == f->end) TRY(feed_more(f));
    FAIL_IF(f->begin == f->end && f->ended, ERR_FORMAT, "'%s' is empty but for a byte order mark; there is nothing to import", f->name);
    return OK;
}

status feed_open(struct feed *f, const char *path)
{
    *f = (struct feed){.fd = -1, .name = path, .line = 1};
    status s = open_descriptor(f, path);
    if (s == OK && !(f->buffer = mem_alloc(FEED_BUFFER))) s = fail_nomem("reading a feed");
    if (s == OK) s = feed_more(f);
    if (s == OK) s = check_start(f);
    if (s != OK) feed_close(f);
    return s;
}

void feed_close(struct feed *f)
{
    if (f->fd >= 0) close(f->fd);
    mem_free(f->buffer);
    f->fd = -1;
    f->buffer = NULL;
}

status feed_more(struct feed *f)
{
    if (f->begin > 0) memmove(f->buffer, f->buffer + f->begin, f->end - f->begin);
    f->end -= f->begin;
    f->begin = 0;
    FAIL_IF(f->end == FEED_BUFFER, ERR_INTERNAL, "a feed buffer that is full; this is a fault of daogou, please report it");
    size_t want = FEED_BUFFER - f->end < FEED_CHUNK ? FEED_BUFFER - f->end : FEED_CHUNK;
    ssize_t n;
    do n = read(f->fd, f->buffer + f->end, want);
    while (n < 0 && errno == EINTR);
    if (n < 0) return fail_errno("read", f->name);
    f->ended = n == 0;
    f->end += (size_t)n;
    return OK;
}

void feed_consume(struct feed *f, size_t n, uint64_t lines)
{
    f->begin += n;
    f->offset += n;
    f->line += lines;
}

status feed_skip_line(struct feed *f)
{
    f->skip_line = false;
    for (;;) {
        const char *start = f->buffer + f->begin, *newline = memchr(start, '\n', f->end - f->begin);
        if (newline) {
            feed_consume(f, (size_t)(newline - start) + 1, 1);
            return OK;
        }
        feed_consume(f, f->end - f->begin, 0);
        if (f->ended) return OK;
        TRY(feed_more(f));
    }
}

/* ---- formats ---- */

static bool ends_with(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n >= m && strcasecmp(name + n - m, ending) == 0;
}

static bool holds(const char *p, const char *end, const char *word)
{
    size_t n = strlen(word);
    for (; (size_t)(end - p) >= n; p++)
        if (strncasecmp(p, word, n) == 0) return true;
    return false;
}

static bool is_page(const char *p, const char *end)
{
    enum { HEAD = 4096 };
    const char *head = end - p > HEAD ? p + HEAD : end;
    if (holds(p, head, "<!doctype html") || holds(p, head, "<html")) return true;
    return !holds(p, head, "<rss") && !holds(p, head, "<feed") && holds(p, end, "application/ld+json");
}

/* Whether the object at p ends before its line does; *next: the line behind it. */
static bool ends_in_line(const char *p, const char *end, const char **next)
{
    int depth = 0;
    bool quoted = false, whole = false;
    for (; p < end && *p != '\n' && !whole; p++) {
        if (quoted && *p == '\\' && p + 1 < end) p++;
        else if (*p == '"') quoted = !quoted;
        else if (!quoted && strchr("{[", *p) && *p) depth++;
        else if (!quoted && strchr("}]", *p) && *p) whole = --depth == 0;
    }
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    *next = newline ? newline + 1 : end;
    return whole;
}

/* One JSON text over many lines, or an object a line (the first of which may be damaged)? */
static enum feed_format json_format(const char *p, const char *end, bool lines_by_name)
{
    const char *next;
    if (*p == '[') return FEED_JSON;
    if (ends_in_line(p, end, &next)) return FEED_JSONL;
    while (next < end && strchr(" \t\r", *next) && *next) next++;
    if (next == end) return lines_by_name ? FEED_JSONL : FEED_JSON;
    return *next == '{' ? FEED_JSONL : FEED_JSON;
}

status feed_detect(const struct feed *f, enum feed_format *format)
{
    const char *p = f->buffer + f->begin, *end = f->buffer + f->end;
    while (p < end && strchr(" \t\r\n", *p) && *p) p++;
    char first = p < end ? *p : 0;
    bool lines = ends_with(f->name, ".jsonl") || ends_with(f->name, ".ndjson");
    if (first == '<') *format = is_page(p, end) ? FEED_HTML : FEED_XML;
    else if (first == '{' || (first == '[' && (lines || ends_with(f->name, ".json") || (end - p > 1 && strchr("{ \r\n", p[1])))))
        *format = json_format(p, end, lines);
    else if (lines || ends_with(f->name, ".json")) *format = FEED_JSONL;
    else *format = ends_with(f->name, ".tsv") || ends_with(f->name, ".tab") ? FEED_TSV : FEED_CSV;
    return OK;
}

/* ---- reasons ---- */

/* Bytes of s up to n that end at a whole character. */
static size_t whole_characters(const char *s, size_t n)
{
    while (n > 0 && ((unsigned char)s[n] & 0xC0) == 0x80) n--;
    return n;
}

void copy_cut(char *out, size_t size, const char *text)
{
    size_t n = strlen(text);
    if (n >= size) n = whole_characters(text, size - 1);
    memcpy(out, text, n);
    out[n] = 0;
}

bool reject(struct feed_row *row, const char *format, ...)
{
    if (row->reason[0]) return false;
    char text[2 * sizeof row->reason];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    copy_cut(row->reason, sizeof row->reason, text);
    return false;
}

const char *excerpt(struct span value, char out[64])
{
    enum { EXCERPT_MAX = 40 };
    bool cut = value.n > EXCERPT_MAX;
    size_t n = cut ? whole_characters(value.s, EXCERPT_MAX) : value.n;
    memcpy(out, value.s, n);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7F) out[i] = ' ';
    snprintf(out + n, 4, "%s", cut ? "..." : "");
    return out;
}
