/* What one combination costs: the rules of promotion.h, level by level. */
#include "promotion_int.h"

__extension__ typedef unsigned __int128 wide;

/* ---- rounding and sharing ---- */

int64_t rate_of(int64_t minor, int rate)
{
    /* minor <= CART_MINOR_MAX, so the product stays below 2^63. */
    return (minor * rate + PROMOTION_RATE_WHOLE / 2) / PROMOTION_RATE_WHOLE;
}

/* Quotient and remainder of off * weight / sum; narrow numbers, the common ones, without the slow wide division. */
static int64_t divide(int64_t off, int64_t weight, int64_t sum, uint64_t *rest)
{
    if ((uint64_t)off < BIT(31) && (uint64_t)weight < BIT(31)) {
        uint64_t product = (uint64_t)off * (uint64_t)weight;
        *rest = product % (uint64_t)sum;
        return (int64_t)(product / (uint64_t)sum);
    }
    wide product = (wide)(uint64_t)off * (uint64_t)weight;
    *rest = (uint64_t)(product % (uint64_t)sum);
    return (int64_t)(product / (uint64_t)sum);
}

void share_minor(int64_t off, const int64_t *weights, int n, int64_t *out)
{
    uint64_t rest[CART_LINES_MAX];
    int64_t sum = 0, left = off;
    for (int i = 0; i < n; i++) sum += weights[i];
    for (int i = 0; i < n; i++) {
        out[i] = sum ? divide(off, weights[i], sum, &rest[i]) : 0;
        left -= out[i];
    }
    for (; sum && left > 0; left--) {
        int most = 0;
        for (int i = 1; i < n; i++)
            if (rest[i] > rest[most]) most = i;
        out[most]++;
        rest[most] = 0;
    }
}

/* ---- sets ---- */

/* What the sets of one promotion take: pieces by line. */
struct taken { int64_t times, off, pieces[CART_LINES_MAX]; };

static void take_front(const struct problem *m, const struct live *v, const int64_t *free, int64_t pieces, struct taken *t)
{
    for (int i = 0; i < m->n_lines && pieces > 0; i++) {
        int l = m->dearest[i];
        if (!(v->lines & BIT(l))) continue;
        t->pieces[l] = min_minor(free[l], pieces);
        pieces -= t->pieces[l];
    }
}

/* A set saves what its last, cheapest piece gives; the cheapest pieces come line by line, so whole runs of sets are counted at once. */
static void form_nth(const struct problem *m, const struct live *v, const int64_t *free, struct taken *t)
{
    int64_t n = v->p->n, passed = 0;
    for (int i = 0; i < m->n_lines; i++) {
        int l = m->dearest[i];
        if (!(v->lines & BIT(l))) continue;
        int64_t sets = min_minor((passed + free[l]) / n - passed / n, v->times_max - t->times), each = rate_of(m->unit[l], v->p->rate);
        if (sets > 0 && each == 0) break;   /* those behind are cheaper still */
        t->times += sets;
        t->off += sets * each;
        passed += free[l];
    }
    take_front(m, v, free, t->times * n, t);
}

/* Sets cut from the front: pieces first fill the set that is begun, then come whole sets of one line. False: no more sets. */
static bool add_any(const struct live *v, int64_t sets, int64_t worth, struct taken *t)
{
    sets = min_minor(sets, v->times_max - t->times);
    if (sets <= 0 || worth <= v->p->price_minor) return false;   /* sets behind are worth no more */
    t->times += sets;
    t->off += sets * (worth - v->p->price_minor);
    return true;
}

static void form_any(const struct problem *m, const struct live *v, const int64_t *free, struct taken *t)
{
    int64_t n = v->p->n, have = 0, worth = 0;
    bool more = true;
    for (int i = 0; i < m->n_lines && more; i++) {
        int l = m->dearest[i];
        if (!(v->lines & BIT(l))) continue;
        int64_t fill = have > 0 ? min_minor(free[l], n - have) : 0, rest = free[l] - fill;
        have += fill;
        worth += fill * m->unit[l];
        if (have == n) {
            more = add_any(v, 1, worth, t);
            have = worth = 0;
        }
        if (more && have == 0 && rest >= n) more = add_any(v, rest / n, n * m->unit[l], t);
        if (have == 0) {
            have = rest % n;
            worth = have * m->unit[l];
        }
    }
    take_front(m, v, free, t->times * n, t);
}

static void form_bundle(const struct problem *m, const struct live *v, const int64_t *free, struct taken *t)
{
    int64_t worth = 0, times = v->times_max;
    for (size_t i = 0; i < v->p->n_items; i++) {
        int l = v->item_line[i];
        times = min_minor(times, free[l] / v->p->items[i].quantity);
        worth += m->unit[l] * v->p->items[i].quantity;
    }
    if (worth <= v->p->price_minor || times <= 0) return;
    t->times = times;
    t->off = times * (worth - v->p->price_minor);
    for (size_t i = 0; i < v->p->n_items; i++) t->pieces[v->item_line[i]] = times * v->p->items[i].quantity;
}

static void settle_sets(const struct problem *m, const struct taken *t, struct sets_state *s, struct part *part)
{
    int64_t worth[CART_LINES_MAX] = {0}, share[CART_LINES_MAX];
    for (int l = 0; l < m->n_lines; l++) worth[l] = t->pieces[l] * m->unit[l];
    share_minor(t->off, worth, m->n_lines, share);
    if (part) *part = (struct part){.times = t->times, .off = t->off};
    for (int l = 0; l < m->n_lines; l++) {
        s->free[l] -= t->pieces[l];
        s->off[l] += share[l];
        if (!part || !t->pieces[l]) continue;
        part->lines |= BIT(l);
        part->pieces[l] = t->pieces[l];
        part->before[l] = worth[l];
        part->share[l] = share[l];
        part->base += worth[l];
        part->count += t->pieces[l];
    }
}

void sets_none(const struct problem *m, struct sets_state *s)
{
    memcpy(s->free, m->quantity, sizeof *s->free * (size_t)m->n_lines);
    memset(s->off, 0, sizeof *s->off * (size_t)m->n_lines);
}

int64_t form_sets(const struct problem *m, int v, struct sets_state *s, struct part *part)
{
    const struct live *x = &m->live[v];
    struct taken t;
    t.times = t.off = 0;
    memset(t.pieces, 0, sizeof *t.pieces * (size_t)m->n_lines);
    if (x->p->kind == PROMOTION_NTH) form_nth(m, x, s->free, &t);
    else if (x->p->kind == PROMOTION_ANY) form_any(m, x, s->free, &t);
    else form_bundle(m, x, s->free, &t);
    if (t.off > 0) settle_sets(m, &t, s, part);
    return t.off;
}

/* ---- pieces ---- */

int64_t piece_off(const struct live *v, int line, int64_t unit)
{
    if (!(v->lines & BIT(line))) return 0;
    if (v->p->kind == PROMOTION_PERCENT) return rate_of(unit, v->p->rate);
    for (size_t i = 0; i < v->p->n_items; i++)
        if (v->item_line[i] == line) return max_minor(0, unit - v->p->items[i].price_minor);
    return 0;
}

/* ---- thresholds ---- */

static int64_t times_reached(const struct promotion_tier *t, int64_t base, int64_t count)
{
    int64_t times = INT64_MAX;
    if (t->amount_minor) times = base / t->amount_minor;
    if (t->count) times = min_minor(times, count / t->count);
    return times;
}

struct reached reduce_reached(const struct promotion *p, int64_t base, int64_t count)
{
    struct reached r = {.tier = -1};
    for (size_t i = 0; i < p->n_tiers; i++)
        if (base >= p->tiers[i].amount_minor && count >= p->tiers[i].count) r.tier = (int)i;
    if (r.tier < 0) return r;
    const struct promotion_tier *t = &p->tiers[r.tier];
    r.times = p->repeat ? times_reached(t, base, count) : 1;
    if (t->rate) r.off = rate_of(base, t->rate);
    else r.off = r.times > base / t->off_minor ? base : r.times * t->off_minor;   /* the product may not fit; never more than base */
    if (p->cap_minor) r.off = min_minor(r.off, p->cap_minor);
    return r;
}

int64_t gift_times(const struct live *v, int64_t base, int64_t count)
{
    const struct promotion *p = v->p;
    if (base < p->tiers[0].amount_minor || count < p->tiers[0].count) return 0;
    int64_t times = p->repeat ? times_reached(&p->tiers[0], base, count) : 1;
    if (p->gift_stock >= 0) times = min_minor(times, p->gift_stock / p->gift_quantity);
    return min_minor(times, v->times_max);
}

int64_t gift_worth(const struct promotion *p) { return p->gift_quantity * max_minor(1, p->gift_value_minor); }

/* ---- order and coupon ---- */

static line_set lines_counted(const struct live *v, line_set discounted)
{
    return v->p->full_price_only ? v->lines & ~discounted : v->lines;
}

static void measure(const struct problem *m, line_set lines, const int64_t *amounts, int64_t *base, int64_t *count)
{
    *base = *count = 0;
    for (; lines; lines &= lines - 1) {
        *base += amounts[lowest(lines)];
        *count += m->quantity[lowest(lines)];
    }
}

/* Takes off at most what is left of the lines, shared in proportion to it. */
static int64_t take_off(const struct problem *m, line_set lines, int64_t off, int64_t *left, struct part *part)
{
    int64_t weight[CART_LINES_MAX], share[CART_LINES_MAX], sum = 0;
    int n = 0;
    for (line_set s = lines; s; s &= s - 1) sum += weight[n++] = left[lowest(s)];
    off = min_minor(off, sum);
    share_minor(off, weight, n, share);
    n = 0;
    for (line_set s = lines; s; s &= s - 1, n++) {
        int l = lowest(s);
        left[l] -= share[n];
        if (!part) continue;
        part->share[l] = share[n];
        part->pieces[l] = m->quantity[l];
    }
    return off;
}

static int64_t take_only(line_set lines, int64_t off, const int64_t *left)
{
    int64_t sum = 0;
    for (; lines; lines &= lines - 1) sum += left[lowest(lines)];
    return min_minor(off, sum);
}

/* last: nobody asks what the last promotion leaves of each line. */
static int64_t reduce_level(const struct problem *m, live_set on, int64_t *amounts, line_set discounted, bool last, struct part *parts)
{
    int64_t began[CART_LINES_MAX], off = 0;
    memcpy(began, amounts, sizeof *began * (size_t)m->n_lines);
    for (; on; on &= on - 1) {
        const struct live *v = &m->live[lowest(on)];
        line_set lines = lines_counted(v, discounted);
        int64_t base, count;
        measure(m, lines, began, &base, &count);
        struct reached r = reduce_reached(v->p, base, count);
        struct part *part = parts ? &parts[lowest(on)] : NULL;
        if (part) {
            *part = (struct part){.times = r.times, .tier = r.tier, .base = base, .count = count, .lines = lines};
            for (line_set s = lines; s; s &= s - 1) part->before[lowest(s)] = began[lowest(s)];
        }
        if (r.tier < 0) continue;
        if (last && !part && !(on & (on - 1))) return off + take_only(lines, r.off, amounts);
        int64_t taken = take_off(m, lines, r.off, amounts, part);
        if (part) part->off = taken;
        off += taken;
    }
    return off;
}

static int64_t gifts_given(const struct problem *m, live_set on, const int64_t *amounts, line_set discounted, struct part *parts)
{
    int64_t value = 0;
    for (; on; on &= on - 1) {
        const struct live *v = &m->live[lowest(on)];
        line_set lines = lines_counted(v, discounted);
        int64_t base, count;
        measure(m, lines, amounts, &base, &count);
        int64_t times = gift_times(v, base, count);
        value += times * gift_worth(v->p);
        if (!parts) continue;
        struct part *part = &parts[lowest(on)];
        *part = (struct part){.times = times, .base = base, .count = count, .lines = lines};
        for (line_set s = lines; s; s &= s - 1) {
            part->before[lowest(s)] = amounts[lowest(s)];
            part->pieces[lowest(s)] = m->quantity[lowest(s)];
        }
    }
    return value;
}

void upper_levels(const struct problem *m, live_set on, int64_t *amounts, line_set discounted, struct money *out, int64_t *after_order, struct part *parts)
{
    int64_t sum = 0;
    for (int l = 0; l < m->n_lines; l++) sum += amounts[l];
    out->after[LEVEL_LINE] = sum;
    out->gift_value = gifts_given(m, on & m->gifts, amounts, discounted, parts);
    sum -= reduce_level(m, on & m->reduces & ~m->coupons, amounts, discounted, !(on & m->coupons) && !after_order, parts);
    out->after[LEVEL_ORDER] = sum;
    if (after_order) memcpy(after_order, amounts, sizeof *amounts * (size_t)m->n_lines);
    sum -= reduce_level(m, on & m->coupons, amounts, discounted, true, parts);
    out->after[LEVEL_COUPON] = out->total = sum;
}

/* ---- all of it ---- */

static int64_t best_piece(const struct problem *m, live_set on, int l, int64_t free, int *best)
{
    int64_t most = 0;
    *best = PICK_NONE;
    for (live_set rest = on & m->pieces; rest; rest &= rest - 1) {
        const struct live *v = &m->live[lowest(rest)];
        int64_t off = pieces_counted(v, free) * piece_off(v, l, m->unit[l]);
        if (off <= most) continue;
        most = off;
        *best = lowest(rest);
    }
    return most;
}

line_set line_level(const struct problem *m, live_set on, const struct sets_state *s, int64_t *amounts, int8_t *pick)
{
    line_set discounted = 0;
    for (int l = 0; l < m->n_lines; l++) {
        int best;
        int64_t off = s->off[l] + best_piece(m, on, l, s->free[l], &best);
        amounts[l] = m->quantity[l] * m->unit[l] - off;
        if (off > 0) discounted |= BIT(l);
        if (pick) pick[l] = (int8_t)best;
    }
    return discounted;
}

static void part_of_pieces(const struct problem *m, const int8_t *pick, const struct sets_state *s, struct part *parts)
{
    for (int l = 0; l < m->n_lines; l++) {
        if (pick[l] == PICK_NONE) continue;
        const struct live *v = &m->live[pick[l]];
        struct part *part = &parts[pick[l]];
        part->times = 1;
        part->lines |= BIT(l);
        part->pieces[l] = pieces_counted(v, s->free[l]);
        part->before[l] = part->pieces[l] * m->unit[l];
        part->share[l] = part->pieces[l] * piece_off(v, l, m->unit[l]);
        part->base += part->before[l];
        part->count += part->pieces[l];
        part->off += part->share[l];
    }
}

void price_combination(const struct problem *m, live_set on, struct money *out, int8_t *pick, int64_t *line_after, int64_t *order_after, int64_t *pay,
                       struct part *parts)
{
    struct sets_state s;
    sets_none(m, &s);
    for (live_set rest = on & m->sets; rest; rest &= rest - 1) form_sets(m, lowest(rest), &s, &parts[lowest(rest)]);
    line_set discounted = line_level(m, on, &s, pay, pick);
    part_of_pieces(m, pick, &s, parts);
    memcpy(line_after, pay, sizeof *pay * (size_t)m->n_lines);
    upper_levels(m, on, pay, discounted, out, order_after, parts);
}
