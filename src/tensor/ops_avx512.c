/* The kernels for sixteen floats at a time. */
#include "ops_tmpl.h"
#include "attention_tmpl.h"
#include "linear_tmpl.h"

void linear_stored_avx512(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    linear_stored(c, y, x, w, bias, N);
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
