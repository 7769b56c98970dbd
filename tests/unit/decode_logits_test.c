/* Penalties, filters and sampling, on logits made by hand. */
#include "decode_fixture.h"

static void log_sum_exp_is_stable(void **state)
{
    (void)state;
    float plain[3] = {0, logf(2), logf(3)}, huge[2] = {1000, 1000}, masked[3] = {-INFINITY, 1, -INFINITY}, bad[2] = {1, NAN};
    assert_float_equal(log_sum_exp(plain, 3), log(6), 1e-6);
    assert_float_equal(log_sum_exp(huge, 2), 1000 + log(2), 1e-6);
    assert_float_equal(log_sum_exp(masked, 3), 1, 1e-9);
    assert_true(isnan(log_sum_exp(bad, 2)));
    assert_true(log_sum_exp(masked, 1) == -INFINITY);
}

static void argmax_takes_the_first_of_equals(void **state)
{
    (void)state;
    float x[4] = {1, 3, 3, 2}, none[2] = {-INFINITY, -INFINITY};
    assert_int_equal(argmax_float(x, 4), 1);
    assert_int_equal(argmax_float(none, 2), -1);
}

static void penalty_lowers_each_written_token_once(void **state)
{
    (void)state;
    float raw[4] = {2, -2, 4, 0}, x[4] = {2, -2, 4, 0};
    int32_t written[4] = {0, 1, 0, 0};
    penalise_repetition(x, raw, written, 4, 2);
    assert_float_equal(x[0], 1, 0);
    assert_float_equal(x[1], -4, 0);
    assert_float_equal(x[2], 4, 0);
}

static void ngrams_are_banned(void **state)
{
    (void)state;
    int32_t written[7] = {1, 2, 3, 9, 1, 2, 7};
    uint64_t mask = 0;
    ban_repeated_ngrams(&mask, written, 6, 3);   /* ... 1 2 may not be followed by 3 again */
    assert_true(mask == 1u << 3);
    mask = 0;
    ban_repeated_ngrams(&mask, written, 7, 3);
    assert_true(mask == 0);
    ban_repeated_ngrams(&mask, written, 3, 1);   /* unigrams: nothing twice */
    assert_true(mask == (1u << 1 | 1u << 2 | 1u << 3));
    mask = 0;
    ban_repeated_ngrams(&mask, written, 2, 3);   /* too short for any */
    ban_repeated_ngrams(&mask, written, 7, 0);
    assert_true(mask == 0);
}

static void mask_reaches_every_word(void **state)
{
    (void)state;
    float x[130] = {0};
    uint64_t mask[3] = {0};
    mask_set(mask, 0);
    mask_set(mask, 64);
    mask_set(mask, 129);
    apply_mask(x, mask, 3);
    for (int i = 0; i < 130; i++) assert_int_equal(x[i] == -INFINITY, i == 0 || i == 64 || i == 129);
}

/* ---- filters ---- */

static struct decode_options sampling(void)
{
    struct decode_options o;
    decode_options_default(&o);
    o.method = DECODE_SAMPLE;
    return o;
}

/* log of 0.05 0.4 0.1 0.25 0.2 */
static const float five[5] = {-2.99573227F, -0.91629073F, -2.30258509F, -1.38629436F, -1.60943791F};

static uint32_t kept(const struct decode_options *o, const float *logits, size_t V)
{
    struct choice c[32];
    uint32_t set = 0;
    size_t n = filter_choices(c, logits, V, o);
    for (size_t i = 0; i < n; i++) {
        assert_false(set >> c[i].id & 1);
        set |= 1u << c[i].id;
    }
    return set;
}

static void top_k_keeps_the_k_best(void **state)
{
    (void)state;
    struct decode_options o = sampling();
    assert_int_equal(kept(&o, five, 5), 31);
    uint32_t expected[6] = {31, 1u << 1, 1u << 1 | 1u << 3, 1u << 1 | 1u << 3 | 1u << 4, 30, 31};
    for (o.top_k = 0; o.top_k < 6; o.top_k++) assert_int_equal(kept(&o, five, 5), expected[o.top_k]);
    float equal[4] = {1, 1, 1, 1};
    o.top_k = 2;
    assert_int_equal(kept(&o, equal, 4), 3);   /* ties: the lower ids */
}

static void top_p_keeps_the_smallest_set_with_that_mass(void **state)
{
    (void)state;
    struct decode_options o = sampling();
    struct { float p; uint32_t set; } cases[] = {{0.01F, 2}, {0.39F, 2}, {0.41F, 10}, {0.64F, 10}, {0.66F, 26}, {0.84F, 26}, {0.86F, 30}, {0.96F, 31}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        o.top_p = cases[i].p;
        assert_int_equal(kept(&o, five, 5), cases[i].set);
    }
    o.top_k = 2;   /* 0.4 and 0.25 become 0.615 and 0.385 */
    o.top_p = 0.61F;
    assert_int_equal(kept(&o, five, 5), 2);
    o.top_p = 0.62F;
    assert_int_equal(kept(&o, five, 5), 10);
}

static void min_p_is_relative_to_the_best(void **state)
{
    (void)state;
    struct decode_options o = sampling();
    o.min_p = 0.55F;
    assert_int_equal(kept(&o, five, 5), 2 | 8);
    o.min_p = 0.45F;
    assert_int_equal(kept(&o, five, 5), 2 | 8 | 16);
    o.min_p = 1;
    assert_int_equal(kept(&o, five, 5), 2);
    o.min_p = 0.45F;
    o.top_k = 2;
    assert_int_equal(kept(&o, five, 5), 2 | 8);
    o.temperature = 4;   /* (0.05/0.4)^(1/4) = 0.59: flat enough for all */
    o.top_k = 0;
    assert_int_equal(kept(&o, five, 5), 31);
}

static void masked_tokens_stay_out(void **state)
{
    (void)state;
    struct decode_options o = sampling();
    float x[4] = {-INFINITY, 1, -INFINITY, 2}, none[3] = {-INFINITY, -INFINITY, -INFINITY};
    o.top_k = 3;
    o.top_p = 0.99F;
    assert_int_equal(kept(&o, x, 4), 10);
    struct choice c[3];
    struct rng rng;
    rng_seed(&rng, 1);
    assert_int_equal(filter_choices(c, none, 3, &o), 0);
    assert_int_equal(sample_choice(c, 0, &rng), -1);
}

/* Against sorting everything, on random logits. */
static int falling(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static void nucleus_equals_sorting(void **state)
{
    (void)state;
    enum { V = 3000 };
    static float x[V], sorted[V];
    static struct choice c[V];
    struct rng rng;
    rng_seed(&rng, 7);
    struct decode_options o = sampling();
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < V; i++) x[i] = (float)(3 * rng_normal(&rng));
        o.top_p = (float)(0.02 + 0.96 * rng_unit(&rng));
        memcpy(sorted, x, sizeof x);
        qsort(sorted, V, sizeof *sorted, falling);
        double sum = 0, mass = 0, log_sum = log_sum_exp(x, V);
        size_t n = 0, got = filter_choices(c, x, V, &o);
        while (mass < o.top_p) mass += exp(sorted[n++] - log_sum);
        assert_in_range(got, n - 1, n + 1);   /* rounding at the border */
        for (size_t i = 0; i < got; i++) sum += exp(x[c[i].id] - log_sum);
        assert_true(sum > o.top_p - 1e-4);
    }
}

static void samples_follow_the_distribution(void **state)
{
    (void)state;
    struct decode_options o = sampling();
    struct rng rng;
    rng_seed(&rng, 42);
    size_t draws = 100000, count[5] = {0};
    double chi = 0, total = 0, p[5];
    o.temperature = 0.7F;
    for (int i = 0; i < 5; i++) total += p[i] = exp(five[i] / 0.7);
    for (size_t k = 0; k < draws; k++) {
        struct choice c[5];
        count[sample_choice(c, filter_choices(c, five, 5, &o), &rng)]++;
    }
    for (int i = 0; i < 5; i++) {
        double expected = (double)draws * p[i] / total;
        chi += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
    }
    assert_true(chi < 18.5);   /* 4 degrees of freedom: one in a thousand */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_sum_exp_is_stable), cmocka_unit_test(argmax_takes_the_first_of_equals),
        cmocka_unit_test(penalty_lowers_each_written_token_once), cmocka_unit_test(ngrams_are_banned),
        cmocka_unit_test(mask_reaches_every_word), cmocka_unit_test(top_k_keeps_the_k_best),
        cmocka_unit_test(top_p_keeps_the_smallest_set_with_that_mass), cmocka_unit_test(min_p_is_relative_to_the_best),
        cmocka_unit_test(masked_tokens_stay_out), cmocka_unit_test(nucleus_equals_sorting),
        cmocka_unit_test(samples_follow_the_distribution)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
