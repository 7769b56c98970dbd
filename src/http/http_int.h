/* What the files of `http` share. */
#ifndef DAOGOU_HTTP_INT_H
#define DAOGOU_HTTP_INT_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <pthread.h>
#include <time.h>

#include "http.h"

enum {
    LISTENERS_MAX = 8, SIGNALS_MAX = 8, TIMERS_MAX = 8, CALLBACKS_MAX = LISTENERS_MAX + SIGNALS_MAX + TIMERS_MAX,
    OUTPUT_WAITING_MAX = 256 << 10,   /* answers waiting to be read before the next pipelined request is looked at */
    INPUT_WAITING_MAX = 128 << 10,    /* pipelined bytes read ahead */
    NOT_SENT_MAX = 64 << 10, REFUSED_MAX = 64 /* connections over the limit that are told so; more are just closed */,
    IDLE_SURELY_MS = 1000, PROBE_MS = 100, LINGER_MS = 2000, LINGER_BYTES_MAX = 1 << 20,  /* after an early answer: what is still coming is thrown away, so that the answer is read */
    ANSWER_MS_MAX = 600000            /* an answer that is not a stream, however it trickles */
};

enum phase { PHASE_IDLE, PHASE_HEAD, PHASE_BODY, PHASE_BUSY, PHASE_FLUSH /* answered, then closed */, PHASE_LINGER, PHASE_LOST };

struct connection {
    struct http_server *server;
    struct connection *previous, *next;
    struct bufferevent *bev;
    struct event *timer;
    struct http_exchange *x;
    enum phase phase;
    int listener;
    size_t scanned, lingered;
    uint64_t idle_since_ns;
    bool advancing, input_ended, last /* no request after this one */, unread /* body bytes of a request answered early may still come */;
    char peer[64];
};

struct http_exchange {
    struct connection *c;
    struct arena arena;
    struct http_request request;
    struct http_head *head;           /* in the arena; NULL: not to be read */
    struct http_chunks chunks;
    struct evbuffer *extra;           /* fields of the answer */
    struct strbuf body;
    size_t body_max;
    uint32_t body_ms;
    uint64_t start_ns, sent;
    int code;
    bool streaming, chunked, expects;
    void *user;
    void (*gone)(struct http_exchange *x, void *user);
};

struct callback { struct http_server *server; struct event *event; void (*fn)(void *context); void *context; };
struct listener { struct http_server *server; struct evconnlistener *handle; int tag; };

struct http_server {
    struct http_options options;
    struct event_base *base;
    struct listener listeners[LISTENERS_MAX];
    struct callback callbacks[SIGNALS_MAX + TIMERS_MAX];
    size_t n_listeners, n_callbacks, n_connections;
    struct connection *connections;
    struct event *wake, *drain_timer;
    int wake_fd;
    pthread_mutex_t lock;
    struct http_post *posts, **posts_end;
    bool draining, stopped;
    char date[40];
    time_t date_s;
};

/* http_connection.c */
void connection_accept(struct http_server *s, int fd, int tag, const char *peer, bool refused);
void connection_free(struct connection *c);          /* at once; tells the exchange's owner */
void connection_advance(struct connection *c);       /* reads as many requests as may be read now */
void connection_answered(struct connection *c);      /* its exchange is over */
void connection_close_idle(struct http_server *s);   /* all of them; for draining */
bool connection_make_room(struct http_server *s);    /* closes the one idle longest; false: none is idle */

/* http_exchange.c */
struct http_exchange *exchange_new(struct connection *c, const struct http_head *h, const char *bytes, size_t n); /* h NULL: not to be read */
bool exchange_split_path(struct http_exchange *x);
void exchange_free(struct http_exchange *x, bool complete);
bool exchange_is_head(const struct http_exchange *x);

/* http_answer.c */
void answer_fault(struct http_exchange *x, const struct http_fault *f);
void answer_continue(struct http_exchange *x);

#endif
