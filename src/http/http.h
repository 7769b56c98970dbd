/* http: an HTTP/1.1 server: connections and their loop (libevent), our own strict parser of requests, answers, event streams with
 * back-pressure, static assets, draining. Knows nothing of what is served.
 *
 *   bytes -> http_parse_head -> options.head (may answer at once) -> body -> options.request -> http_respond ... -> options.done
 *
 * One thread runs the loop (http_run) and everything here is that thread's, but for http_post. A connection's requests are answered one
 * after the other, in order. RFC 9110 and 9112 say what is right; where they leave a choice, the one that no proxy can understand
 * differently is taken: what is doubtful is answered 400 and the connection is closed.
 */
#ifndef DAOGOU_HTTP_H
#define DAOGOU_HTTP_H

#include "base/base.h"

/* ---- parsing: pure functions over bytes ---------------------------------------------------------------------------- */

struct http_span { const char *s; size_t n; };
struct http_field { struct http_span name, value; };   /* value without the spaces around it */

enum { HTTP_FIELDS_MAX = 100, HTTP_METHOD_MAX = 16 };
struct http_limits {
    size_t line_max;         /* of the request line: 8192; longer ones are 414 */
    size_t head_max;         /* of request line and header fields together: 32768; 431 */
};
enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED };
struct http_head {
    struct http_span method, target /* origin form: "/path?query", or "*" */, host;
    int minor;               /* HTTP/1.minor: 0 or 1 */
    struct http_field fields[HTTP_FIELDS_MAX];
    size_t n_fields;
    enum http_framing framing;
    uint64_t length;         /* HTTP_LENGTH */
    bool keep_alive, expects_continue;
};
enum http_parsed { HTTP_MORE, HTTP_DONE, HTTP_BAD };
struct http_fault { int code; const char *why; };

/* Reads a request's head from the n bytes that have come so far. MORE: it is not all there; *scanned (0 at first) remembers how far it was
 * looked through. DONE: *used bytes are the head's, and the spans of out point into bytes. BAD: fault has the status and the reason;
 * the connection must be closed, for what follows cannot be told apart from the bad request. */
enum http_parsed http_parse_head(const char *bytes, size_t n, size_t *scanned, const struct http_limits *l, struct http_head *out, size_t *used,
                                 struct http_fault *fault);

/* A chunked body (RFC 9112, section 7.1). Zero-initialised to start. Each call takes *used bytes and may find a piece of data among them (part of
 * bytes); call again with the rest until all are used or it says DONE or BAD. Extensions and trailers are read over. */
struct http_chunks { int state; uint64_t left; size_t line; bool digits, carriage_return; };
enum http_parsed http_chunks_next(struct http_chunks *c, const char *bytes, size_t n, size_t *used, struct http_span *data, struct http_fault *fault);

/* %41 -> A, and + -> space where `plus`. Fails on a bad escape, on NUL and on what is no UTF-8. In place; *n is set. */
bool http_decode(char *s, size_t *n, bool plus);

/* ---- a request and its answer ---------------------------------------------------------------------------------------- */

enum { HTTP_SEGMENTS_MAX = 12 };
struct http_request {
    const char *method, *target;     /* as sent */
    const char *path;                /* the target up to "?" */
    const char *segments[HTTP_SEGMENTS_MAX]; /* of the path, decoded; "/" has none, a last empty one is left out; "." and ".." are refused */
    size_t n_segments;
    const char *host, *peer;         /* peer: the address of the other side, without a port */
    int minor, listener;             /* listener: the tag it was opened with */
    const char *body;                /* all of it, NUL behind; after options.head only */
    size_t n_body;
    const struct http_head *head;    /* NULL: it could not be read */
    struct arena *arena;             /* lives as long as the exchange */
};
struct http_exchange;
const struct http_request *http_request_of(const struct http_exchange *x);
/* Copies in the request's arena, or NULL: not there. */
const char *http_header(const struct http_request *r, const char *name); /* the first one's value */
const char *http_query(const struct http_request *r, const char *name);  /* decoded; NULL also when it cannot be */
const char *http_cookie(const struct http_request *r, const char *name);
/* Hands the request's memory over, so that it outlives the exchange and may be read by another thread: *out and all that it points to live in *arena,
 * and the body in *body. The exchange goes on using them, so release them after it is gone. */
void http_take_request(struct http_exchange *x, struct http_request *out, struct arena *arena, struct strbuf *body);
void http_set_user(struct http_exchange *x, void *user);
void *http_user(const struct http_exchange *x);
/* In options.head: a body of more bytes is answered 413. Default: options.body_max. */
void http_set_body_max(struct http_exchange *x, size_t n);
void http_set_body_ms(struct http_exchange *x, uint32_t milliseconds); /* instead of options.body_ms */
/* A field of the answer to come; name and value are copied. Line ends in a value are refused (left out). */
void http_add_header(struct http_exchange *x, const char *name, const char *value);

/* Exactly one of these answers an exchange, at any time from options.head on; after it (or after http_stream_end) x is gone. The body is copied. */
void http_respond(struct http_exchange *x, int code, const char *type, const void *body, size_t n);
/* A body of unknown length, piece by piece; on_gone (may be NULL) tells that the other side left, was too slow, or the server stops. */
void http_stream_begin(struct http_exchange *x, int code, const char *type);
/* False: the other side has not read what was sent before, more than stream_unsent_max is waiting; the connection is closed and x is gone. */
bool http_stream_send(struct http_exchange *x, const void *bytes, size_t n);
void http_stream_end(struct http_exchange *x);
/* Called when the connection is lost before the answer is complete; x is gone after it. NULL takes it back. */
void http_on_gone(struct http_exchange *x, void (*gone)(struct http_exchange *x, void *user));

/* ---- static assets --------------------------------------------------------------------------------------------------- */

struct http_asset {
    const char *name, *type, *etag;  /* etag: a hash of the bytes, without quotes */
    const uint8_t *data, *gzip;      /* gzip: NULL when it is not smaller */
    size_t n, n_gzip;
};
/* 200, or 304 when the other side has it; compressed where it accepts that. cache_control may be NULL. */
void http_respond_asset(struct http_exchange *x, const struct http_asset *a, const char *cache_control);
bool http_accepts_gzip(const char *accept_encoding); /* NULL: no */

/* ---- the server ------------------------------------------------------------------------------------------------------ */

struct http_outcome { int code; uint64_t sent, ns; bool complete; };
struct http_options {
    struct http_limits limits;
    size_t body_max;                 /* 1 MiB */
    size_t connections_max;          /* 1024; the connection idle longest is closed for a new one, else that gets 503 */
    size_t stream_unsent_max;        /* 1 MiB of a stream waiting to be read */
    uint32_t head_ms, body_ms;       /* total time of a head from its first byte, and of a body: 10 s, 60 s; 408 */
    uint32_t idle_ms, write_ms;      /* between requests 60 s; an answer of which nothing is taken for so long is given up: 30 s */
    void *context;
    void (*head)(void *context, struct http_exchange *x);     /* may be NULL; may answer: then `request` is not called */
    void (*request)(void *context, struct http_exchange *x);  /* the request is whole */
    /* Instead of an answer of the application: fault.why is a sentence. NULL: plain text. Adds headers, then calls http_respond. */
    void (*fault)(void *context, struct http_exchange *x, const struct http_fault *f);
    void (*done)(void *context, struct http_exchange *x, const struct http_outcome *o); /* for logs; may be NULL */
};
void http_options_default(struct http_options *o);

struct http_server;
status http_server_new(const struct http_options *o, struct http_server **out);
void http_server_free(struct http_server *s);      /* open connections are lost */
/* "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses); port 0: any; *port is the one taken. ERR_USAGE: bad address, ERR_IO: taken. */
status http_listen(struct http_server *s, const char *address, int listener, uint16_t *port);
/* Until http_stop, or a drain is over. */
status http_run(struct http_server *s);
void http_stop(struct http_server *s);
/* No new connections, idle ones closed, answers under way are finished, then http_run returns; what lasts longer than that is cut off. */
void http_drain(struct http_server *s, uint32_t milliseconds);
bool http_draining(const struct http_server *s);
size_t http_connections(const struct http_server *s);
/* From any thread: calls fn in the loop. Never fails where `post` is given its own storage; what is posted after http_run returned runs in http_server_free. */
struct http_post { struct http_post *next; void (*fn)(void *context); void *context; };
void http_post(struct http_server *s, struct http_post *p);
/* In the loop's thread. */
status http_on_signal(struct http_server *s, int number, void (*fn)(void *context), void *context);
status http_every(struct http_server *s, uint32_t milliseconds, void (*fn)(void *context), void *context);

const char *http_reason(int code);   /* "Not Found" */

#endif
