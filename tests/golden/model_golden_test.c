/* Tiny models against PyTorch (scripts/golden/make_model_golden.py): hidden states, logits, losses, every gradient, in
 * training and in inference, with the scalar ops and with the fastest of this CPU. */
#include "model/model_int.h"

#include <math.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>   /* last: it redefines fail() */

enum { MAX_INTS = 64 };

struct golden {
    struct safetensors file;
    struct model *model;
    struct compute *compute;
    struct train_run *run;
    struct infer_run *infer;
    int32_t tokens[MAX_INTS], positions[MAX_INTS], offsets[MAX_INTS], prefix[MAX_INTS], overlap[MAX_INTS];
    struct batch batch;
};

static void check(status s)
{
    if (s != OK) fail_msg("%s", status_message());
}

static const struct safetensor *tensor(struct golden *g, const char *name)
{
    const struct safetensor *t = safetensors_find(&g->file, name);
    if (!t) fail_msg("no tensor %s in the golden file", name);
    return t;
}

static const float *floats(struct golden *g, const char *name)
{
    return (const float *)(const void *)tensor(g, name)->data;
}

static size_t ints(struct golden *g, const char *name, int32_t *out)
{
    const struct safetensor *t = tensor(g, name);
    assert_in_range(t->cols, 1, MAX_INTS - 1);
    for (size_t i = 0; i < t->cols; i++) out[i] = (int32_t)floats(g, name)[i];
    return t->cols;
}

static void assert_near(const char *what, const float *ours, const float *theirs, size_t n, float tolerance)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(ours[i] - theirs[i]) <= tolerance * (1 + fabsf(theirs[i]))))
            fail_msg("%s[%zu] is %.7g, not %.7g", what, i, (double)ours[i], (double)theirs[i]);
}

static void build_batch(struct golden *g)
{
    int32_t lengths[MAX_INTS];
    size_t n = ints(g, "tokens", g->tokens), s = ints(g, "lengths", lengths), at = 0;
    ints(g, "prefixes", g->prefix);
    for (size_t i = 0; i < s; i++) {
        g->offsets[i] = (int32_t)at;
        for (int32_t p = 0; p < lengths[i]; p++) g->positions[at++] = p;
    }
    g->offsets[s] = (int32_t)at;
    assert_int_equal(at, n);
    g->batch = (struct batch){n, s, g->tokens, g->positions, g->offsets, g->prefix, NULL};
    if (!g->model->config.overlap) return;
    ints(g, "overlap", g->overlap);
    g->batch.overlap = g->overlap;
}

static void open_golden(struct golden *g, const char *name, bool scalar)
{
    char path[512];
    *g = (struct golden){0};
    struct compute_options options = {.threads = 2, .precision = PRECISION_F32, .level = CPU_SCALAR, .at_level = scalar};
    check(compute_new(&options, &g->compute));
    snprintf(path, sizeof path, TEST_DIR "/golden/model_%s", name);
    check(model_load(path, true, &g->model));
    strcat(path, "/expected.safetensors");
    check(safetensors_open(&g->file, path));
    build_batch(g);
    check(train_run_new(g->model, g->compute, MAX_INTS, 8, &g->run));
    check(infer_run_new(g->model, g->compute, MAX_INTS, 8, &g->infer));
}

static void close_golden(struct golden *g)
{
    infer_run_free(g->infer);
    train_run_free(g->run);
    model_free(g->model);
    compute_free(g->compute);
    safetensors_close(&g->file);
}

static void check_losses(struct golden *g)
{
    const float *w = floats(g, "weights"), *gains = floats(g, "match_gains"), zero[MAX_INTS] = {0};
    int32_t rows[MAX_INTS], targets[MAX_INTS], labels[MAX_INTS], match[MAX_INTS], binary[MAX_INTS], needs[MAX_INTS], items[MAX_INTS], groups[MAX_INTS];
    size_t n = ints(g, "rows", rows), n_match = ints(g, "match_seqs", match), n_binary = ints(g, "binary_seqs", binary);
    ints(g, "targets", targets), ints(g, "nsp_labels", labels), ints(g, "items", items), ints(g, "groups", groups);
    size_t n_pairs = ints(g, "needs", needs);
    float scores[MAX_INTS];
    double losses[] = {
        loss_vocabulary(g->run, rows, targets, n, w[0], true, NULL),
        loss_nsp(g->run, labels, w[1], true, NULL),
        loss_match(g->run, match, gains, n_match, w[2], true, scores),
        loss_match(g->run, match, zero, n_match, w[3], true, NULL),
        loss_match_binary(g->run, binary, floats(g, "binary_labels"), n_binary, w[4], true),
        loss_contrastive(g->run, needs, items, groups, n_pairs, w[5], true),
    };
    for (size_t i = 0; i < 6; i++) {
        float loss = (float)losses[i];
        assert_near("loss", &loss, floats(g, "losses") + i, 1, 1e-5f);
    }
    assert_near("scores", scores, floats(g, "scores"), n_match, 1e-5f);
}

static void check_gradients(struct golden *g)
{
    train_backward(g->run);
    for (size_t i = 0; i < g->model->n_parameters; i++) {
        const struct parameter *p = &g->model->parameters[i];
        char name[128];
        snprintf(name, sizeof name, "grad.%s", p->name);
        assert_near(name, g->model->grads + p->offset, floats(g, name), (size_t)p->rows * p->cols, 1e-4f);
    }
}

static void check_training(struct golden *g)
{
    size_t C = g->model->config.d_model, N = g->batch.n_tokens;
    check(train_forward(g->run, &g->batch, false, 0));
    assert_near("hidden", train_hidden(g->run), floats(g, "hidden"), N * C, 1e-4f);
    check_losses(g);
    check_gradients(g);
}

static void check_inference(struct golden *g)
{
    size_t C = g->model->config.d_model, S = g->batch.n_seqs;
    float embeddings[8 * 128], nsp[2 * 8], scores[8], picked[8];
    int32_t match[MAX_INTS];
    size_t n = ints(g, "match_seqs", match);
    check(infer_encode(g->infer, &g->batch, embeddings, scores));
    for (size_t i = 0; i < n; i++) picked[i] = scores[match[i]];
    assert_near("scores", picked, floats(g, "scores"), n, 1e-4f);
    assert_near("embeddings", embeddings, floats(g, "embeddings"), S * C, 1e-4f);
    check(infer_nsp(g->infer, &g->batch, nsp));
    assert_near("nsp", nsp, floats(g, "nsp"), 2 * S, 1e-4f);
}

/* Each sequence: its prefix (or first token) at once, then token by token. */
static void check_writing(struct golden *g)
{
    size_t V = g->model->config.vocab_size;
    struct kv_cache *cache;
    float logits[64];
    check(kv_cache_new(g->model, 16, &cache));
    for (size_t s = 0; s < g->batch.n_seqs; s++) {
        size_t begin = (size_t)g->offsets[s], end = (size_t)g->offsets[s + 1], prefix = (size_t)g->prefix[s];
        size_t at = begin + (prefix ? prefix : 1);
        kv_cache_truncate(cache, 0);
        check(infer_prefill(g->infer, cache, g->tokens + begin, at - begin, prefix, logits));
        assert_near("prefill", logits, floats(g, "logits") + (at - 1) * V, V, 1e-4f);
        for (; at < end; at++) {
            check(infer_step(g->infer, &cache, g->tokens + at, 1, logits));
            assert_near("step", logits, floats(g, "logits") + at * V, V, 1e-4f);
        }
    }
    kv_cache_free(cache);
}

static void run(const char *name)
{
    for (int scalar = 1; scalar >= 0; scalar--) {
        struct golden g;
        open_golden(&g, name, scalar);
        check_training(&g);
        check_inference(&g);
        if (!g.batch.overlap) check_writing(&g);   /* what is written has no other text */
        close_golden(&g);
    }
}

static void test_ours(void **state) { (void)state, run("ours"); }
static void test_gpt2(void **state) { (void)state, run("gpt2"); }
static void test_qwen(void **state) { (void)state, run("qwen"); }
static void test_overlap(void **state) { (void)state, run("overlap"); }
static void test_wide(void **state) { (void)state, run("wide"); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ours),
        cmocka_unit_test(test_gpt2),
        cmocka_unit_test(test_qwen),
        cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_wide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
