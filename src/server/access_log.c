/* One JSON object a request, a line each. Written in blocks: a slow disk or terminal is asked a few times a second, not a few thousand. */
#include "server_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOG_BLOCK = 64 << 10, LOG_BLOCK_MAX = 1 << 20 };
struct access_log { int fd; char *path; struct strbuf waiting; uint64_t lost; };

static status open_file(struct access_log *l)
{
    int fd = open(l->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) return fail_errno("write the log", l->path);
    if (l->fd > 2) close(l->fd);
    l->fd = fd;
    return OK;
}

status access_log_new(const char *path, struct access_log **out)
{
    struct access_log *l = mem_zalloc(1, sizeof *l);
    if (!l) return fail_nomem("opening the log");
    l->fd = STDERR_FILENO;
    l->path = path ? mem_strndup(path, strlen(path)) : NULL;
    status s = path ? (l->path ? open_file(l) : fail_nomem("opening the log")) : OK;
    if (s != OK) {
        access_log_free(l);
        return s;
    }
    *out = l;
    return OK;
}

status access_log_reopen(struct access_log *l)
{
    access_log_flush(l);
    return l->path ? open_file(l) : OK;
}

void access_log_flush(struct access_log *l)
{
    for (size_t at = 0; at < l->waiting.len;) {
        ssize_t n = write(l->fd, l->waiting.data + at, l->waiting.len - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;   /* a full disk must not stop the shop */
        at += (size_t)n;
    }
    strbuf_clear(&l->waiting);
}

void access_log_free(struct access_log *l)
{
    if (!l) return;
    access_log_flush(l);
    if (l->fd > 2) close(l->fd);
    strbuf_release(&l->waiting);
    mem_free(l->path);
    mem_free(l);
}

static void put_text(struct strbuf *b, const char *name, const char *s)
{
    strbuf_printf(b, ",\"%s\":\"", name);
    for (const char *end = s + strlen(s); s < end;) {
        uint32_t c = utf8_next(&s, end);
        if (c == '"' || c == '\\') strbuf_putc(b, '\\');
        if (c < 0x20 || c == 0x7F) strbuf_printf(b, "\\u%04x", c);
        else strbuf_put_utf8(b, c);
    }
    strbuf_putc(b, '"');
}

static void put_time(struct strbuf *b)
{
    int64_t ms = clock_unix_ms();
    time_t t = (time_t)(ms / 1000);
    struct tm parts;
    char text[32];
    gmtime_r(&t, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    strbuf_printf(b, "{\"time\":\"%s.%03dZ\"", text, (int)(ms % 1000));
}

/* The path without its query, which may say what somebody looks for; who it was as the kind of caller and, for keys, the key's id. */
void access_log_add(struct access_log *l, const struct call *c, int code, uint64_t sent, uint64_t ns, bool complete)
{
    struct strbuf *b = &l->waiting;
    static const char *const kinds[] = {"nobody", "key", "shopper", "staff"};
    put_time(b);
    put_text(b, "request", c->request_id);
    put_text(b, "method", c->request.method);
    put_text(b, "path", c->request.path);
    put_text(b, "peer", c->address);
    put_text(b, "caller", c->caller.kind == CALLER_KEY || c->caller.kind == CALLER_STAFF ? c->caller.owner : kinds[c->caller.kind]);
    if (*c->traceparent) put_text(b, "trace", c->traceparent);
    strbuf_printf(b, ",\"status\":%d,\"bytes\":%llu,\"ms\":%.3f,\"complete\":%s}\n", code, (unsigned long long)sent, (double)ns * 1e-6, complete ? "true" : "false");
    if (b->len > LOG_BLOCK_MAX || b->failed) strbuf_clear(b);
    else if (b->len > LOG_BLOCK) access_log_flush(l);
}
