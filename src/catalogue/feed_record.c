/* Cells become one record: fields chosen, prices read, attributes typed; or the reason why not. */
#include <math.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "feed_family_int.h"

enum { ID_MAX = 256, RATING_MAX = 10, CATEGORY_LEVELS_MAX = 16 };
static const int64_t PRICE_MINOR_MAX = 1000000000000; /* 10^10 whole units */

void record_builder_release(struct record_builder *b)
{
    strbuf_release(&b->attributes);
    for (int i = 0; i < 3; i++) strbuf_release(&b->category[i]);
}

/* ---- values ---- */

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7F;
}

/* Width of a blank at p: control characters (C1 too: terminals obey them), space, no-break and ideographic space. */
static size_t blank_width(const char *p, const char *end)
{
    unsigned char c = (unsigned char)*p;
    if (c == ' ' || is_control(c)) return 1;
    if (c == 0xC2 && end - p > 1 && (unsigned char)p[1] <= 0xA0) return 2;
    return c == 0xE3 && end - p > 2 && memcmp(p, "\xE3\x80\x80", 3) == 0 ? 3 : 0;
}

static struct span trim(struct span s)
{
    const char *end = s.s + s.n;
    size_t width;
    while (s.s < end && (width = blank_width(s.s, end))) s.s += width;
    for (;;) {
        size_t n = (size_t)(end - s.s);
        if (n >= 1 && blank_width(end - 1, end)) end -= 1;
        else if (n >= 2 && end[-2] == '\xC2' && blank_width(end - 2, end)) end -= 2;
        else if (n >= 3 && blank_width(end - 3, end) == 3) end -= 3;
        else break;
    }
    return (struct span){s.s, (size_t)(end - s.s)};
}

/* Whether any byte may need replacing; written so that it compiles to vector code, as all text passes here. */
static bool may_need_cleaning(struct span s)
{
    unsigned any = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.s[i];
        any |= (unsigned)(c < 0x20) | (unsigned)(c == 0x7F) | (unsigned)(c == 0xC2) | (unsigned)(c == '&');
    }
    return any != 0;
}

/* HTML entities that feeds carry over from web pages ("&#39;", "&amp;"): writes what is meant to q, moves p on. Never longer than
 * the entity; what is none, or names a control character, stays as it stands. */
static size_t entity(const char **p, const char *end, char *q)
{
    static const struct { const char *name, *text; } names[] = {{"&amp;", "&"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&nbsp;", " "}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = strlen(names[i].name);
        if ((size_t)(end - *p) < n || memcmp(*p, names[i].name, n) != 0) continue;
        *p += n;
        *q = *names[i].text;
        return 1;
    }
    enum { DIGITS_MAX = 7 };
    bool hex = end - *p > 3 && (*p)[1] == '#' && ((*p)[2] | 32) == 'x';
    const char *digits = *p + (hex ? 3 : 2), *d = digits;
    uint32_t code = 0;
    for (; end - *p > 2 && (*p)[1] == '#' && d < end && d - digits < DIGITS_MAX; d++) {
        char c = (char)(*d | 32);
        if (*d >= '0' && *d <= '9') code = code * (hex ? 16 : 10) + (uint32_t)(*d - '0');
        else if (hex && c >= 'a' && c <= 'f') code = code * 16 + (uint32_t)(c - 'a') + 10;
        else break;
    }
    bool whole = d > digits && d < end && *d == ';', character = code >= 0x20 && code <= 0x10FFFF && (code < 0x7F || code >= 0xA0) && (code < 0xD800 || code > 0xDFFF);
    if (!whole || !character) {
        *q = *(*p)++;
        return 1;
    }
    *p = d + 1;
    return utf8_put(q, code);
}

status clean_text(struct span in, bool keep_lines, struct arena *a, struct span *out)
{
    *out = in = trim(in);
    if (!may_need_cleaning(in)) return OK;
    char *text = arena_alloc(a, in.n), *q = text;
    if (!text) return fail_nomem("reading a feed");
    for (const char *p = in.s, *end = in.s + in.n; p < end;) {
        size_t width = *p == ' ' ? 0 : blank_width(p, end);
        bool line_end = *p == '\n' && keep_lines;
        if (*p == '&') q += entity(&p, end, q);
        else if (!width || line_end) *q++ = *p++;
        else if (*p == '\r' && p + 1 < end && p[1] == '\n') p++;
        else *q++ = ' ', p += width;
    }
    *out = trim((struct span){text, (size_t)(q - text)}); /* again: "&nbsp;" was no blank before */
    return OK;
}

/* What programs write for "no value". "none" is not among them: it is a value ("fragrance: none"). */
static bool is_placeholder(struct span s)
{
    static const char *const words[] = {"nan", "NaN", "NULL", "null", "N/A", "n/a", "#N/A"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == s.n && memcmp(words[i], s.s, s.n) == 0) return true;
    return false;
}

/* A decimal with thousands marks at the start of s; *used bytes of it. Not strtod, which obeys the locale. */
static bool decimal(struct span s, double *value, size_t *used)
{
    size_t i = s.n && s.s[0] == '-', digits = 0;
    double v = 0, scale = 1;
    bool point = false;
    for (; i < s.n; i++) {
        char c = s.s[i];
        if (c >= '0' && c <= '9') {
            v = v * 10 + (c - '0');
            if (point) scale *= 10;
            digits++;
        } else if (c == '.' && !point) {
            point = true;
        } else if (c != ',' || point || !digits) {
            break;
        }
    }
    *used = i;
    *value = (s.n && s.s[0] == '-' ? -v : v) / scale;
    return digits > 0 && digits < 16;
}

static int64_t whole_count(struct span s, int64_t otherwise)
{
    double v;
    size_t used;
    if (!decimal(s, &v, &used) || used != s.n || v != floor(v)) return otherwise;
    return v < 0 ? 0 : (int64_t)v;
}

int64_t feed_stock(struct span s)
{
    static const char *const none[] = {"out of stock", "out_of_stock", "sold out", "缺货", "无货", "售罄", "已售罄"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        if (strlen(none[i]) == s.n && strncasecmp(none[i], s.s, s.n) == 0) return 0;
    return whole_count(s, STOCK_UNKNOWN);
}

/* "4.2", "4.2 out of 5", "4/5"; 0 when it is no rating ("Get", "₹68"). */
static double rating_of(struct span s)
{
    double v;
    size_t used;
    if (!decimal(s, &v, &used) || v < 0 || v > RATING_MAX) return 0;
    return used == s.n || s.s[used] == ' ' || s.s[used] == '/' ? v : 0;
}

/* ---- product details ---- */

bool detail_next(struct span text, size_t *at, struct span part[3])
{
    size_t i = *at, n = 0, start = i;
    if (i >= text.n) return false;
    for (; i < text.n && text.s[i] != ','; i++) {
        if (text.s[i] == '\\' && i + 1 < text.n) i++;
        else if (text.s[i] == ':' && n < 2) part[n++] = (struct span){text.s + start, i - start}, start = i + 1;
    }
    for (; n < 3; n++) part[n] = (struct span){text.s + start, i - start}, start = i;
    *at = i + 1;
    return true;
}

status detail_plain(struct span part, struct arena *a, struct span *out)
{
    char *text = arena_alloc(a, part.n + 1), *q = text;
    if (!text) return fail_nomem("reading a feed");
    for (size_t i = 0; i < part.n; i++) {
        if (part.s[i] == '\\' && i + 1 < part.n) i++;
        *q++ = part.s[i];
    }
    *out = (struct span){text, (size_t)(q - text)};
    return OK;
}

char detail_group(struct span section)
{
    if (section.n == 2 && strncasecmp(section.s, "zh", 2) == 0) return 'z';
    if (section.n == 2 && strncasecmp(section.s, "en", 2) == 0) return 'e';
    return section.n == 3 && strncasecmp(section.s, "any", 3) == 0 ? 'n' : 'a';
}

/* One cell an attribute, in place of the cell that holds them all. */
static status spread(struct record_builder *b, struct span text, struct cells *cells, struct arena *a)
{
    struct span part[3];
    for (size_t at = 0; detail_next(text, &at, part);) {
        size_t column;
        struct span name, value;
        TRY(clean_text(part[1], false, a, &part[1]));
        TRY(detail_plain(part[1], a, &name));
        TRY(detail_plain(part[2], a, &value));
        if (!name.n || !value.n || name.n > COLUMN_NAME_MAX) continue;
        TRY(columns_find(b->columns, name, detail_group(part[0]), &column));
        TRY(mem_grow(&cells->items, &cells->cap, cells->n + 1, sizeof *cells->items));
        cells->items[cells->n++] = (struct cell){.column = column, .value = value};
    }
    return OK;
}

static status spread_details(struct record_builder *b, struct cells *cells, struct arena *a)
{
    for (size_t i = 0, n = cells->n; i < n; i++) {
        if (b->columns->items[cells->items[i].column].field != FIELD_DETAILS) continue;
        struct span text = cells->items[i].value;
        cells->items[i].value.n = 0;
        TRY(spread(b, text, cells, a));
    }
    return OK;
}

/* ---- choosing ---- */

struct choice {
    const struct columns *columns;
    struct cell *best[FIELDS];    /* the value of each field with one value, or NULL */
    bool empty_id, english, chinese; /* english, chinese: the record has attributes of that language */
};

static const struct column *column_of(const struct choice *c, const struct cell *cell)
{
    return &c->columns->items[cell->column];
}

static bool is_category(enum field f)
{
    return f == FIELD_CATEGORY || f == FIELD_CATEGORY_EN || f == FIELD_CATEGORY_ZH;
}

static bool keeps_lines(enum field f)
{
    return f == FIELD_DESCRIPTION || f == FIELD_DESCRIPTION_EN || f == FIELD_DESCRIPTION_ZH;
}

static status choose(struct choice *c, struct cells *cells, struct arena *a)
{
    for (size_t i = 0; i < cells->n; i++) {
        struct cell *cell = &cells->items[i];
        const struct column *column = column_of(c, cell);
        if (keeps_lines(column->field)) TRY(html_text(cell->value, a, &cell->value));
        TRY(clean_text(cell->value, keeps_lines(column->field), a, &cell->value));
        if (is_placeholder(cell->value)) cell->value.n = 0;
        if (column->field == FIELD_ID && !cell->value.n) c->empty_id = true;
        if (!cell->value.n) continue;
        if (column->field == FIELD_ATTRIBUTE && column->grouped) {
            c->english = c->english || column->language[0] == 'e';
            c->chinese = c->chinese || column->language[0] == 'z';
        }
        struct cell **best = &c->best[column->field];
        if (!*best || column->rank < column_of(c, *best)->rank) *best = cell;
    }
    return OK;
}

/* "2026-11-20T00:00+0800/2026-11-30" (ISO 8601; either side may be missing): whether today lies in it, by the date alone. What is no date
 * does not close it. */
static bool period_holds(struct span period)
{
    const char *slash = memchr(period.s, '/', period.n);
    char today[16];
    time_t now = (time_t)(clock_unix_ms() / 1000);
    struct tm tm;
    strftime(today, sizeof today, "%Y-%m-%d", gmtime_r(&now, &tm));
    size_t start = slash ? (size_t)(slash - period.s) : period.n;
    if (start >= 10 && period.s[4] == '-' && memcmp(period.s, today, 10) > 0) return false;
    return !slash || period.n - start - 1 < 10 || slash[5] != '-' || memcmp(slash + 1, today, 10) >= 0;
}

/* A sale that is over or has not begun has no price today. */
static void close_sale(struct choice *c, struct cells *cells)
{
    const struct cell *period = c->best[FIELD_SALE_PERIOD];
    if (!period || period_holds(period->value)) return;
    c->best[FIELD_PRICE] = NULL;
    for (size_t i = 0; i < cells->n; i++) {
        struct cell *cell = &cells->items[i];
        const struct column *column = column_of(c, cell);
        if (column->field != FIELD_PRICE || !cell->value.n) continue;
        if (column->rank != RANK_MAPPED && column->rank < RANK_REGULAR) cell->value.n = 0;
        else if (!c->best[FIELD_PRICE] || column->rank < column_of(c, c->best[FIELD_PRICE])->rank) c->best[FIELD_PRICE] = cell;
    }
}

/* "price" beside a sale price is the list price, unless there is one. */
static void choose_list_price(struct choice *c, const struct cells *cells)
{
    const struct cell *price = c->best[FIELD_PRICE];
    if (!price || c->best[FIELD_LIST_PRICE] || column_of(c, price)->rank >= RANK_REGULAR || column_of(c, price)->rank == RANK_MAPPED) return;
    for (size_t i = 0; i < cells->n && !c->best[FIELD_LIST_PRICE]; i++) {
        struct cell *cell = &cells->items[i];
        if (cell->value.n && column_of(c, cell)->field == FIELD_PRICE && column_of(c, cell)->rank >= RANK_REGULAR) c->best[FIELD_LIST_PRICE] = cell;
    }
}

static struct span value_of(const struct choice *c, enum field f)
{
    return c->best[f] ? c->best[f]->value : (struct span){"", 0};
}

/* ---- the parts of a record ---- */

/* Joins the category columns by level: "Apparel > Topwear > Shirts". A level that repeats the one before is dropped. */
static status join_category(const struct choice *c, const struct cells *cells, enum field f, struct strbuf *out)
{
    const struct cell *levels[CATEGORY_LEVELS_MAX];
    size_t n = 0;
    int rank = c->best[f] ? column_of(c, c->best[f])->rank : 0;
    strbuf_clear(out);
    for (size_t i = 0; i < cells->n && n < CATEGORY_LEVELS_MAX; i++) {
        const struct cell *cell = &cells->items[i];
        if (!cell->value.n || column_of(c, cell)->field != f || column_of(c, cell)->rank != rank) continue;
        size_t at = n++;
        for (; at > 0 && column_of(c, levels[at - 1])->level > column_of(c, cell)->level; at--) levels[at] = levels[at - 1];
        levels[at] = cell;
    }
    for (size_t i = 0; i < n; i++) {
        struct span v = levels[i]->value;
        if (i && v.n == levels[i - 1]->value.n && memcmp(v.s, levels[i - 1]->value.s, v.n) == 0) continue;
        if (i) strbuf_puts(out, " > ");
        strbuf_add(out, v.s, v.n);
    }
    return strbuf_status(out);
}

static bool read_price(const struct choice *c, enum field f, struct feed_row *row, int64_t *minor, char currency[4])
{
    char quoted[64];
    struct span v = value_of(c, f);
    *minor = PRODUCT_PRICE_NONE;
    memset(currency, 0, 4);
    if (!v.n) return true;
    const char *what = f == FIELD_PRICE ? "price" : "list price";
    if (!text_parse_price(v.s, v.n, minor, currency))
        return reject(row, memchr(v.s, '-', v.n) == v.s ? "a negative %s '%s'" : "a %s that is no price: '%s'", what, excerpt(v, quoted));
    if (*minor < 0 || *minor > PRICE_MINOR_MAX) return reject(row, "a %s above 10,000,000,000: '%s'", what, excerpt(v, quoted));
    if (!currency[0]) memcpy(currency, column_of(c, c->best[f])->currency, 4);
    return true;
}

static bool read_prices(struct record_builder *b, const struct choice *c, struct feed_row *row, struct record *out)
{
    char price_currency[4], list_currency[4], named[4];
    if (!read_price(c, FIELD_PRICE, row, &out->integer[INT_PRICE], price_currency)) return false;
    if (!read_price(c, FIELD_LIST_PRICE, row, &out->integer[INT_LIST_PRICE], list_currency)) return false;
    struct span cell = value_of(c, FIELD_CURRENCY);
    currency_of(cell, named);
    const char *from = price_currency[0] ? price_currency : list_currency[0] ? list_currency : named[0] ? named : b->default_currency;
    bool priced = out->integer[INT_PRICE] >= 0 || out->integer[INT_LIST_PRICE] >= 0;
    memset(b->currency, 0, sizeof b->currency);
    if (priced && from) memcpy(b->currency, from, strnlen(from, sizeof b->currency - 1));
    out->text[TEXT_CURRENCY] = (struct span){b->currency, strlen(b->currency)};
    return true;
}

/* A web shop adds where the visitor came from: ".../dp/B0BRKXTSBT/ref=sr_1_4?qid=16791" is the page ".../dp/B0BRKXTSBT". */
static struct span page_of(struct span url)
{
    for (size_t i = 0; i + 5 <= url.n; i++)
        if (memcmp(url.s + i, "/ref=", 5) == 0) return (struct span){url.s, i};
    const char *hash = url.n ? memchr(url.s, '#', url.n) : NULL;
    return hash ? (struct span){url.s, (size_t)(hash - url.s)} : url;
}

static void make_id(struct record_builder *b, struct record *out)
{
    struct span url = page_of(out->text[TEXT_URL]), title = out->text[TEXT_TITLE], brand = out->text[TEXT_BRAND];
    uint64_t h = hash_bytes(brand.s, brand.n, hash_bytes(title.s, title.n, hash_bytes(url.s, url.n, 0)));
    snprintf(b->id, sizeof b->id, "h%016llx", (unsigned long long)h);
    out->text[TEXT_ID] = (struct span){b->id, strlen(b->id)};
    b->made_ids++;
}

static bool read_names(struct record_builder *b, const struct choice *c, struct feed_row *row, struct record *out)
{
    static const struct {
        enum record_text text;
        enum field field;
    } plain[] = {
        {TEXT_ID, FIELD_ID}, {TEXT_TITLE, FIELD_TITLE}, {TEXT_BRAND, FIELD_BRAND}, {TEXT_DESCRIPTION, FIELD_DESCRIPTION},
        {TEXT_URL, FIELD_URL}, {TEXT_IMAGE, FIELD_IMAGE}, {TEXT_TITLE_EN, FIELD_TITLE_EN},
        {TEXT_DESCRIPTION_EN, FIELD_DESCRIPTION_EN}, {TEXT_TITLE_ZH, FIELD_TITLE_ZH}, {TEXT_DESCRIPTION_ZH, FIELD_DESCRIPTION_ZH},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) out->text[plain[i].text] = value_of(c, plain[i].field);
    for (int i = 0; i < 2 && !out->text[TEXT_TITLE].n; i++) out->text[TEXT_TITLE] = out->text[i ? TEXT_TITLE_EN : TEXT_TITLE_ZH];
    const struct cell *image = c->best[FIELD_IMAGE];
    const char *next = image && image->list ? memmem(image->value.s, image->value.n, ", ", 2) : NULL;
    if (next) out->text[TEXT_IMAGE].n = (size_t)(next - image->value.s);
    if (!out->text[TEXT_TITLE].n) return reject(row, "no title");
    if (!out->text[TEXT_ID].n && c->empty_id) return reject(row, "no id");
    if (out->text[TEXT_ID].n > ID_MAX) return reject(row, "an id of more than %d bytes", (int)ID_MAX);
    if (!out->text[TEXT_ID].n) make_id(b, out);
    return true;
}

/* ---- attributes ---- */

/* The language of an attribute whose column names none: where the record has English forms too, it is the Chinese one. */
static const char *language_of(const struct choice *c, const struct cells *cells, const struct column *column)
{
    if (column->language[0]) return column->language;
    if (column->grouped) return c->english == c->chinese ? "" : c->english ? "zh" : "en";
    for (size_t i = 0; i < cells->n; i++) {
        const struct column *other = column_of(c, &cells->items[i]);
        if (other->language[0] && !other->grouped && cells->items[i].value.n && strcmp(other->name, column->name) == 0)
            return other->language[0] == 'e' ? "zh" : "en";
    }
    return "";
}

static bool is_number(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.s[i] < '0' || s.s[i] > '9') return false;
    return true;
}

static bool says_stock(struct span s)
{
    static const char *const words[] = {"in stock", "in_stock", "out of stock", "out_of_stock", "有货"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == s.n && strncasecmp(words[i], s.s, s.n) == 0) return true;
    return false;
}

/* Cells that no field took, and a stock that says something but no number ("in stock"). */
static bool is_attribute(const struct choice *c, const struct cell *cell, const struct record *r)
{
    enum field f = column_of(c, cell)->field;
    if (!cell->value.n || f == FIELD_NONE || f == FIELD_SALE_PERIOD) return false;
    if (is_category(f)) return column_of(c, cell)->rank != column_of(c, c->best[f])->rank && !is_number(cell->value);
    if (f == FIELD_STOCK && c->best[f] == cell) return r->integer[INT_STOCK] < 0;
    if (f == FIELD_STOCK && r->integer[INT_STOCK] >= 0 && says_stock(cell->value)) return false;   /* beside a number it says nothing more */
    if (f == FIELD_PRICE && c->best[FIELD_LIST_PRICE] == cell) return false;
    return f == FIELD_ATTRIBUTE || c->best[f] != cell;
}

static status put_attributes(struct record_builder *b, const struct choice *c, const struct cells *cells, struct record *out)
{
    strbuf_clear(&b->attributes);
    for (size_t i = 0; i < cells->n; i++) {
        const struct cell *cell = &cells->items[i];
        if (!is_attribute(c, cell, out)) continue;
        const struct column *column = column_of(c, cell);
        struct attribute_source source = {
            .name = {column->name, strlen(column->name)}, .value = cell->value, .language = language_of(c, cells, column),
            .unit = column->unit, .list = cell->list,
        };
        TRY(attribute_encode(b->catalogue, &source, &b->attributes));
    }
    out->text[TEXT_ATTRIBUTES] = (struct span){strbuf_str(&b->attributes), b->attributes.len};
    return OK;
}

/* ---- the whole ---- */

static status put_categories(struct record_builder *b, const struct choice *c, const struct cells *cells, struct record *out)
{
    static const enum field fields[3] = {FIELD_CATEGORY, FIELD_CATEGORY_EN, FIELD_CATEGORY_ZH};
    static const enum record_text texts[3] = {TEXT_CATEGORY, TEXT_CATEGORY_EN, TEXT_CATEGORY_ZH};
    for (int i = 0; i < 3; i++) {
        TRY(join_category(c, cells, fields[i], &b->category[i]));
        out->text[texts[i]] = (struct span){strbuf_str(&b->category[i]), b->category[i].len};
    }
    for (int i = 2; i > 0 && !out->text[TEXT_CATEGORY].n; i--) out->text[TEXT_CATEGORY] = out->text[texts[i]];
    return OK;
}

status record_build(struct record_builder *b, struct cells *cells, struct arena *a, struct feed_row *row, struct record *out)
{
    struct choice c = {.columns = b->columns};
    *out = (struct record){.rating = 0};
    TRY(spread_details(b, cells, a));
    TRY(choose(&c, cells, a));
    close_sale(&c, cells);
    choose_list_price(&c, cells);
    if (!read_names(b, &c, row, out) || !read_prices(b, &c, row, out)) return OK;
    out->integer[INT_STOCK] = c.best[FIELD_STOCK] ? feed_stock(value_of(&c, FIELD_STOCK)) : STOCK_UNKNOWN;
    out->integer[INT_RATING_COUNT] = whole_count(value_of(&c, FIELD_RATING_COUNT), 0);
    out->rating = rating_of(value_of(&c, FIELD_RATING));
    TRY(put_categories(b, &c, cells, out));
    return put_attributes(b, &c, cells, out);
}
