/* Imports as jobs: the catalogue changes in one transaction, then the index is built aside and taken over. */
#include "server_int.h"

#include <string.h>
#include <unistd.h>

enum { JOBS_KEPT = 64, JOB_ERRORS_MAX = 200, JOB_EVENT_NS = 200000000, ERRORS_FILE_MAX = 64 << 20 };
enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED };
struct job {
    char id[JOB_ID_HEX + 1], stage[24], message[STATUS_MESSAGE_MAX];
    enum job_state state;
    uint64_t done, total;
    struct import_result result;
    json_t *errors;                  /* [{"line","field","message"}] */
};
struct jobs { pthread_mutex_t lock; struct job list[JOBS_KEPT]; size_t next; };

struct importing {
    struct task task;
    struct server *server;
    struct job *job;
    struct stream *stream;
    char *path;
    enum feed_format format;
    enum feed_layout layout;
    char who[OWNER_MAX], request[REQUEST_ID_MAX + 1];
    uint64_t told_ns;
};

status jobs_new(struct jobs **out)
{
    *out = mem_zalloc(1, sizeof **out);
    if (!*out) return fail_nomem("starting the server");
    pthread_mutex_init(&(*out)->lock, NULL);
    return OK;
}

void jobs_free(struct jobs *j)
{
    if (!j) return;
    for (size_t i = 0; i < JOBS_KEPT; i++) json_decref(j->list[i].errors);
    pthread_mutex_destroy(&j->lock);
    mem_free(j);
}

/* ---- as JSON ---------------------------------------------------------------------------------------------------------------------- */

static json_t *to_json(const struct job *j)
{
    static const char *const states[] = {"queued", "running", "done", "failed"};
    const struct import_result *r = &j->result;
    json_t *result = j->state == JOB_DONE ? json_pack("{s:I, s:I, s:I, s:I, s:I}", "read", (json_int_t)r->read, "added", (json_int_t)r->added, "updated", (json_int_t)r->updated, "unchanged",
                                                      (json_int_t)r->unchanged, "rejected", (json_int_t)r->rejected)
                                          : json_null();
    json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "id", j->id, "state", states[j->state], "stage", j->stage, "done", (json_int_t)j->done, "total", (json_int_t)j->total,
                          "result", result, "errors", j->errors ? json_deep_copy(j->errors) : json_array());
    if (o) json_object_set_new(o, "format", r->layout == LAYOUT_ANY ? json_null() : json_string(feed_name(r->format, r->layout)));
    if (o && j->state == JOB_FAILED) json_object_set_new(o, "message", json_string(j->message));
    return o;
}

json_t *job_json(struct jobs *jobs, const char *id)
{
    json_t *o = NULL;
    pthread_mutex_lock(&jobs->lock);
    for (size_t i = 0; i < JOBS_KEPT && !o; i++)
        if (*jobs->list[i].id && strcmp(jobs->list[i].id, id) == 0) o = to_json(&jobs->list[i]);
    pthread_mutex_unlock(&jobs->lock);
    return o;
}

/* ---- what was rejected ------------------------------------------------------------------------------------------------------------- */

static json_t *error_entry(const char *line, size_t n)
{
    json_t *o = json_loadb(line, n, 0, NULL), *reason = json_object_get(o, "reason"), *number = json_object_get(o, "line"), *out = NULL;
    if (reason && number) out = json_pack("{s:O, s:n, s:O}", "line", number, "field", "message", reason);
    json_decref(o);
    return out;
}

static json_t *read_errors(const char *path)
{
    char *text;
    size_t n;
    json_t *all = json_array();
    if (file_read(path, ERRORS_FILE_MAX, &text, &n) != OK) return all;
    for (char *p = text; p < text + n && json_array_size(all) < JOB_ERRORS_MAX;) {
        char *end = memchr(p, '\n', (size_t)(text + n - p));
        size_t length = end ? (size_t)(end - p) : (size_t)(text + n - p);
        json_t *e = error_entry(p, length);
        if (e) json_array_append_new(all, e);
        p += length + 1;
    }
    mem_free(text);
    return all;
}

/* ---- at work (write lane) ------------------------------------------------------------------------------------------------------------ */

static void tell(struct importing *m, bool always)
{
    uint64_t now = clock_ns();
    if (!m->stream || (!always && now - m->told_ns < JOB_EVENT_NS)) return;
    m->told_ns = now;
    stream_event(m->stream, "job", job_json(m->server->jobs, m->job->id));
}

static void set_state(struct importing *m, enum job_state state, const char *stage)
{
    pthread_mutex_lock(&m->server->jobs->lock);
    m->job->state = state;
    snprintf(m->job->stage, sizeof m->job->stage, "%s", stage);
    pthread_mutex_unlock(&m->server->jobs->lock);
    tell(m, true);
}

static void on_progress(void *context, const struct progress_event *e)
{
    struct importing *m = context;
    pthread_mutex_lock(&m->server->jobs->lock);
    snprintf(m->job->stage, sizeof m->job->stage, "%s", e->stage);
    m->job->done = e->done;
    m->job->total = e->total;
    pthread_mutex_unlock(&m->server->jobs->lock);
    tell(m, false);
}

static bool is_cancelled(void *context)
{
    struct importing *m = context;
    return atomic_load(&m->server->stopping);
}

static status import(struct importing *m, struct import_result *r, const char *errors)
{
    const struct import_options o = {.format = m->format, .layout = m->layout, .errors_path = errors, .default_currency = ""};
    const struct progress progress = {m, on_progress, is_cancelled};
    TRY(catalogue_import(m->server->writer.catalogue, m->path, &o, r, &progress));
    TRY(audit_add(m->server->writer.store, m->who, "import", m->job->id, m->request));
    set_state(m, JOB_RUNNING, "index");
    return r->added || r->updated || atomic_load(&m->server->ready) == false ? reload_now(m->server) : OK;
}

/* The name of the file that came in means nothing to whoever sent it. */
static void keep_message(struct importing *m, const char *message)
{
    size_t n = strlen(m->path);
    const char *at = strstr(message, m->path), *rest = at ? at + n : message;
    while (at && *rest && strchr("': ", *rest)) rest++;
    snprintf(m->job->message, sizeof m->job->message, "%s", *rest ? rest : message);
}

static void finish(struct importing *m, status s, const char *why, const struct import_result *r, json_t *errors)
{
    pthread_mutex_lock(&m->server->jobs->lock);
    m->job->result = *r;
    m->job->errors = errors;
    if (s != OK) keep_message(m, why);
    pthread_mutex_unlock(&m->server->jobs->lock);
    set_state(m, s == OK ? JOB_DONE : JOB_FAILED, s == OK ? "done" : "failed");
    if (m->stream) stream_finish(m->stream);
}

static void importing_free(struct importing *m)
{
    if (m->path) unlink(m->path);
    mem_free(m->path);
    mem_free(m);
}

static void run(struct lane *l, void *context)
{
    struct importing *m = context;
    struct import_result r = {0};
    struct strbuf errors = {0};
    (void)l;
    strbuf_printf(&errors, "%s.errors", m->path);
    set_state(m, JOB_RUNNING, "read");
    status s = strbuf_status(&errors);
    if (s == OK) s = import(m, &r, errors.data);
    char why[STATUS_MESSAGE_MAX];
    snprintf(why, sizeof why, "%s", s == OK ? "" : status_message());   /* reading the errors may leave a message of its own */
    finish(m, s, why, &r, read_errors(strbuf_str(&errors)));
    unlink(strbuf_str(&errors));
    strbuf_release(&errors);
    importing_free(m);
}

/* ---- beginning -------------------------------------------------------------------------------------------------------------------------- */

/* A place in the ring: the oldest that is over. */
static struct job *new_job(struct jobs *jobs)
{
    struct job *found = NULL;
    pthread_mutex_lock(&jobs->lock);
    for (size_t i = 0; i < JOBS_KEPT && !found; i++) {
        struct job *j = &jobs->list[jobs->next];
        jobs->next = (jobs->next + 1) % JOBS_KEPT;
        if (!*j->id || j->state >= JOB_DONE) found = j;
    }
    if (found) {
        json_decref(found->errors);
        *found = (struct job){.stage = "queued"};
        random_hex(found->id, JOB_ID_HEX / 2);
    }
    pthread_mutex_unlock(&jobs->lock);
    return found;
}

status job_import(struct server *s, const char *path, const struct import_options *o, const char *who, const char *request, char id[JOB_ID_HEX + 1])
{
    struct importing *m = mem_zalloc(1, sizeof *m);
    if (m) m->path = mem_strndup(path, strlen(path));
    struct job *j = m && m->path ? new_job(s->jobs) : NULL;
    if (!j) {
        if (m) importing_free(m);
        return fail(ERR_LIMIT, "%d imports wait already; try again later", JOBS_KEPT);
    }
    char name[DIALOGUE_ID_MAX];
    snprintf(name, sizeof name, "job:%s", j->id);
    m->server = s;
    m->job = j;
    m->format = o->format;
    m->layout = o->layout;
    m->stream = stream_new(s, name, "", NULL);
    snprintf(m->who, sizeof m->who, "%s", who);
    snprintf(m->request, sizeof m->request, "%s", request);
    memcpy(id, j->id, sizeof j->id);
    m->task = (struct task){.run = run, .context = m};
    lane_push(&s->lanes[LANE_WRITE], &m->task, true);
    return OK;
}
