/* catalogue: products, attributes and feeds. Owns its tables (schema.c) and nothing else's.
 *
 * Prices are int64 minor units (fen, cents). Texts may exist in several languages: a field or attribute named "title_en" or
 * "title_zh" is the English or Chinese form of "title"; product_text() picks the right one.
 */
#ifndef DAOGOU_CATALOGUE_H
#define DAOGOU_CATALOGUE_H

#include "store/store.h"
#include "text/text.h"

/* ---- products ---------------------------------------------------------------------------------------------------- */

enum attribute_type { ATTRIBUTE_TEXT, ATTRIBUTE_NUMBER, ATTRIBUTE_PRICE, ATTRIBUTE_LIST };
struct attribute {
    const char *name;        /* as the shop names it: "颜色", "color", "PrimaryColor" */
    const char *value;       /* as the shop writes it: "2.6 kg", "S, M, L" */
    const char *language;    /* "zh", "en" or "" (both) */
    enum attribute_type type;
    double number;           /* NUMBER: the value in `unit` */
    const char *unit;        /* NUMBER: unified unit or "" */
    int64_t minor;           /* PRICE */
};
enum { PRODUCT_PRICE_NONE = -1, STOCK_UNKNOWN = -1 };
struct product {
    int64_t key;             /* dense row number used by the index: 1, 2, ... never reused */
    const char *id;          /* the shop's own */
    const char *title, *brand, *category, *description, *url, *image; /* "" when absent; main language */
    const char *title_en, *category_en, *description_en;   /* "" when absent */
    const char *title_zh, *category_zh, *description_zh;
    int64_t price, list_price;   /* minor units or PRODUCT_PRICE_NONE */
    char currency[4];        /* "" unknown */
    int64_t stock;           /* or STOCK_UNKNOWN */
    double rating;           /* 0: unknown */
    int64_t rating_count;
    const struct attribute *attributes; /* in the feed's order */
    size_t n_attributes;
};
/* field: "title", "category", "description"; falls back to the main language. Never NULL. */
const char *product_text(const struct product *p, const char *field, enum language l);
/* First attribute of this name (exact) or NULL. */
const struct attribute *product_attribute(const struct product *p, const char *name);
/* Walks the parts of a LIST value ("S, M, L"; also , 、 ; /): start with cursor = value; false at the end. Parts are trimmed. */
bool attribute_list_next(const char **cursor, const char **item, size_t *n);
/* The record as one line in language l, the form that the model reads everywhere (training data, match head, writing):
 * "title | brand | category | name: value; name: value; ..." without description, price and stock. At most max bytes, cut at a separator. */
status product_record_text(const struct product *p, enum language l, size_t max, struct strbuf *out);

struct catalogue;
/* Uses (does not own) the store; migrates its tables. */
status catalogue_open(struct store *s, struct catalogue **out);
void catalogue_close(struct catalogue *c);
status catalogue_count(struct catalogue *c, int64_t *n);
/* Strings live in the arena. ERR_NOT_FOUND names the id. */
status catalogue_get(struct catalogue *c, const char *id, struct arena *a, struct product *out);
status catalogue_get_by_key(struct catalogue *c, int64_t key, struct arena *a, struct product *out);
/* Every product in key order; the product is valid during the call. Stops at the first failure of visit. */
status catalogue_each(struct catalogue *c, status (*visit)(void *context, const struct product *p), void *context);
/* A page of them in key order, from the first key beyond `after`. NULL: not asked for; a category "A" holds "A > B". */
struct catalogue_filter { int64_t after; size_t limit; const char *category, *brand; };
status catalogue_list(struct catalogue *c, const struct catalogue_filter *f, status (*visit)(void *context, const struct product *p), void *context);
/* Categories with products in them, those with most first; each with the key of a product to stand for it, of those in stock the first. */
struct category_count { const char *category, *category_en, *category_zh; int64_t products, sample; };
status catalogue_categories(struct catalogue *c, size_t limit, status (*visit)(void *context, const struct category_count *k), void *context);
/* A number that changes with every change of products: the index remembers it and knows whether it is stale. */
status catalogue_version(struct catalogue *c, int64_t *version);

/* ---- feeds in ---------------------------------------------------------------------------------------------------- */

/* AUTO looks at the content. CSV and TSV: with columns of any names, of Google Merchant, or the product exports of Shopify and WooCommerce.
 * JSONL: an object a line, flat, of ACP, or of schema.org. JSON: one document of these. HTML: schema.org in a page. XML: Google Merchant as
 * RSS 2.0 or Atom. docs/feeds.md says which field goes where. */
enum feed_format { FEED_AUTO, FEED_CSV, FEED_TSV, FEED_JSONL, FEED_JSON, FEED_HTML, FEED_XML };
/* How products are laid out in it. */
enum feed_layout { LAYOUT_ANY, LAYOUT_COLUMNS /* of any names */, LAYOUT_GOOGLE, LAYOUT_SHOPIFY, LAYOUT_WOOCOMMERCE, LAYOUT_OBJECTS /* flat */, LAYOUT_ACP, LAYOUT_SCHEMA_ORG };
/* "auto", "csv", ..., and those with a layout: "google-tsv", "google-xml", "shopify", "woocommerce", "acp", "schema.org". ERR_USAGE names all. */
status feed_from_name(const char *name, enum feed_format *format, enum feed_layout *layout);
const char *feed_name(enum feed_format format, enum feed_layout layout);  /* the nearest of these names */
struct import_options {
    enum feed_format format;
    enum feed_layout layout;     /* ANY: whatever it is; else a file of another layout fails, or in JSON its objects are rejected */
    const char *const *maps;     /* "field=column" each: id, title, brand, category, price, ..., or any attribute name */
    size_t n_maps;
    const char *errors_path;     /* rejected rows as JSON Lines {"file","line","reason","row"}, or NULL */
    bool strict;                 /* the first rejected row fails the file; nothing of it is kept */
    const char *default_currency;/* "" or e.g. "CNY" */
};
struct import_result {
    uint64_t read, added, updated, unchanged, rejected;
    char first_reason[256];      /* "file:line: reason" of the first rejected row, or "" */
    enum feed_format format;     /* as it was read; AUTO: it could not be */
    enum feed_layout layout;     /* of its first product; ANY: none was read */
};
/* One transaction a file: on any failure (disk full, interrupt, strict) the catalogue is as before. Streams; a line or record
 * longer than FEED_RECORD_MAX is rejected with its line number. Rejected are: no id that can be found or made, no title, invalid UTF-8, NUL
 * bytes, prices that are negative, absurd or no number, a later row with an id already seen in this file and other content.
 * A feed without an id column gets ids from a hash of its title and brand (said in progress note). */
enum { FEED_RECORD_MAX = 1 << 20, FEED_FIELDS_MAX = 1024 };
status catalogue_import(struct catalogue *c, const char *path, const struct import_options *o, struct import_result *result, const struct progress *progress);

/* ---- feeds out ---------------------------------------------------------------------------------------------------- */

enum export_format { EXPORT_GOOGLE_TSV, EXPORT_GOOGLE_XML, EXPORT_ACP, EXPORT_JSONL, EXPORT_CSV };
struct export_options {
    enum export_format format;
    const char *title, *link;    /* of the channel in XML, or NULL */
};
/* Every product in key order, in pieces of some 64 KiB; a failure of write ends it. Importing what was written gives the same products:
 * docs/feeds.md says which fields ACP cannot hold. */
status catalogue_export(struct catalogue *c, const struct export_options *o, status (*write)(void *context, const void *data, size_t n), void *context,
                        const struct progress *progress);

#endif
