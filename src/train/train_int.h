/* Private to room train: data sources fill micro-batches, the trainer runs them. */
#ifndef DAOGOU_TRAIN_INT_H
#define DAOGOU_TRAIN_INT_H

#include "ranks.h"
#include "train.h"

/* ---- lines of a data file ---------------------------------------------------------------------------------------- */

/* Walks a mapped text file. Strips CR and a byte order mark; refuses NUL, bad UTF-8 and absurdly long lines by file:line. */
struct lines {
    const char *path;
    struct mapped_file file;
    size_t at;
    uint64_t line;             /* number of the line last given, from 1 */
    const char *text;
    size_t n;
};
status lines_open(struct lines *l, const char *path);
status lines_next(struct lines *l, bool *more);
void lines_close(struct lines *l);
bool path_is_jsonl(const char *path);

/* ---- sampling ---------------------------------------------------------------------------------------------------- */

enum split { SPLIT_TRAIN, SPLIT_VALIDATION, SPLITS };

/* All randomness and all positions of a data source; saved whole in a checkpoint. */
enum { SAMPLER_CURSORS = 4 * TRAIN_MAX_FILES };
struct sampler {
    struct rng rng;
    uint64_t seed;
    uint64_t split;
    uint64_t cursors[SAMPLER_CURSORS]; /* examples drawn so far, a cursor each kind and file */
};
void sampler_init(struct sampler *s, uint64_t seed, enum split split);
/* The next of n, each once an epoch in an order that depends on seed, cursor and epoch alone; nothing is stored. */
uint64_t sampler_next(struct sampler *s, size_t cursor, uint64_t n);
size_t sampler_choose(struct sampler *s, const double *weights, size_t n); /* in proportion; some weight > 0 */
/* Position i of a pseudo-random permutation of [0, n). */
uint64_t permute(uint64_t i, uint64_t n, uint64_t key);
bool held_out(uint64_t hash, double fraction);

/* ---- one forward pass -------------------------------------------------------------------------------------------- */

struct row_targets {
    int32_t *rows, *targets;
    size_t n;
};
struct micro_batch {
    struct batch batch;                        /* points at the arrays below */
    size_t max_tokens, max_seqs;
    int32_t *tokens, *positions, *overlap, *offsets, *prefix;
    struct row_targets mlm, lm;
    enum loss_kind text;                       /* what lm is: LOSS_LM or LOSS_GENERATE */
    int32_t *nsp;                              /* (S) */
    int32_t *match_seqs, *groups;              /* (n_match), (n_groups+1) */
    float *gains, *scores;
    size_t n_match, n_groups;
    int32_t *needs, *items, *same;             /* contrastive pairs */
    uint64_t *need_hash, *item_hash;
    size_t n_pairs;
    int32_t *classified;                       /* (n_classified) sequences, and what each is */
    struct class_target *classes;
    size_t n_classified;
    float noise;                               /* share of wrong labels */
};
status micro_batch_init(struct micro_batch *b, size_t max_tokens);
void micro_batch_release(struct micro_batch *b);
void micro_batch_clear(struct micro_batch *b);
size_t micro_batch_room(const struct micro_batch *b);   /* tokens left; 0 when no sequence fits */
int32_t *micro_batch_tail(const struct micro_batch *b); /* where the next sequence is written */
int32_t micro_batch_close(struct micro_batch *b, size_t n, size_t prefix); /* the n tokens at the tail are a sequence: its number */
void row_targets_add(struct row_targets *r, size_t row, int32_t target);

/* ---- sources ----------------------------------------------------------------------------------------------------- */

/* What pretraining and fine-tuning differ in. fill never fails and never allocates: sources are checked when opened. */
struct source {
    void *context;
    bool has[SPLITS];
    uint64_t fingerprint;      /* of all data, after tokenising */
    uint64_t n_examples[SPLITS];
    void (*fill)(void *context, struct sampler *s, struct micro_batch *b);
    void (*close)(void *context);
};
status pretrain_source_open(struct source *s, const struct train_config *c, const struct tokenizer *t, uint64_t tokenizer_hash, const struct progress *p);
status finetune_source_open(struct source *s, const struct train_config *c, const struct tokenizer *t, const struct progress *p);

/* A tokenised corpus, mapped: passage i is tokens[passages[i] .. passages[i+1]), document d the passages documents[d] ..
 * documents[d+1]-1. */
struct corpus {
    struct mapped_file file;
    uint64_t n_tokens, n_passages, n_documents, content_hash;
    const uint64_t *passages, *documents;
    const int32_t *tokens;
};
status corpus_open(struct corpus *c, const char *path, const char *cache, const struct tokenizer *t, uint64_t tokenizer_hash, const struct progress *p);
void corpus_close(struct corpus *c);
/* Cuts a long passage after sentence ends: the length of the first piece. */
size_t sentence_piece(const char *s, size_t n);
/* Masks a pair in place (0.8 mask, 0.1 random, 0.1 kept), never special tokens, at least one position. base: row of ids[0]. */
void mask_tokens(struct rng *r, int32_t *ids, size_t n, size_t base, double share, uint32_t vocab_size, struct row_targets *out);

/* ---- state and checkpoints --------------------------------------------------------------------------------------- */

struct losses {
    double sum[LOSS_KINDS];
    uint64_t n[LOSS_KINDS];    /* forward passes in which it occurred */
    uint64_t right[LOSS_KINDS], of[LOSS_KINDS]; /* accuracy */
};

/* Everything besides weights and moments; written as it is. */
struct train_state {
    uint64_t step, tokens, training_ns, log_bytes;
    struct losses window;      /* since the last line of train.jsonl */
    uint64_t window_steps, window_tokens, window_ns;
    double window_norm;
    struct losses last[SPLITS];
    double best;               /* validation sum; infinite before the first */
    uint64_t evaluated_step;   /* of the last validation */
    struct sampler sampler;
};
struct checkpoint {
    struct train_state *state;
    const char *config;        /* canonical text of what must not change */
    uint64_t data, tokenizer;  /* fingerprints */
    float *params, *m, *v;     /* (n_floats) each, on the host */
    uint64_t n_floats;
};
status checkpoint_save(const struct checkpoint *c, const char *path);
/* Fills *c->state, params, m, v. ERR_FORMAT: damaged; ERR_USAGE: of another configuration, data or tokenizer. */
status checkpoint_load(struct checkpoint *c, const char *path);
void checkpoint_sweep(const char *directory); /* removes what a killed run left half-written */

uint32_t longest_sequence(const struct train_config *c, const char **key); /* in tokens; key: what decides it */
status config_canonical(const struct train_config *c, struct strbuf *out); /* "key=value\n" of the keys that are not live */

/* ---- optimiser, losses, curves ----------------------------------------------------------------------------------- */

double learning_rate_at(const struct train_config *c, uint64_t step); /* step from 0 */
/* AdamW on every parameter, gradients clipped to c->clip. m and v: moments of the layout of params, on the device. */
struct optimiser_step {
    uint64_t number;           /* from 1 */
    double learning_rate;
    double norm;               /* of the gradient, after division by c->accumulate */
};
void optimiser_update(const struct train_config *c, struct compute *compute, const struct model *model, float *m, float *v, const struct optimiser_step *s);

/* All losses of a batch after train_forward; adds to l. */
void losses_measure(struct train_run *r, struct micro_batch *b, const double *weights, bool backward, struct losses *l);
double losses_total(const struct losses *l, const double *weights); /* weighted sum of means */

status curves_draw(const char *jsonl, const char *svg);

/* ---- steps, and steps again -------------------------------------------------------------------------------------- */

/* What the pass of a micro-batch depends on besides weights and batch. */
struct step {
    struct compute *compute;
    struct model *model;
    struct train_run *run;
    const double *loss_weights;
    uint64_t seed, number;     /* number of the step, from 0 */
    bool training;             /* false: validation, neither dropout nor backward */
};
bool losses_finite(const struct losses *l);
/* Forward, losses and, if they are finite, backward. On a GPU backward is only queued: the host is free until step_squares. */
status step_pass(const struct step *s, struct micro_batch *b, uint32_t part, struct losses *l);
status step_squares(const struct step *s, double *squares); /* of all gradients so far */

/* All that it takes to run a step again, beside the micro-batches and the weights behind it. Written as it is, zeroed first. */
struct replay_header {
    char magic[8];
    uint64_t version, bytes;
    struct model_config shape;
    struct lora lora;
    uint64_t fingerprint;      /* with lora: of init_from */
    uint64_t n_floats, n_parts, step, seed; /* step from 0; parts: up to the one that went wrong */
    uint32_t kind, training, part, accumulate, rank, n_ranks, threads, precision, max_tokens, unused;
    double learning_rate, loss_weights[LOSS_KINDS];
    struct sampler sampler;    /* before the first part was drawn */
    struct losses losses;      /* as the run had them */
    double squares;
    char what[128], device[16], description[128], init_from[1024];
};
struct replay_writer {
    struct atomic_file file;
    uint64_t checksum;
};
status replay_write_begin(struct replay_writer *w, struct replay_header *h, const char *path);
void replay_write_part(struct replay_writer *w, const struct micro_batch *b, uint32_t part);
status replay_write_end(struct replay_writer *w, const float *params, uint64_t n_floats); /* closes in every case */
struct replay {
    const char *path;
    struct mapped_file file;
    struct replay_header header;
    const uint8_t *at;         /* the next part */
};
/* ERR_FORMAT: no such file, damaged, of another version. Checks every count and the checksum. */
status replay_open(struct replay *r, const char *path);
void replay_close(struct replay *r);
status replay_next(struct replay *r, struct micro_batch *b, uint32_t *part); /* header.n_parts times */
/* Runs the file's step with the weights that are there, and finds the first tensor that is not finite; found->name is NULL when all are,
 * and *again false when losses and gradients are too. Gradients are overwritten. */
status replay_find(const struct step *s, const char *path, struct micro_batch *b, char *name, size_t n, struct replay_tensor *found, bool *again);
/* The first parameter whose values (of the layout of params, on the device) are not all finite, or NULL. */
const struct parameter *bad_parameter(struct compute *c, const struct model *m, const float *values);

/* ---- the run ----------------------------------------------------------------------------------------------------- */

struct trainer {
    const struct train_config *config;
    struct ranks ranks;        /* rank 0 alone writes files and reports */
    const struct progress *progress;
    struct source source;
    struct tokenizer *tokenizer;
    char *tokenizer_json;      /* the file as it is; copied into the model directory */
    size_t tokenizer_bytes;
    char *labels_json;         /* as tokenizer_json; NULL: no labels */
    size_t labels_bytes;
    struct compute *compute;
    struct model *model;
    struct train_run *run;
    struct micro_batch batches[2], *batch; /* the one in work; the other is filled while a GPU computes */
    bool drawn;                /* the other holds the batch that comes next */
    struct sampler ahead;      /* of drawing: a batch further than the state's when `drawn` */
    struct sampler step_start; /* before the first batch of this step */
    bool grouped;              /* ranks sum gradients on their devices */
    uint64_t kept_step;        /* of the checkpoint on disk; 0: there is none */
    float *m, *v;              /* (n_floats) each, on the device */
    float *means, *embedded;   /* (2 * contrastive_pairs, C) each; fine-tuning only */
    float *m_host, *v_host, *means_host, *embedded_host; /* the host's sides of these; on the CPU the same */
    float *hidden_host;        /* (batch_tokens, C), NULL where the host can read hidden states as they are; fine-tuning only */
    struct train_state state;
    struct strbuf canonical;
    FILE *log;
    struct arena paths;
    const char *checkpoint_path, *log_path, *svg_path, *record_path, *tokenizer_path, *labels_path;
};
const char *stage_name(const struct trainer *t);  /* "pretrain" */
struct step step_of(const struct trainer *t, bool training);
/* Keeps the step up to `part` for a replay and says which tensor is to blame: ERR_INTERNAL. */
status not_finite(struct trainer *t, bool training, uint32_t part, const struct losses *l, double squares);
status not_finite_sum(struct trainer *t);         /* gradients of every rank were finite, their sum is not */
/* Weights and moments are finite, or ERR_INTERNAL: asked before anything is written over what was good. */
status check_state(struct trainer *t);
status log_open(struct trainer *t);               /* train.jsonl, locked: one run an output directory */
status log_cut(struct trainer *t);                /* to what the state knows of */
status log_train(struct trainer *t, double lr);   /* a line from the window, which is emptied */
status log_validation(struct trainer *t, const struct losses *l);
void progress_note(const struct trainer *t, char *out, size_t n);
/* The model directory as the weights are now, with training.json and the picture. */
status model_directory_write(struct trainer *t);
status training_record_write(const struct trainer *t);
void result_fill(const struct trainer *t, struct train_result *r);
/* Counts the needs of the last forward pass whose own item is the nearest by cosine; the loss has no such figure. */
void contrastive_accuracy(struct trainer *t, struct losses *l);

#endif
