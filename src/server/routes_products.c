/* The catalogue as it stands: lists, records, comparisons. */
#include "protocol_int.h"

#include <stdlib.h>
#include <string.h>

static void set_price(json_t *o, const char *key, int64_t minor)
{
    struct strbuf b = {0};
    if (minor >= 0) text_format_price(minor, &b);
    json_object_set_new(o, key, minor >= 0 ? json_string(strbuf_str(&b)) : json_null());
    strbuf_release(&b);
}

json_t *product_card(const struct product *p, enum language l)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", p->id, "title", product_text(p, "title", l), "brand", p->brand, "category", product_text(p, "category", l), "currency",
                          p->currency, "url", p->url, "image", p->image);
    if (!o) return NULL;
    set_price(o, "price", p->price);
    set_price(o, "list_price", p->list_price);
    json_object_set_new(o, "stock", p->stock == STOCK_UNKNOWN ? json_null() : json_integer(p->stock));
    json_object_set_new(o, "rating", p->rating > 0 ? json_real(p->rating) : json_null());
    json_object_set_new(o, "rating_count", json_integer(p->rating_count));
    return o;
}

json_t *product_record(const struct product *p, enum language l)
{
    json_t *o = product_card(p, l), *attributes = json_array();
    for (size_t i = 0; i < p->n_attributes; i++) {
        const struct attribute *a = &p->attributes[i];
        json_array_append_new(attributes, json_pack("{s:s, s:s, s:s}", "name", a->name, "value", a->value, "language", a->language));
    }
    if (!o) {
        json_decref(attributes);
        return NULL;
    }
    json_object_set_new(o, "description", json_string(product_text(p, "description", l)));
    json_object_set_new(o, "attributes", attributes);
    return o;
}

/* ?language=, else what the browser prefers; the product's own where that says nothing. */
enum language call_language(struct call *c)
{
    const char *l = http_query(&c->request, "language"), *accept = l ? l : http_header(&c->request, "Accept-Language");
    const char *zh = accept ? strcasestr(accept, "zh") : NULL, *en = accept ? strcasestr(accept, "en") : NULL;
    return en && (!zh || en < zh) ? LANGUAGE_EN : LANGUAGE_ZH;
}

/* ---- lists ------------------------------------------------------------------------------------------------------------------------- */

struct listing { json_t *items; enum language language; int64_t last, before_last; };

static status list_one(void *context, const struct product *p)
{
    struct listing *l = context;
    l->before_last = l->last;
    l->last = p->key;
    return json_array_append_new(l->items, product_card(p, l->language)) == 0 ? OK : fail_nomem("listing products");
}

static status page_of(struct call *c, json_t *items, bool more, int64_t cursor)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)cursor);
    return call_json(c, 200, json_pack("{s:o, s:o}", "items", items, "next", more ? json_string(text) : json_null()));
}

static status bad_cursor(struct call *c)
{
    snprintf(c->error_field, sizeof c->error_field, "after");
    return fail(ERR_USAGE, "'after' is not what an earlier answer gave as 'next'");
}

static status read_cursor(struct call *c, const char *after, int64_t *out)
{
    char *end;
    *out = 0;
    if (!after) return OK;
    *out = strtoll(after, &end, 10);
    return !*after || *end || *out < 0 ? bad_cursor(c) : OK;
}

static status list_filtered(struct call *c, size_t limit, int64_t after)
{
    struct listing l = {json_array(), call_language(c), 0, 0};
    const struct catalogue_filter f = {.after = after, .limit = limit + 1, .category = http_query(&c->request, "category"), .brand = http_query(&c->request, "brand")};
    if (!l.items) return fail_nomem("listing products");
    status s = catalogue_list(c->server->reader.catalogue, &f, list_one, &l);
    bool more = json_array_size(l.items) > limit;
    if (more) json_array_remove(l.items, limit);   /* the one too many told that there is a next page */
    if (s != OK) {
        json_decref(l.items);
        return s;
    }
    return page_of(c, l.items, more, l.before_last);
}

/* With a query: what matches it, best first, and the cursor counts results. */
static status list_matching(struct call *c)
{
    size_t limit;
    const char *after, *query = http_query(&c->request, "query");
    int64_t offset;
    struct match_options o;
    struct matches m;
    struct desk *d;
    TRY(call_page(c, &limit, &after));
    TRY(read_cursor(c, after, &offset));
    TRY(call_desk(c, &d));
    if (!d) return OK;
    match_options_default(&o);
    o.top_k = limit + 1;
    o.offset = (size_t)offset;
    o.fitting = true;
    TRY(matcher_match(d->shop.matcher, query, strlen(query), &o, &m));
    struct listing l = {json_array(), call_language(c), 0, 0};
    status s = l.items ? OK : fail_nomem("listing products");
    for (size_t i = 0; s == OK && i < m.n && i < limit; i++) s = list_one(&l, &m.results[i].product);
    bool more = m.n > limit;
    matches_release(&m);
    return s == OK ? page_of(c, l.items, more, offset + (int64_t)limit) : s;
}

static status list(struct call *c)
{
    size_t limit;
    const char *after, *query = http_query(&c->request, "query");
    int64_t key;
    if (query && *query) {
        if (strlen(query) <= NEED_BYTES_MAX) return call_then(c, LANE_MODEL, list_matching);
        snprintf(c->error_field, sizeof c->error_field, "query");
        return fail(ERR_USAGE, "'query' is longer than %d bytes", NEED_BYTES_MAX);
    }
    TRY(call_page(c, &limit, &after));
    TRY(read_cursor(c, after, &key));
    return list_filtered(c, limit, key);
}

static status show(struct call *c)
{
    struct product p;
    TRY(catalogue_get(c->server->reader.catalogue, c->arguments[0], c->request.arena, &p));
    return call_json(c, 200, product_record(&p, call_language(c)));
}

static status compare(struct call *c)
{
    struct field_texts ids = {0};
    json_t *root = NULL, *table = NULL;
    struct guide *g = NULL;
    struct desk *d = NULL;
    const struct field fields[] = {{"products", FIELD_TEXTS, true, &ids, 1, 200}};
    status s = call_fields(c, fields, 1, &root);
    if (s == OK) s = call_desk(c, &d);
    if (s == OK && d) s = guide_new(&d->guide, &g);
    if (s == OK && g) {
        s = guide_compare(g, ids.items, ids.n, call_language(c), &table);
        if (s != OK) snprintf(c->error_field, sizeof c->error_field, "products");
        if (s == OK) s = call_json(c, 200, table);
    }
    guide_free(g);
    json_decref(root);
    return s;
}

const struct route routes_products[] = {
    {"GET", "/v1/products", SCOPE_SHOPPER, LANE_READ, list, 0, 0},
    {"GET", "/v1/products/{id}", SCOPE_SHOPPER, LANE_READ, show, 0, 0},
    {"POST", "/v1/compare", SCOPE_SHOPPER, LANE_MODEL, compare, 0, BODY_MAX},
    {0},
};
