/* Normalising with the way back: which character of the text each normalised byte came from. The text is normalised whole,
 * then both are walked side by side, so the result is that of normalize() by construction. */
#include "text_int.h"

#include <string.h>

struct alignment {
    const struct normalizer *z;
    const char *text;          /* the original: origins are offsets in it */
    const char *out, *out_end; /* what is left of the normalised text */
    uint32_t *origin;          /* of *out */
    struct strbuf cluster;     /* scratch: one cluster on its own */
};

static void take(struct alignment *a, size_t n, const char *from)
{
    for (size_t i = 0; i < n; i++) *a->origin++ = (uint32_t)(from - a->text);
    a->out += n;
}

static bool out_starts_with(const struct alignment *a, const char *s, size_t n)
{
    return (size_t)(a->out_end - a->out) >= n && memcmp(a->out, s, n) == 0;
}

static bool is_combining(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36F) || c == 0x3099 || c == 0x309A || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFF9E || c == 0xFF9F;
}

/* The end of the character at s and of what combines with it. */
static const char *cluster_end(const char *s, const char *end)
{
    for (utf8_next(&s, end); s < end;) {
        const char *next = s;
        if (!is_combining(utf8_next(&next, end))) return s;
        s = next;
    }
    return s;
}

/* A cluster that normalising changed, joined, split or dropped. Where its neighbours had a part in that (phrases of
 * traditional characters), one character stands for one. */
static status align_changed(struct alignment *a, const char *s, size_t n)
{
    struct strbuf *t = &a->cluster;
    strbuf_clear(t);
    TRY(normalize(a->z, s, n, t));
    if (t->len == 0) {
        if (*a->out == ' ') take(a, 1, s);   /* a blank of another kind */
        return OK;
    }
    if (*a->out == ' ' && t->data[0] != ' ') take(a, 1, s);
    if (out_starts_with(a, t->data, t->len)) {
        take(a, t->len, s);
    } else if (a->out < a->out_end) {
        const char *next = a->out;
        utf8_next(&next, a->out_end);
        take(a, (size_t)(next - a->out), s);
    }
    return OK;
}

static status align(struct alignment *a, size_t n)
{
    const char *s = a->text, *end = s + n;
    while (s < end && a->out < a->out_end) {
        const char *next = cluster_end(s, end);
        size_t length = (size_t)(next - s);
        unsigned char b = (unsigned char)*s;
        if (length == 1 && *a->out == (b >= 'A' && b <= 'Z' ? b + 32 : b)) take(a, 1, s);
        else if (b >= 0x80 && out_starts_with(a, s, length)) take(a, length, s);
        else TRY(align_changed(a, s, length));
        s = next;
    }
    while (a->out < a->out_end) take(a, 1, s);
    *a->origin = (uint32_t)(s - a->text);
    return OK;
}

status normalize_mapped(const struct normalizer *z, const char *s, size_t n, struct strbuf *out, uint32_t **origins)
{
    size_t start = out->len;
    *origins = NULL;
    TRY(normalize(z, s, n, out));
    uint32_t *map = mem_zalloc(out->len - start + 1, sizeof *map);
    if (!map) return fail_nomem("normalising a text");
    const char *text = strbuf_str(out);
    struct alignment a = {.z = z, .text = s, .out = text + start, .out_end = text + out->len, .origin = map};
    status result = align(&a, n);
    strbuf_release(&a.cluster);
    if (result == OK) *origins = map;
    else mem_free(map);
    return result;
}
