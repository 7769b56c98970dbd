/* model: the transformer. Configuration, weights on disk, forward and backward, the heads.
 *
 *   Attention(Q, K, V) = softmax(Q K^T / sqrt(d_k) + M) V          (Vaswani et al. 2017, section 3.2.1)
 *
 * The mask M comes from one integer per sequence, the prefix p (see tensor.h): p = T is a bidirectional encoder, p = 0 a
 * left-to-right decoder, anything between reads the first p positions both ways and then writes. Blocks are pre-norm:
 *   x += Attention(norm(x));  x += FeedForward(norm(x));  at the end hidden = norm(x).
 *
 * Two uses of one struct model:
 *   - trainable: every parameter float32 in one block `params`, gradients in `grads` of the same layout (model_new,
 *     model_load with trainable true); run with struct train_run.
 *   - for inference: weights stay as stored (f32, bf16, int8 rows), mapped read-only; run with struct infer_run.
 *
 * A model directory holds config.json, model.safetensors, tokenizer.json (room text) and whatever higher rooms add.
 */
#ifndef DAOGOU_MODEL_H
#define DAOGOU_MODEL_H

#include "tensor/tensor.h"

/* ---- configuration ----------------------------------------------------------------------------------------------- */

enum position_kind { POSITIONS_LEARNED, POSITIONS_ROTARY };
enum ffn_kind { FFN_GELU, FFN_SWIGLU };

struct model_config {
    uint32_t vocab_size, max_positions;
    uint32_t d_model, n_layers, n_heads, n_kv_heads, head_size, d_ff;
    enum position_kind positions;
    enum norm_kind norm;
    enum ffn_kind ffn;
    bool linear_bias;    /* every linear layer has a bias (GPT-2) */
    bool qkv_bias;       /* only q, k, v have (Qwen2) */
    bool qk_norm;        /* RMSNorm per head on q and k (Qwen3) */
    bool tied;           /* output matrix is the token embedding */
    bool heads;          /* NSP, match and embedding heads exist (ours; false for imported language models) */
    uint32_t classes;    /* outputs of the classifier head, all label sets together; 0: there is none */
    bool overlap;        /* the match head is told which tokens stand in both texts of a pair (enum overlap) */
    float norm_epsilon, rope_theta;
    float dropout;       /* on the two residual branches, in training only */
};
enum { MODEL_MAX_CLASSES = 4096, MODEL_MAX_LAYERS = 256, MODEL_MAX_VOCAB = 1 << 20, MODEL_MAX_D = 1 << 15, MODEL_MAX_POSITIONS = 1 << 20 };

void model_config_default(struct model_config *c);                   /* the shape of the shipped model, vocab_size 16384 */
status model_config_check(const struct model_config *c);             /* names the field that is wrong */
status model_config_read(struct model_config *c, const char *path);  /* config.json: unknown keys refused only if of ours */
status model_config_write(const struct model_config *c, const char *path);
uint64_t model_config_parameters(const struct model_config *c);

/* ---- tokens and sequence layouts --------------------------------------------------------------------------------- */

/* The first ids of our own vocabularies. Training (train), scoring and writing (decode) build sequences only by these
 * functions, so that they cannot disagree. Each returns the length written, at most max; long texts are cut at the end
 * (the need is cut to half of the room at the most). */
enum special_token { TOKEN_PAD, TOKEN_END, TOKEN_MASK, TOKEN_CLS, TOKEN_SEP, TOKEN_NEED, TOKEN_ITEM, TOKEN_WRITE, SPECIAL_TOKENS = 16 };
extern const char *const special_token_names[SPECIAL_TOKENS];        /* "<|pad|>", "<|end|>", ..., "<|reserved8|>" ... */

struct tokens {
    const int32_t *ids;
    size_t n;
};
/* Vocabularies of other programs have no such tokens. Theirs that mean about the same stand for them: what begins or ends a text for
 * CLS, what ends one for END, and of the 256 single bytes, which every byte-level vocabulary has, newline for SEP, "?" for NEED, "#" for
 * ITEM and ":" for WRITE. So no row is added to the embedding, and none that nothing was learned of is read. */
struct marks { int32_t ids[TOKEN_WRITE + 1]; };
void marks_own(struct marks *m);
void marks_foreign(struct marks *m, const int32_t byte_ids[256], int32_t begin, int32_t end); /* begin -1: none, end takes its place */
/* m: NULL for our own vocabularies */
size_t layout_pair(const struct marks *m, int32_t *out, size_t max, struct tokens a, struct tokens b);          /* CLS a SEP b SEP: NSP and match; p = T */
size_t layout_embed(const struct marks *m, int32_t *out, size_t max, enum special_token kind, struct tokens t); /* NEED t | ITEM t; p = T */
size_t layout_write(const struct marks *m, int32_t *out, size_t max, struct tokens need, struct tokens item);   /* CLS need SEP item SEP WRITE; p = this length; then the text, END */

/* ---- parameters -------------------------------------------------------------------------------------------------- */

struct parameter {
    char name[80];             /* "layers.3.attention.qkv.weight": see docs/model-format.md */
    uint32_t rows, cols;       /* vectors: rows 1 */
    size_t offset;             /* floats from the start of params / grads (trainable models) */
    bool decay;                /* matrices yes; gains, biases no */
    struct weight weight;      /* where it lies now, either way */
};

/* Low-rank adapters (LoRA; Hu et al. 2021, section 4.1): of a linear layer y = W x + b, W and b stay as they are and
 * y = W x + b + alpha / rank * B (A x) is trained, A (rank, I) normal with variance 1 / I, B (O, rank) zero at first. */
enum lora_target { LORA_QKV, LORA_OUT, LORA_FFN_IN, LORA_FFN_OUT, LORA_TARGETS };
enum { LORA_MAX_RANK = 1024 };
extern const char *const lora_target_names[LORA_TARGETS];   /* "attention.qkv", "attention.out", "ffn.in", "ffn.out" */
struct lora {
    uint32_t rank;             /* 0: no adapters */
    float alpha;
    bool targets[LORA_TARGETS];
    bool unpack;               /* frozen weights become float32 in memory: faster steps, for small models */
    uint32_t classes;          /* a new classifier head of so many outputs is trained too; 0: only one that the base has */
};
status lora_check(const struct lora *l);   /* ERR_USAGE names what is wrong */

struct model {
    struct model_config config;
    struct lora lora;
    size_t n_parameters;       /* entries in parameters */
    struct parameter *parameters; /* with adapters: first those that are frozen, as stored in file; then heads and adapters, which are trained */
    size_t n_frozen;           /* 0 without adapters */
    size_t n_floats;           /* length of params and grads */
    float *params, *grads;     /* NULL for inference-only models; with adapters: of what is trained */
    bool *unwritten;           /* (parameters) the gradient counts as zero, whatever lies there: see model_clear_gradients */
    float *unread;             /* with adapters: where gradients of frozen vectors go, which nobody reads */
    struct mapped_file file;   /* inference-only, and with adapters */
    uint64_t fingerprint;      /* the checksum of the file it was loaded from; 0: it had none */
    struct compute *compute;   /* the device that params and grads lie on; NULL: the host */
    float *host_params;        /* the host's side of params then, else NULL */
    float *frozen;             /* the frozen weights as float32: on that device, or on the host with lora.unpack; else NULL */
};

/* Normal(0, 0.02) matrices, residual outputs scaled by 1/sqrt(2 L) (GPT-2), gains 1, biases 0. */
status model_new(const struct model_config *config, uint64_t seed, struct model **out);
status model_load(const char *directory, bool trainable, struct model **out);
/* Writes config.json and model.safetensors atomically, matrices as `type` (vectors stay f32). Q8: int8 + "<name>.scales". */
status model_save(const struct model *m, const char *directory, enum dtype type);
/* A model of this shape without weights: parameters with names, rows, cols and decay. */
status model_describe(const struct model_config *config, struct model **out);
/* As model_save, of rows that the callback makes one at a time: for weights that lie elsewhere and are too large to load. Each is asked
 * for twice (checksum, file), in any order. `shape` comes from model_describe. */
struct model_rows { void *context; void (*row)(void *context, const struct parameter *p, uint32_t row, float *out); };
status model_write(const struct model *shape, const struct model_rows *rows, const char *directory, enum dtype type);
/* A trainable model without "overlap" becomes one with it that computes the same: its rows start at 0. ERR_USAGE if it has them. */
status model_add_overlap(struct model **m);
/* A trainable model without heads (an imported one) becomes one with them, as model_new would make them. ERR_USAGE if it has them. */
status model_add_heads(struct model **m, uint64_t seed);
/* A trainable model without a classifier head becomes one with it. ERR_USAGE if it has one of another size. */
status model_add_classes(struct model **m, uint32_t classes, uint64_t seed);
/* A model whose weights stay in their file (any dtype), with new adapters to train: train_run_new and the losses take it; model_save and inference
 * do not. On a GPU they become float32. Heads are trained whole, and made if there are none. q8 weights: forward may round
 * activations to int8, backward does not. */
status model_load_lora(const char *directory, const struct lora *lora, uint64_t seed, struct model **out);
/* What was trained: adapter.json (rank, alpha, targets, fingerprint of the base) and adapter.safetensors (heads, "<layer>.lora_a", ".lora_b", f32). */
status model_save_adapter(const struct model *m, const char *directory);
/* Both together again. ERR_USAGE: the adapter is of another base. */
status model_load_adapter(const char *base, const char *adapter, struct model **out);
/* A model directory that needs no adapter: W + alpha / rank B A. */
status model_merge(const struct model *m, const char *directory, enum dtype type);
/* m = (1 - share) m + share other, of two trainable models of one shape: checkpoints of one training averaged (Vaswani et al. 2017,
 * section 6.1). ERR_USAGE if the shapes differ. */
status model_blend(struct model *m, const struct model *other, float share);
void model_free(struct model *m); /* before the compute that it was moved to */
/* Moves a trainable model to c's memory, if that is not the host's; train_run_new does it. Its params and grads are then the
 * device's, and the host's side of params is brought up to date by model_pull (model_save does it) and sent by model_push. */
status model_to_device(struct model *m, struct compute *c);
float *model_host_params(const struct model *m);
/* Gradients become zero. Matrices are only marked: their first product of a step writes over them; train_backward, at its end, zeroes those that
 * have had none. model_settle_gradients does it where no backward pass came. */
void model_clear_gradients(struct model *m, struct compute *c);
void model_settle_gradients(struct model *m, struct compute *c);
void model_pull(const struct model *m);
void model_push(const struct model *m);
const struct parameter *model_parameter(const struct model *m, const char *name); /* NULL if absent */

/* safetensors: 8 bytes header length, JSON header, data. Every length and offset is checked before use. */
struct safetensor { const char *name; enum dtype dtype; bool is_int8; uint32_t rows, cols; const uint8_t *data; size_t bytes; };

/* ---- training ---------------------------------------------------------------------------------------------------- */

/* Is a token's text in the other text of its pair? A row of its own is added to the token's embedding for each answer: a small
 * encoder need not learn from data alone that equal words match (exact-match marking: Boualili, Moreno, Boughanem 2020).
 * tokenizer_overlap of room text gives these numbers. Sequences other than those for the match head are NONE throughout. */
enum overlap { OVERLAP_NONE, OVERLAP_ABSENT, OVERLAP_PRESENT, OVERLAP_KINDS };

/* N packed tokens. Positions start at 0 in each sequence. */
struct batch {
    size_t n_tokens, n_seqs;
    const int32_t *tokens, *positions; /* (N) */
    const int32_t *offsets;            /* (S+1) */
    const int32_t *prefix;             /* (S) */
    const int32_t *overlap;            /* (N) enum overlap; NULL: NONE throughout. Models without "overlap" take no notice */
};

/* All activations of one forward pass, allocated once for max_tokens and max_seqs; nothing is allocated in a step.
 * Order of a step: train_forward; any number of the loss functions below, each adding its gradient; train_backward, which
 * adds to model->grads. Losses are means over their own examples; `weight` multiplies the gradient (not the returned loss).
 * With backward false the losses only measure. A loss that cannot be measured is NAN and adds nothing: an index outside of
 * the batch, more than max_seqs examples (contrastive: 1024 pairs), no heads, no forward yet. Losses without an example are 0. */
struct train_run;
status train_run_new(struct model *m, struct compute *c, size_t max_tokens, size_t max_seqs, struct train_run **out);
void train_run_free(struct train_run *r);
status train_forward(struct train_run *r, const struct batch *b, bool training, uint64_t dropout_seed); /* ERR_LIMIT, or ids out of range */
const float *train_hidden(const struct train_run *r); /* (N,C), after the last norm; on the device */
/* Vocabulary head at `rows` (n of them, indices into N): MLM and LM are both this. Logits exist only a chunk of rows at a
 * time. correct (may be NULL): how many targets were the top choice. */
double loss_vocabulary(struct train_run *r, const int32_t *rows, const int32_t *targets, size_t n, float weight, bool backward, size_t *correct);
/* NSP: class labels[s] in {0,1}, -1 = this sequence has none; read at the sequence's first position. */
double loss_nsp(struct train_run *r, const int32_t *labels, float weight, bool backward, size_t *correct);
/* Match: sequences seqs[0..n) are candidates for one need, gains[i] >= 0 how good each is. Cross-entropy between
 * softmax(scores) and gains / sum(gains) (ListNet, Cao et al. 2007). When all gains are 0 or n is 1: binary cross-entropy of each
 * score against gain > 0. scores (n) may be NULL. */
double loss_match(struct train_run *r, const int32_t *seqs, const float *gains, size_t n, float weight, bool backward, float *scores);
/* Binary: sigmoid(score) against labels[i] in [0,1]; teaches calibration (cut-off of irrelevant hits). */
double loss_match_binary(struct train_run *r, const int32_t *seqs, const float *labels, size_t n, float weight, bool backward);
/* Classes: the outputs of a classifier head, mean over a sequence's hidden states -> logits, are shared out among label sets: `label` is one
 * of first .. first + n - 1, and the softmax is over these alone. A share `noise` of the labels is taken for wrong, drawn evenly from the set:
 *   p'(y) = (1 - noise) p(y) + noise / n,  loss = -log p'(y)          (forward correction, Patrini et al. 2017)
 * whose gradient is that of cross-entropy times the probability that the label is right. 0: plain cross-entropy. */
struct class_target { int32_t label, first, n; };
double loss_classify(struct train_run *r, const int32_t *seqs, const struct class_target *targets, size_t n, float noise, float weight, bool backward, size_t *correct);
/* In-batch contrastive (InfoNCE, van den Oord et al. 2018), both directions averaged: needs[i] belongs to items[i];
 * temperature is 0.05; averaged over embeddings cut to the full, 128 and 64 dimensions (Matryoshka, Kusupati et al. 2022).
 * same_group (n) may be NULL: pairs i, j with equal value are no negatives of each other. */
double loss_contrastive(struct train_run *r, const int32_t *needs, const int32_t *items, const int32_t *same_group, size_t n, float weight, bool backward);
void train_backward(struct train_run *r);
/* Who is told of each tensor of a pass, (rows,cols) floats on the device, right after it was computed and by a name of its place:
 * "layers.3.ffn.activated", "gradient of layers.3.ffn.in.weight" (as it adds up). In the order of the computation, so the first bad one
 * is where it began. NULL: nobody, which costs nothing. */
struct train_watch { void *context; void (*tensor)(void *context, const char *name, const float *x, size_t rows, size_t cols); };
void train_run_watch(struct train_run *r, const struct train_watch *w);

/* ---- labels ------------------------------------------------------------------------------------------------------ */

/* What the outputs of a classifier head stand for: labels.json, {"sets": [{"name": "zh", "labels": ["...", ...]}, ...]}, numbered on from
 * set to set. */
enum { LABELS_MAX_SETS = 16 };
struct class_set {
    const char *name;
    const char *const *labels;   /* (n) */
    uint32_t first, n;
};
struct labels {
    struct class_set sets[LABELS_MAX_SETS];
    size_t n_sets;
    uint32_t n;                  /* of all sets */
    struct arena strings;
};
status labels_read(struct labels *l, const char *path); /* release in every case */
void labels_release(struct labels *l);
const struct class_set *labels_set(const struct labels *l, const char *name); /* NULL: none */
int32_t labels_find(const struct class_set *s, const char *label);           /* number over all sets; -1: none */

/* ---- inference --------------------------------------------------------------------------------------------------- */

struct infer_run; /* scratch for up to max_tokens rows at once */
status infer_run_new(const struct model *m, struct compute *c, size_t max_tokens, size_t max_seqs, struct infer_run **out);
void infer_run_free(struct infer_run *r);
/* Whole packed sequences; results of the heads: embeddings (S,C) unit length; scores (S) raw match score. Each may be NULL. */
status infer_encode(struct infer_run *r, const struct batch *b, float *embeddings, float *match_scores);
status infer_classify(struct infer_run *r, const struct batch *b, float *logits); /* (S, classes); needs a classifier head */
status infer_nsp(struct infer_run *r, const struct batch *b, float *logits); /* (S,2) */

/* Keys and values of one growing sequence: (L, max_len, K*D) each. */
struct kv_cache;
status kv_cache_new(const struct model *m, size_t max_len, struct kv_cache **out);
void kv_cache_free(struct kv_cache *k);
size_t kv_cache_length(const struct kv_cache *k);
void kv_cache_truncate(struct kv_cache *k, size_t length);
status kv_cache_copy(struct kv_cache *to, const struct kv_cache *from); /* same model and max_len: beams */
/* Appends n tokens, of which the first `prefix` (counted from the sequence's start; only for an empty cache) see each other
 * both ways; logits (V) of the last position may be NULL. ERR_LIMIT when the cache or max_positions is full. */
status infer_prefill(struct infer_run *r, struct kv_cache *k, const int32_t *tokens, size_t n, size_t prefix, float *logits);
/* One token for each of n sequences at once; logits (n,V). */
status infer_step(struct infer_run *r, struct kv_cache *const *caches, const int32_t *tokens, size_t n, float *logits);

#endif
