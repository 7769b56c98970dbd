/* Tiny models and batches that the tests of room model share. Include before cmocka.h, which redefines fail(). */
#ifndef MODEL_FIXTURE_H
#define MODEL_FIXTURE_H

#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TINY_VOCAB = 37, TINY_TOKENS = 39, TINY_SEQS = 7 };

static const struct model_config tiny_ours = {
    .vocab_size = TINY_VOCAB, .max_positions = 24, .d_model = 16, .n_layers = 2, .n_heads = 4, .n_kv_heads = 4, .head_size = 4, .d_ff = 20,
    .positions = POSITIONS_ROTARY, .norm = NORM_RMS, .ffn = FFN_SWIGLU, .tied = true, .heads = true, .overlap = true,
    .norm_epsilon = 1e-5f, .rope_theta = 10000, .dropout = 0.2f,
};
static const struct model_config tiny_gpt2 = {
    .vocab_size = TINY_VOCAB, .max_positions = 24, .d_model = 12, .n_layers = 2, .n_heads = 3, .n_kv_heads = 3, .head_size = 4, .d_ff = 24,
    .positions = POSITIONS_LEARNED, .norm = NORM_LAYER, .ffn = FFN_GELU, .linear_bias = true, .tied = true, .heads = true,
    .norm_epsilon = 1e-5f, .rope_theta = 10000,
};
static const struct model_config tiny_qwen = {
    .vocab_size = TINY_VOCAB, .max_positions = 24, .d_model = 16, .n_layers = 2, .n_heads = 4, .n_kv_heads = 2, .head_size = 6, .d_ff = 18,
    .positions = POSITIONS_ROTARY, .norm = NORM_RMS, .ffn = FFN_SWIGLU, .qkv_bias = true, .qk_norm = true, .heads = true,
    .norm_epsilon = 1e-6f, .rope_theta = 1e6f,
};

static inline void check_ok(status s)
{
    if (s != OK) fail_msg("%s", status_message());
}

/* Larger weights than model_new's, and no symmetric ones: every path carries a gradient that can be measured. */
static inline struct model *tiny_model(const struct model_config *c, uint64_t seed)
{
    struct model *m;
    struct rng rng;
    check_ok(model_new(c, seed, &m));
    rng_seed(&rng, seed + 1);
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct parameter *p = &m->parameters[i];
        bool gain = p->rows == 1 && strstr(p->name, "norm.weight");
        double deviation = gain || strstr(p->name, ".bias") ? 0.2 : strstr(p->name, "embedding") ? 0.5 : 1.2 / sqrt(p->cols);
        for (size_t k = 0; k < (size_t)p->rows * p->cols; k++)
            m->params[p->offset + k] = (float)((gain ? 1 : 0) + deviation * rng_normal(&rng));
    }
    return m;
}

static const struct lora tiny_adapters = {.rank = 3, .alpha = 1.5f, .targets = {true, true, true, true}};

/* Adapters that do something, as training would leave them. */
static inline void tiny_train_adapters(struct model *m, uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (size_t i = m->n_frozen; i < m->n_parameters; i++)
        for (size_t k = 0; strstr(m->parameters[i].name, "lora_b") && k < (size_t)m->parameters[i].rows * m->parameters[i].cols; k++)
            m->params[m->parameters[i].offset + k] = (float)(0.3 * rng_normal(&rng));
}

/* directory: a template for mkdtemp; the base is saved there as `type`. */
static inline struct model *tiny_lora(const struct model_config *c, enum dtype type, char *directory)
{
    struct model *base = tiny_model(c, 7), *m;
    if (!mkdtemp(directory)) fail_msg("no temporary directory");
    check_ok(model_save(base, directory, type));
    model_free(base);
    check_ok(model_load_lora(directory, &tiny_adapters, 5, &m));
    tiny_train_adapters(m, 11);
    return m;
}

static inline void remove_model_directory(const char *directory)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    if (system(command) != 0) fail_msg("'%s' stays behind", directory);
}

static inline struct compute *scalar_compute(void)
{
    struct compute *c;
    check_ok(compute_new(&(struct compute_options){.threads = 2, .level = CPU_SCALAR, .at_level = true}, &c));
    return c;
}

static inline struct compute *fast_compute(void)
{
    struct compute *c;
    check_ok(compute_new(&(struct compute_options){.threads = 2, .precision = PRECISION_F32}, &c));
    return c;
}

/* Sequences of encoder, decoder and mixed kind. */
struct tiny_batch {
    int32_t tokens[TINY_TOKENS], positions[TINY_TOKENS], offsets[TINY_SEQS + 1], prefix[TINY_SEQS], overlap[TINY_TOKENS];
    struct batch batch;
};

static inline void tiny_batch_init(struct tiny_batch *b, uint64_t seed)
{
    static const int32_t lengths[TINY_SEQS] = {7, 5, 9, 1, 6, 8, 3}, prefix[TINY_SEQS] = {7, 0, 4, 1, 6, 2, 0};
    struct rng rng;
    rng_seed(&rng, seed);
    int32_t at = 0;
    for (int s = 0; s < TINY_SEQS; s++) {
        b->offsets[s] = at;
        b->prefix[s] = prefix[s];
        for (int32_t i = 0; i < lengths[s]; i++, at++) {
            b->positions[at] = i;
            b->tokens[at] = (int32_t)rng_below(&rng, TINY_VOCAB);
        }
    }
    b->offsets[TINY_SEQS] = at;
    b->batch = (struct batch){TINY_TOKENS, TINY_SEQS, b->tokens, b->positions, b->offsets, b->prefix, NULL};
}

/* As if the sequences were pairs for the match head. */
static inline void tiny_batch_overlap(struct tiny_batch *b)
{
    for (int i = 0; i < TINY_TOKENS; i++) b->overlap[i] = i * 5 % 7 % OVERLAP_KINDS;
    b->batch.overlap = b->overlap;
}

#endif
