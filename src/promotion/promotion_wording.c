/* The sentences of a result, in Chinese and in English. Every number in them is one that was computed. */
#include "promotion_int.h"

enum { WORDED_LINES_MAX = 6, WHOLE_CART_LINES = 3 };

/* ---- pieces of sentences ---- */

static const char *pick_name(const char *zh, const char *en, const char *id, enum language l)
{
    const char *first = l == LANGUAGE_ZH ? zh : en, *second = l == LANGUAGE_ZH ? en : zh;
    if (first && *first) return first;
    return second && *second ? second : id;
}

static const char *name_of(const struct promotion *p, enum language l) { return pick_name(p->name_zh, p->name_en, p->id, l); }
static const char *line_name(const struct cart_line *x, enum language l) { return pick_name(x->name_zh, x->name_en, x->product, l); }

/* "300" for 300.00, "12.50" */
static void put_short(int64_t minor, struct strbuf *b)
{
    if (minor % 100 == 0) strbuf_printf(b, "%lld", (long long)(minor / 100));
    else text_format_price(minor, b);
}

static void put_money(int64_t minor, const char *currency, enum language l, struct strbuf *b)
{
    bool yuan = strcmp(currency, "CNY") == 0;
    text_format_price(minor, b);
    if (!yuan) strbuf_printf(b, " %s", currency);
    else strbuf_puts(b, l == LANGUAGE_ZH ? " 元" : " yuan");
}

/* 8.5折 for 15% off; "15%" */
static void put_rate(int rate, enum language l, struct strbuf *b)
{
    int shown = l == LANGUAGE_ZH ? PROMOTION_RATE_WHOLE - rate : rate, unit = l == LANGUAGE_ZH ? 1000 : 100, digits = l == LANGUAGE_ZH ? 3 : 2;
    int rest = shown % unit;
    strbuf_printf(b, "%d", shown / unit);
    if (rest) {
        for (; rest % 10 == 0; digits--) rest /= 10;
        strbuf_printf(b, ".%0*d", digits, rest);
    }
    strbuf_puts(b, l == LANGUAGE_ZH ? "折" : "%");
}

/* "满300减50", "满2件9折"; "50 off 300", "10% off 2 pieces" */
static void put_tier(const struct promotion *p, const struct promotion_tier *t, enum language l, struct strbuf *b)
{
    bool zh = l == LANGUAGE_ZH;
    if (!zh && p->kind == PROMOTION_REDUCE) {
        if (t->rate) put_rate(t->rate, l, b);
        else put_short(t->off_minor, b);
        strbuf_puts(b, p->repeat ? " off every " : " off ");
    } else if (!zh) {
        strbuf_puts(b, p->repeat ? "with every " : "with ");
    } else {
        strbuf_puts(b, p->repeat ? "每满" : "满");
    }
    if (t->amount_minor) put_short(t->amount_minor, b);
    if (t->amount_minor && t->count) strbuf_puts(b, zh ? "且" : " and ");
    if (t->count) strbuf_printf(b, zh ? "%lld件" : t->count == 1 ? "%lld piece" : "%lld pieces", (long long)t->count);
    if (!zh) return;
    if (p->kind == PROMOTION_GIFT) {
        strbuf_puts(b, "赠");
    } else if (t->rate) {
        if (t->rate == PROMOTION_RATE_WHOLE) strbuf_puts(b, "全免");
        else put_rate(t->rate, l, b);
    } else {
        strbuf_puts(b, "减");
        put_short(t->off_minor, b);
    }
}

static status keep(struct strbuf *b, struct arena *a, const char **out)
{
    *out = b->failed ? NULL : arena_strndup(a, strbuf_str(b), b->len);
    strbuf_release(b);
    return *out ? OK : fail_nomem("wording a cart");
}

/* ---- what applied ---- */

static void put_goods(const struct settled *s, const struct promotion_use *u, enum language l, struct strbuf *b)
{
    if (u->n_shares == s->m->cart->n_lines && u->n_shares > WHOLE_CART_LINES && u->level != LEVEL_LINE) {
        strbuf_puts(b, l == LANGUAGE_ZH ? "整单" : "the whole cart");
        return;
    }
    for (size_t i = 0; i < u->n_shares && i < WORDED_LINES_MAX; i++) {
        const struct promotion_share *x = &u->shares[i];
        strbuf_printf(b, "%s%s ×%lld", i ? " + " : "", line_name(&s->m->cart->lines[x->line], l), (long long)x->pieces);
    }
    if (u->n_shares <= WORDED_LINES_MAX) return;
    strbuf_printf(b, l == LANGUAGE_ZH ? " + 其他 %zu 种" : " + %zu more", u->n_shares - WORDED_LINES_MAX);
}

/* What the name alone may leave open: which tier, how often. */
static void put_detail(const struct promotion_use *u, enum language l, struct strbuf *b)
{
    const struct promotion *p = u->promotion;
    bool zh = l == LANGUAGE_ZH, tiers = (p->kind == PROMOTION_REDUCE || p->kind == PROMOTION_GIFT) && (p->n_tiers > 1 || p->repeat);
    bool sets = p->kind == PROMOTION_NTH || p->kind == PROMOTION_ANY || p->kind == PROMOTION_BUNDLE;
    if (!tiers && !(sets && u->times > 1)) return;
    strbuf_puts(b, zh ? "（" : " (");
    if (tiers) put_tier(p, &p->tiers[u->tier], l, b);
    if (tiers && u->times > 1) strbuf_puts(b, zh ? "，" : ", ");
    if (u->times > 1) strbuf_printf(b, zh ? sets ? "%lld 组" : "%lld 次" : sets ? "%lld sets" : "%lld times", (long long)u->times);
    strbuf_puts(b, zh ? "）" : ")");
}

static void put_gift(const struct promotion_use *u, enum language l, struct strbuf *b)
{
    const struct promotion *p = u->promotion;
    strbuf_printf(b, l == LANGUAGE_ZH ? " → 赠 %s ×%lld" : " → free: %s ×%lld", pick_name(p->gift_name_zh, p->gift_name_en, p->gift, l),
                  (long long)u->gift_quantity);
}

static void put_use(const struct settled *s, const struct promotion_use *u, enum language l, struct strbuf *b)
{
    strbuf_puts(b, name_of(u->promotion, l));
    if (*u->promotion->code) strbuf_printf(b, l == LANGUAGE_ZH ? "（券 %s）" : " (coupon %s)", u->promotion->code);
    put_detail(u, l, b);
    strbuf_puts(b, l == LANGUAGE_ZH ? "：" : ": ");
    put_goods(s, u, l, b);
    strbuf_puts(b, " = ");
    text_format_price(u->base_minor, b);
    if (u->promotion->kind == PROMOTION_GIFT) {
        put_gift(u, l, b);
        return;
    }
    strbuf_puts(b, " → −");
    text_format_price(u->off_minor, b);
}

status word_use(const struct settled *s, struct promotion_use *u, struct arena *a)
{
    struct strbuf zh = {0}, en = {0};
    put_use(s, u, LANGUAGE_ZH, &zh);
    put_use(s, u, LANGUAGE_EN, &en);
    status first = keep(&zh, a, &u->text_zh), second = keep(&en, a, &u->text_en);
    return first != OK ? first : second;
}

/* ---- what nearly applied ---- */

static const char *item_name(const struct promotion *p, const char *product, enum language l)
{
    for (size_t i = 0; i < p->n_items; i++)
        if (strcmp(p->items[i].product, product) == 0) return pick_name(p->items[i].name_zh, p->items[i].name_en, product, l);
    return product;
}

static void put_offer(const struct near_miss *x, enum language l, struct strbuf *b)
{
    const struct promotion *p = x->promotion;
    bool zh = l == LANGUAGE_ZH;
    strbuf_printf(b, zh ? "“%s”" : "\"%s\"", name_of(p, l));
    if (p->kind == PROMOTION_REDUCE && p->n_tiers > 1) {
        strbuf_puts(b, zh ? "（" : " (");
        put_tier(p, &p->tiers[x->tier], l, b);
        strbuf_puts(b, zh ? "）" : ")");
    }
    if (p->kind == PROMOTION_GIFT)
        strbuf_printf(b, zh ? "，得赠品 %s" : ", with %s for free", pick_name(p->gift_name_zh, p->gift_name_en, p->gift, l));
}

static void near_zh(const struct settled *s, const struct near_miss *x, bool everything, struct strbuf *b)
{
    if (x->kind == NEAR_AMOUNT) {
        strbuf_puts(b, "再买 ");
        put_money(x->amount_minor, s->m->cart->currency, LANGUAGE_ZH, b);
        strbuf_puts(b, everything ? "" : "参加活动的商品");
    } else if (x->kind == NEAR_COUNT) {
        strbuf_printf(b, "再买 %lld 件%s", (long long)x->count, everything ? "" : "参加活动的商品");
    } else {
        strbuf_printf(b, "再买 %lld 件“%s”", (long long)x->count, item_name(x->promotion, x->product, LANGUAGE_ZH));
    }
    strbuf_puts(b, "，可享");
    put_offer(x, LANGUAGE_ZH, b);
    if (x->gain_minor <= 0) return;
    strbuf_puts(b, "，比现在多减 ");
    put_money(x->gain_minor, s->m->cart->currency, LANGUAGE_ZH, b);
}

static void near_en(const struct settled *s, const struct near_miss *x, bool everything, struct strbuf *b)
{
    if (x->kind == NEAR_AMOUNT) {
        strbuf_puts(b, "Spend ");
        put_money(x->amount_minor, s->m->cart->currency, LANGUAGE_EN, b);
        strbuf_puts(b, everything ? " more" : " more on goods in the offer");
    } else if (x->kind == NEAR_COUNT) {
        strbuf_printf(b, "Add %lld more %s%s", (long long)x->count, x->count == 1 ? "piece" : "pieces", everything ? "" : " from the offer");
    } else {
        strbuf_printf(b, "Add %lld × %s", (long long)x->count, item_name(x->promotion, x->product, LANGUAGE_EN));
    }
    strbuf_puts(b, " to get ");
    put_offer(x, LANGUAGE_EN, b);
    if (x->gain_minor <= 0) return;
    strbuf_puts(b, ": ");
    put_money(x->gain_minor, s->m->cart->currency, LANGUAGE_EN, b);
    strbuf_puts(b, " more off");
}

status word_near(const struct settled *s, struct near_miss *x, struct arena *a)
{
    struct strbuf zh = {0}, en = {0};
    const struct promotion_scope *scope = &x->promotion->scope;
    bool everything = scope->all && !scope->not_products.n && !scope->not_categories.n && !scope->not_brands.n;
    near_zh(s, x, everything, &zh);
    near_en(s, x, everything, &en);
    status first = keep(&zh, a, &x->text_zh), second = keep(&en, a, &x->text_en);
    return first != OK ? first : second;
}

/* ---- coupons ---- */

/* As the shop's clock shows it. Days from the civil calendar: Hinnant, "chrono-compatible low-level date algorithms". */
static void put_time(int64_t unix_s, const struct promotion *p, struct strbuf *b)
{
    int64_t local = unix_s + (int64_t)p->utc_offset_minutes * 60, days = local / 86400, second = local % 86400;
    if (second < 0) {
        days--;
        second += 86400;
    }
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100), month = (5 * day_of_year + 2) / 153;
    int64_t day = day_of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    strbuf_printf(b, "%04lld-%02lld-%02lld %02lld:%02lld", (long long)(year_of_era + era * 400 + (month <= 2)), (long long)month, (long long)day,
                  (long long)(second / 3600), (long long)(second / 60 % 60));
}

static const char *const reasons[COUPON_REASONS][2] = {
    [COUPON_UNKNOWN] = {"本店没有这个优惠码", "this shop has no such code"},
    [COUPON_NOT_YET] = {"活动还没开始，开始时间 ", "it is not valid before "},
    [COUPON_OVER] = {"已过期，结束时间 ", "it ended at "},
    [COUPON_HOURS] = {"现在不在每天可用的时段内，可用时段 ", "it is not valid at this hour, only from "},
    [COUPON_MEMBERS] = {"仅限会员使用", "it is for members"},
    [COUPON_NEW_CUSTOMERS] = {"仅限新客户使用", "it is for new customers"},
    [COUPON_CURRENCY] = {"币种不同，它只用于 ", "it is in another currency, "},
    [COUPON_USED_UP] = {"您的可用次数已用完", "you have used it as often as one customer may"},
    [COUPON_ALL_USED] = {"已被领完", "all of them have been used"},
    [COUPON_SCOPE] = {"购物车里没有适用的商品", "nothing in the cart is in its scope"},
};

const char *coupon_reason_name(enum coupon_reason r)
{
    static const char *const names[COUPON_REASONS] = {
        [COUPON_APPLIED] = "applied", [COUPON_UNKNOWN] = "unknown", [COUPON_NOT_YET] = "not yet", [COUPON_OVER] = "over", [COUPON_HOURS] = "hours",
        [COUPON_MEMBERS] = "members", [COUPON_NEW_CUSTOMERS] = "new customers", [COUPON_CURRENCY] = "currency", [COUPON_USED_UP] = "used up",
        [COUPON_ALL_USED] = "all used", [COUPON_SCOPE] = "scope", [COUPON_THRESHOLD] = "threshold", [COUPON_EXCLUDED] = "excluded",
    };
    return names[r];
}

/* Without other offers, would it be reached? */
static bool others_stand_in_the_way(const struct settled *s, const struct promotion *p)
{
    int64_t sum = 0;
    for (int l = 0; l < s->m->n_lines; l++)
        if (scope_has(p, &s->m->cart->lines[s->m->at[l]])) sum += s->m->quantity[l] * s->m->unit[l];
    return sum >= p->tiers[0].amount_minor;
}

static void put_missing(const struct settled *s, const struct coupon_answer *x, enum language l, struct strbuf *b)
{
    bool zh = l == LANGUAGE_ZH, others = others_stand_in_the_way(s, x->promotion);
    const struct promotion_tier *t = &x->promotion->tiers[0];
    const char *currency = s->m->cart->currency;
    if (x->missing_minor) {
        strbuf_puts(b, zh ? others ? "适用商品在其他优惠之后不满 " : "适用商品不满 " : "the goods in its scope come to less than ");
        put_money(t->amount_minor, currency, l, b);
        strbuf_puts(b, zh ? "，还差 " : others ? " after other offers, " : ", ");
        put_money(x->missing_minor, currency, l, b);
        strbuf_puts(b, zh ? "" : " short");
    } else {
        strbuf_printf(b, zh ? "适用商品不满 %lld 件，还差 %lld 件" : "it needs %lld pieces in its scope, %lld more", (long long)t->count, (long long)x->missing_count);
    }
}

static void put_excluded(const struct promotion *rival, enum language l, struct strbuf *b)
{
    bool zh = l == LANGUAGE_ZH;
    if (!rival) strbuf_puts(b, zh ? "用它不会更便宜" : "using it would not make the cart cheaper");
    else strbuf_printf(b, zh ? "不能与“%s”同享，现在的组合更省" : "it cannot be combined with \"%s\", and what applies now costs less", name_of(rival, l));
}

static void put_coupon(const struct settled *s, const struct coupon_answer *x, const struct promotion *rival, enum language l, struct strbuf *b)
{
    const struct promotion *p = x->promotion;
    bool zh = l == LANGUAGE_ZH;
    const char *code = utf8_valid(x->code, strlen(x->code), NULL) ? x->code : "?";   /* a shopper's bytes; the sentence is text */
    if (x->reason == COUPON_APPLIED) {
        strbuf_printf(b, zh ? "优惠码 %s 已使用" : "coupon %s applied", code);
        return;
    }
    strbuf_printf(b, zh ? "优惠码 %s 没有用上：" : "coupon %s did not apply: ", code);
    if (x->reason == COUPON_THRESHOLD) put_missing(s, x, l, b);
    else if (x->reason == COUPON_EXCLUDED) put_excluded(rival, l, b);
    else strbuf_puts(b, reasons[x->reason][zh ? 0 : 1]);
    if (x->reason == COUPON_NOT_YET) put_time(p->starts, p, b);
    if (x->reason == COUPON_OVER) put_time(p->ends, p, b);
    if (x->reason == COUPON_CURRENCY) strbuf_puts(b, p->currency);
    if (x->reason == COUPON_HOURS)
        strbuf_printf(b, zh ? "%02d:%02d–%02d:%02d" : "%02d:%02d to %02d:%02d", p->from_minute / 60, p->from_minute % 60, p->to_minute / 60, p->to_minute % 60);
}

status word_coupon(const struct settled *s, struct coupon_answer *x, const struct promotion *rival, struct arena *a)
{
    struct strbuf zh = {0}, en = {0};
    put_coupon(s, x, rival, LANGUAGE_ZH, &zh);
    put_coupon(s, x, rival, LANGUAGE_EN, &en);
    status first = keep(&zh, a, &x->text_zh), second = keep(&en, a, &x->text_en);
    return first != OK ? first : second;
}

/* ---- the whole ---- */

static void explain_line(const struct cart_line *x, const struct cart_line_result *r, enum language l, struct strbuf *b)
{
    strbuf_printf(b, "%s  ", line_name(x, l));
    text_format_price(x->unit_minor, b);
    strbuf_printf(b, " ×%lld = ", (long long)x->quantity);
    text_format_price(r->before_minor, b);
    if (r->pay_minor != r->before_minor) {
        strbuf_puts(b, l == LANGUAGE_ZH ? "，优惠后 " : ", after offers ");
        text_format_price(r->pay_minor, b);
    }
    strbuf_putc(b, '\n');
}

static void explain_sum(const char *zh, const char *en, int64_t minor, const char *currency, enum language l, struct strbuf *b)
{
    strbuf_puts(b, l == LANGUAGE_ZH ? zh : en);
    put_money(minor, currency, l, b);
    strbuf_putc(b, '\n');
}

void cart_explain(const struct cart *c, const struct cart_result *r, enum language l, struct strbuf *out)
{
    bool zh = l == LANGUAGE_ZH;
    if (c->n_lines == 0) strbuf_puts(out, zh ? "购物车是空的。\n" : "The cart is empty.\n");
    for (size_t i = 0; i < c->n_lines; i++) explain_line(&c->lines[i], &r->lines[i], l, out);
    explain_sum("小计 ", "Subtotal ", r->before_minor, c->currency, l, out);
    for (size_t i = 0; i < r->n_uses; i++) strbuf_printf(out, "  %s\n", zh ? r->uses[i].text_zh : r->uses[i].text_en);
    explain_sum("应付 ", "To pay ", r->total_minor, c->currency, l, out);
    if (r->before_minor > r->total_minor) explain_sum("共省 ", "Saved ", r->before_minor - r->total_minor, c->currency, l, out);
    for (size_t i = 0; i < r->n_near; i++) strbuf_printf(out, "· %s\n", zh ? r->near[i].text_zh : r->near[i].text_en);
    for (size_t i = 0; i < r->n_coupons; i++)
        if (r->coupons[i].reason != COUPON_APPLIED) strbuf_printf(out, "! %s\n", zh ? r->coupons[i].text_zh : r->coupons[i].text_en);
    if (!r->exact) strbuf_puts(out, zh ? "! 组合太多，没有全部比较；这个价格可以享受，但可能不是最低。\n"
                                       : "! Too many combinations to compare them all: this price is right, but perhaps not the lowest.\n");
}
