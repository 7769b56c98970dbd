/* Private to room model. */
#ifndef DAOGOU_MODEL_INT_H
#define DAOGOU_MODEL_INT_H

#include "model/model.h"

/* ---- the network: parameters by role ----------------------------------------------------------------------------- */

struct linear {
    const struct parameter *weight, *bias; /* bias NULL: none */
    const struct parameter *lora_a, *lora_b; /* NULL: no adapter */
};
struct norm {
    const struct parameter *gain, *bias;   /* bias NULL: RMSNorm */
};
struct layer {
    struct norm attention_norm, q_norm, k_norm, ffn_norm; /* q_norm.gain NULL: no qk_norm */
    struct linear qkv, out, ffn_in, ffn_out;
};
struct network {
    const struct parameter *embedding, *positions, *output; /* positions NULL: rotary; output == embedding when tied */
    const struct parameter *overlap;                        /* (OVERLAP_KINDS, C), or NULL */
    struct norm norm;
    struct linear pooler, nsp, match, embed, classify;      /* weight NULL: no heads, no classes */
    struct layer *layers;
};
status network_init(struct network *n, const struct model *m);
void network_release(struct network *n);

/* A model of this shape; its weights (trainable: zero, in one block) or none yet. */
status model_allocate(const struct model_config *config, bool trainable, struct model **out);
/* The frozen parameters have no weights yet; the others are as new. config has heads. */
status model_allocate_lora(const struct model_config *config, const struct lora *lora, uint64_t seed, struct model **out);
/* Widths that several files need; the last: of the last layer of a head, at most. */
static inline size_t q_width(const struct model_config *c) { return (size_t)c->n_heads * c->head_size; }
static inline size_t kv_width(const struct model_config *c) { return (size_t)c->n_kv_heads * c->head_size; }
static inline size_t qkv_width(const struct model_config *c) { return q_width(c) + 2 * kv_width(c); }
static inline size_t ffn_in_width(const struct model_config *c) { return c->ffn == FFN_SWIGLU ? 2 * (size_t)c->d_ff : c->d_ff; }
static inline size_t widest_head(const struct model_config *c) { return c->classes > 2 ? c->classes : 2; }

/* float32 values of a parameter (vectors always, matrices of trainable models); NULL stays NULL. */
static inline const float *values_of(const struct parameter *p) { return p ? p->weight.data : NULL; }
static inline bool is_frozen(const struct model *m, const struct parameter *p) { return (size_t)(p - m->parameters) < m->n_frozen; }
/* Where the gradient of a parameter is added to, NULL without one; what was put off by model_clear_gradients is done first. */
struct train_run;
float *gradient_of(const struct train_run *r, const struct parameter *p);
/* The gradients of a weight and, unless it is NULL, of its bias: += dy^T x and the sums of dy. Nothing for a frozen weight. */
void weight_backward(struct train_run *r, const struct parameter *weight, const struct parameter *bias, const float *x, const float *dy, size_t N);

/* The text of config.json. */
status model_config_text(const struct model_config *c, struct strbuf *out);
/* Names the shape that weights are bound to; dropout, which may change between runs, is left out. */
status model_config_hash(const struct model_config *c, uint64_t *hash);

/* ---- parts of model files ----------------------------------------------------------------------------------------- */

struct safetensors;
status model_join_path(struct strbuf *b, const char *directory, const char *file);
/* Binds n parameters to their tensors of the file, whose only ones they must be. */
status model_bind(struct parameter *parameters, size_t n, const struct safetensors *file);
status model_unpack_frozen(struct model *m);   /* frozen weights as float32, in m->frozen */
status model_check_file(const struct model_config *c, const struct safetensors *file); /* was it saved with this configuration? */
status model_save_weights(const struct model *m, const char *path, enum dtype type);   /* the .safetensors alone */
/* The values of a bound weight as float32. */
void weight_unpack(float *out, const struct weight *w);

/* ---- safetensors ------------------------------------------------------------------------------------------------- */

enum { SAFETENSORS_MAX_HEADER = 1 << 25, SAFETENSORS_MAX_TENSORS = 1 << 14 };

struct safetensors {
    struct mapped_file file;
    struct safetensor *tensors; /* in the order of their data */
    size_t n;
    void *json;                 /* owns the names */
    bool ours;                  /* metadata format "daogou": has both hashes */
    uint64_t config_hash;
    uint64_t checksum;          /* 0: it has none */
};
/* Maps the file and checks all of it: header, shapes, offsets, size, and the checksum when the file has one. */
status safetensors_open(struct safetensors *s, const char *path);
void safetensors_close(struct safetensors *s);
const struct safetensor *safetensors_find(const struct safetensors *s, const char *name);
/* Chained over all tensors in the order of their data, from 0. */
uint64_t safetensor_hash(const struct safetensor *t, uint64_t before);
extern const char *const safetensor_dtype_names[3]; /* by enum dtype */

/* ---- memory of a run ---------------------------------------------------------------------------------------------- */

/* A run's memory is one block, cut up by a plan that is walked twice: without memory to know the size, then with it. */
struct plan {
    float *base;   /* NULL while counting */
    size_t used;
};
static inline float *plan_take(struct plan *p, size_t rows, size_t cols)
{
    float *at = p->base ? p->base + p->used : NULL;
    p->used += (rows * cols + 15) / 16 * 16;   /* cache lines */
    return at;
}
/* Activations: half as large where a device keeps them in bf16 (compute_keep_bf16); NULL: floats. */
static inline float *plan_take_activations(struct plan *p, const struct compute *bf16, size_t rows, size_t cols)
{
    return bf16 ? plan_take(p, rows, bf16_stride(bf16, cols) / 2) : plan_take(p, rows, cols);
}

/* ---- batches ----------------------------------------------------------------------------------------------------- */

status batch_check(const struct model_config *c, const struct batch *b, size_t max_tokens, size_t max_seqs);
struct attention_shape batch_attention(const struct model_config *c, const struct batch *b);

/* ---- RMSNorm per head on q and k (Qwen3) -------------------------------------------------------------------------- */

/* In place on the q and k heads of qkv, N rows of qkv_width, `stride` elements apart; see head_norm in tensor.h. */
void qk_norm_forward(struct compute *compute, const struct model_config *c, const struct layer *l, float *qkv, size_t stride, float *raw, float *rstd, size_t N);
void qk_norm_backward(struct train_run *r, const struct layer *l, float *dqkv, const float *raw, const float *rstd);

/* ---- training ---------------------------------------------------------------------------------------------------- */

/* What backward needs of one layer. */
struct layer_run {
    float *in;                        /* (N,C) residual stream on entry */
    float *normed1, *mean1, *rstd1;   /* (N,C), (N), (N); means are NULL with RMSNorm */
    float *qkv;                       /* (N,(H+2K)*D) as attention read it */
    float *qk_raw, *qk_rstd;          /* with qk_norm only */
    float *attended, *lse;            /* (N,H*D), (N,H) */
    float *mid;                       /* (N,C) residual stream between the branches */
    float *normed2, *mean2, *rstd2;
    float *ff;                        /* (N,2F) gate and up, or (N,F) */
    float *activated;                 /* (N,F) */
    float *low[LORA_TARGETS];         /* (N,R) alpha / rank * A x; NULL: no adapter */
};

enum { CONTRASTIVE_MAX_PAIRS = 1024 };

struct train_run {
    struct model *model;
    struct compute *compute;
    struct network net;
    size_t max_tokens, max_seqs, chunk_rows, max_pairs;

    float *block;                     /* everything below with float in it, but for activations */
    float *activations;               /* what only ops read: what lies between two products, and its gradients */
    const struct compute *bf16;       /* the device that keeps them in bf16; NULL: floats */
    struct layer_run *layers;
    float *last, *hidden, *mean, *rstd; /* residual stream after the last layer; norm of it */
    float *dhidden;                   /* (N,C) filled by the losses; valid when has_gradient */
    float *dx, *dbranch, *dnormed;    /* (N,C) */
    float *dqkv, *dattended, *dff, *dactivated;
    float *dlow;                      /* (N,R) with adapters */

    float *chunk_x, *chunk_dx, *chunk_logits; /* (chunk_rows, C), same, (chunk_rows, V) */

    float *shared, *shared_host;      /* device's and host's side of everything below with float in it; see host_floats() */
    float *losses;                    /* (max(chunk_rows, max_seqs)) */
    float *head_in, *head_out, *dhead_in, *dhead_out, *unit, *dunit; /* (2*max_seqs, C) */
    float *head_logits, *dhead_logits; /* (max_seqs, widest head) */
    float *sims, *dsims;              /* (max_pairs, max_pairs) */

    int32_t *ints, *ints_host;        /* device's and host's side of all of these, one after the other; see host_ints() */
    int32_t *tokens, *positions, *overlap, *offsets, *prefix, *rows, *labels;
    int32_t *chunk_at, *chunk_targets; /* (chunk_rows) rows of hidden, and their targets */
    int32_t *ranges;                  /* (2*max_pairs, 2) first and last + 1 row of a sequence */
    size_t n_tokens, n_seqs;          /* of the last train_forward; 0 before it */
    struct attention_shape shape;
    float dropout;                    /* 0 when not training */
    uint64_t dropout_seed;
    bool has_gradient;
    struct train_watch watch;         /* tensor NULL: nobody is told */
};
/* Elements from row to row of qkv or its gradient. */
static inline size_t qkv_stride(const struct train_run *r, const float *qkv) { return activation_stride(r->compute, qkv, qkv_width(&r->model->config)); }
/* layer NO_LAYER: the tensor is of none. */
enum { NO_LAYER = -1 };
void watch_tell(struct train_run *r, int layer, const char *name, const float *x, size_t rows, size_t cols);
void watch_tell_gradient(struct train_run *r, const struct parameter *p); /* NULL, or frozen: nothing to tell */
static inline void watch(struct train_run *r, int layer, const char *name, const float *x, size_t rows, size_t cols)
{
    if (r->watch.tensor) watch_tell(r, layer, name, x, rows, cols);
}
static inline void watch_gradient(struct train_run *r, const struct parameter *p)
{
    if (r->watch.tensor) watch_tell_gradient(r, p);
}

/* Where host and device use memory in turn, ops take the device's side and loops the host's: on the CPU they are one, and
 * pushing and pulling do nothing. */
static inline float *host_floats(const struct train_run *r, const float *p) { return r->shared_host + (p - r->shared); }
static inline int32_t *host_ints(const struct train_run *r, const int32_t *p) { return r->ints_host + (p - r->ints); }
static inline void push_floats(struct train_run *r, float *p, size_t n) { compute_upload(r->compute, p, host_floats(r, p), n * sizeof *p); }
static inline float *pull_floats(struct train_run *r, const float *p, size_t n)
{
    compute_download(r->compute, host_floats(r, p), p, n * sizeof *p);
    return host_floats(r, p);
}
static inline void push_ints(struct train_run *r, int32_t *p, size_t n) { compute_upload(r->compute, p, host_ints(r, p), n * sizeof *p); }

/* Dropout of one residual branch: the same for forward and backward. */
static inline uint64_t branch_seed(const struct train_run *r, size_t layer, size_t branch)
{
    return r->dropout_seed + 0x9E3779B97F4A7C15u * (2 * layer + branch + 1);
}
/* y (N,O) = w x + b, of stored weights too; and dx (N,I) = dy w. */
void weight_forward(struct train_run *r, const struct parameter *w, const struct parameter *bias, float *y, const float *x, size_t N);
void weight_backward_input(struct train_run *r, const struct parameter *w, float *dx, const float *dy, size_t N);
/* y += B low with low = alpha / rank A x, over all tokens; product (N,O) is scratch. */
void lora_forward(struct train_run *r, const struct linear *w, float *y, const float *x, float *low, float *product);
/* dx += the adapter's share; A's and B's gradients are added to the model's. */
void lora_backward(struct train_run *r, const struct linear *w, float *dx, const float *dy, const float *x, const float *low);
/* The gradient of hidden, zeroed before the first loss of a step adds to it. */
float *train_dhidden(struct train_run *r);
/* True when n sequence indices are all of the last batch and fit the run's buffers. */
bool train_valid_seqs(const struct train_run *r, const int32_t *seqs, size_t n);

/* ---- inference --------------------------------------------------------------------------------------------------- */

struct kv_cache {
    uint32_t n_layers;
    size_t width;                     /* K*D */
    size_t max_len, length;
    float *keys, *values;             /* (L, max_len, K*D) */
};

/* One block serves all layers in turn: nothing is kept. */
struct infer_run {
    const struct model *model;
    struct compute *compute;
    struct network net;
    size_t max_tokens, max_seqs;
    float *block;
    float *x, *normed, *branch;       /* (N,C) residual stream, its norm, the output of a branch */
    float *qkv, *attended, *ff, *activated;
    float *pooled_in, *pooled;        /* (S,C) */
    float *low, *product;             /* (N,R), (N, widest matrix) with adapters */
    int32_t *positions;               /* (N) of rows that grow a cache */
};

/* One forward pass: what its rows attend to (packed sequences, or each row its cache), and which of them are wanted. */
struct pass {
    const struct attention_shape *shape; /* NULL: rows are new positions of caches */
    struct kv_cache *const *caches;
    size_t n_caches;                  /* 1: all rows are of caches[0]; else row i is of caches[i]; 0: none to fill */
    const int32_t *keep;              /* rows whose hidden state is read, ascending; NULL: all of them */
    size_t n_keep;
    const int32_t *overlap;           /* (N) or NULL, as in struct batch */
};
/* r->normed = hidden of the rows to keep, one after the other. */
void infer_forward(struct infer_run *r, const int32_t *tokens, const int32_t *positions, size_t N, const struct pass *pass);

#endif
