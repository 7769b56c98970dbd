/* train: from text files to a model directory. Tokenizer, pretraining, fine-tuning.
 *
 *   L_pretrain = L_MLM + L_NSP + L_LM          L_finetune = L_match + L_contrastive + L_generate
 *
 * A run is a configuration file, an output directory, and nothing else: the same file, data and thread count give the same
 * bits. The output directory holds
 *   checkpoint.bin      weights, both AdamW moments, step, random numbers, data cursors, checksum; replaced atomically
 *   train.jsonl         {"step","split","losses":{...},"accuracy":{...},"sum","lr","grad_norm","tokens","tokens_per_s","seconds"} a line
 *   loss.svg            the same as a picture
 *   config.json, model.safetensors, tokenizer.json, training.json     the model directory, complete after each validation
 *   not-finite-step-N.replay   only when step N ended in NaN or Inf: the step itself, for `daogou replay`
 *   cache/KEY.tokens    tokenised corpora (pretraining), rebuilt when a corpus or the tokenizer changes
 * A kill at any moment leaves the previous checkpoint; resuming continues bit for bit and cuts train.jsonl back to it.
 *
 * With "lora" the output has adapter.json and adapter.safetensors in place of a model directory, and the checkpoint holds what is
 * trained alone; `daogou model merge` makes a model directory of base and adapter. Models of other programs (daogou model import)
 * can be fine-tuned, with adapters or whole: heads are added, and tokens of their own vocabulary stand for ours (struct marks in
 * model.h). Pretraining needs a tokenizer of ours.
 *
 * Data
 *   pretraining   UTF-8 text: a passage (sentence or paragraph) a line, documents separated by an empty line; or JSON Lines
 *                 with a "text" field, one document a line. Long passages are cut at sentence ends.
 *   fine-tuning   JSON Lines of two kinds, mixed freely:
 *                 {"kind":"match","need":"...","items":["...",...],"gains":[0.67,0,...]}  gains in [0,1]: how well it fits
 *                 {"kind":"generate","need":"...","item":"...","text":"..."}              need may be ""
 *                 {"kind":"classify","text":"...","set":"...","label":"..."}              a label of a set in "labels"
 * A line that is none of these is refused with file and line; nothing is skipped in silence.
 *
 * Configuration: a JSON object; relative paths are relative to the working directory. "live" keys may change on --resume.
 *   key                  default      meaning
 *   output               (required)   directory, made if absent
 *   tokenizer            (required)   tokenizer.json; default: that of init_from, if there is one
 *   init_from            none         model directory to start from, stored as f32, bf16 or q8 (trained as f32); finetune needs
 *                                     one or "model"
 *   model                {}           shape of a new model, over model_config_default: max_positions d_model n_layers n_heads
 *                                     n_kv_heads head_size d_ff positions norm ffn linear_bias qkv_bias qk_norm tied dropout
 *                                     norm_epsilon rope_theta overlap. Together with init_from only dropout, and overlap
 *                                     (true gives it to a model that has none).
 *   lora                 none         {"rank" 8, "alpha" 16, "targets" all of ["attention.qkv","attention.out","ffn.in","ffn.out"]}:
 *                                     the weights of init_from stay as they are in their file, low-rank adapters beside these
 *                                     matrices (Hu et al. 2021) and the heads are trained. "unpack" true: small frozen weights as f32 in memory,
 *                                     for faster steps. See below
 *   seed                 1
 *   precision            "auto"       matrix products: "f32" "bf16" "auto"
 *   threads              0            live; 0: all cores. Other thread counts give other last bits
 *   steps                1000         optimiser steps
 *   batch_tokens         8192         tokens of one forward pass, packed without padding
 *   accumulate           1            forward passes a step
 *   learning_rate        3e-4
 *   min_lr               0.1          share of learning_rate left at the end of the cosine
 *   warmup_steps         100          linear
 *   weight_decay 0.1, beta1 0.9, beta2 0.98, epsilon 1e-8     AdamW; decay on matrices only
 *   clip                 1            global gradient norm; 0: off
 *   loss_weights         all 1        object of mlm nsp lm | match binary contrastive generate classify (binary: 0.5)
 *   validation_fraction  0.01         share of documents (examples: of needs, of items) held out by hash, never trained on
 *   validation_files     []           held-out files besides
 *   eval_every           250          live; steps between validations (0: only at the end)
 *   eval_batches         8            live; forward passes of one validation, always the same ones
 *   log_every            10           live; steps averaged into one line of train.jsonl
 *   checkpoint_every     250          live; steps (0: by time only)
 *   checkpoint_seconds   300          live; and every so many seconds (0: by steps only)
 *   keep                 "last"       live; which weights the model directory holds: "last" or "best" (lowest validation sum)
 *   save_dtype           "f32"        live; "f32" "bf16" "q8"
 * pretraining only
 *   corpora              (required)   list of paths or {"path","weight"}; weight is the share of examples, default 1
 *   cache                OUTPUT/cache live; directory of tokenised corpora
 *   lm_share             0.5          share of tokens that go to L_LM; the rest is pairs for L_MLM and L_NSP
 *   prefix_share         0.3          share of L_LM examples cut in two: the first part read both ways, the second written
 *   mask_share           0.15         of these 80% become <|mask|>, 10% a random token, 10% stay
 *   mlm_sequence         128          most tokens of a pair
 *   lm_sequence          256          most tokens of a text
 * fine-tuning only
 *   data                 (required)   list of paths or {"path","weight"}
 *   labels               none         labels.json (labels_read in model.h), which classify examples need: the model gets a classifier head, and the
 *                                     output a copy
 *   classify_share 0.4   label_noise 0 (share of the labels taken for wrong; see loss_classify)
 *   token_dropout        0            share of the tokens of a classify example that become <|mask|>
 *   match_share 0.4, contrastive_share 0.2, generate_share 0.4     of tokens (classify_share too); a kind without data gives its share to the others
 *   max_pair_tokens      96           CLS need SEP item SEP
 *   max_embed_tokens     64           NEED need, ITEM item; NEED text to classify
 *   max_prefix_tokens    128          CLS need SEP item SEP WRITE
 *   max_text_tokens      192          text and END behind it
 *   max_group            8            most candidates of one need, negatives included
 *   random_negatives     2            items of other examples added to each group with gain 0
 *   contrastive_pairs    64           most (need, best item) pairs of one forward pass
 *   contrastive_min_gain 0.5          a best item below this makes no pair
 *   need_dropout         0.3          how often the need of a generate example is left out
 */
#ifndef DAOGOU_TRAIN_H
#define DAOGOU_TRAIN_H

#include "model/model.h"
#include "text/text.h"

enum { TRAIN_MAX_FILES = 64, TRAIN_MAX_LINE = 16 << 20, TRAIN_MAX_BATCH_TOKENS = 1 << 20 };

enum train_kind { TRAIN_PRETRAIN = 1, TRAIN_FINETUNE = 2 };
enum loss_kind { LOSS_MLM, LOSS_NSP, LOSS_LM, LOSS_MATCH, LOSS_BINARY, LOSS_CONTRASTIVE, LOSS_GENERATE, LOSS_CLASSIFY, LOSS_KINDS };
const char *loss_name(enum loss_kind k);   /* "mlm", ... */

struct train_file {
    const char *path;
    double weight;
};
struct train_files {
    struct train_file list[TRAIN_MAX_FILES];
    size_t n;
};

/* The keys above, by the same names. Strings live in `strings`. */
struct train_config {
    enum train_kind kind;
    const char *output, *tokenizer, *init_from, *cache, *labels;
    struct model_config model;
    bool model_given, shape_given; /* "model" was there; with more than init_from leaves open */
    const char *source;          /* the JSON text it was read from, or NULL */
    double dropout;              /* model.dropout if given, else -1 */
    struct lora lora;            /* rank 0: "lora" was not there */
    bool overlap;                /* model.overlap given as true: a model of init_from without it gets it */
    uint64_t seed;
    enum precision precision;
    uint32_t threads, steps, batch_tokens, accumulate, warmup_steps;
    double learning_rate, min_lr, weight_decay, beta1, beta2, epsilon, clip;
    double loss_weights[LOSS_KINDS];
    double validation_fraction;
    struct train_files validation_files, data; /* data: "corpora" or "data" */
    uint32_t eval_every, eval_batches, log_every, checkpoint_every, checkpoint_seconds;
    bool keep_best;
    enum dtype save_dtype;
    double lm_share, prefix_share, mask_share;
    uint32_t mlm_sequence, lm_sequence;
    double match_share, contrastive_share, generate_share, classify_share, label_noise, token_dropout;
    uint32_t max_pair_tokens, max_embed_tokens, max_prefix_tokens, max_text_tokens, max_group, random_negatives, contrastive_pairs;
    double contrastive_min_gain, need_dropout;
    struct arena strings;
};
void train_config_default(struct train_config *c, enum train_kind kind);
/* ERR_USAGE names the key that is unknown, of the wrong type or out of range. Release in every case. */
status train_config_read(struct train_config *c, enum train_kind kind, const char *path);
void train_config_release(struct train_config *c);

struct train_options {
    const char *device;          /* as in compute_options */
    int threads;                 /* over the configuration's, if > 0 */
    bool resume;
};
struct train_result {
    uint64_t steps, tokens;
    double seconds, tokens_per_s;
    double train_loss, validation_loss, best_validation_loss; /* sums; NaN where there is none */
    uint64_t parameters;
    char device[128];            /* compute's description */
    int rank;                    /* of this process; 0 alone reports */
};
/* Runs to the last step. ERR_INTERRUPTED after a checkpoint when progress asks to stop; ERR_USAGE when output already holds
 * a checkpoint and resume is false, or when what is resumed has changed; ERR_FORMAT with file and line for bad data;
 * ERR_INTERNAL when a loss, a gradient, a weight or a moment is no longer finite: the sentence names step and tensor and the
 * file OUTPUT/not-finite-step-N.replay; the last checkpoint and model stay as they were. */
status train_start(const struct train_config *c, const struct train_options *o, const struct progress *progress, struct train_result *result);

/* The step that such a file holds, run again with the weights, batches and random numbers it had, on the device, with the threads and in the precision of
 * the run unless `o` names others (resume is not read). Nothing is written. The listener (may be NULL) hears of each weight, then of each tensor of
 * the micro-batch that went wrong, in the order of the computation. */
struct replay_tensor {
    const char *name;            /* for as long as the call; see struct train_watch in model.h */
    size_t rows, cols, nans, infs;
    double least, most, rms;     /* of the finite ones; NaN: there are none */
    uint64_t bits;               /* a hash of all values: equal in two replays when all bits are */
};
struct replay_listener { void *context; void (*tensor)(void *context, const struct replay_tensor *t); };
struct replay_result {
    enum train_kind kind;
    uint64_t step;               /* from 1; of a validation the step it came after */
    uint32_t part, parts;        /* micro-batch, from 1, of so many */
    int rank, ranks;
    bool validation;
    double losses[LOSS_KINDS], gradient_norm; /* means, and the norm before division by the micro-batches; up to where the run stopped */
    bool has_loss[LOSS_KINDS];
    bool same_bits;              /* losses and norm are those of the run, bit for bit */
    char what[128];              /* what the run saw first: "the lm loss" */
    char first[128];             /* the first tensor that is not finite; "": all are */
    char device[128], recorded_device[128];
};
status train_replay(const char *path, const struct train_options *o, struct replay_result *result, const struct replay_listener *listener);

/* How fast steps are: what the trainer does in one of them (gradients zeroed, forward, next-token loss at every position, backward,
 * clipping, AdamW) on random tokens, nothing read or written. Model FLOPs are counted: 6 for each matrix element and token, and
 * 12 d_model a layer for each pair of positions that see one another; what is computed twice counts once. */
enum { BENCH_MAX_STEPS = 1000 };
struct train_bench_options {
    struct model_config shape;
    const char *device;          /* as in compute_options */
    int threads;
    enum precision precision;
    size_t batch, length, steps; /* sequences a step; tokens of each; steps timed, after some that are not */
    size_t probes;               /* how many steps, from the first, are followed by a probe of the peak; 0: all */
};
struct train_bench_result {
    char device[128];
    enum precision precision;    /* that matrix products ran in */
    uint64_t parameters;
    double flops_per_token;
    double step_seconds, step_seconds_best;                                            /* the median; all that follow too */
    double zero_seconds, forward_seconds, loss_seconds, backward_seconds, update_seconds;
    double tokens_per_s, gflops;
    double peak_f32_gflops, peak_bf16_gflops; /* best probe of this run, taken between the steps; 0: the device has none */
    double peak_gflops, fraction_of_peak;     /* the higher of the two; gflops / peak_gflops */
    double peak_memory_mb;       /* of the process, since its start, on the host */
    double memory_growth_mb;     /* resident after the last step, less that after the first that was timed */
    uint64_t allocations;        /* of memory in all timed steps together: 0 */
    double loss;
};
/* ERR_USAGE for a batch, length or number of steps out of range, or longer than the shape's max_positions. */
status train_bench(const struct train_bench_options *o, const struct progress *progress, struct train_bench_result *result);

/* corpora as for pretraining (for .jsonl, every string value of a line is fed). Writes DIRECTORY/tokenizer.json. */
struct tokenizer_options {
    const char *directory;
    const char *const *files;
    size_t n_files, vocab_size;
};
struct tokenizer_result {
    size_t entries;
    uint64_t bytes, lines;
    double seconds;
};
status train_tokenizer(const struct tokenizer_options *o, const struct progress *progress, struct tokenizer_result *result);

#endif
