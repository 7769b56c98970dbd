/* A connection: one request after the other, each step under a time limit.
 *
 * The time of a head counts from its first byte and that of a body as a whole, so that dripping bytes does not help. Reading stays on while a
 * request is being answered (up to INPUT_WAITING_MAX), so that a lost connection is noticed; a side that has only finished sending gets its answer. */
#include "http_int.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void set_timer(struct connection *c, uint32_t milliseconds)
{
    struct timeval t = {.tv_sec = milliseconds / 1000, .tv_usec = (long)(milliseconds % 1000) * 1000};
    if (milliseconds) evtimer_add(c->timer, &t);
    else evtimer_del(c->timer);
}

/* While requests are being read from it, the walk over them (connection_advance) frees it at its end. */
void connection_free(struct connection *c)
{
    struct http_server *s = c->server;
    c->phase = PHASE_LOST;
    if (c->x) exchange_free(c->x, false);
    if (c->advancing) return;
    if (c->previous) c->previous->next = c->next;
    else s->connections = c->next;
    if (c->next) c->next->previous = c->previous;
    s->n_connections--;
    event_free(c->timer);
    bufferevent_free(c->bev);
    mem_free(c);
    if (s->draining && s->n_connections == 0) event_base_loopbreak(s->base);
}

static void go_idle(struct connection *c)
{
    c->phase = PHASE_IDLE;
    c->scanned = 0;
    c->idle_since_ns = clock_ns();
    set_timer(c, c->server->options.idle_ms);
}

/* ---- the end ---- */

static size_t unsent(const struct connection *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* Closing while bytes are still coming makes the system send a reset, which can take the answer away from its reader. */
static void finish(struct connection *c)
{
    bool more = c->unread || evbuffer_get_length(bufferevent_get_input(c->bev)) > 0;
    if (!more || c->input_ended) {
        connection_free(c);
        return;
    }
    c->phase = PHASE_LINGER;
    shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    set_timer(c, LINGER_MS);
    bufferevent_enable(c->bev, EV_READ);
}

static void linger(struct connection *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    size_t n = evbuffer_get_length(in);
    evbuffer_drain(in, n);
    c->lingered += n;
    if (c->lingered > LINGER_BYTES_MAX) connection_free(c);
}

void connection_answered(struct connection *c)
{
    bool over = c->last || c->server->draining || (c->input_ended && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0);
    if (over) {
        c->phase = PHASE_FLUSH;
        set_timer(c, ANSWER_MS_MAX);
        if (unsent(c) == 0 && !c->advancing) finish(c);
        return;
    }
    go_idle(c);
    connection_advance(c);
}

/* ---- requests ---- */

static void refuse(struct connection *c, const struct http_fault *f)
{
    if (!c->x) c->x = exchange_new(c, NULL, NULL, 0);
    if (!c->x) {
        c->phase = PHASE_FLUSH;
        return;
    }
    c->phase = PHASE_BODY;
    answer_fault(c->x, f);
}

static void request_ready(struct connection *c)
{
    struct http_server *s = c->server;
    struct http_exchange *x = c->x;
    c->phase = PHASE_BUSY;
    set_timer(c, 0);
    if (strbuf_status(&x->body) != OK) {
        answer_fault(x, &(struct http_fault){503, "there is no memory for the request's body"});
        return;
    }
    x->request.body = strbuf_str(&x->body);
    x->request.n_body = x->body.len;
    s->options.request(s->options.context, x);
}

static void begin_body(struct connection *c)
{
    struct http_exchange *x = c->x;
    if (x->head->framing == HTTP_LENGTH && x->head->length > x->body_max) {
        answer_fault(x, &(struct http_fault){413, "the request's body is too large"});
        return;
    }
    c->phase = PHASE_BODY;
    set_timer(c, x->body_ms);
    answer_continue(x);
}

/* True: go on reading. */
static bool read_head(struct connection *c)
{
    struct http_server *s = c->server;
    struct evbuffer *in = bufferevent_get_input(c->bev);
    size_t n = evbuffer_get_length(in), used = 0, most = s->options.limits.head_max + 1;
    if (n == 0) return false;
    if (c->phase == PHASE_IDLE) {
        c->phase = PHASE_HEAD;
        set_timer(c, s->options.head_ms);
    }
    if (n > most) n = most;
    const char *bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)n);
    struct http_head h;
    struct http_fault f;
    enum http_parsed p = bytes ? http_parse_head(bytes, n, &c->scanned, &s->options.limits, &h, &used, &f) : HTTP_BAD;
    if (!bytes) f = (struct http_fault){503, "there is no memory for the request"};
    if (p == HTTP_MORE) return false;
    if (p == HTTP_DONE && !(c->x = exchange_new(c, &h, bytes, used))) {
        p = HTTP_BAD;
        f = (struct http_fault){503, "there is no memory for the request"};
    }
    if (p == HTTP_BAD) {
        refuse(c, &f);
        return true;
    }
    evbuffer_drain(in, used);
    c->scanned = 0;
    if (!exchange_split_path(c->x)) {
        answer_fault(c->x, &(struct http_fault){400, "the path has a segment that cannot be read"});
        return true;
    }
    if (s->options.head) s->options.head(s->options.context, c->x);
    if (c->x && c->phase == PHASE_HEAD) begin_body(c);
    return true;
}

static void take_body(struct http_exchange *x, const char *bytes, size_t n, struct http_fault *f)
{
    if (n > x->body_max - x->body.len) *f = (struct http_fault){413, "the request's body is too large"};
    else strbuf_add(&x->body, bytes, n);
}

/* The next bytes that lie together, without copying. */
static const char *piece(struct evbuffer *in, size_t *n)
{
    struct evbuffer_iovec v;
    if (evbuffer_peek(in, -1, NULL, &v, 1) < 1) return NULL;
    *n = v.iov_len;
    return v.iov_base;
}

static bool read_length_body(struct connection *c)
{
    struct http_exchange *x = c->x;
    struct evbuffer *in = bufferevent_get_input(c->bev);
    struct http_fault f = {0};
    while (x->body.len < x->head->length && evbuffer_get_length(in)) {
        size_t n = 0, left = (size_t)x->head->length - x->body.len;
        const char *bytes = piece(in, &n);
        if (n > left) n = left;
        take_body(x, bytes, n, &f);
        evbuffer_drain(in, n);
        if (x->body.failed) break;
    }
    return x->body.len == x->head->length || x->body.failed;
}

static enum http_parsed read_chunked_body(struct connection *c, struct http_fault *f)
{
    struct http_exchange *x = c->x;
    struct evbuffer *in = bufferevent_get_input(c->bev);
    enum http_parsed p = HTTP_MORE;
    while (p == HTTP_MORE && evbuffer_get_length(in)) {
        size_t n = 0, used = 0;
        struct http_span data;
        const char *bytes = piece(in, &n);
        p = http_chunks_next(&x->chunks, bytes, n, &used, &data, f);
        if (data.n) take_body(x, data.s, data.n, f);
        evbuffer_drain(in, used);
        if (f->code) p = HTTP_BAD;
        if (x->body.failed) p = HTTP_DONE;
    }
    return p;
}

static bool read_body(struct connection *c)
{
    struct http_exchange *x = c->x;
    struct http_fault f = {0};
    enum http_parsed p = HTTP_DONE;
    if (x->head->framing == HTTP_LENGTH) p = read_length_body(c) ? HTTP_DONE : HTTP_MORE;
    else if (x->head->framing == HTTP_CHUNKED) p = read_chunked_body(c, &f);
    if (p == HTTP_BAD) answer_fault(x, &f);
    if (p == HTTP_DONE) request_ready(c);
    return p != HTTP_MORE;
}

/* Answers given on the way come back here through connection_answered, and must not begin a second walk. */
void connection_advance(struct connection *c)
{
    if (c->advancing) return;
    c->advancing = true;
    for (bool on = true; on;) {
        if (c->phase == PHASE_IDLE || c->phase == PHASE_HEAD) on = unsent(c) < OUTPUT_WAITING_MAX && read_head(c);
        else on = c->phase == PHASE_BODY && read_body(c);
    }
    c->advancing = false;
    if (c->phase == PHASE_LOST) connection_free(c);
    else if (c->phase == PHASE_FLUSH && unsent(c) == 0) finish(c);
    else if (c->input_ended && c->phase <= PHASE_BODY && unsent(c) == 0) connection_free(c);   /* what was begun will never be whole */
}

/* ---- events ---- */

static void on_read(struct bufferevent *bev, void *context)
{
    struct connection *c = context;
    (void)bev;
    if (c->phase == PHASE_LINGER) linger(c);
    else connection_advance(c);
}

static void on_written(struct bufferevent *bev, void *context)
{
    struct connection *c = context;
    (void)bev;
    if (c->phase == PHASE_FLUSH) finish(c);
    else if (c->phase != PHASE_LINGER) connection_advance(c);
}

/* A side that has ended what it sends may be gone, or wait for its answer. What is sent to one that is gone comes back as a reset: a stream's next piece
 * shows it, and before a whole answer an interim one (RFC 9110, section 15.2), so that nobody works for a request that waits in a queue for no one. */
static void probe(struct connection *c)
{
    static const char interim[] = "HTTP/1.1 102 Processing\r\n\r\n";
    if (c->x->request.minor == 0) return;
    evbuffer_add(bufferevent_get_output(c->bev), interim, sizeof interim - 1);
    set_timer(c, PROBE_MS);
}

static bool was_reset(struct connection *c)
{
    struct pollfd p = {.fd = bufferevent_getfd(c->bev)};   /* reading would say end of input in either case */
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP));
}

static void on_event(struct bufferevent *bev, short what, void *context)
{
    struct connection *c = context;
    (void)bev;
    bool ended = (what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING);
    if (!ended || c->phase == PHASE_LINGER) {
        connection_free(c);
        return;
    }
    c->input_ended = true;
    if (c->x && c->x->streaming) http_stream_send(c->x, ":\n\n", 3);   /* a comment, if it is an event stream */
    else if (c->x && c->phase == PHASE_BUSY) probe(c);
    else if (c->phase <= PHASE_BODY) connection_advance(c);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct connection *c = context;
    (void)fd, (void)what;
    if (c->phase == PHASE_HEAD) refuse(c, &(struct http_fault){408, "the request's header took too long"});
    else if (c->phase == PHASE_BUSY && !was_reset(c)) set_timer(c, PROBE_MS);
    else if (c->phase == PHASE_BODY && c->x) answer_fault(c->x, &(struct http_fault){408, "the request's body took too long"});
    else if (c->phase == PHASE_IDLE && unsent(c) && clock_ns() - c->idle_since_ns < (uint64_t)ANSWER_MS_MAX * 1000000u) set_timer(c, c->server->options.idle_ms);   /* a long answer, read slowly */
    else connection_free(c);
}

/* ---- beginning ---- */

static void link_in(struct connection *c)
{
    struct http_server *s = c->server;
    c->next = s->connections;
    if (c->next) c->next->previous = c;
    s->connections = c;
    s->n_connections++;
}

/* One too many: told so, and given the time to read it. */
static void connection_refuse(struct connection *c)
{
    static const char answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    c->phase = PHASE_FLUSH;
    c->unread = true;
    set_timer(c, LINGER_MS);
    evbuffer_add(bufferevent_get_output(c->bev), answer, sizeof answer - 1);
}

void connection_accept(struct http_server *s, int fd, int tag, const char *peer, bool refused)
{
    struct connection *c = mem_zalloc(1, sizeof *c);
    if (c) c->bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (c) c->timer = evtimer_new(s->base, on_timer, c);
    if (!c || !c->bev || !c->timer) {
        if (c && c->timer) event_free(c->timer);
        if (c && c->bev) bufferevent_free(c->bev);
        else close(fd);
        mem_free(c);
        return;
    }
    c->server = s;
    c->listener = tag;
    snprintf(c->peer, sizeof c->peer, "%s", peer);
    link_in(c);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){NOT_SENT_MAX}, sizeof(int));   /* so that what is not read waits with us, where it is counted */
    const struct timeval write = {.tv_sec = s->options.write_ms / 1000, .tv_usec = (long)(s->options.write_ms % 1000) * 1000};
    bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
    bufferevent_set_timeouts(c->bev, NULL, &write);
    bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_WAITING_MAX);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    if (refused) connection_refuse(c);
    else go_idle(c);
}

/* One that has just come may have sent its request already. */
bool connection_make_room(struct http_server *s)
{
    struct connection *oldest = NULL;
    uint64_t now = clock_ns();
    for (struct connection *c = s->connections; c; c = c->next)
        if (c->phase == PHASE_IDLE && unsent(c) == 0 && (!oldest || c->idle_since_ns < oldest->idle_since_ns)) oldest = c;
    if (!oldest || now - oldest->idle_since_ns < (uint64_t)IDLE_SURELY_MS * 1000000u) return false;
    connection_free(oldest);
    return true;
}

void connection_close_idle(struct http_server *s)
{
    for (struct connection *c = s->connections, *next; c; c = next) {
        next = c->next;
        if (c->phase == PHASE_IDLE && unsent(c) == 0) connection_free(c);
    }
}
