#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char mark[] = "===FILE ";
enum { MARK_BYTES = sizeof mark - 1 };

void promise_sentence(status s)
{
    const char *text = status_message();
    if (strlen(text) <= 10 || strchr(text, '\n')) fprintf(stderr, "'%s'\n", text);
    PROMISE(s > OK && s < ERR_INTERNAL);
    PROMISE(strlen(text) > 10 && !strchr(text, '\n'));
}

/* ---- bundles ---- */

static bool good_name(const char *s, size_t n)
{
    if (n == 0 || n > BUNDLE_NAME_MAX || s[0] == '.') return false;
    for (size_t i = 0; i < n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", s[i]) || !s[i]) return false;
    return true;
}

void bundle_read(struct bundle *b, const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size, *at = size ? memmem(data, size, mark, MARK_BYTES) : NULL;
    b->n = 0;
    while (at && b->n < BUNDLE_FILES_MAX) {
        const uint8_t *name = at + MARK_BYTES, *line = memchr(name, '\n', (size_t)(end - name));
        if (!line) return;
        at = memmem(line + 1, (size_t)(end - line - 1), mark, MARK_BYTES);
        struct bundle_file *f = &b->files[b->n];
        size_t n = (size_t)(line - name);
        if (!good_name((const char *)name, n)) continue;
        memcpy(f->name, name, n);
        f->name[n] = 0;
        f->data = line + 1;
        f->n = (size_t)((at ? at : end) - f->data);
        if (!bundle_find(b, f->name)) b->n++;
    }
}

const struct bundle_file *bundle_find(const struct bundle *b, const char *name)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->files[i].name, name) == 0) return &b->files[i];
    return NULL;
}

/* ---- files ---- */

static char root[256];

static void remove_root(void)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    if (system(command) != 0) fprintf(stderr, "cannot remove %s\n", root);
}

static void make_root(void)
{
    const char *base = getenv("TMPDIR");
    if (access("/dev/shm", W_OK) == 0) base = "/dev/shm";
    snprintf(root, sizeof root, "%s/daogou-fuzz-XXXXXX", base ? base : "/tmp");
    PROMISE(mkdtemp(root));
    atexit(remove_root);
}

const char *scratch_path(const char *name)
{
    static char paths[3][sizeof root + 2 * BUNDLE_NAME_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 3];
    if (!root[0]) make_root();
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

void scratch_write(const char *path, const uint8_t *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    PROMISE(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    close(fd);
}

void scratch_empty(const char *directory)
{
    DIR *d = opendir(directory);
    for (const struct dirent *e; d && (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
    else PROMISE(mkdir(directory, 0700) == 0);
}

const char *scratch_bundle(const struct bundle *b, const char *name)
{
    const char *directory = scratch_path(name);
    char path[sizeof root + 3 * BUNDLE_NAME_MAX];
    scratch_empty(directory);
    for (size_t i = 0; i < b->n; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, b->files[i].name);
        scratch_write(path, b->files[i].data, b->files[i].n);
    }
    return directory;
}
