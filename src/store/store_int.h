/* What the files of `store` share. */
#ifndef DAOGOU_STORE_INT_H
#define DAOGOU_STORE_INT_H

#include <sqlite3.h>

#include "store.h"

/* "DAOG" in the application_id of the database header: how we know our own files from other programs'. */
enum { STORE_APPLICATION_ID = 0x44414F47, STORE_BUSY_MS = 5000, STORE_CACHE_KIB = 32768, STORE_STATEMENTS_MAX = 512 };

struct file_identity { uint64_t device, inode; };

struct statement {
    sqlite3_stmt *handle;
    const char *sql;          /* the literal it was prepared from */
    struct store *store;
};

struct store {
    sqlite3 *db;
    char *location;
    enum store_mode mode;
    struct file_identity file;
    struct statement **statements;
    size_t n_statements, cap_statements;
};

/* The sentence for a result code of SQLite; `what` is a verb phrase: "write", "open". */
status store_failure(const struct store *s, int code, const char *what);
/* Looks at a file before SQLite does, so that a stranger's file is never opened, let alone changed. */
status store_inspect(const char *path, bool *exists);
status store_create(const char *path);

/* Which files this process has open. To close any descriptor of a file drops every lock that the process has on it (POSIX), SQLite's too: another
 * process would then take itself for the last one, and remove the log that is still being written. So a file that is open here is not looked at again. */
void store_files_lock(void);
void store_files_unlock(void);
bool store_file_is_open(const char *path);                            /* the rest with the lock held */
void store_file_opened(const char *path, struct file_identity *out);
void store_file_closed(const struct file_identity *f);

#endif
