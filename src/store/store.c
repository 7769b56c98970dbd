/* Connections, transactions, migrations. */
#include "store.h"

#include <string.h>
#include <unistd.h>

#include "store_int.h"

/* ---- failures ---- */

static status failure_of_file(const struct store *s, int code, const char *what)
{
    const char *where = s->location;
    switch (code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fail(ERR_FORMAT, "'%s' is a damaged database (%s); restore a copy, or name a new file and import again", where, sqlite3_errmsg(s->db));
    case SQLITE_FULL: return fail(ERR_IO, "cannot %s '%s': the disk is full; free some space and try again", what, where);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return fail(ERR_IO, "cannot %s '%s': another process is writing to it; try again when it is done", what, where);
    case SQLITE_READONLY: return fail(ERR_IO, "cannot %s '%s': it is read-only; check the permissions of the file and its directory", what, where);
    case SQLITE_CANTOPEN: return fail(ERR_IO, "cannot %s '%s': %s; check the path and its permissions", what, where, sqlite3_errmsg(s->db));
    default: return fail(ERR_IO, "cannot %s '%s': %s; check the disk", what, where, sqlite3_errmsg(s->db));
    }
}

status store_failure(const struct store *s, int code, const char *what)
{
    switch (code & 0xFF) {
    case SQLITE_NOMEM: return fail_nomem("using the database");
    case SQLITE_INTERRUPT: return fail_interrupted("using the database");
    case SQLITE_TOOBIG: return fail(ERR_LIMIT, "cannot %s '%s': a value is larger than the database takes; shorten it", what, s->location);
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
        return fail(ERR_INTERNAL, "cannot %s '%s': %s; this is a fault of daogou, please report it", what, s->location, sqlite3_errmsg(s->db));
    default: return failure_of_file(s, code, what);
    }
}

/* ---- open and close ---- */

static status open_handle(struct store *s, const char *name, int flags)
{
    int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
    /* The first read: fails on a damaged schema, and on a log that cannot be read. */
    if (rc == SQLITE_OK) rc = sqlite3_exec(s->db, "PRAGMA schema_version", NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : store_failure(s, rc, "open");
}

/* A reader of a write-ahead log keeps a shared-memory file beside the database. Where it may not (a read-only directory) and
 * no log is left, the file cannot change either, and is read as it is. */
static status open_immutable(struct store *s)
{
    struct strbuf uri = {0};
    strbuf_puts(&uri, "file:");
    for (const char *p = s->location; *p; p++) {
        if (strchr("?#%", *p)) strbuf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*p);
        else strbuf_putc(&uri, *p);
    }
    strbuf_puts(&uri, "?immutable=1");
    status result = strbuf_status(&uri);
    sqlite3_close(s->db);
    s->db = NULL;
    if (result == OK) result = open_handle(s, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    strbuf_release(&uri);
    return result;
}

static bool may_be_immutable(const struct store *s)
{
    int code = sqlite3_errcode(s->db) & 0xFF;
    struct strbuf log = {0};
    strbuf_printf(&log, "%s-wal", s->location);
    bool free_of_log = !log.failed && !file_exists(log.data);
    strbuf_release(&log);
    return s->db && free_of_log && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY);
}

static status open_file(struct store *s)
{
    bool exists = store_file_is_open(s->location);
    if (!exists) TRY(store_inspect(s->location, &exists));
    if (!exists && s->mode == STORE_READ_ONLY)
        return fail(ERR_IO, "there is no database '%s'; import a catalogue first: daogou import FILE", s->location);
    if (!exists) TRY(store_create(s->location));
    if (s->mode == STORE_READ_WRITE) return open_handle(s, s->location, SQLITE_OPEN_READWRITE);
    status result = open_handle(s, s->location, SQLITE_OPEN_READONLY);
    return result != OK && may_be_immutable(s) ? open_immutable(s) : result;
}

static status configure(struct store *s)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON;"
             "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-%d", (int)STORE_CACHE_KIB);
    TRY(store_exec(s, sql));
    return s->mode == STORE_READ_WRITE ? store_exec(s, "PRAGMA journal_mode=WAL") : OK;
}

status store_open(const char *location, enum store_mode mode, struct store **out)
{
    *out = NULL;
    FAIL_IF(!location[0], ERR_USAGE, "the name of the database is empty; name a file with --db");
    FAIL_IF(strncmp(location, "postgres", 8) == 0 && strstr(location, "://"), ERR_USAGE,
            "this daogou is built without PostgreSQL; name a database file with --db");
    struct store *s = mem_zalloc(1, sizeof *s);
    if (s) s->location = mem_strndup(location, strlen(location));
    if (!s || !s->location) {
        mem_free(s);
        return fail_nomem("opening a database");
    }
    bool memory = strcmp(location, ":memory:") == 0;
    s->mode = memory ? STORE_READ_WRITE : mode;
    store_files_lock();
    status result = memory ? open_handle(s, location, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) : open_file(s);
    if (result == OK && !memory) store_file_opened(location, &s->file);
    store_files_unlock();
    if (result == OK) result = configure(s);
    if (result != OK) {
        store_close(s);
        return result;
    }
    *out = s;
    return OK;
}

void store_close(struct store *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->n_statements; i++) {
        sqlite3_finalize(s->statements[i]->handle);
        mem_free(s->statements[i]);
    }
    mem_free(s->statements);
    store_files_lock();
    sqlite3_close(s->db);
    store_file_closed(&s->file);
    store_files_unlock();
    mem_free(s->location);
    mem_free(s);
}

const char *store_location(const struct store *s)
{
    return s->location;
}

status store_check(struct store *s)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "PRAGMA integrity_check(1)", &t));
    TRY(statement_step(t, &row));
    const char *answer = row ? statement_text(t, 0, NULL) : NULL;
    status result = answer && strcmp(answer, "ok") == 0 ? OK
                  : fail(ERR_FORMAT, "'%s' is damaged (%s); restore a copy, or name a new file and import again", s->location,
                         answer ? answer : "no answer");
    statement_reset(t);
    return result;
}

/* ---- transactions ---- */

status store_exec(struct store *s, const char *sql)
{
    int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : store_failure(s, rc, s->mode == STORE_READ_ONLY ? "read" : "write");
}

status store_begin(struct store *s)
{
    return store_exec(s, s->mode == STORE_READ_WRITE ? "BEGIN IMMEDIATE" : "BEGIN");
}

void store_rollback(struct store *s)
{
    for (size_t i = 0; i < s->n_statements; i++) statement_reset(s->statements[i]);
    /* SQLite itself may have rolled back already (full disk, damaged file). */
    if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

status store_commit(struct store *s)
{
    status result = store_exec(s, "COMMIT");
    if (result != OK) store_rollback(s);
    return result;
}

/* ---- migrations ---- */

static status read_version(struct store *s, const char *room, int64_t *version)
{
    *version = 0;
    bool row;
    struct statement *t;
    TRY(store_prepare(s, "SELECT 1 FROM sqlite_master WHERE type='table' AND name='daogou_schema'", &t));
    TRY(statement_step(t, &row));
    statement_reset(t);
    if (!row) return OK;
    TRY(store_prepare(s, "SELECT version FROM daogou_schema WHERE room=?1", &t));
    TRY(statement_bind_text(t, 1, room, strlen(room)));
    TRY(statement_step(t, &row));
    if (row) *version = statement_int(t, 0);
    statement_reset(t);
    return OK;
}

static status write_version(struct store *s, const char *room, int64_t version)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "INSERT INTO daogou_schema(room, version) VALUES(?1, ?2)"
                         " ON CONFLICT(room) DO UPDATE SET version=excluded.version", &t));
    TRY(statement_bind_text(t, 1, room, strlen(room)));
    TRY(statement_bind_int(t, 2, version));
    return statement_step(t, &row);
}

/* The version is read again inside the transaction: another process may have migrated while this one waited for the lock. */
static status migrate_one(struct store *s, const char *room, const char *const *migrations, int64_t want)
{
    TRY(store_begin(s));
    int64_t version = 0;
    status result = store_exec(s, "CREATE TABLE IF NOT EXISTS daogou_schema(room TEXT PRIMARY KEY, version BIGINT NOT NULL)");
    if (result == OK) result = read_version(s, room, &version);
    if (result == OK && version < want) {
        result = store_exec(s, migrations[want - 1]);
        if (result == OK) result = write_version(s, room, want);
    }
    if (result == OK) return store_commit(s);
    store_rollback(s);
    return fail_context(result, "bringing %s to version %lld", room, (long long)want);
}

status store_migrate(struct store *s, const char *room, const char *const *migrations, size_t n)
{
    int64_t version, newest = (int64_t)n;
    TRY(read_version(s, room, &version));
    FAIL_IF(version < 0 || version > newest, ERR_FORMAT,
            "'%s' was made by a newer daogou (%s version %lld, this one knows %lld); update daogou or name another file",
            s->location, room, (long long)version, (long long)newest);
    if (s->mode == STORE_READ_ONLY && version < newest) {
        FAIL_IF(version == 0, ERR_FORMAT, "'%s' holds no %s yet; import a catalogue first: daogou import FILE", s->location, room);
        return fail(ERR_FORMAT, "'%s' was made by an older daogou (%s version %lld of %lld); bring it up to date: daogou import FILE",
                    s->location, room, (long long)version, (long long)newest);
    }
    for (int64_t want = version + 1; want <= newest; want++) TRY(migrate_one(s, room, migrations, want));
    return OK;
}
