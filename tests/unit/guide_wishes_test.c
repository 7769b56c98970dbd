/* Wishes and needs: what a dialogue keeps by name finds the same products as what was understood; orders equal a scan of the catalogue. */
#include "guide/guide_int.h"   /* before cmocka.h, whose macro fail() would hide base.h's function */

#include "shop_fixture.h"

#include <math.h>

/* The needs that follow are understood, taken apart into wishes and made again. */
static const char *const NEEDS[] = {
    "黑色双肩包 200以内", "不要黑色的双肩包", "a black backpack under 200", "backpack, not leather", "送爸爸的真皮钱包", "42码跑鞋", "20-30升的双肩包", "途见双肩包", "除了途见的双肩包",
    "green tea, not tea bags", "冬季外套", "a casual jacket", "不带拉链的双肩包", "红色的", "tent for a family of four, 300 to 700 yuan", "紫色的帐篷", "at least 3 l humidifier", "送爸爸的外套", "a jacket for women, 100 to 250 yuan",
};

static void topic_of(struct small_shop *f, const struct need *n, struct arena *a, struct topic *t)
{
    *t = (struct topic){.text = n->only_constraints ? "" : n->free_text};
    for (size_t i = 0; i < n->n_constraints; i++)
        if (n->constraints[i].kind != CONSTRAINT_FACET || n->constraints[i].facet != FACET_CATEGORY || n->constraints[i].negated)   /* what is looked for stands in the text */
            assert_int_equal(wish_from_constraint(f->matcher, &n->constraints[i], a, &t->wishes[t->n_wishes++]), OK);
}

static void same_results(struct matches *a, struct matches *b, const char *what)
{
    if (a->n != b->n) fail_msg("'%s': %zu and %zu results", what, a->n, b->n);
    for (size_t i = 0; i < a->n; i++) assert_string_equal(a->results[i].key_id, b->results[i].key_id);
    assert_int_equal(a->n_fitting, b->n_fitting);
    for (size_t i = 0; i < a->n_fitting; i++) assert_int_equal(a->fitting[i].doc, b->fitting[i].doc);
}

static void composed_needs_find_the_same(void **state)
{
    struct small_shop *f = *state;
    struct guide g = {.options = {.matcher = f->matcher}};
    for (size_t i = 0; i < sizeof NEEDS / sizeof NEEDS[0]; i++) {
        struct need understood, composed;
        struct matches a, b;
        struct topic t;
        struct match_options o;
        struct dialogue d = {0};
        struct arena arena;
        arena_init(&arena, 0);
        match_options_default(&o);
        o.fitting = o.all = true;
        o.top_k = 100;
        assert_int_equal(matcher_understand(f->matcher, NEEDS[i], strlen(NEEDS[i]), &understood), OK);
        topic_of(f, &understood, &arena, &t);
        d.language = understood.language;
        assert_int_equal(topic_need(&g, &d, &t, &composed), OK);
        assert_int_equal(composed.n_constraints, understood.n_constraints);
        if (!understood.only_constraints) {
            assert_int_equal(composed.n_terms, understood.n_terms);
            for (size_t k = 0; k < composed.n_terms; k++) {
                assert_int_equal(composed.terms[k].length, understood.terms[k].length);
                assert_memory_equal(composed.terms[k].text, understood.terms[k].text, composed.terms[k].length);
                assert_true(composed.terms[k].weight == understood.terms[k].weight);
            }
        }
        assert_int_equal(matcher_match_need(f->matcher, &understood, &o, &a), OK);
        assert_int_equal(matcher_match_need(f->matcher, &composed, &o, &b), OK);
        same_results(&a, &b, NEEDS[i]);
        matches_release(&a);
        matches_release(&b);
        arena_release(&arena);
    }
}

static void an_unknown_value_is_met_by_nothing(void **state)
{
    struct small_shop *f = *state;
    struct guide g = {.options = {.matcher = f->matcher}};
    struct dialogue d = {.language = LANGUAGE_EN};
    struct topic t = {.text = "backpack", .n_wishes = 1, .wishes = {{.field = "colour", .values = {"ultraviolet"}, .n_values = 1, .hard = true, .said = "ultraviolet"}}};
    struct need n;
    struct matches m;
    struct match_options o;
    match_options_default(&o);
    o.fitting = true;
    assert_int_equal(topic_need(&g, &d, &t, &n), OK);
    assert_int_equal(matcher_match_need(f->matcher, &n, &o, &m), OK);
    assert_int_equal(m.n, 0);
    assert_int_equal(m.n_fitting, 0);
    assert_non_null(m.nothing);
    matches_release(&m);
    t.wishes[0].field = "flavour";
    assert_int_equal(topic_need(&g, &d, &t, &n), ERR_FORMAT);
    assert_non_null(strstr(status_message(), "flavour"));
}

/* Nothing fits: how many would without each wish, counted over the whole shop; for a price the nearest. */
static void relaxations_count_the_whole_shop(void **state)
{
    struct small_shop *f = *state;
    struct match_options o;
    struct matches m;
    match_options_default(&o);
    o.fitting = true;
    assert_int_equal(matcher_match(f->matcher, "黑色双肩包 100以内", strlen("黑色双肩包 100以内"), &o, &m), OK);
    assert_int_equal(m.n, 0);
    assert_int_equal(m.n_fitting, 0);
    assert_int_equal(m.n_relaxations, 2);
    for (size_t i = 0; i < 2; i++) {
        bool price = m.need.constraints[m.relaxations[i].constraint].kind == CONSTRAINT_PRICE;
        assert_int_equal(m.relaxations[i].count, 1);
        assert_string_equal(m.relaxations[i].best_id, price ? "B1" : "B5");
    }
    matches_release(&m);
    assert_int_equal(matcher_match(f->matcher, "双肩包 50以内", strlen("双肩包 50以内"), &o, &m), OK);
    assert_int_equal(m.n_relaxations, 1);
    assert_int_equal(m.relaxations[0].count, 4);   /* one is sold out */
    assert_string_equal(m.relaxations[0].best_id, "B5");
    matches_release(&m);
}

/* ---- orders ---- */

struct scan { const struct product *found; int64_t best; enum product_order order; char id[64]; bool any; };

static int64_t key_of(const struct product *p, enum product_order o)
{
    if (o == ORDER_CHEAPEST) return p->price < 0 ? INT64_MAX : p->price;
    if (o == ORDER_DEAREST) return p->price < 0 ? INT64_MAX : -p->price;
    if (o == ORDER_RATING) return p->rating > 0 ? -(int64_t)(p->rating * 100 + 0.5) : INT64_MAX;
    return p->rating_count > 0 ? -p->rating_count : INT64_MAX;
}

static status scan_backpacks(void *context, const struct product *p)
{
    struct scan *s = context;
    if (!strstr(p->title, "双肩包") || p->stock == 0) return OK;
    int64_t key = key_of(p, s->order);
    if (s->any && key >= s->best) return OK;
    s->any = true;
    s->best = key;
    snprintf(s->id, sizeof s->id, "%s", p->id);
    return OK;
}

static void superlatives_equal_a_scan(void **state)
{
    struct small_shop *f = *state;
    for (enum product_order o = ORDER_CHEAPEST; o <= ORDER_POPULAR; o++) {
        struct match_options options;
        struct matches m;
        struct scan s = {.order = o};
        match_options_default(&options);
        options.order = o;
        options.top_k = 20;
        assert_int_equal(catalogue_each(f->catalogue, scan_backpacks, &s), OK);
        assert_int_equal(matcher_match(f->matcher, "双肩包", strlen("双肩包"), &options, &m), OK);
        assert_true(m.n >= 3 && s.any);
        assert_string_equal(m.results[0].key_id, s.id);
        for (size_t i = 1; i < m.n; i++) assert_true(key_of(&m.results[i - 1].product, o) <= key_of(&m.results[i].product, o));
        matches_release(&m);
    }
}

static void pages_have_each_product_once(void **state)
{
    struct small_shop *f = *state;
    struct match_options o;
    struct matches all, page;
    match_options_default(&o);
    o.fitting = true;
    o.top_k = 100;
    assert_int_equal(matcher_match(f->matcher, "双肩包", strlen("双肩包"), &o, &all), OK);
    assert_true(all.n >= 4);
    o.top_k = 1;
    for (size_t i = 0; i < all.n; i++) {
        o.offset = i;
        assert_int_equal(matcher_match(f->matcher, "双肩包", strlen("双肩包"), &o, &page), OK);
        assert_int_equal(page.n, 1);
        assert_string_equal(page.results[0].key_id, all.results[i].key_id);
        matches_release(&page);
    }
    o.offset = 0;
    o.top_k = 100;
    o.excluded = &all.results[0].key_id;
    o.n_excluded = 1;
    assert_int_equal(matcher_match(f->matcher, "双肩包", strlen("双肩包"), &o, &page), OK);
    assert_int_equal(page.n, all.n - 1);
    assert_int_equal(page.n_fitting, all.n_fitting - 1);
    for (size_t i = 0; i < page.n; i++) assert_string_not_equal(page.results[i].key_id, all.results[0].key_id);
    matches_release(&page);
    matches_release(&all);
}

static void attributes_are_labels(void **state)
{
    struct small_shop *f = *state;
    const struct index *x = matcher_index(f->matcher);
    uint32_t label;
    assert_true(index_find_label(x, ATTRIBUTES, "季节: 冬季", strlen("季节: 冬季"), &label));
    assert_true(index_find_label(x, ATTRIBUTES, "功能: 防水", strlen("功能: 防水"), &label));   /* a part of a list */
    assert_false(index_find_label(x, ATTRIBUTES, "颜色: 黑色", strlen("颜色: 黑色"), &label));   /* a facet */
    assert_true(index_find_label(x, ATTRIBUTES, "title: peter england", strlen("title: peter england"), &label));
    assert_false(index_find_label(x, ATTRIBUTES, "title: peter england men", strlen("title: peter england men"), &label));
    struct need n;
    assert_int_equal(matcher_understand(f->matcher, "冬季外套", strlen("冬季外套"), &n), OK);
    const struct constraint *c = NULL;
    for (size_t i = 0; i < n.n_constraints; i++)
        if (n.constraints[i].kind == CONSTRAINT_ATTRIBUTE) c = &n.constraints[i];
    assert_non_null(c);
    assert_string_equal(c->name, "季节");
    assert_string_equal(c->value, "冬季");
    assert_false(c->hard);
    need_release(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(composed_needs_find_the_same), cmocka_unit_test(an_unknown_value_is_met_by_nothing), cmocka_unit_test(superlatives_equal_a_scan), cmocka_unit_test(relaxations_count_the_whole_shop),
        cmocka_unit_test(pages_have_each_product_once), cmocka_unit_test(attributes_are_labels),
    };
    return cmocka_run_group_tests(tests, shop_set_up, small_shop_close);
}
