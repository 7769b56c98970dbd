/* config.json and the layouts of sequences. */
#include "model_fixture.h"

#include <stdio.h>
#include <unistd.h>

static char path[64];

static int make_file(void **state)
{
    (void)state;
    strcpy(path, "/tmp/model_config_XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct model_config configs[] = {tiny_ours, tiny_gpt2, tiny_qwen, tiny_ours}, read;
    model_config_default(&configs[3]);
    configs[2].norm_epsilon = 1.2345678e-6f;   /* a float that needs all its digits */
    for (int i = 0; i < 4; i++) {
        check_ok(model_config_write(&configs[i], path));
        memset(&read, 0xff, sizeof read);
        check_ok(model_config_read(&read, path));
        assert_int_equal(read.vocab_size, configs[i].vocab_size);
        assert_int_equal(read.d_ff, configs[i].d_ff);
        assert_int_equal(read.n_kv_heads, configs[i].n_kv_heads);
        assert_int_equal(read.positions, configs[i].positions);
        assert_int_equal(read.norm, configs[i].norm);
        assert_int_equal(read.ffn, configs[i].ffn);
        assert_int_equal(read.qk_norm, configs[i].qk_norm);
        assert_int_equal(read.tied, configs[i].tied);
        assert_int_equal(read.heads, configs[i].heads);
        assert_true(read.norm_epsilon == configs[i].norm_epsilon);
        assert_true(read.rope_theta == configs[i].rope_theta);
        assert_true(read.dropout == configs[i].dropout);
        assert_int_equal(model_config_parameters(&read), model_config_parameters(&configs[i]));
    }
}

static void test_default_is_the_shipped_shape(void **state)
{
    (void)state;
    struct model_config c;
    model_config_default(&c);
    check_ok(model_config_check(&c));
    uint64_t C = 256, layer = 2 * C + 768 * C + C * C + 1408 * C + C * 704, heads = 2 * C * C + C + 2 * C + 2 + C + 1;
    assert_int_equal(model_config_parameters(&c), 16384 * C + OVERLAP_KINDS * C + 6 * layer + C + heads);
}

static void test_check_names_the_field(void **state)
{
    (void)state;
    struct model_config c;
#define REFUSES(field, value)                                        \
    do {                                                             \
        c = tiny_ours;                                               \
        c.field = (value);                                           \
        assert_int_equal(model_config_check(&c), ERR_FORMAT);        \
        assert_non_null(strstr(status_message(), #field));           \
    } while (0)
    REFUSES(vocab_size, 0);
    REFUSES(vocab_size, MODEL_MAX_VOCAB + 1);
    REFUSES(max_positions, 0);
    REFUSES(d_model, 0);
    REFUSES(d_model, UINT32_MAX);
    REFUSES(n_layers, 0);
    REFUSES(n_layers, MODEL_MAX_LAYERS + 1);
    REFUSES(n_heads, 0);
    REFUSES(n_kv_heads, 0);
    REFUSES(n_kv_heads, 3);
    REFUSES(head_size, 5);   /* rotary pairs */
    REFUSES(head_size, MODEL_MAX_D);
    REFUSES(d_ff, 0);
    REFUSES(positions, (enum position_kind)2);
    REFUSES(norm, (enum norm_kind)7);
    REFUSES(ffn, (enum ffn_kind)-1);
    REFUSES(norm_epsilon, 0);
    REFUSES(norm_epsilon, (float)NAN);
    REFUSES(rope_theta, 0.5f);
    REFUSES(dropout, 1.0f);
    REFUSES(dropout, -0.1f);
#undef REFUSES
    c = tiny_ours;
    c.n_kv_heads = 3;
    struct model *m;
    assert_int_equal(model_new(&c, 1, &m), ERR_FORMAT);
    assert_int_equal(model_config_write(&c, path), ERR_FORMAT);
}

/* The good file with `from` replaced by `to` is refused with `sentence` in the message, and the file's name. */
static void refuses(const char *from, const char *to, const char *sentence)
{
    struct model_config c;
    char *text, *at;
    size_t size;
    check_ok(model_config_write(&tiny_ours, path));
    check_ok(file_read(path, 4096, &text, &size));
    at = strstr(text, from);
    assert_non_null(at);
    struct strbuf b = {0};
    strbuf_add(&b, text, (size_t)(at - text));
    strbuf_puts(&b, to);
    strbuf_puts(&b, at + strlen(from));
    check_ok(file_write_atomic(path, b.data, b.len));
    assert_int_equal(model_config_read(&c, path), ERR_FORMAT);
    if (!strstr(status_message(), sentence) || !strstr(status_message(), path)) fail_msg("%s", status_message());
    strbuf_release(&b);
    mem_free(text);
}

static void test_bad_files(void **state)
{
    (void)state;
    refuses("\"d_ff\": 20,", "", "d_ff is missing");
    refuses("\"d_ff\": 20", "\"d_ff\": 20.5", "d_ff must be a whole number");
    refuses("\"d_ff\": 20", "\"d_ff\": -20", "d_ff is -20");
    refuses("\"d_ff\": 20", "\"d_ff\": 99999999999", "d_ff is 1e+11");
    refuses("\"d_ff\": 20", "\"d_ff\": 99999999999999999999999", "too big");
    refuses("\"d_ff\": 20", "\"d_ff\": \"20\"", "d_ff must be a whole number");
    refuses("\"d_ff\": 20", "\"d_ff\": 20, \"d_ff\": 24", "duplicate");
    refuses("\"d_ff\": 20", "\"d_fff\": 20", "unknown key 'd_fff'");
    refuses("\"tied\": true", "\"tied\": 1", "tied must be true or false");
    refuses("\"rotary\"", "\"spiral\"", "positions is 'spiral'");
    refuses("\"rotary\"", "0", "positions must be a string");
    refuses("\"dropout\": 0.2", "\"dropout\": \"0.2\"", "dropout must be a number");
    refuses("\"dropout\": 0.2", "\"dropout\": 1e999", "real number overflow");
    refuses("\"n_kv_heads\": 4", "\"n_kv_heads\": 3", "n_kv_heads");
    refuses("\"daogou\"", "\"qwen3\"", "daogou model import");
    refuses("\"daogou\"", "5", "model_type");
    refuses("\n}", "", "'}' expected");
    refuses("{\n", "[\n", "expected");
}

static void test_no_objects(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "[]", "5", "null", "{", "\xff\xfe", "{\"model_type\": \"daogou\"}", "{\"a\":\"\\u0000\"}"};
    struct model_config c;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_ok(file_write_atomic(path, texts[i], strlen(texts[i])));
        assert_int_equal(model_config_read(&c, path), ERR_FORMAT);
    }
    assert_int_equal(model_config_read(&c, "/nonexistent/config.json"), ERR_IO);
    assert_int_equal(model_config_read(&c, "/tmp"), ERR_IO);
}

/* ---- layouts ---- */

static void test_pair(void **state)
{
    (void)state;
    static const int32_t a[] = {20, 21, 22, 23, 24, 25}, b[] = {30, 31, 32, 33};
    int32_t out[16];
    size_t n = layout_pair(NULL, out, 16, (struct tokens){a, 2}, (struct tokens){b, 3});
    assert_int_equal(n, 8);
    assert_memory_equal(out, ((int32_t[]){TOKEN_CLS, 20, 21, TOKEN_SEP, 30, 31, 32, TOKEN_SEP}), n * 4);
    /* too long: half of the room each */
    n = layout_pair(NULL, out, 9, (struct tokens){a, 6}, (struct tokens){b, 4});
    assert_int_equal(n, 9);
    assert_memory_equal(out, ((int32_t[]){TOKEN_CLS, 20, 21, 22, TOKEN_SEP, 30, 31, 32, TOKEN_SEP}), n * 4);
    /* what a short item leaves free is the need's */
    n = layout_pair(NULL, out, 9, (struct tokens){a, 6}, (struct tokens){b, 1});
    assert_int_equal(n, 9);
    assert_memory_equal(out, ((int32_t[]){TOKEN_CLS, 20, 21, 22, 23, 24, TOKEN_SEP, 30, TOKEN_SEP}), n * 4);
    n = layout_pair(NULL, out, 3, (struct tokens){a, 6}, (struct tokens){b, 1});
    assert_int_equal(n, 3);
    assert_int_equal(layout_pair(NULL, out, 2, (struct tokens){a, 6}, (struct tokens){b, 1}), 0);
    assert_int_equal(layout_pair(NULL, out, 16, (struct tokens){NULL, 0}, (struct tokens){NULL, 0}), 3);
}

static void test_embed_and_write(void **state)
{
    (void)state;
    static const int32_t a[] = {20, 21, 22};
    int32_t out[16];
    size_t n = layout_embed(NULL, out, 16, TOKEN_NEED, (struct tokens){a, 3});
    assert_int_equal(n, 4);
    assert_memory_equal(out, ((int32_t[]){TOKEN_NEED, 20, 21, 22}), n * 4);
    assert_int_equal(layout_embed(NULL, out, 2, TOKEN_ITEM, (struct tokens){a, 3}), 2);
    assert_int_equal(out[0], TOKEN_ITEM);
    assert_int_equal(layout_embed(NULL, out, 0, TOKEN_ITEM, (struct tokens){a, 3}), 0);
    n = layout_write(NULL, out, 16, (struct tokens){a, 1}, (struct tokens){a + 1, 2});
    assert_int_equal(n, 7);
    assert_memory_equal(out, ((int32_t[]){TOKEN_CLS, 20, TOKEN_SEP, 21, 22, TOKEN_SEP, TOKEN_WRITE}), n * 4);
    n = layout_write(NULL, out, 6, (struct tokens){a, 3}, (struct tokens){a, 3});
    assert_int_equal(n, 6);
    assert_int_equal(out[5], TOKEN_WRITE);
    assert_int_equal(layout_write(NULL, out, 3, (struct tokens){a, 3}, (struct tokens){a, 3}), 0);
}

/* Whatever the lengths, nothing is written past `max`, and the frame is whole. */
static void test_layouts_stay_inside(void **state)
{
    (void)state;
    int32_t ids[40], out[41];
    for (int i = 0; i < 40; i++) ids[i] = 100 + i;
    for (size_t a = 0; a <= 20; a++)
        for (size_t b = 0; b <= 20; b++)
            for (size_t max = 4; max <= 40; max++) {
                memset(out, 0xff, sizeof out);
                size_t n = layout_write(NULL, out, max, (struct tokens){ids, a}, (struct tokens){ids, b});
                size_t whole = a + b + 4;
                assert_int_equal(n, whole < max ? whole : max);   /* no token is dropped that has room */
                assert_int_equal(out[0], TOKEN_CLS);
                assert_int_equal(out[n - 2], TOKEN_SEP);
                assert_int_equal(out[n], -1);
            }
}

static void test_special_names(void **state)
{
    (void)state;
    for (int i = 0; i < SPECIAL_TOKENS; i++) {
        assert_non_null(special_token_names[i]);
        for (int j = 0; j < i; j++) assert_string_not_equal(special_token_names[i], special_token_names[j]);
    }
    assert_string_equal(special_token_names[TOKEN_WRITE], "<|write|>");
    assert_string_equal(special_token_names[8], "<|reserved8|>");
}

/* Another vocabulary: its own tokens where ours would be. */
static void test_foreign_marks(void **state)
{
    (void)state;
    int32_t bytes[256], out[16], a[2] = {7, 8};
    struct marks own, m;
    for (int i = 0; i < 256; i++) bytes[i] = 1000 + i;
    marks_own(&own);
    marks_foreign(&m, bytes, -1, 50);
    size_t n = layout_write(&m, out, 16, (struct tokens){a, 1}, (struct tokens){a + 1, 1});
    assert_int_equal(n, 6);
    assert_memory_equal(out, ((int32_t[]){50, 7, 1000 + '\n', 8, 1000 + '\n', 1000 + ':'}), n * 4);
    marks_foreign(&m, bytes, 49, 50);
    assert_int_equal(layout_pair(&m, out, 16, (struct tokens){a, 1}, (struct tokens){a, 1}), 5);
    assert_int_equal(out[0], 49);
    assert_int_equal(m.ids[TOKEN_END], 50);
    layout_embed(&m, out, 16, TOKEN_NEED, (struct tokens){a, 2});
    assert_int_equal(out[0], 1000 + '?');
    layout_embed(&m, out, 16, TOKEN_ITEM, (struct tokens){a, 2});
    assert_int_equal(out[0], 1000 + '#');
    for (int32_t i = 0; i <= TOKEN_WRITE; i++) assert_int_equal(own.ids[i], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign_marks),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_default_is_the_shipped_shape),
        cmocka_unit_test(test_check_names_the_field),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_no_objects),
        cmocka_unit_test(test_pair),
        cmocka_unit_test(test_embed_and_write),
        cmocka_unit_test(test_layouts_stay_inside),
        cmocka_unit_test(test_special_names),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
