/* What a little more in the cart would bring. Only what can be said for sure: no promise is made where using the promotion would mean
 * giving up another whose worth it does not make good. */
#include <stdlib.h>

#include "promotion_int.h"

enum { NEAR_MAX = 8 };

struct near_list {
    const struct settled *s;
    struct near_miss items[NEAR_MAX];
    int64_t distance[NEAR_MAX];      /* thousandths of the threshold that are missing */
    size_t n;
};

static void add(struct near_list *list, struct near_miss x, int64_t distance)
{
    size_t i = list->n;
    if (list->n == NEAR_MAX && distance >= list->distance[NEAR_MAX - 1]) return;
    if (list->n < NEAR_MAX) list->n++;
    else i--;
    for (; i > 0 && list->distance[i - 1] > distance; i--) {
        list->items[i] = list->items[i - 1];
        list->distance[i] = list->distance[i - 1];
    }
    list->items[i] = x;
    list->distance[i] = distance;
}

/* What is used now and would have to go, itself included. */
static int64_t given_up(const struct settled *s, int v)
{
    int64_t sum = 0;
    for (live_set r = (s->m->live[v].conflicts | BIT(v)) & s->used; r; r &= r - 1) sum += s->parts[lowest(r)].off;
    return sum;
}

static bool gives_up_gift(const struct settled *s, int v) { return (s->m->live[v].conflicts & s->used & s->m->gifts) != 0; }

static void seen(const struct settled *s, int v, int64_t *base, int64_t *count)
{
    const struct live *x = &s->m->live[v];
    const int64_t *amounts = x->level == LEVEL_COUPON ? s->order_after : s->line_after;
    *base = *count = 0;
    for (line_set r = x->lines; r; r &= r - 1) {
        int l = lowest(r);
        if (x->p->full_price_only && s->line_after[l] < s->m->quantity[l] * s->m->unit[l]) continue;
        *base += amounts[l];
        *count += s->m->quantity[l];
    }
}

/* A further reduction of the order level lowers what the coupons used see: what they then take off less; all of it when they could no
 * longer be used. */
static int64_t coupons_lose(const struct settled *s, int v, int64_t gain)
{
    int64_t lost = 0;
    for (live_set r = s->m->live[v].level == LEVEL_ORDER ? s->used & s->m->coupons : 0; r; r &= r - 1) {
        const struct part *part = &s->parts[lowest(r)];
        if (!(part->lines & s->m->live[v].lines)) continue;
        struct reached x = reduce_reached(s->m->live[lowest(r)].p, max_minor(0, part->base - gain), part->count);
        lost += max_minor(0, part->off - x.off);
    }
    return lost;
}

/* The thresholds of one tier, `times` as high. */
static void near_tier(struct near_list *list, int v, size_t tier, int64_t times, int64_t base, int64_t count)
{
    const struct settled *s = list->s;
    const struct promotion_tier *t = &s->m->live[v].p->tiers[tier];
    const struct live *x = &s->m->live[v];
    int64_t amount = max_minor(0, t->amount_minor * times - base), pieces = max_minor(0, t->count * times - count);
    if ((amount > 0) == (pieces > 0)) return;   /* reached, or far in two ways */
    int64_t whole = amount ? t->amount_minor : t->count, missing = amount ? amount : pieces;   /* of a repeated threshold: the next step */
    if (missing * 2 > whole) return;
    struct near_miss m = {.promotion = x->p, .kind = amount ? NEAR_AMOUNT : NEAR_COUNT, .amount_minor = amount, .count = pieces, .tier = tier};
    if (x->p->kind == PROMOTION_GIFT) {
        if (gift_times(x, base + amount, count + pieces) <= s->parts[v].times || given_up(s, v) > 0 || gives_up_gift(s, v)) return;
    } else {
        m.gain_minor = reduce_reached(x->p, base + amount, count + pieces).off - given_up(s, v);
        m.gain_minor -= coupons_lose(s, v, m.gain_minor);
        if (m.gain_minor <= 0 || gives_up_gift(s, v)) return;
    }
    add(list, m, missing * 1000 / whole);
}

static void near_threshold(struct near_list *list, int v)
{
    const struct promotion *p = list->s->m->live[v].p;
    int64_t base, count, times = 0;
    seen(list->s, v, &base, &count);
    if (p->repeat) {
        const struct promotion_tier *t = &p->tiers[0];
        times = t->amount_minor ? base / t->amount_minor : count / t->count;
        if (t->amount_minor && t->count) times = min_minor(times, count / t->count);
        near_tier(list, v, 0, times + 1, base, count);
        return;
    }
    for (size_t i = 0; i < p->n_tiers; i++) {
        const struct promotion_tier *t = &p->tiers[i];
        if (base >= t->amount_minor && count >= t->count) continue;
        near_tier(list, v, i, 1, base, count);
        return;
    }
}

static bool sets_may_grow(const struct settled *s, int v)
{
    const struct live *x = &s->m->live[v];
    return s->parts[v].times < x->times_max && !(x->conflicts & s->used);
}

/* Pieces that no set took and no other promotion made cheaper. */
static void near_pieces(struct near_list *list, int v)
{
    const struct settled *s = list->s;
    const struct live *x = &s->m->live[v];
    int64_t n = x->p->n, over = 0, worth = 0;
    for (line_set r = x->lines; r; r &= r - 1) {
        int l = lowest(r);
        if (s->pick[l] != PICK_NONE) continue;
        over += s->free[l];
        worth += s->free[l] * s->m->unit[l];
    }
    if (over == 0 || over >= n || over * 2 < n || !sets_may_grow(s, v)) return;
    if (x->p->kind == PROMOTION_ANY && worth / over * n <= x->p->price_minor) return;
    add(list, (struct near_miss){.promotion = x->p, .kind = NEAR_COUNT, .count = n - over}, (n - over) * 1000 / n);
}

static void near_bundle(struct near_list *list, int v)
{
    const struct settled *s = list->s;
    const struct live *x = &s->m->live[v];
    int64_t whole = 0, missing = 0;
    const struct promotion_item *lacking = NULL;
    for (size_t i = 0; i < x->p->n_items; i++) {
        const struct promotion_item *item = &x->p->items[i];
        int l = x->item_line[i];
        int64_t free = l >= 0 && s->pick[l] == PICK_NONE ? s->free[l] : 0, lacks = max_minor(0, item->quantity - free);
        whole += item->quantity;
        missing += lacks;
        if (lacks && lacking) return;
        if (lacks) lacking = item;
    }
    if (!lacking || missing * 2 > whole || !sets_may_grow(s, v)) return;
    add(list, (struct near_miss){.promotion = x->p, .kind = NEAR_PRODUCT, .count = missing, .product = lacking->product}, missing * 1000 / whole);
}

status near_misses(const struct settled *s, struct arena *a, struct cart_result *out)
{
    struct near_list list = {.s = s};
    for (int v = 0; v < s->m->n; v++) {
        switch (s->m->live[v].p->kind) {
        case PROMOTION_REDUCE:
        case PROMOTION_GIFT: near_threshold(&list, v); break;
        case PROMOTION_NTH:
        case PROMOTION_ANY: near_pieces(&list, v); break;
        case PROMOTION_BUNDLE: near_bundle(&list, v); break;
        default: break;
        }
    }
    struct near_miss *items = arena_zalloc(a, NEAR_MAX, sizeof *items);
    if (!items) return fail_nomem("pricing a cart");
    memcpy(items, list.items, sizeof list.items);
    for (size_t i = 0; i < list.n; i++) TRY(word_near(s, &items[i], a));
    out->near = items;
    out->n_near = list.n;
    return OK;
}
