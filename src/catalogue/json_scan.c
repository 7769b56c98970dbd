/* JSON, token by token (RFC 8259): what feed_json.c and feed_tree.c share. */
#include <string.h>

#include "feed_json_int.h"

bool json_wrong(struct scan *s, const char *what)
{
    return reject(s->row, "not JSON: %s at byte %zu", what, (size_t)(s->p - s->row->raw.s) + 1);
}

char json_peek(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n')) s->p++;
    return s->p < s->end ? *s->p : 0;
}

bool json_take(struct scan *s, char c)
{
    if (json_peek(s) != c) return false;
    s->p++;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hex digits at p, or -1. */
static int32_t hex4(const char *p, const char *end)
{
    int32_t v = 0;
    if (end - p < 4) return -1;
    for (int i = 0; i < 4; i++) {
        int d = hex_digit(p[i]);
        if (d < 0) return -1;
        v = v * 16 + d;
    }
    return v;
}

/* p is behind "\u". Writes UTF-8; surrogates must come in pairs. */
static bool unicode_escape(struct scan *s, const char **p, const char *end, char **out)
{
    int32_t c = hex4(*p, end);
    if (c < 0) return json_wrong(s, "a \\u without four hex digits");
    *p += 4;
    if (c >= 0xD800 && c <= 0xDBFF && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        int32_t low = hex4(*p + 2, end);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            *p += 6;
        }
    }
    if (c >= 0xD800 && c <= 0xDFFF) return json_wrong(s, "half of a surrogate pair");
    if (c == 0) return json_wrong(s, "\\u0000");
    *out += utf8_put(*out, (uint32_t)c);
    return true;
}

/* Decodes [p, end), which holds escapes, into the arena. */
static bool unescape(struct scan *s, const char *p, const char *end, struct span *out)
{
    char *start = arena_alloc(s->arena, (size_t)(end - p)), *q = start;
    if (!start) {
        s->memory = fail_nomem("reading a feed");
        return false;
    }
    while (p < end) {
        if (*p != '\\') {
            *q++ = *p++;
            continue;
        }
        static const char codes[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
        char code = p + 1 < end ? p[1] : 0;
        p += 2;
        const char *at = code ? strchr(codes, code) : NULL;
        if (at) *q++ = values[at - codes];
        else if (code != 'u') return json_wrong(s, "an unknown escape in a string");
        else if (!unicode_escape(s, &p, end, &q)) return false;
    }
    *out = (struct span){start, (size_t)(q - start)};
    return true;
}

bool json_scan_string(struct scan *s, struct span *out)
{
    if (!json_take(s, '"')) return json_wrong(s, "a string was expected");
    const char *start = s->p;
    bool escaped = false;
    for (; s->p < s->end && *s->p != '"'; s->p++) {
        if ((unsigned char)*s->p < 0x20) return json_wrong(s, "a control character in a string");
        if (*s->p != '\\') continue;
        escaped = true;
        if (++s->p == s->end) break;
    }
    if (s->p >= s->end) return json_wrong(s, "a string that does not end");
    const char *stop = s->p++;
    *out = (struct span){start, (size_t)(stop - start)};
    return !escaped || unescape(s, start, stop, out);
}

static bool digits(struct scan *s)
{
    const char *start = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') s->p++;
    return s->p > start;
}

static bool number(struct scan *s, struct span *out)
{
    const char *start = s->p;
    if (*s->p == '-') s->p++;
    bool good = s->p < s->end && *s->p == '0' ? (s->p++, true) : digits(s);
    if (good && s->p < s->end && *s->p == '.') s->p++, good = digits(s);
    if (good && s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) s->p++;
        good = digits(s);
    }
    *out = (struct span){start, (size_t)(s->p - start)};
    return good ? true : json_wrong(s, "a malformed number");
}

/* true, false, null; null is as good as absent. */
static bool word(struct scan *s, struct span *out)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(s->end - s->p) < n || memcmp(s->p, words[i], n) != 0) continue;
        *out = (struct span){s->p, i == 2 ? 0 : n};
        s->p += n;
        return true;
    }
    return json_wrong(s, s->p < s->end ? "an unexpected character" : "the line ends too early");
}

bool json_scan_scalar(struct scan *s)
{
    char c = json_peek(s);
    if (c == '"') return json_scan_string(s, &s->scalar);
    if (c == '-' || (c >= '0' && c <= '9')) return number(s, &s->scalar);
    return word(s, &s->scalar);
}

/* Passes over any value, checking it. */
bool json_skip_value(struct scan *s, int depth)
{
    char c = json_peek(s), close = c == '{' ? '}' : ']';
    if (c != '{' && c != '[') return json_scan_scalar(s);
    if (depth >= JSON_DEPTH_MAX) return json_wrong(s, "deeper nesting than 32");
    s->p++;
    if (json_take(s, close)) return true;
    for (;;) {
        struct span key;
        if (c == '{' && (!json_scan_string(s, &key) || (!json_take(s, ':') && !json_wrong(s, "a missing ':'")))) return false;
        if (!json_skip_value(s, depth + 1)) return false;
        if (json_take(s, close)) return true;
        if (!json_take(s, ',')) return json_wrong(s, "a missing ',' or bracket");
    }
}
