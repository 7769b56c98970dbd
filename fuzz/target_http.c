/* Requests off the wire, one behind the other: the same is understood however the bytes are cut, and nothing beyond them is read. */
#include "fuzz.h"
#include "http/http.h"

#include <string.h>

struct outcome { enum http_parsed result; size_t used, body; int code; uint64_t hash; };

static uint64_t span_hash(struct http_span s, uint64_t seed)
{
    return hash_bytes(s.s ? s.s : "", s.n, seed);
}

static void inside(struct http_span s, const char *from, size_t n)
{
    PROMISE(s.n == 0 || (s.s >= from && s.s + s.n <= from + n));
}

static void promise_head(const struct http_head *h, const char *from, size_t used)
{
    PROMISE(h->method.n > 0 && h->method.n <= HTTP_METHOD_MAX && h->target.n > 0 && h->n_fields <= HTTP_FIELDS_MAX && (h->minor == 0 || h->minor == 1));
    PROMISE(h->target.s[0] == '/' || (h->target.n == 1 && h->target.s[0] == '*'));
    PROMISE(!memchr(from, 0, used));
    inside(h->method, from, used);
    inside(h->target, from, used);
    inside(h->host, from, used);
    for (size_t i = 0; i < h->n_fields; i++) {
        inside(h->fields[i].name, from, used);
        inside(h->fields[i].value, from, used);
        PROMISE(h->fields[i].name.n > 0 && !memchr(h->fields[i].value.s, '\n', h->fields[i].value.n) && !memchr(h->fields[i].value.s, '\r', h->fields[i].value.n));
    }
}

/* step: bytes that come at a time. */
static struct outcome head(const char *bytes, size_t n, size_t step, struct http_head *h)
{
    const struct http_limits limits = {2048, 8192};
    struct outcome o = {.result = HTTP_MORE};
    struct http_fault f = {0};
    size_t scanned = 0;
    for (size_t come = 0; o.result == HTTP_MORE && come < n;) {
        come = come + step < n ? come + step : n;
        o.result = http_parse_head(bytes, come, &scanned, &limits, h, &o.used, &f);
    }
    o.code = f.code;
    if (o.result == HTTP_BAD) PROMISE(f.code >= 400 && f.code < 600 && f.why);
    if (o.result == HTTP_DONE) promise_head(h, bytes, o.used);
    return o;
}

static struct outcome chunks(const char *bytes, size_t n, size_t step)
{
    struct outcome o = {.result = HTTP_MORE};
    struct http_chunks c = {0};
    struct http_fault f = {0};
    while (o.result == HTTP_MORE && o.used < n) {
        size_t piece = n - o.used < step ? n - o.used : step, used;
        struct http_span data;
        o.result = http_chunks_next(&c, bytes + o.used, piece, &used, &data, &f);
        PROMISE(used <= piece && (used > 0 || o.result != HTTP_MORE));
        inside(data, bytes, n);
        for (size_t i = 0; i < data.n; i++) o.hash = o.hash * 31 + (unsigned char)data.s[i];   /* not by pieces: the cuts differ */
        o.body += data.n;
        o.used += used;
    }
    return o;
}

static size_t one_request(const char *bytes, size_t n)
{
    struct http_head h, again;
    struct outcome a = head(bytes, n, n, &h), b = head(bytes, n, 1, &again);
    PROMISE(a.result == b.result);
    if (a.result != HTTP_DONE) return n;   /* what is wrong first may differ with the cut, that it is wrong may not */
    PROMISE(a.used == b.used && span_hash(h.target, 1) == span_hash(again.target, 1) && h.framing == again.framing && h.length == again.length);
    if (h.framing != HTTP_CHUNKED) return h.framing == HTTP_LENGTH && h.length < n - a.used ? a.used + (size_t)h.length : a.used + (h.framing == HTTP_LENGTH ? n - a.used : 0);
    struct outcome whole = chunks(bytes + a.used, n - a.used, n), cut = chunks(bytes + a.used, n - a.used, 3);
    PROMISE(whole.result == cut.result);
    if (whole.result != HTTP_DONE) return n;
    PROMISE(whole.used == cut.used && whole.body == cut.body && whole.hash == cut.hash);
    return a.used + whole.used;
}

static void decode(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1);
    PROMISE(copy);
    memcpy(copy, data, size);
    size_t n = size;
    if (http_decode(copy, &n, true)) PROMISE(n <= size && !memchr(copy, 0, n) && utf8_valid(copy, n, NULL));
    copy[n < size ? n : size] = 0;
    http_accepts_gzip(copy);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    for (size_t at = 0, requests = 0; at < size && requests < 16; requests++) at += one_request(bytes + at, size - at);
    decode(data, size < 4096 ? size : 4096);
    return 0;
}
