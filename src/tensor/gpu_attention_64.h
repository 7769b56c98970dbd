/* Private to the room tensor: attention with heads of 64 elements, the size of GPT-2's and of ours, at the speed of tensor cores
 * (FlashAttention-2, Dao 2023). Masks and results are those of gpu_attention_bf16.h, which serves all other heads.
 *
 * q, k, v and dout come rounded to bf16. A block owns GPU_TALL rows of one head, a warp 16 of them; tiles of GPU_TILE rows of the other side
 * pass through shared memory. What a warp owns lies in its registers as fragments of mma.m16n8k16 (PTX ISA, "Matrix Fragments for mma.m16n8k16"):
 * sums of a product become the left operand of the next without leaving them. Backward is two kernels, one owning queries (dq) and one
 * owning keys (dk, dv), which compute the scores twice: nothing is added by two blocks, so no atomics, and the same bits each time. */
#ifndef DAOGOU_GPU_ATTENTION_64_H
#define DAOGOU_GPU_ATTENTION_64_H

#include "gpu_attention_bf16.h"

enum { SUMS = 16 /* of 16 rows and 32 columns, a thread's share */, LEFT = 8 /* pairs of bf16 of 16 rows and 32 columns, likewise */ };
#define SUM_ROW(i) (thread / 32 * 16 + thread % 32 / 4 + (i) % 4 / 2 * 8)
#define SUM_COL(i) ((i) / 4 * 8 + thread % 4 * 2 + (i) % 2)
#define SUM_COL_INT(i) ((int)((i) / 4 * 8 + (i) % 2) + (int)thread % 4 * 2)   /* masks are compared in short integers: they are a good part of the arithmetic */

/* ---- collectives ------------------------------------------------------------------------------------------------- */

#ifdef __CUDACC__

ON_DEVICE void load_matrices(uint32_t *r, const uint16_t *at, bool transposed)
{
    unsigned address = (unsigned)__cvta_generic_to_shared(at);
    if (transposed) asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
    else asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}

ON_DEVICE void multiply_add(float *sum, const uint32_t *left, const uint32_t *right)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]));
}

/* sum (16,32) += left (16,32) right (32,32). right is a corner of a tile in shared memory, its rows HALF_WIDTH apart: row k, column n, or
 * with by_columns row n, column k. */
ON_DEVICE void warp_product(float (*sum)[SUMS], uint32_t (*left)[LEFT], const uint16_t *right, bool by_columns)
{
    unsigned lane = threadIdx.x % 32, row = lane % 8, low = lane / 8 % 2 * 8, high = lane / 16 * 8;
    UNROLL
    for (unsigned k = 0; k < 32; k += 16) {
        UNROLL
        for (unsigned n = 0; n < 32; n += 16) {
            uint32_t r[4];
            if (by_columns) load_matrices(r, right + (n + high + row) * HALF_WIDTH + k + low, false);
            else load_matrices(r, right + (k + low + row) * HALF_WIDTH + n + high, true);
            multiply_add(sum[0] + n / 8 * 4, left[0] + k / 16 * 4, r);
            multiply_add(sum[0] + n / 8 * 4 + 4, left[0] + k / 16 * 4, r + 2);
        }
    }
}

/* Of the four threads that hold a row. */
ON_DEVICE void row_max(float (*x)[2])
{
    UNROLL
    for (int lane = 1; lane < 4; lane *= 2) {
        x[0][0] = larger(x[0][0], __shfl_xor_sync(0xffffffffu, x[0][0], lane));
        x[0][1] = larger(x[0][1], __shfl_xor_sync(0xffffffffu, x[0][1], lane));
    }
}
ON_DEVICE void row_sum(float (*x)[2])
{
    UNROLL
    for (int lane = 1; lane < 4; lane *= 2) {
        x[0][0] += __shfl_xor_sync(0xffffffffu, x[0][0], lane);
        x[0][1] += __shfl_xor_sync(0xffffffffu, x[0][1], lane);
    }
}

#else

ON_DEVICE float left_at(uint32_t (*left)[LEFT], size_t warp, size_t row, size_t k)
{
    uint32_t pair = left[warp * 32 + row % 8 * 4 + k % 8 / 2][k / 16 * 4 + k % 16 / 8 * 2 + row / 8];
    return bits_float(k % 2 ? pair & 0xffff0000u : pair << 16);
}

ON_DEVICE void warp_product(float (*sum)[SUMS], uint32_t (*left)[LEFT], const uint16_t *right, bool by_columns)
{
    for (size_t thread = 0; thread < GPU_BLOCK; thread++)
        for (size_t i = 0; i < SUMS; i++) {
            size_t row = SUM_ROW(i) % 16, n = SUM_COL(i);
            for (size_t k = 0; k < 32; k++) {
                uint32_t bits = right[by_columns ? n * HALF_WIDTH + k : k * HALF_WIDTH + n];
                sum[thread][i] += left_at(left, thread / 32, row, k) * bits_float(bits << 16);
            }
        }
}

ON_DEVICE void row_max(float (*x)[2])
{
    for (size_t i = 0; i < GPU_BLOCK * 2; i++) {
        size_t first = i / 8 * 4, r = i % 2;
        float top = x[first][r];
        for (size_t t = first; t < first + 4; t++) top = larger(top, x[t][r]);
        if (i % 8 >= 6) for (size_t t = first; t < first + 4; t++) x[t][r] = top;
    }
}
ON_DEVICE void row_sum(float (*x)[2])
{
    for (size_t first = 0; first < GPU_BLOCK; first += 4)
        for (size_t r = 0; r < 2; r++) {
            float sum = x[first][r] + x[first + 1][r] + x[first + 2][r] + x[first + 3][r];
            for (size_t t = first; t < first + 4; t++) x[t][r] = sum;
        }
}

#endif

/* ---- fragments and tiles ----------------------------------------------------------------------------------------- */

/* Sums (16,32) as the left operand of the next product. */
ON_DEVICE void sums_to_left(uint32_t (*to)[LEFT], float (*sum)[SUMS])
{
    EACH {
        UNROLL
        for (size_t i = 0; i < LEFT; i++) MY(to)[i] = bf16_pair(MY(sum)[(i / 2) * 4 + i % 2 * 2], MY(sum)[(i / 2) * 4 + i % 2 * 2 + 1]);
    }
}

/* A thread's part of 64 columns of its warp's rows, the first 32 in a and the others in b; zero from `rows` on. */
ON_DEVICE void rows_to_left(uint32_t (*a)[LEFT], uint32_t (*b)[LEFT], const uint16_t *from, size_t rows, size_t stride)
{
    EACH {
        UNROLL
        for (size_t i = 0; i < LEFT; i++) {
            size_t row = thread / 32 * 16 + thread % 32 / 4 + i % 2 * 8, k = i / 4 * 16 + i % 4 / 2 * 8 + thread % 4 * 2;
            MY(a)[i] = row < rows ? *(const uint32_t *)(const void *)(from + row * stride + k) : 0;
            MY(b)[i] = row < rows ? *(const uint32_t *)(const void *)(from + row * stride + 32 + k) : 0;
        }
    }
}

/* 16 bytes to shared memory, or zeros; on the GPU they arrive later, COPIES_DONE waits for them. */
#ifdef __CUDACC__
ON_DEVICE void copy_eight(uint16_t *to, const uint16_t *from, bool zero)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((unsigned)__cvta_generic_to_shared(to)), "l"(from), "r"(zero ? 0 : 16) : "memory");
}
#define COPIES_DONE asm volatile("cp.async.wait_all;" ::: "memory");
#else
ON_DEVICE void copy_eight(uint16_t *to, const uint16_t *from, bool zero)
{
    for (size_t i = 0; i < 8; i++) to[i] = zero ? 0 : from[i];
}
#define COPIES_DONE
#endif

/* GPU_TILE rows of 64, zero from `rows` on, of two matrices at once. */
ON_DEVICE void tiles_load(uint16_t *a, const uint16_t *from_a, size_t stride_a, uint16_t *b, const uint16_t *from_b, size_t stride_b, size_t rows)
{
    EACH {
        UNROLL
        for (size_t i = thread; i < GPU_TILE * 8; i += GPU_BLOCK) {
            size_t row = i / 8, d = i % 8 * 8, from = row < rows ? row : 0;
            copy_eight(a + row * HALF_WIDTH + d, from_a + from * stride_a + d, row >= rows);
            copy_eight(b + row * HALF_WIDTH + d, from_b + from * stride_b + d, row >= rows);
        }
    }
}

ON_DEVICE void sums_clear(float (*x)[SUMS])
{
    EACH {
        UNROLL
        for (size_t i = 0; i < SUMS; i++) MY(x)[i] = 0;
    }
}

/* sum (16,32) = 64 columns of left times those of 32 rows of a tile. */
ON_DEVICE void dots_64(float (*sum)[SUMS], uint32_t (*left0)[LEFT], uint32_t (*left1)[LEFT], const uint16_t *rows)
{
    sums_clear(sum);
    warp_product(sum, left0, rows, true);
    warp_product(sum, left1, rows + 32, true);
}

/* sum (16,64), in two halves, += left (16,32) times 32 rows of a tile. */
ON_DEVICE void mix_64(float (*sum0)[SUMS], float (*sum1)[SUMS], uint32_t (*left)[LEFT], const uint16_t *rows)
{
    warp_product(sum0, left, rows, false);
    warp_product(sum1, left, rows + 32, false);
}

/* Two halves of 32 columns each, by pairs of columns, to rows from element `at` on. */
ON_DEVICE void sums_store(struct gpu_array to, size_t at, size_t stride, float (*sum0)[SUMS], float (*sum1)[SUMS], size_t rows)
{
    EACH {
        UNROLL
        for (size_t i = 0; i < SUMS; i += 2) {
            if (SUM_ROW(i) >= rows) continue;
            size_t place = at + SUM_ROW(i) * stride + SUM_COL(i);
            if (to.narrow) {
                uint32_t *pairs = (uint32_t *)to.at + place / 2;
                pairs[0] = bf16_pair(MY(sum0)[i], MY(sum0)[i + 1]);
                pairs[16] = bf16_pair(MY(sum1)[i], MY(sum1)[i + 1]);
                continue;
            }
            float *x = (float *)to.at + place;
            x[0] = MY(sum0)[i], x[1] = MY(sum0)[i + 1];
            x[32] = MY(sum1)[i], x[33] = MY(sum1)[i + 1];
        }
    }
}

ON_DEVICE struct tile_place tall_place(const struct gpu_attention_shape *s, size_t heads)
{
    size_t at = BLOCK_INDEX;
    struct tile_place p;
    p.d0 = 0;
    p.head = at % heads, at /= heads;
    p.row = at % s->talls * GPU_TALL, at /= s->talls;
    p.first = (size_t)s->offsets[at];
    p.T = (size_t)s->offsets[at + 1] - p.first;
    p.prefix = s->prefix[at];
    return p;
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

/* Of products q k, not yet scaled, one half of a tile's columns, from j0 on; -inf where unseen. top: the largest of each of the thread's rows. Most tiles are
 * seen whole by a warp, and need no mask. */
ON_DEVICE void scores_seen(float (*scores)[SUMS], float (*top)[2], int32_t (*visible)[2], const struct tile_place *p, size_t j0)
{
    EACH {
        if (j0 + 32 <= tile_visible(p, p->row + thread / 32 * 16)) {
            UNROLL
            for (size_t i = 0; i < SUMS; i++) MY(top)[i % 4 / 2] = larger(MY(top)[i % 4 / 2], MY(scores)[i]);
            continue;
        }
        UNROLL
        for (size_t i = 0; i < SUMS; i++) {
            float x = SUM_COL_INT(i) < MY(visible)[i % 4 / 2] - (int32_t)j0 ? MY(scores)[i] : -INFINITY;
            MY(scores)[i] = x;
            MY(top)[i % 4 / 2] = larger(MY(top)[i % 4 / 2], x);
        }
    }
}

#define SCORE_SCALE (LOG2_E / 8)   /* 1 / sqrt(64), in units of log2 */

ON_DEVICE void scores_to_weights(float (*scores)[SUMS], float (*sum)[2], float (*top)[2])
{
    EACH {
        float least_power[2] = {-MY(top)[0] * SCORE_SCALE, -MY(top)[1] * SCORE_SCALE};
        UNROLL
        for (size_t i = 0; i < SUMS; i++) {
            MY(scores)[i] = power_of_2(fmaf(MY(scores)[i], SCORE_SCALE, least_power[i % 4 / 2]));
            MY(sum)[i % 4 / 2] += MY(scores)[i];
        }
    }
}

ON_DEVICE void sums_scale(float (*x)[SUMS], float (*factor)[2])
{
    EACH {
        UNROLL
        for (size_t i = 0; i < SUMS; i++) MY(x)[i] *= MY(factor)[i % 4 / 2];
    }
}

KERNEL_DENSE(attention_64, 2)
{
    SHARED_WIDE uint16_t k[2][HALF_TILE], v[2][HALF_TILE];
    LOCALS(int32_t, visible, 2);
    LOCALS(uint32_t, q0, LEFT);
    LOCALS(uint32_t, q1, LEFT);
    LOCALS(uint32_t, weights, LEFT);
    LOCALS(float, scores0, SUMS);
    LOCALS(float, scores1, SUMS);
    LOCALS(float, mixed0, SUMS);
    LOCALS(float, mixed1, SUMS);
    LOCALS(float, top, 2);
    LOCALS(float, next, 2);
    LOCALS(float, factor, 2);
    LOCALS(float, sum, 2);
    struct tile_place p = tall_place(&a.s, a.s.H);
    if (p.row >= p.T) return;
    size_t stride = (a.s.H + 2 * a.s.K) * 64, group = p.head / (a.s.H / a.s.K), rows = least(p.T - p.row, GPU_TALL);
    const uint16_t *keys = a.qkv + p.first * stride + (a.s.H + group) * 64, *values = keys + a.s.K * 64;
    size_t seen = tile_visible(&p, p.row + rows - 1);
    rows_to_left(q0, q1, a.qkv + (p.first + p.row) * stride + p.head * 64, rows, stride);
    sums_clear(mixed0);
    sums_clear(mixed1);
    EACH {
        for (size_t r = 0; r < 2; r++) {
            MY(visible)[r] = (int32_t)tile_visible(&p, p.row + SUM_ROW(r * 2));
            MY(top)[r] = -INFINITY, MY(sum)[r] = 0;
        }
    }
    tiles_load(k[0], keys, stride, v[0], values, stride, least(p.T, GPU_TILE));
    for (size_t j0 = 0; j0 < seen; j0 += GPU_TILE) {
        size_t now = j0 / GPU_TILE % 2, next_tile = j0 + GPU_TILE;
        COPIES_DONE
        BARRIER   /* and everyone is done with the other pair */
        if (next_tile < seen)
            tiles_load(k[1 - now], keys + next_tile * stride, stride, v[1 - now], values + next_tile * stride, stride, least(p.T - next_tile, GPU_TILE));
        WARP_IF(WARP_INDEX * 16 < rows && j0 < tile_visible(&p, p.row + WARP_INDEX * 16 + 15))
        {
            dots_64(scores0, q0, q1, k[now]);
            dots_64(scores1, q0, q1, k[now] + 32 * HALF_WIDTH);
            EACH {
                for (size_t r = 0; r < 2; r++) MY(next)[r] = MY(top)[r];
            }
            scores_seen(scores0, next, visible, &p, j0);
            scores_seen(scores1, next, visible, &p, j0 + 32);
            row_max(next);
            EACH {
                for (size_t r = 0; r < 2; r++) {
                    MY(factor)[r] = power_of_2((MY(top)[r] - MY(next)[r]) * SCORE_SCALE);
                    MY(top)[r] = MY(next)[r];
                    MY(sum)[r] *= MY(factor)[r];
                }
            }
            scores_to_weights(scores0, sum, top);
            scores_to_weights(scores1, sum, top);
            sums_scale(mixed0, factor);
            sums_scale(mixed1, factor);
            sums_to_left(weights, scores0);
            mix_64(mixed0, mixed1, weights, v[now]);
            sums_to_left(weights, scores1);
            mix_64(mixed0, mixed1, weights, v[now] + 32 * HALF_WIDTH);
        }
    }
    row_sum(sum);
    EACH {
        for (size_t r = 0; r < 2; r++) {
            size_t row = SUM_ROW(r * 2);
            MY(factor)[r] = 1 / MY(sum)[r];
            if (row < rows && a.lse && thread % 4 == 0) a.lse[(p.first + p.row + row) * a.s.H + p.head] = (MY(top)[r] * SCORE_SCALE + log2f(MY(sum)[r])) / LOG2_E;
        }
    }
    sums_scale(mixed0, factor);
    sums_scale(mixed1, factor);
    sums_store(a.out, (p.first + p.row) * a.s.H * 64 + p.head * 64, a.s.H * 64, mixed0, mixed1, rows);
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* dots and gains (q k and dout v) of 32 columns become p and ds. Rows are queries. ds lacks the factor 1 / sqrt(64), which its products get at the end. */
ON_DEVICE void by_queries(float (*dots)[SUMS], float (*gains)[SUMS], int32_t (*visible)[2], const struct tile_place *p, size_t j0, float (*lse)[2], float (*delta)[2])
{
    EACH {
        UNROLL
        for (size_t i = 0; i < SUMS; i++)
            MY(gains)[i] = power_of_2(fmaf(MY(dots)[i], SCORE_SCALE, -MY(lse)[i % 4 / 2])) * (MY(gains)[i] - MY(delta)[i % 4 / 2]);
        if (j0 + 32 <= tile_visible(p, p->row + thread / 32 * 16)) continue;
        UNROLL
        for (size_t i = 0; i < SUMS; i++)
            if (SUM_COL_INT(i) >= MY(visible)[i % 4 / 2] - (int32_t)j0) MY(gains)[i] = 0;
    }
}

ON_DEVICE int32_t first_query(const struct tile_place *p, size_t key)   /* that sees the key */
{
    return p->prefix > 0 && key < (size_t)p->prefix ? 0 : (int32_t)key;
}

/* The same where rows are keys and columns queries, from i0 on; lse and delta are of the tile's queries. first: the first query that sees the row. */
ON_DEVICE void by_keys(float (*dots)[SUMS], float (*gains)[SUMS], const struct tile_place *p, int32_t (*first)[2], size_t i0, const float *lse, const float *delta)
{
    int32_t end = (int32_t)p->T - (int32_t)i0;
    EACH {
        UNROLL
        for (size_t i = 0; i < SUMS; i++) {
            MY(dots)[i] = power_of_2(fmaf(MY(dots)[i], SCORE_SCALE, -lse[SUM_COL_INT(i)]));
            MY(gains)[i] = MY(dots)[i] * (MY(gains)[i] - delta[SUM_COL_INT(i)]);
        }
        if (end >= 32 && first_query(p, p->row + thread / 32 * 16 + 15) <= (int32_t)i0) continue;
        UNROLL
        for (size_t i = 0; i < SUMS; i++)
            if (SUM_COL_INT(i) >= end || SUM_COL_INT(i) < MY(first)[i % 4 / 2] - (int32_t)i0) MY(dots)[i] = MY(gains)[i] = 0;
    }
}

KERNEL_DENSE(attention_queries_64, 1)
{
    SHARED_WIDE uint16_t k[2][HALF_TILE], v[2][HALF_TILE];
    LOCALS(int32_t, visible, 2);
    LOCALS(uint32_t, q0, LEFT);
    LOCALS(uint32_t, q1, LEFT);
    LOCALS(uint32_t, dout0, LEFT);
    LOCALS(uint32_t, dout1, LEFT);
    LOCALS(uint32_t, ds, LEFT);
    LOCALS(float, dots, SUMS);
    LOCALS(float, gains, SUMS);
    LOCALS(float, dq0, SUMS);
    LOCALS(float, dq1, SUMS);
    LOCALS(float, lse, 2);
    LOCALS(float, delta, 2);
    struct tile_place p = tall_place(&a.s, a.s.H);
    if (p.row >= p.T) return;
    size_t H = a.s.H, stride = (H + 2 * a.s.K) * 64, group = p.head / (H / a.s.K), rows = least(p.T - p.row, GPU_TALL), own = p.first + p.row;
    const uint16_t *keys = a.qkv + p.first * stride + (H + group) * 64, *values = keys + a.s.K * 64;
    size_t seen = tile_visible(&p, p.row + rows - 1);
    rows_to_left(q0, q1, a.qkv + own * stride + p.head * 64, rows, stride);
    rows_to_left(dout0, dout1, a.dout + own * H * 64 + p.head * 64, rows, H * 64);
    sums_clear(dq0);
    sums_clear(dq1);
    EACH {
        for (size_t r = 0; r < 2; r++) {
            size_t row = SUM_ROW(r * 2);
            MY(visible)[r] = (int32_t)tile_visible(&p, p.row + row);
            MY(lse)[r] = row < rows ? a.lse[(own + row) * H + p.head] * LOG2_E : 0;
            MY(delta)[r] = row < rows ? a.delta[(own + row) * H + p.head] : 0;
        }
    }
    tiles_load(k[0], keys, stride, v[0], values, stride, least(p.T, GPU_TILE));
    for (size_t j0 = 0; j0 < seen; j0 += GPU_TILE) {
        size_t now = j0 / GPU_TILE % 2, next = j0 + GPU_TILE;
        COPIES_DONE
        BARRIER
        if (next < seen) tiles_load(k[1 - now], keys + next * stride, stride, v[1 - now], values + next * stride, stride, least(p.T - next, GPU_TILE));
        WARP_IF(WARP_INDEX * 16 < rows && j0 < tile_visible(&p, p.row + WARP_INDEX * 16 + 15))
        {
            UNROLL
            for (size_t half = 0; half < GPU_TILE; half += 32) {
                dots_64(dots, q0, q1, k[now] + half * HALF_WIDTH);
                dots_64(gains, dout0, dout1, v[now] + half * HALF_WIDTH);
                by_queries(dots, gains, visible, &p, j0 + half, lse, delta);
                sums_to_left(ds, gains);
                mix_64(dq0, dq1, ds, k[now] + half * HALF_WIDTH);
            }
        }
    }
    EACH {
        UNROLL
        for (size_t i = 0; i < SUMS; i++) MY(dq0)[i] *= 0.125f, MY(dq1)[i] *= 0.125f;
    }
    sums_store(a.dqkv, own * stride + p.head * 64, stride, dq0, dq1, rows);
}

/* A tile of queries of one head, from i0 on: q, dout, and what is known of their softmax. */
ON_DEVICE void queries_load(const struct attention_keys_64_args *a, const struct tile_place *p, size_t head, size_t i0, uint16_t *q, uint16_t *dout, float *lse, float *delta)
{
    size_t H = a->s.H, stride = (H + 2 * a->s.K) * 64, at = p->first + i0, queries = least(p->T - i0, GPU_TILE);
    EACH {
        if (thread >= GPU_TILE) continue;
        lse[thread] = thread < queries ? a->lse[(at + thread) * H + head] * LOG2_E : 0;
        delta[thread] = thread < queries ? a->delta[(at + thread) * H + head] : 0;
    }
    tiles_load(q, a->qkv + at * stride + head * 64, stride, dout, a->dout + at * H * 64 + head * 64, H * 64, queries);
}

KERNEL_DENSE(attention_keys_64, 1)
{
    SHARED_WIDE uint16_t q[2][HALF_TILE], dout[2][HALF_TILE];
    SHARED float lse[2][GPU_TILE], delta[2][GPU_TILE];
    LOCALS(int32_t, first, 2);
    LOCALS(uint32_t, k0, LEFT);
    LOCALS(uint32_t, k1, LEFT);
    LOCALS(uint32_t, v0, LEFT);
    LOCALS(uint32_t, v1, LEFT);
    LOCALS(uint32_t, left, LEFT);
    LOCALS(float, dots, SUMS);
    LOCALS(float, gains, SUMS);
    LOCALS(float, dk0, SUMS);
    LOCALS(float, dk1, SUMS);
    LOCALS(float, dv0, SUMS);
    LOCALS(float, dv1, SUMS);
    struct tile_place p = tall_place(&a.s, a.s.K);
    if (p.row >= p.T) return;
    size_t H = a.s.H, stride = (H + 2 * a.s.K) * 64, group = H / a.s.K, rows = least(p.T - p.row, GPU_TALL);
    size_t key_at = (p.first + p.row) * stride + (H + p.head) * 64;
    size_t from = p.prefix > 0 && (size_t)p.prefix > p.row ? 0 : p.row;   /* a multiple of GPU_TILE either way */
    size_t tiles = (p.T - from + GPU_TILE - 1) / GPU_TILE, passes = tiles * group;
    rows_to_left(k0, k1, a.qkv + key_at, rows, stride);
    rows_to_left(v0, v1, a.qkv + key_at + a.s.K * 64, rows, stride);
    sums_clear(dk0);
    sums_clear(dk1);
    sums_clear(dv0);
    sums_clear(dv1);
    EACH {
        for (size_t r = 0; r < 2; r++) {
            size_t key = p.row + SUM_ROW(r * 2);
            MY(first)[r] = first_query(&p, key);
        }
    }
    queries_load(&a, &p, p.head * group, from, q[0], dout[0], lse[0], delta[0]);
    for (size_t pass = 0; pass < passes; pass++) {   /* over the tiles of queries of each head that reads these keys */
        size_t now = pass % 2, next = pass + 1, i0 = from + pass % tiles * GPU_TILE;
        COPIES_DONE
        BARRIER
        if (next < passes) queries_load(&a, &p, p.head * group + next / tiles, from + next % tiles * GPU_TILE, q[1 - now], dout[1 - now], lse[1 - now], delta[1 - now]);
        WARP_IF(WARP_INDEX * 16 < rows && p.row + WARP_INDEX * 16 < tile_visible(&p, i0 + GPU_TILE - 1))
        {
            UNROLL
            for (size_t half = 0; half < GPU_TILE; half += 32) {
                dots_64(dots, k0, k1, q[now] + half * HALF_WIDTH);
                dots_64(gains, v0, v1, dout[now] + half * HALF_WIDTH);
                by_keys(dots, gains, &p, first, i0 + half, lse[now] + half, delta[now] + half);
                sums_to_left(left, dots);
                mix_64(dv0, dv1, left, dout[now] + half * HALF_WIDTH);
                sums_to_left(left, gains);
                mix_64(dk0, dk1, left, q[now] + half * HALF_WIDTH);
            }
        }
    }
    EACH {
        UNROLL
        for (size_t i = 0; i < SUMS; i++) MY(dk0)[i] *= 0.125f, MY(dk1)[i] *= 0.125f;
    }
    sums_store(a.dqkv, key_at, stride, dk0, dk1, rows);
    sums_store(a.dqkv, key_at + a.s.K * 64, stride, dv0, dv1, rows);
}

#endif
