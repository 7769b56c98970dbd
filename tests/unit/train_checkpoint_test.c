/* checkpoint.bin as a file: what was saved comes back, what was cut, altered or forged is refused and changes nothing. */
#include "train/train_int.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>   /* last: it redefines fail() */

enum { FLOATS = 16, WORDS = 8, VERSION_AT = 8, STATE_AT = 16, CONFIG_AT = 24, FLOATS_AT = 32, DATA_AT = 40, TOKENIZER_AT = 48, SUM_AT = 56 };
static const char config[] = "learning_rate=0.001\nsteps=10\n";
static char path[64];

struct holder { struct train_state state; float params[FLOATS], m[FLOATS], v[FLOATS]; struct checkpoint c; };

static struct checkpoint *hold(struct holder *h, int fill)
{
    memset(h, fill, sizeof *h);
    h->c = (struct checkpoint){.state = &h->state, .config = config, .data = 11, .tokenizer = 12, .params = h->params, .m = h->m, .v = h->v, .n_floats = FLOATS};
    return &h->c;
}

static int save(void **state)
{
    (void)state;
    struct holder h;
    snprintf(path, sizeof path, "/tmp/daogou-checkpoint-%ld", (long)getpid());
    return checkpoint_save(hold(&h, 3), path) == OK ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void write_file(const char *bytes, size_t n)   /* thousands of times: a new file without fsync */
{
    unlink(path);   /* else the file system writes it back at once */
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void refuses(const char *bytes, size_t n, status code, const char *sentence)
{
    struct holder h, before;
    write_file(bytes, n);
    hold(&h, 9);
    memcpy(&before, &h, sizeof h);
    status s = checkpoint_load(&h.c, path);
    if (s != code || !strstr(status_message(), sentence)) fail_msg("%zu bytes: %d, '%s', not '%s'", n, (int)s, status_message(), sentence);
    assert_memory_equal(&h, &before, offsetof(struct holder, c));
}

static void test_whole(void **state)
{
    (void)state;
    struct holder h, saved;
    hold(&saved, 3);
    assert_int_equal(checkpoint_load(hold(&h, 9), path), OK);
    assert_memory_equal(&h, &saved, offsetof(struct holder, c));
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    char *bytes;
    size_t n;
    assert_int_equal(file_read(path, 1 << 20, &bytes, &n), OK);
    for (size_t cut = 0; cut < n; cut++) refuses(bytes, cut, ERR_FORMAT, "checkpoint");
    bytes = mem_realloc(bytes, n + 1);
    bytes[n] = 0;
    refuses(bytes, n + 1, ERR_FORMAT, "damaged");
    mem_free(bytes);
}

static void test_every_byte_altered(void **state)
{
    (void)state;
    char *bytes;
    size_t n;
    assert_int_equal(file_read(path, 1 << 20, &bytes, &n), OK);
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 0x10;
        refuses(bytes, n, ERR_FORMAT, "checkpoint");
        bytes[i] ^= 0x10;
    }
    mem_free(bytes);
}

/* As whoever wants to break it would: the checksum fits. Parts that the header gives more bytes than there are cannot be summed. */
static void forge(char *bytes, size_t n)
{
    uint64_t h[WORDS], parts[5];
    memcpy(h, bytes, sizeof h);
    h[SUM_AT / 8] = 0;
    uint64_t hash = hash_bytes(h, sizeof h, 1), floats = h[FLOATS_AT / 8] * sizeof(float);
    const uint64_t sizes[] = {h[CONFIG_AT / 8], h[STATE_AT / 8], floats, floats, floats};
    memcpy(parts, sizes, sizeof parts);
    size_t at = sizeof h;
    for (int i = 0; i < 5 && parts[i] <= n - at; at += parts[i++]) hash = hash_bytes(bytes + at, parts[i], hash);
    memcpy(bytes + SUM_AT, &hash, sizeof hash);
}

static void forged(size_t at, uint64_t value, status code, const char *sentence)
{
    char *bytes;
    size_t n;
    struct holder h;
    assert_int_equal(checkpoint_save(hold(&h, 3), path), OK);
    assert_int_equal(file_read(path, 1 << 20, &bytes, &n), OK);
    memcpy(bytes + at, &value, sizeof value);
    forge(bytes, n);
    refuses(bytes, n, code, sentence);
    mem_free(bytes);
}

static void test_forged_headers(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 1, 1ull << 31, 1ull << 32, 1ull << 61, 1ull << 62, (1ull << 62) + FLOATS, 1ull << 63, UINT64_MAX - 7, UINT64_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        forged(CONFIG_AT, numbers[i], ERR_FORMAT, "damaged");
        forged(FLOATS_AT, numbers[i], ERR_FORMAT, "damaged");
        forged(STATE_AT, numbers[i], ERR_FORMAT, "another version");
        if (numbers[i] != 1) forged(VERSION_AT, numbers[i], ERR_FORMAT, "another version");
    }
    forged(CONFIG_AT, sizeof config - 1 + 12 * 4, ERR_FORMAT, "damaged");
    forged(DATA_AT, 13, ERR_USAGE, "data files have changed");
    forged(TOKENIZER_AT, 13, ERR_USAGE, "tokenizer has changed");
    uint64_t letters;
    memcpy(&letters, "earning_", sizeof letters);
    forged(sizeof(uint64_t) * WORDS, letters, ERR_USAGE, "has changed since the checkpoint");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, save, clean)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_whole), TEST(test_cut_at_every_byte), TEST(test_every_byte_altered), TEST(test_forged_headers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
