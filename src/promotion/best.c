/* The best legal combination: branch and bound, depth first. First a good combination by hill climbing; then the promotions are decided
 * one by one: those of the order and the coupon level, gifts that exclude something, sets in the order they form, piece promotions. A
 * branch is left when even its most optimistic price is no better than the best one found. */
#include "search_int.h"

struct search {
    const struct problem *m;
    uint64_t nodes, nodes_max;
    bool stopped;
    struct found found;
    int choices[CART_PROMOTIONS_MAX], n, sets_at, pieces_at;  /* in the order they are decided; where the sets and the pieces begin */
    live_set always;                 /* gifts that exclude nothing */
    struct savings savings;
    struct sets_state formed[CART_PROMOTIONS_MAX + 1];        /* by set decided */
};

/* ---- leaves ---- */

static bool better(const struct search *s, int64_t total, int64_t gift_value)
{
    return total < s->found.total || (total == s->found.total && gift_value > s->found.gift_value);
}

static void price(struct search *s, live_set on, const struct sets_state *sets)
{
    int64_t amounts[CART_LINES_MAX];
    struct money money;
    s->nodes++;
    line_set discounted = line_level(s->m, on, sets, amounts, NULL);
    upper_levels(s->m, on, amounts, discounted, &money, NULL, NULL);
    if (!better(s, money.total, money.gift_value)) return;
    s->found.on = on;
    s->found.total = money.total;
    s->found.gift_value = money.gift_value;
}

static void price_from_nothing(struct search *s, live_set on)
{
    sets_none(s->m, &s->formed[0]);
    for (live_set r = on & s->m->sets; r; r &= r - 1) form_sets(s->m, lowest(r), &s->formed[0], NULL);
    price(s, on, &s->formed[0]);
}

/* ---- hill climbing ---- */

static live_set without_rivals(const struct problem *m, live_set on, int v) { return (on & ~m->live[v].conflicts) | BIT(v); }

static void climb(struct search *s)
{
    live_set on = s->always;
    for (int i = 0; i < s->n; i++)
        if (!(s->m->live[s->choices[i]].conflicts & on)) on |= BIT(s->choices[i]);
    price_from_nothing(s, s->always);
    price_from_nothing(s, on);
    for (bool again = true; again && s->nodes < s->nodes_max;) {
        live_set before = s->found.on;
        for (int i = 0; i < s->n; i++) {
            live_set now = s->found.on;
            int v = s->choices[i];
            price_from_nothing(s, now & BIT(v) ? now & ~BIT(v) : without_rivals(s->m, now, v));
        }
        again = s->found.on != before;
    }
}

/* ---- branch and bound ---- */

/* in: chosen; out: refused, or excluded by a chosen one. */
static bool worth(const struct search *s, int at, live_set in, live_set out, const struct sets_state *sets)
{
    const struct problem *m = s->m;
    struct interval x;
    live_set pieces = m->pieces & ~out, undecided = m->sets & ~out & ~in, sure = in & m->pieces;
    int64_t bound;
    if (at < s->sets_at) {
        interval_find(m, &s->savings, sets, undecided, pieces, sure, &x);
        bound = bound_undecided(m, &x, in, m->reduces & ~out);
    } else {
        interval_find(m, &s->savings, sets, undecided, pieces, sure, &x);
        bound = bound_decided(m, &x, in);
    }
    if (bound > s->found.total) return false;
    return bound < s->found.total || bound_gifts(m, &x, m->gifts & ~out) > s->found.gift_value;
}

/* A piece promotion that makes no line cheaper than those chosen do is not worth choosing: the same price is found without it. */
static bool adds_nothing(const struct search *s, int v, live_set in, const struct sets_state *sets)
{
    const struct problem *m = s->m;
    for (line_set r = m->live[v].lines; r; r &= r - 1) {
        int l = lowest(r);
        int64_t off = s->savings.piece[v][l] * pieces_counted(&m->live[v], sets->free[l]), most = 0;
        for (live_set p = in & m->pieces; p; p &= p - 1)
            most = max_minor(most, s->savings.piece[lowest(p)][l] * pieces_counted(&m->live[lowest(p)], sets->free[l]));
        if (off > most) return false;
    }
    return true;
}

static void decide(struct search *s, int at, live_set in, live_set out, int formed)
{
    if (s->nodes >= s->nodes_max) {
        s->stopped = true;
        return;
    }
    s->nodes++;
    if (!worth(s, at, in, out, &s->formed[formed])) return;
    if (at == s->n) {
        price(s, in, &s->formed[formed]);
        return;
    }
    int v = s->choices[at];
    if (!(out & BIT(v))) {
        bool set = at >= s->sets_at && at < s->pieces_at;
        int64_t saved = 1;
        if (set) {
            s->formed[formed + 1] = s->formed[formed];
            saved = form_sets(s->m, v, &s->formed[formed + 1], NULL);
        }
        if (at >= s->pieces_at && adds_nothing(s, v, in, &s->formed[formed])) saved = 0;
        if (saved > 0) decide(s, at + 1, in | BIT(v), out | s->m->live[v].conflicts, formed + set);
    }
    if (!s->stopped) decide(s, at + 1, in, out | BIT(v), formed);
}

/* ---- setting up ---- */

static int64_t promise(const struct search *s, int v)
{
    const struct live *x = &s->m->live[v];
    int64_t amount = 0, count = 0;
    for (line_set r = x->lines; r; r &= r - 1) {
        amount += s->m->quantity[lowest(r)] * s->m->unit[lowest(r)];
        count += s->m->quantity[lowest(r)];
    }
    if (x->p->kind == PROMOTION_REDUCE) return reduce_reached(x->p, amount, count).off;
    if (x->p->kind == PROMOTION_GIFT) return gift_times(x, amount, count) * gift_worth(x->p);
    amount = 0;
    for (int l = 0; l < s->m->n_lines; l++) amount += s->savings.piece[v][l] * s->m->quantity[l];
    return amount;
}

/* The most promising first, equal ones in the problem's order; sets in the order they form. */
static void add_choices(struct search *s, live_set which, bool sorted)
{
    int64_t promises[CART_PROMOTIONS_MAX];
    int first = s->n;
    for (; which; which &= which - 1) {
        int v = lowest(which), i = s->n++;
        int64_t mine = promise(s, v);
        for (; sorted && i > first && promises[i - 1] < mine; i--) {
            s->choices[i] = s->choices[i - 1];
            promises[i] = promises[i - 1];
        }
        s->choices[i] = v;
        promises[i] = mine;
    }
}

static void list_choices(struct search *s)
{
    const struct problem *m = s->m;
    live_set usable = m->sets | m->pieces | m->reduces | m->gifts;
    for (live_set r = m->gifts; r; r &= r - 1)
        if (!(m->live[lowest(r)].conflicts & usable)) s->always |= BIT(lowest(r));
    add_choices(s, m->reduces & ~m->coupons, true);
    add_choices(s, m->coupons, true);
    add_choices(s, m->gifts & ~s->always, true);
    s->sets_at = s->n;
    add_choices(s, m->sets, false);
    s->pieces_at = s->n;
    add_choices(s, m->pieces, true);
}

status find_best(const struct problem *m, uint64_t nodes_max, struct arena *a, struct found *out)
{
    struct search *s = arena_zalloc(a, 1, sizeof *s);
    if (!s) return fail_nomem("pricing a cart");
    s->m = m;
    s->nodes_max = nodes_max ? nodes_max : SEARCH_NODES_MAX;
    s->found = (struct found){.total = INT64_MAX};
    savings_list(m, &s->savings);
    list_choices(s);
    climb(s);
    sets_none(m, &s->formed[0]);
    decide(s, 0, s->always, 0, 0);
    s->found.exact = !s->stopped;
    s->found.nodes = s->nodes;
    *out = s->found;
    return OK;
}
