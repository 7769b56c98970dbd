/* Answers: names are names, two questions are answered in one breath, and what is said of the cart, of kinds and of two products is understood. */
#include "guide_fixture.h"

/* No brands: titles begin with names, some of which read like colours, numbers or two things. */
static const char extra[] =
    "{\"id\":\"N-1\",\"title\":\"Black Coffee Men Blue Striped Shirt\",\"category\":\"Apparel > Dress Shirts\",\"price\":\"90\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"colour\":\"Blue\"}}\n"
    "{\"id\":\"N-2\",\"title\":\"Black Coffee Men White Solid Shirt\",\"category\":\"Apparel > Dress Shirts\",\"price\":\"91\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"colour\":\"White\"}}\n"
    "{\"id\":\"N-3\",\"title\":\"Ben 10 Men Red Printed Shirt\",\"category\":\"Apparel > Dress Shirts\",\"price\":\"92\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"colour\":\"Red\"}}\n"
    "{\"id\":\"N-4\",\"title\":\"Ben Sherman Men Red Stripes Shirt\",\"category\":\"Apparel > Dress Shirts\",\"price\":\"93\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"colour\":\"Red\"}}\n"
    "{\"id\":\"N-5\",\"title\":\"Turquoise Blue Men Shirt\",\"category\":\"Apparel > Dress Shirts\",\"price\":\"94\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"colour\":\"Blue\"}}\n"
    "{\"id\":\"N-6\",\"title\":\"Lumia Pearl Liquid\",\"category\":\"Makeup > Foundation and Primer\",\"price\":\"95\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"colour\":\"White\"}}\n"
    "{\"id\":\"N-7\",\"title\":\"Maxima Gold Watch Box\",\"category\":\"Promotions > Free Gifts\",\"price\":\"96\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"colour\":\"Gold\"}}\n"
    "{\"id\":\"N-8\",\"title\":\"Maxima Black Watch Box\",\"category\":\"Promotions > Free Gifts\",\"price\":\"97\",\"currency\":\"CNY\",\"stock\":5,\"attributes\":{\"colour\":\"Black\"}}\n";

static int set_up(void **state)
{
    *state = guide_fixture_new(extra);
    return 0;
}

static int tear_down(void **state)
{
    guide_fixture_free(*state);
    return 0;
}

static int begin(void **state)
{
    struct guide_fixture *f = *state;
    dialogue_release(&f->dialogue);
    dialogue_init(&f->dialogue, "test");
    return 0;
}

static const struct wish *wish(const struct guide_fixture *f, const char *field)
{
    const struct topic *t = &f->dialogue.topics[f->dialogue.current];
    for (size_t i = 0; i < t->n_wishes; i++)
        if (strcmp(t->wishes[i].field, field) == 0) return &t->wishes[i];
    return NULL;
}

static bool wishes(const struct guide_fixture *f, const char *field, const char *value)
{
    const struct wish *w = wish(f, field);
    return w && !w->negated && w->n_values == 1 && strcmp(w->values[0], value) == 0;
}

static bool was_asked(const struct guide_fixture *f, const char *field)
{
    const struct topic *t = &f->dialogue.topics[f->dialogue.current];
    for (size_t i = 0; i < t->n_asked; i++)
        if (strcmp(t->asked[i], field) == 0) return true;
    return false;
}

/* ---- names ---- */

static void a_name_that_is_typed_is_a_name(void **state)
{
    struct guide_fixture *f = *state;
    static const struct { const char *said, *field, *value; } cases[] = {
        {"black coffee", "attribute:title", "black coffee"}, {"ben 10", "attribute:title", "ben 10"}, {"Ben Sherman", "attribute:title", "ben sherman"}, {"turquoise blue", "colour", "blue"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(state);
        turn(f, "dress shirts");
        f->dialogue.open = (struct question){.field = "attribute:title", .choices = {{"Ben Sherman", "ben sherman", 1}}, .n_choices = 1};
        turn(f, cases[i].said);
        if (!wishes(f, cases[i].field, cases[i].value)) print_message("  %s\n  %s\n", cases[i].said, f->reply.text);
        assert_true(wishes(f, cases[i].field, cases[i].value));
        assert_null(wish(f, strcmp(cases[i].field, "colour") == 0 ? "attribute:title" : "colour"));
        assert_true(f->reply.n_cards > 0);
    }
}

static void a_kind_with_and_is_one_need(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "white foundation and primer");
    assert_int_equal(f->dialogue.n_topics, 1);
    assert_true(wishes(f, "colour", "white"));
}

static void free_gifts_deny_nothing(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "do you have gold free gifts?");
    assert_true(wishes(f, "colour", "gold"));
    for (size_t i = 0; i < f->reply.n_cards; i++) assert_string_equal(f->reply.cards[i].product.id, "N-7");
    begin(state);
    turn(f, "a leather free bag");
    assert_true(wish(f, "material") && wish(f, "material")->negated);
}

/* ---- two questions at once ---- */

static void ask_two(struct guide_fixture *f)
{
    f->dialogue.open = (struct question){.field = "colour", .choices = {{"黑色", "black", 3}, {"灰色", "grey", 2}}, .n_choices = 2};
    f->dialogue.also = (struct question){.field = "brand", .choices = {{"岭岸", "岭岸", 3}, {"Korvane", "korvane", 2}}, .n_choices = 2};
}

static void both_are_answered_in_one_breath(void **state)
{
    struct guide_fixture *f = *state;
    static const struct { const char *said, *colour, *brand; } cases[] = {
        {"黑色，岭岸", "black", "岭岸"}, {"黑色的岭岸", "black", "岭岸"}, {"Korvane, grey", "grey", "korvane"}, {"grey from Korvane", "grey", "korvane"}, {"黑色", "black", NULL}, {"Korvane", NULL, "korvane"},
        {"颜色无所谓，岭岸", NULL, "岭岸"}, {"doesn't matter, Korvane", NULL, "korvane"}, {"都行", NULL, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin(state);
        turn(f, "双肩包");
        ask_two(f);
        turn(f, cases[i].said);
        assert_true(cases[i].colour ? wishes(f, "colour", cases[i].colour) : !wish(f, "colour"));
        assert_true(cases[i].brand ? wishes(f, "brand", cases[i].brand) : !wish(f, "brand"));
    }
}

/* Values that no general reading would take for hard wishes. */
static void a_name_beside_a_colour(void **state)
{
    struct guide_fixture *f = *state;
    static const char *const said[] = {"red, Ben Sherman", "Ben Sherman, red", "red Ben Sherman"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        begin(state);
        turn(f, "dress shirts");
        f->dialogue.open = (struct question){.field = "colour", .choices = {{"red", "red", 2}, {"blue", "blue", 2}}, .n_choices = 2};
        f->dialogue.also = (struct question){.field = "attribute:title", .choices = {{"Ben Sherman", "ben sherman", 1}}, .n_choices = 1};
        turn(f, said[i]);
        assert_true(wishes(f, "colour", "red") && wishes(f, "attribute:title", "ben sherman") && wish(f, "attribute:title")->hard);
        assert_int_equal(f->reply.n_cards, 1);
        assert_string_equal(f->reply.cards[0].product.id, "N-4");
    }
}

/* The one that was passed over may come again, by itself; "any" is said of both. */
static void what_was_passed_over_may_come_again(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "双肩包");
    ask_two(f);
    turn(f, "黑色");
    assert_true(was_asked(f, "colour") && was_asked(f, "+brand") && !was_asked(f, "brand"));
    begin(state);
    turn(f, "双肩包");
    ask_two(f);
    turn(f, "都行");
    assert_true(was_asked(f, "colour") && was_asked(f, "brand"));
}

static void a_second_question_is_another_one(void **state)
{
    struct guide_fixture *f = *state;
    static const char *const needs[] = {"耳机", "T恤", "backpack", "鞋子", "外套", "茶", "护肤", "dress shirts"};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        begin(state);
        const struct reply *r = turn(f, needs[i]);
        if (!*r->also.field) continue;
        assert_true(*r->question.field);
        assert_string_not_equal(r->also.field, r->question.field);
        assert_true(r->also.n_choices >= 2);
        for (size_t k = 0; k < r->also.n_choices; k++) assert_non_null(strstr(r->text, r->also.choices[k].label));
    }
}

/* ---- kinds, figures, the cart ---- */

static void a_head_finds_its_kinds(void **state)
{
    struct guide_fixture *f = *state;
    static const char *const needs[][2] = {{"裙子", "裙"}, {"想买条裤子", "裤"}, {"鞋子", "鞋"}, {"包包", "包"}};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        begin(state);
        const struct reply *r = turn(f, needs[i][0]);
        assert_true(r->n_cards >= 3);
        for (size_t k = 0; k < r->n_cards; k++) assert_non_null(strstr(r->cards[k].product.category, needs[i][1]));
    }
}

static void which_is_lighter_names_both_figures(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "帐篷");
    assert_true(f->reply.n_cards >= 3);
    char first[64], third[64];
    snprintf(first, sizeof first, "%s", product_attribute(&f->reply.cards[0].product, "重量")->value);
    snprintf(third, sizeof third, "%s", product_attribute(&f->reply.cards[2].product, "重量")->value);
    const struct reply *r = turn(f, "第1个和第3个哪个更轻");
    assert_says(r, first);
    assert_says(r, third);
    r = turn(f, "第一个防水吗");
    r = turn(f, "那第三个呢");
    assert_says(r, "防水");
    r = turn(f, "那重量呢");
    assert_says(r, third);
}

static void a_quantity_is_set(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "双肩包");
    turn(f, "第一个加入购物车");
    assert_int_equal(f->dialogue.n_cart, 1);
    turn(f, "Actually make it 3");
    assert_int_equal(f->dialogue.cart[0].quantity, 3);
    turn(f, "改成两个吧");
    assert_int_equal(f->dialogue.cart[0].quantity, 2);
    assert_int_equal(f->dialogue.n_cart, 1);
}

static void words_that_none_has_are_said_to_be_missing(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "耳机");
    const struct reply *r = turn(f, "小米的有吗");
    assert_says(r, "小米");
    assert_null(strstr(f->dialogue.topics[0].text, "小米"));
    assert_true(r->n_cards > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_name_that_is_typed_is_a_name, begin), cmocka_unit_test_setup(a_kind_with_and_is_one_need, begin), cmocka_unit_test_setup(free_gifts_deny_nothing, begin),
        cmocka_unit_test_setup(both_are_answered_in_one_breath, begin), cmocka_unit_test_setup(a_name_beside_a_colour, begin), cmocka_unit_test_setup(what_was_passed_over_may_come_again, begin), cmocka_unit_test_setup(a_second_question_is_another_one, begin),
        cmocka_unit_test_setup(a_head_finds_its_kinds, begin), cmocka_unit_test_setup(which_is_lighter_names_both_figures, begin), cmocka_unit_test_setup(a_quantity_is_set, begin),
        cmocka_unit_test_setup(words_that_none_has_are_said_to_be_missing, begin)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
