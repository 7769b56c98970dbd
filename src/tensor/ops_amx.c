/* Rows and elements where activations may lie in bf16: the kernels of AVX-512, compiled once more with the instructions that round. */
#include "ops_tmpl.h"

void overlay_rows_amx(struct ops *table)
{
    overlay_rows(table);
}
