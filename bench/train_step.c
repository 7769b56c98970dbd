/* Times training steps of GPT-2's shape (124 million parameters, tied, T = 1024) and prints one line of JSON.
 *   bench_train_step [DEVICE [SEQUENCES [STEPS [LAYERS]]]]
 * A step is what the trainer does: forward, loss at every position, backward, the gradient's norm, AdamW. */
#include "model/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { LENGTH = 1024, WARM_UP = 5, MAX_STEPS = 1000, VOCAB = 50257 };

struct bench {
    struct compute *c;
    struct model *m;
    struct train_run *run;
    struct batch batch;
    int32_t *tokens, *positions, *offsets, *prefix, *rows, *targets;
    float *moment1, *moment2;
    double loss;
};

static void check(status s)
{
    if (s == OK) return;
    fprintf(stderr, "bench_train_step: %s\n", status_message());
    exit(1);
}

static void make_batch(struct bench *b, size_t sequences)
{
    size_t n = sequences * LENGTH;
    struct rng rng;
    rng_seed(&rng, 1);
    b->tokens = mem_zalloc(n, sizeof(int32_t));
    b->positions = mem_zalloc(n, sizeof(int32_t));
    b->rows = mem_zalloc(n, sizeof(int32_t));
    b->targets = mem_zalloc(n, sizeof(int32_t));
    b->offsets = mem_zalloc(sequences + 1, sizeof(int32_t));
    b->prefix = mem_zalloc(sequences, sizeof(int32_t));
    for (size_t i = 0; i < n; i++) {
        b->tokens[i] = (int32_t)rng_below(&rng, VOCAB);
        b->targets[i] = (int32_t)rng_below(&rng, VOCAB);
        b->positions[i] = (int32_t)(i % LENGTH);
        b->rows[i] = (int32_t)i;
    }
    for (size_t s = 0; s <= sequences; s++) b->offsets[s] = (int32_t)(s * LENGTH);
    b->batch = (struct batch){n, sequences, b->tokens, b->positions, b->offsets, b->prefix, NULL};
}

static void step(struct bench *b, int t)
{
    const struct ops *ops = b->c->ops;
    struct model *m = b->m;
    compute_zero(b->c, m->grads, m->n_floats * sizeof(float));
    check(train_forward(b->run, &b->batch, true, 0));
    b->loss = loss_vocabulary(b->run, b->rows, b->targets, b->batch.n_tokens, 1, true, NULL);
    train_backward(b->run);
    double norm = sqrt(ops->sum_of_squares(b->c, m->grads, m->n_floats));
    struct adamw how = {.learning_rate = 3e-4f, .beta1 = 0.9f, .beta2 = 0.95f, .epsilon = 1e-8f, .gradient_scale = norm > 1 ? (float)(1 / norm) : 1,
                        .correction1 = (float)(1 - pow(0.9, t + 1)), .correction2 = (float)(1 - pow(0.95, t + 1))};
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct parameter *p = &m->parameters[i];
        how.weight_decay = p->decay ? 0.1f : 0;
        ops->adamw(b->c, m->params + p->offset, m->grads + p->offset, b->moment1 + p->offset, b->moment2 + p->offset, (size_t)p->rows * p->cols, &how);
    }
    double ignored = ops->sum_of_squares(b->c, m->params, 1);   /* waits for the device */
    (void)ignored;
    check(compute_check(b->c));
}

static int ascending(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    const char *device = argc > 1 ? argv[1] : "auto";
    size_t sequences = argc > 2 ? (size_t)atoi(argv[2]) : 16;
    int steps = argc > 3 ? atoi(argv[3]) : 30;
    if (sequences < 1 || sequences > 1024 || steps < 1 || steps > MAX_STEPS) return 2;
    struct model_config config = {.vocab_size = VOCAB, .max_positions = LENGTH, .d_model = 768, .n_layers = argc > 4 ? (uint32_t)atoi(argv[4]) : 12, .n_heads = 12,
                                  .n_kv_heads = 12, .head_size = 64, .d_ff = 3072, .positions = POSITIONS_LEARNED, .norm = NORM_LAYER,
                                  .ffn = FFN_GELU, .linear_bias = true, .tied = true, .norm_epsilon = 1e-5f, .rope_theta = 10000};
    check(compute_new(&(struct compute_options){.device = device, .precision = PRECISION_BF16}, &b.c));
    check(model_new(&config, 1, &b.m));
    make_batch(&b, sequences);
    check(train_run_new(b.m, b.c, b.batch.n_tokens, sequences, &b.run));
    b.moment1 = compute_alloc(b.c, b.m->n_floats * sizeof(float));
    b.moment2 = compute_alloc(b.c, b.m->n_floats * sizeof(float));
    double seconds[MAX_STEPS];
    for (int t = 0; t < WARM_UP + steps; t++) {
        uint64_t start = clock_ns();
        step(&b, t);
        if (t >= WARM_UP) seconds[t - WARM_UP] = 1e-9 * (double)(clock_ns() - start);
    }
    qsort(seconds, (size_t)steps, sizeof *seconds, ascending);
    printf("{\"program\":\"daogou\",\"device\":\"%s\",\"parameters\":%llu,\"sequences\":%zu,\"length\":%d,\"steps\":%d,\"median_ms\":%.3f,\"best_ms\":%.3f,"
           "\"tokens_per_s\":%.0f,\"loss\":%.5f}\n",
           b.c->description, (unsigned long long)model_config_parameters(&config), sequences, LENGTH, steps, 1e3 * seconds[steps / 2], 1e3 * seconds[0],
           (double)b.batch.n_tokens / seconds[steps / 2], b.loss);
    return 0;
}
