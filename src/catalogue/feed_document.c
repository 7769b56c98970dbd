/* JSON documents: one object, an array, a JSON-LD graph, a list of items, a page with JSON-LD in it. */
#include <string.h>

#include "feed_family_int.h"

void document_init(struct document *d)
{
    *d = (struct document){.line = 1};
    arena_init(&d->arena, FEED_TREE_MAX);
    strmap_init(&d->known);
    strmap_init(&d->referenced);
}

void document_clear(struct document *d)
{
    arena_clear(&d->arena);
    strmap_release(&d->known);
    strmap_release(&d->referenced);
    strmap_init(&d->known);
    strmap_init(&d->referenced);
    d->n_products = d->next = 0;
}

void document_release(struct document *d)
{
    mem_free(d->bytes);
    mem_free(d->products);
    strmap_release(&d->known);
    strmap_release(&d->referenced);
    arena_release(&d->arena);
}

status document_read(struct document *d, struct feed *f, bool html)
{
    struct strbuf all = {0};
    status s = OK;
    for (;;) {
        strbuf_add(&all, f->buffer + f->begin, f->end - f->begin);
        feed_consume(f, f->end - f->begin, 0);
        if (s == OK) s = strbuf_status(&all);
        if (s == OK && all.len > FEED_DOCUMENT_MAX)
            s = fail(ERR_LIMIT, "'%s' is one document of more than %d MiB; write one product a line instead (jq -c '.[]')", f->name, (int)(FEED_DOCUMENT_MAX >> 20));
        if (s != OK || f->ended) break;
        s = feed_more(f);
    }
    if (s != OK) strbuf_release(&all);
    d->bytes = all.data;
    d->n = s == OK ? all.len : 0;
    d->html = html;
    d->counted = d->bytes;
    return s;
}

/* ---- where the products are ---- */

/* Objects by "@id", those that only refer left out; and the ids of what comes with another product. */
static status index_ids(struct document *d, const struct node *n, bool variant)
{
    const struct node *id = tree_get(n, "@id");
    bool refers = id && n->first == id && !id->next;
    if (id && id->type == NODE_SCALAR) {
        if (!refers && !strmap_get(&d->known, id->text.s, id->text.n, NULL)) TRY(strmap_put(&d->known, id->text.s, id->text.n, (uintptr_t)n));
        if (refers && variant) TRY(strmap_put(&d->referenced, id->text.s, id->text.n, 1));
    }
    for (const struct node *m = n->first; m; m = m->next) {
        bool group = m->name.n == 10 && memcmp(m->name.s, "hasVariant", 10) == 0, of = m->name.n == 11 && memcmp(m->name.s, "isVariantOf", 11) == 0;
        if (m->type != NODE_SCALAR) TRY(index_ids(d, m, group || of || (variant && n->type == NODE_ARRAY)));
    }
    return OK;
}

static bool comes_with_another(const struct document *d, const struct node *n)
{
    struct span id = tree_text(n, "@id");
    return id.n && !tree_get(n, "hasVariant") && strmap_get(&d->referenced, id.s, id.n, NULL);
}

/* A variant that names its group, whose group lists no variants, is a product of its own with what the group says. */
static bool is_listed(const struct document *d, const struct node *n)
{
    const struct node *group = tree_get(n, "isVariantOf");
    uint64_t at;
    struct span id = tree_text(group, "@id");
    if (group && id.n && strmap_get(&d->known, id.s, id.n, &at)) return tree_get((const struct node *)(uintptr_t)at, "hasVariant") != NULL;
    return !group;
}

static status push(struct document *d, const struct node *n)
{
    TRY(mem_grow(&d->products, &d->cap_products, d->n_products + 1, sizeof *d->products));
    d->products[d->n_products++] = n;
    return OK;
}

static status collect(struct document *d, const struct node *n);

static status collect_each(struct document *d, const struct node *list)
{
    if (list->type != NODE_ARRAY) return collect(d, list);
    for (const struct node *m = list->first; m; m = m->next) TRY(collect(d, m));
    return OK;
}

static status collect(struct document *d, const struct node *n)
{
    static const char *const inside[] = {"@graph", "itemListElement", "mainEntity", "item", NULL};
    if (n->type == NODE_ARRAY) return collect_each(d, n);
    if (jsonld_is_product(n)) return comes_with_another(d, n) && is_listed(d, n) ? OK : push(d, n);
    if (n->type == NODE_SCALAR || acp_is_product(n)) return push(d, n);
    bool linked = tree_get(n, "@type") || tree_get(n, "@context") || tree_get(n, "@graph") || tree_get(n, "@id");
    for (const char *const *name = inside; linked && *name; name++) {
        const struct node *m = tree_get(n, *name);
        if (m && m->type != NODE_SCALAR) return collect_each(d, m);
    }
    const struct node *products = tree_get(n, "products");
    if (products && products->type == NODE_ARRAY && !tree_get(n, "id") && !tree_get(n, "title")) return collect_each(d, products);
    return linked ? OK : push(d, n);
}

status document_add(struct document *d, struct span text, struct feed_row *row)
{
    status memory;
    const struct node *root = tree_parse(text, &d->arena, row, &memory);
    if (!root) return memory;
    if (memmem(text.s, text.n, "\"@id\"", 5)) TRY(index_ids(d, root, false));
    return collect(d, root);
}

/* ---- files ---- */

static void find_line(struct document *d, const char *at, struct feed_row *row)
{
    if (at < d->counted) d->counted = d->bytes, d->line = 1;
    for (; d->counted < at; d->counted++) d->line += *d->counted == '\n';
    row->line = d->line;
}

static void check_text(struct span text, struct feed_row *row)
{
    size_t bad;
    if (memchr(text.s, 0, text.n)) reject(row, "a NUL byte");
    else if (!utf8_valid(text.s, text.n, &bad)) reject(row, "invalid UTF-8 at byte %zu", bad + 1);
}

/* The next block of a page, or all of a JSON file. False in *any: there is none. */
static status next_block(struct document *d, const struct feed *f, struct feed_row *row, bool *any)
{
    struct span text = {d->bytes, d->n};
    *any = d->html ? html_next_jsonld((struct span){d->bytes, d->n}, &d->at, &text) : !d->parsed;
    d->parsed = true;
    if (!*any) return OK;
    row->raw = text;
    find_line(d, text.s, row);
    check_text(text, row);
    if (!row->reason[0]) TRY(document_add(d, text, row));
    if (row->raw.n > FEED_RECORD_MAX) row->raw.n = 0;
    if (row->reason[0] && !d->html)
        return fail(ERR_FORMAT, "%s:%llu: %s; a JSON document is taken whole or not at all", f->name, (unsigned long long)row->line, row->reason);
    return OK;
}

status document_next(struct document *d, const struct feed *f, struct feed_row *row, const struct node **product, bool *any)
{
    *product = NULL;
    row->reason[0] = 0;
    while (d->next == d->n_products) {
        TRY(next_block(d, f, row, any));
        if (*any && row->reason[0]) return OK;
        if (*any) continue;
        FAIL_IF(d->n_products == 0, ERR_FORMAT, "'%s' holds no product: %s", f->name,
                d->html ? "a page needs a schema.org Product in a <script type=\"application/ld+json\">" : "a JSON document needs products in an array, or schema.org Products");
        return OK;
    }
    *any = true;
    *product = d->products[d->next++];
    row->raw = (*product)->raw;
    find_line(d, row->raw.s, row);
    if (row->raw.n <= FEED_RECORD_MAX) return OK;
    row->raw.n = 0;
    reject(row, "a record of more than %d bytes", (int)FEED_RECORD_MAX);
    return OK;
}
