/* daogou cart: what a cart costs with the shop's promotions, with the arithmetic. */
#include "cart_shop.h"

#include <string.h>

const char help_cart[] =
    "usage: daogou cart --items ID[:QUANTITY],... [options]\n\n"
    "Finds the cheapest combination that the shop's promotions allow, exactly, and shows the arithmetic line by line: what applied and\n"
    "to what, what a little more would bring, and why a coupon did not apply. The rules: docs/promotions.md.\n\n"
    "options:\n"
    "  --items LIST         products by id, with ':2' for two pieces; may be repeated\n"
    "  --coupon CODE        a coupon the shopper enters; may be repeated\n"
    "  --member             the shopper is a member\n"
    "  --member-level L     a member of this level, e.g. gold\n"
    "  --new-customer       the shopper's first order\n"
    "  --user ID            counts what this shopper has used before\n"
    "  --at TIME            the prices of then, e.g. 2026-12-12T20:00 or 2026-12-12T20:00+08:00 (default: now)\n"
    "  --language zh|en     of the text (default: by LANG)\n"
    "  --record             the order is placed: count its promotions as used by --user\n\n"
    "examples:\n"
    "  daogou cart --items MW-1001:2,EL-1001 --coupon HEYU15\n"
    "  daogou cart --items FT-1001:2 --member-level silver --at 2026-12-01 --language en\n"
    "  daogou cart --items KT-1011 --json\n";

struct cart_command {
    struct cli_strings items, coupons;
    const char *user, *at, *language, *level;
    bool member, new_customer, record;
    enum language speak;
    struct cart_line lines[CART_LINES_MAX];
    struct cart cart;
};

/* ---- the cart ---- */

/* The first of two is the id, up to a colon that only digits follow; ids may have colons. */
static status split_item(const char *s, size_t n, struct arena *a, const char **id, int64_t *quantity)
{
    size_t colon = n;
    while (colon > 0 && s[colon - 1] >= '0' && s[colon - 1] <= '9') colon--;
    *quantity = 1;
    bool counted = colon > 0 && s[colon - 1] == ':';
    if (counted) {
        FAIL_IF(n - colon == 0 || n - colon > 6, ERR_USAGE, "option --items: '%.*s' has no quantity behind its colon; write it like KT-1001:2", (int)n, s);
        *quantity = 0;
        for (size_t i = colon; i < n; i++) *quantity = *quantity * 10 + (s[i] - '0');
        n = colon - 1;
    }
    FAIL_IF(n == 0, ERR_USAGE, "option --items names no product; write it like KT-1001:2,KT-1002");
    FAIL_IF(*quantity < 1 || *quantity > CART_QUANTITY_MAX, ERR_USAGE, "option --items: a quantity of %lld for '%.*s'; use 1 to %d", (long long)*quantity,
            (int)n, s, CART_QUANTITY_MAX);
    *id = arena_strndup(a, s, n);
    return *id ? OK : fail_nomem("reading the cart");
}

static status fill_line(struct shop *s, const char *id, struct arena *a, struct cart_command *c, struct cart_line *l)
{
    struct product p;
    TRY(catalogue_get(s->catalogue, id, a, &p));
    FAIL_IF(p.price < 0, ERR_FORMAT, "product '%s' has no price in the catalogue, so it cannot be in a cart", id);
    const char **paths = arena_alloc(a, 3 * sizeof *paths);
    if (!paths) return fail_nomem("reading the cart");
    *l = (struct cart_line){.product = id, .name_zh = product_text(&p, "title", LANGUAGE_ZH), .name_en = product_text(&p, "title", LANGUAGE_EN),
                            .brand = p.brand, .categories = paths, .unit_minor = p.price};
    const char *const all[] = {p.category, p.category_en, p.category_zh};
    for (int i = 0; i < 3; i++)
        if (*all[i]) paths[l->n_categories++] = all[i];
    const char *currency = *p.currency ? p.currency : "CNY";
    FAIL_IF(*c->cart.currency && strcmp(c->cart.currency, currency) != 0, ERR_FORMAT, "product '%s' is priced in %s, others of the cart in %s; price them apart",
            id, currency, c->cart.currency);
    c->cart.currency = arena_strdup(a, currency);
    return c->cart.currency ? OK : fail_nomem("reading the cart");
}

static status add_item(struct shop *s, const char *text, size_t n, struct arena *a, struct cart_command *c)
{
    const char *id;
    int64_t quantity;
    TRY(split_item(text, n, a, &id, &quantity));
    for (size_t i = 0; i < c->cart.n_lines; i++)
        if (strcmp(c->lines[i].product, id) == 0) {
            c->lines[i].quantity += quantity;   /* too much is said by the library */
            return OK;
        }
    FAIL_IF(c->cart.n_lines == CART_LINES_MAX, ERR_LIMIT, "more than %d products in the cart; price it in parts", CART_LINES_MAX);
    TRY(fill_line(s, id, a, c, &c->lines[c->cart.n_lines]));
    c->lines[c->cart.n_lines++].quantity = quantity;
    return OK;
}

static status read_items(struct shop *s, struct arena *a, struct cart_command *c)
{
    for (size_t i = 0; i < c->items.n; i++)
        for (const char *text = c->items.items[i];; text++) {
            size_t n = strcspn(text, ",");
            TRY(add_item(s, text, n, a, c));
            text += n;
            if (!*text) break;
        }
    return OK;
}

static status read_cart(struct shop *s, struct arena *a, struct cart_command *c)
{
    c->cart = (struct cart){.lines = c->lines, .currency = "", .new_customer = c->new_customer, .codes = c->coupons.items, .n_codes = c->coupons.n};
    c->cart.member = c->level ? c->level : c->member ? "*" : "";
    TRY(cli_moment(c->at, &c->cart.now));
    TRY(read_items(s, a, c));
    return promotions_usage(s->store, c->user ? c->user : "", a, &c->cart.usage, &c->cart.n_usage);
}

/* ---- JSON ---- */

static json_t *lines_json(const struct cart *c, const struct cart_result *r)
{
    json_t *all = json_array();
    for (size_t i = 0; i < c->n_lines; i++) {
        const struct cart_line_result *x = &r->lines[i];
        json_array_append_new(all, json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id", c->lines[i].product, "quantity", (json_int_t)c->lines[i].quantity,
                                             "price", json_money(c->lines[i].unit_minor), "before", json_money(x->before_minor), "line_off",
                                             json_money(x->line_off_minor), "order_off", json_money(x->order_off_minor), "coupon_off",
                                             json_money(x->coupon_off_minor), "pay", json_money(x->pay_minor)));
    }
    return all;
}

static json_t *use_json(const struct cart *c, const struct promotion_use *u)
{
    json_t *shares = json_array();
    for (size_t i = 0; i < u->n_shares; i++)
        json_array_append_new(shares, json_pack("{s:s, s:I, s:o, s:o}", "id", c->lines[u->shares[i].line].product, "pieces", (json_int_t)u->shares[i].pieces,
                                                "before", json_money(u->shares[i].before_minor), "off", json_money(u->shares[i].off_minor)));
    json_t *x = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:s, s:s}", "id", u->promotion->id, "name", u->promotion->name_zh, "name_en",
                          u->promotion->name_en, "kind", promotion_kind_name(u->promotion->kind), "level", promotion_level_name(u->level), "times",
                          (json_int_t)u->times, "before", json_money(u->base_minor), "off", json_money(u->off_minor), "lines", shares, "text", u->text_zh,
                          "text_en", u->text_en);
    if (u->gift_quantity) json_object_set_new(x, "gift", json_pack("{s:s, s:I}", "id", u->promotion->gift, "quantity", (json_int_t)u->gift_quantity));
    return x;
}

static json_t *near_json(const struct near_miss *n)
{
    json_t *x = json_pack("{s:s, s:o, s:s, s:s}", "id", n->promotion->id, "gain", json_money(n->gain_minor), "text", n->text_zh, "text_en", n->text_en);
    if (n->kind == NEAR_AMOUNT) json_object_set_new(x, "amount", json_money(n->amount_minor));
    else json_object_set_new(x, "count", json_integer((json_int_t)n->count));
    if (n->kind == NEAR_PRODUCT) json_object_set_new(x, "product", json_string(n->product));
    return x;
}

static json_t *coupon_json(const struct coupon_answer *c)
{
    json_t *x = json_pack("{s:b, s:s, s:s, s:s}", "applied", c->reason == COUPON_APPLIED, "reason", coupon_reason_name(c->reason), "text", c->text_zh, "text_en",
                          c->text_en);
    json_t *code = json_string(c->code);
    json_object_set_new(x, "code", code ? code : json_null());
    return x;
}

static status print_json(const struct cart *c, const struct cart_result *r)
{
    json_t *uses = json_array(), *near = json_array(), *coupons = json_array();
    for (size_t i = 0; i < r->n_uses; i++) json_array_append_new(uses, use_json(c, &r->uses[i]));
    for (size_t i = 0; i < r->n_near; i++) json_array_append_new(near, near_json(&r->near[i]));
    for (size_t i = 0; i < r->n_coupons; i++) json_array_append_new(coupons, coupon_json(&r->coupons[i]));
    json_t *whole = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}", "currency", c->currency, "before", json_money(r->before_minor),
                              "line_off", json_money(r->line_off_minor), "order_off", json_money(r->order_off_minor), "coupon_off",
                              json_money(r->coupon_off_minor), "total", json_money(r->total_minor), "gift_value", json_money(r->gift_value_minor), "exact",
                              r->exact, "lines", lines_json(c, r), "promotions", uses, "near", near, "coupons", coupons);
    if (!whole) return fail(ERR_FORMAT, "a product's record is not UTF-8 and cannot be printed as JSON; import the catalogue again");
    bool good = json_dumpf(whole, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF;
    json_decref(whole);
    return good ? OK : fail(ERR_IO, "cannot write the result to stdout; check the disk or the pipe");
}

/* ---- the command ---- */

static status parse(struct cart_command *c, int argc, char **argv)
{
    const struct cli_option options[] = {
        {"--items", OPTION_STRINGS, &c->items},   {"--coupon", OPTION_STRINGS, &c->coupons},      {"--member", OPTION_FLAG, &c->member},
        {"--member-level", OPTION_STRING, &c->level}, {"--new-customer", OPTION_FLAG, &c->new_customer}, {"--user", OPTION_STRING, &c->user},
        {"--at", OPTION_STRING, &c->at},          {"--language", OPTION_STRING, &c->language},    {"--record", OPTION_FLAG, &c->record},
    };
    size_t n = 0;
    TRY(cli_parse(argc, argv, options, sizeof options / sizeof options[0], argv + 1, &n));
    FAIL_IF(n > 0, ERR_USAGE, "'%s' stands alone; products go behind --items", argv[1]);
    FAIL_IF(c->items.n == 0, ERR_USAGE, "name what is in the cart: --items KT-1001:2,KT-1002");
    FAIL_IF(c->record && (!c->user || !*c->user), ERR_USAGE, "option --record needs --user ID, whose uses are counted");
    return cli_language(c->language, &c->speak);
}

static status show(const struct cart_command *c, const struct cart_result *r, const struct cli_globals *g)
{
    struct strbuf text = {0};
    if (g->json) return print_json(&c->cart, r);
    cart_explain(&c->cart, r, c->speak, &text);
    status s = strbuf_status(&text);
    if (s == OK) fputs(strbuf_str(&text), stdout);
    strbuf_release(&text);
    return s;
}

static status run(struct cart_command *c, int argc, char **argv, struct shop *shop, struct arena *a, const struct cli_globals *g)
{
    struct promotion_list list;
    struct cart_result r;
    TRY(parse(c, argc, argv));
    TRY(shop_open_catalogue(shop, c->record ? STORE_READ_WRITE : STORE_READ_ONLY));
    TRY(read_cart(shop, a, c));
    TRY(shop_promotions(shop, a, &list));
    TRY(promotion_best(&c->cart, list.items, list.n, 0, a, &r));
    TRY(show(c, &r, g));
    return c->record ? promotions_record(shop->store, c->user, &r) : OK;
}

int cmd_cart(int argc, char **argv, const struct cli_globals *g)
{
    struct cart_command c = {0};
    struct shop shop;
    struct arena a;
    cli_shop_init(&shop, g);
    arena_init(&a, 0);
    status s = run(&c, argc, argv, &shop, &a, g);
    arena_release(&a);
    shop_release(&shop);
    mem_free(c.items.items);
    mem_free(c.coupons.items);
    return s == OK ? EXIT_DONE : cli_fail(g, argv[0], s);
}
