/* Checkpoints of other programs that lie: lengths, offsets, overlaps, counts, and files that end at any byte of their header. */
#include "exchange/exchange_int.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>   /* last: it redefines fail() */

#define GOLDEN TEST_DIR "/golden/exchange/"
static char work[64], weights_path[96], gguf_path[96];

static void check(status s)
{
    if (s != OK) fail_msg("%s", status_message());
}

static void shell(const char *format, const char *a, const char *b)
{
    char command[1024];
    snprintf(command, sizeof command, format, a, b);
    assert_int_equal(system(command), 0);
}

static int make_work(void **state)
{
    (void)state;
    snprintf(work, sizeof work, "/tmp/daogou-hostile-XXXXXX");
    assert_non_null(mkdtemp(work));
    snprintf(weights_path, sizeof weights_path, "%s/model.safetensors", work);
    snprintf(gguf_path, sizeof gguf_path, "%s/model.gguf", work);
    shell("cp '%s/config.json' '%s'", GOLDEN "llama", work);
    return 0;
}

static int remove_work(void **state)
{
    (void)state;
    shell("rm -rf '%s' # %s", work, "");
    return 0;
}

static status open_weights(void)
{
    struct checkpoint c;
    checkpoint_init(&c, FORMAT_HF);
    status s = hf_open(&c, work);
    checkpoint_release(&c);
    return s;
}

static status open_gguf(void)
{
    struct checkpoint c;
    checkpoint_init(&c, FORMAT_GGUF);
    status s = gguf_open(&c, gguf_path);
    checkpoint_release(&c);
    return s;
}

static void expect_sentence(status s, const char *sentence)
{
    assert_int_equal(s, ERR_FORMAT);
    if (!strstr(status_message(), sentence)) fail_msg("'%s' does not say '%s'", status_message(), sentence);
    if (!strstr(status_message(), work)) fail_msg("'%s' names no file", status_message());
}

/* ---- safetensors ---- */

/* length: what the file says of its header; UINT64_MAX: the truth. */
static void write_weights(uint64_t length, const char *header, size_t data)
{
    struct strbuf b = {0};
    if (length == UINT64_MAX) length = strlen(header);
    for (int i = 0; i < 8; i++) strbuf_putc(&b, (char)(length >> 8 * i));
    strbuf_puts(&b, header);
    for (size_t i = 0; i < data; i++) strbuf_putc(&b, 0);
    check(file_write_atomic(weights_path, b.data, b.len));
    strbuf_release(&b);
}

static void refuses(const char *header, size_t data, const char *sentence)
{
    write_weights(UINT64_MAX, header, data);
    expect_sentence(open_weights(), sentence);
}

#define TENSOR(name, dtype, shape, offsets) "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets) "{" TENSOR("a", dtype, shape, offsets) "}"

static void test_safetensors(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {1, 1000, 1 << 26, (1 << 26) + 1, 1ull << 31, 1ull << 32, 1ull << 63, UINT64_MAX - 1, UINT64_MAX - 7};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        write_weights(lengths[i], "{} ", 4);
        assert_int_equal(open_weights(), ERR_FORMAT);
    }
    write_weights(UINT64_MAX, ONE("F32", "[2]", "[0,8]"), 8);
    check(open_weights());   /* such a file is fine as long as it tells the truth */
    refuses("", 0, "too few");
    refuses("[1]", 0, "no JSON object");
    refuses("{\"a\":7}", 0, "no shape");
    refuses("{\"a\\u0000b\":{}}", 0, "no JSON");
    refuses("{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("a", "F32", "[1]", "[4,8]") "}", 8, "duplicate");
    refuses(ONE("F32", "7", "[0,4]"), 4, "no shape");
    refuses(ONE("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4, "at most 8");
    refuses(ONE("F32", "[-1]", "[0,4]"), 4, "impossible shape");
    refuses(ONE("F32", "[1.0]", "[0,4]"), 4, "impossible shape");
    refuses(ONE("F32", "[2147483648]", "[0,4]"), 4, "impossible shape");
    refuses(ONE("F32", "[2147483647,2147483647,2147483647]", "[0,4]"), 4, "impossible shape");
    refuses(ONE("F32", "[65536,65536,65536,65536]", "[0,0]"), 0, "impossible shape");   /* 2^64 elements: none */
    refuses(ONE("F32", "[4611686018427387905]", "[0,4]"), 4, "impossible shape");
    refuses(ONE("F32", "[2]", "[0,4]"), 8, "not what its shape");
    refuses(ONE("BF16", "[3]", "[0,8]"), 8, "not what its shape");
    refuses(ONE("F32", "[2]", "[0,8]"), 7, "cut short");
    refuses(ONE("F32", "[1]", "[4,0]"), 8, "no pair");
    refuses(ONE("F32", "[1]", "[-4,0]"), 8, "no pair");
    refuses(ONE("F32", "[1]", "[0]"), 8, "no pair");
    refuses(ONE("F32", "[1]", "[0,4,8]"), 8, "no pair");
    refuses(ONE("F32", "[1]", "[0,4.0]"), 8, "no pair");
    refuses(ONE("F32", "[1]", "[9223372036854775803,9223372036854775807]"), 8, "cut short");
    refuses(ONE("U8", "[4]", "[0,4000000000]"), 8, "cut short");   /* a type that is never read: its place is checked all the same */
    refuses("{" TENSOR("a", "F32", "[2]", "[0,8]") "," TENSOR("b", "F32", "[2]", "[4,12]") "}", 12, "overlap");
    refuses("{" TENSOR("b", "F32", "[1]", "[0,4]") "," TENSOR("a", "F32", "[1]", "[0,4]") "}", 4, "overlap");
    refuses("{" TENSOR("b", "F32", "[1]", "[0,4]") "," TENSOR("a", "U8", "[4]", "[2,6]") "}", 8, "overlap");
}

/* A tensor of two shards, a shard that is not there, names that leave the directory. */
static void test_shards(void **state)
{
    (void)state;
    static const struct { const char *index, *sentence; } cases[] = {
        {"{}", "no weight_map"}, {"{\"weight_map\":{}}", "no weight_map"}, {"{\"weight_map\":[\"a\"]}", "no weight_map"}, {"[]", "not a JSON object"},
        {"{\"weight_map\":{\"a\":7}}", "names no file"}, {"{\"weight_map\":{\"a\":\"\"}}", "names no file"}, {"{\"weight_map\":{\"a\":\"../secret\"}}", "names no file"},
        {"{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "names no file"}, {"{\"weight_map\":{\"a\":\"one\",\"b\":\"two\"}}", "there twice"}};
    char path[128];
    write_weights(UINT64_MAX, ONE("F32", "[2]", "[0,8]"), 8);
    shell("cd '%s' && mv model.safetensors one && cp one two # %s", work, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(path, sizeof path, "%s/model.safetensors.index.json", work);
        check(file_write_atomic(path, cases[i].index, strlen(cases[i].index)));
        expect_sentence(open_weights(), cases[i].sentence);
    }
    static const char *const unreadable[] = {"{\"weight_map\":{\"a\":\"three\"}}", "{\"weight_map\":{\"a\":\".\"}}"};
    for (size_t i = 0; i < 2; i++) {
        check(file_write_atomic(path, unreadable[i], strlen(unreadable[i])));
        assert_int_equal(open_weights(), ERR_IO);
    }
}

/* ---- cut at every byte ---- */

static size_t header_bytes(const uint8_t *data)
{
    uint64_t n = 0;
    for (int i = 7; i >= 0; i--) n = n << 8 | data[i];
    return 8 + (size_t)n;
}

static void cut_everywhere(const char *from, const char *path, status (*open_it)(void), size_t header)
{
    char *data;
    size_t n;
    check(file_read(from, 1 << 22, &data, &n));
    if (!header) header = header_bytes((const uint8_t *)data);
    check(file_write_atomic(path, data, n));
    check(open_it());
    assert_int_equal(truncate(path, (off_t)n - 1), 0);
    assert_int_equal(open_it(), ERR_FORMAT);
    assert_true(header < n);
    for (size_t cut = header; cut-- > 0;) {
        assert_int_equal(truncate(path, (off_t)cut), 0);
        if (open_it() != ERR_FORMAT) fail_msg("%s cut to %zu bytes was read", path, cut);
    }
    mem_free(data);
}

static void test_cut(void **state)
{
    (void)state;
    struct checkpoint c;
    checkpoint_init(&c, FORMAT_GGUF);
    check(gguf_open(&c, GOLDEN "llama.gguf"));
    size_t header = (size_t)(c.tensors[0].data - c.files[0].data);
    checkpoint_release(&c);
    cut_everywhere(GOLDEN "llama.gguf", gguf_path, open_gguf, header);
    cut_everywhere(GOLDEN "llama/model.safetensors", weights_path, open_weights, 0);
}

/* ---- GGUF ---- */

static void put(struct strbuf *b, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) strbuf_putc(b, (char)(x >> 8 * i));
}

static void put_text(struct strbuf *b, const char *s)
{
    put(b, strlen(s), 8);
    strbuf_puts(b, s);
}

static void begin(struct strbuf *b, uint64_t version, uint64_t tensors, uint64_t keys)
{
    *b = (struct strbuf){0};
    strbuf_puts(b, "GGUF");
    put(b, version, 4);
    put(b, tensors, 8);
    put(b, keys, 8);
}

static void put_tensor(struct strbuf *b, const char *name, uint64_t cols, uint64_t rows, uint32_t type, uint64_t offset)
{
    put_text(b, name);
    put(b, 2, 4);
    put(b, cols, 8);
    put(b, rows, 8);
    put(b, type, 4);
    put(b, offset, 8);
}

/* data: bytes behind the padded header. */
static void gguf(struct strbuf *b, size_t data, const char *sentence)
{
    while (data && b->len % 32) strbuf_putc(b, 0);
    while (data--) strbuf_putc(b, 1);
    check(file_write_atomic(gguf_path, b->data, b->len));
    strbuf_release(b);
    if (sentence) expect_sentence(open_gguf(), sentence);
    else check(open_gguf());
}

static void test_gguf_metadata(void **state)
{
    (void)state;
    struct strbuf b;
    begin(&b, 3, 0, 0), gguf(&b, 1, NULL);
    begin(&b, 1, 0, 0), gguf(&b, 1, "version 1");
    begin(&b, 4, 0, 0), gguf(&b, 1, "version 4");
    begin(&b, 3u << 24, 0, 0), gguf(&b, 1, "version 50331648");   /* the other byte order */
    begin(&b, 3, UINT64_MAX, 0), gguf(&b, 1, "counts");
    begin(&b, 3, 0, UINT64_MAX), gguf(&b, 1, "counts");
    begin(&b, 3, 0, 1 << 16), gguf(&b, 100, "");
    begin(&b, 3, 1 << 16, 0), gguf(&b, 100, "");
    static const uint64_t counts[] = {5, 1 << 20, 1ull << 32, 1ull << 61, 1ull << 62, UINT64_MAX / 8 + 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (uint32_t type = GGUF_U8; type <= GGUF_F64; type++) {
            if (type == GGUF_ARRAY) continue;
            begin(&b, 3, 0, 1), put_text(&b, "k"), put(&b, GGUF_ARRAY, 4), put(&b, type, 4), put(&b, counts[i], 8), put(&b, 7, 4);
            gguf(&b, 0, "cut short");
        }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        begin(&b, 3, 0, 1), put(&b, counts[i], 8), put(&b, 7, 4), gguf(&b, 0, "cut short");                            /* a key */
        begin(&b, 3, 0, 1), put_text(&b, "k"), put(&b, GGUF_STRING, 4), put(&b, counts[i], 8), put(&b, 7, 4), gguf(&b, 0, "cut short");
    }
    begin(&b, 3, 0, 1), put_text(&b, "k"), put(&b, 13, 4), put(&b, 7, 8), gguf(&b, 0, "type 13");
    begin(&b, 3, 0, 1), put_text(&b, "k"), put(&b, GGUF_ARRAY, 4), put(&b, GGUF_ARRAY, 4), put(&b, 1, 8), gguf(&b, 100, "array of type 9");
    static const uint32_t alignments[] = {0, 65537, UINT32_MAX};
    for (size_t i = 0; i < 3; i++)
        begin(&b, 3, 0, 1), put_text(&b, "general.alignment"), put(&b, GGUF_U32, 4), put(&b, alignments[i], 4), gguf(&b, 100, "alignment");
}

static void one_tensor(uint64_t cols, uint64_t rows, uint32_t type, uint64_t offset, size_t data, const char *sentence)
{
    struct strbuf b;
    begin(&b, 3, 1, 0);
    put_tensor(&b, "a", cols, rows, type, offset);
    gguf(&b, data, sentence);
}

static void test_gguf_tensors(void **state)
{
    (void)state;
    enum { F32 = 0, Q4_0 = 2, Q8_0 = 8, Q6_K = 14 };
    struct strbuf b;
    one_tensor(4, 2, F32, 0, 32, NULL);
    one_tensor(32, 1, Q8_0, 0, 34, NULL);
    one_tensor(4, 2, F32, 0, 31, "past the end");
    one_tensor(4, 2, F32, 32, 63, "past the end");
    one_tensor(4, 2, F32, 4, 64, "past the end");   /* not aligned */
    one_tensor(4, 2, F32, UINT64_MAX - 31, 64, "past the end");
    one_tensor(0, 2, F32, 0, 64, "impossible shape");
    one_tensor(4, 1ull << 31, F32, 0, 64, "impossible shape");
    one_tensor(INT32_MAX, INT32_MAX, F32, 0, 64, "past the end");
    one_tensor(1ull << 63, 2, F32, 0, 64, "impossible shape");
    one_tensor(31, 2, Q8_0, 0, 96, "no multiple of 32");
    one_tensor(32, 2, Q4_0, 0, 35, "past the end");
    one_tensor(32, 2, Q6_K, UINT64_MAX, 1, NULL);   /* a type that is never read */
    begin(&b, 3, 2, 0), put_tensor(&b, "a", 8, 2, F32, 0), put_tensor(&b, "b", 8, 1, F32, 32), gguf(&b, 64, "overlap");
    begin(&b, 3, 2, 0), put_tensor(&b, "a", 8, 1, F32, 0), put_tensor(&b, "b", 8, 1, F32, 0), gguf(&b, 64, "overlap");
    begin(&b, 3, 2, 0), put_tensor(&b, "a", 8, 1, F32, 32), put_tensor(&b, "b", 8, 1, F32, 0), gguf(&b, 64, NULL);
    begin(&b, 3, 2, 0), put_tensor(&b, "a", 8, 1, F32, 0), put_tensor(&b, "a", 8, 1, F32, 32), gguf(&b, 64, "twice");
    begin(&b, 3, 1, 0), put_tensor(&b, "", 8, 1, F32, 0), gguf(&b, 64, "name of 0 bytes");
    begin(&b, 3, 1, 0), put_text(&b, "a"), put(&b, 5, 4), gguf(&b, 64, "5 dimensions");
    begin(&b, 3, 1, 0), put_text(&b, "a"), put(&b, 3, 4), put(&b, 2, 8), put(&b, 2, 8), put(&b, 2, 8), put(&b, F32, 4), put(&b, 0, 8), gguf(&b, 64, "more than two");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_work, remove_work)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_safetensors), TEST(test_shards), TEST(test_cut), TEST(test_gguf_metadata), TEST(test_gguf_tensors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
