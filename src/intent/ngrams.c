#include "intent_int.h"

#include <stdlib.h>
#include <string.h>

struct token { const char *s; size_t n; bool word; };

static bool is_word(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || c == '\'' || c == '_' || (c >= 0xC0 && c < 0x2000 && c != 0xD7 && c != 0xF7);
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static size_t run_length(const char *s, const char *end, bool (*is)(uint32_t))
{
    const char *p = s;
    while (p < end) {
        const char *next = p;
        if (!is(utf8_next(&next, end))) break;
        p = next;
    }
    return (size_t)(p - s);
}

status intent_text(const struct normalizer *z, const char *s, size_t n, struct strbuf *out)
{
    enum { DIGITS_KEPT = 3 };
    size_t start = out->len, to = start;
    TRY(normalize(z, s, n, out));
    for (size_t i = start; i < out->len;) {
        size_t digits = run_length(out->data + i, out->data + out->len, is_digit);
        size_t keep = digits > DIGITS_KEPT ? 0 : digits ? digits : 1;
        if (!keep) out->data[to++] = '#';
        memmove(out->data + to, out->data + i, keep);
        to += keep;
        i += digits ? digits : 1;
    }
    out->len = to;
    if (out->data) out->data[to] = 0;
    return OK;
}

static size_t cut(const char *s, size_t n, struct token *out)
{
    const char *p = s, *end = s + n;
    size_t count = 0;
    out[count++] = (struct token){"^", 1, false};
    while (p < end && count + 1 < NGRAM_TOKENS_MAX) {
        const char *next = p;
        uint32_t c = utf8_next(&next, end);
        size_t length = (size_t)(next - p);
        if (is_digit(c)) {
            length = run_length(p, end, is_digit);
            out[count++] = (struct token){p, length, false};
        } else if (is_word(c)) {
            length = run_length(p, end, is_word);
            out[count++] = (struct token){p, length, true};
        } else if (utf8_is_han(c) || c == '?' || c == '!' || c == '#') out[count++] = (struct token){p, length, false};
        p += length;
    }
    out[count++] = (struct token){"$", 1, false};
    return count;
}

struct features { uint32_t *out; size_t n; };

static void add(struct features *f, uint64_t hash)
{
    if (f->n < NGRAM_FEATURES_MAX) f->out[f->n++] = (uint32_t)(hash ^ hash >> 32);
}

static void add_orders(struct features *f, const struct token *t, size_t n, size_t longest)
{
    enum { SKIPPED = 77 };
    for (size_t i = 0; i < n; i++) {
        uint64_t h = 0;
        for (size_t k = 0; k < longest && i + k < n; k++) {
            h = hash_bytes(t[i + k].s, t[i + k].n, h + k + 1);
            add(f, h);
        }
        if (longest > 1 && i + 2 < n) add(f, hash_bytes(t[i + 2].s, t[i + 2].n, hash_bytes(t[i].s, t[i].n, SKIPPED)));
    }
}

/* "<return>": <re ret etu ... urn> */
static void add_pieces(struct features *f, const struct token *t)
{
    enum { SHORTEST = 3, LONGEST = 5, WORD_MAX = 40, PIECES = 991 };
    char word[WORD_MAX + 2];
    size_t n = t->n < WORD_MAX ? t->n : WORD_MAX;
    word[0] = '<';
    memcpy(word + 1, t->s, n);
    word[n + 1] = '>';
    n += 2;
    for (size_t i = 0; i < n; i++)
        for (size_t k = SHORTEST; k <= LONGEST && i + k <= n; k++) add(f, hash_bytes(word + i, k, PIECES));
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

size_t ngram_features(const char *text, size_t n, uint32_t orders, uint32_t *out)
{
    struct token tokens[NGRAM_TOKENS_MAX];
    struct features f = {out, 0};
    size_t count = cut(text, n, tokens), kept = 0;
    if (count <= 2) return 0;
    add_orders(&f, tokens, count, orders);
    for (size_t i = 0; i < count && orders > 1; i++)
        if (tokens[i].word) add_pieces(&f, &tokens[i]);
    qsort(out, f.n, sizeof *out, by_value);
    for (size_t i = 0; i < f.n; i++)
        if (i == 0 || out[i] != out[i - 1]) out[kept++] = out[i];
    return kept;
}

bool ngram_has_words(const char *text, size_t n)
{
    for (const char *p = text, *end = text + n; p < end;) {
        uint32_t c = utf8_next(&p, end);
        if (c != 0xFFFD && (utf8_is_han(c) || (is_word(c) && c != '\'' && c != '_'))) return true;
    }
    return false;
}
