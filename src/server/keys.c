/* Keys: 256 random bits each, kept as a hash. The server's tables. */
#include "server_int.h"

#include <sodium.h>
#include <string.h>

static const char *const MIGRATIONS[] = {
    "CREATE TABLE server_keys(id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, scope TEXT NOT NULL, label TEXT NOT NULL, created_ms BIGINT NOT NULL, revoked_ms BIGINT NOT NULL);"
    "CREATE TABLE server_dialogues(id TEXT PRIMARY KEY, owner TEXT NOT NULL, created_ms BIGINT NOT NULL);"
    "CREATE INDEX server_dialogues_owner ON server_dialogues(owner);"
    "CREATE TABLE server_turns(dialogue TEXT NOT NULL, turn BIGINT NOT NULL, at_ms BIGINT NOT NULL, said TEXT NOT NULL, reply TEXT NOT NULL, fitting BIGINT NOT NULL, PRIMARY KEY(dialogue, turn));"
    "CREATE INDEX server_turns_at ON server_turns(at_ms);"
    "CREATE TABLE server_events(id INTEGER PRIMARY KEY, at_ms BIGINT NOT NULL, kind TEXT NOT NULL, product TEXT NOT NULL, dialogue TEXT NOT NULL, owner TEXT NOT NULL);"
    "CREATE INDEX server_events_at ON server_events(at_ms);"
    "CREATE INDEX server_events_owner ON server_events(owner);"
    "CREATE TABLE server_feedback(dialogue TEXT NOT NULL, turn BIGINT NOT NULL, at_ms BIGINT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, owner TEXT NOT NULL, PRIMARY KEY(dialogue, turn));"
    "CREATE TABLE server_copy(id TEXT PRIMARY KEY, product TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL, facts TEXT NOT NULL, language TEXT NOT NULL, changed_ms BIGINT NOT NULL);"
    "CREATE TABLE server_audit(id INTEGER PRIMARY KEY, at_ms BIGINT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, request TEXT NOT NULL)",
};

status server_migrate(struct store *s)
{
    return store_migrate(s, "server", MIGRATIONS, sizeof MIGRATIONS / sizeof MIGRATIONS[0]);
}

static const char *const NAMES[SCOPES] = {"none", "shopper", "merchant", "admin"};

const char *scope_name(enum scope s)
{
    return NAMES[s];
}

bool scope_from_name(const char *name, enum scope *out)
{
    for (enum scope s = SCOPE_SHOPPER; s < SCOPES; s++)
        if (strcmp(name, NAMES[s]) == 0) {
            *out = s;
            return true;
        }
    return false;
}

/* A fast hash is right here: what is hashed are 256 random bits, not a person's password. */
static void hash_token(const char *token, unsigned char out[32])
{
    crypto_generichash(out, 32, (const unsigned char *)token, strlen(token), NULL, 0);
}

static void make_token(char token[KEY_TOKEN_MAX])
{
    unsigned char raw[32];
    randombytes_buf(raw, sizeof raw);
    memcpy(token, "dg_", 3);
    sodium_bin2base64(token + 3, KEY_TOKEN_MAX - 3, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(raw, sizeof raw);
}

status key_add(struct store *s, enum scope scope, const char *label, struct key *out, char token[KEY_TOKEN_MAX])
{
    unsigned char hash[32];
    struct statement *t;
    bool row;
    size_t n = strlen(label);
    FAIL_IF(n > KEY_LABEL_MAX || !utf8_valid(label, n, NULL), ERR_USAGE, "a key's label is text of at most %d bytes", KEY_LABEL_MAX);
    FAIL_IF(sodium_init() < 0, ERR_INTERNAL, "libsodium does not start");
    *out = (struct key){.scope = scope, .created_ms = clock_unix_ms()};
    random_hex(out->id, 5);
    memcpy(out->label, label, n + 1);
    make_token(token);
    hash_token(token, hash);
    TRY(store_prepare(s, "INSERT INTO server_keys(id, hash, scope, label, created_ms, revoked_ms) VALUES(?1,?2,?3,?4,?5,0)", &t));
    TRY(statement_bind_text(t, 1, out->id, strlen(out->id)));
    TRY(statement_bind_blob(t, 2, hash, sizeof hash));
    TRY(statement_bind_text(t, 3, NAMES[scope], strlen(NAMES[scope])));
    TRY(statement_bind_text(t, 4, out->label, n));
    TRY(statement_bind_int(t, 5, out->created_ms));
    return statement_step(t, &row);
}

static void read_key(const struct statement *t, struct key *k)
{
    *k = (struct key){.created_ms = statement_int(t, 3), .revoked_ms = statement_int(t, 4)};
    const char *id = statement_text(t, 0, NULL), *scope = statement_text(t, 1, NULL), *label = statement_text(t, 2, NULL);
    snprintf(k->id, sizeof k->id, "%s", id ? id : "");
    snprintf(k->label, sizeof k->label, "%s", label ? label : "");
    if (!scope || !scope_from_name(scope, &k->scope)) k->scope = SCOPE_NONE;
}

status key_revoke(struct store *s, const char *id)
{
    struct statement *t;
    bool row;
    struct key k;
    TRY(key_in_force(s, id, &k));
    TRY(store_prepare(s, "UPDATE server_keys SET revoked_ms=?2 WHERE id=?1 AND revoked_ms=0", &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    TRY(statement_bind_int(t, 2, clock_unix_ms()));
    return statement_step(t, &row);
}

status keys_each(struct store *s, status (*visit)(void *context, const struct key *k), void *context)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "SELECT id, scope, label, created_ms, revoked_ms FROM server_keys ORDER BY created_ms, id", &t));
    for (;;) {
        struct key k;
        status r = statement_step(t, &row);
        if (r != OK || !row) return r;
        read_key(t, &k);
        r = visit(context, &k);
        if (r != OK) {
            statement_reset(t);
            return r;
        }
    }
}

static status one_key(struct statement *t, struct key *out)
{
    bool row;
    TRY(statement_step(t, &row));
    FAIL_IF(!row, ERR_NOT_FOUND, "this key is not known here, or it was revoked; 'daogou keys list' shows those in force");
    read_key(t, out);
    statement_reset(t);
    return OK;
}

status key_find(struct store *s, const char *token, struct key *out)
{
    unsigned char hash[32];
    struct statement *t;
    hash_token(token, hash);
    TRY(store_prepare(s, "SELECT id, scope, label, created_ms, revoked_ms FROM server_keys WHERE hash=?1 AND revoked_ms=0", &t));
    TRY(statement_bind_blob(t, 1, hash, sizeof hash));
    return one_key(t, out);
}

status key_in_force(struct store *s, const char *id, struct key *out)
{
    struct statement *t;
    TRY(store_prepare(s, "SELECT id, scope, label, created_ms, revoked_ms FROM server_keys WHERE id=?1 AND revoked_ms=0", &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    return one_key(t, out);
}
