/* tensor: devices, and the table of operations that the transformer is made of.
 *
 * Everything is a plain row-major array of float; shapes are in the comments, with the letters
 *   N tokens (rows of all packed sequences)   C channels (d_model)   I/O inputs/outputs of a linear layer
 *   F feed-forward size   H heads   K key/value heads (K divides H)   D head size   V vocabulary   S sequences
 *
 * `struct compute` is a device with its threads, scratch memory and one `struct ops`. ops_ref.c is the specification,
 * written as the equation; the AVX2 and AVX-512 tables overlay it, matrix products go to oneDNN (dnnl.c, the one file
 * that knows it), in bf16 to the tiles of AMX where the CPU has them. The table of a GPU (ops_gpu.c) takes the same calls. Which
 * table: cpu_features(), lowered by DAOGOU_CPU=scalar|avx2|avx512|amx or by the option below. With the same thread count the same
 * call gives the same bits.
 *
 * Every pointer that an op is given is memory of the device: on the CPU any, else of compute_alloc(), which the host cannot
 * read. It gets there and back by compute_upload() and compute_download(); results by value are the host's.
 *
 * Ops do not fail: shapes are checked by the caller, scratch is reserved by compute_reserve() before the first call. When
 * memory is short after all they are slow (the reference), not wrong. A compute serves one thread at a time. Its own threads
 * are OpenMP's, which wait by spinning: on a machine with other work start the program with OMP_WAIT_POLICY=passive.
 * "+=" in a comment means that the result is added to what is there.
 */
#ifndef DAOGOU_TENSOR_H
#define DAOGOU_TENSOR_H

#include "base/base.h"

enum dtype { DTYPE_F32, DTYPE_BF16, DTYPE_Q8 }; /* Q8: int8 rows, one float scale a row: value = scale[row] * q */
size_t dtype_row_bytes(enum dtype type, size_t cols); /* without the scale */

/* A matrix as it lies in memory or in a mapped model file; never owned by this struct. */
struct weight {
    enum dtype dtype;
    uint32_t rows, cols;  /* (O, I) for a linear layer, (V, C) for an embedding */
    const void *data;
    const float *scales;  /* (rows) for Q8, else NULL */
};

enum precision { PRECISION_AUTO, PRECISION_F32, PRECISION_BF16 }; /* of matrix products; AUTO is BF16 where the CPU has it */
enum norm_kind { NORM_LAYER, NORM_RMS };

struct compute_options {
    const char *device;        /* "cpu" (or NULL), "auto", "cuda"; "emulated": the GPU's kernels run by the CPU, for tests */
    int index;                 /* which GPU of those that this process sees, counted round: the rank among the processes of a machine */
    int threads;               /* 0: as many as cores */
    enum precision precision;
    enum cpu_level level;      /* the highest to use; see at_level */
    bool at_level;             /* false: best of this CPU */
};

struct ops;
enum { COMPUTE_BF16_BLOCKS = 8 };
struct compute {
    const struct ops *ops;
    const char *device;        /* "cpu", "cuda", "emulated" */
    const char *description;   /* "cpu, avx512, f32, 2 threads": for people; says why "auto" found no GPU */
    enum cpu_level level;
    enum precision precision;  /* resolved: F32 or BF16 */
    int threads;
    float *scratch;            /* private to the ops */
    size_t scratch_floats;
    struct dnnl_cache *dnnl;   /* private to dnnl.c; NULL at CPU_SCALAR */
    char *packed;              /* private to products_amx.c; grows to the largest product seen */
    size_t packed_bytes;
    struct gpu *gpu;           /* private to ops_gpu.c; NULL: the CPU */
    struct { char *begin, *end; } bf16[COMPUTE_BF16_BLOCKS]; /* private to compute.c: see compute_keep_bf16 */
    struct gpu_group *group;   /* private to gpu_group.c; NULL: none was asked for */
};
/* ERR_USAGE for an unknown device or a level this CPU lacks, and for "cuda" without a usable GPU; "auto" takes the CPU then. threads are set for OpenMP regions of this compute only. */
status compute_new(const struct compute_options *options, struct compute **out);
void compute_free(struct compute *c);
/* Makes sure that `floats` of scratch exist; called by the owner of a plan before running it, never inside a step. */
status compute_reserve(struct compute *c, size_t floats);
/* Memory of the device, zeroed, 64-byte aligned. */
void *compute_alloc(struct compute *c, size_t bytes);
void compute_dealloc(struct compute *c, void *p);
/* Activations in less memory. A device whose products are in bf16 can keep what lies between them so, too: from the call on, arrays in the `bytes` at
 * p, memory of compute_alloc(), are of bf16, and their rows, where an op knows of rows, activation_stride apart, with zeros between them that no op
 * changes. These arguments of ops may lie there: x, y, dx and dy of linear layers, of gelu, swiglu, add, rotary and head_norm; y of embed and norm,
 * dy of norm_backward; qkv, out and their gradients, all or none of a call, with scratch reserved (attention_scratch); logits. They stay `float *` but are
 * no floats: only ops and compute_read() look inside. A GPU takes such arrays with rows of a multiple of 8 elements and heads of 64; a CPU, which
 * needs AMX for it, with heads of a multiple of 32, but not as x and y of stored weights. Other devices, and one with no place to note it, keep floats.
 * Ends with compute_dealloc(p). */
bool compute_can_keep_bf16(const struct compute *c);
void compute_keep_bf16(struct compute *c, void *p, size_t bytes);   /* where it can */
bool compute_is_bf16(const struct compute *c, const void *p);
/* Elements from row to row of an array with rows of `cols`, where it lies; and if it lay in bf16. */
size_t activation_stride(const struct compute *c, const void *p, size_t cols);
size_t bf16_stride(const struct compute *c, size_t cols);
/* To the host as floats (rows, cols), whichever they are. false: memory is short. */
bool compute_read(struct compute *c, float *to, const float *x, size_t rows, size_t cols);
/* Between the host and the device, and on it. Where from and to are one, nothing is done. */
void compute_upload(struct compute *c, void *to, const void *from, size_t bytes);
void compute_download(struct compute *c, void *to, const void *from, size_t bytes);
void compute_copy(struct compute *c, void *to, const void *from, size_t bytes); /* not overlapping */
void compute_zero(struct compute *c, void *p, size_t bytes);
/* The host's side of memory of the device that both use in turn, of the same size: on the CPU p itself, so that uploads and
 * downloads between the two cost nothing. NULL when memory is short. */
void *compute_mirror(struct compute *c, void *p, size_t bytes);
void compute_mirror_free(struct compute *c, void *mirror, void *p);
/* What went wrong on the device since it was opened: ERR_INTERNAL. Ops do not fail, so this is asked once a step. */
status compute_check(struct compute *c);

/* The GPUs of several processes, one each, sum what lies on them without the host: NCCL, looked for when a group is first asked for. One
 * process makes an id, whatever launched them carries it to all, and all join, each as another rank; joining waits for the last.
 * ERR_USAGE: no NCCL, or no device for it. compute_group_sum: x (n) becomes the sum over all, the same bits on each; it waits,
 * and what fails is told by compute_check. */
enum { COMPUTE_GROUP_ID = 128 };
status compute_group_id(struct compute *c, char id[COMPUTE_GROUP_ID]);
status compute_group_join(struct compute *c, const char id[COMPUTE_GROUP_ID], int rank, int size);
void compute_group_sum(struct compute *c, float *x, size_t n);

/* What one large matrix product does a second at its best, by oneDNN or by the table, in GFLOP/s: the limit that other figures are held to. Takes
 * some 0.1 s and 50 MB. 0: the device does not multiply in that precision (a GPU only in its own), or memory is short. */
double compute_peak_gflops(struct compute *c, enum precision p);

/* Packed sequences: sequence s is the rows offsets[s] .. offsets[s+1]-1. Position i of it sees position j iff
 * j < prefix[s] or j <= i (i, j counted inside the sequence): the one mask of this project. */
struct attention_shape {
    uint32_t n_seqs;
    const int32_t *offsets;    /* (S+1), offsets[0] = 0, offsets[S] = N */
    const int32_t *prefix;     /* (S) */
    uint32_t n_heads, n_kv_heads, head_size;
    uint32_t n_tokens, max_len; /* N and the longest sequence, for devices whose offsets the host cannot read; the CPU takes no notice */
};
/* Floats of scratch that attention and attention_backward need for sequences of up to max_len. */
size_t attention_scratch(const struct compute *c, const struct attention_shape *shape, size_t max_len);

struct adamw {
    float learning_rate, beta1, beta2, epsilon, weight_decay; /* decoupled (Loshchilov, Hutter 2019) */
    float correction1, correction2;                           /* 1 - beta^t */
    float gradient_scale;                                     /* multiplies every gradient: clipping, accumulation */
};

struct ops {
    const char *name; /* "scalar", "avx2", "avx512", "amx" */

    /* y (N,O) = x (N,I) w (O,I)^T + bias (O); bias may be NULL. */
    void (*linear)(struct compute *c, float *y, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O);
    /* y (N,O) = onto (N,O) + x w^T + bias: a branch that comes back to its residual stream. y and onto are floats, and not the same. */
    void (*linear_onto)(struct compute *c, float *y, const float *onto, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O);
    /* dx (N,I) = dy (N,O) w (O,I), or += if accumulate. */
    void (*linear_backward_input)(struct compute *c, float *dx, const float *dy, const float *w, size_t N, size_t I, size_t O, bool accumulate);
    /* dw (O,I) = dy^T x, or += if accumulate; dbias (O) += column sums of dy, which may be NULL. */
    void (*linear_backward_weight)(struct compute *c, float *dw, float *dbias, const float *x, const float *dy, size_t N, size_t I, size_t O, bool accumulate);
    /* As linear, for a stored weight of any dtype: f32 and bf16 as they are; Q8 with activations rounded per row to int8
     * (products exact in int32) where VNNI exists, else unpacked. Meant for inference, from N = 1 up. */
    void (*linear_stored)(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N);
    /* dx (N,I) = dy (N,O) w (O,I) for a stored weight, which itself has no gradient (frozen). */
    void (*linear_stored_backward_input)(struct compute *c, float *dx, const float *dy, const struct weight *w, size_t N);

    /* y (N,C) = wte[id] + wpe[position]; wpe NULL: rotary models. Ids are valid (checked by the caller). */
    void (*embed)(struct compute *c, float *y, const int32_t *ids, const int32_t *positions, const float *wte, const float *wpe, size_t N, size_t C);
    /* dwte (V,C)[id] += dy, dwpe (P,C)[position] += dy, in an order that no thread count changes. */
    void (*embed_backward)(struct compute *c, float *dwte, float *dwpe, const float *dy, const int32_t *ids, const int32_t *positions, size_t N, size_t C, size_t V, size_t P);

    /* LayerNorm (Ba et al. 2016): y = (x - mean) rstd gain + bias; RMSNorm (Zhang, Sennrich 2019): y = x rstd gain.
     * mean (N) is written for NORM_LAYER only; rstd (N). bias may be NULL. mean and rstd may be NULL at inference. */
    void (*norm)(struct compute *c, float *y, float *mean, float *rstd, const float *x, const float *gain, const float *bias, size_t N, size_t C, float epsilon, enum norm_kind kind);
    /* dx += ...; dgain (C) += ...; dbias (C) += ... (NULL if there is none). */
    void (*norm_backward)(struct compute *c, float *dx, float *dgain, float *dbias, const float *dy, const float *x, const float *gain, const float *mean, const float *rstd, size_t N, size_t C, enum norm_kind kind);

    /* RMSNorm per head (Qwen3), in place on the H + K heads of D that start each row of x, rows `stride` floats apart, with the first
     * gain for H of them and the second for K. raw (N,(H+K)*D) and rstd (N,H+K) keep what backward needs; both NULL at inference. */
    void (*head_norm)(struct compute *c, float *x, float *raw, float *rstd, const float *q_gain, const float *k_gain, size_t N, size_t stride, size_t H, size_t K, size_t D, float epsilon);
    /* dx is written over the gradient of the result; dgains (D) += ... */
    void (*head_norm_backward)(struct compute *c, float *dx, float *dq_gain, float *dk_gain, const float *raw, const float *rstd, const float *q_gain, const float *k_gain, size_t N, size_t stride, size_t H, size_t K, size_t D);

    /* out (n,C) = mean of rows ranges[2i] .. ranges[2i+1]-1 of x; backward adds to dx (N,C). */
    void (*pool_mean)(struct compute *c, float *out, const float *x, const int32_t *ranges, size_t n, size_t C);
    void (*pool_mean_backward)(struct compute *c, float *dx, const float *dout, const int32_t *ranges, size_t n, size_t N, size_t C);

    /* Rotary positions (Su et al. 2021) in place on `heads` heads of D that start each row of x, rows `stride` floats apart;
     * element i is paired with i + D/2 (the Llama / GPT-NeoX layout), angle position * theta^(-2i/D). inverse: rotates back,
     * which is also the gradient. */
    void (*rotary)(struct compute *c, float *x, const int32_t *positions, size_t N, size_t stride, size_t heads, size_t D, float theta, bool inverse);

    /* out (N,H*D) = softmax(q k^T / sqrt(D) + M) v per head; qkv (N,(H+2K)*D): q heads, k heads, v heads; head h reads
     * kv head h / (H/K). lse (N,H): log of the softmax's denominator, kept for backward; NULL at inference. */
    void (*attention)(struct compute *c, float *out, float *lse, const float *qkv, const struct attention_shape *shape);
    /* dqkv (N,(H+2K)*D) is overwritten. */
    void (*attention_backward)(struct compute *c, float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv, const struct attention_shape *shape);
    /* One new position: q (H*D) against `length` cached rows, keys and values (length, K*D) each; out (H*D). */
    void (*attention_step)(struct compute *c, float *out, const float *q, const float *keys, const float *values, size_t length, uint32_t n_heads, uint32_t n_kv_heads, uint32_t head_size);

    /* GELU, tanh form (Hendrycks, Gimpel 2016; GPT-2). n elements. */
    void (*gelu)(struct compute *c, float *y, const float *x, size_t n);
    void (*gelu_backward)(struct compute *c, float *dx, const float *dy, const float *x, size_t n);
    /* SwiGLU (Shazeer 2020): x (N,2F) is [gate | up] per row; y (N,F) = silu(gate) * up. */
    void (*swiglu)(struct compute *c, float *y, const float *x, size_t N, size_t F);
    void (*swiglu_backward)(struct compute *c, float *dx, const float *dy, const float *x, size_t N, size_t F);

    /* x = tanh(x); dx *= 1 - y^2 with y that tanh. */
    void (*tanh)(struct compute *c, float *x, size_t n);
    void (*tanh_backward)(struct compute *c, float *dx, const float *y, size_t n);

    /* x *= factor */
    void (*scale)(struct compute *c, float *x, size_t n, float factor);
    /* y += x */
    void (*add)(struct compute *c, float *y, const float *x, size_t n);
    /* x = 0 with probability p, else x / (1-p); element i's fate is a hash of (seed, i), so that the same call on the
     * gradient is the backward pass and no mask is stored. */
    void (*dropout)(struct compute *c, float *x, size_t n, float p, uint64_t seed);

    /* Rows of logits (M,V) with target t: loss[m] = -log softmax(logits)[t]; logits become their own gradient times scale
     * ((softmax - onehot) * scale). target < 0: loss 0, gradient row 0. With backward false logits are left alone. */
    void (*cross_entropy)(struct compute *c, float *loss, float *logits, const int32_t *targets, size_t M, size_t V, float scale, bool backward);
    /* How many of M rows have no logit above that of their target; rows with a target < 0 do not count. */
    size_t (*count_top)(struct compute *c, const float *logits, const int32_t *targets, size_t M, size_t V);

    /* One pass over n parameters; m and v are the moments. decay is per call. */
    void (*adamw)(struct compute *c, float *params, const float *grads, float *m, float *v, size_t n, const struct adamw *how);
    double (*sum_of_squares)(struct compute *c, const float *x, size_t n); /* fixed order for a thread count */

    /* scores[i] = dot(query, vectors + i*dim) in int32; the exact scan of the vector index. dim a multiple of 32. */
    void (*scan_i8)(struct compute *c, int32_t *scores, const int8_t *query, const int8_t *vectors, size_t n, size_t dim);
};

/* Round to nearest even; row scale = max|x| / 127 (0 for an all-zero row). */
void quantize_q8(int8_t *q, float *scales, const float *x, size_t rows, size_t cols);
void weight_row_f32(float *out, const struct weight *w, size_t row); /* one row, unpacked: embeddings of tokens at inference */
uint16_t bf16_from_f32(float x);  /* nearest even; NaN stays NaN */
float bf16_to_f32(uint16_t b);

#endif
