/* Shared by the catalogue's tests: a folder that goes away, feeds written on the spot, a catalogue in it. */
#ifndef CATALOGUE_FIXTURE_H
#define CATALOGUE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalogue/catalogue.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static char folder[64];
static struct store *shop_store;
static struct catalogue *shop;
static struct arena shop_arena;

static inline const char *in_folder(const char *name)
{
    static char path[8][160];
    static int turn;
    turn = (turn + 1) % 8;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static inline int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/daogou-catalogue-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static inline void shop_open(void)
{
    assert_int_equal(store_open(in_folder("shop.db"), STORE_READ_WRITE, &shop_store), OK);
    assert_int_equal(catalogue_open(shop_store, &shop), OK);
    arena_init(&shop_arena, 0);
}

static inline void shop_close(void)
{
    catalogue_close(shop);
    store_close(shop_store);
    arena_release(&shop_arena);
    shop = NULL;
    shop_store = NULL;
}

/* Each test has a shop of its own. */
static inline int fresh_shop(void **state)
{
    (void)state;
    unlink(in_folder("shop.db"));
    unlink(in_folder("shop.db-wal"));
    unlink(in_folder("shop.db-shm"));
    shop_open();
    return 0;
}

static inline int end_shop(void **state)
{
    (void)state;
    if (shop) shop_close();
    return 0;
}

static inline const char *feed_bytes(const char *name, const void *data, size_t n)
{
    const char *path = in_folder(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    return path;
}

static inline const char *feed_text(const char *name, const char *text)
{
    return feed_bytes(name, text, strlen(text));
}

/* Imports and expects OK and these counts. */
static inline struct import_result import_expecting(const char *path, const struct import_options *o, uint64_t read, uint64_t added,
                                             uint64_t updated, uint64_t unchanged, uint64_t rejected)
{
    struct import_result r;
    struct import_options none = {0};
    status s = catalogue_import(shop, path, o ? o : &none, &r, NULL);
    if (s != OK) fail_msg("import failed: %s", status_message());
    if (r.read != read || r.added != added || r.updated != updated || r.unchanged != unchanged || r.rejected != rejected)
        fail_msg("read %lu added %lu updated %lu unchanged %lu rejected %lu (%s)", (unsigned long)r.read, (unsigned long)r.added,
                 (unsigned long)r.updated, (unsigned long)r.unchanged, (unsigned long)r.rejected, r.first_reason);
    return r;
}

static inline struct product product_of(const char *id)
{
    struct product p;
    if (catalogue_get(shop, id, &shop_arena, &p) != OK) fail_msg("%s", status_message());
    return p;
}

static inline int64_t shop_count(void)
{
    int64_t n = -1;
    assert_int_equal(catalogue_count(shop, &n), OK);
    return n;
}

static inline int64_t shop_version(void)
{
    int64_t v = -1;
    assert_int_equal(catalogue_version(shop, &v), OK);
    return v;
}

static inline void expect_attribute(const struct product *p, const char *name, const char *value, enum attribute_type type)
{
    const struct attribute *a = product_attribute(p, name);
    if (!a) fail_msg("no attribute '%s'", name);
    assert_string_equal(a->value, value);
    assert_int_equal(a->type, type);
}

/* n products as CSV, with quotes, line ends and Chinese among them. */
static inline const char *generated_feed(const char *name, int n)
{
    const char *path = in_folder(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs("id,title,brand,main_category,sub_category,price,description,颜色,weight\n", f);
    for (int i = 0; i < n; i++)
        fprintf(f, "G%d,\"第%d号 \"\"双人\"\" tent\",Brand %d,Outdoor,Tents,%d.%02d,\"line one\nline two of %d\",%s,%d g\n", i, i, i % 97,
                10 + i % 500, i % 100, i, i % 2 ? "红色" : "军绿色", 100 + i % 900);
    assert_int_equal(fclose(f), 0);
    return path;
}

#endif
