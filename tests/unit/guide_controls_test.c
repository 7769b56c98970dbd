/* guide: whoever watches a turn is told its stages and can stop it, and a stopped turn leaves the dialogue as it was; the cart and the comparison without words. */
#include "guide_fixture.h"

struct watcher { size_t reports, stop_at; char stages[256]; };

static void on_progress(void *context, const struct progress_event *e)
{
    struct watcher *w = context;
    w->reports++;
    size_t n = strlen(w->stages);
    snprintf(w->stages + n, sizeof w->stages - n, "%s ", e->stage);
}

static bool is_cancelled(void *context)
{
    struct watcher *w = context;
    return w->stop_at && w->reports >= w->stop_at;
}

static status watched_turn(struct guide_fixture *f, struct watcher *w, const char *text)
{
    struct guide_options o;
    struct guide *g;
    struct reply r = {0};
    const struct progress p = {w, on_progress, is_cancelled};
    guide_options_default(&o);
    o.catalogue = f->catalogue;
    o.matcher = f->matcher;
    o.copywriter = f->copywriter;
    o.lexicon = f->lexicon;
    o.moderator = f->moderator;
    o.normalizer = f->normalizer;
    o.progress = &p;
    assert_int_equal(guide_new(&o, &g), OK);
    status s = guide_turn(g, &f->dialogue, text, strlen(text), &r, NULL);
    if (s == OK) reply_release(&r);
    guide_free(g);
    return s;
}

static char *state_of(const struct guide_fixture *f)
{
    json_t *o = dialogue_json(&f->dialogue);
    char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(o);
    return text;
}

static void test_a_turn_can_be_stopped_at_each_stage(void **state)
{
    struct guide_fixture *f = *state;
    struct watcher all = {0};
    char *before = state_of(f);
    for (size_t at = 1;; at++) {
        struct watcher w = {.stop_at = at};
        status s = watched_turn(f, &w, "想买个双肩包，300以内");
        if (s == OK) {
            assert_true(at > 3);
            break;
        }
        char *after = state_of(f);
        assert_int_equal(s, ERR_INTERRUPTED);
        assert_string_equal(before, after);
        free(after);
    }
    assert_int_equal(watched_turn(f, &all, "还有别的吗"), OK);
    assert_non_null(strstr(all.stages, "read match ask "));
    free(before);
}

static void test_cart_without_words(void **state)
{
    struct guide_fixture *f = *state;
    json_t *cart = NULL;
    assert_int_equal(guide_set_cart(f->guide, &f->dialogue, "OD-1012", 2, &cart), OK);
    assert_string_equal(json_string_value(json_object_get(cart, "total")), "378元");
    json_decref(cart);
    assert_int_equal(guide_set_cart(f->guide, &f->dialogue, "OD-1012", 1, &cart), OK);
    json_decref(cart);
    assert_int_equal(f->dialogue.cart[0].quantity, 1);
    assert_int_equal(guide_set_cart(f->guide, &f->dialogue, "OD-1012", 900, &cart), ERR_LIMIT);
    assert_int_equal(guide_set_cart(f->guide, &f->dialogue, "no-such", 1, &cart), ERR_NOT_FOUND);
    assert_int_equal(guide_set_cart(f->guide, &f->dialogue, "OD-1015", 0, &cart), ERR_NOT_FOUND);
    assert_int_equal(f->dialogue.n_cart, 1);
    assert_int_equal(guide_set_cart(f->guide, &f->dialogue, "OD-1012", 0, &cart), OK);
    json_decref(cart);
    assert_int_equal(f->dialogue.n_cart, 0);
    assert_int_equal(guide_cart(f->guide, &f->dialogue, &cart), OK);
    assert_int_equal(json_array_size(json_object_get(cart, "lines")), 0);
    json_decref(cart);
}

static void test_comparison_without_words(void **state)
{
    struct guide_fixture *f = *state;
    json_t *table = NULL;
    const char *const ids[] = {"OD-1012", "OD-1015", "no-such"};
    assert_int_equal(guide_compare(f->guide, ids, 2, LANGUAGE_EN, &table), OK);
    assert_true(json_array_size(json_object_get(table, "rows")) > 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(table, "rows"), 0), "name")), "price");
    json_decref(table);
    assert_int_equal(guide_compare(f->guide, ids, 3, LANGUAGE_EN, &table), ERR_NOT_FOUND);
    assert_int_equal(guide_compare(f->guide, ids, 1, LANGUAGE_EN, &table), ERR_USAGE);
}

static int set_up(void **state)
{
    *state = guide_fixture_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    guide_fixture_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cart_without_words), cmocka_unit_test(test_comparison_without_words), cmocka_unit_test(test_a_turn_can_be_stopped_at_each_stage)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
