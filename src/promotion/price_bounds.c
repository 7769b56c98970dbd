/* What a branch of the search costs at least. Every function errs on the cheap side only; tests/unit/promotion_brute_test.c holds them to it. */
#include "search_int.h"

__extension__ typedef unsigned __int128 wide;

/* ---- the line level ---- */

/* Spread over the pieces so that no piece's part depends on its fellows. */
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
    return (int64_t)((wide)(uint64_t)unit * (uint64_t)(worth - p->price_minor) / (uint64_t)worth) + 1;
}

static int largest_rate(const struct promotion *p)
{
    int rate = 0;
    for (size_t i = 0; i < p->n_tiers; i++)
        if (p->tiers[i].rate > rate) rate = p->tiers[i].rate;
    return rate;
}

void savings_list(const struct problem *m, struct savings *s)
{
    struct sets_state alone;
    for (int v = 0; v < m->n; v++) {
        bool set = m->sets & BIT(v), piece = m->pieces & BIT(v);
        for (int l = 0; l < m->n_lines; l++) {
            s->set_piece[v][l] = set ? set_off_piece(m, &m->live[v], l) : 0;
            s->piece[v][l] = piece ? piece_off(&m->live[v], l, m->unit[l]) : 0;
            /* A set may take a piece without saving on it; then no piece promotion does either. */
            if ((set && (m->live[v].lines & BIT(l))) || s->piece[v][l]) s->on_line[l] |= BIT(v);
        }
        s->rate[v] = largest_rate(m->live[v].p);
        if (m->live[v].p->kind == PROMOTION_ANY) s->uneven |= BIT(v);
        if (!set) continue;
        sets_none(m, &alone);
        s->set_alone[v] = form_sets(m, v, &alone, NULL);
    }
}

/* What piece promotions take off a line: the best of all, of the sure ones, and off one piece. */
struct line_off { int64_t most, certain, each; };

static struct line_off line_offs(const struct problem *m, const struct savings *s, int l, int64_t free, live_set pieces, live_set sure)
{
    struct line_off x = {0};
    for (live_set r = pieces & s->on_line[l]; r; r &= r - 1) {
        int v = lowest(r);
        int64_t off = s->piece[v][l] * pieces_counted(&m->live[v], free);
        x.most = max_minor(x.most, off);
        x.each = max_minor(x.each, s->piece[v][l]);
        if (sure & BIT(v)) x.certain = max_minor(x.certain, off);
    }
    return x;
}

void interval_find(const struct problem *m, const struct savings *s, const struct sets_state *sets, live_set undecided, live_set pieces, live_set sure,
                   struct interval *x)
{
    x->lo_sum = x->least_sum = 0;
    x->full = x->cheap = 0;
    x->known = 0;
    x->uneven = undecided & s->uneven;
    for (live_set r = undecided; r; r &= r - 1) x->least_sum -= s->set_alone[lowest(r)];
    for (int l = 0; l < m->n_lines; l++) {
        int64_t rest = m->quantity[l] * m->unit[l] - sets->off[l], in_set = 0, free = sets->free[l];
        struct line_off o = line_offs(m, s, l, free, pieces, sure);
        live_set here = undecided & s->on_line[l];
        for (live_set r = here; r; r &= r - 1) in_set = max_minor(in_set, s->set_piece[lowest(r)][l]);
        x->least_sum += rest - o.most;
        if (here) {   /* each piece in a set, or at the piece promotion's price */
            o.most = free * min_minor(m->unit[l], max_minor(o.each, in_set));
            o.certain = 0;
        }
        x->lo[l] = max_minor(0, rest - o.most);
        x->hi[l] = rest - o.certain;
        x->lo_sum += x->lo[l];
        if (!sets->off[l] && !o.certain) x->full |= BIT(l);
        if (sets->off[l] || o.most) x->cheap |= BIT(l);
    }
}

/* ---- thresholds ---- */

static struct base find_base(const struct problem *m, const struct interval *x, int v)
{
    struct base b = {.v = &m->live[v]};
    bool full_only = b.v->p->full_price_only;
    for (line_set r = full_only ? b.v->lines & x->full : b.v->lines; r; r &= r - 1) {
        int l = lowest(r);
        if (!full_only || !(x->cheap & BIT(l))) b.lo += x->lo[l];
        b.hi += x->hi[l];
        b.count += m->quantity[l];
    }
    if (x->uneven) b.lo = 0;
    return b;
}

/* The most it can take off when its base is at most hi. linear: the base that percents are of. */
static int64_t reduce_most(const struct base *b, int64_t linear, int64_t hi)
{
    const struct promotion *p = b->v->p;
    int64_t most = 0;
    for (size_t i = 0; i < p->n_tiers; i++) {
        const struct promotion_tier *t = &p->tiers[i];
        if (hi < t->amount_minor || b->count < t->count) continue;
        int64_t off = t->off_minor;
        if (t->rate) off = (linear * t->rate + PROMOTION_RATE_WHOLE - 1) / PROMOTION_RATE_WHOLE;
        else if (p->repeat) off = reduce_reached(p, hi, b->count).off;
        most = max_minor(most, off);
    }
    if (p->cap_minor) most = min_minor(most, p->cap_minor);
    return min_minor(most, hi);
}

static const struct base *base_of(const struct problem *m, struct interval *x, int v)
{
    struct base *b = &x->bases[v];
    if (x->known & BIT(v)) return b;
    *b = find_base(m, x, v);
    x->known |= BIT(v);
    if (!(m->reduces & BIT(v))) return b;
    bool flat_only = x->uneven || b->v->p->full_price_only;
    b->flat = reduce_most(b, b->hi, b->hi);
    b->linear = flat_only ? b->flat : reduce_most(b, b->lo, b->hi);
    return b;
}

/* The most when something took its hi down to `hi`. */
static int64_t most_below(const struct base *b, int64_t hi, bool linear)
{
    if (hi >= b->hi) return linear ? b->linear : b->flat;
    return reduce_most(b, linear && b->linear < b->flat ? min_minor(b->lo, hi) : hi, hi);
}

/* The least it takes off if it takes off anything; -1: it cannot. A combination in which it takes nothing is also searched without it. */
static int64_t reduce_least(const struct base *b)
{
    const struct promotion *p = b->v->p;
    int64_t least = -1;
    for (size_t t = 0; t < p->n_tiers; t++) {
        const struct promotion_tier *tier = &p->tiers[t];
        if (b->hi < tier->amount_minor || b->count < tier->count) continue;
        int64_t base = max_minor(b->lo, tier->amount_minor), off = tier->rate ? base * tier->rate / PROMOTION_RATE_WHOLE : tier->off_minor;
        if (p->cap_minor) off = min_minor(off, p->cap_minor);
        off = min_minor(off, base);
        if (least < 0 || off < least) least = off;
    }
    return least;
}

/* To reach a threshold above lo the lines must cost that much more, of which percents leave `keep`. */
static int64_t most_paid(const struct base *b, int64_t most, int64_t keep)
{
    const struct promotion *p = b->v->p;
    int64_t best = 0;
    for (size_t t = 0; t < p->n_tiers; t++) {
        const struct promotion_tier *tier = &p->tiers[t];
        int64_t need = tier->amount_minor, off = tier->off_minor;
        if (tier->rate || (p->repeat && (tier->count || off > need))) return most;
        if (p->repeat && b->lo >= need) {   /* beyond the next multiple each costs more than it brings */
            int64_t times = b->lo / need;
            best = max_minor(best, times * off);
            need *= times + 1;
            off *= times + 1;
        }
        if (b->hi < need || b->count < tier->count) continue;
        best = max_minor(best, off - max_minor(0, need - b->lo) * keep / PROMOTION_RATE_WHOLE);
    }
    return min_minor(most, best);
}

/* What the order level does to the coupons' bases: the promotions in, each with the least it takes off. */
struct order_level { const struct base *bases[CART_PROMOTIONS_MAX]; int64_t least[CART_PROMOTIONS_MAX]; int n; };

/* Of promotions that can never take more than is left, and of one promotion by itself, `least` is what they take at least. */
static void order_level_find(const struct problem *m, struct interval *x, live_set in, struct order_level *o)
{
    int64_t most = 0;
    o->n = 0;
    for (live_set r = in & m->reduces & ~m->coupons; r; r &= r - 1) {
        const struct base *b = base_of(m, x, lowest(r));
        most += b->flat;
        o->least[o->n] = max_minor(0, reduce_least(b));
        o->bases[o->n++] = b;
    }
    for (int i = 0; o->n > 1 && i < o->n; i++)
        if (o->bases[i]->lo < most) o->n = 0;
}

/* A coupon sees at most this: hi, less what the order level takes from its lines. One promotion there takes from every line in proportion;
 * of several only those count that take from the coupon's lines alone. */
static int64_t coupon_hi(const struct problem *m, const struct interval *x, const struct base *b, const struct order_level *o)
{
    int64_t off = 0, shared = 0;
    if (b->v->level != LEVEL_COUPON || o->n == 0 || b->v->p->full_price_only) return b->hi;
    for (int i = 0; i < o->n && o->n > 1; i++)
        if (!(o->bases[i]->v->lines & ~b->v->lines)) off += o->least[i];
    if (o->n > 1) return max_minor(0, b->hi - off);
    const struct base *one = o->bases[0];
    if (one->v->p->full_price_only || one->hi <= 0) return b->hi;
    for (line_set r = b->v->lines & one->v->lines; r; r &= r - 1) shared += x->hi[lowest(r)];
    off = (int64_t)((wide)(uint64_t)shared * (uint64_t)o->least[0] / (uint64_t)one->hi);
    return min_minor(b->hi, b->hi - off + m->n_lines);
}

/* ---- what is paid ---- */

int64_t bound_decided(const struct problem *m, const struct savings *s, struct interval *x, live_set in)
{
    struct order_level o;
    int64_t rates = 0, linear_sum = 0, flat_sum = 0, best = 0;
    for (live_set r = in & m->reduces; r; r &= r - 1) {
        if (base_of(m, x, lowest(r))->flat == 0) return INT64_MAX;   /* it cannot apply; the same is searched without it */
        rates += s->rate[lowest(r)];
    }
    order_level_find(m, x, in, &o);
    bool linear = rates <= PROMOTION_RATE_WHOLE;
    int64_t keep = max_minor(0, PROMOTION_RATE_WHOLE - rates);
    for (live_set r = in & m->reduces; r; r &= r - 1) {
        const struct base *b = base_of(m, x, lowest(r));
        int64_t hi = coupon_hi(m, x, b, &o), flat = most_below(b, hi, false), most = linear ? most_below(b, hi, true) : flat;
        if (flat == 0) return INT64_MAX;
        linear_sum += most;
        flat_sum += flat;
        if (!x->uneven && !b->v->p->full_price_only) best = max_minor(best, most - most_paid(b, most, keep));
    }
    return max_minor(0, max_minor(x->lo_sum - linear_sum + best, x->least_sum - flat_sum));
}

int64_t bound_undecided(const struct problem *m, const struct savings *s, struct interval *x, live_set in, live_set maybe)
{
    int64_t linear[CART_PROMOTIONS_MAX], flat[CART_PROMOTIONS_MAX], linear_sum = 0, flat_sum = 0;
    int rate[CART_PROMOTIONS_MAX], rates = 0;
    struct order_level o;
    live_set candidates = (in | maybe) & m->reduces;
    for (int c = 0; c < m->n_cliques; c++) linear[c] = flat[c] = rate[c] = 0;
    for (live_set r = candidates; r; r &= r - 1) {
        int c = m->live[lowest(r)].clique;
        if (s->rate[lowest(r)] > rate[c]) rate[c] = s->rate[lowest(r)];
    }
    for (int c = 0; c < m->n_cliques; c++) rates += rate[c];
    order_level_find(m, x, in, &o);
    for (live_set r = candidates; r; r &= r - 1) {
        const struct base *b = base_of(m, x, lowest(r));
        int64_t hi = coupon_hi(m, x, b, &o), most = most_below(b, hi, false);
        int c = b->v->clique;
        if (most == 0 && (in & BIT(lowest(r)))) return INT64_MAX;
        flat[c] = max_minor(flat[c], most);
        linear[c] = max_minor(linear[c], rates <= PROMOTION_RATE_WHOLE ? most_below(b, hi, true) : most);
    }
    for (int c = 0; c < m->n_cliques; c++) {
        linear_sum += linear[c];
        flat_sum += flat[c];
    }
    return max_minor(0, max_minor(x->lo_sum - linear_sum, x->least_sum - flat_sum));
}

int64_t bound_gifts(const struct problem *m, struct interval *x, live_set gifts)
{
    int64_t worth = 0;
    for (; gifts; gifts &= gifts - 1) {
        const struct base *b = base_of(m, x, lowest(gifts));
        worth += gift_times(b->v, b->hi, b->count) * gift_worth(b->v->p);
    }
    return worth;
}
