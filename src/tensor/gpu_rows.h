/* Private to the room tensor: kernels that sum over rows or columns: norms, pooling, losses, the gradient's length.
 * Sums are folded in an order that depends on shapes alone. Included once by each device of gpu.h. */
#ifndef DAOGOU_GPU_ROWS_H
#define DAOGOU_GPU_ROWS_H

#include "gpu_arrays.h"

/* ---- norms ------------------------------------------------------------------------------------------------------- */

/* The first column of this lane's eights; the next are LANES_APART further. */
#define LANE_COLUMN (thread % 32 * GPU_EIGHT)
enum { LANES_APART = 32 * GPU_EIGHT };

KERNEL(norm)
{
    LOCAL(float, mean);
    LOCAL(float, squares);
    size_t first = BLOCK_INDEX * GPU_ROWS;
    struct gpu_array from = {(void *)a.x, false}, gain = {(void *)a.gain, false}, bias = {(void *)a.bias, false};
    EACH {
        size_t row = first + thread / 32, end = (row + 1) * a.C;
        float x[GPU_EIGHT];
        MY(mean) = 0;
        for (size_t i = LANE_COLUMN; a.centred && row < a.N && i < a.C; i += LANES_APART) {
            get_eight(x, from, row * a.C + i, end);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) MY(mean) += x[k];
        }
    }
    warp_sum(mean);
    EACH {
        size_t row = first + thread / 32, end = (row + 1) * a.C;
        float x[GPU_EIGHT];
        MY(mean) /= (float)a.C;
        MY(squares) = 0;
        for (size_t i = LANE_COLUMN; row < a.N && i < a.C; i += LANES_APART) {
            get_eight(x, from, row * a.C + i, end);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) MY(squares) += i + k < a.C ? (x[k] - MY(mean)) * (x[k] - MY(mean)) : 0;
        }
    }
    warp_sum(squares);
    EACH {
        size_t row = first + thread / 32, end = (row + 1) * a.C;
        if (row >= a.N) continue;
        float rstd = 1 / sqrtf(MY(squares) / (float)a.C + a.epsilon), x[GPU_EIGHT], g[GPU_EIGHT], add[GPU_EIGHT] = {0};
        for (size_t i = LANE_COLUMN; i < a.C; i += LANES_APART) {
            get_eight(x, from, row * a.C + i, end);
            get_eight(g, gain, i, a.C);
            if (a.bias) get_eight(add, bias, i, a.C);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) x[k] = (x[k] - MY(mean)) * rstd * g[k] + add[k];
            put_eight(a.y, row * a.C + i, end, x);
        }
        if (thread % 32 == 0 && a.mean && a.centred) a.mean[row] = MY(mean);
        if (thread % 32 == 0 && a.rstd) a.rstd[row] = rstd;
    }
}

/* mean NULL: RMSNorm, whose bracket has no mean of g. */
KERNEL(norm_backward)
{
    LOCAL(float, g);
    LOCAL(float, gx);
    size_t first = BLOCK_INDEX * GPU_ROWS;
    struct gpu_array from = {(void *)a.x, false}, gain = {(void *)a.gain, false}, to = {a.dx, false};
    EACH {
        size_t row = first + thread / 32, end = (row + 1) * a.C;
        float x[GPU_EIGHT], dy[GPU_EIGHT], w[GPU_EIGHT];
        MY(g) = MY(gx) = 0;
        for (size_t i = LANE_COLUMN; row < a.N && i < a.C; i += LANES_APART) {
            get_eight(dy, a.dy, row * a.C + i, end);
            get_eight(x, from, row * a.C + i, end);
            get_eight(w, gain, i, a.C);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) {   /* beyond the row dy is 0 */
                MY(g) += dy[k] * w[k];
                MY(gx) += dy[k] * w[k] * (x[k] - (a.mean ? a.mean[row] : 0)) * a.rstd[row];
            }
        }
    }
    warp_sum(g);
    warp_sum(gx);
    EACH {
        size_t row = first + thread / 32, end = (row + 1) * a.C;
        if (row >= a.N) continue;
        float mean = a.mean ? a.mean[row] : 0, rstd = a.rstd[row], mean_g = a.mean ? MY(g) / (float)a.C : 0, mean_gx = MY(gx) / (float)a.C;
        float x[GPU_EIGHT], dy[GPU_EIGHT], w[GPU_EIGHT], dx[GPU_EIGHT];
        for (size_t i = LANE_COLUMN; i < a.C; i += LANES_APART) {
            get_eight(dy, a.dy, row * a.C + i, end);
            get_eight(x, from, row * a.C + i, end);
            get_eight(w, gain, i, a.C);
            get_eight(dx, to, row * a.C + i, end);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) dx[k] += rstd * (dy[k] * w[k] - mean_g - (x[k] - mean) * rstd * mean_gx);
            put_eight(to, row * a.C + i, end, dx);
        }
    }
}

/* A block: GPU_COLUMNS columns of one chunk of rows; a warp takes every eighth row, a lane eight columns. */
KERNEL(column_partials)
{
    enum { WARPS = GPU_BLOCK / 32 };
    SHARED float sums[GPU_BLOCK * GPU_EIGHT], gains[GPU_BLOCK * GPU_EIGHT];
    size_t across = (a.C + GPU_COLUMNS - 1) / GPU_COLUMNS, chunk = BLOCK_INDEX / across, first = BLOCK_INDEX % across * GPU_COLUMNS;
    size_t end = least((chunk + 1) * a.chunk, a.rows);
    struct gpu_array from = {(void *)a.x, false};
    PHASE {
        size_t col = first + LANE_COLUMN;
        float sum[GPU_EIGHT] = {0}, gain[GPU_EIGHT] = {0}, dy[GPU_EIGHT], x[GPU_EIGHT];
        UNROLL_4
        for (size_t r = chunk * a.chunk + thread / 32; col < a.C && r < end; r += WARPS) {
            size_t token = a.heads == 1 ? r : quotient(r, a.heads), head = r - token * a.heads, at = a.dy_offset + token * a.dy_stride + head * a.C, x_at = token * a.x_stride + head * a.C;
            if (a.ids && a.ids[token] != a.only) continue;
            get_eight(dy, a.dy, at + col, at + a.C);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) sum[k] += dy[k];
            if (!a.gains) continue;
            get_eight(x, from, x_at + col, x_at + a.C);
            float mean = a.mean ? a.mean[r] : 0, rstd = a.rstd[token * a.all_heads + head];
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) gain[k] += dy[k] * (x[k] - mean) * rstd;
        }
        UNROLL
        for (size_t k = 0; k < GPU_EIGHT; k++) {
            sums[k * GPU_BLOCK + thread] = sum[k];
            gains[k * GPU_BLOCK + thread] = gain[k];
        }
    }
    PHASE {   /* column thread / 8 * 8 + thread % 8 of the block is element thread % 8 of lane thread / 8 */
        size_t col = first + thread, place = thread % GPU_EIGHT * GPU_BLOCK + thread / GPU_EIGHT;
        float sum = 0, gain = 0;
        if (col >= a.C) continue;
        for (size_t w = 0; w < WARPS; w++) {
            sum += sums[place + w * 32];
            gain += gains[place + w * 32];
        }
        if (a.sums) a.sums[chunk * a.C + col] = sum;
        if (a.gains) a.gains[chunk * a.C + col] = gain;
    }
}

/* A block: 32 columns, a warp every eighth partial of theirs. */
KERNEL(column_totals)
{
    SHARED float part[GPU_BLOCK];
    size_t first = BLOCK_INDEX * 32;
    PHASE {
        size_t col = first + thread % 32;
        float sum = 0;
        UNROLL_4
        for (size_t k = thread / 32; col < a.C && k < a.chunks; k += GPU_BLOCK / 32) sum += a.partials[k * a.C + col];
        part[thread] = sum;
    }
    PHASE {
        size_t col = first + thread;
        float sum = 0;
        if (thread >= 32 || col >= a.C) continue;
        for (size_t w = 0; w < GPU_BLOCK; w += 32) sum += part[w + thread];
        a.totals[col] += sum;
    }
}

/* RMSNorm of each head of q and k, a thread a head: heads are short. */
KERNEL(head_norm)
{
    size_t token = BLOCK_INDEX;
    PHASE {
        for (size_t h = thread; h < a.heads; h += GPU_BLOCK) {
            size_t at = token * a.stride + h * a.D;
            float squares = 0;
            const float *gain = h < a.H ? a.q_gain : a.k_gain;
            for (size_t i = 0; i < a.D; i++) squares += get(a.x, at + i) * get(a.x, at + i);
            float rstd = 1 / sqrtf(squares / (float)a.D + a.epsilon);
            for (size_t i = 0; i < a.D; i++) {
                float x = get(a.x, at + i);
                if (a.raw) a.raw[(token * a.heads + h) * a.D + i] = x;
                put(a.x, at + i, x * (rstd * gain[i]));
            }
            if (a.rstd) a.rstd[token * a.heads + h] = rstd;
        }
    }
}

KERNEL(head_norm_backward)
{
    size_t token = BLOCK_INDEX;
    PHASE {
        for (size_t h = thread; h < a.heads; h += GPU_BLOCK) {
            size_t at = token * a.stride + h * a.D;
            float rstd = a.rstd[token * a.heads + h], mean = 0;
            const float *gain = h < a.H ? a.q_gain : a.k_gain, *x = a.raw + (token * a.heads + h) * a.D;
            for (size_t i = 0; i < a.D; i++) mean += get(a.dx, at + i) * gain[i] * x[i] * rstd;
            mean /= (float)a.D;
            for (size_t i = 0; i < a.D; i++) put(a.dx, at + i, rstd * (get(a.dx, at + i) * gain[i] - x[i] * rstd * mean));
        }
    }
}

/* ---- means of ranges of rows ------------------------------------------------------------------------------------- */

KERNEL(pool_mean)
{
    size_t begin = (size_t)a.ranges[2 * BLOCK_INDEX], end = (size_t)a.ranges[2 * BLOCK_INDEX + 1];
    float scale = 1.0f / (float)(end - begin);
    PHASE {
        for (size_t col = thread; col < a.C; col += GPU_BLOCK) {
            float sum = 0;
            for (size_t t = begin; t < end; t++) sum += a.x[t * a.C + col];
            a.out[BLOCK_INDEX * a.C + col] = sum * scale;
        }
    }
}

/* Ranges may overlap: a row asks each whether it is in it, in order. */
KERNEL(pool_mean_backward)
{
    size_t row = BLOCK_INDEX;
    PHASE {
        for (size_t col = thread; col < a.C; col += GPU_BLOCK)
            for (size_t i = 0; i < a.n; i++) {
                size_t begin = (size_t)a.ranges[2 * i], end = (size_t)a.ranges[2 * i + 1];
                if (row >= begin && row < end) a.dx[row * a.C + col] += 1.0f / (float)(end - begin) * a.dout[i * a.C + col];
            }
    }
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

/* Where logits are narrow what comes of them is, too, and the quick exponential is as good as the exact one. */
ON_DEVICE float exp_of(struct gpu_array logits, float x)
{
    return logits.narrow ? quick_exp(x) : expf(x);
}

/* One pass for the maximum and the sum together (online softmax, Milakov, Gimelshein 2018), one for the gradient. A thread without
 * an element has maximum -inf and sum 0. */
KERNEL(cross_entropy)
{
    SHARED float part[GPU_BLOCK], level[16], top_level[16];
    size_t begin = BLOCK_INDEX * a.ld, end = begin + a.V;
    int32_t target = a.targets[BLOCK_INDEX];
    LOCAL(float, top);
    LOCAL(float, sum);
    if (target < 0) {
        PHASE {
            for (size_t i = thread; i < a.ld && a.backward; i += GPU_BLOCK) put(a.logits, begin + i, 0);
            if (thread == 0) a.loss[BLOCK_INDEX] = 0;
        }
        return;
    }
    PHASE {
        MY(top) = -INFINITY;
        MY(sum) = 0;
        for (size_t i = begin + thread * GPU_EIGHT; i < end; i += GPU_BLOCK * GPU_EIGHT) {
            float x[GPU_EIGHT], next = MY(top);
            get_eight(x, a.logits, i, end);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++)
                if (i + k < end && x[k] > next) next = x[k];
            if (next > MY(top)) MY(sum) *= exp_of(a.logits, MY(top) - next);
            MY(top) = next;
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++)
                if (i + k < end) MY(sum) += exp_of(a.logits, x[k] - next);
        }
        part[thread] = MY(top);
    }
    REDUCE(larger, part, top_level)
    PHASE {
        part[thread] = thread * GPU_EIGHT < a.V ? MY(sum) * expf(MY(top) - level_max(top_level)) : 0;
    }
    REDUCE(plus, part, level)
    PHASE {   /* the maximum and the sum are kept apart: in their logarithm large logits would cost the gradient digits */
        if (thread == 0) a.loss[BLOCK_INDEX] = level_max(top_level) - get(a.logits, begin + (size_t)target) + logf(level_sum(level));
    }
    if (a.backward) PHASE {
        float largest = level_max(top_level), factor = a.scale / level_sum(level);
        for (size_t i = begin + thread * GPU_EIGHT; i < begin + a.ld; i += GPU_BLOCK * GPU_EIGHT) {
            float x[GPU_EIGHT];
            get_eight(x, a.logits, i, begin + a.ld);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++)
                x[k] = i + k < end ? exp_of(a.logits, x[k] - largest) * factor - (i + k == begin + (size_t)target ? a.scale : 0) : 0;
            put_eight(a.logits, i, begin + a.ld, x);
        }
    }
}

KERNEL(count_top)
{
    SHARED int32_t beaten;
    size_t begin = (a.first + BLOCK_INDEX) * a.ld;
    int32_t target = a.targets[BLOCK_INDEX];
    PHASE {
        if (thread == 0) beaten = target < 0;
    }
    PHASE {
        for (size_t i = thread; i < a.V && target >= 0; i += GPU_BLOCK)
            if (get(a.logits, begin + i) > get(a.logits, begin + (size_t)target)) beaten = 1;   /* all who write, write the same */
    }
    PHASE {
        if (thread == 0) a.hits[BLOCK_INDEX] = !beaten;
    }
}

/* Block b sums the elements of its share, thread by thread; the host adds the blocks up. */
KERNEL(squares)
{
    SHARED double part[GPU_BLOCK];
    size_t share = (a.n + GPU_SQUARES - 1) / GPU_SQUARES, begin = BLOCK_INDEX * share, end = begin + share < a.n ? begin + share : a.n;
    PHASE {
        double sum = 0;
        for (size_t i = begin + thread; i < end; i += GPU_BLOCK) sum += (double)a.x[i] * (double)a.x[i];
        part[thread] = sum;
    }
    PHASE {
        if (thread > 0) continue;
        double sum = 0;
        for (size_t i = 0; i < GPU_BLOCK; i++) sum += part[i];
        a.partials[BLOCK_INDEX] = sum;
    }
}

#endif
