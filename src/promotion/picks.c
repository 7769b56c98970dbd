/* The inner search: with all other promotions decided, which piece promotion each line picks. Without thresholds near by, every line's
 * cheapest pick is best and the first leaf is the answer; a threshold can make it worth while to leave a discount. */
#include "search_int.h"

struct option { int64_t amount; int8_t pick; };

/* A REDUCE of the combination: what its base may still be. */
struct base {
    const struct live *v;
    int64_t lo, hi, count_hi;
    int64_t lo_of[CART_LINES_MAX], hi_of[CART_LINES_MAX];  /* of the lines not yet picked */
};
struct picks {
    struct search *s;
    live_set on;
    const struct sets_state *sets;
    line_set set_discounted;
    int order[CART_LINES_MAX];
    struct option options[CART_LINES_MAX][CART_PROMOTIONS_MAX + 1];
    int n_options[CART_LINES_MAX];
    struct base bases[CART_PROMOTIONS_MAX];
    int n_bases;
    int order_base;                  /* the only REDUCE of the order level, or -1 */
    int64_t shared_hi[CART_PROMOTIONS_MAX]; /* by base of a coupon: hi of the lines it shares with order_base */
    int64_t rates;                   /* sum of the largest percents */
    int64_t amount[CART_LINES_MAX];
    struct combination c;
};

/* ---- leaves ---- */

static void leaf(struct picks *k)
{
    struct search *s = k->s;
    int64_t amounts[CART_LINES_MAX];
    line_set discounted = 0;
    struct money money;
    for (int l = 0; l < s->m->n_lines; l++) {
        amounts[l] = k->amount[l];
        if (amounts[l] < s->m->quantity[l] * s->m->unit[l]) discounted |= BIT(l);
    }
    upper_levels(s->m, k->on, amounts, discounted, &money, NULL, NULL);
    struct found *f = &s->found;
    if (money.total > f->total || (money.total == f->total && money.gift_value <= f->gift_value)) return;
    f->best = k->c;
    f->total = money.total;
    f->gift_value = money.gift_value;
}

/* ---- bounds ---- */

/* The least that b takes off if it takes off anything; -1: it cannot. A combination in which it takes nothing is also searched without it. */
static int64_t reduce_least(const struct base *b)
{
    const struct promotion *p = b->v->p;
    int64_t least = -1;
    for (size_t t = 0; t < p->n_tiers; t++) {
        const struct promotion_tier *tier = &p->tiers[t];
        if (b->hi < tier->amount_minor || b->count_hi < tier->count) continue;
        int64_t base = max_minor(b->lo, tier->amount_minor), off = tier->rate ? base * tier->rate / PROMOTION_RATE_WHOLE : tier->off_minor;
        if (p->cap_minor) off = min_minor(off, p->cap_minor);
        off = min_minor(off, base);
        if (least < 0 || off < least) least = off;
    }
    return least;
}

/* A coupon sees what the order level left: of lines shared with the one promotion there, at most this much. */
static int64_t coupon_hi(const struct picks *k, int i)
{
    const struct base *b = &k->bases[i];
    if (k->order_base < 0 || b->v->level != LEVEL_COUPON) return b->hi;
    const struct base *o = &k->bases[k->order_base];
    int64_t least = reduce_least(o);
    if (least <= 0 || o->hi <= 0) return b->hi;
    __extension__ typedef unsigned __int128 wide;
    int64_t off = (int64_t)((wide)(uint64_t)k->shared_hi[i] * (uint64_t)least / (uint64_t)o->hi);
    return min_minor(b->hi, b->hi - off + k->s->m->n_lines);
}

static int64_t most_off(const struct picks *k, int i)
{
    const struct base *b = &k->bases[i];
    int64_t hi = coupon_hi(k, i);
    bool linear = !b->v->p->full_price_only && k->rates <= PROMOTION_RATE_WHOLE;
    return reduce_most(b->v->p, linear ? min_minor(b->lo, hi) : hi, hi, b->count_hi);
}

/* To reach a threshold above lo the lines must cost that much more, less what percents then take off of it. */
static int64_t most_off_paid(const struct picks *k, int i, int64_t most)
{
    const struct base *b = &k->bases[i];
    const struct promotion *p = b->v->p;
    int64_t best = 0, keep = max_minor(0, PROMOTION_RATE_WHOLE - k->rates);
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
        if (b->hi < need || b->count_hi < tier->count) continue;
        best = max_minor(best, off - max_minor(0, need - b->lo) * keep / PROMOTION_RATE_WHOLE);
    }
    return min_minor(most, best);
}

/* At least this is paid whatever the lines not yet picked pick; INT64_MAX: nothing here that is not also elsewhere. */
static int64_t picks_bound(const struct picks *k, int64_t lo)
{
    int64_t most[CART_PROMOTIONS_MAX], sum = 0, best = 0;
    for (int i = 0; i < k->n_bases; i++) {
        if (reduce_least(&k->bases[i]) < 0) return INT64_MAX;
        sum += most[i] = most_off(k, i);
    }
    for (int i = 0; i < k->n_bases; i++)
        if (!k->bases[i].v->p->full_price_only) best = max_minor(best, most[i] - most_off_paid(k, i, most[i]));
    return max_minor(0, lo - sum + best);
}

/* ---- descending ---- */

static void add_line(struct picks *k, int l, const struct option *o, int sign)
{
    bool full = o->pick == PICK_NONE && !(k->set_discounted & BIT(l));
    for (int i = 0; i < k->n_bases; i++) {
        struct base *b = &k->bases[i];
        if (!(b->v->lines & BIT(l))) continue;
        int64_t amount = b->v->p->full_price_only && !full ? 0 : o->amount;
        b->lo += sign * (amount - b->lo_of[l]);
        b->hi += sign * (amount - b->hi_of[l]);
        if (k->order_base >= 0 && (k->bases[k->order_base].v->lines & BIT(l))) k->shared_hi[i] += sign * (amount - b->hi_of[l]);
    }
}

static void descend(struct picks *k, int depth, int64_t lo)
{
    if (!search_enter(k->s)) return;
    if (depth == k->s->m->n_lines) {
        leaf(k);
        return;
    }
    int l = k->order[depth];
    int64_t least = k->options[l][0].amount;
    for (int i = 0; i < k->n_options[l] && !k->s->stopped; i++) {
        const struct option *o = &k->options[l][i];
        int64_t with = lo + o->amount - least;
        add_line(k, l, o, 1);
        k->amount[l] = o->amount;
        k->c.pick[l] = o->pick;
        if (search_worth(k->s, picks_bound(k, with))) descend(k, depth + 1, with);
        add_line(k, l, o, -1);
    }
}

/* ---- setting up ---- */

static void keep_option(struct option *options, int *n, struct option o)
{
    int i = *n;
    for (int k = 0; k < *n; k++)
        if (options[k].amount == o.amount) return;   /* the same to every rule: both are reductions, or neither */
    for (; i > 0 && options[i - 1].amount > o.amount; i--) options[i] = options[i - 1];
    options[i] = o;
    (*n)++;
}

static void list_options(struct picks *k, int l, live_set allowed)
{
    const struct problem *m = k->s->m;
    int64_t full = m->quantity[l] * m->unit[l] - k->sets->off[l];
    k->n_options[l] = 0;
    keep_option(k->options[l], &k->n_options[l], (struct option){full, PICK_NONE});
    if (k->sets->off[l] > 0) k->set_discounted |= BIT(l);
    for (; allowed; allowed &= allowed - 1) {
        int v = lowest(allowed);
        int64_t off = k->s->piece[v][l] * pieces_counted(&m->live[v], k->sets->free[l]);
        if (off > 0) keep_option(k->options[l], &k->n_options[l], (struct option){full - off, (int8_t)v});
    }
}

static void list_base(struct picks *k, int v)
{
    const struct problem *m = k->s->m;
    struct base *b = &k->bases[k->n_bases++];
    *b = (struct base){.v = &m->live[v]};
    k->rates += reduce_rate(b->v->p);
    for (line_set s = b->v->lines; s; s &= s - 1) {
        int l = lowest(s), n = k->n_options[l];
        int64_t least = k->options[l][0].amount, most = k->options[l][n - 1].amount;
        bool full_only = b->v->p->full_price_only, can_be_full = !(k->set_discounted & BIT(l));
        b->lo_of[l] = !full_only ? least : can_be_full && n == 1 ? most : 0;
        b->hi_of[l] = !full_only || can_be_full ? most : 0;
        b->lo += b->lo_of[l];
        b->hi += b->hi_of[l];
        if (!full_only || can_be_full) b->count_hi += m->quantity[l];
    }
}

static void relate_bases(struct picks *k)
{
    k->order_base = -1;
    for (int i = 0, found = 0; i < k->n_bases; i++)
        if (k->bases[i].v->level == LEVEL_ORDER) k->order_base = ++found == 1 && !k->bases[i].v->p->full_price_only ? i : -1;
    for (int i = 0; i < k->n_bases && k->order_base >= 0; i++)
        for (line_set s = k->bases[i].v->lines & k->bases[k->order_base].v->lines; s; s &= s - 1) k->shared_hi[i] += k->bases[i].hi_of[lowest(s)];
}

static void sort_by_spread(struct picks *k)
{
    for (int l = 0; l < k->s->m->n_lines; l++) {
        int64_t spread = k->options[l][k->n_options[l] - 1].amount - k->options[l][0].amount;
        int i = l;
        for (; i > 0; i--) {
            int other = k->order[i - 1];
            if (k->options[other][k->n_options[other] - 1].amount - k->options[other][0].amount >= spread) break;
            k->order[i] = other;
        }
        k->order[i] = l;
    }
}

void search_picks(struct search *s, live_set on, live_set allowed, const struct sets_state *sets)
{
    struct picks k;
    int64_t lo = 0;
    k.s = s;
    k.on = on;
    k.sets = sets;
    k.set_discounted = 0;
    k.n_bases = 0;
    k.rates = 0;
    k.c.on = on;
    memset(k.shared_hi, 0, sizeof k.shared_hi);
    for (int l = 0; l < s->m->n_lines; l++) {
        list_options(&k, l, allowed);
        lo += k.options[l][0].amount;
    }
    for (live_set rest = on & s->m->reduces; rest; rest &= rest - 1) list_base(&k, lowest(rest));
    relate_bases(&k);
    sort_by_spread(&k);
    if (search_worth(s, picks_bound(&k, lo))) descend(&k, 0, lo);
}
