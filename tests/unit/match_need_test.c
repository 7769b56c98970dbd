/* What needs say, and what is found for them: over a small shop, without a model. */
#include "match/match.h"   /* before cmocka.h, whose macro fail() would hide base.h's function */
#include "match/rank_metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char feed[] =
    "{\"id\":\"T1\",\"title\":\"双人轻便帐篷 军绿色\",\"title_en\":\"Light Two-Person Tent, Army Green\",\"brand\":\"岭岸 LINGAN\",\"category\":\"户外 > 帐篷\",\"price\":\"268\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"军绿色\",\"材质\":\"涤纶\"}}\n"
    "{\"id\":\"T2\",\"title\":\"四人家庭帐篷 橙色\",\"title_en\":\"Family Tent for Four, Orange\",\"brand\":\"岭岸 LINGAN\",\"category\":\"户外 > 帐篷\",\"price\":\"599\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"橙色\",\"材质\":\"涤纶\"}}\n"
    "{\"id\":\"B1\",\"title\":\"通勤双肩包 黑色\",\"title_en\":\"Commuter Backpack, Black\",\"brand\":\"途见\",\"category\":\"箱包 > 双肩包\",\"price\":\"199\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"黑色\",\"材质\":\"尼龙\"}}\n"
    "{\"id\":\"B2\",\"title\":\"学生双肩包 卡其色\",\"title_en\":\"School Backpack, Khaki\",\"brand\":\"途见\",\"category\":\"箱包 > 双肩包\",\"price\":\"129\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"卡其色\",\"材质\":\"帆布\"}}\n"
    "{\"id\":\"B3\",\"title\":\"旅行双肩包 藏青色\",\"title_en\":\"Travel Backpack, Navy\",\"brand\":\"行远\",\"category\":\"箱包 > 双肩包\",\"price\":\"329\",\"currency\":\"CNY\",\"stock\":0,\"attributes\":{\"颜色\":\"藏青色\",\"材质\":\"尼龙\"}}\n"
    "{\"id\":\"S1\",\"title\":\"网面跑步鞋 白色\",\"title_en\":\"Mesh Running Shoes, White\",\"brand\":\"迈凡\",\"category\":\"鞋 > 跑鞋\",\"price\":\"269\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"白色\",\"材质\":\"网布\",\"尺码\":\"36-45\",\"适用人群\":\"男女通用\"}}\n"
    "{\"id\":\"W1\",\"title\":\"头层牛皮钱包 棕色\",\"title_en\":\"Full-Grain Leather Wallet, Brown\",\"brand\":\"柯朗\",\"category\":\"箱包 > 钱包\",\"price\":\"169\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"棕色\",\"材质\":\"头层牛皮\",\"适用人群\":\"男\"}}\n"
    "{\"id\":\"H1\",\"title\":\"静音加湿器 4L\",\"title_en\":\"Quiet Humidifier 4 L\",\"brand\":\"小穗\",\"category\":\"家电 > 加湿器\",\"price\":\"189\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"白色, coffee\",\"容量\":\"4 L\"}}\n"
    "{\"id\":\"J1\",\"title\":\"榉木积木 60块\",\"title_en\":\"Beech Building Blocks, 60 Pieces\",\"brand\":\"木鸢\",\"category\":\"母婴 > 积木\",\"price\":\"149\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"颜色\":\"原木色\",\"材质\":\"榉木\"}}\n";

struct fixture {
    char directory[64], feed_path[96], index_path[96];
    struct normalizer *normalizer;
    struct store *store;
    struct catalogue *catalogue;
    struct matcher *matcher;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->directory, "/tmp/match_need_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->feed_path, sizeof f->feed_path, "%s/feed.jsonl", f->directory);
    snprintf(f->index_path, sizeof f->index_path, "%s/shop.index", f->directory);
    assert_int_equal(file_write_atomic(f->feed_path, feed, sizeof feed - 1), OK);
    assert_int_equal(normalizer_new(&f->normalizer), OK);
    assert_int_equal(store_open(":memory:", STORE_READ_WRITE, &f->store), OK);
    assert_int_equal(catalogue_open(f->store, &f->catalogue), OK);
    struct import_options o = {.default_currency = "CNY"};
    struct import_result r;
    assert_int_equal(catalogue_import(f->catalogue, f->feed_path, &o, &r, NULL), OK);
    assert_int_equal(r.added, 9);
    assert_int_equal(match_build_index(f->catalogue, NULL, f->normalizer, f->index_path, NULL), OK);
    struct matcher_options m = {.catalogue = f->catalogue, .index_path = f->index_path, .normalizer = f->normalizer};
    assert_int_equal(matcher_new(&m, &f->matcher), OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    matcher_free(f->matcher);
    catalogue_close(f->catalogue);
    store_close(f->store);
    normalizer_free(f->normalizer);
    unlink(f->feed_path);
    unlink(f->index_path);
    rmdir(f->directory);
    free(f);
    return 0;
}

/* ---- prices ---- */

static const int64_t OPEN_LOW = INT64_MIN + 1, OPEN_HIGH = INT64_MAX;

static void check_price(struct fixture *f, const char *text, int64_t low, int64_t high)
{
    struct need n;
    assert_int_equal(matcher_understand(f->matcher, text, strlen(text), &n), OK);
    const struct constraint *price = NULL;
    for (size_t i = 0; i < n.n_constraints; i++)
        if (n.constraints[i].kind == CONSTRAINT_PRICE) price = &n.constraints[i];
    if (!price) fail_msg("no price in '%s'", text);
    if (price->low != low || price->high != high) fail_msg("'%s': %lld..%lld", text, (long long)price->low, (long long)price->high);
    need_release(&n);
}

static void check_no_price(struct fixture *f, const char *text)
{
    struct need n;
    assert_int_equal(matcher_understand(f->matcher, text, strlen(text), &n), OK);
    for (size_t i = 0; i < n.n_constraints; i++)
        if (n.constraints[i].kind == CONSTRAINT_PRICE) fail_msg("a price in '%s'", text);
    need_release(&n);
}

static void prices(void **state)
{
    struct fixture *f = *state;
    const struct { const char *text; int64_t low, high; } cases[] = {
        {"500以内的帐篷", OPEN_LOW, 50000}, {"五百以内的帐篷", OPEN_LOW, 50000}, {"不超过三百块的包", OPEN_LOW, 30000}, {"预算200", OPEN_LOW, 20000},
        {"300到500的双肩包", 30000, 50000}, {"两百到三百元", 20000, 30000}, {"1000以上的", 100000, OPEN_HIGH}, {"三百左右的鞋", 22500, 37500}, {"200块的台灯", 15000, 25000},
        {"a tent under 500 yuan", OPEN_LOW, 50000}, {"under $50", OPEN_LOW, 5000}, {"backpack between 100 and 200 yuan", 10000, 20000},
        {"no more than 1.5k yuan", OPEN_LOW, 150000}, {"at least 300 yuan", 30000, OPEN_HIGH}, {"around 200 yuan", 15000, 25000}, {"less than 1,299.00", OPEN_LOW, 129900},
        {"a bag under 300 for my mom", OPEN_LOW, 30000}, {"under 200 but quiet", OPEN_LOW, 20000}, {"up to 150, please", OPEN_LOW, 15000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) check_price(f, cases[i].text, cases[i].low, cases[i].high);
    const char *none[] = {"100%棉的衬衫", "2人帐篷", "42码的鞋", "4L加湿器", "iphone 15 pro", "5号电池", "a 2-in-1 jacket", "1/2 in. drill bit", "3d打印", "under armour",
                          "a torch of at least 300 lumens", "below 30 db at night", "至少300流明的头灯", "over 500 pages"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) check_no_price(f, none[i]);
}

/* ---- facets and negation ---- */

static const struct constraint *facet_of(const struct need *n, enum facet f, bool negated)
{
    for (size_t i = 0; i < n->n_constraints; i++)
        if (n->constraints[i].kind == CONSTRAINT_FACET && n->constraints[i].facet == f && n->constraints[i].negated == negated) return &n->constraints[i];
    return NULL;
}

static void facets(void **state)
{
    struct fixture *f = *state;
    const struct { const char *text; enum facet facet; bool negated; const char *value; } cases[] = {
        {"黑色双肩包", FACET_COLOUR, false, "black"}, {"要黑的双肩包", FACET_COLOUR, false, "black"}, {"不要黑色的双肩包", FACET_COLOUR, true, "black"},
        {"backpack, not black", FACET_COLOUR, true, "black"}, {"a navy backpack", FACET_COLOUR, false, "navy"}, {"藏蓝双肩包", FACET_COLOUR, false, "navy"},
        {"leather wallet", FACET_MATERIAL, false, "leather"}, {"wallet, not leather", FACET_MATERIAL, true, "leather"}, {"真皮钱包", FACET_MATERIAL, false, "leather"},
        {"size 42 shoes", FACET_SIZE, false, "42"}, {"42码跑鞋", FACET_SIZE, false, "42"}, {"送爸爸的钱包", FACET_AUDIENCE, false, "men"},
        {"a wallet for my wife", FACET_AUDIENCE, false, "women"}, {"coffee color backpack", FACET_COLOUR, false, "brown"}, {"leather-free wallet", FACET_MATERIAL, true, "leather"},
        {"不要牛皮的钱包，我对牛皮过敏", FACET_MATERIAL, true, "cowhide"}, {"有没有黑色双肩包", FACET_COLOUR, false, "black"}, {"除了途见的双肩包", FACET_BRAND, true, "途见"}, {"途见双肩包", FACET_BRAND, false, "途见"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct need n;
        assert_int_equal(matcher_understand(f->matcher, cases[i].text, strlen(cases[i].text), &n), OK);
        const struct constraint *c = facet_of(&n, cases[i].facet, cases[i].negated);
        if (!c) fail_msg("'%s': no %s", cases[i].text, facet_name(cases[i].facet));
        assert_string_equal(c->value, cases[i].value);
        assert_null(facet_of(&n, cases[i].facet, !cases[i].negated));
        need_release(&n);
    }
    const struct { const char *text; enum facet facet; } none[] = {{"红茶", FACET_COLOUR}, {"积木", FACET_MATERIAL}, {"明白", FACET_COLOUR}, {"油皮的防晒", FACET_MATERIAL}, {"manual", FACET_AUDIENCE},
                                                              {"a kettle for pour-over coffee", FACET_COLOUR}, {"steam iron", FACET_MATERIAL}, {"fleece-lined tights", FACET_MATERIAL}};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct need n;
        assert_int_equal(matcher_understand(f->matcher, none[i].text, strlen(none[i].text), &n), OK);
        if (facet_of(&n, none[i].facet, false)) fail_msg("'%s' names no %s", none[i].text, facet_name(none[i].facet));
        need_release(&n);
    }
}

/* What is denied ends at 的: the thing behind it is wanted. */
static void denied_words(void **state)
{
    struct fixture *f = *state;
    const struct { const char *text, *words; } cases[] = {{"不带拉链的双肩包", "拉链"}, {"没有轮子的双肩包", "轮子"}, {"green tea, not tea bags", "tea bags"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct need n;
        const char *words = "";
        assert_int_equal(matcher_understand(f->matcher, cases[i].text, strlen(cases[i].text), &n), OK);
        for (size_t k = 0; k < n.n_constraints; k++)
            if (n.constraints[k].kind == CONSTRAINT_WORDS) words = n.constraints[k].value;
        assert_string_equal(words, cases[i].words);
        assert_null(facet_of(&n, FACET_CATEGORY, true));
        need_release(&n);
    }
}

/* ---- quantities ---- */

static void quantities(void **state)
{
    struct fixture *f = *state;
    const struct { const char *text; double least, most; const char *dimension; } cases[] = {
        {"5升以上的加湿器", 5000, INFINITY, "volume"}, {"humidifier of at least 4.5 l", 4500, INFINITY, "volume"}, {"1公斤以内的帐篷", -INFINITY, 1000, "mass"},
        {"20-30升的双肩包", 20000, 30000, "volume"}, {"between 2 and 3 kg", 2000, 3000, "mass"}, {"at least 300 lumens", 300, INFINITY, "light"},
        {"under 6 ft", -INFINITY, 1828.8, "length"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct need n;
        const struct constraint *c = NULL;
        assert_int_equal(matcher_understand(f->matcher, cases[i].text, strlen(cases[i].text), &n), OK);
        for (size_t k = 0; k < n.n_constraints; k++)
            if (n.constraints[k].kind == CONSTRAINT_QUANTITY) c = &n.constraints[k];
        if (!c) fail_msg("no quantity in '%s'", cases[i].text);
        if (fabs(c->least - cases[i].least) > 0.1 || fabs(c->most - cases[i].most) > 0.1) fail_msg("'%s': %g to %g", cases[i].text, c->least, c->most);
        assert_string_equal(c->value, cases[i].dimension);
        need_release(&n);
    }
    const char *none[] = {"4L加湿器", "2人以上的帐篷", "3岁以上的积木", "42码的鞋", "under 200 yuan"};   /* sizes rank; people and ages are no measures */
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct need n;
        assert_int_equal(matcher_understand(f->matcher, none[i], strlen(none[i]), &n), OK);
        for (size_t k = 0; k < n.n_constraints; k++)
            if (n.constraints[k].kind == CONSTRAINT_QUANTITY) fail_msg("a quantity in '%s'", none[i]);
        need_release(&n);
    }
}

/* ---- results ---- */

static struct matches search(struct fixture *f, const char *need, bool in_stock)
{
    struct match_options o;
    struct matches m;
    match_options_default(&o);
    o.all = true;
    o.in_stock = in_stock;
    o.top_k = 20;
    assert_int_equal(matcher_match(f->matcher, need, strlen(need), &o, &m), OK);
    return m;
}

static void first_is(struct fixture *f, const char *need, const char *id)
{
    struct matches m = search(f, need, true);
    if (m.n == 0 || strcmp(m.results[0].key_id, id) != 0) fail_msg("'%s': %s, expected %s", need, m.n ? m.results[0].key_id : "nothing", id);
    assert_true(m.results[0].n_reasons > 0);
    matches_release(&m);
}

static void ranking(void **state)
{
    struct fixture *f = *state;
    first_is(f, "两个人用的轻便帐篷", "T1");
    first_is(f, "tent for a family of four", "T2");
    first_is(f, "quiet humidifer", "H1");          /* misspelt */
    first_is(f, "back pack khaki", "B2");          /* written apart */
}

static bool finds(struct fixture *f, const char *need, const char *id)
{
    struct matches m = search(f, need, true);
    bool found = false;
    for (size_t i = 0; i < m.n; i++) found = found || strcmp(m.results[i].key_id, id) == 0;
    matches_release(&m);
    return found;
}

/* H1 holds 4 L; of the others no volume is known, which excludes none of them. */
static void quantities_hold(void **state)
{
    struct fixture *f = *state;
    assert_true(finds(f, "3升以上的加湿器", "H1"));
    assert_true(finds(f, "加湿器 不超过4000毫升", "H1"));
    assert_true(finds(f, "humidifier, 2 to 5 l", "H1"));
    assert_false(finds(f, "5升以上的加湿器", "H1"));
    assert_false(finds(f, "humidifier under 3 l", "H1"));
    assert_true(finds(f, "20升以上的双肩包", "B1"));
}

static void other_words_for_it(void **state)
{
    struct fixture *f = *state;
    first_is(f, "黑色书包", "B1");
    first_is(f, "a black rucksack", "B1");
}

/* "walle" and "leathe" lose more than a letter to the stemmer: they are corrected as they were typed. */
static void slips(void **state)
{
    static const struct { const char *need, *means; } cases[] = {{"walle", "wallet"}, {"leathe case", "leather"}, {"humidifer", "humidifi"}, {"comuter", "commut"}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct need n;
        bool found = false;
        assert_int_equal(matcher_understand(f->matcher, cases[i].need, strlen(cases[i].need), &n), OK);
        for (size_t k = 0; k < n.n_terms; k++)
            found = found || (n.terms[k].corrected && n.terms[k].length == strlen(cases[i].means) && memcmp(n.terms[k].text, cases[i].means, n.terms[k].length) == 0);
        if (!found) print_message("%s is not read as %s\n", cases[i].need, cases[i].means);
        assert_true(found);
        need_release(&n);
    }
    first_is(f, "brown walle", "W1");
}

static void an_index_knows_what_it_was_made_of(void **state)
{
    struct fixture *f = *state;
    struct index *x;
    int64_t version;
    assert_int_equal(catalogue_version(f->catalogue, &version), OK);
    assert_int_equal(index_open(f->index_path, &x), OK);
    assert_true(match_index_is_current(x, version, NULL));
    assert_false(match_index_is_current(x, version + 1, NULL));
    index_close(x);
}

static void stock_and_parents(void **state)
{
    struct fixture *f = *state;
    struct matches m = search(f, "蓝色双肩包", true);   /* navy is blue, but sold out */
    assert_int_equal(m.n, 0);
    assert_non_null(m.nothing);
    matches_release(&m);
    m = search(f, "蓝色双肩包", false);
    assert_int_equal(m.n, 1);
    assert_string_equal(m.results[0].key_id, "B3");
    matches_release(&m);
    m = search(f, "藏青色双肩包", false);
    assert_int_equal(m.n, 1);
    matches_release(&m);
}

static void constraints_hold(void **state)
{
    struct fixture *f = *state;
    struct matches m = search(f, "不要黑色的双肩包", false);
    assert_int_equal(m.n >= 2, 1);
    for (size_t i = 0; i < m.n; i++) assert_string_not_equal(m.results[i].key_id, "B1");
    matches_release(&m);
    m = search(f, "双肩包 200以内", true);
    for (size_t i = 0; i < m.n; i++) assert_true(m.results[i].product.price <= 20000);
    assert_int_equal(m.n >= 2, 1);
    matches_release(&m);
    m = search(f, "钱包 真皮", true);
    assert_int_equal(m.n, 1);
    assert_string_equal(m.results[0].key_id, "W1");
    matches_release(&m);
}

static void relaxation(void **state)
{
    struct fixture *f = *state;
    struct match_options o;
    struct matches m;
    match_options_default(&o);
    matcher_fusion(f->matcher)->cutoff = 0.05f;
    assert_int_equal(matcher_match(f->matcher, "200以内的帐篷", strlen("200以内的帐篷"), &o, &m), OK);
    assert_int_equal(m.n, 0);
    assert_int_equal(m.n_relaxations, 1);
    assert_string_equal(m.relaxations[0].best_id, "T1");
    assert_int_equal(m.relaxations[0].best_price, 26800);
    assert_int_equal(m.relaxations[0].count, 2);
    assert_non_null(strstr(m.relaxations[0].sentence, "268.00"));
    matches_release(&m);
}

static void odd_needs(void **state)
{
    struct fixture *f = *state;
    char *long_need = malloc(100001);
    for (size_t i = 0; i < 100000; i += 3) memcpy(long_need + i, i + 3 <= 100000 ? "\xe5\xb8\x90" : "aaa", i + 3 <= 100000 ? 3 : 100000 - i);
    const struct { const char *s; size_t n; } cases[] = {{"", 0}, {"   ", 3}, {"\xff\xfe\x80", 3}, {"不要", 6}, {"not", 3}, {"以内", 6}, {"$", 1}, {"的的的", 9}, {"\0\0", 2}, {long_need, 100000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct match_options o;
        struct matches m;
        match_options_default(&o);
        assert_int_equal(matcher_match(f->matcher, cases[i].s, cases[i].n, &o, &m), OK);
        matches_release(&m);
    }
    free(long_need);
}

/* Random needs made of the shop's words, prices and colours: whatever comes back meets every hard constraint. */
static void random_constraints_hold(void **state)
{
    struct fixture *f = *state;
    static const char *const nouns[] = {"双肩包", "帐篷", "钱包", "shoes", "backpack", "加湿器"};
    static const struct { const char *zh, *attribute; } colours[] = {{"黑色", "黑"}, {"白色", "白"}, {"橙色", "橙"}, {"卡其色", "卡其"}};
    struct rng r;
    rng_seed(&r, 5);
    for (int round = 0; round < 500; round++) {
        char need[200];
        size_t colour = (size_t)rng_below(&r, 4);
        bool negated = rng_below(&r, 2);
        int64_t bound = (int64_t)rng_below(&r, 60) * 10 + 20;
        snprintf(need, sizeof need, "%s%s的%s，%lld以内", negated ? "不要" : "", colours[colour].zh, nouns[rng_below(&r, 6)], (long long)bound);
        struct matches m = search(f, need, false);
        for (size_t i = 0; i < m.n; i++) {
            const struct product *p = &m.results[i].product;
            const struct attribute *a = product_attribute(p, "颜色");
            assert_true(p->price <= bound * 100);
            assert_non_null(a);
            if ((strstr(a->value, colours[colour].attribute) != NULL) == negated) fail_msg("'%s' gave %s (%s)", need, p->id, a->value);
        }
        matches_release(&m);
    }
}

/* ---- fusion and measures ---- */

static void fusion_learns_the_order(void **state)
{
    (void)state;
    enum { GROUPS = 60, EACH = 5 };
    static float values[GROUPS * EACH * FEATURES], gains[GROUPS * EACH];
    static uint32_t groups[GROUPS * EACH];
    struct rng r;
    rng_seed(&r, 9);
    for (size_t i = 0; i < GROUPS * EACH; i++) {
        groups[i] = (uint32_t)(i / EACH);
        for (size_t k = 0; k < FEATURES; k++) values[i * FEATURES + k] = (float)rng_unit(&r);
        gains[i] = values[i * FEATURES + FEATURE_VECTOR] > 0.7f ? 1 : 0;   /* only this one tells */
    }
    struct fusion f;
    double loss;
    fusion_default(&f, true);
    assert_int_equal(fusion_fit(&f, values, gains, groups, GROUPS * EACH, &loss), OK);
    for (size_t k = 0; k < FEATURES; k++)
        if (k != FEATURE_VECTOR) assert_true(f.weight[FEATURE_VECTOR] > 3 * fabsf(f.weight[k]));
    assert_int_equal(fusion_fit(&f, values, gains, groups, 0, &loss), ERR_USAGE);
}

static void fusion_file(void **state)
{
    struct fixture *f = *state;
    struct fusion a, b;
    fusion_default(&a, true);
    a.weight[FEATURE_MATCH] = 1.25f;
    a.cutoff = 0.5f;
    assert_int_equal(fusion_write(&a, f->directory), OK);
    assert_int_equal(fusion_read(&b, f->directory), OK);
    assert_true(fabsf(b.weight[FEATURE_MATCH] - 1.25f) < 1e-3f && b.cutoff == 0.5f);
    char path[128];
    snprintf(path, sizeof path, "%s/fusion.json", f->directory);
    static const char *const broken[] = {"", "{", "{}", "{\"weights\":{\"bm25\":1}}", "{\"weights\":3,\"bias\":0}", "[1]"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_int_equal(file_write_atomic(path, broken[i], strlen(broken[i])), OK);
        assert_int_equal(fusion_read(&b, f->directory), ERR_FORMAT);
        assert_non_null(strstr(status_message(), "fusion.json"));
    }
    unlink(path);
}

static void ndcg(void **state)
{
    (void)state;
    double ranked[] = {1, 0, 3}, judged[] = {1, 3};
    double expected = (1 / log2(2) + 3 / log2(4)) / (3 / log2(2) + 1 / log2(3));
    assert_true(fabs(rank_ndcg(ranked, 3, judged, 2, 10) - expected) < 1e-12);
    double none[] = {0};
    assert_true(isnan(rank_ndcg(ranked, 3, none, 1, 10)));
    assert_true(fabs(rank_gain(3) - 3) < 1e-12 && fabs(rank_gain(1)) < 1e-12);
}

/* A word said again adds no term, but it is a word: more than there is room for were once counted. */
static void repeated_words_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct need n;
    char text[2000] = "";
    for (int i = 0; i < 200; i++) strcat(text, i % 2 ? "tent " : "bag ");
    assert_int_equal(matcher_understand(f->matcher, text, strlen(text), &n), OK);
    assert_true(n.n_words <= NEED_TERMS_MAX);
    need_release(&n);
    struct match_options o;
    struct matches m;
    match_options_default(&o);
    o.fitting = true;
    assert_int_equal(matcher_match(f->matcher, text, strlen(text), &o, &m), OK);
    matches_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_words_are_bounded),
        cmocka_unit_test(prices), cmocka_unit_test(facets),
        cmocka_unit_test(denied_words), cmocka_unit_test(quantities), cmocka_unit_test(ranking), cmocka_unit_test(quantities_hold),
        cmocka_unit_test(other_words_for_it), cmocka_unit_test(slips), cmocka_unit_test(an_index_knows_what_it_was_made_of), cmocka_unit_test(stock_and_parents), cmocka_unit_test(constraints_hold),
        cmocka_unit_test(odd_needs), cmocka_unit_test(random_constraints_hold), cmocka_unit_test(fusion_learns_the_order), cmocka_unit_test(fusion_file),
        cmocka_unit_test(ndcg), cmocka_unit_test(relaxation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
