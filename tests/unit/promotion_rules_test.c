/* The rules one by one, with numbers worked out by hand; near misses, coupons, words; limits of what a cart may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "promotion/promotion.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static struct arena arena;
static struct cart cart;
static struct cart_line lines[CART_LINES_MAX + 1];
static struct promotion offers[CART_PROMOTIONS_MAX + 1];
static struct promotion_tier tiers[8][3];
static size_t n_offers;
static struct cart_result r;
static const char *const clothes[] = {"服装 > 上衣"}, *const toys[] = {"玩具"};

static int start(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    memset(lines, 0, sizeof lines);
    memset(offers, 0, sizeof offers);
    memset(tiers, 0, sizeof tiers);
    n_offers = 0;
    cart = (struct cart){.lines = lines, .currency = "CNY", .member = "", .now = 1800000000};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void put(const char *product, int64_t unit, int64_t quantity)
{
    lines[cart.n_lines++] = (struct cart_line){.product = product, .brand = "", .categories = *product == 'a' ? clothes : toys, .n_categories = 1,
                                               .quantity = quantity, .unit_minor = unit};
}

static struct promotion *offer(const char *id, enum promotion_kind kind)
{
    struct promotion *p = &offers[n_offers];
    *p = (struct promotion){.id = id, .name_zh = id, .name_en = id, .kind = kind, .group = "", .code = "", .currency = "CNY", .gift_quantity = 1,
                            .gift_stock = -1, .scope.all = true, .tiers = n_offers < 8 ? tiers[n_offers] : NULL};
    n_offers++;
    return p;
}

static struct promotion *reduce(const char *id, int64_t amount, int64_t off)
{
    struct promotion *p = offer(id, PROMOTION_REDUCE);
    tiers[n_offers - 1][p->n_tiers++] = (struct promotion_tier){.amount_minor = amount, .off_minor = off};
    return p;
}

static void best(void) { assert_int_equal(promotion_best(&cart, offers, n_offers, 0, &arena, &r), OK); }

static int64_t total(void)
{
    best();
    assert_true(r.exact);
    return r.total_minor;
}

/* ---- levels ---- */

static void percents_round_on_each_piece(void **state)
{
    (void)state;
    put("a", 199, 3);
    offer("p", PROMOTION_PERCENT)->rate = 1250;   /* 12.5% of 1.99 is 0.24875 -> 0.25 */
    assert_int_equal(total(), 3 * (199 - 25));
    offers[0].pieces_max = 2;
    assert_int_equal(total(), 3 * 199 - 2 * 25);
}

static void second_piece_takes_the_cheaper_of_the_dearest(void **state)
{
    (void)state;
    put("a1", 10000, 1);
    put("a2", 6000, 1);
    put("a3", 3001, 1);
    put("b1", 1000, 1);
    struct promotion *p = offer("nth", PROMOTION_NTH);
    p->n = 2;
    p->rate = 5000;
    assert_int_equal(total(), 10000 + 6000 + 3001 + 1000 - 3000 - 500);
    assert_int_equal(r.uses[0].times, 2);
    assert_int_equal(r.uses[0].n_shares, 4);
    p->per_order = 1;   /* then only the dearest pair */
    assert_int_equal(total(), 10000 + 6000 + 3001 + 1000 - 3000);
    assert_int_equal(r.lines[0].line_off_minor, 1875);   /* 3000 shared 10000 : 6000 */
    assert_int_equal(r.lines[1].line_off_minor, 1125);
}

static void any_three_for_a_price_only_where_it_is_cheaper(void **state)
{
    (void)state;
    put("a1", 5000, 2);
    put("a2", 3000, 4);
    struct promotion *p = offer("any", PROMOTION_ANY);
    p->n = 3;
    p->price_minor = 9900;   /* 5000 5000 3000 | 3000 3000 3000 = 9000: not cheaper */
    assert_int_equal(total(), 22000 - 13000 + 9900);
    p->price_minor = 8000;
    assert_int_equal(total(), 16000);
}

static void a_bundle_leaves_the_rest_to_others(void **state)
{
    (void)state;
    static const struct promotion_item items[] = {{"a1", 1, 0, NULL, NULL}, {"b1", 2, 0, NULL, NULL}};
    put("a1", 5000, 2);
    put("b1", 2000, 3);
    struct promotion *p = offer("bundle", PROMOTION_BUNDLE);
    p->items = items;
    p->n_items = 2;
    p->price_minor = 7000;
    offer("percent", PROMOTION_PERCENT)->rate = 1000;
    assert_int_equal(total(), 7000 + 4500 + 1800);
}

static void a_discount_is_left_when_a_threshold_is_worth_more(void **state)
{
    (void)state;
    put("a1", 30000, 1);
    offer("member", PROMOTION_PERCENT)->rate = 500;
    reduce("300-50", 30000, 5000);
    assert_int_equal(total(), 25000);   /* not 28500 */
    assert_int_equal(r.n_uses, 1);
    assert_string_equal(r.uses[0].promotion->id, "300-50");
}

static void tiers_repeats_and_caps(void **state)
{
    (void)state;
    put("a1", 50000, 1);
    struct promotion *p = reduce("tiers", 20000, 2000);
    tiers[0][1] = (struct promotion_tier){.amount_minor = 50000, .off_minor = 8000};
    p->n_tiers = 2;
    assert_int_equal(total(), 42000);
    p->n_tiers = 1;
    p->repeat = true;
    assert_int_equal(total(), 46000);
    p->cap_minor = 3000;
    assert_int_equal(total(), 47000);
}

static void coupons_see_what_the_order_level_left(void **state)
{
    (void)state;
    static const char *const codes[] = {"C"};
    put("a1", 31000, 1);
    cart.codes = codes;
    cart.n_codes = 1;
    reduce("300-50", 30000, 5000);
    reduce("coupon", 30000, 4000)->code = "C";
    assert_int_equal(total(), 26000);   /* 260.00 is below the coupon's 300 */
    assert_int_equal(r.coupons[0].reason, COUPON_THRESHOLD);
    assert_int_equal(r.coupons[0].missing_minor, 4000);
    assert_non_null(strstr(r.coupons[0].text_zh, "还差 40.00 元"));
    tiers[1][0].off_minor = 6000;   /* then the coupon alone is better */
    assert_int_equal(total(), 25000);
    assert_int_equal(r.coupons[0].reason, COUPON_APPLIED);
}

static void groups_and_exclusions(void **state)
{
    (void)state;
    static const char *const order[] = {"order"};
    put("a1", 10000, 1);
    reduce("one", 5000, 1000)->group = "g";
    reduce("two", 5000, 1500)->group = "g";
    assert_int_equal(total(), 8500);
    offers[0].group = "";
    assert_int_equal(total(), 7500);
    struct promotion *p = offer("percent", PROMOTION_PERCENT);
    p->rate = 2000;
    assert_int_equal(total(), 5500);
    p->excludes = (struct promotion_names){order, 1};
    assert_int_equal(total(), 7500);
}

static void full_price_only_looks_away_from_reduced_lines(void **state)
{
    (void)state;
    static const char *const category[] = {"服装"};
    put("a1", 10000, 1);
    put("b1", 10000, 1);
    struct promotion *p = offer("percent", PROMOTION_PERCENT);
    p->rate = 1000;
    p->scope = (struct promotion_scope){.categories = {category, 1}};
    reduce("150-30", 15000, 3000)->full_price_only = true;
    assert_int_equal(total(), 17000);   /* both at full price, or 9000 + 10000 without the threshold */
    tiers[1][0].amount_minor = 10000;
    assert_int_equal(total(), 9000 + 7000);
}

static void reductions_never_take_more_than_there_is(void **state)
{
    (void)state;
    put("a1", 1000, 1);
    put("b1", 0, 2);
    reduce("one", 1000, 800);
    reduce("two", 1000, 700);
    assert_int_equal(total(), 0);
    assert_int_equal(r.uses[0].off_minor + r.uses[1].off_minor, 1000);
}

static void gifts_follow_stock_limits_and_worth(void **state)
{
    (void)state;
    put("a1", 10000, 5);
    struct promotion *p = offer("gift", PROMOTION_GIFT);
    tiers[0][0] = (struct promotion_tier){.count = 2};
    p->n_tiers = 1;
    p->gift = "cup";
    p->repeat = true;
    best();
    assert_int_equal(r.uses[0].gift_quantity, 2);
    p->gift_stock = 1;
    best();
    assert_int_equal(r.uses[0].gift_quantity, 1);
    p->gift_stock = 0;
    best();
    assert_int_equal(r.n_uses, 0);
    p->gift_stock = -1;
    p->group = "one gift";
    struct promotion *q = offer("better gift", PROMOTION_GIFT);
    tiers[1][0] = (struct promotion_tier){.count = 1};
    q->n_tiers = 1;
    q->gift = "pot";
    q->gift_value_minor = 500;
    q->group = "one gift";
    best();
    assert_int_equal(r.n_uses, 1);
    assert_string_equal(r.uses[0].promotion->gift, "pot");
}

static void limits_count_what_was_used_before(void **state)
{
    (void)state;
    static struct cart_usage usage[] = {{"p", 1, 7}};
    put("a1", 10000, 4);
    struct promotion *p = offer("p", PROMOTION_NTH);
    p->n = 2;
    p->rate = 5000;
    p->per_user = 2;
    cart.usage = usage;
    cart.n_usage = 1;
    assert_int_equal(total(), 35000);   /* one of two uses is left */
    p->total = 7;
    assert_int_equal(total(), 40000);
}

static void hours_pass_midnight(void **state)
{
    (void)state;
    put("a1", 1000, 1);
    struct promotion *p = offer("night", PROMOTION_PERCENT);
    p->rate = 5000;
    p->utc_offset_minutes = 480;
    p->from_minute = 22 * 60;
    p->to_minute = 2 * 60;
    const struct { int hour; int64_t want; } cases[] = {{21, 1000}, {22, 500}, {23, 500}, {0, 500}, {1, 500}, {2, 1000}, {12, 1000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cart.now = 20000 * INT64_C(86400) + (cases[i].hour - 8) * 3600;   /* that hour at +08:00 */
        assert_int_equal(total(), cases[i].want);
    }
}

/* ---- words ---- */

static void near_misses_say_what_is_missing(void **state)
{
    (void)state;
    put("a1", 28800, 1);
    reduce("满300减50", 30000, 5000);
    best();
    assert_int_equal(r.n_near, 1);
    assert_int_equal(r.near[0].amount_minor, 1200);
    assert_int_equal(r.near[0].gain_minor, 5000);
    assert_string_equal(r.near[0].text_zh, "再买 12.00 元，可享“满300减50”，比现在多减 50.00 元");
    assert_string_equal(r.near[0].text_en, "Spend 12.00 yuan more to get \"满300减50\": 50.00 yuan more off");
    reduce("other", 10000, 6000)->group = "g";   /* worth more already, and it would have to go */
    offers[0].group = "g";
    best();
    assert_int_equal(r.n_near, 0);
    lines[0].unit_minor = 14000;   /* less than half reached */
    offers[0].group = "";
    best();
    assert_int_equal(r.n_near, 0);
}

static void a_use_says_its_arithmetic(void **state)
{
    (void)state;
    put("a1", 8800, 2);
    put("b1", 15200, 1);
    lines[0].name_zh = "手机壳";
    lines[0].name_en = "phone case";
    lines[1].name_zh = "耳机";
    reduce("满300减50", 30000, 5000);
    best();
    assert_string_equal(r.uses[0].text_zh, "满300减50：手机壳 ×2 + 耳机 ×1 = 328.00 → −50.00");
    assert_string_equal(r.uses[0].text_en, "满300减50: phone case ×2 + 耳机 ×1 = 328.00 → −50.00");
}

static void every_coupon_gets_its_reason(void **state)
{
    (void)state;
    static const char *const codes[] = {"NONE", "EARLY", "LATE", "GOLD", "NEW", "USED", "GONE", "TOYS", "HIGH", "LESS", "MORE", "USD"}, *const gold[] = {"gold"},
                             *const category[] = {"玩具"};
    static struct cart_usage usage[] = {{"USED", 1, 1}, {"GONE", 0, 1}};
    static const enum coupon_reason reasons[] = {COUPON_UNKNOWN, COUPON_NOT_YET, COUPON_OVER, COUPON_MEMBERS, COUPON_NEW_CUSTOMERS, COUPON_USED_UP,
                                                 COUPON_ALL_USED, COUPON_SCOPE, COUPON_THRESHOLD, COUPON_EXCLUDED, COUPON_APPLIED, COUPON_CURRENCY};
    put("a1", 10000, 1);
    cart.codes = codes;
    cart.n_codes = 12;
    cart.usage = usage;
    cart.n_usage = 2;
    static struct promotion_tier one[2] = {{.amount_minor = 5000, .off_minor = 500}, {.amount_minor = 20000, .off_minor = 500}};
    static struct promotion_tier more = {.amount_minor = 5000, .off_minor = 900};
    for (size_t i = 1; i < 12; i++) {
        struct promotion *p = offer(codes[i], PROMOTION_REDUCE);
        p->code = codes[i];
        p->group = "coupon";
        p->tiers = one;
        p->n_tiers = 1;
    }
    offers[0].starts = cart.now + 1;
    offers[1].ends = cart.now;
    offers[2].members = (struct promotion_names){gold, 1};
    offers[3].new_customers = true;
    offers[4].per_user = offers[5].total = 1;
    offers[6].scope = (struct promotion_scope){.categories = {category, 1}};
    offers[7].tiers = &one[1];
    offers[9].tiers = &more;
    offers[10].currency = "USD";
    best();
    assert_int_equal(r.n_coupons, 12);
    for (size_t i = 0; i < 12; i++) {
        if (r.coupons[i].reason != reasons[i]) print_error("%s: %s\n", codes[i], r.coupons[i].text_en);
        assert_int_equal(r.coupons[i].reason, reasons[i]);
    }
    assert_non_null(strstr(r.coupons[9].text_zh, "不能与“MORE”同享"));
    assert_non_null(strstr(r.coupons[2].text_en, "2027-01-15 08:00"));
}

/* ---- odd carts ---- */

static void an_empty_cart_costs_nothing(void **state)
{
    (void)state;
    reduce("p", 100, 50);
    assert_int_equal(total(), 0);
    assert_int_equal(r.n_uses, 0);
}

static void senseless_carts_are_refused(void **state)
{
    (void)state;
    put("a1", 100, 0);
    assert_int_equal(promotion_best(&cart, offers, 0, 0, &arena, &r), ERR_USAGE);
    lines[0].quantity = -3;
    assert_int_equal(promotion_best(&cart, offers, 0, 0, &arena, &r), ERR_USAGE);
    lines[0].quantity = 1;
    lines[0].unit_minor = -1;
    assert_int_equal(promotion_best(&cart, offers, 0, 0, &arena, &r), ERR_USAGE);
    lines[0].unit_minor = PROMOTION_MINOR_MAX + 1;
    assert_int_equal(promotion_best(&cart, offers, 0, 0, &arena, &r), ERR_USAGE);
    lines[0].unit_minor = PROMOTION_MINOR_MAX;
    lines[0].quantity = CART_QUANTITY_MAX;
    assert_int_equal(promotion_best(&cart, offers, 0, 0, &arena, &r), ERR_LIMIT);
    lines[0].quantity = 1;
    put("a1", 100, 1);
    assert_int_equal(promotion_best(&cart, offers, 0, 0, &arena, &r), ERR_USAGE);
    assert_non_null(strstr(status_message(), "lines 1 and 2"));
    cart.n_lines = CART_LINES_MAX + 1;
    assert_int_equal(promotion_best(&cart, offers, 0, 0, &arena, &r), ERR_LIMIT);
}

static void the_largest_amounts_do_not_overflow(void **state)
{
    (void)state;
    put("a1", PROMOTION_MINOR_MAX, 50);
    put("a2", PROMOTION_MINOR_MAX, 50);
    offer("percent", PROMOTION_PERCENT)->rate = 3333;
    struct promotion *p = reduce("every", 1, 1);
    p->repeat = true;
    assert_int_equal(total(), 0);   /* one off every one: all of it */
    p->cap_minor = PROMOTION_MINOR_MAX;
    assert_int_equal(total(), CART_MINOR_MAX - CART_MINOR_MAX / 10000 * 3333 - PROMOTION_MINOR_MAX);
    assert_int_equal(r.lines[0].pay_minor, r.lines[1].pay_minor);
}

static void too_many_promotions_are_said(void **state)
{
    (void)state;
    static char ids[CART_PROMOTIONS_MAX + 1][8];
    put("a1", 1000, 1);
    for (size_t i = 0; i <= CART_PROMOTIONS_MAX; i++) {
        snprintf(ids[i], sizeof ids[i], "%zu", i);
        offer(ids[i], PROMOTION_PERCENT)->rate = 100;
    }
    assert_int_equal(promotion_best(&cart, offers, n_offers - 1, 0, &arena, &r), OK);
    assert_int_equal(promotion_best(&cart, offers, n_offers, 0, &arena, &r), ERR_LIMIT);
}

static void a_search_cut_short_says_so(void **state)
{
    (void)state;
    put("a1", 1000, 1);
    offer("percent", PROMOTION_PERCENT)->rate = 100;
    assert_int_equal(promotion_best(&cart, offers, n_offers, 1, &arena, &r), OK);
    assert_false(r.exact);
    struct strbuf b = {0};
    cart_explain(&cart, &r, LANGUAGE_EN, &b);
    assert_non_null(strstr(b.data, "perhaps not the lowest"));
    strbuf_release(&b);
}

static void one_piece_has_a_price_of_its_own(void **state)
{
    (void)state;
    offer("percent", PROMOTION_PERCENT)->rate = 1000;
    reduce("50-5", 5000, 500);
    const struct cart_line line = {.product = "a1", .brand = "", .quantity = 9, .unit_minor = 10000};
    assert_int_equal(promotion_price(&cart, &line, offers, n_offers, &arena, &r), OK);
    assert_int_equal(r.before_minor, 10000);
    assert_int_equal(r.total_minor, 8500);
}

static void refunds_add_up(void **state)
{
    (void)state;
    int64_t back = 0;
    for (int64_t i = 0; i < 7; i++) back += cart_refund_minor(1000, 7, i, 1);
    assert_int_equal(back, 1000);
    assert_int_equal(cart_refund_minor(1000, 7, 3, 4), 1000 - cart_refund_minor(1000, 7, 0, 3));
    assert_int_equal(cart_refund_minor(1000, 7, 5, 3), 0);   /* more than there are */
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    put("a1", 28800, 1);
    reduce("p", 20000, 5000);
    reduce("q", 30000, 5000);
    for (uint64_t n = 1;; n++) {
        struct arena a;
        arena_init(&a, 0);
        mem_fail_at(n);
        status s = promotion_best(&cart, offers, n_offers, 0, &a, &r);
        mem_fail_at(0);
        arena_release(&a);
        if (s == OK) break;
        assert_int_equal(s, ERR_NOMEM);
        assert_true(n < 200);
    }
}

#define RULE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(percents_round_on_each_piece), RULE(second_piece_takes_the_cheaper_of_the_dearest), RULE(any_three_for_a_price_only_where_it_is_cheaper),
        RULE(a_bundle_leaves_the_rest_to_others), RULE(a_discount_is_left_when_a_threshold_is_worth_more), RULE(tiers_repeats_and_caps),
        RULE(coupons_see_what_the_order_level_left), RULE(groups_and_exclusions), RULE(full_price_only_looks_away_from_reduced_lines),
        RULE(reductions_never_take_more_than_there_is), RULE(gifts_follow_stock_limits_and_worth), RULE(limits_count_what_was_used_before),
        RULE(hours_pass_midnight), RULE(near_misses_say_what_is_missing), RULE(a_use_says_its_arithmetic), RULE(every_coupon_gets_its_reason),
        RULE(an_empty_cart_costs_nothing), RULE(senseless_carts_are_refused), RULE(the_largest_amounts_do_not_overflow),
        RULE(too_many_promotions_are_said), RULE(a_search_cut_short_says_so), RULE(one_piece_has_a_price_of_its_own), RULE(refunds_add_up),
        RULE(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
