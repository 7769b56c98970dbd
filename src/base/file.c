#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static status open_regular(const char *path, int *fd, size_t *size)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0) return fail_errno("open", path);
    struct stat st;
    if (fstat(*fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        status s = S_ISDIR(st.st_mode) ? fail(ERR_IO, "'%s' is a directory; name a file", path) : fail_errno("read", path);
        close(*fd);
        return s;
    }
    *size = st.st_size > 0 ? (size_t)st.st_size : 0;
    return OK;
}

status file_read(const char *path, size_t max_size, char **data, size_t *size)
{
    int fd;
    size_t expected = 0, used = 0;
    TRY(open_regular(path, &fd, &expected));
    if (expected > max_size) {
        close(fd);
        return fail(ERR_LIMIT, "'%s' has %zu bytes, more than the limit of %zu; use a smaller file", path, expected, max_size);
    }
    char *buffer = mem_alloc(expected + 1);
    status s = buffer ? OK : fail_nomem("reading a file");
    while (s == OK && used < expected) {
        ssize_t n = read(fd, buffer + used, expected - used);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) s = fail_errno("read", path);
        if (n <= 0) break;
        used += (size_t)n;
    }
    close(fd);
    if (s != OK) {
        mem_free(buffer);
        return s;
    }
    buffer[used] = 0;
    *data = buffer;
    *size = used;
    return OK;
}

/* ---- atomic replacement ---- */

static atomic_uint_fast64_t write_fail_at;

void file_fail_write_at(uint64_t n)
{
    atomic_store(&write_fail_at, n);
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strndup(".", 1);
}

static void link_of(int fd, char link[static 32])
{
    snprintf(link, 32, "/proc/self/fd/%d", fd);
}

/* A file without a name until it is whole, so that a kill leaves nothing behind; NULL where the file system or a missing
 * /proc does not allow it. */
static FILE *open_unnamed(const char *path)
{
    char *directory = directory_of(path);
    if (!directory) return NULL;
    int fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    mem_free(directory);
    if (fd < 0) return NULL;
    char link[32];
    link_of(fd, link);
    FILE *stream = access(link, F_OK) == 0 ? fdopen(fd, "wb") : NULL;
    if (!stream) close(fd);
    return stream;
}

static bool name_file(const struct atomic_file *f)
{
    char link[32];
    link_of(fileno(f->stream), link);
    unlink(f->temporary);
    return linkat(AT_FDCWD, link, AT_FDCWD, f->temporary, AT_SYMLINK_FOLLOW) == 0;
}

status atomic_file_open(struct atomic_file *f, const char *path)
{
    *f = (struct atomic_file){0};
    size_t n = strlen(path);
    f->path = mem_strndup(path, n);
    f->temporary = mem_alloc(n + 32);
    if (!f->path || !f->temporary) {
        atomic_file_abort(f);
        return fail_nomem("opening a file for writing");
    }
    snprintf(f->temporary, n + 32, "%s.tmp.%ld", path, (long)getpid());
    f->stream = open_unnamed(path);
    f->unnamed = f->stream != NULL;
    if (!f->stream) f->stream = fopen(f->temporary, "wbe");
    if (!f->stream) {
        status s = fail_errno("write", path);
        mem_free(f->temporary);
        f->temporary = NULL;
        atomic_file_abort(f);
        return s;
    }
    return OK;
}

void atomic_file_write(struct atomic_file *f, const void *data, size_t n)
{
    if (f->failed || !f->stream) return;
    uint64_t left = atomic_load(&write_fail_at);
    if (left) {
        atomic_store(&write_fail_at, left - 1);
        if (left == 1) {
            f->failed = true;
            f->error_number = ENOSPC;
            return;
        }
    }
    if (n && fwrite(data, 1, n, f->stream) != n) {
        f->failed = true;
        f->error_number = errno;
    }
}

static void sync_directory_of(const char *path)
{
    char *directory = directory_of(path);
    if (!directory) return;
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    mem_free(directory);
}

status atomic_file_commit(struct atomic_file *f)
{
    if (!f->stream) return fail(ERR_INTERNAL, "commit of a file that was never opened");
    bool good = !f->failed && !ferror(f->stream) && fflush(f->stream) == 0 && fsync(fileno(f->stream)) == 0 &&
                (!f->unnamed || name_file(f));
    int error = f->failed ? f->error_number : errno;
    if (fclose(f->stream) != 0 && good) {
        good = false;
        error = errno;
    }
    f->stream = NULL;
    if (good && rename(f->temporary, f->path) != 0) {
        good = false;
        error = errno;
    }
    if (!good) {
        errno = error ? error : EIO;
        status s = fail_errno("write", f->path);
        atomic_file_abort(f);
        return s;
    }
    sync_directory_of(f->path);
    mem_free(f->temporary);
    f->temporary = NULL;
    atomic_file_abort(f);
    return OK;
}

void atomic_file_abort(struct atomic_file *f)
{
    if (f->stream) fclose(f->stream);
    if (f->temporary) unlink(f->temporary);
    mem_free(f->temporary);
    mem_free(f->path);
    *f = (struct atomic_file){0};
}

status file_write_atomic(const char *path, const void *data, size_t n)
{
    struct atomic_file f;
    TRY(atomic_file_open(&f, path));
    atomic_file_write(&f, data, n);
    return atomic_file_commit(&f);
}

status file_make_directory(const char *path)
{
    char *copy = mem_strndup(path, strlen(path));
    if (!copy) return fail_nomem("making a directory");
    status s = OK;
    for (char *p = copy + 1; s == OK; p++) {
        if (*p != '/' && *p != 0) continue;
        char saved = *p;
        *p = 0;
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) s = fail_errno("make directory", copy);
        *p = saved;
        if (!saved) break;
    }
    struct stat st;
    if (s == OK && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
        s = fail(ERR_IO, "'%s' is not a directory; choose another path", path);
    mem_free(copy);
    return s;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

status mapped_file_open(struct mapped_file *m, const char *path)
{
    *m = (struct mapped_file){(const uint8_t *)"", 0};
    int fd;
    size_t size = 0;
    TRY(open_regular(path, &fd, &size));
    if (size) {
        void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            status s = fail_errno("map", path);
            close(fd);
            return s;
        }
        *m = (struct mapped_file){p, size};
    }
    close(fd);
    return OK;
}

void mapped_file_close(struct mapped_file *m)
{
    if (m->size) munmap((void *)(uintptr_t)m->data, m->size);
    *m = (struct mapped_file){0};
}
