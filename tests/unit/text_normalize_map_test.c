/* normalize_mapped: the same bytes as normalize, and origins that lead back to whole characters of the text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text/text.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static struct normalizer *z;

static int open_normalizer(void **state)
{
    (void)state;
    return normalizer_new(&z) == OK ? 0 : -1;
}

static int close_normalizer(void **state)
{
    (void)state;
    normalizer_free(z);
    return 0;
}

/* Where `part` of the normalised text lies in the original. */
static void expect(const char *text, const char *part, const char *original)
{
    struct strbuf out = {0};
    uint32_t *origins = NULL;
    strbuf_puts(&out, "before ");
    size_t start = out.len;
    assert_int_equal(normalize_mapped(z, text, strlen(text), &out, &origins), OK);
    const char *found = strstr(out.data + start, part);
    if (!found) fail_msg("'%s' is not in '%s'", part, out.data + start);
    size_t begin = (size_t)(found - out.data) - start, end = begin + strlen(part);
    struct strbuf span = {0};
    strbuf_add(&span, text + origins[begin], origins[end] - origins[begin]);
    assert_string_equal(strbuf_str(&span), original);
    strbuf_release(&span);
    strbuf_release(&out);
    mem_free(origins);
}

static void spans_lead_back(void **state)
{
    (void)state;
    expect("Pure COTTON shirt", "cotton", "COTTON");
    expect("  two   spaces  ", "two", "two");
    expect("  two   spaces  ", "spaces", "spaces");
    expect("黑色，Ｖ领", "v领", "Ｖ领");
    expect("黑色，Ｖ领", "黑色", "黑色");
    expect("白色　纯棉", "白色", "白色");
    expect("白色\t纯棉", "白色", "白色");
    expect("純棉襯衫，長袖", "纯棉", "純棉");
    expect("純棉襯衫，長袖", "长袖", "長袖");
    expect("适用30㎡房间", "房间", "房间");
    expect("适用30㎡房间", "30m2", "30㎡");
    expect("缝 5½ 寸", "寸", "寸");
    expect("黑\xe2\x80\x8b色的", "黑色", "黑\xe2\x80\x8b色");
    expect("Cafe\xcc\x81 noir", "noir", "noir");
    expect("Soft\xe2\x84\xa2 wool", "wool", "wool");
    expect("a\xff red", "red", "red");
}

static void same_bytes_as_normalize(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a", "B", " ", "\t", "　", "黑", "繁體", "乾", "後", "Ａ", "½", "5", "㎡", "é", "e\xcc\x81", "™",
                                         "\xe2\x80\x8b", "ﬁ", "ß", "，", "。", "\xff", "\xe4\xb8", "ｶﾞ", "…", "℃", "'", "“", "-", "瞭解"};
    struct rng r;
    rng_seed(&r, 7);
    for (int round = 0; round < 3000; round++) {
        struct strbuf text = {0}, plain = {0}, mapped = {0};
        size_t n = rng_below(&r, 12);
        for (size_t i = 0; i < n; i++) strbuf_puts(&text, pieces[rng_below(&r, sizeof pieces / sizeof pieces[0])]);
        uint32_t *origins = NULL;
        assert_int_equal(normalize(z, strbuf_str(&text), text.len, &plain), OK);
        assert_int_equal(normalize_mapped(z, strbuf_str(&text), text.len, &mapped, &origins), OK);
        assert_string_equal(strbuf_str(&plain), strbuf_str(&mapped));
        for (size_t i = 0; i < mapped.len; i++) assert_true(origins[i] <= origins[i + 1]);
        assert_true(origins[mapped.len] <= text.len);
        strbuf_release(&text);
        strbuf_release(&plain);
        strbuf_release(&mapped);
        mem_free(origins);
    }
}

static void failed_allocations(void **state)
{
    (void)state;
    for (uint64_t k = 1; k < 20; k++) {
        struct strbuf out = {0};
        uint32_t *origins = NULL;
        mem_fail_at(k);
        status s = normalize_mapped(z, "純棉 shirt", strlen("純棉 shirt"), &out, &origins);
        mem_fail_at(0);
        assert_true(s == OK || s == ERR_NOMEM);
        assert_true((s == OK) == (origins != NULL));
        mem_free(origins);
        strbuf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(spans_lead_back), cmocka_unit_test(same_bytes_as_normalize),
                                       cmocka_unit_test(failed_allocations)};
    return cmocka_run_group_tests(tests, open_normalizer, close_normalizer);
}
