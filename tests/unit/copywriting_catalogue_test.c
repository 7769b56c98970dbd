/* copywriting: words of a catalogue (the sample shop) beside our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "copywriting/copywriting_int.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>
#include <dirent.h>

#define ok(expression)                                                             \
    do {                                                                           \
        if ((expression) != OK) fail_msg("%s: %s", #expression, status_message()); \
    } while (0)

static struct normalizer *z;
static struct store *store;
static struct catalogue *catalogue;
static struct claim_lexicon *lexicon;

static void import_shop(void)
{
    static const char folder[] = SOURCE_DIR "/examples/shop/products";
    struct dirent **files;
    int n = scandir(folder, &files, NULL, alphasort);
    assert_true(n > 2);
    for (int i = 0; i < n; i++) {
        char path[512];
        struct import_options o = {.format = FEED_AUTO, .default_currency = "CNY"};
        struct import_result result;
        snprintf(path, sizeof path, "%s/%.200s", folder, files[i]->d_name);
        if (strstr(files[i]->d_name, ".jsonl")) ok(catalogue_import(catalogue, path, &o, &result, NULL));
        free(files[i]);
    }
    free(files);
}

static int setup(void **state)
{
    (void)state;
    ok(normalizer_new(&z));
    ok(claim_lexicon_new(z, &lexicon));
    ok(store_open(":memory:", STORE_READ_WRITE, &store));
    ok(catalogue_open(store, &catalogue));
    import_shop();
    size_t before = lexicon->n_phrases;
    ok(claim_lexicon_add_catalogue(lexicon, catalogue));
    assert_true(lexicon->n_phrases > before + 100);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    claim_lexicon_free(lexicon);
    catalogue_close(catalogue);
    store_close(store);
    normalizer_free(z);
    return 0;
}

static void check(const char *id, enum language l, const char *text, struct facts *f)
{
    struct arena a;
    struct product p;
    struct record r;
    arena_init(&a, 0);
    ok(catalogue_get(catalogue, id, &a, &p));
    ok(record_from_product(&p, l, &r));
    ok(facts_check(lexicon, &r, text, strlen(text), f));
    record_release(&r);
    arena_release(&a);
}

static const char *field_of(const struct facts *f, const char *claim)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->items[i].claim, claim) == 0) return f->items[i].field ? f->items[i].field : "-";
    return "no claim";
}

static void words_of_other_products_are_claims(void **state)
{
    (void)state;
    struct facts f;
    check("SB-1020", LANGUAGE_ZH, "途见的背包，不是Mirelune的，也不是山野集的。荆条的味道。", &f);
    assert_string_equal(field_of(&f, "途见"), "title");
    assert_string_equal(field_of(&f, "Mirelune"), "-");
    assert_string_equal(field_of(&f, "山野集"), "-");
    assert_string_equal(field_of(&f, "荆条"), "-");
    facts_release(&f);
    check("FT-1020", LANGUAGE_ZH, "山野集的荆条蜂蜜", &f);
    assert_int_equal(facts_unsupported(&f), 0);
    assert_string_equal(field_of(&f, "荆条"), "attributes.蜜源");
    facts_release(&f);
    check("FT-1020", LANGUAGE_EN, "Shanyeji honey by Taohe", &f);
    assert_string_equal(field_of(&f, "Shanyeji"), "title");
    assert_string_equal(field_of(&f, "Taohe"), "-");
    facts_release(&f);
}

static void everyday_words_are_not(void **state)
{
    (void)state;
    struct facts f;
    check("SB-1020", LANGUAGE_ZH, "味道清淡，有一点甜，中文说明，常用的款式，正常使用。", &f);
    if (f.n) fail_msg("'%s' is no claim", f.items[0].claim);
    facts_release(&f);
    check("SB-1020", LANGUAGE_EN, "Yes, a low, light and normal thing of some strong kind, with no trouble.", &f);
    if (f.n) fail_msg("'%s' is no claim", f.items[0].claim);
    facts_release(&f);
}

struct counts { size_t n; };

static status check_itself(void *context, const struct product *p)
{
    struct counts *c = context;
    for (int l = LANGUAGE_ZH; l <= LANGUAGE_EN; l++) {
        struct record r;
        struct support *s;
        struct facts f;
        struct strbuf b = {0};
        const char *description = product_text(p, "description", (enum language)l);
        ok(record_from_product(p, (enum language)l, &r));
        ok(support_new(lexicon, &r, &s));
        ok(facts_check_support(s, description, strlen(description), &f));
        if (facts_unsupported(&f)) fail_msg("%s does not support its own '%s'", p->id, description);
        facts_release(&f);
        ok(record_sentence_checked(s, (enum language)l, &b, &f));
        if (facts_unsupported(&f) || f.n == 0) fail_msg("%s: '%s' says too much or nothing", p->id, strbuf_str(&b));
        facts_release(&f);
        strbuf_release(&b);
        support_free(s);
        record_release(&r);
    }
    c->n++;
    return OK;
}

static void every_product_supports_itself(void **state)
{
    (void)state;
    struct counts c = {0};
    ok(catalogue_each(catalogue, check_itself, &c));
    assert_true(c.n >= 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_of_other_products_are_claims), cmocka_unit_test(everyday_words_are_not),
                                       cmocka_unit_test(every_product_supports_itself)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
