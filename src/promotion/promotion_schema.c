/* The tables of the promotions and every statement on them. A promotion is stored as its checked JSON: one reader, one set of checks. */
#include "promotion_file_int.h"

static const char *const MIGRATIONS[] = {
    "CREATE TABLE promotions(position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);"
    "CREATE TABLE promotion_uses(promotion TEXT NOT NULL, shopper TEXT NOT NULL, uses BIGINT NOT NULL, PRIMARY KEY(promotion, shopper))",
};
enum { N_MIGRATIONS = sizeof MIGRATIONS / sizeof MIGRATIONS[0] };

static status has_tables(struct store *s, bool *has)
{
    struct statement *t;
    TRY(store_prepare(s, "SELECT 1 FROM sqlite_master WHERE type='table' AND name='promotions'", &t));
    TRY(statement_step(t, has));
    statement_reset(t);
    return OK;
}

static status migrate(struct store *s) { return store_migrate(s, "promotion", MIGRATIONS, N_MIGRATIONS); }

/* ---- the promotions ---- */

static status insert(struct store *s, size_t position, const char *id, const char *body)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "INSERT INTO promotions(position, id, body) VALUES(?1, ?2, ?3)", &t));
    TRY(statement_bind_int(t, 1, (int64_t)position));
    TRY(statement_bind_text(t, 2, id, strlen(id)));
    TRY(statement_bind_text(t, 3, body, strlen(body)));
    return statement_step(t, &row);
}

static status replace_all(struct store *s, const struct promotion_list *list, const char *const *bodies)
{
    TRY(store_exec(s, "DELETE FROM promotions"));
    for (size_t i = 0; i < list->n; i++) TRY(insert(s, i + 1, list->items[i].id, bodies[i]));
    return OK;
}

status promotions_import(struct store *s, const char *path, const struct promotion_names_check *check, size_t *n)
{
    struct arena a;
    struct promotion_list list;
    const char *const *bodies;
    arena_init(&a, 0);
    status result = promotions_read_bodies(path, check, &a, &list, &bodies);
    if (result == OK) result = migrate(s);
    if (result == OK) result = store_begin(s);
    if (result == OK) {
        result = replace_all(s, &list, bodies);
        if (result == OK) result = store_commit(s);
        else store_rollback(s);
        *n = list.n;
    }
    arena_release(&a);
    return result;
}

static status read_rows(struct store *s, struct statement *t, struct arena *a, struct promotion_list *out)
{
    bool row;
    TRY(statement_step(t, &row));
    while (row) {
        size_t n;
        const char *body = statement_text(t, 0, &n);
        FAIL_IF(out->n == PROMOTIONS_MAX || !body, ERR_FORMAT, "'%s' holds more than %d promotions; import them again: daogou promotions import FILE",
                store_location(s), PROMOTIONS_MAX);
        status one = promotion_parse_body(body, n, store_location(s), out->n, a, &out->items[out->n]);
        if (one != OK) return fail_context(one, "a stored promotion is damaged; import them again (daogou promotions import FILE)");
        out->n++;
        TRY(statement_step(t, &row));
    }
    return OK;
}

status promotions_load(struct store *s, struct arena *a, struct promotion_list *out)
{
    struct statement *t;
    bool has;
    *out = (struct promotion_list){0};
    TRY(has_tables(s, &has));
    if (!has) return OK;
    TRY(migrate(s));
    out->items = arena_zalloc(a, PROMOTIONS_MAX, sizeof *out->items);
    if (!out->items) return fail_nomem("reading promotions");
    TRY(store_prepare(s, "SELECT body FROM promotions ORDER BY position", &t));
    status result = read_rows(s, t, a, out);
    statement_reset(t);
    return result;
}

status promotions_each_text(struct store *s, status (*visit)(void *context, const char *id, const char *json, size_t n), void *context)
{
    struct statement *t;
    bool has, row;
    TRY(has_tables(s, &has));
    if (!has) return OK;
    TRY(store_prepare(s, "SELECT id, body FROM promotions ORDER BY position", &t));
    status r;
    while ((r = statement_step(t, &row)) == OK && row) {
        size_t n = 0;
        const char *id = statement_text(t, 0, NULL), *body = statement_text(t, 1, &n);
        r = visit(context, id ? id : "", body ? body : "", n);
        if (r != OK) break;
    }
    statement_reset(t);
    return r;
}

/* ---- uses ---- */

static status count_rows(struct statement *t, struct arena *a, struct cart_usage *usage, size_t *n)
{
    bool row;
    TRY(statement_step(t, &row));
    while (row && *n < PROMOTIONS_MAX) {
        size_t length;
        const char *id = statement_text(t, 0, &length);
        usage[*n] = (struct cart_usage){arena_strndup(a, id ? id : "", id ? length : 0), statement_int(t, 2), statement_int(t, 1)};
        if (!usage[(*n)++].promotion) return fail_nomem("reading promotions");
        TRY(statement_step(t, &row));
    }
    return OK;
}

status promotions_usage(struct store *s, const char *user, struct arena *a, const struct cart_usage **out, size_t *n)
{
    static const char sql[] = "SELECT p.id, (SELECT COALESCE(SUM(u.uses), 0) FROM promotion_uses u WHERE u.promotion = p.id),"
                              " (SELECT COALESCE(SUM(u.uses), 0) FROM promotion_uses u WHERE u.promotion = p.id AND u.shopper = ?1)"
                              " FROM promotions p ORDER BY p.position";
    struct statement *t;
    bool has;
    *out = NULL;
    *n = 0;
    TRY(has_tables(s, &has));
    if (!has) return OK;
    struct cart_usage *usage = arena_zalloc(a, PROMOTIONS_MAX, sizeof *usage);
    if (!usage) return fail_nomem("reading promotions");
    TRY(store_prepare(s, sql, &t));
    /* Uses without a name are counted for all, and for nobody. */
    if (*user) TRY(statement_bind_text(t, 1, user, strlen(user)));
    else TRY(statement_bind_null(t, 1));
    status result = count_rows(t, a, usage, n);
    statement_reset(t);
    *out = usage;
    return result;
}

static status used_so_far(struct store *s, const char *id, const char *user, int64_t *by_user, int64_t *by_all)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(s, "SELECT COALESCE(SUM(uses), 0), COALESCE(SUM(CASE WHEN shopper = ?2 THEN uses ELSE 0 END), 0) FROM promotion_uses WHERE promotion = ?1", &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    TRY(statement_bind_text(t, 2, user, strlen(user)));
    TRY(statement_step(t, &row));
    *by_all = row ? statement_int(t, 0) : 0;
    *by_user = row && *user ? statement_int(t, 1) : 0;
    statement_reset(t);
    return OK;
}

static status record_use(struct store *s, const char *user, const struct promotion_use *u)
{
    struct statement *t;
    bool row;
    int64_t by_user, by_all;
    const struct promotion *p = u->promotion;
    TRY(used_so_far(s, p->id, user, &by_user, &by_all));
    FAIL_IF((p->per_user && by_user + u->uses > p->per_user) || (p->total && by_all + u->uses > p->total), ERR_LIMIT,
            "promotion %s was used up meanwhile; price the cart again", p->id);
    TRY(store_prepare(s, "INSERT INTO promotion_uses(promotion, shopper, uses) VALUES(?1, ?2, ?3)"
                         " ON CONFLICT(promotion, shopper) DO UPDATE SET uses = promotion_uses.uses + excluded.uses", &t));
    TRY(statement_bind_text(t, 1, p->id, strlen(p->id)));
    TRY(statement_bind_text(t, 2, user, strlen(user)));
    TRY(statement_bind_int(t, 3, u->uses));
    return statement_step(t, &row);
}

status promotions_record(struct store *s, const char *user, const struct cart_result *r)
{
    TRY(migrate(s));
    TRY(store_begin(s));
    status result = OK;
    for (size_t i = 0; i < r->n_uses && result == OK; i++) result = record_use(s, user, &r->uses[i]);
    if (result == OK) return store_commit(s);
    store_rollback(s);
    return result;
}
