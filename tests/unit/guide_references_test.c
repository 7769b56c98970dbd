/* The written references of tests/dialogue: which products an utterance points at. DAOGOU_CASES=all names every failure, DAOGOU_CASES=open those
 * that are not held back. */
#include "read_fixture.h"

enum { RATE_MIN = 95, FRESH_RATE_MIN = 85, THIRD_RATE_MIN = 85 };

static void prepare(struct read_fixture *f, const json_t *c)
{
    struct dialogue *d = &f->dialogue;
    read_fixture_reset(f);
    d->topics[0] = (struct topic){.text = "x"};
    d->n_topics = 1;
    size_t i, k;
    json_t *group, *id;
    json_array_foreach(json_object_get(c, "shown"), i, group) {
        const char *ids[CARDS_MAX];
        size_t n = 0;
        json_array_foreach(group, k, id) ids[n++] = json_string_value(id);
        show(f, ids, n);
    }
    json_array_foreach(json_object_get(c, "cart"), i, id) d->cart[d->n_cart++] = (struct cart_item){arena_strdup(&d->arena, json_string_value(id)), 1};
    if (json_object_get(c, "focus")) d->focus = json_string_value(json_object_get(c, "focus"));
    d->turn++;
}

static bool is_right(const json_t *c, const struct utterance *u)
{
    const json_t *expected = json_object_get(c, "expect");
    const char *found[PARTS_MAX * REFERENCES_MAX];
    size_t n = 0;
    bool failed = false;
    for (size_t p = 0; p < u->n_parts; p++) {
        failed |= u->parts[p].reference_failed;
        for (size_t i = 0; i < u->parts[p].n_references; i++) {
            bool known = false;
            for (size_t k = 0; k < n; k++) known |= strcmp(found[k], u->parts[p].references[i]) == 0;
            if (!known) found[n++] = u->parts[p].references[i];
        }
    }
    if (json_is_true(json_object_get(c, "fails"))) return failed && n == 0;
    if (failed || n != json_array_size(expected)) return false;
    for (size_t i = 0; i < n; i++) {
        bool there = false;
        for (size_t k = 0; k < n; k++) there |= strcmp(json_string_value(json_array_get(expected, k)), found[i]) == 0;
        if (!there) return false;
    }
    return true;
}

static void complain(const json_t *c, const struct utterance *u)
{
    char *wanted = json_dumps(json_object_get(c, "expect") ? json_object_get(c, "expect") : json_object_get(c, "fails"), JSON_ENCODE_ANY);
    print_message("  %s\n    wanted %s, read", json_string_value(json_object_get(c, "say")), wanted);
    for (size_t p = 0; p < u->n_parts; p++) {
        print_message(" %s(", intention_name(u->parts[p].intention));
        for (size_t i = 0; i < u->parts[p].n_references; i++) print_message("%s ", u->parts[p].references[i]);
        print_message("%s)", u->parts[p].reference_failed ? "failed" : "");
    }
    print_message("\n");
    free(wanted);
}

/* Runs a file of cases; the rate in percent must be reached. */
static void run_file(const char *name, size_t least, unsigned rate)
{
    struct read_fixture *f = read_fixture_new(NULL);
    json_t *cases = read_cases(name), *c;
    size_t i, right[2] = {0}, n[2] = {0};
    const char *show_failures = getenv("DAOGOU_CASES");
    json_array_foreach(cases, i, c) {
        const char *said = json_string_value(json_object_get(c, "say"));
        bool held = json_is_true(json_object_get(c, "held"));
        prepare(f, c);
        const struct utterance *u = read_n(f, said, strlen(said));
        bool ok = is_right(c, u);
        n[held]++;
        right[held] += ok;
        if (!ok && show_failures && (!held || strcmp(show_failures, "all") == 0)) complain(c, u);
        f->dialogue.focus = NULL;   /* belongs to the case */
    }
    print_message("%s: %zu of %zu, held back %zu of %zu\n", name, right[0], n[0], right[1], n[1]);
    assert_true(n[0] + n[1] >= least);
    assert_true((right[0] + right[1]) * 100 >= rate * (n[0] + n[1]));
    json_decref(cases);
    read_fixture_free(f);
}

static void references(void **state)
{
    (void)state;
    run_file("references.jsonl", 200, RATE_MIN);
}

/* Written by someone who had not built the reading, as shoppers speak. */
static void fresh_references(void **state)
{
    (void)state;
    run_file("references_fresh.jsonl", 40, FRESH_RATE_MIN);
}

/* Written a third time, before the reading was mended for them. */
static void third_references(void **state)
{
    (void)state;
    run_file("references_third.jsonl", 30, THIRD_RATE_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(references), cmocka_unit_test(fresh_references), cmocka_unit_test(third_references)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
