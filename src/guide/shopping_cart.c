/* The cart: what goes in, what comes out, what it costs after the best legal combination of promotions. */
#include "turn_int.h"

#include <string.h>

enum { QUANTITY_MAX = 999, PRICE_CATEGORIES = 3 };

static struct cart_item *find_item(struct dialogue *d, const char *id)
{
    for (size_t i = 0; i < d->n_cart; i++)
        if (strcmp(d->cart[i].id, id) == 0) return &d->cart[i];
    return NULL;
}

static int64_t quantity_of(const struct utterance_part *part)
{
    return part->quantity < 1 ? 1 : part->quantity > QUANTITY_MAX ? QUANTITY_MAX : part->quantity;
}

/* ---- what it costs ---- */

static status cart_line(struct turn *t, const struct product *p, int64_t quantity, struct cart_line *out)
{
    const char **categories = arena_alloc(&t->r->arena, PRICE_CATEGORIES * sizeof *categories), *const all[] = {p->category, p->category_zh, p->category_en};
    if (!categories) return fail_nomem("adding up a cart");
    *out = (struct cart_line){.product = p->id, .name_zh = product_text(p, "title", LANGUAGE_ZH), .name_en = product_text(p, "title", LANGUAGE_EN), .brand = p->brand,
                              .categories = categories, .quantity = quantity, .unit_minor = p->price};
    for (size_t i = 0; i < PRICE_CATEGORIES; i++)
        if (*all[i]) categories[out->n_categories++] = all[i];
    return OK;
}

static struct cart shopper(const struct turn *t)
{
    const struct guide_options *o = &t->g->options;
    return (struct cart){.member = t->d->member ? t->d->member : "", .usage = o->usage, .n_usage = o->n_usage, .codes = t->d->coupons, .n_codes = t->d->n_coupons,
                         .now = o->now ? o->now : clock_unix_ms() / 1000};
}

status turn_price(struct turn *t, const struct product *p, struct cart_result *out)
{
    struct cart c = shopper(t);
    struct cart_line line;
    c.n_codes = 0;
    c.currency = p->currency;
    TRY(cart_line(t, p, 1, &line));
    return promotion_price(&c, &line, t->g->options.promotions, t->g->options.n_promotions, &t->r->arena, out);
}

struct priced {
    struct product products[DIALOGUE_CART_MAX];
    struct cart_line lines[DIALOGUE_CART_MAX];
    struct cart cart;
    struct cart_result result;
    int64_t pieces;
};

/* Products that are gone from the shop, cost nothing or another currency than the first are not added up. */
static status price_cart(struct turn *t, struct priced *x)
{
    size_t n = 0;
    *x = (struct priced){.cart = shopper(t)};
    for (size_t i = 0; i < t->d->n_cart; i++) {
        struct product *p = &x->products[n];
        status s = turn_product(t, t->d->cart[i].id, p);
        if (s == ERR_NOT_FOUND) continue;
        TRY(s);
        if (p->price < 0 || (n && strcmp(p->currency, x->products[0].currency) != 0)) continue;
        TRY(cart_line(t, p, t->d->cart[i].quantity, &x->lines[n++]));
        x->pieces += t->d->cart[i].quantity;
    }
    x->cart.lines = x->lines;
    x->cart.n_lines = n;
    x->cart.currency = n ? x->products[0].currency : "";
    return promotion_best(&x->cart, t->g->options.promotions, t->g->options.n_promotions, 0, &t->r->arena, &x->result);
}

static json_t *lines_json(struct turn *t, const struct priced *x)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < x->cart.n_lines; i++) {
        const struct product *p = &x->products[i];
        const struct cart_line_result *r = &x->result.lines[i];
        json_array_append_new(lines, json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "id", p->id, "title", title_of(t, p), "quantity", (json_int_t)x->lines[i].quantity, "price",
                                               money_text(t, p->price, p->currency), "amount", money_text(t, r->before_minor, p->currency), "pay", money_text(t, r->pay_minor, p->currency)));
    }
    return lines;
}

static json_t *arithmetic_json(const struct turn *t, const struct cart_result *r)
{
    bool zh = in_chinese(t);
    json_t *texts = json_array();
    for (size_t i = 0; i < r->n_uses; i++) json_array_append_new(texts, json_string(zh ? r->uses[i].text_zh : r->uses[i].text_en));
    for (size_t i = 0; i < r->n_coupons; i++) json_array_append_new(texts, json_string(zh ? r->coupons[i].text_zh : r->coupons[i].text_en));
    return texts;
}

static status say_near_miss(struct turn *t, const struct cart_result *r)
{
    if (!r->n_near) return OK;
    const char *sentence = in_chinese(t) ? r->near[0].text_zh : r->near[0].text_en;
    claim(t, sentence, sentence, "", "promotion");
    return say(t, sentence);
}

static json_t *priced_json(struct turn *t, const struct priced *x)
{
    const char *currency = x->cart.currency;
    return json_pack("{s:o, s:o, s:s, s:s, s:b}", "lines", lines_json(t, x), "arithmetic", arithmetic_json(t, &x->result), "before", money_text(t, x->result.before_minor, currency),
                     "total", money_text(t, x->result.total_minor, currency), "exact", x->result.exact);
}

status cart_table(struct turn *t, json_t **out)
{
    struct priced x;
    TRY(price_cart(t, &x));
    *out = priced_json(t, &x);
    return *out ? OK : fail_nomem("adding up a cart");
}

static status show_cart(struct turn *t)
{
    struct priced x;
    TRY(price_cart(t, &x));
    const char *currency = x.cart.currency, *before = money_text(t, x.result.before_minor, currency), *total = money_text(t, x.result.total_minor, currency);
    const char *saved = money_text(t, x.result.before_minor - x.result.total_minor, currency), *n = arena_printf(&t->r->arena, "%lld", (long long)x.pieces);
    json_decref(t->r->cart);
    t->r->cart = priced_json(t, &x);
    if (!t->r->cart || !n) return fail_nomem("adding up a cart");
    if (!t->d->n_cart) return say_phrase(t, PHRASE_CART_EMPTY, NULL, 0);
    bool cheaper = x.result.total_minor < x.result.before_minor;
    const char *sentence = phrase(t, cheaper ? PHRASE_CART_SAVES : PHRASE_CART, HOLES({"n", n}, {"total", total}, {"before", before}, {"saved", saved}));
    claim(t, sentence, total, "", "cart");
    TRY(say(t, sentence));
    return say_near_miss(t, &x.result);
}

/* ---- coupons and what is on offer ---- */

static bool says_code(const char *asked, const char *code)
{
    const char *found = *code ? strcasestr(asked, code) : NULL;
    return found != NULL;
}

static bool has_coupon(const struct dialogue *d, const char *code)
{
    for (size_t i = 0; i < d->n_coupons; i++)
        if (strcasecmp(d->coupons[i], code) == 0) return true;
    return false;
}

static void take_codes(struct turn *t, const char *asked)
{
    const struct guide_options *o = &t->g->options;
    struct dialogue *d = t->d;
    for (size_t i = 0; i < o->n_promotions; i++) {
        const char *code = o->promotions[i].code;
        if (!says_code(asked, code) || has_coupon(d, code) || d->n_coupons == COUPONS_MAX) continue;
        const char *copy = arena_strdup(&d->arena, code);
        if (copy) d->coupons[d->n_coupons++] = copy;
    }
}

/* ---- in and out ---- */

/* in_all: so many, whatever was in before. */
static status add_one(struct turn *t, const char *id, int64_t quantity, bool in_all)
{
    struct product p;
    struct dialogue *d = t->d;
    TRY(turn_product(t, id, &p));
    struct cart_item *item = find_item(d, id);
    int64_t all = quantity + (item && !in_all ? item->quantity : 0);
    if (p.stock != STOCK_UNKNOWN && all > p.stock) {
        const char *left = arena_printf(&t->r->arena, "%lld", (long long)p.stock);
        return say_phrase(t, p.stock ? PHRASE_SOLD_OUT_ADD : PHRASE_SOLD_OUT, HOLES({"title", title_of(t, &p)}, {"n", left ? left : ""}));
    }
    if (!item) {
        const char *limit = arena_printf(&t->r->arena, "%d", DIALOGUE_CART_MAX);
        if (d->n_cart == DIALOGUE_CART_MAX) return say_phrase(t, PHRASE_CART_FULL, HOLES({"n", limit ? limit : ""}));
        const char *copy = arena_strdup(&d->arena, id);
        if (!copy) return fail_nomem("filling a cart");
        item = &d->cart[d->n_cart++];
        item->id = copy;
    }
    item->quantity = all > QUANTITY_MAX ? QUANTITY_MAX : all;
    const char *n = arena_printf(&t->r->arena, "%lld", (long long)quantity);
    return say_phrase(t, in_all ? PHRASE_SET : PHRASE_ADDED, HOLES({"title", title_of(t, &p)}, {"n", n ? n : ""}));
}

static status remove_one(struct turn *t, const char *id)
{
    struct product p;
    struct dialogue *d = t->d;
    struct cart_item *item = find_item(d, id);
    if (!item) return say_phrase(t, PHRASE_NOT_IN_CART, NULL, 0);
    size_t at = (size_t)(item - d->cart);
    memmove(item, item + 1, (d->n_cart - at - 1) * sizeof *item);
    d->n_cart--;
    return say_phrase(t, PHRASE_REMOVED, HOLES({"title", turn_product(t, id, &p) == OK ? title_of(t, &p) : id}));
}

static status add_to_cart(struct turn *t, const struct utterance_part *part)
{
    const char *only = t->d->focus;
    size_t n = part->n_references;
    if (!n && !only) return say_phrase(t, PHRASE_WHICH, NULL, 0);
    if (part->intention == WANTS_TO_BUY) TRY(say_phrase(t, PHRASE_CHOSEN, NULL, 0));
    for (size_t i = 0; i < (n ? n : 1); i++) {
        const char *id = n ? part->references[i] : only;
        status s = add_one(t, id, quantity_of(part), part->sets_quantity);
        if (s == ERR_NOT_FOUND) s = say_phrase(t, PHRASE_REFERENCE_FAILED, NULL, 0);
        TRY(s);
        t->d->focus = arena_strdup(&t->d->arena, id);
    }
    return OK;
}

static status remove_from_cart(struct turn *t, const struct utterance_part *part)
{
    const char *ids[DIALOGUE_CART_MAX];
    size_t n = 0;
    for (size_t i = 0; i < part->n_references && n < DIALOGUE_CART_MAX; i++) ids[n++] = part->references[i];
    for (size_t i = 0; !part->n_references && i < t->d->n_cart; i++) ids[n++] = t->d->cart[i].id;
    for (size_t i = 0; i < n; i++) TRY(remove_one(t, ids[i]));
    return OK;
}

status turn_cart(struct turn *t, const struct utterance_part *part)
{
    act(t, GUIDE_CART);
    if (part->reference_failed) return say_phrase(t, PHRASE_REFERENCE_FAILED, NULL, 0);
    if (part->intention == WANTS_TO_ADD || part->intention == WANTS_TO_BUY) TRY(add_to_cart(t, part));
    if (part->intention == WANTS_TO_REMOVE) TRY(remove_from_cart(t, part));
    if (part->intention == WANTS_CART && part->asked) take_codes(t, part->asked);
    return show_cart(t);
}
