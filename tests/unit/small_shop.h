/* A shop in memory from a feed (JSON lines), with its index and matcher, without a model: what tests of matching and of the dialogue share. */
#ifndef DAOGOU_SMALL_SHOP_H
#define DAOGOU_SMALL_SHOP_H

#include "catalogue/catalogue.h"   /* before cmocka.h, whose macro fail() would hide base.h's function */
#include "match/match.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct small_shop {
    char directory[64], feed_path[96], index_path[96];
    struct normalizer *normalizer;
    struct store *store;
    struct catalogue *catalogue;
    struct matcher *matcher;
};

/* Every row of the feed must be taken. */
static int small_shop_open(void **state, const char *feed)
{
    struct small_shop *f = calloc(1, sizeof *f);
    struct import_options o = {.default_currency = "CNY"};
    struct import_result r;
    strcpy(f->directory, "/tmp/small_shop_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->feed_path, sizeof f->feed_path, "%s/feed.jsonl", f->directory);
    snprintf(f->index_path, sizeof f->index_path, "%s/shop.index", f->directory);
    assert_int_equal(file_write_atomic(f->feed_path, feed, strlen(feed)), OK);
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

static int small_shop_close(void **state)
{
    struct small_shop *f = *state;
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

#endif
