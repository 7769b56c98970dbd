/* Universal Commerce Protocol, catalogue over REST (ucp.dev, version 2026-04-08: specification/catalog/rest, search, lookup):
 * GET /.well-known/ucp, POST /ucp/catalog/search, /ucp/catalog/lookup, /ucp/catalog/product.
 *
 * A product here is one variant there. A price needs a currency (ISO 4217), so products without either are left out. A platform's profile
 * (UCP-Agent) is not fetched: nothing leaves this machine, and what we can do is the same for all. There is no checkout.
 */
#include "protocol_int.h"

#include <stdlib.h>
#include <string.h>

#define UCP "2026-04-08"
enum { UCP_BODY_MAX = 128 << 10, LOOKUP_MAX = 50, PAGE_MAX = 50, PAGE_DEFAULT = 10, CANDIDATES_MAX = 100, CATEGORIES_MAX = 16 };

/* ---- shapes ---- */

static json_t *envelope(const char *capability, const char *state)
{
    return json_pack("{s:s, s:s, s:{s:[{s:s}]}}", "version", UCP, "status", state, "capabilities", capability, "version", UCP);
}
static const char SEARCH[] = "dev.ucp.shopping.catalog.search", LOOKUP[] = "dev.ucp.shopping.catalog.lookup";

static status refuse(struct call *c, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static status refuse(struct call *c, const char *code, const char *format, ...)
{
    char text[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return call_json(c, 400, json_pack("{s:{s:s, s:s}, s:[{s:s, s:s, s:o, s:s}]}", "ucp", "version", UCP, "status", "error", "messages", "type", "error", "code", code, "content", safe_text(text), "severity", "unrecoverable"));
}

/* Hundredths to the currency's own minor unit. */
static json_int_t amount_of(const struct product *p, int64_t minor)
{
    static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF", three[] = "BHD IQD JOD KWD LYD OMR TND";
    return strstr(none, p->currency) ? minor / 100 : strstr(three, p->currency) ? minor * 10 : minor;
}

static json_t *price(const struct product *p, int64_t minor)
{
    return json_pack("{s:I, s:s}", "amount", amount_of(p, minor), "currency", p->currency);
}

static bool has_price(const struct product *p)
{
    return p->price >= 0 && strlen(p->currency) == 3;
}

static json_t *options_of(const struct product *p, enum language l)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->n_attributes; i++) {
        const struct attribute *a = &p->attributes[i];
        if (!a->language[0] || strcmp(a->language, language_code(l)) == 0) json_array_append_new(list, json_pack("{s:s, s:s}", "name", a->name, "label", a->value));
    }
    return list;
}

static json_t *variant(const struct product *p, enum language l, const char *input)
{
    const char *description = product_text(p, "description", l);
    json_t *v = json_pack("{s:s, s:s, s:s, s:{s:s}, s:o, s:o}", "id", p->id, "sku", p->id, "title", product_text(p, "title", l), "description", "plain", description, "price", price(p, p->price), "options", options_of(p, l));
    if (!v) return NULL;
    if (p->list_price > p->price) json_object_set_new(v, "list_price", price(p, p->list_price));
    if (p->stock >= 0) json_object_set_new(v, "availability", json_pack("{s:b, s:s}", "available", p->stock > 0, "status", p->stock > 0 ? "in_stock" : "out_of_stock"));
    if (input) json_object_set_new(v, "inputs", json_pack("[{s:s, s:s}]", "id", input, "match", "exact"));
    return v;
}

static void put_media(json_t *o, const struct product *p, const char *title)
{
    if (strncmp(p->image, "http://", 7) == 0 || strncmp(p->image, "https://", 8) == 0)
        json_object_set_new(o, "media", json_pack("[{s:s, s:s, s:s}]", "type", "image", "url", p->image, "alt_text", title));
    if (strncmp(p->url, "http://", 7) == 0 || strncmp(p->url, "https://", 8) == 0) json_object_set_new(o, "url", json_string(p->url));
}

static json_t *product_json(const struct product *p, enum language l, const char *input)
{
    const char *title = product_text(p, "title", l), *category = product_text(p, "category", l);
    json_t *o = json_pack("{s:s, s:s, s:{s:s}, s:{s:o, s:o}, s:[o]}", "id", p->id, "title", title, "description", "plain", product_text(p, "description", l), "price_range", "min", price(p, p->price), "max", price(p, p->price),
                          "variants", variant(p, l, input));
    if (!o) return NULL;
    if (category[0]) json_object_set_new(o, "categories", json_pack("[{s:s, s:s}]", "value", category, "taxonomy", "merchant"));
    if (p->rating > 0) json_object_set_new(o, "rating", json_pack("{s:f, s:f, s:I}", "value", p->rating, "scale_max", p->rating > 5 ? 10.0 : 5.0, "count", (json_int_t)p->rating_count));
    put_media(o, p, title);
    return o;
}

/* ---- requests ---- */

struct filters { const char *categories[CATEGORIES_MAX]; size_t n_categories; json_int_t least, most; bool any; };
struct request { json_t *root; const char *query; struct filters filters; enum language language; size_t limit, offset; };

static bool bad_amount(const json_t *v)
{
    return v && (!json_is_integer(v) || json_integer_value(v) < 0);
}

/* An answer was given where c->code is set. */
static status read_filters(struct call *c, const json_t *o, struct filters *f)
{
    const json_t *categories = json_object_get(o, "categories"), *bounds = json_object_get(o, "price"), *v;
    const json_t *least = json_object_get(bounds, "min"), *most = json_object_get(bounds, "max");
    size_t i;
    f->most = INT64_MAX;
    if (!o) return OK;
    if (!json_is_object(o) || (categories && !json_is_array(categories)) || (bounds && !json_is_object(bounds)) || bad_amount(least) || bad_amount(most))
        return refuse(c, "invalid_filters", "filters.categories must be a list of texts, filters.price {\"min\",\"max\"} whole amounts in minor units");
    if (json_array_size(categories) > CATEGORIES_MAX) return refuse(c, "request_too_large", "at most %d categories", (int)CATEGORIES_MAX);
    json_array_foreach(categories, i, v) {
        if (!json_is_string(v)) return refuse(c, "invalid_filters", "filters.categories must be a list of texts");
        f->categories[f->n_categories++] = json_string_value(v);
    }
    if (least) f->least = json_integer_value(least);
    if (most) f->most = json_integer_value(most);
    f->any = json_object_size(o) > 0;
    return OK;
}

static enum language language_of(struct call *c, const json_t *root, const char *query)
{
    const char *l = json_string_value(json_object_get(json_object_get(root, "context"), "language"));
    if (l) return strncmp(l, "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    return query ? text_language(query, strlen(query)) : call_language(c);
}

static status read_body(struct call *c, struct request *q)
{
    json_error_t e;
    q->root = json_loadb(c->request.body, c->request.n_body, JSON_REJECT_DUPLICATES, &e);
    if (!q->root || !json_is_object(q->root)) return refuse(c, "invalid_json", "the body must be a JSON object%s%s", q->root ? "" : ": ", q->root ? "" : e.text);
    if (json_object_get(q->root, "context") && !json_is_object(json_object_get(q->root, "context"))) return refuse(c, "invalid_request", "context must be an object");
    q->query = json_string_value(json_object_get(q->root, "query"));
    q->language = language_of(c, q->root, q->query);
    return read_filters(c, json_object_get(q->root, "filters"), &q->filters);
}

static bool in_category(const struct product *p, const char *category)
{
    const char *own[] = {p->category, p->category_en, p->category_zh};
    size_t n = strlen(category);
    for (size_t i = 0; i < 3; i++) {
        if (strncasecmp(own[i], category, n) == 0 && (!own[i][n] || strncmp(own[i] + n, " > ", 3) == 0)) return true;
        for (const char *at = own[i]; (at = strstr(at, " > ")); ) {
            at += 3;
            if (strncasecmp(at, category, n) == 0 && (!at[n] || strncmp(at + n, " > ", 3) == 0)) return true;
        }
    }
    return false;
}

/* Categories are alternatives of each other; price is besides. */
static bool passes(const struct filters *f, const struct product *p)
{
    bool listed = f->n_categories == 0;
    if (!has_price(p)) return false;
    for (size_t i = 0; i < f->n_categories; i++) listed = listed || in_category(p, f->categories[i]);
    json_int_t amount = amount_of(p, p->price);
    return listed && amount >= f->least && amount <= f->most;
}

/* ---- search ---- */

struct page { const struct request *q; json_t *products; size_t passed; bool more; };

static status take(struct page *g, const struct product *p)
{
    if (!passes(&g->q->filters, p)) return OK;
    if (g->passed++ < g->q->offset) return OK;
    if (json_array_size(g->products) == g->q->limit) return g->more = true, ERR_INTERRUPTED;
    json_t *o = product_json(p, g->q->language, NULL);
    return o && json_array_append_new(g->products, o) == 0 ? OK : fail_nomem("searching");
}

static status take_visited(void *context, const struct product *p)
{
    return take(context, p);
}

static status search_words(struct call *c, struct page *g)
{
    struct match_options o;
    struct matches m;
    match_options_default(&o);
    o.top_k = CANDIDATES_MAX;
    TRY(matcher_match(c->server->desk->shop.matcher, g->q->query, strlen(g->q->query), &o, &m));
    status s = OK;
    for (size_t i = 0; s == OK && i < m.n; i++) s = take(g, &m.results[i].product);
    matches_release(&m);
    return s;
}

static status answer_search(struct call *c, const struct request *q)
{
    struct page g = {.q = q, .products = json_array()};
    char cursor[24];
    if (!g.products) return fail_nomem("searching");
    status s = q->query ? search_words(c, &g) : catalogue_each(c->server->desk->shop.catalogue, take_visited, &g);
    if (s != OK && s != ERR_INTERRUPTED) return json_decref(g.products), s;
    snprintf(cursor, sizeof cursor, "%zu", q->offset + q->limit);
    json_t *pagination = json_pack("{s:b}", "has_next_page", g.more);
    if (g.more) json_object_set_new(pagination, "cursor", json_string(cursor));
    return call_json(c, 200, json_pack("{s:o, s:o, s:o}", "ucp", envelope(SEARCH, "success"), "products", g.products, "pagination", pagination));
}

static status read_search(struct call *c, struct request *q)
{
    TRY(read_body(c, q));
    if (c->code) return OK;
    const json_t *page = json_object_get(q->root, "pagination"), *limit = json_object_get(page, "limit"), *query = json_object_get(q->root, "query");
    const char *cursor = json_string_value(json_object_get(page, "cursor"));
    if (query && (!q->query || !*q->query || strlen(q->query) > NEED_BYTES_MAX)) return refuse(c, "invalid_query", "query must be a text of 1 to %d bytes", (int)NEED_BYTES_MAX);
    if (!q->query && !q->filters.any) return refuse(c, "missing_input", "a search needs a query or filters");
    if (page && !json_is_object(page)) return refuse(c, "invalid_pagination", "pagination must be an object");
    if (limit && (!json_is_integer(limit) || json_integer_value(limit) < 1)) return refuse(c, "invalid_pagination", "pagination.limit must be a whole number of 1 or more");
    if (json_object_get(page, "cursor") && (!cursor || !*cursor || strspn(cursor, "0123456789") != strlen(cursor) || strlen(cursor) > 9)) return refuse(c, "invalid_pagination", "pagination.cursor is not one that an earlier answer gave");
    q->limit = limit ? (size_t)(json_integer_value(limit) > PAGE_MAX ? PAGE_MAX : json_integer_value(limit)) : PAGE_DEFAULT;
    q->offset = cursor ? (size_t)atol(cursor) : 0;
    return OK;
}

static status search(struct call *c)
{
    struct request q = {0};
    struct desk *d;
    status s = read_search(c, &q);
    if (s == OK && !c->code) s = call_desk(c, &d);
    if (s == OK && !c->code) s = answer_search(c, &q);
    json_decref(q.root);
    return s;
}

/* ---- lookup ---- */

static bool seen_before(const json_t *ids, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (json_equal(json_array_get(ids, k), json_array_get(ids, i))) return true;
    return false;
}

static status look_up_one(struct call *c, const struct request *q, const char *id, json_t *products, json_t *messages)
{
    struct product p;
    status s = catalogue_get(c->server->reader.catalogue, id, c->request.arena, &p);
    if (s == ERR_NOT_FOUND) return json_array_append_new(messages, json_pack("{s:s, s:s, s:s}", "type", "info", "code", "not_found", "content", id)) == 0 ? OK : fail_nomem("looking up");
    TRY(s);
    if (!passes(&q->filters, &p)) return OK;
    return json_array_append_new(products, product_json(&p, q->language, id)) == 0 ? OK : fail_nomem("looking up");
}

static status look_up(struct call *c, const struct request *q, const json_t *ids)
{
    json_t *products = json_array(), *messages = json_array();
    size_t n = json_array_size(ids);
    status s = OK;
    for (size_t i = 0; s == OK && i < n; i++)
        if (!seen_before(ids, i)) s = look_up_one(c, q, json_string_value(json_array_get(ids, i)), products, messages);
    if (s == OK) return call_json(c, 200, json_pack("{s:o, s:o, s:o}", "ucp", envelope(LOOKUP, "success"), "products", products, "messages", messages));
    json_decref(products);
    json_decref(messages);
    return s;
}

static status lookup(struct call *c)
{
    struct request q = {0};
    status s = read_body(c, &q);
    const json_t *ids = json_object_get(q.root, "ids"), *v;
    size_t i;
    bool texts = json_array_size(ids) > 0;
    json_array_foreach(ids, i, v) texts = texts && json_is_string(v);
    if (s == OK && !c->code && !texts) s = refuse(c, "invalid_request", "ids must be a list of texts that is not empty");
    if (s == OK && !c->code && json_array_size(ids) > LOOKUP_MAX) s = refuse(c, "request_too_large", "at most %d ids", (int)LOOKUP_MAX);
    if (s == OK && !c->code) s = look_up(c, &q, ids);
    json_decref(q.root);
    return s;
}

static status answer_product(struct call *c, const struct request *q, const char *id)
{
    struct product p;
    char text[300];
    status s = catalogue_get(c->server->reader.catalogue, id, c->request.arena, &p);
    if (s != OK && s != ERR_NOT_FOUND) return s;
    if (s == OK && passes(&q->filters, &p)) return call_json(c, 200, json_pack("{s:o, s:o}", "ucp", envelope(LOOKUP, "success"), "product", product_json(&p, q->language, NULL)));
    snprintf(text, sizeof text, "Product not found: %.200s", id);
    return call_json(c, 200, json_pack("{s:o, s:[{s:s, s:s, s:o, s:s}]}", "ucp", envelope(LOOKUP, "error"), "messages", "type", "error", "code", "not_found", "content", safe_text(text), "severity", "unrecoverable"));
}

static status product(struct call *c)
{
    struct request q = {0};
    status s = read_body(c, &q);
    const char *id = json_string_value(json_object_get(q.root, "id"));
    if (s == OK && !c->code && !id) s = refuse(c, "invalid_request", "id must be a text");
    if (s == OK && !c->code) s = answer_product(c, &q, id);
    json_decref(q.root);
    return s;
}

/* ---- the profile ---- */

static json_t *capability(const char *name)
{
    char spec[120], schema[120];
    snprintf(spec, sizeof spec, "https://ucp.dev/" UCP "/specification/catalog/%s", name);
    snprintf(schema, sizeof schema, "https://ucp.dev/" UCP "/schemas/shopping/catalog_%s.json", name);
    return json_pack("[{s:s, s:s, s:s}]", "version", UCP, "spec", spec, "schema", schema);
}

static status profile(struct call *c)
{
    const char *host = c->request.host;
    char endpoint[300];
    snprintf(endpoint, sizeof endpoint, "%s://%.250s/ucp", c->server->options.secure_cookies ? "https" : "http", host ? host : "localhost");
    return call_json(c, 200, json_pack("{s:{s:s, s:{s:[{s:s, s:s, s:s, s:s, s:s}]}, s:{s:o, s:o}, s:{}}}", "ucp", "version", UCP, "services", "dev.ucp.shopping", "version", UCP, "spec", "https://ucp.dev/" UCP "/specification/overview",
                                       "transport", "rest", "schema", "https://ucp.dev/" UCP "/services/shopping/rest.openapi.json", "endpoint", endpoint, "capabilities", SEARCH, capability("search"), LOOKUP, capability("lookup"),
                                       "payment_handlers"));
}

const struct route routes_ucp[] = {
    {"GET", "/.well-known/ucp", SCOPE_NONE, LANE_READ, profile, ROUTE_NO_COOKIE, 0},
    {"POST", "/ucp/catalog/search", SCOPE_SHOPPER, LANE_MODEL, search, ROUTE_NO_COOKIE, UCP_BODY_MAX},
    {"POST", "/ucp/catalog/lookup", SCOPE_SHOPPER, LANE_READ, lookup, ROUTE_NO_COOKIE, UCP_BODY_MAX},
    {"POST", "/ucp/catalog/product", SCOPE_SHOPPER, LANE_READ, product, ROUTE_NO_COOKIE, UCP_BODY_MAX},
    {0},
};
