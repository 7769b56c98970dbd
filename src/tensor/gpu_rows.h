/* Private to the room tensor: kernels that sum over rows or columns: norms, pooling, losses, the gradient's length.
 * Sums are folded in an order that depends on shapes alone. Included once by each device of gpu.h. */
#ifndef DAOGOU_GPU_ROWS_H
#define DAOGOU_GPU_ROWS_H

#include "gpu_dialect.h"

#include <math.h>

/* ---- norms ------------------------------------------------------------------------------------------------------- */

KERNEL(norm)
{
    LOCAL(float, mean);
    LOCAL(float, squares);
    size_t first = BLOCK_INDEX * GPU_ROWS;
    EACH {
        size_t row = first + thread / 32;
        MY(mean) = 0;
        for (size_t i = thread % 32; a.centred && row < a.N && i < a.C; i += 32) MY(mean) += a.x[row * a.C + i];
    }
    warp_sum(mean);
    EACH {
        size_t row = first + thread / 32;
        MY(mean) /= (float)a.C;
        MY(squares) = 0;
        for (size_t i = thread % 32; row < a.N && i < a.C; i += 32) {
            float x = a.x[row * a.C + i] - MY(mean);
            MY(squares) += x * x;
        }
    }
    warp_sum(squares);
    EACH {
        size_t row = first + thread / 32;
        if (row >= a.N) continue;
        float rstd = 1 / sqrtf(MY(squares) / (float)a.C + a.epsilon);
        for (size_t i = thread % 32; i < a.C; i += 32) a.y[row * a.C + i] = (a.x[row * a.C + i] - MY(mean)) * rstd * a.gain[i] + (a.bias ? a.bias[i] : 0);
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
    EACH {
        size_t row = first + thread / 32;
        MY(g) = MY(gx) = 0;
        for (size_t i = thread % 32; row < a.N && i < a.C; i += 32) {
            float dy = a.dy[row * a.C + i] * a.gain[i];
            MY(g) += dy;
            MY(gx) += dy * (a.x[row * a.C + i] - (a.mean ? a.mean[row] : 0)) * a.rstd[row];
        }
    }
    warp_sum(g);
    warp_sum(gx);
    EACH {
        size_t row = first + thread / 32;
        if (row >= a.N) continue;
        float mean = a.mean ? a.mean[row] : 0, rstd = a.rstd[row], mean_g = a.mean ? MY(g) / (float)a.C : 0, mean_gx = MY(gx) / (float)a.C;
        const float *dy = a.dy + row * a.C, *x = a.x + row * a.C;
        float *dx = a.dx + row * a.C;
        for (size_t i = thread % 32; i < a.C; i += 32) dx[i] += rstd * (dy[i] * a.gain[i] - mean_g - (x[i] - mean) * rstd * mean_gx);
    }
}

/* A block: GPU_COLUMNS columns of one chunk of rows, 8 threads a column. */
KERNEL(column_partials)
{
    enum { LANES = GPU_BLOCK / GPU_COLUMNS };
    SHARED float sums[GPU_BLOCK], gains[GPU_BLOCK];
    size_t across = (a.C + GPU_COLUMNS - 1) / GPU_COLUMNS, chunk = BLOCK_INDEX / across, first = BLOCK_INDEX % across * GPU_COLUMNS;
    size_t end = (chunk + 1) * a.chunk < a.rows ? (chunk + 1) * a.chunk : a.rows;
    PHASE {
        size_t col = first + thread % GPU_COLUMNS;
        float sum = 0, gain = 0;
        size_t r = chunk * a.chunk + thread / GPU_COLUMNS;
        if (a.heads == 1 && !a.ids && !a.gains) {   /* the common case, with loads that run ahead */
            UNROLL_4
            for (; col < a.C && r < end; r += LANES) sum += a.dy[r * a.dy_stride + col];
        } else if (a.heads == 1 && !a.ids) {
            UNROLL_4
            for (; col < a.C && r < end; r += LANES) {
                float dy = a.dy[r * a.dy_stride + col];
                sum += dy;
                gain += dy * (a.x[r * a.x_stride + col] - (a.mean ? a.mean[r] : 0)) * a.rstd[r * a.all_heads];
            }
        }
        for (; col < a.C && r < end; r += LANES) {
            size_t token = quotient(r, a.heads), head = r - token * a.heads;
            if (a.ids && a.ids[token] != a.only) continue;
            float dy = a.dy[token * a.dy_stride + head * a.C + col];
            sum += dy;
            if (!a.gains) continue;
            float x = a.x[token * a.x_stride + head * a.C + col];
            gain += dy * (x - (a.mean ? a.mean[r] : 0)) * a.rstd[token * a.all_heads + head];
        }
        sums[thread] = sum;
        gains[thread] = gain;
    }
    PHASE {
        size_t col = first + thread;
        if (thread >= GPU_COLUMNS || col >= a.C) continue;
        float sum = 0, gain = 0;
        for (size_t k = 0; k < LANES; k++) {
            sum += sums[k * GPU_COLUMNS + thread];
            gain += gains[k * GPU_COLUMNS + thread];
        }
        if (a.sums) a.sums[chunk * a.C + col] = sum;
        if (a.gains) a.gains[chunk * a.C + col] = gain;
    }
}

KERNEL(column_totals)
{
    PHASE {
        size_t col = BLOCK_INDEX * GPU_BLOCK + thread;
        if (col >= a.C) continue;
        float sum = 0;
        for (size_t k = 0; k < a.chunks; k++) sum += a.partials[k * a.C + col];
        a.totals[col] += sum;
    }
}

/* RMSNorm of each head of q and k, a thread a head: heads are short. */
KERNEL(head_norm)
{
    size_t token = BLOCK_INDEX;
    PHASE {
        for (size_t h = thread; h < a.heads; h += GPU_BLOCK) {
            float *x = a.x + token * a.stride + h * a.D, squares = 0;
            const float *gain = h < a.H ? a.q_gain : a.k_gain;
            for (size_t i = 0; i < a.D; i++) squares += x[i] * x[i];
            float rstd = 1 / sqrtf(squares / (float)a.D + a.epsilon);
            for (size_t i = 0; i < a.D; i++) {
                if (a.raw) a.raw[(token * a.heads + h) * a.D + i] = x[i];
                x[i] *= rstd * gain[i];
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
            float *dx = a.dx + token * a.stride + h * a.D, rstd = a.rstd[token * a.heads + h], mean = 0;
            const float *gain = h < a.H ? a.q_gain : a.k_gain, *x = a.raw + (token * a.heads + h) * a.D;
            for (size_t i = 0; i < a.D; i++) mean += dx[i] * gain[i] * x[i] * rstd;
            mean /= (float)a.D;
            for (size_t i = 0; i < a.D; i++) dx[i] = rstd * (dx[i] * gain[i] - x[i] * rstd * mean);
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

/* One pass for the maximum and the sum together (online softmax, Milakov, Gimelshein 2018), one for the gradient. A thread without
 * an element has maximum -inf and sum 0. */
KERNEL(cross_entropy)
{
    SHARED float part[GPU_BLOCK], level[16], top_level[16];
    float *x = a.logits + BLOCK_INDEX * a.V;
    int32_t target = a.targets[BLOCK_INDEX];
    LOCAL(float, top);
    LOCAL(float, sum);
    if (target < 0) {
        PHASE {
            for (size_t i = thread; i < a.V && a.backward; i += GPU_BLOCK) x[i] = 0;
            if (thread == 0) a.loss[BLOCK_INDEX] = 0;
        }
        return;
    }
    PHASE {
        MY(top) = -INFINITY;
        MY(sum) = 0;
        for (size_t i = thread; i < a.V; i += GPU_BLOCK) {
            if (x[i] > MY(top)) {
                MY(sum) = MY(sum) * expf(MY(top) - x[i]) + 1;
                MY(top) = x[i];
            } else MY(sum) += expf(x[i] - MY(top));
        }
        part[thread] = MY(top);
    }
    REDUCE(larger, part, top_level)
    PHASE {
        part[thread] = thread < a.V ? MY(sum) * expf(MY(top) - level_max(top_level)) : 0;
    }
    REDUCE(plus, part, level)
    PHASE {   /* the maximum and the sum are kept apart: in their logarithm large logits would cost the gradient digits */
        if (thread == 0) a.loss[BLOCK_INDEX] = level_max(top_level) - x[target] + logf(level_sum(level));
    }
    if (a.backward) PHASE {
        float largest = level_max(top_level), whole = level_sum(level);
        for (size_t i = thread; i < a.V; i += GPU_BLOCK) x[i] = (expf(x[i] - largest) / whole - (i == (size_t)target ? 1.0f : 0.0f)) * a.scale;
    }
}

KERNEL(count_top)
{
    SHARED int32_t beaten;
    const float *x = a.logits + BLOCK_INDEX * a.V;
    int32_t target = a.targets[BLOCK_INDEX];
    PHASE {
        if (thread == 0) beaten = target < 0;
    }
    PHASE {
        for (size_t i = thread; i < a.V && target >= 0; i += GPU_BLOCK)
            if (x[i] > x[target]) beaten = 1;   /* all who write, write the same */
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
