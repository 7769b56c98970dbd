/* Keys, numbers, labels and filters against the plain documents. */
#include "index_fixture.h"

static int setup(void **state)
{
    struct plain_shop *s = calloc(1, sizeof *s);
    plain_shop_fill(s, 500, 0, 40, 11);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    plain_shop_release(*state);
    free(*state);
    return 0;
}

static void keys_and_numbers_come_back(void **state)
{
    const struct plain_shop *s = *state;
    struct index *x = plain_index(s);
    uint32_t doc;
    assert_int_equal(index_count(x), s->n);
    for (uint32_t d = 0; d < s->n; d++) {
        assert_int_equal(index_key(x, d), s->docs[d].key);
        assert_true(index_find_key(x, s->docs[d].key, &doc));
        assert_int_equal(doc, d);
        for (size_t c = 0; c < NUMBERS; c++) assert_true(index_number(x, c, d) == s->docs[d].numbers[c]);
    }
    assert_false(index_find_key(x, INT64_MAX, &doc));
    assert_false(index_find_key(x, INT64_MIN, &doc));
    assert_true(index_number(x, NUMBERS, 0) == INT64_MIN);
    assert_true(index_number(x, 0, (uint32_t)s->n) == INT64_MIN);
    assert_true(index_key(x, (uint32_t)s->n) == INT64_MIN);
    assert_string_equal(index_field_name(x, 2), "brand");
    assert_null(index_field_name(x, 3));
    assert_string_equal(index_number_name(x, 1), "stock");
    assert_string_equal(index_label_name(x, 1), "size");
    assert_null(index_label_name(x, 2));
    index_close(x);
}

static bool has_label(const struct plain_document *p, size_t column, uint32_t label)
{
    for (size_t i = 0; i < p->n_labels[column]; i++)
        if (p->labels[column][i] == label) return true;
    return false;
}

static void labels_come_back(void **state)
{
    const struct plain_shop *s = *state;
    struct index *x = plain_index(s);
    for (size_t c = 0; c < COLUMNS; c++) {
        size_t known = 0;
        for (uint32_t label = 0; label < s->labels; label++) {
            char name[16];
            size_t n = label_name(name, label), length;
            uint32_t id, documents, count = 0;
            for (size_t d = 0; d < s->n; d++) count += has_label(&s->docs[d], c, label);
            assert_int_equal(index_find_label(x, c, name, n, &id), count > 0);
            if (!count) continue;
            known++;
            assert_memory_equal(index_label_text(x, c, id, &length, &documents), name, n);
            assert_int_equal(length, n);
            assert_int_equal(documents, count);
        }
        assert_int_equal(index_label_count(x, c), known);
        assert_null(index_label_text(x, c, (uint32_t)known, NULL, NULL));
    }
    assert_int_equal(index_label_count(x, COLUMNS), 0);
    uint32_t id;
    assert_false(index_find_label(x, COLUMNS, "label0", 6, &id));
    index_close(x);
}

static void documents_have_their_labels_once(void **state)
{
    const struct plain_shop *s = *state;
    struct index *x = plain_index(s);
    for (uint32_t d = 0; d < s->n; d++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            uint32_t ids[LABELS_MAX + 1], distinct = 0;
            size_t n = index_document_labels(x, d, c, ids, LABELS_MAX + 1);
            for (size_t i = 0; i < n; i++) {
                size_t length;
                const char *text = index_label_text(x, c, ids[i], &length, NULL);
                assert_true(has_label(&s->docs[d], c, (uint32_t)atoi(text + 5)));
                assert_true(!i || ids[i - 1] < ids[i]);
            }
            for (uint32_t label = 0; label < s->labels; label++) distinct += has_label(&s->docs[d], c, label);
            assert_int_equal(n, distinct);
            assert_int_equal(index_document_labels(x, d, c, ids, 1), n > 0);
        }
    }
    uint32_t ids[1];
    assert_int_equal(index_document_labels(x, (uint32_t)s->n, 0, ids, 1), 0);
    assert_int_equal(index_document_labels(x, 0, COLUMNS, ids, 1), 0);
    index_close(x);
}

static void filters_pass_what_they_should(void **state)
{
    const struct plain_shop *s = *state;
    struct index *x = plain_index(s);
    struct rng r;
    rng_seed(&r, 2);
    size_t some = 0;
    for (int round = 0; round < 400; round++) {
        struct random_filter space;
        const struct index_filter *f = random_filter(&space, x, &r);
        uint32_t count = 0;
        for (uint32_t d = 0; d < s->n; d++) {
            bool expected = plain_passes(s, x, f, d);
            assert_int_equal(index_passes(x, f, d), expected);
            count += expected;
        }
        assert_int_equal(index_filter_count(x, f), count);
        mem_fail_at(1);   /* the slow way must agree */
        assert_int_equal(index_filter_count(x, f), count);
        mem_fail_at(0);
        some += count > 0 && count < s->n;
    }
    assert_true(some > 100);
    index_close(x);
}

static void impossible_columns_pass_nothing(void **state)
{
    struct index *x = plain_index(*state);
    struct index_condition c[] = {{.kind = CONDITION_NUMBER, .column = 9, .low = INT64_MIN, .high = INT64_MAX},
                                  {.kind = CONDITION_ANY_LABEL, .column = 9},
                                  {.kind = CONDITION_NO_LABEL, .column = SIZE_MAX}};
    for (size_t i = 0; i < 3; i++) assert_int_equal(index_filter_count(x, &(struct index_filter){&c[i], 1}), 0);
    assert_int_equal(index_filter_count(x, &(struct index_filter){c, 0}), index_count(x));
    assert_false(index_passes(x, NULL, index_count(x)));
    index_close(x);
}

static void schemas_are_checked(void **state)
{
    (void)state;
    struct index_builder *b;
    struct index_schema many = {.n_fields = INDEX_FIELDS_MAX + 1};
    struct index_schema nameless = {.fields = {""}, .n_fields = 1};
    struct index_schema odd = {.dim = 33}, huge = {.dim = 1 << 20};
    assert_int_equal(index_builder_new(&many, &b), ERR_USAGE);
    assert_int_equal(index_builder_new(&nameless, &b), ERR_USAGE);
    assert_int_equal(index_builder_new(&odd, &b), ERR_USAGE);
    assert_int_equal(index_builder_new(&huge, &b), ERR_USAGE);
    assert_null(b);
}

static void documents_are_checked(void **state)
{
    (void)state;
    struct index_schema schema = {.fields = {"title"}, .n_fields = 1, .dim = 32};
    struct index_builder *b;
    struct term_list none = {0};
    float vector[32] = {[31] = NAN};
    const char *path = temporary_path("checked");
    ok(index_builder_new(&schema, &b));
    assert_int_equal(index_builder_add(b, &(struct index_document){.key = 1}), ERR_USAGE);
    assert_int_equal(index_builder_add(b, &(struct index_document){.key = 1, .fields = &none, .vector = vector}), ERR_USAGE);
    struct index_label label = {0, "red", 3};
    assert_int_equal(index_builder_add(b, &(struct index_document){.key = 1, .fields = &none, .labels = &label, .n_labels = 1}), ERR_USAGE);
    ok(index_builder_add(b, &(struct index_document){.key = 1, .fields = &none}));
    ok(index_builder_write(b, path, 1, "", NULL));
    ok(index_builder_add(b, &(struct index_document){.key = 1, .fields = &none}));
    assert_int_equal(index_builder_write(b, path, 2, "", NULL), ERR_USAGE);   /* the same key twice */
    struct index *x;
    ok(index_open(path, &x));
    assert_int_equal(index_source_version(x), 1);
    assert_int_equal(index_count(x), 1);
    index_close(x);
    unlink(path);
    index_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_and_numbers_come_back),
        cmocka_unit_test(labels_come_back),
        cmocka_unit_test(documents_have_their_labels_once),
        cmocka_unit_test(filters_pass_what_they_should),
        cmocka_unit_test(impossible_columns_pass_nothing),
        cmocka_unit_test(schemas_are_checked),
        cmocka_unit_test(documents_are_checked),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
