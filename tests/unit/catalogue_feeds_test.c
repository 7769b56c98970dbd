/* catalogue: feeds of other programs, in and out. The files under tests/feeds are our own small examples of each format. */
#include <stdio.h>

#include "catalogue_fixture.h"

#define FEEDS TEST_DIR "/feeds/"

static void another_shop(void)
{
    end_shop(NULL);
    fresh_shop(NULL);
}

static struct import_result import_file(const char *name, uint64_t added, uint64_t rejected)
{
    return import_expecting(name, NULL, added + rejected, added, 0, 0, rejected);
}

static void expect(const char *id, const char *title, const char *brand, const char *category, int64_t price, int64_t list_price, const char *currency)
{
    struct product p = product_of(id);
    assert_string_equal(p.title, title);
    assert_string_equal(p.brand, brand);
    assert_string_equal(p.category, category);
    assert_int_equal(p.price, price);
    assert_int_equal(p.list_price, list_price);
    assert_string_equal(p.currency, currency);
}

static void same_after(enum export_format format);

/* ---- in ---- */

static void google_tsv(void **state)
{
    (void)state;
    import_file(FEEDS "google.tsv", 2, 0);
    expect("A1", "Red shoe", "Acme", "Shoes > Running", 1500, 2000, "USD");
    expect("A2", "Blue shoe", "Acme", "Shoes > Running", 2000, -1, "USD");   /* its sale is over */
    struct product p = product_of("A1");
    assert_string_equal(p.image, "https://shop.example/a1.jpg");
    expect_attribute(&p, "Sole", "EVA, light", ATTRIBUTE_LIST);
    expect_attribute(&p, "Weight", "230 g", ATTRIBUTE_NUMBER);
    assert_null(product_attribute(&p, "google_product_category"));   /* a number says nothing */
    assert_null(product_attribute(&p, "cost_of_goods_sold"));        /* and a cost must not reach a shopper */
    p = product_of("A2");
    assert_int_equal(p.stock, 0);
    expect_attribute(&p, "google_product_category", "Apparel & Accessories > Shoes", ATTRIBUTE_TEXT);
}

static void google_rss(void **state)
{
    (void)state;
    struct import_result r = import_file(FEEDS "google.xml", 1, 1);
    assert_non_null(strstr(r.first_reason, "google.xml:26: a price that is no price: 'abc'"));
    expect("B1", "Dog Bowl & stand", "Acme", "", 1200, -1, "USD");
    struct product p = product_of("B1");
    assert_string_equal(p.description, "Steel bowl\nFor two & more.");
    assert_string_equal(p.url, "https://shop.example/b1");
    expect_attribute(&p, "Material", "steel", ATTRIBUTE_TEXT);
    assert_null(product_attribute(&p, "country"));
}

static void google_atom(void **state)
{
    (void)state;
    import_file(FEEDS "atom.xml", 1, 0);
    expect("L1", "Lamp", "", "", 950, -1, "EUR");   /* not the entry's own id */
    assert_string_equal(product_of("L1").url, "https://shop.example/lamp");
    assert_string_equal(product_of("L1").description, "A lamp");
}

static void shopify(void **state)
{
    (void)state;
    struct import_result r = import_file(FEEDS "shopify.csv", 4, 1);
    assert_non_null(strstr(r.first_reason, "shopify.csv:7: not for sale: its status is 'draft'"));
    expect("tee", "Classic tee", "Acme", "Shirts", 1999, 2500, "");   /* one price: one product */
    struct product p = product_of("tee");
    assert_int_equal(p.stock, 7);
    expect_attribute(&p, "Color", "Red, Blue", ATTRIBUTE_LIST);
    expect_attribute(&p, "Size", "S, M", ATTRIBUTE_LIST);
    assert_null(product_attribute(&p, "gtin"));
    for (size_t i = 0; i < p.n_attributes; i++) assert_null(strstr(p.attributes[i].value, "4.00"));   /* what it cost the shop */
    expect("MUG-S", "Mug - Small", "Acme", "Cups", 800, -1, "");      /* two prices: two products */
    expect("MUG-L", "Mug - Large", "Acme", "Cups", 1000, -1, "");
    p = product_of("MUG-L");
    expect_attribute(&p, "item_group_id", "mug", ATTRIBUTE_TEXT);
    assert_int_equal(p.stock, STOCK_UNKNOWN);                         /* 0 of what is not counted */
    expect("one", "One thing", "Acme", "X", 800, -1, "");
}

static void woocommerce(void **state)
{
    (void)state;
    struct import_result r = import_file(FEEDS "woocommerce.csv", 4, 1);
    assert_non_null(strstr(r.first_reason, "variations of '99', which is not in this file"));
    expect("10", "Cap", "", "Hats > Caps", 900, 1200, "");
    struct product p = product_of("10");
    assert_string_equal(p.image, "https://shop.example/cap.jpg");
    assert_string_equal(p.description, "Nice cap");
    assert_int_equal(p.stock, 5);
    expect_attribute(&p, "Material", "Cotton", ATTRIBUTE_TEXT);
    for (size_t i = 0; i < p.n_attributes; i++) assert_null(strstr(p.attributes[i].value, "secret"));
    expect("12", "Shirt - Blue", "", "Shirts", 2000, -1, "");
    expect("13", "Shirt - Red", "", "Shirts", 2200, -1, "");
    expect("15", "Sock", "", "Socks", 500, -1, "");                   /* both variations cost the same; they stand before it */
    p = product_of("15");
    expect_attribute(&p, "Size", "S, L", ATTRIBUTE_LIST);
    assert_int_equal(product_of("13").stock, 0);
}

static void jsonld_in_a_page(void **state)
{
    (void)state;
    struct import_result r = import_file(FEEDS "page.html", 2, 1);
    assert_non_null(strstr(r.first_reason, "page.html:12: not JSON"));
    expect("K1", "Kettle", "Acme", "", 2990, 3990, "EUR");
    struct product p = product_of("K1");
    assert_true(p.rating > 4.39 && p.rating < 4.41 && p.rating_count == 89);
    expect_attribute(&p, "weight", "1.2 kg", ATTRIBUTE_NUMBER);
    expect_attribute(&p, "Capacity", "1.7 l", ATTRIBUTE_NUMBER);
    expect("C", "Coat", "Acme", "", 5000, -1, "USD");
    p = product_of("C");
    expect_attribute(&p, "size", "S, M", ATTRIBUTE_LIST);
}

static void jsonld_documents(void **state)
{
    (void)state;
    import_file(FEEDS "graph.json", 4, 0);
    expect("T-1", "茶壶", "器皿", "", 12800, -1, "CNY");
    assert_string_equal(product_of("T-1").title_en, "Teapot");
    expect("V-S", "Vase small", "Acme", "", 1000, -1, "EUR");   /* brand from its group, by reference */
    expect("V-L", "Vase large", "Acme", "", 2000, -1, "EUR");
    assert_int_equal(product_of("V-L").stock, 0);
    expect("P-1", "Pen", "", "", 150, -1, "EUR");               /* of several offers the cheapest */
}

static void offers(void **state)
{
    (void)state;
    import_file(feed_text("offers.jsonl",
                          "{\"@type\":\"Product\",\"sku\":\"old\",\"name\":\"a\",\"offers\":{\"price\":5,\"priceValidUntil\":\"2020-12-31\"}}\n"
                          "{\"@type\":\"Product\",\"sku\":\"now\",\"name\":\"a\",\"offers\":{\"price\":5,\"priceValidUntil\":\"2999-12-31\"}}\n"
                          "{\"@type\":\"Product\",\"sku\":\"many\",\"name\":\"a\",\"offers\":{\"@type\":\"AggregateOffer\",\"lowPrice\":5,\"highPrice\":9,\"priceCurrency\":\"EUR\"}}\n"
                          "{\"products\":[{\"id\":\"p1\",\"title\":\"one\"},{\"id\":\"p2\",\"title\":\"two\"}]}\n"), 5, 0);
    assert_int_equal(product_of("old").price, PRODUCT_PRICE_NONE);   /* no price today */
    assert_int_equal(product_of("now").price, 500);
    struct product p = product_of("many");
    assert_int_equal(p.price, 500);
    expect_attribute(&p, "price range", "5 - 9", ATTRIBUTE_TEXT);
    assert_string_equal(product_of("p2").title, "two");
}

static void arrays_and_lists(void **state)
{
    (void)state;
    import_file(feed_text("array.json", "[{\"id\":\"1\",\"title\":\"a\",\"price\":\"2\"},\n {\"id\":\"2\",\"title\":\"b\",\"attributes\":{\"x\":\"y\"}}, 7]"), 2, 1);
    import_file(feed_text("list.json", "{\"@context\":\"https://schema.org\",\n\"@type\":\"ItemList\",\"itemListElement\":[{\"@type\":\"ListItem\",\"position\":1,"
                                       "\"item\":{\"@type\":\"Product\",\"name\":\"Listed\",\"sku\":\"L\"}}]}"), 1, 0);
    import_file(feed_text("products.json", "{\n\"products\":[{\"id\":\"acp\",\"title\":\"A\",\"variants\":[{\"id\":\"v\",\"title\":\"A\"}]}]}"), 1, 0);
    assert_string_equal(product_of("L").title, "Listed");
    assert_string_equal(product_of("acp").title, "A");
}

/* Tags go, signs stay; a tag that a text speaks of is not lost on the way out and in. */
static void tags_in_descriptions(void **state)
{
    (void)state;
    import_file(feed_text("tags.csv", "id,title,description\n1,a,\"<p>Soft &amp; <b>warm</b></p><ul><li>one<li>two</ul><script>x()</script>\"\n"
                                      "2,b,for x <y and z> 3 or a<b\n3,<p> is a tag,say &lt;p&gt; twice\n"), 3, 0);
    assert_string_equal(product_of("1").description, "Soft & warm\none\ntwo");
    assert_string_equal(product_of("2").description, "for x <y and z> 3 or a<b");
    assert_string_equal(product_of("3").title, "<p> is a tag");
    assert_string_equal(product_of("3").description, "say <p> twice");
    same_after(EXPORT_GOOGLE_TSV);
    same_after(EXPORT_GOOGLE_XML);
    same_after(EXPORT_JSONL);
}

/* The template of 2025: other names, weights in grams, what may be sold when there is none. */
static void newer_shopify(void **state)
{
    (void)state;
    import_file(feed_text("new.csv", "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,Price,"
                                     "Compare-at price,Cost per item,Charge tax,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),Product image URL,SEO title\n"
                                     "Bag,bag,\"<p>Roomy</p>\",Acme,Luggage,Bags,\"a, b\",TRUE,Active,BAG-1,42,Title,Default Title,49.90,0.00,11.11,TRUE,shopify,0,DENY,850,https://shop.example/bag.jpg,secret\n"), 1, 0);
    expect("bag", "Bag", "Acme", "Bags", 4990, -1, "");
    struct product p = product_of("bag");
    assert_string_equal(p.description, "Roomy");
    assert_string_equal(p.image, "https://shop.example/bag.jpg");
    assert_int_equal(p.stock, 0);
    expect_attribute(&p, "weight", "850 g", ATTRIBUTE_NUMBER);
    expect_attribute(&p, "tags", "a, b", ATTRIBUTE_LIST);
    for (size_t i = 0; i < p.n_attributes; i++) assert_true(!strstr(p.attributes[i].value, "11.11") && !strstr(p.attributes[i].value, "secret"));
}

static void one_price_spelled_twice(void **state)
{
    (void)state;
    import_file(feed_text("shop.csv", "Handle,Title,Option1 Name,Option1 Value,Variant Price\nx,X,Size,S,20\nx,,,M,20.00\n"), 1, 0);
    assert_int_equal(product_of("x").price, 2000);
}

static void acp(void **state)
{
    (void)state;
    import_file(FEEDS "acp_products.jsonl", 4, 0);
    expect("prod_tee", "Tee", "", "Shirts", 1999, 2499, "USD");
    struct product p = product_of("prod_tee");
    expect_attribute(&p, "Size", "S, M", ATTRIBUTE_LIST);
    expect("y1", "Y 1", "", "", 50000, -1, "JPY");   /* yen have no minor unit */
    expect("flat", "Flat", "B", "Cups > Mugs", 7999, -1, "USD");
}

/* A feed by another name is what it is by its content. */
static void names_do_not_matter(void **state)
{
    static const char *const files[] = {"google.tsv", "google.xml", "shopify.csv", "page.html", "graph.json", "acp_products.jsonl"};
    static const uint64_t added[] = {2, 1, 4, 2, 4, 4};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        char path[300], *text;
        size_t n;
        struct import_result r;
        struct import_options o = {0};
        snprintf(path, sizeof path, FEEDS "%s", files[i]);
        assert_int_equal(file_read(path, 1 << 20, &text, &n), OK);
        another_shop();
        assert_int_equal(catalogue_import(shop, feed_bytes("feed.txt", text, n), &o, &r, NULL), OK);
        if (r.added != added[i]) fail_msg("%s: %lu added", files[i], (unsigned long)r.added);
        mem_free(text);
    }
}

/* ---- bad ones ---- */

static void refuse(const char *name, const char *text, status code, const char *word)
{
    struct import_result r;
    struct import_options o = {0};
    const char *path = feed_text(name, text);
    status s = catalogue_import(shop, path, &o, &r, NULL);
    if (s != code || !strstr(status_message(), word)) fail_msg("%s: status %d, not %d with '%s': %s", name, s, code, word, s ? status_message() : "");
    assert_null(strchr(status_message(), '\n'));
    assert_int_equal(shop_count(), 0);
}

#define ITEM "<item><id>1</id><title>x</title></item>"
static void hostile_xml(void **state)
{
    (void)state;
    refuse("cut.xml", "<rss>" ITEM "<item><id>2", ERR_FORMAT, "not well-formed XML");
    refuse("cross.xml", "<rss>" ITEM "\n<a></b></rss>", ERR_FORMAT, "cross.xml:2: not well-formed");
    refuse("bomb.xml", "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><rss><item><title>&b;</title></item></rss>", ERR_FORMAT, "declares entities");
    refuse("outside.xml", "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><rss><item><title>&a;</title></item></rss>", ERR_FORMAT, "declares entities");
    refuse("gbk.xml", "<?xml version=\"1.0\" encoding=\"GB18030\"?><rss>" ITEM "</rss>", ERR_FORMAT, "UTF-8");
    refuse("bytes.xml", "<rss>" ITEM "<item><title>\xC9\xCC</title></item></rss>", ERR_FORMAT, "not well-formed");
    refuse("none.xml", "<rss><channel/></rss>", ERR_FORMAT, "no <item>");
    struct strbuf deep = {0};
    strbuf_puts(&deep, "<rss>" ITEM);
    for (int i = 0; i < 1000000; i++) strbuf_puts(&deep, "<a>");
    refuse("deep.xml", deep.data, ERR_FORMAT, "deeper than 64");
    strbuf_clear(&deep);
    strbuf_puts(&deep, "<rss><item><title x=\"");
    for (int i = 0; i < 1 << 20; i++) strbuf_puts(&deep, "0123456789");
    refuse("tag.xml", deep.data, ERR_LIMIT, "a tag, comment or attribute");
    strbuf_release(&deep);
}

static void huge_fields(void **state)
{
    (void)state;
    struct strbuf b = {0};
    strbuf_puts(&b, "<rss><item><id>big</id><title>");
    for (int i = 0; i < 1 << 18; i++) strbuf_puts(&b, "0123456789");
    strbuf_puts(&b, "</title></item>" ITEM "</rss>");
    struct import_result r = import_expecting(feed_text("big.xml", b.data), NULL, 2, 1, 0, 0, 1);
    assert_non_null(strstr(r.first_reason, "a record of more than"));
    strbuf_release(&b);
}

static void hostile_json(void **state)
{
    (void)state;
    struct strbuf deep = {0};
    for (int i = 0; i < 1000000; i++) strbuf_puts(&deep, "[");
    refuse("deep.json", deep.data, ERR_FORMAT, "deeper nesting");
    strbuf_release(&deep);
    refuse("cut.json", "{\n\"@graph\":[{\"@type\":\"Product\",\"name\":\"x\",\"sku\":\"1\"}", ERR_FORMAT, "missing");
    refuse("bytes.json", "[\n{\"title\":\"\xC9\xCC\"}]", ERR_FORMAT, "UTF-8");
    refuse("none.json", "{\n\"@type\":\"Organization\",\"name\":\"x\"}", ERR_FORMAT, "holds no product");
    refuse("none.html", "<html><p>nothing</p></html>", ERR_FORMAT, "application/ld+json");
    /* references in a circle, variants of nothing */
    import_expecting(feed_text("circle.json", "{\n\"@graph\":[{\"@type\":\"ProductGroup\",\"@id\":\"#a\",\"name\":\"g\",\"isVariantOf\":{\"@id\":\"#a\"},\"hasVariant\":[{\"@id\":\"#a\"},{\"@id\":\"#nowhere\"},7]}]}"),
                     NULL, 1, 1, 0, 0, 0);
}

static void strict_keeps_nothing(void **state)
{
    static const char *const files[] = {"google.xml", "shopify.csv", "woocommerce.csv", "page.html"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char path[300];
        struct import_result r;
        struct import_options o = {.strict = true};
        snprintf(path, sizeof path, FEEDS "%s", files[i]);
        assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), ERR_FORMAT);
        assert_non_null(strstr(status_message(), "--strict"));
        assert_int_equal(shop_count(), 0);
    }
}

/* Every allocation fails once: a sentence, an unchanged shop, no leak (the sanitizers look). */
static void memory_runs_out(void **state)
{
    static const char *const files[] = {"google.xml", "shopify.csv", "woocommerce.csv", "page.html", "graph.json", "acp_products.jsonl"};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        char path[300];
        snprintf(path, sizeof path, FEEDS "%s", files[i]);
        for (uint64_t n = 1;; n++) {
            struct import_result r;
            struct import_options o = {0};
            mem_fail_at(n);
            status s = catalogue_import(shop, path, &o, &r, NULL);
            mem_fail_at(0);
            if (s == OK) break;
            assert_true(s == ERR_NOMEM || s == ERR_LIMIT || s == ERR_FORMAT);
            assert_int_equal(shop_count(), 0);
        }
        another_shop();
    }
}

/* ---- out ---- */

static status append(void *context, const void *data, size_t n)
{
    strbuf_add(context, data, n);
    return OK;
}

static const char *export_file(enum export_format format, const char *name)
{
    struct strbuf out = {0};
    assert_int_equal(catalogue_export(shop, &(struct export_options){.format = format, .title = "A & <b>", .link = "https://x/?a&b"}, append, &out, NULL), OK);
    const char *path = feed_bytes(name, strbuf_str(&out), out.len);
    strbuf_release(&out);
    return path;
}

static void sum_products(const char *path, int64_t *n)
{
    struct import_result r;
    struct import_options o = {0};
    another_shop();
    if (catalogue_import(shop, path, &o, &r, NULL) != OK) fail_msg("%s: %s", path, status_message());
    if (r.rejected) fail_msg("%s", r.first_reason);
    *n = shop_count();
}

static const char *const full[] = {"full.tsv", "full.xml", NULL, "full.jsonl", "full.csv"};

/* The digest of a catalogue is a sum over hashes of whole records: equal versions are equal catalogues. */
static void same_after(enum export_format format)
{
    int64_t before = shop_version(), n = shop_count(), again;
    sum_products(export_file(format, full[format]), &again);
    assert_int_equal(again, n);
    if (shop_version() != before) fail_msg("format %d: another catalogue", (int)format);
}

static void sample_shop(void)
{
    static const char *const files[] = {"appliances", "baby", "beauty", "electronics", "food_tea", "kitchen", "menswear", "outdoor", "shoes_bags", "womenswear"};
    for (size_t i = 0; i < 10; i++) {
        char path[300];
        struct import_result r;
        struct import_options o = {0};
        snprintf(path, sizeof path, SOURCE_DIR "/examples/shop/products/%s.jsonl", files[i]);
        assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), OK);
    }
}

static void sample_shop_comes_back(void **state)
{
    (void)state;
    sample_shop();
    same_after(EXPORT_JSONL);
    same_after(EXPORT_GOOGLE_TSV);
    same_after(EXPORT_GOOGLE_XML);
    same_after(EXPORT_CSV);
}

static void acp_keeps_what_it_can(void **state)
{
    (void)state;
    sample_shop();
    struct product before = product_of("KT-1001");
    int64_t n;
    struct strbuf out = {0};
    assert_int_equal(catalogue_export(shop, &(struct export_options){.format = EXPORT_ACP}, append, &out, NULL), OK);
    const char *path = feed_bytes("acp.jsonl", strbuf_str(&out), out.len);
    strbuf_release(&out);
    struct arena kept = shop_arena;
    arena_init(&shop_arena, 0);
    sum_products(path, &n);
    assert_int_equal(n, 328);
    expect("KT-1001", before.title, before.brand, before.category, before.price, before.list_price, before.currency);
    struct product after = product_of("KT-1001");
    assert_string_equal(after.description, before.description);
    for (size_t i = 0; i < before.n_attributes; i++) assert_string_equal(product_attribute(&after, before.attributes[i].name)->value, before.attributes[i].value);
    arena_release(&kept);
}

/* Random texts of what formats trip over: separators, quotes, markup, line ends, entities, other scripts. */
static void put_random_text(struct rng *r, struct strbuf *out, bool lines)
{
    static const char *const pieces[] = {"a", "B", " ", ",", ";", ":", "\\", "\"", "'", "<", ">", "&", "&amp;", "&lt;b&gt;", "]]>", "<p>", "茶", "壶", "é", "🍵", "/", "|", "10 kg", "\\,",
                                         "=", "#39;", "&#39;", "-", "%", "{", "}", "[x]", "  "};
    strbuf_putc(out, 'x');
    for (uint64_t n = rng_below(r, 12); n > 0; n--) {
        if (lines && rng_below(r, 6) == 0) strbuf_putc(out, '\n');
        else strbuf_puts(out, pieces[rng_below(r, sizeof pieces / sizeof pieces[0])]);
    }
    strbuf_putc(out, 'z');
}

static void put_field(struct rng *r, struct strbuf *out, const char *name, bool lines)
{
    struct strbuf text = {0};
    put_random_text(r, &text, lines);
    strbuf_printf(out, ",\"%s\":\"", name);
    for (const char *p = strbuf_str(&text); *p; p++) {
        if (*p == '"' || *p == '\\') strbuf_putc(out, '\\');
        if (*p == '\n') strbuf_puts(out, "\\n");
        else strbuf_putc(out, *p);
    }
    strbuf_putc(out, '"');
    strbuf_release(&text);
}

static void put_attributes(struct rng *r, struct strbuf *out, const char *group)
{
    strbuf_printf(out, ",\"%s\":{\"k\":\"v\"", group);
    for (uint64_t n = rng_below(r, 4); n > 0; n--) {
        char name[32];
        snprintf(name, sizeof name, "n%u,:\\\\<", (unsigned)rng_below(r, 50));
        put_field(r, out, name, false);
    }
    strbuf_putc(out, '}');
}

static const char *random_catalogue(uint64_t seed)
{
    static const char *const fields[] = {"title_en", "title_zh", "category", "category_en", "brand", "url", "image"};
    struct rng r;
    struct strbuf b = {0};
    rng_seed(&r, seed);
    for (int i = 0; i < 40; i++) {
        strbuf_printf(&b, "{\"id\":\"R%d\"", i);
        put_field(&r, &b, "title", false);
        for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
            if (rng_below(&r, 2)) put_field(&r, &b, fields[k], false);
        if (rng_below(&r, 2)) put_field(&r, &b, "description", true);
        if (rng_below(&r, 2)) strbuf_printf(&b, ",\"price\":%u.%02u", (unsigned)rng_below(&r, 1000), (unsigned)rng_below(&r, 100));
        if (rng_below(&r, 2)) strbuf_printf(&b, ",\"list_price\":%u", (unsigned)rng_below(&r, 1000));
        if (rng_below(&r, 2)) strbuf_puts(&b, ",\"currency\":\"EUR\"");
        if (rng_below(&r, 2)) strbuf_printf(&b, ",\"stock\":%u", (unsigned)rng_below(&r, 3));
        if (rng_below(&r, 2)) strbuf_printf(&b, ",\"rating\":%.1f,\"rating_count\":%u", (double)rng_below(&r, 50) / 10, (unsigned)rng_below(&r, 90));
        if (rng_below(&r, 2)) put_attributes(&r, &b, "attributes");
        if (rng_below(&r, 2)) put_attributes(&r, &b, "attributes_en");
        if (rng_below(&r, 3) == 0) put_attributes(&r, &b, "attributes_any");
        strbuf_puts(&b, "}\n");
    }
    const char *path = feed_bytes("random.jsonl", b.data, b.len);
    strbuf_release(&b);
    return path;
}

static void random_catalogues_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        static const enum export_format formats[] = {EXPORT_JSONL, EXPORT_GOOGLE_TSV, EXPORT_GOOGLE_XML, EXPORT_CSV};
        int64_t n;
        sum_products(random_catalogue(seed), &n);
        assert_int_equal(n, 40);
        for (size_t i = 0; i < 4; i++) same_after(formats[i]);
    }
}

static void writing_fails(void **state)
{
    (void)state;
    sample_shop();
    struct strbuf out = {0};
    for (uint64_t n = 1; n < 40; n++) {
        strbuf_clear(&out);
        mem_fail_at(n);
        status s = catalogue_export(shop, &(struct export_options){.format = (enum export_format)(n % 5)}, append, &out, NULL);
        mem_fail_at(0);
        assert_true(s == OK || s == ERR_NOMEM);
        strbuf_release(&out);
        out = (struct strbuf){0};
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(google_tsv, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(google_rss, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(google_atom, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(shopify, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(woocommerce, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(jsonld_in_a_page, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(jsonld_documents, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(offers, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(arrays_and_lists, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(tags_in_descriptions, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(newer_shopify, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(one_price_spelled_twice, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(acp, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(names_do_not_matter, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(hostile_xml, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(huge_fields, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(hostile_json, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(strict_keeps_nothing, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(memory_runs_out, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(sample_shop_comes_back, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(acp_keeps_what_it_can, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(random_catalogues_come_back, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(writing_fails, fresh_shop, end_shop),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
