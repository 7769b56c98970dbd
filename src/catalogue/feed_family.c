/* A product and its variants, as the catalogue can hold them: it has one price a product and no offers, so
 *   - variants that all cost the same are one product, their options listed ("size: S, M, L"), the stock summed;
 *   - where a price differs each variant is a product: a shopper must not be told the price of S for an XL.
 * docs/feeds.md says the same to merchants.
 */
#include <string.h>
#include <strings.h>

#include "feed_family_int.h"

void family_init(struct family *f, struct columns *columns, struct arena *arena)
{
    *f = (struct family){.columns = columns, .arena = arena};
}

void family_release(struct family *f)
{
    mem_free(f->base.items);
    for (size_t i = 0; i < f->cap_variants; i++) mem_free(f->variants[i].items);
    mem_free(f->variants);
}

void family_clear(struct family *f)
{
    f->base.n = f->n_variants = f->n_products = f->next = 0;
}

status family_add_variant(struct family *f, struct cells **out)
{
    FAIL_IF(f->n_variants == FAMILY_VARIANTS_MAX, ERR_LIMIT, "a product of more than %d variants; split it", (int)FAMILY_VARIANTS_MAX);
    if (f->n_variants == f->cap_variants) {
        size_t old = f->cap_variants;
        TRY(mem_grow(&f->variants, &f->cap_variants, f->n_variants + 1, sizeof *f->variants));
        memset(f->variants + old, 0, (f->cap_variants - old) * sizeof *f->variants);
    }
    *out = &f->variants[f->n_variants++];
    (*out)->n = 0;
    return OK;
}

status cells_add(struct cells *cells, struct cell cell)
{
    TRY(mem_grow(&cells->items, &cells->cap, cells->n + 1, sizeof cell));
    cells->items[cells->n++] = cell;
    return OK;
}

status family_put(struct family *f, struct cells *to, const char *name, char group, struct span value)
{
    struct span key = {name, strlen(name)};
    return value.n ? family_put_named(f, to, key, group, value, false) : OK;
}

status family_put_named(struct family *f, struct cells *to, struct span name, char group, struct span value, bool list)
{
    size_t column;
    if (!value.n || !name.n || name.n > COLUMN_NAME_MAX) return OK;
    FAIL_IF(f->columns->n >= FAMILY_COLUMNS_MAX, ERR_LIMIT, "a feed with more than %d different attribute names; split it", (int)FAMILY_COLUMNS_MAX);
    TRY(columns_find(f->columns, name, group, &column));
    return cells_add(to, (struct cell){.column = column, .value = value, .list = list});
}

/* ---- comparing ---- */

static enum field field_of(const struct family *f, const struct cell *c)
{
    return f->columns->items[c->column].field;
}

static bool is_price(enum field field)
{
    return field == FIELD_PRICE || field == FIELD_LIST_PRICE || field == FIELD_CURRENCY || field == FIELD_SALE_PERIOD;
}

static bool same(struct span a, struct span b)
{
    return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
}

static const struct cell *in_column(const struct cells *cells, size_t column)
{
    for (size_t i = 0; i < cells->n; i++)
        if (cells->items[i].column == column) return &cells->items[i];
    return NULL;
}

static const struct cell *in_field(const struct family *f, const struct cells *cells, enum field field)
{
    for (size_t i = 0; i < cells->n; i++)
        if (field_of(f, &cells->items[i]) == field && cells->items[i].value.n) return &cells->items[i];
    return NULL;
}

/* "20" and "20.00" are one price. */
static bool same_price(struct span a, struct span b)
{
    int64_t x, y;
    char in_a[4], in_b[4];
    if (same(a, b)) return true;
    return text_parse_price(a.s, a.n, &x, in_a) && text_parse_price(b.s, b.n, &y, in_b) && x == y && strcmp(in_a, in_b) == 0;
}

static bool prices_within(const struct family *f, const struct cells *a, const struct cells *b)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct cell *other = in_column(b, a->items[i].column);
        if (is_price(field_of(f, &a->items[i])) && (!other || !same_price(a->items[i].value, other->value))) return false;
    }
    return true;
}

static bool prices_differ(const struct family *f)
{
    for (size_t i = 1; i < f->n_variants; i++)
        if (!prices_within(f, &f->variants[0], &f->variants[i]) || !prices_within(f, &f->variants[i], &f->variants[0])) return true;
    return false;
}

/* Whether variants say different things in a column. */
static bool varies(const struct family *f, size_t column)
{
    const struct cell *first = in_column(&f->variants[0], column);
    for (size_t i = 1; i < f->n_variants; i++) {
        const struct cell *other = in_column(&f->variants[i], column);
        if (!first != !other || (first && !same(first->value, other->value))) return true;
    }
    return false;
}

/* Numbers that name one variant say nothing of the family. */
static bool is_identifier(const struct family *f, size_t column)
{
    static const char *const names[] = {"gtin", "mpn", "sku", "barcode", "upc", "ean"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(f->columns->items[column].name, names[i]) == 0) return true;
    return false;
}

/* ---- one product of all ---- */

static bool add_unless_there(const struct cell **values, size_t *n, const struct cell *value)
{
    for (size_t i = 0; i < *n; i++)
        if (same(values[i]->value, value->value)) return false;
    values[(*n)++] = value;
    return true;
}

/* The variants' values of an attribute, each once, in their order. */
static status list_values(struct family *f, size_t column, struct cells *out)
{
    const struct cell **values = arena_alloc(f->arena, f->n_variants * sizeof *values);
    size_t n = 0;
    struct strbuf joined = {0};
    if (!values) return fail_nomem("reading a feed");
    for (size_t i = 0; i < f->n_variants; i++) {
        const struct cell *c = in_column(&f->variants[i], column);
        if (c && add_unless_there(values, &n, c)) strbuf_printf(&joined, "%s%.*s", n > 1 ? ", " : "", (int)c->value.n, c->value.s);
    }
    struct span value = {arena_strndup(f->arena, strbuf_str(&joined), joined.len), joined.len};
    bool failed = joined.failed || !value.s;
    strbuf_release(&joined);
    if (failed) return fail_nomem("reading a feed");
    if (n > 1 && is_identifier(f, column)) return OK;
    return cells_add(out, (struct cell){.column = column, .value = n == 1 ? values[0]->value : value, .list = n > 1 || values[0]->list});
}

/* Numbers are summed; else one that can be bought speaks for all. */
static status sum_stock(struct family *f, const struct cell *first, struct cells *out)
{
    int64_t sum = 0;
    struct cell result = *first;
    for (size_t i = 0; i < f->n_variants; i++) {
        const struct cell *c = in_field(f, &f->variants[i], FIELD_STOCK);
        int64_t n = c ? feed_stock(c->value) : STOCK_UNKNOWN;
        if (c && n != 0) result = *c;
        sum = n < 0 || sum < 0 || n > INT32_MAX ? -1 : sum + n;
    }
    if (sum > 0) {
        char *text = arena_printf(f->arena, "%lld", (long long)sum);
        if (!text) return fail_nomem("reading a feed");
        result.value = (struct span){text, strlen(text)};
    }
    return cells_add(out, result);
}

static bool done_before(const struct family *f, size_t variant, size_t column)
{
    for (size_t i = 0; i < variant; i++)
        if (in_column(&f->variants[i], column)) return true;
    return false;
}

static status merge_column(struct family *f, size_t variant, const struct cell *c, struct cells *out)
{
    enum field field = field_of(f, c);
    if (field == FIELD_ATTRIBUTE) return list_values(f, c->column, out);
    if (field == FIELD_STOCK) return in_field(f, out, FIELD_STOCK) ? OK : sum_stock(f, c, out);
    if (is_price(field)) return variant == 0 ? cells_add(out, *c) : OK;
    return in_field(f, out, field) ? OK : cells_add(out, *c);
}

static status merge(struct family *f, struct cells *out)
{
    bool priced = in_field(f, &f->variants[0], FIELD_PRICE) != NULL;
    for (size_t i = 0; i < f->base.n; i++) {
        const struct cell *c = &f->base.items[i];
        bool own = (priced && is_price(field_of(f, c))) || (field_of(f, c) == FIELD_STOCK && in_field(f, &f->variants[0], FIELD_STOCK));
        own = own || (field_of(f, c) == FIELD_ATTRIBUTE && done_before(f, f->n_variants, c->column));
        if (!own) TRY(cells_add(out, *c));
    }
    for (size_t i = 0; i < f->n_variants; i++)
        for (size_t k = 0; k < f->variants[i].n; k++)
            if (!done_before(f, i, f->variants[i].items[k].column)) TRY(merge_column(f, i, &f->variants[i].items[k], out));
    return OK;
}

/* ---- a product a variant ---- */

/* An only variant is the product: it keeps the family's id, and its own is an attribute. */

/* What tells this variant from the others: "Red / S". */
static status options_text(struct family *f, const struct cells *v, const char *start, const char *between, struct span *out)
{
    struct strbuf text = {0};
    size_t n = 0;
    strbuf_puts(&text, start);
    for (size_t i = 0; i < v->n; i++) {
        const struct cell *c = &v->items[i];
        if (field_of(f, c) != FIELD_ATTRIBUTE || is_identifier(f, c->column) || !varies(f, c->column)) continue;
        strbuf_printf(&text, "%s%.*s", n++ ? between : "", (int)c->value.n, c->value.s);
    }
    *out = n ? (struct span){arena_strndup(f->arena, strbuf_str(&text), text.len), text.len} : (struct span){"", 0};
    bool failed = text.failed || !out->s;
    strbuf_release(&text);
    return failed ? fail_nomem("reading a feed") : OK;
}

static status extend(struct family *f, const struct cell *c, const struct cells *v, const char *start, const char *between, struct cells *out)
{
    struct span options;
    TRY(options_text(f, v, start, between, &options));
    char *text = arena_printf(f->arena, "%.*s%.*s", (int)c->value.n, c->value.s, (int)options.n, options.s);
    if (!text) return fail_nomem("reading a feed");
    return cells_add(out, (struct cell){.column = c->column, .value = {text, strlen(text)}});
}

static status separate(struct family *f, const struct cells *v, struct cells *out)
{
    bool priced = in_field(f, v, FIELD_PRICE) != NULL, only = f->n_variants == 1;
    for (size_t i = 0; i < f->base.n; i++) {
        const struct cell *c = &f->base.items[i];
        enum field field = field_of(f, c);
        bool own = field == FIELD_ATTRIBUTE ? in_column(v, c->column) != NULL : (priced && is_price(field)) || in_field(f, v, field);
        if (own && field == FIELD_ID && !only) TRY(family_put(f, out, "item_group_id", 'a', c->value));
        if (own && !(field == FIELD_ID && only)) continue;
        if (field == FIELD_TITLE) TRY(extend(f, c, v, " - ", " / ", out));
        else if (field == FIELD_ID) TRY(extend(f, c, v, "-", "-", out));
        else TRY(cells_add(out, *c));
    }
    const struct cell *id = only ? in_field(f, &f->base, FIELD_ID) : NULL;
    for (size_t i = 0; i < v->n; i++) {
        const struct cell *c = &v->items[i];
        if (!id || field_of(f, c) != FIELD_ID) TRY(cells_add(out, *c));
        else if (!same(id->value, c->value)) TRY(family_put(f, out, "sku", 'a', c->value));
    }
    return OK;
}

/* ---- the products ---- */

void family_finish(struct family *f)
{
    f->separate = f->n_variants == 1 || (f->n_variants > 1 && prices_differ(f));
    f->n_products = f->separate ? f->n_variants : f->base.n || f->n_variants ? 1 : 0;
    f->next = 0;
}

bool family_any(const struct family *f)
{
    return f->next < f->n_products;
}

status family_next(struct family *f, struct feed_row *row, struct cells *out)
{
    size_t i = f->next++;
    out->n = 0;
    if (f->separate) TRY(separate(f, &f->variants[i], out));
    else if (f->n_variants) TRY(merge(f, out));
    else for (size_t k = 0; k < f->base.n; k++) TRY(cells_add(out, f->base.items[k]));
    if (out->n <= FEED_FIELDS_MAX) return OK;
    out->n = 0;
    reject(row, "more than %d fields", (int)FEED_FIELDS_MAX);
    return OK;
}
