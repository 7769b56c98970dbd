/* Which promotions are open to a cart, on which lines, how often, and which exclude each other. */
#include <stdlib.h>

#include "promotion_int.h"

const char *promotion_kind_name(enum promotion_kind k)
{
    static const char *const names[] = {[PROMOTION_PERCENT] = "percent", [PROMOTION_PRICE] = "price", [PROMOTION_NTH] = "nth", [PROMOTION_ANY] = "any",
                                        [PROMOTION_BUNDLE] = "bundle", [PROMOTION_REDUCE] = "reduce", [PROMOTION_GIFT] = "gift"};
    return names[k];
}

const char *promotion_level_name(enum promotion_level l)
{
    static const char *const names[] = {[LEVEL_LINE] = "line", [LEVEL_ORDER] = "order", [LEVEL_COUPON] = "coupon"};
    return names[l];
}

/* ---- open or not ---- */

static const struct cart_usage *usage_of(const struct cart *c, const char *id)
{
    static const struct cart_usage none = {"", 0, 0};
    for (size_t i = 0; i < c->n_usage; i++)
        if (strcmp(c->usage[i].promotion, id) == 0) return &c->usage[i];
    return &none;
}

static bool named(const struct promotion_names *names, const char *what)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i], what) == 0) return true;
    return false;
}

static bool for_member(const struct promotion *p, const char *level)
{
    if (p->members.n == 0) return true;
    return *level && (named(&p->members, "*") || named(&p->members, level));
}

static bool in_hours(const struct promotion *p, int64_t now)
{
    if (p->from_minute == p->to_minute) return true;
    int64_t local = now + (int64_t)p->utc_offset_minutes * 60, day = local % 86400;
    int64_t minute = (day < 0 ? day + 86400 : day) / 60;
    if (p->from_minute < p->to_minute) return minute >= p->from_minute && minute < p->to_minute;
    return minute >= p->from_minute || minute < p->to_minute;
}

static bool entered(const struct cart *c, const char *code)
{
    for (size_t i = 0; i < c->n_codes; i++)
        if (strcmp(c->codes[i], code) == 0) return true;
    return false;
}

enum coupon_reason promotion_open(const struct cart *c, const struct promotion *p)
{
    const struct cart_usage *used = usage_of(c, p->id);
    if (strcmp(c->currency, p->currency) != 0) return COUPON_CURRENCY;
    if (p->starts && c->now < p->starts) return COUPON_NOT_YET;
    if (p->ends && c->now >= p->ends) return COUPON_OVER;
    if (!in_hours(p, c->now)) return COUPON_HOURS;
    if (!for_member(p, c->member)) return COUPON_MEMBERS;
    if (p->new_customers && !c->new_customer) return COUPON_NEW_CUSTOMERS;
    if (p->per_user && used->by_user >= p->per_user) return COUPON_USED_UP;
    if (p->total && used->by_all >= p->total) return COUPON_ALL_USED;
    if (*p->code && !entered(c, p->code)) return COUPON_UNKNOWN;
    return COUPON_APPLIED;
}

static int64_t times_left(const struct cart *c, const struct promotion *p)
{
    const struct cart_usage *used = usage_of(c, p->id);
    int64_t left = TIMES_NO_LIMIT;
    if (p->per_order) left = min_minor(left, p->per_order);
    if (p->per_user) left = min_minor(left, p->per_user - used->by_user);
    if (p->total) left = min_minor(left, p->total - used->by_all);
    return left;
}

/* ---- scope ---- */

static bool in_category(const struct promotion_names *names, const struct cart_line *l)
{
    for (size_t i = 0; i < names->n; i++) {
        size_t n = strlen(names->items[i]);
        for (size_t k = 0; k < l->n_categories; k++) {
            const char *path = l->categories[k];
            if (strncmp(path, names->items[i], n) == 0 && (path[n] == 0 || strncmp(path + n, " > ", 3) == 0)) return true;
        }
    }
    return false;
}

static bool has_item(const struct promotion *p, const char *product)
{
    for (size_t i = 0; i < p->n_items; i++)
        if (strcmp(p->items[i].product, product) == 0) return true;
    return false;
}

bool scope_has(const struct promotion *p, const struct cart_line *l)
{
    if (p->kind == PROMOTION_BUNDLE || p->kind == PROMOTION_PRICE) return has_item(p, l->product);
    const struct promotion_scope *s = &p->scope;
    if (named(&s->not_products, l->product) || named(&s->not_brands, l->brand) || in_category(&s->not_categories, l)) return false;
    return s->all || named(&s->products, l->product) || (*l->brand && named(&s->brands, l->brand)) || in_category(&s->categories, l);
}

/* ---- who excludes whom ---- */

static enum promotion_level level_of(const struct promotion *p)
{
    if (p->kind == PROMOTION_GIFT) return LEVEL_ORDER;
    if (p->kind != PROMOTION_REDUCE) return LEVEL_LINE;
    return *p->code ? LEVEL_COUPON : LEVEL_ORDER;
}

static bool names_other(const struct promotion *p, const struct promotion *q)
{
    return named(&p->excludes, "*") || named(&p->excludes, q->id) || named(&p->excludes, promotion_level_name(level_of(q)));
}

bool excludes_each_other(const struct promotion *p, const struct promotion *q)
{
    if (p == q) return false;
    if (*p->group && strcmp(p->group, q->group) == 0) return true;
    return names_other(p, q) || names_other(q, p);
}

/* ---- the problem ---- */

bool live_is_set(const struct live *v)
{
    return v->p->kind == PROMOTION_NTH || v->p->kind == PROMOTION_ANY || v->p->kind == PROMOTION_BUNDLE;
}

bool live_is_piece(const struct live *v) { return v->p->kind == PROMOTION_PERCENT || v->p->kind == PROMOTION_PRICE; }

static status check_line(const struct cart *c, size_t i, int64_t *sum)
{
    const struct cart_line *l = &c->lines[i];
    FAIL_IF(!l->product || !*l->product, ERR_USAGE, "line %zu of the cart names no product; give its id", i + 1);
    FAIL_IF(l->quantity < 1 || l->quantity > CART_QUANTITY_MAX, ERR_USAGE, "line %zu of the cart (%s): a quantity of %lld; use 1 to %d", i + 1,
            l->product, (long long)l->quantity, CART_QUANTITY_MAX);
    FAIL_IF(l->unit_minor < 0 || l->unit_minor > PROMOTION_MINOR_MAX, ERR_USAGE, "line %zu of the cart (%s): a price of %lld minor units; use 0 to %lld",
            i + 1, l->product, (long long)l->unit_minor, (long long)PROMOTION_MINOR_MAX);
    *sum += l->quantity * l->unit_minor;
    FAIL_IF(*sum > CART_MINOR_MAX, ERR_LIMIT, "the cart is worth more than %lld minor units at line %zu (%s); split it", (long long)CART_MINOR_MAX,
            i + 1, l->product);
    for (size_t k = 0; k < i; k++)
        FAIL_IF(strcmp(c->lines[k].product, l->product) == 0, ERR_USAGE, "product '%s' stands in lines %zu and %zu of the cart; make it one line",
                l->product, k + 1, i + 1);
    return OK;
}

static void sort_lines(const struct cart *c, struct problem *m)
{
    for (int i = 0; i < m->n_lines; i++) {
        int k = i;
        for (; k > 0 && strcmp(c->lines[m->at[k - 1]].product, c->lines[i].product) > 0; k--) m->at[k] = m->at[k - 1];
        m->at[k] = (size_t)i;
    }
    for (int i = 0; i < m->n_lines; i++) {
        m->quantity[i] = c->lines[m->at[i]].quantity;
        m->unit[i] = c->lines[m->at[i]].unit_minor;
        int k = i;
        for (; k > 0 && m->unit[m->dearest[k - 1]] < m->unit[i]; k--) m->dearest[k] = m->dearest[k - 1];
        m->dearest[k] = i;
    }
}

static int by_priority(const void *x, const void *y)
{
    const struct live *a = x, *b = y;
    if (a->p->priority != b->p->priority) return a->p->priority < b->p->priority ? -1 : 1;
    return strcmp(a->p->id, b->p->id);
}

static void find_lines(const struct problem *m, struct live *v)
{
    for (int l = 0; l < m->n_lines; l++) {
        const struct cart_line *line = &m->cart->lines[m->at[l]];
        if (scope_has(v->p, line)) v->lines |= BIT(l);
        for (size_t i = 0; i < v->p->n_items; i++)
            if (strcmp(v->p->items[i].product, line->product) == 0) v->item_line[i] = (int8_t)l;
    }
}

/* Amounts before promotions are the most that any threshold can see. */
static bool can_apply(const struct problem *m, const struct live *v)
{
    int64_t amount = 0, count = 0;
    for (line_set s = v->lines; s; s &= s - 1) {
        amount += m->quantity[lowest(s)] * m->unit[lowest(s)];
        count += m->quantity[lowest(s)];
    }
    switch (v->p->kind) {
    case PROMOTION_NTH:
    case PROMOTION_ANY: return count >= v->p->n;
    case PROMOTION_BUNDLE:
        for (size_t i = 0; i < v->p->n_items; i++)
            if (v->item_line[i] < 0 || m->quantity[v->item_line[i]] < v->p->items[i].quantity) return false;
        return true;
    case PROMOTION_REDUCE: {
        for (size_t t = 0; t < v->p->n_tiers; t++)
            if (amount >= v->p->tiers[t].amount_minor && count >= v->p->tiers[t].count) return true;
        return false;
    }
    case PROMOTION_GIFT: return gift_times(v, amount, count) > 0;
    default: return true;
    }
}

static status add_live(struct problem *m, const struct promotion *p)
{
    struct live v = {.p = p, .level = level_of(p), .times_max = times_left(m->cart, p)};
    memset(v.item_line, -1, sizeof v.item_line);
    if (promotion_open(m->cart, p) != COUPON_APPLIED) return OK;
    find_lines(m, &v);
    if (!v.lines) return OK;
    FAIL_IF(m->n == CART_PROMOTIONS_MAX, ERR_LIMIT, "more than %d promotions are open to this cart; narrow their scopes or split the cart", CART_PROMOTIONS_MAX);
    v.usable = can_apply(m, &v);
    m->live[m->n++] = v;
    return OK;
}

static void relate(struct problem *m)
{
    for (int i = 0; i < m->n; i++) {
        struct live *v = &m->live[i];
        v->clique = m->n_cliques;
        for (int k = 0; k < m->n; k++) {
            if (excludes_each_other(v->p, m->live[k].p)) v->conflicts |= BIT(k);
            if (k < i && *v->p->group && strcmp(v->p->group, m->live[k].p->group) == 0) v->clique = m->live[k].clique;
        }
        if (v->clique == m->n_cliques) m->n_cliques++;
        if (!v->usable) continue;
        if (live_is_set(v)) m->sets |= BIT(i);
        else if (live_is_piece(v)) m->pieces |= BIT(i);
        else if (v->p->kind == PROMOTION_GIFT) m->gifts |= BIT(i);
        else m->reduces |= BIT(i);
        if (v->level == LEVEL_COUPON) m->coupons |= m->reduces & BIT(i);
    }
}

static status check_cart(const struct cart *c, const struct promotion *promotions, size_t n)
{
    int64_t sum = 0;
    FAIL_IF(c->n_lines > CART_LINES_MAX, ERR_LIMIT, "the cart has %zu lines; at most %d are priced together, so split it", c->n_lines, CART_LINES_MAX);
    FAIL_IF(n > PROMOTIONS_MAX, ERR_LIMIT, "%zu promotions; at most %d are looked at together", n, PROMOTIONS_MAX);
    for (size_t i = 0; i < c->n_lines; i++) TRY(check_line(c, i, &sum));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            FAIL_IF(strcmp(promotions[i].id, promotions[k].id) == 0, ERR_USAGE, "promotion '%s' stands twice; give each an id of its own", promotions[i].id);
    return OK;
}

status problem_build(const struct cart *c, const struct promotion *promotions, size_t n, struct arena *a, struct problem *out)
{
    TRY(check_cart(c, promotions, n));
    *out = (struct problem){.cart = c, .all = promotions, .n_all = n, .n_lines = (int)c->n_lines};
    out->live = arena_zalloc(a, CART_PROMOTIONS_MAX, sizeof *out->live);
    if (!out->live) return fail_nomem("pricing a cart");
    sort_lines(c, out);
    for (size_t i = 0; i < n; i++) TRY(add_live(out, &promotions[i]));
    qsort(out->live, (size_t)out->n, sizeof *out->live, by_priority);
    relate(out);
    return OK;
}
