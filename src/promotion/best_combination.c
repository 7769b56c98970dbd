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
    struct interval intervals[CART_PROMOTIONS_MAX + 1];       /* by decision that changed something on the line level */
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

/* Where the search stands. in: chosen; out: refused, or excluded by a chosen one; formed, interval: of their arrays. */
struct stand { int at; live_set in, out; int formed, interval; };

static bool worth(struct search *s, const struct stand *n)
{
    const struct problem *m = s->m;
    struct interval *x = &s->intervals[n->interval];
    int64_t bound = n->at < s->sets_at ? bound_undecided(m, &s->savings, x, n->in, m->reduces & ~n->out) : bound_decided(m, &s->savings, x, n->in);
    if (bound > s->found.total) return false;
    return bound < s->found.total || bound_gifts(m, x, m->gifts & ~n->out) > s->found.gift_value;
}

/* The interval of `after`; that of `before` when the line level is the same. */
static void find_interval(struct search *s, const struct stand *before, struct stand *after)
{
    const struct problem *m = s->m;
    live_set line = m->sets | m->pieces;
    if (before && ((before->in ^ after->in) & line) == 0 && ((before->out ^ after->out) & line) == 0) return;
    if (before) after->interval++;
    interval_find(m, &s->savings, &s->formed[after->formed], m->sets & ~after->out & ~after->in, m->pieces & ~after->out, after->in & m->pieces,
                  &s->intervals[after->interval]);
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

static void decide(struct search *s, const struct stand *n);

/* False: it cannot form a set, or changes nothing: the same is searched without it. */
static bool choose(struct search *s, const struct stand *n, int v, struct stand *next)
{
    *next = *n;
    next->at++;
    next->in |= BIT(v);
    next->out |= s->m->live[v].conflicts;
    if (n->at >= s->pieces_at) return !adds_nothing(s, v, n->in, &s->formed[n->formed]);
    if (n->at < s->sets_at) return true;
    next->formed++;
    s->formed[next->formed] = s->formed[n->formed];
    return form_sets(s->m, v, &s->formed[next->formed], NULL) > 0;
}

static void go_on(struct search *s, const struct stand *before, struct stand *after)
{
    find_interval(s, before, after);
    s->nodes++;
    if (worth(s, after)) decide(s, after);
}

static void decide(struct search *s, const struct stand *n)
{
    if (s->nodes >= s->nodes_max) {
        s->stopped = true;
        return;
    }
    if (n->at == s->n) {
        price(s, n->in, &s->formed[n->formed]);
        return;
    }
    int v = s->choices[n->at];
    struct stand next;
    if (!(n->out & BIT(v)) && choose(s, n, v, &next)) go_on(s, n, &next);
    next = *n;
    next.at++;
    next.out |= BIT(v);
    if (!s->stopped) go_on(s, n, &next);
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
    struct stand root = {.in = s->always};
    find_interval(s, NULL, &root);
    decide(s, &root);
    s->found.exact = !s->stopped;
    s->found.nodes = s->nodes;
    *out = s->found;
    return OK;
}
