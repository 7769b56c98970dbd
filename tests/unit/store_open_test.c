/* store: opening, creating, and refusing what is not ours or not whole, without changing it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>
#include <sqlite3.h>

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[4][160];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/daogou-store-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[192];
    snprintf(command, sizeof command, "chmod -R u+rwx %s && rm -rf %s", folder, folder);
    return system(command);
}

static void write_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static const char *const MIGRATIONS[] = {"CREATE TABLE shelf(key BIGINT PRIMARY KEY, word TEXT NOT NULL)"};

/* A database with 500 rows at `path`. */
static void make_database(const char *path)
{
    struct store *s;
    assert_int_equal(store_open(path, STORE_READ_WRITE, &s), OK);
    assert_int_equal(store_migrate(s, "shelf", MIGRATIONS, 1), OK);
    assert_int_equal(store_exec(s, "INSERT INTO shelf WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<500)"
                                   " SELECT i, 'a word that is number ' || i FROM n"), OK);
    store_close(s);
}

static status count_rows(struct store *s, int64_t *n)
{
    struct statement *t;
    bool row;
    *n = 0;
    TRY(store_prepare(s, "SELECT key, word FROM shelf ORDER BY key", &t));
    for (;;) {
        TRY(statement_step(t, &row));
        if (!row) return OK;
        *n += statement_text(t, 1, NULL) != NULL;
    }
}

static void creates_with_parents_and_reopens(void **state)
{
    (void)state;
    const char *path = in_folder("deep/down/shop.db");
    make_database(path);
    assert_false(file_exists(in_folder("deep/down/shop.db-wal")));   /* the writer leaves one whole file */
    struct store *s;
    int64_t n;
    assert_int_equal(store_open(path, STORE_READ_ONLY, &s), OK);
    assert_string_equal(store_location(s), path);
    assert_int_equal(store_check(s), OK);
    assert_int_equal(count_rows(s, &n), OK);
    assert_int_equal(n, 500);
    assert_int_equal(store_exec(s, "DELETE FROM shelf"), ERR_IO);
    assert_non_null(strstr(status_message(), "read-only"));
    store_close(s);
}

static void memory_works(void **state)
{
    (void)state;
    struct store *s;
    int64_t n;
    assert_int_equal(store_open(":memory:", STORE_READ_WRITE, &s), OK);
    assert_int_equal(store_migrate(s, "shelf", MIGRATIONS, 1), OK);
    assert_int_equal(count_rows(s, &n), OK);
    assert_int_equal(n, 0);
    store_close(s);
}

static void refuses_absent_and_odd_names(void **state)
{
    (void)state;
    struct store *s;
    assert_int_equal(store_open(in_folder("none.db"), STORE_READ_ONLY, &s), ERR_IO);
    assert_null(s);
    assert_non_null(strstr(status_message(), "daogou import"));
    assert_false(file_exists(in_folder("none.db")));
    assert_int_equal(store_open(folder, STORE_READ_WRITE, &s), ERR_IO);
    assert_non_null(strstr(status_message(), "directory"));
    assert_int_equal(store_open("/dev/null", STORE_READ_WRITE, &s), ERR_IO);
    assert_int_equal(store_open("", STORE_READ_WRITE, &s), ERR_USAGE);
    assert_int_equal(store_open("postgresql://h/d", STORE_READ_WRITE, &s), ERR_USAGE);
    write_file(in_folder("plain"), "x", 1);
    assert_int_equal(store_open(in_folder("plain/shop.db"), STORE_READ_WRITE, &s), ERR_IO);
    write_file(in_folder("locked.db"), "x", 1);
    chmod(in_folder("locked.db"), 0);
    if (geteuid() != 0) assert_int_equal(store_open(in_folder("locked.db"), STORE_READ_WRITE, &s), ERR_IO);
}

/* Opening must fail with ERR_FORMAT naming the path, and leave the bytes and the folder as they were. */
static void refuse_untouched(const char *path, const char *word)
{
    char *before, *after;
    size_t n_before, n_after;
    struct store *s;
    assert_int_equal(file_read(path, 1 << 26, &before, &n_before), OK);
    for (int mode = STORE_READ_ONLY; mode <= STORE_READ_WRITE; mode++) {
        assert_int_equal(store_open(path, (enum store_mode)mode, &s), ERR_FORMAT);
        assert_null(s);
        assert_non_null(strstr(status_message(), path));
        assert_non_null(strstr(status_message(), word));
        assert_int_equal(file_read(path, 1 << 26, &after, &n_after), OK);
        assert_int_equal(n_before, n_after);
        assert_memory_equal(before, after, n_before);
        mem_free(after);
        char side[200];
        snprintf(side, sizeof side, "%s-wal", path);
        assert_false(file_exists(side));
        snprintf(side, sizeof side, "%s-journal", path);
        assert_false(file_exists(side));
    }
    mem_free(before);
}

static void refuses_strangers(void **state)
{
    (void)state;
    write_file(in_folder("empty.db"), "", 0);
    refuse_untouched(in_folder("empty.db"), "not a daogou database");
    write_file(in_folder("notes.txt"), "dear diary\n", 11);
    refuse_untouched(in_folder("notes.txt"), "not a daogou database");
    sqlite3 *db;
    assert_int_equal(sqlite3_open(in_folder("other.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t(a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    refuse_untouched(in_folder("other.db"), "another program");
}

static void refuses_truncated(void **state)
{
    (void)state;
    char *data;
    size_t n;
    make_database(in_folder("whole.db"));
    assert_int_equal(file_read(in_folder("whole.db"), 1 << 26, &data, &n), OK);
    const size_t cuts[] = {17, 99, 100, 512, n / 2, n - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        write_file(in_folder("cut.db"), data, cuts[i]);
        refuse_untouched(in_folder("cut.db"), "truncated");
    }
    mem_free(data);
}

/* A flipped byte anywhere: either it is found (ERR_FORMAT, one sentence) or the rows can be read; never a crash. */
static void survives_altered(void **state)
{
    (void)state;
    char *data;
    size_t n;
    int found = 0;
    make_database(in_folder("whole2.db"));
    assert_int_equal(file_read(in_folder("whole2.db"), 1 << 26, &data, &n), OK);
    for (size_t at = 0; at < n; at += at < 100 ? 3 : 241) {
        data[at] = (char)(data[at] ^ 0x5A);
        const char *path = in_folder("altered.db");
        write_file(path, data, n);
        struct store *s;
        int64_t rows;
        status result = store_open(path, STORE_READ_ONLY, &s);
        if (result == OK) result = count_rows(s, &rows);
        if (result == OK) result = store_check(s);
        /* ERR_INTERNAL: the schema's text itself was changed into another table's. */
        assert_true(result == OK || result == ERR_FORMAT || result == ERR_INTERNAL || result == ERR_IO);
        found += result == ERR_FORMAT;
        store_close(s);
        data[at] = (char)(data[at] ^ 0x5A);
    }
    assert_true(found > 20);
    mem_free(data);
}

/* As another user, without the right to make files beside the database. */
static void reads_in_a_read_only_folder(void **state)
{
    (void)state;
    make_database(in_folder("fixed/shop.db"));
    chmod(folder, 0755);
    chmod(in_folder("fixed"), 0555);
    chmod(in_folder("fixed/shop.db"), 0444);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && seteuid(65534) != 0) _exit(9);
        struct store *s;
        int64_t n = 0;
        status r = store_open(in_folder("fixed/shop.db"), STORE_READ_ONLY, &s);
        if (r == OK) r = count_rows(s, &n);
        store_close(s);
        bool good = r == OK && n == 500;
        r = store_open(in_folder("fixed/shop.db"), STORE_READ_WRITE, &s);
        if (r == OK) r = store_begin(s);
        _exit(good && r == ERR_IO ? 0 : 1);
    }
    int code;
    waitpid(child, &code, 0);
    assert_int_equal(code, 0);
    chmod(in_folder("fixed"), 0755);
}

static void out_of_memory_is_said(void **state)
{
    (void)state;
    make_database(in_folder("memory.db"));
    mem_fail_at(0);
    struct store *s;
    for (uint64_t n = 1; n < 200; n++) {
        mem_fail_at(n);
        status r = store_open(in_folder("memory.db"), STORE_READ_ONLY, &s);
        struct statement *t;
        if (r == OK) r = store_prepare(s, "SELECT 1", &t);
        uint64_t seen = mem_fail_at(0);
        assert_true(r == OK || r == ERR_NOMEM);
        store_close(s);
        if (seen < n) return;
    }
    fail_msg("the allocations never ended");
}

/* ---- another process ---- */

/* This program, started again as another process: adds a row, and closes as if it were the last. */
static int add_row(const char *path)
{
    struct store *s;
    if (store_open(path, STORE_READ_WRITE, &s) != OK || store_exec(s, "INSERT INTO shelf VALUES(100000 + (SELECT count(*) FROM shelf), 'another')") != OK) return 1;
    store_close(s);
    return 0;
}

static int64_t rows_seen(struct store *s)
{
    struct statement *t;
    bool row;
    assert_int_equal(store_prepare(s, "SELECT count(*) FROM shelf", &t), OK);
    assert_int_equal(statement_step(t, &row), OK);
    int64_t n = statement_int(t, 0);
    statement_reset(t);
    return n;
}

/* Opening a database a second time must not drop the locks of the first: the other process would take the log away from under both. */
static void another_process_writes_beside_two_connections(void **state)
{
    (void)state;
    struct store *writer, *reader;
    const char *path = in_folder("shared.db");
    char command[256];
    make_database(path);
    assert_int_equal(store_open(path, STORE_READ_WRITE, &writer), OK);
    assert_int_equal(rows_seen(writer), 500);
    assert_int_equal(store_open(path, STORE_READ_ONLY, &reader), OK);
    assert_int_equal(rows_seen(reader), 500);
    snprintf(command, sizeof command, "/proc/%d/exe add-row %s", (int)getpid(), path);
    for (int64_t i = 1; i <= 3; i++) {
        assert_int_equal(system(command), 0);
        assert_int_equal(rows_seen(reader), 500 + 2 * i - 1);
        assert_int_equal(store_exec(writer, "INSERT INTO shelf VALUES(200000 + (SELECT count(*) FROM shelf), 'own')"), OK);
        assert_int_equal(rows_seen(reader), 500 + 2 * i);
    }
    assert_int_equal(store_check(reader), OK);
    store_close(reader);
    store_close(writer);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "add-row") == 0) return add_row(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creates_with_parents_and_reopens), cmocka_unit_test(memory_works),
        cmocka_unit_test(refuses_absent_and_odd_names),     cmocka_unit_test(refuses_strangers),
        cmocka_unit_test(refuses_truncated),                cmocka_unit_test(survives_altered),
        cmocka_unit_test(reads_in_a_read_only_folder),      cmocka_unit_test(out_of_memory_is_said),
        cmocka_unit_test(another_process_writes_beside_two_connections),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
