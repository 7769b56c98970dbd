/* The catalogue's handle: counting, getting, walking. */
#include "catalogue.h"

#include <string.h>

#include "catalogue_int.h"

status catalogue_open(struct store *s, struct catalogue **out)
{
    *out = NULL;
    TRY(catalogue_migrate(s));
    struct catalogue *c = mem_zalloc(1, sizeof *c);
    if (!c) return fail_nomem("opening a catalogue");
    c->store = s;
    *out = c;
    return OK;
}

void catalogue_close(struct catalogue *c)
{
    if (!c) return;
    if (c->normalizer) normalizer_free(c->normalizer);
    mem_free(c);
}

status catalogue_count(struct catalogue *c, int64_t *n)
{
    struct statement *t;
    bool row;
    TRY(store_prepare(c->store, "SELECT count(*) FROM products", &t));
    TRY(statement_step(t, &row));
    *n = row ? statement_int(t, 0) : 0;
    statement_reset(t);
    return OK;
}

status catalogue_version(struct catalogue *c, int64_t *version)
{
    return meta_read(c, "digest", version);
}

/* ---- a row as a product ---- */

/* The strings of a product in one piece of the arena; absent ones share "". */
static bool copy_texts(const struct record *r, struct arena *a, const char *texts[RECORD_TEXTS])
{
    size_t size = 0;
    for (int i = 0; i < RECORD_TEXTS; i++) size += r->text[i].n + 1;
    char *p = arena_alloc(a, size);
    if (!p) return false;
    for (int i = 0; i < RECORD_TEXTS; i++) {
        texts[i] = r->text[i].n ? p : "";
        if (!r->text[i].n) continue;
        memcpy(p, r->text[i].s, r->text[i].n);
        p[r->text[i].n] = 0;
        p += r->text[i].n + 1;
    }
    return true;
}

static status to_product(struct catalogue *c, const struct statement *t, struct arena *a, struct product *out)
{
    struct record r;
    const char *texts[RECORD_TEXTS];
    int64_t key;
    TRY(products_row(c, t, &key, &r));
    if (!copy_texts(&r, a, texts)) return fail_nomem("reading a product");
    *out = (struct product){
        .key = key, .id = texts[TEXT_ID], .title = texts[TEXT_TITLE], .brand = texts[TEXT_BRAND],
        .category = texts[TEXT_CATEGORY], .description = texts[TEXT_DESCRIPTION], .url = texts[TEXT_URL],
        .image = texts[TEXT_IMAGE], .title_en = texts[TEXT_TITLE_EN], .category_en = texts[TEXT_CATEGORY_EN],
        .description_en = texts[TEXT_DESCRIPTION_EN], .title_zh = texts[TEXT_TITLE_ZH],
        .category_zh = texts[TEXT_CATEGORY_ZH], .description_zh = texts[TEXT_DESCRIPTION_ZH],
        .price = r.integer[INT_PRICE], .list_price = r.integer[INT_LIST_PRICE], .stock = r.integer[INT_STOCK],
        .rating = r.rating, .rating_count = r.integer[INT_RATING_COUNT] < 0 ? 0 : r.integer[INT_RATING_COUNT],
    };
    size_t n = r.text[TEXT_CURRENCY].n;
    memcpy(out->currency, texts[TEXT_CURRENCY], n < sizeof out->currency ? n : sizeof out->currency - 1);
    status s = attribute_decode((char *)(uintptr_t)texts[TEXT_ATTRIBUTES], r.text[TEXT_ATTRIBUTES].n, a, &out->attributes, &out->n_attributes);
    return s == OK ? OK : fail_context(s, "product '%s' in '%s'", out->id, store_location(c->store));
}

/* ---- get ---- */

static status get_bound(struct catalogue *c, struct statement *t, struct arena *a, struct product *out, bool *found)
{
    TRY(statement_step(t, found));
    if (!*found) return OK;
    status s = to_product(c, t, a, out);
    statement_reset(t);
    return s;
}

status catalogue_get(struct catalogue *c, const char *id, struct arena *a, struct product *out)
{
    struct statement *t;
    bool found;
    TRY(products_select(c, BY_ID, &t));
    TRY(statement_bind_text(t, 1, id, strlen(id)));
    TRY(get_bound(c, t, a, out, &found));
    FAIL_IF(!found, ERR_NOT_FOUND, "there is no product '%.200s' in '%s'; check the id, or import its feed", id, store_location(c->store));
    return OK;
}

status catalogue_get_by_key(struct catalogue *c, int64_t key, struct arena *a, struct product *out)
{
    struct statement *t;
    bool found;
    TRY(products_select(c, BY_KEY, &t));
    TRY(statement_bind_int(t, 1, key));
    TRY(get_bound(c, t, a, out, &found));
    FAIL_IF(!found, ERR_NOT_FOUND, "there is no product with key %lld in '%s'; build the index again", (long long)key, store_location(c->store));
    return OK;
}

/* ---- each ---- */

static status walk(struct catalogue *c, struct statement *t, struct arena *a,
                   status (*visit)(void *context, const struct product *p), void *context)
{
    for (;;) {
        bool row;
        struct product p;
        TRY(statement_step(t, &row));
        if (!row) return OK;
        arena_clear(a);
        TRY(to_product(c, t, a, &p));
        TRY(visit(context, &p));
    }
}

static status walk_all(struct catalogue *c, struct statement *t, status (*visit)(void *context, const struct product *p), void *context)
{
    struct arena a;
    arena_init(&a, 0);
    c->busy = true;
    status s = walk(c, t, &a, visit, context);
    c->busy = false;
    statement_reset(t);
    arena_release(&a);
    return s;
}

status catalogue_each(struct catalogue *c, status (*visit)(void *context, const struct product *p), void *context)
{
    FAIL_IF(c->busy, ERR_INTERNAL, "a walk over the catalogue inside another; this is a fault of daogou, please report it");
    struct statement *t;
    TRY(products_select(c, EVERY, &t));
    return walk_all(c, t, visit, context);
}

static status bind_filter(struct statement *t, const struct catalogue_filter *f)
{
    TRY(statement_bind_int(t, 1, f->after));
    TRY(statement_bind_text(t, 2, f->category, f->category ? strlen(f->category) : 0));
    TRY(statement_bind_text(t, 3, f->brand, f->brand ? strlen(f->brand) : 0));
    return statement_bind_int(t, 4, (int64_t)f->limit);
}

status catalogue_list(struct catalogue *c, const struct catalogue_filter *f, status (*visit)(void *context, const struct product *p), void *context)
{
    FAIL_IF(c->busy, ERR_INTERNAL, "a walk over the catalogue inside another; this is a fault of daogou, please report it");
    struct statement *t;
    TRY(products_select(c, FILTERED, &t));
    TRY(bind_filter(t, f));
    return walk_all(c, t, visit, context);
}

/* ---- categories ---- */

status catalogue_categories(struct catalogue *c, size_t limit, status (*visit)(void *context, const struct category_count *k), void *context)
{
    struct statement *t;
    bool row = true;
    status s = products_categories(c, limit, &t);
    while (s == OK && (s = statement_step(t, &row)) == OK && row) {
        const struct category_count k = {statement_text(t, 0, NULL), statement_text(t, 1, NULL), statement_text(t, 2, NULL), statement_int(t, 3), statement_int(t, 4)};
        s = visit(context, &k);
    }
    if (s != OK) statement_reset(t);
    return s;
}
