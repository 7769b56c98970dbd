/* Training steps by the clock, beside the peak of the device in the same run. */
#include "train_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { WARM_UP_CPU = 1, WARM_UP_GPU = 5, BENCH_SEED = 1 };
enum phase { PHASE_ZERO, PHASE_FORWARD, PHASE_LOSS, PHASE_BACKWARD, PHASE_UPDATE, PHASES };

struct bench {
    const struct train_bench_options *o;
    struct train_config config;                /* the trainer's defaults */
    struct compute *compute;
    struct model *model;
    struct train_run *run;
    struct micro_batch batch;
    float *m, *v;
    double *seconds[PHASES + 1];               /* (steps) each; the last is the whole step */
    double *times;                             /* owns them */
    double loss;
};

static void fill_batch(struct micro_batch *b, const struct train_bench_options *o)
{
    struct rng rng;
    rng_seed(&rng, BENCH_SEED);
    micro_batch_clear(b);
    for (size_t s = 0; s < o->batch; s++) {
        size_t first = b->batch.n_tokens;
        int32_t *tokens = micro_batch_tail(b);
        for (size_t i = 0; i < o->length; i++) tokens[i] = (int32_t)rng_below(&rng, o->shape.vocab_size);
        for (size_t i = 0; i < o->length; i++)   /* random text has a random next token behind its end */
            row_targets_add(&b->lm, first + i, i + 1 < o->length ? tokens[i + 1] : tokens[0]);
        micro_batch_close(b, o->length, 0);
    }
}

static status bench_open(struct bench *b, const struct train_bench_options *o)
{
    *b = (struct bench){.o = o};
    train_config_default(&b->config, TRAIN_PRETRAIN);
    TRY(model_config_check(&o->shape));
    FAIL_IF(!o->batch || !o->length || o->batch > TRAIN_MAX_BATCH_TOKENS / o->length, ERR_USAGE, "%zu sequences of %zu tokens; a step has 1 to %d tokens",
            o->batch, o->length, TRAIN_MAX_BATCH_TOKENS);
    FAIL_IF(o->length > o->shape.max_positions, ERR_USAGE, "sequences of %zu tokens are longer than the shape's max_positions (%u)", o->length,
            o->shape.max_positions);
    FAIL_IF(!o->steps || o->steps > BENCH_MAX_STEPS, ERR_USAGE, "%zu steps; 1 to %d can be timed", o->steps, BENCH_MAX_STEPS);
    TRY(compute_new(&(struct compute_options){.device = o->device, .threads = o->threads, .precision = o->precision}, &b->compute));
    TRY(model_new(&o->shape, BENCH_SEED, &b->model));
    TRY(micro_batch_init(&b->batch, o->batch * o->length));
    FAIL_IF(o->batch > b->batch.max_seqs, ERR_USAGE, "%zu sequences of %zu tokens; at most %zu fit a step of so few tokens", o->batch, o->length, b->batch.max_seqs);
    TRY(train_run_new(b->model, b->compute, o->batch * o->length, o->batch, &b->run));
    b->m = compute_alloc(b->compute, b->model->n_floats * sizeof(float));
    b->v = compute_alloc(b->compute, b->model->n_floats * sizeof(float));
    b->times = mem_zalloc((PHASES + 1) * o->steps, sizeof(double));
    if (!b->m || !b->v || !b->times) return fail_nomem("preparing to time training steps");
    for (int p = 0; p <= PHASES; p++) b->seconds[p] = b->times + (size_t)p * o->steps;
    fill_batch(&b->batch, o);
    return OK;
}

static void bench_close(struct bench *b)
{
    train_run_free(b->run);
    micro_batch_release(&b->batch);
    model_free(b->model);   /* its weights may lie on the device */
    if (b->compute) {
        compute_dealloc(b->compute, b->m);
        compute_dealloc(b->compute, b->v);
    }
    compute_free(b->compute);
    mem_free(b->times);
    train_config_release(&b->config);
}

/* A GPU has then done what it was asked for. */
static double since(struct bench *b, uint64_t *start)
{
    if (strcmp(b->compute->device, "cpu") != 0) (void)b->compute->ops->sum_of_squares(b->compute, b->model->params, 1);
    uint64_t now = clock_ns();
    double seconds = 1e-9 * (double)(now - *start);
    *start = now;
    return seconds;
}

static status step(struct bench *b, uint64_t number, double seconds[PHASES])
{
    struct compute *c = b->compute;
    struct model *m = b->model;
    const struct row_targets *lm = &b->batch.lm;
    uint64_t at = clock_ns();
    model_clear_gradients(m, c);
    seconds[PHASE_ZERO] = since(b, &at);
    TRY(train_forward(b->run, &b->batch.batch, true, number));
    seconds[PHASE_FORWARD] = since(b, &at);
    b->loss = loss_vocabulary(b->run, lm->rows, lm->targets, lm->n, 1, true, NULL);
    seconds[PHASE_LOSS] = since(b, &at);
    train_backward(b->run);
    seconds[PHASE_BACKWARD] = since(b, &at);
    double norm = sqrt(c->ops->sum_of_squares(c, m->grads, m->n_floats));
    optimiser_update(&b->config, c, m, b->m, b->v, &(struct optimiser_step){number, learning_rate_at(&b->config, number - 1), norm});
    seconds[PHASE_UPDATE] = since(b, &at);
    FAIL_IF(!isfinite(b->loss) || !isfinite(norm), ERR_INTERNAL, "the loss or the gradient is not finite at step %llu", (unsigned long long)number);
    return compute_check(c);
}

/* ---- peak, memory ---- */

static void probe(struct bench *b, struct train_bench_result *r)
{
    const struct cpu_features *cpu = cpu_features();
    bool bf16 = b->compute->precision == PRECISION_BF16 || cpu->bf16;
    r->peak_f32_gflops = fmax(r->peak_f32_gflops, compute_peak_gflops(b->compute, PRECISION_F32));
    if (bf16) r->peak_bf16_gflops = fmax(r->peak_bf16_gflops, compute_peak_gflops(b->compute, PRECISION_BF16));
}

static double resident_mb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1) pages = 0;
    if (f) fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static double peak_resident_mb(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (double)usage.ru_maxrss * 1024 / 1e6 : 0;
}

/* ---- the run ---- */

static status run_steps(struct bench *b, const struct progress *progress, struct train_bench_result *r)
{
    size_t warm_up = strcmp(b->compute->device, "cpu") == 0 ? WARM_UP_CPU : WARM_UP_GPU;
    double first = 0;
    for (size_t i = 0; i < warm_up + b->o->steps; i++) {
        double seconds[PHASES], whole = 0;
        if (!progress_report(progress, "bench", i, warm_up + b->o->steps, i < warm_up ? "warming up" : "")) return fail_interrupted("timing");
        uint64_t before = mem_seen();
        TRY(step(b, i + 1, seconds));
        if (i >= warm_up) r->allocations += mem_seen() - before;
        if (!b->o->probes || i < b->o->probes) probe(b, r);
        if (i < warm_up) continue;
        if (i == warm_up) first = resident_mb();
        for (int p = 0; p < PHASES; p++) whole += b->seconds[p][i - warm_up] = seconds[p];
        b->seconds[PHASES][i - warm_up] = whole;
    }
    r->memory_growth_mb = resident_mb() - first;
    r->peak_memory_mb = peak_resident_mb();
    return OK;
}

static int ascending(const void *x, const void *y)
{
    double a, b;
    memcpy(&a, x, sizeof a);
    memcpy(&b, y, sizeof b);
    return (a > b) - (a < b);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, ascending);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* Matrices that every token is multiplied by: the embedding counts as the output matrix, rows that are only looked up do not. */
static double flops_per_token(const struct model *m, size_t length)
{
    const struct model_config *c = &m->config;
    double elements = 0, pairs = ((double)length + 1) / 2;   /* that a position sees, on average */
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct parameter *p = &m->parameters[i];
        if (strncmp(p->name, "layers.", 7) == 0 && p->rows > 1) elements += (double)p->rows * p->cols;
    }
    return 6 * (elements + (double)c->vocab_size * c->d_model) + 12 * pairs * c->n_layers * c->n_heads * c->head_size;
}

static void fill_result(struct bench *b, struct train_bench_result *r)
{
    size_t n = b->o->steps, tokens = b->batch.batch.n_tokens;
    snprintf(r->device, sizeof r->device, "%s", b->compute->description);
    r->precision = b->compute->precision;
    r->parameters = model_config_parameters(&b->o->shape);
    r->flops_per_token = flops_per_token(b->model, b->o->length);
    r->step_seconds = median(b->seconds[PHASES], n);
    r->step_seconds_best = b->seconds[PHASES][0];   /* sorted now */
    r->zero_seconds = median(b->seconds[PHASE_ZERO], n);
    r->forward_seconds = median(b->seconds[PHASE_FORWARD], n);
    r->loss_seconds = median(b->seconds[PHASE_LOSS], n);
    r->backward_seconds = median(b->seconds[PHASE_BACKWARD], n);
    r->update_seconds = median(b->seconds[PHASE_UPDATE], n);
    r->tokens_per_s = (double)tokens / r->step_seconds;
    r->gflops = r->tokens_per_s * r->flops_per_token * 1e-9;
    r->peak_gflops = fmax(r->peak_f32_gflops, r->peak_bf16_gflops);
    r->fraction_of_peak = r->peak_gflops > 0 ? r->gflops / r->peak_gflops : 0;
    r->loss = b->loss;
}

status train_bench(const struct train_bench_options *o, const struct progress *progress, struct train_bench_result *result)
{
    struct bench b;
    *result = (struct train_bench_result){0};
    status s = bench_open(&b, o);
    if (s == OK) s = run_steps(&b, progress, result);
    if (s == OK) fill_result(&b, result);
    bench_close(&b);
    return s;
}
