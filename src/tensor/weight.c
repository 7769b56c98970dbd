/* Stored weights: bf16, and int8 rows with one scale each. */
#include "tensor_int.h"

#include <math.h>
#include <string.h>

size_t dtype_row_bytes(enum dtype type, size_t cols)
{
    return type == DTYPE_F32 ? cols * sizeof(float) : type == DTYPE_BF16 ? cols * sizeof(uint16_t) : cols;
}

uint16_t bf16_from_f32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return (uint16_t)(bits >> 16 | 0x40); /* rounding could turn a NaN into infinity */
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

float bf16_to_f32(uint16_t b)
{
    uint32_t bits = (uint32_t)b << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void quantize_row(int8_t *q, float *scale, const float *x, size_t cols)
{
    float largest = 0;
    for (size_t i = 0; i < cols; i++) largest = fmaxf(largest, fabsf(x[i]));
    *scale = largest / 127;
    float inverse = *scale > 0 ? 1 / *scale : 0;
    if (!isfinite(inverse)) inverse = 0;   /* a scale so small that its inverse overflows: the row is zero for all we know */
    for (size_t i = 0; i < cols; i++) {
        long rounded = lrintf(x[i] * inverse);
        q[i] = (int8_t)(rounded > 127 ? 127 : rounded < -127 ? -127 : rounded);
    }
}

void quantize_q8(int8_t *q, float *scales, const float *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) quantize_row(q + r * cols, scales + r, x + r * cols, cols);
}

void weight_row_f32(float *out, const struct weight *w, size_t row)
{
    const char *data = (const char *)w->data + row * dtype_row_bytes(w->dtype, w->cols);
    if (w->dtype == DTYPE_F32) {
        memcpy(out, data, w->cols * sizeof(float));
    } else if (w->dtype == DTYPE_BF16) {
        for (size_t i = 0; i < w->cols; i++) {
            uint16_t b;
            memcpy(&b, data + i * sizeof b, sizeof b);   /* a mapped file promises no alignment */
            out[i] = bf16_to_f32(b);
        }
    } else {
        for (size_t i = 0; i < w->cols; i++) out[i] = w->scales[row] * (float)(int8_t)data[i];
    }
}
