/* Private to the room tensor: kernels written once, for nvcc and for the processor.
 *
 * A kernel is a sequence of phases. Inside PHASE { ... } all threads of a block run, each knowing itself as `thread`; a barrier ends
 * the phase. Outside of phases nothing knows the thread, so loops round phases are the same for the whole block and no barrier can
 * be missed by some of its threads. What a thread remembers from phase to phase is declared by LOCAL or LOCALS and read by MY;
 * what the block shares, by SHARED. A phase is left by its end or by `continue` only.
 *
 * On the processor a phase is a loop over the threads, and no context is ever switched. It runs forwards in one launch and
 * backwards in the next: a kernel that reads in a phase what another thread writes in the same one gives other bits then, which
 * is how the tests find a missing barrier.
 */
#ifndef DAOGOU_GPU_DIALECT_H
#define DAOGOU_GPU_DIALECT_H

#include "gpu.h"

#ifdef __CUDACC__

#pragma nv_diag_suppress 177   /* a phase that needs `thread` only inside MY does not mention it here */
#define ON_DEVICE static __device__ __forceinline__
#define KERNEL(name) static __global__ void __launch_bounds__(GPU_BLOCK) name##_kernel(const struct name##_args a)
#define BLOCK_INDEX ((size_t)blockIdx.x)
#define SHARED __shared__
#define SHARED_WIDE __shared__ __align__(32)   /* as tensor cores want it */
#define PHASE for (size_t thread = threadIdx.x, once_ = 1; once_; once_ = 0, __syncthreads())
#define LOCAL(type, name) type name[1]
#define LOCALS(type, name, n) type name[1][n]
#define MY(name) name[0]
#define UNROLL _Pragma("unroll")

#else

static _Thread_local size_t emulated_block;
static _Thread_local bool emulated_backwards;

#define ON_DEVICE static
#define KERNEL(name) static void name##_kernel(const struct name##_args a)
#define BLOCK_INDEX emulated_block
#define SHARED
#define SHARED_WIDE
#define PHASE                                              \
    for (size_t step_ = 0, thread; step_ < GPU_BLOCK && (thread = emulated_backwards ? GPU_BLOCK - 1 - step_ : step_, true); step_++)
#define LOCAL(type, name) type name[GPU_BLOCK]
#define LOCALS(type, name, n) type name[GPU_BLOCK][n]
#define MY(name) name[thread]
#define UNROLL

#endif

/* Folds what every thread left in part (GPU_BLOCK) to 16 numbers in level, from which level_sum or level_max makes one in any later
 * phase: every thread by itself, in an order that never changes. */
#define REDUCE(combine, part, level)                                                                        \
    PHASE                                                                                                   \
    {                                                                                                       \
        if (thread < 16) {                                                                                  \
            (level)[thread] = (part)[thread];                                                               \
            for (size_t i_ = thread + 16; i_ < GPU_BLOCK; i_ += 16) (level)[thread] = combine((level)[thread], (part)[i_]); \
        }                                                                                                   \
    }

ON_DEVICE float plus(float x, float y)
{
    return x + y;
}
/* NaN wins, so that it is seen in what is computed from a maximum. */
ON_DEVICE float larger(float x, float y)
{
    return x > y || x != x ? x : y;
}
ON_DEVICE float level_sum(const float *level)
{
    float sum = level[0];
    for (size_t i = 1; i < 16; i++) sum += level[i];
    return sum;
}
ON_DEVICE float level_max(const float *level)
{
    float top = level[0];
    for (size_t i = 1; i < 16; i++) top = larger(top, level[i]);
    return top;
}

#endif
