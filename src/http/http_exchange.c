/* One request as the application sees it. */
#include "http_int.h"

#include <string.h>
#include <strings.h>

void exchange_free(struct http_exchange *x, bool complete)
{
    struct http_server *s = x->c->server;
    struct http_outcome o = {x->code, x->sent, clock_ns() - x->start_ns, complete};
    if (!complete && x->gone) x->gone(x, x->user);
    if (s->options.done) s->options.done(s->options.context, x, &o);
    x->c->x = NULL;
    if (x->extra) evbuffer_free(x->extra);
    strbuf_release(&x->body);
    arena_release(&x->arena);
    mem_free(x);
}

/* "/a/b%20c/" -> "a", "b c". Dot segments have no business in a path that is not a file's, and would mean different things to a proxy. */
bool exchange_split_path(struct http_exchange *x)
{
    struct http_request *r = &x->request;
    char *copy = arena_strdup(&x->arena, r->path);
    if (!copy || *copy != '/') return copy != NULL;
    for (char *p = copy + 1; *p;) {
        size_t n = strcspn(p, "/");
        char *next = p + n + (p[n] == '/');
        size_t length = n;
        if (r->n_segments == HTTP_SEGMENTS_MAX || !http_decode(p, &length, false)) return false;
        p[length] = 0;
        if (strcmp(p, ".") == 0 || strcmp(p, "..") == 0) return false;
        r->segments[r->n_segments++] = p;
        p = next;
    }
    return true;
}

static const char *copied(struct http_exchange *x, struct http_span s)
{
    return arena_strndup(&x->arena, s.s ? s.s : "", s.n);
}

static void move(struct http_span *s, const char *from, const char *to)
{
    if (s->s) s->s = to + (s->s - from);
}

/* The head's spans point into the connection's buffer, which goes on: they are moved to a copy. */
static bool keep_head(struct http_exchange *x, const struct http_head *from, const char *bytes, size_t n)
{
    const char *copy = arena_strndup(&x->arena, bytes, n);
    struct http_head *h = arena_alloc(&x->arena, sizeof *h);
    if (!copy || !h) return false;
    memcpy(h, from, sizeof *h);
    x->head = h;
    x->request.head = h;
    move(&h->method, bytes, copy);
    move(&h->target, bytes, copy);
    move(&h->host, bytes, copy);
    for (size_t i = 0; i < h->n_fields; i++) {
        move(&h->fields[i].name, bytes, copy);
        move(&h->fields[i].value, bytes, copy);
    }
    return true;
}

static bool fill_request(struct http_exchange *x)
{
    struct http_request *r = &x->request;
    r->method = copied(x, x->head->method);
    r->target = copied(x, x->head->target);
    r->host = copied(x, x->head->host);
    r->minor = x->head->minor;
    if (!r->method || !r->target || !r->host) return false;
    r->path = arena_strndup(&x->arena, r->target, strcspn(r->target, "?"));
    return r->path != NULL;
}

/* h NULL: a request that could not be read; the exchange exists for its answer alone. */
struct http_exchange *exchange_new(struct connection *c, const struct http_head *h, const char *bytes, size_t n)
{
    struct http_exchange *x = mem_zalloc(1, sizeof *x);
    if (!x) return NULL;
    arena_init(&x->arena, 0);
    x->c = c;
    x->start_ns = clock_ns();
    x->body_max = c->server->options.body_max;
    x->body_ms = c->server->options.body_ms;
    x->request = (struct http_request){.method = "", .target = "", .path = "", .host = "", .peer = c->peer, .minor = 1, .listener = c->listener, .body = "", .arena = &x->arena};
    x->extra = evbuffer_new();
    bool good = x->extra != NULL;
    if (good && h) {
        x->expects = h->expects_continue;
        good = keep_head(x, h, bytes, n) && fill_request(x);
    }
    if (good) return x;
    if (x->extra) evbuffer_free(x->extra);
    arena_release(&x->arena);
    mem_free(x);
    return NULL;
}

bool exchange_is_head(const struct http_exchange *x)
{
    return strcmp(x->request.method, "HEAD") == 0;
}

/* ---- asking ---- */

const struct http_request *http_request_of(const struct http_exchange *x)
{
    return &x->request;
}

void http_set_user(struct http_exchange *x, void *user)
{
    x->user = user;
}

void *http_user(const struct http_exchange *x)
{
    return x->user;
}

void http_set_body_max(struct http_exchange *x, size_t n)
{
    x->body_max = n;
}

void http_set_body_ms(struct http_exchange *x, uint32_t milliseconds)
{
    x->body_ms = milliseconds;
}

void http_on_gone(struct http_exchange *x, void (*gone)(struct http_exchange *x, void *user))
{
    x->gone = gone;
}

void http_take_request(struct http_exchange *x, struct http_request *out, struct arena *arena, struct strbuf *body)
{
    *arena = x->arena;
    *body = x->body;
    arena_init(&x->arena, 0);
    x->body = (struct strbuf){0};
    x->request.arena = arena;
    *out = x->request;
}

const char *http_header(const struct http_request *r, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; r->head && i < r->head->n_fields; i++) {
        const struct http_field *f = &r->head->fields[i];
        if (f->name.n == length && strncasecmp(f->name.s, name, length) == 0) return arena_strndup(r->arena, f->value.s, f->value.n);
    }
    return NULL;
}

const char *http_query(const struct http_request *r, const char *name)
{
    const char *p = strchr(r->target, '?');
    size_t length = strlen(name);
    while (p && *p) {
        size_t n = strcspn(++p, "&");
        if (n > length && p[length] == '=' && strncmp(p, name, length) == 0) {
            size_t bytes = n - length - 1;
            char *value = arena_strndup(r->arena, p + length + 1, bytes);
            if (!value || !http_decode(value, &bytes, true)) return NULL;
            value[bytes] = 0;
            return value;
        }
        p += n;
    }
    return NULL;
}

const char *http_cookie(const struct http_request *r, const char *name)
{
    size_t length = strlen(name);
    for (const char *p = http_header(r, "Cookie"); p && *p;) {
        p += strspn(p, " ;");
        size_t n = strcspn(p, ";");
        if (n > length && p[length] == '=' && strncmp(p, name, length) == 0) return arena_strndup(r->arena, p + length + 1, n - length - 1);
        p += n;
    }
    return NULL;
}
