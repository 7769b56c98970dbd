/* Documents: what a file becomes, atomic import, what is refused. */
#include "service_fixture.h"

static void expect_passages(const char *name, const char *text, const char *const *heading_anchor_text, size_t n)
{
    struct parsed d;
    ok(document_parse(&d, file_with(name, text)));
    if (d.n != n) fail_msg("%s has %zu passages, not %zu", name, d.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(d.passages[i].heading, heading_anchor_text[3 * i]);
        assert_string_equal(d.passages[i].anchor, heading_anchor_text[3 * i + 1]);
        assert_string_equal(d.passages[i].text, heading_anchor_text[3 * i + 2]);
    }
    parsed_release(&d);
}

static void test_markdown(void **state)
{
    (void)state;
    expect_passages("a.en.md", "\xEF\xBB\xBFlead\r\n\r\n# Returns & Exchanges\nIntro.\n\n## Who pays? ##\n- you\n- we\n##no heading\n## Who pays?\nAgain.\n## Empty\n\n```\n# code\n```\n",
                    (const char *const[]){"a", "a", "lead", "Returns & Exchanges", "returns-exchanges", "Intro.", "Who pays?", "who-pays", "- you\n- we\n##no heading", "Who pays?",
                                          "who-pays-1", "Again.", "Empty", "empty", "```\n# code\n```"}, 5);
    expect_passages("faq.zh.md", "# 常见问题\n\n**问：多久发货？**\n答：当天。\n\nQ: 能退吗？\nA: 能。\n七天内。\n",
                    (const char *const[]){"多久发货？", "多久发货", "当天。", "能退吗？", "能退吗", "能。\n七天内。"}, 2);
    struct parsed d;
    ok(document_parse(&d, file_with("b.md", "# 标题\n文字。\n")));
    assert_string_equal(d.title, "标题");
    assert_int_equal(d.language, LANGUAGE_ZH);
    parsed_release(&d);
}

static void test_pairs(void **state)
{
    (void)state;
    expect_passages("f.csv", "id,question,answer\r\n1,\"How, long?\",\"Two \"\"working\"\" days.\nOr three.\"\r\n2,Free?,No\r\n",
                    (const char *const[]){"How, long?", "how-long", "Two \"working\" days.\nOr three.", "Free?", "free", "No"}, 2);
    expect_passages("g.csv", "问题,答案\n包邮吗,满 99 元包邮\n", (const char *const[]){"包邮吗", "包邮吗", "满 99 元包邮"}, 1);
    expect_passages("h.jsonl", "{\"question\":\"a?\",\"answer\":\"b\"}\n\n{\"q\":\"c?\",\"a\":\"d\"}\n", (const char *const[]){"a?", "a", "b", "c?", "c", "d"}, 2);
}

static void test_bad_files(void **state)
{
    (void)state;
    static const struct { const char *name, *text; status expected; const char *says; } bad[] = {
        {"x.md", "", ERR_FORMAT, "no text"}, {"x.md", "# only\n\n## headings\n", ERR_FORMAT, "no text"}, {"x.md", "a\xff", ERR_FORMAT, "UTF-8"},
        {"x.md", "one\n\x1b[2J", ERR_FORMAT, "line 2"}, {"x.pdf", "text", ERR_USAGE, "kind"}, {"x.csv", "a,b\n1,2\n", ERR_FORMAT, "question and answer"},
        {"x.csv", "question,answer\nq\n", ERR_FORMAT, "line 2"}, {"x.csv", "question,answer\n\"q,a\n", ERR_FORMAT, "never closed"},
        {"x.csv", "question,answer\nq,\n", ERR_FORMAT, "needs a question"}, {"x.jsonl", "{\"question\":\"q\"}\n", ERR_FORMAT, "line 1"},
        {"x.jsonl", "{\"question\":\"q\",\"answer\":\"a\"}\nno\n", ERR_FORMAT, "line 2"}, {"x.jsonl", "{\"question\":\"q\",\"answer\":\"\\u001b[2J\"}\n", ERR_FORMAT, "control"},
    };
    struct parsed d;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        refused(document_parse(&d, file_with(bad[i].name, bad[i].text)), bad[i].expected, bad[i].says);
        if (!strstr(status_message(), bad[i].name)) fail_msg("'%s' does not name the file", status_message());
        parsed_release(&d);
    }
    refused(document_parse(&d, "/nonexistent.md"), ERR_IO, "nonexistent");
    parsed_release(&d);
    char *large = mem_zalloc(PASSAGE_MAX_BYTES + 100, 1);
    memset(large, 'x', PASSAGE_MAX_BYTES + 50);
    refused(document_parse(&d, file_with("x.md", large)), ERR_LIMIT, "headings");
    parsed_release(&d);
    mem_free(large);
}

/* ---- the store ---- */

struct listing { char names[200]; int64_t passages; };

static status take_row(void *context, const struct document_row *row)
{
    struct listing *l = context;
    strcat(strcat(l->names, row->name), " ");
    l->passages += row->passages;
    return OK;
}

static void expect_list(struct documents *d, const char *names, int64_t passages)
{
    struct listing l = {{0}, 0};
    ok(documents_each(d, take_row, &l));
    assert_string_equal(l.names, names);
    assert_int_equal(l.passages, passages);
}

static void test_import(void **state)
{
    (void)state;
    struct store *s;
    struct documents *d;
    struct documents_report r;
    int64_t before, after;
    ok(store_open(":memory:", STORE_READ_WRITE, &s));
    ok(documents_open(s, &d));
    const char *files[] = {file_with("one.md", "# One\nText.\n## Two\nMore.\n"), file_with("two.md", "# Zwei\nText.\n")};
    ok(documents_import(d, files, 2, &r, NULL));
    assert_true(r.read == 2 && r.added == 2 && r.passages == 3);
    expect_list(d, "one.md two.md ", 3);
    ok(documents_version(d, &before));
    ok(documents_import(d, files, 2, &r, NULL));
    assert_true(r.unchanged == 2 && !r.added && !r.updated);
    ok(documents_version(d, &after));
    assert_int_equal(before, after);
    file_with("one.md", "# One\nOther.\n");
    ok(documents_import(d, files, 2, &r, NULL));
    assert_true(r.updated == 1 && r.unchanged == 1);
    expect_list(d, "one.md two.md ", 2);
    ok(documents_version(d, &after));
    assert_true(after > before);

    file_with("one.md", "# One\nThird.\n## New\nx\n");   /* all or nothing */
    file_with("two.md", "\xff");
    refused(documents_import(d, files, 2, &r, NULL), ERR_FORMAT, "two.md");
    assert_true(!r.read && !r.updated);
    expect_list(d, "one.md two.md ", 2);
    const char *same[] = {"/a/one.md", "/b/one.md"};
    refused(documents_import(d, same, 2, &r, NULL), ERR_USAGE, "one name");

    refused(documents_remove(d, "three.md"), ERR_NOT_FOUND, "three.md");
    ok(documents_remove(d, "one.md"));
    expect_list(d, "two.md ", 1);
    documents_close(d);
    store_close(s);
}

static status take_nothing(void *context, const struct stored_passage *p)
{
    (void)context, (void)p;
    return OK;
}

static void test_no_memory(void **state)
{
    (void)state;
    struct store *s;
    struct documents *d;
    struct documents_report r;
    const char *files[] = {file_with("one.md", "# One\nText.\n## Two\nMore.\n"), file_with("f.csv", "question,answer\na,b\n")};
    ok(store_open(":memory:", STORE_READ_WRITE, &s));
    ok(documents_open(s, &d));
    for (uint64_t i = 1; i < 500; i++) {
        mem_fail_at(i);
        status result = documents_import(d, files, 2, &r, NULL);
        bool all = mem_fail_at(0) < i;
        if (result == OK && all) break;
        if (result != OK) assert_int_equal(result, ERR_NOMEM);
        if (result != OK) expect_list(d, "", 0);
        else ok(documents_remove(d, "one.md")), ok(documents_remove(d, "f.csv"));
    }
    expect_list(d, "f.csv one.md ", 3);
    ok(passages_each(d, take_nothing, NULL));
    documents_close(d);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_markdown), cmocka_unit_test(test_pairs), cmocka_unit_test(test_bad_files), cmocka_unit_test(test_import),
                                       cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
