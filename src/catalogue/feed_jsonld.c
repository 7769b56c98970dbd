/* schema.org JSON-LD: Product and ProductGroup as shops put them into their pages (schema.org/Product, schema.org/ProductGroup,
 * Google's "Product structured data" names the properties in use). Not a JSON-LD processor: the context is taken to be schema.org's.
 */
#include <string.h>
#include <strings.h>

#include "feed_family_int.h"

struct reader {
    struct family *f;
    const struct strmap *known;
};

/* ---- nodes ---- */

static struct span behind(struct span s, char mark)
{
    for (size_t i = s.n; i-- > 0;)
        if (s.s[i] == mark) return (struct span){s.s + i + 1, s.n - i - 1};
    return s;
}

/* "https://schema.org/InStock", "schema:InStock" -> "InStock" */
static struct span term(struct span s)
{
    return behind(behind(s, '/'), ':');
}

static bool is(struct span s, const char *word)
{
    return s.n == strlen(word) && memcmp(s.s, word, s.n) == 0;
}

static bool has_type(const struct node *n, const char *type)
{
    const struct node *t = tree_get(n, "@type");
    if (!t) return false;
    if (t->type == NODE_SCALAR) return is(term(t->text), type);
    for (const struct node *m = t->first; m; m = m->next)
        if (m->type == NODE_SCALAR && is(term(m->text), type)) return true;
    return false;
}

bool jsonld_is_product(const struct node *n)
{
    static const char *const types[] = {"Product", "ProductGroup", "IndividualProduct", "ProductModel", "SomeProducts", "Vehicle", "Car"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (has_type(n, types[i])) return true;
    return false;
}

/* What a reference {"@id": ...} stands for, where the document has it. */
static const struct node *resolve(const struct reader *r, const struct node *n)
{
    const struct node *id = n && n->type == NODE_OBJECT ? n->first : NULL;
    uint64_t at;
    if (!r->known || !id || id->next || id->type != NODE_SCALAR || !is(id->name, "@id")) return n;
    return strmap_get(r->known, id->text.s, id->text.n, &at) ? (const struct node *)(uintptr_t)at : n;
}

/* A member as a list: an array's elements, or itself. */
static const struct node *each(const struct reader *r, const struct node *object, const char *name)
{
    const struct node *m = tree_get(object, name);
    return !m ? NULL : m->type == NODE_ARRAY ? m->first : resolve(r, m);
}

static const struct node *next_of(const struct node *object, const char *name, const struct node *n)
{
    const struct node *m = tree_get(object, name);
    return m && m->type == NODE_ARRAY ? n->next : NULL;
}

/* The text of a value that may be a scalar, a list, or a node with a name, value or address. */
static struct span text_of(const struct reader *r, const struct node *n)
{
    static const char *const members[] = {"@value", "name", "value", "url", "contentUrl", "@id"};
    n = resolve(r, n);
    if (n && n->type == NODE_ARRAY) n = resolve(r, n->first);
    if (!n || n->type == NODE_ARRAY) return (struct span){"", 0};
    if (n->type == NODE_SCALAR) return n->text;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const struct node *m = tree_get(n, members[i]);
        if (m && m->type == NODE_ARRAY) m = m->first;
        if (m && m->type == NODE_SCALAR && m->text.n) return m->text;
    }
    return (struct span){"", 0};
}

/* ---- texts ---- */

/* "title", or "title_zh" where the value says its language: {"@value": "...", "@language": "zh-CN"}. */
static status put_language(struct reader *r, struct cells *to, const char *name, const struct node *value)
{
    struct span language = tree_text(value, "@language"), text = text_of(r, value);
    bool english = language.n >= 2 && strncasecmp(language.s, "en", 2) == 0, chinese = language.n >= 2 && strncasecmp(language.s, "zh", 2) == 0;
    char column[32];
    snprintf(column, sizeof column, "%s%s", name, english ? "_en" : chinese ? "_zh" : "");
    TRY(html_text(text, r->f->arena, &text));
    return family_put(r->f, to, column, 0, text);
}

static status put_text(struct reader *r, struct cells *to, const struct node *product, const char *member, const char *column)
{
    for (const struct node *n = each(r, product, member); n; n = next_of(product, member, n)) {
        bool translated = n->type == NODE_OBJECT && tree_get(n, "@language");
        TRY(put_language(r, to, column, n));
        if (!translated) return OK;   /* the first of several */
    }
    return OK;
}

static status put_id(struct reader *r, struct cells *to, const struct node *product)
{
    static const char *const group[] = {"productGroupID", "inProductGroupWithID", NULL};
    static const char *const own[] = {"sku", "productID", "identifier", "gtin", "gtin13", "gtin14", "gtin12", "gtin8", "mpn", "@id", "url", NULL};
    const char *const *lists[] = {has_type(product, "ProductGroup") ? group : own, own};
    for (size_t k = 0; k < 2; k++)
        for (const char *const *name = lists[k]; *name; name++) {
            struct span id = text_of(r, tree_get(product, *name));
            if (id.n) return family_put(r->f, to, "id", 0, id);
        }
    return OK;
}

/* ---- attributes ---- */

/* "1.2 kg" of {"value": 1.2, "unitCode": "KGM"} (UN/CEFACT common codes). */
static status put_measure(struct reader *r, struct cells *to, struct span name, const struct node *n)
{
    static const char *const units[][2] = {{"KGM", "kg"}, {"GRM", "g"},   {"LBR", "lb"}, {"ONZ", "oz"}, {"CMT", "cm"},  {"MTR", "m"},
                                           {"MMT", "mm"}, {"INH", "inch"}, {"FOT", "ft"}, {"LTR", "l"},  {"MLT", "ml"}, {"C62", ""}};
    struct span value = tree_text(n, "value"), unit = tree_text(n, "unitText"), code = tree_text(n, "unitCode");
    if (!value.n) value = text_of(r, n);
    if (!unit.n) unit = code;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (is(code, units[i][0])) unit = (struct span){units[i][1], strlen(units[i][1])};
    if (unit.n && value.n) {
        char *text = arena_printf(r->f->arena, "%.*s %.*s", (int)value.n, value.s, (int)unit.n, unit.s);
        if (!text) return fail_nomem("reading a feed");
        value = (struct span){text, strlen(text)};
    }
    return family_put_named(r->f, to, name, 'a', value, false);
}

static status put_list(struct reader *r, struct cells *to, struct span name, const struct node *array)
{
    struct strbuf joined = {0};
    size_t n = 0;
    for (const struct node *m = array->first; m; m = m->next) {
        struct span value = text_of(r, m);
        if (value.n) strbuf_printf(&joined, "%s%.*s", n++ ? ", " : "", (int)value.n, value.s);
    }
    struct span text = {arena_strndup(r->f->arena, strbuf_str(&joined), joined.len), joined.len};
    bool failed = joined.failed || !text.s;
    strbuf_release(&joined);
    return failed ? fail_nomem("reading a feed") : family_put_named(r->f, to, name, 'a', text, n > 1);
}

static status put_attributes(struct reader *r, struct cells *to, const struct node *product)
{
    static const char *const names[][2] = {
        {"color", "color"}, {"material", "material"}, {"pattern", "pattern"}, {"size", "size"}, {"model", "model"}, {"mpn", "mpn"},
        {"gtin", "gtin"}, {"gtin13", "gtin"}, {"gtin14", "gtin"}, {"gtin12", "gtin"}, {"gtin8", "gtin"}, {"weight", "weight"},
        {"width", "width"}, {"height", "height"}, {"depth", "depth"}, {"keywords", "keywords"}, {"countryOfOrigin", "country of origin"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct node *m = tree_get(product, names[i][0]);
        struct span name = {names[i][1], strlen(names[i][1])};
        if (m && m->type == NODE_ARRAY) TRY(put_list(r, to, name, m));
        else if (m) TRY(put_measure(r, to, name, resolve(r, m)));
    }
    for (const struct node *n = each(r, product, "additionalProperty"); n; n = next_of(product, "additionalProperty", n)) {
        struct span name = tree_text(n, "name");
        const struct node *value = tree_get(n, "value");
        if (value && value->type == NODE_ARRAY) TRY(put_list(r, to, name, value));
        else if (value) TRY(put_measure(r, to, name, n));
    }
    const struct node *audience = resolve(r, tree_get(product, "audience"));
    return family_put(r->f, to, "gender", 'a', term(tree_text(audience, "suggestedGender")));
}

/* ---- offers ---- */

static double number_of(struct span s)
{
    int64_t minor;
    char currency[4];
    return s.n && text_parse_price(s.s, s.n, &minor, currency) ? (double)minor : -1;
}

static struct span price_of(const struct reader *r, const struct node *offer)
{
    struct span price = tree_text(offer, "price");
    if (price.n) return price;
    for (const struct node *n = each(r, offer, "priceSpecification"); n; n = next_of(offer, "priceSpecification", n))
        if (!tree_get(n, "priceType") || is(term(tree_text(n, "priceType")), "SalePrice")) return tree_text(n, "price");
    return tree_text(offer, "lowPrice");
}

/* Of several offers the cheapest that has a price. */
static const struct node *best_offer(const struct reader *r, const struct node *product)
{
    const struct node *best = NULL;
    double lowest = -1;
    for (const struct node *n = each(r, product, "offers"); n; n = next_of(product, "offers", n)) {
        const struct node *offer = resolve(r, n);
        double price = number_of(price_of(r, offer));
        if (!best || (price >= 0 && (lowest < 0 || price < lowest))) best = offer, lowest = price;
    }
    return best;
}

static status put_availability(struct reader *r, struct cells *to, const struct node *offer)
{
    static const char *const words[][2] = {
        {"InStock", "in stock"},       {"InStoreOnly", "in store only"}, {"OnlineOnly", "in stock"},       {"LimitedAvailability", "limited availability"},
        {"OutOfStock", "out of stock"}, {"SoldOut", "sold out"},          {"Discontinued", "out of stock"}, {"PreOrder", "preorder"},
        {"PreSale", "preorder"},        {"BackOrder", "backorder"},       {"MadeToOrder", "made to order"},
    };
    struct span said = term(tree_text(offer, "availability")), level = text_of(r, tree_get(offer, "inventoryLevel"));
    TRY(family_put(r->f, to, "stock", 0, level));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is(said, words[i][0])) return family_put(r->f, to, "availability", 0, (struct span){words[i][1], strlen(words[i][1])});
    return OK;
}

static status put_list_price(struct reader *r, struct cells *to, const struct node *offer)
{
    for (const struct node *n = each(r, offer, "priceSpecification"); n; n = next_of(offer, "priceSpecification", n)) {
        struct span type = term(tree_text(n, "priceType"));
        if (is(type, "ListPrice") || is(type, "StrikethroughPrice") || is(type, "SRP") || is(type, "MSRP"))
            return family_put(r->f, to, "list_price", 0, tree_text(n, "price"));
    }
    return OK;
}

static status put_range(struct reader *r, struct cells *to, struct span low, struct span high)
{
    if (!low.n || !high.n || number_of(low) == number_of(high)) return OK;
    char *range = arena_printf(r->f->arena, "%.*s - %.*s", (int)low.n, low.s, (int)high.n, high.s);
    if (!range) return fail_nomem("reading a feed");
    return family_put(r->f, to, "price range", 'a', (struct span){range, strlen(range)});
}

/* Several offers that cost differently: the price is the lowest, and the range is told beside it. */
static status put_offers_range(struct reader *r, struct cells *to, const struct node *product)
{
    struct span low = {"", 0}, high = {"", 0};
    for (const struct node *n = each(r, product, "offers"); n; n = next_of(product, "offers", n)) {
        struct span price = price_of(r, resolve(r, n));
        if (number_of(price) < 0) continue;
        if (!low.n || number_of(price) < number_of(low)) low = price;
        if (!high.n || number_of(price) > number_of(high)) high = price;
    }
    return put_range(r, to, low, high);
}

/* A price that says until when it holds is no price after that: it goes the way of a sale that ends. */
static status put_price(struct reader *r, struct cells *to, const struct node *offer)
{
    struct span until = tree_text(offer, "priceValidUntil");
    if (!until.n) return family_put(r->f, to, "price", 0, price_of(r, offer));
    char *period = arena_printf(r->f->arena, "/%.*s", (int)until.n, until.s);
    if (!period) return fail_nomem("reading a feed");
    TRY(family_put(r->f, to, "sale_price", 0, price_of(r, offer)));
    return family_put(r->f, to, "sale_price_effective_date", 0, (struct span){period, strlen(period)});
}

static status put_offer(struct reader *r, struct cells *to, const struct node *product)
{
    const struct node *offer = best_offer(r, product);
    if (!offer) return OK;
    if (tree_get(offer, "offers")) {   /* an AggregateOffer with the offers in it */
        const struct node *inner = best_offer(r, offer);
        if (inner && price_of(r, inner).n) offer = inner;
    }
    struct span low = tree_text(offer, "lowPrice"), high = tree_text(offer, "highPrice"), currency = tree_text(offer, "priceCurrency");
    for (const struct node *n = each(r, offer, "priceSpecification"); n && !currency.n; n = next_of(offer, "priceSpecification", n))
        currency = tree_text(n, "priceCurrency");
    TRY(put_price(r, to, offer));
    TRY(family_put(r->f, to, "currency", 0, currency));
    TRY(put_list_price(r, to, offer));
    TRY(put_availability(r, to, offer));
    return low.n ? put_range(r, to, low, high) : put_offers_range(r, to, product);
}

/* ---- products ---- */

static status fill(struct reader *r, struct cells *to, const struct node *p)
{
    const struct node *rating = resolve(r, tree_get(p, "aggregateRating"));
    struct span count = tree_text(rating, "ratingCount");
    TRY(put_text(r, to, p, "name", "title"));
    TRY(put_text(r, to, p, "description", "description"));
    TRY(put_text(r, to, p, "category", "category"));
    TRY(family_put(r->f, to, "brand", 0, text_of(r, tree_get(p, "brand"))));
    TRY(family_put(r->f, to, "url", 0, text_of(r, tree_get(p, "url"))));
    const struct node *image = resolve(r, tree_get(p, "image"));
    if (image && image->type == NODE_ARRAY) image = resolve(r, image->first);
    struct span address = tree_text(image, "url").n ? tree_text(image, "url") : tree_text(image, "contentUrl");
    TRY(family_put(r->f, to, "image", 0, address.n ? address : text_of(r, image)));
    TRY(family_put(r->f, to, "rating", 0, tree_text(rating, "ratingValue")));
    TRY(family_put(r->f, to, "rating_count", 0, count.n ? count : tree_text(rating, "reviewCount")));
    TRY(put_offer(r, to, p));
    return put_attributes(r, to, p);
}

status jsonld_product(struct family *f, const struct node *product, const struct strmap *known)
{
    struct reader r = {f, known};
    const struct node *group = resolve(&r, tree_get(product, "isVariantOf"));
    if (group && group->type == NODE_ARRAY) group = resolve(&r, group->first);
    if (group && group->type == NODE_OBJECT && tree_get(group, "name")) {   /* what it says of all its variants, under what this one says */
        struct cells *own;
        TRY(fill(&r, &f->base, group));
        TRY(family_add_variant(f, &own));
        TRY(put_id(&r, own, product));
        return fill(&r, own, product);
    }
    TRY(put_id(&r, &f->base, product));
    TRY(fill(&r, &f->base, product));
    for (const struct node *n = each(&r, product, "hasVariant"); n; n = next_of(product, "hasVariant", n)) {
        const struct node *variant = resolve(&r, n);
        struct cells *own;
        if (variant->type != NODE_OBJECT) continue;
        TRY(family_add_variant(f, &own));
        TRY(put_id(&r, own, variant));
        TRY(fill(&r, own, variant));
    }
    return OK;
}
