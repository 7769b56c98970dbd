/* The kernels for eight floats at a time. */
#include "ops_tmpl.h"
#include "attention_tmpl.h"
#include "linear_tmpl.h"

void add_rows_avx2(float *sums, const float *x, size_t N, size_t stride, size_t width)
{
    for (size_t n = 0; n < N; n++) row_add(sums, x + n * stride, width);
}

void round_to_bf16_avx2(uint16_t *out, const float *x, size_t n)
{
    round_to_bf16(out, x, n);
}

void ops_overlay_avx2(struct ops *table)
{
    overlay_rows(table);
    overlay_attention(table);
    overlay_linear(table);
}
