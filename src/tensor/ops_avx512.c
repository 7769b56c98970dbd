/* The kernels for sixteen floats at a time. */
#include "ops_tmpl.h"
#include "attention_tmpl.h"
#include "linear_tmpl.h"

void linear_stored_avx512(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    linear_stored(c, y, x, w, bias, N);
}

void attention_avx512(struct compute *c, float *out, float *lse, const float *qkv, const struct attention_shape *shape)
{
    attention(c, out, lse, qkv, shape);
}

void attention_backward_avx512(struct compute *c, float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv, const struct attention_shape *shape)
{
    attention_backward(c, dqkv, dout, out, lse, qkv, shape);
}

void add_rows_avx512(float *sums, const float *x, size_t N, size_t stride, size_t width)
{
    for (size_t n = 0; n < N; n++) row_add(sums, x + n * stride, width);
}

void round_to_bf16_avx512(uint16_t *out, const float *x, size_t n)
{
    round_to_bf16(out, x, n);
}

void ops_overlay_avx512(struct ops *table)
{
    overlay_rows(table);
    overlay_attention(table);
    overlay_linear(table);
    if (cpu_features()->vnni) overlay_vnni(table);
}
