/* Words for kinds: measure words, single characters, singulars, words wider than any category, slips; and things that are not sold. Over the sample shop, without
 * a model. */
#include "guide_fixture.h"

static int set_up(void **state)
{
    *state = guide_fixture_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    guide_fixture_free(*state);
    return 0;
}

static size_t find(struct guide_fixture *f, const char *need, struct matches *m)
{
    struct match_options o;
    match_options_default(&o);
    assert_int_equal(matcher_match(f->matcher, need, strlen(need), &o, m), OK);
    return m->n;
}

/* Everything shown is of a category whose name holds one of the pieces. */
static void check_kind(struct guide_fixture *f, const char *need, const char *pieces)
{
    struct matches m;
    if (!find(f, need, &m)) fail_msg("'%s': nothing", need);
    for (size_t i = 0; i < m.n; i++) {
        bool one = false;
        for (const char *w = pieces; *w; w += strcspn(w, "|"), w += *w == '|') {
            char piece[32];
            snprintf(piece, sizeof piece, "%.*s", (int)strcspn(w, "|"), w);
            one |= strstr(m.results[i].product.category, piece) != NULL;
        }
        if (!one) fail_msg("'%s': %s (%s)", need, m.results[i].product.title, m.results[i].product.category);
    }
    matches_release(&m);
}

static void test_a_word_finds_its_kinds(void **state)
{
    static const struct { const char *need, *kinds; } cases[] = {
        {"想买双鞋", "鞋|靴"}, {"鞋", "鞋|靴"}, {"买双鞋子", "鞋|靴"}, {"男鞋", "鞋|靴"}, {"帆布鞋", "鞋"}, {"想买个包", "包"}, {"有包吗", "包"}, {"买条裤子", "裤"}, {"想给老婆买条裙子", "裙"}, {"来口锅", "锅"},
        {"买把刀", "刀具"}, {"要个杯子", "杯"}, {"买盏灯", "灯"}, {"护肤品", "面霜|精华|防晒|洁面"}, {"买点吃的", "零食|坚果|巧克力"}, {"想买件衣服", "装|冲锋衣"}, {"煮面用的锅", "锅"},
        {"a pair of shoes", "鞋|靴"}, {"I want to buy shoes for work", "鞋|靴"}, {"a bag", "包"}, {"kettle", "水壶"}, {"a mouse", "鼠标"}, {"knife", "刀具"}, {"something to wear", "装|冲锋衣"},
        {"trousers", "裤"}, {"something to eat", "零食|坚果|巧克力|蜂蜜|米面"}, {"skincare", "面霜|精华|防晒|洁面"}, {"waterproof speeker", "音箱"}, {"cheap kettle pls, nothing fancy", "水壶"},
        {"a light two-person tent under 300", "帐篷"}, {"a light and small backpack", "包"}, {"a light for my desk", "灯"}, {"bedside light", "灯"},   /* how a thing is, and a thing */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) check_kind(*state, cases[i].need, cases[i].kinds);
}

/* Constraints hold; what is said beside the kind does not drive the answer away. */
static void test_talk_beside_the_kind_refuses_nothing(void **state)
{
    struct guide_fixture *f = *state;
    static const char *const needs[] = {"买条裤子给老公，冬天穿的，150以下", "想买双鞋，平时上班走路穿，男的，200以内", "tent for 4, easy to put up", "有包吗，女生上班背的，要能装A4纸", "I want to buy a pair of shoes for work, I'm a man, around 300"};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        struct matches m;
        if (!find(f, needs[i], &m)) fail_msg("'%s': nothing", needs[i]);
        for (size_t k = 0; k < m.n; k++)
            for (size_t c = 0; c < m.need.n_constraints; c++)
                if (m.need.constraints[c].kind == CONSTRAINT_PRICE) assert_true(m.results[k].product.price >= m.need.constraints[c].low && m.results[k].product.price <= m.need.constraints[c].high);
        matches_release(&m);
    }
}

static void test_what_is_not_sold_is_refused(void **state)
{
    struct guide_fixture *f = *state;
    static const char *const needs[] = {"lawn mower", "dog leash", "I need a new TV, 55 inch", "a bottle of red wine for dinner", "cordless drill 18V", "shoe rack", "electric guitar strings", "有没有猫粮", "买辆车", "给我来台洗衣机"};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        struct matches m;
        if (find(f, needs[i], &m)) fail_msg("'%s': %s", needs[i], m.results[0].product.title);
        assert_non_null(m.nothing);
        matches_release(&m);
    }
}

/* A department is for its people, where the record does not say so. */
static void test_a_department_names_people(void **state)
{
    struct guide_fixture *f = *state;
    struct matches m;
    assert_true(find(f, "给老公买件毛衣", &m) > 0);
    for (size_t i = 0; i < m.n; i++) assert_null(strstr(m.results[i].product.category, "女装"));
    matches_release(&m);
    assert_true(find(f, "a shirt for my wife", &m) > 0);
    for (size_t i = 0; i < m.n; i++) assert_null(strstr(m.results[i].product.category, "男装"));
    matches_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_word_finds_its_kinds), cmocka_unit_test(test_talk_beside_the_kind_refuses_nothing), cmocka_unit_test(test_what_is_not_sold_is_refused),
                                       cmocka_unit_test(test_a_department_names_people)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
