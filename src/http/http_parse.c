/* A request's head, strictly: RFC 9112, and where it lets a server be lenient, no. Pure: bytes in, spans of them out. */
#include "http.h"

#include <string.h>
#include <strings.h>

/* ---- characters (RFC 9110, section 5.6.2; RFC 3986) ---- */

static bool is_token(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_value(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7F);
}

static bool all(struct http_span s, bool (*is)(unsigned char c))
{
    for (size_t i = 0; i < s.n; i++)
        if (!is((unsigned char)s.s[i])) return false;
    return true;
}

static bool is_target(unsigned char c)
{
    return c > 0x20 && c < 0x7F && c != '#' && c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' && c != '`' && c != '{' && c != '|' && c != '}';
}

static bool is_host(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("-._~!$&'()*+,;=:[]%", c) != NULL);
}

static bool same(struct http_span s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.s, word, s.n) == 0;
}

static enum http_parsed bad(struct http_fault *f, int code, const char *why)
{
    *f = (struct http_fault){code, why};
    return HTTP_BAD;
}

/* ---- where the head ends ---- */

/* Every line must end in CR LF, and neither may stand elsewhere. Sets *end behind the empty line. The first line alone may be too long in its own way. */
static enum http_parsed find_end(const char *b, size_t n, size_t *scanned, const struct http_limits *l, size_t *end, struct http_fault *f)
{
    size_t start = n >= 2 && b[0] == '\r' && b[1] == '\n' ? 2 : 0;   /* one empty line before a request is let pass (RFC 9112, section 2.2) */
    for (size_t i = *scanned > start ? *scanned : start; i < n; i++) {
        if (i - start >= l->line_max && !memchr(b + start, '\n', l->line_max)) return bad(f, 414, "the request line is too long");
        if (i >= l->head_max) return bad(f, 431, "the header fields are too long");
        if (b[i] == 0) return bad(f, 400, "a NUL byte stands in the header");
        if (b[i] == '\n' && (i == 0 || b[i - 1] != '\r')) return bad(f, 400, "a line of the header ends without a carriage return");
        if (b[i] != '\n' && i > start && b[i - 1] == '\r') return bad(f, 400, "a carriage return stands inside a line of the header");
        *scanned = i;   /* the last byte is looked at again: a CR may have come before its LF */
        if (b[i] == '\n' && i >= start + 3 && b[i - 2] == '\n') {
            *end = i + 1;
            return HTTP_DONE;
        }
    }
    return HTTP_MORE;
}

/* ---- the request line ---- */

/* http://host/path is origin form with a host that counts for more than the field (RFC 9112, section 3.2.2). */
static bool take_absolute(struct http_head *h)
{
    size_t scheme = h->target.n > 7 && strncasecmp(h->target.s, "http://", 7) == 0 ? 7 : h->target.n > 8 && strncasecmp(h->target.s, "https://", 8) == 0 ? 8 : 0;
    if (!scheme) return false;
    const char *host = h->target.s + scheme, *end = h->target.s + h->target.n, *path = host;
    while (path < end && *path != '/') path++;
    h->host = (struct http_span){host, (size_t)(path - host)};
    h->target = (struct http_span){path, (size_t)(end - path)};
    return path < end && h->host.n > 0;
}

static enum http_parsed read_version(struct http_span v, struct http_head *h, struct http_fault *f)
{
    bool form = v.n == 8 && memcmp(v.s, "HTTP/", 5) == 0 && v.s[5] >= '0' && v.s[5] <= '9' && v.s[6] == '.' && v.s[7] >= '0' && v.s[7] <= '9';
    if (!form) return bad(f, 400, "the request line is not METHOD TARGET HTTP/1.1");
    if (v.s[5] != '1') return bad(f, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    h->minor = v.s[7] == '0' ? 0 : 1;
    return HTTP_DONE;
}

static enum http_parsed read_line(const char *b, size_t n, struct http_head *h, struct http_fault *f)
{
    const char *one = memchr(b, ' ', n), *two = one ? memchr(one + 1, ' ', n - (size_t)(one + 1 - b)) : NULL;
    if (!two) return bad(f, 400, "the request line is not METHOD TARGET HTTP/1.1");
    h->method = (struct http_span){b, (size_t)(one - b)};
    h->target = (struct http_span){one + 1, (size_t)(two - one - 1)};
    if (!h->method.n || !all(h->method, is_token)) return bad(f, 400, "the method is not a word");
    if (h->method.n > HTTP_METHOD_MAX) return bad(f, 501, "there is no such method");
    if (!h->target.n || !all(h->target, is_target)) return bad(f, 400, "the target has characters that must be escaped");
    bool options = same(h->target, "*") && same(h->method, "OPTIONS");
    if (h->target.s[0] != '/' && !options && !take_absolute(h)) return bad(f, 400, "the target is not a path");
    return read_version((struct http_span){two + 1, n - (size_t)(two + 1 - b)}, h, f);
}

/* ---- header fields ---- */

static struct http_span trimmed(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t')) to--;
    return (struct http_span){from, (size_t)(to - from)};
}

static enum http_parsed read_field(const char *b, size_t n, struct http_head *h, struct http_fault *f)
{
    if (*b == ' ' || *b == '\t') return bad(f, 400, "a header field is folded over two lines");
    const char *colon = memchr(b, ':', n);
    if (!colon || colon == b) return bad(f, 400, "a header field has no name");
    struct http_field x = {{b, (size_t)(colon - b)}, trimmed(colon + 1, b + n)};
    if (!all(x.name, is_token)) return bad(f, 400, "a header field's name is not a word");
    if (!all(x.value, is_value)) return bad(f, 400, "a header field's value has a control character");
    if (h->n_fields == HTTP_FIELDS_MAX) return bad(f, 431, "there are too many header fields");
    h->fields[h->n_fields++] = x;
    return HTTP_DONE;
}

/* ---- what the fields mean for the connection ---- */

static size_t count(const struct http_head *h, const char *name, struct http_span *first)
{
    size_t n = 0;
    for (size_t i = h->n_fields; i-- > 0;)
        if (same(h->fields[i].name, name)) *first = h->fields[i].value, n++;
    return n;
}

static enum http_parsed read_length(struct http_span v, struct http_head *h, struct http_fault *f)
{
    if (!v.n || v.n > 18) return bad(f, 400, "Content-Length is not a number");
    for (size_t i = 0; i < v.n; i++) {
        if (v.s[i] < '0' || v.s[i] > '9') return bad(f, 400, "Content-Length is not a number");
        h->length = h->length * 10 + (uint64_t)(v.s[i] - '0');
    }
    h->framing = h->length ? HTTP_LENGTH : HTTP_NO_BODY;
    return HTTP_DONE;
}

/* Smuggling lives here: two readers that disagree on where a body ends. So one way to say it, once. */
static enum http_parsed read_framing(struct http_head *h, struct http_fault *f)
{
    struct http_span length = {0}, coding = {0};
    size_t lengths = count(h, "Content-Length", &length), codings = count(h, "Transfer-Encoding", &coding);
    if (lengths > 1) return bad(f, 400, "Content-Length stands twice");
    if (lengths && codings) return bad(f, 400, "Content-Length and Transfer-Encoding exclude each other");
    if (codings > 1) return bad(f, 400, "Transfer-Encoding stands twice");
    if (codings && h->minor == 0) return bad(f, 400, "Transfer-Encoding needs HTTP/1.1");
    if (codings && !same(coding, "chunked")) return bad(f, 501, "the only Transfer-Encoding known here is chunked");
    if (codings) h->framing = HTTP_CHUNKED;
    return lengths ? read_length(length, h, f) : HTTP_DONE;
}

static enum http_parsed read_host(struct http_head *h, struct http_fault *f)
{
    struct http_span host = {0};
    size_t n = count(h, "Host", &host);
    if (n > 1) return bad(f, 400, "Host stands twice");
    if (n == 0 && h->minor == 1) return bad(f, 400, "Host is missing");
    if (!h->host.s) h->host = host;
    if (!all(h->host, is_host) || !all(host, is_host)) return bad(f, 400, "Host is not a host's name");
    return HTTP_DONE;
}

static void read_connection(struct http_head *h)
{
    h->keep_alive = h->minor == 1;
    for (size_t i = 0; i < h->n_fields; i++) {
        if (!same(h->fields[i].name, "Connection")) continue;
        const char *p = h->fields[i].value.s, *end = p + h->fields[i].value.n;
        while (p < end) {
            const char *comma = memchr(p, ',', (size_t)(end - p));
            struct http_span word = trimmed(p, comma ? comma : end);
            if (same(word, "close")) h->keep_alive = false;
            if (same(word, "keep-alive") && h->minor == 0) h->keep_alive = true;
            p = comma ? comma + 1 : end;
        }
    }
}

static enum http_parsed read_expect(struct http_head *h, struct http_fault *f)
{
    struct http_span expect = {0};
    if (!count(h, "Expect", &expect) || h->minor == 0) return HTTP_DONE;
    if (!same(expect, "100-continue")) return bad(f, 417, "the only expectation met here is 100-continue");
    h->expects_continue = h->framing != HTTP_NO_BODY;
    return HTTP_DONE;
}

static enum http_parsed read_meaning(struct http_head *h, struct http_fault *f)
{
    enum http_parsed p = read_framing(h, f);
    if (p == HTTP_DONE) p = read_host(h, f);
    read_connection(h);
    return p == HTTP_DONE ? read_expect(h, f) : p;
}

/* ---- the whole ---- */

enum http_parsed http_parse_head(const char *bytes, size_t n, size_t *scanned, const struct http_limits *l, struct http_head *out, size_t *used,
                                 struct http_fault *fault)
{
    size_t end = 0;
    enum http_parsed p = find_end(bytes, n, scanned, l, &end, fault);
    if (p != HTTP_DONE) return p;
    *out = (struct http_head){.framing = HTTP_NO_BODY};
    const char *b = bytes + (bytes[0] == '\r' ? 2 : 0), *stop = bytes + end - 2;
    bool first = true;
    while (b < stop && p == HTTP_DONE) {
        const char *line = memchr(b, '\r', (size_t)(stop - b) + 1);
        p = first ? read_line(b, (size_t)(line - b), out, fault) : read_field(b, (size_t)(line - b), out, fault);
        b = line + 2;
        first = false;
    }
    if (p == HTTP_DONE && first) p = bad(fault, 400, "the request line is missing");
    if (p == HTTP_DONE) p = read_meaning(out, fault);
    *used = end;
    return p;
}
