/* What a record denies is no word to find it by, and never a reason to show it. */
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
    "{\"id\":\"S1\",\"title\":\"桌面蓝牙音箱 胡桃木\",\"title_en\":\"Desktop Bluetooth Speaker, Walnut\",\"category\":\"数码 > 音箱\",\"category_en\":\"Electronics > Speakers\",\"price\":\"329\",\"currency\":\"CNY\",\"stock\":5,"
    "\"description\":\"需要插电，也不防水，防尘。\",\"description_en\":\"Runs on mains and is not waterproof, but dustproof.\",\"attributes\":{\"防水\":\"不防水\",\"无线\":\"无线\"},\"attributes_en\":{\"waterproof\":\"not waterproof\",\"handle\":\"none\"}}\n"
    "{\"id\":\"S2\",\"title\":\"便携蓝牙音箱 墨绿\",\"title_en\":\"Portable Bluetooth Speaker, Green\",\"category\":\"数码 > 音箱\",\"category_en\":\"Electronics > Speakers\",\"price\":\"149\",\"currency\":\"CNY\",\"stock\":5,"
    "\"description\":\"防水，不锈钢网面。\",\"description_en\":\"Waterproof, with a mesh of stainless steel.\",\"attributes\":{\"防水\":\"防水 IPX7\"},\"attributes_en\":{\"waterproof\":\"waterproof, IPX7\"}}\n";

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
    strcpy(f->directory, "/tmp/denied_XXXXXX");
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

/* Documents of the index in which the word stands in one of the fields. */
static uint32_t found(struct shop *f, const char *term)
{
    return index_document_frequency(matcher_index(f->matcher), term, strlen(term));
}

static void test_terms(void **state)
{
    struct shop *f = *state;
    assert_int_equal(1, found(f, "waterproof"));
    assert_int_equal(1, found(f, "防水"));
    assert_int_equal(1, found(f, "dustproof"));   /* what else the sentence says stays */
    assert_int_equal(1, found(f, "防尘"));
    assert_int_equal(1, found(f, "无线"));         /* begins with a word that denies, and is not one */
    assert_int_equal(0, found(f, "none"));
    assert_true(found(f, "steel") == 1 && found(f, "walnut") == 1 && found(f, "不锈") == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_terms)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
