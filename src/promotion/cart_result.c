/* The best combination as the caller's result: amounts by line, promotions with their shares, coupons that did not apply. */
#include "promotion_int.h"

static struct promotion_use use_of(const struct settled *s, int v)
{
    const struct live *x = &s->m->live[v];
    const struct part *part = &s->parts[v];
    bool counted = live_is_set(x) || x->p->kind == PROMOTION_GIFT;
    return (struct promotion_use){
        .promotion = x->p, .level = x->level, .times = part->times, .uses = counted ? part->times : 1, .tier = (size_t)max_minor(0, part->tier),
        .base_minor = part->base, .base_count = part->count, .off_minor = part->off,
        .gift_quantity = x->p->kind == PROMOTION_GIFT ? part->times * x->p->gift_quantity : 0,
    };
}

static status shares_of(const struct settled *s, int v, struct arena *a, struct promotion_use *u)
{
    const struct part *part = &s->parts[v];
    struct promotion_share *shares = arena_zalloc(a, CART_LINES_MAX, sizeof *shares);
    if (!shares) return fail_nomem("pricing a cart");
    for (line_set r = part->lines; r; r &= r - 1) {
        int l = lowest(r);
        size_t i = u->n_shares++;
        for (; i > 0 && shares[i - 1].line > s->m->at[l]; i--) shares[i] = shares[i - 1];   /* as the cart has them */
        shares[i] = (struct promotion_share){s->m->at[l], part->pieces[l], part->before[l], part->share[l]};
    }
    u->shares = shares;
    return OK;
}

static status add_uses(const struct settled *s, live_set which, struct arena *a, struct promotion_use *uses, size_t *n)
{
    for (; which; which &= which - 1) {
        struct promotion_use *u = &uses[(*n)++];
        *u = use_of(s, lowest(which));
        TRY(shares_of(s, lowest(which), a, u));
        TRY(word_use(s, u, a));
    }
    return OK;
}

static status list_uses(const struct settled *s, struct arena *a, struct cart_result *out)
{
    const struct problem *m = s->m;
    struct promotion_use *uses = arena_zalloc(a, (size_t)m->n + 1, sizeof *uses);
    if (!uses) return fail_nomem("pricing a cart");
    const live_set parts[] = {m->sets, m->pieces, m->reduces & ~m->coupons, m->coupons, m->gifts};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) TRY(add_uses(s, parts[i] & s->used, a, uses, &out->n_uses));
    out->uses = uses;
    return OK;
}

static status list_lines(const struct settled *s, struct arena *a, struct cart_result *out)
{
    const struct problem *m = s->m;
    struct cart_line_result *lines = arena_zalloc(a, (size_t)m->n_lines + 1, sizeof *lines);
    if (!lines) return fail_nomem("pricing a cart");
    for (int l = 0; l < m->n_lines; l++) {
        int64_t before = m->quantity[l] * m->unit[l];
        struct cart_line_result *x = &lines[m->at[l]];
        *x = (struct cart_line_result){before, before - s->line_after[l], s->line_after[l] - s->order_after[l], s->order_after[l] - s->pay[l], s->pay[l]};
        out->before_minor += before;
        out->line_off_minor += x->line_off_minor;
        out->order_off_minor += x->order_off_minor;
        out->coupon_off_minor += x->coupon_off_minor;
        out->total_minor += x->pay_minor;
        if (x->pay_minor < 0 || x->line_off_minor < 0 || x->order_off_minor < 0 || x->coupon_off_minor < 0)
            return fail(ERR_INTERNAL, "line %zu of the cart came out below nothing; please report it with the cart", m->at[l] + 1);
    }
    out->lines = lines;
    if (out->total_minor == s->money.total && s->money.total == s->found.total) return OK;
    return fail(ERR_INTERNAL, "the cart's lines sum to %lld, its total is %lld, the search had %lld; please report it with the cart", (long long)out->total_minor,
                (long long)s->money.total, (long long)s->found.total);
}

static live_set with_effect(const struct settled *s)
{
    live_set used = 0;
    for (int v = 0; v < s->m->n; v++) {
        bool gift = s->m->live[v].p->kind == PROMOTION_GIFT;
        if (s->parts[v].off > 0 || (gift && s->parts[v].times > 0)) used |= BIT(v);
    }
    return used;
}

status result_build(struct settled *s, struct arena *a, struct cart_result *out)
{
    s->used = with_effect(s);
    *out = (struct cart_result){.exact = s->found.exact, .nodes = s->found.nodes};
    TRY(list_lines(s, a, out));
    TRY(list_uses(s, a, out));
    for (live_set r = s->used & s->m->gifts; r; r &= r - 1) {
        const struct live *v = &s->m->live[lowest(r)];
        out->gift_value_minor += s->parts[lowest(r)].times * v->p->gift_quantity * v->p->gift_value_minor;
    }
    TRY(near_misses(s, a, out));
    return coupon_answers(s, a, out);
}

/* ---- coupons ---- */

static const struct promotion *by_code(const struct problem *m, const char *code)
{
    for (size_t i = 0; i < m->n_all; i++)
        if (*m->all[i].code && strcmp(m->all[i].code, code) == 0) return &m->all[i];
    return NULL;
}

static int live_of(const struct problem *m, const struct promotion *p)
{
    for (int v = 0; v < m->n; v++)
        if (m->live[v].p == p) return v;
    return -1;
}

/* What the coupon would have seen: amounts after the order level. */
static void coupon_base(const struct settled *s, const struct live *v, int64_t *base, int64_t *count)
{
    *base = *count = 0;
    for (line_set r = v->lines; r; r &= r - 1) {
        int l = lowest(r);
        if (v->p->full_price_only && s->line_after[l] < s->m->quantity[l] * s->m->unit[l]) continue;
        *base += s->order_after[l];
        *count += s->m->quantity[l];
    }
}

static const struct promotion *answer(const struct settled *s, struct coupon_answer *x)
{
    const struct problem *m = s->m;
    x->promotion = by_code(m, x->code);
    x->reason = COUPON_UNKNOWN;
    if (!x->promotion) return NULL;
    x->reason = promotion_open(m->cart, x->promotion);
    if (x->reason != COUPON_APPLIED) return NULL;
    int v = live_of(m, x->promotion);
    if (v < 0) {
        x->reason = COUPON_SCOPE;
        return NULL;
    }
    if (s->used & BIT(v)) return NULL;
    int64_t base, count;
    coupon_base(s, &m->live[v], &base, &count);
    x->reason = reduce_reached(x->promotion, base, count).tier < 0 ? COUPON_THRESHOLD : COUPON_EXCLUDED;
    x->missing_minor = max_minor(0, x->promotion->tiers[0].amount_minor - base);
    x->missing_count = max_minor(0, x->promotion->tiers[0].count - count);
    live_set rivals = m->live[v].conflicts & s->used;
    return x->reason == COUPON_EXCLUDED && rivals ? m->live[lowest(rivals)].p : NULL;
}

status coupon_answers(const struct settled *s, struct arena *a, struct cart_result *out)
{
    const struct cart *c = s->m->cart;
    struct coupon_answer *answers = arena_zalloc(a, c->n_codes + 1, sizeof *answers);
    if (!answers) return fail_nomem("pricing a cart");
    for (size_t i = 0; i < c->n_codes; i++) {
        answers[i].code = c->codes[i];
        const struct promotion *rival = answer(s, &answers[i]);
        TRY(word_coupon(s, &answers[i], rival, a));
    }
    out->coupons = answers;
    out->n_coupons = c->n_codes;
    return OK;
}

/* ---- the calls of promotion.h ---- */

status promotion_best(const struct cart *c, const struct promotion *promotions, size_t n, uint64_t nodes_max, struct arena *a, struct cart_result *out)
{
    struct problem *m = arena_zalloc(a, 1, sizeof *m);
    struct settled *s = arena_zalloc(a, 1, sizeof *s);
    struct sets_state sets;
    if (!m || !s) return fail_nomem("pricing a cart");
    TRY(problem_build(c, promotions, n, a, m));
    s->m = m;
    TRY(find_best(m, nodes_max, a, &s->found));
    s->parts = arena_zalloc(a, (size_t)m->n + 1, sizeof *s->parts);
    if (!s->parts) return fail_nomem("pricing a cart");
    price_combination(m, s->found.on, &s->money, s->pick, s->line_after, s->order_after, s->pay, s->parts);
    sets_none(m, &sets);
    for (live_set rest = s->found.on & m->sets; rest; rest &= rest - 1) form_sets(m, lowest(rest), &sets, NULL);
    memcpy(s->free, sets.free, sizeof *s->free * (size_t)m->n_lines);
    return result_build(s, a, out);
}

status promotion_price(const struct cart *shopper, const struct cart_line *product, const struct promotion *promotions, size_t n, struct arena *a,
                       struct cart_result *out)
{
    struct cart one = *shopper;
    struct cart_line *line = arena_alloc(a, sizeof *line);
    if (!line) return fail_nomem("pricing a product");
    *line = *product;
    line->quantity = 1;
    one.lines = line;
    one.n_lines = 1;
    one.n_codes = 0;
    return promotion_best(&one, promotions, n, 0, a, out);
}

int64_t cart_refund_minor(int64_t pay_minor, int64_t quantity, int64_t returned, int64_t count)
{
    __extension__ typedef unsigned __int128 wide;
    if (quantity <= 0 || returned < 0 || count < 0 || pay_minor < 0 || returned + count > quantity) return 0;
    wide after = (wide)(uint64_t)pay_minor * (uint64_t)(returned + count) / (uint64_t)quantity;
    wide before = (wide)(uint64_t)pay_minor * (uint64_t)returned / (uint64_t)quantity;
    return (int64_t)(after - before);
}
