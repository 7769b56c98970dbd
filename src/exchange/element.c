#include "exchange_int.h"

#include <math.h>
#include <string.h>

float f16_to_f32(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    float x = exponent == 0 ? ldexpf((float)fraction, -24)
            : exponent == 31 ? (fraction ? NAN : INFINITY) : ldexpf((float)(fraction + 1024), exponent - 25);
    return h >> 15 ? -x : x;
}

uint16_t f16_from_f32(float x)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    float a = fabsf(x);
    if (isnan(x)) return 0x7E00;
    if (a >= 65520.0f) return sign | 0x7C00;
    int exponent;
    frexpf(a, &exponent);   /* a = m * 2^exponent, m in [0.5, 1) */
    if (exponent < -13) exponent = -13;
    long steps = lrintf(ldexpf(a, 11 - exponent));   /* 11 bits; fewer where numbers are subnormal. 2048: the next exponent */
    return (uint16_t)(sign | (steps < 1024 ? steps : ((long)(exponent + 14) << 10) + (steps - 1024)));
}

size_t element_row_bytes(enum element e, size_t cols)
{
    switch (e) {
    case ELEMENT_F32: return 4 * cols;
    case ELEMENT_F16:
    case ELEMENT_BF16: return 2 * cols;
    case ELEMENT_Q8_0: return cols % BLOCK ? 0 : cols / BLOCK * (2 + BLOCK);
    case ELEMENT_Q4_0: return cols % BLOCK ? 0 : cols / BLOCK * (2 + BLOCK / 2);
    default: return 0;
    }
}

static uint16_t load_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

float element_at(enum element e, const uint8_t *data, size_t i)
{
    float x;
    if (e == ELEMENT_F16) return f16_to_f32(load_u16(data + 2 * i));
    if (e == ELEMENT_BF16) return bf16_to_f32(load_u16(data + 2 * i));
    memcpy(&x, data + 4 * i, sizeof x);
    return x;
}

static void read_blocks(float *out, enum element e, const uint8_t *p, size_t cols)
{
    for (size_t at = 0; at < cols; at += BLOCK) {
        float scale = f16_to_f32(load_u16(p));
        p += 2;
        for (size_t i = 0; i < BLOCK; i++) {
            int q = e == ELEMENT_Q8_0 ? (int8_t)p[i] : (i < BLOCK / 2 ? p[i] & 15 : p[i - BLOCK / 2] >> 4) - 8;
            out[at + i] = scale * (float)q;
        }
        p += e == ELEMENT_Q8_0 ? BLOCK : BLOCK / 2;
    }
}

void element_read(float *out, enum element e, const uint8_t *row, size_t cols)
{
    if (e == ELEMENT_F32) memcpy(out, row, 4 * cols);
    else if (e == ELEMENT_Q8_0 || e == ELEMENT_Q4_0) read_blocks(out, e, row, cols);
    else
        for (size_t i = 0; i < cols; i++) out[i] = element_at(e, row, i);
}

static void write_blocks(uint8_t *p, const float *x, size_t cols)
{
    for (size_t at = 0; at < cols; at += BLOCK, p += 2 + BLOCK) {
        float largest = 0;
        for (size_t i = 0; i < BLOCK; i++) largest = fmaxf(largest, fabsf(x[at + i]));
        float scale = largest / 127, inverse = scale > 0 ? 1 / scale : 0;
        uint16_t h = f16_from_f32(scale);
        memcpy(p, &h, 2);
        for (size_t i = 0; i < BLOCK; i++) p[2 + i] = (uint8_t)(int8_t)lrintf(x[at + i] * inverse);
    }
}

void element_write(uint8_t *row, enum element e, const float *x, size_t cols)
{
    if (e == ELEMENT_F32) memcpy(row, x, 4 * cols);
    else if (e == ELEMENT_Q8_0) write_blocks(row, x, cols);
    else
        for (size_t i = 0; i < cols; i++) {
            uint16_t h = e == ELEMENT_F16 ? f16_from_f32(x[i]) : bf16_from_f32(x[i]);
            memcpy(row + 2 * i, &h, 2);
        }
}
