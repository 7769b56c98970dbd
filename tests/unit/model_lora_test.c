/* Adapters: what they leave alone, what is saved of them, and merging. Their gradients are in model_gradient_test.c. */
#include "model_fixture.h"

static char directory[64];

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/daogou-lora-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    remove_model_directory(directory);
    return 0;
}

static const char *in_directory(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *p = paths[next++ % 4];
    snprintf(p, sizeof paths[0], "%s/%s", directory, name);
    return p;
}

static void save_base(const struct model_config *c, const char *name, uint64_t seed, enum dtype type)
{
    struct model *base = tiny_model(c, seed);
    check_ok(model_save(base, in_directory(name), type));
    model_free(base);
}

/* Hidden states, scores and a loss of one batch. */
struct reading { float hidden[TINY_TOKENS * 16], scores[3]; double loss; };

static void read_with(struct model *m, struct compute *c, struct reading *out)
{
    static const int32_t rows[] = {0, 3, 20, 38}, targets[] = {5, 36, 0, 9}, seqs[] = {0, 2, 4};
    static const float gains[] = {1, 0, 0};
    struct train_run *r;
    struct tiny_batch b;
    memset(out, 0, sizeof *out);
    tiny_batch_init(&b, 8);
    check_ok(train_run_new(m, c, TINY_TOKENS, TINY_SEQS, &r));
    check_ok(train_forward(r, &b.batch, false, 0));
    memcpy(out->hidden, train_hidden(r), TINY_TOKENS * m->config.d_model * sizeof(float));
    out->loss = loss_vocabulary(r, rows, targets, 4, 1, false, NULL) + loss_match(r, seqs, gains, 3, 1, false, out->scores);
    train_run_free(r);
}

static void expect_close(const struct reading *a, const struct reading *b, double tolerance)
{
    for (size_t i = 0; i < sizeof a->hidden / sizeof *a->hidden; i++)
        if (!(fabs((double)a->hidden[i] - (double)b->hidden[i]) <= tolerance)) fail_msg("hidden[%zu] is %g, not %g", i, (double)a->hidden[i], (double)b->hidden[i]);
    for (size_t i = 0; i < 3; i++) assert_true(fabs((double)a->scores[i] - (double)b->scores[i]) <= tolerance);
    assert_true(fabs(a->loss - b->loss) <= tolerance);
}

/* With B = 0 as at the start: the base, bit for bit, whatever the ops. */
static void zero_changes_nothing(const struct model_config *config, struct compute *c)
{
    struct model *base, *m;
    struct reading want, got;
    save_base(config, "base", 7, DTYPE_F32);
    check_ok(model_load(in_directory("base"), true, &base));
    check_ok(model_load_lora(in_directory("base"), &tiny_adapters, 5, &m));
    assert_true(m->fingerprint != 0 && m->n_floats < base->n_floats && m->n_frozen > 0);
    read_with(base, c, &want);
    read_with(m, c, &got);
    assert_memory_equal(&want, &got, sizeof want);
    tiny_train_adapters(m, 3);
    read_with(m, c, &got);
    assert_memory_not_equal(&want, &got, sizeof want);
    model_free(base);
    model_free(m);
    compute_free(c);
}

static void test_zero(void **state)
{
    (void)state;
    const struct model_config *const shapes[] = {&tiny_ours, &tiny_gpt2, &tiny_qwen};
    for (int i = 0; i < 3; i++) {
        zero_changes_nothing(shapes[i], scalar_compute());
        zero_changes_nothing(shapes[i], fast_compute());
    }
}

/* Weights that stay bf16 compute what the same values in float32 do. */
static void test_stored_bf16(void **state)
{
    (void)state;
    struct model *base, *m;
    struct reading want, got;
    struct compute *c = fast_compute();
    save_base(&tiny_gpt2, "bf16", 7, DTYPE_BF16);
    check_ok(model_load(in_directory("bf16"), true, &base));
    check_ok(model_load_lora(in_directory("bf16"), &tiny_adapters, 5, &m));
    assert_int_equal(m->parameters[0].weight.dtype, DTYPE_BF16);
    read_with(base, c, &want);
    read_with(m, c, &got);
    expect_close(&got, &want, 1e-4);
    model_free(base);
    model_free(m);
    compute_free(c);
}

/* A step away from the base, saved, loaded: the same bits; merged: the same up to rounding. */
static void merge_equals(const struct model_config *config, const char *base, enum dtype type)
{
    struct model *m, *again, *merged;
    struct reading want, got;
    struct compute *c = fast_compute();
    save_base(config, base, 7, type);
    check_ok(model_load_lora(in_directory(base), &tiny_adapters, 5, &m));
    tiny_train_adapters(m, 3);
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) m->params[m->parameters[i].offset] += 0.1f;   /* heads are trained too */
    read_with(m, c, &want);
    check_ok(model_save_adapter(m, in_directory("adapter")));
    check_ok(model_load_adapter(in_directory(base), in_directory("adapter"), &again));
    read_with(again, c, &got);
    assert_memory_equal(&want, &got, sizeof want);
    check_ok(model_merge(again, in_directory("merged"), DTYPE_F32));
    check_ok(model_load(in_directory("merged"), true, &merged));
    assert_true(merged->config.heads);
    read_with(merged, c, &got);
    expect_close(&got, &want, 2e-4);
    model_free(m);
    model_free(again);
    model_free(merged);
    compute_free(c);
}

static void test_merge(void **state)
{
    (void)state;
    struct model_config bare = tiny_gpt2;
    bare.heads = false;   /* as imported */
    merge_equals(&tiny_ours, "ours", DTYPE_F32);
    merge_equals(&tiny_qwen, "qwen", DTYPE_BF16);
    merge_equals(&bare, "bare", DTYPE_F32);
}

static void test_some_targets(void **state)
{
    (void)state;
    struct model *m;
    const struct lora one = {.rank = 1, .alpha = 2, .targets = {[LORA_OUT] = true}};
    save_base(&tiny_ours, "base", 7, DTYPE_F32);
    check_ok(model_load_lora(in_directory("base"), &one, 5, &m));
    assert_non_null(model_parameter(m, "layers.1.attention.out.lora_a"));
    assert_null(model_parameter(m, "layers.1.attention.qkv.lora_a"));
    assert_null(model_parameter(m, "layers.1.ffn.in.lora_b"));
    const struct parameter *a = model_parameter(m, "layers.0.attention.out.lora_a"), *b = model_parameter(m, "layers.0.attention.out.lora_b");
    assert_true(a->rows == 1 && a->cols == 16 && b->rows == 16 && b->cols == 1 && a->decay && b->decay);
    check_ok(model_save_adapter(m, in_directory("one")));
    model_free(m);
    check_ok(model_load_adapter(in_directory("base"), in_directory("one"), &m));
    assert_true(m->lora.rank == 1 && m->lora.targets[LORA_OUT] && !m->lora.targets[LORA_QKV]);
    model_free(m);
}

/* Heads of a model that had none: as new, the rest as it was. */
static void test_add_heads(void **state)
{
    (void)state;
    struct model_config bare = tiny_gpt2;
    struct model *m, *old;
    bare.heads = false;
    m = tiny_model(&bare, 7);
    old = tiny_model(&bare, 7);
    check_ok(model_add_heads(&m, 4));
    assert_true(m->config.heads);
    for (size_t i = 0; i < old->n_parameters; i++) {
        const struct parameter *p = &old->parameters[i];
        assert_memory_equal(old->params + p->offset, m->params + model_parameter(m, p->name)->offset, (size_t)p->rows * p->cols * sizeof(float));
    }
    const float *w = m->params + model_parameter(m, "heads.pooler.weight")->offset;
    assert_true(w[0] != 0 && fabsf(w[0]) < 0.2f && w[0] != w[1]);
    assert_true(m->params[model_parameter(m, "heads.pooler.bias")->offset] == 0);
    assert_int_equal(model_add_heads(&m, 4), ERR_USAGE);
    model_free(m);
    model_free(old);
}

/* ---- refusals ---- */

#define REFUSED(expression, code, text)                                                                             \
    do {                                                                                                            \
        assert_int_equal(expression, code);                                                                         \
        if (!strstr(status_message(), text)) fail_msg("'%s' lacks '%s'", status_message(), text);                   \
    } while (0)

static void test_refusals(void **state)
{
    (void)state;
    struct model *m, *none = NULL;
    struct lora l = tiny_adapters;
    save_base(&tiny_ours, "base", 7, DTYPE_F32);
    save_base(&tiny_ours, "other", 8, DTYPE_F32);
    l.rank = 0;
    REFUSED(model_load_lora(in_directory("base"), &l, 5, &none), ERR_USAGE, "rank");
    l = (struct lora){.rank = 2, .alpha = 1};
    REFUSED(model_load_lora(in_directory("base"), &l, 5, &none), ERR_USAGE, "targets");
    l = (struct lora){.rank = 2, .alpha = NAN, .targets = {true}};
    REFUSED(model_load_lora(in_directory("base"), &l, 5, &none), ERR_USAGE, "alpha");
    check_ok(model_load_lora(in_directory("base"), &tiny_adapters, 5, &m));
    REFUSED(model_save(m, in_directory("whole"), DTYPE_F32), ERR_USAGE, "adapter");
    REFUSED(model_add_overlap(&m), ERR_USAGE, "overlap");
    check_ok(model_save_adapter(m, in_directory("adapter")));
    REFUSED(model_load_adapter(in_directory("other"), in_directory("adapter"), &none), ERR_USAGE, "another model");
    REFUSED(model_load_adapter(in_directory("base"), in_directory("nothing"), &none), ERR_NOT_FOUND, "no adapter");
    assert_null(none);
    model_free(m);
}

static void test_damaged(void **state)
{
    (void)state;
    static const struct { const char *text, *says; } bad[] = {
        {"{", "restore"}, {"[]", "format"}, {"{\"format\":\"daogou-adapter\",\"rank\":0}", "rank"},
        {"{\"format\":\"daogou-adapter\",\"rank\":3,\"alpha\":\"6\",\"targets\":[]}", "alpha"},
        {"{\"format\":\"daogou-adapter\",\"rank\":3,\"alpha\":6,\"targets\":[\"ffn.in\"],\"base\":\"x\"}", "base"},
        {"{\"format\":\"daogou-adapter\",\"rank\":3,\"alpha\":6,\"targets\":[\"ffn.up\"],\"base\":\"0123456789abcdef\"}", "ffn.up"},
        {"{\"format\":\"daogou-adapter\",\"rank\":3,\"alpha\":6,\"targets\":[],\"base\":\"0123456789abcdef\"}", "targets"},
    };
    struct model *m;
    char *data, path[200];
    size_t n;
    save_base(&tiny_ours, "base", 7, DTYPE_F32);
    check_ok(model_load_lora(in_directory("base"), &tiny_adapters, 5, &m));
    check_ok(model_save_adapter(m, in_directory("bad")));
    model_free(m);
    snprintf(path, sizeof path, "%s/adapter.safetensors", in_directory("bad"));
    check_ok(file_read(path, 1 << 20, &data, &n));
    data[n - 5] ^= 1;
    check_ok(file_write_atomic(path, data, n));
    REFUSED(model_load_adapter(in_directory("base"), in_directory("bad"), &m), ERR_FORMAT, "altered");
    check_ok(file_write_atomic(path, data, n / 2));
    REFUSED(model_load_adapter(in_directory("base"), in_directory("bad"), &m), ERR_FORMAT, "cut short");
    mem_free(data);
    snprintf(path, sizeof path, "%s/adapter.json", in_directory("bad"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_ok(file_write_atomic(path, bad[i].text, strlen(bad[i].text)));
        REFUSED(model_load_adapter(in_directory("base"), in_directory("bad"), &m), ERR_FORMAT, bad[i].says);
        assert_null(m);
    }
}

/* Load, save and merge with each allocation failing once. */
static status whole_way(void)
{
    struct model *m = NULL;
    status s = model_load_adapter(in_directory("base"), in_directory("adapter"), &m);
    if (s == OK) s = model_save_adapter(m, in_directory("saved"));
    if (s == OK) s = model_merge(m, in_directory("merged"), DTYPE_BF16);
    model_free(m);
    return s;
}

static void test_allocations(void **state)
{
    (void)state;
    struct model *m;
    save_base(&tiny_qwen, "base", 7, DTYPE_BF16);
    check_ok(model_load_lora(in_directory("base"), &tiny_adapters, 5, &m));
    check_ok(model_save_adapter(m, in_directory("adapter")));
    model_free(m);
    check_ok(whole_way());
    bool failed = true;
    for (uint64_t at = 1; failed; at++) {
        mem_fail_at(at);
        status s = whole_way();
        failed = mem_fail_at(0) >= at;
        assert_true(s == OK || (failed && s == ERR_NOMEM));   /* some are for what may be left undone */
        assert_true(at > 20 || s != OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero),      cmocka_unit_test(test_stored_bf16), cmocka_unit_test(test_merge),   cmocka_unit_test(test_some_targets),
        cmocka_unit_test(test_add_heads), cmocka_unit_test(test_refusals),    cmocka_unit_test(test_damaged), cmocka_unit_test(test_allocations),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
