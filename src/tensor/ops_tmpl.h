/* Rows and elements: embeddings, norms, rotary positions, activations, loss, optimiser. Compiled once for each vector
 * width. Work is shared out in fixed pieces, and sums that cross pieces are added in the order of the pieces. */
#include "softmax_rows.h"
#include "tensor_int.h"
#include "vector.h"

#include <omp.h>

enum {
    BLOCK = 4096,            /* elements, and */
    BLOCKS_A_TURN = 4,       /* so many blocks, or */
    ROWS_A_TURN = 8,         /* rows, that a thread takes at a time: cores are seldom equally fast */
    PARTS = 64,              /* of a sum, which does not depend on the number of threads */
    SERIAL_BELOW = 1 << 15   /* elements that are not worth waking other threads for */
};

INLINE size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Operations on denormal numbers take a hundred times as long. Softmax of scores far apart is full of them, and optimiser
 * moments of parameters that get no more gradient decay into them: there they are flushed to zero. The caller gives what
 * this returns back to _mm_setcsr(). */
INLINE unsigned denormals_off(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);
    return before;
}

/* bf16_from_f32(), in a form that the compiler makes vectors of. */
INLINE void round_to_bf16(uint16_t *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16, nan = bits >> 16 | 0x40;
        out[i] = (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
    }
}

/* Whether x is of bf16: never, on levels that keep none. */
INLINE bool in_bf16(const struct compute *c, const float *x)
{
#ifdef __AVX512BF16__
    return compute_is_bf16(c, x);
#else
    return (void)c, (void)x, false;
#endif
}

/* ---- embeddings -------------------------------------------------------------------------------------------------- */

static void row_add(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += VW) v_put(y + i, v_add(v_get(y + i, n - i), v_get(x + i, n - i)), n - i);
}

static void embed(struct compute *c, float *y, const int32_t *ids, const int32_t *positions, const float *wte, const float *wpe, size_t N, size_t C)
{
    bool bf16 = in_bf16(c, y);
    size_t stride = activation_stride(c, y, C);
#pragma omp parallel for schedule(dynamic, ROWS_A_TURN) num_threads(c->threads) if (N * C > SERIAL_BELOW)
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < C; i += VW) {
            vf x = v_get(wte + (size_t)ids[n] * C + i, C - i);
            a_put(y, n * stride + i, wpe ? v_add(x, v_get(wpe + (size_t)positions[n] * C + i, C - i)) : x, C - i, bf16);
        }
}

/* Threads share the columns, not the rows: rows of one token meet in one place and are added in order. */
static void embed_backward(struct compute *c, float *dwte, float *dwpe, const float *dy, const int32_t *ids, const int32_t *positions, size_t N, size_t C, size_t V, size_t P)
{
    (void)V, (void)P;
    size_t width = (C + (size_t)c->threads - 1) / (size_t)c->threads;
    width = (width + 15) / 16 * 16;
#pragma omp parallel for schedule(static) num_threads(c->threads) if (N * C > SERIAL_BELOW)
    for (size_t first = 0; first < C; first += width) {
        size_t w = smaller(width, C - first);
        for (size_t n = 0; n < N; n++) {
            row_add(dwte + (size_t)ids[n] * C + first, dy + n * C + first, w);
            if (dwpe) row_add(dwpe + (size_t)positions[n] * C + first, dy + n * C + first, w);
        }
    }
}

/* ---- norms ------------------------------------------------------------------------------------------------------- */

static float row_mean(const float *x, size_t n)
{
    vf sum = v_zero();
    for (size_t i = 0; i < n; i += VW) sum = v_add(sum, v_get(x + i, n - i));
    return v_sum(sum) / (float)n;
}

static float row_variance(const float *x, float mean, size_t n)
{
    vf sum = v_zero(), m = v_set(mean);
    for (size_t i = 0; i < n; i += VW) {
        vf d = v_clip(v_sub(v_get(x + i, n - i), m), n - i, v_zero());
        sum = v_fma(d, d, sum);
    }
    return v_sum(sum) / (float)n;
}

static void norm(struct compute *c, float *y, float *mean, float *rstd, const float *x, const float *gain, const float *bias, size_t N, size_t C, float epsilon, enum norm_kind kind)
{
    bool bf16 = in_bf16(c, y);
    size_t stride = activation_stride(c, y, C);
#pragma omp parallel for schedule(dynamic, ROWS_A_TURN) num_threads(c->threads) if (N * C > SERIAL_BELOW)
    for (size_t n = 0; n < N; n++) {
        const float *row = x + n * C;
        float m = kind == NORM_LAYER ? row_mean(row, C) : 0;
        float r = 1 / sqrtf(row_variance(row, m, C) + epsilon);
        for (size_t i = 0; i < C; i += VW) {
            vf xhat = v_mul(v_sub(v_get(row + i, C - i), v_set(m)), v_set(r));
            a_put(y, n * stride + i, v_fma(xhat, v_get(gain + i, C - i), bias ? v_get(bias + i, C - i) : v_zero()), C - i, bf16);
        }
        if (mean && kind == NORM_LAYER) mean[n] = m;
        if (rstd) rstd[n] = r;
    }
}

struct norm_row {
    const float *dy;         /* of a whole array, which may be of bf16: the row begins at element `from` */
    size_t from;
    bool bf16;
    const float *x, *gain;
    float mean, rstd;
    size_t C;
};

/* The means over the row of g and of g xhat, where g = dy gain. */
static void norm_row_means(const struct norm_row *r, float *mean_g, float *mean_gx)
{
    vf sum_g = v_zero(), sum_gx = v_zero();
    for (size_t i = 0; i < r->C; i += VW) {
        size_t left = r->C - i;
        vf g = v_mul(a_get(r->dy, r->from + i, left, r->bf16), v_get(r->gain + i, left));
        sum_g = v_add(sum_g, g);
        sum_gx = v_fma(g, v_mul(v_sub(v_get(r->x + i, left), v_set(r->mean)), v_set(r->rstd)), sum_gx);
    }
    *mean_g = v_sum(sum_g) / (float)r->C;
    *mean_gx = v_sum(sum_gx) / (float)r->C;
}

static void norm_row_backward(const struct norm_row *r, float *dx, float *dgain, float *dbias, float mean_g, float mean_gx)
{
    vf m = v_set(r->mean), rstd = v_set(r->rstd), mg = v_set(mean_g), mgx = v_set(mean_gx);
    for (size_t i = 0; i < r->C; i += VW) {
        size_t left = r->C - i;
        vf dy = a_get(r->dy, r->from + i, left, r->bf16), xhat = v_mul(v_sub(v_get(r->x + i, left), m), rstd);
        vf d = v_fnma(xhat, mgx, v_sub(v_mul(dy, v_get(r->gain + i, left)), mg));
        v_put(dx + i, v_fma(rstd, d, v_get(dx + i, left)), left);
        v_put(dgain + i, v_fma(dy, xhat, v_get(dgain + i, left)), left);
        if (dbias) v_put(dbias + i, v_add(dy, v_get(dbias + i, left)), left);
    }
}

/* Each part of the rows sums its dgain and dbias in scratch; parts are added in order. */
static void norm_backward(struct compute *c, float *dx, float *dgain, float *dbias, const float *dy, const float *x, const float *gain, const float *mean, const float *rstd, size_t N, size_t C, enum norm_kind kind)
{
    size_t width = (C + 15) / 16 * 16, parts = smaller(PARTS, smaller(N, c->scratch_floats / (2 * width)));
    if (!parts) return;   /* N is 0: MODEL_MAX_D columns fit */
    bool bf16 = in_bf16(c, dy);
    size_t stride = activation_stride(c, dy, C);
    memset(c->scratch, 0, parts * 2 * width * sizeof(float));
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) if (N * C > SERIAL_BELOW)
    for (size_t part = 0; part < parts; part++) {
        float *own_gain = c->scratch + part * 2 * width, *own_bias = own_gain + width;
        for (size_t n = N * part / parts; n < N * (part + 1) / parts; n++) {
            struct norm_row r = {dy, n * stride, bf16, x + n * C, gain, kind == NORM_LAYER ? mean[n] : 0, rstd[n], C};
            float mean_g, mean_gx;
            norm_row_means(&r, &mean_g, &mean_gx);
            norm_row_backward(&r, dx + n * C, own_gain, dbias ? own_bias : NULL, kind == NORM_LAYER ? mean_g : 0, mean_gx);
        }
    }
    for (size_t part = 0; part < parts; part++) {
        row_add(dgain, c->scratch + part * 2 * width, C);
        if (dbias) row_add(dbias, c->scratch + part * 2 * width + width, C);
    }
}

/* ---- norms of heads ---------------------------------------------------------------------------------------------- */

static float head_rstd(const float *x, size_t from, size_t D, float epsilon, bool bf16)
{
    vf sum = v_zero();
    for (size_t i = 0; i < D; i += VW) {
        vf v = a_get(x, from + i, D - i, bf16);
        sum = v_fma(v, v, sum);
    }
    return 1 / sqrtf(v_sum(sum) / (float)D + epsilon);
}

static void head_norm(struct compute *c, float *x, float *raw, float *rstd, const float *q_gain, const float *k_gain, size_t N, size_t stride, size_t H, size_t K, size_t D, float epsilon)
{
    bool bf16 = in_bf16(c, x);
    size_t heads = H + K;
#pragma omp parallel for schedule(static) num_threads(c->threads) if (N * heads * D > SERIAL_BELOW)
    for (size_t at = 0; at < N * heads; at++) {
        size_t h = at % heads, from = at / heads * stride + h * D;
        const float *gain = h < H ? q_gain : k_gain;
        float r = head_rstd(x, from, D, epsilon, bf16);
        for (size_t i = 0; i < D; i += VW) {
            vf v = a_get(x, from + i, D - i, bf16);
            if (raw) v_put(raw + at * D + i, v, D - i);
            a_put(x, from + i, v_mul(v_mul(v, v_set(r)), v_get(gain + i, D - i)), D - i, bf16);
        }
        if (rstd) rstd[at] = r;
    }
}

/* With xhat = x rstd: dgain += dy xhat; dx = rstd (dy gain - xhat mean(dy gain xhat)), written over dy. */
static void head_backward(float *dx, size_t from, float *dgain, const float *x, float rstd, const float *gain, size_t D, bool bf16)
{
    vf sum = v_zero(), r = v_set(rstd);
    for (size_t i = 0; i < D; i += VW)
        sum = v_fma(v_mul(a_get(dx, from + i, D - i, bf16), v_get(gain + i, D - i)), v_mul(v_get(x + i, D - i), r), sum);
    vf mean = v_set(v_sum(sum) / (float)D);
    for (size_t i = 0; i < D; i += VW) {
        size_t left = D - i;
        vf dy = a_get(dx, from + i, left, bf16), xhat = v_mul(v_get(x + i, left), r);
        v_put(dgain + i, v_fma(dy, xhat, v_get(dgain + i, left)), left);
        a_put(dx, from + i, v_mul(r, v_fnma(xhat, mean, v_mul(dy, v_get(gain + i, left)))), left, bf16);
    }
}

/* Each part of the rows sums its gains' gradients in scratch; parts are added in order. */
static void head_norm_backward(struct compute *c, float *dx, float *dq_gain, float *dk_gain, const float *raw, const float *rstd, const float *q_gain, const float *k_gain, size_t N, size_t stride, size_t H, size_t K, size_t D)
{
    bool bf16 = in_bf16(c, dx);
    size_t heads = H + K, width = (D + 15) / 16 * 16, parts = smaller(PARTS, smaller(N, c->scratch_floats / (2 * width)));
    if (!parts) return;   /* N is 0: heads fit */
    memset(c->scratch, 0, parts * 2 * width * sizeof(float));
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) if (N * heads * D > SERIAL_BELOW)
    for (size_t part = 0; part < parts; part++) {
        float *own_q = c->scratch + part * 2 * width, *own_k = own_q + width;
        for (size_t at = N * part / parts * heads; at < N * (part + 1) / parts * heads; at++) {
            size_t h = at % heads;
            head_backward(dx, at / heads * stride + h * D, h < H ? own_q : own_k, raw + at * D, rstd[at], h < H ? q_gain : k_gain, D, bf16);
        }
    }
    for (size_t part = 0; part < parts; part++) {
        row_add(dq_gain, c->scratch + part * 2 * width, D);
        row_add(dk_gain, c->scratch + part * 2 * width + width, D);
    }
}

/* ---- rotary positions -------------------------------------------------------------------------------------------- */

static void angle_row(float *cosine, float *sine, int32_t position, size_t D, float theta)
{
    double step = pow(theta, -2.0 / (double)D), frequency = 1;
    for (size_t i = 0; i < D / 2; i++, frequency *= step) {
        double angle = position * frequency;
        cosine[i] = (float)cos(angle);
        sine[i] = (float)sin(angle);
    }
}

/* The row begins at element `from` of x. */
static void rotate_row(float *x, size_t from, const float *cosine, const float *sine, size_t heads, size_t D, float sign, bool bf16)
{
    size_t half = D / 2;
    for (size_t h = 0; h < heads; h++, from += D)
        for (size_t i = 0; i < half; i += VW) {
            vf co = v_get(cosine + i, half - i), si = v_mul(v_set(sign), v_get(sine + i, half - i));
            vf a = a_get(x, from + i, half - i, bf16), b = a_get(x, from + half + i, half - i, bf16);
            a_put(x, from + i, v_fnma(b, si, v_mul(a, co)), half - i, bf16);
            a_put(x, from + half + i, v_fma(a, si, v_mul(b, co)), half - i, bf16);
        }
}

/* Sines cost more than all the rest, and packed sequences share their positions: one table a call, of the positions
 * 0..largest where that is fewer than the rows and fits, else of a piece of the rows at a time. */
static void rotary(struct compute *c, float *x, const int32_t *positions, size_t N, size_t stride, size_t heads, size_t D, float theta, bool inverse)
{
    if (D < 2) return;
    bool bf16 = in_bf16(c, x);
    size_t table_rows = c->scratch_floats / D, largest = 0;
    for (size_t n = 0; n < N; n++)
        if ((size_t)positions[n] > largest) largest = (size_t)positions[n];
    bool shared = largest < N && largest < table_rows;
    size_t piece = shared ? N : smaller(N, table_rows);
    for (size_t first = 0; first < N; first += piece) {
        size_t rows = smaller(piece, N - first), angles = shared ? largest + 1 : rows;
#pragma omp parallel num_threads(c->threads) if (rows * heads * D > SERIAL_BELOW)
        {
#pragma omp for schedule(static)
            for (size_t t = 0; t < angles; t++)
                angle_row(c->scratch + t * D, c->scratch + t * D + D / 2, shared ? (int32_t)t : positions[first + t], D, theta);
#pragma omp for schedule(static)
            for (size_t n = first; n < first + rows; n++) {
                const float *row = c->scratch + (shared ? (size_t)positions[n] : n - first) * D;
                rotate_row(x, n * stride, row, row + D / 2, heads, D, inverse ? -1.0f : 1.0f, bf16);
            }
        }
    }
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

/* GELU's tanh form is x sigmoid(2 u), u = sqrt(2/pi) (x + 0.044715 x^3), because (1 + tanh u) / 2 = sigmoid(2 u). */
INLINE vf gelu_sigmoid(vf x)
{
    vf u = v_mul(x, v_fma(v_mul(x, x), v_set(0.044715f), v_set(1.0f)));
    return v_sigmoid(v_mul(v_set(2 * 0.79788456f), u));
}

INLINE vf gelu_slope(vf x)
{
    vf s = gelu_sigmoid(x), du = v_mul(v_set(2 * 0.79788456f), v_fma(v_mul(x, x), v_set(3 * 0.044715f), v_set(1.0f)));
    vf flat = v_mul(s, v_sub(v_set(1.0f), s));
    return v_fma(v_mul(x, flat), du, s);
}

static void gelu(struct compute *c, float *y, const float *x, size_t n)
{
    bool x_bf16 = in_bf16(c, x), y_bf16 = in_bf16(c, y);
#pragma omp parallel for schedule(dynamic, BLOCKS_A_TURN) num_threads(c->threads) if (n > SERIAL_BELOW)
    for (size_t at = 0; at < n; at += BLOCK)
        for (size_t i = at, end = smaller(at + BLOCK, n); i < end; i += VW) {
            vf v = a_get(x, i, end - i, x_bf16);
            a_put(y, i, v_mul(v, gelu_sigmoid(v)), end - i, y_bf16);
        }
}

static void gelu_backward(struct compute *c, float *dx, const float *dy, const float *x, size_t n)
{
    bool x_bf16 = in_bf16(c, x), dx_bf16 = in_bf16(c, dx), dy_bf16 = in_bf16(c, dy);
#pragma omp parallel for schedule(dynamic, BLOCKS_A_TURN) num_threads(c->threads) if (n > SERIAL_BELOW)
    for (size_t at = 0; at < n; at += BLOCK)
        for (size_t i = at, end = smaller(at + BLOCK, n); i < end; i += VW)
            a_put(dx, i, v_mul(a_get(dy, i, end - i, dy_bf16), gelu_slope(a_get(x, i, end - i, x_bf16))), end - i, dx_bf16);
}

static void swiglu(struct compute *c, float *y, const float *x, size_t N, size_t F)
{
    bool x_bf16 = in_bf16(c, x), y_bf16 = in_bf16(c, y);
    size_t x_stride = activation_stride(c, x, 2 * F), y_stride = activation_stride(c, y, F);
#pragma omp parallel for schedule(dynamic, ROWS_A_TURN) num_threads(c->threads) if (N * F > SERIAL_BELOW)
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < F; i += VW) {
            vf gate = a_get(x, n * x_stride + i, F - i, x_bf16), up = a_get(x, n * x_stride + F + i, F - i, x_bf16);
            a_put(y, n * y_stride + i, v_mul(v_mul(gate, v_sigmoid(gate)), up), F - i, y_bf16);
        }
}

static void swiglu_backward(struct compute *c, float *dx, const float *dy, const float *x, size_t N, size_t F)
{
    bool x_bf16 = in_bf16(c, x), dx_bf16 = in_bf16(c, dx), dy_bf16 = in_bf16(c, dy);
    size_t x_stride = activation_stride(c, x, 2 * F), dx_stride = activation_stride(c, dx, 2 * F), dy_stride = activation_stride(c, dy, F);
#pragma omp parallel for schedule(dynamic, ROWS_A_TURN) num_threads(c->threads) if (N * F > SERIAL_BELOW)
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < F; i += VW) {
            vf gate = a_get(x, n * x_stride + i, F - i, x_bf16), up = a_get(x, n * x_stride + F + i, F - i, x_bf16);
            vf d = a_get(dy, n * dy_stride + i, F - i, dy_bf16);
            vf s = v_sigmoid(gate), slope = v_mul(s, v_fma(gate, v_sub(v_set(1.0f), s), v_set(1.0f)));
            a_put(dx, n * dx_stride + i, v_mul(v_mul(d, up), slope), F - i, dx_bf16);
            a_put(dx, n * dx_stride + F + i, v_mul(d, v_mul(gate, s)), F - i, dx_bf16);
        }
}

static void add(struct compute *c, float *y, const float *x, size_t n)
{
    bool x_bf16 = in_bf16(c, x), y_bf16 = in_bf16(c, y);
#pragma omp parallel for schedule(dynamic, BLOCKS_A_TURN) num_threads(c->threads) if (n > SERIAL_BELOW)
    for (size_t at = 0; at < n; at += BLOCK)
        for (size_t i = at, end = smaller(at + BLOCK, n); i < end; i += VW)
            a_put(y, i, v_add(a_get(y, i, end - i, y_bf16), a_get(x, i, end - i, x_bf16)), end - i, y_bf16);
}

/* dropout_hash() of a vector of indices. */
INLINE vi dropout_hashes(vi i, uint64_t seed)
{
    vi x = vi_xor(i, vi_set((uint32_t)seed));
    x = vi_mul(vi_xor(x, vi_shift(x, 16)), vi_set(0x85ebca6bu));
    x = vi_mul(vi_xor(x, vi_shift(x, 13)), vi_set(0xc2b2ae35u));
    x = vi_xor(x, vi_xor(vi_shift(x, 16), vi_set((uint32_t)(seed >> 32))));
    x = vi_mul(vi_xor(x, vi_shift(x, 16)), vi_set(0x85ebca6bu));
    x = vi_mul(vi_xor(x, vi_shift(x, 13)), vi_set(0xc2b2ae35u));
    return vi_shift(vi_xor(x, vi_shift(x, 16)), 8);
}

static void dropout(struct compute *c, float *x, size_t n, float p, uint64_t seed)
{
    vf scale = v_set(1 / (1 - p));
    vi limit = vi_set(dropout_limit(p));
#pragma omp parallel for schedule(dynamic, BLOCKS_A_TURN) num_threads(c->threads) if (n > SERIAL_BELOW)
    for (size_t at = 0; at < n; at += BLOCK)
        for (size_t i = at, end = smaller(at + BLOCK, n); i < end; i += VW) {
            vi hash = dropout_hashes(vi_add(vi_set((uint32_t)i), vi_iota()), seed);
            v_put(x + i, v_keep(v_mul(v_get(x + i, end - i), scale), hash, limit), end - i);
        }
}

/* ---- loss, optimiser --------------------------------------------------------------------------------------------- */

/* A row of logits, at element `from` of an array of floats or bf16. */
struct logits {
    float *x;
    size_t from, n;
    bool bf16;
};

INLINE vf logits_at(const struct logits *l, size_t i)
{
    return a_get(l->x, l->from + i, l->n - i, l->bf16);
}

INLINE void logits_put(const struct logits *l, size_t i, vf v)
{
    a_put(l->x, l->from + i, v, l->n - i, l->bf16);
}

static float one_logit(const struct logits *l, size_t i)
{
    return l->bf16 ? bf16_to_f32(((const uint16_t *)(const void *)l->x)[l->from + i]) : l->x[l->from + i];
}

/* A NaN may be missed. */
static float largest_logit(const struct logits *l)
{
    vf largest = v_set(-INFINITY);
    for (size_t i = 0; i < l->n; i += VW) largest = v_max(largest, v_clip(logits_at(l, i), l->n - i, largest));
    return v_largest(largest);
}

static double exp_sum(const struct logits *l, float largest)
{
    vf sum = v_zero();
    for (size_t i = 0; i < l->n; i += VW) sum = v_add(sum, v_clip(v_exp(v_sub(logits_at(l, i), v_set(largest))), l->n - i, v_zero()));
    return v_sum_double(sum);
}

static void put_one(const struct logits *l, size_t i, float x)
{
    if (l->bf16) ((uint16_t *)(void *)l->x)[l->from + i] = bf16_from_f32(x);
    else l->x[l->from + i] = x;
}

/* Exponentials are computed twice, so that only the gradient itself is rounded where it is kept in bf16. */
static float cross_entropy_row(const struct logits *l, size_t target, float scale, bool backward)
{
    float chosen = one_logit(l, target), largest = largest_logit(l);
    double sum = exp_sum(l, largest);
    if (backward) {
        vf shift = v_set(largest), factor = v_set((float)(scale / sum));
        for (size_t i = 0; i < l->n; i += VW) logits_put(l, i, v_mul(v_exp(v_sub(logits_at(l, i), shift)), factor));
        put_one(l, target, (float)((exp((double)chosen - largest) / sum - 1) * scale));
    }
    return (float)(largest + log(sum) - chosen);
}

static void clear_row(const struct logits *l)
{
    for (size_t i = 0; i < l->n; i += VW) logits_put(l, i, v_zero());
}

static struct logits logits_row(const struct compute *c, const float *logits, size_t m, size_t V)
{
    return (struct logits){(float *)(uintptr_t)logits, m * activation_stride(c, logits, V), V, in_bf16(c, logits)};
}

static void cross_entropy(struct compute *c, float *loss, float *logits, const int32_t *targets, size_t M, size_t V, float scale, bool backward)
{
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) if (M * V > SERIAL_BELOW)
    for (size_t m = 0; m < M; m++) {
        struct logits row = logits_row(c, logits, m, V);
        unsigned before = denormals_off();
        loss[m] = targets[m] < 0 ? 0 : cross_entropy_row(&row, (size_t)targets[m], scale, backward);
        if (targets[m] < 0 && backward) clear_row(&row);
        _mm_setcsr(before);
    }
}

static size_t count_top(struct compute *c, const float *logits, const int32_t *targets, size_t M, size_t V)
{
    size_t correct = 0;
#pragma omp parallel for reduction(+ : correct) schedule(static) num_threads(c->threads) if (M * V > SERIAL_BELOW)
    for (size_t m = 0; m < M; m++) {
        struct logits row = logits_row(c, logits, m, V);
        correct += targets[m] >= 0 && !(largest_logit(&row) > one_logit(&row, (size_t)targets[m]));
    }
    return correct;
}


static void adamw_block(float *p, const float *grads, float *m, float *v, size_t n, const struct adamw *how)
{
    vf b1 = v_set(how->beta1), b2 = v_set(how->beta2), a1 = v_set(1 - how->beta1), a2 = v_set(1 - how->beta2);
    vf c1 = v_set(1 / how->correction1), c2 = v_set(1 / how->correction2), epsilon = v_set(how->epsilon);
    vf rate = v_set(how->learning_rate), decay = v_set(how->weight_decay), gradient_scale = v_set(how->gradient_scale);
    for (size_t i = 0; i < n; i += VW) {
        size_t left = n - i;
        vf g = v_mul(v_get(grads + i, left), gradient_scale), old = v_get(p + i, left);
        vf m1 = v_fma(b1, v_get(m + i, left), v_mul(a1, g));
        vf v1 = v_fma(b2, v_get(v + i, left), v_mul(a2, v_mul(g, g)));
        vf step = v_div(v_mul(m1, c1), v_add(v_sqrt(v_mul(v1, c2)), epsilon));
        v_put(m + i, m1, left);
        v_put(v + i, v1, left);
        v_put(p + i, v_fnma(rate, v_fma(decay, old, step), old), left);
    }
}

static void adamw(struct compute *c, float *params, const float *grads, float *m, float *v, size_t n, const struct adamw *how)
{
#pragma omp parallel for schedule(dynamic, BLOCKS_A_TURN) num_threads(c->threads) if (n > SERIAL_BELOW)
    for (size_t at = 0; at < n; at += BLOCK) {
        unsigned before = denormals_off();
        adamw_block(params + at, grads + at, m + at, v + at, smaller(BLOCK, n - at), how);
        _mm_setcsr(before);
    }
}

static double block_squares(const float *x, size_t n)
{
    vf sum = v_zero();
    for (size_t i = 0; i < n; i += VW) {
        vf v = v_get(x + i, n - i);
        sum = v_fma(v, v, sum);
    }
    return v_sum_double(sum);
}

static double sum_of_squares(struct compute *c, const float *x, size_t n)
{
    double parts[PARTS], sum = 0;
    size_t blocks = (n + BLOCK - 1) / BLOCK;
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) if (n > SERIAL_BELOW)
    for (size_t part = 0; part < PARTS; part++) {
        parts[part] = 0;
        for (size_t b = blocks * part / PARTS; b < blocks * (part + 1) / PARTS; b++)
            parts[part] += block_squares(x + b * BLOCK, smaller(BLOCK, n - b * BLOCK));
    }
    for (size_t part = 0; part < PARTS; part++) sum += parts[part];
    return sum;
}

static void overlay_rows(struct ops *table)
{
    table->embed = embed;
    table->embed_backward = embed_backward;
    table->norm = norm;
    table->norm_backward = norm_backward;
    table->head_norm = head_norm;
    table->head_norm_backward = head_norm_backward;
    table->rotary = rotary;
    table->gelu = gelu;
    table->gelu_backward = gelu_backward;
    table->swiglu = swiglu;
    table->swiglu_backward = swiglu_backward;
    table->add = add;
    table->dropout = dropout;
    table->cross_entropy = cross_entropy;
    table->count_top = count_top;
    table->adamw = adamw;
    table->sum_of_squares = sum_of_squares;
}
