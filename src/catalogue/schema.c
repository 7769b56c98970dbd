/* The tables of the catalogue and every statement on them. */
#include <string.h>

#include "catalogue_int.h"

static const char *const MIGRATIONS[] = {
    "CREATE TABLE products("
    " key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, hash BIGINT NOT NULL,"
    " title TEXT NOT NULL, brand TEXT NOT NULL, category TEXT NOT NULL, description TEXT NOT NULL, url TEXT NOT NULL,"
    " image TEXT NOT NULL, title_en TEXT NOT NULL, category_en TEXT NOT NULL, description_en TEXT NOT NULL,"
    " title_zh TEXT NOT NULL, category_zh TEXT NOT NULL, description_zh TEXT NOT NULL, currency TEXT NOT NULL,"
    " attributes TEXT NOT NULL, price BIGINT, list_price BIGINT, stock BIGINT, rating_count BIGINT NOT NULL,"
    " rating DOUBLE PRECISION NOT NULL);"
    "CREATE TABLE catalogue_meta(name TEXT PRIMARY KEY, value BIGINT NOT NULL);"
    "INSERT INTO catalogue_meta(name, value) VALUES('digest', 0), ('next_key', 1)",
};
enum { N_MIGRATIONS = sizeof MIGRATIONS / sizeof MIGRATIONS[0], RECORD_VERSION = 1 };

/* In the order of enum record_text and enum record_int. */
#define TEXTS "id, title, brand, category, description, url, image, title_en, category_en, description_en," \
              " title_zh, category_zh, description_zh, currency, attributes"
#define INTS "price, list_price, stock, rating_count"
#define SELECT "SELECT key, hash, rating, " TEXTS ", " INTS " FROM products"
enum { AT_KEY, AT_HASH, AT_RATING, AT_TEXT, AT_INT = AT_TEXT + RECORD_TEXTS };

status catalogue_migrate(struct store *s)
{
    return store_migrate(s, "catalogue", MIGRATIONS, N_MIGRATIONS);
}

/* ---- hash ---- */

uint64_t record_hash(const struct record *r)
{
    uint64_t h = RECORD_VERSION, numbers[RECORD_INTS + 1];
    for (int i = 0; i < RECORD_TEXTS; i++) h = hash_bytes(r->text[i].s, r->text[i].n, h);
    for (int i = 0; i < RECORD_INTS; i++) numbers[i] = (uint64_t)r->integer[i];
    memcpy(&numbers[RECORD_INTS], &r->rating, sizeof r->rating);
    return hash_bytes(numbers, sizeof numbers, h);
}

/* ---- writing ---- */

static status bind_record(struct statement *t, int64_t key, uint64_t hash, const struct record *r)
{
    TRY(statement_bind_int(t, 1 + AT_KEY, key));
    TRY(statement_bind_int(t, 1 + AT_HASH, (int64_t)hash));
    TRY(statement_bind_real(t, 1 + AT_RATING, r->rating));
    for (int i = 0; i < RECORD_TEXTS; i++) TRY(statement_bind_text(t, 1 + AT_TEXT + i, r->text[i].s ? r->text[i].s : "", r->text[i].n));
    for (int i = 0; i < RECORD_INTS; i++)
        TRY(r->integer[i] < 0 ? statement_bind_null(t, 1 + AT_INT + i) : statement_bind_int(t, 1 + AT_INT + i, r->integer[i]));
    return OK;
}

static status write_record(struct catalogue *c, const char *sql, int64_t key, uint64_t hash, const struct record *r)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(c->store, sql, &t));
    TRY(bind_record(t, key, hash, r));
    return statement_step(t, &row);
}

status products_insert(struct catalogue *c, int64_t key, uint64_t hash, const struct record *r)
{
    static const char sql[] = "INSERT INTO products(key, hash, rating, " TEXTS ", " INTS ")"
                              " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22)";
    return write_record(c, sql, key, hash, r);
}

status products_update(struct catalogue *c, int64_t key, uint64_t hash, const struct record *r)
{
    static const char sql[] = "UPDATE products SET hash=?2, rating=?3, id=?4, title=?5, brand=?6, category=?7, description=?8,"
                              " url=?9, image=?10, title_en=?11, category_en=?12, description_en=?13, title_zh=?14,"
                              " category_zh=?15, description_zh=?16, currency=?17, attributes=?18, price=?19, list_price=?20,"
                              " stock=?21, rating_count=?22 WHERE key=?1";
    return write_record(c, sql, key, hash, r);
}

/* ---- reading ---- */

status products_find(struct catalogue *c, struct span id, bool *found, int64_t *key, uint64_t *hash)
{
    struct statement *t;
    TRY(store_prepare(c->store, "SELECT key, hash FROM products WHERE id=?1", &t));
    TRY(statement_bind_text(t, 1, id.s, id.n));
    TRY(statement_step(t, found));
    if (*found) {
        *key = statement_int(t, 0);
        *hash = (uint64_t)statement_int(t, 1);
        statement_reset(t);
    }
    return OK;
}

status products_select(struct catalogue *c, enum product_query which, struct statement **out)
{
    static const char *const sql[] = {[BY_ID] = SELECT " WHERE id=?1", [BY_KEY] = SELECT " WHERE key=?1", [EVERY] = SELECT " ORDER BY key",
#define IN_CATEGORY(column) column "=?2 OR substr(" column ",1,length(?2)+3)=?2||' > '"
        [FILTERED] = SELECT " WHERE key>?1 AND (?2 IS NULL OR " IN_CATEGORY("category") " OR " IN_CATEGORY("category_en") " OR " IN_CATEGORY("category_zh") ") AND (?3 IS NULL OR brand=?3)"
                            " ORDER BY key LIMIT ?4"};
    return store_prepare(c->store, sql[which], out);
}

status products_categories(struct catalogue *c, size_t limit, struct statement **out)
{
    TRY(store_prepare(c->store,
                      "SELECT category, category_en, category_zh, count(*), coalesce(min(CASE WHEN stock IS NULL OR stock>0 THEN key END), min(key)) FROM products"
                      " WHERE category<>'' GROUP BY category, category_en, category_zh ORDER BY count(*) DESC, category LIMIT ?1", out));
    return statement_bind_int(*out, 1, (int64_t)limit);
}

status products_row(struct catalogue *c, const struct statement *t, int64_t *key, struct record *r)
{
    *key = statement_int(t, AT_KEY);
    r->rating = statement_real(t, AT_RATING);
    for (int i = 0; i < RECORD_TEXTS; i++) {
        r->text[i].s = statement_text(t, AT_TEXT + i, &r->text[i].n);
        if (!r->text[i].s) r->text[i].s = "";
    }
    for (int i = 0; i < RECORD_INTS; i++) {
        r->integer[i] = statement_is_null(t, AT_INT + i) ? -1 : statement_int(t, AT_INT + i);
    }
    if (record_hash(r) == (uint64_t)statement_int(t, AT_HASH)) return OK;
    return fail(ERR_FORMAT, "product %lld in '%s' is damaged; restore a copy of the database, or name a new file and import again",
                (long long)*key, store_location(c->store));
}

/* ---- numbers about the whole ---- */

status meta_read(struct catalogue *c, const char *name, int64_t *value)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(c->store, "SELECT value FROM catalogue_meta WHERE name=?1", &t));
    TRY(statement_bind_text(t, 1, name, strlen(name)));
    TRY(statement_step(t, &row));
    FAIL_IF(!row, ERR_FORMAT, "'%s' is damaged (no catalogue %s); restore a copy, or name a new file and import again",
            store_location(c->store), name);
    *value = statement_int(t, 0);
    statement_reset(t);
    return OK;
}

status meta_write(struct catalogue *c, const char *name, int64_t value)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(c->store, "UPDATE catalogue_meta SET value=?2 WHERE name=?1", &t));
    TRY(statement_bind_text(t, 1, name, strlen(name)));
    TRY(statement_bind_int(t, 2, value));
    return statement_step(t, &row);
}
