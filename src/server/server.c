/* Opening, running, ending. */
#include "pictures/pictures.h"
#include "protocol_int.h"

#include <signal.h>
#include <string.h>

void server_options_default(struct server_options *o)
{
    *o = (struct server_options){.listen = "127.0.0.1:8080", .admin_listen = "127.0.0.1:8081", .rate_per_s = 20, .rate_burst = 60, .queue_max = 64, .connections_max = 1024,
                                 .deadline_ms = 30000, .drain_ms = 15000, .head_ms = 10000, .body_ms = 60000, .idle_ms = 60000, .write_ms = 30000, .stream_unsent_max = 1 << 20};
}

void server_note(const struct server *s, const char *format, ...)
{
    char text[STATUS_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (s->options.shop.note) s->options.shop.note(s->options.shop.context, text);
}

/* ---- opening ------------------------------------------------------------------------------------------------------------------------- */

/* The tables are the writer's to make, what is found the reader's. */
static status open_pictures(struct server *s, struct shop *shop, struct pictures **out)
{
    struct strbuf folder = {0};
    strbuf_printf(&folder, "%s.pictures", s->options.shop.db);
    status r = strbuf_status(&folder);
    if (r == OK) r = pictures_open(shop->store, shop->catalogue, folder.data, out);
    strbuf_release(&folder);
    return r;
}

static status make_picture_tables(struct server *s)
{
    struct pictures *p = NULL;
    status r = open_pictures(s, &s->writer, &p);
    pictures_close(p);
    return r;
}

/* The one read-write connection; it makes every table, so that the others, which only read, find them. */
static status open_writer(struct server *s)
{
    shop_init(&s->writer, &s->options.shop);
    TRY(shop_open_text(&s->writer));
    TRY(shop_open_catalogue(&s->writer, STORE_READ_WRITE));
    TRY(dialogues_migrate(s->writer.store));
    TRY(server_migrate(s->writer.store));
    TRY(make_picture_tables(s));
    return documents_open(s->writer.store, &s->documents);
}

static status open_readers(struct server *s)
{
    shop_init(&s->reader, &s->options.shop);
    TRY(shop_open_text(&s->reader));
    TRY(shop_open_catalogue(&s->reader, STORE_READ_ONLY));
    TRY(open_pictures(s, &s->reader, &s->pictures));
    return store_open(s->options.shop.db, STORE_READ_ONLY, &s->keys);
}

static status open_desk(struct server *s)
{
    s->talks = mem_zalloc(TALKS_MAX, sizeof *s->talks);
    if (!s->talks) return fail_nomem("starting the server");
    TRY(desk_open(s, &s->desk));
    memcpy(s->currency, s->desk->currency, sizeof s->currency);
    atomic_store(&s->ready, !s->desk->empty);
    if (s->desk->empty) server_note(s, "note: %s", s->desk->why);
    return OK;
}

static status open_http(struct server *s)
{
    const struct server_options *o = &s->options;
    struct http_options h;
    http_options_default(&h);
    h.connections_max = o->connections_max;
    h.stream_unsent_max = o->stream_unsent_max;
    h.head_ms = o->head_ms;
    h.body_ms = o->body_ms;
    h.idle_ms = o->idle_ms;
    h.write_ms = o->write_ms;
    h.context = s;
    h.head = call_on_head;
    h.request = call_on_request;
    h.fault = call_on_fault;
    h.done = call_on_done;
    return http_server_new(&h, &s->http);
}

static status open_parts(struct server *s)
{
    const struct server_options *o = &s->options;
    TRY(metrics_new(&s->metrics));
    TRY(jobs_new(&s->jobs));
    if (!o->access_log || *o->access_log) TRY(access_log_new(o->access_log, &s->log));
    TRY(open_writer(s));
    TRY(secret_open(s));
    TRY(open_readers(s));
    if (o->rate_per_s > 0) TRY(limits_new(o->rate_per_s, o->rate_burst, &s->limits));
    TRY(open_desk(s));
    TRY(open_http(s));
    for (enum lane_id l = LANE_MODEL; l < LANES; l++) TRY(lane_start(&s->lanes[l], s, l, o->queue_max));
    return OK;
}

/* ---- signals and the clock -------------------------------------------------------------------------------------------------------------- */

static void on_end(void *context)
{
    struct server *s = context;
    if (http_draining(s->http)) {   /* told twice: at once */
        http_stop(s->http);
        return;
    }
    systemd_stopping();
    server_note(s, "ending: no new connections, what is under way is finished");
    http_drain(s->http, s->options.drain_ms);
}

static void on_hangup(void *context)
{
    struct server *s = context;
    if (s->log && access_log_reopen(s->log) != OK) server_note(s, "%s", status_message());
    systemd_reloading(s);
    reload_request(s);
}

static void on_second(void *context)
{
    streams_tick(context);
}

static void on_flush(void *context)
{
    struct server *s = context;
    if (s->log) access_log_flush(s->log);
}

static status listen_and_run(struct server *s)
{
    const struct server_options *o = &s->options;
    uint16_t port = 0, admin_port = 0;
    TRY(http_listen(s->http, o->listen, LISTENER_PUBLIC, &port));
    if (o->admin_listen) TRY(http_listen(s->http, o->admin_listen, LISTENER_ADMIN, &admin_port));
    TRY(http_on_signal(s->http, SIGTERM, on_end, s));
    TRY(http_on_signal(s->http, SIGINT, on_end, s));
    TRY(http_on_signal(s->http, SIGHUP, on_hangup, s));
    TRY(http_every(s->http, 1000, on_second, s));
    TRY(http_every(s->http, 250, on_flush, s));
    TRY(systemd_watch(s));
    if (o->ready) o->ready(o->context, port, admin_port);
    systemd_ready();
    return http_run(s->http);
}

/* ---- ending ------------------------------------------------------------------------------------------------------------------------------ */

/* Lanes hand work to each other, also to one that has ended: that is done here. What all of them handed to the loop runs when that is freed. */
static void stop_lanes(struct server *s)
{
    for (enum lane_id l = LANE_MODEL; l < LANES; l++) lane_stop(&s->lanes[l]);
    for (bool any = true; any;) {
        any = false;
        for (enum lane_id l = LANE_MODEL; l < LANES; l++) any = lane_run_rest(&s->lanes[l]) || any;
    }
    for (enum lane_id l = LANE_MODEL; l < LANES; l++) lane_release(&s->lanes[l]);
}

static void release(struct server *s)
{
    atomic_store(&s->stopping, true);
    stop_lanes(s);
    http_server_free(s->http);
    streams_release(s);
    talks_release(s);
    desk_free(s->desk);
    documents_close(s->documents);
    store_close(s->keys);
    mcp_sessions_free(s->mcp);
    openai_states_free(s->openai);
    categories_free(s->categories);
    pictures_close(s->pictures);
    shop_release(&s->reader);
    shop_release(&s->writer);
    limits_free(s->limits);
    access_log_free(s->log);
    metrics_free(s->metrics);
    jobs_free(s->jobs);
}

status server_run(const struct server_options *o)
{
    struct server *s = mem_zalloc(1, sizeof *s);
    if (!s) return fail_nomem("starting the server");
    s->options = *o;
    s->started_ns = clock_ns();
    status r = open_parts(s);
    if (r == OK) r = listen_and_run(s);
    release(s);
    mem_free(s);
    return r;
}
