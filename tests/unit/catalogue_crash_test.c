/* catalogue: full disk, interrupt, kill -9, no memory, altered database, hostile feeds: nothing lost, nothing half-written. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "catalogue_fixture.h"

static const struct import_options NO_OPTIONS;

/* A shop with two products and a version; what every failure must leave behind. */
static int64_t old_version;

static void old_shop(void)
{
    import_expecting(feed_text("old.csv", "id,title,price\nG1,old one,1\nG2,old two,2\n"), NULL, 2, 2, 0, 0, 0);
    old_version = shop_version();
}

static void expect_old_shop(void)
{
    assert_int_equal(shop_count(), 2);
    assert_int_equal(shop_version(), old_version);
    assert_string_equal(product_of("G1").title, "old one");
    assert_int_equal(store_check(shop_store), OK);
}

static void full_disk(void **state)
{
    (void)state;
    struct import_result r;
    old_shop();
    const char *path = generated_feed("many.csv", 5000);
    assert_int_equal(store_exec(shop_store, "PRAGMA max_page_count=100"), OK);
    assert_int_equal(catalogue_import(shop, path, &NO_OPTIONS, &r, NULL), ERR_IO);
    assert_non_null(strstr(status_message(), "disk is full"));
    assert_int_equal(r.added, 0);
    expect_old_shop();
    assert_int_equal(store_exec(shop_store, "PRAGMA max_page_count=1000000"), OK);
    import_expecting(path, NULL, 5000, 4998, 2, 0, 0);
}

/* The errors file does not fit: the products are not kept without it. */
static void full_disk_for_the_errors(void **state)
{
    (void)state;
    struct import_result r;
    old_shop();
    const char *path = feed_text("bad.csv", "id,title\nG1,new\nG9,\n");
    struct import_options o = {.errors_path = in_folder("errors.jsonl")};
    file_fail_write_at(1);
    assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), ERR_IO);
    file_fail_write_at(0);
    assert_non_null(strstr(status_message(), "errors.jsonl"));
    assert_false(file_exists(o.errors_path));
    expect_old_shop();
}

/* ---- interrupt ---- */

struct stop {
    int after;                /* reports */
    bool kill;
    int64_t seen_by_reader;
};

static bool stop_now(void *context)
{
    struct stop *s = context;
    if (s->after-- > 0) return false;
    if (s->kill) raise(SIGKILL);
    struct store *reader;
    struct catalogue *c;
    if (store_open(in_folder("shop.db"), STORE_READ_ONLY, &reader) == OK && catalogue_open(reader, &c) == OK) {
        catalogue_count(c, &s->seen_by_reader);
        catalogue_close(c);
    }
    store_close(reader);
    return true;
}

static void interrupted(void **state)
{
    (void)state;
    old_shop();
    const char *path = generated_feed("many.csv", 5000);
    struct import_options o = {.errors_path = in_folder("interrupted.jsonl")};
    for (int after = 0; after < 6; after++) {
        struct stop stop = {.after = after};
        struct progress progress = {.context = &stop, .cancelled = stop_now};
        struct import_result r;
        assert_int_equal(catalogue_import(shop, path, &o, &r, &progress), ERR_INTERRUPTED);
        assert_int_equal(stop.seen_by_reader, 2);   /* a reader beside it saw the shop of before */
        assert_false(file_exists(o.errors_path));
        expect_old_shop();
    }
}

static void killed(void **state)
{
    (void)state;
    old_shop();
    const char *path = generated_feed("many.csv", 5000);
    shop_close();
    for (int after = 0; after < 6; after++) {
        pid_t child = fork();
        if (child == 0) {
            shop_open();
            store_exec(shop_store, "PRAGMA cache_size=20");   /* pages spill into the log before the commit */
            struct stop stop = {.after = after, .kill = true};
            struct progress progress = {.context = &stop, .cancelled = stop_now};
            struct import_result r;
            catalogue_import(shop, path, &NO_OPTIONS, &r, &progress);
            _exit(1);
        }
        int code;
        waitpid(child, &code, 0);
        assert_true(WIFSIGNALED(code) && WTERMSIG(code) == SIGKILL);
        shop_open();
        expect_old_shop();
        shop_close();
    }
    shop_open();
    import_expecting(path, NULL, 5000, 4998, 2, 0, 0);
}

/* ---- memory ---- */

static void out_of_memory(void **state)
{
    (void)state;
    old_shop();
    const char *csv = feed_text("m.csv", "id,title,尺码,weight\nG1,\"a \"\"b\",\"S、M\",２ kg\nG2,,x,y\nG3,c,\"1, 2\",2 kg\n");
    const char *json = feed_text("m.jsonl", "{\"id\":\"G1\",\"title\":\"\\u4e00\",\"a\":[\"x\",\"y\"],\"o\":{\"p\":\"1 kg\"}}\n");
    const char *const maps[] = {"material=weight"};
    struct import_options o = {.errors_path = in_folder("memory.jsonl"), .maps = maps, .n_maps = 1};
    for (int feed = 0; feed < 2; feed++) {
        int failures = 0;
        for (uint64_t n = 1;; n++) {
            struct import_result r;
            mem_fail_at(n);
            status s = catalogue_import(shop, feed ? json : csv, feed ? &NO_OPTIONS : &o, &r, NULL);
            uint64_t seen = mem_fail_at(0);
            if (seen < n) {
                assert_int_equal(s, OK);
                break;
            }
            /* An allocation that may fail harmlessly (the directory to sync) lets the import succeed. */
            assert_true(s == ERR_NOMEM || s == OK);
            if (s == OK) continue;
            failures++;
            if (feed == 0 && shop_version() == old_version) expect_old_shop();
        }
        assert_true(failures > 10);
    }
    assert_string_equal(product_of("G1").title, "一");
}

/* ---- altered database ---- */

static void altered_record_is_found(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE products SET title='sold' WHERE key=1", "UPDATE products SET price=1 WHERE key=1", "UPDATE products SET hash=0 WHERE key=1",
        "UPDATE products SET attributes='x' WHERE key=1", "UPDATE products SET rating=5 WHERE key=1",
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (i) fresh_shop(NULL);
        old_shop();
        struct product p;
        assert_int_equal(store_exec(shop_store, changes[i]), OK);
        assert_int_equal(catalogue_get(shop, "G1", &shop_arena, &p), ERR_FORMAT);
        assert_non_null(strstr(status_message(), "damaged"));
        assert_string_equal(product_of("G2").title, "old two");
        shop_close();
    }
}

/* Any bytes of the database changed: an import over it succeeds or fails with a sentence, and never crashes. */
static void altered_file_is_survived(void **state)
{
    (void)state;
    const char *feed = generated_feed("some.csv", 300);
    import_expecting(feed, NULL, 300, 300, 0, 0, 0);
    shop_close();
    char *data;
    size_t n;
    assert_int_equal(file_read(in_folder("shop.db"), 1 << 26, &data, &n), OK);
    struct rng rng;
    rng_seed(&rng, 5);
    for (int round = 0; round < 30; round++) {
        char *copy = mem_strndup(data, n);
        for (int i = 0; i < 20; i++) copy[rng_below(&rng, n)] = (char)rng_next(&rng);
        feed_bytes("altered.db", copy, n);
        mem_free(copy);
        struct store *s;
        struct catalogue *c = NULL;
        struct import_result r;
        status result = store_open(in_folder("altered.db"), STORE_READ_WRITE, &s);
        if (result == OK) result = catalogue_open(s, &c);
        if (result == OK) result = catalogue_import(c, feed, &NO_OPTIONS, &r, NULL);
        assert_true(result == OK || result == ERR_FORMAT || result == ERR_INTERNAL || result == ERR_IO);
        catalogue_close(c);
        store_close(s);
        unlink(in_folder("altered.db-wal"));
        unlink(in_folder("altered.db-shm"));
    }
    mem_free(data);
}

/* ---- hostile feeds ---- */

static void mutated_feeds_are_survived(void **state)
{
    (void)state;
    static const char csv[] = "id,title,price (INR),\"颜色\",weight (kg),stock\r\n1,\"a \"\"b\"\"\nc\",\"₹1,299\",红、绿,2.6,3\n2,x,,y,\"1/2\",\n3,z,5,q,1 kg,9\n";
    static const char json[] = "{\"id\":\"1\",\"title\":\"\\u4e00\\ud83d\\ude00\",\"price\":2.50,\"attributes\":{\"a\":[1,2],\"b\":{\"c\":[{}]}},\"attributes_en\":{\"x\":\"y\"}}\n"
                               "{\"id\":2,\"title\":\"t\",\"image\":[\"a\",\"b\"],\"stock\":null,\"x\":1e5}\n";
    static const char interesting[] = "\"\"\",,\n\r;{}[]:\\u\0\xFF\xC3 0-9.e\t";
    struct rng rng;
    rng_seed(&rng, 17);
    for (int round = 0; round < 300; round++) {
        bool is_csv = round % 2;
        char text[512];
        size_t n = is_csv ? sizeof csv - 1 : sizeof json - 1;
        memcpy(text, is_csv ? csv : json, n);
        for (uint64_t k = 1 + rng_below(&rng, 6); k > 0; k--) {
            size_t at = rng_below(&rng, n);
            switch (rng_below(&rng, 3)) {
            case 0: text[at] = interesting[rng_below(&rng, sizeof interesting)]; break;
            case 1: text[at] = (char)rng_next(&rng); break;
            default: n = at + 1; break;
            }
        }
        struct import_result r;
        struct import_options o = {.format = is_csv ? FEED_CSV : FEED_JSONL, .errors_path = round % 20 ? NULL : in_folder("mutated.jsonl")};
        status s = catalogue_import(shop, feed_bytes("mutated", text, n), &o, &r, NULL);
        assert_true(s == OK || s == ERR_FORMAT);
        assert_true(s != OK || r.read == r.added + r.updated + r.unchanged + r.rejected);
        assert_true(utf8_valid(r.first_reason, strlen(r.first_reason), NULL));
    }
    struct arena a;
    arena_init(&a, 0);
    int64_t n = shop_count();
    for (int64_t key = 1; key <= n; key++) {
        struct product p;
        assert_int_equal(catalogue_get_by_key(shop, key, &a, &p), OK);
        assert_true(utf8_valid(p.title, strlen(p.title), NULL));
        arena_clear(&a);
    }
    arena_release(&a);
    assert_int_equal(store_check(shop_store), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(full_disk, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(full_disk_for_the_errors, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(interrupted, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(killed, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(out_of_memory, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(altered_record_is_found, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(altered_file_is_survived, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(mutated_feeds_are_survived, fresh_shop, end_shop),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
