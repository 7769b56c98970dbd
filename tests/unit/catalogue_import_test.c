/* catalogue: feeds as shops send them become the right products; a second import changes nothing. */
#include "catalogue_fixture.h"

static void english_csv(void **state)
{
    (void)state;
    const char *path = feed_text("en.csv",
        "ProductID,ProductName,ProductBrand,Gender,Price (INR),NumImages,Description,PrimaryColor,Unnamed: 0\n"
        "17, DKNY Bag ,DKNY,Unisex,11745,7,\"Black, \"\"grey\"\"\nand hard\",Black,0\n"
        "18,Jeans,,Women,899.50,,nan,,1\n");
    import_expecting(path, NULL, 2, 2, 0, 0, 0);
    struct product p = product_of("17");
    assert_int_equal(p.key, 1);
    assert_string_equal(p.title, "DKNY Bag");
    assert_string_equal(p.brand, "DKNY");
    assert_int_equal(p.price, 1174500);
    assert_int_equal(p.list_price, PRODUCT_PRICE_NONE);
    assert_string_equal(p.currency, "INR");
    assert_string_equal(p.description, "Black, \"grey\"\nand hard");
    assert_int_equal(p.stock, STOCK_UNKNOWN);
    assert_int_equal(p.n_attributes, 3);
    expect_attribute(&p, "Gender", "Unisex", ATTRIBUTE_TEXT);
    expect_attribute(&p, "NumImages", "7", ATTRIBUTE_NUMBER);
    assert_true(product_attribute(&p, "NumImages")->number == 7);
    p = product_of("18");
    assert_int_equal(p.price, 89950);
    assert_string_equal(p.brand, "");
    assert_string_equal(p.description, "");
    assert_int_equal(p.n_attributes, 1);
}

static void chinese_csv(void **state)
{
    (void)state;
    const char *path = feed_text("zh.csv",
        "\xEF\xBB\xBF商品编号;商品名称;品牌;一级类目;二级类目;售价（元）;原价;库存;评分;评价数;颜色;尺码;净重(kg);鞋码（EU）;英文标题\r\n"
        "A-1;\"双人帐篷; 军绿\";野泊家;户外;帐篷;￥399;459;35;4.8;\"1,204\";红色、军绿色;S, M, L;2.6;42;Tent for Two\r\n"
        "A-2;睡袋;野泊家;户外;户外;;;缺货;;;灰;;;;\r\n");
    import_expecting(path, NULL, 2, 2, 0, 0, 0);
    struct product p = product_of("A-1");
    assert_string_equal(p.title, "双人帐篷; 军绿");
    assert_string_equal(p.title_en, "Tent for Two");
    assert_string_equal(p.category, "户外 > 帐篷");
    assert_int_equal(p.price, 39900);
    assert_int_equal(p.list_price, 45900);
    assert_string_equal(p.currency, "CNY");
    assert_int_equal(p.stock, 35);
    assert_true(p.rating == 4.8);
    assert_int_equal(p.rating_count, 1204);
    expect_attribute(&p, "颜色", "红色、军绿色", ATTRIBUTE_LIST);
    expect_attribute(&p, "尺码", "S, M, L", ATTRIBUTE_LIST);
    expect_attribute(&p, "净重(kg)", "2.6", ATTRIBUTE_NUMBER);
    assert_string_equal(product_attribute(&p, "净重(kg)")->unit, "kg");
    expect_attribute(&p, "鞋码（EU）", "42", ATTRIBUTE_NUMBER);
    assert_string_equal(product_attribute(&p, "鞋码（EU）")->unit, "");
    p = product_of("A-2");
    assert_string_equal(p.category, "户外");
    assert_int_equal(p.price, PRODUCT_PRICE_NONE);
    assert_string_equal(p.currency, "");
    assert_int_equal(p.stock, 0);
}

static void json_lines(void **state)
{
    (void)state;
    const char *path = feed_text("shop.jsonl",
        "{\"id\":\"T1\",\"title\":\"\\u5e10\\u7bf7 \\ud83d\\ude00\",\"title_en\":\"Tent\",\"price\":2.50,\"currency\":\"CNY\",\"stock\":3,"
        "\"category\":[\"户外\",\"帐篷\"],\"image\":[\"a.jpg\",\"b.jpg\"],\"attributes\":{\"颜色\":\"白色\",\"重量\":\"2.6 kg\",\"尺码\":[\"S\",\"M\"]},"
        "\"attributes_en\":{\"color\":\"white\"},\"ean\":6901234567890,\"organic\":true,\"box\":{\"width\":\"30 cm\"},\"gone\":null}\n"
        "\n"
        "  {\"id\": 42, \"title\": \"plain\", \"attributes\": {\"color\": \"red\"}}  \r\n"
        "{\"id\":\"T3\",\"title_en\":\"English only\",\"odd\":[{\"a\":1}],\"empty\":[],\"none\":{}}");
    import_expecting(path, NULL, 3, 3, 0, 0, 0);
    struct product p = product_of("T1");
    assert_string_equal(p.title, "帐篷 😀");
    assert_string_equal(p.category, "户外 > 帐篷");
    assert_string_equal(p.image, "a.jpg");
    assert_int_equal(p.price, 250);
    assert_int_equal(p.stock, 3);
    expect_attribute(&p, "重量", "2.6 kg", ATTRIBUTE_NUMBER);
    assert_true(product_attribute(&p, "重量")->number == 2.6);
    assert_string_equal(product_attribute(&p, "重量")->unit, "kg");
    assert_string_equal(product_attribute(&p, "颜色")->language, "zh");
    assert_string_equal(product_attribute(&p, "color")->language, "en");
    expect_attribute(&p, "尺码", "S, M", ATTRIBUTE_LIST);
    assert_string_equal(product_attribute(&p, "ean")->value, "6901234567890");
    assert_string_equal(product_attribute(&p, "organic")->value, "true");
    assert_string_equal(product_attribute(&p, "box.width")->unit, "cm");
    assert_null(product_attribute(&p, "gone"));
    struct strbuf line = {0};
    product_record_text(&p, LANGUAGE_EN, 60, &line);
    assert_string_equal(strbuf_str(&line), "Tent | 户外 > 帐篷 | color: white; ean: 6901234567890");
    strbuf_release(&line);
    p = product_of("42");
    assert_string_equal(product_attribute(&p, "color")->language, "");
    p = product_of("T3");
    assert_string_equal(p.title, "English only");
    expect_attribute(&p, "odd", "[{\"a\":1}]", ATTRIBUTE_TEXT);
    assert_int_equal(p.n_attributes, 1);
}

/* What a value is: a number only when it is nothing else, a list only when its parts are words. */
static void attribute_types(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum attribute_type type;
        double number;
        const char *unit;
    } cases[] = {
        {"2.6 kg", ATTRIBUTE_NUMBER, 2.6, "kg"}, {"2.6KG", ATTRIBUTE_NUMBER, 2.6, "kg"}, {"5公斤", ATTRIBUTE_NUMBER, 5, "kg"},
        {"１２ ml", ATTRIBUTE_NUMBER, 12, "ml"}, {"1,299", ATTRIBUTE_NUMBER, 1299, ""}, {"2012", ATTRIBUTE_NUMBER, 2012, ""},
        {"about 2 kg", ATTRIBUTE_TEXT, 0, ""}, {"240 g/m²", ATTRIBUTE_TEXT, 0, ""}, {"36-45", ATTRIBUTE_TEXT, 0, ""},
        {"1/2", ATTRIBUTE_NUMBER, 0.5, ""}, {"36/37/38", ATTRIBUTE_LIST, 0, ""}, {"S/M/L", ATTRIBUTE_LIST, 0, ""},
        {"棉、麻", ATTRIBUTE_LIST, 0, ""}, {"black, dark green", ATTRIBUTE_LIST, 0, ""}, {"red;", ATTRIBUTE_TEXT, 0, ""},
        {"soft to the touch, and it keeps its shape for years", ATTRIBUTE_TEXT, 0, ""}, {"white", ATTRIBUTE_TEXT, 0, ""},
        {"￥300", ATTRIBUTE_PRICE, 0, "CNY"}, {"None", ATTRIBUTE_TEXT, 0, ""},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    struct strbuf feed = {0};
    for (int i = 0; i < CASES; i++) strbuf_printf(&feed, "{\"id\":%d,\"title\":\"t\",\"x\":\"%s\"}\n", i, cases[i].value);
    import_expecting(feed_text("types.jsonl", strbuf_str(&feed)), NULL, CASES, CASES, 0, 0, 0);
    strbuf_release(&feed);
    for (int i = 0; i < CASES; i++) {
        char id[12];
        snprintf(id, sizeof id, "%d", i);
        struct product p = product_of(id);
        const struct attribute *a = product_attribute(&p, "x");
        assert_string_equal(a->value, cases[i].value);
        if (a->type != cases[i].type) fail_msg("'%s' has type %d, not %d", a->value, a->type, cases[i].type);
        assert_string_equal(a->unit, cases[i].unit);
        if (a->type == ATTRIBUTE_NUMBER) assert_true(a->number == cases[i].number);
        if (a->type == ATTRIBUTE_PRICE) assert_int_equal(a->minor, 30000);
    }
}

static void prices_and_made_ids(void **state)
{
    (void)state;
    const char *path = feed_text("amazon.csv",
        "name,main_category,sub_category,link,ratings,no_of_ratings,discount_price,actual_price\n"
        "AC,appliances,\"Air, cool\",https://x/AC/dp/B1/ref=sr_1_4?qid=1,4.2,\"2,255\",\"₹32,999\",\"₹58,990\"\n"
        "Fan,appliances,Fans,https://x/F/dp/B2/ref=sr_1_5?qid=1,Get,FREE,,\"₹990\"\n");
    import_expecting(path, NULL, 2, 2, 0, 0, 0);
    struct product p;
    assert_int_equal(catalogue_get_by_key(shop, 1, &shop_arena, &p), OK);
    assert_int_equal(p.price, 3299900);
    assert_int_equal(p.list_price, 5899000);
    assert_string_equal(p.currency, "INR");
    assert_string_equal(p.category, "appliances > Air, cool");
    assert_true(p.rating == 4.2 && p.rating_count == 2255);
    assert_int_equal(p.n_attributes, 0);
    assert_int_equal(catalogue_get_by_key(shop, 2, &shop_arena, &p), OK);
    assert_int_equal(p.price, PRODUCT_PRICE_NONE);
    assert_int_equal(p.list_price, 99000);
    assert_true(p.rating == 0 && p.rating_count == 0);

    /* Another crawl of the same pages is the same products. */
    path = feed_text("later.csv", "name,link,discount_price,actual_price\nAC,https://x/AC/dp/B1/ref=other,\"₹1\",\"₹2\"\n");
    import_expecting(path, NULL, 1, 0, 1, 0, 0);
    assert_int_equal(shop_count(), 2);

    /* A price beside a sale price is the list price; without a sale it is the price. */
    path = feed_text("sale.csv", "id,title,price,sale_price\nS1,a,100,80\nS2,b,100,\n");
    import_expecting(path, NULL, 2, 2, 0, 0, 0);
    p = product_of("S1");
    assert_true(p.price == 8000 && p.list_price == 10000 && p.n_attributes == 0);
    p = product_of("S2");
    assert_true(p.price == 10000 && p.list_price == PRODUCT_PRICE_NONE);
}

static void maps_and_options(void **state)
{
    (void)state;
    const char *path = feed_text("odd.csv", "code,what,title,mat,cost\n1,Kettle,ignored,steel,20\n");
    const char *const maps[] = {"id=code", "title=What", "材质=mat", "price=cost"};
    struct import_options o = {.maps = maps, .n_maps = 4, .default_currency = "CNY"};
    import_expecting(path, &o, 1, 1, 0, 0, 0);
    struct product p = product_of("1");
    assert_string_equal(p.title, "Kettle");
    assert_string_equal(p.currency, "CNY");
    assert_int_equal(p.price, 2000);
    expect_attribute(&p, "材质", "steel", ATTRIBUTE_TEXT);
    expect_attribute(&p, "title", "ignored", ATTRIBUTE_TEXT);

    struct import_result r;
    const char *const wrong[][2] = {{"title=nowhere", "nowhere"}, {"title", "field=column"}, {"=x", "field=column"}, {"title=", "field=column"}};
    for (size_t i = 0; i < 4; i++) {
        o = (struct import_options){.maps = wrong[i], .n_maps = 1};
        assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), ERR_USAGE);
        assert_non_null(strstr(status_message(), wrong[i][1]));
    }
    const char *const second_wrong[] = {"title=what", "price=nowhere"};
    o = (struct import_options){.maps = second_wrong, .n_maps = 2};
    assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), ERR_USAGE);
    assert_non_null(strstr(status_message(), "'nowhere'"));
    const char *const twice[] = {"title=what", "brand=What"};
    o = (struct import_options){.maps = twice, .n_maps = 2};
    assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), ERR_USAGE);
    path = feed_text("odd.jsonl", "{\"id\":1,\"title\":\"x\"}\n");
    o = (struct import_options){.maps = wrong[0], .n_maps = 1};
    assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), ERR_USAGE);
    assert_int_equal(shop_count(), 1);
    path = feed_text("odd2.jsonl", "{\"id\":2,\"what\":\"x\"}\n{\"id\":3,\"title\":\"y\",\"what\":\"z\"}\n");
    const char *const json_map[] = {"title=what"};
    o = (struct import_options){.maps = json_map, .n_maps = 1};
    import_expecting(path, &o, 2, 2, 0, 0, 0);
    assert_string_equal(product_of("3").title, "z");
}

static void formats_are_found_and_forced(void **state)
{
    (void)state;
    import_expecting(feed_text("a.txt", "id\ttitle\tcolor\n1\t\"a\tb\"\tred, very\n"), NULL, 1, 1, 0, 0, 0);
    assert_string_equal(product_of("1").title, "a b");
    import_expecting(feed_text("b.txt", "\r\n{\"id\":2,\"title\":\"x\"}\r\n"), NULL, 1, 1, 0, 0, 0);
    struct import_options o = {.format = FEED_TSV};
    import_expecting(feed_text("c.csv", "id\ttitle,with,commas\ttitle\n3\tx\ty\n"), &o, 1, 1, 0, 0, 0);
    assert_string_equal(product_of("3").title, "y");
    import_expecting(feed_text("mac.csv", "id,title\r4,x\r5,y\r"), NULL, 2, 2, 0, 0, 0);
}

static status count_visit(void *context, const struct product *p)
{
    int64_t *last = context;
    assert_int_equal(p->key, *last + 1);
    *last = p->key;
    return p->key == 3 ? ERR_INTERRUPTED : OK;
}

static status nested_visit(void *context, const struct product *p)
{
    (void)p;
    return catalogue_each(shop, count_visit, context);
}

static void upserts_and_versions(void **state)
{
    (void)state;
    int64_t empty = shop_version(), last = 0;
    const char *path = feed_text("u.csv", "id,title,price\na,one,1\nb,two,2\n");
    import_expecting(path, NULL, 2, 2, 0, 0, 0);
    int64_t first = shop_version();
    assert_int_not_equal(first, empty);
    import_expecting(path, NULL, 2, 0, 0, 2, 0);
    assert_int_equal(shop_version(), first);
    import_expecting(feed_text("u2.csv", "id,title,price\nb,two,3\nc,three,3\na,one,1\n"), NULL, 3, 1, 1, 1, 0);
    assert_int_not_equal(shop_version(), first);
    assert_int_equal(product_of("b").price, 300);
    assert_int_equal(product_of("b").key, 2);
    assert_int_equal(product_of("c").key, 3);
    assert_int_equal(catalogue_each(shop, count_visit, &last), ERR_INTERRUPTED);
    assert_int_equal(last, 3);
    last = 0;
    assert_int_equal(catalogue_each(shop, nested_visit, &last), ERR_INTERNAL);
    struct product p;
    assert_int_equal(catalogue_get(shop, "zzz", &shop_arena, &p), ERR_NOT_FOUND);
    assert_non_null(strstr(status_message(), "zzz"));
    assert_int_equal(catalogue_get_by_key(shop, 99, &shop_arena, &p), ERR_NOT_FOUND);

    /* Another catalogue with the same products has the same version: an index of one fits the other. */
    int64_t version = shop_version();
    shop_close();
    fresh_shop(NULL);
    import_expecting(path, NULL, 2, 2, 0, 0, 0);
    import_expecting(in_folder("u2.csv"), NULL, 3, 1, 1, 1, 0);
    assert_int_equal(shop_version(), version);
}

static void twenty_thousand_twice(void **state)
{
    (void)state;
    const char *path = generated_feed("many.csv", 20000);
    uint64_t start = clock_ns();
    import_expecting(path, NULL, 20000, 20000, 0, 0, 0);
    uint64_t middle = clock_ns();
    int64_t version = shop_version();
    import_expecting(path, NULL, 20000, 0, 0, 20000, 0);
    print_message("%.0f products/s, then %.0f products/s unchanged\n", 2e13 / (double)(middle - start), 2e13 / (double)(clock_ns() - middle));
    assert_int_equal(shop_version(), version);
    shop_close();
    shop_open();
    assert_int_equal(shop_count(), 20000);
    struct product p = product_of("G19999");
    assert_string_equal(p.title, "第19999号 \"双人\" tent");
    assert_string_equal(p.description, "line one\nline two of 19999");
    expect_attribute(&p, "weight", "299 g", ATTRIBUTE_NUMBER);
    assert_int_equal(store_check(shop_store), OK);
    struct store *reader;
    struct catalogue *other;
    int64_t n;
    assert_int_equal(store_open(in_folder("shop.db"), STORE_READ_ONLY, &reader), OK);
    assert_int_equal(catalogue_open(reader, &other), OK);
    assert_int_equal(catalogue_count(other, &n), OK);
    assert_int_equal(n, 20000);
    catalogue_close(other);
    store_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(english_csv, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(chinese_csv, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(json_lines, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(attribute_types, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(prices_and_made_ids, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(maps_and_options, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(formats_are_found_and_forced, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(upserts_and_versions, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(twenty_thousand_twice, fresh_shop, end_shop),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
