/* Normalising, language, stop words. */
#include "text/text.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct normalizer *z;

static int open_normalizer(void **state)
{
    (void)state;
    return normalizer_new(&z);
}

static int close_normalizer(void **state)
{
    (void)state;
    normalizer_free(z);
    return 0;
}

static void check(const char *s, size_t n, const char *expected)
{
    struct strbuf out = {0};
    assert_int_equal(normalize(z, s, n, &out), OK);
    assert_string_equal(strbuf_str(&out), expected);
    assert_int_equal(out.len, strlen(expected));
    strbuf_release(&out);
}

static void forms_become_one(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {" \t\n ", ""},
        {"  Hello \r\n  WORLD\v", "hello world"},
        {"ＡＢＣ　１２３", "abc 123"},
        {"㎏ ㎡ ℃ №", "kg m2 °c no"},
        {"ﬁne Straße ÉCLAIR", "fine strasse éclair"},
        {"e\xCC\x81", "é"},                                   /* e and a combining accent */
        {"a\xC2\xA0" "b\xE2\x80\x83" "c", "a b c"},           /* no-break and em space */
        {"\xEF\xBB\xBF" "bom", "bom"},
        {"wi\xC2\xAD" "fi a\xE2\x80\x8B" "b", "wifi ab"},     /* soft hyphen, zero-width space */
        {"红色羊毛裙", "红色羊毛裙"},
        {"紅色羊毛裙", "红色羊毛裙"},
        {"頭髮 發展 乾燥 乾坤", "头发 发展 干燥 乾坤"},       /* by phrases, not by characters alone */
        {"瞭解", "了解"}, {"答覆", "答复"}, {"藉口", "借口"}, {"沈默", "沉默"}, {"牴牾", "抵牾"}, {"衹得", "只得"},
        {"ＮＩＫＥ無線電鑽", "nike无线电钻"},
        {"￥３００", "¥300"},
        {"5½ in. ¾ cup", "5 1/2 in. 3/4 cup"},                /* never 51/2 */
        {"Nike™ Gore-Tex® Men’s “XL” 15.6″ 10–20", "nike gore-tex® men's \"xl\" 15.6\" 10-20"},
        {"𠮷野家🎁", "𠮷野家🎁"},
        {"ﷺ", "صلى الله عليه وسلم"},                          /* one character, eighteen */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(cases[i][0], strlen(cases[i][0]), cases[i][1]);
}

static void bad_bytes_are_replaced(void **state)
{
    (void)state;
    check("a\xFF" "b", 3, "a\xEF\xBF\xBD" "b");
    check("\xE7\xBA", 2, "\xEF\xBF\xBD\xEF\xBF\xBD");
    check("a\0b", 3, "a b");
    check("紅\0紅", 7, "红 红");
}

static void appends(void **state)
{
    (void)state;
    struct strbuf out = {0};
    strbuf_puts(&out, "紅 ");
    assert_int_equal(normalize(z, " A ", 3, &out), OK);
    assert_int_equal(normalize(z, "紅", 3, &out), OK);
    assert_int_equal(normalize(z, "", 0, &out), OK);
    assert_string_equal(out.data, "紅 a红");   /* what was there stays as it was */
    strbuf_release(&out);
}

/* What comes out is valid, trimmed, and normalising it again changes nothing. */
static void random_text_settles(void **state)
{
    (void)state;
    static const uint32_t pool[] = {' ', 'A', 'z', '5', 0xBD, 0x3000, 0x7D05, 0x9AD4, 0x4E00, 0x2019, 0xFF21, 0xFB01, 0xDF, 0x301, 0x1F381,
                                    0x2460, 0x3392, 0xFDFA, 0xAC00, 0x1100, 0x3042, 0x8986, 0x7B54, 0xFFFD, 0x200B, 0x20BB7, 0x2122};
    struct rng r;
    rng_seed(&r, 5);
    for (int round = 0; round < 4000; round++) {
        struct strbuf in = {0}, once = {0}, twice = {0};
        for (uint64_t k = rng_below(&r, 700 >> rng_below(&r, 9)); k > 0; k--) {
            if (rng_below(&r, 8) == 0) strbuf_putc(&in, (char)rng_below(&r, 256));
            else strbuf_put_utf8(&in, pool[rng_below(&r, sizeof pool / sizeof *pool)]);
        }
        assert_int_equal(normalize(z, strbuf_str(&in), in.len, &once), OK);
        assert_true(utf8_valid(strbuf_str(&once), once.len, NULL));
        assert_int_equal(strlen(strbuf_str(&once)), once.len);
        if (once.len) assert_true(once.data[0] != ' ' && once.data[once.len - 1] != ' ');
        assert_null(strstr(strbuf_str(&once), "  "));
        assert_int_equal(normalize(z, strbuf_str(&once), once.len, &twice), OK);
        assert_string_equal(strbuf_str(&once), strbuf_str(&twice));
        strbuf_release(&in);
        strbuf_release(&once);
        strbuf_release(&twice);
    }
}

static void long_text_is_whole(void **state)
{
    (void)state;
    struct strbuf in = {0}, out = {0};
    for (int i = 0; i < 5000; i++) strbuf_puts(&in, "紅色 Ａ  ");
    assert_int_equal(normalize(z, in.data, in.len, &out), OK);
    assert_int_equal(out.len, 5000 * strlen("红色 a ") - 1);
    assert_int_equal(normalize(z, in.data, (size_t)1 << 40, &out), ERR_LIMIT);
    strbuf_release(&in);
    strbuf_release(&out);
}

static void memory_may_fail(void **state)
{
    (void)state;
    struct strbuf in = {0};
    for (int i = 0; i < 900; i++) strbuf_puts(&in, "紅ﷺ");
    for (uint64_t at = 1;; at++) {
        struct strbuf out = {0};
        mem_fail_at(at);
        status s = normalize(z, in.data, in.len, &out);
        bool reached = mem_fail_at(0) >= at;
        assert_int_equal(s, reached ? ERR_NOMEM : OK);
        strbuf_release(&out);
        if (!reached) break;
    }
    for (uint64_t at = 1;; at++) {
        struct normalizer *other;
        mem_fail_at(at);
        status s = normalizer_new(&other);
        bool reached = mem_fail_at(0) >= at;
        assert_int_equal(s, reached ? ERR_NOMEM : OK);
        normalizer_free(other);
        if (!reached) break;
    }
    strbuf_release(&in);
}

static void *normalize_often(void *bad)
{
    for (int i = 0; i < 3000; i++) {
        struct strbuf out = {0};
        const char *text = i % 2 ? "頭髮發展無線電鑽答覆ＡＢ" : "乾燥 Éclair 紅色";
        if (normalize(z, text, strlen(text), &out) != OK || strcmp(out.data, i % 2 ? "头发发展无线电钻答复ab" : "干燥 éclair 红色") != 0) *(int *)bad = 1;
        strbuf_release(&out);
    }
    return NULL;
}

static void threads_may_share_it(void **state)
{
    (void)state;
    pthread_t threads[4];
    int bad[4] = {0};
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, normalize_often, &bad[i]), 0);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++) assert_int_equal(bad[i], 0);
}

static void language_by_share(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
    } cases[] = {{"红色羊毛裙", "zh"}, {"nike 跑鞋", "zh"}, {"iphone 15 pro max 手机壳", "zh"}, {"red wool dress", "en"}, {"", "en"}, {"500", "en"},
                 {"i want a dress like 旗袍 for my mothers wedding day", "en"}, {"\xFF\xFE", "en"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(language_code(text_language(cases[i].text, strlen(cases[i].text))), cases[i].code);
}

static void stop_words(void **state)
{
    (void)state;
    static const char *const yes[] = {"a", "for", "the", "yours", "的", "想要", "麻烦", "this", "thi", "pleas", "我想", "一款"};
    static const char *const no[] = {"", "red", "fort", "fo", "红色", "的的", "工具", "no", "drill", "zz", "\xFF"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!text_is_stopword(yes[i], strlen(yes[i]))) fail_msg("'%s' should be one", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (text_is_stopword(no[i], strlen(no[i]))) fail_msg("'%s' should be none", no[i]);
    assert_false(text_is_stopword("thex", 4));
    assert_true(text_is_stopword("thex", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_become_one),     cmocka_unit_test(bad_bytes_are_replaced), cmocka_unit_test(appends),
        cmocka_unit_test(random_text_settles),  cmocka_unit_test(long_text_is_whole),     cmocka_unit_test(memory_may_fail),
        cmocka_unit_test(threads_may_share_it), cmocka_unit_test(language_by_share),      cmocka_unit_test(stop_words),
    };
    return cmocka_run_group_tests(tests, open_normalizer, close_normalizer);
}
