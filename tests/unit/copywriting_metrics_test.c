/* copywriting: the measures of texts, against values worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include "copywriting/copywriting.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static struct normalizer *z;

static int setup(void **state)
{
    (void)state;
    return normalizer_new(&z) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    normalizer_free(z);
    return 0;
}

static void near(double got, double wanted, const char *what)
{
    if (fabs(got - wanted) > 1e-9) fail_msg("%s: %.12f, not %.12f", what, got, wanted);
}

static double bleu(const char *text, const char *reference)
{
    return copy_bleu4(text, strlen(text), reference, strlen(reference));
}

static void bleu_by_hand(void **state)
{
    (void)state;
    near(bleu("宽松的裤子", "宽松的裤子"), 1, "the same text");
    near(bleu("", "宽松"), 0, "nothing");
    near(bleu("甲乙丙丁", "宽松的裤子"), 0, "nothing in common");
    /* abcd against abce: 3/4, 2/3, 1/2; no 4-gram: the first zero is 1/(2*1). No brevity penalty */
    near(bleu("abcd", "abce"), pow(3.0 / 4 * 2 / 3 * 1 / 2 * 1 / 2, 0.25), "one zero");
    /* abxc against abyc: 3/4; ab: 1/3; zeros of orders 3 and 4: 1/(2*2), 1/(4*1) */
    near(bleu("abxc", "abyc"), pow(3.0 / 4 * 1 / 3 * 1 / 4 * 1 / 4, 0.25), "two zeros");
    /* clipped: aaaa against aa: 2/4, 1/3, zeros 1/(2*2), 1/(4*1) */
    near(bleu("aaaa", "aa"), pow(2.0 / 4 * 1 / 3 * 1 / 4 * 1 / 4, 0.25), "clipping");
    /* 宽松的 against 宽松的裤子: 1, 1, 1, and no 4-gram at all: 1/(2*1); brevity exp(1 - 5/3) */
    near(bleu("宽松的", "宽松的裤子"), pow(0.5, 0.25) * exp(1 - 5.0 / 3), "brevity");
    /* longer than the reference: 5/6, 4/5, 3/4, 2/3 */
    near(bleu("宽松的裤子呀", "宽松的裤子"), pow(5.0 / 6 * 4 / 5 * 3 / 4 * 2 / 3, 0.25), "longer");
}

static struct copy_metrics measure(const char *const (*pairs)[2], size_t n)
{
    struct copy_meter *m;
    struct copy_metrics result;
    if (copy_meter_new(z, &m) != OK) fail_msg("%s", status_message());
    for (size_t i = 0; i < n; i++)
        assert_int_equal(copy_meter_add(m, pairs[i][0], strlen(pairs[i][0]), pairs[i][1], strlen(pairs[i][1]), NULL), OK);
    copy_meter_result(m, &result);
    copy_meter_free(m);
    return result;
}

static void rouge_by_hand(void **state)
{
    (void)state;
    /* 4 and 5 words; shared: red dress cotton 3; "red dress" 1 of 3 and 4; subsequence red dress cotton 3 */
    const char *const one[][2] = {{"red dress soft cotton", "red dress made from cotton"}};
    struct copy_metrics m = measure(one, 1);
    near(m.rouge1, 2.0 * 3 / 9, "rouge 1");
    near(m.rouge2, 2.0 * 1 / 7, "rouge 2");
    near(m.rougeL, 2.0 * 3 / 9, "rouge L");
    /* order matters for L only */
    const char *const turned[][2] = {{"cotton dress red", "red dress cotton"}};
    m = measure(turned, 1);
    near(m.rouge1, 1, "rouge 1 turned");
    near(m.rouge2, 0, "rouge 2 turned");
    near(m.rougeL, 1.0 / 3, "rouge L turned");
    const char *const same[][2] = {{"宽松的牛仔裤很百搭。", "宽松的牛仔裤很百搭。"}};
    m = measure(same, 1);
    near(m.rouge1, 1, "rouge 1 zh");
    near(m.rouge2, 1, "rouge 2 zh");
    near(m.rougeL, 1, "rouge L zh");
    const char *const none[][2] = {{"", "red"}};
    m = measure(none, 1);
    near(m.rouge1 + m.rouge2 + m.rougeL + m.bleu4, 0, "an empty text");
}

static void variety_by_hand(void **state)
{
    (void)state;
    /* pairs: ab bc ca ab bc | ab bx: 7, of them ab bc ca bx differ. 4-grams of abcabc: abca bcab cabc, none repeated */
    const char *const two[][2] = {{"abcabc", "abcabc"}, {"abx", "abx"}};
    struct copy_metrics m = measure(two, 2);
    near(m.distinct2, 4.0 / 7, "distinct 2");
    near(m.repeated4, 0, "repeated 4");
    near(m.length, 4.5, "length");
    /* aaaaaa: three 4-grams, all aaaa: two repeat. The second text has 1 of none */
    const char *const again[][2] = {{"aaaaaa", "aaaaaa"}, {"abcd", "ab"}};
    m = measure(again, 2);
    near(m.repeated4, (2.0 / 3 + 0) / 2, "repeated 4");
    near(m.reference_length, 4, "reference length");
    assert_int_equal(m.n, 2);
    near(m.bleu4, (1 + bleu("abcd", "ab")) / 2, "bleu is a mean over texts");
}

static void claims_by_hand(void **state)
{
    (void)state;
    struct fact items[3] = {{.claim = (char *)"a", .field = (char *)"x"}, {.claim = (char *)"b"}, {.claim = (char *)"c"}};
    struct facts bad = {.items = items, .n = 3}, good = {.items = items, .n = 1};
    struct copy_meter *m;
    struct copy_metrics r;
    assert_int_equal(copy_meter_new(z, &m), OK);
    assert_int_equal(copy_meter_add(m, "t", 1, "t", 1, &bad), OK);
    assert_int_equal(copy_meter_add(m, "t", 1, "t", 1, &good), OK);
    assert_int_equal(copy_meter_add(m, "t", 1, "t", 1, NULL), OK);
    assert_int_equal(copy_meter_add(m, "t", 1, "t", 1, &good), OK);
    copy_meter_result(m, &r);
    near(r.unsupported, 1.0 / 4, "texts");
    near(r.unsupported_claims, 2.0 / 5, "claims");
    near(r.claims, 5.0 / 4, "claims a text");
    copy_meter_free(m);
    assert_int_equal(copy_meter_new(z, &m), OK);
    copy_meter_result(m, &r);
    near(r.bleu4 + r.distinct2 + r.unsupported + r.unsupported_claims + r.length, 0, "nothing measured");
    copy_meter_free(m);
}

static void failed_allocations(void **state)
{
    (void)state;
    bool done = false;
    for (uint64_t k = 1; !done && k < 2000; k++) {
        struct copy_meter *m = NULL;
        mem_fail_at(k);
        status s = copy_meter_new(z, &m);
        if (s == OK) s = copy_meter_add(m, "宽松 red", strlen("宽松 red"), "red", 3, NULL);
        done = mem_fail_at(0) < k;
        assert_int_equal(s, done ? OK : ERR_NOMEM);
        copy_meter_free(m);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bleu_by_hand), cmocka_unit_test(rouge_by_hand), cmocka_unit_test(variety_by_hand),
                                       cmocka_unit_test(claims_by_hand), cmocka_unit_test(failed_allocations)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
