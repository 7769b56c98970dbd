/* In the place of gpu_cuda.cu where the CUDA compiler is missing. */
#include "gpu.h"

#include <stdio.h>

const bool gpu_cuda_built = false;

struct gpu *gpu_cuda_open(int index, char *why, size_t n)
{
    (void)index;
    snprintf(why, n, "this program was built without CUDA");
    return NULL;
}
