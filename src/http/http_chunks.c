/* Chunked bodies, byte by byte in a small machine, so that any cut of the input gives the same result; and percent escapes. */
#include "http.h"

#include <string.h>

enum { SIZE, EXTENSION, DATA, DATA_END, TRAILER, OVER };
enum { SIZE_DIGITS_MAX = 8, LINE_MAX_BYTES = 256, TRAILER_MAX_BYTES = 4096 };

static int hexadecimal(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum http_parsed bad(struct http_fault *f, const char *why)
{
    *f = (struct http_fault){400, why};
    return HTTP_BAD;
}

static void next_line(struct http_chunks *c, int state)
{
    c->state = state;
    c->line = 0;
    c->carriage_return = c->digits = false;
}

static enum http_parsed size_byte(struct http_chunks *c, char b, struct http_fault *f)
{
    int digit = c->state == SIZE ? hexadecimal(b) : -1;
    if (++c->line > LINE_MAX_BYTES) return bad(f, "a chunk's size line is too long");
    if (c->carriage_return) {
        if (b != '\n') return bad(f, "a chunk's size line ends without a line feed");
        next_line(c, c->left ? DATA : TRAILER);
        return HTTP_MORE;
    }
    if (digit >= 0) {
        if (c->line > SIZE_DIGITS_MAX) return bad(f, "a chunk is too large");
        c->left = (c->digits ? c->left : 0) * 16 + (uint64_t)digit;
        c->digits = true;
        return HTTP_MORE;
    }
    if (!c->digits) return bad(f, "a chunk has no size");
    if (b == '\r') c->carriage_return = true;
    else if (c->state == SIZE && b != ';') return bad(f, "a chunk's size is not a hexadecimal number");
    else if ((unsigned char)b < 0x20 || b == 0x7F) return bad(f, "a chunk's extension has a control character");
    else c->state = EXTENSION;
    return HTTP_MORE;
}

static enum http_parsed data_end_byte(struct http_chunks *c, char b, struct http_fault *f)
{
    if (b != (c->carriage_return ? '\n' : '\r')) return bad(f, "a chunk is longer than its size");
    if (c->carriage_return) next_line(c, SIZE);
    else c->carriage_return = true;
    return HTTP_MORE;
}

/* `line`: bytes of the present line without its end; `left` (0 here) counts all of the trailer. */
static enum http_parsed trailer_byte(struct http_chunks *c, char b, struct http_fault *f)
{
    if (++c->left > TRAILER_MAX_BYTES) return bad(f, "the trailer is too long");
    if (c->carriage_return) {
        if (b != '\n') return bad(f, "a line of the trailer ends without a line feed");
        bool empty = c->line == 0;
        next_line(c, empty ? OVER : TRAILER);
        return empty ? HTTP_DONE : HTTP_MORE;
    }
    if (b == '\r') c->carriage_return = true;
    else if ((unsigned char)b < 0x20 && b != '\t') return bad(f, "the trailer has a control character");
    else c->line++;
    return HTTP_MORE;
}

enum http_parsed http_chunks_next(struct http_chunks *c, const char *bytes, size_t n, size_t *used, struct http_span *data, struct http_fault *fault)
{
    enum http_parsed p = HTTP_MORE;
    *data = (struct http_span){0};
    for (*used = 0; *used < n && p == HTTP_MORE; ++*used) {
        char b = bytes[*used];
        if (c->state == OVER) return HTTP_DONE;
        if (c->state == DATA) {
            size_t rest = n - *used;
            *data = (struct http_span){bytes + *used, c->left < rest ? (size_t)c->left : rest};
            c->left -= data->n;
            *used += data->n;
            if (!c->left) next_line(c, DATA_END);
            return HTTP_MORE;
        }
        p = c->state == DATA_END ? data_end_byte(c, b, fault) : c->state == TRAILER ? trailer_byte(c, b, fault) : size_byte(c, b, fault);
    }
    return p;
}

bool http_decode(char *s, size_t *n, bool plus)
{
    size_t out = 0;
    for (size_t i = 0; i < *n; i++) {
        char c = s[i];
        if (c == '%') {
            int high = i + 2 < *n ? hexadecimal(s[i + 1]) : -1, low = i + 2 < *n ? hexadecimal(s[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (!c) return false;
        s[out++] = c;
    }
    *n = out;
    return utf8_valid(s, out, NULL);
}
