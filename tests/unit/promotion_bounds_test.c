/* No branch is left that holds something better: for random combinations and random parts of them decided, the bound is never above what
 * the combination costs, and never below what its gifts are worth. (The search itself seldom leans on a single bound: its climb is good.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "../../bench/random_carts.h" /* before cmocka, whose fail() is a macro */
#include "promotion/search_int.h"

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
enum { BOUND_CARTS = 2000 };
#else
enum { BOUND_CARTS = 40000 };
#endif
enum { TRIES = 12 };

static struct fixture f;
static struct savings savings;
static struct interval x;

static live_set random_combination(const struct problem *m, struct rng *r)
{
    live_set on = 0, usable = m->sets | m->pieces | m->reduces | m->gifts;
    for (int i = 0; i < m->n; i++) {
        int v = (int)below(r, m->n);
        if ((usable & BIT(v)) && !(m->live[v].conflicts & on) && !one_in(r, 3)) on |= BIT(v);
    }
    return on;
}

static struct money price(const struct problem *m, live_set on, bool *effective)
{
    static struct part parts[CART_PROMOTIONS_MAX];
    int64_t line[CART_LINES_MAX], order[CART_LINES_MAX], pay[CART_LINES_MAX];
    int8_t pick[CART_LINES_MAX];
    struct money money;
    memset(parts, 0, sizeof parts);
    price_combination(m, on, &money, pick, line, order, pay, parts);
    *effective = true;
    for (live_set r = on & m->reduces; r; r &= r - 1)
        if (parts[lowest(r)].off == 0) *effective = false;   /* searched without it, so bounds may leave it out */
    return money;
}

/* A random part is decided: all REDUCE or some, and the first few sets, as the search does it. */
static void check(const struct problem *m, struct rng *r, live_set on, struct money money)
{
    struct sets_state formed;
    live_set decided = 0, sets = 0;
    bool all_reduces = one_in(r, 2);
    for (int v = 0; v < m->n; v++)
        if (one_in(r, 2)) decided |= BIT(v);
    if (all_reduces) decided |= m->reduces;
    int64_t n_sets = below(r, 4);
    for (live_set s = m->sets; s && n_sets > 0; s &= s - 1, n_sets--) sets |= BIT(lowest(s));
    decided = (decided & ~m->sets) | sets;
    sets_none(m, &formed);
    for (live_set s = on & sets; s; s &= s - 1) form_sets(m, lowest(s), &formed, NULL);
    live_set in = on & decided, out = ~on & decided;
    for (live_set s = in; s; s &= s - 1) out |= m->live[lowest(s)].conflicts;
    interval_find(m, &savings, &formed, m->sets & ~out & ~in, m->pieces & ~out, in & m->pieces, &x);
    int64_t bound = all_reduces ? bound_decided(m, &savings, &x, in) : bound_undecided(m, &savings, &x, in, m->reduces & ~out);
    if (bound > money.total)
        print_error("all %d in %llx out %llx on %llx sets %llx reduces %llx coupons %llx\n", all_reduces, (unsigned long long)in, (unsigned long long)out,
                    (unsigned long long)on, (unsigned long long)m->sets, (unsigned long long)m->reduces, (unsigned long long)m->coupons);
    if (bound > money.total) print_error("bound %lld above %lld\n", (long long)bound, (long long)money.total);
    assert_true(bound <= money.total);
    assert_true(bound_gifts(m, &x, m->gifts & ~out) >= money.gift_value);
}

/* Percents near the whole and bundles of one dear and some cheap things are where bounds are hard. */
static void sharpen(struct rng *r)
{
    for (size_t l = 0; l < f.cart.n_lines; l++)
        if (one_in(r, 3)) f.lines[l].unit_minor *= 20;
    for (size_t i = 0; i < f.n; i++)
        if (f.promotions[i].n_tiers == 1 && f.tiers[i][0].amount_minor && one_in(r, 2)) f.tiers[i][0].amount_minor = 1 + f.tiers[i][0].amount_minor / 4;
}

static void no_bound_is_above_what_can_be_had(void **state)
{
    (void)state;
    struct rng r;
    struct arena a;
    long checked = 0;
    rng_seed(&r, 11);
    arena_init(&a, 0);
    for (int i = 0; i < BOUND_CARTS; i++, arena_clear(&a)) {
        struct problem m;
        random_fixture(&f, &r, 1 + (size_t)below(&r, 6), 3 + (size_t)below(&r, 8), one_in(&r, 2) ? 30 : 20000, 3);
        if (one_in(&r, 2)) sharpen(&r);
        assert_int_equal(problem_build(&f.cart, f.promotions, f.n, &a, &m), OK);
        if (m.n == 0) continue;
        memset(&savings, 0, sizeof savings);
        savings_list(&m, &savings);
        for (int k = 0; k < TRIES; k++) {
            bool effective;
            live_set on = random_combination(&m, &r);
            struct money money = price(&m, on, &effective);
            if (!effective) continue;
            check(&m, &r, on, money);
            checked++;
        }
    }
    assert_true(checked > BOUND_CARTS);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_bound_is_above_what_can_be_had)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
