/* Pictures from the network: only when asked, only from public addresses, with a limit on everything. */
#include <curl/curl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "pictures_int.h"

enum { REDIRECTS_MAX = 3, CONNECT_MS = 5000, TIMEOUT_MS = 20000 };

struct fetch {
    struct pictures *pictures;
    const struct pictures_fetch_options *options;
    struct pictures_report *report;
    const struct progress *progress;
    CURL *curl;
    struct strbuf body;
    size_t bytes_max;
    bool refused_address, too_large;
    uint64_t done, total;
    struct arena wanted;             /* key, address, ... of the products: the catalogue is not walked while the network is waited for */
    struct want *first, **tail;
};
struct want {
    const char *key, *address;
    struct want *next;
};

/* The address that is really connected to, after names and redirects: a name that changes its mind is seen here. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct fetch *f = context;
    (void)purpose;
    if (!f->options->allow_private && !address_is_public(&a->addr)) {
        f->refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t take(char *data, size_t size, size_t n, void *context)
{
    struct fetch *f = context;
    if (f->body.len + size * n > f->bytes_max) return f->too_large = true, 0;
    strbuf_add(&f->body, data, size * n);
    return f->body.failed ? 0 : size * n;
}

static int go_on(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct fetch *f = context;
    (void)a, (void)b, (void)c, (void)d;
    return f->progress && f->progress->cancelled && f->progress->cancelled(f->progress->context);
}

static void prepare(struct fetch *f, const char *address, char reason[CURL_ERROR_SIZE])
{
    curl_easy_reset(f->curl);
    curl_easy_setopt(f->curl, CURLOPT_URL, address);
    curl_easy_setopt(f->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(f->curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(f->curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(f->curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    curl_easy_setopt(f->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(f->curl, CURLOPT_TIMEOUT_MS, f->options->timeout_ms > 0 ? f->options->timeout_ms : (long)TIMEOUT_MS);
    curl_easy_setopt(f->curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)f->bytes_max);
    curl_easy_setopt(f->curl, CURLOPT_PROXY, "");   /* through one, the address seen would be the proxy's */
    curl_easy_setopt(f->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(f->curl, CURLOPT_USERAGENT, "daogou");
    curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(f->curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(f->curl, CURLOPT_OPENSOCKETDATA, f);
    curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(f->curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(f->curl, CURLOPT_XFERINFOFUNCTION, go_on);
    curl_easy_setopt(f->curl, CURLOPT_XFERINFODATA, f);
    curl_easy_setopt(f->curl, CURLOPT_ERRORBUFFER, reason);
}

static status get(struct fetch *f, const char *address)
{
    char reason[CURL_ERROR_SIZE] = "";
    long code = 0;
    strbuf_clear(&f->body);
    f->refused_address = f->too_large = false;
    prepare(f, address, reason);
    CURLcode done = curl_easy_perform(f->curl);
    if (done == CURLE_ABORTED_BY_CALLBACK) return fail_interrupted("fetching pictures");
    if (f->body.failed) return fail_nomem("fetching a picture");
    FAIL_IF(f->refused_address, ERR_USAGE, "an address of a private network; --allow-private fetches from there too");
    FAIL_IF(f->too_large || done == CURLE_FILESIZE_EXCEEDED, ERR_LIMIT, "more than %zu bytes", f->bytes_max);
    FAIL_IF(done != CURLE_OK, ERR_IO, "%.150s", *reason ? reason : curl_easy_strerror(done));
    curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &code);
    return code == 200 ? OK : fail(ERR_IO, "the server answered %ld", code);
}

static status fetch_one(struct fetch *f, const struct want *w)
{
    bool added = false;
    f->report->seen++;
    status s = get(f, w->address);
    if (s == OK) s = pictures_keep(f->pictures, w->key, w->address, (const uint8_t *)strbuf_str(&f->body), f->body.len, false, &added);
    if (s == ERR_INTERRUPTED || s == ERR_NOMEM) return s;
    if (s != OK) report_refused(f->report, w->address);
    else if (added) f->report->added++;
    else f->report->unchanged++;
    return OK;
}

static bool is_address(const char *s)
{
    return strncasecmp(s, "http://", 7) == 0 || strncasecmp(s, "https://", 8) == 0;
}

static status note_wanted(void *context, const struct product *p)
{
    struct fetch *f = context;
    if (!is_address(p->image)) return OK;
    struct want *w = arena_zalloc(&f->wanted, 1, sizeof *w);
    if (!w || !(w->key = arena_printf(&f->wanted, "p%s", p->id)) || !(w->address = arena_strdup(&f->wanted, p->image))) return fail_nomem("fetching pictures");
    *f->tail = w;
    f->tail = &w->next;
    f->total++;
    return OK;
}

static status fetch_all(struct fetch *f)
{
    struct strbuf source = {0};
    status s = catalogue_each(f->pictures->catalogue, note_wanted, f);
    for (const struct want *w = f->first; s == OK && w; w = w->next, f->done++) {
        if (!progress_report(f->progress, "pictures", f->done, f->total, w->address)) s = fail_interrupted("fetching pictures");
        if (s == OK) s = pictures_source(f->pictures, w->key, &source);
        if (s == OK && strcmp(strbuf_str(&source), w->address) == 0) f->report->seen++, f->report->unchanged++;
        else if (s == OK) s = fetch_one(f, w);
    }
    strbuf_release(&source);
    return s;
}

status pictures_fetch(struct pictures *p, const struct pictures_fetch_options *o, struct pictures_report *r, const struct progress *progress)
{
    struct fetch f = {.pictures = p, .options = o, .report = r, .progress = progress, .bytes_max = o->bytes_max ? o->bytes_max : PICTURE_BYTES_MAX};
    *r = (struct pictures_report){0};
    arena_init(&f.wanted, 0);
    f.tail = &f.first;
    f.curl = curl_easy_init();
    status s = f.curl ? fetch_all(&f) : fail_nomem("fetching pictures");
    curl_easy_cleanup(f.curl);
    strbuf_release(&f.body);
    arena_release(&f.wanted);
    return s;
}
