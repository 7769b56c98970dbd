/* What the files of `catalogue` share. A feed becomes products in four steps, one file each:
 *
 *   feed_reader  bytes -> records of a bounded size, with line numbers
 *   feed_csv / feed_json  record -> cells (column, value)
 *   feed_columns  column name -> field of a product, or an attribute
 *   feed_record  cells -> one struct record, or the reason why not
 *
 * and import.c carries records into the database.
 */
#ifndef DAOGOU_CATALOGUE_INT_H
#define DAOGOU_CATALOGUE_INT_H

#include "catalogue.h"

struct span {
    const char *s;
    size_t n;
};

struct catalogue {
    struct store *store;
    struct normalizer *normalizer; /* made when the first value needs it: its tables are large */
    bool busy;                     /* walking or importing: both hold statements */
};

status catalogue_migrate(struct store *s);

/* ---- attributes (attribute.c) ------------------------------------------------------------------------------------ */

/* Stored as text, one line an attribute, six fields between tabs: name, language (z e -), type (t n p l), number, unit, value.
 * Names and values hold no tabs or line ends: clean_text() saw to that. */
struct attribute_source {
    struct span name, value;
    const char *language; /* "zh", "en", "" */
    const char *unit;     /* named by the column: "Weight (kg)"; or "" */
    bool list;            /* the feed itself says so (a JSON array) */
};
/* Finds the type and appends one line. */
status attribute_encode(struct catalogue *c, const struct attribute_source *source, struct strbuf *out);
/* text is NUL-terminated, belongs to the arena and is cut up in place. ERR_FORMAT when it is not what encode wrote. */
status attribute_decode(char *text, size_t n, struct arena *a, const struct attribute **out, size_t *count);

/* ---- what is stored (schema.c) ----------------------------------------------------------------------------------- */

enum record_text {
    TEXT_ID, TEXT_TITLE, TEXT_BRAND, TEXT_CATEGORY, TEXT_DESCRIPTION, TEXT_URL, TEXT_IMAGE,
    TEXT_TITLE_EN, TEXT_CATEGORY_EN, TEXT_DESCRIPTION_EN, TEXT_TITLE_ZH, TEXT_CATEGORY_ZH, TEXT_DESCRIPTION_ZH,
    TEXT_CURRENCY, TEXT_ATTRIBUTES, RECORD_TEXTS
};
enum record_int { INT_PRICE, INT_LIST_PRICE, INT_STOCK, INT_RATING_COUNT, RECORD_INTS };
struct record {
    struct span text[RECORD_TEXTS];
    int64_t integer[RECORD_INTS];
    double rating;
};
/* Same record, same number; changes when the way attributes are stored does. Checked when a product is read. */
uint64_t record_hash(const struct record *r);

status products_find(struct catalogue *c, struct span id, bool *found, int64_t *key, uint64_t *hash);
status products_insert(struct catalogue *c, int64_t key, uint64_t hash, const struct record *r);
status products_update(struct catalogue *c, int64_t key, uint64_t hash, const struct record *r);
enum product_query { BY_ID, BY_KEY, EVERY, FILTERED };
status products_categories(struct catalogue *c, size_t limit, struct statement **out);   /* category, _en, _zh, products, sample */
status products_select(struct catalogue *c, enum product_query which, struct statement **out);
/* The row under the statement, its hash checked. Texts point into the row. */
status products_row(struct catalogue *c, const struct statement *t, int64_t *key, struct record *r);
/* digest: a sum over the products, so equal catalogues have equal digests; next_key: the first never used. */
status meta_read(struct catalogue *c, const char *name, int64_t *value);
status meta_write(struct catalogue *c, const char *name, int64_t value);

/* ---- reading a feed (feed_reader.c) ------------------------------------------------------------------------------ */

struct feed {
    int fd;
    const char *name;        /* for messages */
    char *buffer;            /* FEED_BUFFER bytes */
    size_t begin, end;       /* what is read and not yet consumed */
    uint64_t line;           /* of begin, from 1 */
    uint64_t offset, size;   /* bytes consumed; of the file, 0 unknown */
    bool ended;
    bool skip_line;          /* the rest of the line at begin is to be passed over before the next record */
};
enum { FEED_CHUNK = 1 << 18, FEED_BUFFER = FEED_RECORD_MAX + FEED_CHUNK };
status feed_open(struct feed *f, const char *path);  /* "-" is stdin; takes a byte order mark away */
void feed_close(struct feed *f);
status feed_more(struct feed *f);                     /* moves the bytes; sets ended at the end */
void feed_consume(struct feed *f, size_t n, uint64_t lines);
/* Passes over the line at begin, however long; ends skip_line. */
status feed_skip_line(struct feed *f);
status feed_detect(const struct feed *f, enum feed_format *format);

/* One record of a feed. */
struct feed_row {
    uint64_t line;
    struct span raw;         /* its bytes, at most FEED_RECORD_MAX; valid until the next */
    char reason[200];        /* why it cannot be used, or "" */
};
struct cell {
    size_t column;           /* index in struct columns */
    struct span value;
    bool list;
};
struct cells {
    struct cell *items;
    size_t n, cap;
};
/* Sets row->reason, cut to whole characters; a reason already there stays. Returns false, for `return reject(...)`. */
bool reject(struct feed_row *row, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A NUL-terminated copy, cut at a whole character. */
void copy_cut(char *out, size_t size, const char *text);
/* A value quoted in a reason: its first characters. */
const char *excerpt(struct span value, char out[64]);

/* ---- columns (feed_columns.c) ------------------------------------------------------------------------------------ */

enum field {
    FIELD_ATTRIBUTE, FIELD_NONE, /* NONE: not stored (a nameless index column) */
    FIELD_ID, FIELD_TITLE, FIELD_BRAND, FIELD_CATEGORY, FIELD_DESCRIPTION, FIELD_URL, FIELD_IMAGE,
    FIELD_TITLE_EN, FIELD_CATEGORY_EN, FIELD_DESCRIPTION_EN, FIELD_TITLE_ZH, FIELD_CATEGORY_ZH, FIELD_DESCRIPTION_ZH,
    FIELD_PRICE, FIELD_LIST_PRICE, FIELD_SALE_PERIOD, FIELD_DETAILS, FIELD_CURRENCY, FIELD_STOCK, FIELD_RATING, FIELD_RATING_COUNT, FIELDS
};
/* Of several columns for one field the smallest rank that has a value counts. A price column of rank RANK_REGULAR or more
 * ("price", "regular price") beside a sale price is the list price. */
enum { RANK_MAPPED = 0, RANK_REGULAR = 50 };
struct column {
    const char *name;        /* an attribute's name; the shop's spelling */
    enum field field;
    int rank, level;         /* level: order of category columns */
    char currency[4], unit[16];
    const char *language;    /* "zh", "en", "-" (both, said so), or "" */
    bool grouped;            /* from an "attributes" object */
};
enum { COLUMN_NAME_MAX = 256, COLUMNS_CACHED_MAX = 8192, COLUMN_KEY_MAX = 96 };
struct columns {
    struct column *items;
    size_t n, cap;
    struct strmap by_name;   /* JSON: group byte + name -> index */
    struct arena names, header_names;
    size_t n_header;         /* CSV: these stay when the others are forgotten */
    bool header_done;
    const char *const *maps;
    size_t n_maps;
    bool *map_used;
};
status columns_init(struct columns *c, const struct import_options *o); /* ERR_USAGE: a map that is not field=column */
void columns_release(struct columns *c);
status columns_set_header(struct columns *c, const struct feed *f, const struct span *names, size_t n);
/* The column of a name, made when new. group: 0 top level, 'a' attributes, 'e' and 'z' those of a language, 'n' those of none. */
status columns_find(struct columns *c, struct span name, char group, size_t *index);
/* Call before a record: forgets columns when a feed has had too many. */
void columns_trim(struct columns *c);
status columns_check_maps(const struct columns *c, const struct feed *f); /* ERR_USAGE names the column that no record had */
bool columns_is_mapped(const struct columns *c, struct span name);
/* Lower case without blanks, '_', '-', '.', ':'; "" when it is too long to be known. */
void column_key(struct span s, char key[COLUMN_KEY_MAX]);
void currency_of(struct span s, char out[4]); /* "₹", "Rs", "元", "usd" -> INR, INR, CNY, USD; else "" */

/* ---- formats ----------------------------------------------------------------------------------------------------- */

char csv_delimiter(const struct feed *f);
/* The next record as fields; false in *any at the end. A row with a reason has no fields. Blank lines are passed over. */
struct csv {
    struct feed *feed;
    char delimiter;
    struct span fields[FEED_FIELDS_MAX];
    size_t n;
};
status csv_next(struct csv *c, struct arena *a, struct feed_row *row, bool *any);
status jsonl_next(struct feed *f, struct feed_row *row, bool *any);
/* Parses row->raw (strict RFC 8259) into cells; sets row->reason when it is no object. */
status json_cells(struct columns *columns, struct arena *a, struct feed_row *row, struct cells *out);

/* ---- cells to a record (feed_record.c) --------------------------------------------------------------------------- */

/* Trimmed, without control characters (line ends stay when keep_lines). The bytes themselves when there is nothing to change. */
status clean_text(struct span in, bool keep_lines, struct arena *a, struct span *out);
/* A number of pieces, 0 for "out of stock", STOCK_UNKNOWN for other words. */
int64_t feed_stock(struct span s);
/* product_detail of Google's text feeds, "section:name:value,...", with backslashes before ':' ',' '\\' in them. *at moves on; false at the
 * end. The parts are spans of the text as it stands; detail_plain() takes the backslashes away. */
bool detail_next(struct span text, size_t *at, struct span part[3]);
status detail_plain(struct span part, struct arena *a, struct span *out);
char detail_group(struct span section);   /* of attributes, as columns_find wants it: "zh", "en", "any", or other sections */
struct record_builder {
    struct catalogue *catalogue;
    struct columns *columns;
    const char *default_currency;
    struct strbuf attributes, category[3];
    char currency[4], id[24];
    uint64_t made_ids;       /* so far: records without an id of their own */
};
void record_builder_release(struct record_builder *b);
/* Texts point into cells, builder and arena. row->reason is set when the record is rejected. Sorts and changes cells. */
status record_build(struct record_builder *b, struct cells *cells, struct arena *a, struct feed_row *row, struct record *out);

#endif
