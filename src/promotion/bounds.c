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

void savings_list(const struct problem *m, struct savings *s)
{
    struct sets_state alone;
    for (int v = 0; v < m->n; v++) {
        bool set = m->sets & BIT(v), piece = m->pieces & BIT(v);
        for (int l = 0; l < m->n_lines; l++) {
            s->set_piece[v][l] = set ? set_off_piece(m, &m->live[v], l) : 0;
            s->piece[v][l] = piece ? piece_off(&m->live[v], l, m->unit[l]) : 0;
        }
        if (m->live[v].p->kind == PROMOTION_ANY) s->uneven |= BIT(v);
        if (!set) continue;
        sets_none(m, &alone);
        s->set_alone[v] = form_sets(m, v, &alone, NULL);
    }
}

void interval_find(const struct problem *m, const struct savings *s, const struct sets_state *sets, live_set undecided, live_set pieces, live_set sure,
                   struct interval *x)
{
    int64_t alone = 0;
    x->lo_sum = x->least_sum = 0;
    x->full = x->cheap = 0;
    x->uneven = undecided & s->uneven;
    for (live_set r = undecided; r; r &= r - 1) alone += s->set_alone[lowest(r)];
    for (int l = 0; l < m->n_lines; l++) {
        int64_t rest = m->quantity[l] * m->unit[l] - sets->off[l], most = 0, certain = 0, in_set = 0, free = sets->free[l];
        for (live_set r = undecided; r; r &= r - 1) in_set = max_minor(in_set, s->set_piece[lowest(r)][l]);
        for (live_set r = pieces; r; r &= r - 1) {
            int v = lowest(r);
            int64_t off = s->piece[v][l] * pieces_counted(&m->live[v], free);
            most = max_minor(most, off);
            if (sure & BIT(v)) certain = max_minor(certain, off);
        }
        x->least_sum += rest - most;
        if (in_set) {   /* each piece in a set, or at the piece promotion's price */
            int64_t each = 0;
            for (live_set r = pieces; r; r &= r - 1) each = max_minor(each, s->piece[lowest(r)][l]);
            most = free * min_minor(m->unit[l], max_minor(each, in_set));
            certain = 0;
        }
        x->lo[l] = max_minor(0, rest - most);
        x->hi[l] = rest - certain;
        x->lo_sum += x->lo[l];
        if (!sets->off[l] && !certain) x->full |= BIT(l);
        if (sets->off[l] || most) x->cheap |= BIT(l);
    }
    x->least_sum -= alone;
}

/* ---- thresholds ---- */

struct base { const struct live *v; int64_t lo, hi, count; };

static struct base base_of(const struct problem *m, const struct interval *x, int v)
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

static int largest_rate(const struct promotion *p)
{
    int rate = 0;
    for (size_t i = 0; i < p->n_tiers; i++)
        if (p->tiers[i].rate > rate) rate = p->tiers[i].rate;
    return rate;
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
struct order_level { struct base bases[CART_PROMOTIONS_MAX]; int64_t least[CART_PROMOTIONS_MAX]; int n; };

/* Of promotions that can never take more than is left, and of one promotion by itself, `least` is what they take at least. */
static void order_level_find(const struct problem *m, const struct interval *x, live_set in, struct order_level *o)
{
    int64_t most = 0;
    o->n = 0;
    for (live_set r = in & m->reduces & ~m->coupons; r; r &= r - 1) {
        struct base b = base_of(m, x, lowest(r));
        most += reduce_most(&b, b.hi, b.hi);
        o->least[o->n] = max_minor(0, reduce_least(&b));
        o->bases[o->n++] = b;
    }
    for (int i = 0; o->n > 1 && i < o->n; i++)
        if (o->bases[i].lo < most) o->n = 0;
}

/* A coupon sees at most this: hi, less what the order level takes from its lines. One promotion there takes from every line in proportion;
 * of several only those count that take from the coupon's lines alone. */
static int64_t coupon_hi(const struct problem *m, const struct interval *x, const struct base *b, const struct order_level *o)
{
    int64_t off = 0, shared = 0;
    if (b->v->level != LEVEL_COUPON || o->n == 0 || b->v->p->full_price_only) return b->hi;
    for (int i = 0; i < o->n && o->n > 1; i++)
        if (!(o->bases[i].v->lines & ~b->v->lines)) off += o->least[i];
    if (o->n > 1) return max_minor(0, b->hi - off);
    if (o->bases[0].v->p->full_price_only || o->bases[0].hi <= 0) return b->hi;
    for (line_set r = b->v->lines & o->bases[0].v->lines; r; r &= r - 1) shared += x->hi[lowest(r)];
    off = (int64_t)((wide)(uint64_t)shared * (uint64_t)o->least[0] / (uint64_t)o->bases[0].hi);
    return min_minor(b->hi, b->hi - off + m->n_lines);
}

/* ---- what is paid ---- */

int64_t bound_decided(const struct problem *m, const struct interval *x, live_set in)
{
    struct base bases[CART_PROMOTIONS_MAX];
    struct order_level o;
    int64_t rates = 0, linear_sum = 0, flat_sum = 0, best = 0;
    int n = 0;
    for (live_set r = in & m->reduces; r; r &= r - 1) {
        bases[n] = base_of(m, x, lowest(r));
        if (reduce_least(&bases[n]) < 0) return INT64_MAX;
        rates += largest_rate(bases[n++].v->p);
    }
    order_level_find(m, x, in, &o);
    bool linear = !x->uneven && rates <= PROMOTION_RATE_WHOLE;
    int64_t keep = max_minor(0, PROMOTION_RATE_WHOLE - rates);
    for (int i = 0; i < n; i++) {
        struct base *b = &bases[i];
        int64_t hi = coupon_hi(m, x, b, &o), flat = reduce_most(b, hi, hi), most = flat;
        if (flat == 0) return INT64_MAX;
        if (linear && !b->v->p->full_price_only) most = reduce_most(b, min_minor(b->lo, hi), hi);
        linear_sum += most;
        flat_sum += flat;
        if (!x->uneven && !b->v->p->full_price_only) best = max_minor(best, most - most_paid(b, most, keep));
    }
    return max_minor(0, max_minor(x->lo_sum - linear_sum + best, x->least_sum - flat_sum));
}

int64_t bound_undecided(const struct problem *m, const struct interval *x, live_set in, live_set maybe)
{
    int64_t linear[CART_PROMOTIONS_MAX] = {0}, flat[CART_PROMOTIONS_MAX] = {0}, linear_sum = 0, flat_sum = 0;
    int rate[CART_PROMOTIONS_MAX] = {0}, rates = 0;
    struct order_level o;
    live_set candidates = (in | maybe) & m->reduces;
    for (live_set r = candidates; r; r &= r - 1) {
        const struct live *v = &m->live[lowest(r)];
        int mine = largest_rate(v->p);
        if (mine > rate[v->clique]) rate[v->clique] = mine;
    }
    for (int i = 0; i < m->n_cliques; i++) rates += rate[i];
    order_level_find(m, x, in, &o);
    for (live_set r = candidates; r; r &= r - 1) {
        struct base b = base_of(m, x, lowest(r));
        int c = b.v->clique;
        b.hi = coupon_hi(m, x, &b, &o);
        bool lo = !x->uneven && rates <= PROMOTION_RATE_WHOLE && !b.v->p->full_price_only;
        int64_t most = reduce_most(&b, b.hi, b.hi);
        if (most == 0 && (in & BIT(lowest(r)))) return INT64_MAX;
        flat[c] = max_minor(flat[c], most);
        linear[c] = max_minor(linear[c], lo ? reduce_most(&b, min_minor(b.lo, b.hi), b.hi) : most);
    }
    for (int i = 0; i < m->n_cliques; i++) {
        linear_sum += linear[i];
        flat_sum += flat[i];
    }
    return max_minor(0, max_minor(x->lo_sum - linear_sum, x->least_sum - flat_sum));
}

int64_t bound_gifts(const struct problem *m, const struct interval *x, live_set gifts)
{
    int64_t worth = 0;
    for (; gifts; gifts &= gifts - 1) {
        struct base b = base_of(m, x, lowest(gifts));
        worth += gift_times(b.v, b.hi, b.count) * gift_worth(b.v->p);
    }
    return worth;
}
