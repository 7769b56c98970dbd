/* int8 products of CPUs with AVX-512 VNNI: linear layers over Q8 weights, and the scan of int8 vectors.
 *
 * The instruction multiplies unsigned by signed bytes and adds groups of four exactly into int32. Weights are made unsigned by
 * flipping their top bit, which adds 128 to each; 128 * sum(activations) is taken off again at the end. */
#include "tensor_int.h"

#include <immintrin.h>
#include <math.h>
#include <omp.h>

enum {
    FEW_ROWS = 8,            /* rows of activations up to which weights are read in place, else oneDNN */
    TILE_OUTPUTS = 4,
    TILE_ROWS = 4,
    OUTPUTS_AT_A_TIME = 32,  /* that a thread takes */
    MANY_ROWS = 256,         /* activations and outputs that oneDNN gets at a time: a thread's int32 sums stay in its cache */
    MANY_OUTPUTS = 256,
    STEP = 64,               /* bytes of a vector */
    SERIAL_BELOW = 1 << 16,  /* activations to round */
    SERIAL_WEIGHT_BYTES = 1 << 19,
    SERIAL_PRODUCTS = 1 << 20,
    SCAN_BLOCK = 256         /* vectors that a thread scans at a time */
};
#define INLINE static inline __attribute__((always_inline))

/* Activations in scratch: rows of `width` bytes (cols, then zeros to a whole vector), the scale of each and its 128 * sum. */
struct rounded {
    int8_t *q;
    float *scales;
    int32_t *shifts;
    size_t width;
};

INLINE size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

INLINE __mmask16 lanes(size_t n)
{
    return (__mmask16)(n >= 16 ? 0xffffu : (1u << n) - 1);
}

INLINE __mmask64 bytes(size_t n)
{
    return n >= STEP ? ~(__mmask64)0 : ((__mmask64)1 << n) - 1;
}

/* quantize_q8() of one row; returns the sum of q. */
static int32_t round_row(int8_t *q, float *scale, const float *x, size_t cols, size_t width)
{
    __m512 largest = _mm512_setzero_ps();
    for (size_t i = 0; i < cols; i += 16) largest = _mm512_max_ps(largest, _mm512_abs_ps(_mm512_maskz_loadu_ps(lanes(cols - i), x + i)));
    *scale = _mm512_reduce_max_ps(largest) / 127;
    float inverse = *scale > 0 ? 1 / *scale : 0;
    if (!isfinite(inverse)) inverse = 0;
    __m512i sum = _mm512_setzero_si512(), top = _mm512_set1_epi32(127), bottom = _mm512_set1_epi32(-127);
    for (size_t i = 0; i < width; i += 16) {
        __m512 v = i < cols ? _mm512_maskz_loadu_ps(lanes(cols - i), x + i) : _mm512_setzero_ps();
        __m512i rounded = _mm512_cvtps_epi32(_mm512_mul_ps(v, _mm512_set1_ps(inverse)));
        rounded = _mm512_max_epi32(bottom, _mm512_min_epi32(top, rounded));
        sum = _mm512_add_epi32(sum, rounded);
        _mm_storeu_si128((__m128i *)(void *)(q + i), _mm512_cvtepi32_epi8(rounded));
    }
    return _mm512_reduce_add_epi32(sum);
}

static struct rounded rounded_layout(struct compute *c, size_t rows, size_t width)
{
    struct rounded r = {.width = width, .scales = c->scratch};
    r.shifts = (int32_t *)(void *)(r.scales + rows);
    r.q = (int8_t *)(void *)(r.shifts + rows);
    return r;
}

static void round_rows(struct compute *c, const struct rounded *r, const float *x, size_t rows, size_t cols)
{
#pragma omp parallel for schedule(static) num_threads(c->threads) if (rows * cols > SERIAL_BELOW)
    for (size_t n = 0; n < rows; n++)
        r->shifts[n] = 128 * round_row(r->q + n * r->width, r->scales + n, x + n * cols, cols, r->width);
}

/* ---- few rows ---------------------------------------------------------------------------------------------------- */

INLINE void tile(float *y, const struct rounded *x, const struct weight *w, const float *bias, size_t n, size_t o, const int rows, const int outputs)
{
    const int8_t *data = (const int8_t *)w->data + o * w->cols;
    __m512i sum[TILE_ROWS][TILE_OUTPUTS], top_bits = _mm512_set1_epi8(-128);
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int k = 0; k < outputs; k++) sum[r][k] = _mm512_setzero_si512();
    for (size_t i = 0; i < w->cols; i += STEP) {
        __mmask64 mask = bytes(w->cols - i);
#pragma GCC unroll 4
        for (int k = 0; k < outputs; k++) {
            __m512i weights = _mm512_xor_si512(top_bits, _mm512_maskz_loadu_epi8(mask, data + (size_t)k * w->cols + i));
#pragma GCC unroll 4
            for (int r = 0; r < rows; r++)
                sum[r][k] = _mm512_dpbusd_epi32(sum[r][k], weights, _mm512_loadu_si512(x->q + (n + (size_t)r) * x->width + i));
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (int k = 0; k < outputs; k++) {
            size_t row = n + (size_t)r, col = o + (size_t)k;
            float s = (float)(_mm512_reduce_add_epi32(sum[r][k]) - x->shifts[row]) * (x->scales[row] * w->scales[col]);
            y[row * w->rows + col] = s + (bias ? bias[col] : 0);
        }
}

INLINE void outputs_for_all_rows(float *y, const struct rounded *x, const struct weight *w, const float *bias, size_t N, size_t o, const int outputs)
{
    size_t n = 0;
    for (; n + 4 <= N; n += 4) tile(y, x, w, bias, n, o, 4, outputs);
    if (N - n == 3) tile(y, x, w, bias, n, o, 3, outputs);
    if (N - n == 2) tile(y, x, w, bias, n, o, 2, outputs);
    if (N - n == 1) tile(y, x, w, bias, n, o, 1, outputs);
}

static void q8_few(struct compute *c, float *y, const struct rounded *x, const struct weight *w, const float *bias, size_t N)
{
#pragma omp parallel for schedule(static) num_threads(c->threads) if (N * w->rows * w->cols > SERIAL_WEIGHT_BYTES)
    for (size_t first = 0; first < w->rows; first += OUTPUTS_AT_A_TIME) {
        size_t end = smaller(first + OUTPUTS_AT_A_TIME, w->rows), o = first;
        for (; o + TILE_OUTPUTS <= end; o += TILE_OUTPUTS) outputs_for_all_rows(y, x, w, bias, N, o, TILE_OUTPUTS);
        for (; o < end; o++) outputs_for_all_rows(y, x, w, bias, N, o, 1);
    }
}

/* ---- many rows --------------------------------------------------------------------------------------------------- */

/* y columns o..o+outputs-1 from the sums. */
static void scale_sums(float *y, const int32_t *sums, const struct rounded *x, const struct weight *w, const float *bias, size_t N, size_t o, size_t outputs)
{
    for (size_t n = 0; n < N; n++)
        for (size_t k = 0; k < outputs; k++)
            y[n * w->rows + o + k] = (float)sums[n * outputs + k] * (x->scales[n] * w->scales[o + k]) + (bias ? bias[o + k] : 0);
}

/* sums: (threads, N, MANY_OUTPUTS) */
static bool q8_many(struct compute *c, float *y, const struct rounded *x, const struct weight *w, const float *bias, size_t N, int32_t *sums)
{
    bool ok = true;
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) reduction(&& : ok) if (N * w->rows * w->cols > SERIAL_PRODUCTS)
    for (size_t o = 0; o < w->rows; o += MANY_OUTPUTS) {
        int32_t *own = sums + (size_t)omp_get_thread_num() * N * MANY_OUTPUTS;
        size_t outputs = smaller(MANY_OUTPUTS, w->rows - o);
        ok = product_i8(own, x->q, x->width, (const int8_t *)w->data + o * w->cols, w->cols, N, w->cols, outputs) && ok;
        if (ok) scale_sums(y, own, x, w, bias, N, o, outputs);
    }
    return ok;
}

/* Rows of activations that go at a time, with every thread's sums. */
static size_t rows_that_fit(const struct compute *c, size_t width)
{
    size_t row = width / sizeof(float) + 2 + (size_t)c->threads * MANY_OUTPUTS;
    return smaller(MANY_ROWS, (c->scratch_floats - STEP) / row);
}

static bool linear_q8(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    size_t width = (w->cols + STEP - 1) / STEP * STEP, piece = rows_that_fit(c, width);
    if (!piece) return false;
    for (size_t n = 0; n < N; n += piece) {
        size_t rows = smaller(piece, N - n);
        struct rounded r = rounded_layout(c, rows, width);
        int32_t *sums = (int32_t *)(void *)(r.q + rows * width);
        round_rows(c, &r, x + n * w->cols, rows, w->cols);
        if (rows <= FEW_ROWS || !q8_many(c, y + n * w->rows, &r, w, bias, rows, sums))
            q8_few(c, y + n * w->rows, &r, w, bias, rows);
    }
    return true;
}

static void linear_stored_vnni(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    if (w->dtype == DTYPE_Q8 && w->cols && linear_q8(c, y, x, w, bias, N)) return;
    linear_stored_avx512(c, y, x, w, bias, N);
}

/* ---- scan -------------------------------------------------------------------------------------------------------- */

/* Lane sums of four vectors, in order. */
INLINE __m128i four_sums(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/* Four vectors (or `rows` fewer) at once, so that their sums are folded together. */
INLINE void scan_four(int32_t *scores, const int8_t *query, const int8_t *vectors, size_t dim, int32_t shift, size_t rows)
{
    __m512i sum[4], top_bits = _mm512_set1_epi8(-128);
#pragma GCC unroll 4
    for (size_t r = 0; r < 4; r++) sum[r] = _mm512_setzero_si512();
    for (size_t d = 0; d < dim; d += STEP) {
        __mmask64 mask = bytes(dim - d);
        __m512i q = _mm512_maskz_loadu_epi8(mask, query + d);
#pragma GCC unroll 4
        for (size_t r = 0; r < 4; r++) {
            const int8_t *p = vectors + (r < rows ? r : 0) * dim + d;
            sum[r] = _mm512_dpbusd_epi32(sum[r], _mm512_xor_si512(top_bits, _mm512_maskz_loadu_epi8(mask, p)), q);
        }
    }
    __m128i all = _mm_sub_epi32(four_sums(sum[0], sum[1], sum[2], sum[3]), _mm_set1_epi32(shift));
    _mm_mask_storeu_epi32(scores, (__mmask8)((1u << rows) - 1), all);
}

static void scan_block(int32_t *scores, const int8_t *query, const int8_t *vectors, size_t n, size_t dim, int32_t shift)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) scan_four(scores + i, query, vectors + i * dim, dim, shift, 4);
    if (i < n) scan_four(scores + i, query, vectors + i * dim, dim, shift, n - i);
}

static void scan_i8(struct compute *c, int32_t *scores, const int8_t *query, const int8_t *vectors, size_t n, size_t dim)
{
    int32_t shift = 0;
    for (size_t d = 0; d < dim; d++) shift += 128 * query[d];
#pragma omp parallel for schedule(static) num_threads(c->threads) if (n * dim > SERIAL_WEIGHT_BYTES)
    for (size_t i = 0; i < n; i += SCAN_BLOCK)
        scan_block(scores + i, query, vectors + i * dim, smaller(SCAN_BLOCK, n - i), dim, shift);
}

void overlay_vnni(struct ops *table)
{
    table->linear_stored = linear_stored_vnni;
    table->scan_i8 = scan_i8;
}
