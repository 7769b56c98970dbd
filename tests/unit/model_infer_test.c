/* Inference against the forward pass of training: whole batches, a growing cache, many texts at once, stored types. */
#include "model_fixture.h"

#include <stdio.h>
#include <unistd.h>

struct pair {
    struct compute *compute;
    struct model *trained, *stored;   /* the same weights: float32, and as `type` in a mapped file */
    struct train_run *train;
    struct infer_run *infer;
    struct tiny_batch batch;
    float logits[TINY_TOKENS * TINY_VOCAB];   /* of training, at every row */
    char directory[64];
};

static void remove_model(const char *directory)
{
    char path[128];
    snprintf(path, sizeof path, "%s/config.json", directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/model.safetensors", directory);
    unlink(path);
    rmdir(directory);
}

/* Logits as the loss sees them: hidden times the output matrix. */
static void reference_logits(struct pair *p)
{
    const struct model_config *c = &p->trained->config;
    const struct parameter *output = model_parameter(p->trained, c->tied ? "embedding.weight" : "output.weight");
    check_ok(train_forward(p->train, &p->batch.batch, false, 0));
    p->compute->ops->linear(p->compute, p->logits, train_hidden(p->train), output->weight.data, NULL, TINY_TOKENS, c->d_model, c->vocab_size);
}

static void pair_init(struct pair *p, const struct model_config *c, enum dtype type, struct compute *compute)
{
    *p = (struct pair){.compute = compute};
    struct model *original = tiny_model(c, 21);
    strcpy(p->directory, "/tmp/model_infer_XXXXXX");
    assert_non_null(mkdtemp(p->directory));
    check_ok(model_save(original, p->directory, type));
    model_free(original);
    check_ok(model_load(p->directory, true, &p->trained));
    check_ok(model_load(p->directory, false, &p->stored));
    assert_null(p->stored->params);
    tiny_batch_init(&p->batch, 22);
    check_ok(train_run_new(p->trained, compute, TINY_TOKENS, TINY_SEQS, &p->train));
    check_ok(infer_run_new(p->stored, compute, TINY_TOKENS, TINY_SEQS, &p->infer));
    reference_logits(p);
}

static void pair_release(struct pair *p)
{
    infer_run_free(p->infer);
    train_run_free(p->train);
    model_free(p->trained);
    model_free(p->stored);
    compute_free(p->compute);
    remove_model(p->directory);
}

/* Root mean square difference over that of the reference: int8 activations err by noise, not by one large value. */
static void assert_close(const char *what, const float *found, const float *expected, size_t n, double tolerance)
{
    double difference = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        difference += ((double)found[i] - (double)expected[i]) * ((double)found[i] - (double)expected[i]);
        size += (double)expected[i] * (double)expected[i];
    }
    if (!(sqrt(difference) <= tolerance * sqrt(size))) fail_msg("%s: off by %.3g of %.3g", what, sqrt(difference), sqrt(size));
}

/* One text, read up to its prefix and then token by token. */
static void check_one_by_one(struct pair *p, double tolerance)
{
    float logits[TINY_VOCAB];
    struct kv_cache *cache;
    check_ok(kv_cache_new(p->stored, 16, &cache));
    for (int s = 0; s < TINY_SEQS; s++) {
        size_t begin = (size_t)p->batch.offsets[s], end = (size_t)p->batch.offsets[s + 1], prefix = (size_t)p->batch.prefix[s];
        size_t at = begin + (prefix ? prefix : 1);
        kv_cache_truncate(cache, 0);
        check_ok(infer_prefill(p->infer, cache, p->batch.tokens + begin, at - begin, prefix, logits));
        assert_close("prefill", logits, p->logits + (at - 1) * TINY_VOCAB, TINY_VOCAB, tolerance);
        for (; at < end; at++) {
            check_ok(infer_step(p->infer, &cache, p->batch.tokens + at, 1, logits));
            assert_close("step", logits, p->logits + at * TINY_VOCAB, TINY_VOCAB, tolerance);
        }
        assert_int_equal(kv_cache_length(cache), end - begin);
    }
    kv_cache_free(cache);
}

/* All texts at once, each with its own cache: read but for the last two tokens, one more by prefill, the last in one step. */
static void check_together(struct pair *p, double tolerance)
{
    static const int texts[] = {1, 5, 2, 6};   /* whose prefix ends early enough */
    struct kv_cache *caches[4];
    int32_t last[4];
    float logits[4 * TINY_VOCAB];
    for (int i = 0; i < 4; i++) {
        size_t begin = (size_t)p->batch.offsets[texts[i]], n = (size_t)p->batch.offsets[texts[i] + 1] - begin;
        const int32_t *tokens = p->batch.tokens + begin;
        check_ok(kv_cache_new(p->stored, 12, &caches[i]));
        check_ok(infer_prefill(p->infer, caches[i], tokens, n - 2, (size_t)p->batch.prefix[texts[i]], NULL));
        check_ok(infer_prefill(p->infer, caches[i], tokens + n - 2, 1, 0, logits));
        assert_close("later prefill", logits, p->logits + (begin + n - 2) * TINY_VOCAB, TINY_VOCAB, tolerance);
        last[i] = tokens[n - 1];
    }
    check_ok(infer_step(p->infer, caches, last, 4, logits));
    for (int i = 0; i < 4; i++) {
        size_t row = (size_t)p->batch.offsets[texts[i] + 1] - 1;
        assert_close("step of many", logits + i * TINY_VOCAB, p->logits + row * TINY_VOCAB, TINY_VOCAB, tolerance);
        kv_cache_free(caches[i]);
    }
}

static void check_heads(struct pair *p, double tolerance)
{
    size_t C = p->stored->config.d_model;
    static const int32_t seqs[TINY_SEQS] = {0, 1, 2, 3, 4, 5, 6};
    static const float gains[TINY_SEQS] = {1};
    float scores[TINY_SEQS], expected[TINY_SEQS], embeddings[TINY_SEQS * 16], plain[TINY_SEQS];
    check_ok(infer_encode(p->infer, &p->batch.batch, NULL, plain));
    tiny_batch_overlap(&p->batch);
    check_ok(train_forward(p->train, &p->batch.batch, false, 0));
    loss_match(p->train, seqs, gains, TINY_SEQS, 1, false, expected);
    check_ok(infer_encode(p->infer, &p->batch.batch, embeddings, scores));
    assert_close("scores", scores, expected, TINY_SEQS, tolerance);
    float moved = 0;
    for (int s = 0; s < TINY_SEQS; s++) moved += fabsf(scores[s] - plain[s]);
    assert_true((moved > 0.1f) == p->stored->config.overlap);
    for (int s = 0; s < TINY_SEQS; s++) {
        double squares = 0;
        for (size_t k = 0; k < C; k++) squares += (double)embeddings[s * C + k] * (double)embeddings[s * C + k];
        assert_true(fabs(squares - 1) < 1e-5);
    }
    check_ok(infer_encode(p->infer, &p->batch.batch, NULL, scores));   /* reads first positions only */
    assert_close("scores alone", scores, expected, TINY_SEQS, tolerance);
    check_ok(infer_encode(p->infer, &p->batch.batch, NULL, NULL));
}

static void check_type(enum dtype type, bool scalar, double tolerance)
{
    const struct model_config *configs[] = {&tiny_ours, &tiny_gpt2, &tiny_qwen};
    for (int i = 0; i < 3; i++) {
        struct pair p;
        pair_init(&p, configs[i], type, scalar ? scalar_compute() : fast_compute());
        check_one_by_one(&p, tolerance);
        check_together(&p, tolerance);
        check_heads(&p, tolerance);
        pair_release(&p);
    }
}

/* The scalar ops unpack a stored weight exactly, so that only the order of sums differs from training with those values. */
static void test_scalar_f32(void **state) { (void)state, check_type(DTYPE_F32, true, 1e-5); }
static void test_scalar_bf16(void **state) { (void)state, check_type(DTYPE_BF16, true, 1e-5); }
static void test_scalar_q8(void **state) { (void)state, check_type(DTYPE_Q8, true, 1e-5); }
static void test_fast_f32(void **state) { (void)state, check_type(DTYPE_F32, false, 1e-4); }
static void test_fast_bf16(void **state) { (void)state, check_type(DTYPE_BF16, false, 2e-2); }
static void test_fast_q8(void **state) { (void)state, check_type(DTYPE_Q8, false, 5e-2); }

/* ---- caches ---- */

static void test_cache_copy_and_truncate(void **state)
{
    (void)state;
    struct pair p;
    struct kv_cache *a, *b, *other;
    float one[TINY_VOCAB], two[TINY_VOCAB];
    pair_init(&p, &tiny_qwen, DTYPE_F32, fast_compute());
    check_ok(kv_cache_new(p.stored, 16, &a));
    check_ok(kv_cache_new(p.stored, 16, &b));
    check_ok(kv_cache_new(p.stored, 15, &other));
    check_ok(infer_prefill(p.infer, a, p.batch.tokens, 6, 3, NULL));
    check_ok(kv_cache_copy(b, a));
    check_ok(infer_step(p.infer, &a, p.batch.tokens + 6, 1, one));
    check_ok(infer_step(p.infer, &b, p.batch.tokens + 6, 1, two));
    assert_memory_equal(one, two, sizeof one);
    kv_cache_truncate(a, 6);
    assert_int_equal(kv_cache_length(a), 6);
    check_ok(infer_step(p.infer, &a, p.batch.tokens + 6, 1, two));
    assert_memory_equal(one, two, sizeof one);
    kv_cache_truncate(a, 100);
    assert_int_equal(kv_cache_length(a), 7);
    assert_int_equal(kv_cache_copy(other, a), ERR_USAGE);
    kv_cache_free(a), kv_cache_free(b), kv_cache_free(other);
    pair_release(&p);
}

static void test_limits(void **state)
{
    (void)state;
    struct pair p;
    struct kv_cache *small, *large, *none;
    int32_t token = 1, bad = TINY_VOCAB, many[TINY_TOKENS + 1] = {0};
    pair_init(&p, &tiny_ours, DTYPE_F32, fast_compute());
    assert_int_equal(kv_cache_new(p.stored, 0, &none), ERR_USAGE);
    check_ok(kv_cache_new(p.stored, 4, &small));
    check_ok(kv_cache_new(p.stored, 64, &large));
    assert_int_equal(infer_prefill(p.infer, small, many, 5, 0, NULL), ERR_LIMIT);
    assert_int_equal(infer_prefill(p.infer, small, many, 0, 0, NULL), ERR_USAGE);
    assert_int_equal(infer_prefill(p.infer, small, many, 2, 3, NULL), ERR_USAGE);
    assert_int_equal(infer_prefill(p.infer, small, &bad, 1, 0, NULL), ERR_USAGE);
    check_ok(infer_prefill(p.infer, small, many, 4, 4, NULL));
    assert_int_equal(infer_prefill(p.infer, small, many, 1, 1, NULL), ERR_USAGE);   /* a prefix must begin the text */
    assert_int_equal(infer_step(p.infer, &small, &token, 1, NULL), ERR_LIMIT);
    assert_int_equal(infer_step(p.infer, &large, &bad, 1, NULL), ERR_USAGE);
    assert_int_equal(infer_step(p.infer, &large, &token, 0, NULL), ERR_USAGE);
    assert_int_equal(infer_prefill(p.infer, large, many, TINY_TOKENS + 1, 0, NULL), ERR_LIMIT);
    assert_int_equal(infer_prefill(p.infer, large, many, 25, 0, NULL), ERR_LIMIT);   /* max_positions is 24 */
    check_ok(infer_prefill(p.infer, large, many, 23, 0, NULL));
    check_ok(infer_step(p.infer, &large, &token, 1, NULL));
    assert_int_equal(infer_step(p.infer, &large, &token, 1, NULL), ERR_LIMIT);
    assert_int_equal(kv_cache_length(large), 24);
    kv_cache_free(small), kv_cache_free(large);
    pair_release(&p);
}

static void test_no_heads(void **state)
{
    (void)state;
    struct model_config c = tiny_gpt2;
    struct compute *compute = fast_compute();
    struct infer_run *infer;
    struct train_run *train;
    struct tiny_batch b;
    int32_t seq = 0;
    float x[16 * TINY_SEQS];
    c.heads = false;
    struct model *m = tiny_model(&c, 1);
    tiny_batch_init(&b, 2);
    check_ok(infer_run_new(m, compute, TINY_TOKENS, TINY_SEQS, &infer));
    check_ok(train_run_new(m, compute, TINY_TOKENS, TINY_SEQS, &train));
    assert_int_equal(infer_encode(infer, &b.batch, x, NULL), ERR_USAGE);
    assert_int_equal(infer_nsp(infer, &b.batch, x), ERR_USAGE);
    check_ok(train_forward(train, &b.batch, true, 0));
    assert_true(isnan(loss_match_binary(train, &seq, x, 1, 1, true)));
    assert_true(isnan(loss_contrastive(train, &seq, &seq, NULL, 1, 1, true)));
    assert_true(isnan(loss_nsp(train, &seq, 1, true, NULL)));
    infer_run_free(infer);
    train_run_free(train);
    model_free(m);
    compute_free(compute);
}

static void test_inference_models_are_not_trained(void **state)
{
    (void)state;
    struct pair p;
    struct train_run *run;
    pair_init(&p, &tiny_ours, DTYPE_F32, fast_compute());
    assert_int_equal(train_run_new(p.stored, p.compute, 8, 2, &run), ERR_USAGE);
    assert_int_equal(train_run_new(p.trained, p.compute, 0, 2, &run), ERR_USAGE);
    pair_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalar_f32),
        cmocka_unit_test(test_scalar_bf16),
        cmocka_unit_test(test_scalar_q8),
        cmocka_unit_test(test_fast_f32),
        cmocka_unit_test(test_fast_bf16),
        cmocka_unit_test(test_fast_q8),
        cmocka_unit_test(test_cache_copy_and_truncate),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_heads),
        cmocka_unit_test(test_inference_models_are_not_trained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
