/* How the server is, for those who watch it. */
#include "server_int.h"

#include <string.h>

static status healthz(struct call *c)
{
    static const char body[] = "{\"status\":\"ok\"}";
    return call_text(c, 200, "application/json; charset=utf-8", body, sizeof body - 1);
}

static status readyz(struct call *c)
{
    struct server *s = c->server;
    const char *state = http_draining(s->http) ? "draining" : atomic_load(&s->ready) ? "ready" : "empty";
    bool ready = strcmp(state, "ready") == 0;
    if (!ready) call_header(c, "Retry-After", "5");
    return call_json(c, ready ? 200 : 503, json_pack("{s:s}", "status", state));
}

static status metrics(struct call *c)
{
    strbuf_clear(&c->body);
    metrics_text(c->server, &c->body);
    c->code = 200;
    c->type = "text/plain; version=0.0.4; charset=utf-8";
    return strbuf_status(&c->body);
}

const struct route routes_health[] = {
    {"GET", "/healthz", SCOPE_NONE, LANE_LOOP, healthz, ROUTE_NO_LIMIT, 0},
    {"GET", "/readyz", SCOPE_NONE, LANE_LOOP, readyz, ROUTE_NO_LIMIT, 0},
    {"GET", "/metrics", SCOPE_NONE, LANE_LOOP, metrics, ROUTE_NO_LIMIT | ROUTE_ADMIN_LISTENER, 0},
    {0},
};
