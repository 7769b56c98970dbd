/* keys: who may use the API. */
#include "cli_shop.h"
#include "server/server.h"

#include <jansson.h>
#include <string.h>

const char help_keys[] =
    "usage: daogou keys add --scope shopper|merchant|admin [--label TEXT]\n"
    "       daogou keys list\n"
    "       daogou keys revoke ID\n\n"
    "Keys for the HTTP API: Authorization: Bearer dg_... A key is shown once, when it is made; the database has only its hash. A scope\n"
    "includes those before it. Revoking works at once, also in a running server.\n\n"
    "examples:\n"
    "  daogou keys add --scope merchant --label \"Li, catalogue\"\n"
    "  daogou keys list\n"
    "  daogou keys revoke 5f0c2a91de\n";

static status add(struct shop *s, const char *name, const char *label, const struct cli_globals *g)
{
    enum scope scope;
    struct key k;
    char token[KEY_TOKEN_MAX];
    FAIL_IF(!name || !scope_from_name(name, &scope), ERR_USAGE, "option --scope needs shopper, merchant or admin");
    TRY(key_add(s->store, scope, label, &k, token));
    if (g->json) printf("{\"id\":\"%s\",\"scope\":\"%s\",\"key\":\"%s\"}\n", k.id, scope_name(k.scope), token);
    else printf("%s\n", token);
    cli_note(g, "key %s, scope %s; it is not shown again", k.id, scope_name(k.scope));
    return OK;
}

static status print_key(void *context, const struct key *k)
{
    json_t *list = context;
    if (!list) {
        printf("%s  %-8s  %-7s  %s\n", k->id, scope_name(k->scope), k->revoked_ms ? "revoked" : "", k->label);
        return OK;
    }
    json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:b}", "id", k->id, "scope", scope_name(k->scope), "label", k->label, "created_ms", (json_int_t)k->created_ms, "revoked", k->revoked_ms != 0);
    return json_array_append_new(list, o) == 0 ? OK : fail_nomem("listing keys");
}

static status list(struct shop *s, const struct cli_globals *g)
{
    json_t *all = g->json ? json_array() : NULL;
    status r = keys_each(s->store, print_key, all);
    if (r == OK && all) json_dumpf(all, stdout, JSON_INDENT(1)), putchar('\n');
    json_decref(all);
    return r;
}

static status run(int argc, char **argv, struct shop *s, const struct cli_globals *g)
{
    const char *scope = NULL, *label = "";
    const struct cli_option options[] = {{"--scope", OPTION_STRING, &scope}, {"--label", OPTION_STRING, &label}};
    char *operands[argc + 1];
    size_t n;
    TRY(cli_parse(argc, argv, options, 2, operands, &n));
    const char *what = n ? operands[0] : "";
    bool adds = strcmp(what, "add") == 0 && n == 1, lists = strcmp(what, "list") == 0 && n == 1, revokes = strcmp(what, "revoke") == 0 && n == 2;
    FAIL_IF(!adds && !lists && !revokes, ERR_USAGE, "say what to do: add, list, or revoke ID");
    TRY(shop_open_catalogue(s, STORE_READ_WRITE));
    TRY(server_migrate(s->store));
    return adds ? add(s, scope, label, g) : lists ? list(s, g) : key_revoke(s->store, operands[1]);
}

int cmd_keys(int argc, char **argv, const struct cli_globals *g)
{
    struct shop s;
    cli_shop_init(&s, g);
    status r = run(argc, argv, &s, g);
    shop_release(&s);
    return r == OK ? EXIT_DONE : cli_fail(g, "keys", r);
}
