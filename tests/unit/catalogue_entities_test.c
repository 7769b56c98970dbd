/* HTML entities that feeds carry over from web pages are read as what they mean; what is none stays. */
#include "catalogue_fixture.h"

static void entities(void **state)
{
    (void)state;
    const struct { const char *id, *written, *meant; } cases[] = {
        {"1", "Artist&#39;s brush &amp; &quot;paint&quot;", "Artist's brush & \"paint\""}, {"2", "AT&T &foo; &", "AT&T &foo; &"},
        {"3", "caf&#233; &#x4EF7;", "caf\xC3\xA9 \xE4\xBB\xB7"}, {"4", "x &#0; &#7; &#x85; &#xD800; &#99999999; y", "x &#0; &#7; &#x85; &#xD800; &#99999999; y"},
        {"5", "cut &#3", "cut &#3"}, {"6", "cut &#", "cut &#"}, {"7", "&lt;b&gt;", "<b>"}, {"8", "twice &amp;amp;", "twice &amp;"},
    };
    char feed[2048] = "id\ttitle\n";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        snprintf(feed + strlen(feed), sizeof feed - strlen(feed), "%s\t%s\n", cases[i].id, cases[i].written);
    import_expecting(feed_text("entities.tsv", feed), NULL, 8, 8, 0, 0, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) assert_string_equal(product_of(cases[i].id).title, cases[i].meant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(entities, fresh_shop, end_shop)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
