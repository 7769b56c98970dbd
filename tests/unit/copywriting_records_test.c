/* copywriting: records from attribute lists, the plain sentence, what makes a draft readable, sentences that are dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "copywriting/copywriting_int.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static struct normalizer *z;
static struct claim_lexicon *lexicon;

static int setup(void **state)
{
    (void)state;
    return normalizer_new(&z) == OK && claim_lexicon_new(z, &lexicon) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    claim_lexicon_free(lexicon);
    normalizer_free(z);
    return 0;
}

/* ---- attribute lists ---- */

static void texts_for_the_model(void **state)
{
    (void)state;
    static const char *const forms[][2] = {
        {"类型#裤*版型#宽松*材质#棉", "类型: 裤; 版型: 宽松; 材质: 棉"},
        {"类型#裙*图案#条纹*图案#线条*图案#撞色*裙型#鱼尾裙", "类型: 裙; 图案: 条纹、线条、撞色; 裙型: 鱼尾裙"},
        {"图案#条纹*类型#裙*图案#线条", "图案: 条纹、线条; 类型: 裙"},
        {"类型: 裤; 版型: 宽松", "类型: 裤; 版型: 宽松"},
        {" 类型：裤；版型 ： 宽松；\n颜色：黑 ", "类型: 裤; 版型: 宽松; 颜色: 黑"},
        {"color: red; note: see: below", "color: red; note: see: below"},
        {"color: #1 red", "color: #1 red"},
        {"a#b**c#d*", "a: b; c: d"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct record r;
        if (record_from_attributes(forms[i][0], strlen(forms[i][0]), &r) != OK) fail_msg("'%s': %s", forms[i][0], status_message());
        assert_string_equal(r.text, forms[i][1]);
        record_release(&r);
    }
}

static void bad_lists(void **state)
{
    (void)state;
    static const struct { const char *list; size_t n; const char *says; } bad[] = {
        {"", 0, "there are no attributes"},
        {"  ", 2, "there are no attributes"},
        {"**", 2, "'**', has no value"},
        {"类型", 6, "attribute 1, '类型', has no value"},
        {"a#b*c", 5, "attribute 2, 'c', has no value"},
        {"a#b*c#", 6, "attribute 2, 'c', has an empty value"},
        {"a: b; : d", 9, "attribute 2 has no name before its value ': d'"},
        {"a: \xff", 4, "not valid UTF-8 at byte 3"},
        {"a: b\0c", 6, "NUL byte"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct record r;
        assert_int_equal(record_from_attributes(bad[i].list, bad[i].n, &r), ERR_FORMAT);
        if (!strstr(status_message(), bad[i].says)) fail_msg("'%s' does not say '%s'", status_message(), bad[i].says);
        record_release(&r);
    }
    struct strbuf many = {0};
    struct record r;
    for (int i = 0; i < 2000; i++) strbuf_printf(&many, "n%d#v*", i);
    assert_int_equal(record_from_attributes(many.data, many.len, &r), ERR_LIMIT);
    strbuf_release(&many);
}

/* ---- the plain sentence ---- */

static void plain(const char *list, enum language l, struct strbuf *out)
{
    struct record r;
    strbuf_clear(out);
    assert_int_equal(record_from_attributes(list, strlen(list), &r), OK);
    assert_int_equal(record_sentence(&r, l, out), OK);
    record_release(&r);
}

static void plain_sentences_say_the_record(void **state)
{
    (void)state;
    struct strbuf b = {0}, again = {0};
    plain("类型#裤*版型#宽松*材质#棉*颜色#黑*裤型#阔腿裤*防水#否", LANGUAGE_ZH, &b);
    assert_non_null(strstr(b.data, "阔腿裤"));
    assert_non_null(strstr(b.data, "宽松"));
    assert_non_null(strstr(b.data, "黑色"));
    assert_null(strstr(b.data, "防水"));
    assert_string_equal(b.data + b.len - strlen("。"), "。");
    plain("类型#裤*版型#宽松*材质#棉*颜色#黑*裤型#阔腿裤*防水#否", LANGUAGE_ZH, &again);
    assert_string_equal(b.data, again.data);
    plain("类型#裙", LANGUAGE_ZH, &b);
    assert_non_null(strstr(b.data, "裙子"));
    plain("color: black; material: 100% cotton; weight: 200 g; season: spring, summer", LANGUAGE_EN, &b);
    assert_non_null(strstr(b.data, "black"));
    assert_non_null(strstr(b.data, "100% cotton"));
    assert_non_null(strstr(b.data, "200 g"));
    assert_int_equal(b.data[b.len - 1], '.');
    strbuf_release(&b);
    strbuf_release(&again);
}

/* A verb that is about a duration, a weight or a number is used of nothing else. */
static void plain_verbs_suit_their_values(void **state)
{
    (void)state;
    static const struct { const char *list; enum language l; const char *says, *not; } cases[] = {
        {"battery life: mains powered", LANGUAGE_EN, "Battery life: mains powered.", "runs for"},
        {"battery life: 4000 mAh", LANGUAGE_EN, "Battery life: 4000 mAh.", "runs for"},
        {"battery life: about 8-10 hours on high", LANGUAGE_EN, "runs for about 8-10 hours on high", "Battery"},
        {"run time: 45 min", LANGUAGE_EN, "runs for 45 min", "Run time"},
        {"weight: very light", LANGUAGE_EN, "Weight: very light.", "weighs"},
        {"weight: 1.8 kg", LANGUAGE_EN, "weighs 1.8 kg", "Weight"},
        {"weight: 3.9 g each", LANGUAGE_EN, "weighs 3.9 g each", "Weight"},
        {"length: mid-length", LANGUAGE_EN, "Length: mid-length.", " long"},
        {"capacity: pot 140 ml", LANGUAGE_EN, "Capacity: pot 140 ml.", "has a"},
        {"serves: 4-8 people", LANGUAGE_EN, "serves 4-8 people", "Serves"},
        {"heel height: flat", LANGUAGE_EN, "Heel height: flat.", "has a heel"},
        {"pieces: 60", LANGUAGE_EN, "Pieces: 60.", "has a"},
        {"ports: 4 sockets", LANGUAGE_EN, "Ports: 4 sockets.", "has a"},
        {"year: 2011", LANGUAGE_EN, "Year: 2011.", "has a"},
        {"air temperature: 45 °C", LANGUAGE_EN, "has an air temperature of 45 °C", "has a air"},
        {"size: 18 cm blade", LANGUAGE_EN, "Size: 18 cm blade.", "sized"},
        {"for: unisex", LANGUAGE_EN, "For: unisex.", "is for"},
        {"waterproof: waterproof", LANGUAGE_EN, "is waterproof", "Waterproof"},
        {"weight: 2 kg; stove: gas", LANGUAGE_EN, "weighs 2 kg and works on gas.", ","},
        {"重量: 轻", LANGUAGE_ZH, "重量为轻", "，重轻"},
        {"保温时长: 12小时", LANGUAGE_ZH, "保温12小时", "时长"},
        {"保温时长: 长效", LANGUAGE_ZH, "保温时长为长效", "保温长效"},
        {"洗碗机: 可用", LANGUAGE_ZH, "洗碗机可用", "为"},
        {"折叠: 可折叠", LANGUAGE_ZH, "可折叠", "为"},
        {"适用人群: 男女通用", LANGUAGE_ZH, "男女通用", "适"},
        {"酒精: 有", LANGUAGE_ZH, "有酒精", "为"},
    };
    struct strbuf b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        plain(cases[i].list, cases[i].l, &b);
        if (!strstr(b.data, cases[i].says) || strstr(b.data, cases[i].not)) fail_msg("'%s': '%s'", cases[i].list, b.data);
    }
    strbuf_release(&b);
}

static void plain_sentences_vary(void **state)
{
    (void)state;
    struct strbuf a = {0};
    struct strmap seen;
    strmap_init(&seen);
    for (int i = 0; i < 24; i++) {
        char list[200];
        snprintf(list, sizeof list, "类型#裙*颜色#黑色*材质#棉*风格#复古*编号#%d", i);
        plain(list, LANGUAGE_ZH, &a);
        char *number = strstr(a.data, "编号");
        assert_non_null(number);
        assert_int_equal(strmap_put(&seen, a.data, (size_t)(number - a.data), 1), OK);
    }
    assert_true(seen.count > 3);
    strmap_release(&seen);
    strbuf_release(&a);
}

/* ---- drafts ---- */

static void whole_sentences(void **state)
{
    (void)state;
    static const char *const cut[][2] = {
        {"第一句。第二句！第三", "第一句。第二句！"}, {"没有句号", ""}, {"他说：“好。”然后", "他说：“好。”"},
        {"It weighs 2.1 kg. And then", "It weighs 2.1 kg."}, {"One. Two.", "One. Two."}, {"", ""}, {"真的吗？！不", "真的吗？！"}};
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++)
        assert_int_equal(draft_whole_length(cut[i][0], strlen(cut[i][0])), strlen(cut[i][1]));
}

static void readable_or_not(void **state)
{
    (void)state;
    static const struct { const char *text; enum language l; bool well; } drafts[] = {
        {"宽松的版型搭配柔软的棉质面料，穿着舒适自在。黑色耐看又百搭。", LANGUAGE_ZH, true},
        {"重0.9 kg，容量20 L，日常通勤够用，侧袋可以插雨伞。", LANGUAGE_ZH, true},
        {"CADR 260 m³/h，适合30㎡，睡眠档28 dB，放在卧室里很安静~水温45℃。", LANGUAGE_ZH, true},
        {"太短了。", LANGUAGE_ZH, false},
        {"A light tent for two people. It weighs 2.1 kg and packs small.", LANGUAGE_ZH, false},
        {"A light tent for two people. It weighs 2.1 kg and packs small.", LANGUAGE_EN, true},
        {"宽松的版型搭配柔软的棉质面料，穿着舒适自在。", LANGUAGE_EN, false},
        {"宽松的版型，，，，，搭配。。。。柔软的棉质面料，穿着舒适", LANGUAGE_ZH, false},
        {"宽松的版型搭配<UNK>柔软的棉质面料，穿着舒适自在。", LANGUAGE_ZH, false},
        {"宽松的版型宽松的版型宽松的版型宽松的版型宽松的版型宽松的版型，很好看。", LANGUAGE_ZH, false},
        {"衣领很好看衣领很好看衣袖很特别，衣领很好看衣领很好看，衣领很好看衣领很好看。", LANGUAGE_ZH, false},
        {"宽松的版型\xef\xbf\xbd搭配柔软的棉质面料，穿着舒适自在。", LANGUAGE_ZH, false},
        {"xq zr tt kpt brrt nnng wklm prst tgh bcd fgh jkl mnp", LANGUAGE_EN, false},
        {"这款衬衫上身舒适舒适，领口的设计简单又耐看。", LANGUAGE_ZH, false},
        {"这款衬衫简简单单，领口干干净净，看看就喜欢。", LANGUAGE_ZH, true},
        {"Soft.", LANGUAGE_EN, false},
        {"天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨阙珠称夜光果珍李柰菜重芥姜海咸河淡鳞潜羽翔", LANGUAGE_ZH, false},
    };
    for (size_t i = 0; i < sizeof drafts / sizeof drafts[0]; i++)
        if (draft_reads_well(drafts[i].text, strlen(drafts[i].text), drafts[i].l) != drafts[i].well) fail_msg("'%s' reads %s", drafts[i].text, drafts[i].well ? "badly" : "well");
}

static void unsupported_sentences_go(void **state)
{
    (void)state;
    const char *text = "宽松的裤子好穿。红色很亮眼！棉质面料柔软。还有终身保修";
    struct record r;
    struct facts f;
    struct strbuf kept = {0};
    assert_int_equal(record_from_attributes("类型#裤*版型#宽松*材质#棉", strlen("类型#裤*版型#宽松*材质#棉"), &r), OK);
    assert_int_equal(facts_check(lexicon, &r, text, strlen(text), &f), OK);
    assert_int_equal(facts_unsupported(&f), 2);
    assert_int_equal(draft_drop_unsupported(text, strlen(text), &f, &kept), OK);
    assert_string_equal(strbuf_str(&kept), "宽松的裤子好穿。棉质面料柔软。");
    facts_release(&f);
    text = "宽松的红色裤子好穿。棉质面料柔软。";
    assert_int_equal(facts_check(lexicon, &r, text, strlen(text), &f), OK);
    assert_int_equal(draft_drop_unsupported(text, strlen(text), &f, &kept), OK);
    assert_string_equal(strbuf_str(&kept), "");   /* one sentence is no paragraph */
    facts_release(&f);
    strbuf_release(&kept);
    record_release(&r);
}

static void names_of_elsewhere_are_found(void **state)
{
    (void)state;
    static const struct { const char *text, *record; bool drops; } cases[] = {
        {"这款牛仔裤是属于veromoda的", "类型: 裤", true}, {"来自Veromoda的牛仔裤", "veromoda 牛仔裤 | 类型: 裤", false}, {"oversize的版型", "类型: 裤", false},
        {"polo领", "类型: 上衣", false}, {"", "类型: 裤", false}, {"尾部是一个名字orlett", "类型: 裤", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (draft_drops_name(cases[i].text, strlen(cases[i].text), cases[i].record) != cases[i].drops) fail_msg("'%s'", cases[i].text);
}

static void english_stays_english(void **state)
{
    (void)state;
    static const char record[] = "Jiangzao Wok | 匠灶 | dishwasher: not safe";
    static const struct { const char *text; bool strays; } cases[] = {
        {"It is not safe for the dishwasher.", false}, {"It is not产品 for the dishwasher.", true}, {"The wok of 匠灶 is black.", false}, {"", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (draft_strays_han(cases[i].text, strlen(cases[i].text), record) != cases[i].strays) fail_msg("'%s'", cases[i].text);
}

static void values_by_their_names(void **state)
{
    (void)state;
    static const char list[] = "power supply: USB; size: M, L, XL; 杯盖: 旋盖; 材质: 棉, 涤纶; weight: 2.1 kg";
    static const struct { const char *text; bool hold; } cases[] = {
        {"It is light. Power supply: USB. It is small.", true},  {"Power supply: mains.", false},       {"Power supply: mains", false},
        {"Size: M, L. Weight: 2.1 kg.", true},                   {"Cut: low.", false},                  {"Size: .", false},
        {"杯盖：旋盖，重2.1 kg。", true},                        {"杯盖：弹盖。", false},               {"材质：棉、涤纶。杯盖：旋盖", true},
        {"很轻，杯身：旋盖。", false},                           {"It opens at 10:30, no names.", true}, {"", true},
        {"杯盖是旋盖，很轻。", true},                            {"杯盖是弹盖，很轻。", false},         {"材质为涤纶。", true},
        {"杯盖为长脆香米", false},                               {"这款是旋盖的。", true},
    };
    struct record r;
    assert_int_equal(record_from_attributes(list, strlen(list), &r), OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool hold;
        assert_int_equal(named_values_hold(&r, cases[i].text, strlen(cases[i].text), &hold), OK);
        if (hold != cases[i].hold) fail_msg("'%s'", cases[i].text);
    }
    record_release(&r);
}

static void clauses_said_twice(void **state)
{
    (void)state;
    static const struct { const char *text; bool repeats; } cases[] = {
        {"杯盖是旋盖，杯盖为旋盖。", true},       {"版型是直筒，重2 kg。版型是直筒宽松。", true}, {"杯盖：旋盖。容量有500 ml，杯盖是旋盖", true},
        {"杯盖是旋盖，杯身是直筒。", false},     {"重280 g，容量280 ml。", false},                {"", false},
        {"黑色，黑色。", false} /* too short to tell */,
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];   /* a closing mark for each, so that the last clause counts */
        snprintf(text, sizeof text, "%s。", cases[i].text);
        if (draft_repeats_clause(text, strlen(text)) != cases[i].repeats) fail_msg("'%s'", cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_elsewhere_are_found), cmocka_unit_test(clauses_said_twice), cmocka_unit_test(english_stays_english), cmocka_unit_test(values_by_their_names),
        cmocka_unit_test(texts_for_the_model), cmocka_unit_test(bad_lists),       cmocka_unit_test(plain_sentences_say_the_record),
        cmocka_unit_test(plain_verbs_suit_their_values), cmocka_unit_test(plain_sentences_vary), cmocka_unit_test(whole_sentences), cmocka_unit_test(readable_or_not),
        cmocka_unit_test(unsupported_sentences_go),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
