/* The events of one dialogue turn: made on a lane, sent to whoever listens, and kept a while, so that a lost connection can go on where it was.
 *
 * Everything but `abandoned` is the loop's; the lane hands events in, one message each, in order. */
#include "server_int.h"

#include <stdlib.h>
#include <string.h>

enum { LISTENERS_OF_STREAM = 4, EVENTS_KEPT_MAX = 4096, KEPT_S = 120, ALONE_S = 10, COMMENT_S = 15 };
struct event { char *text; size_t n; };
struct stream {
    struct server *server;
    char name[DIALOGUE_ID_MAX], owner[OWNER_MAX];
    atomic_bool abandoned;
    atomic_uint users;               /* the loop and the lane */
    uint64_t events_made;            /* the lane's */
    struct call *calls[LISTENERS_OF_STREAM];
    size_t n_calls;
    struct event *events;
    size_t n_events, cap_events;
    bool ended;
    uint64_t ended_ns, alone_ns;
    struct stream *next;
};
struct message { struct http_post post; struct stream *stream; struct call *call; char *text; size_t n; bool last; };

static void stream_drop(struct stream *s)
{
    if (atomic_fetch_sub(&s->users, 1) != 1) return;
    for (size_t i = 0; i < s->n_events; i++) mem_free(s->events[i].text);
    mem_free(s->events);
    mem_free(s);
}

/* ---- the loop's side ----------------------------------------------------------------------------------------------------------- */

/* One without a name cannot be found again. */
static void left_alone(struct stream *s)
{
    s->alone_ns = clock_ns();
    if (!*s->name) atomic_store(&s->abandoned, true);
}

static void forget_call(struct stream *s, const struct call *c)
{
    for (size_t i = 0; i < s->n_calls; i++)
        if (s->calls[i] == c) s->calls[i--] = s->calls[--s->n_calls];
    if (!s->n_calls) left_alone(s);
}

void stream_detach(struct call *c)
{
    for (struct stream *s = c->server->streams; s; s = s->next) forget_call(s, c);
}

/* False: the call was lost, and is forgotten (stream_detach). */
static bool send_to(struct call *c, const struct event *e)
{
    return http_stream_send(c->x, e->text, e->n);
}

static void end_call(struct stream *s, struct call *c)
{
    forget_call(s, c);
    http_stream_end(c->x);
}

static void attach(struct stream *s, struct call *c, uint64_t from)
{
    if (s->n_calls == LISTENERS_OF_STREAM) end_call(s, s->calls[0]);
    c->streamed = true;
    call_header(c, "X-Accel-Buffering", "no");
    call_send_headers(c);
    s->calls[s->n_calls++] = c;
    s->alone_ns = 0;
    http_stream_begin(c->x, 200, "text/event-stream; charset=utf-8");
    for (uint64_t i = from; i < s->n_events; i++)
        if (!send_to(c, &s->events[i])) return;
    if (s->ended) end_call(s, c);
}

static void on_open(void *context)
{
    struct message *m = context;
    struct stream *s = m->stream;
    s->next = s->server->streams;
    s->server->streams = s;
    if (m->call && m->call->x) attach(s, m->call, 0);
    else left_alone(s);
    mem_free(m);
}

static void broadcast(struct stream *s, const struct event *e)
{
    struct call *calls[LISTENERS_OF_STREAM];
    size_t n = s->n_calls;
    memcpy(calls, s->calls, sizeof calls);
    for (size_t i = 0; i < n; i++) send_to(calls[i], e);
}

static void on_event(void *context)
{
    struct message *m = context;
    struct stream *s = m->stream;
    if (m->text && s->n_events < EVENTS_KEPT_MAX && mem_grow(&s->events, &s->cap_events, s->n_events + 1, sizeof *s->events) == OK) {
        s->events[s->n_events++] = (struct event){m->text, m->n};
        broadcast(s, &s->events[s->n_events - 1]);
    } else {
        mem_free(m->text);
    }
    if (m->last) {
        s->ended = true;
        s->ended_ns = clock_ns();
        while (s->n_calls) end_call(s, s->calls[0]);
        stream_drop(s);   /* the lane's share */
    }
    mem_free(m);
}

static struct stream *find(struct server *server, const char *name, const char *owner)
{
    for (struct stream *s = server->streams; s; s = s->next)
        if (strcmp(s->name, name) == 0 && strcmp(s->owner, owner) == 0) return s;   /* the newest comes first */
    return NULL;
}

status stream_resume(struct call *c, const char *name, const char *owner)
{
    const char *last = http_header(&c->request, "Last-Event-ID");
    struct stream *s = find(c->server, name, owner);
    FAIL_IF(!s, ERR_NOT_FOUND, "no events of this are kept any more");
    uint64_t from = last ? strtoull(last, NULL, 10) : 0;
    attach(s, c, from < s->n_events ? from : s->n_events);
    return OK;
}

static bool is_over(struct stream *s, uint64_t now)
{
    if (!s->ended && !s->n_calls && now - s->alone_ns > (uint64_t)ALONE_S * 1000000000u) atomic_store(&s->abandoned, true);
    return s->ended && !s->n_calls && (!*s->name || now - s->ended_ns > (uint64_t)KEPT_S * 1000000000u);
}

/* Each second: what nobody reads is given up, what is old forgotten. */
void streams_tick(struct server *server)
{
    static const struct event comment = {(char *)(uintptr_t)": still here\n\n", 14};
    uint64_t now = clock_ns();
    bool speak = (now / 1000000000u) % COMMENT_S == 0;
    for (struct stream **at = &server->streams; *at;) {
        struct stream *s = *at;
        if (speak) broadcast(s, &comment);
        if (is_over(s, now)) {
            *at = s->next;
            stream_drop(s);
        } else {
            at = &s->next;
        }
    }
}

void streams_release(struct server *server)
{
    for (struct stream *s = server->streams, *next; s; s = next) {
        next = s->next;
        stream_drop(s);
    }
    server->streams = NULL;
}

size_t streams_open(const struct server *server)
{
    size_t n = 0;
    for (const struct stream *s = server->streams; s; s = s->next) n++;
    return n;
}

/* ---- the lane's side ------------------------------------------------------------------------------------------------------------- */

static bool post(struct stream *s, struct message m, void (*fn)(void *context))
{
    struct message *copy = mem_alloc(sizeof *copy);
    if (!copy) return false;
    *copy = m;
    copy->stream = s;
    copy->post = (struct http_post){.fn = fn, .context = copy};
    http_post(s->server->http, &copy->post);
    return true;
}

struct stream *stream_new(struct server *server, const char *name, const char *owner, struct call *c)
{
    struct stream *s = mem_zalloc(1, sizeof *s);
    if (!s) return NULL;
    s->server = server;
    atomic_init(&s->users, 2);
    snprintf(s->name, sizeof s->name, "%s", name ? name : "");
    snprintf(s->owner, sizeof s->owner, "%s", owner);
    if (post(s, (struct message){.call = c}, on_open)) return s;
    mem_free(s);
    return NULL;
}

static char *event_text(struct stream *s, const char *name, json_t *data, size_t *n)
{
    struct strbuf b = {0};
    char *json = data ? json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;   /* one line: JSON escapes line ends */
    strbuf_printf(&b, "id: %llu\nevent: %s\ndata: %s\n\n", (unsigned long long)++s->events_made, name, json ? json : "{}");
    free(json);
    *n = b.len;
    if (!b.failed) return b.data;
    strbuf_release(&b);
    return NULL;
}

void stream_event(struct stream *s, const char *name, json_t *data)
{
    size_t n = 0;
    char *text = event_text(s, name, data, &n);
    json_decref(data);
    if (text && !post(s, (struct message){.text = text, .n = n}, on_event)) mem_free(text);
}

void stream_text(struct stream *s, const char *bytes, size_t n)
{
    char *text = mem_strndup(bytes, n);
    if (text && !post(s, (struct message){.text = text, .n = n}, on_event)) mem_free(text);
}

/* The end must not get lost for want of memory: who waits would wait for ever. It is tried until it goes. */
void stream_close(struct stream *s)
{
    while (!post(s, (struct message){.last = true}, on_event)) sched_yield();
}

void stream_finish(struct stream *s)
{
    stream_event(s, "done", NULL);
    stream_close(s);
}

bool stream_stopped(const struct stream *s, struct call *c)
{
    return s ? atomic_load(&s->abandoned) || clock_ns() > c->deadline_ns : call_cancelled(c);
}
