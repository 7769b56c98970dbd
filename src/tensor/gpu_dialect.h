/* Private to the room tensor: kernels written once, for nvcc and for the processor.
 *
 * A kernel is a sequence of phases. Inside PHASE { ... } all threads of a block run, each knowing itself as `thread`; a barrier ends
 * the phase. Outside of phases nothing knows the thread, so loops round phases are the same for the whole block and no barrier can
 * be missed by some of its threads. What a thread remembers from phase to phase is declared by LOCAL or LOCALS and read by MY;
 * what the block shares, by SHARED. A phase is left by its end or by `continue` only.
 *
 * EACH is a phase without the barrier, for what a thread does with its own values; BARRIER is the barrier alone. Between phases stand
 * collectives: functions in which the 32 threads of a warp work together (sums over lanes, products by tensor cores). WARP_IF keeps
 * warps out of what their masks would make nothing of; on the processor all go in, and the masks are tested.
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
#define KERNEL_DENSE(name, blocks) static __global__ void __launch_bounds__(GPU_BLOCK, blocks) name##_kernel(const struct name##_args a) /* registers for so many on a multiprocessor */
#define BLOCK_INDEX ((size_t)blockIdx.x)
#define SHARED __shared__
#define SHARED_WIDE __shared__ __align__(32)   /* as tensor cores want it */
#define PHASE for (size_t thread = threadIdx.x, once_ = 1; once_; once_ = 0, __syncthreads())
#define EACH for (size_t thread = threadIdx.x, once_ = 1; once_; once_ = 0)
#define BARRIER __syncthreads();
#define WARP_IF(condition) if (condition)
#define ATOMIC_ADD(p, x) atomicAdd(p, x)
#define ATOMIC_MAX(p, x) atomicMax(p, x)
#define WARP_INDEX ((size_t)(threadIdx.x / 32))
#define LOCAL(type, name) type name[1]
#define LOCALS(type, name, n) type name[1][n]
#define MY(name) name[0]
#define UNROLL _Pragma("unroll")
#define UNROLL_4 _Pragma("unroll 4")

#else

static _Thread_local size_t emulated_block;
static _Thread_local bool emulated_backwards;

#define ON_DEVICE static
#define KERNEL(name) static void name##_kernel(const struct name##_args a)
#define KERNEL_DENSE(name, blocks) KERNEL(name)
#define BLOCK_INDEX emulated_block
#define SHARED
#define SHARED_WIDE
#define PHASE                                              \
    for (size_t step_ = 0, thread; step_ < GPU_BLOCK && (thread = emulated_backwards ? GPU_BLOCK - 1 - step_ : step_, true); step_++)
#define EACH PHASE
#define BARRIER
#define WARP_IF(condition)
#define ATOMIC_ADD(p, x) (*(p) += (x))
#define ATOMIC_MAX(p, x) (*(p) = *(p) > (x) ? *(p) : (x))
#define LOCAL(type, name) type name[GPU_BLOCK]
#define LOCALS(type, name, n) type name[GPU_BLOCK][n]
#define MY(name) name[thread]
#define UNROLL
#define UNROLL_4

#endif

/* Folds what every thread left in part (GPU_BLOCK) to 16 numbers in level, from which level_sum or level_max makes one in any later
 * phase: every thread by itself, in an order that never changes. */
#ifdef __CUDACC__
#define REDUCE(combine, part, level)                                                                        \
    PHASE                                                                                                   \
    {                                                                                                       \
        float x_ = (part)[thread];                                                                          \
        UNROLL                                                                                              \
        for (int lane_ = 8; lane_ > 0; lane_ /= 2) x_ = combine(x_, __shfl_xor_sync(0xffffffffu, x_, lane_)); \
        if (thread % 16 == 0) (level)[thread / 16] = x_;                                                    \
    }
#else
#define REDUCE(combine, part, level)                                                                        \
    PHASE                                                                                                   \
    {                                                                                                       \
        if (thread < 16) {                                                                                  \
            (level)[thread] = (part)[thread];                                                               \
            for (size_t i_ = thread + 16; i_ < GPU_BLOCK; i_ += 16) (level)[thread] = combine((level)[thread], (part)[i_]); \
        }                                                                                                   \
    }
#endif

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

ON_DEVICE size_t least(size_t x, size_t y)
{
    return x < y ? x : y;
}

/* i / d, by the short division where it does: the long one costs more than reading an element. */
ON_DEVICE size_t quotient(size_t i, size_t d)
{
    return i <= 0xffffffffu && d <= 0xffffffffu ? (uint32_t)i / (uint32_t)d : i / d;
}

/* A collective: x of each thread becomes the sum over its warp. */
ON_DEVICE void warp_sum(float *x)
{
#ifdef __CUDACC__
    UNROLL
    for (int lane = 16; lane > 0; lane /= 2) *x += __shfl_xor_sync(0xffffffffu, *x, lane);
#else
    for (size_t first = 0; first < GPU_BLOCK; first += 32) {
        float sum = 0;
        for (size_t i = first; i < first + 32; i++) sum += x[i];
        for (size_t i = first; i < first + 32; i++) x[i] = sum;
    }
#endif
}

#endif
