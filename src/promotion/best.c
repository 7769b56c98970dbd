/* The best legal combination: branch and bound. The outer search says yes or no to each promotion that stands in the way of another or
 * works on several lines; picks.c then finds what each line picks. A branch is left when even its most optimistic price is no better
 * than the best one found. */
#include <stdlib.h>

#include "search_int.h"

/* ---- shared with picks.c ---- */

bool search_enter(struct search *s)
{
    if (s->nodes >= s->nodes_max) s->stopped = true;
    else s->nodes++;
    return !s->stopped;
}

bool search_worth(const struct search *s, int64_t bound)
{
    if (bound == INT64_MAX) return false;
    return bound < s->found.total || (bound == s->found.total && s->gift_most > s->found.gift_value);
}

int64_t reduce_most(const struct promotion *p, int64_t linear, int64_t hi, int64_t count)
{
    int64_t most = 0;
    for (size_t i = 0; i < p->n_tiers; i++) {
        const struct promotion_tier *t = &p->tiers[i];
        if (hi < t->amount_minor || count < t->count) continue;
        int64_t off = t->off_minor;
        if (t->rate) off = (linear * t->rate + PROMOTION_RATE_WHOLE - 1) / PROMOTION_RATE_WHOLE;
        else if (p->repeat) off = reduce_reached(p, hi, count).off;
        most = max_minor(most, off);
    }
    if (p->cap_minor) most = min_minor(most, p->cap_minor);
    return min_minor(most, hi);
}

int reduce_rate(const struct promotion *p)
{
    int rate = 0;
    for (size_t i = 0; i < p->n_tiers; i++)
        if (p->tiers[i].rate > rate) rate = p->tiers[i].rate;
    return rate;
}

/* ---- bounds of the outer search ---- */

/* While sets are undecided: no piece saves more than its best promotion could save on it. */
static void interval_before_sets(const struct search *s, live_set sets, live_set pieces, struct interval *x)
{
    const struct problem *m = s->m;
    x->full = ~UINT64_C(0);
    for (int l = 0; l < m->n_lines; l++) {
        int64_t off = 0;
        for (live_set rest = sets; rest; rest &= rest - 1) off = max_minor(off, s->set_off[lowest(rest)][l]);
        for (live_set rest = pieces; rest; rest &= rest - 1) off = max_minor(off, s->piece[lowest(rest)][l]);
        x->hi[l] = m->quantity[l] * m->unit[l];
        x->lo[l] = x->hi[l] - m->quantity[l] * min_minor(off, m->unit[l]);
    }
}

static void interval_after_sets(const struct search *s, const struct sets_state *sets, live_set pieces, struct interval *x)
{
    const struct problem *m = s->m;
    x->full = 0;
    for (int l = 0; l < m->n_lines; l++) {
        int64_t off = 0;
        for (live_set rest = pieces; rest; rest &= rest - 1)
            off = max_minor(off, s->piece[lowest(rest)][l] * pieces_counted(&m->live[lowest(rest)], sets->free[l]));
        x->hi[l] = m->quantity[l] * m->unit[l] - sets->off[l];
        x->lo[l] = x->hi[l] - off;
        if (!sets->off[l]) x->full |= BIT(l);
    }
}

static int64_t most_of(const struct live *v, const struct interval *x, const struct problem *m, bool linear)
{
    int64_t lo = 0, hi = 0, count = 0;
    for (line_set r = v->p->full_price_only ? v->lines & x->full : v->lines; r; r &= r - 1) {
        lo += x->lo[lowest(r)];
        hi += x->hi[lowest(r)];
        count += m->quantity[lowest(r)];
    }
    return reduce_most(v->p, linear && !v->p->full_price_only ? lo : hi, hi, count);
}

/* Of promotions with one group at most one applies; candidates: those that are in or may still come in. linear: x->lo bounds every line
 * by itself, not only their sum; then a percent is of lo, since more to pay adds more than its percent takes off. */
static int64_t outer_bound(const struct search *s, const struct interval *x, live_set candidates, bool linear)
{
    const struct problem *m = s->m;
    int64_t most[CART_PROMOTIONS_MAX] = {0}, bound = 0;
    int rate[CART_PROMOTIONS_MAX] = {0}, rates = 0;
    for (live_set r = candidates; r; r &= r - 1) {
        const struct live *v = &m->live[lowest(r)];
        int mine = reduce_rate(v->p);
        if (mine > rate[v->clique]) rate[v->clique] = mine;
    }
    for (int i = 0; i < m->n_cliques; i++) rates += rate[i];
    for (live_set r = candidates; r; r &= r - 1) {
        const struct live *v = &m->live[lowest(r)];
        most[v->clique] = max_minor(most[v->clique], most_of(v, x, m, linear && rates <= PROMOTION_RATE_WHOLE));
    }
    for (int l = 0; l < m->n_lines; l++) bound += x->lo[l];
    for (int i = 0; i < m->n_cliques; i++) bound -= most[i];
    return max_minor(0, bound);
}

/* ---- the outer search ---- */

/* in: chosen; out: refused, or excluded by a chosen one. */
static void decide(struct search *s, int at, live_set in, live_set out, const struct sets_state *sets);

static void decide_next(struct search *s, int at, live_set in, live_set out, const struct sets_state *sets)
{
    const struct problem *m = s->m;
    struct interval x;
    struct sets_state formed;
    live_set pieces = m->pieces & ~out;
    if (!search_enter(s)) return;
    if (at < s->n_line_choices) {
        interval_before_sets(s, m->sets & ~out, pieces, &x);
    } else {
        if (at == s->n_line_choices) {   /* the last of the line level was decided just now */
            form_sets(m, in, &formed, NULL);
            sets = &formed;
        }
        interval_after_sets(s, sets, pieces, &x);
    }
    bool linear = at >= s->n_line_choices || !(m->sets & ~out & s->uneven);
    if (search_worth(s, outer_bound(s, &x, m->reduces & ~out, linear))) decide(s, at, in, out, sets);
}

static void decide(struct search *s, int at, live_set in, live_set out, const struct sets_state *sets)
{
    const struct problem *m = s->m;
    if (at == s->n_choices) {
        search_picks(s, (in & ~m->pieces) | s->always, m->pieces & ~out, sets);
        return;
    }
    int v = s->choices[at];
    if (!(out & BIT(v))) decide_next(s, at + 1, in | BIT(v), out | m->live[v].conflicts, sets);
    if (!s->stopped) decide_next(s, at + 1, in, out | BIT(v), sets);
}

/* ---- setting up ---- */

/* A bound on what a set saves, spread over its pieces so that no piece's part depends on its fellows. */
static int64_t set_off_piece(const struct problem *m, const struct live *v, int l)
{
    const struct promotion *p = v->p;
    int64_t unit = m->unit[l], worth = 0;
    if (!(v->lines & BIT(l))) return 0;
    if (p->kind == PROMOTION_NTH)  /* the cheapest of n costs no more than their mean; one more for rounding */
        return unit * p->rate / PROMOTION_RATE_WHOLE / p->n + 1;
    if (p->kind == PROMOTION_ANY) return max_minor(0, unit - p->price_minor / p->n);
    for (size_t i = 0; i < p->n_items; i++) worth += m->unit[v->item_line[i]] * p->items[i].quantity;
    if (worth <= p->price_minor) return 0;
    __extension__ typedef unsigned __int128 wide;
    return (int64_t)((wide)(uint64_t)unit * (uint64_t)(worth - p->price_minor) / (uint64_t)worth) + 1;
}

static void list_offs(struct search *s)
{
    const struct problem *m = s->m;
    for (int v = 0; v < m->n; v++)
        for (int l = 0; l < m->n_lines; l++) {
            if (m->live[v].p->kind == PROMOTION_ANY) s->uneven |= BIT(v);
            if (m->sets & BIT(v)) s->set_off[v][l] = set_off_piece(m, &m->live[v], l);
            if (m->pieces & BIT(v)) s->piece[v][l] = piece_off(&m->live[v], l, m->unit[l]);
        }
}

static int64_t promise(const struct search *s, int v)
{
    const struct live *x = &s->m->live[v];
    struct interval plain;
    int64_t sum = 0;
    if (live_is_set(x) || live_is_piece(x)) {
        for (int l = 0; l < s->m->n_lines; l++) sum += s->m->quantity[l] * max_minor(s->set_off[v][l], s->piece[v][l]);
        return sum;
    }
    if (x->p->kind == PROMOTION_GIFT) return 0;
    interval_before_sets(s, 0, 0, &plain);
    return most_of(x, &plain, s->m, false);
}

/* The most promising first, so that a good combination is found early; equal ones in the problem's order. */
static void add_choices(struct search *s, live_set which)
{
    int64_t promises[CART_PROMOTIONS_MAX];
    int first = s->n_choices;
    for (; which; which &= which - 1) {
        int v = lowest(which), i = s->n_choices++;
        int64_t mine = promise(s, v);
        for (; i > first && promises[i - 1] < mine; i--) {
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
    for (live_set r = m->pieces; r; r &= r - 1)
        if (m->live[lowest(r)].conflicts & m->pieces) s->chosen_pieces |= BIT(lowest(r));
    for (live_set r = m->gifts; r; r &= r - 1) {
        const struct live *v = &m->live[lowest(r)];
        int64_t amount = 0, count = 0;
        for (line_set lines = v->lines; lines; lines &= lines - 1) {
            amount += m->quantity[lowest(lines)] * m->unit[lowest(lines)];
            count += m->quantity[lowest(lines)];
        }
        s->gift_most += gift_times(v, amount, count) * gift_worth(v->p);
        if (!(v->conflicts & usable)) s->always |= BIT(lowest(r));
    }
    add_choices(s, m->sets);
    add_choices(s, s->chosen_pieces);
    s->n_line_choices = s->n_choices;
    add_choices(s, m->reduces & ~m->coupons);
    add_choices(s, m->coupons);
    add_choices(s, m->gifts & ~s->always);
}

status find_best(const struct problem *m, uint64_t nodes_max, struct arena *a, struct found *out)
{
    struct search s = {.m = m, .nodes_max = nodes_max ? nodes_max : SEARCH_NODES_MAX};
    s.set_off = arena_zalloc(a, (size_t)m->n + 1, sizeof *s.set_off);
    s.piece = arena_zalloc(a, (size_t)m->n + 1, sizeof *s.piece);
    if (!s.set_off || !s.piece) return fail_nomem("pricing a cart");
    list_offs(&s);
    list_choices(&s);
    /* Without any promotion: legal, and there even when the limit ends the search at once. */
    for (int l = 0; l < m->n_lines; l++) {
        s.found.best.pick[l] = PICK_NONE;
        s.found.total += m->quantity[l] * m->unit[l];
    }
    s.found.best.on = s.always;
    s.found.gift_value = -1;
    decide_next(&s, 0, 0, 0, NULL);
    s.found.exact = !s.stopped;
    s.found.nodes = s.nodes;
    *out = s.found;
    return OK;
}
