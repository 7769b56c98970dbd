/* How shoppers talk beside their needs: why this one, gifts, changes of mind, questions that are no orders, noise. Over the sample shop, without a model. */
#include "guide_fixture.h"

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

static int begin(void **state)
{
    struct guide_fixture *f = *state;
    dialogue_release(&f->dialogue);
    dialogue_init(&f->dialogue, "test");
    return 0;
}

static void test_why_is_answered_by_the_need_and_the_record(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "想买双鞋，男的，两百以内");
    assert_true(f->reply.n_cards > 1);
    const struct reply *r = turn(f, "为什么推荐第二个");
    assert_says(r, "是因为");
    assert_says(r, "200.00");
    assert_int_equal(r->n_cards, 0);
    turn(f, "a tent under 500 yuan");
    assert_says(turn(f, "why this one?"), "within 500.00");
    r = turn(f, "a bluetooth speeker");
    assert_true(r->n_cards > 0);
    assert_says(turn(f, "why this one?"), "\"speeker\" was read as \"speaker\"");   /* no title has the slip */
    assert_null(strstr(f->reply.text, "title has \"speeker\""));
}

static void test_a_question_of_use_buys_nothing(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "a power bank");
    const struct reply *r = turn(f, "can I take it on a plane");
    assert_false(did(r, GUIDE_CART));
    assert_int_equal(f->dialogue.n_cart, 0);
    turn(f, "I'll take two");
    assert_int_equal(f->dialogue.n_cart, 1);
    assert_int_equal(f->dialogue.cart[0].quantity, 2);
}

static void test_that_is_all_buys_nothing_more(void **state)
{
    struct guide_fixture *f = *state;
    static const char *const said[][3] = {{"想买双鞋，男的", "第一个放进购物车", "谢谢，就这些"}, {"a tent under 500 yuan", "add the first one to the cart", "thanks, that's all"}};
    for (size_t i = 0; i < 2; i++) {
        begin(state);
        turn(f, said[i][0]);
        turn(f, said[i][1]);
        assert_int_equal(f->dialogue.n_cart, 1);
        assert_false(did(turn(f, said[i][2]), GUIDE_CART));
        assert_int_equal(f->dialogue.cart[0].quantity, 1);
    }
}

static void test_what_is_not_sold_is_said_so(void **state)
{
    struct guide_fixture *f = *state;
    assert_says(turn(f, "有割草机吗"), "割草机");
    assert_int_equal(f->reply.n_cards, 0);
    assert_null(strstr(f->reply.text, "同时满足"));   /* there is one thing to meet */
    assert_says(turn(f, "do you sell lawn mowers?"), "lawn mowers");
    assert_int_equal(f->reply.n_cards, 0);
}

static void test_a_changed_mind_opens_another_need(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "想买双鞋");
    turn(f, "算了，看看包吧");
    assert_true(f->reply.n_cards > 0);
    for (size_t i = 0; i < f->reply.n_cards; i++) assert_non_null(strstr(f->reply.cards[i].product.category, "包"));
    turn(f, "never mind, show me kettles");
    assert_true(f->reply.n_cards > 0);
    for (size_t i = 0; i < f->reply.n_cards; i++) assert_non_null(strstr(f->reply.cards[i].product.category, "水壶"));
}

static void test_the_cheapest_is_of_the_kind(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "来个充电宝吧");
    turn(f, "太贵了");
    turn(f, "最便宜的呢");
    assert_true(f->reply.n_cards > 0);
    assert_string_equal(f->reply.cards[0].product.id, "EL-1015");
}

static void test_occasions_are_no_products(void **state)
{
    struct guide_fixture *f = *state;
    turn(f, "我女朋友生日，送点什么好");
    assert_true(f->reply.n_cards > 0);
    assert_true(did(&f->reply, GUIDE_ASK));
    begin(state);
    turn(f, "it's my wife's birthday, what could I give her");
    assert_true(f->reply.n_cards > 0);
    assert_true(did(&f->reply, GUIDE_ASK));
}

static void test_looking_around_is_no_need(void **state)
{
    struct guide_fixture *f = *state;
    static const char *const said[] = {"随便看看", "我就随便逛逛", "just looking around", "I'm just browsing"};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        begin(state);
        assert_true(did(turn(f, said[i]), GUIDE_CHAT));
        assert_int_equal(f->dialogue.n_topics, 0);
    }
}

static void test_a_program_says_that_it_is_one(void **state)
{
    struct guide_fixture *f = *state;
    assert_says(turn(f, "你是机器人吗"), "程序");
    assert_says(turn(f, "are you a robot?"), "program");
}

static void test_noise_is_not_read_as_a_need(void **state)
{
    struct guide_fixture *f = *state;
    char noise[2000];
    uint32_t x = 7;
    for (size_t i = 0; i < sizeof noise - 1; i++) noise[i] = (char)(0x80 | (x = x * 1664525u + 1013904223u) >> 25);
    for (size_t i = 0; i < sizeof noise - 1; i += 5) noise[i] = 'k';
    noise[sizeof noise - 1] = 0;
    turn(f, noise);
    assert_true(did(&f->reply, GUIDE_CHAT));
    assert_int_equal(f->dialogue.n_topics, 0);
    for (size_t i = 0; i < sizeof noise - 1; i++) noise[i] = i % 7 == 6 ? ' ' : (char)('b' + ((x = x * 1664525u + 1013904223u) >> 28));
    turn(f, noise);
    assert_true(did(&f->reply, GUIDE_CHAT));
    assert_int_equal(f->dialogue.n_topics, 0);
    assert_true(turn(f, "想买个双肩包\xff，不要黑色")->n_cards > 0);   /* one bad byte is no noise */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_why_is_answered_by_the_need_and_the_record, begin), cmocka_unit_test_setup(test_a_question_of_use_buys_nothing, begin), cmocka_unit_test_setup(test_that_is_all_buys_nothing_more, begin), cmocka_unit_test_setup(test_what_is_not_sold_is_said_so, begin),
        cmocka_unit_test_setup(test_a_changed_mind_opens_another_need, begin), cmocka_unit_test_setup(test_the_cheapest_is_of_the_kind, begin), cmocka_unit_test_setup(test_occasions_are_no_products, begin),
        cmocka_unit_test_setup(test_looking_around_is_no_need, begin), cmocka_unit_test_setup(test_a_program_says_that_it_is_one, begin), cmocka_unit_test_setup(test_noise_is_not_read_as_a_need, begin)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
