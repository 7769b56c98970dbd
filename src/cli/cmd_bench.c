/* daogou bench train */
#include "cli.h"
#include "train/train.h"

#include <jansson.h>
#include <string.h>

const char help_bench[] =
    "usage: daogou bench train [--shape S] [--batch B] [--length T] [--steps N] [--precision P]\n"
    "\n"
    "Times training steps on random tokens (forward, next-token loss at every position, backward, AdamW) and, between them, this\n"
    "machine's fastest matrix product. Reads and writes no file. Tokens a second are of the median step.\n"
    "\n"
    "  --shape S         gpt2-124m (default), or default: the shape of the shipped model\n"
    "  --batch B         sequences a step (default 4)\n"
    "  --length T        tokens a sequence (default 256; at most 1024, default shape 512)\n"
    "  --steps N         steps timed, after one that is not (default 10)\n"
    "  --precision P     of matrix products: f32, bf16 or auto (default: bf16 where the processor has it)\n"
    "\n"
    "With --json: tokens_per_s, gflops (of the model's arithmetic alone), peak_gflops (the best product of this run in any\n"
    "precision), fraction_of_peak, and what they are made of.\n"
    "\n"
    "example:\n"
    "  daogou bench train --shape gpt2-124m --batch 4 --length 1024 --json\n";

static void shape_gpt2(struct model_config *c)
{
    *c = (struct model_config){
        .vocab_size = 50257, .max_positions = 1024,
        .d_model = 768, .n_layers = 12, .n_heads = 12, .n_kv_heads = 12, .head_size = 64, .d_ff = 3072,
        .positions = POSITIONS_LEARNED, .norm = NORM_LAYER, .ffn = FFN_GELU, .linear_bias = true, .tied = true,
        .norm_epsilon = 1e-5f, .rope_theta = 10000.0f,
    };
}

static const struct { const char *name; void (*fill)(struct model_config *c); } shapes[] = {
    {"gpt2-124m", shape_gpt2}, {"default", model_config_default},
};
static const char *const precisions[] = {[PRECISION_AUTO] = "auto", [PRECISION_F32] = "f32", [PRECISION_BF16] = "bf16"};

static status choose_shape(const char *name, struct model_config *out)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(shapes[i].name, name) == 0) {
            shapes[i].fill(out);
            return OK;
        }
    return fail(ERR_USAGE, "option --shape needs gpt2-124m or default, not '%s'", name);
}

static status choose_precision(const char *name, enum precision *out)
{
    for (size_t i = 0; i < sizeof precisions / sizeof precisions[0]; i++)
        if (strcmp(precisions[i], name) == 0) {
            *out = (enum precision)i;
            return OK;
        }
    return fail(ERR_USAGE, "option --precision needs f32, bf16 or auto, not '%s'", name);
}

static void print_json(const char *shape, const struct train_bench_options *o, const struct train_bench_result *r)
{
    json_t *root = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "shape", shape, "device", r->device, "precision", precisions[r->precision],
                             "parameters", (json_int_t)r->parameters, "batch", (json_int_t)o->batch, "length", (json_int_t)o->length, "steps", (json_int_t)o->steps);
    const struct { const char *name; double x; } numbers[] = {
        {"tokens_per_s", r->tokens_per_s}, {"gflops", r->gflops}, {"peak_gflops", r->peak_gflops}, {"fraction_of_peak", r->fraction_of_peak},
        {"peak_f32_gflops", r->peak_f32_gflops}, {"peak_bf16_gflops", r->peak_bf16_gflops}, {"flops_per_token", r->flops_per_token},
        {"step_ms", 1e3 * r->step_seconds}, {"best_step_ms", 1e3 * r->step_seconds_best}, {"zero_ms", 1e3 * r->zero_seconds},
        {"forward_ms", 1e3 * r->forward_seconds}, {"loss_ms", 1e3 * r->loss_seconds}, {"backward_ms", 1e3 * r->backward_seconds},
        {"update_ms", 1e3 * r->update_seconds}, {"peak_memory_mb", r->peak_memory_mb}, {"memory_growth_mb", r->memory_growth_mb}, {"loss", r->loss},
        {"allocations", (double)r->allocations},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) json_object_set_new(root, numbers[i].name, json_real(numbers[i].x));
    json_dumpf(root, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    json_decref(root);
}

static void print_text(const char *shape, const struct train_bench_options *o, const struct train_bench_result *r)
{
    printf("%s: %.1f M parameters, %zu x %zu tokens a step, %s\n", shape, (double)r->parameters * 1e-6, o->batch, o->length, r->device);
    printf("speed     %.0f tokens/s, %.0f GFLOP/s: %.0f%% of this machine's %.0f GFLOP/s\n", r->tokens_per_s, r->gflops, 100 * r->fraction_of_peak, r->peak_gflops);
    printf("peak      f32 %.0f GFLOP/s, ", r->peak_f32_gflops);
    if (r->peak_bf16_gflops > 0) printf("bf16 %.0f GFLOP/s\n", r->peak_bf16_gflops);
    else printf("bf16 none on this processor\n");
    printf("limit     %.0f tokens/s at the peak, %.3f GFLOP a token\n", r->peak_gflops * 1e9 / r->flops_per_token, r->flops_per_token * 1e-9);
    printf("step      %.0f ms: forward %.0f, loss %.0f, backward %.0f, update %.0f, gradients to zero %.0f\n", 1e3 * r->step_seconds, 1e3 * r->forward_seconds,
           1e3 * r->loss_seconds, 1e3 * r->backward_seconds, 1e3 * r->update_seconds, 1e3 * r->zero_seconds);
    printf("memory    %.0f MB at the most, %+.1f MB and %llu allocations from the first to the last of %zu steps\n", r->peak_memory_mb, r->memory_growth_mb,
           (unsigned long long)r->allocations, o->steps);
}

static status bench(int argc, char **argv, const struct cli_globals *g)
{
    const char *shape = "gpt2-124m", *precision = "auto";
    struct train_bench_options o = {.device = g->device, .threads = g->threads, .batch = 4, .length = 256, .steps = 10};
    struct train_bench_result r;
    const struct cli_option options[] = {
        {"--shape", OPTION_STRING, &shape}, {"--precision", OPTION_STRING, &precision}, {"--batch", OPTION_SIZE, &o.batch},
        {"--length", OPTION_SIZE, &o.length}, {"--steps", OPTION_SIZE, &o.steps},
    };
    size_t n = 0;
    TRY(cli_parse(argc, argv, options, sizeof options / sizeof options[0], argv + 1, &n));
    FAIL_IF(n != 1 || strcmp(argv[1], "train") != 0, ERR_USAGE, "what to time is missing or not known; the one thing is 'train'");
    TRY(choose_shape(shape, &o.shape));
    TRY(choose_precision(precision, &o.precision));
    TRY(train_bench(&o, cli_progress(g), &r));
    cli_progress_done();
    if (g->json) print_json(shape, &o, &r);
    else print_text(shape, &o, &r);
    return OK;
}

int cmd_bench(int argc, char **argv, const struct cli_globals *g)
{
    status s = bench(argc, argv, g);
    return s == OK ? EXIT_DONE : cli_fail(g, "bench", s);
}
