#include "text_int.h"

#include <string.h>

/* Leading spaces belong to how a word was cut, not to the word. */
static const char *word_of(const struct tokenizer *t, int32_t id, size_t *n)
{
    const char *s = tokenizer_bytes(t, id, n);
    while (*n && *s == ' ') s++, --*n;
    return s;
}

enum { INSIDE = 3 };   /* a Han character, "oak": shorter ones are found inside of too much */

static bool stands_in(const struct tokenizer *t, const char *word, size_t n, const int32_t *other, size_t n_other, const char *text, size_t n_text)
{
    if (n >= INSIDE) return memmem(text, n_text, word, n) != NULL;
    for (size_t i = 0; i < n_other; i++) {
        size_t m;
        const char *s = word_of(t, other[i], &m);
        if (m == n && memcmp(s, word, n) == 0) return true;
    }
    return false;
}

static size_t text_of(const struct tokenizer *t, const int32_t *ids, size_t n, char *out, size_t max)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        size_t m;
        const char *s = tokenizer_bytes(t, ids[i], &m);
        if (m > max - used) break;
        memcpy(out + used, s, m);
        used += m;
    }
    return used;
}

static void one_side(const struct tokenizer *t, const int32_t *ids, size_t n, const int32_t *other, size_t n_other, int32_t *out)
{
    enum { TEXT_MAX = 8192 };
    char text[TEXT_MAX];
    size_t n_text = text_of(t, other, n_other, text, sizeof text);
    for (size_t i = 0; i < n; i++) {
        size_t m;
        const char *word = word_of(t, ids[i], &m);
        out[i] = m == 0 ? 0 : stands_in(t, word, m, other, n_other, text, n_text) ? 2 : 1;
    }
}

void tokenizer_overlap(const struct tokenizer *t, const int32_t *pair, size_t n, int32_t separator, int32_t *out)
{
    size_t first = 0;
    while (first < n && pair[first] != separator) first++;
    one_side(t, pair, first, pair + first, n - first, out);
    one_side(t, pair + first, n - first, pair, first, out + first);
}
