/* The least that libevent's own HTTP server does, to measure ours beside: one handler, one constant answer. usage: evhttp_bench PORT */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>
#include <stdio.h>

static void healthz(struct evhttp_request *r, void *context)
{
    struct evbuffer *b = evbuffer_new();
    (void)context;
    evbuffer_add_printf(b, "{\"status\":\"ok\"}");
    evhttp_add_header(evhttp_request_get_output_headers(r), "Content-Type", "application/json; charset=utf-8");
    evhttp_send_reply(r, 200, "OK", b);
    evbuffer_free(b);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    if (argc != 2 || evhttp_bind_socket(http, "127.0.0.1", (unsigned short)atoi(argv[1])) != 0) {
        fprintf(stderr, "usage: evhttp_bench PORT\n");
        return 2;
    }
    evhttp_set_cb(http, "/healthz", healthz, NULL);
    return event_base_dispatch(base) < 0;
}
