/* Private to the room tensor: attention by tiles (FlashAttention-2, Dao 2023): scores exist for GPU_TILE queries and GPU_TILE keys
 * at a time, in shared memory; the softmax is kept online. In float32: simple before fast.
 *
 * A block owns one tile of rows of one head of one sequence, and GPU_TILE elements of the head: larger heads are blocks of their
 * own, which compute the scores again. Backward is two kernels, one owning queries (dq) and one owning keys (dk, dv), so that
 * nothing is added by two blocks and no atomics are needed. Included once by each device of gpu.h. */
#ifndef DAOGOU_GPU_ATTENTION_H
#define DAOGOU_GPU_ATTENTION_H

#include "gpu_arrays.h"

enum {
    PER_THREAD = 16,                /* elements of a tile: rows ty + 16 r, columns tx + 16 c, in order r * 4 + c */
    SLICE_WIDTH = GPU_SLICE + 1,    /* odd, so that a column falls into all banks */
    TILE_WIDTH = GPU_TILE + 1
};
#define TILE_ROW(k) (thread / 16 + 16 * ((k) / 4))
#define TILE_COL(k) (thread % 16 + 16 * ((k) % 4))

/* Where a block is: sequence rows first .. first+T-1, own tile from `row`, elements from `d0` of head `head`. */
struct tile_place { size_t first, T, row, head, d0; int32_t prefix; };

ON_DEVICE struct tile_place tile_place(const struct gpu_attention_shape *s, size_t heads)
{
    size_t parts = (s->D + GPU_TILE - 1) / GPU_TILE, at = BLOCK_INDEX;
    struct tile_place p;
    p.d0 = at % parts * GPU_TILE, at /= parts;
    p.head = at % heads, at /= heads;
    p.row = at % s->tiles * GPU_TILE, at /= s->tiles;
    p.first = (size_t)s->offsets[at];
    p.T = (size_t)s->offsets[at + 1] - p.first;
    p.prefix = s->prefix[at];
    return p;
}

/* How many columns row i of the sequence sees: the first so many. Rows beyond the end count as the last. */
ON_DEVICE size_t tile_visible(const struct tile_place *p, size_t i)
{
    size_t n = p->prefix > 0 && (size_t)p->prefix > i + 1 ? (size_t)p->prefix : i + 1;
    return n < p->T ? n : p->T;
}

/* sum[k] += a[row] . b[col] over D elements: rows of a and b are `stride` floats apart, rows from a_rows and b_rows on are zero. */
ON_DEVICE void tile_dots(float (*sum)[PER_THREAD], float *as, float *bs, const float *a, size_t a_rows, size_t a_stride, const float *b,
                         size_t b_rows, size_t b_stride, size_t D)
{
    for (size_t d0 = 0; d0 < D; d0 += GPU_SLICE) {
        PHASE {
            for (size_t i = thread; i < GPU_TILE * GPU_SLICE; i += GPU_BLOCK) {
                size_t row = i / GPU_SLICE, d = i % GPU_SLICE;
                as[row * SLICE_WIDTH + d] = row < a_rows && d0 + d < D ? a[row * a_stride + d0 + d] : 0;
                bs[row * SLICE_WIDTH + d] = row < b_rows && d0 + d < D ? b[row * b_stride + d0 + d] : 0;
            }
        }
        PHASE {
            for (size_t d = 0; d < GPU_SLICE; d++) {
                UNROLL
                for (size_t k = 0; k < PER_THREAD; k++) MY(sum)[k] += as[TILE_ROW(k) * SLICE_WIDTH + d] * bs[TILE_COL(k) * SLICE_WIDTH + d];
            }
        }
    }
}

/* sum[k] += sum over j of tile[row][j] b[j][col], or of tile[j][row] b[j][col]: b has GPU_TILE rows, zero from b_rows on, and
 * `cols` columns, zero from there on. bs holds GPU_SLICE of its rows at a time. */
ON_DEVICE void tile_mix(float (*sum)[PER_THREAD], const float *tile, bool transposed, float *bs, const float *b, size_t b_rows, size_t b_stride,
                        size_t cols)
{
    for (size_t j0 = 0; j0 < GPU_TILE; j0 += GPU_SLICE) {
        PHASE {
            for (size_t i = thread; i < GPU_SLICE * GPU_TILE; i += GPU_BLOCK) {
                size_t j = i / GPU_TILE, d = i % GPU_TILE;
                bs[j * TILE_WIDTH + d] = j0 + j < b_rows && d < cols ? b[(j0 + j) * b_stride + d] : 0;
            }
        }
        PHASE {
            for (size_t j = 0; j < GPU_SLICE; j++) {
                UNROLL
                for (size_t k = 0; k < PER_THREAD; k++) {
                    size_t at = transposed ? (j0 + j) * TILE_WIDTH + TILE_ROW(k) : TILE_ROW(k) * TILE_WIDTH + j0 + j;
                    MY(sum)[k] += tile[at] * bs[j * TILE_WIDTH + TILE_COL(k)];
                }
            }
        }
    }
}

ON_DEVICE void tile_clear(float (*sum)[PER_THREAD])
{
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++) MY(sum)[k] = 0;
    }
}

/* Stores sums of rows below `rows` and columns below `cols`, multiplied. */
ON_DEVICE void tile_store(float *to, size_t stride, float (*sum)[PER_THREAD], size_t rows, size_t cols, float scale)
{
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++)
            if (TILE_ROW(k) < rows && TILE_COL(k) < cols) to[TILE_ROW(k) * stride + TILE_COL(k)] = MY(sum)[k] * scale;
    }
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

/* The running softmax of a tile's rows; four threads read a row, a quarter each. */
struct softmax_rows {
    float top[GPU_TILE], sum[GPU_TILE];        /* so far */
    float next[GPU_TILE], factor[GPU_TILE];    /* after this tile; what shrinks older sums to it */
    float part[GPU_BLOCK];
};

/* scores (a tile of rows `width` apart, -inf where unseen) become exp(score - next); sums follow. Each row sees a column of its first tile. */
ON_DEVICE void softmax_step(struct softmax_rows *r, float *scores, size_t width)
{
    PHASE {
        const float *row = scores + thread / 4 * width + thread % 4 * 16;
        float top = row[0];
        for (size_t i = 1; i < 16; i++) top = larger(top, row[i]);
        r->part[thread] = top;
    }
    PHASE {
        if (thread >= GPU_TILE) continue;
        float top = r->top[thread];
        for (size_t q = 0; q < 4; q++) top = larger(top, r->part[thread * 4 + q]);
        r->next[thread] = top;
        r->factor[thread] = expf(r->top[thread] - top);
        r->top[thread] = top;
    }
    PHASE {
        float *row = scores + thread / 4 * width + thread % 4 * 16, sum = 0;
        for (size_t i = 0; i < 16; i++) {
            row[i] = expf(row[i] - r->next[thread / 4]);
            sum += row[i];
        }
        r->part[thread] = sum;
    }
    PHASE {
        if (thread >= GPU_TILE) continue;
        const float *part = r->part + thread * 4;
        r->sum[thread] = r->sum[thread] * r->factor[thread] + (part[0] + part[1] + part[2] + part[3]);
    }
}

KERNEL(attention)
{
    SHARED float as[GPU_TILE * SLICE_WIDTH], bs[GPU_TILE * SLICE_WIDTH], scores[GPU_TILE * TILE_WIDTH];
    SHARED struct softmax_rows softmax;
    LOCALS(float, dots, PER_THREAD);
    LOCALS(float, mixed, PER_THREAD);
    struct tile_place p = tile_place(&a.s, a.s.H);
    if (p.row >= p.T) return;
    size_t D = a.s.D, stride = (a.s.H + 2 * a.s.K) * D, kv = p.head / (a.s.H / a.s.K), rows = least(p.T - p.row, GPU_TILE), cols = least(D - p.d0, GPU_TILE);
    const float *q = a.qkv + (p.first + p.row) * stride + p.head * D, *keys = a.qkv + p.first * stride + (a.s.H + kv) * D;
    const float *values = keys + a.s.K * D + p.d0;
    float scale = 1 / sqrtf((float)D);
    size_t seen = tile_visible(&p, p.row + rows - 1);
    PHASE {
        if (thread < GPU_TILE) softmax.top[thread] = -INFINITY, softmax.sum[thread] = 0;
    }
    tile_clear(mixed);
    for (size_t j0 = 0; j0 < seen; j0 += GPU_TILE) {
        size_t columns = least(p.T - j0, GPU_TILE);
        tile_clear(dots);
        tile_dots(dots, as, bs, q, rows, stride, keys + j0 * stride, columns, stride, D);
        PHASE {
            UNROLL
            for (size_t k = 0; k < PER_THREAD; k++)
                scores[TILE_ROW(k) * TILE_WIDTH + TILE_COL(k)] = j0 + TILE_COL(k) < tile_visible(&p, p.row + TILE_ROW(k)) ? MY(dots)[k] * scale : -INFINITY;
        }
        softmax_step(&softmax, scores, TILE_WIDTH);
        PHASE {
            UNROLL
            for (size_t k = 0; k < PER_THREAD; k++) MY(mixed)[k] *= softmax.factor[TILE_ROW(k)];
        }
        tile_mix(mixed, scores, false, bs, values + j0 * stride, columns, stride, cols);
    }
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++) MY(mixed)[k] /= softmax.sum[TILE_ROW(k)];
        if (thread < rows && a.lse && p.d0 == 0) a.lse[(p.first + p.row + thread) * a.s.H + p.head] = softmax.top[thread] + logf(softmax.sum[thread]);
    }
    tile_store(a.out + (p.first + p.row) * a.s.H * D + p.head * D + p.d0, a.s.H * D, mixed, rows, cols, 1);
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* delta (N,H) = dout . out, which stands for the sum over all columns in the softmax's gradient; a warp a head. */
KERNEL(attention_delta)
{
    LOCAL(float, sum);
    size_t first = BLOCK_INDEX * GPU_ROWS;
    EACH {
        size_t i = first + thread / 32;
        MY(sum) = 0;
        for (size_t d = thread % 32; i < a.n && d < a.D; d += 32) MY(sum) += get(a.dout, i * a.D + d) * get(a.out, i * a.D + d);
    }
    warp_sum(sum);
    EACH {
        if (thread % 32 == 0 && first + thread / 32 < a.n) a.delta[first + thread / 32] = MY(sum);
    }
}

/* dots and gains (q k and dout v) of a tile become p and ds, 0 where unseen. i0, j0: its first query and key. */
ON_DEVICE void tile_softmax_backward(float (*dots)[PER_THREAD], float (*gains)[PER_THREAD], const struct tile_place *p, size_t i0, size_t j0,
                                     const float *lse, const float *delta, size_t H, float scale)
{
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++) {
            size_t i = i0 + TILE_ROW(k), j = j0 + TILE_COL(k);
            bool seen = i < p->T && j < tile_visible(p, i);
            float w = seen ? expf(MY(dots)[k] * scale - lse[i * H]) : 0;
            MY(dots)[k] = w;
            MY(gains)[k] = seen ? w * (MY(gains)[k] - delta[i * H]) * scale : 0;
        }
    }
}

ON_DEVICE void tile_share(float *tile, float (*values)[PER_THREAD])
{
    PHASE {
        UNROLL
        for (size_t k = 0; k < PER_THREAD; k++) tile[TILE_ROW(k) * TILE_WIDTH + TILE_COL(k)] = MY(values)[k];
    }
}

/* dq of a tile of queries: over the keys that they see. */
KERNEL(attention_queries)
{
    SHARED float as[GPU_TILE * SLICE_WIDTH], bs[GPU_TILE * SLICE_WIDTH], tile[GPU_TILE * TILE_WIDTH];
    LOCALS(float, dots, PER_THREAD);
    LOCALS(float, gains, PER_THREAD);
    LOCALS(float, dq, PER_THREAD);
    struct tile_place p = tile_place(&a.s, a.s.H);
    if (p.row >= p.T) return;
    size_t H = a.s.H, D = a.s.D, stride = (H + 2 * a.s.K) * D, kv = p.head / (H / a.s.K), rows = least(p.T - p.row, GPU_TILE), cols = least(D - p.d0, GPU_TILE);
    const float *q = a.qkv + (p.first + p.row) * stride + p.head * D, *dout = a.dout + (p.first + p.row) * H * D + p.head * D;
    const float *keys = a.qkv + p.first * stride + (H + kv) * D, *values = keys + a.s.K * D;
    const float *lse = a.lse + p.first * H + p.head, *delta = a.delta + p.first * H + p.head;
    size_t seen = tile_visible(&p, p.row + rows - 1);
    tile_clear(dq);
    for (size_t j0 = 0; j0 < seen; j0 += GPU_TILE) {
        size_t columns = least(p.T - j0, GPU_TILE);
        tile_clear(dots);
        tile_clear(gains);
        tile_dots(dots, as, bs, q, rows, stride, keys + j0 * stride, columns, stride, D);
        tile_dots(gains, as, bs, dout, rows, H * D, values + j0 * stride, columns, stride, D);
        tile_softmax_backward(dots, gains, &p, p.row, j0, lse, delta, H, 1 / sqrtf((float)D));
        tile_share(tile, gains);
        tile_mix(dq, tile, false, bs, keys + j0 * stride + p.d0, columns, stride, cols);
    }
    tile_store(a.dqkv + (p.first + p.row) * stride + p.head * D + p.d0, stride, dq, rows, cols, 1);
}

/* dk and dv of a tile of keys: over the queries of all heads that read them, from the first that sees one of them. */
KERNEL(attention_keys)
{
    SHARED float as[GPU_TILE * SLICE_WIDTH], bs[GPU_TILE * SLICE_WIDTH], tile[GPU_TILE * TILE_WIDTH];
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
            tile_clear(dots);
            tile_clear(gains);
            tile_dots(dots, as, bs, q, queries, stride, keys, rows, stride, D);
            tile_dots(gains, as, bs, dout, queries, H * D, values, rows, stride, D);
            tile_softmax_backward(dots, gains, &p, i0, p.row, a.lse + p.first * H + h, a.delta + p.first * H + h, H, 1 / sqrtf((float)D));
            tile_share(tile, dots);
            tile_mix(dv, tile, true, bs, dout + p.d0, queries, H * D, cols);
            tile_share(tile, gains);
            tile_mix(dk, tile, true, bs, q + p.d0, queries, stride, cols);
        }
    tile_store(a.dqkv + key_at + p.d0, stride, dk, rows, cols, 1);
    tile_store(a.dqkv + key_at + a.s.K * D + p.d0, stride, dv, rows, cols, 1);
}

/* ---- one new position -------------------------------------------------------------------------------------------- */

/* A block a head and GPU_BLOCK of its elements; cached rows in batches of GPU_BLOCK, a thread a score, then a thread an element. */
KERNEL(attention_step)
{
    SHARED float part[GPU_BLOCK], weights[GPU_BLOCK], level[16];
    LOCAL(float, mixed);
    LOCAL(float, sum);
    LOCAL(float, top);
    size_t parts = (a.D + GPU_BLOCK - 1) / GPU_BLOCK, h = BLOCK_INDEX / parts, d0 = BLOCK_INDEX % parts * GPU_BLOCK;
    size_t kv = h / (a.H / a.K) * a.D, stride = a.K * a.D;
    float scale = 1 / sqrtf((float)a.D);
    PHASE {
        MY(mixed) = MY(sum) = 0;
        MY(top) = -INFINITY;
    }
    for (size_t j0 = 0; j0 < a.length; j0 += GPU_BLOCK) {
        size_t n = least(a.length - j0, GPU_BLOCK);
        PHASE {
            float dot = 0;
            for (size_t d = 0; d < a.D && thread < n; d++) dot += a.q[h * a.D + d] * a.keys[(j0 + thread) * stride + kv + d];
            part[thread] = thread < n ? dot * scale : -INFINITY;
        }
        REDUCE(larger, part, level)
        PHASE {
            float next = larger(MY(top), level_max(level)), factor = expf(MY(top) - next);
            weights[thread] = expf(part[thread] - next);   /* 0 from n on */
            MY(top) = next;
            MY(mixed) *= factor;
            MY(sum) *= factor;
        }
        PHASE {
            for (size_t j = 0; j < n; j++) {
                MY(sum) += weights[j];
                if (d0 + thread < a.D) MY(mixed) += weights[j] * a.values[(j0 + j) * stride + kv + d0 + thread];
            }
        }
    }
    PHASE {
        if (d0 + thread < a.D) a.out[h * a.D + d0 + thread] = MY(mixed) / MY(sum);
    }
}

#endif
