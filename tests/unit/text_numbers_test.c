/* Numbers in needs, prices in feeds. */
#include "text/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Each number as "value=span", money with its currency, units with theirs: "300CNY=300块". */
static void check(const char *text, const char *expected)
{
    struct number found[16];
    struct strbuf out = {0};
    size_t n = text_numbers(text, strlen(text), found, 16);
    for (size_t i = 0; i < n; i++) {
        const struct number *x = &found[i];
        assert_true(x->begin < x->end && x->end <= strlen(text));
        assert_true(x->kind == NUMBER_MONEY || !x->currency[0]);
        assert_true(x->kind == NUMBER_UNIT || !x->unit[0]);
        strbuf_printf(&out, "%s%g%s%s=%.*s", i ? "; " : "", x->value, x->currency, x->unit, (int)(x->end - x->begin), text + x->begin);
    }
    if (strcmp(strbuf_str(&out), expected) != 0) fail_msg("'%s' gave '%s', not '%s'", text, strbuf_str(&out), expected);
    strbuf_release(&out);
}

static void digits(void **state)
{
    (void)state;
    check("", "");
    check("500", "500=500");
    check("1,299.00", "1299=1,299.00");
    check("1.5k", "1500=1.5k");
    check(".5 oz", "0.5oz=.5 oz");
    check("500以内", "500=500");
    check("满200减50", "200=200; 50=50");
    check("500包邮", "500=500");
    check("1,29", "1=1; 29=29");
    check("0", "0=0");
}

static void chinese_scales(void **state)
{
    (void)state;
    check("2万", "20000=2万");
    check("3千", "3000=3千");
    check("2万5", "25000=2万5");
    check("3万2千", "32000=3万2千");
    check("1千5", "1500=1千5");
    check("1千5个", "1000=1千; 5pieces=5个");
    check("1.5万", "15000=1.5万");
    check("3千克", "3kg=3千克");
    check("2百到3百", "200=2百; 300=3百");
}

static void chinese_numerals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } whole[] = {{"三百五", 350}, {"三百五十", 350}, {"三百零五", 305}, {"一百零五", 105}, {"两千", 2000}, {"两千三", 2300}, {"一万二", 12000},
                 {"一万零二百", 10200}, {"一千零五十", 1050}, {"一千五百", 1500}, {"十五", 15}, {"二十", 20}, {"九十九", 99}, {"一百一", 110},
                 {"一百十五", 115}, {"两万五千", 25000}, {"三十万", 300000}, {"一亿二千万", 120000000}, {"一点五万", 15000}, {"叁佰", 300},
                 {"一百二十三", 123}, {"九百九十九", 999}, {"一万两千三百四十五", 12345}};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct number x[2];
        if (text_numbers(whole[i].text, strlen(whole[i].text), x, 2) != 1 || fabs(x[0].value - whole[i].value) > 1e-9 || x[0].end != strlen(whole[i].text))
            fail_msg("'%s' is not %g", whole[i].text, whole[i].value);
    }
    check("半斤", "0.5jin=半斤");
    check("半身裙", "");
    check("两斤半", "2.5jin=两斤半");
    check("两个半小时", "2.5h=两个半小时");
    check("半小时", "0.5h=半小时");
    check("三点五升", "3.5l=三点五升");
    check("百分之八十棉", "80%=百分之八十");
    check("三四百", "300=三; 400=四百");
    check("十分好看", "");
    check("八点五十", "50=五十");
    check("十分钟", "10min=十分钟");
    check("一起买 万一 百货 千里 第二 星期三 一二三", "");
    check("给三个人用", "3people=三个人");
    check("一米八的床", "1.8m=一米八");
    check("1米75", "1.75m=1米75");
}

static void money(void **state)
{
    (void)state;
    check("$50", "50USD=$50");
    check("under $ 50", "50USD=$ 50");
    check("$1.5k", "1500USD=$1.5k");
    check("¥300", "300CNY=¥300");
    check("¥300元", "300CNY=¥300元");
    check("300块", "300CNY=300块");
    check("300块钱左右", "300CNY=300块钱");
    check("300多块", "300CNY=300多块");
    check("三块五", "3.5CNY=三块五");
    check("3块巧克力", "3=3");
    check("一千五百元", "1500CNY=一千五百元");
    check("百元以内 千元机", "100CNY=百元; 1000CNY=千元");
    check("300元2件", "300CNY=300元; 2pieces=2件");
    check("50 dollars", "50USD=50 dollars");
    check("50$", "50USD=50$");
    check("rs. 1,299", "1299INR=rs. 1,299");
    check("rs500", "500INR=rs500");
    check("₹32,999", "32999INR=₹32,999");
    check("hk$300", "300HKD=hk$300");
    check("eur 20", "20EUR=eur 20");
    check("20€", "20EUR=20€");
    check("iphone 15 $500", "15=15; 500USD=$500");
    check("iphone 15 rs 500", "15=15; 500INR=rs 500");
    check("50 rsx", "50=50");
}

static void units(void **state)
{
    (void)state;
    check("2.6kg", "2.6kg=2.6kg");
    check("5 pounds of rice", "5lb=5 pounds");
    check("60w灯泡", "60w=60w");
    check("6000毫安时", "6000mah=6000毫安时");
    check("12-inch", "12in=12-inch");
    check("15.6\" laptop", "15.6in=15.6\"");
    check("\"iphone 15\" case", "15=15");
    check("6'2\"", "6ft=6'; 2in=2\"");
    check("4 person tent", "4people=4 person");
    check("size 42 shoes", "42size=42");
    check("42码", "42size=42码");
    check("尺码42", "42size=42");
    check("8 years old", "8year=8 years");
    check("2024年新款", "2024year=2024年");
    check("1/2 in pipe", "0.5in=1/2 in");
    check("1 1/2 inch", "1.5in=1 1/2 inch");
    check("1-1/2\"", "1.5in=1-1/2\"");
    check("5 m cable", "5m=5 m");
    check("5 mats", "5=5");
}

/* None of these is money, and what is no number at all gives none. */
static void traps(void **state)
{
    (void)state;
    check("iphone 15 pro", "15=15");
    check("5号电池", "5size=5号");
    check("100%棉", "100%=100%");
    check("3d打印机", "");
    check("4x6", "4x=4; 6x=6");
    check("4 x 6 x 8 ft", "4ft=4; 6ft=6; 8ft=8 ft");
    check("24\"x36\"", "24in=24\"; 36in=36\"");
    check("2-in-1", "");
    check("2 in 1", "2=2; 1=1");
    check("50 in stock", "50=50");
    check("5g手机", "");
    check("5g phone", "");
    check("5g sugar", "5g=5g");
    check("4k tv under 1.5k", "1500=1.5k");
    check("4k电视", "");
    check("gt430 iphone15 wh-1000xm4 a4", "");
    check("2nd 3rd 10x 1080p", "");
    check("12:30 2.0.1 24/7 16:9", "");
    check("第3款", "");
    check("12345678901234567890", "");
    check("三只松鼠", "3pieces=三只");
}

static void ranges(void **state)
{
    (void)state;
    check("三百到五百", "300=三百; 500=五百");
    check("三到五百", "300=三; 500=五百");
    check("300到500元", "300CNY=300; 500CNY=500元");
    check("300-500块", "300CNY=300; 500CNY=500块");
    check("$300-500", "300USD=$300; 500USD=500");
    check("3-5k", "3000=3; 5000=5k");
    check("300-1.5k", "300=300; 1500=1.5k");
    check("1-2万", "10000=1; 20000=2万");
    check("10-20kg", "10kg=10; 20kg=20kg");
    check("20 to 30 inches", "20in=20; 30in=30 inches");
    check("between $20 and 40", "20USD=$20; 40USD=40");
    check("between 20 and 40 dollars", "20USD=20; 40USD=40 dollars");
    check("$20 and 2 mats", "20USD=$20; 2=2");
}

static void english_words(void **state)
{
    (void)state;
    check("tent for two people", "2people=two people");
    check("under fifty dollars", "50USD=fifty dollars");
    check("a hundred", "100=a hundred");
    check("one thousand two hundred dollars", "1200USD=one thousand two hundred dollars");
    check("twenty-five inches", "25in=twenty-five inches");
    check("two hundred and fifty", "250=two hundred and fifty");
    check("this one is for two friends, a one pair thing", "");
    check("tender tent often someone", "");
}

static void caller_sets_the_limit(void **state)
{
    (void)state;
    struct number x[3] = {0};
    x[2].value = -7;
    assert_int_equal(text_numbers("1 2 3 4", 7, x, 2), 2);
    assert_true(x[1].value == 2 && x[2].value == -7);
    assert_int_equal(text_numbers("1 2 3 4", 7, x, 0), 0);
    assert_int_equal(text_numbers("$300 1 500", 4, x, 3), 1);   /* ends where it is told to */
    assert_true(x[0].value == 300);
}

static void random_text_ends(void **state)
{
    (void)state;
    static const char *const parts[] = {"3", "15", "三", "百", "千", "万", "零", "十", "半", "两", "点", "元", "块", "$", "¥", "k", "x", "-", "到", " ", "1/2", "kg", "斤",
                                        "米", "\"", "'", ".", ",", ":", "%", "个", "in", "and", "a", "hundred", "two", "rs", "rs.", "第", "\xE5", "\xFF", "99999999"};
    struct rng r;
    struct number found[8];
    rng_seed(&r, 23);
    for (int round = 0; round < 60000; round++) {
        struct strbuf b = {0};
        for (uint64_t k = rng_below(&r, 10); k > 0; k--) strbuf_puts(&b, parts[rng_below(&r, sizeof parts / sizeof *parts)]);
        char *tight = malloc(b.len ? b.len : 1);
        memcpy(tight, strbuf_str(&b), b.len);
        size_t n = text_numbers(tight, b.len, found, 8), last = 0;
        for (size_t i = 0; i < n; i++) {
            assert_true(found[i].begin >= last && found[i].begin < found[i].end && found[i].end <= b.len);
            assert_true(isfinite(found[i].value) && found[i].value >= 0);
            last = found[i].end;
        }
        free(tight);
        strbuf_release(&b);
    }
}

/* Texts made to be walked again and again: linear time, or the test runs into its limit. */
static void hostile_text_is_quick(void **state)
{
    (void)state;
    static const char *const parts[] = {"4x", "1-", "1\"", "三", "三点一", "1,", "$", "a-", "hundred ", "and ", "one ", "二百", "两个半", "到", "1/2 "};
    enum { MAX = 200000 };
    struct number *found = malloc(MAX * sizeof *found);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct strbuf b = {0};
        while (b.len < 400000) strbuf_puts(&b, parts[i]);
        assert_in_range(text_numbers(b.data, b.len, found, MAX), 0, MAX);
        strbuf_release(&b);
    }
    free(found);
}

/* ---- prices ---- */

static void check_price(const char *s, int64_t minor, const char *code)
{
    int64_t got = -1;
    char currency[4] = "??";
    if (!text_parse_price(s, strlen(s), &got, currency)) fail_msg("'%s' was refused", s);
    if (got != minor || strcmp(currency, code) != 0) fail_msg("'%s' gave %lld %s", s, (long long)got, currency);
}

static void prices_are_read(void **state)
{
    (void)state;
    check_price("1299", 129900, "");
    check_price("1,299.00", 129900, "");
    check_price(" 19.9 ", 1990, "");
    check_price(".99", 99, "");
    check_price("0", 0, "");
    check_price("$5", 500, "USD");
    check_price("US$5.05", 505, "USD");
    check_price("19.99 USD", 1999, "USD");
    check_price("USD 19.99", 1999, "USD");
    check_price("19.99 CAD", 1999, "CAD");
    check_price("CHF 5", 500, "CHF");
    check_price("0.00 AUD", 0, "AUD");
    check_price("₹32,999", 3299900, "INR");
    check_price("₹1,29,999.50", 12999950, "INR");
    check_price("Rs. 1,299", 129900, "INR");
    check_price("￥300", 30000, "CNY");
    check_price("¥300.00", 30000, "CNY");
    check_price("300元", 30000, "CNY");
    check_price("¥300元", 30000, "CNY");
    check_price("£7.50\r\n", 750, "GBP");
    check_price("12,5 €", 1250, "EUR");
    check_price("1,299 €", 129900, "EUR");
    check_price("1.299,00 €", 129900, "EUR");
    check_price("1.299,00", 129900, "");
    check_price("1.299.000", 129900000, "");
    check_price("0.125", 13, "");
    check_price("372.9949", 37299, "");
    check_price("9999999999999.99", 999999999999999, "");
}

static void no_prices(void **state)
{
    (void)state;
    static const char *const bad[] = {"", " ", "free", "-5", "$-5", "+5", "3,5", "12,50", "1,2345", "1,2,345", "1,23,456,789", "1,23,45", "12,345,67", "1.299", "1.2.3", "1,299,00", "5.99/lb",
                                      "5-6", "$5 - $6", "1e5", "5%", "$", "5.", "5,", "1 299", "5 kg", "$5 EUR", "5 CAD USD", "CAD 5 AUD", "10 PCS", "5 CADX", "5 cad", "nan", "0x10", "99999999999999999999",
                                      "10000000000000000", "5\xFF", ",5", "..5", "1,299.00,5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t minor = 77;
        char currency[4] = "ABC";
        if (text_parse_price(bad[i], strlen(bad[i]), &minor, currency)) fail_msg("'%s' was taken for %lld", bad[i], (long long)minor);
        assert_int_equal(minor, 77);
        assert_string_equal(currency, "ABC");
    }
    char digits_only[5000];
    memset(digits_only, '1', sizeof digits_only);
    assert_false(text_parse_price(digits_only, sizeof digits_only, &(int64_t){0}, (char[4]){0}));
    assert_false(text_parse_price("5\0" "5", 3, &(int64_t){0}, (char[4]){0}));
}

static void prices_are_written(void **state)
{
    (void)state;
    static const struct {
        int64_t minor;
        const char *text;
    } cases[] = {{0, "0.00"}, {5, "0.05"}, {129900, "1299.00"}, {-150, "-1.50"}, {INT64_MIN, "-92233720368547758.08"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strbuf out = {0};
        text_format_price(cases[i].minor, &out);
        assert_string_equal(out.data, cases[i].text);
        strbuf_release(&out);
    }
}

static void written_prices_are_read(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 31);
    for (int i = 0; i < 5000; i++) {
        int64_t minor = (int64_t)rng_below(&r, 1000000000000000u >> rng_below(&r, 40)), got;
        char currency[4];
        struct strbuf out = {0};
        text_format_price(minor, &out);
        assert_true(text_parse_price(out.data, out.len, &got, currency));
        assert_int_equal(got, minor);
        strbuf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits),        cmocka_unit_test(chinese_scales),     cmocka_unit_test(chinese_numerals),
        cmocka_unit_test(money),         cmocka_unit_test(units),              cmocka_unit_test(traps),
        cmocka_unit_test(ranges),        cmocka_unit_test(english_words),      cmocka_unit_test(caller_sets_the_limit),
        cmocka_unit_test(random_text_ends), cmocka_unit_test(hostile_text_is_quick), cmocka_unit_test(prices_are_read), cmocka_unit_test(no_prices),
        cmocka_unit_test(prices_are_written), cmocka_unit_test(written_prices_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
