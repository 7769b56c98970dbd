/* Private to the room tensor: kernels without rows to sum over: element by element, stored weights, embeddings, rotary positions.
 * Included once by each device of gpu.h. The equations are those of ops_ref.c. */
#ifndef DAOGOU_GPU_KERNELS_H
#define DAOGOU_GPU_KERNELS_H

#include "dropout_hash.h"
#include "gpu_arrays.h"

#define GELU_ROOT 0.7978845608028654f   /* sqrt(2/pi) */
#define GELU_CUBIC 0.044715f

/* The element that is this thread's; to be compared with the number of elements. */
#define ELEMENT (BLOCK_INDEX * GPU_BLOCK + thread)

/* The first of the eight elements that are this thread's. */
#define EIGHT (ELEMENT * GPU_EIGHT)

KERNEL(gelu)
{
    PHASE {
        size_t i = EIGHT;
        float x[GPU_EIGHT];
        if (i >= a.n) continue;
        get_eight(x, a.x, i, a.n);
        UNROLL
        for (size_t k = 0; k < GPU_EIGHT; k++) {
            float u = GELU_ROOT * (x[k] + GELU_CUBIC * x[k] * x[k] * x[k]);
            x[k] = 0.5f * x[k] * (1 + (a.y.narrow ? quick_tanh(u) : tanhf(u)));
        }
        put_eight(a.y, i, a.n, x);
    }
}

KERNEL(gelu_backward)
{
    PHASE {
        size_t i = EIGHT;
        float x[GPU_EIGHT], d[GPU_EIGHT];
        if (i >= a.n) continue;
        get_eight(x, a.x, i, a.n);
        get_eight(d, a.dy, i, a.n);
        UNROLL
        for (size_t k = 0; k < GPU_EIGHT; k++) {
            float u = GELU_ROOT * (x[k] + GELU_CUBIC * x[k] * x[k] * x[k]), t = a.dx.narrow ? quick_tanh(u) : tanhf(u);
            d[k] *= 0.5f * (1 + t) + 0.5f * x[k] * (1 - t * t) * GELU_ROOT * (1 + 3 * GELU_CUBIC * x[k] * x[k]);
        }
        put_eight(a.dx, i, a.n, d);
    }
}

/* Eight elements are of one row where F is a multiple of eight; else each has its own place. */
KERNEL(swiglu)
{
    PHASE {
        size_t i = EIGHT, n = least(a.n, i + GPU_EIGHT);
        float gate[GPU_EIGHT], up[GPU_EIGHT];
        if (i < a.n && a.F % GPU_EIGHT == 0) {
            size_t at = i + quotient(i, a.F) * a.F;
            get_eight(gate, a.x, at, at + GPU_EIGHT);
            get_eight(up, a.x, at + a.F, at + a.F + GPU_EIGHT);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) gate[k] = gate[k] / (1 + expf(-gate[k])) * up[k];
            put_eight(a.y, i, a.n, gate);
            continue;
        }
        for (; i < n; i++) {
            size_t at = i + quotient(i, a.F) * a.F;
            float g = get(a.x, at);
            put(a.y, i, g / (1 + expf(-g)) * get(a.x, at + a.F));
        }
    }
}

ON_DEVICE void swiglu_gradient(float *gate, float *up, float d)
{
    float s = 1 / (1 + expf(-*gate)), g = *gate;
    *gate = d * *up * s * (1 + g * (1 - s));
    *up = d * g * s;
}

KERNEL(swiglu_backward)
{
    PHASE {
        size_t i = EIGHT, n = least(a.n, i + GPU_EIGHT);
        float gate[GPU_EIGHT], up[GPU_EIGHT], d[GPU_EIGHT];
        if (i < a.n && a.F % GPU_EIGHT == 0) {
            size_t at = i + quotient(i, a.F) * a.F;
            get_eight(gate, a.x, at, at + GPU_EIGHT);
            get_eight(up, a.x, at + a.F, at + a.F + GPU_EIGHT);
            get_eight(d, a.dy, i, a.n);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) swiglu_gradient(gate + k, up + k, d[k]);
            put_eight(a.dx, at, at + GPU_EIGHT, gate);
            put_eight(a.dx, at + a.F, at + a.F + GPU_EIGHT, up);
            continue;
        }
        for (; i < n; i++) {
            size_t at = i + quotient(i, a.F) * a.F;
            float g = get(a.x, at), u = get(a.x, at + a.F);
            swiglu_gradient(&g, &u, get(a.dy, i));
            put(a.dx, at, g);
            put(a.dx, at + a.F, u);
        }
    }
}

KERNEL(scale)
{
    PHASE {
        size_t i = ELEMENT;
        if (i < a.n) a.x[i] *= a.factor;
    }
}

KERNEL(add)
{
    PHASE {
        size_t i = EIGHT;
        float x[GPU_EIGHT], y[GPU_EIGHT];
        if (i >= a.n) continue;
        get_eight(x, a.x, i, a.n);
        get_eight(y, a.y, i, a.n);
        UNROLL
        for (size_t k = 0; k < GPU_EIGHT; k++) y[k] += x[k];
        put_eight(a.y, i, a.n, y);
    }
}

KERNEL(add_bias)
{
    PHASE {
        size_t i = ELEMENT;
        if (i < a.n) put(a.y, i, get(a.y, i) + a.bias[i - quotient(i, a.O) * a.O]);
    }
}

KERNEL(dropout)
{
    PHASE {
        size_t i = ELEMENT;
        if (i < a.n) a.x[i] = dropout_hash((uint32_t)i, a.seed) < a.limit ? 0 : a.x[i] * a.scale;
    }
}

KERNEL(tanh)
{
    PHASE {
        size_t i = ELEMENT;
        if (i < a.n) a.x[i] = tanhf(a.x[i]);
    }
}

KERNEL(tanh_backward)
{
    PHASE {
        size_t i = ELEMENT;
        if (i < a.n) a.dx[i] *= 1 - a.y[i] * a.y[i];
    }
}

KERNEL(adamw)
{
    PHASE {
        size_t i = ELEMENT;
        if (i >= a.n) continue;
        float g = a.grads[i] * a.scale;
        float m = a.beta1 * a.m[i] + (1 - a.beta1) * g, v = a.beta2 * a.v[i] + (1 - a.beta2) * g * g;
        float step = (m / a.correction1) / (sqrtf(v / a.correction2) + a.epsilon);
        a.m[i] = m;
        a.v[i] = v;
        a.params[i] -= a.rate * (step + a.decay * a.params[i]);
    }
}

/* ---- stored weights ---------------------------------------------------------------------------------------------- */

enum { TYPE_F32, TYPE_BF16, TYPE_Q8 };   /* enum dtype of tensor.h, which nvcc does not read */

ON_DEVICE float stored_at(const void *data, const float *scales, int type, size_t row, size_t at)
{
    if (type == TYPE_F32) return ((const float *)data)[at];
    if (type == TYPE_BF16) return bits_float((uint32_t)((const uint16_t *)data)[at] << 16);
    return scales[row] * (float)((const int8_t *)data)[at];
}

KERNEL(unpack)
{
    PHASE {
        size_t i = ELEMENT, row = quotient(i, a.ld), col = i - row * a.ld;
        if (row >= a.rows) continue;
        float x = col < a.cols ? stored_at(a.data, a.scales, a.type, row, row * a.cols + col) : 0;
        if (a.to_bf16) ((uint16_t *)a.out)[i] = to_bf16(x);
        else ((float *)a.out)[i] = x;
    }
}

KERNEL(round)
{
    PHASE {
        size_t i = EIGHT;
        float x[GPU_EIGHT];
        struct gpu_array in = {(void *)a.in, false}, out = {a.out, true};
        if (i >= a.n) continue;
        get_eight(x, in, i, a.n);
        put_eight(out, i, a.n, x);
    }
}

KERNEL(round_rows)
{
    PHASE {
        size_t i = EIGHT, row = quotient(i, a.ld), col = i - row * a.ld;
        float x[GPU_EIGHT];
        struct gpu_array in = {(void *)a.in, false}, out = {a.out, true};
        if (i >= a.n) continue;
        get_eight(x, in, row * a.cols + col, (row + 1) * a.cols);
        put_eight(out, i, a.n, x);
    }
}

KERNEL(sum_parts)
{
    PHASE {
        size_t i = EIGHT;
        float sum[GPU_EIGHT], x[GPU_EIGHT];
        struct gpu_array out = {a.out, false}, in = {(void *)a.partials, false};
        if (i >= a.n) continue;
        UNROLL
        for (size_t k = 0; k < GPU_EIGHT; k++) sum[k] = 0;
        if (a.accumulate) get_eight(sum, out, i, a.n);
        for (size_t p = 0; p < a.parts; p++) {
            get_eight(x, in, p * a.n + i, (p + 1) * a.n);
            UNROLL
            for (size_t k = 0; k < GPU_EIGHT; k++) sum[k] += x[k];
        }
        put_eight(out, i, a.n, sum);
    }
}

KERNEL(narrow)
{
    PHASE {
        size_t i = ELEMENT, row = quotient(i, a.cols);
        if (i < a.n) a.out[i] = a.in[i + row * (a.ld - a.cols)];
    }
}

/* 32 threads for an output: reading few rows of x is nothing beside reading the weights once. */
KERNEL(stored_rows)
{
    SHARED float part[GPU_BLOCK];
    size_t groups = (a.O + GPU_STORED_ROWS - 1) / GPU_STORED_ROWS, n = BLOCK_INDEX / groups, first = BLOCK_INDEX % groups * GPU_STORED_ROWS;
    PHASE {
        size_t o = first + thread / 32;
        float sum = 0;
        for (size_t i = thread % 32; o < a.O && i < a.I; i += 32) {
            float w = a.type == TYPE_Q8 ? (float)((const int8_t *)a.data)[o * a.I + i] : stored_at(a.data, NULL, a.type, o, o * a.I + i);
            sum += a.x[n * a.I + i] * w;
        }
        part[thread] = sum;
    }
    PHASE {
        size_t o = first + thread;
        if (thread >= GPU_STORED_ROWS || o >= a.O) continue;
        float sum = 0;
        for (size_t i = 0; i < 32; i++) sum += part[thread * 32 + i];
        a.y[n * a.O + o] = (a.type == TYPE_Q8 ? a.scales[o] : 1) * sum + (a.bias ? a.bias[o] : 0);
    }
}

/* ---- embeddings -------------------------------------------------------------------------------------------------- */

KERNEL(embed)
{
    PHASE {
        size_t i = ELEMENT;
        if (i >= a.n) continue;
        size_t row = quotient(i, a.C), col = i - row * a.C;
        float x = a.wte[(size_t)a.ids[row] * a.C + col];
        put(a.y, i, a.wpe ? x + a.wpe[(size_t)a.positions[row] * a.C + col] : x);
    }
}

/* Integers, so that the order of arrival does not matter. */
KERNEL(embed_count)
{
    PHASE {
        size_t i = ELEMENT;
        if (i >= a.N) continue;
        ATOMIC_MAX(a.first + a.ids[i], (int32_t)(a.N - i));
        ATOMIC_ADD(a.count + a.ids[i], 1);
    }
}

/* Rows from `row` on whose id is that of `row`, in order, where they are no more than the list holds. */
enum { ROWS_LISTED = 1024 };
ON_DEVICE void list_rows(int32_t *list, int32_t *counts, const struct embed_backward_args *a, size_t row)
{
    size_t share = (a->N - row + GPU_BLOCK - 1) / GPU_BLOCK;
    PHASE {
        size_t begin = row + thread * share, end = least(begin + share, a->N);
        counts[thread] = 0;
        for (size_t r = begin; r < end; r++) counts[thread] += a->ids[r] == a->ids[row];
    }
    PHASE {
        size_t begin = row + thread * share, end = least(begin + share, a->N), at = 0;
        for (size_t t = 0; counts[thread] && t < thread; t++) at += (size_t)counts[t];
        for (size_t r = begin; counts[thread] && r < end; r++)
            if (a->ids[r] == a->ids[row]) list[at++] = (int32_t)r;
    }
}

/* A block a row. The first row of an id adds all rows of it, in order: floats meet no atomics, whatever the order of the blocks. */
KERNEL(embed_backward)
{
    SHARED int32_t list[ROWS_LISTED], match[GPU_BLOCK];
    SHARED int32_t found;
    size_t row = BLOCK_INDEX;
    int32_t id = a.ids[row], count = a.count[id], left = count;
    if (a.first[id] != (int32_t)(a.N - row)) return;
    float *to = a.dtable + (size_t)id * a.C;
    if (count == 1) {
        PHASE {
            for (size_t col = thread; col < a.C; col += GPU_BLOCK) to[col] += a.dy[row * a.C + col];
        }
        return;
    }
    if (count <= ROWS_LISTED) {
        list_rows(list, match, &a, row);
        PHASE {
            for (size_t col = thread; col < a.C; col += GPU_BLOCK) {
                float sum = to[col];
                UNROLL_4
                for (size_t k = 0; k < (size_t)count; k++) sum += a.dy[(size_t)list[k] * a.C + col];
                to[col] = sum;
            }
        }
        return;
    }
    for (size_t at = row; at < a.N && left > 0; at += GPU_BLOCK) {
        PHASE {
            if (thread == 0) found = 0;
        }
        PHASE {
            match[thread] = at + thread < a.N && a.ids[at + thread] == id;
            if (match[thread]) ATOMIC_ADD(&found, 1);
        }
        int32_t here = found;
        if (here) PHASE {
            for (size_t col = thread; col < a.C; col += GPU_BLOCK) {
                float sum = to[col];
                for (size_t k = 0; k < GPU_BLOCK; k++)
                    if (match[k]) sum += a.dy[(at + k) * a.C + col];
                to[col] = sum;
            }
        }
        left -= here;
        BARRIER
    }
}

/* One thread turns the same pair of every head: they have one angle. It is computed in double, because of far positions. */
KERNEL(rotary)
{
    PHASE {
        size_t i = ELEMENT, half = a.D / 2, row = quotient(i, half), pair = i - row * half;
        if (i >= a.n) continue;
        double angle = (double)a.positions[row] * pow(a.theta, -2.0 * (double)pair / (double)a.D);
        float c = (float)cos(angle), s = (float)(a.inverse ? -sin(angle) : sin(angle));
        for (size_t h = 0; h < a.heads; h++) {
            size_t at = row * a.stride + h * a.D + pair;
            float low = get(a.x, at), high = get(a.x, at + half);
            put(a.x, at, low * c - high * s);
            put(a.x, at + half, low * s + high * c);
        }
    }
}

/* ---- int8 vectors ------------------------------------------------------------------------------------------------ */

KERNEL(scan_i8)
{
    PHASE {
        size_t i = ELEMENT;
        if (i >= a.n) continue;
        int32_t sum = 0;
        for (size_t d = 0; d < a.dim; d++) sum += (int32_t)a.query[d] * (int32_t)a.vectors[i * a.dim + d];
        a.scores[i] = sum;
    }
}

#endif
