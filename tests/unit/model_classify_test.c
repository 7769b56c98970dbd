/* The classifier head: new heads, adapters that bring one, reading without a merge, labels.json. Gradients are in model_gradient_test.c. */
#include "model_fixture.h"

enum { CLASSES = 5 };
static char directory[64];

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/daogou-classify-XXXXXX");
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

static void classify_all(const struct model *m, float *logits)
{
    struct compute *c = scalar_compute();
    struct infer_run *r;
    struct tiny_batch b;
    tiny_batch_init(&b, 8);
    check_ok(infer_run_new(m, c, TINY_TOKENS, TINY_SEQS, &r));
    check_ok(infer_classify(r, &b.batch, logits));
    infer_run_free(r);
    compute_free(c);
}

static void expect_equal(const float *a, const float *b, double tolerance)
{
    double largest = 0;
    for (size_t i = 0; i < TINY_SEQS * CLASSES; i++) {
        largest = fmax(largest, fabs((double)a[i]));
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance)) fail_msg("logit %zu is %g, not %g", i, (double)a[i], (double)b[i]);
    }
    assert_true(largest > 0.05);
}

static void save_base(const char *name)
{
    struct model *base = tiny_model(&tiny_ours, 7);
    check_ok(model_save(base, in_directory(name), DTYPE_F32));
    model_free(base);
}

static struct model *with_adapters(const char *base, bool unpack)
{
    struct lora lora = tiny_adapters;
    struct model *m;
    lora.classes = CLASSES;
    lora.unpack = unpack;
    check_ok(model_load_lora(in_directory(base), &lora, 5, &m));
    tiny_train_adapters(m, 11);
    for (size_t i = 0; i < m->n_parameters; i++)
        if (strcmp(m->parameters[i].name, "heads.classify.weight") == 0)
            for (uint32_t k = 0; k < m->parameters[i].rows * m->parameters[i].cols; k++) m->params[m->parameters[i].offset + k] *= 20;
    return m;
}

/* What training sees, what reading with adapters gives, what the merged model gives, and what comes back from disk. */
static void test_adapter_reads_as_merged(void **state)
{
    (void)state;
    float alone[TINY_SEQS * CLASSES], merged[TINY_SEQS * CLASSES], again[TINY_SEQS * CLASSES], unpacked[TINY_SEQS * CLASSES];
    struct model *m;
    save_base("base");
    m = with_adapters("base", false);
    assert_int_equal(m->config.classes, CLASSES);
    classify_all(m, alone);
    check_ok(model_save_adapter(m, in_directory("adapter")));
    check_ok(model_merge(m, in_directory("merged"), DTYPE_F32));
    model_free(m);
    check_ok(model_load(in_directory("merged"), false, &m));
    assert_int_equal(m->config.classes, CLASSES);
    classify_all(m, merged);
    model_free(m);
    check_ok(model_load_adapter(in_directory("base"), in_directory("adapter"), &m));
    classify_all(m, again);
    model_free(m);
    m = with_adapters("base", true);
    classify_all(m, unpacked);
    model_free(m);
    expect_equal(alone, merged, 1e-4);
    expect_equal(alone, again, 0);
    expect_equal(alone, unpacked, 1e-5);
}

static void test_training_and_reading_agree(void **state)
{
    (void)state;
    float logits[TINY_SEQS * CLASSES];
    struct compute *c = scalar_compute();
    struct train_run *r;
    struct tiny_batch b;
    size_t correct, best = 0, right = 0;
    struct model *m = with_adapters("base", false);
    classify_all(m, logits);
    for (int32_t s = 0; s < TINY_SEQS; s++) {
        const float *row = logits + s * CLASSES;
        for (size_t k = best = 0; k < CLASSES; k++) best = row[k] > row[best] ? k : best;
        check_ok(train_run_new(m, c, TINY_TOKENS, TINY_SEQS, &r));
        tiny_batch_init(&b, 8);
        check_ok(train_forward(r, &b.batch, false, 0));
        double sum = 0, expected;
        for (size_t k = 0; k < CLASSES; k++) sum += exp((double)row[k]);
        expected = -log(0.65 * exp((double)row[1]) / sum + 0.35 / CLASSES);
        double loss = loss_classify(r, &s, &(struct class_target){1, 0, CLASSES}, 1, 0.35f, 1, false, &correct);
        assert_true(fabs(loss - expected) < 1e-4);
        assert_int_equal(correct, best == 1);
        right += correct;
        train_run_free(r);
    }
    assert_true(right < TINY_SEQS);
    model_free(m);
    compute_free(c);
}

static void test_refusals(void **state)
{
    (void)state;
    struct compute *c = scalar_compute();
    struct train_run *r;
    struct tiny_batch b;
    struct infer_run *infer;
    float logits[TINY_SEQS * CLASSES];
    const int32_t seq = 0;
    struct model *m = tiny_model(&tiny_ours, 7);
    tiny_batch_init(&b, 8);
    check_ok(train_run_new(m, c, TINY_TOKENS, TINY_SEQS, &r));
    check_ok(train_forward(r, &b.batch, false, 0));
    assert_true(isnan(loss_classify(r, &seq, &(struct class_target){0, 0, 2}, 1, 0, 1, true, NULL)));
    train_run_free(r);
    check_ok(infer_run_new(m, c, TINY_TOKENS, TINY_SEQS, &infer));
    assert_int_equal(infer_classify(infer, &b.batch, logits), ERR_USAGE);
    infer_run_free(infer);
    check_ok(model_add_classes(&m, CLASSES, 3));
    assert_int_equal(m->config.classes, CLASSES);
    check_ok(model_add_classes(&m, CLASSES, 3));
    assert_int_equal(model_add_classes(&m, CLASSES + 1, 3), ERR_USAGE);
    check_ok(train_run_new(m, c, TINY_TOKENS, TINY_SEQS, &r));
    check_ok(train_forward(r, &b.batch, false, 0));
    assert_true(isnan(loss_classify(r, &seq, &(struct class_target){3, 0, 3}, 1, 0, 1, true, NULL)));
    assert_true(isnan(loss_classify(r, &seq, &(struct class_target){4, 3, 3}, 1, 0, 1, true, NULL)));
    assert_true(loss_classify(r, &seq, NULL, 0, 0, 1, true, NULL) == 0);
    train_run_free(r);
    model_free(m);
    compute_free(c);
}

static void test_labels(void **state)
{
    (void)state;
    static const struct { const char *text, *says; } bad[] = {
        {"", "correct the file"}, {"{}", "sets"}, {"{\"sets\":[]}", "sets"}, {"{\"sets\":[{\"name\":\"a\",\"labels\":[\"x\"]}]}", "two or more"},
        {"{\"sets\":[{\"name\":\"a\",\"labels\":[\"x\",\"x\"]}]}", "twice"}, {"{\"sets\":[{\"labels\":[\"x\",\"y\"]}]}", "name"},
        {"{\"sets\":[{\"name\":\"a\",\"labels\":[\"x\",\"y\"]},{\"name\":\"a\",\"labels\":[\"x\",\"y\"]}]}", "two sets"},
        {"{\"sets\":[{\"name\":\"a\",\"labels\":[\"x\",3]}]}", "a label"},
    };
    struct labels l;
    const char *path = in_directory("labels.json");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        check_ok(file_write_atomic(path, bad[i].text, strlen(bad[i].text)));
        assert_int_equal(labels_read(&l, path), ERR_FORMAT);
        if (!strstr(status_message(), bad[i].says)) fail_msg("'%s' does not say '%s'", status_message(), bad[i].says);
        labels_release(&l);
    }
    static const char good[] = "{\"sets\":[{\"name\":\"zh\",\"labels\":[\"退\",\"换\"]},{\"name\":\"en\",\"labels\":[\"a\",\"b\",\"c\"]}]}";
    check_ok(file_write_atomic(path, good, strlen(good)));
    check_ok(labels_read(&l, path));
    assert_int_equal(l.n, 5);
    assert_int_equal(labels_find(labels_set(&l, "en"), "b"), 3);
    assert_int_equal(labels_find(labels_set(&l, "zh"), "b"), -1);
    assert_null(labels_set(&l, "fr"));
    labels_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_adapter_reads_as_merged), cmocka_unit_test(test_training_and_reading_agree), cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_labels)};
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
