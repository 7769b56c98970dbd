/* Private to the room tensor: the attention of gpu_attention.h with its products in bf16 by tensor cores, sums and softmax in float32:
 * for devices whose matrix products are in bf16. Blocks, tiles and masks are the same. Included once by each device of gpu.h.
 *
 * A product's operands are tiles of bf16 in shared memory, its result a tile of float32 there; what must outlive it is in registers. Three
 * tiles of the first kind and one of the second are all that 48 KB hold, so backward loads some operands twice. */
#ifndef DAOGOU_GPU_ATTENTION_BF16_H
#define DAOGOU_GPU_ATTENTION_BF16_H

#include "gpu_attention.h"
#include "gpu_kernels.h"

enum {
    HALF_WIDTH = GPU_TILE + 8,      /* rows of 16 bytes times something, as tensor cores load them, and in other banks */
    WIDE_WIDTH = GPU_TILE + 4,
    HALF_TILE = GPU_TILE * HALF_WIDTH,
    WIDE_TILE = GPU_TILE * WIDE_WIDTH
};

/* out = op(a) op(b), or +=, all GPU_TILE square; a transposed operand lies as it is not written. Outside of phases; ends with a barrier. */
#ifdef __CUDACC__

#include <cuda_bf16.h>
#include <mma.h>

/* A warp owns two of the 16 pieces of 16 x 16. */
ON_DEVICE void half_product(float *out, const uint16_t *a, bool transpose_a, const uint16_t *b, bool transpose_b, bool add)
{
    using namespace nvcuda;
    const __nv_bfloat16 *x = (const __nv_bfloat16 *)a, *y = (const __nv_bfloat16 *)b;
    unsigned warp = threadIdx.x / 32, m = warp / 2 * 16;
#define PIECE(layout_a, from_a, layout_b, from_b)                                   \
    {                                                                               \
        wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16, layout_a> left;   \
        wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16, layout_b> right;  \
        wmma::load_matrix_sync(left, from_a, HALF_WIDTH);                           \
        wmma::load_matrix_sync(right, from_b, HALF_WIDTH);                          \
        wmma::mma_sync(sum, left, right, sum);                                      \
    }
    for (unsigned n = warp % 2 * 32; n < warp % 2 * 32 + 32; n += 16) {
        wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum;
        if (add) wmma::load_matrix_sync(sum, out + m * WIDE_WIDTH + n, WIDE_WIDTH, wmma::mem_row_major);
        else wmma::fill_fragment(sum, 0.0f);
        for (unsigned k = 0; k < GPU_TILE; k += 16) {
            if (transpose_a) PIECE(wmma::col_major, x + k * HALF_WIDTH + m, wmma::row_major, y + k * HALF_WIDTH + n)   /* none has both */
            else if (transpose_b) PIECE(wmma::row_major, x + m * HALF_WIDTH + k, wmma::col_major, y + n * HALF_WIDTH + k)
            else PIECE(wmma::row_major, x + m * HALF_WIDTH + k, wmma::row_major, y + k * HALF_WIDTH + n)
        }
        wmma::store_matrix_sync(out + m * WIDE_WIDTH + n, sum, WIDE_WIDTH, wmma::mem_row_major);
    }
#undef PIECE
    __syncthreads();
}

#else

ON_DEVICE void half_product(float *out, const uint16_t *a, bool transpose_a, const uint16_t *b, bool transpose_b, bool add)
{
    for (size_t m = 0; m < GPU_TILE; m++)
        for (size_t n = 0; n < GPU_TILE; n++) {
            float sum = add ? out[m * WIDE_WIDTH + n] : 0;
            for (size_t k = 0; k < GPU_TILE; k++) {
                uint32_t x = a[transpose_a ? k * HALF_WIDTH + m : m * HALF_WIDTH + k], y = b[transpose_b ? n * HALF_WIDTH + k : k * HALF_WIDTH + n];
                sum += bits_float(x << 16) * bits_float(y << 16);
            }
            out[m * WIDE_WIDTH + n] = sum;
        }
}

#endif

/* A tile from rows `stride` floats apart; zero from `rows` and `cols` on. */
ON_DEVICE void half_load(uint16_t *to, const float *from, size_t rows, size_t stride, size_t cols)
{
    PHASE {
        for (size_t i = thread; i < GPU_TILE * GPU_TILE; i += GPU_BLOCK) {
            size_t row = i / GPU_TILE, col = i % GPU_TILE;
            to[row * HALF_WIDTH + col] = row < rows && col < cols ? to_bf16(from[row * stride + col]) : 0;
        }
    }
}

/* tile = a b^T over D elements, by slices through as and bs; `kept`: as holds a already, whose rows fit one slice. */
ON_DEVICE void half_dots(float *tile, uint16_t *as, bool kept, uint16_t *bs, const float *a, size_t a_rows, size_t a_stride, const float *b, size_t b_rows,
                         size_t b_stride, size_t D)
{
    for (size_t d = 0; d < D; d += GPU_TILE) {
        size_t width = least(D - d, GPU_TILE);
        if (!kept) half_load(as, a + d, a_rows, a_stride, width);
        half_load(bs, b + d, b_rows, b_stride, width);
        half_product(tile, as, false, bs, true, d > 0);
    }
}

ON_DEVICE void tile_to_registers(float (*to)[PER_THREAD], const float *tile)
{
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++) MY(to)[k] = tile[TILE_ROW(k) * WIDE_WIDTH + TILE_COL(k)];
    }
}

ON_DEVICE void tile_add(float (*to)[PER_THREAD], const float *tile)
{
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++) MY(to)[k] += tile[TILE_ROW(k) * WIDE_WIDTH + TILE_COL(k)];
    }
}

ON_DEVICE void half_share(uint16_t *to, float (*values)[PER_THREAD])
{
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++) to[TILE_ROW(k) * HALF_WIDTH + TILE_COL(k)] = to_bf16(MY(values)[k]);
    }
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

KERNEL(attention_bf16)
{
    SHARED_WIDE uint16_t q[HALF_TILE], kv[HALF_TILE], weights[HALF_TILE];
    SHARED_WIDE float tile[WIDE_TILE];
    SHARED struct softmax_rows softmax;
    LOCALS(float, mixed, PER_THREAD);
    struct tile_place p = tile_place(&a.s, a.s.H);
    if (p.row >= p.T) return;
    size_t D = a.s.D, stride = (a.s.H + 2 * a.s.K) * D, group = p.head / (a.s.H / a.s.K), rows = least(p.T - p.row, GPU_TILE), cols = least(D - p.d0, GPU_TILE);
    const float *queries = a.qkv + (p.first + p.row) * stride + p.head * D, *keys = a.qkv + p.first * stride + (a.s.H + group) * D;
    const float *values = keys + a.s.K * D + p.d0;
    float scale = 1 / sqrtf((float)D);
    size_t seen = tile_visible(&p, p.row + rows - 1);
    PHASE {
        if (thread < GPU_TILE) softmax.top[thread] = -INFINITY, softmax.sum[thread] = 0;
    }
    tile_clear(mixed);
    for (size_t j0 = 0; j0 < seen; j0 += GPU_TILE) {
        size_t columns = least(p.T - j0, GPU_TILE);
        half_dots(tile, q, j0 > 0 && D <= GPU_TILE, kv, queries, rows, stride, keys + j0 * stride, columns, stride, D);
        PHASE {
            UNROLL
            for (size_t k = 0; k < PER_THREAD; k++) {
                size_t at = TILE_ROW(k) * WIDE_WIDTH + TILE_COL(k);
                tile[at] = j0 + TILE_COL(k) < tile_visible(&p, p.row + TILE_ROW(k)) ? tile[at] * scale : -INFINITY;
            }
        }
        softmax_step(&softmax, tile, WIDE_WIDTH);
        PHASE {
            UNROLL
            for (size_t k = 0; k < PER_THREAD; k++) {
                weights[TILE_ROW(k) * HALF_WIDTH + TILE_COL(k)] = to_bf16(tile[TILE_ROW(k) * WIDE_WIDTH + TILE_COL(k)]);
                MY(mixed)[k] *= softmax.factor[TILE_ROW(k)];
            }
        }
        half_load(kv, values + j0 * stride, columns, stride, cols);
        half_product(tile, weights, false, kv, false, false);
        tile_add(mixed, tile);
    }
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++) MY(mixed)[k] /= softmax.sum[TILE_ROW(k)];
        if (thread < rows && a.lse && p.d0 == 0) a.lse[(p.first + p.row + thread) * a.s.H + p.head] = softmax.top[thread] + logf(softmax.sum[thread]);
    }
    tile_store(a.out + (p.first + p.row) * a.s.H * D + p.head * D + p.d0, a.s.H * D, mixed, rows, cols, 1);
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* dq of a tile of queries. gains come first, so that the keys lie in bs when ds is multiplied by them. */
KERNEL(attention_queries_bf16)
{
    SHARED_WIDE uint16_t q[HALF_TILE], as[HALF_TILE], bs[HALF_TILE];
    SHARED_WIDE float tile[WIDE_TILE];
    LOCALS(float, dots, PER_THREAD);
    LOCALS(float, gains, PER_THREAD);
    LOCALS(float, dq, PER_THREAD);
    struct tile_place p = tile_place(&a.s, a.s.H);
    if (p.row >= p.T) return;
    size_t H = a.s.H, D = a.s.D, stride = (H + 2 * a.s.K) * D, kv = p.head / (H / a.s.K), rows = least(p.T - p.row, GPU_TILE), cols = least(D - p.d0, GPU_TILE);
    const float *queries = a.qkv + (p.first + p.row) * stride + p.head * D, *dout = a.dout + (p.first + p.row) * H * D + p.head * D;
    const float *keys = a.qkv + p.first * stride + (H + kv) * D, *values = keys + a.s.K * D;
    size_t seen = tile_visible(&p, p.row + rows - 1);
    tile_clear(dq);
    for (size_t j0 = 0; j0 < seen; j0 += GPU_TILE) {
        size_t columns = least(p.T - j0, GPU_TILE);
        half_dots(tile, as, false, bs, dout, rows, H * D, values + j0 * stride, columns, stride, D);
        tile_to_registers(gains, tile);
        half_dots(tile, q, j0 > 0 && D <= GPU_TILE, bs, queries, rows, stride, keys + j0 * stride, columns, stride, D);
        tile_to_registers(dots, tile);
        tile_softmax_backward(dots, gains, &p, p.row, j0, a.lse + p.first * H + p.head, a.delta + p.first * H + p.head, H, 1 / sqrtf((float)D));
        half_share(as, gains);
        if (D > GPU_TILE) half_load(bs, keys + j0 * stride + p.d0, columns, stride, cols);
        half_product(tile, as, false, bs, false, false);
        tile_add(dq, tile);
    }
    tile_store(a.dqkv + (p.first + p.row) * stride + p.head * D + p.d0, stride, dq, rows, cols, 1);
}

/* dk and dv of a tile of keys. */
KERNEL(attention_keys_bf16)
{
    SHARED_WIDE uint16_t as[HALF_TILE], bs[HALF_TILE], weights[HALF_TILE];
    SHARED_WIDE float tile[WIDE_TILE];
    LOCALS(float, dots, PER_THREAD);
    LOCALS(float, gains, PER_THREAD);
    LOCALS(float, dk, PER_THREAD);
    LOCALS(float, dv, PER_THREAD);
    struct tile_place p = tile_place(&a.s, a.s.K);
    if (p.row >= p.T) return;
    size_t H = a.s.H, D = a.s.D, stride = (H + 2 * a.s.K) * D, group = H / a.s.K, rows = least(p.T - p.row, GPU_TILE), cols = least(D - p.d0, GPU_TILE);
    size_t key_at = (p.first + p.row) * stride + (H + p.head) * D;
    const float *keys = a.qkv + key_at, *values = keys + a.s.K * D;
    size_t from = p.prefix > 0 && (size_t)p.prefix > p.row ? 0 : p.row;   /* a multiple of GPU_TILE either way */
    tile_clear(dk);
    tile_clear(dv);
    for (size_t h = p.head * group; h < (p.head + 1) * group; h++)
        for (size_t i0 = from; i0 < p.T; i0 += GPU_TILE) {
            size_t queries = least(p.T - i0, GPU_TILE);
            const float *q = a.qkv + (p.first + i0) * stride + h * D, *dout = a.dout + (p.first + i0) * H * D + h * D;
            half_dots(tile, as, false, bs, q, queries, stride, keys, rows, stride, D);
            tile_to_registers(dots, tile);
            half_dots(tile, as, false, bs, dout, queries, H * D, values, rows, stride, D);
            tile_to_registers(gains, tile);
            tile_softmax_backward(dots, gains, &p, i0, p.row, a.lse + p.first * H + h, a.delta + p.first * H + h, H, 1 / sqrtf((float)D));
            half_share(weights, dots);
            if (D > GPU_TILE) half_load(as, dout + p.d0, queries, H * D, cols);
            half_product(tile, weights, true, as, false, false);
            tile_add(dv, tile);
            half_share(weights, gains);
            half_load(as, q + p.d0, queries, stride, cols);
            half_product(tile, weights, true, as, false, false);
            tile_add(dk, tile);
        }
    tile_store(a.dqkv + key_at + p.d0, stride, dk, rows, cols, 1);
    tile_store(a.dqkv + key_at + a.s.K * D + p.d0, stride, dv, rows, cols, 1);
}

#endif
