/* The order program: well-behaved, slow, silent, loud, wrong, and with children of its own. */
#include "service_fixture.h"

static struct arena arena;

static status look_up(const char *program, const char *order, uint32_t limit_ms, struct order_reply *out)
{
    const struct order_hook hook = {program, limit_ms};
    return order_lookup(&hook, order, "li", &arena, out);
}

static void test_good(void **state)
{
    (void)state;
    struct order_reply r;
    const char *program = script("good", "#!/bin/sh\nread line\nprintf '{\"found\":true,\"status\":\"shipped\",\"text\":\"got %s\",\"details\":[{\"name\":\"n\",\"value\":\"a\\\\u001b[2Jb\"}]}' \"$(printf %s \"$line\" | tr -d '\"')\"\n");
    ok(look_up(program, "123456", 0, &r));
    assert_true(r.found);
    assert_string_equal(r.status, "shipped");
    assert_string_equal(r.text, "got {order_id:123456,user:li}");
    assert_int_equal(r.n_details, 1);
    assert_string_equal(r.details[0].value, "a [2Jb");
    ok(look_up(script("none", "#!/bin/sh\necho '{\"found\":false}'\n"), "123456", 0, &r));
    assert_false(r.found);
    ok(look_up(script("deaf", "#!/bin/sh\nexec 0<&-\necho '{\"found\":false}'\n"), "123456", 0, &r));
}

/* Words with a meaning to a shell reach the program as they are, and our environment does not. */
static void test_clean(void **state)
{
    (void)state;
    struct order_reply r;
    setenv("DAOGOU_SECRET", "geheim", 1);
    const char *program = script("env", "#!/bin/sh\ncat >/dev/null\nprintf '{\"found\":true,\"text\":\"%s\"}' \"$(env | sort | tr '\\n' ' '; ls /proc/self/fd | tr '\\n' ' ')\"\n");
    ok(look_up(program, "$(touch /tmp/x); `id`", 0, &r));
    assert_null(strstr(r.text, "geheim"));
    assert_non_null(strstr(r.text, "PATH=/usr/local/bin:/usr/bin:/bin"));
    assert_null(strstr(r.text, "HOME"));
}

static void test_bad(void **state)
{
    (void)state;
    static const struct { const char *text; status expected; const char *says; } bad[] = {
        {"exit 3", ERR_IO, "code 3"}, {"kill -9 $$", ERR_IO, "signal 9"}, {"echo hello", ERR_FORMAT, "JSON"}, {"true", ERR_FORMAT, "JSON"},
        {"echo '{}'", ERR_FORMAT, "found"}, {"echo '{\"found\":true}'", ERR_FORMAT, "says nothing"}, {"echo '{\"found\":true,\"text\":3}'", ERR_FORMAT, "text"},
        {"echo '{\"found\":true,\"details\":[{\"name\":\"x\"}]}'", ERR_FORMAT, "detail"}, {"printf '{\"found\":true,\"text\":\"\\377\"}'", ERR_FORMAT, "JSON"},
        {"head -c 5000000 /dev/zero", ERR_LIMIT, "more than"}, {"yes", ERR_LIMIT, "more than"},
    };
    struct order_reply r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256], name[16];
        snprintf(name, sizeof name, "bad%zu", i);
        snprintf(text, sizeof text, "#!/bin/sh\n%s\n", bad[i].text);
        refused(look_up(script(name, text), "123456", 20000, &r), bad[i].expected, bad[i].says);
    }
    refused(look_up("/nonexistent/program", "123456", 0, &r), ERR_IO, "nonexistent");
    refused(look_up(file_with("plain", "no program"), "123456", 0, &r), ERR_IO, "plain");
    refused(look_up("sh", "123456", 0, &r), ERR_USAGE, "directory");
}

/* Also when a child holds on to the output, and when the output is closed but the program stays. */
static void test_slow(void **state)
{
    (void)state;
    struct order_reply r;
    const char *marker = in_dir("alive");
    char text[512];
    snprintf(text, sizeof text, "#!/bin/sh\n(sleep 3; touch %s) &\nsleep 60\n", marker);
    uint64_t start = clock_ns();
    refused(look_up(script("slow", text), "123456", 300, &r), ERR_IO, "too long");
    refused(look_up(script("closed", "#!/bin/sh\nexec 1>&-\nsleep 60\n"), "123456", 300, &r), ERR_IO, "too long");
    refused(look_up(script("drip", "#!/bin/sh\nwhile true; do printf x; sleep 0.05; done\n"), "123456", 300, &r), ERR_IO, "too long");
    assert_true(clock_ns() - start < 30000000000u);   /* nowhere near the 60 s of any of them */
    sleep(4);
    assert_false(file_exists(marker));                /* the child was ended with its parent */
}

static void expect_number(const char *text, const char *number)
{
    const char *found = order_number(text, strlen(text), &arena);
    if (!found || !number) {
        if (found || number) fail_msg("'%s' gives %s", text, found ? found : "nothing");
        return;
    }
    assert_string_equal(found, number);
}

static void test_numbers(void **state)
{
    (void)state;
    expect_number("我的订单2026070100001234到哪了", "2026070100001234");
    expect_number("where is order HY-20260701-0012?", "HY-20260701-0012");
    expect_number("order #00004587345.", "00004587345");
    expect_number("500元以内的帐篷 2026年", NULL);
    expect_number("", NULL);
    expect_number("111111111111111111111111111111111111111111", NULL);
}

static int setup(void **state)
{
    arena_init(&arena, 0);
    return make_directory(state);
}

static int teardown(void **state)
{
    arena_release(&arena);
    return remove_directory(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_clean), cmocka_unit_test(test_bad), cmocka_unit_test(test_slow), cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
