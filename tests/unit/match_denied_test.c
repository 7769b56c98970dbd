/* What a record denies is no word to find it by, never a reason to show it, and for a need that asks for it a reason to show others first. */
#include "small_shop.h"

static const char feed[] =
    "{\"id\":\"S1\",\"title\":\"桌面蓝牙音箱 胡桃木\",\"title_en\":\"Desktop Bluetooth Speaker, Walnut\",\"category\":\"数码 > 音箱\",\"category_en\":\"Electronics > Speakers\",\"price\":\"329\",\"currency\":\"CNY\",\"stock\":5,"
    "\"description\":\"需要插电，也不防水，防尘。\",\"description_en\":\"Runs on mains and is not waterproof, but dustproof.\",\"attributes\":{\"防水\":\"不防水\",\"无线\":\"无线\"},\"attributes_en\":{\"waterproof\":\"not waterproof\",\"handle\":\"none\"}}\n"
    "{\"id\":\"S2\",\"title\":\"便携蓝牙音箱 墨绿\",\"title_en\":\"Portable Bluetooth Speaker, Green\",\"category\":\"数码 > 音箱\",\"category_en\":\"Electronics > Speakers\",\"price\":\"149\",\"currency\":\"CNY\",\"stock\":5,"
    "\"description\":\"防水，不锈钢网面。\",\"description_en\":\"Waterproof, with a mesh of stainless steel.\",\"attributes\":{\"防水\":\"防水 IPX7\"},\"attributes_en\":{\"waterproof\":\"waterproof, IPX7\"}}\n"
    "{\"id\":\"S3\",\"title\":\"露营手提大音量长续航低音蓝牙音箱 黑\",\"title_en\":\"Camping Loud Long-Playing Deep Bass Bluetooth Speaker, Black\",\"category\":\"数码 > 音箱\",\"category_en\":\"Electronics > Speakers\",\"price\":\"199\",\"currency\":\"CNY\",\"stock\":5,"
    "\"description\":\"声音大。\",\"description_en\":\"It is loud.\",\"attributes\":{\"洗碗机\":\"不可用\"},\"attributes_en\":{\"dishwasher\":\"not safe\"}}\n"
    "{\"id\":\"O1\",\"title\":\"陶瓷花瓶\",\"category\":\"家居 > 摆设\",\"price\":\"20\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"O2\",\"title\":\"木质相框\",\"category\":\"家居 > 摆设\",\"price\":\"20\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"O3\",\"title\":\"玻璃烛台\",\"category\":\"家居 > 摆设\",\"price\":\"20\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"O4\",\"title\":\"编织地毯\",\"category\":\"家居 > 摆设\",\"price\":\"20\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"O5\",\"title\":\"亚麻靠枕\",\"category\":\"家居 > 摆设\",\"price\":\"20\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"O6\",\"title\":\"铁艺挂钟\",\"category\":\"家居 > 摆设\",\"price\":\"20\",\"currency\":\"CNY\",\"stock\":5}\n";

static int set_up(void **state)
{
    return small_shop_open(state, feed);
}

/* Documents of the index in which the word stands in one of the fields. */
static uint32_t found(struct small_shop *f, const char *term)
{
    return index_document_frequency(matcher_index(f->matcher), term, strlen(term));
}

static void test_terms(void **state)
{
    struct small_shop *f = *state;
    assert_int_equal(1, found(f, "waterproof"));
    assert_int_equal(1, found(f, "防水"));
    assert_int_equal(1, found(f, "dustproof"));   /* what else the sentence says stays */
    assert_int_equal(1, found(f, "防尘"));
    assert_int_equal(1, found(f, "无线"));         /* begins with a word that denies, and is not one */
    assert_int_equal(0, found(f, "none"));
    assert_int_equal(0, found(f, "safe"));         /* "dishwasher: not safe" */
    assert_true(found(f, "steel") == 1 && found(f, "walnut") == 1 && found(f, "不锈") == 1);
}

static struct matches search(struct small_shop *f, const char *need, struct match_options *o)
{
    struct matches x;
    assert_int_equal(matcher_match(f->matcher, need, strlen(need), o, &x), OK);
    return x;
}

static size_t rank_of(const struct matches *x, const char *id)
{
    for (size_t i = 0; i < x->n; i++)
        if (strcmp(x->results[i].product.id, id) == 0) return i;
    return SIZE_MAX;
}

static bool has_reason(const struct matches *x, const char *reason)
{
    bool found = false;
    for (size_t i = 0; i < x->n; i++)
        for (size_t k = 0; k < x->results[i].n_reasons; k++) found = found || strcmp(x->results[i].reasons[k], reason) == 0;
    return found;
}

/* S1 has the shortest title of the three, and would come before S3, which says nothing of water. */
static void test_rank(void **state)
{
    static const char *const needs[] = {"防水的蓝牙音箱", "waterproof bluetooth speaker"}, *const others[] = {"蓝牙音箱", "不用防水的蓝牙音箱", "bluetooth speaker"};
    struct small_shop *f = *state;
    struct match_options o;
    match_options_default(&o);
    o.all = true;
    for (size_t i = 0; i < 2; i++) {
        struct matches x = search(f, needs[i], &o);
        assert_int_equal(0, rank_of(&x, "S2"));
        assert_int_equal(1, rank_of(&x, "S3"));
        matches_release(&x);
    }
    for (size_t i = 0; i < 3; i++) {
        struct matches x = search(f, others[i], &o);
        assert_true(rank_of(&x, "S1") < rank_of(&x, "S3"));
        assert_false(has_reason(&x, "请注意，防水：不防水"));
        matches_release(&x);
    }
}

/* The dearest speaker that fits is not the one that is not waterproof. */
static void test_order(void **state)
{
    struct match_options o;
    match_options_default(&o);
    o.order = ORDER_DEAREST;
    struct matches x = search(*state, "190元以上的防水蓝牙音箱", &o);
    assert_int_equal(0, rank_of(&x, "S3"));
    assert_int_equal(SIZE_MAX, rank_of(&x, "S1"));
    matches_release(&x);
}

/* Nothing else of the kind at that price: shown, with what speaks against it. */
static void test_told(void **state)
{
    struct match_options o;
    match_options_default(&o);
    struct matches x = search(*state, "300元以上的防水蓝牙音箱", &o);
    assert_int_equal(1, x.n);
    assert_int_equal(0, rank_of(&x, "S1"));
    assert_true(has_reason(&x, "请注意，防水：不防水"));
    matches_release(&x);
    x = search(*state, "waterproof bluetooth speaker over 300 yuan", &o);
    assert_true(x.n == 1 && has_reason(&x, "please note, waterproof: not waterproof"));
    matches_release(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_terms), cmocka_unit_test(test_rank), cmocka_unit_test(test_order), cmocka_unit_test(test_told)};
    return cmocka_run_group_tests(tests, set_up, small_shop_close);
}
