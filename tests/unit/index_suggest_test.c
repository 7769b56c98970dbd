/* Spelling against brute force: the full Damerau-Levenshtein table (alignment form) for every term of the dictionary. */
#include "index_fixture.h"

enum { WORDS = 4000, WORD_LETTERS_MAX = 14 };

struct word {
    char text[64];
    size_t n;
};

/* Few letters, so that many words are near one another; some with letters of two and three bytes. */
static void random_word(struct word *w, struct rng *r)
{
    static const char *letters[] = {"a", "b", "c", "r", "s", "t", "1", "2", "é", "ü", "水", "杯", "壶", "茶"};
    size_t set = rng_below(r, 3) ? 6 : 14, n = 1 + rng_below(r, WORD_LETTERS_MAX);
    w->text[0] = 0;
    for (size_t i = 0; i < n; i++) strcat(w->text, letters[rng_below(r, set)]);
    w->n = strlen(w->text);
}

static size_t code_points(const struct word *w, uint32_t *out)
{
    const char *p = w->text, *end = p + w->n;
    size_t n = 0;
    while (p < end) out[n++] = utf8_next(&p, end);
    return n;
}

static unsigned full_distance(const struct word *wa, const struct word *wb)
{
    uint32_t a[32], b[32];
    unsigned d[33][33];
    size_t n = code_points(wa, a), m = code_points(wb, b);
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (!i || !j) {
                d[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best) best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

/* Word i is in as many documents as fall to it, so that frequencies differ and tie. */
static struct index *index_of_words(const struct word *words, size_t n, struct rng *r)
{
    struct index_schema schema = {.fields = {"title"}, .n_fields = 1};
    struct index_builder *b;
    struct index *x;
    const char *path = temporary_path("words");
    ok(index_builder_new(&schema, &b));
    for (size_t d = 0; d < n; d++) {
        struct term terms[3];
        for (size_t i = 0; i < 3; i++) {
            const struct word *w = &words[i ? rng_below(r, n) : d];
            terms[i] = (struct term){.text = w->text, .length = (uint16_t)w->n};
        }
        ok(index_builder_add(b, &(struct index_document){.key = (int64_t)d, .fields = &(struct term_list){terms, 3, 3}}));
    }
    ok(index_builder_write(b, path, 1, NULL, NULL));
    index_builder_free(b);
    ok(index_open(path, &x));
    unlink(path);
    return x;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct word *)a)->text, ((const struct word *)b)->text);
}

static size_t distinct_words(struct word *words, size_t n)
{
    size_t kept = 0;
    qsort(words, n, sizeof *words, by_text);
    for (size_t i = 0; i < n; i++)
        if (!kept || strcmp(words[kept - 1].text, words[i].text) != 0) words[kept++] = words[i];
    return kept;
}

struct candidate {
    const struct word *word;
    unsigned edits;
    uint32_t frequency;
};

static int by_rank(const void *a, const void *b)
{
    const struct candidate *p = a, *q = b;
    if (p->edits != q->edits) return p->edits < q->edits ? -1 : 1;
    if (p->frequency != q->frequency) return p->frequency > q->frequency ? -1 : 1;
    return strcmp(p->word->text, q->word->text);
}

static size_t brute_force(const struct index *x, const struct word *words, size_t n, const struct word *wanted, unsigned most, struct candidate *out)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned edits = full_distance(wanted, &words[i]);
        if (edits && edits <= most) out[found++] = (struct candidate){&words[i], edits, index_document_frequency(x, words[i].text, words[i].n)};
    }
    qsort(out, found, sizeof *out, by_rank);
    return found;
}

static void suggestions_are_brute_force(void **state)
{
    (void)state;
    static struct word words[WORDS];
    static struct candidate expected[WORDS];
    static struct index_suggestion got[WORDS];
    struct rng r;
    rng_seed(&r, 21);
    for (size_t i = 0; i < WORDS; i++) random_word(&words[i], &r);
    size_t n = distinct_words(words, WORDS), total = 0;
    struct index *x = index_of_words(words, n, &r);
    for (int round = 0; round < 250; round++) {
        struct word wanted = words[rng_below(&r, n)];
        if (round % 2) random_word(&wanted, &r);
        unsigned most = (unsigned)rng_below(&r, 4);
        size_t max = round % 5 ? WORDS : 1 + rng_below(&r, 6);
        size_t want = brute_force(x, words, n, &wanted, most < 2 ? most : 2, expected);
        size_t have = index_suggest(x, wanted.text, wanted.n, most, got, max);
        assert_int_equal(have, want < max ? want : max);
        total += have;
        for (size_t i = 0; i < have; i++) {
            assert_int_equal(got[i].edits, expected[i].edits);
            assert_int_equal(got[i].document_frequency, expected[i].frequency);
            assert_int_equal(got[i].length, expected[i].word->n);
            assert_memory_equal(got[i].term, expected[i].word->text, got[i].length);
        }
    }
    assert_true(total > 1000);
    index_close(x);
}

static void odd_questions_are_harmless(void **state)
{
    (void)state;
    struct word words[] = {{"kettle", 6}, {"cattle", 6}};
    struct rng r;
    rng_seed(&r, 1);
    struct index *x = index_of_words(words, 2, &r);
    struct index_suggestion out[4];
    char long_word[400];
    memset(long_word, 'k', sizeof long_word);
    assert_int_equal(index_suggest(x, long_word, sizeof long_word, 2, out, 4), 0);
    assert_int_equal(index_suggest(x, long_word, INDEX_TERM_BYTES_MAX, 2, out, 4), 0);
    assert_int_equal(index_suggest(x, "", 0, 2, out, 4), 0);
    assert_int_equal(index_suggest(x, "ketle", 5, 2, out, 0), 0);
    assert_int_equal(index_suggest(x, "\xff\xfe\x80", 3, 2, out, 4), 0);
    assert_int_equal(index_suggest(x, "ketle", 5, 2, out, 4), 1);
    assert_memory_equal(out[0].term, "kettle", 6);
    assert_int_equal(index_suggest(x, "kettle", 6, 0, out, 4), 0);
    index_close(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggestions_are_brute_force),
        cmocka_unit_test(odd_questions_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
