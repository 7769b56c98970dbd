/* Who a browser is: a shopper by her cookie, staff by theirs. */
#include "server_int.h"

#include <string.h>

/* What the browser says it prefers, of the two that are spoken here. */
static const char *preferred_language(struct call *c)
{
    const char *accept = http_header(&c->request, "Accept-Language");
    const char *zh = accept ? strcasestr(accept, "zh") : NULL, *en = accept ? strcasestr(accept, "en") : NULL;
    return zh && (!en || zh < en) ? "zh" : "en";
}

static json_t *session_json(struct call *c)
{
    const struct server_options *o = &c->server->options;
    char csrf[2 * MAC_BYTES + 1] = "";
    if (*c->caller.cookie) caller_csrf(c, csrf);
    enum scope scope = c->caller.kind == CALLER_NOBODY && !o->require_key ? SCOPE_SHOPPER : c->caller.scope;
    const char *shopper = c->caller.kind == CALLER_SHOPPER ? strchr(c->caller.owner, ':') + 1 : "";
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:b, s:b, s:b, s:b}}", "csrf", csrf, "shopper", shopper, "language", preferred_language(c), "scope", scope_name(scope), "title",
                     o->title ? o->title : "daogou", "currency", c->server->currency, "features", "admin", c->request.listener == LISTENER_ADMIN, "require_key", o->require_key, "service",
                     true, "feeds", o->public_feeds);
}

static status show(struct call *c)
{
    return call_json(c, 200, session_json(c));
}

static status begin(struct call *c)
{
    caller_make_shopper(c);
    return call_json(c, 200, session_json(c));
}

static status login(struct call *c)
{
    const char *token;
    json_t *root;
    struct key k;
    char cookie[COOKIE_MAX];
    const struct field fields[] = {{"key", FIELD_TEXT, true, &token, 1, KEY_TOKEN_MAX - 1}};
    status s = call_fields(c, fields, 1, &root);
    if (s == OK) s = key_find(c->server->keys, token, &k);
    json_decref(root);
    if (s == ERR_NOT_FOUND || (s == OK && k.scope < SCOPE_MERCHANT)) return call_error(c, 401, "unauthorized", "key", "this is no key of the shop's staff");
    TRY(s);
    caller_staff_cookie(c, &k, cookie);
    c->caller = (struct caller){.kind = CALLER_STAFF, .scope = k.scope};
    snprintf(c->caller.owner, sizeof c->caller.owner, "staff:%s", k.id);
    memcpy(c->caller.cookie, cookie, sizeof cookie);
    call_header(c, "Set-Cookie", "dg_staff=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", cookie, STAFF_COOKIE_S, c->server->options.secure_cookies ? "; Secure" : "");
    return call_json(c, 200, session_json(c));
}

static status logout(struct call *c)
{
    call_header(c, "Set-Cookie", "dg_staff=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    return call_text(c, 204, NULL, "", 0);
}

const struct route routes_session[] = {
    {"GET", "/v1/session", SCOPE_NONE, LANE_LOOP, show, 0, 0},
    {"POST", "/v1/session", SCOPE_NONE, LANE_LOOP, begin, ROUTE_NO_CSRF, 0},
    {"POST", "/v1/login", SCOPE_NONE, LANE_LOOP, login, ROUTE_ADMIN_LISTENER | ROUTE_NO_CSRF, 4096},
    {"POST", "/v1/logout", SCOPE_NONE, LANE_LOOP, logout, ROUTE_ADMIN_LISTENER, 0},
    {0},
};
