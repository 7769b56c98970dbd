/* Catalogues in, and the shop opened anew. */
#include "server_int.h"

#include <string.h>
#include <unistd.h>

static status read_format(struct call *c, struct import_options *o)
{
    const char *name = http_query(&c->request, "format");
    *o = (struct import_options){.format = FEED_AUTO, .default_currency = ""};
    status s = name ? feed_from_name(name, &o->format, &o->layout) : OK;
    if (s != OK) snprintf(c->error_field, sizeof c->error_field, "format");
    return s;
}

static status import(struct call *c)
{
    struct import_options o;
    char *path, id[JOB_ID_HEX + 1];
    TRY(read_format(c, &o));
    FAIL_IF(!c->request.n_body, ERR_USAGE, "the body is empty; send the file");
    TRY(upload_write(c->server, "", c->request.body, c->request.n_body, &path));
    status s = job_import(c->server, path, &o, c->caller.owner, c->request_id, id);
    if (s != OK) unlink(path);
    mem_free(path);
    TRY(s);
    call_header(c, "Location", "/v1/jobs/%s", id);
    return call_json(c, 202, json_pack("{s:s}", "job", id));
}

static status show_job(struct call *c)
{
    json_t *o = job_json(c->server->jobs, c->arguments[0]);
    FAIL_IF(!o, ERR_NOT_FOUND, "there is no such job, or it is long over");
    return call_json(c, 200, o);
}

static status job_events(struct call *c)
{
    char name[DIALOGUE_ID_MAX];
    FAIL_IF(strlen(c->arguments[0]) > JOB_ID_HEX, ERR_NOT_FOUND, "there is no such job");
    snprintf(name, sizeof name, "job:%s", c->arguments[0]);
    return stream_resume(c, name, "");
}

/* After the swap, which was handed to this lane before. */
static status reloaded(struct call *c)
{
    return call_json(c, 200, json_pack("{s:I}", "reloads", (json_int_t)atomic_load(&c->server->reloads)));
}

static status reload(struct call *c)
{
    TRY(reload_now(c->server));
    TRY(audit(c, "reload", ""));
    return call_then(c, LANE_MODEL, reloaded);
}

const struct route routes_import[] = {
    {"POST", "/v1/import", SCOPE_MERCHANT, LANE_READ, import, ROUTE_ADMIN_LISTENER | ROUTE_ANY_BODY, IMPORT_BODY_MAX},
    {"GET", "/v1/jobs/{id}", SCOPE_MERCHANT, LANE_LOOP, show_job, ROUTE_ADMIN_LISTENER, 0},
    {"GET", "/v1/jobs/{id}/events", SCOPE_MERCHANT, LANE_LOOP, job_events, ROUTE_ADMIN_LISTENER, 0},
    {"POST", "/v1/reload", SCOPE_MERCHANT, LANE_WRITE, reload, ROUTE_ADMIN_LISTENER, 0},
    {0},
};
