/* The kernels for eight floats at a time. */
#include "ops_tmpl.h"
#include "attention_tmpl.h"
#include "linear_tmpl.h"

void ops_overlay_avx2(struct ops *table)
{
    overlay_rows(table);
    overlay_attention(table);
    overlay_linear(table);
}
