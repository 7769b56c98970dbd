/* Answers: status line, fields, bodies whole or in pieces. */
#include "http_int.h"

#include <string.h>

const char *http_reason(int code)
{
    static const struct { int code; const char *reason; } reasons[] = {
        {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {303, "See Other"}, {304, "Not Modified"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
        {405, "Method Not Allowed"}, {406, "Not Acceptable"}, {408, "Request Timeout"}, {409, "Conflict"}, {411, "Length Required"}, {413, "Content Too Large"}, {414, "URI Too Long"},
        {415, "Unsupported Media Type"}, {417, "Expectation Failed"}, {422, "Unprocessable Content"}, {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"}, {501, "Not Implemented"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].code == code) return reasons[i].reason;
    return "Status";
}

static bool one_line(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 && *s != '\t') return false;
    return true;
}

void http_add_header(struct http_exchange *x, const char *name, const char *value)
{
    if (one_line(name) && one_line(value)) evbuffer_add_printf(x->extra, "%s: %s\r\n", name, value);
}

static const char *date(struct http_server *s)
{
    time_t now = time(NULL);
    struct tm parts;
    if (now != s->date_s) {
        gmtime_r(&now, &parts);
        strftime(s->date, sizeof s->date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        s->date_s = now;
    }
    return s->date;
}

/* Whether another request may follow is known now: the answer has to say so. */
static void decide_last(struct http_exchange *x)
{
    struct connection *c = x->c;
    bool body_unread = c->phase == PHASE_HEAD || c->phase == PHASE_BODY;
    c->unread = !x->head || (body_unread && x->head->framing != HTTP_NO_BODY) || x->expects;
    c->last = c->last || !x->head || !x->head->keep_alive || c->unread || c->server->draining;
}

static struct evbuffer *begin(struct http_exchange *x, int code, const char *type)
{
    struct evbuffer *out = bufferevent_get_output(x->c->bev);
    x->code = code;
    decide_last(x);
    evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", code, http_reason(code), date(x->c->server));
    if (type) evbuffer_add_printf(out, "Content-Type: %s\r\n", type);
    evbuffer_add_buffer(out, x->extra);
    if (x->c->last) evbuffer_add_printf(out, "Connection: close\r\n");
    else if (x->request.minor == 0) evbuffer_add_printf(out, "Connection: keep-alive\r\n");
    return out;
}

void http_respond(struct http_exchange *x, int code, const char *type, const void *body, size_t n)
{
    struct evbuffer *out = begin(x, code, type);
    struct connection *c = x->c;
    if (code != 204 && code != 304) evbuffer_add_printf(out, "Content-Length: %zu\r\n", n);
    evbuffer_add(out, "\r\n", 2);
    if (!exchange_is_head(x) && code != 204 && code != 304) {
        evbuffer_add(out, body, n);
        x->sent = n;
    }
    exchange_free(x, true);
    connection_answered(c);
}

void answer_continue(struct http_exchange *x)
{
    static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";
    if (x->expects) evbuffer_add(bufferevent_get_output(x->c->bev), line, sizeof line - 1);
    x->expects = false;
}

void answer_fault(struct http_exchange *x, const struct http_fault *f)
{
    struct http_server *s = x->c->server;
    x->c->last = true;
    if (s->options.fault) s->options.fault(s->options.context, x, f);
    else http_respond(x, f->code, "text/plain; charset=utf-8", f->why, strlen(f->why));
}

/* ---- streams ---- */

void http_stream_begin(struct http_exchange *x, int code, const char *type)
{
    x->streaming = true;
    x->chunked = x->request.minor == 1;
    if (!x->chunked) x->c->last = true;   /* its end is the connection's */
    struct evbuffer *out = begin(x, code, type);
    if (x->chunked) evbuffer_add_printf(out, "Transfer-Encoding: chunked\r\n");
    evbuffer_add(out, "\r\n", 2);
    bufferevent_enable(x->c->bev, EV_READ);
}

bool http_stream_send(struct http_exchange *x, const void *bytes, size_t n)
{
    struct evbuffer *out = bufferevent_get_output(x->c->bev);
    if (!n || exchange_is_head(x)) return true;
    if (evbuffer_get_length(out) + n > x->c->server->options.stream_unsent_max) {
        connection_free(x->c);
        return false;
    }
    if (x->chunked) evbuffer_add_printf(out, "%zx\r\n", n);
    evbuffer_add(out, bytes, n);
    if (x->chunked) evbuffer_add(out, "\r\n", 2);
    x->sent += n;
    return true;
}

void http_stream_end(struct http_exchange *x)
{
    struct connection *c = x->c;
    if (x->chunked && !exchange_is_head(x)) evbuffer_add(bufferevent_get_output(c->bev), "0\r\n\r\n", 5);
    exchange_free(x, true);
    connection_answered(c);
}
