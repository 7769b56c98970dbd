/* store: statements, transactions, migrations, the full disk, the second writer, the killed writer. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static char folder[64], database[96];
static const char *const MIGRATIONS[] = {
    "CREATE TABLE shelf(key BIGINT PRIMARY KEY, word TEXT, weight DOUBLE PRECISION, data BLOB)",
    "CREATE INDEX shelf_word ON shelf(word); INSERT INTO shelf(key, word) VALUES(1, 'second')",
};

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/daogou-store-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    snprintf(database, sizeof database, "%s/shop.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static struct store *open_store(void)
{
    struct store *s;
    assert_int_equal(store_open(database, STORE_READ_WRITE, &s), OK);
    return s;
}

static int64_t count(struct store *s)
{
    struct statement *t;
    bool row;
    assert_int_equal(store_prepare(s, "SELECT count(*) FROM shelf", &t), OK);
    assert_int_equal(statement_step(t, &row), OK);
    assert_true(row);
    int64_t n = statement_int(t, 0);
    statement_reset(t);
    return n;
}

static void migrates_once_and_checks(void **state)
{
    (void)state;
    struct store *s = open_store(), *reader;
    assert_int_equal(store_open(database, STORE_READ_ONLY, &reader), OK);
    assert_int_equal(store_migrate(reader, "shelf", MIGRATIONS, 2), ERR_FORMAT);
    assert_non_null(strstr(status_message(), "import"));
    assert_int_equal(store_migrate(s, "shelf", MIGRATIONS, 1), OK);
    assert_int_equal(count(s), 0);
    assert_int_equal(store_migrate(reader, "shelf", MIGRATIONS, 2), ERR_FORMAT);
    assert_non_null(strstr(status_message(), "older"));
    assert_int_equal(store_migrate(s, "shelf", MIGRATIONS, 2), OK);
    assert_int_equal(store_migrate(s, "shelf", MIGRATIONS, 2), OK);
    assert_int_equal(count(s), 1);
    assert_int_equal(store_migrate(reader, "shelf", MIGRATIONS, 2), OK);
    assert_int_equal(store_migrate(s, "shelf", MIGRATIONS, 1), ERR_FORMAT);
    assert_non_null(strstr(status_message(), "newer"));
    store_close(reader);
    store_close(s);
}

static void failed_migration_leaves_nothing(void **state)
{
    (void)state;
    static const char *const broken[] = {"CREATE TABLE half(a TEXT); CREATE TABLE half(a TEXT)"};
    static const char *const mended[] = {"CREATE TABLE half(a TEXT)"};
    struct store *s = open_store();
    assert_int_equal(store_migrate(s, "half", broken, 1), ERR_INTERNAL);
    assert_non_null(strstr(status_message(), "half"));
    assert_int_equal(store_migrate(s, "half", mended, 1), OK);
    store_close(s);
}

static void values_come_back(void **state)
{
    (void)state;
    struct store *s = open_store();
    struct statement *t, *again;
    bool row;
    static const char insert[] = "INSERT INTO shelf(key, word, weight, data) VALUES(?1, ?2, ?3, ?4)";
    assert_int_equal(store_prepare(s, insert, &t), OK);
    statement_bind_int(t, 1, INT64_MIN);
    statement_bind_text(t, 2, "茶xyz", 3);   /* a length, not a NUL, ends it */
    statement_bind_real(t, 3, 0.1);
    statement_bind_blob(t, 4, "a\0b", 3);
    assert_int_equal(statement_step(t, &row), OK);
    assert_false(row);
    assert_int_equal(store_prepare(s, insert, &again), OK);
    assert_ptr_equal(t, again);
    statement_bind_int(t, 1, 7);            /* the rest is NULL again */
    statement_bind_blob(t, 4, NULL, 0);
    assert_int_equal(statement_step(t, &row), OK);
    assert_int_equal(statement_bind_int(t, 9, 1), ERR_INTERNAL);

    size_t n;
    assert_int_equal(store_prepare(s, "SELECT key, word, weight, data FROM shelf WHERE key<>1 ORDER BY key", &t), OK);
    assert_int_equal(statement_step(t, &row), OK);
    assert_true(row && statement_int(t, 0) == INT64_MIN && statement_real(t, 2) == 0.1);
    assert_string_equal(statement_text(t, 1, &n), "茶");
    assert_int_equal(n, 3);
    assert_memory_equal(statement_blob(t, 3, &n), "a\0b", 3);
    assert_int_equal(n, 3);
    assert_int_equal(statement_step(t, &row), OK);
    assert_true(row && statement_int(t, 0) == 7);
    assert_true(statement_is_null(t, 1) && !statement_is_null(t, 0));
    assert_null(statement_text(t, 1, &n));
    assert_int_equal(n, 0);
    assert_non_null(statement_blob(t, 3, &n));
    assert_int_equal(n, 0);
    assert_int_equal(statement_step(t, &row), OK);
    assert_false(row);
    assert_int_equal(store_prepare(s, "SELECT nothing FROM nowhere", &t), ERR_INTERNAL);
    store_close(s);
}

static status fill(struct store *s, int from, int to)
{
    struct statement *t;
    bool row;
    char word[400];
    memset(word, 'w', sizeof word);
    TRY(store_prepare(s, "INSERT INTO shelf(key, word) VALUES(?1, ?2)", &t));
    for (int i = from; i < to; i++) {
        TRY(statement_bind_int(t, 1, i));
        TRY(statement_bind_text(t, 2, word, sizeof word));
        TRY(statement_step(t, &row));
    }
    return OK;
}

static void rollback_and_full_disk_lose_nothing(void **state)
{
    (void)state;
    struct store *s = open_store();
    int64_t before = count(s);
    assert_int_equal(store_begin(s), OK);
    assert_int_equal(fill(s, 100, 150), OK);
    store_rollback(s);
    assert_int_equal(count(s), before);

    assert_int_equal(store_exec(s, "PRAGMA max_page_count=20"), OK);
    assert_int_equal(store_begin(s), OK);
    assert_int_equal(fill(s, 100, 5000), ERR_IO);
    assert_non_null(strstr(status_message(), "disk is full"));
    assert_non_null(strstr(status_message(), database));
    store_rollback(s);
    assert_int_equal(count(s), before);
    assert_int_equal(store_exec(s, "PRAGMA max_page_count=1000000"), OK);
    assert_int_equal(store_begin(s), OK);
    assert_int_equal(fill(s, 100, 150), OK);
    assert_int_equal(store_commit(s), OK);
    assert_int_equal(count(s), before + 50);
    assert_int_equal(store_check(s), OK);
    store_close(s);
}

static void second_writer_is_told_to_wait(void **state)
{
    (void)state;
    struct store *first = open_store(), *second = open_store();
    assert_int_equal(store_exec(second, "PRAGMA busy_timeout=20"), OK);
    assert_int_equal(store_begin(first), OK);
    assert_int_equal(store_begin(second), ERR_IO);
    assert_non_null(strstr(status_message(), "another process"));
    store_rollback(first);
    assert_int_equal(store_begin(second), OK);
    store_rollback(second);
    store_close(first);
    store_close(second);
}

static void killed_writer_leaves_the_old_state(void **state)
{
    (void)state;
    struct store *s = open_store();
    int64_t before = count(s);
    store_close(s);
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *mine;
        if (store_open(database, STORE_READ_WRITE, &mine) != OK) _exit(1);
        store_exec(mine, "PRAGMA cache_size=10");   /* pages spill into the log before the commit */
        if (store_begin(mine) != OK || fill(mine, 1000, 4000) != OK || write(pipe_ends[1], "x", 1) != 1) _exit(1);
        pause();
    }
    char byte;
    assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    s = open_store();
    assert_int_equal(store_check(s), OK);
    assert_int_equal(count(s), before);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrates_once_and_checks), cmocka_unit_test(failed_migration_leaves_nothing),
        cmocka_unit_test(values_come_back),         cmocka_unit_test(rollback_and_full_disk_lose_nothing),
        cmocka_unit_test(second_writer_is_told_to_wait), cmocka_unit_test(killed_writer_leaves_the_old_state),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
