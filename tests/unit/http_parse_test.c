/* http: the parser of requests, byte by byte: what is refused and why, what is understood, and that no cut of the input changes that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "http/http.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static const struct http_limits LIMITS = {200, 1000};

struct parsed { enum http_parsed result; struct http_head head; size_t used; struct http_fault fault; };

static struct parsed parse(const char *s, size_t n)
{
    struct parsed p = {0};
    size_t scanned = 0;
    p.result = http_parse_head(s, n, &scanned, &LIMITS, &p.head, &p.used, &p.fault);
    return p;
}

static bool span_is(struct http_span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.s, text, s.n) == 0;
}

struct bad { const char *request; int code; size_t n; };
#define BAD(text, code) {text, code, sizeof text - 1}
#define HEAD "GET / HTTP/1.1\r\nHost: x\r\n"
#define POST "POST / HTTP/1.1\r\nHost: x\r\n"

static const struct bad bads[] = {
    /* line ends */
    BAD("GET / HTTP/1.1\nHost: x\n\n", 400), BAD("GET / HTTP/1.1\r\nHost: x\n\r\n", 400), BAD("GET / HTTP/1.1\r\nHost: x\r\n\n", 400), BAD("GET / HTTP/1.1\rHost: x\r\n\r\n", 400),
    BAD(HEAD "A: b\rc\r\n\r\n", 400), BAD(HEAD "A: b\r\r\n\r\n", 400), BAD("\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    /* NUL and other controls */
    BAD("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD(HEAD "A: b\0c\r\n\r\n", 400), BAD(HEAD "A\0: b\r\n\r\n", 400), BAD(HEAD "A: \x01\r\n\r\n", 400), BAD(HEAD "A: \x7f\r\n\r\n", 400),
    BAD("GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("GET /\x80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    /* the request line */
    BAD("GET /\r\nHost: x\r\n\r\n", 400), BAD("GET\r\nHost: x\r\n\r\n", 400), BAD(" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    BAD("GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400), BAD("GET / /x HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("GET / http/1.1\r\nHost: x\r\n\r\n", 400), BAD("GET / HTTP/1.1x\r\nHost: x\r\n\r\n", 400),
    BAD("GET / HTTP/11.1\r\nHost: x\r\n\r\n", 400), BAD("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505), BAD("GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505), BAD("G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    BAD("GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("GET /#a HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("GET http:// HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    BAD("GET http://h HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("GET ftp://h/ HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("AVERYLONGMETHODNAME / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    BAD("CONNECT h:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400), BAD("\r\n\r\n\r\n", 400),
    /* fields */
    BAD(HEAD "A : b\r\n\r\n", 400), BAD(HEAD " A: b\r\n\r\n", 400), BAD(HEAD "A: b\r\n c\r\n\r\n", 400), BAD(HEAD "A: b\r\n\tc\r\n\r\n", 400), BAD(HEAD ": b\r\n\r\n", 400), BAD(HEAD "A\r\n\r\n", 400),
    BAD(HEAD "A\xc3\xa9: b\r\n\r\n", 400), BAD(HEAD "(A): b\r\n\r\n", 400),
    /* host */
    BAD("GET / HTTP/1.1\r\n\r\n", 400), BAD("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400), BAD("GET / HTTP/1.1\r\nHost: x\r\nhOST: y\r\n\r\n", 400), BAD("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    BAD("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400), BAD("GET / HTTP/1.1\r\nHost: h/p\r\n\r\n", 400), BAD("GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400), BAD("GET http://u@h/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    /* where the body ends */
    BAD(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400), BAD(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400), BAD(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
    BAD(POST "Content-Length: 5, 5\r\n\r\n", 400), BAD(POST "Content-Length: +5\r\n\r\n", 400), BAD(POST "Content-Length: -5\r\n\r\n", 400), BAD(POST "Content-Length: 0x5\r\n\r\n", 400),
    BAD(POST "Content-Length: 5 5\r\n\r\n", 400), BAD(POST "Content-Length:\r\n\r\n", 400), BAD(POST "Content-Length: 5a\r\n\r\n", 400), BAD(POST "Content-Length: 9999999999999999999\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400), BAD(POST "Transfer-Encoding: gzip\r\n\r\n", 501), BAD(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    BAD(POST "Transfer-Encoding: chunked, chunked\r\n\r\n", 501), BAD(POST "Transfer-Encoding: xchunked\r\n\r\n", 501), BAD(POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 501),
    BAD(POST "Transfer-Encoding:\r\n\r\n", 501), BAD("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400), BAD(POST "Transfer-Encoding : chunked\r\n\r\n", 400),
    BAD(POST "Transfer-Encoding: chunked\r\n content-length: 1\r\n\r\n", 400), BAD(POST "Content-Length: 5\r\nExpect: 200-ok\r\n\r\n", 417),
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        struct parsed p = parse(bads[i].request, bads[i].n);
        if (p.result != HTTP_BAD || p.fault.code != bads[i].code) print_error("row %zu: %s\n", i, bads[i].request);
        assert_int_equal(p.result, HTTP_BAD);
        assert_int_equal(p.fault.code, bads[i].code);
        assert_true(strlen(p.fault.why) > 10);
    }
}

/* Whatever is refused whole is refused at some point of its coming, too, and nothing good is found in a part of it. */
static void refuses_at_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
        size_t scanned = 0, used;
        struct http_head h;
        struct http_fault f;
        enum http_parsed r = HTTP_MORE;
        for (size_t n = 1; n <= bads[i].n && r == HTTP_MORE; n++) r = http_parse_head(bads[i].request, n, &scanned, &LIMITS, &h, &used, &f);
        assert_int_equal(r, HTTP_BAD);
        assert_int_equal(f.code, bads[i].code);
    }
}

static void limits(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'a', sizeof text);
    memcpy(text, "GET /", 5);
    assert_int_equal(parse(text, 199).result, HTTP_MORE);
    assert_int_equal(parse(text, 201).fault.code, 414);
    int n = snprintf(text, sizeof text, HEAD);
    memset(text + n, 'a', sizeof text - (size_t)n);
    assert_int_equal(parse(text, 1000).result, HTTP_MORE);
    assert_int_equal(parse(text, 1001).fault.code, 431);
    struct strbuf b = {0};
    strbuf_puts(&b, HEAD);
    for (int i = 0; i < HTTP_FIELDS_MAX; i++) strbuf_puts(&b, "A: b\r\n");
    strbuf_puts(&b, "\r\n");
    assert_int_equal(parse(b.data, b.len).fault.code, 431);
    strbuf_release(&b);
}

static void understands(void **state)
{
    (void)state;
    static const char text[] = "\r\nPOST /a/b?c=d HTTP/1.1\r\nhost: Shop.Example:8080\r\nX-Empty:\r\nX-Spaces: \t a  b \t\r\nContent-Length: 12\r\nExpect: 100-Continue\r\nConnection: foo , Close\r\n\r\nrest";
    struct parsed p = parse(text, sizeof text - 1);
    assert_int_equal(p.result, HTTP_DONE);
    assert_int_equal(p.used, sizeof text - 1 - 4);
    assert_true(span_is(p.head.method, "POST") && span_is(p.head.target, "/a/b?c=d") && span_is(p.head.host, "Shop.Example:8080"));
    assert_true(span_is(p.head.fields[1].value, "") && span_is(p.head.fields[2].value, "a  b"));
    assert_int_equal(p.head.framing, HTTP_LENGTH);
    assert_int_equal(p.head.length, 12);
    assert_true(p.head.expects_continue && !p.head.keep_alive && p.head.minor == 1);
}

static void understands_the_rest(void **state)
{
    (void)state;
    static const char absolute[] = "GET http://h.example/p?q HTTP/1.1\r\nHost: other\r\n\r\n", old[] = "GET / HTTP/1.0\r\n\r\n", kept[] = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
    static const char chunked[] = POST "Transfer-Encoding: Chunked\r\n\r\n", nothing[] = POST "Content-Length: 0\r\n\r\n", options[] = "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n";
    struct parsed p = parse(absolute, sizeof absolute - 1);
    assert_true(p.result == HTTP_DONE && span_is(p.head.host, "h.example") && span_is(p.head.target, "/p?q") && p.head.keep_alive);
    p = parse(old, sizeof old - 1);
    assert_true(p.result == HTTP_DONE && p.head.minor == 0 && !p.head.keep_alive);
    assert_true(parse(kept, sizeof kept - 1).head.keep_alive);
    assert_int_equal(parse(chunked, sizeof chunked - 1).head.framing, HTTP_CHUNKED);
    assert_int_equal(parse(nothing, sizeof nothing - 1).head.framing, HTTP_NO_BODY);
    assert_int_equal(parse(options, sizeof options - 1).result, HTTP_DONE);
}

/* ---- chunks ---- */

struct chunk_case { const char *bytes, *body; /* NULL: bad */ size_t rest; };
static const struct chunk_case chunk_cases[] = {
    {"0\r\n\r\n", "", 0}, {"3\r\nabc\r\n0\r\n\r\nGET", "abc", 3}, {"3;a=\"b\";c\r\nabc\r\n000\r\nT: x\r\nU: y\r\n\r\n", "abc", 0}, {"A\r\n0123456789\r\n1\r\n!\r\n0\r\n\r\n", "0123456789!", 0},
    {"\r\n", NULL, 0}, {"g\r\n", NULL, 0}, {"-1\r\n", NULL, 0}, {"0x3\r\nabc\r\n", NULL, 0}, {" 3\r\nabc\r\n", NULL, 0}, {"3 \r\nabc\r\n", NULL, 0}, {"3\nabc\r\n", NULL, 0}, {"3\r\nabcd\r\n", NULL, 0},
    {"3\r\nab\r\n0\r\n\r\n", NULL, 0}, {"3\r\nabc\n0\r\n\r\n", NULL, 0}, {"3\rabc", NULL, 0}, {"123456789\r\n", NULL, 0}, {"0\r\nA\rB\r\n\r\n", NULL, 0}, {"0\r\nA: \x01\r\n\r\n", NULL, 0}, {"0\r\n\nX", NULL, 0},
    {"3;\x01\r\nabc\r\n", NULL, 0},
};

static enum http_parsed read_chunks(const char *bytes, size_t n, size_t step, struct strbuf *body, size_t *taken)
{
    struct http_chunks c = {0};
    struct http_fault f;
    enum http_parsed p = HTTP_MORE;
    *taken = 0;
    while (p == HTTP_MORE && *taken < n) {
        size_t piece = n - *taken < step ? n - *taken : step, used;
        struct http_span data;
        p = http_chunks_next(&c, bytes + *taken, piece, &used, &data, &f);
        if (data.n) strbuf_add(body, data.s, data.n);
        *taken += used;
    }
    return p;
}

static void chunks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof chunk_cases / sizeof chunk_cases[0]; i++)
        for (size_t step = 1; step <= 40; step++) {
            const struct chunk_case *k = &chunk_cases[i];
            struct strbuf body = {0};
            size_t taken, n = strlen(k->bytes);
            enum http_parsed p = read_chunks(k->bytes, n, step, &body, &taken);
            if (k->body ? p != HTTP_DONE : p != HTTP_BAD) print_error("chunks %zu in steps of %zu: %d\n", i, step, (int)p);
            assert_int_equal(p, k->body ? HTTP_DONE : HTTP_BAD);
            if (k->body) assert_string_equal(strbuf_str(&body), k->body);
            if (k->body) assert_int_equal(taken, n - k->rest);
            strbuf_release(&body);
        }
}

static void long_lines_of_chunks(void **state)
{
    (void)state;
    struct strbuf b = {0}, body = {0};
    size_t taken;
    strbuf_puts(&b, "3;");
    for (int i = 0; i < 300; i++) strbuf_putc(&b, 'x');
    assert_int_equal(read_chunks(b.data, b.len, 64, &body, &taken), HTTP_BAD);
    strbuf_clear(&b);
    strbuf_puts(&b, "0\r\n");
    for (int i = 0; i < 1000; i++) strbuf_puts(&b, "A: b\r\n");
    assert_int_equal(read_chunks(b.data, b.len, 64, &body, &taken), HTTP_BAD);
    strbuf_release(&b);
    strbuf_release(&body);
}

static void escapes(void **state)
{
    (void)state;
    static const struct { const char *in, *out; bool plus; } cases[] = {{"a%20b", "a b", false}, {"a+b", "a+b", false}, {"a+b", "a b", true}, {"%E5%8C%85", "包", false}, {"%e5%8c%85", "包", false}, {"", "", false},
        {"%2f", "/", false}, {"%", NULL, false}, {"%4", NULL, false}, {"%4g", NULL, false}, {"%00", NULL, false}, {"%ff", NULL, false}, {"%c0%af", NULL, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        size_t n = strlen(cases[i].in);
        memcpy(text, cases[i].in, n + 1);
        assert_int_equal(http_decode(text, &n, cases[i].plus), cases[i].out != NULL);
        if (cases[i].out) assert_true(n == strlen(cases[i].out) && memcmp(text, cases[i].out, n) == 0);
    }
}

static void gzip(void **state)
{
    (void)state;
    static const char *const yes[] = {"gzip", "br, gzip", "GZIP;q=0.1", "*", "gzip;q=1, *;q=0", "identity, *;q=0.5"}, *const no[] = {"", "br", "gzip;q=0", "*;q=0", "gzip;q=0.0, *", "xgzip"};
    for (size_t i = 0; i < 6; i++) assert_true(http_accepts_gzip(yes[i]));
    for (size_t i = 0; i < 6; i++) assert_false(http_accepts_gzip(no[i]));
    assert_false(http_accepts_gzip(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses), cmocka_unit_test(refuses_at_every_cut), cmocka_unit_test(limits), cmocka_unit_test(understands), cmocka_unit_test(understands_the_rest),
        cmocka_unit_test(chunks), cmocka_unit_test(long_lines_of_chunks), cmocka_unit_test(escapes), cmocka_unit_test(gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
