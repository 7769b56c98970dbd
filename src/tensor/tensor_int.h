/* Private to the room tensor: what its files say to one another. */
#ifndef DAOGOU_TENSOR_INT_H
#define DAOGOU_TENSOR_INT_H

#include "dropout_hash.h"
#include "gpu.h"
#include "tensor/tensor.h"

enum {
    COMPUTE_MAX_THREADS = 256,
    MIN_SCRATCH_FLOATS = 1 << 20,  /* every op but attention works in chunks that fit in this */
    ATTENTION_ROWS = 32,           /* queries of a tile */
    ATTENTION_PAD = 16,            /* columns of a tile are a multiple of this */
    ATTENTION_TILE_ROWS = 64       /* queries of a block, on the tiles of AMX */
};

extern const struct ops ops_scalar;
/* Each replaces the entries that it has something faster for. */
void ops_overlay_avx2(struct ops *table);
void ops_overlay_avx512(struct ops *table);
void ops_overlay_amx(struct ops *table);
void overlay_rows_amx(struct ops *table);        /* parts of it */
void overlay_attention_amx(struct ops *table);
void round_to_bf16_avx2(uint16_t *out, const float *x, size_t n);
void round_to_bf16_avx512(uint16_t *out, const float *x, size_t n);
/* sums (width) += N rows of x, `stride` floats apart. */
void add_rows_avx2(float *sums, const float *x, size_t N, size_t stride, size_t width);
void add_rows_avx512(float *sums, const float *x, size_t N, size_t stride, size_t width);
void attention_avx512(struct compute *c, float *out, float *lse, const float *qkv, const struct attention_shape *shape);
void attention_backward_avx512(struct compute *c, float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv, const struct attention_shape *shape);
void linear_stored_avx512(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N);
void overlay_vnni(struct ops *table);   /* part of AVX-512, on CPUs that have VNNI */

/* ---- the specification, for tables that have nothing faster (ops_ref.c) ---- */

void linear_ref(struct compute *c, float *y, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O);
void linear_backward_input_ref(struct compute *c, float *dx, const float *dy, const float *w, size_t N, size_t I, size_t O, bool accumulate);
void linear_backward_weight_ref(struct compute *c, float *dw, float *dbias, const float *x, const float *dy, size_t N, size_t I, size_t O, bool accumulate);

/* Columns of position i of a sequence of T that it sees: the mask of tensor.h as one number. */
static inline size_t attention_visible(size_t i, size_t T, int32_t prefix)
{
    size_t n = prefix > 0 && (size_t)prefix > i + 1 ? (size_t)prefix : i + 1;
    return n < T ? n : T;
}

static inline size_t attention_longest(const struct attention_shape *shape)
{
    int32_t T = 0;
    for (size_t s = 0; s < shape->n_seqs; s++)
        if (shape->offsets[s + 1] - shape->offsets[s] > T) T = shape->offsets[s + 1] - shape->offsets[s];
    return (size_t)T;
}
/* More multiplications than are worth leaving to one thread. */
static inline bool attention_worth_sharing(const struct attention_shape *shape)
{
    return (size_t)shape->offsets[shape->n_seqs] * attention_longest(shape) * shape->n_heads * shape->head_size > 1 << 18;
}

/* Floats of scratch of one thread in attention: see struct attention_job. */
static inline size_t attention_pad(size_t n)
{
    return (n + ATTENTION_PAD - 1) / ATTENTION_PAD * ATTENTION_PAD;
}
/* Rows of tiles are an odd number of cache lines apart, so that a column does not fall into few sets of the cache. */
static inline size_t attention_width(size_t n)
{
    return (n + 2 * ATTENTION_PAD - 1) / (2 * ATTENTION_PAD) * (2 * ATTENTION_PAD) + ATTENTION_PAD;
}
static inline size_t attention_job_floats(size_t max_len, size_t D)
{
    size_t width = attention_width(max_len), padded = attention_pad(D);
    return 2 * D * width + max_len * padded + 2 * ATTENTION_ROWS * (width + padded);
}

size_t attention_tiles_floats(size_t max_len, size_t D);   /* the same on the tiles of AMX (attention_amx.c) */

/* ---- GPUs (ops_gpu.c) ---- */

/* Fills the table, c->gpu, precision and name; ERR_USAGE with the reason when there is none. emulated: see gpu_emulated.c. */
status gpu_open(struct compute *c, struct ops *table, const struct compute_options *o, bool emulated);
void gpu_close(struct compute *c);
void group_free(struct compute *c);   /* gpu_group.c; before the device is closed */

/* ---- matrix products by oneDNN (dnnl.c) ---- */

struct dnnl_cache;
status dnnl_cache_new(enum precision precision, struct dnnl_cache **out);
void dnnl_cache_free(struct dnnl_cache *d);
void linear_dnnl(struct compute *c, float *y, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O);
void linear_backward_input_dnnl(struct compute *c, float *dx, const float *dy, const float *w, size_t N, size_t I, size_t O, bool accumulate);
void linear_backward_weight_dnnl(struct compute *c, float *dw, float *dbias, const float *x, const float *dy, size_t N, size_t I, size_t O, bool accumulate);
/* y (N, ldy) columns 0..O-1 = x (N,I) w (O,I)^T, in float32 whatever the precision; false if oneDNN refuses (out of memory). */
bool product_f32(struct compute *c, float *y, size_t ldy, const float *x, const float *w, size_t N, size_t I, size_t O);
/* The same with w in bf16 and x rounded to it. */
bool product_bf16(struct compute *c, float *y, const float *x, const void *w, size_t N, size_t I, size_t O);
/* dx (N, ldx) columns 0..I-1 = dy (N,O) w (O,I), in float32 whatever the precision. */
bool product_input_f32(struct compute *c, float *dx, size_t ldx, const float *dy, const float *w, size_t N, size_t I, size_t O);
/* dx (N,I), with w in bf16 and dy rounded to it. */
bool product_input_bf16(struct compute *c, float *dx, const float *dy, const void *w, size_t N, size_t I, size_t O);
/* The same as product_f32 in int8 with exact sums: y (N,O), rows of x and w ldx and ldw bytes apart; only for CPUs with VNNI. Runs on the
 * calling thread. */
bool product_i8(int32_t *y, const int8_t *x, size_t ldx, const int8_t *w, size_t ldw, size_t N, size_t I, size_t O);
/* y = a b, all (side, side), as oneDNN does it with threads of its own; of bf16, a and b are only the memory. */
bool product_peak(struct compute *c, float *y, const float *a, const float *b, size_t side, enum precision precision);

#endif
