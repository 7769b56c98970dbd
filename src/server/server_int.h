/* What the files of `server` share. */
#ifndef DAOGOU_SERVER_INT_H
#define DAOGOU_SERVER_INT_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#include "guide/guide.h"
#include "http/http.h"
#include "server.h"

enum { LISTENER_PUBLIC = 1, LISTENER_ADMIN };
enum { SECRET_BYTES = 32, MAC_BYTES = 32, COOKIE_ID_BYTES = 16, COOKIE_MAX = 256, OWNER_MAX = 48, REQUEST_ID_MAX = 64, DIALOGUE_ID_HEX = 32 };
enum { BODY_MAX = 64 << 10, IMPORT_BODY_MAX = 128 << 20, IMPORT_BODY_MS = 600000, DOCUMENT_BODY_MAX = 6 << 20 };
enum { STAFF_COOKIE_S = 12 * 3600 };

struct server;
struct call;

/* ---- lanes (lane.c) ---------------------------------------------------------------------------------------------------- */

enum lane_id { LANE_LOOP, LANE_MODEL, LANE_READ, LANE_WRITE, LANES };
struct lane;
struct task { struct task *next; void (*run)(struct lane *l, void *context); void *context; };
struct lane {
    struct server *server;
    enum lane_id id;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct task *first, **end;
    size_t depth, depth_max;
    bool started, stopping;
    atomic_ullong begun_ns;          /* of the task at work; 0: none is */
};
status lane_start(struct lane *l, struct server *s, enum lane_id id, size_t depth_max);
/* From any thread. False: the queue is full (never with `always`). */
bool lane_push(struct lane *l, struct task *t, bool always);
size_t lane_depth(struct lane *l);
void lane_stop(struct lane *l);      /* after what is queued */
bool lane_run_rest(struct lane *l);  /* of a stopped one, on the caller's thread: what other lanes pushed since; false: nothing */
void lane_release(struct lane *l);
const char *lane_name(enum lane_id id);

/* ---- who asks (caller.c) ----------------------------------------------------------------------------------------------- */

enum caller_kind { CALLER_NOBODY, CALLER_KEY, CALLER_SHOPPER /* cookie */, CALLER_STAFF /* cookie */ };
struct caller {
    enum caller_kind kind;
    enum scope scope;
    char owner[OWNER_MAX];           /* "key:ID", "shopper:ID", "staff:KEY"; "": nobody. Owns dialogues */
    char cookie[COOKIE_MAX];         /* the cookie's value, for the CSRF token */
    bool fresh;                      /* the cookie is made by this answer */
};

/* ---- a call (call.c): one request on its way through the lanes ------------------------------------------------------------ */

struct route;
struct call {
    struct server *server;
    struct http_exchange *x;         /* the loop's; NULL: the other side is gone */
    const struct route *route;       /* NULL: none was found */
    struct caller caller;
    char request_id[REQUEST_ID_MAX + 1], traceparent[56], address[64]; /* address: of the other side, or of whom a trusted proxy speaks for */
    struct http_request request;     /* its own, see http_take_request */
    struct arena arena;
    struct strbuf request_body;
    const char *arguments[4];        /* what "{...}" of the route's path stands for */
    size_t n_arguments;
    struct task task;
    struct http_post post;
    struct lane *lane;               /* on whose thread the handler runs; NULL: the loop */
    atomic_bool cancelled;           /* the other side left, or the time is over */
    uint64_t begun_ns, deadline_ns;
    bool taken, away /* somebody else will finish it */, streamed;
    /* the answer */
    int code;
    const char *type;
    struct strbuf body;
    struct strbuf headers;           /* "Name: value\n" lines */
    char error_field[64];
    const struct http_asset *asset;
    /* Work that goes on in another lane (call_then). */
    status (*next)(struct call *c);
    enum lane_id next_lane;
    void *carried;                   /* from one to the other; a handler that takes it frees it */
};

/* Handlers return OK after one of these; another status becomes an error with status_message(). */
status call_json(struct call *c, int code, json_t *o);                  /* takes o; NULL: out of memory */
status call_text(struct call *c, int code, const char *type, const char *text, size_t n);
status call_error(struct call *c, int code, const char *word, const char *field, const char *format, ...) __attribute__((format(printf, 5, 6)));
json_t *safe_text(const char *s);                                       /* a text that may be cut inside of a character */
void call_header(struct call *c, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool call_cancelled(void *call);     /* for progress.cancelled */
/* Instead of an answer: another handler goes on with the call, on another lane. */
status call_then(struct call *c, enum lane_id lane, status (*next)(struct call *c));
bool call_wants(struct call *c, const char *type);   /* the Accept field names it */
struct store *call_store(struct call *c);            /* of the lane that it is on */
void call_send_headers(struct call *c);              /* the loop's, before an answer of another shape */

/* ---- fields of a JSON body (fields.c) ------------------------------------------------------------------------------------- */

enum field_kind { FIELD_TEXT, FIELD_INTEGER, FIELD_BOOLEAN, FIELD_WORD /* one of `words`, "a|b|c" */, FIELD_TEXTS, FIELD_OBJECT };
struct field_texts { const char **items; size_t n; };
struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    void *out;                       /* const char **, int64_t *, bool *, const char **, struct field_texts *, const json_t ** */
    int64_t least, most;             /* TEXT, TEXTS: bytes of each (0: 1 and FIELD_TEXT_MAX); INTEGER: value */
    const char *words;
};
enum { FIELD_TEXT_MAX = 4096, FIELD_TEXTS_MAX = 64 };
/* Reads the body as an object with these fields and no others. ERR_USAGE says which is wrong, and call->error_field has its name. What out points to lives
 * as long as *root, which the caller releases (also after a failure). */
status call_fields(struct call *c, const struct field *fields, size_t n, json_t **root);
status object_fields(struct call *c, const json_t *o, const char *inside, const struct field *fields, size_t n);
/* ?limit= (default 20, at most 100) and ?after= */
status call_page(struct call *c, size_t *limit, const char **after);

/* ---- routes (routes.c) ------------------------------------------------------------------------------------------------------ */

enum { ROUTE_ADMIN_LISTENER = 1, ROUTE_NO_CSRF = 2, ROUTE_ANY_BODY = 4 /* not JSON */, ROUTE_NO_LIMIT = 8, ROUTE_NO_COOKIE = 16 };
struct route {
    const char *method, *pattern;    /* "/v1/products/{id}": each {...} is one segment */
    enum scope scope;                /* least; SCOPE_NONE: anybody */
    enum lane_id lane;
    status (*handler)(struct call *c);
    unsigned flags;
    size_t body_max;                 /* 0: no body; else bytes */
};
extern const struct route *const route_tables[];   /* ended by NULL; each table ends with a NULL method */
/* The route of a request, its arguments in c. NULL: none; *allowed (in c->arena) lists the methods that the path has, "" when it has none. */
const struct route *route_find(struct call *c, const char **allowed);
size_t route_count(void);
size_t route_number(const struct route *r);
const struct route *route_at(size_t number);

/* ---- streams of a turn (streams.c) --------------------------------------------------------------------------------------------- */

/* Events of one turn, kept a while so that a lost connection can go on. Made on a lane, lived out in the loop. */
struct stream;
/* name: the dialogue, or "job:ID"; NULL: who loses the connection cannot go on with it. c may be NULL; else its answer is the stream. NULL: out of memory. */
struct stream *stream_new(struct server *server, const char *name, const char *owner, struct call *c);
void stream_event(struct stream *s, const char *name, json_t *data); /* takes data; from the lane */
void stream_finish(struct stream *s);                                /* event done, then stream_close */
void stream_text(struct stream *s, const char *bytes, size_t n);     /* bytes as they are, for protocols whose events look otherwise */
void stream_close(struct stream *s);                                 /* from the lane; s is gone for it */
bool stream_stopped(const struct stream *s, struct call *c);           /* nobody reads it any more, or the time is over; s may be NULL: of the call itself */
status stream_resume(struct call *c, const char *name, const char *owner); /* in the loop */
void streams_tick(struct server *s);
void streams_release(struct server *s);
void stream_detach(struct call *c);
size_t streams_open(const struct server *s);

/* ---- the shop as the model lane has it (desk.c) ---------------------------------------------------------------------------------- */

struct desk {
    struct shop shop;
    struct arena promotions;
    struct guide_options guide;
    bool empty;                      /* the shop has no products yet */
    char why[256];
    char currency[4];
};
status desk_open(struct server *s, struct desk **out);   /* on any thread; long */
void desk_free(struct desk *d);
/* On the model lane: the desk, or an answer 503 when the shop is empty. */
status call_desk(struct call *c, struct desk **out);

/* From any thread: a new desk is opened on the write lane and swapped in. Asked for several times before it begins, it is done once. */
void reload_request(struct server *s);
status reload_now(struct server *s);   /* on the write lane */

/* ---- jobs (jobs.c): imports, one after the other on the write lane ----------------------------------------------------------------- */

struct jobs;
status jobs_new(struct jobs **out);
void jobs_free(struct jobs *j);
enum { JOB_ID_HEX = 16 };
/* Takes over the file at path. */
status job_import(struct server *s, const char *path, const struct import_options *o /* format and layout */, const char *who, const char *request, char id[JOB_ID_HEX + 1]);
json_t *job_json(struct jobs *j, const char *id);   /* NULL: there is none */

/* What a member of staff did, for the audit; on the write lane. */
status audit(struct call *c, const char *action, const char *subject);
status audit_add(struct store *s, const char *who, const char *action, const char *subject, const char *request);
/* A file beside the database for what has to come in as a file; the caller removes and frees it. */
status upload_write(struct server *s, const char *name, const void *data, size_t n, char **path);

/* ---- dialogues in the model lane (talks.c) ------------------------------------------------------------------------------------------ */

/* A dialogue at work. It is kept by the write lane, behind whatever that has to do; until then the model lane's own copy is the truth. */
enum { TALKS_MAX = 512 };
struct talk { struct dialogue dialogue; char owner[OWNER_MAX]; atomic_uint unsaved; uint64_t used; bool open; };
/* ERR_NOT_FOUND: there is none, or it is somebody else's. id NULL: a new one. */
status talk_open(struct call *c, const char *id, struct talk **out);
/* Keeps what a turn did: said and reply (both may be NULL: the state alone). Takes reply. fitting: products found; -1: none were looked for. */
void talk_keep(struct call *c, struct talk *t, const char *said, json_t *reply, int64_t fitting);
void talk_forget(struct server *s, struct talk *t);
status talk_erase(struct store *s, const char *id);  /* on the write lane: everything that is kept of it */
json_t *talk_turns(struct store *s, const char *id); /* [{"turn","said","reply"}]; NULL: status_message() */
void talks_release(struct server *s);
bool talk_saved(const struct talk *t);

/* ---- products as JSON (routes_products.c) ---------------------------------------------------------------------------------------------- */

json_t *product_card(const struct product *p, enum language l);
enum language call_language(struct call *c);

/* ---- categories counted (routes_categories.c) ------------------------------------------------------------------------------------------------- */

struct categories;
void categories_free(struct categories *k);

/* ---- secrets, cookies (secret.c) ------------------------------------------------------------------------------------------------------ */

status secret_open(struct server *s);
void secret_mac(const struct server *s, const char *purpose, const char *text, char hex[2 * MAC_BYTES + 1]);
bool secret_check(const struct server *s, const char *purpose, const char *text, const char *hex);
void random_hex(char *out, size_t bytes);

/* caller.c */
status caller_find(struct call *c);              /* ERR_USAGE: a key or cookie that is no good, 401 is set */
void caller_make_shopper(struct call *c);        /* gives a caller who is nobody a cookie */
void caller_csrf(const struct call *c, char out[2 * MAC_BYTES + 1]);
bool caller_csrf_good(struct call *c);
void caller_staff_cookie(struct call *c, const struct key *k, char out[COOKIE_MAX]);

/* ---- limits (limits.c) ----------------------------------------------------------------------------------------------------------------- */

struct limits;
status limits_new(double rate_per_s, size_t burst, struct limits **out);
void limits_free(struct limits *l);
bool limits_take(struct limits *l, const char *who, uint64_t now_ns, unsigned *retry_s);

/* ---- metrics and log (metrics.c, access_log.c) -------------------------------------------------------------------------------------------- */

struct metrics;
status metrics_new(struct metrics **out);
void metrics_free(struct metrics *m);
void metrics_request(struct metrics *m, const struct route *r, int code, uint64_t ns);
void metrics_stage(struct metrics *m, const char *stage, uint64_t ns);  /* from any thread */
void metrics_limited(struct metrics *m);
void metrics_refused(struct metrics *m, enum lane_id lane);
void metrics_gone(struct metrics *m);
void metrics_text(struct server *s, struct strbuf *out);
json_t *metrics_latency(struct metrics *m);      /* [{"stage","p50","p95","n"}] */

struct access_log;
status access_log_new(const char *path, struct access_log **out);
void access_log_free(struct access_log *l);
void access_log_add(struct access_log *l, const struct call *c, int code, uint64_t sent, uint64_t ns, bool complete);
void access_log_flush(struct access_log *l);
status access_log_reopen(struct access_log *l);

/* ---- what systemd hears (systemd.c) ------------------------------------------------------------------------------------------------------------ */

void systemd_ready(void);
void systemd_stopping(void);
void systemd_reloading(struct server *s);
void systemd_reloaded(struct server *s);  /* from any lane; tells it where systemd_reloading has been */
status systemd_watch(struct server *s);   /* its watchdog, where the unit has one */

/* ---- the server ------------------------------------------------------------------------------------------------------------------------------ */

struct server {
    struct server_options options;
    struct http_server *http;
    struct lane lanes[LANES];        /* LOOP's is unused */
    unsigned char secret[SECRET_BYTES];
    struct store *keys;              /* the loop's own, read-only */
    struct shop reader, writer;      /* of the lanes READ and WRITE */
    struct documents *documents;     /* WRITE */
    struct desk *desk;               /* MODEL */
    struct talk *talks;              /* MODEL, TALKS_MAX */
    uint64_t talk_clock;
    struct stream *streams;          /* LOOP */
    struct pictures *pictures;       /* READ */
    struct mcp_sessions *mcp;        /* READ */
    struct openai_states *openai;    /* MODEL */
    struct categories *categories;   /* READ */
    struct jobs *jobs;
    struct limits *limits;
    struct metrics *metrics;
    struct access_log *log;
    atomic_bool reload_waiting, reload_told /* systemd waits to hear of its end */, ready, stopping;
    atomic_ullong reloads;
    uint64_t started_ns;
    char currency[4];                /* of the shop, as it was at the start */
};

void server_note(const struct server *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* call.c: what http calls */
void call_on_head(void *server, struct http_exchange *x);
void call_on_request(void *server, struct http_exchange *x);
void call_on_fault(void *server, struct http_exchange *x, const struct http_fault *f);
void call_on_done(void *server, struct http_exchange *x, const struct http_outcome *o);
/* In the loop: sends the answer that the handler made. */
void call_finish(struct call *c);
/* From its lane: the answer is ready. */
void call_hand_back(struct call *c);

#endif
