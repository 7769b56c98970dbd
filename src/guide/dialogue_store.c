/* Dialogues in the shop's database: the state after each turn, and what was said. */
#include "guide_int.h"

#include <stdlib.h>
#include <string.h>

static const char *const MIGRATIONS[] = {
    "CREATE TABLE dialogues(id TEXT PRIMARY KEY, turns BIGINT NOT NULL, used_ms BIGINT NOT NULL, state TEXT NOT NULL);"
    "CREATE TABLE dialogue_turns(dialogue TEXT NOT NULL, turn BIGINT NOT NULL, said TEXT NOT NULL, reply TEXT NOT NULL, PRIMARY KEY(dialogue, turn))",
};

status dialogues_migrate(struct store *s)
{
    return store_migrate(s, "guide", MIGRATIONS, sizeof MIGRATIONS / sizeof MIGRATIONS[0]);
}

static status run(struct statement *t)
{
    bool row;
    return statement_step(t, &row);
}

static status save_state(struct store *s, const struct dialogue *d, const char *state)
{
    struct statement *t;
    TRY(store_prepare(s, "INSERT INTO dialogues(id, turns, used_ms, state) VALUES(?1,?2,?3,?4)"
                         " ON CONFLICT(id) DO UPDATE SET turns=excluded.turns, used_ms=excluded.used_ms, state=excluded.state", &t));
    TRY(statement_bind_text(t, 1, d->id, strlen(d->id)));
    TRY(statement_bind_int(t, 2, d->turn));
    TRY(statement_bind_int(t, 3, clock_unix_ms()));
    TRY(statement_bind_text(t, 4, state, strlen(state)));
    return run(t);
}

/* As said, but valid text: a database of bytes that are none would fail later, elsewhere. */
static void printable(const char *said, struct strbuf *out)
{
    size_t n = strlen(said);
    const char *end = said + (n < UTTERANCE_BYTES_MAX ? n : UTTERANCE_BYTES_MAX);
    for (const char *p = said; p < end;) strbuf_put_utf8(out, utf8_next(&p, end));
}

static status save_turn(struct store *s, const struct dialogue *d, const char *said, const char *reply)
{
    struct statement *t;
    struct strbuf text = {0};
    printable(said, &text);
    status r = strbuf_status(&text);
    if (r == OK) r = store_prepare(s, "INSERT INTO dialogue_turns(dialogue, turn, said, reply) VALUES(?1,?2,?3,?4) ON CONFLICT(dialogue, turn) DO UPDATE SET said=excluded.said, reply=excluded.reply", &t);
    if (r == OK) r = statement_bind_text(t, 1, d->id, strlen(d->id));
    if (r == OK) r = statement_bind_int(t, 2, d->turn);
    if (r == OK) r = statement_bind_text(t, 3, strbuf_str(&text), text.len);
    if (r == OK) r = statement_bind_text(t, 4, reply, strlen(reply));
    if (r == OK) r = run(t);
    strbuf_release(&text);
    return r;
}

static status forget_old_turns(struct store *s, const struct dialogue *d)
{
    struct statement *t;
    if (d->turn <= TURNS_KEPT_MAX) return OK;
    TRY(store_prepare(s, "DELETE FROM dialogue_turns WHERE dialogue=?1 AND turn<=?2", &t));
    TRY(statement_bind_text(t, 1, d->id, strlen(d->id)));
    TRY(statement_bind_int(t, 2, (int64_t)d->turn - TURNS_KEPT_MAX));
    return run(t);
}

status dialogue_save(struct store *s, const struct dialogue *d, const char *said, const char *reply_text)
{
    json_t *o = dialogue_json(d);
    char *state = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    if (!state) return fail_nomem("keeping a dialogue");
    status r = store_begin(s);
    if (r == OK) {
        r = save_state(s, d, state);
        if (r == OK) r = save_turn(s, d, said, reply_text);
        if (r == OK) r = forget_old_turns(s, d);
        if (r == OK) r = store_commit(s);
        else store_rollback(s);
    }
    free(state);
    return r;
}

status dialogue_save_state(struct store *s, const struct dialogue *d)
{
    json_t *o = dialogue_json(d);
    char *state = o ? json_dumps(o, JSON_COMPACT) : NULL;
    json_decref(o);
    status r = state ? save_state(s, d, state) : fail_nomem("keeping a dialogue");
    free(state);
    return r;
}

status dialogue_load(struct store *s, const char *id, struct dialogue *out)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "SELECT state FROM dialogues WHERE id=?1", &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    TRY(statement_step(t, &row));
    FAIL_IF(!row, ERR_NOT_FOUND, "no dialogue '%s' is kept here; 'daogou chat --list' names those that are", id);
    size_t n;
    const char *text = statement_text(t, 0, &n);
    json_error_t error;
    json_t *o = text ? json_loadb(text, n, 0, &error) : NULL;
    statement_reset(t);
    FAIL_IF(!o, ERR_FORMAT, "the kept dialogue '%s' is damaged; erase it with 'daogou chat --erase %s'", id, id);
    status r = dialogue_from_json(o, out);
    json_decref(o);
    return r == OK ? OK : fail_context(r, "dialogue '%s'", id);
}

static status erase_from(struct store *s, const char *sql, const char *id)
{
    struct statement *t;
    TRY(store_prepare(s, sql, &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    return run(t);
}

status dialogue_erase(struct store *s, const char *id)
{
    struct dialogue d;
    status known = dialogue_load(s, id, &d);
    if (known == ERR_NOT_FOUND || known == ERR_NOMEM) return known;
    if (known == OK) dialogue_release(&d);
    TRY(store_begin(s));
    status r = erase_from(s, "DELETE FROM dialogue_turns WHERE dialogue=?1", id);
    if (r == OK) r = erase_from(s, "DELETE FROM dialogues WHERE id=?1", id);
    if (r == OK) return store_commit(s);
    store_rollback(s);
    return r;
}

status dialogues_each(struct store *s, status (*visit)(void *context, const char *id, int64_t turns, int64_t used_ms), void *context)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "SELECT id, turns, used_ms FROM dialogues ORDER BY used_ms DESC, id", &t));
    for (;;) {
        status r = statement_step(t, &row);
        if (r != OK || !row) return r;
        size_t n;
        r = visit(context, statement_text(t, 0, &n), statement_int(t, 1), statement_int(t, 2));
        if (r != OK) {
            statement_reset(t);
            return r;
        }
    }
}
