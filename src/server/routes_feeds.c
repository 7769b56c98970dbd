/* Feeds out over HTTP, and the pictures of products. */
#include "pictures/pictures.h"
#include "server_int.h"

#include <string.h>

/* ---- feeds ---- */

enum { FEED_BYTES_MAX = 512 << 20 };

static status append(void *context, const void *data, size_t n)
{
    struct call *c = context;
    FAIL_IF(c->body.len + n > FEED_BYTES_MAX, ERR_LIMIT, "a feed of more than %d MiB; use daogou export", (int)(FEED_BYTES_MAX >> 20));
    strbuf_add(&c->body, data, n);
    FAIL_IF(call_cancelled(c), ERR_INTERRUPTED, "the other side left");
    return strbuf_status(&c->body);
}

static status feed(struct call *c)
{
    static const struct { const char *name, *type; enum export_format format; } feeds[] = {
        {"google.tsv", "text/tab-separated-values; charset=utf-8", EXPORT_GOOGLE_TSV},
        {"google.xml", "application/xml; charset=utf-8", EXPORT_GOOGLE_XML},
        {"acp.jsonl", "application/x-ndjson; charset=utf-8", EXPORT_ACP},
    };
    const char *host = c->request.host;
    if (!c->server->options.public_feeds && c->caller.scope < SCOPE_MERCHANT) {
        call_header(c, "WWW-Authenticate", "Bearer");
        return call_error(c, 401, "unauthorized", NULL, "feeds need a merchant's key; 'daogou serve --public-feeds' opens them");
    }
    for (size_t i = 0; i < sizeof feeds / sizeof feeds[0]; i++) {
        if (strcmp(c->arguments[0], feeds[i].name) != 0) continue;
        const char *link = arena_printf(c->request.arena, "%s://%.250s/", c->server->options.secure_cookies ? "https" : "http", host ? host : "localhost");
        const struct export_options o = {.format = feeds[i].format, .title = c->server->options.title ? c->server->options.title : "daogou", .link = link};
        strbuf_clear(&c->body);
        TRY(catalogue_export(c->server->reader.catalogue, &o, append, c, NULL));
        c->code = 200;
        c->type = feeds[i].type;
        return OK;
    }
    return call_error(c, 404, "not_found", NULL, "there are /feeds/google.tsv, /feeds/google.xml and /feeds/acp.jsonl");
}

/* ---- pictures ---- */

static status picture(struct call *c)
{
    const char *size = http_query(&c->request, "size"), *known = http_header(&c->request, "If-None-Match");
    struct picture p;
    if (size && strcmp(size, "160") != 0 && strcmp(size, "480") != 0) {
        snprintf(c->error_field, sizeof c->error_field, "size");
        return fail(ERR_USAGE, "'size' must be 160 or 480");
    }
    TRY(pictures_find(c->server->pictures, c->arguments[0], size && strcmp(size, "160") == 0 ? PICTURE_SMALL : PICTURE_LARGE, &p));
    call_header(c, "ETag", "\"%s\"", p.etag);
    call_header(c, "Cache-Control", "public, max-age=300");
    call_header(c, "Cross-Origin-Resource-Policy", "cross-origin");   /* the widget shows them in the shop's own pages */
    if (strcmp(p.type, "image/svg+xml") == 0) call_header(c, "Content-Security-Policy", "%s", PICTURE_SVG_POLICY);
    bool same = known && strstr(known, p.etag);
    status s = same ? call_text(c, 304, NULL, "", 0) : call_text(c, 200, p.type, p.bytes, p.n);
    picture_release(&p);
    return s;
}

const struct route routes_feeds[] = {
    {"GET", "/feeds/{name}", SCOPE_NONE, LANE_READ, feed, 0, 0},
    {"GET", "/v1/products/{id}/picture", SCOPE_SHOPPER, LANE_READ, picture, 0, 0},
    {0},
};
