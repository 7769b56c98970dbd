/* moderation: the built-in lists on texts of both languages, evasion, a shop's own rules, bad lines, failed allocations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "moderation/moderation.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static struct normalizer *z;
static struct moderator *m;

static int setup(void **state)
{
    (void)state;
    return normalizer_new(&z) == OK && moderator_new(z, &m) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    moderator_free(m);
    normalizer_free(z);
    return 0;
}

struct example { const char *text, *rule; enum moderation_verdict verdict; };

static const struct example examples[] = {
    /* nothing to say against these */
    {"这条连衣裙面料柔软，适合春天穿。", NULL, MODERATION_PASS},
    {"最近天气转凉，这件外套正好。", NULL, MODERATION_PASS},
    {"第一眼就喜欢上的小裙子。", NULL, MODERATION_PASS},
    {"陶瓷水果刀，切苹果不留金属味。", NULL, MODERATION_PASS},
    {"特级初榨橄榄油 500ml", NULL, MODERATION_PASS},
    {"象牙白的蕾丝衬衫", NULL, MODERATION_PASS},
    {"去死皮磨砂膏，每周一次。", NULL, MODERATION_PASS},
    {"为妈妈的生日挑一束花", NULL, MODERATION_PASS},
    {"加入群聊不是必须", NULL, MODERATION_PASS},
    {"体操你我都能学", NULL, MODERATION_PASS},
    {"续航8小时，戴着也能打电话", NULL, MODERATION_PASS},
    {"内增高运动鞋", NULL, MODERATION_PASS},
    {"100%棉，可机洗", NULL, MODERATION_PASS},
    {"子弹头口红", NULL, MODERATION_PASS},
    {"消毒柜和吸尘器", NULL, MODERATION_PASS},
    {"尺码 13800 号色", NULL, MODERATION_PASS},
    {"A soft cotton shirt for spring.", NULL, MODERATION_PASS},
    {"Best before 12 months from packing.", NULL, MODERATION_PASS},
    {"A cocktail dress for the evening", NULL, MODERATION_PASS},
    {"The classic shape never tires.", NULL, MODERATION_PASS},
    {"A fishing net with a long handle. Net weight 300 g", NULL, MODERATION_PASS},
    {"The end. Net bags follow.", NULL, MODERATION_PASS},
    {"Air-dried and cured ham, 200 g", NULL, MODERATION_PASS},
    {"a scunthorpe of assess and class", NULL, MODERATION_PASS},
    {"", NULL, MODERATION_PASS},
    /* absolute terms: a person looks */
    {"这是最好的一件衬衫", "absolute", MODERATION_REVIEW},
    {"全网底价，错过再等一年", "absolute", MODERATION_REVIEW},
    {"顶级面料", "absolute", MODERATION_REVIEW},
    {"销量第一的耳机", "absolute", MODERATION_REVIEW},
    {"國家級品質", "absolute", MODERATION_REVIEW},
    {"独一无二的你", "absolute", MODERATION_REVIEW},
    {"The best shirt you can buy", "absolute", MODERATION_REVIEW},
    {"Best in the world", "absolute", MODERATION_REVIEW},
    {"World-class comfort", "absolute", MODERATION_REVIEW},
    {"our no. 1 choice", "absolute", MODERATION_REVIEW},
    {"UNBEATABLE value", "absolute", MODERATION_REVIEW},
    {"the  ULTIMATE tent", "absolute", MODERATION_REVIEW},
    /* ways out of the shop */
    {"加微信领优惠", "contact", MODERATION_BLOCK},
    {"加 微 信 领优惠", "contact", MODERATION_BLOCK},
    {"加-微*信领优惠", "contact", MODERATION_BLOCK},
    {"加Ｖ信", "contact", MODERATION_BLOCK},
    {"联系 13800138000 下单", "contact", MODERATION_BLOCK},
    {"联系 138-0013-8000 下单", "contact", MODERATION_BLOCK},
    {"联系１３８００１３８０００", "contact", MODERATION_BLOCK},
    {"400-820-1234", "contact", MODERATION_BLOCK},
    {"more at https://example.org/x", "contact", MODERATION_BLOCK},
    {"visit WWW.example", "contact", MODERATION_BLOCK},
    {"write to me@gmail dot com", "contact", MODERATION_BLOCK},
    {"shop.com has it", "contact", MODERATION_BLOCK},
    {"WhatsApp us", "contact", MODERATION_BLOCK},
    /* insults */
    {"买不起就别看，穷鬼", "insult", MODERATION_BLOCK},
    {"傻 逼 才买", "insult", MODERATION_BLOCK},
    {"Only an idiot would wear this", "insult", MODERATION_BLOCK},
    {"idiots wear this", "insult", MODERATION_BLOCK},
    {"go to hell", "insult", MODERATION_BLOCK},
    /* sexual */
    {"成人視頻在线", "sexual", MODERATION_BLOCK},
    {"情趣用品批发", "sexual", MODERATION_BLOCK},
    {"free porn here", "sexual", MODERATION_BLOCK},
    {"尽显性感撩人", "sexual", MODERATION_REVIEW},
    /* violence */
    {"仿真枪模型", "violence", MODERATION_BLOCK},
    {"ships with ammunition", "violence", MODERATION_BLOCK},
    {"手枪", "violence", MODERATION_BLOCK},
    {"充电手枪钻 12V", NULL, MODERATION_PASS},
    /* illegal */
    {"高仿名牌包", "illegal", MODERATION_BLOCK},
    {"代 开 发 票", "illegal", MODERATION_BLOCK},
    {"replica watches cheap", "illegal", MODERATION_BLOCK},
    {"counterfeit money", "illegal", MODERATION_BLOCK},
    {"象牙制品", "illegal", MODERATION_BLOCK},
    /* medical */
    {"三个疗程根治脱发", "medical", MODERATION_BLOCK},
    {"无副作用", "medical", MODERATION_BLOCK},
    {"睡前泡脚，改善睡眠", "medical", MODERATION_REVIEW},
    {"cures cancer", "medical", MODERATION_BLOCK},
    {"Clinically proven to work", "medical", MODERATION_REVIEW},
};

static void built_in_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const struct example *e = &examples[i];
        struct moderation_hit hits[8];
        enum moderation_verdict verdict;
        size_t n;
        assert_int_equal(moderator_check(m, e->text, strlen(e->text), &verdict, hits, 8, &n), OK);
        if (verdict != e->verdict) fail_msg("'%s': %s, not %s (%s)", e->text, moderation_verdict_name(verdict), moderation_verdict_name(e->verdict), n ? hits[0].rule : "-");
        bool found = !e->rule && n == 0;
        for (size_t k = 0; k < n && k < 8 && e->rule; k++) found = found || (strcmp(hits[k].rule, e->rule) == 0 && hits[k].verdict == e->verdict);
        if (!found) fail_msg("'%s': no hit of %s", e->text, e->rule ? e->rule : "nothing");
    }
}

static void hits_name_the_place(void **state)
{
    (void)state;
    const char *text = "质量 Ｂest? 请加 微 信。THE BEST shirt";
    struct moderation_hit hits[2];
    enum moderation_verdict verdict;
    size_t n;
    assert_int_equal(moderator_check(m, text, strlen(text), &verdict, hits, 2, &n), OK);
    assert_int_equal(n, 2);
    assert_string_equal(hits[0].rule, "contact");
    assert_memory_equal(text + hits[0].begin, "加 微 信", hits[0].end - hits[0].begin);
    assert_int_equal(hits[0].end - hits[0].begin, strlen("加 微 信"));
    assert_memory_equal(text + hits[1].begin, "THE BEST", hits[1].end - hits[1].begin);
    assert_int_equal(hits[1].end - hits[1].begin, strlen("THE BEST"));
    assert_int_equal(verdict, MODERATION_BLOCK);
    /* more hits than room: all are counted, none is written past the room */
    const char *many = "傻逼 白痴 idiot moron 加微信";
    hits[1].rule = "untouched";
    assert_int_equal(moderator_check(m, many, strlen(many), &verdict, hits, 1, &n), OK);
    assert_int_equal(n, 5);
    assert_string_equal(hits[1].rule, "untouched");
    assert_int_equal(moderator_check(m, many, strlen(many), &verdict, NULL, 0, NULL), OK);
    assert_int_equal(verdict, MODERATION_BLOCK);
}

static enum moderation_verdict verdict_of(struct moderator *moderator, const char *text)
{
    enum moderation_verdict verdict;
    assert_int_equal(moderator_check(moderator, text, strlen(text), &verdict, NULL, 0, NULL), OK);
    return verdict;
}

static void own_rules(void **state)
{
    (void)state;
    struct moderator *own;
    assert_int_equal(moderator_new(z, &own), OK);
    const char *rules = "# our own\r\n\ncompetitor\treview\tAcme Store\r\ncompetitor\tblock\t別家店\nabsolute\tpass\t最强音\ncode\tblock\tk##-x";
    assert_int_equal(moderator_add_rules(own, "own.tsv", rules, strlen(rules)), OK);
    assert_int_equal(verdict_of(own, "as seen at ACME  store"), MODERATION_REVIEW);
    assert_int_equal(verdict_of(own, "as seen at ACME storefront"), MODERATION_PASS);
    assert_int_equal(verdict_of(own, "别家店也有"), MODERATION_BLOCK);
    assert_int_equal(verdict_of(own, "最强音出道"), MODERATION_PASS);
    assert_int_equal(verdict_of(own, "最强音是最好"), MODERATION_REVIEW);
    assert_int_equal(verdict_of(own, "use k12-x now"), MODERATION_BLOCK);
    assert_int_equal(verdict_of(own, "use k1-x now"), MODERATION_PASS);
    moderator_free(own);
}

static void bad_lines(void **state)
{
    (void)state;
    static const struct { const char *rules, *says; } bad[] = {
        {"good\tblock\tzzgood\nno tabs at all", "own.tsv:2: a rule has the form"},
        {"good\tblock\tzzgood\n\nx\tblock", "own.tsv:3: a rule has the form"},
        {"good\tblock\tzzgood\nx\tmaybe\ty", "own.tsv:2: the verdict must be pass, review or block, not 'maybe'"},
        {"good\tblock\tzzgood\nx\tblock\t", "own.tsv:2: the pattern is empty"},
        {"good\tblock\tzzgood\nx\tblock\t  ", "own.tsv:2: the pattern is empty"},
        {"good\tblock\tzzgood\n\tblock\ty", "own.tsv:2: the rule has no name"},
        {"good\tblock\tzzgood\nx\tblock\t\xff\xfe", "own.tsv:2: the rule is not valid UTF-8"},
        {"good\tblock\tzzgood\nx\tblock\taaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "characters; the limit is 64"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        status s = moderator_add_rules(m, "own.tsv", bad[i].rules, strlen(bad[i].rules));
        assert_int_equal(s, ERR_FORMAT);
        if (!strstr(status_message(), bad[i].says)) fail_msg("'%s' does not say '%s'", status_message(), bad[i].says);
        assert_int_equal(verdict_of(m, "zzgood"), MODERATION_PASS);   /* nothing of the file was taken */
    }
    assert_int_equal(moderator_add_rules(m, "own.tsv", "x\tblock\tzzother", strlen("x\tblock\tzzother")), OK);
    assert_int_equal(verdict_of(m, "zzother"), MODERATION_BLOCK);
    assert_int_equal(verdict_of(m, "zzgood"), MODERATION_PASS);   /* not then either */
    assert_int_equal(verdict_of(m, "这是最好的"), MODERATION_REVIEW);
}

static void failed_allocations(void **state)
{
    (void)state;
    bool done = false;
    for (uint64_t k = 1; !done && k < 100000; k += 1 + k / 40) {
        struct moderator *own = NULL;
        mem_fail_at(k);
        status s = moderator_new(z, &own);
        enum moderation_verdict verdict = MODERATION_PASS;
        if (s == OK) s = moderator_add_rules(own, "x", "a\tblock\tzz", strlen("a\tblock\tzz"));
        if (s == OK) s = moderator_check(own, "最好的 zz", strlen("最好的 zz"), &verdict, NULL, 0, NULL);
        done = mem_fail_at(0) < k;
        assert_true(s == (done ? OK : ERR_NOMEM));
        if (done) assert_int_equal(verdict, MODERATION_BLOCK);
        moderator_free(own);
    }
    assert_true(done);
}

static void any_bytes(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 3);
    static const char alphabet[] = "最好加微信1380 .-best\xff\xe4wx\0";
    for (int round = 0; round < 5000; round++) {
        char text[40];
        size_t n = rng_below(&r, sizeof text);
        for (size_t i = 0; i < n; i++) text[i] = alphabet[rng_below(&r, sizeof alphabet)];
        struct moderation_hit hits[4];
        enum moderation_verdict verdict;
        size_t found;
        assert_int_equal(moderator_check(m, text, n, &verdict, hits, 4, &found), OK);
        for (size_t i = 0; i < found && i < 4; i++) assert_true(hits[i].begin <= hits[i].end && hits[i].end <= n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_lists), cmocka_unit_test(hits_name_the_place), cmocka_unit_test(own_rules),
        cmocka_unit_test(bad_lines),      cmocka_unit_test(failed_allocations),  cmocka_unit_test(any_bytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
