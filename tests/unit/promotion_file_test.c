/* The file of promotions and its tables: what is taken, what is refused and with which words, nothing half done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "promotion/promotion.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static char folder[64], path[128], db[128];
static struct arena arena;

static int start(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/daogou-promotion-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/p.json", folder);
    snprintf(db, sizeof db, "%s/shop.db", folder);
    arena_init(&arena, 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    char command[128];
    arena_release(&arena);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void write_file(const char *text) { assert_int_equal(file_write_atomic(path, text, strlen(text)), OK); }

#define FILE_OF(promotions) "{\"currency\":\"CNY\",\"utc_offset\":\"+08:00\",\"promotions\":[" promotions "]}"
#define GOOD "{\"id\":\"A\",\"name\":\"九折\",\"kind\":\"percent\",\"scope\":{\"all\":true},\"percent_off\":10}"
#define HEAD "\"id\":\"B\",\"name\":\"b\","
#define REDUCE "\"kind\":\"reduce\",\"scope\":{\"all\":true},"

static bool known(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "nowhere") != 0;
}
static const struct promotion_names_check check = {NULL, known, known, known};

static void every_field_is_checked(void **state)
{
    (void)state;
    static const struct { const char *promotion, *says; } cases[] = {
        {"7", "promotions[1], it: needs to be an object"},
        {"{\"name\":\"b\"}", "id: is missing"},
        {"{\"id\":5}", "id: needs a string"},
        {"{\"id\":\"\"}", "id: is empty"},
        {"{\"id\":\"B\"}", "promotions[1] (B), kind: is missing"},
        {"{\"id\":\"B\",\"kind\":\"magic\"}", "kind: 'magic' is not known"},
        {"{\"id\":\"B\",\"kind\":\"percent\"}", "name: is missing"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true},\"percent_off\":10,\"colour\":1}", "colour: is not known"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true},\"percent_off\":10,\"gift\":\"x\"}", "gift: has no meaning for kind 'percent'"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true}}", "percent_off: is missing"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true},\"percent_off\":\"10\"}", "percent_off: needs a number"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true},\"percent_off\":0}", "use a percent above 0"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true},\"percent_off\":-5}", "use a percent above 0"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true},\"percent_off\":100.5}", "use a percent above 0"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true},\"percent_off\":12.345}", "two decimals"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{},\"percent_off\":10}", "scope: needs either"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":\"all\",\"percent_off\":10}", "scope: needs an object"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true,\"brands\":[\"b\"]},\"percent_off\":10}", "scope: needs either"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"brand\":[\"b\"]},\"percent_off\":10}", "scope: has an unknown key 'brand'"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"products\":[]},\"percent_off\":10}", "scope.products: needs a list"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"products\":[\"a\",3]},\"percent_off\":10}", "scope.products[1]: needs a string"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"categories\":[\"nowhere\"]},\"percent_off\":10}", "the catalogue has no 'nowhere'"},
        {"{" HEAD "\"kind\":\"percent\",\"scope\":{\"all\":true,\"except\":{\"brands\":[\"nowhere\"]}},\"percent_off\":10}", "scope.except.brands[0]: the catalogue has no"},
        {"{" HEAD REDUCE "\"tiers\":[]}", "tiers: needs a list"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"300\"}]}", "tiers[0]: needs either off or percent_off"},
        {"{" HEAD REDUCE "\"tiers\":[{\"off\":\"40\"}]}", "tiers[0]: needs an amount, a count or both"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":300.5,\"off\":\"40\"}]}", "tiers[0].amount: needs an amount as a string"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"-300\",\"off\":\"40\"}]}", "'-300' is no amount"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":-300,\"off\":\"40\"}]}", "'-300' is no amount"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3.005\",\"off\":\"1\"}]}", "'3.005' is no amount"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"1e9\",\"off\":\"1\"}]}", "'1e9' is no amount"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"99999999999\",\"off\":\"1\"}]}", "is absurd"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":9223372036854775807,\"off\":\"1\"}]}", "is no amount"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"300\",\"off\":\"0\"}]}", "tiers[0].off: is zero"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"300\",\"off\":\"301\"}]}", "more than the amount"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"300\",\"off\":\"3\"},{\"amount\":\"300\",\"off\":\"4\"}]}", "tiers[1] must ask for more"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"300\",\"off\":\"3\"},{\"count\":2,\"off\":\"4\"}]}", "of the same kind"},
        {"{" HEAD REDUCE "\"repeat\":true,\"tiers\":[{\"amount\":\"300\",\"off\":\"3\"},{\"amount\":\"400\",\"off\":\"4\"}]}", "at most 1 here"},
        {"{" HEAD REDUCE "\"repeat\":true,\"tiers\":[{\"amount\":\"300\",\"percent_off\":3}]}", "needs an amount off"},
        {"{" HEAD REDUCE "\"repeat\":1,\"tiers\":[{\"amount\":\"300\",\"off\":\"3\"}]}", "repeat: needs true or false"},
        {"{" HEAD REDUCE "\"tiers\":[{\"count\":1.5,\"off\":\"3\"}]}", "tiers[0].count: needs a whole number"},
        {"{" HEAD REDUCE "\"tiers\":[{\"count\":0,\"off\":\"3\"}]}", "tiers[0].count: is 0"},
        {"{" HEAD "\"kind\":\"nth\",\"scope\":{\"all\":true},\"n\":1,\"percent_off\":50}", "n: is 1; use 2 to"},
        {"{" HEAD "\"kind\":\"bundle\",\"items\":[{\"product\":\"x\"}],\"price\":\"9\"}", "a bundle has 1 pieces"},
        {"{" HEAD "\"kind\":\"bundle\",\"items\":[{\"product\":\"x\"},{\"product\":\"x\"}],\"price\":\"9\"}", "items[1].product: 'x' stands twice"},
        {"{" HEAD "\"kind\":\"bundle\",\"items\":[{\"product\":\"x\"},{\"product\":\"nowhere\"}],\"price\":\"9\"}", "items[1].product: the catalogue has no"},
        {"{" HEAD "\"kind\":\"price\",\"items\":[{\"product\":\"x\"}]}", "items[0].price: is missing"},
        {"{" HEAD "\"kind\":\"gift\",\"scope\":{\"all\":true},\"tiers\":[{\"count\":1}],\"gift\":\"nowhere\"}", "gift: the catalogue has no"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}],\"starts\":\"2026-02-30\"}", "starts: '2026-02-30' is no day"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}],\"starts\":\"2026-02-03\",\"ends\":\"2026-02-02\"}", "ends: is before it starts"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}],\"hours\":[\"8:00\",\"9:00\"]}", "hours: needs times"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}],\"excludes\":[\"B\"]}", "excludes: names the promotion itself"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}],\"excludes\":[\"C\"]}", "'C' is neither a promotion of the file"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}],\"utc_offset\":\"8\"}", "utc_offset: '8' is no offset"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}],\"currency\":\"yuan\"}", "currency: 'yuan' is no currency"},
        {"{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}],\"per_user\":-1}", "per_user: is -1"},
        {GOOD, "promotions[1] (A), id: promotions[0] has it already"},
    };
    struct promotion_list list;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf text = {0};
        strbuf_printf(&text, FILE_OF(GOOD ",%s"), cases[i].promotion);
        write_file(text.data);
        assert_int_equal(promotions_read(path, &check, &arena, &list), ERR_FORMAT);
        if (!strstr(status_message(), cases[i].says) || !strstr(status_message(), "p.json: promotions[1]")) {
            print_error("case %zu: '%s' does not say '%s'\n", i, status_message(), cases[i].says);
            fail();
        }
        strbuf_release(&text);
    }
}

static void the_file_itself_is_checked(void **state)
{
    (void)state;
    static const struct { const char *text, *says; } cases[] = {
        {"", "p.json:1"}, {"{\n\n\"promotions\": [}", "p.json:3"}, {"[]", "needs an object"}, {"{\"promotions\":{}}", "needs an object with a list"},
        {"{\"promotion\":[],\"promotions\":[]}", "unknown key 'promotion'"}, {"{\"promotions\":[" GOOD "]}", "currency: is missing"},
        {"{\"promotions\":[],\"promotions\":[]}", "p.json:1"},
    };
    struct promotion_list list;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_file(cases[i].text);
        assert_int_equal(promotions_read(path, NULL, &arena, &list), ERR_FORMAT);
        assert_non_null(strstr(status_message(), cases[i].says));
    }
    assert_int_equal(promotions_read("/nowhere/p.json", NULL, &arena, &list), ERR_IO);
}

static void what_is_read_is_what_was_written(void **state)
{
    (void)state;
    struct promotion_list list;
    write_file(FILE_OF("{\"id\":\"B\",\"name\":\"乙\",\"name_en\":\"b\"," REDUCE "\"tiers\":[{\"amount\":\"300\",\"off\":\"40.5\"},{\"amount\":600,\"percent_off\":12.25}],"
                       "\"cap\":\"99.99\",\"starts\":\"2026-11-01\",\"ends\":\"2026-11-30\",\"hours\":[\"22:00\",\"02:30\"],\"members\":[\"gold\"],\"per_user\":2}"));
    assert_int_equal(promotions_read(path, &check, &arena, &list), OK);
    const struct promotion *p = &list.items[0];
    assert_int_equal(p->tiers[0].off_minor, 4050);
    assert_int_equal(p->tiers[1].amount_minor, 60000);
    assert_int_equal(p->tiers[1].rate, 1225);
    assert_int_equal(p->cap_minor, 9999);
    assert_int_equal(p->starts, INT64_C(1793462400));  /* 2026-11-01 00:00 +08:00 */
    assert_int_equal(p->ends, INT64_C(1793462400) + 30 * 86400);
    assert_int_equal(p->to_minute, 150);
    assert_string_equal(p->group, "order");
    assert_string_equal(p->name_en, "b");
}

static void open_db(struct store **s) { assert_int_equal(store_open(db, STORE_READ_WRITE, s), OK); }

static void an_import_is_all_or_nothing(void **state)
{
    (void)state;
    struct store *s;
    struct promotion_list list;
    size_t n = 99;
    open_db(&s);
    assert_int_equal(promotions_load(s, &arena, &list), OK);
    assert_int_equal(list.n, 0);
    write_file(FILE_OF(GOOD));
    assert_int_equal(promotions_import(s, path, &check, &n), OK);
    assert_int_equal(n, 1);
    write_file(FILE_OF("{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}]},{\"id\":\"C\"}"));
    assert_int_equal(promotions_import(s, path, &check, &n), ERR_FORMAT);
    assert_int_equal(promotions_load(s, &arena, &list), OK);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.items[0].id, "A");
    assert_int_equal(list.items[0].rate, 1000);
    assert_int_equal(list.items[0].utc_offset_minutes, 480);
    write_file(FILE_OF(""));
    assert_int_equal(promotions_import(s, path, &check, &n), OK);
    assert_int_equal(promotions_load(s, &arena, &list), OK);
    assert_int_equal(list.n, 0);
    store_close(s);
}

static void a_failed_allocation_imports_nothing(void **state)
{
    (void)state;
    struct store *s;
    struct promotion_list list;
    size_t n;
    open_db(&s);
    write_file(FILE_OF(GOOD));
    assert_int_equal(promotions_import(s, path, NULL, &n), OK);
    write_file(FILE_OF("{" HEAD REDUCE "\"tiers\":[{\"amount\":\"3\",\"off\":\"1\"}]}"));
    for (uint64_t k = 1;; k++) {
        mem_fail_at(k);
        status result = promotions_import(s, path, NULL, &n);
        mem_fail_at(0);
        if (result == OK) break;
        assert_int_equal(result, ERR_NOMEM);
        assert_int_equal(promotions_load(s, &arena, &list), OK);
        assert_string_equal(list.items[0].id, "A");
        assert_true(k < 100);
    }
    store_close(s);
}

static void a_damaged_promotion_is_said(void **state)
{
    (void)state;
    struct store *s;
    struct promotion_list list;
    size_t n;
    open_db(&s);
    write_file(FILE_OF(GOOD));
    assert_int_equal(promotions_import(s, path, NULL, &n), OK);
    assert_int_equal(store_exec(s, "UPDATE promotions SET body = substr(body, 3)"), OK);
    assert_int_equal(promotions_load(s, &arena, &list), ERR_FORMAT);
    assert_non_null(strstr(status_message(), "damaged"));
    store_close(s);
}

static void uses_are_counted_and_limits_hold(void **state)
{
    (void)state;
    struct store *s;
    struct promotion_list list;
    struct cart_result r;
    size_t n;
    const struct cart_line line = {.product = "x", .brand = "", .quantity = 2, .unit_minor = 10000};
    struct cart cart = {.lines = &line, .n_lines = 1, .currency = "CNY", .member = "", .now = 1800000000};
    open_db(&s);
    write_file(FILE_OF("{" HEAD REDUCE "\"tiers\":[{\"amount\":\"100\",\"off\":\"1\"}],\"per_user\":1,\"total\":2}"));
    assert_int_equal(promotions_import(s, path, NULL, &n), OK);
    assert_int_equal(promotions_load(s, &arena, &list), OK);
    static const struct { const char *user; int64_t pays; } orders[] = {{"ann", 19900}, {"ann", 20000}, {"ben", 19900}, {"cem", 20000}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(promotions_usage(s, orders[i].user, &arena, &cart.usage, &cart.n_usage), OK);
        assert_int_equal(promotion_best(&cart, list.items, list.n, 0, &arena, &r), OK);
        assert_int_equal(r.total_minor, orders[i].pays);
        assert_int_equal(promotions_record(s, orders[i].user, &r), OK);
    }
    cart.n_usage = 0;   /* priced before the others ordered */
    assert_int_equal(promotion_best(&cart, list.items, list.n, 0, &arena, &r), OK);
    assert_int_equal(promotions_record(s, "dan", &r), ERR_LIMIT);
    assert_int_equal(promotions_import(s, path, NULL, &n), OK);   /* what was used stays counted */
    assert_int_equal(promotions_usage(s, "ann", &arena, &cart.usage, &cart.n_usage), OK);
    assert_int_equal(cart.usage[0].by_user, 1);
    assert_int_equal(cart.usage[0].by_all, 2);
    store_close(s);
}

static void the_sample_shop_is_read(void **state)
{
    (void)state;
    struct promotion_list list;
    assert_int_equal(promotions_read(SOURCE_DIR "/examples/shop/promotions.json", NULL, &arena, &list), OK);
    assert_int_equal(list.n, 18);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_field_is_checked), CASE(the_file_itself_is_checked), CASE(what_is_read_is_what_was_written), CASE(an_import_is_all_or_nothing),
        CASE(a_failed_allocation_imports_nothing), CASE(a_damaged_promotion_is_said), CASE(uses_are_counted_and_limits_hold), CASE(the_sample_shop_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
