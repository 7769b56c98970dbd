/* Tables of other programs' tokenizers: what is accepted at the size of the largest ones, and what is refused. */
#include "text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>   /* last: it redefines fail() */

enum { BYTES = 256, TWO = BYTES * BYTES, THREE = 100000, SPELLED_MAX = 6 };

static struct token_text *tokens;
static struct merge_text *merges;
static char (*spelled)[SPELLED_MAX + 1];
static size_t n_tokens, n_merges;

/* The byte alphabet of GPT-2. */
static size_t spell_byte(unsigned b, char *out)
{
    bool itself = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    uint32_t c = b;
    if (!itself) {
        c = 256;
        for (unsigned i = 0; i < b; i++) c += !((i >= 0x21 && i <= 0x7E) || (i >= 0xA1 && i <= 0xAC) || i >= 0xAE);
    }
    return utf8_put(out, c);
}

static const char *add_token(size_t left, size_t right)
{
    char *s = spelled[n_tokens];
    size_t first = strlen(spelled[left]), n = first + (right == SIZE_MAX ? 0 : strlen(spelled[right]));
    assert_true(n <= SPELLED_MAX);
    memcpy(s, spelled[left], first);
    memcpy(s + first, right == SIZE_MAX ? "" : spelled[right], n - first);
    s[n] = 0;
    tokens[n_tokens++] = (struct token_text){s, n, TOKEN_KIND_PLAIN};
    return s;
}

static void add_merge(size_t left, size_t right)
{
    merges[n_merges++] = (struct merge_text){tokens[left].s, tokens[left].n, tokens[right].s, tokens[right].n};
}

static int make_tables(void **state)
{
    (void)state;
    tokens = calloc(BYTES + TWO + THREE + 1, sizeof *tokens);
    merges = calloc(TWO + 2 * THREE, sizeof *merges);
    spelled = calloc(BYTES + TWO + THREE + 1, sizeof *spelled);
    for (n_tokens = 0; n_tokens < BYTES; n_tokens++) {
        size_t n = spell_byte((unsigned)n_tokens, spelled[n_tokens]);
        tokens[n_tokens] = (struct token_text){spelled[n_tokens], n, TOKEN_KIND_PLAIN};
    }
    n_merges = 0;
    return 0;
}

static int free_tables(void **state)
{
    (void)state;
    free(tokens);
    free(merges);
    free(spelled);
    return 0;
}

static status build(struct tokenizer **t)
{
    const struct tokenizer_tables tables = {.tokens = tokens, .n_tokens = n_tokens, .merges = merges, .n_merges = n_merges, .splitter = SPLITTER_LLAMA3, .ignore_merges = true,
                                            .begin = -1, .end = -1};
    return tokenizer_from_tables(&tables, t);
}

static void expect_ids(const struct tokenizer *t, const char *text, const int32_t *ids, size_t n)
{
    int32_t out[16];
    assert_int_equal(tokenizer_encode(t, text, strlen(text), out, 16), n);
    assert_memory_equal(out, ids, n * sizeof *ids);
}

/* Llama 3 has more merges than tokens: abc is made of a and bc and of ab and c, and both are listed. */
static void test_more_merges_than_tokens(void **state)
{
    (void)state;
    struct tokenizer *t, *again;
    char path[] = "/tmp/daogou-foreign-XXXXXX";
    for (size_t a = 0; a < BYTES; a++)
        for (size_t b = 0; b < BYTES; b++) {
            add_token(a, b);
            add_merge(a, b);
        }
    for (size_t i = 0; i < THREE; i++) {
        size_t a = i / TWO + 'a', b = i / BYTES % BYTES, c = i % BYTES;
        add_token(BYTES + a * BYTES + b, c);
        add_merge(a, BYTES + b * BYTES + c);
        add_merge(BYTES + a * BYTES + b, c);
    }
    assert_true(n_merges > 1 << 18);
    assert_int_equal(build(&t), OK);
    const int32_t abc = (int32_t)(BYTES + TWO + 'b' * BYTES + 'c'), zz = (int32_t)(BYTES + 'z' * BYTES + 'z');
    expect_ids(t, "abc", &abc, 1);
    expect_ids(t, "zz", &zz, 1);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(tokenizer_save(t, path), OK);
    assert_int_equal(tokenizer_load(path, &again), OK);
    assert_int_equal(tokenizer_merges(again), n_merges);
    expect_ids(again, "abc", &abc, 1);
    unlink(path);
    tokenizer_free(t);
    tokenizer_free(again);
}

static void expect_refusal(const char *sentence)
{
    struct tokenizer *t;
    assert_int_not_equal(build(&t), OK);
    assert_null(t);
    if (!strstr(status_message(), sentence)) fail_msg("'%s' does not say '%s'", status_message(), sentence);
}

/* Found by fuzzing GGUF: such a token came in, and the tokenizer.json written of it could not be read. */
static void test_added_tokens(void **state)
{
    (void)state;
    struct tokenizer *t;
    tokens[n_tokens++] = (struct token_text){"<\xe6|", 3, TOKEN_KIND_SPECIAL};
    expect_refusal("not UTF-8");
    tokens[n_tokens - 1] = (struct token_text){"a\0b", 3, TOKEN_KIND_ADDED};
    expect_refusal("no text");
    tokens[n_tokens - 1] = (struct token_text){"", 0, TOKEN_KIND_ADDED};
    expect_refusal("no text");
    tokens[n_tokens - 1] = (struct token_text){"<\xe7\xba\xa2>", 5, TOKEN_KIND_SPECIAL};
    assert_int_equal(build(&t), OK);
    assert_int_equal(tokenizer_special(t, "<\xe7\xba\xa2>"), n_tokens - 1);
    tokenizer_free(t);
}

static void test_refusals(void **state)
{
    (void)state;
    tokens[n_tokens++] = (struct token_text){"ab", 2, TOKEN_KIND_PLAIN};
    merges[n_merges++] = (struct merge_text){"a", 1, "c", 1};
    expect_refusal("'ac', which is not in the vocabulary");
    merges[0] = (struct merge_text){"a", 1, "b", 1};
    merges[n_merges++] = merges[0];
    expect_refusal("second time");
    n_merges = 1;
    tokens[n_tokens++] = (struct token_text){"ab", 2, TOKEN_KIND_PLAIN};
    expect_refusal("twice");
    tokens[n_tokens - 1] = (struct token_text){"\xe4\xbd\xa0", 3, TOKEN_KIND_PLAIN};
    expect_refusal("not spelled in bytes");
    n_tokens--;
    tokens['x'].kind = TOKEN_KIND_NONE;
    expect_refusal("no token for byte 120");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_tables, free_tables)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_more_merges_than_tokens), TEST(test_added_tokens), TEST(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
