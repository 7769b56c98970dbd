#include "base.h"

#include <string.h>

void strbuf_release(struct strbuf *b)
{
    mem_free(b->data);
    *b = (struct strbuf){0};
}

void strbuf_clear(struct strbuf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data) b->data[0] = 0;
}

static bool reserve(struct strbuf *b, size_t extra)
{
    if (b->failed) return false;
    if (extra > SIZE_MAX - b->len - 1 || mem_grow(&b->data, &b->cap, b->len + extra + 1, 1) != OK) b->failed = true;
    return !b->failed;
}

void strbuf_add(struct strbuf *b, const void *data, size_t n)
{
    if (!reserve(b, n)) return;
    if (n) memcpy(b->data + b->len, data, n);
    b->len += n;
    b->data[b->len] = 0;
}

void strbuf_puts(struct strbuf *b, const char *s)
{
    strbuf_add(b, s, strlen(s));
}

void strbuf_putc(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void strbuf_printf(struct strbuf *b, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    if (n < 0) b->failed = true;
    else if (reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
    va_end(arguments);
}

void strbuf_put_utf8(struct strbuf *b, uint32_t code_point)
{
    char bytes[4];
    strbuf_add(b, bytes, utf8_put(bytes, code_point));
}

status strbuf_status(const struct strbuf *b)
{
    return b->failed ? fail_nomem("building a text") : OK;
}

const char *strbuf_str(const struct strbuf *b)
{
    return b->data ? b->data : "";
}
