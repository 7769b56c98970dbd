/* Private to the room tensor: arrays of float32 or bf16, read and written alike, eight elements at a time where they lie well. */
#ifndef DAOGOU_GPU_ARRAYS_H
#define DAOGOU_GPU_ARRAYS_H

#include "gpu_dialect.h"

#include <math.h>
#ifdef __CUDACC__
#include <cuda_bf16.h>
#endif

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

/* A pair of bf16, the first in the low half. */
ON_DEVICE uint32_t bf16_pair(float low, float high)
{
#ifdef __CUDACC__
    __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
    return *(const uint32_t *)&pair;
#else
    return (uint32_t)to_bf16(low) | (uint32_t)to_bf16(high) << 16;
#endif
}

ON_DEVICE float get(struct gpu_array a, size_t i)
{
    return a.narrow ? bits_float((uint32_t)((const uint16_t *)a.at)[i] << 16) : ((const float *)a.at)[i];
}

ON_DEVICE void put(struct gpu_array a, size_t i, float x)
{
    if (a.narrow) ((uint16_t *)a.at)[i] = to_bf16(x);
    else ((float *)a.at)[i] = x;
}

#ifdef __CUDACC__
/* Elements i .. i+7 can be moved as 16 or 32 bytes at once. */
ON_DEVICE bool lies_well(struct gpu_array a, size_t i, size_t end)
{
    return i + GPU_EIGHT <= end && ((uintptr_t)a.at + i * (a.narrow ? 2 : 4)) % 16 == 0;
}
#endif

/* x = elements i .. i+7, zero from `end` on. */
ON_DEVICE void get_eight(float *x, struct gpu_array a, size_t i, size_t end)
{
#ifdef __CUDACC__
    if (lies_well(a, i, end)) {
        if (a.narrow) {
            uint4 words = *(const uint4 *)((const uint16_t *)a.at + i);
            uint32_t pairs[4] = {words.x, words.y, words.z, words.w};
            UNROLL
            for (int k = 0; k < 4; k++) x[2 * k] = bits_float(pairs[k] << 16), x[2 * k + 1] = bits_float(pairs[k] & 0xffff0000u);
        } else {
            float4 low = *(const float4 *)((const float *)a.at + i), high = *(const float4 *)((const float *)a.at + i + 4);
            x[0] = low.x, x[1] = low.y, x[2] = low.z, x[3] = low.w, x[4] = high.x, x[5] = high.y, x[6] = high.z, x[7] = high.w;
        }
        return;
    }
#endif
    UNROLL
    for (size_t k = 0; k < GPU_EIGHT; k++) x[k] = i + k < end ? get(a, i + k) : 0;
}

ON_DEVICE void put_eight(struct gpu_array a, size_t i, size_t end, const float *x)
{
#ifdef __CUDACC__
    if (lies_well(a, i, end)) {
        if (a.narrow) *(uint4 *)((uint16_t *)a.at + i) = make_uint4(bf16_pair(x[0], x[1]), bf16_pair(x[2], x[3]), bf16_pair(x[4], x[5]), bf16_pair(x[6], x[7]));
        else {
            *(float4 *)((float *)a.at + i) = make_float4(x[0], x[1], x[2], x[3]);
            *(float4 *)((float *)a.at + i + 4) = make_float4(x[4], x[5], x[6], x[7]);
        }
        return;
    }
#endif
    UNROLL
    for (size_t k = 0; k < GPU_EIGHT; k++)
        if (i + k < end) put(a, i + k, x[k]);
}

/* Where the result is rounded to bf16 anyway, by the GPU's short instructions: some units in the last place of float32. */
#ifdef __CUDACC__
ON_DEVICE float power_of_2(float x)   /* 0 for large negative x, two units in the last place elsewhere */
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
ON_DEVICE float quick_ratio(float x, float y) { return __fdividef(x, y); }
#else
#define power_of_2 exp2f
ON_DEVICE float quick_ratio(float x, float y) { return x / y; }
#endif
#define LOG2_E 1.4426950408889634f
ON_DEVICE float quick_exp(float x) { return power_of_2(x * LOG2_E); }
ON_DEVICE float quick_tanh(float x) { return 1 - quick_ratio(2, quick_exp(2 * x) + 1); }

#endif
