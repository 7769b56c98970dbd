/* Who asks: a key in Authorization, a member of staff's cookie (admin listener alone), or a shopper's cookie. */
#include "server_int.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static status by_key(struct call *c, const char *authorization)
{
    struct key k;
    FAIL_IF(strncasecmp(authorization, "Bearer ", 7) != 0, ERR_USAGE, "Authorization must be: Bearer dg_...");
    const char *token = authorization + 7 + strspn(authorization + 7, " ");
    FAIL_IF(strlen(token) >= KEY_TOKEN_MAX, ERR_NOT_FOUND, "this key is not known here");
    TRY(key_find(c->server->keys, token, &k));
    c->caller = (struct caller){.kind = CALLER_KEY, .scope = k.scope};
    snprintf(c->caller.owner, sizeof c->caller.owner, "key:%s", k.id);
    return OK;
}

/* "text.mac": cuts the text out when the mac is right. */
static bool signed_text(struct call *c, const char *purpose, const char *cookie, char *text, size_t size)
{
    const char *dot = cookie ? strrchr(cookie, '.') : NULL;
    if (!dot || (size_t)(dot - cookie) >= size || strlen(cookie) >= COOKIE_MAX) return false;
    snprintf(text, size, "%.*s", (int)(dot - cookie), cookie);
    return secret_check(c->server, purpose, text, dot + 1);
}

/* "keyid.seconds": a key that was revoked opens nothing any more, whatever cookies were given for it. */
static bool by_staff_cookie(struct call *c, const char *cookie)
{
    char text[64], id[KEY_ID_MAX];
    struct key k;
    if (!signed_text(c, "staff", cookie, text, sizeof text)) return false;
    const char *dot = strchr(text, '.');
    if (!dot || (size_t)(dot - text) >= sizeof id || strtoll(dot + 1, NULL, 10) * 1000 < clock_unix_ms()) return false;
    snprintf(id, sizeof id, "%.*s", (int)(dot - text), text);
    if (key_in_force(c->server->keys, id, &k) != OK) return false;
    c->caller = (struct caller){.kind = CALLER_STAFF, .scope = k.scope};
    snprintf(c->caller.owner, sizeof c->caller.owner, "staff:%s", id);
    snprintf(c->caller.cookie, sizeof c->caller.cookie, "%s", cookie);
    return true;
}

static bool by_shopper_cookie(struct call *c, const char *cookie)
{
    char id[2 * COOKIE_ID_BYTES + 1];
    if (!signed_text(c, "shopper", cookie, id, sizeof id)) return false;
    c->caller = (struct caller){.kind = CALLER_SHOPPER, .scope = SCOPE_SHOPPER};
    snprintf(c->caller.owner, sizeof c->caller.owner, "shopper:%s", id);
    snprintf(c->caller.cookie, sizeof c->caller.cookie, "%s", cookie);
    return true;
}

/* A cookie that is no good counts as none: it may be of a server with another secret. A key that is no good is said. */
status caller_find(struct call *c)
{
    const char *authorization = http_header(&c->request, "Authorization");
    if (authorization) return by_key(c, authorization);
    if (c->route->flags & ROUTE_NO_COOKIE) return OK;   /* protocols of programs: what a browser would send along proves nothing */
    if (c->request.listener == LISTENER_ADMIN && by_staff_cookie(c, http_cookie(&c->request, "dg_staff"))) return OK;
    if (!by_shopper_cookie(c, http_cookie(&c->request, "dg_shopper"))) c->caller = (struct caller){.kind = CALLER_NOBODY};
    if (c->server->options.require_key && c->caller.kind == CALLER_SHOPPER) c->caller.scope = SCOPE_NONE;
    return OK;
}

void caller_make_shopper(struct call *c)
{
    char id[2 * COOKIE_ID_BYTES + 1], mac[2 * MAC_BYTES + 1];
    if (c->caller.kind != CALLER_NOBODY) return;
    random_hex(id, COOKIE_ID_BYTES);
    secret_mac(c->server, "shopper", id, mac);
    c->caller = (struct caller){.kind = CALLER_SHOPPER, .scope = c->server->options.require_key ? SCOPE_NONE : SCOPE_SHOPPER, .fresh = true};
    snprintf(c->caller.owner, sizeof c->caller.owner, "shopper:%s", id);
    snprintf(c->caller.cookie, sizeof c->caller.cookie, "%s.%s", id, mac);
    call_header(c, "Set-Cookie", "dg_shopper=%s; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax%s", c->caller.cookie, c->server->options.secure_cookies ? "; Secure" : "");
}

void caller_staff_cookie(struct call *c, const struct key *k, char out[COOKIE_MAX])
{
    char text[64], mac[2 * MAC_BYTES + 1];
    snprintf(text, sizeof text, "%s.%lld", k->id, (long long)(clock_unix_ms() / 1000 + STAFF_COOKIE_S));
    secret_mac(c->server, "staff", text, mac);
    snprintf(out, COOKIE_MAX, "%s.%s", text, mac);
}

void caller_csrf(const struct call *c, char out[2 * MAC_BYTES + 1])
{
    secret_mac(c->server, "csrf", c->caller.cookie, out);
}

bool caller_csrf_good(struct call *c)
{
    const char *token = http_header(&c->request, "X-CSRF-Token");
    return token && secret_check(c->server, "csrf", c->caller.cookie, token);
}
