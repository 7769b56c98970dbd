/* What must hold for any cart, on carts too large for brute force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "../../bench/random_carts.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
enum { LARGE_CARTS = 40 };
#else
enum { LARGE_CARTS = 400 };
#endif
enum { LARGE_NODES = 5000 };

static struct fixture f, g;
static struct arena arena;

static void large(struct rng *r)
{
    random_fixture(&f, r, 10 + (size_t)below(r, 20), 6 + (size_t)below(r, 18), one_in(r, 2) ? 300 : 50000, 6);
}

static struct cart_result solve(const struct fixture *x, size_t n)
{
    struct cart_result out;
    assert_int_equal(promotion_best(&x->cart, x->promotions, n, LARGE_NODES, &arena, &out), OK);
    return out;
}

static void lines_and_promotions_sum_to_the_total(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 7);
    arena_init(&arena, 0);
    for (int i = 0; i < LARGE_CARTS; i++, arena_clear(&arena)) {
        large(&r);
        struct cart_result out = solve(&f, f.n);
        int64_t pay = 0, off = 0, of_line[FIXTURE_LINES] = {0};
        for (size_t u = 0; u < out.n_uses; u++) {
            int64_t shares = 0;
            for (size_t k = 0; k < out.uses[u].n_shares; k++) {
                assert_true(out.uses[u].shares[k].off_minor >= 0);
                shares += out.uses[u].shares[k].off_minor;
                of_line[out.uses[u].shares[k].line] += out.uses[u].shares[k].off_minor;
            }
            assert_int_equal(shares, out.uses[u].off_minor);
            off += shares;
        }
        for (size_t l = 0; l < f.cart.n_lines; l++) {
            assert_true(out.lines[l].pay_minor >= 0);
            assert_int_equal(out.lines[l].before_minor - of_line[l], out.lines[l].pay_minor);
            pay += out.lines[l].pay_minor;
        }
        assert_int_equal(pay, out.total_minor);
        assert_int_equal(out.before_minor - off, out.total_minor);
    }
    arena_release(&arena);
}

static void the_order_of_the_input_does_not_matter(void **state)
{
    (void)state;
    struct rng r;
    rng_seed(&r, 8);
    arena_init(&arena, 0);
    for (int i = 0; i < LARGE_CARTS; i++, arena_clear(&arena)) {
        large(&r);
        struct cart_result one = solve(&f, f.n), again = solve(&f, f.n);
        g = f;
        g.cart.lines = g.lines;
        for (size_t l = 0; l < f.cart.n_lines; l++) g.lines[l] = f.lines[f.cart.n_lines - 1 - l];
        for (size_t p = 0; p < f.n; p++) g.promotions[p] = f.promotions[f.n - 1 - p];
        struct cart_result other = solve(&g, g.n);
        assert_int_equal(one.total_minor, again.total_minor);
        assert_int_equal(one.total_minor, other.total_minor);
        assert_int_equal(one.nodes, other.nodes);
        assert_int_equal(one.n_uses, other.n_uses);
        for (size_t u = 0; u < one.n_uses; u++) assert_string_equal(one.uses[u].promotion->id, other.uses[u].promotion->id);
        for (size_t l = 0; l < f.cart.n_lines; l++) assert_int_equal(one.lines[l].pay_minor, other.lines[f.cart.n_lines - 1 - l].pay_minor);
    }
    arena_release(&arena);
}

static void one_more_promotion_never_makes_it_dearer(void **state)
{
    (void)state;
    struct rng r;
    int compared = 0;
    rng_seed(&r, 9);
    arena_init(&arena, 0);
    for (int i = 0; i < LARGE_CARTS; i++, arena_clear(&arena)) {
        large(&r);
        struct cart_result fewer = solve(&f, f.n - 1), more = solve(&f, f.n);
        if (!more.exact) continue;
        assert_true(more.total_minor <= fewer.total_minor);
        compared++;
    }
    assert_true(compared > LARGE_CARTS / 2);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_promotions_sum_to_the_total),
        cmocka_unit_test(the_order_of_the_input_does_not_matter),
        cmocka_unit_test(one_more_promotion_never_makes_it_dearer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
