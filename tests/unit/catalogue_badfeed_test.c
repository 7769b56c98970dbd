/* catalogue: what is wrong with a feed is said with file, line and reason, and costs no more than the row it is in. */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "catalogue_fixture.h"

/* The import fails with this code and a sentence that holds `word` and the path; the shop stays empty. */
static void refuse(const char *path, const struct import_options *o, status code, const char *word)
{
    struct import_result r;
    struct import_options none = {0};
    status s = catalogue_import(shop, path, o ? o : &none, &r, NULL);
    if (s != code || !strstr(status_message(), word) || !strstr(status_message(), path))
        fail_msg("status %d, not %d with '%s': %s", s, code, word, status_message());
    assert_null(strchr(status_message(), '\n'));
    assert_int_equal(r.added + r.updated + r.unchanged, 0);
    assert_int_equal(shop_count(), 0);
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    refuse(in_folder("missing.csv"), NULL, ERR_IO, "check the path");
    refuse(folder, NULL, ERR_IO, "directory");
    refuse(feed_text("empty.csv", ""), NULL, ERR_FORMAT, "is empty");
    refuse(feed_text("bom.csv", "\xEF\xBB\xBF"), NULL, ERR_FORMAT, "byte order mark");
    refuse(feed_text("blank.csv", "\n\r\n\n"), NULL, ERR_FORMAT, "no rows");
    refuse(feed_bytes("utf16.csv", "\xFF\xFEi\0d\0", 6), NULL, ERR_FORMAT, "UTF-16");
    refuse(feed_bytes("book.csv", "PK\3\4....", 8), NULL, ERR_FORMAT, "workbook");
    refuse(feed_bytes("packed.csv", "\x1F\x8B..", 4), NULL, ERR_FORMAT, "compressed");
    refuse(feed_text("page.csv", "<?xml version=\"1.0\"?><rss/>"), NULL, ERR_FORMAT, "XML");
    refuse(feed_text("array.json", "[\n{\"id\":1}"), NULL, ERR_FORMAT, "a missing ','");
    refuse(feed_bytes("gbk.csv", "id,\xC9\xCC\xC6\xB7\n1,2\n", 12), NULL, ERR_FORMAT, "GB18030");
    refuse(feed_bytes("nul.csv", "id,ti\0tle\n1,2\n", 14), NULL, ERR_FORMAT, "NUL");
    refuse(feed_text("untitled.csv", "id,colour\n1,red\n"), NULL, ERR_FORMAT, "--map title=");
    refuse(feed_text("cut_header.csv", "id,\"title\n1,x\n"), NULL, ERR_FORMAT, "never closed");
    import_expecting(feed_text("header.csv", "id,title\n"), NULL, 0, 0, 0, 0, 0);
}

static void unreadable_file(void **state)
{
    (void)state;
    const char *path = feed_text("secret.csv", "id,title\n1,x\n");
    chmod(path, 0);
    shop_close();
    pid_t child = fork();
    if (child == 0) {
        chmod(folder, 0777);
        if (geteuid() == 0 && seteuid(65534) != 0) _exit(9);
        struct import_result r;
        struct import_options o = {0};
        struct store *s;
        struct catalogue *c;
        if (store_open(":memory:", STORE_READ_WRITE, &s) != OK || catalogue_open(s, &c) != OK) _exit(8);
        status code = catalogue_import(c, path, &o, &r, NULL);
        _exit(code == ERR_IO && strstr(status_message(), "check the permissions") ? 0 : 1);
    }
    int code;
    waitpid(child, &code, 0);
    assert_int_equal(code, 0);
}

/* Rows 1 and last are good, the one between is rejected with this reason and line 3. */
static void reject_row(const char *bad, size_t n, const char *reason)
{
    struct strbuf b = {0};
    strbuf_puts(&b, "id,title,price,colour\nfirst,a,1,red\n");
    strbuf_add(&b, bad, n);
    strbuf_puts(&b, "\nlast,z,2,blue\n");
    const char *path = feed_bytes("rows.csv", b.data, b.len);
    strbuf_release(&b);
    fresh_shop(NULL);
    struct import_result r = import_expecting(path, NULL, 3, 2, 0, 0, 1);
    char where[200];
    snprintf(where, sizeof where, "%s:3: ", path);
    if (!strstr(r.first_reason, reason) || strncmp(r.first_reason, where, strlen(where)) != 0)
        fail_msg("'%s' instead of '%s'", r.first_reason, reason);
    assert_string_equal(product_of("first").title, "a");
    assert_string_equal(product_of("last").title, "z");
    shop_close();
}

static void rejected_rows(void **state)
{
    (void)state;
    shop_close();
#define REJECT(row, reason) reject_row(row, sizeof row - 1, reason)
    REJECT("x,,1,red", "no title");
    REJECT("x, \xE3\x80\x80 ,1,red", "no title");
    REJECT("x,&nbsp;&#160;,1,red", "no title");
    REJECT(",t,1,red", "no id");
    REJECT("x,t,-5,red", "negative price '-5'");
    REJECT("x,t,call us,red", "no price: 'call us'");
    REJECT("x,t,10000000001,red", "price");
    REJECT("x,t,99999999999999999999999999,red", "price");
    REJECT("x,t,1e9,red", "no price");
    REJECT("x,t,1", "3 fields where the header has 4");
    REJECT("x,t,1,red,more", "5 fields where the header has 4");
    REJECT("x,caf\xC3", "invalid UTF-8 at byte 6");
    REJECT("x,\xED\xA0\x80,1,red", "invalid UTF-8");
    REJECT("x,a\0b,1,red", "NUL");
    REJECT("x,\"t\"u,1,red", "after a closing quote");
    REJECT("x,\"never closed,1,red", "never closed");
    REJECT("first,other,1,red", "the id 'first' was on line 2 already");
#undef REJECT
    char many[3000], wide[400];
    memset(many, ',', sizeof many);
    reject_row(many, sizeof many, "more than 1024 fields");
    memset(wide, 'i', 300);
    memcpy(wide + 300, ",t,1,red", 8);
    reject_row(wide, 308, "id of more than 256 bytes");
}

static void reject_line(const char *bad, const char *reason)
{
    char text[1200];
    snprintf(text, sizeof text, "{\"id\":\"first\",\"title\":\"a\"}\n%s\n{\"id\":\"last\",\"title\":\"z\"}\n", bad);
    const char *path = feed_text("rows.jsonl", text);
    fresh_shop(NULL);
    struct import_result r = import_expecting(path, NULL, 3, 2, 0, 0, 1);
    if (!strstr(r.first_reason, reason) || !strstr(r.first_reason, "rows.jsonl:2: ")) fail_msg("%s: '%s'", bad, r.first_reason);
    shop_close();
}

static void rejected_lines(void **state)
{
    (void)state;
    shop_close();
    static const char *const malformed[] = {
        "{", "{\"id\":1", "{\"id\":1,}", "{\"id\" 1}", "{id:1}", "{\"id\":01}", "{\"id\":1.}", "{\"id\":-}", "{\"id\":1e}", "{\"id\":\"a}",
        "{\"id\":\"a\\q\"}", "{\"id\":\"\\ud800\"}", "{\"id\":\"\\u12g4\"}", "{\"id\":\"\\u0000\"}", "{\"id\":[1,]}", "{\"id\":[1 2]}",
        "{\"id\":{\"a\":1,}}", "{\"id\":tru}", "{\"id\":1} 2", "[1]", "17", "\"x\"", "{\"id\":\"a\tb\"}", "{\"id\":\"\\", "{\"a\":[{]}",
        "{\"a\":{\"b\":{\"c\":}}}", "x",
    };
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) reject_line(malformed[i], "not JSON: ");
    reject_line("{\"id\":1}", "no title");
    reject_line("{\"id\":\"\",\"title\":\"t\"}", "no id");
    reject_line("{\"id\":null,\"title\":\"t\"}", "no id");
    reject_line("{\"id\":1,\"title\":\"t\",\"price\":-1}", "negative price");
    reject_line("{\"id\":1,\"title\":\"t\",\"price\":[1,2]}", "no price");
    char deep[600] = "{\"id\":1,\"title\":\"t\",\"a\":";
    size_t n = strlen(deep);
    memset(deep + n, '[', 200);
    reject_line(deep, "nesting");
    memset(deep, ' ', sizeof deep);
    memcpy(deep, "{\"", 2);
    memset(deep + 2, 'k', 300);
    strcpy(deep + 302, "\":1}");
    reject_line(deep, "field name");
}

static void quoting_done_right(void **state)
{
    (void)state;
    const char *path = feed_text("quotes.csv",
        "id,title,note\r\n1,\"a \"\"b\"\" c\",\"x\r\ny\"\r\n2, \"spaced, out\" ,5\" pipe\r\n\r\n3,\"\",\r\n4,last,\"end\"");
    import_expecting(path, NULL, 4, 3, 0, 0, 1);
    struct product p = product_of("1");
    assert_string_equal(p.title, "a \"b\" c");
    expect_attribute(&p, "note", "x y", ATTRIBUTE_TEXT);
    assert_string_equal(product_of("2").title, "spaced, out");
    p = product_of("2");
    assert_string_equal(product_attribute(&p, "note")->value, "5\" pipe");
    assert_string_equal(product_of("4").title, "last");
}

/* Lines are counted through quoted line ends and after a quote that was given up. */
static void lines_are_counted(void **state)
{
    (void)state;
    struct import_result r = import_expecting(feed_text("count.csv", "id,title\n1,\"a\nb\n\nc\"\n\n2,\n"), NULL, 2, 1, 0, 0, 1);
    assert_non_null(strstr(r.first_reason, "count.csv:7: no title"));
    r = import_expecting(feed_text("open.csv", "id,title\n3,\"open\n4,d\n5,e\n"), NULL, 3, 2, 0, 0, 1);
    assert_non_null(strstr(r.first_reason, "open.csv:2: "));
    assert_string_equal(product_of("5").title, "e");
}

static void terminal_codes_are_taken_out(void **state)
{
    (void)state;
    import_expecting(feed_text("codes.csv", "id,title,a\tb\n1,x\x1b[31m\xC2\x9By\x7F,v\x01w\n"), NULL, 1, 1, 0, 0, 0);
    struct product p = product_of("1");
    assert_string_equal(p.title, "x [31m y");
    expect_attribute(&p, "a b", "v w", ATTRIBUTE_TEXT);
}

/* A line of 1 GiB (a hole in a sparse file), then of 64 MiB in a quote and in JSON: rejected with its number, in bounded memory. */
static void giant_line(void **state)
{
    (void)state;
    struct rusage before, after;
    const char *const starts[] = {"id,title\n1,a\n2,", "id,title\n1,a\n2,\"", "{\"id\":1,\"title\":\"a\"}\n{\"id\":\""};
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 3; i++) {
        const char *path = feed_text("giant", starts[i]);
        assert_int_equal(truncate(path, (off_t)1 << (i ? 26 : 30)), 0);
        FILE *f = fopen(path, "ab");
        fputs(i < 2 ? "\n3,c\n" : "\n{\"id\":3,\"title\":\"c\"}\n", f);
        fclose(f);
        fresh_shop(NULL);
        struct import_result r = import_expecting(path, NULL, 3, 2, 0, 0, 1);
        assert_non_null(strstr(r.first_reason, i < 2 ? "giant:3: a record of more than 1048576 bytes" : "giant:2: a line of more than 1048576 bytes"));
        assert_string_equal(product_of("3").title, "c");
        shop_close();
        unlink(path);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
    const char *path = feed_text("giant", "");
    assert_int_equal(truncate(path, 64 << 20), 0);
    fresh_shop(NULL);
    refuse(path, NULL, ERR_FORMAT, "more than 1048576 bytes");
}

/* Records around the limit, so that the buffer is refilled at every place. */
static void records_up_to_the_limit(void **state)
{
    (void)state;
    struct strbuf b = {0};
    strbuf_puts(&b, "id,title,description\n");
    for (int i = 0; i < 12; i++) {
        size_t n = (size_t)FEED_RECORD_MAX - 40 + (size_t)i * 5;
        size_t start = b.len;
        strbuf_printf(&b, "%d,t,\"", i);
        while (b.len - start < n - 2) strbuf_putc(&b, b.len % 7000 ? 'x' : '\n');
        strbuf_puts(&b, "\"\n");
    }
    assert_false(b.failed);
    const char *path = feed_bytes("large.csv", b.data, b.len);
    strbuf_release(&b);
    struct import_result r;
    struct import_options o = {0};
    assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), OK);
    assert_int_equal(r.added, 9);   /* n = MAX - 40 ... MAX, the record's own line end included */
    assert_true(r.rejected >= 3);
    assert_non_null(strstr(r.first_reason, "more than 1048576 bytes"));
    assert_int_equal(strlen(product_of("0").description), FEED_RECORD_MAX - 40 - strlen("0,t,\"\"\n"));
}

static void errors_file_and_strict(void **state)
{
    (void)state;
    const char *path = feed_text("mixed.csv", "id,title,price\n1,a,1\n2,\"x \"\"y\",-3\n3,caf\xC3,1\n4,d,4\n");
    const char *errors = in_folder("errors.jsonl");
    struct import_options o = {.errors_path = errors};
    import_expecting(path, &o, 4, 2, 0, 0, 2);
    char *text, want[1200];
    size_t n;
    assert_int_equal(file_read(errors, 1 << 20, &text, &n), OK);
    snprintf(want, sizeof want,
             "{\"file\":\"%s\",\"line\":3,\"reason\":\"a negative price '-3'\",\"row\":\"2,\\\"x \\\"\\\"y\\\",-3\"}\n"
             "{\"file\":\"%s\",\"line\":4,\"reason\":\"invalid UTF-8 at byte 6 of the record\",\"row\":\"3,caf\xEF\xBF\xBD,1\"}\n", path, path);
    assert_string_equal(text, want);
    mem_free(text);

    shop_close();
    fresh_shop(NULL);
    unlink(errors);
    o.strict = true;
    refuse(path, &o, ERR_FORMAT, "mixed.csv:3: a negative price");
    assert_int_equal(file_read(errors, 1 << 20, &text, &n), OK);
    assert_non_null(strstr(text, "\"line\":3"));
    assert_null(strstr(text, "\"line\":4"));
    mem_free(text);
    o.errors_path = path;
    refuse(path, &o, ERR_USAGE, "the feed itself");
    o.errors_path = in_folder("no/such/place");
    struct import_result r;
    assert_int_equal(catalogue_import(shop, path, &o, &r, NULL), ERR_IO);
    assert_int_equal(shop_count(), 0);
}

/* A row again with the same content is no error; with other content the first stays, at every import. */
static void duplicates(void **state)
{
    (void)state;
    const char *path = feed_text("twice.csv", "id,title\n1,a\n2,b\n1,a\n1,c\n");
    import_expecting(path, NULL, 4, 2, 0, 1, 1);
    import_expecting(path, NULL, 4, 0, 0, 3, 1);
    assert_string_equal(product_of("1").title, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_that_cannot_be_read, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(unreadable_file, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(rejected_rows, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(rejected_lines, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(quoting_done_right, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(lines_are_counted, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(terminal_codes_are_taken_out, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(giant_line, NULL, end_shop),
        cmocka_unit_test_setup_teardown(records_up_to_the_limit, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(errors_file_and_strict, fresh_shop, end_shop),
        cmocka_unit_test_setup_teardown(duplicates, fresh_shop, end_shop),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
