/* Rows of scores on their way through a softmax. */
#ifndef DAOGOU_TENSOR_SOFTMAX_ROWS_H
#define DAOGOU_TENSOR_SOFTMAX_ROWS_H

#include "vector.h"

INLINE float row_largest(const float *x, size_t n)
{
    vf largest = v_set(-INFINITY);
    for (size_t i = 0; i < n; i += VW) largest = v_max(largest, v_clip(v_get(x + i, n - i), n - i, largest));
    return v_largest(largest);
}

/* x = e^(scale x - shift) on the first n columns, zero from there to `width`; returns the sum. */
INLINE float exp_row(float *x, float scale, float shift, size_t n, size_t width)
{
    vf sum = v_zero();
    for (size_t i = 0; i < width; i += VW) {
        vf e = i < n ? v_clip(v_exp(v_sub(v_mul(v_load(x + i), v_set(scale)), v_set(shift))), n - i, v_zero()) : v_zero();
        sum = v_add(sum, e);
        v_store(x + i, e);
    }
    return v_sum(sum);
}

INLINE void scale_row(float *x, float factor, size_t n)
{
    for (size_t i = 0; i < n; i += VW) v_put(x + i, v_mul(v_get(x + i, n - i), v_set(factor)), n - i);
}

/* dout out, rows of D */
INLINE float row_delta(const void *dout, const void *out, size_t D, bool bf16)
{
    vf sum = v_zero();
    for (size_t i = 0; i < D; i += VW) sum = v_fma(a_get(dout, i, D - i, bf16), a_get(out, i, D - i, bf16), sum);
    return v_sum(sum);
}

/* From scores s and dp = dout v of one row: p = e^(scale s - lse) and ds = p (dp - delta) scale, in place. n positions are seen, the
 * columns up to `width` become zero. */
INLINE void softmax_row_backward(float *p, float *ds, float row_delta, float lse, float scale, size_t n, size_t width)
{
    exp_row(p, scale, lse, n, width);
    vf delta = v_set(row_delta), factor = v_set(scale);
    for (size_t i = 0; i < width; i += VW) v_store(ds + i, v_mul(v_mul(v_load(p + i), factor), v_sub(v_load(ds + i), delta)));
}

#endif
