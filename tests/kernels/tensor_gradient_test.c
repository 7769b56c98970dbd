/* The scalar table against finite differences, and attention of every level against the formula written out. */
#include "tensor/tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A function y = f(in...) whose gradient of sum(dy * y) is claimed to be grad. */
enum { MAX_INPUTS = 4 };
struct problem {
    const char *name;
    struct compute *c;
    float *in[MAX_INPUTS], *grad[MAX_INPUTS], *y, *dy;
    size_t n_in[MAX_INPUTS], n_y;
    bool adds;   /* the backward op adds to grad, else it overwrites */
    void (*forward)(struct problem *p);
    void (*backward)(struct problem *p);
    size_t N, I, O;
    enum norm_kind kind;
    const int32_t *ids, *positions;
    struct attention_shape shape;
};

static float *normal(struct rng *rng, size_t n, double scale)
{
    float *x = mem_zalloc(n, sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (float)(scale * rng_normal(rng));
    return x;
}

static double weighted_sum(struct problem *p)
{
    double sum = 0;
    p->forward(p);
    for (size_t i = 0; i < p->n_y; i++) sum += (double)p->dy[i] * p->y[i];
    return sum;
}

static double sum_with(struct problem *p, float *x, float value)
{
    float before = *x;
    *x = value;
    double sum = weighted_sum(p);
    *x = before;
    return sum;
}

/* Five points: the error of a cubic and below is zero, so that the step can be large against float's rounding. */
static double slope(struct problem *p, float *x)
{
    float h = 0.015625f, at = *x;
    double near = sum_with(p, x, at + h) - sum_with(p, x, at - h), far = sum_with(p, x, at + 2 * h) - sum_with(p, x, at - 2 * h);
    return (8 * near - far) / (12 * (double)h);
}

static void check_gradients(struct problem *p)
{
    struct rng rng;
    float *before[MAX_INPUTS] = {0};
    rng_seed(&rng, 3);
    for (size_t k = 0; k < MAX_INPUTS && p->in[k]; k++) {
        p->grad[k] = normal(&rng, p->n_in[k], 1);
        before[k] = mem_zalloc(p->n_in[k], sizeof(float));
        if (p->adds) memcpy(before[k], p->grad[k], p->n_in[k] * sizeof(float));
    }
    p->forward(p);
    p->backward(p);
    for (size_t k = 0; k < MAX_INPUTS && p->in[k]; k++) {
        double scale = 0;
        for (size_t i = 0; i < p->n_in[k]; i++) scale = fmax(scale, fabs((double)p->grad[k][i] - before[k][i]));
        assert_true(scale > 0);
        for (size_t i = 0; i < p->n_in[k]; i++) {
            double got = (double)p->grad[k][i] - before[k][i], want = slope(p, &p->in[k][i]);
            if (fabs(got - want) > 1e-3 * scale + 1e-3 * fabs(want))
                fail_msg("%s: gradient of input %zu[%zu] is %g, by differences %g", p->name, k, i, got, want);
        }
        mem_free(before[k]);
    }
}

static void problem_release(struct problem *p)
{
    for (size_t k = 0; k < MAX_INPUTS; k++) {
        mem_free(p->in[k]);
        mem_free(p->grad[k]);
    }
    mem_free(p->y);
    mem_free(p->dy);
    compute_free(p->c);
}

static void problem_init(struct problem *p, size_t n_y, size_t n0, size_t n1, size_t n2)
{
    struct rng rng;
    rng_seed(&rng, 11);
    struct compute_options o = {.level = CPU_SCALAR, .at_level = true};
    assert_int_equal(OK, compute_new(&o, &p->c));
    size_t n[] = {n0, n1, n2};
    for (size_t k = 0; k < 3; k++)
        if (n[k]) p->in[k] = normal(&rng, p->n_in[k] = n[k], 1);
    p->n_y = n_y;
    p->y = normal(&rng, n_y, 1);
    p->dy = normal(&rng, n_y, 1);
}

/* ---- each op ----------------------------------------------------------------------------------------------------- */

static void linear_forward(struct problem *p)
{
    p->c->ops->linear(p->c, p->y, p->in[0], p->in[1], p->in[2], p->N, p->I, p->O);
}

static void linear_backward(struct problem *p)
{
    p->c->ops->linear_backward_input(p->c, p->grad[0], p->dy, p->in[1], p->N, p->I, p->O, true);
    p->c->ops->linear_backward_weight(p->c, p->grad[1], p->grad[2], p->in[0], p->dy, p->N, p->I, p->O, true);
}

static void test_linear(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        struct problem p = {.name = "linear", .N = 5, .I = 7, .O = 3, .adds = true, .forward = linear_forward, .backward = linear_backward};
        problem_init(&p, p.N * p.O, p.N * p.I, p.O * p.I, bias ? p.O : 0);
        check_gradients(&p);
        float plain[35], added[35];
        memcpy(added, p.in[0], sizeof added);
        p.c->ops->linear_backward_input(p.c, plain, p.dy, p.in[1], p.N, p.I, p.O, false);
        p.c->ops->linear_backward_input(p.c, added, p.dy, p.in[1], p.N, p.I, p.O, true);
        for (size_t i = 0; i < 35; i++) assert_float_equal(plain[i] + p.in[0][i], added[i], 1e-5);
        problem_release(&p);
    }
}

static void embed_forward(struct problem *p)
{
    p->c->ops->embed(p->c, p->y, p->ids, p->positions, p->in[0], p->in[1], p->N, p->I);
}

static void embed_backward(struct problem *p)
{
    p->c->ops->embed_backward(p->c, p->grad[0], p->grad[1], p->dy, p->ids, p->positions, p->N, p->I, 5, 3);
}

static void test_embed(void **state)
{
    (void)state;
    static const int32_t ids[] = {3, 0, 3, 4, 3}, positions[] = {0, 1, 2, 0, 1};
    for (size_t learned = 0; learned < 2; learned++) {
        struct problem p = {.name = "embed", .N = 5, .I = 6, .adds = true, .forward = embed_forward, .backward = embed_backward, .ids = ids, .positions = positions};
        problem_init(&p, p.N * p.I, 5 * p.I, learned * 3 * p.I, 0);
        check_gradients(&p);
        problem_release(&p);
    }
}

enum { NORM_ROWS = 4, NORM_COLS = 9 };

static void norm_forward(struct problem *p)
{
    p->c->ops->norm(p->c, p->y, NULL, NULL, p->in[0], p->in[1], p->in[2], NORM_ROWS, NORM_COLS, 1e-5f, p->kind);
}

static void norm_backward(struct problem *p)
{
    float y[NORM_ROWS * NORM_COLS], mean[NORM_ROWS], rstd[NORM_ROWS];
    p->c->ops->norm(p->c, y, mean, rstd, p->in[0], p->in[1], p->in[2], NORM_ROWS, NORM_COLS, 1e-5f, p->kind);
    p->c->ops->norm_backward(p->c, p->grad[0], p->grad[1], p->grad[2], p->dy, p->in[0], p->in[1], mean, rstd, NORM_ROWS, NORM_COLS, p->kind);
}

static void test_norm(void **state)
{
    (void)state;
    for (size_t variant = 0; variant < 4; variant++) {
        struct problem p = {.name = variant & 1 ? "rms norm" : "layer norm", .adds = true, .kind = variant & 1 ? NORM_RMS : NORM_LAYER,
                            .forward = norm_forward, .backward = norm_backward};
        problem_init(&p, NORM_ROWS * NORM_COLS, NORM_ROWS * NORM_COLS, NORM_COLS, variant & 2 ? NORM_COLS : 0);
        check_gradients(&p);
        problem_release(&p);
    }
}

static const int32_t rotary_positions[] = {0, 1, 7, 300};

static void rotary_forward(struct problem *p)
{
    memcpy(p->y, p->in[0], p->n_y * sizeof(float));
    p->c->ops->rotary(p->c, p->y, rotary_positions, 4, 15, 2, 6, 10000, false);
}

static void rotary_backward(struct problem *p)
{
    memcpy(p->grad[0], p->dy, p->n_y * sizeof(float));
    p->c->ops->rotary(p->c, p->grad[0], rotary_positions, 4, 15, 2, 6, 10000, true);
}

static void test_rotary(void **state)
{
    (void)state;
    struct problem p = {.name = "rotary", .forward = rotary_forward, .backward = rotary_backward};
    problem_init(&p, 4 * 15, 4 * 15, 0, 0);
    check_gradients(&p);
    rotary_forward(&p);
    for (size_t i = 12; i < 15; i++) assert_true(p.y[i] == p.in[0][i]);   /* beyond the heads: left alone */
    float angle = 300 * powf(10000, -2.0f / 6), *x = p.in[0] + 3 * 15, *y = p.y + 3 * 15;   /* pair (1, 4) of the last row */
    assert_float_equal(x[1] * cosf(angle) - x[4] * sinf(angle), y[1], 1e-4);
    assert_float_equal(x[1] * sinf(angle) + x[4] * cosf(angle), y[4], 1e-4);
    problem_release(&p);
}

static void attention_forward(struct problem *p)
{
    p->c->ops->attention(p->c, p->y, NULL, p->in[0], &p->shape);
}

static void attention_backward(struct problem *p)
{
    size_t N = (size_t)p->shape.offsets[p->shape.n_seqs];
    float *out = mem_zalloc(p->n_y, sizeof *out), *lse = mem_zalloc(N * p->shape.n_heads, sizeof *lse);
    p->c->ops->attention(p->c, out, lse, p->in[0], &p->shape);
    p->c->ops->attention_backward(p->c, p->grad[0], p->dy, out, lse, p->in[0], &p->shape);
    mem_free(out);
    mem_free(lse);
}

static void test_attention(void **state)
{
    (void)state;
    static const int32_t offsets[] = {0, 6, 7, 12, 16}, prefix[] = {0, 1, 3, 9};
    struct problem p = {.name = "attention", .forward = attention_forward, .backward = attention_backward, .shape = {4, offsets, prefix, 4, 2, 5}};
    problem_init(&p, 16 * 4 * 5, 16 * 8 * 5, 0, 0);
    check_gradients(&p);
    problem_release(&p);
}

static void gelu_forward(struct problem *p)
{
    p->c->ops->gelu(p->c, p->y, p->in[0], p->n_y);
}
static void gelu_backward(struct problem *p)
{
    p->c->ops->gelu_backward(p->c, p->grad[0], p->dy, p->in[0], p->n_y);
}
static void swiglu_forward(struct problem *p)
{
    p->c->ops->swiglu(p->c, p->y, p->in[0], 3, 7);
}
static void swiglu_backward(struct problem *p)
{
    p->c->ops->swiglu_backward(p->c, p->grad[0], p->dy, p->in[0], 3, 7);
}
static void dropout_forward(struct problem *p)
{
    memcpy(p->y, p->in[0], p->n_y * sizeof(float));
    p->c->ops->dropout(p->c, p->y, p->n_y, 0.3f, 99);
}
static void dropout_backward(struct problem *p)
{
    memcpy(p->grad[0], p->dy, p->n_y * sizeof(float));
    p->c->ops->dropout(p->c, p->grad[0], p->n_y, 0.3f, 99);
}

static void test_activations(void **state)
{
    (void)state;
    static const struct problem problems[] = {
        {.name = "gelu", .forward = gelu_forward, .backward = gelu_backward},
        {.name = "swiglu", .forward = swiglu_forward, .backward = swiglu_backward},
        {.name = "dropout", .forward = dropout_forward, .backward = dropout_backward},
    };
    for (size_t i = 0; i < 3; i++) {
        struct problem p = problems[i];
        problem_init(&p, 21, i == 1 ? 42 : 21, 0, 0);
        check_gradients(&p);
        problem_release(&p);
    }
}

static const int32_t targets[] = {2, 0, 10, 4};
static const float LOSS_SCALE = 0.37f;

static void cross_entropy_forward(struct problem *p)
{
    float logits[44];
    memcpy(logits, p->in[0], sizeof logits);
    p->c->ops->cross_entropy(p->c, p->y, logits, targets, 4, 11, LOSS_SCALE, false);
    assert_memory_equal(logits, p->in[0], sizeof logits);
    for (size_t i = 0; i < 4; i++) p->dy[i] = LOSS_SCALE;
}

static void cross_entropy_backward(struct problem *p)
{
    float loss[4];
    memcpy(p->grad[0], p->in[0], 44 * sizeof(float));
    p->c->ops->cross_entropy(p->c, loss, p->grad[0], targets, 4, 11, LOSS_SCALE, true);
    assert_memory_equal(loss, p->y, sizeof loss);
}

static void test_cross_entropy(void **state)
{
    (void)state;
    struct problem p = {.name = "cross entropy", .forward = cross_entropy_forward, .backward = cross_entropy_backward};
    problem_init(&p, 4, 44, 0, 0);
    check_gradients(&p);
    float logits[3] = {1, 2, 3}, loss = 5;
    p.c->ops->cross_entropy(p.c, &loss, logits, &(int32_t){-1}, 1, 3, 1, true);
    assert_true(loss == 0 && logits[0] == 0 && logits[2] == 0);
    problem_release(&p);
}

/* Two steps by hand: bias correction, decay that the gradient's scale does not touch. */
static void test_adamw(void **state)
{
    (void)state;
    struct compute *c;
    assert_int_equal(OK, compute_new(&(struct compute_options){.level = CPU_SCALAR, .at_level = true}, &c));
    struct adamw how = {.learning_rate = 0.1f, .beta1 = 0.9f, .beta2 = 0.99f, .epsilon = 1e-8f, .weight_decay = 0.5f, .correction1 = 0.1f, .correction2 = 0.01f, .gradient_scale = 0.5f};
    float p = 2, g = 4, m = 0, v = 0;
    c->ops->adamw(c, &p, &g, &m, &v, 1, &how);
    assert_float_equal(2 - 0.1 * (1 + 0.5 * 2), p, 1e-6);   /* the first step is lr * sign(g) */
    assert_float_equal(0.2, m, 1e-6);
    assert_float_equal(0.04, v, 1e-6);
    how.correction1 = 0.19f;
    how.correction2 = 0.0199f;
    g = -2;
    c->ops->adamw(c, &p, &g, &m, &v, 1, &how);
    assert_float_equal(0.08, m, 1e-6);
    assert_float_equal(0.0496, v, 1e-6);
    assert_float_equal(1.8 - 0.1 * (0.08 / 0.19 / sqrt(0.0496 / 0.0199) + 0.5 * 1.8), p, 1e-6);
    compute_free(c);
}

/* ---- attention, written out -------------------------------------------------------------------------------------- */

/* softmax(Q K^T / sqrt(D) + M) V with the mask as the header states it, for element d of head h of position i. */
static double formula(const float *qkv, const struct attention_shape *s, size_t seq, size_t i, size_t h, size_t d, double *lse)
{
    size_t H = s->n_heads, K = s->n_kv_heads, D = s->head_size, W = (H + 2 * K) * D, kv = h / (H / K);
    size_t first = (size_t)s->offsets[seq], T = (size_t)s->offsets[seq + 1] - first;
    double sum = 0, mixed = 0;
    for (size_t j = 0; j < T; j++) {
        bool seen = (int64_t)j < s->prefix[seq] || j <= i;
        double score = 0;
        for (size_t e = 0; e < D; e++) score += (double)qkv[(first + i) * W + h * D + e] * qkv[(first + j) * W + (H + kv) * D + e];
        double p = seen ? exp(score / sqrt((double)D)) : 0;
        sum += p;
        mixed += p * qkv[(first + j) * W + (H + K + kv) * D + d];
    }
    *lse = log(sum);
    return mixed / sum;
}

static void check_attention(struct compute *c, const struct attention_shape *s)
{
    size_t N = (size_t)s->offsets[s->n_seqs], H = s->n_heads, D = s->head_size, W = (H + 2 * s->n_kv_heads) * D;
    struct rng rng;
    rng_seed(&rng, 5);
    float *qkv = normal(&rng, N * W, 1), *out = normal(&rng, N * H * D, 1), *lse = normal(&rng, N * H, 1);
    assert_int_equal(OK, compute_reserve(c, attention_scratch(c, s, 70)));
    c->ops->attention(c, out, lse, qkv, s);
    for (size_t seq = 0; seq < s->n_seqs; seq++)
        for (size_t i = 0; i < (size_t)(s->offsets[seq + 1] - s->offsets[seq]); i++)
            for (size_t k = 0; k < H * D; k += 3) {
                size_t row = (size_t)s->offsets[seq] + i;
                double want_lse, want = formula(qkv, s, seq, i, k / D, k % D, &want_lse);
                assert_float_equal(want, out[row * H * D + k], 2e-5);
                assert_float_equal(want_lse, lse[row * H + k / D], 2e-5);
            }
    mem_free(qkv);
    mem_free(out);
    mem_free(lse);
}

/* The last row of a left-to-right sequence is one step over the cached keys and values. */
static void check_step(struct compute *c, size_t T, size_t H, size_t K, size_t D)
{
    int32_t offsets[] = {0, (int32_t)T}, prefix[] = {0};
    struct attention_shape s = {1, offsets, prefix, (uint32_t)H, (uint32_t)K, (uint32_t)D};
    struct rng rng;
    rng_seed(&rng, 6);
    float *qkv = normal(&rng, T * (H + 2 * K) * D, 1), *keys = normal(&rng, T * K * D, 1), *values = normal(&rng, T * K * D, 1), *out = normal(&rng, H * D, 1);
    for (size_t t = 0; t < T; t++) {
        memcpy(keys + t * K * D, qkv + t * (H + 2 * K) * D + H * D, K * D * sizeof(float));
        memcpy(values + t * K * D, qkv + t * (H + 2 * K) * D + (H + K) * D, K * D * sizeof(float));
    }
    c->ops->attention_step(c, out, qkv + (T - 1) * (H + 2 * K) * D, keys, values, T, (uint32_t)H, (uint32_t)K, (uint32_t)D);
    double lse;
    for (size_t k = 0; k < H * D; k++) assert_float_equal(formula(qkv, &s, 0, T - 1, k / D, k % D, &lse), out[k], 2e-5);
    mem_free(qkv);
    mem_free(keys);
    mem_free(values);
    mem_free(out);
}

static void test_attention_formula(void **state)
{
    (void)state;
    static const int32_t offsets[] = {0, 70, 71, 111, 111, 176, 193}, prefix[] = {0, 0, 17, 0, 65, 400};
    for (int level = 0; level <= (int)cpu_features()->level; level++) {
        struct compute *c;
        assert_int_equal(OK, compute_new(&(struct compute_options){.level = (enum cpu_level)level, .at_level = true, .threads = 2}, &c));
        check_attention(c, &(struct attention_shape){6, offsets, prefix, 4, 4, 16});
        check_attention(c, &(struct attention_shape){6, offsets, prefix, 6, 2, 20});
        check_step(c, 1, 4, 2, 16);
        check_step(c, 700, 6, 2, 20);
        compute_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear), cmocka_unit_test(test_embed), cmocka_unit_test(test_norm), cmocka_unit_test(test_rotary),
        cmocka_unit_test(test_attention), cmocka_unit_test(test_activations), cmocka_unit_test(test_cross_entropy),
        cmocka_unit_test(test_adamw), cmocka_unit_test(test_attention_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
