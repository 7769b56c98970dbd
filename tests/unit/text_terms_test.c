/* Terms: what a word is found by. Stems are the examples Porter gives in the paper, step by step and whole. */
#include "text/text.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct normalizer *z;
static struct segmenter *g;

static int open_all(void **state)
{
    (void)state;
    return normalizer_new(&z) != OK || segmenter_new(&g) != OK;
}

static int close_all(void **state)
{
    (void)state;
    normalizer_free(z);
    segmenter_free(g);
    return 0;
}

/* All terms as "text/KIND@position ...": W word, N number, H Han word, B bigram. */
static void spell_terms(const char *text, struct strbuf *out)
{
    struct strbuf normal = {0};
    struct arena a;
    struct term_list list = {0};
    arena_init(&a, 0);
    assert_int_equal(normalize(z, text, strlen(text), &normal), OK);
    assert_int_equal(text_terms(g, strbuf_str(&normal), normal.len, &a, &list), OK);
    for (size_t i = 0; i < list.n; i++) {
        const struct term *t = &list.items[i];
        assert_int_equal(strlen(t->text), t->length);
        assert_true(t->begin < t->end && t->end <= normal.len);
        strbuf_printf(out, "%s%s/%c@%u", i ? " " : "", t->text, "WNHB"[t->kind], t->position);
    }
    mem_free(list.items);
    arena_release(&a);
    strbuf_release(&normal);
}

static void check(const char *text, const char *expected)
{
    struct strbuf out = {0};
    spell_terms(text, &out);
    assert_string_equal(strbuf_str(&out), expected);
    strbuf_release(&out);
}

static void latin_words(void **state)
{
    (void)state;
    check("", "");
    check("Running Shoes, men's!", "run/W@0 shoe/W@1 men/W@2");
    check("T-Shirts", "t/W@0 shirt/W@1 tshirt/W@0");
    check("wi-fi don't L'Oréal", "wi/W@0 fi/W@1 wifi/W@0 don/W@2 dont/W@2 oreal/W@3 loreal/W@3");
    check("café Łódź ế", "cafe/W@0 łódź/W@1 e/W@2");   /* ł does not come apart */
    check("플러스 ありがとう", "플러스/W@0 ありがとう/W@1");
}

static void numbers_and_units(void **state)
{
    (void)state;
    check("2.6kg", "2.6/N@0 2.6kg/N@0 kg/W@1");
    check("1,299.00 .50 007", "1299/N@0 0.5/N@1 007/N@2");
    check("12 inch", "12/N@0 12in/N@0 in/W@1");
    check("12-in.", "12/N@0 12in/N@0 in/W@1");
    check("12\"", "12/N@0 12in/N@0 in/W@1");
    check("6' rug", "6/N@0 6ft/N@0 ft/W@1 rug/W@2");
    check("5 Gallons", "5/N@0 5gal/N@0 gal/W@1");
    check("inches of gallons", "in/W@0 of/W@1 gal/W@2");
    check("3千克", "3/N@0 3kg/N@0 kg/W@1 千克/H@1");
    check("500毫升装", "500/N@0 500ml/N@0 ml/W@1 毫升/H@1 升装/B@2");
    check("2 in 1", "2/N@0 in/W@1 1/N@2");
    check("100%", "100/N@0");
}

static void joined_numbers(void **state)
{
    (void)state;
    check("4x6", "4/N@0 4x6/N@0 6/N@1");
    check("2 in. x 4 in.", "2/N@0 2in/N@0 in/W@1 2x4/N@0 4/N@2 4in/N@2 in/W@3");
    check("24 in. W x 36 in.", "24/N@0 24in/N@0 in/W@1 24x36/N@0 36/N@2 36in/N@2 in/W@3");
    check("1-1/2 in", "1/N@0 1-1/2/N@0 1/2/N@1 1/2in/N@1 in/W@2");
    check("1 1/2", "1/N@0 1-1/2/N@0 1/2/N@1");
    check("5 gal 1/2", "5/N@0 5gal/N@0 gal/W@1 1/2/N@2");
    check("10-20", "10/N@0 20/N@1");
    check("x 4", "x/W@0 4/N@1");
}

static void models(void **state)
{
    (void)state;
    check("iPhone15", "iphone15/W@0 iphon/W@0 15/N@1");
    check("3D a4 SF16N4", "3d/W@0 a4/W@1 sf16n4/W@2");
    check("2nd USB3.0", "2nd/W@0 usb3.0/W@1 usb/W@1 3/N@2");
    check("2-in-1", "2/N@0 in/W@1 1/N@2 2in1/W@0");
    check("01g-p3-1452-tr", "01g/W@0 p3/W@1 1452/N@2 tr/W@3 01gp31452tr/W@0");
    check("5.5mmm 2.0usb", "5.5mmm/W@0 5.5/N@0 mmm/W@1 2.0usb/W@2 2/N@2 usb/W@3");
}

static void chinese(void **state)
{
    (void)state;
    check("箱", "箱/H@0");
    check("工具", "工具/H@0");
    check("红色 箱", "红色/H@0 箱/H@2");
    check("测试工具箱", "测试/H@0 试工/B@1 工具箱/H@2 工具/B@2 具箱/B@3");
    check("a红色b", "a/W@0 红色/H@1 b/W@3");
}

static bool finds(const char *need, const char *title)
{
    struct strbuf a = {0}, b = {0};
    spell_terms(need, &a);
    spell_terms(title, &b);
    char *word = strtok(a.data, "/");
    bool found = strstr(b.data, word) != NULL;
    strbuf_release(&a);
    strbuf_release(&b);
    return found;
}

static void parts_find_the_whole(void **state)
{
    (void)state;
    assert_true(finds("工具", "测试工具箱"));
    assert_true(finds("毛连", "羊毛连衣裙"));
    assert_true(finds("连衣裙", "红色羊毛连衣裙女"));
    assert_true(finds("tshirt", "Cotton T-Shirts"));
    assert_true(finds("無線電鑽", "无线电钻套装"));
    assert_false(finds("公举", "测试工具箱"));   /* same sound, other thing */
}

/* Runs longer than one call to ICU can be: every bigram is there once, across the cut too. */
static void long_runs(void **state)
{
    (void)state;
    struct strbuf text = {0};
    struct arena a;
    struct term_list list = {0};
    size_t bigrams = 0;
    arena_init(&a, 0);
    for (int i = 0; i < 300; i++) strbuf_put_utf8(&text, 0x4E00 + (uint32_t)i * 7);
    strbuf_puts(&text, "𠮷𠮷𠮷");
    assert_int_equal(text_terms(g, text.data, text.len, &a, &list), OK);
    bool seen[304] = {false};
    for (size_t i = 0; i < list.n; i++) {
        assert_in_range(list.items[i].position, 0, 302);
        if (utf8_length(list.items[i].text, list.items[i].length) != 2) continue;
        assert_false(seen[list.items[i].position]);
        seen[list.items[i].position] = true;
        bigrams++;
    }
    assert_int_equal(bigrams, 302);
    assert_int_equal(list.items[list.n - 1].end, text.len);
    mem_free(list.items);
    arena_release(&a);
    strbuf_release(&text);
}

static void random_bytes_end(void **state)
{
    (void)state;
    static const char *const parts[] = {"工具", "箱", "4", "1/2", "x", " ", "-", "'", "\"", ".", ",", "kg", "in", "a", "t-", "\xE5", "\xFF", "é", "3.5", "\xC2",
                                        "𠮷", "by", "''", "0", "w x ", "99999999999999999999999999999999999999"};
    struct rng r;
    struct arena a;
    struct term_list list = {0};
    arena_init(&a, 0);
    rng_seed(&r, 17);
    for (int round = 0; round < 20000; round++) {
        struct strbuf b = {0};
        for (uint64_t k = rng_below(&r, 12); k > 0; k--) strbuf_puts(&b, parts[rng_below(&r, sizeof parts / sizeof *parts)]);
        char *exact = malloc(b.len + 1);   /* no byte behind the end, so that the sanitizer sees a read there */
        memcpy(exact, strbuf_str(&b), b.len);
        list.n = 0;
        arena_clear(&a);
        char *tight = realloc(exact, b.len ? b.len : 1);
        assert_int_equal(text_terms(g, tight, b.len, &a, &list), OK);
        for (size_t i = 0; i < list.n; i++) {
            assert_true(list.items[i].begin < list.items[i].end && list.items[i].end <= b.len);
            assert_in_range(list.items[i].length, 1, 80);
        }
        free(tight);
        strbuf_release(&b);
    }
    mem_free(list.items);
    arena_release(&a);
}

/* Texts made to be walked again and again: linear time, or the test runs into its limit. */
static void hostile_text_is_quick(void **state)
{
    (void)state;
    static const char *const parts[] = {"4x", "1-", "a-", "a1", "1\"", "1/", "1,", "x", "工", "t-shirt", "1 1/2", "1a-"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct strbuf b = {0};
        struct arena a;
        struct term_list list = {0};
        arena_init(&a, 0);
        while (b.len < 400000) strbuf_puts(&b, parts[i]);
        assert_int_equal(text_terms(g, b.data, b.len, &a, &list), OK);
        mem_free(list.items);
        arena_release(&a);
        strbuf_release(&b);
    }
}

static void long_words_are_cut(void **state)
{
    (void)state;
    struct strbuf text = {0}, out = {0};
    for (int i = 0; i < 1000; i++) strbuf_puts(&text, "é");
    spell_terms(text.data, &out);
    assert_int_equal(strstr(out.data, "/W@0") - out.data, 64);
    assert_true(utf8_valid(out.data, 64, NULL));
    strbuf_release(&text);
    strbuf_release(&out);
}

static void memory_may_fail(void **state)
{
    (void)state;
    const char *text = "测试工具箱 t-shirt 1-1/2 in. x 4 iphone15 测试工具箱 测试工具箱 测试工具箱";
    for (uint64_t at = 1;; at++) {
        struct term_list list = {0};
        struct arena a;
        arena_init(&a, 0);
        mem_fail_at(at);
        status s = text_terms(g, text, strlen(text), &a, &list);
        bool reached = mem_fail_at(0) >= at;
        assert_int_equal(s, reached ? ERR_NOMEM : OK);
        mem_free(list.items);
        arena_release(&a);
        if (!reached) break;
    }
}

static void porter_golden(void **state)
{
    (void)state;
    static const char *const golden[][2] = {
        /* step 1a */ {"caresses", "caress"}, {"ponies", "poni"}, {"ties", "ti"}, {"caress", "caress"}, {"cats", "cat"},
        /* step 1b */ {"feed", "feed"}, {"agreed", "agre"}, {"plastered", "plaster"}, {"bled", "bled"}, {"motoring", "motor"}, {"sing", "sing"},
        {"conflated", "conflat"}, {"troubled", "troubl"}, {"sized", "size"}, {"hopping", "hop"}, {"tanned", "tan"}, {"falling", "fall"},
        {"hissing", "hiss"}, {"fizzed", "fizz"}, {"failing", "fail"}, {"filing", "file"},
        /* step 1c */ {"happy", "happi"}, {"sky", "sky"},
        /* step 2 */ {"relational", "relat"}, {"conditional", "condit"}, {"rational", "ration"}, {"valenci", "valenc"}, {"hesitanci", "hesit"},
        {"digitizer", "digit"}, {"conformabli", "conform"}, {"radicalli", "radic"}, {"differentli", "differ"}, {"vileli", "vile"},
        {"analogousli", "analog"}, {"vietnamization", "vietnam"}, {"predication", "predic"}, {"operator", "oper"}, {"feudalism", "feudal"},
        {"decisiveness", "decis"}, {"hopefulness", "hope"}, {"callousness", "callous"}, {"formaliti", "formal"}, {"sensitiviti", "sensit"},
        {"sensibiliti", "sensibl"},
        /* step 3 */ {"triplicate", "triplic"}, {"formative", "form"}, {"formalize", "formal"}, {"electriciti", "electr"}, {"electrical", "electr"},
        {"hopeful", "hope"}, {"goodness", "good"},
        /* step 4 */ {"revival", "reviv"}, {"allowance", "allow"}, {"inference", "infer"}, {"airliner", "airlin"}, {"gyroscopic", "gyroscop"},
        {"adjustable", "adjust"}, {"defensible", "defens"}, {"irritant", "irrit"}, {"replacement", "replac"}, {"adjustment", "adjust"},
        {"dependent", "depend"}, {"adoption", "adopt"}, {"homologou", "homolog"}, {"communism", "commun"}, {"activate", "activ"},
        {"angulariti", "angular"}, {"homologous", "homolog"}, {"effective", "effect"}, {"bowdlerize", "bowdler"},
        /* step 5 */ {"probate", "probat"}, {"rate", "rate"}, {"cease", "ceas"}, {"controll", "control"}, {"roll", "roll"},
        /* whole */ {"generalizations", "gener"}, {"oscillators", "oscil"}, {"connected", "connect"}, {"connecting", "connect"},
        {"connection", "connect"}, {"connections", "connect"}, {"is", "is"}, {"a", "a"}, {"ied", "i"}};
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        char word[32];
        snprintf(word, sizeof word, "%s", golden[i][0]);
        word[porter_stem(word, strlen(word))] = 0;
        assert_string_equal(word, golden[i][1]);
    }
    char *long_word = malloc(1000000);
    memset(long_word, 'y', 1000000);
    assert_int_equal(porter_stem(long_word, 1000000), 1000000);
    free(long_word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latin_words),          cmocka_unit_test(numbers_and_units), cmocka_unit_test(joined_numbers),
        cmocka_unit_test(models),               cmocka_unit_test(chinese),           cmocka_unit_test(parts_find_the_whole),
        cmocka_unit_test(long_runs),            cmocka_unit_test(random_bytes_end),  cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(hostile_text_is_quick),
        cmocka_unit_test(memory_may_fail),      cmocka_unit_test(porter_golden),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
