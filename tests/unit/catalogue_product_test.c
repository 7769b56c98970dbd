/* catalogue: products as the other rooms read them; no database here. */
#include "catalogue_fixture.h"

static const struct attribute attributes[] = {
    {.name = "颜色", .value = "白色", .language = "zh"},
    {.name = "color", .value = "white", .language = "en"},
    {.name = "size", .value = "S,\tM,  \nL", .language = "", .type = ATTRIBUTE_LIST},
};
static const struct product product = {
    .id = "1", .title = "圆领T恤", .title_en = "Crew-Neck T-Shirt", .title_zh = "", .brand = "青榆 Qingyu", .category = "男装 > T恤",
    .category_en = "", .category_zh = "", .description = "厚", .description_en = "", .description_zh = "很厚",
    .attributes = attributes, .n_attributes = 3,
};

static void expect_record(const struct product *p, enum language l, size_t max, const char *want)
{
    struct strbuf b = {0};
    strbuf_puts(&b, "before ");
    assert_int_equal(product_record_text(p, l, max, &b), OK);
    assert_string_equal(strbuf_str(&b) + 7, want);
    assert_true(b.len - 7 <= max);
    assert_int_equal(strlen(strbuf_str(&b)), b.len);
    strbuf_release(&b);
}

static void texts_by_language(void **state)
{
    (void)state;
    assert_string_equal(product_text(&product, "title", LANGUAGE_EN), "Crew-Neck T-Shirt");
    assert_string_equal(product_text(&product, "title", LANGUAGE_ZH), "圆领T恤");
    assert_string_equal(product_text(&product, "category", LANGUAGE_EN), "男装 > T恤");
    assert_string_equal(product_text(&product, "description", LANGUAGE_ZH), "很厚");
    assert_string_equal(product_text(&product, "nothing", LANGUAGE_ZH), "");
    struct product empty = {0};
    assert_string_equal(product_text(&empty, "title", LANGUAGE_EN), "");
    assert_string_equal(product_attribute(&product, "size")->value, "S,\tM,  \nL");
    assert_null(product_attribute(&product, "Size"));
}

static void record_is_one_line_of_a_language(void **state)
{
    (void)state;
    expect_record(&product, LANGUAGE_ZH, 1000, "圆领T恤 | 青榆 Qingyu | 男装 > T恤 | 颜色: 白色; size: S, M, L");
    expect_record(&product, LANGUAGE_EN, 1000, "Crew-Neck T-Shirt | 青榆 Qingyu | 男装 > T恤 | color: white; size: S, M, L");
}

static void record_skips_what_is_absent(void **state)
{
    (void)state;
    struct product p = product;
    p.brand = "";
    p.category = " \x01\x02";
    expect_record(&p, LANGUAGE_ZH, 1000, "圆领T恤 | 颜色: 白色; size: S, M, L");
    p.n_attributes = 0;
    p.brand = "b\r\nc\x1b[31m";
    p.category = "d";
    expect_record(&p, LANGUAGE_ZH, 1000, "圆领T恤 | b c [31m | d");
    p = (struct product){.title = "only"};
    expect_record(&p, LANGUAGE_EN, 1000, "only");
    p.title = "";
    expect_record(&p, LANGUAGE_EN, 1000, "");
}

static void record_is_cut_at_separators(void **state)
{
    (void)state;
    static const char whole[] = "Crew-Neck T-Shirt | 青榆 Qingyu | 男装 > T恤 | color: white; size: S, M, L";
    for (size_t max = 0; max <= sizeof whole; max++) {
        struct strbuf b = {0};
        assert_int_equal(product_record_text(&product, LANGUAGE_EN, max, &b), OK);
        assert_true(b.len <= max);
        assert_memory_equal(strbuf_str(&b), whole, b.len);
        assert_true(utf8_valid(strbuf_str(&b), b.len, NULL));
        const char *rest = whole + b.len;
        if (b.len >= strlen("Crew-Neck T-Shirt")) assert_true(!*rest || strncmp(rest, " | ", 3) == 0 || strncmp(rest, "; ", 2) == 0);
        strbuf_release(&b);
    }
    struct product p = {.title = "一二三四"};
    expect_record(&p, LANGUAGE_ZH, 7, "一二");
    p.title = "alpha beta gamma";
    expect_record(&p, LANGUAGE_EN, 14, "alpha beta");
}

static void expect_parts(const char *value, const char *want)
{
    struct strbuf b = {0};
    const char *cursor = value, *item;
    size_t n;
    while (attribute_list_next(&cursor, &item, &n)) {
        strbuf_add(&b, item, n);
        strbuf_putc(&b, '|');
    }
    assert_string_equal(strbuf_str(&b), want);
    strbuf_release(&b);
}

static void lists_are_walked(void **state)
{
    (void)state;
    expect_parts("S, M ,XL", "S|M|XL|");
    expect_parts("红色、军绿色，白；灰／黑", "红色|军绿色|白|灰|黑|");
    expect_parts("a;b/c", "a|b|c|");
    expect_parts("1,299", "1,299|");
    expect_parts("one", "one|");
    expect_parts("", "");
    expect_parts(",a", "|a|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_by_language),           cmocka_unit_test(record_is_one_line_of_a_language),
        cmocka_unit_test(record_skips_what_is_absent), cmocka_unit_test(record_is_cut_at_separators),
        cmocka_unit_test(lists_are_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
