/* The file under a database: is it ours, is it whole, and how a new one comes into being. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_int.h"

/* SQLite's database header (https://www.sqlite.org/fileformat2.html, section 1.3): big-endian fields at these offsets. */
enum { HEADER_SIZE = 100, AT_PAGE_SIZE = 16, AT_CHANGE_COUNTER = 24, AT_PAGES = 28, AT_APPLICATION_ID = 68, AT_VALID_FOR = 92 };

static uint32_t big_endian(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A write-ahead log may hold the pages that the file itself still lacks (a checkpoint that was cut off). */
static bool has_log(const char *path)
{
    struct strbuf name = {0};
    struct stat st;
    strbuf_printf(&name, "%s-wal", path);
    bool present = !name.failed && stat(strbuf_str(&name), &st) == 0 && st.st_size > 0;
    strbuf_release(&name);
    return present;
}

static status check_header(const char *path, const unsigned char *h, size_t n, uint64_t file_size)
{
    if (n < 16 || memcmp(h, "SQLite format 3", 16) != 0)
        return fail(ERR_FORMAT, "'%s' is not a daogou database; name another file with --db", path);
    if (n < HEADER_SIZE)
        return fail(ERR_FORMAT, "'%s' is a truncated database (%zu bytes); restore a copy, or name a new file and import again", path, n);
    if (big_endian(h + AT_APPLICATION_ID) != STORE_APPLICATION_ID)
        return fail(ERR_FORMAT, "'%s' is another program's database; name another file with --db", path);
    uint64_t page = (uint64_t)h[AT_PAGE_SIZE] << 8 | h[AT_PAGE_SIZE + 1];
    if (page == 1) page = 65536;
    bool counted = big_endian(h + AT_CHANGE_COUNTER) == big_endian(h + AT_VALID_FOR);
    if (counted && big_endian(h + AT_PAGES) * page > file_size && !has_log(path))
        return fail(ERR_FORMAT, "'%s' is a truncated database (%llu bytes of %llu); restore a copy, or name a new file and import again",
                    path, (unsigned long long)file_size, (unsigned long long)(big_endian(h + AT_PAGES) * page));
    return OK;
}

status store_inspect(const char *path, bool *exists)
{
    *exists = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? OK : fail_errno("open", path);
    struct stat st;
    unsigned char header[HEADER_SIZE];
    status s = fstat(fd, &st) != 0 ? fail_errno("read", path) : OK;
    if (s == OK && S_ISDIR(st.st_mode)) s = fail(ERR_IO, "'%s' is a directory; name a database file", path);
    if (s == OK && !S_ISREG(st.st_mode)) s = fail(ERR_IO, "'%s' is not a regular file; name a database file", path);
    ssize_t n = s == OK ? pread(fd, header, sizeof header, 0) : 0;
    if (n < 0) s = fail_errno("read", path);
    if (s == OK) s = check_header(path, header, (size_t)n, (uint64_t)st.st_size);
    close(fd);
    *exists = s == OK;
    return s;
}

/* ---- what is open in this process ---- */

enum { OPEN_FILES_MAX = 256 };
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;   /* of the process, as its locks are */
static struct file_identity open_files[OPEN_FILES_MAX];

void store_files_lock(void) { pthread_mutex_lock(&open_lock); }
void store_files_unlock(void) { pthread_mutex_unlock(&open_lock); }

static bool identify(const char *path, struct file_identity *out)
{
    struct stat st;
    if (stat(path, &st) != 0) return false;
    *out = (struct file_identity){(uint64_t)st.st_dev, (uint64_t)st.st_ino};
    return true;
}

static bool same(const struct file_identity *a, const struct file_identity *b)
{
    return a->device == b->device && a->inode == b->inode;
}

bool store_file_is_open(const char *path)
{
    struct file_identity f;
    if (!identify(path, &f)) return false;
    for (size_t i = 0; i < OPEN_FILES_MAX; i++)
        if (open_files[i].inode && same(&open_files[i], &f)) return true;
    return false;
}

void store_file_opened(const char *path, struct file_identity *out)
{
    size_t i = 0;
    while (i < OPEN_FILES_MAX && open_files[i].inode) i++;
    if (i < OPEN_FILES_MAX && identify(path, out)) open_files[i] = *out;
}

void store_file_closed(const struct file_identity *f)
{
    for (size_t i = 0; f->inode && i < OPEN_FILES_MAX; i++)
        if (same(&open_files[i], f)) {
            open_files[i] = (struct file_identity){0};
            return;
        }
}

static status make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) return OK;
    char *directory = mem_strndup(path, (size_t)(slash - path));
    if (!directory) return fail_nomem("opening a database");
    status s = file_make_directory(directory);
    mem_free(directory);
    return s;
}

static status fill_new(const char *temporary)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(temporary, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, NULL);
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d", (int)STORE_APPLICATION_ID);
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    struct store named = {.db = db, .location = (char *)(uintptr_t)temporary};
    status s = rc == SQLITE_OK ? OK : store_failure(&named, rc, "make");
    sqlite3_close(db);
    return s;
}

/* Made beside its place and linked into it, so that a crash never leaves a file that is not yet marked as ours. link()
 * rather than rename(): a database that another process made in the meantime is not replaced. */
status store_create(const char *path)
{
    TRY(make_parent(path));
    struct strbuf temporary = {0};
    strbuf_printf(&temporary, "%s.tmp.%ld", path, (long)getpid());
    status s = strbuf_status(&temporary);
    if (s == OK) {
        unlink(temporary.data);
        s = fill_new(temporary.data);
        if (s == OK && link(temporary.data, path) != 0 && errno != EEXIST) {
            /* File systems without hard links (FAT, some network shares). */
            if (rename(temporary.data, path) != 0) s = fail_errno("make", path);
        }
        unlink(temporary.data);
    }
    strbuf_release(&temporary);
    return s;
}
