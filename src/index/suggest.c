/* Spelling: the whole dictionary is passed over, but all but a few terms fall to two cheap tests that never err: the number of
 * letters, and a signature of one bit a letter in which k edits change at most k bits each way. That is about 10 ns a term, a
 * millisecond for a hundred thousand of them, and nothing but nine bytes a term to keep.
 */
#include "index_int.h"

#include <string.h>

enum { EDITS_MAX = 2, LETTERS_MAX = INDEX_TERM_BYTES_MAX };

struct letters {
    uint32_t at[LETTERS_MAX];
    size_t n;
};

static void letters_of(struct letters *l, const char *s, size_t n)
{
    const char *end = s + n;
    for (l->n = 0; s < end && l->n < LETTERS_MAX;) l->at[l->n++] = utf8_next(&s, end);
}

static bool more_bits(uint64_t bits, unsigned than)
{
    for (; bits && than; than--) bits &= bits - 1;
    return bits != 0;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned d = a < b ? a : b;
    return d < c ? d : c;
}

static bool swapped_pair(const struct letters *a, size_t i, const struct letters *b, size_t j)
{
    return i > 1 && j > 1 && a->at[i - 1] == b->at[j - 2] && a->at[i - 2] == b->at[j - 1];
}

/* Damerau-Levenshtein distance in its alignment form (a swapped pair is one edit and is not edited again), or most + 1 if it
 * is more. Rows are a's letters; only the diagonal band of 2 most + 1 columns is computed, what lies outside is far. */
static unsigned edit_distance(const struct letters *a, const struct letters *b, unsigned most)
{
    uint8_t rows[3][LETTERS_MAX + 2];
    uint8_t *before = rows[0], *last = rows[1], *row = rows[2];
    unsigned far = most + 1;
    if (a->n > b->n + most || b->n > a->n + most) return far;
    for (unsigned j = 0; j <= b->n && j <= far; j++) last[j] = (uint8_t)j;
    for (size_t i = 1; i <= a->n; i++) {
        size_t first = i > most ? i - most : 1, end = i + most < b->n ? i + most : b->n;
        row[first - 1] = (uint8_t)(i < far ? i : far);
        for (size_t j = first; j <= end; j++) {
            unsigned up = j < i + most ? last[j] : far;
            unsigned d = smallest(up + 1, row[j - 1] + 1u, last[j - 1] + (a->at[i - 1] == b->at[j - 1] ? 0u : 1u));
            if (swapped_pair(a, i, b, j) && before[j - 2] + 1u < d) d = before[j - 2] + 1u;
            row[j] = (uint8_t)(d < far ? d : far);
        }
        uint8_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b->n];
}

static bool better(const struct index_suggestion *a, const struct index_suggestion *b)
{
    if (a->edits != b->edits) return a->edits < b->edits;
    if (a->document_frequency != b->document_frequency) return a->document_frequency > b->document_frequency;
    return compare_bytes(a->term, a->length, b->term, b->length) < 0;
}

/* out is kept sorted; it is short. */
static size_t insert(struct index_suggestion *out, size_t n, size_t max, struct index_suggestion s)
{
    if (n == max && !better(&s, &out[n - 1])) return n;
    size_t i = n < max ? n : n - 1;
    for (; i && better(&s, &out[i - 1]); i--) out[i] = out[i - 1];
    out[i] = s;
    return n < max ? n + 1 : n;
}

static bool may_be_near(const struct index *x, uint32_t t, const struct letters *wanted, uint64_t signature, unsigned most)
{
    uint64_t other = x->term_signatures[t];
    size_t n = x->term_letters[t];
    size_t gap = n > wanted->n ? n - wanted->n : wanted->n - n;
    return gap <= most && !more_bits(signature & ~other, most) && !more_bits(other & ~signature, most);
}

size_t index_suggest(const struct index *x, const char *term, size_t n, unsigned edits_max, struct index_suggestion *out, size_t max)
{
    struct letters wanted, letters;
    if (!max || !n || n > INDEX_TERM_BYTES_MAX) return 0;
    unsigned most = edits_max < EDITS_MAX ? edits_max : EDITS_MAX;
    letters_of(&wanted, term, n);
    uint64_t signature = letters_signature(wanted.at, wanted.n);
    size_t found = 0;
    for (uint32_t t = 0; t < x->h->n_terms; t++) {
        if (!may_be_near(x, t, &wanted, signature, most)) continue;
        size_t length;
        const char *text = term_at(x, t, &length);
        letters_of(&letters, text, length);
        unsigned edits = edit_distance(&wanted, &letters, most);
        if (!edits || edits > most) continue;
        uint32_t frequency = x->term_postings[t + 1] - x->term_postings[t];
        found = insert(out, found, max, (struct index_suggestion){text, (uint16_t)length, (uint16_t)edits, frequency});
    }
    return found;
}
