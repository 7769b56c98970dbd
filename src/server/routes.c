/* Every path of the server: one table a group, see the files routes_*.c and protocol_*.c. A new group is a line here. */
#include "server_int.h"

#include <string.h>

extern const struct route routes_health[], routes_assets[], routes_session[], routes_match[], routes_chat[], routes_products[], routes_categories[], routes_events[],
    routes_import[], routes_documents[], routes_promotions[], routes_copy[], routes_reports[], routes_admin[], routes_feeds[], routes_openai[],
    routes_mcp[], routes_ucp[];

const struct route *const route_tables[] = {
    routes_health, routes_assets, routes_session, routes_match, routes_chat, routes_products, routes_categories, routes_events,
    routes_import, routes_documents, routes_promotions, routes_copy, routes_reports, routes_admin, routes_feeds, routes_openai,
    routes_mcp, routes_ucp, NULL,
};

/* "/v1/products/{id}/picture" against the decoded segments of the path. */
static bool fits(const char *pattern, struct call *c)
{
    const struct http_request *r = &c->request;
    const char *p = pattern + 1;
    size_t i = 0;
    c->n_arguments = 0;
    for (; *p && i < r->n_segments; i++) {
        size_t n = strcspn(p, "/");
        if (*p == '{') {
            if (!*r->segments[i] || c->n_arguments == sizeof c->arguments / sizeof c->arguments[0]) return false;
            c->arguments[c->n_arguments++] = r->segments[i];
        } else if (strlen(r->segments[i]) != n || strncmp(p, r->segments[i], n) != 0) {
            return false;
        }
        p += n + (p[n] == '/');
    }
    return !*p && i == r->n_segments;
}

static bool takes(const struct route *r, const char *method)
{
    return strcmp(r->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0);
}

/* Paths of the admin listener are not there for the public one. */
const struct route *route_find(struct call *c, const char **allowed)
{
    struct strbuf methods = {0};
    const struct route *found = NULL;
    for (size_t t = 0; route_tables[t] && !found; t++)
        for (const struct route *r = route_tables[t]; r->method && !found; r++) {
            if ((r->flags & ROUTE_ADMIN_LISTENER) && c->request.listener != LISTENER_ADMIN) continue;
            if (!fits(r->pattern, c)) continue;
            if (takes(r, c->request.method)) found = r;
            else strbuf_printf(&methods, "%s%s%s", methods.len ? ", " : "", r->method, strcmp(r->method, "GET") == 0 ? ", HEAD" : "");
        }
    if (!found && methods.len) *allowed = arena_strdup(c->request.arena, methods.data);
    if (!*allowed) *allowed = "";
    strbuf_release(&methods);
    return found;
}

size_t route_count(void)
{
    size_t n = 0;
    for (size_t t = 0; route_tables[t]; t++)
        for (const struct route *r = route_tables[t]; r->method; r++) n++;
    return n;
}

const struct route *route_at(size_t number)
{
    for (size_t t = 0; route_tables[t]; t++)
        for (const struct route *r = route_tables[t]; r->method; r++)
            if (number-- == 0) return r;
    return NULL;
}

size_t route_number(const struct route *route)
{
    size_t n = 0;
    for (size_t t = 0; route_tables[t]; t++)
        for (const struct route *r = route_tables[t]; r->method; r++, n++)
            if (r == route) return n;
    return n;
}
