/* Dialogues: in the model lane's memory while they are talked in, in the database behind that. */
#include "server_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- in memory (model lane) --------------------------------------------------------------------------------------------------------- */

bool talk_saved(const struct talk *t)
{
    return atomic_load(&t->unsaved) == 0;
}

void talk_forget(struct server *s, struct talk *t)
{
    (void)s;
    if (t->open) dialogue_release(&t->dialogue);
    t->open = false;
    t->owner[0] = 0;
}

void talks_release(struct server *s)
{
    for (size_t i = 0; s->talks && i < TALKS_MAX; i++) talk_forget(s, &s->talks[i]);
    mem_free(s->talks);
    s->talks = NULL;
}

static struct talk *find(struct server *s, const char *id)
{
    for (size_t i = 0; i < TALKS_MAX; i++)
        if (s->talks[i].open && strcmp(s->talks[i].dialogue.id, id) == 0) return &s->talks[i];
    return NULL;
}

/* A place for one more: a free one, or that of the one unused longest that is kept. */
static struct talk *place(struct server *s)
{
    struct talk *best = NULL;
    for (size_t i = 0; i < TALKS_MAX; i++) {
        struct talk *t = &s->talks[i];
        if (!talk_saved(t)) continue;
        if (!t->open) return t;
        if (!best || t->used < best->used) best = t;
    }
    if (best) talk_forget(s, best);
    return best;
}

static status owner_of(struct store *s, const char *id, char owner[OWNER_MAX])
{
    struct statement *t;
    bool row;
    owner[0] = 0;
    TRY(store_prepare(s, "SELECT owner FROM server_dialogues WHERE id=?1", &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    TRY(statement_step(t, &row));
    const char *text = row ? statement_text(t, 0, NULL) : NULL;
    if (text) snprintf(owner, OWNER_MAX, "%s", text);
    statement_reset(t);
    return OK;
}

static status load(struct call *c, const char *id, struct talk *t)
{
    TRY(owner_of(call_store(c), id, t->owner));
    FAIL_IF(!*t->owner || strcmp(t->owner, c->caller.owner) != 0, ERR_NOT_FOUND, "there is no such dialogue");
    status s = dialogue_load(call_store(c), id, &t->dialogue);
    t->open = s == OK;
    return s;
}

static void begin(struct call *c, struct talk *t)
{
    char id[DIALOGUE_ID_HEX + 1];
    random_hex(id, DIALOGUE_ID_HEX / 2);
    dialogue_init(&t->dialogue, id);
    snprintf(t->owner, sizeof t->owner, "%s", c->caller.owner);
    t->open = true;
}

status talk_open(struct call *c, const char *id, struct talk **out)
{
    struct server *s = c->server;
    struct talk *t = id ? find(s, id) : NULL;
    snprintf(c->error_field, sizeof c->error_field, "%s", "dialogue");
    FAIL_IF(!*c->caller.owner, ERR_NOT_FOUND, "there is no such dialogue");
    if (t) {
        FAIL_IF(strcmp(t->owner, c->caller.owner) != 0, ERR_NOT_FOUND, "there is no such dialogue");
    } else {
        t = place(s);
        FAIL_IF(!t, ERR_INTERRUPTED, "too many dialogues wait to be kept");
        if (id) TRY(load(c, id, t));
        else begin(c, t);
    }
    c->error_field[0] = 0;
    t->used = ++s->talk_clock;
    *out = t;
    return OK;
}

/* ---- kept (write lane) ------------------------------------------------------------------------------------------------------------------ */

struct keeping {
    struct task task;
    struct server *server;
    struct talk *talk;
    struct dialogue dialogue;
    char owner[OWNER_MAX];
    char *said;
    json_t *reply;
    int64_t at_ms, fitting;
};

static status keep_owner(struct store *s, const struct keeping *k)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "INSERT INTO server_dialogues(id, owner, created_ms) VALUES(?1,?2,?3) ON CONFLICT(id) DO NOTHING", &t));
    TRY(statement_bind_text(t, 1, k->dialogue.id, strlen(k->dialogue.id)));
    TRY(statement_bind_text(t, 2, k->owner, strlen(k->owner)));
    TRY(statement_bind_int(t, 3, k->at_ms));
    return statement_step(t, &row);
}

static status keep_turn(struct store *s, const struct keeping *k, const char *reply)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "INSERT INTO server_turns(dialogue, turn, at_ms, said, reply, fitting) VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(dialogue, turn) DO NOTHING", &t));
    TRY(statement_bind_text(t, 1, k->dialogue.id, strlen(k->dialogue.id)));
    TRY(statement_bind_int(t, 2, k->dialogue.turn));
    TRY(statement_bind_int(t, 3, k->at_ms));
    TRY(statement_bind_text(t, 4, k->said, strlen(k->said)));
    TRY(statement_bind_text(t, 5, reply, strlen(reply)));
    TRY(statement_bind_int(t, 6, k->fitting));
    return statement_step(t, &row);
}

static status keep(struct store *s, const struct keeping *k)
{
    const char *text = json_string_value(json_object_get(k->reply, "text"));
    TRY(keep_owner(s, k));
    if (!k->reply) return dialogue_save_state(s, &k->dialogue);
    TRY(dialogue_save(s, &k->dialogue, k->said, text ? text : ""));
    char *reply = json_dumps(k->reply, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (!reply) return fail_nomem("keeping a turn");
    status r = keep_turn(s, k, reply);
    free(reply);
    return r;
}

static void keeping_free(struct keeping *k)
{
    dialogue_release(&k->dialogue);
    json_decref(k->reply);
    mem_free(k->said);
    mem_free(k);
}

static void run_keeping(struct lane *l, void *context)
{
    struct keeping *k = context;
    if (keep(l->server->writer.store, k) != OK) server_note(l->server, "a dialogue could not be kept: %s", status_message());
    atomic_fetch_sub(&k->talk->unsaved, 1);
    keeping_free(k);
}

static status copy_dialogue(const struct dialogue *d, struct dialogue *out)
{
    json_t *state = dialogue_json(d);
    status s = state ? dialogue_from_json(state, out) : fail_nomem("keeping a dialogue");
    json_decref(state);
    return s;
}

void talk_keep(struct call *c, struct talk *t, const char *said, json_t *reply, int64_t fitting)
{
    struct keeping *k = mem_zalloc(1, sizeof *k);
    if (!k || copy_dialogue(&t->dialogue, &k->dialogue) != OK) {
        server_note(c->server, "a dialogue could not be kept: %s", status_message());
        mem_free(k);
        json_decref(reply);
        return;
    }
    k->server = c->server;
    k->talk = t;
    k->said = mem_strndup(said ? said : "", said ? strlen(said) : 0);
    k->reply = reply;
    k->fitting = fitting;
    k->at_ms = clock_unix_ms();
    memcpy(k->owner, t->owner, sizeof k->owner);
    k->task = (struct task){.run = run_keeping, .context = k};
    atomic_fetch_add(&t->unsaved, 1);
    lane_push(&c->server->lanes[LANE_WRITE], &k->task, true);
}

static status delete_rows(struct store *s, const char *sql, const char *id)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, sql, &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    return statement_step(t, &row);
}

status talk_erase(struct store *s, const char *id)
{
    status r = dialogue_erase(s, id);
    if (r != OK && r != ERR_NOT_FOUND) return r;
    TRY(delete_rows(s, "DELETE FROM server_turns WHERE dialogue=?1", id));
    TRY(delete_rows(s, "DELETE FROM server_feedback WHERE dialogue=?1", id));
    TRY(delete_rows(s, "UPDATE server_events SET dialogue='' WHERE dialogue=?1", id));
    return delete_rows(s, "DELETE FROM server_dialogues WHERE id=?1", id);
}

static json_t *turn_json(const struct statement *t)
{
    size_t n;
    const char *said = statement_text(t, 1, NULL), *reply = statement_text(t, 2, &n);
    return json_pack("{s:I, s:s, s:o*}", "turn", (json_int_t)statement_int(t, 0), "said", said ? said : "", "reply", reply ? json_loadb(reply, n, 0, NULL) : NULL);
}

json_t *talk_turns(struct store *s, const char *id)
{
    struct statement *t;
    bool row = true;
    json_t *all = json_array();
    status r = store_prepare(s, "SELECT turn, said, reply FROM server_turns WHERE dialogue=?1 ORDER BY turn", &t);
    if (r == OK) r = statement_bind_text(t, 1, id, strlen(id));
    while (r == OK && (r = statement_step(t, &row)) == OK && row) json_array_append_new(all, turn_json(t));
    if (r == OK) return all;
    json_decref(all);
    return NULL;
}
