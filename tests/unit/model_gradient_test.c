/* The gradient of the whole model by finite differences: every loss, every parameter, three shapes of network, dropout on. */
#include "model_fixture.h"

/* The shapes of the fixture, with a classifier head. */
static struct model_config ours, gpt2, qwen;

static int add_classes(void **state)
{
    (void)state;
    ours = tiny_ours, gpt2 = tiny_gpt2, qwen = tiny_qwen;
    ours.classes = gpt2.classes = qwen.classes = 5;
    return 0;
}

struct bench {
    struct model *model;
    struct compute *compute;
    struct train_run *run;
    struct tiny_batch batch;
};

typedef double (*loss_function)(struct train_run *r, float weight, bool backward);

static double vocabulary(struct train_run *r, float weight, bool backward)
{
    static const int32_t rows[] = {0, 2, 3, 7, 11, 12, 12, 20, 38, 30}, targets[] = {5, 1, -1, 36, 0, 9, 10, 5, 17, 2};
    return loss_vocabulary(r, rows, targets, 10, weight, backward, NULL);
}

/* More rows than one chunk of logits holds (a run of 39 tokens has chunks of 39), rows used twice. */
static double vocabulary_chunks(struct train_run *r, float weight, bool backward)
{
    int32_t rows[95], targets[95];
    for (int i = 0; i < 95; i++) {
        rows[i] = i * 7 % TINY_TOKENS;
        targets[i] = i % 9 == 4 ? -1 : i * 5 % TINY_VOCAB;
    }
    return loss_vocabulary(r, rows, targets, 95, weight, backward, NULL);
}

static double nsp(struct train_run *r, float weight, bool backward)
{
    static const int32_t labels[TINY_SEQS] = {1, -1, 0, 1, -1, 0, 1};
    return loss_nsp(r, labels, weight, backward, NULL);
}

static double match(struct train_run *r, float weight, bool backward)
{
    static const int32_t seqs[] = {6, 0, 2, 4};
    static const float gains[] = {0, 3, 1, 0.5f};
    return loss_match(r, seqs, gains, 4, weight, backward, NULL);
}

static double match_nothing_good(struct train_run *r, float weight, bool backward)
{
    static const int32_t seqs[] = {1, 3, 5};
    static const float gains[] = {0, 0, 0};
    return loss_match(r, seqs, gains, 3, weight, backward, NULL);
}

static double match_binary(struct train_run *r, float weight, bool backward)
{
    static const int32_t seqs[] = {1, 3, 5};
    static const float labels[] = {1, 0, 0.25f};
    return loss_match_binary(r, seqs, labels, 3, weight, backward);
}

static double contrastive(struct train_run *r, float weight, bool backward)
{
    static const int32_t needs[] = {0, 1, 2}, items[] = {4, 5, 6};
    return loss_contrastive(r, needs, items, NULL, 3, weight, backward);
}

static double contrastive_groups(struct train_run *r, float weight, bool backward)
{
    static const int32_t needs[] = {0, 1, 2, 3}, items[] = {4, 5, 6, 2}, groups[] = {1, 2, 1, 3};
    return loss_contrastive(r, needs, items, groups, 4, weight, backward);
}

/* Two label sets of one head; labels taken for noisy, and for right. */
static double classify(struct train_run *r, float weight, bool backward)
{
    static const int32_t seqs[] = {1, 3, 5, 6};
    static const struct class_target targets[] = {{0, 0, 2}, {4, 2, 3}, {2, 2, 3}, {1, 0, 2}};
    return loss_classify(r, seqs, targets, 4, 0, weight, backward, NULL);
}

static double classify_noisy(struct train_run *r, float weight, bool backward)
{
    static const int32_t seqs[] = {0, 2, 4};
    static const struct class_target targets[] = {{0, 0, 5}, {4, 0, 5}, {2, 0, 5}};
    return loss_classify(r, seqs, targets, 3, 0.35f, weight, backward, NULL);
}

static const struct {
    const char *name;
    loss_function function;
} losses[] = {
    {"vocabulary", vocabulary}, {"vocabulary, chunks", vocabulary_chunks}, {"nsp", nsp}, {"match", match},
    {"match, nothing good", match_nothing_good}, {"match, binary", match_binary}, {"contrastive", contrastive}, {"contrastive, groups", contrastive_groups},
    {"classify", classify}, {"classify, noisy", classify_noisy},
};
enum { N_LOSSES = sizeof losses / sizeof *losses };

static void bench_with(struct bench *b, struct model *model, struct compute *compute)
{
    b->compute = compute;
    b->model = model;
    tiny_batch_init(&b->batch, 8);
    tiny_batch_overlap(&b->batch);
    check_ok(train_run_new(b->model, compute, TINY_TOKENS, TINY_SEQS, &b->run));
}

static void bench_init(struct bench *b, const struct model_config *c, struct compute *compute)
{
    bench_with(b, tiny_model(c, 7), compute);
}

static void bench_release(struct bench *b)
{
    train_run_free(b->run);
    model_free(b->model);
    compute_free(b->compute);
}

static double measure(struct bench *b, loss_function f)
{
    check_ok(train_forward(b->run, &b->batch.batch, true, 99));
    return f(b->run, 1, false);
}

/* (loss(p + h d) - loss(p - h d)) / 2h for a direction d over n parameters */
static double slope(struct bench *b, loss_function f, float *p, const float *d, size_t n, double h)
{
    float saved[TINY_VOCAB * 24];
    double side[2];
    assert_true(n <= sizeof saved / sizeof *saved);
    memcpy(saved, p, n * sizeof *p);
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < n; i++) p[i] = (float)((double)saved[i] + (k ? -h : h) * (double)d[i]);
        side[k] = measure(b, f);
    }
    memcpy(p, saved, n * sizeof *p);
    return (side[0] - side[1]) / (2 * h);
}

static double length(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    return sqrt(sum);
}

/* Along the gradient the loss rises by its length; across, by the projection. */
static void check_parameter(struct bench *b, const char *loss, loss_function f, const struct parameter *p, struct rng *rng)
{
    size_t n = (size_t)p->rows * p->cols;
    const float *g = b->model->grads + p->offset;
    double norm = length(g, n);
    float d[TINY_VOCAB * 24];
    for (int trial = 0; trial < 5; trial++) {
        size_t one = (size_t)rng_below(rng, n);
        double expected = 0, size;
        for (size_t i = 0; i < n; i++)
            d[i] = trial == 0 && norm > 1e-5 ? g[i] : trial < 2 ? (float)rng_normal(rng) : i == one ? 1.0f : 0.0f;
        size = length(d, n);
        for (size_t i = 0; i < n; i++) {
            d[i] = (float)((double)d[i] / size);
            expected += (double)g[i] * (double)d[i];
        }
        double found = slope(b, f, b->model->params + p->offset, d, n, 2e-3);
        if (!(fabs(found - expected) <= 1e-3 * norm + 5e-4))
            fail_msg("%s, %s, trial %d: the slope is %.6g, the gradient says %.6g (norm %.3g)", loss, p->name, trial, found, expected, norm);
    }
}

static void check_loss(struct bench *b, const char *name, loss_function f)
{
    struct rng rng;
    rng_seed(&rng, 5);
    memset(b->model->grads, 0, b->model->n_floats * sizeof *b->model->grads);
    check_ok(train_forward(b->run, &b->batch.batch, true, 99));
    double measured = f(b->run, 1, false), loss = f(b->run, 1, true);
    assert_true(isfinite(loss) && loss == measured);
    train_backward(b->run);
    assert_true(length(b->model->grads, b->model->n_floats) > 0.01);
    for (size_t i = b->model->n_frozen; i < b->model->n_parameters; i++) check_parameter(b, name, f, &b->model->parameters[i], &rng);
}

static void check_config(const struct model_config *c)
{
    struct bench b;
    bench_init(&b, c, scalar_compute());
    for (size_t i = 0; i < N_LOSSES; i++) check_loss(&b, losses[i].name, losses[i].function);
    bench_release(&b);
}

/* Adapters over weights that stay in their file. */
static void check_lora(const struct model_config *c, enum dtype type)
{
    struct bench b;
    char directory[] = "/tmp/daogou-gradient-XXXXXX";
    bench_with(&b, tiny_lora(c, type, directory), scalar_compute());
    for (size_t i = 0; i < N_LOSSES; i++) check_loss(&b, losses[i].name, losses[i].function);
    bench_release(&b);
    remove_model_directory(directory);
}

static void test_lora_f32(void **state) { (void)state, check_lora(&qwen, DTYPE_F32); }
static void test_lora_bf16(void **state) { (void)state, check_lora(&gpt2, DTYPE_BF16); }
static void test_lora_overlap(void **state) { (void)state, check_lora(&ours, DTYPE_BF16); }
static void test_ours(void **state) { (void)state, check_config(&ours); }
static void test_gpt2(void **state) { (void)state, check_config(&gpt2); }
static void test_qwen(void **state) { (void)state, check_config(&qwen); }

/* ---- properties that finite differences do not see ---- */

static void step(struct bench *b, float weight, uint64_t seed)
{
    check_ok(train_forward(b->run, &b->batch.batch, true, seed));
    for (size_t i = 0; i < N_LOSSES; i++) losses[i].function(b->run, weight, true);
    train_backward(b->run);
}

static void test_gradients_accumulate_and_scale(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, &ours, fast_compute());
    struct model *m = b.model;
    float *once = calloc(m->n_floats, sizeof *once);
    step(&b, 1, 3);
    memcpy(once, m->grads, m->n_floats * sizeof *once);
    step(&b, 2, 3);   /* the same again, twice as heavy, on top */
    for (size_t i = 0; i < m->n_floats; i++) assert_true(fabsf(m->grads[i] - 3 * once[i]) <= 1e-4f * (1 + fabsf(once[i])));
    memset(m->grads, 0, m->n_floats * sizeof *m->grads);
    step(&b, 1, 3);
    assert_memory_equal(once, m->grads, m->n_floats * sizeof *once);   /* same call, same bits */
    model_clear_gradients(m, b.compute);   /* which reads nothing of what lies there */
    step(&b, 1, 3);
    assert_memory_equal(once, m->grads, m->n_floats * sizeof *once);
    step(&b, 2, 3);
    for (size_t i = 0; i < m->n_floats; i++) assert_true(fabsf(m->grads[i] - 3 * once[i]) <= 1e-4f * (1 + fabsf(once[i])));
    memset(m->grads, 0, m->n_floats * sizeof *m->grads);
    step(&b, 1, 4);
    assert_memory_not_equal(once, m->grads, m->n_floats * sizeof *once);   /* another dropout */
    free(once);
    bench_release(&b);
}

static void test_measuring_leaves_no_gradient(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, &gpt2, fast_compute());
    check_ok(train_forward(b.run, &b.batch.batch, false, 0));
    for (size_t i = 0; i < N_LOSSES; i++) assert_true(losses[i].function(b.run, 1, false) > 0);
    for (const struct parameter *p = b.model->parameters; p < b.model->parameters + b.model->n_parameters; p++)
        for (size_t i = 0; i < (size_t)p->rows * p->cols; i++) b.model->grads[p->offset + i] = 7;
    model_clear_gradients(b.model, b.compute);
    train_backward(b.run);
    assert_true(length(b.model->grads, b.model->n_floats) == 0);
    bench_release(&b);
}

/* The same step on a device whose memory the host cannot read: any loop of ours that does would end this test with a signal. */
static void check_device(struct model *on_host, struct model *on_device)
{
    struct bench host, device;
    struct compute *emulated;
    check_ok(compute_new(&(struct compute_options){.device = "emulated", .precision = PRECISION_F32}, &emulated));
    bench_with(&host, on_host, scalar_compute());
    bench_with(&device, on_device, emulated);
    step(&host, 1, 3);
    step(&device, 1, 3);
    check_ok(compute_check(emulated));
    for (size_t i = 0; i < N_LOSSES; i++) {
        double want = losses[i].function(host.run, 1, false), got = losses[i].function(device.run, 1, false);
        if (!(fabs(want - got) <= 1e-5 * (1 + fabs(want)))) fail_msg("%s: %.9g on the CPU, %.9g on the device", losses[i].name, want, got);
    }
    size_t n = device.model->n_floats;
    float *grads = calloc(n, sizeof *grads);
    compute_download(emulated, grads, device.model->grads, n * sizeof *grads);
    for (size_t i = host.model->n_frozen; i < host.model->n_parameters; i++) {
        const struct parameter *p = &host.model->parameters[i];
        size_t values = (size_t)p->rows * p->cols;
        double size = length(host.model->grads + p->offset, values);
        for (size_t k = p->offset; k < p->offset + values; k++)
            if (!(fabs((double)grads[k] - (double)host.model->grads[k]) <= 1e-4 * size + 1e-6))
                fail_msg("%s[%zu]: gradient %g on the CPU, %g on the device", p->name, k - p->offset, (double)host.model->grads[k], (double)grads[k]);
    }
    free(grads);
    bench_release(&host);
    bench_release(&device);
}

static void test_device(void **state)
{
    (void)state;
    const struct model_config *const shapes[] = {&ours, &gpt2, &qwen};
    for (int i = 0; i < 3; i++) check_device(tiny_model(shapes[i], 7), tiny_model(shapes[i], 7));
}

static void test_lora_device(void **state)
{
    (void)state;
    const struct model_config *const shapes[] = {&ours, &gpt2, &qwen};
    for (int i = 0; i < 3; i++) {
        char a[] = "/tmp/daogou-gradient-XXXXXX", b[] = "/tmp/daogou-gradient-XXXXXX";
        struct model *on_host = tiny_lora(shapes[i], DTYPE_BF16, a), *on_device = tiny_lora(shapes[i], DTYPE_BF16, b);
        check_device(on_host, on_device);
        remove_model_directory(a);
        remove_model_directory(b);
    }
}

/* The mask itself: a change at position j may reach position i only if j < prefix or j <= i. */
static void test_prefix_mask(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, &ours, fast_compute());
    size_t C = tiny_ours.d_model;
    float *before = calloc(TINY_TOKENS * C, sizeof *before);
    check_ok(train_forward(b.run, &b.batch.batch, false, 0));
    memcpy(before, train_hidden(b.run), TINY_TOKENS * C * sizeof *before);
    for (int s = 0; s < TINY_SEQS; s++)
        for (int32_t j = b.batch.offsets[s]; j < b.batch.offsets[s + 1]; j++) {
            int32_t *token = &b.batch.tokens[j], old = *token;
            *token = (old + 1) % TINY_VOCAB;
            check_ok(train_forward(b.run, &b.batch.batch, false, 0));
            *token = old;
            for (int32_t i = 0; i < TINY_TOKENS; i++) {
                bool sees = i >= b.batch.offsets[s] && i < b.batch.offsets[s + 1] && (j - b.batch.offsets[s] < b.batch.prefix[s] || j <= i);
                bool changed = memcmp(before + i * C, train_hidden(b.run) + i * C, C * sizeof *before) != 0;
                if (sees != changed) fail_msg("sequence %d: %d %s %d", s, i, changed ? "sees" : "does not see", j);
            }
        }
    free(before);
    bench_release(&b);
}

/* Of all targets of a row exactly one is the top choice, and it has the smallest loss. */
static void check_top(struct bench *b, int32_t row, int32_t vocab)
{
    size_t right = 0, correct;
    int32_t top = 0, best = 0;
    double smallest = INFINITY;
    for (int32_t t = 0; t < vocab; t++) {
        double loss = loss_vocabulary(b->run, &row, &t, 1, 1, false, &correct);
        right += correct;
        if (correct) top = t;
        if (loss < smallest) smallest = loss, best = t;
    }
    assert_int_equal(right, 1);
    assert_int_equal(top, best);
}

static void test_counts(void **state)
{
    (void)state;
    struct bench b;
    struct model_config c = tiny_ours;
    int32_t labels[2][TINY_SEQS] = {{0, 0, 0, 0, 0, 0, 0}, {1, 1, 1, 1, 1, 1, 1}};
    size_t zeros, ones;
    c.vocab_size = 700;
    bench_init(&b, &c, fast_compute());
    check_ok(train_forward(b.run, &b.batch.batch, false, 0));
    for (int32_t row = 0; row < TINY_TOKENS; row++) check_top(&b, row, 700);
    loss_nsp(b.run, labels[0], 1, false, &zeros);
    loss_nsp(b.run, labels[1], 1, false, &ones);
    assert_int_equal(zeros + ones, TINY_SEQS);
    bench_release(&b);
}

/* The loss of many rows is the mean of the losses of each. */
static void test_chunks_add_up(void **state)
{
    (void)state;
    struct bench b;
    int32_t rows[95], targets[95];
    double sum = 0;
    bench_init(&b, &ours, fast_compute());
    check_ok(train_forward(b.run, &b.batch.batch, false, 0));
    for (int i = 0; i < 95; i++) {
        rows[i] = i * 7 % TINY_TOKENS;
        targets[i] = i * i % TINY_VOCAB;
        sum += loss_vocabulary(b.run, &rows[i], &targets[i], 1, 1, false, NULL);
    }
    assert_true(fabs(loss_vocabulary(b.run, rows, targets, 95, 1, false, NULL) - sum / 95) < 1e-5);
    bench_release(&b);
}

/* Wrong arguments measure nothing and touch nothing. */
static void test_bad_arguments(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, &ours, fast_compute());
    int32_t row = 0, target = 1, bad_row = TINY_TOKENS, bad_target = TINY_VOCAB, bad_seq = TINY_SEQS, labels[TINY_SEQS] = {2};
    float gain = 1;
    assert_true(isnan(loss_vocabulary(b.run, &row, &target, 1, 1, true, NULL)));   /* no forward yet */
    check_ok(train_forward(b.run, &b.batch.batch, true, 1));
    assert_true(isnan(loss_vocabulary(b.run, &bad_row, &target, 1, 1, true, NULL)));
    assert_true(isnan(loss_vocabulary(b.run, &row, &bad_target, 1, 1, true, NULL)));
    assert_true(isnan(loss_nsp(b.run, labels, 1, true, NULL)));
    assert_true(isnan(loss_match(b.run, &bad_seq, &gain, 1, 1, true, NULL)));
    assert_true(isnan(loss_match_binary(b.run, &bad_seq, &gain, 1, 1, true)));
    assert_true(isnan(loss_contrastive(b.run, &bad_seq, &row, NULL, 1, 1, true)));
    int32_t seqs[TINY_SEQS + 1] = {0};
    float gains[TINY_SEQS + 1] = {1};
    assert_true(isnan(loss_match(b.run, seqs, gains, TINY_SEQS + 1, 1, true, NULL)));
    assert_true(isnan(loss_contrastive(b.run, seqs, seqs, NULL, TINY_SEQS + 1, 1, true)));
    assert_true(loss_contrastive(b.run, &row, &row, NULL, 0, 1, true) == 0);
    assert_true(loss_match(b.run, &row, &gain, 0, 1, true, NULL) == 0);
    assert_true(loss_match_binary(b.run, &row, &gain, 0, 1, true) == 0);
    target = -1;
    assert_true(loss_vocabulary(b.run, &row, &target, 1, 1, true, NULL) == 0);
    train_backward(b.run);
    assert_true(length(b.model->grads, b.model->n_floats) == 0);
    bench_release(&b);
}

static void test_bad_batches(void **state)
{
    (void)state;
    struct bench b;
    bench_init(&b, &ours, fast_compute());
    struct tiny_batch good = b.batch, *t = &b.batch;
    t->batch.n_tokens = TINY_TOKENS + 1;
    assert_int_equal(train_forward(b.run, &t->batch, true, 1), ERR_LIMIT);
    t->batch.n_tokens = TINY_TOKENS - 1;
    assert_int_equal(train_forward(b.run, &t->batch, true, 1), ERR_USAGE);
    t->batch.n_tokens = 0;
    assert_int_equal(train_forward(b.run, &t->batch, true, 1), ERR_USAGE);
    t->batch.n_tokens = TINY_TOKENS, t->batch.n_seqs = TINY_SEQS + 1;
    assert_int_equal(train_forward(b.run, &t->batch, true, 1), ERR_LIMIT);
    t->batch.n_seqs = TINY_SEQS;
#define REFUSES(field, value, code)                                          \
    do {                                                                     \
        t->field = (value);                                                  \
        assert_int_equal(train_forward(b.run, &t->batch, true, 1), code);    \
        memcpy(t, &good, offsetof(struct tiny_batch, batch));                \
    } while (0)
    REFUSES(tokens[3], -1, ERR_USAGE);
    REFUSES(tokens[3], TINY_VOCAB, ERR_USAGE);
    REFUSES(positions[3], -1, ERR_LIMIT);
    REFUSES(positions[3], 24, ERR_LIMIT);
    REFUSES(offsets[0], 1, ERR_USAGE);
    REFUSES(offsets[2], t->offsets[1], ERR_USAGE);
    REFUSES(offsets[2], 1 << 30, ERR_USAGE);
    REFUSES(prefix[1], -1, ERR_USAGE);
    REFUSES(prefix[1], 6, ERR_USAGE);
#undef REFUSES
    check_ok(train_forward(b.run, &t->batch, true, 1));
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ours),
        cmocka_unit_test(test_gpt2),
        cmocka_unit_test(test_qwen), cmocka_unit_test(test_lora_f32), cmocka_unit_test(test_lora_bf16), cmocka_unit_test(test_lora_overlap),
        cmocka_unit_test(test_gradients_accumulate_and_scale),
        cmocka_unit_test(test_device), cmocka_unit_test(test_lora_device), cmocka_unit_test(test_measuring_leaves_no_gradient),
        cmocka_unit_test(test_prefix_mask),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_chunks_add_up),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_bad_batches),
    };
    return cmocka_run_group_tests(tests, add_classes, NULL);
}
