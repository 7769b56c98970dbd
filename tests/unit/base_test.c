/* What everything stands on: status, memory and its injected failures, buffers, map, random numbers, files, UTF-8. */
#include "base/base.h"   /* before cmocka.h, whose macro fail() would hide base.h's function */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/base_test_XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command);
}

static const char *in_directory(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

/* ---- status ---- */

static status refuse(int line)
{
    return (fail)(ERR_FORMAT, "line %d is odd", line);
}

static status pass_on(int line)
{
    TRY(refuse(line));
    return OK;
}

static void messages(void **state)
{
    (void)state;
    assert_int_equal(pass_on(7), ERR_FORMAT);
    assert_string_equal(status_message(), "line 7 is odd");
    assert_int_equal(fail_context(ERR_FORMAT, "%s:%d", "f.csv", 3), ERR_FORMAT);
    assert_string_equal(status_message(), "f.csv:3: line 7 is odd");
    char *longer = malloc(5 * STATUS_MESSAGE_MAX);
    memset(longer, 'x', 5 * STATUS_MESSAGE_MAX - 1);
    longer[5 * STATUS_MESSAGE_MAX - 1] = 0;
    (fail)(ERR_IO, "%s", longer);
    fail_context(ERR_IO, "%s", longer);
    assert_true(strlen(status_message()) < STATUS_MESSAGE_MAX);
    (fail)(ERR_IO, "first");
    (fail)(ERR_IO, "then %s", status_message());   /* the old message as an argument of the new */
    assert_string_equal(status_message(), "then first");
    (fail)(ERR_FORMAT, "key '%s' and '%.4s'", "a\n\033[2J\xc2\x9b", "ab\xe7\xba\xa2");   /* of a file: no line, no escape, no half character */
    assert_string_equal(status_message(), "key 'a  [2J ' and 'ab?\?'");
    fail_context(ERR_FORMAT, "%s", "\xe7\xba\xa2\r.csv");
    assert_string_equal(status_message(), "\xe7\xba\xa2 .csv: key 'a  [2J ' and 'ab?\?'");
    free(longer);
}

/* ---- memory ---- */

static void allocations_fail_when_told(void **state)
{
    (void)state;
    mem_fail_at(2);
    void *a = mem_alloc(10), *b = mem_alloc(10), *c = mem_alloc(10);
    assert_int_equal(mem_fail_at(0), 3);
    assert_non_null(a);
    assert_null(b);
    assert_non_null(c);
    mem_free(a);
    mem_free(c);
    assert_null(mem_zalloc(SIZE_MAX / 2, 4));
    float *aligned = mem_aligned(100);
    assert_int_equal((uintptr_t)aligned % 64, 0);
    for (int i = 0; i < 25; i++) assert_true(aligned[i] == 0);
    mem_free(aligned);
}

static void growing(void **state)
{
    (void)state;
    int *list = NULL;
    size_t cap = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(mem_grow(&list, &cap, (size_t)i + 1, sizeof *list), OK);
        list[i] = i;
    }
    for (int i = 0; i < 1000; i++) assert_int_equal(list[i], i);
    size_t before = cap;
    mem_fail_at(1);
    assert_int_equal(mem_grow(&list, &cap, cap + 1, sizeof *list), ERR_NOMEM);
    mem_fail_at(0);
    assert_int_equal(cap, before);
    assert_int_equal(list[999], 999);
    assert_int_equal(mem_grow(&list, &cap, SIZE_MAX / 2, sizeof *list), ERR_NOMEM);
    mem_free(list);
}

static void arenas(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 0);
    char *strings[500];
    for (int i = 0; i < 500; i++) {
        strings[i] = arena_printf(&a, "string number %d", i);
        assert_int_equal((uintptr_t)strings[i] % 16, 0);
    }
    for (int i = 0; i < 500; i++) assert_int_equal(atoi(strings[i] + 14), i);
    assert_null(arena_alloc(&a, SIZE_MAX / 2));
    assert_null(arena_zalloc(&a, SIZE_MAX / 2, 8));
    arena_clear(&a);
    assert_int_equal(a.used, 0);
    assert_non_null(arena_strdup(&a, "again"));
    arena_release(&a);
    arena_init(&a, 64);
    assert_non_null(arena_alloc(&a, 40));
    assert_null(arena_alloc(&a, 40));   /* over the limit */
    arena_release(&a);
}

static void buffers(void **state)
{
    (void)state;
    struct strbuf b = {0};
    assert_string_equal(strbuf_str(&b), "");
    strbuf_puts(&b, "price ");
    strbuf_printf(&b, "%d.%02d", 12, 5);
    strbuf_putc(&b, ' ');
    strbuf_put_utf8(&b, 0x5143);
    assert_string_equal(strbuf_str(&b), "price 12.05 元");
    assert_int_equal(strbuf_status(&b), OK);
    mem_fail_at(1);
    char big[4096] = {0};
    strbuf_add(&b, big, sizeof big);
    mem_fail_at(0);
    assert_int_equal(strbuf_status(&b), ERR_NOMEM);
    strbuf_puts(&b, "ignored");
    assert_string_equal(strbuf_str(&b), "price 12.05 元");
    strbuf_release(&b);
}

static void maps(void **state)
{
    (void)state;
    struct strmap m;
    strmap_init(&m);
    assert_false(strmap_get(&m, "x", 1, NULL));
    char key[32];
    for (uint64_t i = 0; i < 5000; i++) assert_int_equal(strmap_put(&m, key, (size_t)snprintf(key, sizeof key, "k%llu", (unsigned long long)i), i), OK);
    strmap_put(&m, "k7", 2, 70);
    strmap_put(&m, "", 0, 1);
    strmap_put(&m, "a\0b", 3, 2);
    assert_int_equal(m.count, 5002);
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t v;
        assert_true(strmap_get(&m, key, (size_t)snprintf(key, sizeof key, "k%llu", (unsigned long long)i), &v));
        assert_int_equal(v, i == 7 ? 70 : i);
    }
    uint64_t v;
    assert_true(strmap_get(&m, "a\0b", 3, &v) && v == 2);
    assert_false(strmap_get(&m, "a", 1, &v));
    size_t cursor = 0, n, seen = 0;
    const char *k;
    while (strmap_next(&m, &cursor, &k, &n, &v)) seen++;
    assert_int_equal(seen, 5002);
    strmap_release(&m);
}

/* ---- random numbers ---- */

static void random_numbers(void **state)
{
    (void)state;
    struct rng a, b;
    rng_seed(&a, 42);
    b = a;   /* the state is the whole of it */
    for (int i = 0; i < 100; i++) assert_true(rng_next(&a) == rng_next(&b));
    size_t counts[7] = {0};
    double sum = 0, squares = 0;
    for (int i = 0; i < 70000; i++) {
        counts[rng_below(&a, 7)]++;
        double u = rng_unit(&a), z = rng_normal(&a);
        assert_true(u >= 0 && u < 1);
        sum += z;
        squares += z * z;
    }
    for (int i = 0; i < 7; i++) assert_in_range(counts[i], 9600, 10400);
    assert_true(sum / 70000 < 0.02 && sum / 70000 > -0.02);
    assert_true(squares / 70000 > 0.97 && squares / 70000 < 1.03);
    assert_true(hash_bytes("abc", 3, 1) != hash_bytes("abd", 3, 1));
    assert_true(hash_bytes("abc", 3, 1) != hash_bytes("abc", 3, 2));
    assert_true(hash_bytes("", 0, 0) != hash_bytes("\0", 1, 0));
}

/* ---- files ---- */

static void check_content(const char *name, const char *expected)
{
    char *data;
    size_t n;
    assert_int_equal(file_read(in_directory(name), 1 << 20, &data, &n), OK);
    assert_int_equal(n, strlen(expected));
    assert_string_equal(data, expected);
    mem_free(data);
}

static void files_are_replaced_whole(void **state)
{
    (void)state;
    char path[128];
    strcpy(path, in_directory("f"));
    assert_int_equal(file_write_atomic(path, "old", 3), OK);
    struct atomic_file f;
    assert_int_equal(atomic_file_open(&f, path), OK);
    atomic_file_write(&f, "half of it", 10);
    check_content("f", "old");
    atomic_file_abort(&f);
    check_content("f", "old");
    assert_int_equal(atomic_file_open(&f, path), OK);
    file_fail_write_at(2);
    atomic_file_write(&f, "one", 3);
    atomic_file_write(&f, "two", 3);   /* the disk is full */
    atomic_file_write(&f, "three", 5);
    assert_int_equal(atomic_file_commit(&f), ERR_IO);
    file_fail_write_at(0);
    assert_non_null(strstr(status_message(), "disk space"));
    check_content("f", "old");
    assert_int_equal(file_write_atomic(path, "new", 3), OK);
    check_content("f", "new");
    char command[160];
    snprintf(command, sizeof command, "test \"$(ls '%s' | wc -l)\" = 1", directory);
    assert_int_equal(system(command), 0);   /* no temporary file stays behind */
    assert_int_equal(file_write_atomic("/nonexistent/dir/f", "x", 1), ERR_IO);
}

static void a_kill_leaves_old_or_new(void **state)
{
    (void)state;
    char path[128];
    strcpy(path, in_directory("k"));
    static char old[100000], new[100000];
    memset(old, 'o', sizeof old - 1);
    memset(new, 'n', sizeof new - 1);
    assert_int_equal(file_write_atomic(path, old, sizeof old - 1), OK);
    for (int round = 0; round < 30; round++) {
        pid_t child = fork();
        if (child == 0)
            for (bool turn = true;; turn = !turn) file_write_atomic(path, turn ? new : old, sizeof old - 1);
        usleep((useconds_t)(500 + round * 137));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        char *data;
        size_t n;
        assert_int_equal(file_read(path, 1 << 20, &data, &n), OK);
        assert_int_equal(n, sizeof old - 1);
        assert_true(strcmp(data, old) == 0 || strcmp(data, new) == 0);
        mem_free(data);
    }
}

static void a_kill_leaves_no_litter(void **state)
{
    (void)state;
    char path[128], command[160];
    strcpy(path, in_directory("l"));
    struct atomic_file f;
    assert_int_equal(atomic_file_open(&f, path), OK);
    bool unnamed = f.unnamed;
    atomic_file_abort(&f);
    if (!unnamed) skip();   /* this file system knows no files without a name */
    pid_t child = fork();
    if (child == 0) {
        if (atomic_file_open(&f, path) == OK) atomic_file_write(&f, "half", 4);
        fflush(f.stream);
        raise(SIGKILL);
    }
    int how;
    waitpid(child, &how, 0);
    assert_true(WIFSIGNALED(how));
    snprintf(command, sizeof command, "test -z \"$(ls -A '%s')\"", directory);
    assert_int_equal(system(command), 0);
}

static void reading(void **state)
{
    (void)state;
    char *data;
    size_t n;
    assert_int_equal(file_read(in_directory("none"), 10, &data, &n), ERR_IO);
    assert_non_null(strstr(status_message(), "none"));
    assert_int_equal(file_read(directory, 10, &data, &n), ERR_IO);
    assert_non_null(strstr(status_message(), "directory"));
    assert_int_equal(file_write_atomic(in_directory("big"), "0123456789ABC", 13), OK);
    assert_int_equal(file_read(in_directory("big"), 10, &data, &n), ERR_LIMIT);
    struct mapped_file m;
    assert_int_equal(mapped_file_open(&m, in_directory("big")), OK);
    assert_memory_equal(m.data, "0123456789ABC", 13);
    mapped_file_close(&m);
    assert_int_equal(file_write_atomic(in_directory("empty"), "", 0), OK);
    assert_int_equal(mapped_file_open(&m, in_directory("empty")), OK);
    assert_int_equal(m.size, 0);
    mapped_file_close(&m);
    assert_int_equal(mapped_file_open(&m, in_directory("none")), ERR_IO);
    assert_int_equal(file_make_directory(in_directory("a/b/c")), OK);
    assert_int_equal(file_make_directory(in_directory("a/b/c")), OK);
    assert_int_equal(file_make_directory(in_directory("big")), ERR_IO);
}

/* ---- UTF-8 ---- */

static void utf8(void **state)
{
    (void)state;
    for (uint32_t c = 1; c <= 0x10FFFF; c += 7) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        char bytes[4];
        size_t n = utf8_put(bytes, c);
        const char *p = bytes;
        assert_int_equal(utf8_next(&p, bytes + n), c);
        assert_ptr_equal(p, bytes + n);
        assert_true(utf8_valid(bytes, n, NULL));
        size_t bad;
        if (n > 1) assert_false(utf8_valid(bytes, n - 1, &bad));
    }
    static const char *const wrong[] = {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) assert_false(utf8_valid(wrong[i], strlen(wrong[i]), NULL));
    size_t bad = 0;
    assert_false(utf8_valid("ab\xE5\xB8", 4, &bad));
    assert_int_equal(bad, 2);
    const char *p = "\xE5\xB8", *end = p + 2;
    assert_int_equal(utf8_next(&p, end), 0xFFFD);   /* cut: one byte on, never past the end */
    assert_int_equal(end - p, 1);
    assert_int_equal(utf8_length("价格x", 7), 3);
    assert_true(utf8_is_han(0x4EF7));
    assert_false(utf8_is_han('a'));
}

/* ---- progress ---- */

static bool stop(void *context)
{
    return ++*(int *)context >= 2;
}

static void progress_can_stop(void **state)
{
    (void)state;
    int calls = 0;
    struct progress p = {&calls, NULL, stop};
    assert_true(progress_report(NULL, "x", 1, 2, NULL));
    assert_true(progress_report(&p, "x", 1, 2, NULL));
    assert_false(progress_report(&p, "x", 2, 2, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages), cmocka_unit_test(allocations_fail_when_told), cmocka_unit_test(growing), cmocka_unit_test(arenas), cmocka_unit_test(buffers),
        cmocka_unit_test(maps), cmocka_unit_test(random_numbers), cmocka_unit_test_setup_teardown(files_are_replaced_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kill_leaves_old_or_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kill_leaves_no_litter, set_up, tear_down), cmocka_unit_test_setup_teardown(reading, set_up, tear_down),
        cmocka_unit_test(utf8), cmocka_unit_test(progress_can_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
