/* Normalising: NFKC case folding by ICU, traditional to simplified by OpenCC, white space. */
#include "text_int.h"

#include <opencc/opencc.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

enum {
    HAN_FIRST = 0x4E00,
    HAN_END = 0xA000,
    STACK_UNITS = 512          /* UTF-16 units of a usual title, normalised without an allocation */
};

struct normalizer {
    const UNormalizer2 *nfkc_casefold;
    opencc_t t2s;              /* converts through const tables: many threads may use it at once */
    /* One bit a character of the main block that t2s can change. Simplified text, the usual case, then never enters OpenCC. */
    uint64_t traditional[(HAN_END - HAN_FIRST) / 64];
};

/* ---- which characters are traditional ---- */

static void mark(struct normalizer *z, uint32_t c)
{
    z->traditional[(c - HAN_FIRST) / 64] |= 1ull << (c - HAN_FIRST) % 64;
}

static bool is_traditional(const struct normalizer *z, uint32_t c)
{
    if (c < HAN_FIRST || c >= HAN_END) return utf8_is_han(c);   /* the rare blocks always ask */
    return z->traditional[(c - HAN_FIRST) / 64] >> (c - HAN_FIRST) % 64 & 1;
}

/* Asks OpenCC about each character on its own: one a line, since no phrase spans lines. */
static status find_traditional(struct normalizer *z)
{
    struct strbuf in = {0};
    for (uint32_t c = HAN_FIRST; c < HAN_END; c++) {
        strbuf_put_utf8(&in, c);
        strbuf_putc(&in, '\n');
    }
    char *converted = in.failed ? NULL : opencc_convert_utf8(z->t2s, in.data, in.len);
    const char *p = in.data, *end = p + in.len, *q = converted, *q_end = q ? q + strlen(q) : NULL;
    while (converted && p < end && q < q_end) {
        uint32_t c = utf8_next(&p, end);
        if (utf8_next(&q, q_end) != c) mark(z, c);
        while (q < q_end && *q++ != '\n') {}
        p++;
    }
    bool good = converted && p == end && q == q_end;
    if (converted) opencc_convert_utf8_free(converted);
    strbuf_release(&in);
    FAIL_IF(!good, ERR_NOMEM, "OpenCC could not read its dictionary; install the package libopencc-data again");
    /* These stand for themselves alone and change only inside phrases (瞭解, 答覆, 藉口, 沈默 ...). */
    static const uint16_t in_phrases[] = {0x77AD, 0x8986, 0x85C9, 0x6C88, 0x8879, 0x7274, 0x7947, 0x5F77, 0x4E7E, 0x8457};
    for (size_t i = 0; i < sizeof in_phrases / sizeof *in_phrases; i++) mark(z, in_phrases[i]);
    return OK;
}

status normalizer_new(struct normalizer **out)
{
    *out = NULL;
    struct normalizer *z = mem_zalloc(1, sizeof *z);
    if (!z) return fail_nomem("opening a normaliser");
    UErrorCode error = U_ZERO_ERROR;
    status s = OK;
    z->nfkc_casefold = unorm2_getNFKCCasefoldInstance(&error);
    z->t2s = opencc_open("t2s.json");
    if (U_FAILURE(error)) s = fail(ERR_IO, "ICU has no normalisation data (%s); install the package libicu72 again", u_errorName(error));
    else if (z->t2s == (opencc_t)-1) s = fail(ERR_IO, "OpenCC has no t2s.json; install the package libopencc-data");
    else s = find_traditional(z);
    if (s != OK) normalizer_free(z);
    else *out = z;
    return s;
}

void normalizer_free(struct normalizer *z)
{
    if (!z) return;
    if (z->t2s && z->t2s != (opencc_t)-1) opencc_close(z->t2s);
    mem_free(z);
}

/* ---- ASCII ---- */

static bool is_blank(uint32_t c)
{
    return c <= ' ' || (c >= 0x7F && c <= 0xA0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x205F || c == 0x3000;
}

/* Lower case, blanks collapsed. False: something else than ASCII came up. */
static bool normalize_ascii(const char *s, size_t n, char *out, size_t *length)
{
    size_t to = 0;
    bool gap = false;
    for (size_t i = 0; i < n; i++) {
        unsigned char b = (unsigned char)s[i];
        if (b >= 0x80) return false;
        if (is_blank(b)) {
            gap = to > 0;
            continue;
        }
        if (gap) out[to++] = ' ';
        gap = false;
        out[to++] = (char)(b >= 'A' && b <= 'Z' ? b + 32 : b);
    }
    *length = to;
    return true;
}

/* ---- everything else ---- */

/* Characters that NFKC would turn into something else than a shop's text means by them. */
static uint32_t respell(uint32_t c)
{
    switch (c) {
    case 0x2122: case 0x2120: return ' ';              /* TM and SM would stick to the name as letters */
    case 0x2018: case 0x2019: case 0x2032: return '\'';
    case 0x201C: case 0x201D: case 0x2033: return '"'; /* also inches */
    case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2212: return '-';
    default: return c;
    }
}

static bool is_vulgar_fraction(uint32_t c)
{
    return (c >= 0xBC && c <= 0xBE) || (c >= 0x2150 && c <= 0x215F) || c == 0x2189;
}

/* UTF-8 to UTF-16; at most one unit a byte. A fraction after a digit gets a space, or 5½ would become 51/2. */
static int32_t to_utf16(const char *s, size_t n, UChar *out)
{
    int32_t to = 0;
    uint32_t previous = 0;
    for (const char *p = s, *end = s + n; p < end;) {
        uint32_t c = respell(utf8_next(&p, end));
        if (is_vulgar_fraction(c) && previous >= '0' && previous <= '9') out[to++] = ' ';
        if (is_blank(c)) c = ' ';
        U16_APPEND_UNSAFE(out, to, c);
        previous = c;
    }
    return to;
}

/* UTF-16 to UTF-8 at the end of out, blanks collapsed; says whether OpenCC has to see it. */
static bool add_utf16(const struct normalizer *z, const UChar *u, int32_t n, struct strbuf *out)
{
    bool gap = false, traditional = false;
    size_t start = out->len;
    for (int32_t i = 0; i < n;) {
        uint32_t c = u[i++];   /* well-formed: it was UTF-8 before */
        if (U16_IS_LEAD(c) && i < n) c = 0x10000 + ((c - 0xD800) << 10) + (u[i++] - 0xDC00u);
        if (is_blank(c)) {
            gap = out->len > start;
            continue;
        }
        if (c == 0x2044) c = '/';
        if (gap) strbuf_putc(out, ' ');
        gap = false;
        char bytes[4];
        strbuf_add(out, bytes, utf8_put(bytes, c));
        traditional |= is_traditional(z, c);
    }
    return traditional;
}

static status simplify(const struct normalizer *z, size_t start, struct strbuf *out)
{
    char *simplified = opencc_convert_utf8(z->t2s, out->data + start, out->len - start);
    if (!simplified) return fail_nomem("converting traditional characters");
    out->len = start;
    strbuf_puts(out, simplified);
    opencc_convert_utf8_free(simplified);
    return strbuf_status(out);
}

static status fold(const struct normalizer *z, const UChar *in, int32_t n, struct strbuf *out)
{
    UChar small[2 * STACK_UNITS], *folded = small;
    UErrorCode error = U_ZERO_ERROR;
    int32_t need = unorm2_normalize(z->nfkc_casefold, in, n, small, 2 * STACK_UNITS, &error);
    if (error == U_BUFFER_OVERFLOW_ERROR) {
        error = U_ZERO_ERROR;
        folded = mem_alloc((size_t)need * sizeof *folded);
        if (!folded) return fail_nomem("normalising a text");
        need = unorm2_normalize(z->nfkc_casefold, in, n, folded, need, &error);
    }
    status s = OK;
    if (error == U_MEMORY_ALLOCATION_ERROR) s = fail_nomem("normalising a text");
    else if (U_FAILURE(error)) s = fail(ERR_INTERNAL, "ICU could not normalise a text: %s", u_errorName(error));
    else {
        size_t start = out->len;
        bool traditional = add_utf16(z, folded, need, out);
        s = strbuf_status(out);
        if (s == OK && traditional) s = simplify(z, start, out);
    }
    if (folded != small) mem_free(folded);
    return s;
}

static status normalize_unicode(const struct normalizer *z, const char *s, size_t n, struct strbuf *out)
{
    UChar small[STACK_UNITS];
    UChar *units = n <= STACK_UNITS ? small : mem_alloc(n * sizeof *units);
    if (!units) return fail_nomem("normalising a text");
    status result = fold(z, units, to_utf16(s, n, units), out);
    if (units != small) mem_free(units);
    return result;
}

status normalize(const struct normalizer *z, const char *s, size_t n, struct strbuf *out)
{
    FAIL_IF(n > TEXT_BYTES_MAX, ERR_LIMIT, "a text of %zu bytes is longer than the limit of %d; cut it", n, TEXT_BYTES_MAX);
    size_t start = out->len, length;
    if (n == 0) return strbuf_status(out);
    strbuf_add(out, s, n);                /* room for n bytes; ASCII never grows */
    TRY(strbuf_status(out));
    bool ascii = normalize_ascii(s, n, out->data + start, &length);
    out->len = start + (ascii ? length : 0);
    out->data[out->len] = 0;
    return ascii ? OK : normalize_unicode(z, s, n, out);
}

/* ---- language ---- */

enum language text_language(const char *s, size_t n)
{
    size_t han = 0, words = 0;
    bool in_word = false;
    for (const char *p = s, *end = s + n; p < end;) {
        uint32_t c = utf8_next(&p, end);
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (letter && !in_word) words++;
        in_word = letter;
        if (utf8_is_han(c)) han++;
    }
    /* A Han character says about a quarter of a need; one borrowed word does not turn an English sentence. */
    return han && han * 4 >= words ? LANGUAGE_ZH : LANGUAGE_EN;
}

const char *language_code(enum language l)
{
    return l == LANGUAGE_ZH ? "zh" : "en";
}
