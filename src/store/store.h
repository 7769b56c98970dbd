/* store: a database connection, statements, migrations. No SQL of other rooms lives here. SQLite now; the interface holds
 * nothing that PostgreSQL lacks (positional parameters, text/int/blob/null, transactions).
 *
 * One read-write connection a process (SQLite's WAL-reset bug before 3.50), any number of read-only ones. Nobody else in the process may
 * open and close a database's file while a connection is open: closing a descriptor drops the process's locks on it.
 */
#ifndef DAOGOU_STORE_H
#define DAOGOU_STORE_H

#include "base/base.h"

struct store;
enum store_mode { STORE_READ_ONLY, STORE_READ_WRITE }; /* READ_WRITE makes the file and its directory when absent */
/* location: a path, or ":memory:". A file that is no database of ours, or a damaged one, is ERR_FORMAT and stays untouched. */
status store_open(const char *location, enum store_mode mode, struct store **out);
void store_close(struct store *s);
const char *store_location(const struct store *s);
status store_check(struct store *s); /* integrity check; ERR_FORMAT says what is broken */

/* Numbered migrations of a room, applied in one transaction each, remembered in table daogou_schema(room, version). A database
 * with a higher version than known is refused (ERR_FORMAT: made by a newer daogou). READ_ONLY: only checks. */
status store_migrate(struct store *s, const char *room, const char *const *migrations, size_t n);

status store_begin(struct store *s);
status store_commit(struct store *s);   /* on failure the transaction is rolled back */
void store_rollback(struct store *s);
status store_exec(struct store *s, const char *sql); /* no parameters, no rows */

/* Prepared once, kept by the store and found again by its text (pointer to a literal): reset and bind, then step. */
struct statement;
status store_prepare(struct store *s, const char *sql, struct statement **out);
status statement_bind_text(struct statement *t, int index, const char *s, size_t n);  /* index from 1; s NULL binds NULL; kept by reference until reset */
status statement_bind_int(struct statement *t, int index, int64_t v);
status statement_bind_real(struct statement *t, int index, double v);
status statement_bind_blob(struct statement *t, int index, const void *data, size_t n);
status statement_bind_null(struct statement *t, int index);
status statement_step(struct statement *t, bool *row);   /* row false: done, and the statement is reset */
void statement_reset(struct statement *t);
bool statement_is_null(const struct statement *t, int column);
int64_t statement_int(const struct statement *t, int column);          /* column from 0 */
double statement_real(const struct statement *t, int column);
const char *statement_text(const struct statement *t, int column, size_t *n); /* NULL for NULL; valid until the next step */
const void *statement_blob(const struct statement *t, int column, size_t *n);

#endif
