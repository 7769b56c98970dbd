/* Agentic Commerce Protocol: products.jsonl, a Product a line (spec/2026-04-17/json-schema/schema.feed.json of
 * agentic-commerce-protocol: Product, Variant, Price). Amounts are in ISO 4217 minor units. Its flat predecessor ("id", "title", "price":
 * "79.99 USD", ...) needs no reader of its own: its names are known columns.
 */
#include <stdlib.h>
#include <string.h>

#include "feed_family_int.h"
#include "feed_out_int.h"

bool acp_is_product(const struct node *n)
{
    const struct node *variants = tree_get(n, "variants");
    return variants && variants->type == NODE_ARRAY && tree_get(n, "id");
}

int currency_digits(struct span code)
{
    static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF", three[] = "BHD IQD JOD KWD LYD OMR TND";
    char text[4] = {0};
    if (code.n != 3) return 2;
    memcpy(text, code.s, 3);
    return strstr(none, text) ? 0 : strstr(three, text) ? 3 : 2;
}

/* {"amount": 1999, "currency": "USD"} -> "19.99 USD". What is no whole amount stays as spelled, and is refused with the price. */
static status put_price(struct family *f, struct cells *to, const char *column, const struct node *price)
{
    struct span amount = tree_text(price, "amount"), currency = tree_text(price, "currency");
    char digits[24] = "", *end;
    if (!amount.n) return OK;
    memcpy(digits, amount.s, amount.n < sizeof digits ? amount.n : sizeof digits - 1);
    long long minor = strtoll(digits, &end, 10);
    bool whole = amount.n < 16 && *end == 0 && minor >= 0;
    int places = currency_digits(currency);
    long long scale = places == 0 ? 1 : places == 2 ? 100 : 1000;
    char *text = !whole ? arena_printf(f->arena, "%.*s (no whole amount)", (int)amount.n, amount.s)
               : places ? arena_printf(f->arena, "%lld.%0*lld %.*s", minor / scale, places, minor % scale, (int)currency.n, currency.s)
                        : arena_printf(f->arena, "%lld %.*s", minor, (int)currency.n, currency.s);
    if (!text) return fail_nomem("reading a feed");
    return family_put(f, to, column, 0, (struct span){text, strlen(text)});
}

static status put_description(struct family *f, struct cells *to, const struct node *d)
{
    struct span text = d && d->type == NODE_SCALAR ? d->text : tree_text(d, "plain");
    if (!text.n) text = tree_text(d, "markdown");
    if (!text.n) TRY(html_text(tree_text(d, "html"), f->arena, &text));
    return family_put(f, to, "description", 0, text);
}

static status put_image(struct family *f, struct cells *to, const struct node *media)
{
    for (const struct node *m = media ? media->first : NULL; m; m = m->next) {
        struct span type = tree_text(m, "type");
        if (!type.n || (type.n == 5 && memcmp(type.s, "image", 5) == 0)) return family_put(f, to, "image", 0, tree_text(m, "url"));
    }
    return OK;
}

static status put_availability(struct family *f, struct cells *to, const struct node *a)
{
    struct span status_word = tree_text(a, "status"), available = tree_text(a, "available");
    bool out = available.n == 5 && memcmp(available.s, "false", 5) == 0;
    if (status_word.n == 12 && memcmp(status_word.s, "discontinued", 12) == 0) out = true;
    if (out) return family_put(f, to, "availability", 0, (struct span){"out_of_stock", 12});
    return family_put(f, to, "availability", 0, status_word);
}

/* Categories of the merchant are before those of a taxonomy of others. */
static status put_categories(struct family *f, struct cells *to, const struct node *categories)
{
    for (const struct node *c = categories ? categories->first : NULL; c; c = c->next) {
        struct span taxonomy = tree_text(c, "taxonomy");
        bool own = !taxonomy.n || (taxonomy.n == 8 && memcmp(taxonomy.s, "merchant", 8) == 0);
        TRY(family_put(f, to, own ? "product_type" : "google_product_category", 0, tree_text(c, "value")));
    }
    return OK;
}

static status put_named_values(struct family *f, struct cells *to, const struct node *list, const char *name_member)
{
    static const char *const brand[] = {"brand", "Brand", "品牌"};
    for (const struct node *o = list ? list->first : NULL; o; o = o->next) {
        struct span name = tree_text(o, name_member), value = tree_text(o, "value");
        bool is_brand = false;
        for (size_t i = 0; i < 3; i++) is_brand = is_brand || (name.n == strlen(brand[i]) && memcmp(name.s, brand[i], name.n) == 0);
        TRY(is_brand ? family_put(f, to, "brand", 0, value) : family_put_named(f, to, name, 'a', value, false));
    }
    return OK;
}

static status fill(struct family *f, struct cells *to, const struct node *n)
{
    TRY(family_put(f, to, "id", 0, tree_text(n, "id")));
    TRY(family_put(f, to, "title", 0, tree_text(n, "title")));
    TRY(family_put(f, to, "url", 0, tree_text(n, "url")));
    TRY(put_description(f, to, tree_get(n, "description")));
    TRY(put_image(f, to, tree_get(n, "media")));
    TRY(put_price(f, to, "price", tree_get(n, "price")));
    TRY(put_price(f, to, "list_price", tree_get(n, "list_price")));
    TRY(put_availability(f, to, tree_get(n, "availability")));
    TRY(put_categories(f, to, tree_get(n, "categories")));
    TRY(put_named_values(f, to, tree_get(n, "barcodes"), "type"));
    return put_named_values(f, to, tree_get(n, "variant_options"), "name");
}

status acp_product(struct family *f, const struct node *product)
{
    TRY(fill(f, &f->base, product));
    for (const struct node *v = tree_get(product, "variants")->first; v; v = v->next) {
        struct cells *own;
        if (v->type != NODE_OBJECT) continue;
        TRY(family_add_variant(f, &own));
        TRY(fill(f, own, v));
    }
    return OK;
}
