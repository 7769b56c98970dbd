#include "tensor_int.h"

void ops_overlay_avx2(struct ops *table)
{
    table->linear = linear_dnnl;
    table->linear_backward_input = linear_backward_input_dnnl;
    table->linear_backward_weight = linear_backward_weight_dnnl;
}
