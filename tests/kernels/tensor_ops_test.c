/* Every op of every level that this CPU has, over odd shapes, against the scalar table; and each call twice, to the bit. Then the
 * kernels of the GPU: emulated, or with DAOGOU_TEST_DEVICE=cuda on a GPU and nothing else.
 *   tensor_ops_test --time [avx512|avx2|scalar [THREADS [OP]]]
 * prints the speed of each op at the shapes of the default model, and of a whole training step. With one thread it counts
 * processor time, so that a busy machine does not spoil the figures. */
#include "tensor/tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* ---- one run of one op ------------------------------------------------------------------------------------------- */

enum { MAX_BUFFERS = 24, MAX_OUTPUTS = 4 };

struct run {
    struct compute *c;
    struct rng rng;
    bool bf16;           /* activations are kept in bf16 */
    struct { char *device, *host; size_t bytes, rows, cols; } buffers[MAX_BUFFERS]; /* inputs are made on the host's side; one on the CPU. rows: kept in bf16 */
    size_t n_buffers;
    struct { const float *x; size_t n; float tolerance; } outputs[MAX_OUTPUTS];
    size_t n_outputs;
    bool timing;
    double seconds, flops, bytes;
};

struct shape {
    size_t a, b, d;      /* meaning differs by op */
    int variant;
};

static void *buffer(struct run *r, size_t bytes)
{
    assert_true(r->n_buffers < MAX_BUFFERS);
    char *device = compute_alloc(r->c, bytes), *host = compute_mirror(r->c, device, bytes);
    assert_non_null(host);
    r->buffers[r->n_buffers].device = device;
    r->buffers[r->n_buffers].host = host;
    r->buffers[r->n_buffers++].bytes = bytes;
    return device;
}

/* The host's side of what lies at p. */
static void *host(const struct run *r, const void *p)
{
    for (size_t i = 0; i < r->n_buffers; i++) {
        size_t at = (size_t)((const char *)p - r->buffers[i].device);
        if ((const char *)p >= r->buffers[i].device && at < r->buffers[i].bytes) return r->buffers[i].host + at;
    }
    fail_msg("no buffer at %p", p);
    return NULL;
}

static void push_bf16(struct run *r, size_t i)
{
    size_t rows = r->buffers[i].rows, cols = r->buffers[i].cols, stride = activation_stride(r->c, r->buffers[i].device, cols);
    const float *x = (const float *)(void *)r->buffers[i].host;
    uint16_t *rounded = mem_zalloc(rows * stride, sizeof *rounded);
    assert_non_null(rounded);
    for (size_t k = 0; k < rows * cols; k++) rounded[k / cols * stride + k % cols] = bf16_from_f32(x[k]);
    compute_upload(r->c, r->buffers[i].device, rounded, rows * stride * sizeof *rounded);
    mem_free(rounded);
}

static void push(struct run *r)
{
    for (size_t i = 0; i < r->n_buffers; i++)
        if (r->buffers[i].rows) push_bf16(r, i);
        else compute_upload(r->c, r->buffers[i].device, r->buffers[i].host, r->buffers[i].bytes);
}

static void pull(struct run *r)
{
    for (size_t i = 0; i < r->n_buffers; i++)
        if (r->buffers[i].rows) assert_true(compute_read(r->c, (float *)(void *)r->buffers[i].host, (const float *)(void *)r->buffers[i].device, r->buffers[i].rows, r->buffers[i].cols));
        else compute_download(r->c, r->buffers[i].host, r->buffers[i].device, r->buffers[i].bytes);
    if (compute_check(r->c) != OK) fail_msg("%s", status_message());
}

/* Three uniform numbers have about the bell's shape, deviation 1, and cost a tenth of rng_normal(). */
static float *normal_in(struct run *r, size_t room, size_t n, double scale)
{
    float *device = buffer(r, room * sizeof *device), *x = host(r, device);
    for (size_t i = 0; i < n; i++) x[i] = (float)(2 * scale * (rng_unit(&r->rng) + rng_unit(&r->rng) + rng_unit(&r->rng) - 1.5));
    return device;
}

static float *normal(struct run *r, size_t n, double scale)
{
    return normal_in(r, n, n, scale);
}

/* An array that an op may find in bf16; its host's side stays float. */
static float *activation(struct run *r, size_t rows, size_t cols, double scale)
{
    size_t room = r->bf16 ? rows * bf16_stride(r->c, cols) / 2 + 16 : 0;
    float *device = normal_in(r, rows * cols > room ? rows * cols : room, rows * cols, scale);
    if (!r->bf16) return device;
    r->buffers[r->n_buffers - 1].rows = rows;
    r->buffers[r->n_buffers - 1].cols = cols;
    assert_true(compute_can_keep_bf16(r->c));
    compute_keep_bf16(r->c, device, r->buffers[r->n_buffers - 1].bytes);
    return device;
}

static int32_t *below(struct run *r, size_t n, size_t limit)
{
    int32_t *device = buffer(r, n * sizeof *device), *x = host(r, device);
    for (size_t i = 0; i < n; i++) x[i] = (int32_t)rng_below(&r->rng, limit);
    return device;
}

static void output(struct run *r, const float *x, size_t n, float tolerance)
{
    assert_true(r->n_outputs < MAX_OUTPUTS);
    r->outputs[r->n_outputs].x = host(r, x);
    r->outputs[r->n_outputs].n = n;
    r->outputs[r->n_outputs++].tolerance = r->bf16 ? fmaxf(tolerance, 2e-2f) : tolerance;
}

static void run_release(struct run *r)
{
    for (size_t i = 0; i < r->n_buffers; i++) {
        compute_mirror_free(r->c, r->buffers[i].host, r->buffers[i].device);
        compute_dealloc(r->c, r->buffers[i].device);
    }
}

static double now(const struct run *r)
{
    struct timespec t;
    clock_gettime(r->c->threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A GPU works on while the host goes on. */
static void wait(struct run *r)
{
    char byte;
    if (strcmp(r->c->device, "cpu") != 0) compute_download(r->c, &byte, r->buffers[0].device, 1);
}

/* Once; in timing mode the best of some more. */
#define MEASURE(r, call)                                                \
    do {                                                                \
        push(r);                                                        \
        double end_ = now(r) + ((r)->timing ? 0.2 : 0), before_;        \
        (r)->seconds = INFINITY;                                        \
        do {                                                            \
            before_ = now(r);                                           \
            call;                                                       \
            if ((r)->timing) wait(r);                                   \
            (r)->seconds = fmin((r)->seconds, now(r) - before_);        \
        } while (now(r) < end_);                                        \
        pull(r);                                                        \
    } while (0)

/* ---- the ops: inputs, the call, outputs -------------------------------------------------------------------------- */

static void run_linear(struct run *r, const struct shape *s)
{
    size_t N = s->a, I = s->b, O = s->d;
    float *x = activation(r, N, I, 1), *w = normal(r, O * I, 0.3), *bias = s->variant ? normal(r, O, 1) : NULL, *y = activation(r, N, O, 1);
    MEASURE(r, r->c->ops->linear(r->c, y, x, w, bias, N, I, O));
    r->flops = 2.0 * (double)(N * I * O);
    output(r, y, N * O, r->c->precision == PRECISION_BF16 ? 2e-2f : 1e-5f);
}

static void run_linear_onto(struct run *r, const struct shape *s)
{
    size_t N = s->a, I = s->b, O = s->d;
    float *x = activation(r, N, I, 1), *w = normal(r, O * I, 0.3), *bias = s->variant ? normal(r, O, 1) : NULL, *onto = normal(r, N * O, 1), *y = normal(r, N * O, 1);
    MEASURE(r, r->c->ops->linear_onto(r->c, y, onto, x, w, bias, N, I, O));
    r->flops = 2.0 * (double)(N * I * O);
    output(r, y, N * O, r->c->precision == PRECISION_BF16 ? 2e-2f : 1e-5f);
}

static void run_linear_backward_input(struct run *r, const struct shape *s)
{
    size_t N = s->a, I = s->b, O = s->d;
    float *dx = activation(r, N, I, 1), *dy = activation(r, N, O, 1), *w = normal(r, O * I, 0.3);
    MEASURE(r, r->c->ops->linear_backward_input(r->c, dx, dy, w, N, I, O, s->variant));
    r->flops = 2.0 * (double)(N * I * O);
    output(r, dx, N * I, r->c->precision == PRECISION_BF16 ? 2e-2f : 1e-5f);
}

static void run_linear_backward_weight(struct run *r, const struct shape *s)
{
    size_t N = s->a, I = s->b, O = s->d;
    float *x = activation(r, N, I, 1), *dy = activation(r, N, O, 1), *dw = normal(r, O * I, 1), *dbias = s->variant & 1 ? normal(r, O, 1) : NULL;
    MEASURE(r, r->c->ops->linear_backward_weight(r->c, dw, dbias, x, dy, N, I, O, s->variant < 2));
    r->flops = 2.0 * (double)(N * I * O);
    output(r, dw, O * I, r->c->precision == PRECISION_BF16 ? 2e-2f : 3e-5f);   /* sums that cancel */
    if (dbias) output(r, dbias, O, 3e-5f);
}

static struct weight stored(struct run *r, size_t rows, size_t cols, enum dtype type)
{
    float *x = host(r, normal(r, rows * cols, 0.3)), *scales = buffer(r, rows * sizeof *scales);
    char *device = buffer(r, rows * dtype_row_bytes(type, cols)), *data = host(r, device);
    for (size_t i = 0; i < rows * cols; i++) {
        uint16_t b = bf16_from_f32(x[i]);
        if (type == DTYPE_F32) memcpy(data + 4 * i, x + i, 4);
        if (type == DTYPE_BF16) memcpy(data + 2 * i, &b, 2);
    }
    if (type == DTYPE_Q8) quantize_q8((int8_t *)data, host(r, scales), x, rows, cols);
    return (struct weight){.dtype = type, .rows = (uint32_t)rows, .cols = (uint32_t)cols, .data = device, .scales = type == DTYPE_Q8 ? scales : NULL};
}

/* Variants: dtype, +3 with bias. VNNI code rounds the activations itself; the others get rounded ones, to agree with it. */
static void run_linear_stored(struct run *r, const struct shape *s)
{
    size_t N = s->a, I = s->b, O = s->d;
    enum dtype type = (enum dtype)(s->variant % 3);
    struct weight w = stored(r, O, I, type);
    float *x = normal(r, N * I, 1), *bias = s->variant >= 3 ? normal(r, O, 1) : NULL, *y = normal(r, N * O, 1);
    if (type == DTYPE_Q8 && (r->c->level < CPU_AVX512 || strcmp(r->c->device, "cpu") != 0) && cpu_features()->vnni && !r->timing) {
        int8_t *q = host(r, buffer(r, N * I));
        float *scales = host(r, buffer(r, N * sizeof *scales)), *values = host(r, x);
        quantize_q8(q, scales, values, N, I);
        for (size_t i = 0; i < N * I; i++) values[i] = (float)q[i] * scales[i / I];
    }
    MEASURE(r, r->c->ops->linear_stored(r->c, y, x, &w, bias, N));
    r->flops = 2.0 * (double)(N * I * O);
    r->bytes = (double)(O * dtype_row_bytes(type, I));
    output(r, y, N * O, r->c->precision == PRECISION_BF16 ? 2e-2f : 1e-5f);
}

static void run_linear_stored_backward_input(struct run *r, const struct shape *s)
{
    size_t N = s->a, I = s->b, O = s->d;
    struct weight w = stored(r, O, I, (enum dtype)s->variant);
    float *dy = activation(r, N, O, 1), *dx = activation(r, N, I, 1);
    MEASURE(r, r->c->ops->linear_stored_backward_input(r->c, dx, dy, &w, N));
    r->flops = 2.0 * (double)(N * I * O);
    output(r, dx, N * I, r->c->precision == PRECISION_BF16 ? 2e-2f : 1e-5f);
}

static void run_embed(struct run *r, const struct shape *s)
{
    size_t N = s->a, C = s->b, V = s->d, P = 7;
    float *wte = normal(r, V * C, 1), *wpe = s->variant ? normal(r, P * C, 1) : NULL, *y = activation(r, N, C, 1);
    int32_t *ids = below(r, N, V), *positions = below(r, N, P);
    MEASURE(r, r->c->ops->embed(r->c, y, ids, positions, wte, wpe, N, C));
    r->bytes = 8.0 * (double)(N * C);
    output(r, y, N * C, 1e-6f);
}

static void run_embed_backward(struct run *r, const struct shape *s)
{
    size_t N = s->a, C = s->b, V = s->d, P = 7;
    float *dwte = normal(r, V * C, 1), *dwpe = s->variant ? normal(r, P * C, 1) : NULL, *dy = normal(r, N * C, 1);
    int32_t *ids = below(r, N, V), *positions = below(r, N, P);
    MEASURE(r, r->c->ops->embed_backward(r->c, dwte, dwpe, dy, ids, positions, N, C, V, P));
    r->bytes = 12.0 * (double)(N * C);
    output(r, dwte, V * C, 1e-5f);
    if (dwpe) output(r, dwpe, P * C, 1e-5f);
}

static void run_norm(struct run *r, const struct shape *s)
{
    size_t N = s->a, C = s->b;
    enum norm_kind kind = s->variant % 2 ? NORM_RMS : NORM_LAYER;
    float *x = normal(r, N * C, 2), *gain = normal(r, C, 1), *bias = s->variant < 2 ? normal(r, C, 1) : NULL;
    float *y = activation(r, N, C, 1), *mean = normal(r, N, 1), *rstd = normal(r, N, 1);
    bool keep = s->variant < 4;
    MEASURE(r, r->c->ops->norm(r->c, y, keep ? mean : NULL, keep ? rstd : NULL, x, gain, bias, N, C, 1e-5f, kind));
    r->bytes = 8.0 * (double)(N * C);
    output(r, y, N * C, 2e-5f);
    output(r, mean, N, 1e-5f);
    output(r, rstd, N, 1e-5f);
}

static void run_norm_backward(struct run *r, const struct shape *s)
{
    size_t N = s->a, C = s->b;
    enum norm_kind kind = s->variant % 2 ? NORM_RMS : NORM_LAYER;
    float *dx = normal(r, N * C, 1), *dgain = normal(r, C, 1), *dbias = s->variant < 2 ? normal(r, C, 1) : NULL;
    float *dy = activation(r, N, C, 1), *x = normal(r, N * C, 2), *gain = normal(r, C, 1), *mean = normal(r, N, 0.1), *rstd = normal(r, N, 0.5);
    MEASURE(r, r->c->ops->norm_backward(r->c, dx, dgain, dbias, dy, x, gain, kind == NORM_LAYER ? mean : NULL, rstd, N, C, kind));
    r->bytes = 16.0 * (double)(N * C);
    output(r, dx, N * C, 2e-5f);
    output(r, dgain, C, 2e-5f);
    if (dbias) output(r, dbias, C, 2e-5f);
}

/* a rows, b heads, d head size; variants: inverse, positions far apart */
static void run_rotary(struct run *r, const struct shape *s)
{
    size_t N = s->a, heads = s->b, D = s->d, stride = heads * D + (s->variant & 1 ? 8 : 5);
    float *x = activation(r, N, stride, 1);
    int32_t *positions = below(r, N, s->variant & 2 ? 100000 : r->timing ? 256 : N / 2 + 1);
    MEASURE(r, r->c->ops->rotary(r->c, x, positions, N, activation_stride(r->c, x, stride), heads, D, 10000, s->variant & 1));
    r->bytes = 8.0 * (double)(N * heads * D);
    output(r, x, N * stride, 1e-5f);
}

/* Sequences of mixed lengths up to a, b = 100 H + K, d head size; the variant chooses the prefix. */
static struct attention_shape attention_shape(struct run *r, const struct shape *s)
{
    static const size_t parts[] = {64, 1, 17, 33, 64, 3, 20, 50};   /* of a/64 */
    size_t n = r->timing ? 4096 / s->a : 4;
    int32_t *device_offsets = buffer(r, (n + 1) * sizeof(int32_t)), *device_prefix = buffer(r, n * sizeof(int32_t));
    int32_t *offsets = host(r, device_offsets), *prefix = host(r, device_prefix);
    for (size_t i = 0; i < n; i++) {
        size_t T = r->timing ? s->a : (s->a * parts[(i + (size_t)s->variant) % 8] + 63) / 64;
        offsets[i + 1] = offsets[i] + (int32_t)T;
        prefix[i] = (int32_t)(s->variant == 0 ? 0 : s->variant == 1 ? T : s->variant == 2 ? T / 2 + i : T + 9);
    }
    struct attention_shape shape = {(uint32_t)n, device_offsets, device_prefix, (uint32_t)s->b / 100, (uint32_t)s->b % 100, (uint32_t)s->d,
                                    (uint32_t)offsets[n], (uint32_t)s->a};
    assert_int_equal(OK, compute_reserve(r->c, attention_scratch(r->c, &shape, s->a)));
    return shape;
}

static bool rounds_attention(const struct compute *c)
{
    return c->precision == PRECISION_BF16 && (c->gpu || c->level >= CPU_AMX);
}

static void run_attention(struct run *r, const struct shape *s)
{
    struct attention_shape shape = attention_shape(r, s);
    size_t N = (size_t)shape.n_tokens, H = shape.n_heads, D = shape.head_size, W = (H + 2 * shape.n_kv_heads) * D;
    float *qkv = activation(r, N, W, s->variant == 3 ? 8 : 1), *out = activation(r, N, H * D, 1), *lse = normal(r, N * H, 1);
    MEASURE(r, r->c->ops->attention(r->c, out, s->variant == 1 ? NULL : lse, qkv, &shape));
    r->flops = 4.0 * (double)(N * s->a * H * D);
    bool bf16 = rounds_attention(r->c);
    output(r, out, N * H * D, bf16 ? 1e-2f : 1e-4f);
    output(r, lse, N * H, bf16 ? 1e-2f : 1e-5f);
}

static void run_attention_backward(struct run *r, const struct shape *s)
{
    struct attention_shape shape = attention_shape(r, s);
    size_t N = (size_t)shape.n_tokens, H = shape.n_heads, D = shape.head_size, W = (H + 2 * shape.n_kv_heads) * D;
    float *qkv = activation(r, N, W, 1), *out = activation(r, N, H * D, 1), *lse = normal(r, N * H, 1), *dout = activation(r, N, H * D, 1);
    float *dqkv = activation(r, N, W, 1);
    push(r);
    r->c->ops->attention(r->c, out, lse, qkv, &shape);
    pull(r);
    MEASURE(r, r->c->ops->attention_backward(r->c, dqkv, dout, out, lse, qkv, &shape));
    r->flops = 10.0 * (double)(N * s->a * H * D);
    output(r, dqkv, N * W, rounds_attention(r->c) ? 2e-2f : 1e-4f);
}

/* a cached rows, b = 100 H + K, d head size */
static void run_attention_step(struct run *r, const struct shape *s)
{
    size_t length = s->a, H = s->b / 100, K = s->b % 100, D = s->d;
    float *q = normal(r, H * D, s->variant ? 20 : 1), *keys = normal(r, length * K * D, 1), *values = normal(r, length * K * D, 1), *out = normal(r, H * D, 1);
    MEASURE(r, r->c->ops->attention_step(r->c, out, q, keys, values, length, (uint32_t)H, (uint32_t)K, (uint32_t)D));
    r->bytes = 8.0 * (double)(length * K * D);
    output(r, out, H * D, 1e-4f);
}

static void run_gelu(struct run *r, const struct shape *s)
{
    size_t n = s->a * s->b;
    float *x = activation(r, 1, n, s->variant ? 40 : 2), *y = activation(r, 1, n, 1);
    MEASURE(r, r->c->ops->gelu(r->c, y, x, n));
    r->bytes = 8.0 * (double)n;
    output(r, y, n, 1e-6f);
}

static void run_gelu_backward(struct run *r, const struct shape *s)
{
    size_t n = s->a * s->b;
    float *x = activation(r, 1, n, s->variant ? 40 : 2), *dy = activation(r, 1, n, 1), *dx = activation(r, 1, n, 1);
    MEASURE(r, r->c->ops->gelu_backward(r->c, dx, dy, x, n));
    r->bytes = 12.0 * (double)n;
    output(r, dx, n, 1e-5f);
}

static void run_swiglu(struct run *r, const struct shape *s)
{
    size_t N = s->a, F = s->b;
    float *x = activation(r, N, 2 * F, s->variant ? 60 : 2), *y = activation(r, N, F, 1);
    MEASURE(r, r->c->ops->swiglu(r->c, y, x, N, F));
    r->bytes = 12.0 * (double)(N * F);
    output(r, y, N * F, 2e-6f);
}

static void run_swiglu_backward(struct run *r, const struct shape *s)
{
    size_t N = s->a, F = s->b;
    float *x = activation(r, N, 2 * F, s->variant ? 60 : 2), *dy = activation(r, N, F, 1), *dx = activation(r, N, 2 * F, 1);
    MEASURE(r, r->c->ops->swiglu_backward(r->c, dx, dy, x, N, F));
    r->bytes = 20.0 * (double)(N * F);
    output(r, dx, N * 2 * F, 1e-5f);
}

static void run_scale(struct run *r, const struct shape *s)
{
    size_t n = s->a * s->b;
    float *x = normal(r, n, 1);
    MEASURE(r, r->c->ops->scale(r->c, x, n, 0.3f));
    r->bytes = 8.0 * (double)n;
    output(r, x, n, 0);
}

static void run_add(struct run *r, const struct shape *s)
{
    size_t n = s->a * s->b;
    float *y = activation(r, 1, n, 1), *x = normal(r, n, 1);
    MEASURE(r, r->c->ops->add(r->c, y, x, n));
    r->bytes = 12.0 * (double)n;
    output(r, y, n, 0);
}

static void run_dropout(struct run *r, const struct shape *s)
{
    size_t n = s->a * s->b;
    float *x = normal(r, n, 1);
    MEASURE(r, r->c->ops->dropout(r->c, x, n, s->variant ? 0.5f : 0.1f, 0x123456789abcdefu + (uint64_t)s->variant));
    r->bytes = 8.0 * (double)n;
    output(r, x, n, 0);
}

/* Variants: 0 loss only, 1 gradient, 2 gradient of logits far apart */
static void run_cross_entropy(struct run *r, const struct shape *s)
{
    size_t M = s->a, V = s->b;
    float *logits = activation(r, M, V, s->variant == 2 ? 100 : 3), *loss = normal(r, M, 1);
    int32_t *targets = below(r, M, V);
    for (size_t m = 0; m < M && !r->timing; m += 5) ((int32_t *)host(r, targets))[m] = -1;
    MEASURE(r, r->c->ops->cross_entropy(r->c, loss, logits, targets, M, V, 0.25f, s->variant));
    r->bytes = (s->variant ? 12.0 : 8.0) * (double)(M * V);
    output(r, loss, M, 1e-5f);
    output(r, logits, M * V, 1e-5f);
}

static void run_adamw(struct run *r, const struct shape *s)
{
    size_t n = s->a * s->b;
    float *p = normal(r, n, 1), *g = normal(r, n, 1), *m = normal(r, n, 0.1), *v = normal(r, n, 0.1);
    for (size_t i = 0; i < n; i++) ((float *)host(r, v))[i] = fabsf(((float *)host(r, v))[i]);
    struct adamw how = {.learning_rate = 1e-2f, .beta1 = 0.9f, .beta2 = 0.95f, .epsilon = 1e-8f, .weight_decay = 0.1f,
                        .correction1 = 0.19f, .correction2 = 0.0975f, .gradient_scale = 0.5f};
    MEASURE(r, r->c->ops->adamw(r->c, p, g, m, v, n, &how));
    r->bytes = 28.0 * (double)n;
    output(r, p, n, 1e-6f);
    output(r, m, n, 1e-6f);
    output(r, v, n, 1e-6f);
}

static void run_sum_of_squares(struct run *r, const struct shape *s)
{
    size_t n = s->a * s->b;
    float *x = normal(r, n, 1), *sum = buffer(r, sizeof *sum);
    double found;
    MEASURE(r, found = r->c->ops->sum_of_squares(r->c, x, n));
    *(float *)host(r, sum) = (float)found;
    r->bytes = 4.0 * (double)n;
    output(r, sum, 1, 1e-6f);
}

static void run_scan_i8(struct run *r, const struct shape *s)
{
    size_t n = s->a, dim = (s->b + 31) / 32 * 32;
    int8_t *query = buffer(r, dim), *vectors = buffer(r, n * dim);
    int32_t *scores = buffer(r, n * sizeof *scores);
    float *exact = buffer(r, n * 2 * sizeof *exact);   /* halves of the scores, which floats hold exactly */
    int8_t *q = host(r, query), *v = host(r, vectors);
    for (size_t i = 0; i < dim; i++) q[i] = s->variant ? -128 : (int8_t)rng_next(&r->rng);
    for (size_t i = 0; i < n * dim; i++) v[i] = s->variant ? -128 : (int8_t)rng_next(&r->rng);
    MEASURE(r, r->c->ops->scan_i8(r->c, scores, query, vectors, n, dim));
    r->bytes = (double)(n * dim);
    for (size_t i = 0; i < n; i++) {
        int32_t score = ((int32_t *)host(r, scores))[i];
        ((float *)host(r, exact))[2 * i] = (float)(score >> 12);
        ((float *)host(r, exact))[2 * i + 1] = (float)(score & 4095);
    }
    output(r, exact, 2 * n, 0);
}

/* a rows, b heads, d head size: q heads b, k heads 1 */
static void run_head_norm(struct run *r, const struct shape *s)
{
    size_t N = s->a, H = s->b, D = s->d, stride = (H + 1) * D + 5;
    float *x = activation(r, N, stride, 1), *raw = normal(r, N * (H + 1) * D, 1), *rstd = normal(r, N * (H + 1), 1), *q = normal(r, D, 1), *k = normal(r, D, 1);
    MEASURE(r, r->c->ops->head_norm(r->c, x, s->variant ? NULL : raw, s->variant ? NULL : rstd, q, k, N, activation_stride(r->c, x, stride), H, 1, D, 1e-5f));
    output(r, x, N * stride, 1e-5f);
    output(r, raw, N * (H + 1) * D, 0);
    output(r, rstd, N * (H + 1), 1e-5f);
}

static void run_head_norm_backward(struct run *r, const struct shape *s)
{
    size_t N = s->a, H = s->b, D = s->d, stride = (H + 1) * D + 5;
    float *dx = activation(r, N, stride, 1), *raw = normal(r, N * (H + 1) * D, 1), *rstd = normal(r, N * (H + 1), 1), *q = normal(r, D, 1), *k = normal(r, D, 1);
    float *dq = normal(r, D, 1), *dk = normal(r, D, 1);
    MEASURE(r, r->c->ops->head_norm_backward(r->c, dx, dq, dk, raw, rstd, q, k, N, activation_stride(r->c, dx, stride), H, 1, D));
    output(r, dx, N * stride, 2e-5f);
    output(r, dq, D, 2e-5f);
    output(r, dk, D, 2e-5f);
}

/* Ranges of rows that overlap, one of them all. */
static int32_t *ranges(struct run *r, size_t n, size_t N)
{
    int32_t *device = below(r, 2 * n, N), *x = host(r, device);
    for (size_t i = 0; i < n; i++) x[2 * i + 1] = (int32_t)(i ? (size_t)x[2 * i] + 1 + rng_below(&r->rng, N - (size_t)x[2 * i]) : N);
    x[0] = 0;
    return device;
}

static void run_pool_mean(struct run *r, const struct shape *s)
{
    size_t N = s->a, C = s->b;
    float *x = normal(r, N * C, 1), *out = normal(r, 5 * C, 1);
    int32_t *where = ranges(r, 5, N);
    MEASURE(r, r->c->ops->pool_mean(r->c, out, x, where, 5, C));
    output(r, out, 5 * C, 1e-5f);
}

static void run_pool_mean_backward(struct run *r, const struct shape *s)
{
    size_t N = s->a, C = s->b;
    float *dx = normal(r, N * C, 1), *dout = normal(r, 5 * C, 1);
    int32_t *where = ranges(r, 5, N);
    MEASURE(r, r->c->ops->pool_mean_backward(r->c, dx, dout, where, 5, N, C));
    output(r, dx, N * C, 1e-5f);
}

static void run_tanh(struct run *r, const struct shape *s)
{
    size_t n = s->a * s->b;
    float *x = normal(r, n, 2), *dx = normal(r, n, 1);
    MEASURE(r, (r->c->ops->tanh(r->c, x, n), r->c->ops->tanh_backward(r->c, dx, x, n)));
    output(r, x, n, 1e-6f);
    output(r, dx, n, 1e-6f);
}

static void run_count_top(struct run *r, const struct shape *s)
{
    size_t M = s->a, V = s->b, found;
    float *logits = activation(r, M, V, 3), *count = buffer(r, sizeof *count);
    int32_t *targets = below(r, M, V);
    for (size_t m = 0; m < M; m++) {
        int32_t *t = (int32_t *)host(r, targets) + m;
        if (m % 3 == 0) ((float *)host(r, logits))[m * V + (size_t)*t] = 20;
        if (m % 5 == 4) *t = -1;
    }
    MEASURE(r, found = r->c->ops->count_top(r->c, logits, targets, M, V));
    *(float *)host(r, count) = (float)found;
    output(r, count, 1, 0);
}

/* ---- against the scalar table ------------------------------------------------------------------------------------ */

enum shape_kind { ROWS_COLS, PRODUCT, ATTENTION, STEP, ROTARY, EMBED };
struct op {
    const char *name;
    void (*run)(struct run *r, const struct shape *s);
    enum shape_kind kind;
    int variants;
};

static const struct op ops[] = {
    {"linear", run_linear, PRODUCT, 2},
    {"linear_onto", run_linear_onto, PRODUCT, 2},
    {"linear_backward_input", run_linear_backward_input, PRODUCT, 2},
    {"linear_backward_weight", run_linear_backward_weight, PRODUCT, 4},
    {"linear_stored", run_linear_stored, PRODUCT, 6},
    {"linear_stored_backward_input", run_linear_stored_backward_input, PRODUCT, 3},
    {"embed", run_embed, EMBED, 2},
    {"embed_backward", run_embed_backward, EMBED, 2},
    {"head_norm", run_head_norm, ROTARY, 2},
    {"head_norm_backward", run_head_norm_backward, ROTARY, 1},
    {"pool_mean", run_pool_mean, ROWS_COLS, 1},
    {"pool_mean_backward", run_pool_mean_backward, ROWS_COLS, 1},
    {"tanh", run_tanh, ROWS_COLS, 1},
    {"count_top", run_count_top, ROWS_COLS, 1},
    {"norm", run_norm, ROWS_COLS, 6},
    {"norm_backward", run_norm_backward, ROWS_COLS, 4},
    {"rotary", run_rotary, ROTARY, 4},
    {"attention", run_attention, ATTENTION, 4},
    {"attention_backward", run_attention_backward, ATTENTION, 4},
    {"attention_step", run_attention_step, STEP, 2},
    {"gelu", run_gelu, ROWS_COLS, 2},
    {"gelu_backward", run_gelu_backward, ROWS_COLS, 2},
    {"swiglu", run_swiglu, ROWS_COLS, 2},
    {"swiglu_backward", run_swiglu_backward, ROWS_COLS, 2},
    {"scale", run_scale, ROWS_COLS, 1},
    {"add", run_add, ROWS_COLS, 1},
    {"dropout", run_dropout, ROWS_COLS, 2},
    {"cross_entropy", run_cross_entropy, ROWS_COLS, 3},
    {"adamw", run_adamw, ROWS_COLS, 1},
    {"sum_of_squares", run_sum_of_squares, ROWS_COLS, 1},
    {"scan_i8", run_scan_i8, ROWS_COLS, 2},
};

static struct run run_once(struct compute *c, const struct op *op, const struct shape *s, bool bf16)
{
    struct run r = {.c = c, .bf16 = bf16};
    rng_seed(&r.rng, 7);
    op->run(&r, s);
    return r;
}

static void check_close(const struct run *want, const struct run *got, const struct op *op, const struct shape *s)
{
    assert_int_equal(want->n_outputs, got->n_outputs);
    for (size_t k = 0; k < want->n_outputs; k++) {
        const float *a = want->outputs[k].x, *b = got->outputs[k].x;
        double largest = 0, tolerance = got->outputs[k].tolerance;
        for (size_t i = 0; i < want->outputs[k].n; i++) largest = fmax(largest, fabs(a[i]));
        for (size_t i = 0; i < want->outputs[k].n; i++)
            if (!(fabs((double)a[i] - b[i]) <= tolerance * (largest + 1e-20)))
                fail_msg("%s %s (%zu,%zu,%zu) variant %d, output %zu[%zu]: %.9g, scalar %.9g, largest %g", got->c->description, op->name,
                         s->a, s->b, s->d, s->variant, k, i, (double)b[i], (double)a[i], largest);
    }
}

static void check_same_bits(const struct run *a, const struct run *b, const struct op *op, const struct shape *s)
{
    for (size_t k = 0; k < a->n_outputs; k++)
        if (memcmp(a->outputs[k].x, b->outputs[k].x, a->outputs[k].n * sizeof(float)) != 0)
            fail_msg("%s %s (%zu,%zu,%zu) variant %d, output %zu: the same call gave other bits", a->c->description, op->name, s->a, s->b, s->d, s->variant, k);
}

/* The computes under test, each held to the scalar one. */
struct devices {
    struct compute *scalar, *c[8];
    size_t n;
    bool bf16;   /* activations are kept in bf16 */
};

static void check_shape(const struct devices *d, const struct op *op, const struct shape *s)
{
    struct run want = run_once(d->scalar, op, s, false);
    for (size_t i = 0; i < d->n; i++) {
        struct run got = run_once(d->c[i], op, s, d->bf16), again = run_once(d->c[i], op, s, d->bf16);
        check_close(&want, &got, op, s);
        check_same_bits(&got, &again, op, s);
        run_release(&got);
        run_release(&again);
    }
    run_release(&want);
}

static void check_variants(const struct devices *d, const struct op *op, size_t a, size_t b, size_t c)
{
    for (int v = 0; v < op->variants; v++) check_shape(d, op, &(struct shape){a, b, c, v});
}

static const size_t odd[] = {1, 3, 17, 64, 65, 257}, lengths[] = {1, 3, 17, 64, 65, 150};
enum { N_ODD = sizeof odd / sizeof *odd };

static void check_op(const struct devices *d, const struct op *op)
{
    static const struct { size_t heads, D; } heads[] = {{101, 1}, {101, 8}, {202, 17}, {404, 64}, {602, 20}, {301, 65}, {201, 128}};
    for (size_t i = 0; i < N_ODD; i++)
        for (size_t j = 0; j < (op->kind == ATTENTION || op->kind == STEP ? sizeof heads / sizeof *heads : N_ODD); j++) {
            if (op->kind == ROWS_COLS) check_variants(d, op, odd[i], odd[j], 0);
            else if (op->kind == EMBED) check_variants(d, op, odd[i], odd[j], 11);
            else if (op->kind == ROTARY) check_variants(d, op, odd[i], j % 3 + 1, (size_t[]){2, 6, 16, 20, 64, 128}[j]);
            else if (op->kind == PRODUCT) for (size_t k = i % 2; k < N_ODD; k += 2) check_variants(d, op, odd[i], odd[j], odd[(j + k) % N_ODD]);
            else check_variants(d, op, lengths[i], heads[j].heads, heads[j].D);
        }
}

static struct compute *device(enum cpu_level level, int threads, enum precision precision)
{
    struct compute *c = NULL;
    struct compute_options o = {.threads = threads, .precision = precision, .level = level, .at_level = true};
    if (compute_new(&o, &c) != OK) fail_msg("%s", status_message());
    return c;
}

static struct compute *gpu(enum precision precision)
{
    struct compute *c = NULL;
    const char *name = getenv("DAOGOU_TEST_DEVICE");
    if (compute_new(&(struct compute_options){.device = name ? name : "emulated", .precision = precision}, &c) != OK) fail_msg("%s", status_message());
    return c;
}

static struct devices devices;   /* shared by the tests: each test's state is its op */

static int setup(void **state)
{
    (void)state;
    devices.scalar = device(CPU_SCALAR, 1, PRECISION_F32);
    if (getenv("DAOGOU_TEST_DEVICE")) {
        devices.c[devices.n++] = gpu(PRECISION_F32);
        return 0;
    }
    for (int level = CPU_AVX2; level <= (int)cpu_features()->level; level++)
        devices.c[devices.n++] = device((enum cpu_level)level, level, PRECISION_F32);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    compute_free(devices.scalar);
    for (size_t i = 0; i < devices.n; i++) compute_free(devices.c[i]);
    return 0;
}

static void test_op(void **state)
{
    check_op(&devices, *state);
}

/* The GPU's kernels where there is none: fewer shapes, because a tile is 64 x 64 whatever is in it. Each second launch runs
 * blocks and threads backwards, so that a missing barrier gives other bits. */
static void test_emulated_gpu(void **state)
{
    (void)state;
    if (getenv("DAOGOU_TEST_DEVICE")) skip();
    struct devices d = {.scalar = devices.scalar, .c = {gpu(PRECISION_F32)}, .n = 1};
    static const size_t few[] = {1, 65, 257};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        const struct op *op = &ops[i];
        if (op->kind == ATTENTION || op->kind == STEP) {
            check_variants(&d, op, 3, 101, 8);
            check_variants(&d, op, 65, 602, 20);
            check_variants(&d, op, 130, 201, 65);
            if (op->kind == STEP) check_variants(&d, op, 300, 201, 300);
            continue;
        }
        for (size_t a = 0; a < 3; a++)
            for (size_t b = 0; b < 3; b++) {
                if (op->kind == ROTARY) check_variants(&d, op, few[a], b + 1, (size_t[]){2, 20, 64}[b]);
                else check_variants(&d, op, few[a], few[b], op->kind == EMBED ? 11 : few[(a + b) % 3]);
            }
    }
    compute_free(d.c[0]);
}

/* In bf16 attention is other kernels, on the GPU others again for heads of 64, on the CPU tiles where it has them (heads of 32, 64, ...). Variant 3
 * has scores so large that rounding them decides. */
static void check_bf16_attention(struct compute *c)
{
    static const struct { size_t length, heads, D; } shapes[] = {{3, 101, 8},    {65, 602, 20},  {130, 201, 65}, {64, 404, 64}, {150, 202, 128},
                                                                 {150, 602, 64}, {270, 101, 64}, {200, 303, 32}, {1, 101, 32}};
    struct devices d = {.scalar = devices.scalar, .c = {c}, .n = 1};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        for (size_t k = 0; ops[i].kind == ATTENTION && k < sizeof shapes / sizeof *shapes; k++)
            for (int v = 0; v < 3; v++) check_shape(&d, &ops[i], &(struct shape){shapes[k].length, shapes[k].heads, shapes[k].D, v});
    compute_free(c);
}

static void test_bf16_attention(void **state)
{
    (void)state;
    check_bf16_attention(gpu(PRECISION_BF16));
    if (getenv("DAOGOU_TEST_DEVICE") || cpu_features()->level == CPU_SCALAR) skip();
    check_bf16_attention(device(cpu_features()->level, 2, PRECISION_BF16));
}

static void test_bf16_products(void **state)
{
    (void)state;
    struct devices g = {.scalar = devices.scalar, .c = {gpu(PRECISION_BF16)}, .n = 1};
    for (size_t k = 0; k < 5; k++) check_variants(&g, &ops[k], 65, 17, 33);
    compute_free(g.c[0]);
    if (getenv("DAOGOU_TEST_DEVICE") || cpu_features()->level == CPU_SCALAR) skip();
    struct devices d = {.scalar = devices.scalar, .c = {device(cpu_features()->level, 2, PRECISION_BF16)}, .n = 1};
    for (size_t k = 0; k < 5; k++)
        for (size_t i = 0; i < N_ODD; i++) check_variants(&d, &ops[k], odd[i], 65, odd[N_ODD - 1 - i]);
    for (size_t k = 0; k < 5; k++) {   /* more depth than one pass has, more strips than threads */
        check_variants(&d, &ops[k], 70, 1100, 40);
        check_variants(&d, &ops[k], 1100, 40, 70);
        check_variants(&d, &ops[k], 40, 70, 1100);
        check_variants(&d, &ops[k], 200, 96, 2100);
    }
    compute_free(d.c[0]);
}

/* Activations that are kept in bf16: every op that may find some. Depths beyond 2048 are cut in parts on a GPU, with a rest. */
static void check_bf16_activations(struct compute *c)
{
    static const struct { const char *op; size_t a, b, d; } shapes[] = {
        {"linear", 65, 24, 40},      {"linear", 1, 16, 17},       {"linear_onto", 65, 24, 40}, {"linear_onto", 1, 24, 40},  {"linear_backward_input", 65, 24, 40},        {"linear_backward_input", 19, 64, 257},
        {"linear_backward_weight", 65, 24, 40}, {"linear_backward_weight", 2163, 16, 24},  {"linear_backward_weight", 3, 256, 4097}, {"linear_stored_backward_input", 33, 24, 40},
        {"embed", 65, 24, 11},       {"norm_backward", 300, 520, 0}, {"embed_backward", 700, 24, 3}, {"embed_backward", 1500, 8, 1},       {"norm", 17, 24, 0},        {"norm", 65, 264, 0},      {"norm_backward", 17, 264, 0}, {"norm_backward", 65, 24, 0},
        {"attention", 65, 602, 64},  {"attention", 200, 101, 64}, {"attention_backward", 65, 602, 64},          {"attention_backward", 150, 404, 64},
        {"gelu", 17, 65, 0},         {"gelu_backward", 17, 65, 0}, {"swiglu", 17, 24, 0},      {"swiglu", 17, 32, 0},   {"swiglu_backward", 17, 24, 0}, {"swiglu_backward", 17, 32, 0},
        {"add", 17, 65, 0},          {"cross_entropy", 17, 257, 0}, {"cross_entropy", 2, 2500, 0}, {"count_top", 17, 257, 0},
        {"head_norm", 5, 2, 9},      {"head_norm_backward", 5, 2, 9}};
    struct devices d = {.scalar = devices.scalar, .c = {c}, .n = 1, .bf16 = true};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t k = 0;
        if (!c->gpu && strncmp(shapes[i].op, "linear_stored", 13) == 0) continue;
        while (strcmp(ops[k].name, shapes[i].op) != 0) k++;
        int variants = ops[k].kind == ATTENTION ? 3 : ops[k].variants;   /* not scores so large that rounding them decides */
        for (int v = 0; v < variants; v++) check_shape(&d, &ops[k], &(struct shape){shapes[i].a, shapes[i].b, shapes[i].d, v});
    }
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        for (int v = 1; strcmp(ops[k].name, "rotary") == 0 && v < 4; v += 2) check_shape(&d, &ops[k], &(struct shape){17, 2, 64, v});
    compute_free(c);
}

/* On the tiles of a CPU, with rows beyond the last whole square and depths of more than one pass, that end in a line. */
static void check_bf16_tiles(struct compute *c)
{
    struct devices d = {.scalar = devices.scalar, .c = {c}, .n = 1, .bf16 = true};
    for (size_t k = 0; k < 5; k++)
        if (strncmp(ops[k].name, "linear_stored", 13) != 0) {
            for (size_t i = 0; i < N_ODD; i++) check_variants(&d, &ops[k], odd[i], 65, odd[N_ODD - 1 - i]);
            check_variants(&d, &ops[k], 70, 1100, 40);
            check_variants(&d, &ops[k], 1100, 40, 70);
            check_variants(&d, &ops[k], 96, 64, 2100);
        }
    check_bf16_activations(c);
}

static void test_bf16_activations(void **state)
{
    (void)state;
    check_bf16_activations(gpu(PRECISION_BF16));
    if (getenv("DAOGOU_TEST_DEVICE") || cpu_features()->level < CPU_AMX) skip();
    check_bf16_tiles(device(CPU_AMX, 2, PRECISION_BF16));
}

/* More threads than cores, rows and columns that do not divide evenly. */
static void test_threads(void **state)
{
    (void)state;
    if (getenv("DAOGOU_TEST_DEVICE") || cpu_features()->level == CPU_SCALAR) skip();
    struct devices d = {.scalar = devices.scalar, .c = {device(cpu_features()->level, 5, PRECISION_F32)}, .n = 1};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        bool attention = ops[i].kind == ATTENTION || ops[i].kind == STEP;
        check_shape(&d, &ops[i], &(struct shape){attention ? 100 : 301, attention ? 603 : 203, 32, 1});
    }
    compute_free(d.c[0]);
}

/* Without reserved scratch attention is slow, not wrong. */
static void test_attention_without_scratch(void **state)
{
    (void)state;
    if (getenv("DAOGOU_TEST_DEVICE")) skip();
    struct devices d = {.scalar = devices.scalar};
    struct shape s = {64, 404, 64, 2};
    for (size_t i = 0; i < devices.n; i++) {
        struct run want = {.c = d.scalar};
        rng_seed(&want.rng, 7);
        run_attention(&want, &s);
        size_t floats = devices.c[i]->scratch_floats;
        struct run got = {.c = devices.c[i]};
        rng_seed(&got.rng, 7);
        struct attention_shape shape = attention_shape(&got, &s);
        size_t N = (size_t)shape.n_tokens;
        float *qkv = normal(&got, N * 768, 1), *out = normal(&got, N * 256, 1);
        devices.c[i]->scratch_floats = 100;
        devices.c[i]->ops->attention(devices.c[i], out, NULL, qkv, &shape);
        devices.c[i]->scratch_floats = floats;
        for (size_t k = 0; k < N * 256; k++) assert_float_equal(want.outputs[0].x[k], out[k], 1e-5);
        run_release(&want);
        run_release(&got);
    }
}

static void check_nan(struct compute *c)
{
    struct run r = {.c = c};
    float *x = buffer(&r, 40 * sizeof *x), *y = buffer(&r, 40 * sizeof *y), *z = buffer(&r, 20 * sizeof *z), *loss = buffer(&r, sizeof *loss);
    int32_t *target = buffer(&r, sizeof *target);
    *(int32_t *)host(&r, target) = 3;
    for (size_t k = 0; k < 40; k++) ((float *)host(&r, x))[k] = k == 37 ? NAN : (float)k;
    push(&r);
    c->ops->gelu(c, y, x, 40);
    c->ops->swiglu(c, z, x, 1, 20);
    assert_true(isnan(c->ops->sum_of_squares(c, x, 40)));
    c->ops->cross_entropy(c, loss, x, target, 1, 40, 1, true);
    pull(&r);
    assert_true(isnan(((float *)host(&r, y))[37]) && !isnan(((float *)host(&r, y))[36]));
    assert_true(isnan(((float *)host(&r, z))[17]));
    assert_true(isnan(*(float *)host(&r, loss)));
    run_release(&r);
}

/* What is not a number must come out as such, or training would go on with a broken model. */
static void test_nan_is_seen(void **state)
{
    (void)state;
    struct compute *emulated = gpu(PRECISION_F32);
    for (size_t i = 0; i < devices.n; i++) check_nan(devices.c[i]);
    check_nan(emulated);
    compute_free(emulated);
}

/* ---- speed ------------------------------------------------------------------------------------------------------- */

/* The default model on N = 4096 tokens in sequences of 128; `calls` in a training step with every token predicted. */
static const struct timed {
    const char *op, *note;
    struct shape shape;
    int calls;
} timed[] = {
    {"embed", "", {4096, 256, 16384, 0}, 1},
    {"norm", "rms", {4096, 256, 0, 3}, 13},
    {"linear", "qkv", {4096, 256, 768, 0}, 6},
    {"rotary", "q and k", {4096, 8, 64, 0}, 6},
    {"attention", "T 128, both ways", {128, 404, 64, 3}, 6},
    {"linear", "attention out", {4096, 256, 256, 0}, 6},
    {"dropout", "", {4096, 256, 0, 0}, 24},
    {"add", "", {4096, 256, 0, 0}, 12},
    {"linear", "gate and up", {4096, 256, 1408, 0}, 6},
    {"swiglu", "", {4096, 704, 0, 0}, 6},
    {"linear", "down", {4096, 704, 256, 0}, 6},
    {"linear", "vocabulary, 512 rows", {512, 256, 16384, 0}, 8},
    {"cross_entropy", "512 rows", {512, 16384, 0, 1}, 8},
    {"linear_backward_input", "vocabulary", {512, 256, 16384, 0}, 8},
    {"linear_backward_weight", "vocabulary", {512, 256, 16384, 0}, 8},
    {"norm_backward", "rms", {4096, 256, 0, 3}, 13},
    {"linear_backward_input", "down", {4096, 704, 256, 0}, 6},
    {"linear_backward_weight", "down", {4096, 704, 256, 0}, 6},
    {"swiglu_backward", "", {4096, 704, 0, 0}, 6},
    {"linear_backward_input", "gate and up", {4096, 256, 1408, 0}, 6},
    {"linear_backward_weight", "gate and up", {4096, 256, 1408, 0}, 6},
    {"linear_backward_input", "attention out", {4096, 256, 256, 0}, 6},
    {"linear_backward_weight", "attention out", {4096, 256, 256, 0}, 6},
    {"attention_backward", "T 128, both ways", {128, 404, 64, 3}, 6},
    {"rotary", "inverse", {4096, 8, 64, 1}, 6},
    {"linear_backward_input", "qkv", {4096, 256, 768, 0}, 6},
    {"linear_backward_weight", "qkv", {4096, 256, 768, 0}, 6},
    {"embed_backward", "", {4096, 256, 16384, 0}, 1},
    {"sum_of_squares", "all parameters", {4096, 2200, 0, 0}, 1},
    {"adamw", "all parameters", {4096, 2200, 0, 0}, 1},
    /* other shapes, and inference */
    {"attention", "T 32", {32, 404, 64, 3}, 0},
    {"attention", "T 256", {256, 404, 64, 3}, 0},
    {"attention_backward", "T 32", {32, 404, 64, 3}, 0},
    {"attention_backward", "T 256", {256, 404, 64, 3}, 0},
    {"attention_step", "256 cached", {256, 404, 64, 0}, 0},
    {"norm", "layer", {4096, 256, 0, 0}, 0},
    {"gelu", "", {4096, 1024, 0, 0}, 0},
    {"gelu_backward", "", {4096, 1024, 0, 0}, 0},
    {"linear_stored", "f32, 1 row, vocabulary", {1, 256, 16384, 0}, 0},
    {"linear_stored", "bf16, 1 row", {1, 256, 16384, 1}, 0},
    {"linear_stored", "q8, 1 row", {1, 256, 16384, 2}, 0},
    {"linear_stored", "q8, 1 row, gate and up", {1, 256, 1408, 2}, 0},
    {"linear_stored", "f32, 4 rows", {4, 256, 16384, 0}, 0},
    {"linear_stored", "q8, 4 rows", {4, 256, 16384, 2}, 0},
    {"linear_stored", "f32, 8 rows", {8, 256, 16384, 0}, 0},
    {"linear_stored", "bf16, 8 rows", {8, 256, 16384, 1}, 0},
    {"linear_stored", "q8, 8 rows", {8, 256, 16384, 2}, 0},
    {"linear_stored", "f32, 16 rows", {16, 256, 16384, 0}, 0},
    {"linear_stored", "bf16, 16 rows", {16, 256, 16384, 1}, 0},
    {"linear_stored", "q8, 16 rows", {16, 256, 16384, 2}, 0},
    {"linear_stored", "q8, 128 rows, gate and up", {128, 256, 1408, 2}, 0},
    {"linear_stored", "q8, 4096 rows, gate and up", {4096, 256, 1408, 2}, 0},
    {"linear_stored", "bf16, 4096 rows, gate and up", {4096, 256, 1408, 1}, 0},
    {"linear_stored_backward_input", "bf16, 256 rows", {256, 768, 3072, 1}, 0},
    {"linear_stored_backward_input", "bf16, 256 rows, vocabulary", {256, 768, 50257, 1}, 0},
    {"scan_i8", "100000 x 256", {100000, 256, 0, 0}, 0},
};

static const struct op *find_op(const char *name)
{
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strcmp(ops[i].name, name) == 0) return &ops[i];
    return NULL;
}

static double time_one(struct compute *c, const struct timed *t)
{
    struct run r = {.c = c, .timing = true};
    rng_seed(&r.rng, 7);
    find_op(t->op)->run(&r, &t->shape);
    printf("%-24s %-28s %9.3f ms", t->op, t->note, 1e3 * r.seconds);
    if (r.flops > 0) printf(" %8.1f GFLOP/s", 1e-9 * r.flops / r.seconds);
    if (r.bytes > 0) printf(" %8.1f GB/s", 1e-9 * r.bytes / r.seconds);
    printf("\n");
    fflush(stdout);
    run_release(&r);
    return r.seconds;
}

static void time_device(struct compute *c, const char *only)
{
    double step = 0, products = 0;
    printf("\n%s\n", c->description);
    for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
        if (only && strcmp(only, timed[i].op) != 0) continue;
        double seconds = time_one(c, &timed[i]) * timed[i].calls;
        step += seconds;
        if (strncmp(timed[i].op, "linear", 6) == 0) products += seconds;
    }
    if (!only) printf("a training step of 4096 tokens, all predicted: %.0f ms (%.0f ms of them linear layers), %.0f tokens/s\n", 1e3 * step, 1e3 * products, 4096 / step);
    compute_free(c);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"scalar", "avx2", "avx512", "amx"};
    if (argc > 1 && strcmp(argv[1], "--time") == 0) {
        for (int level = (int)cpu_features()->level; level >= 0; level--)
            if (argc == 2 ? level > 0 && !getenv("DAOGOU_TEST_DEVICE") : strcmp(argv[2], names[level]) == 0)
                time_device(device((enum cpu_level)level, argc > 3 ? atoi(argv[3]) : 0, PRECISION_AUTO), argc > 4 ? argv[4] : NULL);
        if (getenv("DAOGOU_TEST_DEVICE")) time_device(gpu(PRECISION_AUTO), NULL);
        return 0;
    }
    enum { N_OPS = sizeof ops / sizeof *ops };
    struct CMUnitTest tests[N_OPS + 7] = {cmocka_unit_test(test_bf16_attention), cmocka_unit_test(test_bf16_activations), cmocka_unit_test(test_bf16_products), cmocka_unit_test(test_threads), cmocka_unit_test(test_attention_without_scratch), cmocka_unit_test(test_nan_is_seen), cmocka_unit_test(test_emulated_gpu)};
    for (size_t i = 0; i < N_OPS; i++) tests[7 + i] = (struct CMUnitTest){.name = ops[i].name, .test_func = test_op, .initial_state = (void *)&ops[i]};
    cmocka_set_test_filter(getenv("DAOGOU_TEST_FILTER"));
    return cmocka_run_group_tests(tests, setup, teardown);
}
