/* What shoppers did and thought, for reports. */
#include "server_int.h"

#include <string.h>

/* Is this a dialogue of the caller's? Asked of the write lane's store, behind what is still to be kept. */
static status own_dialogue(struct call *c, const char *id)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(call_store(c), "SELECT 1 FROM server_dialogues WHERE id=?1 AND owner=?2", &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    TRY(statement_bind_text(t, 2, c->caller.owner, strlen(c->caller.owner)));
    TRY(statement_step(t, &row));
    statement_reset(t);
    if (row) return OK;
    snprintf(c->error_field, sizeof c->error_field, "dialogue");
    return fail(ERR_NOT_FOUND, "there is no such dialogue");
}

static status known_product(struct call *c, const char *id)
{
    struct product p;
    status s = catalogue_get(c->server->writer.catalogue, id, c->request.arena, &p);
    if (s == ERR_NOT_FOUND) snprintf(c->error_field, sizeof c->error_field, "product");
    return s;
}

static status insert_event(struct call *c, const char *kind, const char *product, const char *dialogue)
{
    struct statement *t;
    bool row;
    const char *const texts[] = {kind, product, dialogue, c->caller.owner};
    TRY(store_prepare(call_store(c), "INSERT INTO server_events(at_ms, kind, product, dialogue, owner) VALUES(?1,?2,?3,?4,?5)", &t));
    TRY(statement_bind_int(t, 1, clock_unix_ms()));
    for (int i = 0; i < 4; i++) TRY(statement_bind_text(t, i + 2, texts[i], strlen(texts[i])));
    return statement_step(t, &row);
}

static status event(struct call *c)
{
    const char *kind = NULL, *product = NULL, *dialogue = "";
    json_t *root = NULL;
    const struct field fields[] = {{"kind", FIELD_WORD, true, &kind, .words = "view|click|cart|purchase"}, {"product", FIELD_TEXT, true, &product, 1, 200},
                                   {"dialogue", FIELD_TEXT, false, &dialogue, 1, DIALOGUE_ID_MAX - 1}};
    status s = call_fields(c, fields, 3, &root);
    if (s == OK) s = known_product(c, product);
    if (s == OK && *dialogue) s = own_dialogue(c, dialogue);
    if (s == OK) s = insert_event(c, kind, product, dialogue);
    json_decref(root);
    return s == OK ? call_json(c, 202, json_object()) : s;
}

static status insert_feedback(struct call *c, const char *dialogue, int64_t turn, const char *verdict, const char *reason)
{
    struct statement *t;
    bool row;
    const char *const texts[] = {verdict, reason, c->caller.owner};
    TRY(store_prepare(call_store(c), "INSERT INTO server_feedback(dialogue, turn, at_ms, verdict, reason, owner) VALUES(?1,?2,?3,?4,?5,?6)"
                                     " ON CONFLICT(dialogue, turn) DO UPDATE SET verdict=excluded.verdict, reason=excluded.reason, at_ms=excluded.at_ms", &t));
    TRY(statement_bind_text(t, 1, dialogue, strlen(dialogue)));
    TRY(statement_bind_int(t, 2, turn));
    TRY(statement_bind_int(t, 3, clock_unix_ms()));
    for (int i = 0; i < 3; i++) TRY(statement_bind_text(t, i + 4, texts[i], strlen(texts[i])));
    return statement_step(t, &row);
}

static status feedback(struct call *c)
{
    const char *dialogue = NULL, *verdict = NULL, *reason = "";
    int64_t turn = 0;
    json_t *root = NULL;
    const struct field fields[] = {{"dialogue", FIELD_TEXT, true, &dialogue, 1, DIALOGUE_ID_MAX - 1}, {"turn", FIELD_INTEGER, true, &turn, 0, 1000000},
                                   {"verdict", FIELD_WORD, true, &verdict, .words = "up|down"}, {"reason", FIELD_TEXT, false, &reason, 0, 1000}};
    status s = call_fields(c, fields, 4, &root);
    if (s == OK) s = own_dialogue(c, dialogue);
    if (s == OK) s = insert_feedback(c, dialogue, turn, verdict, reason);
    json_decref(root);
    return s == OK ? call_json(c, 202, json_object()) : s;
}

const struct route routes_events[] = {
    {"POST", "/v1/events", SCOPE_SHOPPER, LANE_WRITE, event, 0, BODY_MAX},
    {"POST", "/v1/feedback", SCOPE_SHOPPER, LANE_WRITE, feedback, 0, BODY_MAX},
    {0},
};
