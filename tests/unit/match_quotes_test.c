/* Reasons quote whole words: never a part that begins or ends inside of one, and no stem. */
#include "small_shop.h"

static const char feed[] =
    "{\"id\":\"K1\",\"title\":\"远行大容量保温壶\",\"title_en\":\"Far Road Vacuum Flask\",\"category\":\"厨房 > 保温杯\",\"category_en\":\"Kitchen > Thermos\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"T1\",\"title\":\"竹柄手动牙刷\",\"title_en\":\"Bamboo Toothbrush\",\"category\":\"个护 > 口腔\",\"category_en\":\"Care > Mouth\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"W1\",\"title\":\"跑者运动手表\",\"title_en\":\"Runner Sports Watch\",\"category\":\"数码 > 穿戴\",\"category_en\":\"Electronics > Wearables\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"P1\",\"title\":\"轻盈不粘煎锅\",\"title_en\":\"Airy Non-Stick Frying Pan\",\"category\":\"厨房 > 锅具\",\"category_en\":\"Kitchen > Pans\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"P2\",\"title\":\"奶油不粘奶锅\",\"title_en\":\"Cream Non-Stick Milk Pan\",\"category\":\"厨房 > 锅具\",\"category_en\":\"Kitchen > Pans\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"C1\",\"title\":\"登机箱\",\"title_en\":\"Cabin Suitcase\",\"category\":\"箱包 > 行李\",\"category_en\":\"Bags > Travel\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n";

static int set_up(void **state)
{
    return small_shop_open(state, feed);
}

struct reason { const char *need, *id, *reason; };

static void check(struct small_shop *f, const struct reason *r)
{
    struct match_options o;
    struct matches x;
    bool found = false;
    struct strbuf all = {0};
    match_options_default(&o);
    o.all = true;
    assert_int_equal(matcher_match(f->matcher, r->need, strlen(r->need), &o, &x), OK);
    for (size_t i = 0; i < x.n; i++)
        for (size_t k = 0; strcmp(x.results[i].product.id, r->id) == 0 && k < x.results[i].n_reasons; k++) {
            strbuf_printf(&all, "%s; ", x.results[i].reasons[k]);
            found = found || strcmp(x.results[i].reasons[k], r->reason) == 0;
        }
    if (!found) fail_msg("'%s': no '%s' among '%s'", r->need, r->reason, strbuf_str(&all));
    strbuf_release(&all);
    matches_release(&x);
}

static void test_whole_words(void **state)
{
    static const struct reason reasons[] = {
        {"保温杯", "K1", "类目或品牌里有“保温杯”"},   /* 保温 is in the title, too: the category would be left with 温杯 */
        {"大容量保温杯", "K1", "标题里有“大容量保温”"},
        {"电动牙刷", "T1", "标题里有“牙刷”"},          /* not 动牙刷 */
        {"运动手环", "W1", "标题里有“运动”"},          /* not 运动手 */
        {"手动牙刷", "T1", "标题里有“手动牙刷”"},
        {"non-stick frying pan", "P1", "the title has \"non-stick\", \"frying\", \"pan\""},
        {"suitcse", "C1", "\"suitcse\" was read as \"suitcase\", found in the title"},   /* the index has "suitcas" */
        {"suitcases", "C1", "the title has \"suitcases\""},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) check(*state, &reasons[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole_words)};
    return cmocka_run_group_tests(tests, set_up, small_shop_close);
}
