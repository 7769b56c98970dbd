/* Normalising with the way back: which character of the text each normalised byte came from. */
#include "text_int.h"

#include <string.h>

struct mapping {
    const struct normalizer *z;
    const char *text;              /* the whole text: origins are offsets in it */
    struct strbuf *out;
    size_t start;                  /* of this text in out */
    uint32_t *origins;
    size_t cap;
};

/* Gives out's bytes from `from` on the origin `at`. */
static status put_origins(struct mapping *m, size_t from, size_t at)
{
    size_t n = m->out->len - m->start;
    TRY(mem_grow(&m->origins, &m->cap, n + 1, sizeof *m->origins));
    for (size_t i = from - m->start; i < n; i++) m->origins[i] = (uint32_t)at;
    return OK;
}

/* The usual case: as many characters out as in. */
static status map_one_to_one(struct mapping *m, const char *s, const char *end, size_t from)
{
    size_t n = m->out->len - m->start;
    TRY(mem_grow(&m->origins, &m->cap, n + 1, sizeof *m->origins));
    const char *q = m->out->data + from, *q_end = m->out->data + m->out->len;
    while (q < q_end) {
        const char *character = q;
        size_t origin = (size_t)(s - m->text);
        utf8_next(&q, q_end);
        for (; character < q; character++) m->origins[(size_t)(character - m->out->data) - m->start] = (uint32_t)origin;
        utf8_next(&s, end);
    }
    return OK;
}

static bool is_combining(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36F) || (c >= 0x3099 && c <= 0x309A) || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xFF9E && c <= 0xFF9F);
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

/* Characters that vanish, split or join ("㎡", a zero-width space): each cluster is normalised on its own. */
static status map_clusters(struct mapping *m, const char *s, const char *end)
{
    while (s < end) {
        const char *next = cluster_end(s, end);
        size_t from = m->out->len;
        TRY(normalize(m->z, s, (size_t)(next - s), m->out));
        TRY(put_origins(m, from, (size_t)(s - m->text)));
        s = next;
    }
    return OK;
}

/* A run without blanks. */
static status map_run(struct mapping *m, const char *s, const char *end)
{
    size_t from = m->out->len;
    TRY(normalize(m->z, s, (size_t)(end - s), m->out));
    size_t n = m->out->len - from;
    if (n == 0) return OK;
    if (utf8_length(m->out->data + from, n) == utf8_length(s, (size_t)(end - s))) return map_one_to_one(m, s, end, from);
    m->out->len = from;
    return map_clusters(m, s, end);
}

static status map_text(struct mapping *m, const char *s, size_t n)
{
    const char *end = s + n, *gap = NULL, *last = s;
    for (const char *p = s; p < end;) {
        const char *run = p, *next = p;
        while (next < end && !text_is_blank(utf8_next(&next, end))) p = next;
        if (p > run) {
            size_t from = m->out->len;
            if (gap && from > m->start) strbuf_putc(m->out, ' ');
            size_t text = m->out->len;
            TRY(put_origins(m, from, (size_t)((gap ? gap : run) - s)));
            TRY(map_run(m, run, p));
            if (m->out->len == text) m->out->len = from;   /* a run that vanished needs no blank before it */
            else gap = NULL, last = p;
        }
        if (p < end && !gap) gap = p;
        if (p < end) utf8_next(&p, end);
    }
    TRY(strbuf_status(m->out));
    TRY(mem_grow(&m->origins, &m->cap, m->out->len - m->start + 1, sizeof *m->origins));
    m->origins[m->out->len - m->start] = (uint32_t)(last - s);
    return OK;
}

status normalize_mapped(const struct normalizer *z, const char *s, size_t n, struct strbuf *out, uint32_t **origins)
{
    *origins = NULL;
    FAIL_IF(n > TEXT_BYTES_MAX, ERR_LIMIT, "a text of %zu bytes is longer than the limit of %d; cut it", n, TEXT_BYTES_MAX);
    struct mapping m = {.z = z, .text = s, .out = out, .start = out->len};
    status result = map_text(&m, s, n);
    if (result == OK && out->data) out->data[out->len] = 0;
    if (result == OK) *origins = m.origins;
    else mem_free(m.origins);
    return result;
}
