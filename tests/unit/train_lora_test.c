/* Adapters in a run: what is written, that resuming changes no bit, refusals, and models of other programs. */
#include "train_fixture.h"

#include <math.h>

#define FOREIGN_TOKENIZER TEST_DIR "/golden/exchange/gpt2/tokenizer.json"

/* A model directory of the toy tokenizer: as if pretrained. */
static void make_base(const char *name, uint64_t seed, enum dtype type, bool foreign)
{
    struct model_config c;
    struct model *m;
    struct tokenizer *t;
    char *data;
    size_t n;
    model_config_default(&c);
    c.d_model = 16, c.n_layers = 2, c.n_heads = 2, c.n_kv_heads = 1, c.head_size = 8, c.d_ff = 32, c.max_positions = 64, c.dropout = 0.1f;
    assert_int_equal(tokenizer_load(foreign ? FOREIGN_TOKENIZER : in_dir("tokenizer.json"), &t), OK);
    c.vocab_size = (uint32_t)tokenizer_size(t) + (foreign ? 10 : 0);   /* padded, as some are */
    c.heads = !foreign;
    assert_int_equal(model_new(&c, seed, &m), OK);
    assert_int_equal(model_save(m, in_dir(name), type), OK);
    assert_int_equal(file_read(foreign ? FOREIGN_TOKENIZER : in_dir("tokenizer.json"), 1 << 24, &data, &n), OK);
    char path[600];
    snprintf(path, sizeof path, "%s/tokenizer.json", in_dir(name));
    if (foreign) tokenizer_set_marks(t, -1, tokenizer_special(t, "<|endoftext|>"));
    if (foreign) assert_int_equal(tokenizer_save(t, path), OK);
    else assert_int_equal(file_write_atomic(path, data, n), OK);
    mem_free(data);
    tokenizer_free(t);
    model_free(m);
}

static void write_lora_config(const char *name, const char *base, const char *output, const char *extra)
{
    struct strbuf b = {0};
    strbuf_printf(&b,
                  "{\"output\":\"%s/%s\",\"init_from\":\"%s/%s\",\"threads\":1,\"precision\":\"f32\",\"batch_tokens\":512,\"warmup_steps\":2,"
                  "\"validation_fraction\":0.1,%s\"eval_batches\":2,\"data\":[\"%s/examples.jsonl\"],\"max_pair_tokens\":32,"
                  "\"max_embed_tokens\":16,%s\"max_group\":5%s}",
                  fixture_dir, output, fixture_dir, base, strstr(extra, "learning_rate") ? "" : "\"learning_rate\":0.003,", fixture_dir,
                  strstr(extra, "max_text") ? "" : "\"max_prefix_tokens\":32,\"max_text_tokens\":24,", extra);
    assert_int_equal(file_write_atomic(in_dir(name), b.data, b.len), OK);
    strbuf_release(&b);
}

static void expect_ok(status s)
{
    if (s != OK) fail_msg("%s", status_message());
}

static void same_file(const char *a, const char *b)
{
    size_t n = 0, m = 0;
    char *x = read_all(a, &n), *y = read_all(b, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    mem_free(x);
    mem_free(y);
}

static bool stop_at(void *context)
{
    return ++*(int *)context >= 7;
}

#define LORA ",\"lora\":{\"rank\":4,\"alpha\":8,\"targets\":[\"attention.qkv\",\"ffn.out\"]}"

/* Learns, leaves the base alone, writes an adapter and no model; resumed after an interruption: the same bits. */
static void test_run_and_resume(void **state)
{
    (void)state;
    const char *keys = LORA ",\"steps\":12,\"eval_every\":5,\"log_every\":3,\"accumulate\":2,\"checkpoint_every\":4";
    struct train_result r;
    size_t before, after;
    make_base("base", 1, DTYPE_BF16, false);
    char *base = read_all("base/model.safetensors", &before), *later;
    write_lora_config("whole.json", "base", "whole", keys);
    write_lora_config("parts.json", "base", "parts", keys);
    expect_ok(run_config("whole.json", TRAIN_FINETUNE, false, NULL, &r));
    assert_true(file_exists(in_dir("whole/adapter.safetensors")) && file_exists(in_dir("whole/adapter.json")) && file_exists(in_dir("whole/tokenizer.json")));
    assert_false(file_exists(in_dir("whole/model.safetensors")));
    later = read_all("base/model.safetensors", &after);
    assert_true(before == after && memcmp(base, later, before) == 0);
    int calls = 0;
    struct progress p = {&calls, NULL, stop_at};
    assert_int_equal(run_config("parts.json", TRAIN_FINETUNE, false, &p, NULL), ERR_INTERRUPTED);
    expect_ok(run_config("parts.json", TRAIN_FINETUNE, true, NULL, NULL));
    same_file("whole/adapter.safetensors", "parts/adapter.safetensors");
    mem_free(base);
    mem_free(later);

    make_base("base", 2, DTYPE_BF16, false);   /* other weights in the same place */
    assert_int_equal(run_config("parts.json", TRAIN_FINETUNE, true, NULL, NULL), ERR_USAGE);
    assert_message_has("init_from");
    remove_tree(in_dir("whole"));
    remove_tree(in_dir("parts"));
}

/* The loss falls by adapters alone: heads have a weight of 0 in it. The frozen embedding is small and tied, so it cannot fall far. */
static void test_adapters_learn(void **state)
{
    (void)state;
    struct train_result first, last;
    struct model *m;
    make_base("base", 1, DTYPE_F32, false);
    write_lora_config("short.json", "base", "short", ",\"lora\":{\"rank\":4},\"match_share\":0,\"contrastive_share\":0,\"steps\":1");
    write_lora_config("long.json", "base", "long", ",\"lora\":{\"rank\":4},\"match_share\":0,\"contrastive_share\":0,\"steps\":150,\"learning_rate\":0.02,\"eval_every\":0");
    expect_ok(run_config("short.json", TRAIN_FINETUNE, false, NULL, &first));
    expect_ok(run_config("long.json", TRAIN_FINETUNE, false, NULL, &last));
    if (!(last.validation_loss < first.validation_loss - 0.1)) fail_msg("from %g to %g", first.validation_loss, last.validation_loss);
    expect_ok(model_load_adapter(in_dir("base"), in_dir("long"), &m));
    expect_ok(model_merge(m, in_dir("merged"), DTYPE_F32));
    model_free(m);
    expect_ok(model_load(in_dir("merged"), false, &m));
    model_free(m);
    remove_tree(in_dir("short"));
    remove_tree(in_dir("long"));
}

/* Another program's tokenizer, no heads: with adapters and whole. */
static void test_foreign(void **state)
{
    (void)state;
    struct model *m;
    struct train_result r;
    make_base("foreign", 1, DTYPE_F32, true);
    write_lora_config("adapters.json", "foreign", "adapters", LORA ",\"steps\":3");
    expect_ok(run_config("adapters.json", TRAIN_FINETUNE, false, NULL, &r));
    expect_ok(model_load_adapter(in_dir("foreign"), in_dir("adapters"), &m));
    assert_true(m->config.heads);
    model_free(m);
    write_lora_config("full.json", "foreign", "full", ",\"steps\":3");
    expect_ok(run_config("full.json", TRAIN_FINETUNE, false, NULL, &r));
    expect_ok(model_load(in_dir("full"), false, &m));
    assert_true(m->config.heads);
    model_free(m);
    write_config("pretrain.json", TRAIN_PRETRAIN, "pretrain", "");
    char *text = NULL, *key;
    size_t size;
    assert_int_equal(file_read(in_dir("pretrain.json"), 1 << 20, &text, &size), OK);
    assert_non_null(key = strstr(text, "\"tokenizer\""));
    size_t before = (size_t)(key - text);
    struct strbuf b = {0};
    strbuf_printf(&b, "%.*s\"tokenizer\":\"%s\"%s", (int)before, text, FOREIGN_TOKENIZER, strchr(text + before, ','));
    write_file("pretrain.json", strbuf_str(&b));
    assert_int_equal(run_config("pretrain.json", TRAIN_PRETRAIN, false, NULL, NULL), ERR_FORMAT);
    assert_message_has("masked");
    strbuf_release(&b);
    mem_free(text);
}

/* What a batch of such a run holds: their tokens for ours, and the end that they know. */
static void test_foreign_layout(void **state)
{
    (void)state;
    struct tokenizer *t;
    struct source s;
    struct train_config c;
    struct sampler sampler;
    struct micro_batch b;
    write_lora_config("layout.json", "foreign", "layout", ",\"match_share\":0,\"contrastive_share\":0,\"need_dropout\":0,\"max_prefix_tokens\":64,\"max_text_tokens\":64");
    expect_ok(train_config_read(&c, TRAIN_FINETUNE, in_dir("layout.json")));
    expect_ok(tokenizer_load(FOREIGN_TOKENIZER, &t));
    tokenizer_set_marks(t, -1, tokenizer_special(t, "<|endoftext|>"));
    int32_t end = tokenizer_end(t);
    assert_true(end >= SPECIAL_TOKENS);
    expect_ok(finetune_source_open(&s, &c, t, NULL));
    expect_ok(micro_batch_init(&b, 512));
    sampler_init(&sampler, 1, SPLIT_TRAIN);
    s.fill(s.context, &sampler, &b);
    assert_true(b.batch.n_seqs > 0 && b.lm.n > 0);
    for (size_t i = 0; i < b.batch.n_seqs; i++) {
        struct strbuf text = {0};
        size_t from = (size_t)b.offsets[i], prefix = (size_t)b.prefix[i];
        assert_int_equal(b.tokens[from], end);
        expect_ok(tokenizer_decode(t, b.tokens + from + 1, prefix - 1, &text));
        if (strncmp(strbuf_str(&text), "a ", 2) != 0 || !strstr(strbuf_str(&text), "\n:")) fail_msg("the prefix reads '%s'", strbuf_str(&text));
        strbuf_release(&text);
    }
    size_t ends = 0;
    for (size_t i = 0; i < b.lm.n; i++) ends += b.lm.targets[i] == end;
    assert_int_equal(ends, b.batch.n_seqs);
    micro_batch_release(&b);
    s.close(s.context);
    tokenizer_free(t);
    train_config_release(&c);
}

static status run_on(const char *device, const char *name)
{
    struct train_config c;
    status s = train_config_read(&c, TRAIN_FINETUNE, in_dir(name));
    if (s == OK) s = train_start(&c, &(struct train_options){.device = device}, NULL, NULL);
    train_config_release(&c);
    return s;
}

/* A device whose memory the host cannot read: the adapter comes back from it, and is that of the CPU up to rounding. */
static void test_device(void **state)
{
    (void)state;
    struct model *a, *b;
    double apart = 0, moved = 0;
    make_base("base", 1, DTYPE_BF16, false);
    write_lora_config("cpu.json", "base", "cpu", LORA ",\"steps\":3,\"model\":{\"dropout\":0}");
    write_lora_config("device.json", "base", "device", LORA ",\"steps\":3,\"model\":{\"dropout\":0}");
    expect_ok(run_on("cpu", "cpu.json"));
    expect_ok(run_on("emulated", "device.json"));
    expect_ok(model_load_adapter(in_dir("base"), in_dir("cpu"), &a));
    expect_ok(model_load_adapter(in_dir("base"), in_dir("device"), &b));
    const struct parameter *p = model_parameter(a, "layers.1.ffn.out.lora_b");
    for (size_t i = 0; i < (size_t)p->rows * p->cols; i++) {
        moved += fabs((double)a->params[p->offset + i]);
        apart += fabs((double)a->params[p->offset + i] - (double)b->params[p->offset + i]);
    }
    if (!(moved > 1e-3 && apart < 0.02 * moved)) fail_msg("moved %g, apart %g", moved, apart);
    model_free(a);
    model_free(b);
}

static void expect_refusal(const char *extra, const char *says)
{
    struct train_config c;
    write_lora_config("bad.json", "base", "bad", extra);
    assert_int_equal(train_config_read(&c, TRAIN_FINETUNE, in_dir("bad.json")), ERR_USAGE);
    assert_message_has(says);
    train_config_release(&c);
}

static void test_config(void **state)
{
    (void)state;
    struct train_config c;
    expect_refusal(",\"lora\":8", "\"lora\" must be an object");
    expect_refusal(",\"lora\":{\"ranks\":8}", "unknown key \"ranks\" in \"lora\"");
    expect_refusal(",\"lora\":{\"rank\":0}", "\"rank\" is 0");
    expect_refusal(",\"lora\":{\"rank\":2.5}", "whole number");
    expect_refusal(",\"lora\":{\"rank\":5000}", "\"rank\" is 5000");
    expect_refusal(",\"lora\":{\"alpha\":0}", "\"alpha\" is 0");
    expect_refusal(",\"lora\":{\"targets\":\"ffn.in\"}", "must be a list");
    expect_refusal(",\"lora\":{\"targets\":[]}", "must be a list");
    expect_refusal(",\"lora\":{\"targets\":[\"embedding\"]}", "unknown entry \"embedding\"");
    expect_refusal(",\"lora\":{\"targets\":[\"ffn.in\",\"ffn.in\"]}", "twice");
    expect_refusal(",\"lora\":{},\"model\":{\"overlap\":true}", "overlap");
    write_config("none.json", TRAIN_FINETUNE, "none", ",\"lora\":{}");
    assert_int_equal(train_config_read(&c, TRAIN_FINETUNE, in_dir("none.json")), ERR_USAGE);
    assert_message_has("init_from");
    train_config_release(&c);
    write_lora_config("good.json", "base", "good", ",\"lora\":{}");
    expect_ok(train_config_read(&c, TRAIN_FINETUNE, in_dir("good.json")));
    assert_true(c.lora.rank == 8 && c.lora.alpha == 16 && c.lora.targets[LORA_QKV] && c.lora.targets[LORA_FFN_OUT]);
    train_config_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_and_resume), cmocka_unit_test(test_adapters_learn), cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_foreign_layout), cmocka_unit_test(test_device), cmocka_unit_test(test_config),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
