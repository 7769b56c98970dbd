/* server: `daogou serve`: one shop over HTTP. Pages, the shopper's API, the merchant's and the administrator's, protocols of others.
 *
 *   loop thread:  connections, who asks, rate limits, static assets, metrics, event streams -- never waits
 *   model lane:   matching, writing, dialogues: one thread that owns matcher, model and guide; a bounded queue before it
 *   read lane:    what only reads the database
 *   write lane:   the one read-write connection: keeps dialogues, events, imports; builds indexes and opens shops anew, which the
 *                 model lane takes over between two requests
 *
 * A route (routes.c) names method, path, scope and lane; its handler is called on that lane's thread with a struct call. docs/server.md
 * tells operators about it; openapi.json describes every route.
 */
#ifndef DAOGOU_SERVER_H
#define DAOGOU_SERVER_H

#include "shop/shop.h"

struct server_options {
    struct shop_options shop;
    const char *version;             /* of the program, for what is said about it */
    const char *listen, *admin_listen; /* "127.0.0.1:8080", "127.0.0.1:8081"; admin NULL: none */
    const char *title;               /* of the shop; NULL: "daogou" */
    const char *access_log;          /* file; NULL: stderr; "": none */
    const char *secret_file;         /* NULL: $DAOGOU_SECRET_FILE, $DAOGOU_SECRET, else DB path + ".secret", made when missing */
    const char *order_hook;          /* see service.h; NULL: none */
    const char *allow_origins;       /* "https://shop.example, https://..." whose pages may use the API; NULL: none */
    bool require_key;                /* no anonymous shoppers */
    bool trust_proxy;                /* the shopper's address is the last of X-Forwarded-For */
    bool secure_cookies;             /* cookies for https alone */
    bool public_feeds;
    double rate_per_s;               /* of one key, cookie or address; 0: no limit */
    size_t rate_burst;
    size_t queue_max;                /* requests that wait for a lane; more get 503 */
    size_t connections_max;
    uint32_t deadline_ms;            /* a request that waited longer gets 503, one that works longer is stopped */
    uint32_t drain_ms;               /* after SIGTERM, for what is under way */
    uint32_t head_ms, body_ms, idle_ms, write_ms;   /* see http.h */
    size_t stream_unsent_max;
    /* Told once it accepts requests. */
    void (*ready)(void *context, uint16_t port, uint16_t admin_port);
    void *context;
};
void server_options_default(struct server_options *o);
/* Until SIGTERM or SIGINT; SIGHUP opens shop, model and log anew. ERR_NOT_FOUND, ERR_USAGE, ... say why it cannot start. */
status server_run(const struct server_options *o);

/* ---- keys, for `daogou keys` ------------------------------------------------------------------------------------------ */

enum scope { SCOPE_NONE, SCOPE_SHOPPER, SCOPE_MERCHANT, SCOPE_ADMIN, SCOPES };
const char *scope_name(enum scope s);                     /* "none", "shopper", "merchant", "admin" */
bool scope_from_name(const char *name, enum scope *out);  /* not "none" */

enum { KEY_ID_MAX = 16, KEY_TOKEN_MAX = 64, KEY_LABEL_MAX = 100 };
struct key { char id[KEY_ID_MAX]; enum scope scope; char label[KEY_LABEL_MAX + 1]; int64_t created_ms, revoked_ms /* 0: in force */; };
status server_migrate(struct store *s);
/* A fresh key; its token is told once and kept only as a hash. */
status key_add(struct store *s, enum scope scope, const char *label, struct key *out, char token[KEY_TOKEN_MAX]);
status key_revoke(struct store *s, const char *id);       /* ERR_NOT_FOUND */
status keys_each(struct store *s, status (*visit)(void *context, const struct key *k), void *context);
/* ERR_NOT_FOUND: no such key, or it was revoked. */
status key_find(struct store *s, const char *token, struct key *out);
status key_in_force(struct store *s, const char *id, struct key *out);

#endif
