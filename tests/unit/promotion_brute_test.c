/* The solver against brute force. The brute force below was written from the rules in promotion.h alone: it moves single pieces about,
 * tries every legal combination, and shares no code with the room. A fixed seed; PROMOTION_CARTS and PROMOTION_SEED set others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "../../bench/random_carts.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
enum { CARTS = 5000 };
#else
enum { CARTS = 100000 };
#endif

enum { PIECES_MAX = 64, LINES_MAX = 8 };

/* ---- who may take part ---- */

static const struct cart_usage *used_before(const struct cart *c, const char *id)
{
    for (size_t i = 0; i < c->n_usage; i++)
        if (!strcmp(c->usage[i].promotion, id)) return &c->usage[i];
    return NULL;
}

static bool contains(struct promotion_names n, const char *s)
{
    bool found = false;
    for (size_t i = 0; i < n.n; i++) found |= !strcmp(n.items[i], s);
    return found;
}

static bool is_open(const struct cart *c, const struct promotion *p)
{
    const struct cart_usage *u = used_before(c, p->id);
    bool code = !*p->code;
    for (size_t i = 0; i < c->n_codes; i++) code |= !strcmp(c->codes[i], p->code);
    return code && !(p->starts && c->now < p->starts) && !(p->ends && c->now >= p->ends) && !(p->new_customers && !c->new_customer) &&
           (!p->members.n || (*c->member && (contains(p->members, "*") || contains(p->members, c->member)))) &&
           !(u && p->per_user && u->by_user >= p->per_user) && !(u && p->total && u->by_all >= p->total);
}

static int64_t most_times(const struct cart *c, const struct promotion *p)
{
    const struct cart_usage *u = used_before(c, p->id);
    int64_t most = 1000000;
    if (p->per_order && p->per_order < most) most = p->per_order;
    if (p->per_user && p->per_user - (u ? u->by_user : 0) < most) most = p->per_user - (u ? u->by_user : 0);
    if (p->total && p->total - (u ? u->by_all : 0) < most) most = p->total - (u ? u->by_all : 0);
    return most;
}

static bool holds(struct promotion_names categories, const char *path)
{
    for (size_t i = 0; i < categories.n; i++) {
        size_t n = strlen(categories.items[i]);
        if (!strcmp(categories.items[i], path)) return true;
        if (strlen(path) > n + 3 && !memcmp(path, categories.items[i], n) && !memcmp(path + n, " > ", 3)) return true;
    }
    return false;
}

static bool covers(const struct promotion *p, const struct cart_line *l)
{
    if (p->kind == PROMOTION_BUNDLE || p->kind == PROMOTION_PRICE) {
        for (size_t i = 0; i < p->n_items; i++)
            if (!strcmp(p->items[i].product, l->product)) return true;
        return false;
    }
    const struct promotion_scope *s = &p->scope;
    bool in = s->all || contains(s->products, l->product) || contains(s->brands, l->brand) || holds(s->categories, l->categories[0]);
    return in && !contains(s->not_products, l->product) && !contains(s->not_brands, l->brand) && !holds(s->not_categories, l->categories[0]);
}

static const char *level(const struct promotion *p)
{
    return p->kind == PROMOTION_REDUCE ? *p->code ? "coupon" : "order" : p->kind == PROMOTION_GIFT ? "order" : "line";
}

static bool speaks_against(const struct promotion *p, const struct promotion *q)
{
    return contains(p->excludes, "*") || contains(p->excludes, q->id) || contains(p->excludes, level(q));
}

static bool together(const struct promotion *p, const struct promotion *q)
{
    return !speaks_against(p, q) && !speaks_against(q, p) && !(*p->group && !strcmp(p->group, q->group));
}

static bool by_piece(const struct promotion *p) { return p->kind == PROMOTION_PERCENT || p->kind == PROMOTION_PRICE; }

/* ---- one combination, piece by piece ---- */

struct table {                               /* what the brute force works on: lines by product id, promotions by priority and id */
    const struct cart *cart;
    struct cart_line lines[LINES_MAX];
    size_t n_lines, n;
    const struct promotion *p[FIXTURE_PROMOTIONS];
};

static int64_t percent(int64_t minor, int rate) { return (2 * minor * rate + 10000) / 20000; }

static void largest_remainder(int64_t off, const int64_t *weight, size_t n, int64_t *out)
{
    int64_t sum = 0, given = 0;
    bool extra[LINES_MAX] = {false};
    for (size_t i = 0; i < n; i++) sum += weight[i];
    for (size_t i = 0; i < n; i++) given += out[i] = sum ? off * weight[i] / sum : 0;
    while (sum && given < off) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!extra[i] && (best == n || off * weight[i] % sum > off * weight[best] % sum)) best = i;
        extra[best] = true;
        out[best]++;
        given++;
    }
}

struct pieces { size_t line[PIECES_MAX]; bool taken[PIECES_MAX]; size_t n; };   /* dearest first, equal ones by product */

static void spread_out(const struct table *t, struct pieces *x)
{
    bool done[LINES_MAX] = {false};
    x->n = 0;
    for (size_t round = 0; round < t->n_lines; round++) {
        size_t best = t->n_lines;
        for (size_t l = 0; l < t->n_lines; l++)
            if (!done[l] && (best == t->n_lines || t->lines[l].unit_minor > t->lines[best].unit_minor)) best = l;
        done[best] = true;
        for (int64_t k = 0; k < t->lines[best].quantity; k++) {
            assert_true(x->n < PIECES_MAX);
            x->taken[x->n] = false;
            x->line[x->n++] = best;
        }
    }
}

/* Picks the pieces of the next set; false when there are not enough. */
static bool next_set(const struct table *t, const struct promotion *p, const struct pieces *x, size_t *set, size_t *n)
{
    *n = 0;
    if (p->kind != PROMOTION_BUNDLE) {
        for (size_t i = 0; i < x->n && *n < (size_t)p->n; i++)
            if (!x->taken[i] && covers(p, &t->lines[x->line[i]])) set[(*n)++] = i;
        return *n == (size_t)p->n;
    }
    for (size_t k = 0; k < p->n_items; k++) {
        int64_t want = p->items[k].quantity;
        for (size_t i = 0; i < x->n && want > 0; i++)
            if (!x->taken[i] && !strcmp(t->lines[x->line[i]].product, p->items[k].product)) {
                set[(*n)++] = i;
                want--;
            }
        if (want) return false;
    }
    return true;
}

static void make_sets(const struct table *t, const struct promotion *p, struct pieces *x, int64_t *amount)
{
    int64_t saved = 0, worth_of[LINES_MAX] = {0}, share[LINES_MAX];
    for (int64_t times = 0; times < most_times(t->cart, p); times++) {
        size_t set[PIECES_MAX], n;
        if (!next_set(t, p, x, set, &n)) break;
        int64_t worth = 0, cheapest = INT64_MAX;
        for (size_t i = 0; i < n; i++) {
            int64_t u = t->lines[x->line[set[i]]].unit_minor;
            worth += u;
            if (u < cheapest) cheapest = u;
        }
        int64_t off = p->kind == PROMOTION_NTH ? percent(cheapest, p->rate) : worth - p->price_minor;
        if (off <= 0) break;
        saved += off;
        for (size_t i = 0; i < n; i++) {
            x->taken[set[i]] = true;
            worth_of[x->line[set[i]]] += t->lines[x->line[set[i]]].unit_minor;
        }
    }
    largest_remainder(saved, worth_of, t->n_lines, share);
    for (size_t l = 0; l < t->n_lines; l++) amount[l] -= share[l];
}

static int64_t off_piece(const struct promotion *p, const struct cart_line *l)
{
    if (p->kind == PROMOTION_PERCENT) return percent(l->unit_minor, p->rate);
    for (size_t i = 0; i < p->n_items; i++)
        if (!strcmp(p->items[i].product, l->product)) return l->unit_minor > p->items[i].price_minor ? l->unit_minor - p->items[i].price_minor : 0;
    return 0;
}

static void count_in(const struct table *t, const struct promotion *p, const int64_t *amount, const bool *cheaper, bool *in, int64_t *base, int64_t *count)
{
    *base = *count = 0;
    for (size_t l = 0; l < t->n_lines; l++) {
        in[l] = covers(p, &t->lines[l]) && !(p->full_price_only && cheaper[l]);
        if (!in[l]) continue;
        *base += amount[l];
        *count += t->lines[l].quantity;
    }
}

static int64_t fits(const struct promotion_tier *t, int64_t base, int64_t count)
{
    int64_t times = 0;
    while (base >= t->amount_minor * (times + 1) && count >= t->count * (times + 1)) times++;
    return times;
}

static int64_t reduction(const struct promotion *p, int64_t base, int64_t count)
{
    int64_t off = 0;
    for (size_t i = 0; i < p->n_tiers; i++) {
        const struct promotion_tier *t = &p->tiers[i];
        if (base < t->amount_minor || count < t->count) continue;
        off = t->rate ? percent(base, t->rate) : t->off_minor * (p->repeat ? fits(t, base, count) : 1);
    }
    if (p->cap_minor && off > p->cap_minor) off = p->cap_minor;
    return off;
}

static void one_level(const struct table *t, const char *which, uint64_t used, int64_t *amount, const bool *cheaper)
{
    int64_t off[FIXTURE_PROMOTIONS] = {0}, base, count;
    bool in[LINES_MAX];
    for (size_t i = 0; i < t->n; i++) {
        if (!(used >> i & 1) || t->p[i]->kind != PROMOTION_REDUCE || strcmp(level(t->p[i]), which)) continue;
        count_in(t, t->p[i], amount, cheaper, in, &base, &count);
        off[i] = reduction(t->p[i], base, count);
    }
    for (size_t i = 0; i < t->n; i++) {
        if (!off[i]) continue;
        int64_t left[LINES_MAX], share[LINES_MAX], sum = 0;
        count_in(t, t->p[i], amount, cheaper, in, &base, &count);
        for (size_t l = 0; l < t->n_lines; l++) sum += left[l] = in[l] ? amount[l] : 0;
        largest_remainder(off[i] < sum ? off[i] : sum, left, t->n_lines, share);
        for (size_t l = 0; l < t->n_lines; l++) amount[l] -= share[l];
    }
}

static int64_t gifts_worth(const struct table *t, uint64_t used, const int64_t *amount, const bool *cheaper)
{
    int64_t worth = 0, base, count;
    bool in[LINES_MAX];
    for (size_t i = 0; i < t->n; i++) {
        const struct promotion *p = t->p[i];
        if (!(used >> i & 1) || p->kind != PROMOTION_GIFT) continue;
        count_in(t, p, amount, cheaper, in, &base, &count);
        int64_t times = fits(&p->tiers[0], base, count);
        if (!p->repeat && times > 1) times = 1;
        if (times > most_times(t->cart, p)) times = most_times(t->cart, p);
        while (p->gift_stock >= 0 && times * p->gift_quantity > p->gift_stock) times--;
        worth += times * p->gift_quantity * (p->gift_value_minor ? p->gift_value_minor : 1);
    }
    return worth;
}

static void try_one(const struct table *t, uint64_t used, int64_t *total, int64_t *gifts, int64_t *pay)
{
    struct pieces x;
    bool cheaper[LINES_MAX];
    spread_out(t, &x);
    for (size_t l = 0; l < t->n_lines; l++) pay[l] = t->lines[l].quantity * t->lines[l].unit_minor;
    for (size_t i = 0; i < t->n; i++)
        if ((used >> i & 1) && !strcmp(level(t->p[i]), "line") && !by_piece(t->p[i])) make_sets(t, t->p[i], &x, pay);
    for (size_t l = 0; l < t->n_lines; l++) {
        int64_t free = 0;
        for (size_t i = 0; i < x.n; i++) free += x.line[i] == l && !x.taken[i];
        int64_t most = 0;
        for (size_t i = 0; i < t->n; i++) {
            const struct promotion *p = t->p[i];
            if (!(used >> i & 1) || !by_piece(p) || !covers(p, &t->lines[l])) continue;
            int64_t off = off_piece(p, &t->lines[l]) * (p->pieces_max && p->pieces_max < free ? p->pieces_max : free);
            if (off > most) most = off;
        }
        pay[l] -= most;
        cheaper[l] = pay[l] < t->lines[l].quantity * t->lines[l].unit_minor;
    }
    *gifts = gifts_worth(t, used, pay, cheaper);
    one_level(t, "order", used, pay, cheaper);
    one_level(t, "coupon", used, pay, cheaper);
    *total = 0;
    for (size_t l = 0; l < t->n_lines; l++) *total += pay[l];
}

/* ---- all combinations ---- */

struct best { int64_t total, gifts; uint64_t tried; };

static bool legal(const struct table *t, uint64_t used)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = i + 1; k < t->n; k++)
            if ((used >> i & 1) && (used >> k & 1) && !together(t->p[i], t->p[k])) return false;
    return true;
}

static int product_order(const void *a, const void *b) { return strcmp(((const struct cart_line *)a)->product, ((const struct cart_line *)b)->product); }

static int promotion_order(const void *a, const void *b)
{
    const struct promotion *p = *(const struct promotion *const *)a, *q = *(const struct promotion *const *)b;
    return p->priority != q->priority ? p->priority < q->priority ? -1 : 1 : strcmp(p->id, q->id);
}

static void lay_out(const struct fixture *f, struct table *t)
{
    *t = (struct table){.cart = &f->cart, .n_lines = f->cart.n_lines};
    memcpy(t->lines, f->lines, sizeof *f->lines * t->n_lines);
    qsort(t->lines, t->n_lines, sizeof *t->lines, product_order);
    for (size_t i = 0; i < f->n; i++)
        if (is_open(&f->cart, &f->promotions[i])) t->p[t->n++] = &f->promotions[i];
    qsort(t->p, t->n, sizeof *t->p, promotion_order);
}

static struct best brute_force(const struct fixture *f)
{
    struct table t;
    struct best best = {.total = -1};
    int64_t total, gifts, pay[LINES_MAX];
    lay_out(f, &t);
    for (uint64_t used = 0; used < UINT64_C(1) << t.n; used++) {
        if (!legal(&t, used)) continue;
        try_one(&t, used, &total, &gifts, pay);
        best.tried++;
        if (best.total >= 0 && (total > best.total || (total == best.total && gifts <= best.gifts))) continue;
        best.total = total;
        best.gifts = gifts;
    }
    return best;
}

/* ---- the comparison ---- */

/* The result's own combination, priced by the brute force's arithmetic: total and every line. */
static void check_lines(const struct fixture *f, const struct cart_result *r)
{
    struct table t;
    int64_t total, gifts, pay[LINES_MAX];
    uint64_t used = 0;
    lay_out(f, &t);
    for (size_t u = 0; u < r->n_uses; u++) {
        int i = 0;
        while (t.p[i] != r->uses[u].promotion) i++;
        used |= UINT64_C(1) << i;
    }
    assert_true(legal(&t, used));
    try_one(&t, used, &total, &gifts, pay);
    assert_int_equal(total, r->total_minor);
    for (size_t l = 0; l < t.n_lines; l++)
        for (size_t k = 0; k < f->cart.n_lines; k++)
            if (!strcmp(t.lines[l].product, f->lines[k].product)) assert_int_equal(pay[l], r->lines[k].pay_minor);
}

static int64_t given_worth(const struct cart_result *r)
{
    int64_t worth = 0;
    for (size_t i = 0; i < r->n_uses; i++)
        worth += r->uses[i].gift_quantity * (r->uses[i].promotion->gift_value_minor ? r->uses[i].promotion->gift_value_minor : 1);
    return worth;
}

static void every_random_cart_costs_what_brute_force_finds(void **state)
{
    (void)state;
    static struct fixture f;
    struct rng r;
    struct arena a;
    const char *other = getenv("PROMOTION_CARTS");
    long carts = other ? atol(other) : CARTS;
    uint64_t tried = 0, used = 0;
    rng_seed(&r, getenv("PROMOTION_SEED") ? strtoull(getenv("PROMOTION_SEED"), NULL, 10) : 20261126);
    arena_init(&a, 0);
    for (long i = 0; i < carts; i++) {
        struct cart_result out;
        size_t lines = 1 + (size_t)below(&r, one_in(&r, 10) ? 6 : 4), promotions = 2 + (size_t)below(&r, one_in(&r, 10) ? 9 : 7);
        random_fixture(&f, &r, lines, promotions, one_in(&r, 2) ? 30 : 20000, 3);
        struct best best = brute_force(&f);
        tried += best.tried;
        assert_int_equal(promotion_best(&f.cart, f.promotions, f.n, 0, &a, &out), OK);
        if (!out.exact || out.total_minor != best.total || given_worth(&out) != best.gifts) {
            print_error("cart %ld: %lld and gifts %lld, brute force has %lld and %lld\n", i, (long long)out.total_minor, (long long)given_worth(&out),
                        (long long)best.total, (long long)best.gifts);
            fail();
        }
        check_lines(&f, &out);
        used += out.n_uses;
        arena_clear(&a);
    }
    print_message("%ld carts, %llu combinations priced, %llu promotions applied\n", carts, (unsigned long long)tried, (unsigned long long)used);
    assert_true(used > (uint64_t)carts / 2);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_random_cart_costs_what_brute_force_finds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
