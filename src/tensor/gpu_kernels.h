/* Private to the room tensor: kernels without rows to sum over: element by element, stored weights, embeddings, rotary positions.
 * Included once by each device of gpu.h. The equations are those of ops_ref.c. */
#ifndef DAOGOU_GPU_KERNELS_H
#define DAOGOU_GPU_KERNELS_H

#include "dropout_hash.h"
#include "gpu_dialect.h"

#include <math.h>
#ifdef __CUDACC__
#include <cuda_bf16.h>
#endif

#define GELU_ROOT 0.7978845608028654f   /* sqrt(2/pi) */
#define GELU_CUBIC 0.044715f

/* The element that is this thread's; to be compared with the number of elements. */
#define ELEMENT (BLOCK_INDEX * GPU_BLOCK + thread)

KERNEL(gelu)
{
    PHASE {
        size_t i = ELEMENT;
        if (i >= a.n) continue;
        float x = a.x[i];
        a.y[i] = 0.5f * x * (1 + tanhf(GELU_ROOT * (x + GELU_CUBIC * x * x * x)));
    }
}

KERNEL(gelu_backward)
{
    PHASE {
        size_t i = ELEMENT;
        if (i >= a.n) continue;
        float x = a.x[i], t = tanhf(GELU_ROOT * (x + GELU_CUBIC * x * x * x));
        a.dx[i] = a.dy[i] * (0.5f * (1 + t) + 0.5f * x * (1 - t * t) * GELU_ROOT * (1 + 3 * GELU_CUBIC * x * x));
    }
}

KERNEL(swiglu)
{
    PHASE {
        size_t i = ELEMENT;
        if (i >= a.n) continue;
        size_t at = i + quotient(i, a.F) * a.F;
        float gate = a.x[at], up = a.x[at + a.F];
        a.y[i] = gate / (1 + expf(-gate)) * up;
    }
}

KERNEL(swiglu_backward)
{
    PHASE {
        size_t i = ELEMENT;
        if (i >= a.n) continue;
        size_t at = i + quotient(i, a.F) * a.F;
        float gate = a.x[at], up = a.x[at + a.F], d = a.dy[i], s = 1 / (1 + expf(-gate));
        a.dx[at] = d * up * s * (1 + gate * (1 - s));
        a.dx[at + a.F] = d * gate * s;
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
        size_t i = ELEMENT;
        if (i < a.n) a.y[i] += a.x[i];
    }
}

KERNEL(add_bias)
{
    PHASE {
        size_t i = ELEMENT;
        if (i < a.n) a.y[i] += a.bias[i - quotient(i, a.O) * a.O];
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

ON_DEVICE float bits_float(uint32_t bits)
{
    union { uint32_t u; float f; } v;   /* memcpy would do, but every compiler in use reads a union as meant */
    v.u = bits;
    return v.f;
}

ON_DEVICE uint32_t float_bits(float x)
{
    union { uint32_t u; float f; } v;
    v.f = x;
    return v.u;
}

/* As bf16_from_f32: nearest even, NaN stays NaN. */
ON_DEVICE uint16_t to_bf16(float x)
{
    uint32_t bits = float_bits(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

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

/* 32 bytes are read and 16 written by each thread at once. */
ON_DEVICE void round_eight(uint16_t *out, const float *in)
{
#ifdef __CUDACC__
    float4 low = ((const float4 *)in)[0], high = ((const float4 *)in)[1];
    __nv_bfloat162 pairs[4] = {__floats2bfloat162_rn(low.x, low.y), __floats2bfloat162_rn(low.z, low.w), __floats2bfloat162_rn(high.x, high.y), __floats2bfloat162_rn(high.z, high.w)};
    *(uint4 *)out = *(const uint4 *)pairs;
#else
    for (size_t k = 0; k < GPU_ROUND; k++) out[k] = to_bf16(in[k]);
#endif
}

KERNEL(round)
{
    PHASE {
        size_t i = ELEMENT * GPU_ROUND;
        if (i < a.n) round_eight(a.out + i, a.in + i);
    }
}

KERNEL(round_rows)
{
    PHASE {
        size_t i = ELEMENT * GPU_ROUND, row = quotient(i, a.ld), col = i - row * a.ld;
        if (i >= a.n) continue;
        const float *in = a.in + row * a.cols + col;
        float x[GPU_ROUND];
        UNROLL
        for (size_t k = 0; k < GPU_ROUND; k++) x[k] = col + k < a.cols ? in[k] : 0;
#ifdef __CUDACC__
        __nv_bfloat162 pairs[4] = {__floats2bfloat162_rn(x[0], x[1]), __floats2bfloat162_rn(x[2], x[3]), __floats2bfloat162_rn(x[4], x[5]), __floats2bfloat162_rn(x[6], x[7])};
        *(uint4 *)(a.out + i) = *(const uint4 *)pairs;
#else
        for (size_t k = 0; k < GPU_ROUND; k++) a.out[i + k] = to_bf16(x[k]);
#endif
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
        a.y[i] = a.wpe ? x + a.wpe[(size_t)a.positions[row] * a.C + col] : x;
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

/* A block a row. The first row of an id adds all rows of it, in order: floats meet no atomics, whatever the order of the blocks. */
KERNEL(embed_backward)
{
    SHARED int32_t match[GPU_BLOCK];
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
            float *x = a.x + row * a.stride + h * a.D + pair, low = x[0], high = x[half];
            x[0] = low * c - high * s;
            x[half] = low * s + high * c;
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
