/* Reasons quote whole words: never a part that begins or ends inside of one, and no stem. */
#include "catalogue/catalogue.h"
#include "match/match.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char feed[] =
    "{\"id\":\"K1\",\"title\":\"远行大容量保温壶\",\"title_en\":\"Far Road Vacuum Flask\",\"category\":\"厨房 > 保温杯\",\"category_en\":\"Kitchen > Thermos\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"T1\",\"title\":\"竹柄手动牙刷\",\"title_en\":\"Bamboo Toothbrush\",\"category\":\"个护 > 口腔\",\"category_en\":\"Care > Mouth\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"W1\",\"title\":\"跑者运动手表\",\"title_en\":\"Runner Sports Watch\",\"category\":\"数码 > 穿戴\",\"category_en\":\"Electronics > Wearables\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"P1\",\"title\":\"轻盈不粘煎锅\",\"title_en\":\"Airy Non-Stick Frying Pan\",\"category\":\"厨房 > 锅具\",\"category_en\":\"Kitchen > Pans\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"P2\",\"title\":\"奶油不粘奶锅\",\"title_en\":\"Cream Non-Stick Milk Pan\",\"category\":\"厨房 > 锅具\",\"category_en\":\"Kitchen > Pans\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n"
    "{\"id\":\"C1\",\"title\":\"登机箱\",\"title_en\":\"Cabin Suitcase\",\"category\":\"箱包 > 行李\",\"category_en\":\"Bags > Travel\",\"price\":\"99\",\"currency\":\"CNY\",\"stock\":5}\n";

struct shop {
    char directory[64], feed_path[96], index_path[96];
    struct normalizer *normalizer;
    struct store *store;
    struct catalogue *catalogue;
    struct matcher *matcher;
};

static int set_up(void **state)
{
    struct shop *f = calloc(1, sizeof *f);
    struct import_options o = {.default_currency = "CNY"};
    struct import_result r;
    strcpy(f->directory, "/tmp/quotes_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->feed_path, sizeof f->feed_path, "%s/feed.jsonl", f->directory);
    snprintf(f->index_path, sizeof f->index_path, "%s/shop.index", f->directory);
    assert_int_equal(file_write_atomic(f->feed_path, feed, sizeof feed - 1), OK);
    assert_int_equal(normalizer_new(&f->normalizer), OK);
    assert_int_equal(store_open(":memory:", STORE_READ_WRITE, &f->store), OK);
    assert_int_equal(catalogue_open(f->store, &f->catalogue), OK);
    assert_int_equal(catalogue_import(f->catalogue, f->feed_path, &o, &r, NULL), OK);
    assert_int_equal(r.rejected, 0);
    assert_int_equal(match_build_index(f->catalogue, NULL, f->normalizer, f->index_path, NULL), OK);
    assert_int_equal(matcher_new(&(struct matcher_options){.catalogue = f->catalogue, .index_path = f->index_path, .normalizer = f->normalizer}, &f->matcher), OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct shop *f = *state;
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

struct reason { const char *need, *id, *reason; };

static void check(struct shop *f, const struct reason *r)
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
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
