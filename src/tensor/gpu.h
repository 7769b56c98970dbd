/* Private to the room tensor: what the table of operations (ops_gpu.c) asks of a device with memory and kernels of its own.
 *
 * There are two such devices. gpu_cuda.cu is an NVIDIA GPU: cudart, and cuBLASLt for matrix products. gpu_emulated.c runs the same
 * kernels, the same lines of gpu_kernels.h and gpu_attention.h, on the processor, with memory that nobody else can touch: on every
 * machine it checks the kernels' arithmetic, their barriers, and that no code reads a device's memory behind its back.
 * This header and the kernels are written in what C and CUDA C have in common.
 */
#ifndef DAOGOU_GPU_H
#define DAOGOU_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GPU_BLOCK = 256,          /* threads of every block */
    GPU_TILE = 64,            /* rows and columns of a tile of attention */
    GPU_TALL = 128,           /* rows that a block owns where heads have 64 elements: 16 a warp */
    GPU_SLICE = 32,           /* elements of a row that a tile holds at a time */
    GPU_STORED_ROWS = 8,      /* outputs of a block of stored_rows */
    GPU_COLUMNS = 256,        /* columns of a block of column_partials */
    GPU_CHUNKS = 128,          /* partial sums of a column, at most */
    GPU_SQUARES = 1024,       /* partial sums of sum_of_squares */
    GPU_ROWS = 8,             /* rows of a block that gives each row a warp */
    GPU_EIGHT = 8             /* elements that a thread moves at once */
};

/* ---- arguments of the kernels; shapes as in tensor.h ------------------------------------------------------------- */

/* An array of float32, or narrow: of bf16. */
struct gpu_array { void *at; bool narrow; };

/* By GPU_EIGHT elements a thread. */
struct gelu_args { struct gpu_array y, x; size_t n; };
struct gelu_backward_args { struct gpu_array dx, dy, x; size_t n; };
struct swiglu_args { struct gpu_array y, x; size_t n, F; };                       /* n = N*F */
struct swiglu_backward_args { struct gpu_array dx, dy, x; size_t n, F; };
struct scale_args { float *x; size_t n; float factor; };
struct add_args { struct gpu_array y, x; size_t n; };
struct add_bias_args { struct gpu_array y; const float *bias; size_t n, O; };               /* n = N*O */
struct dropout_args { float *x; size_t n; uint32_t limit; float scale; uint64_t seed; };
struct tanh_args { float *x; size_t n; };
struct tanh_backward_args { float *dx; const float *y; size_t n; };
struct adamw_args { float *params; const float *grads; float *m, *v; size_t n; float rate, beta1, beta2, epsilon, decay, correction1, correction2, scale; };

/* out (rows, ld) in bf16 or float32, columns from `cols` on zero. type is that of data: enum dtype. */
struct unpack_args { void *out; const void *data; const float *scales; size_t rows, cols, ld; int type; bool to_bf16; };
/* float32 to bf16, by GPU_EIGHT a thread: n floats as they lie; or rows of `cols` that become `ld` apart, a multiple of GPU_EIGHT, n being rows * ld. */
struct round_args { uint16_t *out; const float *in; size_t n; };
struct round_rows_args { uint16_t *out; const float *in; size_t n, cols, ld; };
/* out (n) = the sum of `parts` arrays that lie one after the other, or +=; by GPU_EIGHT a thread. */
struct sum_parts_args { float *out; const float *partials; size_t n, parts; bool accumulate; };
struct narrow_args { float *out; const float *in; size_t n, cols, ld; };          /* out (rows, cols) = the first columns of in (rows, ld); n = rows*cols */
/* linear_stored for few rows: a block for GPU_STORED_ROWS outputs of one row of x. */
struct stored_rows_args { float *y; const float *x, *bias; const void *data; const float *scales; size_t I, O; int type; };

struct embed_args { struct gpu_array y; const int32_t *ids, *positions; const float *wte, *wpe; size_t n, C; };                  /* n = N*C */
struct embed_backward_args { float *dtable; const float *dy; const int32_t *ids, *first, *count; size_t N, C; };                       /* a block a row */
/* Where each id of a table comes first (N - row, so that 0 is nowhere), and how often: both zeroed before. */
struct embed_count_args { int32_t *first, *count; const int32_t *ids; size_t N; };
struct norm_args { struct gpu_array y; float *mean, *rstd; const float *x, *gain, *bias; size_t N, C; float epsilon; bool centred; };  /* a warp a row */
struct norm_backward_args { float *dx; struct gpu_array dy; const float *x, *gain, *mean, *rstd; size_t N, C; };
/* sums[chunk] (C) += of rows of dy, gains[chunk] (C) of dy xhat; row r is head r % heads of token r / heads, tokens being
 * dy_stride and x_stride floats apart and `all_heads` values of rstd. gains NULL: sums only; sums NULL: gains only.
 * With ids only the rows of id `only` count (heads 1). */
struct column_partials_args { float *sums, *gains; struct gpu_array dy; const float *x, *mean, *rstd; size_t rows, C, chunk, heads, dy_offset, dy_stride, x_stride, all_heads; const int32_t *ids; int32_t only; };
struct column_totals_args { float *totals; const float *partials; size_t C, chunks; };
struct head_norm_args { struct gpu_array x; float *raw, *rstd; const float *q_gain, *k_gain; size_t stride, H, heads, D; float epsilon; }; /* a block a token */
struct head_norm_backward_args { struct gpu_array dx; const float *raw, *rstd, *q_gain, *k_gain; size_t stride, H, heads, D; };
struct rotary_args { struct gpu_array x; const int32_t *positions; size_t n, stride, heads, D; double theta; bool inverse; };    /* n = N*D/2 */
struct pool_mean_args { float *out; const float *x; const int32_t *ranges; size_t C; };                                /* a block a range */
struct pool_mean_backward_args { float *dx; const float *dout; const int32_t *ranges; size_t n, C; };                  /* a block a row of dx */
struct cross_entropy_args { float *loss; struct gpu_array logits; const int32_t *targets; size_t V, ld; float scale; bool backward; };     /* a block a row of ld elements, of which the gradient beyond V is 0 */
struct count_top_args { int32_t *hits; struct gpu_array logits; const int32_t *targets; size_t first, V, ld; };
struct squares_args { double *partials; const float *x; size_t n; };
struct scan_i8_args { int32_t *scores; const int8_t *query, *vectors; size_t n, dim; };

struct gpu_attention_shape { const int32_t *offsets, *prefix; size_t n_seqs, tiles, talls, H, K, D; }; /* tiles, and tall ones, of the longest sequence */
struct attention_args { float *out, *lse; const float *qkv; struct gpu_attention_shape s; };
struct attention_delta_args { float *delta; struct gpu_array dout, out; size_t n, D; };            /* n = N*H */
struct attention_queries_args { float *dqkv; const float *dout, *lse, *delta, *qkv; struct gpu_attention_shape s; };
struct attention_keys_args { float *dqkv; const float *dout, *lse, *delta, *qkv; struct gpu_attention_shape s; };
struct attention_bf16_args { float *out, *lse; const float *qkv; struct gpu_attention_shape s; };
struct attention_queries_bf16_args { float *dqkv; const float *dout, *lse, *delta, *qkv; struct gpu_attention_shape s; };
struct attention_keys_bf16_args { float *dqkv; const float *dout, *lse, *delta, *qkv; struct gpu_attention_shape s; };
struct attention_64_args { struct gpu_array out; float *lse; const uint16_t *qkv; struct gpu_attention_shape s; };
struct attention_queries_64_args { struct gpu_array dqkv; const float *lse, *delta; const uint16_t *dout, *qkv; struct gpu_attention_shape s; };
struct attention_keys_64_args { struct gpu_array dqkv; const float *lse, *delta; const uint16_t *dout, *qkv; struct gpu_attention_shape s; };
struct attention_step_args { float *out; const float *q, *keys, *values; size_t length, H, K, D; };

#define GPU_KERNELS(X)                                                                                                           \
    X(gelu) X(gelu_backward) X(swiglu) X(swiglu_backward) X(scale) X(add) X(add_bias) X(dropout) X(tanh) X(tanh_backward) X(adamw)        \
    X(unpack) X(round) X(round_rows) X(narrow) X(sum_parts) X(stored_rows) X(embed) X(embed_count) X(embed_backward) X(norm) X(norm_backward) X(column_partials)              \
    X(column_totals) X(head_norm) X(head_norm_backward) X(rotary) X(pool_mean) X(pool_mean_backward) X(cross_entropy)            \
    X(count_top) X(squares) X(scan_i8) X(attention) X(attention_delta) X(attention_queries) X(attention_keys) X(attention_step) \
    X(attention_bf16) X(attention_queries_bf16) X(attention_keys_bf16) X(attention_64) X(attention_queries_64) X(attention_keys_64)

#define GPU_KERNEL_ID(name) GPU_##name,
enum gpu_kernel { GPU_KERNELS(GPU_KERNEL_ID) GPU_KERNEL_COUNT };

/* ---- a device ---------------------------------------------------------------------------------------------------- */

/* out (M,N) = op(a) (M,K) op(b) (K,N) + bias (N), with accumulate + onto (M,N), which may be out; row-major; a transposed operand lies as (K,M) or (N,K). Rows of a and b
 * are lda and ldb elements apart, bf16 or float32; those of out N elements, float32 or bf16 (narrow). bias is of out's type, or NULL. parts > 1: K of parts are multiplied for themselves, part p being K rows further in both operands, which are a transposed and b not; their
 * results, float32, lie one after the other. */
struct gpu_product { void *out; const void *onto, *a, *b, *bias; size_t M, N, K, lda, ldb, parts; bool transpose_a, transpose_b, accumulate, bf16, narrow; };

/* Calls are queued in order; download waits for them. Nothing fails at once: the first error stays, in `error`, and the caller of
 * a step asks for it (compute_check). */
struct gpu_group;
struct gpu {
    char error[160];          /* "" while all is well */
    char name[96];            /* of the device, for people */
    uint64_t writes;          /* calls that may have changed memory of the device, so that what was made of it is known to be current */
    struct { const void *of, *at; size_t rows, cols; uint64_t writes; } rounded;   /* what lies in bf16 at the start of the scratch */
    void *(*alloc)(struct gpu *g, size_t bytes);   /* zeroed; NULL when memory is short */
    void (*dealloc)(struct gpu *g, void *p);
    void (*upload)(struct gpu *g, void *to, const void *from, size_t bytes);
    void (*download)(struct gpu *g, void *to, const void *from, size_t bytes);
    void (*copy)(struct gpu *g, void *to, const void *from, size_t bytes);   /* both on the device, not overlapping */
    void (*zero)(struct gpu *g, void *p, size_t bytes);
    void (*launch)(struct gpu *g, enum gpu_kernel kernel, size_t blocks, const void *args);
    bool (*product)(struct gpu *g, const struct gpu_product *p);            /* false: not with this bias; nothing was done */
    void (*group_sum)(struct gpu *g, struct gpu_group *group, float *x, size_t n);   /* queued and waited for */
    void (*close)(struct gpu *g);
};

/* ---- several processes (gpu_group.c) ----------------------------------------------------------------------------- */

/* NCCL by the few functions in use, bound late: no build needs its headers, no start its library. Its interface has kept these since
 * version 2.0; where nccl.h is there, gpu_cuda.cu checks them against it. */
enum { GPU_GROUP_ID = 128, NCCL_SUCCESS = 0, NCCL_IN_PROGRESS = 7, NCCL_FLOAT32 = 7, NCCL_SUM = 0 };
struct gpu_group_id { char bytes[GPU_GROUP_ID]; };
struct gpu_group {
    void *library, *communicator;
    int (*get_unique_id)(struct gpu_group_id *id);
    int (*init_rank)(void **communicator, int size, struct gpu_group_id id, int rank);
    int (*all_reduce)(const void *from, void *to, size_t n, int type, int operation, void *communicator, void *stream);
    int (*async_error)(void *communicator, int *error);
    int (*abort)(void *communicator);
    const char *(*error_string)(int error);
};

#ifdef __cplusplus
extern "C" {
#endif
/* NULL when there is no such device, the reason in why: half a sentence. */
extern const bool gpu_cuda_built;
struct gpu *gpu_cuda_open(int index, char *why, size_t n);
struct gpu *gpu_emulated_open(char *why, size_t n);
/* x += that of the others, queued on a stream. The first error stays in `error`. */
void gpu_group_reduce(struct gpu *g, struct gpu_group *group, float *x, size_t n, void *stream);
/* Asked while a sum is under way: false when it cannot end any more, because of a rank or the network; then it was called off. */
bool gpu_group_goes_on(struct gpu *g, struct gpu_group *group);
#ifdef __cplusplus
}
#endif

#endif
