/* The shop's promotions, one by one; the file of docs/promotions.md is put together from them, read with all its checks, and taken in whole or not. */
#include "server_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- reading --------------------------------------------------------------------------------------------------------------------------- */

static status collect(void *context, const char *id, const char *text, size_t n)
{
    (void)id;
    json_t *o = json_loadb(text, n, 0, NULL);
    FAIL_IF(!o, ERR_FORMAT, "a stored promotion is damaged; import them again (daogou promotions import FILE)");
    return json_array_append_new(context, o) == 0 ? OK : fail_nomem("reading promotions");
}

static status stored(struct call *c, json_t **out)
{
    *out = json_array();
    status s = promotions_each_text(call_store(c), collect, *out);
    if (s == OK) return OK;
    json_decref(*out);
    *out = NULL;
    return s;
}

static size_t position(const json_t *all, const char *id)
{
    size_t i = 0;
    while (i < json_array_size(all)) {
        const char *other = json_string_value(json_object_get(json_array_get(all, i), "id"));
        if (other && strcmp(other, id) == 0) break;
        i++;
    }
    return i;
}

static status list(struct call *c)
{
    json_t *all;
    TRY(stored(c, &all));
    return call_json(c, 200, json_pack("{s:o, s:n}", "items", all, "next"));
}

static status show(struct call *c)
{
    json_t *all;
    TRY(stored(c, &all));
    json_t *one = json_incref(json_array_get(all, position(all, c->arguments[0])));
    json_decref(all);
    FAIL_IF(!one, ERR_NOT_FOUND, "there is no promotion '%.100s'", c->arguments[0]);
    return call_json(c, 200, one);
}

/* ---- writing (write lane) --------------------------------------------------------------------------------------------------------------- */

/* The promotions as a file; removes it again when `use` has read it. */
static status with_file(struct call *c, json_t *all, status (*use)(struct call *c, const char *path, void *context), void *context)
{
    json_t *file = json_pack("{s:O}", "promotions", all);
    char *text = file ? json_dumps(file, JSON_COMPACT) : NULL, *path = NULL;
    json_decref(file);
    if (!text) return fail_nomem("writing promotions");
    status s = upload_write(c->server, "", text, strlen(text), &path);
    free(text);
    if (s == OK) s = use(c, path, context);
    if (s != OK && path) {   /* "FILE: promotions[3] (P-004), tiers[1].off: ...": the file is nothing to the caller */
        const char *message = status_message(), *at = strstr(message, path);
        char rest[STATUS_MESSAGE_MAX];
        snprintf(rest, sizeof rest, "%s", at ? at + strlen(path) + strspn(at + strlen(path), ": ") : message);
        s = fail(s, "%s", rest);
    }
    if (path) unlink(path);
    mem_free(path);
    return s;
}

static status take_in(struct call *c, const char *path, void *context)
{
    return shop_promotions_import(&c->server->writer, path, context);
}

static status replace_all(struct call *c, json_t *all)
{
    size_t n;
    TRY(with_file(c, all, take_in, &n));
    TRY(audit(c, "promotion", c->arguments[0]));
    reload_request(c->server);
    return OK;
}

static status read_promotion(struct call *c, json_t **out)
{
    json_error_t e;
    *out = json_loadb(c->request.body, c->request.n_body, JSON_REJECT_DUPLICATES, &e);
    FAIL_IF(!*out, ERR_USAGE, "the body is not JSON: %s (line %d, column %d)", e.text, e.line, e.column);
    FAIL_IF(!json_is_object(*out), ERR_USAGE, "the body must be a JSON object");
    json_t *id = json_object_get(*out, "id");
    bool other = id && (!json_is_string(id) || strcmp(json_string_value(id), c->arguments[0]) != 0);
    if (other) snprintf(c->error_field, sizeof c->error_field, "id");
    FAIL_IF(other, ERR_USAGE, "field 'id' must be the one of the path");
    json_object_set_new(*out, "id", json_string(c->arguments[0]));
    return OK;
}

static status put(struct call *c)
{
    json_t *all = NULL, *one = NULL;
    status s = read_promotion(c, &one);
    if (s == OK) s = stored(c, &all);
    size_t at = position(all, c->arguments[0]);
    bool fresh = at == json_array_size(all);
    if (s == OK && fresh) json_array_append(all, one);
    else if (s == OK) json_array_set(all, at, one);
    if (s == OK) s = replace_all(c, all);
    if (s == OK) s = call_json(c, fresh ? 201 : 200, json_incref(one));
    json_decref(all);
    json_decref(one);
    return s;
}

static status erase(struct call *c)
{
    json_t *all;
    TRY(stored(c, &all));
    size_t at = position(all, c->arguments[0]);
    status s = at < json_array_size(all) ? OK : fail(ERR_NOT_FOUND, "there is no promotion '%.100s'", c->arguments[0]);
    if (s == OK) json_array_remove(all, at);
    if (s == OK) s = replace_all(c, all);
    json_decref(all);
    return s == OK ? call_text(c, 204, NULL, "", 0) : s;
}

/* ---- preview: what a cart would cost with a promotion that is not in force yet ------------------------------------------------------------ */

enum { PREVIEW_LINES_MAX = 32, PREVIEW_CODES_MAX = 8 };
struct preview {
    struct cart_line lines[PREVIEW_LINES_MAX];
    struct cart cart;
    struct cart_result result;
    bool priced;
    const char *codes[PREVIEW_CODES_MAX];
};

static status preview_line(struct call *c, const json_t *o, size_t i, struct preview *p)
{
    char inside[40];
    const char *id = NULL;
    int64_t quantity = 1;
    struct product x;
    struct cart_line *l = &p->lines[p->cart.n_lines];
    const struct field fields[] = {{"product", FIELD_TEXT, true, &id, 1, 200}, {"quantity", FIELD_INTEGER, false, &quantity, 1, CART_QUANTITY_MAX}};
    snprintf(inside, sizeof inside, "cart.items[%zu]", i);
    if (!json_is_object(o)) {
        snprintf(c->error_field, sizeof c->error_field, "%s", inside);
        return fail(ERR_USAGE, "field '%s' must be an object", inside);
    }
    TRY(object_fields(c, o, inside, fields, 2));
    TRY(catalogue_get(c->server->writer.catalogue, id, c->request.arena, &x));
    FAIL_IF(x.price < 0, ERR_USAGE, "product '%.100s' has no price", id);
    const char **paths = arena_alloc(c->request.arena, 3 * sizeof *paths), *const all[] = {x.category, x.category_en, x.category_zh};
    if (!paths) return fail_nomem("pricing a cart");
    *l = (struct cart_line){.product = x.id, .name_zh = product_text(&x, "title", LANGUAGE_ZH), .name_en = product_text(&x, "title", LANGUAGE_EN), .brand = x.brand, .categories = paths,
                            .quantity = quantity, .unit_minor = x.price};
    for (int k = 0; k < 3; k++)
        if (*all[k]) paths[l->n_categories++] = all[k];
    if (!p->cart.n_lines) p->cart.currency = arena_strdup(c->request.arena, x.currency);
    p->cart.n_lines++;
    return p->cart.currency ? OK : fail_nomem("pricing a cart");
}

static status preview_cart(struct call *c, const json_t *o, struct preview *p)
{
    const char *member = "";
    const json_t *items = json_object_get(o, "items");
    struct field_texts codes = {0};
    bool fresh = false;
    const struct field fields[] = {{"member", FIELD_TEXT, false, &member, 0, 40}, {"new_customer", FIELD_BOOLEAN, false, &fresh}, {"coupons", FIELD_TEXTS, false, &codes, 1, 60}};
    json_t *rest = json_copy((json_t *)(uintptr_t)o);
    json_object_del(rest, "items");
    status s = object_fields(c, rest, "cart", fields, 3);
    p->cart = (struct cart){.lines = p->lines, .currency = "", .member = arena_strdup(c->request.arena, member), .new_customer = fresh, .now = clock_unix_ms() / 1000};
    for (size_t i = 0; i < codes.n && i < PREVIEW_CODES_MAX; i++) p->codes[p->cart.n_codes++] = arena_strdup(c->request.arena, codes.items[i]);
    p->cart.codes = p->codes;
    json_decref(rest);
    TRY(s);
    if (codes.n > PREVIEW_CODES_MAX) {
        snprintf(c->error_field, sizeof c->error_field, "cart.coupons");
        return fail(ERR_USAGE, "field 'cart.coupons' must be a list of at most %d codes", PREVIEW_CODES_MAX);
    }
    if (!json_is_array(items) || json_array_size(items) < 1 || json_array_size(items) > PREVIEW_LINES_MAX) {
        snprintf(c->error_field, sizeof c->error_field, "cart.items");
        return fail(ERR_USAGE, "field 'cart.items' must be a list of 1 to %d products", PREVIEW_LINES_MAX);
    }
    for (size_t i = 0; i < json_array_size(items); i++) TRY(preview_line(c, json_array_get(items, i), i, p));
    return OK;
}

static status price(struct call *c, const char *path, void *context)
{
    struct preview *p = context;
    struct promotion_list list;
    TRY(promotions_read(path, NULL, c->request.arena, &list));
    TRY(shop_name_promotions(&c->server->writer, c->request.arena, &list));
    return promotion_best(&p->cart, list.items, list.n, 0, c->request.arena, &p->result);
}

static json_t *money(int64_t minor)
{
    struct strbuf b = {0};
    text_format_price(minor, &b);
    json_t *o = json_string(strbuf_str(&b));
    strbuf_release(&b);
    return o;
}

static json_t *preview_json(const struct preview *p)
{
    json_t *uses = json_array(), *lines = json_array(), *coupons = json_array();
    struct strbuf text = {0}, text_en = {0};
    for (size_t i = 0; i < p->result.n_uses; i++) {
        const struct promotion_use *u = &p->result.uses[i];
        json_array_append_new(uses, json_pack("{s:s, s:s, s:s, s:o}", "id", u->promotion->id, "text", u->text_zh, "text_en", u->text_en, "off", money(u->off_minor)));
    }
    for (size_t i = 0; i < p->cart.n_lines; i++)
        json_array_append_new(lines, json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "product", p->lines[i].product, "title", p->lines[i].name_zh, "title_en", p->lines[i].name_en, "quantity", (json_int_t)p->lines[i].quantity, "before",
                                               money(p->result.lines[i].before_minor), "pay", money(p->result.lines[i].pay_minor)));
    for (size_t i = 0; i < p->result.n_coupons; i++) {
        const struct coupon_answer *a = &p->result.coupons[i];
        json_array_append_new(coupons, json_pack("{s:s, s:s, s:s, s:s}", "code", a->code, "reason", coupon_reason_name(a->reason), "text", a->text_zh, "text_en", a->text_en));
    }
    cart_explain(&p->cart, &p->result, LANGUAGE_ZH, &text);
    cart_explain(&p->cart, &p->result, LANGUAGE_EN, &text_en);
    json_t *o = json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:s}", "currency", p->cart.currency, "before", money(p->result.before_minor), "total", money(p->result.total_minor), "exact",
                          p->result.exact, "lines", lines, "promotions", uses, "coupons", coupons, "text", strbuf_str(&text), "text_en", strbuf_str(&text_en));
    strbuf_release(&text);
    strbuf_release(&text_en);
    return o;
}

static status preview(struct call *c)
{
    const json_t *promotion = NULL, *cart = NULL;
    json_t *root = NULL, *all = NULL;
    struct preview *p = arena_zalloc(c->request.arena, 1, sizeof *p);
    const struct field fields[] = {{"promotion", FIELD_OBJECT, true, &promotion}, {"cart", FIELD_OBJECT, true, &cart}};
    if (!p) return fail_nomem("pricing a cart");
    status s = call_fields(c, fields, 2, &root);
    if (s == OK) s = preview_cart(c, cart, p);
    if (s == OK) s = stored(c, &all);
    if (s == OK) {
        const char *id = json_string_value(json_object_get(promotion, "id"));
        size_t at = id ? position(all, id) : json_array_size(all);
        if (at < json_array_size(all)) json_array_set(all, at, (json_t *)(uintptr_t)promotion);
        else json_array_append(all, (json_t *)(uintptr_t)promotion);
        s = with_file(c, all, price, p);
        if (s == ERR_FORMAT) snprintf(c->error_field, sizeof c->error_field, "promotion");
    }
    if (s == OK) s = call_json(c, 200, preview_json(p));
    json_decref(all);
    json_decref(root);
    return s;
}

const struct route routes_promotions[] = {
    {"GET", "/v1/promotions", SCOPE_MERCHANT, LANE_READ, list, ROUTE_ADMIN_LISTENER, 0},
    {"GET", "/v1/promotions/{id}", SCOPE_MERCHANT, LANE_READ, show, ROUTE_ADMIN_LISTENER, 0},
    {"PUT", "/v1/promotions/{id}", SCOPE_MERCHANT, LANE_WRITE, put, ROUTE_ADMIN_LISTENER, 256 << 10},
    {"DELETE", "/v1/promotions/{id}", SCOPE_MERCHANT, LANE_WRITE, erase, ROUTE_ADMIN_LISTENER, 0},
    {"POST", "/v1/promotions/preview", SCOPE_MERCHANT, LANE_WRITE, preview, ROUTE_ADMIN_LISTENER, 256 << 10},
    {0},
};
