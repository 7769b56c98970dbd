/* intent: n-grams, training with wrong labels, fitting, files that are damaged, and the table of acts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "intent/intent_int.h"   /* before cmocka.h, which has a macro fail() */

#include <cmocka.h>

static char directory[64];
static struct normalizer *z;
static const char labels_json[] = "{\"sets\":[{\"name\":\"zh\",\"labels\":[\"买家咨询退款时间\",\"买家咨询物流信息\",\"买家打招呼\"]},{\"name\":\"en\",\"labels\":[\"get_invoice\",\"track_order\"]}]}";

static void ok(status s)
{
    if (s != OK) fail_msg("%s", status_message());
}

static const char *in_dir(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *p = paths[next++ % 4];
    snprintf(p, sizeof paths[0], "%s/%s", directory, name);
    return p;
}

static int setup(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/daogou-intent-XXXXXX");
    if (!mkdtemp(directory) || normalizer_new(&z) != OK) return -1;
    return file_write_atomic(in_dir("labels.json"), labels_json, strlen(labels_json)) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    normalizer_free(z);
    return system(command);
}

static void has_features(const char *text, size_t n)
{
    uint32_t features[NGRAM_FEATURES_MAX];
    struct strbuf b = {0};
    ok(intent_text(z, text, strlen(text), &b));
    size_t count = ngram_features(strbuf_str(&b), b.len, 1, features);
    if (count != n) fail_msg("'%s' has %zu features, not %zu", text, count, n);
    for (size_t i = 1; i < count; i++) assert_true(features[i - 1] < features[i]);
    strbuf_release(&b);
}

static void test_tokens(void **state)
{
    (void)state;
    has_features("", 0);
    has_features("  ，。", 0);
    has_features("退款", 4);            /* with both ends */
    has_features("where is it?", 6);
    has_features("order 123456", 4);
    struct strbuf a = {0};
    ok(intent_text(z, "订单１２３４５６７，3天 2026", strlen("订单１２３４５６７，3天 2026"), &a));
    assert_string_equal(a.data, "订单#,3天 #");
    strbuf_release(&a);
    char longest[20000];
    memset(longest, 'x', sizeof longest);
    for (size_t i = 0; i < sizeof longest; i += 7) longest[i] = ' ';
    uint32_t features[NGRAM_FEATURES_MAX];
    assert_true(ngram_features(longest, sizeof longest, 4, features) <= NGRAM_FEATURES_MAX);
}

/* ---- a small world ---- */

static const char *const zh[3][6] = {{"退款什么时候到账", "退款几天到", "钱多久退回来", "退款到了没有", "多久能退款", "退款需要几天"},
                                     {"快递到哪里了", "物流没有更新", "包裹到哪了", "查一下快递", "我的快递在哪", "物流信息查一下"},
                                     {"你好", "在吗", "您好呀", "有人在吗", "亲在吗", "你好在不在"}};
static const char *const en[2][6] = {{"I need an invoice", "send me the invoice", "can I get an invoice", "invoice please", "where is my invoice", "invoice for my order"},
                                     {"where is my parcel", "track my order", "has my order shipped", "order tracking", "track the parcel", "where is order 12345"}};

static void make_examples(struct intent_examples *sets, struct intent_example *items)
{
    sets[0] = (struct intent_examples){items, 0, 0};
    for (int32_t k = 0; k < 3; k++)
        for (size_t i = 0; i < 6; i++)
            items[sets[0].n++] = (struct intent_example){zh[k][i], (uint32_t)strlen(zh[k][i]), k};
    sets[1] = (struct intent_examples){items + sets[0].n, 0, 0};
    for (int32_t k = 0; k < 2; k++)
        for (size_t i = 0; i < 6; i++)
            sets[1].items[sets[1].n++] = (struct intent_example){en[k][i], (uint32_t)strlen(en[k][i]), k};
}

static void train_small(void)
{
    struct intent_examples sets[2];
    struct intent_example items[40];
    struct labels labels;
    struct ngram_options o[2];
    struct intents *t;
    ngram_options_default(&o[0]);
    o[0].min_count = 1;
    o[1] = o[0];
    make_examples(sets, items);
    ok(labels_read(&labels, in_dir("labels.json")));
    ok(intents_train_ngrams(o, &labels, sets, z, directory, NULL));
    ok(intents_open(directory, NULL, z, &t));
    ok(intents_fit(t, sets, 0.9, directory, NULL));
    intents_free(t);
    labels_release(&labels);
}

static void expect(struct intents *t, const char *text, enum act act, bool sure)
{
    struct intent i;
    ok(intents_classify(t, text, strlen(text), &i));
    if (sure && (i.act != act || !i.sure)) fail_msg("'%s' is %s, %.2f, %s", text, act_name(i.act), (double)i.act_confidence, i.sure ? "sure" : "not sure");
    if (!sure && i.sure) fail_msg("'%s' is surely %s", text, act_name(i.act));
    for (size_t k = 1; k < i.n_top; k++) assert_true(i.top[k - 1].confidence >= i.top[k].confidence);
}

static void test_learns(void **state)
{
    (void)state;
    struct intents *t;
    train_small();
    ok(intents_open(directory, NULL, z, &t));
    assert_string_equal(intents_describe(t), "n-grams");
    expect(t, "请问退款几天能到", ACT_REFUND, true);
    expect(t, "快递现在到哪了", ACT_DELIVERY, true);
    expect(t, "hello, can I have an invoice?", ACT_INVOICE, true);
    expect(t, "please track order 99887766", ACT_ORDER, true);
    expect(t, "", ACT_OTHER, false);
    expect(t, "！！。。", ACT_OTHER, false);
    expect(t, "\xff\xfe\x01", ACT_OTHER, false);
    intents_free(t);
}

/* What training does not know of does not count: the logits are the bias then. */
static void test_file_gives_what_was_trained(void **state)
{
    (void)state;
    struct labels labels;
    struct ngram_file f;
    float logits[3];
    ok(labels_read(&labels, in_dir("labels.json")));
    ok(ngram_file_open(&f, in_dir("ngrams.bin"), &labels));
    ngram_logits(&f.sets[0], (const uint32_t[]){1, 2, 3}, 3, logits);
    for (int k = 0; k < 3; k++) assert_true(logits[k] == f.sets[0].bias[k]);
    ngram_file_close(&f);
    labels_release(&labels);
}

/* Four words of a class's thirty and two that all share; with wrong > 0 so many of the labels are drawn at random. */
static void make_world(struct intent_examples *e, struct arena *a, size_t n, double wrong, uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    e->items = arena_zalloc(a, n, sizeof *e->items);
    for (e->n = 0; e->n < n; e->n++) {
        int32_t k = (int32_t)rng_below(&rng, 3);
        const char *text = arena_printf(a, "%c%c %c%c %c%c zz yy", 'a' + k, 'a' + (int)rng_below(&rng, 20), 'a' + k, 'a' + (int)rng_below(&rng, 20), 'a' + k, 'a' + (int)rng_below(&rng, 20));
        e->items[e->n] = (struct intent_example){text, (uint32_t)strlen(text), rng_unit(&rng) < wrong ? (int32_t)rng_below(&rng, 3) : k};
    }
}

static double world_loss(float noise, const struct labels *labels)
{
    struct intent_examples train, test;
    struct ngram_options o;
    struct intent_scores s;
    struct arena a;
    float p[150 * 3];
    int32_t truth[150];
    arena_init(&a, 0);
    make_world(&train, &a, 400, 0.45, 4);
    make_world(&test, &a, 150, 0, 5);
    for (size_t i = 0; i < test.n; i++) truth[i] = test.items[i].label;
    ngram_options_default(&o);
    o.orders = 1;
    o.noise = noise;
    ok(intents_baseline(&o, &labels->sets[0], &train, &test, z, p, NULL));
    ok(intent_score(p, truth, test.n, 3, 0, &s));
    arena_release(&a);
    return s.log_loss;
}

static void test_noise_is_borne(void **state)
{
    (void)state;
    struct labels labels;
    ok(labels_read(&labels, in_dir("labels.json")));
    double plain = world_loss(0, &labels), robust = world_loss(0.45f, &labels);
    if (!(robust < 0.8 * plain)) fail_msg("with noise %g, without %g", robust, plain);
    labels_release(&labels);
}

static void test_scores(void **state)
{
    (void)state;
    static const float p[] = {0.9f, 0.1f, 0, 0.6f, 0.4f, 0, 0.2f, 0.7f, 0.1f, 0.5f, 0.3f, 0.2f};
    static const int32_t truth[] = {0, 1, 1, 0};
    struct intent_scores s;
    ok(intent_score(p, truth, 4, 3, 0.65, &s));
    assert_true(fabs(s.accuracy - 0.75) < 1e-6 && s.labels == 2 && fabs(s.top3 - 1) < 1e-6);
    assert_true(fabs(s.macro_f1 - (4.0 / 5 + 2.0 / 3) / 2) < 1e-6);
    assert_true(fabs(s.coverage - 0.5) < 1e-6 && fabs(s.covered_accuracy - 1) < 1e-6);
    assert_true(fabs(s.calibration_error - (0.1 + 0.6 + 0.3 + 0.5) / 4) < 1e-6);
}

static void test_damage(void **state)
{
    (void)state;
    struct intents *t;
    char *data;
    size_t n;
    ok(file_read(in_dir("ngrams.bin"), 1 << 20, &data, &n));
    for (size_t at = 0; at < n; at += 37) {
        data[at] ^= 0x40;
        ok(file_write_atomic(in_dir("ngrams.bin"), data, n));
        assert_int_equal(intents_open(directory, NULL, z, &t), ERR_FORMAT);
        assert_null(t);
        data[at] ^= 0x40;
    }
    for (size_t length = 0; length < n; length += n / 13) {
        ok(file_write_atomic(in_dir("ngrams.bin"), data, length));
        assert_int_equal(intents_open(directory, NULL, z, &t), ERR_FORMAT);
    }
    ok(file_write_atomic(in_dir("ngrams.bin"), data, n));
    mem_free(data);
    static const char *const bad[] = {"{", "{}", "{\"zh\":{\"ngrams\":{}},\"en\":{}}", "[]"};
    ok(file_read(in_dir("intents.json"), 1 << 16, &data, &n));
    for (size_t i = 0; i < 4; i++) {
        ok(file_write_atomic(in_dir("intents.json"), bad[i], strlen(bad[i])));
        assert_int_equal(intents_open(directory, NULL, z, &t), ERR_FORMAT);
    }
    ok(file_write_atomic(in_dir("intents.json"), data, n));
    mem_free(data);
    assert_int_equal(intents_open("/nonexistent", NULL, z, &t), ERR_NOT_FOUND);
}

static void test_no_memory(void **state)
{
    (void)state;
    struct intents *t;
    mem_fail_at(0);
    ok(intents_open(directory, NULL, z, &t));
    uint64_t n = mem_fail_at(0);
    intents_free(t);
    for (uint64_t i = 1; i <= n; i++) {
        mem_fail_at(i);
        status s = intents_open(directory, NULL, z, &t);
        mem_fail_at(0);
        if (s == OK) intents_free(t);
        else assert_int_equal(s, ERR_NOMEM);
    }
}

/* Every label that is shipped has an act, and every act a name and a phrase. */
static void test_acts(void **state)
{
    (void)state;
    struct labels l;
    size_t seen[ACTS] = {0};
    if (!file_exists(SOURCE_DIR "/models/intents/labels.json")) skip();
    ok(labels_read(&l, SOURCE_DIR "/models/intents/labels.json"));
    assert_int_equal(labels_set(&l, "zh")->n, 118);
    assert_int_equal(labels_set(&l, "en")->n, 27);
    for (size_t i = 0; i < l.n_sets; i++)
        for (uint32_t k = 0; k < l.sets[i].n; k++) {
            if (!act_known(l.sets[i].name, l.sets[i].labels[k])) fail_msg("%s has no act", l.sets[i].labels[k]);
            seen[act_of(l.sets[i].name, l.sets[i].labels[k])]++;
        }
    for (int a = 0; a < ACTS; a++) assert_true(seen[a] > 0 && *act_name((enum act)a) && *act_phrase((enum act)a, LANGUAGE_ZH) && *act_phrase((enum act)a, LANGUAGE_EN));
    labels_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tokens), cmocka_unit_test(test_learns),    cmocka_unit_test(test_file_gives_what_was_trained),
                                       cmocka_unit_test(test_noise_is_borne), cmocka_unit_test(test_scores), cmocka_unit_test(test_damage),
                                       cmocka_unit_test(test_no_memory), cmocka_unit_test(test_acts)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
