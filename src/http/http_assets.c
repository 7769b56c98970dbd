/* Static assets, kept in the program: entity tags, and a compressed form for those who take it. */
#include "http_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "gzip;q=0.5": the weight of one entry; 1 when none is given. */
static double weight(const char *parameters, size_t n)
{
    for (size_t i = 0; i + 2 < n; i++)
        if ((parameters[i] == 'q' || parameters[i] == 'Q') && parameters[i + 1] == '=') return strtod(parameters + i + 2, NULL);
    return 1;
}

bool http_accepts_gzip(const char *s)
{
    double gzip = -1, any = 0;
    while (s && *s) {
        s += strspn(s, " \t,");
        size_t n = strcspn(s, ","), name = strcspn(s, " \t;,");
        if (name == 4 && strncasecmp(s, "gzip", 4) == 0) gzip = weight(s + name, n - name);
        if (name == 1 && *s == '*') any = weight(s + name, n - name);
        s += n;
    }
    return (gzip < 0 ? any : gzip) > 0;
}

/* If-None-Match: "a", W/"b", or *. Compared weakly (RFC 9110, section 13.1.2); the two forms of an asset are one in this. */
static bool has_tag(const char *header, const char *etag)
{
    size_t length = strlen(etag);
    for (const char *p = header; p && *p;) {
        p += strspn(p, " \t,");
        if (*p == '*') return true;
        if (strncmp(p, "W/", 2) == 0) p += 2;
        if (*p != '"') return false;
        size_t n = strcspn(++p, "\"");
        if ((n == length || (n == length + 3 && strncmp(p + length, "-gz", 3) == 0)) && strncmp(p, etag, length) == 0) return true;
        p += n + (p[n] == '"');
    }
    return false;
}

void http_respond_asset(struct http_exchange *x, const struct http_asset *a, const char *cache_control)
{
    bool gzip = a->gzip && http_accepts_gzip(http_header(http_request_of(x), "Accept-Encoding"));
    char tag[160];
    snprintf(tag, sizeof tag, "\"%s%s\"", a->etag, gzip ? "-gz" : "");
    http_add_header(x, "ETag", tag);
    if (cache_control) http_add_header(x, "Cache-Control", cache_control);
    if (a->gzip) http_add_header(x, "Vary", "Accept-Encoding");
    if (has_tag(http_header(http_request_of(x), "If-None-Match"), a->etag)) {
        http_respond(x, 304, NULL, NULL, 0);
        return;
    }
    if (gzip) http_add_header(x, "Content-Encoding", "gzip");
    http_respond(x, 200, a->type, gzip ? a->gzip : a->data, gzip ? a->n_gzip : a->n);
}
