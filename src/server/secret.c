/* The server's secret, and what is made with it: keyed hashes (BLAKE2b) for cookies and CSRF tokens. */
#include "server_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Any text of enough length is a secret: it is hashed to size. */
static status take_text(struct server *s, const char *text, size_t n, const char *where)
{
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r')) n--;
    FAIL_IF(n < 32, ERR_FORMAT, "the secret in %s has %zu bytes; give it at least 32 random ones, e.g. of 'openssl rand -hex 32'", where, n);
    crypto_generichash(s->secret, sizeof s->secret, (const unsigned char *)text, n, NULL, 0);
    return OK;
}

static status read_file(struct server *s, const char *path)
{
    char *text;
    size_t n;
    struct stat st;
    FAIL_IF(stat(path, &st) == 0 && (st.st_mode & 077) != 0, ERR_IO, "the secret '%s' may be read by others; run: chmod 600 '%s'", path, path);
    TRY(file_read(path, 4096, &text, &n));
    status r = take_text(s, text, n, path);
    sodium_memzero(text, n);
    mem_free(text);
    return r;
}

/* O_EXCL: of two servers that start at once, one makes it and the other reads it. */
static status make_file(struct server *s, const char *path)
{
    char hex[2 * SECRET_BYTES + 2];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) return read_file(s, path);
    if (fd < 0) return fail_errno("make the secret", path);
    random_hex(hex, SECRET_BYTES);
    hex[2 * SECRET_BYTES] = '\n';
    ssize_t n = write(fd, hex, 2 * SECRET_BYTES + 1);
    bool good = n == 2 * SECRET_BYTES + 1 && fsync(fd) == 0;
    close(fd);
    if (!good) {
        unlink(path);
        return fail(ERR_IO, "cannot write the secret '%s'; check the disk", path);
    }
    return read_file(s, path);
}

status secret_open(struct server *s)
{
    const char *file = s->options.secret_file ? s->options.secret_file : getenv("DAOGOU_SECRET_FILE"), *text = getenv("DAOGOU_SECRET");
    FAIL_IF(sodium_init() < 0, ERR_INTERNAL, "libsodium does not start");
    if (file && *file) return read_file(s, file);
    if (text && *text) return take_text(s, text, strlen(text), "$DAOGOU_SECRET");
    struct strbuf path = {0};
    strbuf_printf(&path, "%s.secret", s->options.shop.db);
    status r = strbuf_status(&path);
    if (r == OK) r = file_exists(path.data) ? read_file(s, path.data) : make_file(s, path.data);
    strbuf_release(&path);
    return r;
}

void random_hex(char *out, size_t bytes)
{
    unsigned char raw[64];
    if (bytes > sizeof raw) bytes = sizeof raw;
    randombytes_buf(raw, bytes);
    sodium_bin2hex(out, 2 * bytes + 1, raw, bytes);
}

void secret_mac(const struct server *s, const char *purpose, const char *text, char hex[2 * MAC_BYTES + 1])
{
    unsigned char mac[MAC_BYTES];
    crypto_generichash_state state;
    crypto_generichash_init(&state, s->secret, sizeof s->secret, sizeof mac);
    crypto_generichash_update(&state, (const unsigned char *)purpose, strlen(purpose) + 1);
    crypto_generichash_update(&state, (const unsigned char *)text, strlen(text));
    crypto_generichash_final(&state, mac, sizeof mac);
    sodium_bin2hex(hex, 2 * MAC_BYTES + 1, mac, sizeof mac);
}

bool secret_check(const struct server *s, const char *purpose, const char *text, const char *hex)
{
    char good[2 * MAC_BYTES + 1];
    secret_mac(s, purpose, text, good);
    return strlen(hex) == 2 * MAC_BYTES && sodium_memcmp(hex, good, 2 * MAC_BYTES) == 0;
}
