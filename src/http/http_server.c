/* The loop, listeners, signals, timers, and what other threads hand in. */
#include "http_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

void http_options_default(struct http_options *o)
{
    *o = (struct http_options){.limits = {8192, 32768}, .body_max = 1 << 20, .connections_max = 1024, .stream_unsent_max = 1 << 20, .head_ms = 10000,
                               .body_ms = 60000, .idle_ms = 60000, .write_ms = 30000};
}

/* ---- handed in by other threads ---- */

void http_post(struct http_server *s, struct http_post *p)
{
    uint64_t one = 1;
    p->next = NULL;
    pthread_mutex_lock(&s->lock);
    *s->posts_end = p;
    s->posts_end = &p->next;
    pthread_mutex_unlock(&s->lock);
    if (write(s->wake_fd, &one, sizeof one) < 0) return;   /* only when it is awake 2^64 times already */
}

static void run_posts(struct http_server *s)
{
    pthread_mutex_lock(&s->lock);
    struct http_post *all = s->posts;
    s->posts = NULL;
    s->posts_end = &s->posts;
    pthread_mutex_unlock(&s->lock);
    for (struct http_post *next; all; all = next) {
        next = all->next;
        all->fn(all->context);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    uint64_t n;
    (void)what;
    if (read(fd, &n, sizeof n) < 0 && errno != EAGAIN) return;
    run_posts(context);
}

/* ---- life ---- */

static status make_base(struct http_server *s)
{
    struct event_config *config = event_config_new();
    if (!config) return fail_nomem("starting the server");
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    s->base = event_base_new_with_config(config);
    event_config_free(config);
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    FAIL_IF(!s->base || s->wake_fd < 0, ERR_IO, "cannot start the server's loop: %s", strerror(errno));
    s->wake = event_new(s->base, s->wake_fd, EV_READ | EV_PERSIST, on_wake, s);
    return s->wake && event_add(s->wake, NULL) == 0 ? OK : fail_nomem("starting the server");
}

status http_server_new(const struct http_options *o, struct http_server **out)
{
    FAIL_IF(!o->request, ERR_INTERNAL, "a server needs something that answers");
    struct http_server *s = mem_zalloc(1, sizeof *s);
    if (!s) return fail_nomem("starting the server");
    s->options = *o;
    s->posts_end = &s->posts;
    s->wake_fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    status r = make_base(s);
    if (r != OK) {
        http_server_free(s);
        return r;
    }
    *out = s;
    return OK;
}

void http_server_free(struct http_server *s)
{
    if (!s) return;
    run_posts(s);
    while (s->connections) connection_free(s->connections);
    run_posts(s);
    for (size_t i = 0; i < s->n_listeners; i++)
        if (s->listeners[i].handle) evconnlistener_free(s->listeners[i].handle);
    for (size_t i = 0; i < s->n_callbacks; i++) event_free(s->callbacks[i].event);
    if (s->drain_timer) event_free(s->drain_timer);
    if (s->wake) event_free(s->wake);
    if (s->wake_fd >= 0) close(s->wake_fd);
    if (s->base) event_base_free(s->base);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

/* ---- listening ---- */

static void on_accept(struct evconnlistener *handle, evutil_socket_t fd, struct sockaddr *a, int length, void *context)
{
    struct listener *l = context;
    struct http_server *s = l->server;
    char peer[64] = "?";
    (void)handle;
    getnameinfo(a, (socklen_t)length, peer, sizeof peer, NULL, 0, NI_NUMERICHOST);
    bool refused = s->n_connections >= s->options.connections_max && !connection_make_room(s);
    if (s->n_connections >= s->options.connections_max + REFUSED_MAX) close(fd);
    else connection_accept(s, fd, l->tag, peer, refused);
}

/* Out of descriptors: to be tried again at once would spin. */
static void on_accept_error(struct evconnlistener *handle, void *context)
{
    struct listener *l = context;
    (void)handle;
    if (!connection_make_room(l->server)) usleep(1000);
}

static status resolve(const char *address, struct addrinfo **out)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    FAIL_IF(!colon || !colon[1], ERR_USAGE, "'%s' is no address to listen on; write it like 127.0.0.1:8080, [::1]:8080 or :8080", address);
    size_t n = (size_t)(colon - address);
    bool bracket = n > 2 && address[0] == '[' && colon[-1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(bracket ? n - 2 : n), address + bracket);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    int e = getaddrinfo(*host ? host : NULL, colon + 1, &hints, out);
    FAIL_IF(e != 0, ERR_USAGE, "'%s' is no address to listen on (%s); write it like 127.0.0.1:8080, [::1]:8080 or :8080", address, gai_strerror(e));
    return OK;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0) return 0;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
}

status http_listen(struct http_server *s, const char *address, int tag, uint16_t *port)
{
    struct addrinfo *a = NULL;
    FAIL_IF(s->n_listeners == LISTENERS_MAX, ERR_LIMIT, "more than %d addresses to listen on", LISTENERS_MAX);
    TRY(resolve(address, &a));
    struct listener *l = &s->listeners[s->n_listeners];
    *l = (struct listener){.server = s, .tag = tag};
    l->handle = evconnlistener_new_bind(s->base, on_accept, l, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC, 1024, a->ai_addr, (int)a->ai_addrlen);
    int error = errno;
    freeaddrinfo(a);
    FAIL_IF(!l->handle, ERR_IO, "cannot listen on %s: %s; name another address", address, strerror(error));
    evconnlistener_set_error_cb(l->handle, on_accept_error);
    s->n_listeners++;
    if (port) *port = port_of(evconnlistener_get_fd(l->handle));
    return OK;
}

/* ---- running ---- */

status http_run(struct http_server *s)
{
    FAIL_IF(!s->stopped && event_base_dispatch(s->base) < 0, ERR_IO, "the server's loop failed: %s", strerror(errno));
    return OK;
}

void http_stop(struct http_server *s)
{
    s->stopped = true;
    event_base_loopbreak(s->base);
}

static void on_drained(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    http_stop(context);
}

void http_drain(struct http_server *s, uint32_t milliseconds)
{
    if (s->draining) return;
    struct timeval t = {.tv_sec = milliseconds / 1000, .tv_usec = (long)(milliseconds % 1000) * 1000};
    s->draining = true;
    for (size_t i = 0; i < s->n_listeners; i++) {
        evconnlistener_free(s->listeners[i].handle);
        s->listeners[i].handle = NULL;
    }
    s->drain_timer = evtimer_new(s->base, on_drained, s);
    if (s->drain_timer) evtimer_add(s->drain_timer, &t);
    connection_close_idle(s);
    if (s->n_connections == 0 || !s->drain_timer) http_stop(s);
}

bool http_draining(const struct http_server *s) { return s->draining; }

size_t http_connections(const struct http_server *s) { return s->n_connections; }

/* ---- signals and timers ---- */

static void on_callback(evutil_socket_t fd, short what, void *context)
{
    struct callback *c = context;
    (void)fd, (void)what;
    c->fn(c->context);
}

static status add_callback(struct http_server *s, int fd, short what, const struct timeval *t, void (*fn)(void *context), void *context)
{
    FAIL_IF(s->n_callbacks == SIGNALS_MAX + TIMERS_MAX, ERR_LIMIT, "more than %d signals and timers", SIGNALS_MAX + TIMERS_MAX);
    struct callback *c = &s->callbacks[s->n_callbacks];
    *c = (struct callback){s, NULL, fn, context};
    c->event = event_new(s->base, fd, what, on_callback, c);
    if (!c->event) return fail_nomem("starting the server");
    s->n_callbacks++;
    return event_add(c->event, t) == 0 ? OK : fail(ERR_IO, "cannot watch a signal or a timer");
}

status http_on_signal(struct http_server *s, int number, void (*fn)(void *context), void *context)
{
    return add_callback(s, number, EV_SIGNAL | EV_PERSIST, NULL, fn, context);
}

status http_every(struct http_server *s, uint32_t milliseconds, void (*fn)(void *context), void *context)
{
    const struct timeval t = {.tv_sec = milliseconds / 1000, .tv_usec = (long)(milliseconds % 1000) * 1000};
    return add_callback(s, -1, EV_PERSIST, &t, fn, context);
}
