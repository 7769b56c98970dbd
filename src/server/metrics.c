/* Counters and histograms, as Prometheus reads them. The loop counts requests; stages come from any thread. */
#include "server_int.h"

#include <string.h>
#include <unistd.h>

static const double BOUNDS[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
enum { N_BOUNDS = sizeof BOUNDS / sizeof BOUNDS[0], ROUTES_MAX = 128, CODES = 6, STAGES_MAX = 16 };
struct histogram { uint64_t counts[N_BOUNDS + 1], n; double sum; };
struct stage { char name[24]; struct histogram h; };

struct metrics {
    uint64_t codes[ROUTES_MAX][CODES], limited, gone, refused[LANES];
    struct histogram routes[ROUTES_MAX];
    pthread_mutex_t lock;            /* of the stages */
    struct stage stages[STAGES_MAX];
    size_t n_stages;
};

status metrics_new(struct metrics **out)
{
    *out = mem_zalloc(1, sizeof **out);
    if (!*out) return fail_nomem("starting the server");
    pthread_mutex_init(&(*out)->lock, NULL);
    return OK;
}

void metrics_free(struct metrics *m)
{
    if (!m) return;
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

static void add(struct histogram *h, uint64_t ns)
{
    double s = (double)ns * 1e-9;
    size_t i = 0;
    while (i < N_BOUNDS && s > BOUNDS[i]) i++;
    h->counts[i]++;
    h->n++;
    h->sum += s;
}

void metrics_request(struct metrics *m, const struct route *r, int code, uint64_t ns)
{
    size_t i = r ? route_number(r) : ROUTES_MAX - 1, k = code >= 100 && code < 600 ? (size_t)code / 100 : 0;
    if (i >= ROUTES_MAX) i = ROUTES_MAX - 1;
    m->codes[i][k]++;
    add(&m->routes[i], ns);
}

void metrics_stage(struct metrics *m, const char *name, uint64_t ns)
{
    pthread_mutex_lock(&m->lock);
    size_t i = 0;
    while (i < m->n_stages && strcmp(m->stages[i].name, name) != 0) i++;
    if (i == m->n_stages && i < STAGES_MAX) snprintf(m->stages[m->n_stages++].name, sizeof m->stages[i].name, "%s", name);
    if (i < m->n_stages) add(&m->stages[i].h, ns);
    pthread_mutex_unlock(&m->lock);
}

void metrics_limited(struct metrics *m) { m->limited++; }
void metrics_refused(struct metrics *m, enum lane_id lane) { m->refused[lane]++; }
void metrics_gone(struct metrics *m) { m->gone++; }

/* ---- text --------------------------------------------------------------------------------------------------------------------- */

static void head(struct strbuf *b, const char *name, const char *type, const char *help)
{
    strbuf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct strbuf *b, const char *name, const char *type, const char *help, double value)
{
    head(b, name, type, help);
    strbuf_printf(b, "%s %.17g\n", name, value);
}

static void histogram_text(struct strbuf *b, const char *name, const char *labels, const struct histogram *h)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < N_BOUNDS; i++) strbuf_printf(b, "%s_bucket{%s,le=\"%g\"} %llu\n", name, labels, BOUNDS[i], (unsigned long long)(sum += h->counts[i]));
    strbuf_printf(b, "%s_bucket{%s,le=\"+Inf\"} %llu\n%s_sum{%s} %.9g\n%s_count{%s} %llu\n", name, labels, (unsigned long long)h->n, name, labels, h->sum, name, labels,
                  (unsigned long long)h->n);
}

static void route_labels(size_t i, char *out, size_t n)
{
    const struct route *r = i < route_count() ? route_at(i) : NULL;
    snprintf(out, n, "method=\"%s\",route=\"%s\"", r ? r->method : "", r ? r->pattern : "none");
}

static void requests_text(struct metrics *m, struct strbuf *b)
{
    char labels[160];
    head(b, "daogou_requests_total", "counter", "Requests by route and class of status.");
    for (size_t i = 0; i < ROUTES_MAX; i++)
        for (size_t k = 0; k < CODES; k++) {
            route_labels(i, labels, sizeof labels);
            if (m->codes[i][k]) strbuf_printf(b, "daogou_requests_total{%s,code=\"%zuxx\"} %llu\n", labels, k, (unsigned long long)m->codes[i][k]);
        }
    head(b, "daogou_request_seconds", "histogram", "Time from the request's header to the end of its answer.");
    for (size_t i = 0; i < ROUTES_MAX; i++) {
        route_labels(i, labels, sizeof labels);
        if (m->routes[i].n) histogram_text(b, "daogou_request_seconds", labels, &m->routes[i]);
    }
}

static void stages_text(struct metrics *m, struct strbuf *b)
{
    char labels[64];
    pthread_mutex_lock(&m->lock);
    head(b, "daogou_stage_seconds", "histogram", "Time of the stages of matching, writing and dialogue turns.");
    for (size_t i = 0; i < m->n_stages; i++) {
        snprintf(labels, sizeof labels, "stage=\"%s\"", m->stages[i].name);
        histogram_text(b, "daogou_stage_seconds", labels, &m->stages[i].h);
    }
    pthread_mutex_unlock(&m->lock);
}

static double resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*s %ld", &pages) != 1) pages = 0;
    if (f) fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void metrics_text(struct server *s, struct strbuf *b)
{
    struct metrics *m = s->metrics;
    requests_text(m, b);
    stages_text(m, b);
    head(b, "daogou_queue_depth", "gauge", "Requests that wait for a lane.");
    for (enum lane_id l = LANE_MODEL; l < LANES; l++) strbuf_printf(b, "daogou_queue_depth{lane=\"%s\"} %zu\n", lane_name(l), lane_depth(&s->lanes[l]));
    head(b, "daogou_queue_refused_total", "counter", "Requests refused because a lane's queue was full.");
    for (enum lane_id l = LANE_MODEL; l < LANES; l++) strbuf_printf(b, "daogou_queue_refused_total{lane=\"%s\"} %llu\n", lane_name(l), (unsigned long long)m->refused[l]);
    one(b, "daogou_connections", "gauge", "Open connections.", (double)http_connections(s->http));
    one(b, "daogou_streams", "gauge", "Event streams kept, running or resumable.", (double)streams_open(s));
    one(b, "daogou_rate_limited_total", "counter", "Requests refused by the rate limit.", (double)m->limited);
    one(b, "daogou_gone_total", "counter", "Answers that the other side did not wait for.", (double)m->gone);
    one(b, "daogou_reloads_total", "counter", "Times that index and model were swapped.", (double)atomic_load(&s->reloads));
    one(b, "daogou_ready", "gauge", "1 when the shop is open and has products.", atomic_load(&s->ready));
    one(b, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    one(b, "daogou_uptime_seconds", "gauge", "Since the start.", (double)(clock_ns() - s->started_ns) * 1e-9);
}

/* ---- for reports ---------------------------------------------------------------------------------------------------------------- */

/* The bound below which a share of the values lies, in ms. */
static double quantile(const struct histogram *h, double share)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < N_BOUNDS; i++)
        if ((double)(sum += h->counts[i]) >= share * (double)h->n) return BOUNDS[i] * 1e3;
    return BOUNDS[N_BOUNDS - 1] * 1e3;
}

json_t *metrics_latency(struct metrics *m)
{
    json_t *all = json_array();
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->n_stages; i++) {
        const struct histogram *h = &m->stages[i].h;
        json_array_append_new(all, json_pack("{s:s, s:f, s:f, s:I}", "stage", m->stages[i].name, "p50", quantile(h, 0.5), "p95", quantile(h, 0.95), "n", (json_int_t)h->n));
    }
    pthread_mutex_unlock(&m->lock);
    return all;
}
