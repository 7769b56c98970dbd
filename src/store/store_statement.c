/* Prepared statements: found by their text, bound, stepped, read. */
#include <string.h>

#include "store_int.h"

static struct statement *find(const struct store *s, const char *sql)
{
    for (size_t i = 0; i < s->n_statements; i++)
        if (s->statements[i]->sql == sql) return s->statements[i];
    return NULL;
}

static status prepare_new(struct store *s, const char *sql, struct statement **out)
{
    FAIL_IF(s->n_statements >= STORE_STATEMENTS_MAX, ERR_INTERNAL,
            "more than %d statements prepared on one connection; this is a fault of daogou, please report it", (int)STORE_STATEMENTS_MAX);
    TRY(mem_grow(&s->statements, &s->cap_statements, s->n_statements + 1, sizeof(struct statement *)));
    struct statement *t = mem_zalloc(1, sizeof *t);
    if (!t) return fail_nomem("preparing a statement");
    *t = (struct statement){.sql = sql, .store = s};
    int rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &t->handle, NULL);
    if (rc != SQLITE_OK || !t->handle) {
        mem_free(t);
        return store_failure(s, rc == SQLITE_OK ? SQLITE_MISUSE : rc, "use");
    }
    s->statements[s->n_statements++] = *out = t;
    return OK;
}

status store_prepare(struct store *s, const char *sql, struct statement **out)
{
    *out = find(s, sql);
    if (!*out) return prepare_new(s, sql, out);
    statement_reset(*out);
    sqlite3_clear_bindings((*out)->handle); /* texts of an earlier use may be gone */
    return OK;
}

static status bound(const struct statement *t, int rc)
{
    return rc == SQLITE_OK ? OK : store_failure(t->store, rc, "use");
}

status statement_bind_text(struct statement *t, int index, const char *s, size_t n)
{
    if (!s) return statement_bind_null(t, index);
    return bound(t, sqlite3_bind_text64(t->handle, index, s, n, SQLITE_STATIC, SQLITE_UTF8));
}

status statement_bind_int(struct statement *t, int index, int64_t v)
{
    return bound(t, sqlite3_bind_int64(t->handle, index, v));
}

status statement_bind_real(struct statement *t, int index, double v)
{
    return bound(t, sqlite3_bind_double(t->handle, index, v));
}

status statement_bind_blob(struct statement *t, int index, const void *data, size_t n)
{
    /* A NULL pointer would bind NULL; no bytes are still a blob. */
    return bound(t, sqlite3_bind_blob64(t->handle, index, data ? data : "", data ? n : 0, SQLITE_STATIC));
}

status statement_bind_null(struct statement *t, int index)
{
    return bound(t, sqlite3_bind_null(t->handle, index));
}

status statement_step(struct statement *t, bool *row)
{
    int rc = sqlite3_step(t->handle);
    *row = rc == SQLITE_ROW;
    if (*row) return OK;
    status result = OK;
    if (rc != SQLITE_DONE) result = store_failure(t->store, rc, sqlite3_stmt_readonly(t->handle) ? "read" : "write");
    sqlite3_reset(t->handle);
    return result;
}

void statement_reset(struct statement *t)
{
    sqlite3_reset(t->handle);
}

bool statement_is_null(const struct statement *t, int column)
{
    return sqlite3_column_type(t->handle, column) == SQLITE_NULL;
}

int64_t statement_int(const struct statement *t, int column)
{
    return sqlite3_column_int64(t->handle, column);
}

double statement_real(const struct statement *t, int column)
{
    return sqlite3_column_double(t->handle, column);
}

const char *statement_text(const struct statement *t, int column, size_t *n)
{
    const char *text = (const char *)sqlite3_column_text(t->handle, column);
    if (n) *n = text ? (size_t)sqlite3_column_bytes(t->handle, column) : 0;
    return text;
}

const void *statement_blob(const struct statement *t, int column, size_t *n)
{
    const void *data = sqlite3_column_blob(t->handle, column);
    if (n) *n = (size_t)sqlite3_column_bytes(t->handle, column);
    if (data) return data;
    return sqlite3_column_type(t->handle, column) == SQLITE_NULL ? NULL : "";
}
