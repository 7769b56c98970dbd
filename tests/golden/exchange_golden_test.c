/* Checkpoints of other programs (scripts/golden/make_exchange_golden.py): logits and token ids after import, round trips through
 * both formats, and files that are cut, altered or lie. */
#include "exchange/exchange_int.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>   /* last: it redefines fail() */

#define GOLDEN TEST_DIR "/golden/exchange/"
static const int32_t IDS[] = {7, 260, 33, 100, 5, 270, 41, 200, 12};
enum { N_IDS = sizeof IDS / sizeof *IDS, FIRST = 5, VOCAB_MAX = 512 };

static char work[256];

static void check(status s)
{
    if (s != OK) fail_msg("%s", status_message());
}

static struct arena paths;   /* of one test */

static const char *in_work(const char *name)
{
    return arena_printf(&paths, "%s/%s", work, name);
}

static void shell(const char *format, const char *a, const char *b)
{
    char command[2048];
    snprintf(command, sizeof command, format, a, b);
    assert_int_equal(system(command), 0);
}

/* ---- logits ---- */

/* After five tokens and after all nine. */
static size_t logits_of(const char *directory, float out[2][VOCAB_MAX])
{
    struct model *m;
    struct compute *c;
    struct infer_run *r;
    struct kv_cache *k;
    struct compute_options options = {.threads = 1, .precision = PRECISION_F32, .level = CPU_SCALAR, .at_level = true};
    check(compute_new(&options, &c));
    check(model_load(directory, false, &m));
    check(infer_run_new(m, c, 16, 4, &r));
    check(kv_cache_new(m, 12, &k));
    check(infer_prefill(r, k, IDS, FIRST, 0, out[0]));
    for (size_t i = FIRST; i < N_IDS; i++) check(infer_step(r, &k, &IDS[i], 1, out[1]));
    size_t V = m->config.vocab_size;
    assert_true(V <= VOCAB_MAX);
    kv_cache_free(k);
    infer_run_free(r);
    model_free(m);
    compute_free(c);
    return V;
}

static float largest_difference(const float a[2][VOCAB_MAX], const float b[2][VOCAB_MAX], size_t V)
{
    float largest = 0;
    for (int row = 0; row < 2; row++)
        for (size_t i = 0; i < V; i++) {
            float d = fabsf(a[row][i] - b[row][i]);
            if (!(d <= largest)) largest = d;
        }
    return largest;
}

static void expect_logits(const char *directory, const char *golden, float tolerance)
{
    float ours[2][VOCAB_MAX], theirs[2][VOCAB_MAX];
    char *data;
    size_t n, V = logits_of(directory, ours);
    check(file_read(golden, 1 << 20, &data, &n));
    assert_int_equal(n, 2 * V * sizeof(float));
    for (int row = 0; row < 2; row++) memcpy(theirs[row], data + row * V * sizeof(float), V * sizeof(float));
    mem_free(data);
    float d = largest_difference(ours, theirs, V);
    if (!(d < tolerance)) fail_msg("%s: logits differ by %g", directory, (double)d);
    print_message("%s: largest difference of a logit %.2g\n", strrchr(golden, '/') + 1, (double)d);
}

/* ---- token ids ---- */

static void expect_ids(const char *directory, const char *texts)
{
    struct tokenizer *t;
    struct strbuf path = {0};
    size_t i, k;
    json_t *cases = json_load_file(texts, 0, NULL), *one;
    assert_non_null(cases);
    check(path_join(&path, directory, "tokenizer.json"));
    check(tokenizer_load(path.data, &t));
    json_array_foreach(cases, i, one) {
        const char *text = json_string_value(json_object_get(one, "text"));
        json_t *ids = json_object_get(one, "ids"), *id;
        int32_t ours[4096];
        size_t n = tokenizer_encode_marked(t, text, strlen(text), ours, 4096);
        if (n != json_array_size(ids)) fail_msg("%s: text %zu is %zu tokens, not %zu", directory, i, n, json_array_size(ids));
        json_array_foreach(ids, k, id)
            if (ours[k] != json_integer_value(id)) fail_msg("%s: text %zu has %d at %zu, not %d", directory, i, ours[k], k, (int)json_integer_value(id));
    }
    assert_true(tokenizer_end(t) >= 0);
    json_decref(cases);
    tokenizer_free(t);
    strbuf_release(&path);
}

/* ---- there and back ---- */

static void same_again(const char *directory, const char *again)
{
    float a[2][VOCAB_MAX], b[2][VOCAB_MAX];
    size_t V = logits_of(directory, a);
    assert_int_equal(logits_of(again, b), V);
    assert_true(largest_difference(a, b, V) == 0);
}

static void round_trips(const char *directory, const char *texts, enum exchange_dtype type)
{
    struct strbuf note = {0};
    check(exchange_export(directory, in_work("hf"), FORMAT_HF, EXCHANGE_KEEP, &note));
    check(exchange_import(in_work("hf"), in_work("from_hf"), type));
    same_again(directory, in_work("from_hf"));
    expect_ids(in_work("from_hf"), texts);
    check(exchange_export(directory, in_work("a.gguf"), FORMAT_GGUF, EXCHANGE_KEEP, &note));
    check(exchange_import(in_work("a.gguf"), in_work("from_gguf"), type));
    same_again(directory, in_work("from_gguf"));
    expect_ids(in_work("from_gguf"), texts);
    assert_int_equal(note.len, 0);   /* nothing is left out of a plain language model */
    strbuf_release(&note);
}

static void family(const char *name)
{
    char from[512], golden[512], texts[512];
    snprintf(from, sizeof from, GOLDEN "%s", name);
    snprintf(golden, sizeof golden, GOLDEN "%s.f32", name);
    snprintf(texts, sizeof texts, GOLDEN "%s/texts.json", name);
    check(exchange_import(from, in_work("f32"), EXCHANGE_F32));
    expect_logits(in_work("f32"), golden, 1e-4f);
    expect_ids(in_work("f32"), texts);
    check(exchange_import(from, in_work("kept"), EXCHANGE_KEEP));
    expect_logits(in_work("kept"), golden, 1e-4f);   /* bf16 where it was: nothing is lost */
    round_trips(in_work("f32"), texts, EXCHANGE_F32);
}

static void test_gpt2(void **state) { (void)state, family("gpt2"); }
static void test_llama(void **state) { (void)state, family("llama"); }
static void test_qwen2(void **state) { (void)state, family("qwen2"); }
static void test_qwen3(void **state) { (void)state, family("qwen3"); }

static void test_gguf(void **state)
{
    (void)state;
    check(exchange_import(GOLDEN "llama.gguf", in_work("q"), EXCHANGE_KEEP));
    expect_logits(in_work("q"), GOLDEN "gguf.f32", 1e-4f);
    expect_ids(in_work("q"), GOLDEN "llama/texts.json");
    round_trips(in_work("q"), GOLDEN "llama/texts.json", EXCHANGE_F32);
}

/* A model of ours whose overlap embedding adds something to every token, also of a plain text: other programs know of no such row. */
static void test_overlap(void **state)
{
    (void)state;
    static const char *const golden[] = {"llama", "gpt2"};
    for (int i = 0; i < 2; i++) {
        bool gpt2 = i == 1;
        struct model_config c = {.vocab_size = 300, .max_positions = 24, .d_model = 32, .n_layers = 2, .n_heads = 4, .n_kv_heads = 4, .head_size = 8, .d_ff = 32,
                                 .positions = gpt2 ? POSITIONS_LEARNED : POSITIONS_ROTARY, .norm = gpt2 ? NORM_LAYER : NORM_RMS, .ffn = gpt2 ? FFN_GELU : FFN_SWIGLU,
                                 .linear_bias = gpt2, .tied = true, .heads = true, .overlap = true, .norm_epsilon = 1e-5f, .rope_theta = 10000};
        struct model *m;
        struct strbuf note = {0};
        shell("rm -rf '%s'/*", work, "");
        check(model_new(&c, 9, &m));
        check(model_save(m, in_work("ours"), DTYPE_F32));
        model_free(m);
        shell("cp '%s/tokenizer.json' '%s'", arena_printf(&paths, GOLDEN "%s", golden[i]), in_work("ours"));
        check(exchange_export(in_work("ours"), in_work("hf"), FORMAT_HF, EXCHANGE_F32, &note));
        check(exchange_export(in_work("ours"), in_work("a.gguf"), FORMAT_GGUF, EXCHANGE_F32, &note));
        assert_non_null(strstr(note.data, "written twice"));
        check(exchange_import(in_work("hf"), in_work("from_hf"), EXCHANGE_F32));
        check(exchange_import(in_work("a.gguf"), in_work("from_gguf"), EXCHANGE_F32));
        float a[2][VOCAB_MAX], b[2][VOCAB_MAX];
        size_t V = logits_of(in_work("ours"), a);
        assert_int_equal(logits_of(in_work("from_hf"), b), V);
        assert_true(largest_difference(a, b, V) < 1e-5f);
        assert_int_equal(logits_of(in_work("from_gguf"), b), V);
        assert_true(largest_difference(a, b, V) < 1e-5f);
        strbuf_release(&note);
    }
}

/* vocab.json and merges.txt instead of tokenizer.json. */
static void test_vocab_files(void **state)
{
    (void)state;
    char *data;
    size_t n, i;
    const char *key;
    check(file_read(GOLDEN "gpt2/tokenizer.json", 1 << 20, &data, &n));
    json_t *root = json_loadb(data, n, 0, NULL), *model = json_object_get(root, "model"), *line, *value;
    shell("cp -r '%s' '%s'", GOLDEN "gpt2", in_work("old"));
    FILE *f = fopen(in_work("old/merges.txt"), "w");
    fputs("#version: 0.2\n", f);
    json_array_foreach(json_object_get(model, "merges"), i, line) fprintf(f, "%s\n", json_string_value(line));
    fclose(f);
    json_object_set_new(json_object_get(model, "vocab"), "<|endoftext|>", json_integer(285));
    json_object_foreach(json_object_get(model, "vocab"), key, value) assert_true(json_is_integer(value));
    assert_int_equal(json_dump_file(json_object_get(model, "vocab"), in_work("old/vocab.json"), 0), 0);
    unlink(in_work("old/tokenizer.json"));
    check(exchange_import(in_work("old"), in_work("f32"), EXCHANGE_F32));
    expect_ids(in_work("f32"), GOLDEN "gpt2/texts.json");
    shell("cp -r '%s' '%s'", GOLDEN "qwen2", in_work("qwen"));   /* cut by other rules, of which these two files say nothing */
    shell("cp '%s'/merges.txt '%s'", in_work("old"), in_work("qwen"));
    shell("mv '%s' '%s'", in_work("qwen/tokenizer.json"), in_work("qwen/vocab.json"));
    assert_int_not_equal(exchange_import(in_work("qwen"), in_work("refused"), EXCHANGE_F32), OK);
    assert_non_null(strstr(status_message(), "gpt2 only"));
    json_decref(root);
    mem_free(data);
}

/* ---- bad input ---- */

static size_t refused, accepted;

/* Whatever the file is: no crash, and no directory unless it was imported. */
static status try_import(const char *from)
{
    status s = exchange_import(from, in_work("out"), EXCHANGE_F32);
    assert_int_equal(s == OK, file_exists(in_work("out")));
    if (s != OK) {
        assert_true(strlen(status_message()) > 20);
        assert_null(strchr(status_message(), '\n'));
    }
    s == OK ? accepted++ : refused++;
    if (s == OK) shell("rm -rf '%s' # %s", in_work("out"), "");
    return s;
}

static void try_damaged(const char *from, const char *file, const char *data, size_t n)
{
    struct rng r;
    rng_seed(&r, 3);
    for (int round = 0; round < 60; round++) {
        char *bad = mem_strndup(data, n);
        memcpy(bad, data, n);
        size_t length = round < 20 ? rng_below(&r, n) : n, head = n < 12000 ? n : 12000;
        for (int k = 0; round >= 20 && k < 3; k++) bad[rng_below(&r, head)] ^= (char)(1 << rng_below(&r, 8));
        check(file_write_atomic(file, bad, length));
        status s = try_import(from);
        if (round < 20) assert_int_not_equal(s, OK);   /* cut anywhere: refused */
        mem_free(bad);
    }
    check(file_write_atomic(file, data, n));
}

static void damage(const char *from, const char *file)
{
    char *data;
    size_t n;
    check(file_read(file, 1 << 22, &data, &n));
    try_damaged(from, file, data, n);
    mem_free(data);
}

static void test_damaged(void **state)
{
    (void)state;
    shell("cp -r '%s' '%s'", GOLDEN "qwen3", in_work("bad"));
    damage(in_work("bad"), in_work("bad/model.safetensors.index.json"));
    damage(in_work("bad"), in_work("bad/model-00001-of-00002.safetensors"));
    damage(in_work("bad"), in_work("bad/config.json"));
    damage(in_work("bad"), in_work("bad/tokenizer.json"));
    shell("cp '%s' '%s'", GOLDEN "llama.gguf", in_work("bad.gguf"));
    damage(in_work("bad.gguf"), in_work("bad.gguf"));
    print_message("%zu damaged checkpoints refused, %zu imported\n", refused, accepted);
    assert_true(refused > 120);
}

static void expect_refusal(const char *from, const char *sentence)
{
    assert_int_not_equal(exchange_import(from, in_work("out"), EXCHANGE_F32), OK);
    if (!strstr(status_message(), sentence)) fail_msg("'%s' does not say '%s'", status_message(), sentence);
    assert_false(file_exists(in_work("out")));
}

/* Replaces text in config.json of a copy of `name`. */
static void expect_config_refusal(const char *name, const char *what, const char *by, const char *sentence)
{
    char from[512], edit[512];
    snprintf(from, sizeof from, GOLDEN "%s", name);
    shell("cp -r '%s' '%s'", from, in_work("bad"));
    snprintf(edit, sizeof edit, "s/%s/%s/", what, by);
    shell("sed -i '%s' '%s'/bad/config.json", edit, work);
    expect_refusal(in_work("bad"), sentence);
    shell("rm -rf '%s' # %s", in_work("bad"), "");
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refusal(in_work("none"), "is not there");
    expect_config_refusal("llama", "\"llama\"", "\"mamba\"", "'mamba'");
    expect_config_refusal("llama", "\"rope_scaling\": null", "\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8}", "rope scaling 'llama3'");
    expect_config_refusal("llama", "\"rope_scaling\": null", "\"rope_parameters\": {\"rope_type\": \"yarn\"}", "rope scaling 'yarn'");
    expect_config_refusal("llama", "\"rope_scaling\": null", "\"rope_parameters\": {\"partial_rotary_factor\": 0.5}", "partial_rotary_factor is 0.5");
    expect_config_refusal("llama", "\"rope_scaling\": null", "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 7}}", "for 'full_attention'");
    expect_config_refusal("llama", "\"rope_scaling\": null", "\"layer_types\": [\"full_attention\", \"sliding_attention\"]", "layer 1 is 'sliding_attention'");
    expect_config_refusal("llama", "\"silu\"", "\"relu\"", "'relu'");
    expect_config_refusal("llama", "\"vocab_size\": [0-9]*", "\"vocab_size\": 4000000000", "vocab_size");
    expect_config_refusal("llama", "\"vocab_size\": [0-9]*", "\"vocab_size\": 300", "embed_tokens.weight");
    expect_config_refusal("llama", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "layers.2");
    expect_config_refusal("llama", "\"rope_scaling\": null", "\"attention_bias\": true", "attention_bias");
    expect_config_refusal("qwen2", "\"qwen2\"", "\"llama\"", "no place");
    expect_config_refusal("qwen2", "\"rope_scaling\": null", "\"use_sliding_window\": true", "use_sliding_window");
    shell("cp -r '%s' '%s'", GOLDEN "qwen2", in_work("bad"));
    unlink(in_work("bad/model-00002-of-00002.safetensors"));
    expect_refusal(in_work("bad"), "model-00002-of-00002.safetensors");
    shell("rm -rf '%s' # %s", in_work("bad"), "");
    shell("cp -r '%s' '%s'", GOLDEN "llama", in_work("bad"));
    shell("sed -i 's/ByteLevel/Metaspace/g' '%s'/bad/tokenizer.json # %s", work, "");
    expect_refusal(in_work("bad"), "pre_tokenizer");
    check(exchange_import(GOLDEN "llama", in_work("there"), EXCHANGE_Q8));
    assert_int_equal(exchange_import(GOLDEN "llama", in_work("there"), EXCHANGE_F32), ERR_USAGE);
    assert_int_equal(exchange_import(GOLDEN "llama", in_work("out"), EXCHANGE_F16), ERR_USAGE);
}

/* A full disk at each write: nothing stays. */
static void test_full_disk(void **state)
{
    (void)state;
    struct strbuf note = {0};
    check(exchange_import(GOLDEN "gpt2", in_work("f32"), EXCHANGE_F32));
    for (uint64_t at = 1; at < 20; at += 3) {
        file_fail_write_at(at);
        status s = exchange_import(GOLDEN "gpt2", in_work("out"), EXCHANGE_F32);
        file_fail_write_at(0);
        assert_int_equal(s, ERR_IO);
        assert_false(file_exists(in_work("out")));
        file_fail_write_at(at);
        s = exchange_export(in_work("f32"), in_work("out.gguf"), FORMAT_GGUF, EXCHANGE_F16, &note);
        file_fail_write_at(0);
        assert_int_equal(s, ERR_IO);
        assert_false(file_exists(in_work("out.gguf")));
    }
    shell("test \"$(ls '%s' | grep -c tmp)\" = 0 # %s", work, "");
    strbuf_release(&note);
}

/* Each allocation fails once: an error, and nothing stays. */
static void failing_memory(const char *from)
{
    status s = ERR_NOMEM;
    const char *out = in_work("out");   /* before memory fails */
    for (uint64_t at = 1; s != OK; at += at < 200 ? 1 : 97) {
        mem_fail_at(at);
        s = exchange_import(from, out, EXCHANGE_F32);
        mem_fail_at(0);
        assert_true(s == OK || s == ERR_NOMEM);
        assert_int_equal(s == OK, file_exists(out));
    }
    shell("rm -rf '%s' # %s", in_work("out"), "");
}

static void test_failing_memory(void **state)
{
    (void)state;
    failing_memory(GOLDEN "qwen3");
    failing_memory(GOLDEN "llama.gguf");
}

static void test_halves(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x7C00; h++) {
        assert_int_equal(f16_from_f32(f16_to_f32((uint16_t)h)), h);
        if (!h) continue;
        float below = f16_to_f32((uint16_t)(h - 1)), here = f16_to_f32((uint16_t)h), middle = (below + here) / 2;
        assert_int_equal(f16_from_f32(middle), h & 1 ? h - 1 : h);   /* ties to even */
        assert_int_equal(f16_from_f32(nextafterf(middle, INFINITY)), h);
    }
    assert_int_equal(f16_from_f32(70000), 0x7C00);
    assert_int_equal(f16_from_f32(-0.0f), 0x8000);
    assert_true(isnan(f16_to_f32(0x7E00)));
}

static int make_work(void **state)
{
    (void)state;
    arena_init(&paths, 0);
    snprintf(work, sizeof work, "/tmp/exchange_test_XXXXXX");
    return mkdtemp(work) ? 0 : -1;
}

static int remove_work(void **state)
{
    (void)state;
    shell("rm -rf '%s' # %s", work, "");
    arena_release(&paths);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_work, remove_work)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_gpt2), TEST(test_llama), TEST(test_qwen2), TEST(test_qwen3), TEST(test_gguf), TEST(test_halves), TEST(test_overlap), TEST(test_vocab_files), TEST(test_damaged),
        TEST(test_refusals), TEST(test_full_disk), TEST(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
