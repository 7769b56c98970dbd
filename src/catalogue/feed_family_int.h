/* A product and its variants, from whatever format has them, on the way to cells. */
#ifndef DAOGOU_FEED_FAMILY_INT_H
#define DAOGOU_FEED_FAMILY_INT_H

#include "feed_json_int.h"

enum { FAMILY_VARIANTS_MAX = 2048, FAMILY_COLUMNS_MAX = 65536 };
struct family {
    struct columns *columns;
    struct arena *arena;         /* of the texts that are made; cleared by the caller when no product is left */
    struct cells base, *variants;
    size_t n_variants, cap_variants;
    size_t n_products, next;
    bool separate;               /* a product a variant */
};
void family_init(struct family *f, struct columns *columns, struct arena *arena);
void family_release(struct family *f);
void family_clear(struct family *f);
status family_add_variant(struct family *f, struct cells **out);   /* valid until the next one */
/* A value of a column found by name (group: see columns_find). Empty values and names too long are passed over. */
status family_put(struct family *f, struct cells *to, const char *name, char group, struct span value);
status family_put_named(struct family *f, struct cells *to, struct span name, char group, struct span value, bool list);
void family_finish(struct family *f);                              /* all variants are there: decides how many products it is */
bool family_any(const struct family *f);
status family_next(struct family *f, struct feed_row *row, struct cells *out);
status cells_add(struct cells *cells, struct cell cell);

/* ---- what fills one ---- */

/* A product of schema.org (feed_jsonld.c), of ACP (feed_acp.c). Resolves {"@id"} among `known`, which may be NULL. */
struct strmap;
status jsonld_product(struct family *f, const struct node *product, const struct strmap *known);
bool jsonld_is_product(const struct node *n);
bool acp_is_product(const struct node *n);
status acp_product(struct family *f, const struct node *product);

/* HTML to text: tags away, blocks on lines of their own, scripts and styles dropped (feed_html.c). */
status html_text(struct span html, struct arena *a, struct span *out);
bool html_looks_like_tag(const char *text);   /* what html_text would take away */
/* The next <script type="application/ld+json"> of a page from *at on: its text; false at the end. */
bool html_next_jsonld(struct span page, size_t *at, struct span *out);

/* ---- JSON documents (feed_document.c): products of a JSON text, found wherever its format puts them ---- */

enum { FEED_DOCUMENT_MAX = 64 << 20, FEED_TREE_MAX = 512 << 20 };
struct document {
    char *bytes;                 /* a whole file, or NULL when lines are added */
    size_t n;
    bool html, parsed;
    struct arena arena;          /* of the trees */
    const struct node **products;
    size_t n_products, cap_products, next;
    struct strmap known;         /* "@id" -> node */
    struct strmap referenced;    /* "@id" of variants and groups that come with another product */
    size_t at;                   /* HTML: behind the last block */
    const char *counted;         /* lines up to here: */
    uint64_t line;
};
void document_init(struct document *d);
status document_read(struct document *d, struct feed *f, bool html);   /* all of it; ERR_LIMIT over FEED_DOCUMENT_MAX */
void document_clear(struct document *d);     /* before the next line */
void document_release(struct document *d);
/* One JSON text; it must outlive the products. A row with a reason added nothing. */
status document_add(struct document *d, struct span text, struct feed_row *row);
/* The next product of a file; NULL with *any: row->reason says what is wrong with a block. ERR_FORMAT: with all of the file. */
status document_next(struct document *d, const struct feed *f, struct feed_row *row, const struct node **product, bool *any);

/* ---- sheets (feed_sheet.c): the product exports of Shopify and WooCommerce ---- */

enum sheet_kind { SHEET_NONE, SHEET_SHOPIFY, SHEET_WOOCOMMERCE };
struct sheet;
/* ---- kinds by name (feed_names.c) ---- */

enum feed_layout table_layout(const struct span *names, size_t n);
const char *layout_words(enum feed_layout layout);   /* for messages */

enum sheet_kind sheet_detect(const struct span *names, size_t n);
status sheet_new(enum sheet_kind kind, const struct span *names, size_t n, struct columns *columns, struct sheet **out);
void sheet_free(struct sheet *s);
/* One row of the file, or with fields NULL its end. A row with a reason is rejected alone. Take what is ready before the next. */
status sheet_add(struct sheet *s, const struct span *fields, struct feed_row *row);
/* The next product of a family that is whole; row gets the place of its first row. *any false: give more rows. */
status sheet_next(struct sheet *s, struct feed_row *row, struct cells *out, bool *any);

/* ---- XML (feed_xml.c): Google Merchant RSS 2.0 and Atom ---- */

struct xml_feed;
status xml_new(struct feed *f, struct columns *columns, struct xml_feed **out);
void xml_free(struct xml_feed *x);
status xml_next(struct xml_feed *x, struct arena *a, struct feed_row *row, struct cells *out, bool *any);

#endif
