/* Keys, the audit, and one shopper's data: out, and away. */
#include "server_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- keys ------------------------------------------------------------------------------------------------------------------------------- */

static status list_key(void *context, const struct key *k)
{
    json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:b}", "id", k->id, "scope", scope_name(k->scope), "label", k->label, "created_ms", (json_int_t)k->created_ms, "revoked", k->revoked_ms != 0);
    return json_array_append_new(context, o) == 0 ? OK : fail_nomem("listing keys");
}

static status list_keys(struct call *c)
{
    json_t *items = json_array();
    status s = keys_each(call_store(c), list_key, items);
    if (s == OK) return call_json(c, 200, json_pack("{s:o, s:n}", "items", items, "next"));
    json_decref(items);
    return s;
}

static status add_key(struct call *c)
{
    const char *name = NULL, *label = "";
    json_t *root = NULL;
    struct key k;
    enum scope scope = SCOPE_SHOPPER;
    char token[KEY_TOKEN_MAX];
    const struct field fields[] = {{"scope", FIELD_WORD, true, &name, .words = "shopper|merchant|admin"}, {"label", FIELD_TEXT, false, &label, 0, KEY_LABEL_MAX}};
    status s = call_fields(c, fields, 2, &root);
    if (s == OK && scope_from_name(name, &scope)) s = key_add(call_store(c), scope, label, &k, token);
    json_decref(root);
    TRY(s);
    TRY(audit(c, "key added", k.id));
    return call_json(c, 201, json_pack("{s:s, s:s, s:s, s:s}", "id", k.id, "scope", scope_name(k.scope), "label", k.label, "key", token));
}

static status revoke_key(struct call *c)
{
    TRY(key_revoke(call_store(c), c->arguments[0]));
    TRY(audit(c, "key revoked", c->arguments[0]));
    return call_text(c, 204, NULL, "", 0);
}

/* ---- audit --------------------------------------------------------------------------------------------------------------------------------- */

static status list_audit(struct call *c)
{
    size_t limit;
    const char *after;
    struct statement *t;
    bool row;
    int64_t last = 0;
    TRY(call_page(c, &limit, &after));
    TRY(store_prepare(call_store(c), "SELECT id, at_ms, who, action, subject, request FROM server_audit WHERE id<?1 ORDER BY id DESC LIMIT ?2", &t));
    TRY(statement_bind_int(t, 1, after ? strtoll(after, NULL, 10) : INT64_MAX));
    TRY(statement_bind_int(t, 2, (int64_t)limit));
    json_t *items = json_array();
    status s;
    while ((s = statement_step(t, &row)) == OK && row) {
        last = statement_int(t, 0);
        json_array_append_new(items, json_pack("{s:I, s:s, s:s, s:s, s:s}", "at_ms", (json_int_t)statement_int(t, 1), "who", statement_text(t, 2, NULL), "action", statement_text(t, 3, NULL),
                                               "subject", statement_text(t, 4, NULL), "request", statement_text(t, 5, NULL)));
    }
    char next[24];
    snprintf(next, sizeof next, "%lld", (long long)last);
    bool full = json_array_size(items) == limit;
    if (s == OK) return call_json(c, 200, json_pack("{s:o, s:o}", "items", items, "next", full ? json_string(next) : json_null()));
    json_decref(items);
    return s;
}

/* ---- one shopper ------------------------------------------------------------------------------------------------------------------------------ */

/* An id is the part of the cookie before its dot (GET /v1/session tells it as "shopper"); "key:ID" names who came with a key. */
static void owner_of(const struct call *c, char owner[OWNER_MAX])
{
    const char *id = c->arguments[0];
    snprintf(owner, OWNER_MAX, "%s%s", strchr(id, ':') ? "" : "shopper:", id);
}

static status dialogues_of(struct store *s, const char *owner, json_t *ids)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "SELECT id FROM server_dialogues WHERE owner=?1 ORDER BY created_ms, id", &t));
    TRY(statement_bind_text(t, 1, owner, strlen(owner)));
    for (;;) {
        TRY(statement_step(t, &row));
        if (!row) return OK;
        json_array_append_new(ids, json_string(statement_text(t, 0, NULL)));
    }
}

static json_t *events_of(struct store *s, const char *owner)
{
    struct statement *t;
    bool row;
    json_t *all = json_array();
    status r = store_prepare(s, "SELECT at_ms, kind, product, dialogue FROM server_events WHERE owner=?1 ORDER BY id", &t);
    if (r == OK) r = statement_bind_text(t, 1, owner, strlen(owner));
    while (r == OK && (r = statement_step(t, &row)) == OK && row)
        json_array_append_new(all, json_pack("{s:I, s:s, s:s, s:s}", "at_ms", (json_int_t)statement_int(t, 0), "kind", statement_text(t, 1, NULL), "product", statement_text(t, 2, NULL), "dialogue",
                                             statement_text(t, 3, NULL)));
    return all;
}

static json_t *feedback_of(struct store *s, const char *owner)
{
    struct statement *t;
    bool row;
    json_t *all = json_array();
    status r = store_prepare(s, "SELECT at_ms, dialogue, turn, verdict, reason FROM server_feedback WHERE owner=?1 ORDER BY at_ms", &t);
    if (r == OK) r = statement_bind_text(t, 1, owner, strlen(owner));
    while (r == OK && (r = statement_step(t, &row)) == OK && row)
        json_array_append_new(all, json_pack("{s:I, s:s, s:I, s:s, s:s}", "at_ms", (json_int_t)statement_int(t, 0), "dialogue", statement_text(t, 1, NULL), "turn", (json_int_t)statement_int(t, 2),
                                             "verdict", statement_text(t, 3, NULL), "reason", statement_text(t, 4, NULL)));
    return all;
}

static status export_shopper(struct call *c)
{
    char owner[OWNER_MAX];
    json_t *ids = json_array(), *dialogues = json_array(), *id;
    size_t i;
    struct store *store = call_store(c);
    owner_of(c, owner);
    status s = dialogues_of(store, owner, ids);
    json_array_foreach(ids, i, id) json_array_append_new(dialogues, json_pack("{s:O, s:o*}", "dialogue", id, "turns", talk_turns(store, json_string_value(id))));
    json_decref(ids);
    json_t *events = events_of(store, owner), *feedback = feedback_of(store, owner);
    json_t *o = json_pack("{s:s, s:o, s:o, s:o}", "shopper", owner, "dialogues", dialogues, "events", events, "feedback", feedback);
    bool nothing = json_array_size(dialogues) + json_array_size(events) + json_array_size(feedback) == 0;
    if (s == OK && !nothing) return call_json(c, 200, o);
    json_decref(o);
    return s != OK ? s : fail(ERR_NOT_FOUND, "nothing is kept of this shopper");
}

static status delete_by_owner(struct store *s, const char *sql, const char *owner)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, sql, &t));
    TRY(statement_bind_text(t, 1, owner, strlen(owner)));
    return statement_step(t, &row);
}

static status erase_kept(struct call *c)
{
    char owner[OWNER_MAX];
    json_t *ids = json_array(), *id;
    size_t i;
    struct store *store = call_store(c);
    owner_of(c, owner);
    status s = dialogues_of(store, owner, ids);
    json_array_foreach(ids, i, id) if (s == OK) s = talk_erase(store, json_string_value(id));
    json_decref(ids);
    if (s == OK) s = delete_by_owner(store, "DELETE FROM server_events WHERE owner=?1", owner);
    if (s == OK) s = delete_by_owner(store, "DELETE FROM server_feedback WHERE owner=?1", owner);
    if (s == OK) s = audit(c, "shopper erased", "");
    return s == OK ? call_text(c, 204, NULL, "", 0) : s;
}

/* The model lane's own copies go first. */
static status erase_shopper(struct call *c)
{
    char owner[OWNER_MAX];
    owner_of(c, owner);
    for (size_t i = 0; i < TALKS_MAX; i++) {
        struct talk *t = &c->server->talks[i];
        if (t->open && strcmp(t->owner, owner) == 0) talk_forget(c->server, t);
    }
    return call_then(c, LANE_WRITE, erase_kept);
}

const struct route routes_admin[] = {
    {"GET", "/v1/keys", SCOPE_ADMIN, LANE_READ, list_keys, ROUTE_ADMIN_LISTENER, 0},
    {"POST", "/v1/keys", SCOPE_ADMIN, LANE_WRITE, add_key, ROUTE_ADMIN_LISTENER, 4096},
    {"DELETE", "/v1/keys/{id}", SCOPE_ADMIN, LANE_WRITE, revoke_key, ROUTE_ADMIN_LISTENER, 0},
    {"GET", "/v1/audit", SCOPE_ADMIN, LANE_READ, list_audit, ROUTE_ADMIN_LISTENER, 0},
    {"GET", "/v1/shoppers/{id}", SCOPE_ADMIN, LANE_READ, export_shopper, ROUTE_ADMIN_LISTENER, 0},
    {"DELETE", "/v1/shoppers/{id}", SCOPE_ADMIN, LANE_MODEL, erase_shopper, ROUTE_ADMIN_LISTENER, 0},
    {0},
};
