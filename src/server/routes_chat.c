/* The dialogue: turns as event streams or whole, going on after a lost connection, the cart, erasing. */
#include "server_int.h"

#include <string.h>

/* ---- a turn ------------------------------------------------------------------------------------------------------------------------ */

struct turn_request {
    const char *text, *dialogue, *language, *field, *value;
    bool why, streams;
    json_t *root;
};

static status read_turn(struct call *c, struct turn_request *q)
{
    const json_t *choice = NULL;
    const struct field fields[] = {
        {"text", FIELD_TEXT, false, &q->text, 0, 16384}, {"dialogue", FIELD_TEXT, false, &q->dialogue, 1, DIALOGUE_ID_MAX - 1},
        {"language", FIELD_WORD, false, &q->language, .words = "zh|en"}, {"why", FIELD_BOOLEAN, false, &q->why}, {"choice", FIELD_OBJECT, false, &choice},
    };
    const struct field parts[] = {{"field", FIELD_TEXT, true, &q->field, 1, 300}, {"value", FIELD_TEXT, true, &q->value, 1, 300}};
    TRY(call_fields(c, fields, 5, &q->root));
    if (choice) TRY(object_fields(c, choice, "choice", parts, 2));
    if (!q->text && !choice) {
        snprintf(c->error_field, sizeof c->error_field, "text");
        return fail(ERR_USAGE, "field 'text' is missing");
    }
    q->streams = call_wants(c, "text/event-stream");
    return OK;
}

/* A button says what its label says. */
static status choice_text(struct call *c, const struct dialogue *d, struct turn_request *q)
{
    if (!q->field) return OK;
    const struct question *asked[] = {&d->open, &d->also};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < asked[k]->n_choices; i++) {
            if (strcmp(asked[k]->field, q->field) != 0 || strcmp(asked[k]->choices[i].value, q->value) != 0) continue;
            q->text = arena_strdup(c->request.arena, asked[k]->choices[i].label);   /* the turn ends the state that the label is of */
            return q->text ? OK : fail_nomem("answering");
        }
    if (q->text) return OK;
    snprintf(c->error_field, sizeof c->error_field, "choice");
    return fail(ERR_USAGE, "field 'choice' is none of the choices that are open now");
}

struct watcher { struct call *call; struct stream *stream; char stage[16]; uint64_t stage_ns; };

static void end_stage(struct watcher *w, const char *next)
{
    uint64_t now = clock_ns();
    char name[32];
    snprintf(name, sizeof name, "turn_%s", w->stage);
    if (*w->stage) metrics_stage(w->call->server->metrics, name, now - w->stage_ns);
    snprintf(w->stage, sizeof w->stage, "%s", next);
    w->stage_ns = now;
}

static void on_progress(void *context, const struct progress_event *e)
{
    struct watcher *w = context;
    if (strcmp(w->stage, e->stage) == 0) return;
    end_stage(w, e->stage);
    if (w->stream) stream_event(w->stream, "stage", json_pack("{s:s}", "name", e->stage));
}

static bool is_cancelled(void *context)
{
    struct watcher *w = context;
    return stream_stopped(w->stream, w->call);
}

static bool on_token(void *context, const char *bytes, size_t n)
{
    struct watcher *w = context;
    if (w->stream) stream_event(w->stream, "token", json_pack("{s:s#}", "text", bytes, (int)n));
    return true;
}

static status take_turn(struct call *c, struct talk *t, const struct turn_request *q, struct watcher *w, struct reply *r)
{
    struct guide *g;
    struct guide_options o = c->server->desk->guide;
    const struct progress progress = {w, on_progress, is_cancelled};
    const struct token_sink sink = {w, on_token};
    o.user = t->owner;
    o.progress = &progress;
    TRY(guide_new(&o, &g));
    if (q->language) t->dialogue.language = strcmp(q->language, "zh") == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
    status s = guide_turn(g, &t->dialogue, q->text, strlen(q->text), r, w->stream ? &sink : NULL);
    guide_free(g);
    end_stage(w, "");
    return s;
}

/* The reply as the shopper gets it: `why` is for staff, and for shoppers who ask for it. */
static json_t *reply_of(const struct talk *t, const struct reply *r, bool why)
{
    json_t *o = reply_json(r, t->dialogue.language, why);
    if (o) {
        json_object_set_new(o, "dialogue", json_string(t->dialogue.id));
        json_object_set_new(o, "turn", json_integer(t->dialogue.turn));
    }
    return o;
}

static status answer(struct call *c, struct talk *t, struct turn_request *q, struct watcher *w)
{
    struct reply r = {0};
    uint64_t start = clock_ns();
    TRY(choice_text(c, &t->dialogue, q));
    TRY(take_turn(c, t, q, w, &r));
    metrics_stage(c->server->metrics, "turn", clock_ns() - start);
    json_t *kept = reply_of(t, &r, false), *sent = reply_of(t, &r, q->why);
    int64_t fitting = json_object_get(r.why, "needs") ? (int64_t)r.n_fitting : -1;
    reply_release(&r);
    if (!kept || !sent) {
        json_decref(kept);
        json_decref(sent);
        return fail_nomem("answering");
    }
    talk_keep(c, t, q->text, kept, fitting);
    if (!w->stream) return call_json(c, 200, sent);
    stream_event(w->stream, "reply", sent);
    return OK;
}

/* What went wrong after the stream began is an event of it. */
static void tell_failure(struct call *c, struct stream *s, status r)
{
    const char *code = r == ERR_USAGE ? "invalid" : r == ERR_INTERRUPTED ? "deadline" : "failed";
    const char *message = r == ERR_USAGE ? status_message() : r == ERR_INTERRUPTED ? "this took too long and was stopped; say it again" : "the server failed; try again";
    if (r != ERR_USAGE && r != ERR_INTERRUPTED) server_note(c->server, "request %s: %s", c->request_id, status_message());
    stream_event(s, "error", json_pack("{s:{s:s, s:s, s:o}}", "error", "code", code, "message", message, "field", *c->error_field ? json_string(c->error_field) : json_null()));
}

static status streamed(struct call *c, struct talk *t, struct turn_request *q)
{
    struct watcher w = {.call = c};
    TRY(choice_text(c, &t->dialogue, q));   /* while an error may still have its status */
    w.stream = stream_new(c->server, t->dialogue.id, c->caller.owner, c);
    if (!w.stream) return fail_nomem("answering");
    stream_event(w.stream, "dialogue", json_pack("{s:s}", "id", t->dialogue.id));
    status s = answer(c, t, q, &w);
    if (s != OK) tell_failure(c, w.stream, s);
    stream_finish(w.stream);
    return OK;
}

static status chat(struct call *c)
{
    struct turn_request q = {0};
    struct talk *t = NULL;
    struct desk *d;
    status s = read_turn(c, &q);
    if (s == OK) s = call_desk(c, &d);
    if (s == OK && d) {
        caller_make_shopper(c);
        s = talk_open(c, q.dialogue, &t);
        struct watcher w = {.call = c};
        if (s == OK) s = q.streams ? streamed(c, t, &q) : answer(c, t, &q, &w);
    }
    json_decref(q.root);
    return s;
}

static status events(struct call *c)
{
    FAIL_IF(!*c->caller.owner, ERR_NOT_FOUND, "there is no such dialogue");
    return stream_resume(c, c->arguments[0], c->caller.owner);
}

/* ---- what is kept of it -------------------------------------------------------------------------------------------------------------- */

static status show_turns(struct call *c)
{
    json_t *turns = talk_turns(call_store(c), c->arguments[0]), *state = c->carried;
    c->carried = NULL;
    if (!turns) {
        json_decref(state);
        return fail_context(ERR_INTERNAL, "reading a dialogue");
    }
    return call_json(c, 200, json_pack("{s:s, s:o, s:o}", "dialogue", c->arguments[0], "turns", turns, "state", state));
}

static status show(struct call *c)
{
    struct talk *t;
    TRY(talk_open(c, c->arguments[0], &t));
    c->carried = dialogue_json(&t->dialogue);
    if (!c->carried) return fail_nomem("reading a dialogue");
    return call_then(c, talk_saved(t) ? LANE_READ : LANE_WRITE, show_turns);   /* behind what is still to be kept */
}

static status erase_kept(struct call *c)
{
    TRY(talk_erase(call_store(c), c->arguments[0]));
    return call_text(c, 204, NULL, "", 0);
}

static status erase(struct call *c)
{
    struct talk *t;
    TRY(talk_open(c, c->arguments[0], &t));
    talk_forget(c->server, t);
    return call_then(c, LANE_WRITE, erase_kept);
}

/* ---- the cart -------------------------------------------------------------------------------------------------------------------------- */

static status with_guide(struct call *c, struct talk **t, struct guide **g)
{
    struct desk *d;
    *g = NULL;
    TRY(call_desk(c, &d));
    if (!d) return OK;
    TRY(talk_open(c, c->arguments[0], t));
    return guide_new(&d->guide, g);
}

static status show_cart(struct call *c)
{
    struct talk *t;
    struct guide *g;
    json_t *cart = NULL;
    TRY(with_guide(c, &t, &g));
    if (!g) return OK;
    status s = guide_cart(g, &t->dialogue, &cart);
    guide_free(g);
    return s == OK ? call_json(c, 200, cart) : s;
}

static status set_cart(struct call *c)
{
    struct talk *t;
    struct guide *g;
    const char *product = NULL;
    int64_t quantity = 1;
    json_t *root = NULL, *cart = NULL;
    const struct field fields[] = {{"product", FIELD_TEXT, true, &product, 1, 200}, {"quantity", FIELD_INTEGER, true, &quantity, 0, 999}};
    status s = call_fields(c, fields, 2, &root);
    if (s == OK) s = with_guide(c, &t, &g);
    if (s == OK && g) {
        s = guide_set_cart(g, &t->dialogue, product, quantity, &cart);
        if (s == ERR_NOT_FOUND || s == ERR_LIMIT) snprintf(c->error_field, sizeof c->error_field, s == ERR_LIMIT ? "quantity" : "product");
        guide_free(g);
        if (s == OK) talk_keep(c, t, NULL, NULL, -1);
        if (s == OK) s = call_json(c, 200, cart);
    }
    json_decref(root);
    return s;
}

const struct route routes_chat[] = {
    {"POST", "/v1/chat", SCOPE_SHOPPER, LANE_MODEL, chat, 0, BODY_MAX},
    {"GET", "/v1/chat/{id}", SCOPE_SHOPPER, LANE_MODEL, show, 0, 0},
    {"DELETE", "/v1/chat/{id}", SCOPE_SHOPPER, LANE_MODEL, erase, 0, 0},
    {"GET", "/v1/chat/{id}/events", SCOPE_SHOPPER, LANE_LOOP, events, 0, 0},
    {"GET", "/v1/chat/{id}/cart", SCOPE_SHOPPER, LANE_MODEL, show_cart, 0, 0},
    {"POST", "/v1/chat/{id}/cart", SCOPE_SHOPPER, LANE_MODEL, set_cart, 0, BODY_MAX},
    {0},
};
