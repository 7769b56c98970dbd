#include "base.h"

static const uint32_t REPLACEMENT = 0xFFFD;

/* Length of the well-formed sequence at p, or 0 (Unicode 15, table 3-7). */
static size_t sequence(const unsigned char *p, size_t n, uint32_t *code_point)
{
    unsigned char b = p[0];
    if (b < 0x80) {
        *code_point = b;
        return 1;
    }
    size_t length = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
    if (b < 0xC2 || b > 0xF4 || n < length) return 0;
    uint32_t c = b & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
        c = (c << 6) | (p[i] & 0x3Fu);
    }
    bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
    if (overlong || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return 0;
    *code_point = c;
    return length;
}

uint32_t utf8_next(const char **p, const char *end)
{
    uint32_t code_point = REPLACEMENT;
    size_t n = sequence((const unsigned char *)*p, (size_t)(end - *p), &code_point);
    *p += n ? n : 1;
    return n ? code_point : REPLACEMENT;
}

size_t utf8_put(char out[4], uint32_t c)
{
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = REPLACEMENT;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00u >> n) | c);
    return n;
}

bool utf8_valid(const char *s, size_t n, size_t *bad_offset)
{
    uint32_t ignored;
    for (size_t i = 0; i < n;) {
        size_t length = sequence((const unsigned char *)s + i, n - i, &ignored);
        if (!length) {
            if (bad_offset) *bad_offset = i;
            return false;
        }
        i += length;
    }
    return true;
}

size_t utf8_length(const char *s, size_t n)
{
    size_t count = 0;
    for (const char *p = s, *end = s + n; p < end; count++) utf8_next(&p, end);
    return count;
}

bool utf8_is_han(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x323AF) || c == 0x3007;
}
