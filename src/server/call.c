/* One request on its way: who asks, which route, may they; then its lane; then the answer. */
#include "server_int.h"

#include <stdlib.h>
#include <string.h>

static const char JSON[] = "application/json; charset=utf-8";

/* ---- answers, from any thread ------------------------------------------------------------------------------------------------ */

status call_text(struct call *c, int code, const char *type, const char *text, size_t n)
{
    c->code = code;
    c->type = type;
    strbuf_clear(&c->body);
    strbuf_add(&c->body, text, n);
    return strbuf_status(&c->body);
}

static int add_bytes(const char *bytes, size_t n, void *context)
{
    struct strbuf *b = context;
    strbuf_add(b, bytes, n);
    return b->failed ? -1 : 0;
}

status call_json(struct call *c, int code, json_t *o)
{
    if (!o) return fail_nomem("answering a request");
    c->code = code;
    c->type = JSON;
    strbuf_clear(&c->body);
    int r = json_dump_callback(o, add_bytes, &c->body, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(o);
    FAIL_IF(r != 0, ERR_INTERNAL, "the answer is not to be written as JSON");
    return strbuf_status(&c->body);
}

/* What came from outside may be cut in the middle of a character. */
json_t *safe_text(const char *s)
{
    struct strbuf b = {0};
    for (const char *end = s + strlen(s); s < end;) strbuf_put_utf8(&b, utf8_next(&s, end));
    json_t *o = json_string(strbuf_str(&b));
    strbuf_release(&b);
    return o;
}

status call_error(struct call *c, int code, const char *word, const char *field, const char *format, ...)
{
    char message[STATUS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return call_json(c, code, json_pack("{s:{s:s, s:o, s:o}}", "error", "code", word, "message", safe_text(message), "field", field && *field ? safe_text(field) : json_null()));
}

void call_header(struct call *c, const char *name, const char *format, ...)
{
    char value[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    strbuf_printf(&c->headers, "%s: %s\n", name, value);
}

bool call_wants(struct call *c, const char *type)
{
    const char *accept = http_header(&c->request, "Accept");
    return accept && strcasestr(accept, type) != NULL;
}

struct store *call_store(struct call *c)
{
    struct server *s = c->server;
    enum lane_id id = c->lane ? c->lane->id : LANE_LOOP;
    return id == LANE_MODEL ? s->desk->shop.store : id == LANE_READ ? s->reader.store : id == LANE_WRITE ? s->writer.store : s->keys;
}

bool call_cancelled(void *context)
{
    struct call *c = context;
    if (!atomic_load(&c->cancelled) && clock_ns() > c->deadline_ns) atomic_store(&c->cancelled, true);
    return atomic_load(&c->cancelled);
}

/* What a handler could not do, as an answer. The reason is told where the one who asks can do something about it. */
static void call_failed(struct call *c, status s)
{
    char message[STATUS_MESSAGE_MAX];
    snprintf(message, sizeof message, "%s", status_message());
    status r = OK;
    switch (s) {
    case ERR_USAGE: case ERR_FORMAT: r = call_error(c, 400, "invalid", c->error_field, "%s", message); break;
    case ERR_LIMIT: r = call_error(c, 422, "limit", c->error_field, "%s", message); break;
    case ERR_NOT_FOUND: r = call_error(c, 404, "not_found", c->error_field, "%s", message); break;
    case ERR_INTERRUPTED:
        call_header(c, "Retry-After", "2");
        r = call_error(c, 503, "deadline", NULL, "this took too long and was stopped; try again");
        break;
    default: r = call_error(c, 500, "failed", NULL, "the server failed; its log has the reason under request %s", c->request_id);
    }
    if (r != OK) call_text(c, 500, "text/plain", "", 0);
    if (c->code == 500) server_note(c->server, "request %s: %s", c->request_id, message);
}

/* ---- sending, in the loop --------------------------------------------------------------------------------------------------------- */

static void call_free(struct call *c)
{
    strbuf_release(&c->body);
    strbuf_release(&c->headers);
    strbuf_release(&c->request_body);
    if (c->taken) arena_release(&c->arena);
    mem_free(c);
}

/* Pages of other sites that the shop has named (--allow-origin) may use its API: the widget. */
static bool origin_allowed(struct call *c)
{
    const char *origin = http_header(&c->request, "Origin"), *all = c->server->options.allow_origins;
    size_t n = origin ? strlen(origin) : 0;
    for (const char *p = all; n && p && *p;) {
        size_t length = strcspn(p, ", ");
        if (length == n && strncmp(p, origin, n) == 0) return true;
        p += length;
        p += strspn(p, ", ");
    }
    return false;
}

static void allow_origin(struct call *c)
{
    if (!c->server->options.allow_origins) return;
    http_add_header(c->x, "Vary", "Origin");
    if (!origin_allowed(c)) return;
    http_add_header(c->x, "Access-Control-Allow-Origin", http_header(&c->request, "Origin"));
    http_add_header(c->x, "Access-Control-Allow-Credentials", "true");
    http_add_header(c->x, "Access-Control-Expose-Headers", "Retry-After, X-Request-Id");
}

static void common_headers(struct call *c)
{
    http_add_header(c->x, "X-Request-Id", c->request_id);
    if (*c->traceparent) http_add_header(c->x, "traceparent", c->traceparent);
    http_add_header(c->x, "X-Content-Type-Options", "nosniff");
    http_add_header(c->x, "Referrer-Policy", "no-referrer");
    http_add_header(c->x, "X-Frame-Options", "DENY");
    http_add_header(c->x, "Cross-Origin-Opener-Policy", "same-origin");
    http_add_header(c->x, "Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
                                                     "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'");
    allow_origin(c);
    if (!c->asset && !strcasestr(strbuf_str(&c->headers), "Cache-Control: ")) http_add_header(c->x, "Cache-Control", "no-store");
}

static void own_headers(struct call *c)
{
    for (char *p = c->headers.data; p && *p;) {
        char *end = strchr(p, '\n'), *colon = strstr(p, ": ");
        if (!end || !colon || colon > end) return;
        *end = *colon = 0;
        http_add_header(c->x, p, colon + 2);
        p = end + 1;
    }
}

void call_send_headers(struct call *c)
{
    common_headers(c);
    own_headers(c);
}

void call_finish(struct call *c)
{
    c->away = false;
    if (!c->x) {
        call_free(c);
        return;
    }
    if (c->streamed) return;   /* the stream ends it */
    call_send_headers(c);
    if (c->asset) http_respond_asset(c->x, c->asset, "no-cache");   /* names carry no hash: an upgrade must not mix old with new; an unchanged one costs a 304 */
    else http_respond(c->x, c->code, c->type, strbuf_str(&c->body), c->body.len);
}

static void finish_post(void *context)
{
    call_finish(context);
}

void call_hand_back(struct call *c)
{
    c->post = (struct http_post){.fn = finish_post, .context = c};
    http_post(c->server->http, &c->post);
}

/* ---- handling ------------------------------------------------------------------------------------------------------------------------- */

static void run_handler(struct call *c)
{
    status s = c->route->handler(c);
    if (s != OK) call_failed(c, s);
}

status call_then(struct call *c, enum lane_id lane, status (*next)(struct call *c))
{
    c->next = next;
    c->next_lane = lane;
    return OK;
}

static status waited_too_long(struct call *c)
{
    call_header(c, "Retry-After", "2");
    return call_error(c, 503, "busy", NULL, "the request waited too long; try again");
}

static void run_next(struct lane *l, void *context)
{
    struct call *c = context;
    c->lane = l;
    bool late = c->next_lane != LANE_WRITE && (atomic_load(&c->cancelled) || clock_ns() > c->deadline_ns);
    status s = late ? waited_too_long(c) : c->next(c);
    if (s != OK) call_failed(c, s);
    call_hand_back(c);
}

static void run_on_lane(struct lane *l, void *context)
{
    struct call *c = context;
    c->lane = l;
    if (atomic_load(&c->cancelled) || clock_ns() > c->deadline_ns) {
        waited_too_long(c);
    } else {
        run_handler(c);
    }
    if (!c->next) {
        call_hand_back(c);
        return;
    }
    c->task = (struct task){.run = run_next, .context = c};
    if (lane_push(&c->server->lanes[c->next_lane], &c->task, c->next_lane == LANE_WRITE)) return;   /* what is to be kept has no limit here */
    metrics_refused(c->server->metrics, c->next_lane);
    call_header(c, "Retry-After", "1");
    call_error(c, 503, "busy", NULL, "too many requests are waiting; try again in a second");
    call_hand_back(c);
}

static void refuse_busy(struct call *c)
{
    metrics_refused(c->server->metrics, c->route->lane);
    call_header(c, "Retry-After", "1");
    call_error(c, 503, "busy", NULL, "too many requests are waiting; try again in a second");
    call_finish(c);
}

void call_on_request(void *context, struct http_exchange *x)
{
    struct server *s = context;
    struct call *c = http_user(x);
    http_take_request(x, &c->request, &c->arena, &c->request_body);
    c->request.arena = &c->arena;
    c->taken = true;
    c->away = true;
    if (c->route->lane == LANE_LOOP) {
        run_handler(c);
        call_finish(c);
        return;
    }
    c->task = (struct task){.run = run_on_lane, .context = c};
    if (!lane_push(&s->lanes[c->route->lane], &c->task, false)) refuse_busy(c);
}

/* ---- the door -------------------------------------------------------------------------------------------------------------------------- */

static bool good_id(const char *s)
{
    size_t n = s ? strlen(s) : 0;
    return n > 0 && n <= REQUEST_ID_MAX && strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:") == n;
}

/* 00-<32 hex>-<16 hex>-<2 hex> (W3C Trace Context) */
static bool good_trace(const char *s)
{
    static const size_t dashes[] = {2, 35, 52};
    if (!s || strlen(s) != 55 || strspn(s, "0123456789abcdef-") != 55) return false;
    for (int i = 0; i < 3; i++)
        if (s[dashes[i]] != '-') return false;
    return strncmp(s, "ff", 2) != 0;
}

static void take_ids(struct call *c, const struct http_request *r)
{
    const char *id = http_header(r, "X-Request-Id"), *trace = http_header(r, "traceparent");
    if (good_id(id)) snprintf(c->request_id, sizeof c->request_id, "%s", id);
    else random_hex(c->request_id, 8);
    if (good_trace(trace)) snprintf(c->traceparent, sizeof c->traceparent, "%s", trace);
}

static void take_address(struct call *c)
{
    const char *forwarded = c->server->options.trust_proxy ? http_header(&c->request, "X-Forwarded-For") : NULL, *last = forwarded ? strrchr(forwarded, ',') : NULL;
    const char *text = last ? last + 1 : forwarded ? forwarded : c->request.peer;
    snprintf(c->address, sizeof c->address, "%s", text + strspn(text, " "));
}

/* A shopper's key may be everybody's: the one in a widget. Those are told apart by their addresses. */
static bool has_own_limit(const struct caller *who)
{
    return *who->owner && !(who->kind == CALLER_KEY && who->scope == SCOPE_SHOPPER);
}

static bool within_limits(struct call *c)
{
    struct server *s = c->server;
    unsigned retry_s = 1;
    uint64_t now = clock_ns();
    if (c->route->flags & ROUTE_NO_LIMIT || !s->limits) return true;
    bool good = limits_take(s->limits, c->address, now, &retry_s) && (!has_own_limit(&c->caller) || limits_take(s->limits, c->caller.owner, now, &retry_s));
    if (good) return true;
    metrics_limited(s->metrics);
    call_header(c, "Retry-After", "%u", retry_s);
    call_error(c, 429, "rate_limited", NULL, "too many requests; wait %u s", retry_s);
    return false;
}

static bool safe_method(const char *m)
{
    return strcmp(m, "GET") == 0 || strcmp(m, "HEAD") == 0 || strcmp(m, "OPTIONS") == 0;
}

/* A page of another site can make a browser send its cookies, but not this header. */
static bool good_csrf(struct call *c)
{
    bool cookie = (c->caller.kind == CALLER_SHOPPER && !c->caller.fresh) || c->caller.kind == CALLER_STAFF;
    if (!cookie || safe_method(c->request.method) || c->route->flags & ROUTE_NO_CSRF || caller_csrf_good(c)) return true;
    call_error(c, 403, "csrf", NULL, "requests with a cookie need the header X-CSRF-Token; GET /v1/session tells it");
    return false;
}

static bool allowed_scope(struct call *c)
{
    enum scope have = c->caller.scope, need = c->route->scope;
    bool anonymous = !c->server->options.require_key && need == SCOPE_SHOPPER;
    if (need == SCOPE_NONE || anonymous || have >= need) return true;
    if (c->caller.kind == CALLER_NOBODY || c->caller.kind == CALLER_SHOPPER) {
        call_header(c, "WWW-Authenticate", "Bearer");
        call_error(c, 401, "unauthorized", NULL, "this needs a key: Authorization: Bearer dg_...");
    } else {
        call_error(c, 403, "forbidden", NULL, "this needs a key of scope '%s'; this one has '%s'", scope_name(need), scope_name(have));
    }
    return false;
}

/* What a browser asks before it lets a page of another site call. */
static bool is_preflight(struct call *c)
{
    if (strcmp(c->request.method, "OPTIONS") != 0 || !http_header(&c->request, "Access-Control-Request-Method") || !origin_allowed(c)) return false;
    call_header(c, "Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
    call_header(c, "Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, X-CSRF-Token, Last-Event-ID, X-Request-Id, traceparent");
    call_header(c, "Access-Control-Max-Age", "600");
    call_text(c, 204, NULL, "", 0);
    return true;
}

static bool find_route(struct call *c)
{
    const char *allowed = "";
    c->route = route_find(c, &allowed);
    if (c->route) return true;
    if (is_preflight(c)) return false;
    if (*allowed) {
        call_header(c, "Allow", "%s", allowed);
        call_error(c, 405, "method_not_allowed", NULL, "this path takes %s", allowed);
    } else {
        call_error(c, 404, "not_found", NULL, "there is nothing at this path");
    }
    return false;
}

static bool good_body(struct call *c)
{
    const struct http_head *h = c->request.head;
    if (!c->route->body_max) return true;
    const char *type = http_header(&c->request, "Content-Type");
    if (h->framing == HTTP_NO_BODY && !http_header(&c->request, "Content-Length")) {
        call_error(c, 411, "length_required", NULL, "the request needs a body, with Content-Length or in chunks");
        return false;
    }
    if (c->route->flags & ROUTE_ANY_BODY || (type && strncasecmp(type, "application/json", 16) == 0 && strchr("; ", type[16]))) return true;
    call_error(c, 415, "unsupported_media_type", NULL, "the body must be application/json");
    return false;
}

static bool enter(struct call *c)
{
    if (!find_route(c)) return false;
    if (caller_find(c) != OK) {
        call_header(c, "WWW-Authenticate", "Bearer");
        call_error(c, 401, "unauthorized", NULL, "%s", status_message());
        return false;
    }
    return within_limits(c) && allowed_scope(c) && good_csrf(c) && good_body(c);
}

/* The other side left. A stream goes on for a while without it; other work is stopped. */
static void on_gone(struct http_exchange *x, void *user)
{
    struct call *c = user;
    (void)x;
    if (c->streamed) stream_detach(c);
    else atomic_store(&c->cancelled, true);
    metrics_gone(c->server->metrics);
}

static struct call *call_new(struct server *s, struct http_exchange *x)
{
    struct call *c = mem_zalloc(1, sizeof *c);
    if (!c) return NULL;
    c->server = s;
    c->x = x;
    c->request = *http_request_of(x);
    c->begun_ns = clock_ns();
    c->deadline_ns = c->begun_ns + (uint64_t)s->options.deadline_ms * 1000000u;
    http_set_user(x, c);
    http_on_gone(x, on_gone);
    take_ids(c, &c->request);
    take_address(c);
    return c;
}

void call_on_head(void *context, struct http_exchange *x)
{
    struct call *c = call_new(context, x);
    if (!c) {
        http_respond(x, 503, NULL, NULL, 0);
        return;
    }
    if (!enter(c)) {
        call_finish(c);
        return;
    }
    http_set_body_max(x, c->route->body_max);
    if (c->route->body_max == IMPORT_BODY_MAX) http_set_body_ms(x, IMPORT_BODY_MS);   /* a catalogue over a slow line */
}

void call_on_fault(void *context, struct http_exchange *x, const struct http_fault *f)
{
    struct call *c = http_user(x);
    if (!c && !(c = call_new(context, x))) {
        http_respond(x, f->code, NULL, NULL, 0);
        return;
    }
    call_error(c, f->code, "bad_request", NULL, "%s", f->why);
    if (f->code == 503) call_header(c, "Retry-After", "5");
    call_finish(c);
}

/* The exchange is over, answered or lost. A lane may still be at work for it. */
void call_on_done(void *context, struct http_exchange *x, const struct http_outcome *o)
{
    struct server *s = context;
    struct call *c = http_user(x);
    if (!c) return;
    metrics_request(s->metrics, c->route, o->code, clock_ns() - c->begun_ns);
    if (s->log) access_log_add(s->log, c, o->code, o->sent, clock_ns() - c->begun_ns, o->complete);
    c->x = NULL;
    if (!c->away) call_free(c);
}
