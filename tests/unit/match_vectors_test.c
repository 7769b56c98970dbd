/* An index that is built again computes the vectors of what has changed, and takes the others over to the bit. With the shipped model. */
#include "match/match.h"   /* before cmocka.h, whose macro fail() would hide base.h's function */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIM_MAX = 1024, PRODUCTS = 3 };

struct fixture {
    char directory[64], feed[96], index[96];
    struct normalizer *normalizer;
    struct store *store;
    struct catalogue *catalogue;
    struct session *session;
};

static void import(struct fixture *f, const char *rows)
{
    struct import_result r;
    assert_int_equal(file_write_atomic(f->feed, rows, strlen(rows)), OK);
    assert_int_equal(catalogue_import(f->catalogue, f->feed, &(struct import_options){.default_currency = "CNY"}, &r, NULL), OK);
    assert_int_equal(r.rejected, 0);
}

static void build(struct fixture *f)
{
    if (match_build_index(f->catalogue, f->session, f->normalizer, f->index, NULL) != OK) fail_msg("%s", status_message());
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->directory, "/tmp/match_vectors_XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->feed, sizeof f->feed, "%s/feed.csv", f->directory);
    snprintf(f->index, sizeof f->index, "%s/shop.index", f->directory);
    assert_int_equal(normalizer_new(&f->normalizer), OK);
    assert_int_equal(store_open(":memory:", STORE_READ_WRITE, &f->store), OK);
    assert_int_equal(catalogue_open(f->store, &f->catalogue), OK);
    assert_int_equal(session_new(&(struct session_options){.model_directory = SOURCE_DIR "/models/default", .device = "cpu", .threads = 1}, &f->session), OK);
    import(f, "id,title,title_en,price\nA,双人帐篷,Tent for two,268\nB,通勤双肩包,,199\nC,跑步鞋,Running shoes,269\n");
    build(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    session_free(f->session);
    catalogue_close(f->catalogue);
    store_close(f->store);
    normalizer_free(f->normalizer);
    unlink(f->feed);
    unlink(f->index);
    rmdir(f->directory);
    free(f);
    return 0;
}

static struct index *open_index(const struct fixture *f)
{
    struct index *x;
    if (index_open(f->index, &x) != OK) fail_msg("%s", status_message());
    return x;
}

/* The index at the path becomes one of the same products and texts whose vectors no model would compute. */
static void put_marked_vectors(const struct fixture *f, const char *note)
{
    struct index *x = open_index(f);
    struct index_schema schema = {.n_numbers = NUMBER_COLUMNS, .dim = index_dim(x)};
    for (size_t i = 0; i < NUMBER_COLUMNS; i++) schema.numbers[i] = index_number_name(x, i);
    struct index_builder *b;
    int8_t row[DIM_MAX];
    memset(row, 77, sizeof row);
    assert_int_equal(index_builder_new(&schema, &b), OK);
    for (uint32_t d = 0; d < index_count(x); d++) {
        int64_t numbers[NUMBER_COLUMNS];
        for (size_t i = 0; i < NUMBER_COLUMNS; i++) numbers[i] = index_number(x, i, d);
        assert_int_equal(index_builder_add(b, &(struct index_document){.key = index_key(x, d), .numbers = numbers, .stored = {row, 0.5f}}), OK);
    }
    assert_int_equal(index_builder_write(b, f->index, index_source_version(x), note ? note : index_note(x), NULL), OK);
    index_builder_free(b);
    index_close(x);
}

/* How many have the marked vector, to the bit. */
static size_t marked(const struct fixture *f)
{
    struct index *x = open_index(f);
    size_t n = 0;
    for (uint32_t d = 0; d < index_count(x); d++) {
        struct index_stored_vector v = index_vector(x, d);
        assert_non_null(v.row);
        size_t same = 0;
        while (same < index_dim(x) && v.row[same] == 77) same++;
        n += same == index_dim(x) && v.scale == 0.5f;
    }
    index_close(x);
    return n;
}

static void what_has_not_changed_is_taken_over(void **state)
{
    struct fixture *f = *state;
    put_marked_vectors(f, NULL);
    build(f);
    assert_int_equal(marked(f), PRODUCTS);
    import(f, "id,title,title_en,price\nA,双人帐篷,Tent for three,268\nD,马克杯,,20\n");   /* another text in English, and a new one */
    build(f);
    assert_int_equal(marked(f), PRODUCTS - 1);
}

static void another_model_takes_nothing_over(void **state)
{
    struct fixture *f = *state;
    put_marked_vectors(f, "{\"model\":\"0123456789abcdef\"}");
    build(f);
    assert_int_equal(marked(f), 0);
    put_marked_vectors(f, "no JSON");
    build(f);
    assert_int_equal(marked(f), 0);
}

static void the_same_bytes_as_from_nothing(void **state)
{
    struct fixture *f = *state;
    char *again, *fresh;
    size_t n_again, n_fresh;
    import(f, "id,title,title_en,price\nA,双人帐篷,Tent for three,268\n");
    build(f);
    assert_int_equal(file_read(f->index, 1 << 24, &again, &n_again), OK);
    unlink(f->index);
    build(f);
    assert_int_equal(file_read(f->index, 1 << 24, &fresh, &n_fresh), OK);
    assert_int_equal(n_again, n_fresh);
    assert_memory_equal(again, fresh, n_fresh);
    mem_free(again);
    mem_free(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_has_not_changed_is_taken_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_model_takes_nothing_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_bytes_as_from_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
