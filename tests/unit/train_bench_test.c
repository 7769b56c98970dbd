/* Timing training steps: what is counted, what is refused, and that a step allocates nothing. No figure of time is tested. */
#include "train/train.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct train_bench_options options(const char *device)
{
    return (struct train_bench_options){
        .shape = {.vocab_size = 300, .max_positions = 32, .d_model = 32, .n_layers = 2, .n_heads = 2, .n_kv_heads = 2, .head_size = 16, .d_ff = 64,
                  .positions = POSITIONS_LEARNED, .norm = NORM_LAYER, .ffn = FFN_GELU, .linear_bias = true, .tied = true, .norm_epsilon = 1e-5f, .rope_theta = 10000},
        .device = device, .threads = 2, .precision = PRECISION_F32, .batch = 3, .length = 7, .steps = 2, .probes = 1};
}

static struct train_bench_result run(const struct train_bench_options *o)
{
    struct train_bench_result r;
    if (train_bench(o, NULL, &r) != OK) fail_msg("%s", status_message());
    return r;
}

static void test_counts(void **state)
{
    (void)state;
    struct train_bench_options o = options("cpu");
    struct train_bench_result r = run(&o);
    /* by hand: qkv 32 x 96, out 32 x 32, feed-forward 2 x 32 x 64, twice; output 300 x 32; 4 positions seen on average */
    double matrices = 2 * (32 * 96 + 32 * 32 + 2 * 32 * 64) + 300 * 32, pairs = 4;
    assert_true(r.flops_per_token == 6 * matrices + 12 * pairs * 2 * 32);
    assert_int_equal(r.parameters, model_config_parameters(&o.shape));
    assert_true(fabs(r.gflops - r.tokens_per_s * r.flops_per_token * 1e-9) < 1e-9);
    assert_true(fabs(r.tokens_per_s * r.step_seconds - 21) < 1e-6);
    assert_true(r.step_seconds_best <= r.step_seconds && r.step_seconds_best > 0);
    assert_true(r.peak_f32_gflops > 0 && r.peak_gflops >= r.peak_f32_gflops && r.peak_gflops >= r.peak_bf16_gflops);
    assert_true(fabs(r.fraction_of_peak * r.peak_gflops - r.gflops) < 1e-9);
    assert_true(r.peak_memory_mb > 1);
    assert_true(r.loss > 3 && r.loss < 9);   /* about log 300 */
}

/* However many steps, however many sequences: memory is taken before the first. */
static void test_no_allocation(void **state)
{
    (void)state;
    const enum norm_kind norms[] = {NORM_LAYER, NORM_RMS};
    for (size_t i = 0; i < 2; i++) {
        struct train_bench_options o = options("cpu");
        o.shape.norm = norms[i];
        if (norms[i] == NORM_RMS) o.shape.positions = POSITIONS_ROTARY, o.shape.ffn = FFN_SWIGLU, o.shape.linear_bias = false, o.shape.qk_norm = true;
        o.steps = 3;
        assert_int_equal(run(&o).allocations, 0);
    }
}

static void test_same_bits(void **state)
{
    (void)state;
    struct train_bench_options o = options("cpu");
    struct train_bench_result a = run(&o), b = run(&o);
    assert_true(a.loss == b.loss);
    o.steps = 3;
    assert_true(run(&o).loss != a.loss);   /* it does train */
}

static void test_device(void **state)
{
    (void)state;
    struct train_bench_options o = options("emulated");
    struct train_bench_result there = run(&o), here;
    o.device = "cpu";
    o.steps += 4;   /* a GPU takes so many more before the clock runs */
    here = run(&o);
    assert_true(fabs(there.loss - here.loss) < 1e-3);
    assert_true(there.peak_gflops > 0);
}

static void expect_refused(struct train_bench_options o, const char *word)
{
    struct train_bench_result r;
    assert_int_equal(train_bench(&o, NULL, &r), ERR_USAGE);
    assert_non_null(strstr(status_message(), word));
}

static void test_refused(void **state)
{
    (void)state;
    struct train_bench_options o = options("cpu");
    o.length = 33, expect_refused(o, "max_positions");
    o = options("cpu"), o.length = 0, expect_refused(o, "tokens");
    o = options("cpu"), o.batch = 0, expect_refused(o, "tokens");
    o = options("cpu"), o.batch = SIZE_MAX / 4, expect_refused(o, "tokens");
    o = options("cpu"), o.steps = 0, expect_refused(o, "steps");
    o = options("cpu"), o.steps = BENCH_MAX_STEPS + 1, expect_refused(o, "steps");
    o = options("cpu"), o.batch = 100, o.length = 1, expect_refused(o, "at most");
    o = options("abacus"), expect_refused(o, "abacus");
}

static bool stop(void *context)
{
    return --*(int *)context < 0;
}

static void test_interrupted(void **state)
{
    (void)state;
    int left = 2;
    struct train_bench_options o = options("cpu");
    struct train_bench_result r;
    assert_int_equal(train_bench(&o, &(struct progress){.context = &left, .cancelled = stop}, &r), ERR_INTERRUPTED);
}

/* Allocations from the first to long after the last fail once: a sentence, and nothing leaks (the sanitizers look). */
static void test_out_of_memory(void **state)
{
    (void)state;
    struct train_bench_options o = options("cpu");
    o.steps = 1;
    status s = ERR_NOMEM;
    for (uint64_t n = 1; n < 4000; n *= 2) {
        struct train_bench_result r;
        mem_fail_at(n);
        s = train_bench(&o, NULL, &r);
        mem_fail_at(0);
        assert_true(s == OK || s == ERR_NOMEM);
    }
    assert_int_equal(s, OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_counts),  cmocka_unit_test(test_no_allocation), cmocka_unit_test(test_same_bits),
                                       cmocka_unit_test(test_device),  cmocka_unit_test(test_refused),       cmocka_unit_test(test_interrupted),
                                       cmocka_unit_test(test_out_of_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
