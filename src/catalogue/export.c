/* Feeds out: the catalogue as Google Merchant text and XML, ACP products.jsonl, our own JSON Lines and CSV.
 *
 * What an exported feed says is what is stored, and importing it gives the same products (docs/feeds.md names what ACP cannot hold).
 * Google's names are used where they exist; what they lack (texts in a second language, stock, ratings) goes in columns of our names, in
 * XML in Google's namespace for a shop's own attributes.
 */
#include <string.h>

#include "feed_family_int.h"
#include "feed_out_int.h"

enum { FLUSH_BYTES = 1 << 16 };

/* ---- values ---- */

/* An import takes HTML entities in texts for the characters they name, and tags in descriptions away; those that a text really holds must
 * come back as they are. */
static bool looks_like_entity(const char *p)
{
    if (p[1] == '#') return true;
    size_t n = 1;
    while (p[n] >= 'a' && p[n] <= 'z' && n < 8) n++;
    return n > 1 && p[n] == ';';
}

void out_guarded(const char *text, struct strbuf *out)
{
    for (const char *p = text; *p; p++) {
        if (*p == '&' && looks_like_entity(p)) strbuf_puts(out, "&amp;");
        else if (*p == '<' && html_looks_like_tag(p)) strbuf_puts(out, "&lt;");
        else strbuf_putc(out, *p);
    }
}

void out_price(int64_t minor, const char *currency, struct strbuf *out)
{
    if (minor < 0) return;
    text_format_price(minor, out);
    if (currency[0]) strbuf_printf(out, " %s", currency);
}

/* A list price above the price is Google's "price", and the price its "sale_price"; a lower one is no reduction and keeps our name. */
static bool reduced(const struct product *p)
{
    return p->price >= 0 && p->list_price > p->price;
}

static const char *availability(const struct product *p)
{
    return p->stock == 0 ? "out_of_stock" : p->stock > 0 ? "in_stock" : "";
}

/* ---- columns that the tables share ---- */

static void put_details(const struct product *p, struct strbuf *out);

enum column_kind { OUT_TEXT, OUT_PRICE, OUT_SALE, OUT_LIST, OUT_AVAILABILITY, OUT_STOCK, OUT_RATING, OUT_RATING_COUNT, OUT_DETAILS, OUT_CURRENCY };
static const struct out_column {
    const char *name;
    enum column_kind kind;
    size_t offset;
    bool own;            /* no name of Google's */
} columns[] = {
    {"id", OUT_TEXT, offsetof(struct product, id)},
    {"title", OUT_TEXT, offsetof(struct product, title)},
    {"description", OUT_TEXT, offsetof(struct product, description)},
    {"link", OUT_TEXT, offsetof(struct product, url)},
    {"image_link", OUT_TEXT, offsetof(struct product, image)},
    {"availability", OUT_AVAILABILITY},
    {"price", OUT_PRICE},
    {"sale_price", OUT_SALE},
    {"brand", OUT_TEXT, offsetof(struct product, brand)},
    {"product_type", OUT_TEXT, offsetof(struct product, category)},
    {"product_detail", OUT_DETAILS},
    {"list_price", OUT_LIST, 0, true},
    {"stock", OUT_STOCK, 0, true},
    {"rating", OUT_RATING, 0, true},
    {"rating_count", OUT_RATING_COUNT, 0, true},
    {"title_en", OUT_TEXT, offsetof(struct product, title_en), true},
    {"category_en", OUT_TEXT, offsetof(struct product, category_en), true},
    {"description_en", OUT_TEXT, offsetof(struct product, description_en), true},
    {"title_zh", OUT_TEXT, offsetof(struct product, title_zh), true},
    {"category_zh", OUT_TEXT, offsetof(struct product, category_zh), true},
    {"description_zh", OUT_TEXT, offsetof(struct product, description_zh), true},
};
enum { OUT_COLUMNS = sizeof columns / sizeof columns[0] };

static void put_value(const struct out_column *c, const struct product *p, struct strbuf *out)
{
    const char *text = c->kind == OUT_TEXT ? *(const char *const *)((const char *)p + c->offset) : "";
    switch (c->kind) {
    case OUT_TEXT: out_guarded(text, out); break;
    case OUT_PRICE: out_price(reduced(p) ? p->list_price : p->price, p->currency, out); break;
    case OUT_SALE: if (reduced(p)) out_price(p->price, p->currency, out); break;
    case OUT_LIST: if (!reduced(p)) out_price(p->list_price, p->currency, out); break;
    case OUT_AVAILABILITY: strbuf_puts(out, availability(p)); break;
    case OUT_STOCK: if (p->stock >= 0) strbuf_printf(out, "%lld", (long long)p->stock); break;
    case OUT_RATING: if (p->rating > 0) strbuf_printf(out, "%.15g", p->rating); break;
    case OUT_RATING_COUNT: if (p->rating_count > 0) strbuf_printf(out, "%lld", (long long)p->rating_count); break;
    case OUT_DETAILS: put_details(p, out); break;
    case OUT_CURRENCY: break;
    }
}

/* ---- attributes ---- */

const char *out_section(const struct product *p, const struct attribute *a)
{
    if (a->language[0]) return a->language;
    for (size_t i = 0; i < p->n_attributes; i++)
        if (p->attributes[i].language[0]) return "any";   /* beside those of a language, one without must say so */
    return "";
}

static void put_escaped(const char *s, struct strbuf *out)
{
    for (; *s; s++) {
        if (strchr(":,\\", *s)) strbuf_putc(out, '\\');
        strbuf_putc(out, *s);
    }
}

/* "section:name:value,section:name:value": support.google.com/merchants/answer/9218260. */
static void put_details(const struct product *p, struct strbuf *out)
{
    struct strbuf text = {0};
    for (size_t i = 0; i < p->n_attributes; i++) {
        const struct attribute *a = &p->attributes[i];
        strbuf_printf(&text, "%s%s:", i ? "," : "", out_section(p, a));
        put_escaped(a->name, &text);
        strbuf_putc(&text, ':');
        put_escaped(a->value, &text);
    }
    out_guarded(strbuf_str(&text), out);
    out->failed = out->failed || text.failed;
    strbuf_release(&text);
}

/* ---- tables ---- */

static void put_field(const char *s, char delimiter, struct strbuf *out)
{
    bool quote = strpbrk(s, "\"\t\r\n") || strchr(s, delimiter) || s[0] == ' ';
    if (!quote) return strbuf_puts(out, s);
    strbuf_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"') strbuf_putc(out, '"');
        strbuf_putc(out, *s);
    }
    strbuf_putc(out, '"');
}

static void table_product(const struct product *p, char delimiter, struct strbuf *value, struct strbuf *out)
{
    for (size_t i = 0; i < OUT_COLUMNS; i++) {
        strbuf_clear(value);
        put_value(&columns[i], p, value);
        if (i) strbuf_putc(out, delimiter);
        put_field(strbuf_str(value), delimiter, out);
    }
    strbuf_putc(out, '\n');
}

static void table_start(char delimiter, struct strbuf *out)
{
    for (size_t i = 0; i < OUT_COLUMNS; i++) {
        if (i) strbuf_putc(out, delimiter);
        strbuf_puts(out, columns[i].name);
    }
    strbuf_putc(out, '\n');
}

/* ---- XML ---- */

static void put_xml(const char *s, struct strbuf *out)
{
    for (const char *p = s, *end = s + strlen(s); p < end;) {
        uint32_t c = utf8_next(&p, end);
        if (c == '&') strbuf_puts(out, "&amp;");
        else if (c == '<') strbuf_puts(out, "&lt;");
        else if (c == '>') strbuf_puts(out, "&gt;");
        else if (c == '"') strbuf_puts(out, "&quot;");
        else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0xFFFE || c == 0xFFFF) strbuf_putc(out, ' ');   /* XML 1.0 has no place for them */
        else strbuf_put_utf8(out, c);
    }
}

static void xml_detail(const struct product *p, const struct attribute *a, struct strbuf *value, struct strbuf *out)
{
    const char *const parts[3][2] = {{"section_name", out_section(p, a)}, {"attribute_name", a->name}, {"attribute_value", a->value}};
    strbuf_puts(out, "<g:product_detail>");
    for (size_t i = 0; i < 3; i++) {
        if (!parts[i][1][0]) continue;
        strbuf_clear(value);
        out_guarded(parts[i][1], value);
        strbuf_printf(out, "<g:%s>", parts[i][0]);
        put_xml(strbuf_str(value), out);
        strbuf_printf(out, "</g:%s>", parts[i][0]);
    }
    strbuf_puts(out, "</g:product_detail>\n");
}

static void xml_product(const struct product *p, struct strbuf *value, struct strbuf *out)
{
    strbuf_puts(out, "<item>\n");
    for (size_t i = 0; i < OUT_COLUMNS; i++) {
        const struct out_column *c = &columns[i];
        if (c->kind == OUT_DETAILS) continue;
        strbuf_clear(value);
        put_value(c, p, value);
        if (!value->len) continue;
        strbuf_printf(out, "<%s:%s>", c->own ? "c" : "g", c->name);
        put_xml(strbuf_str(value), out);
        strbuf_printf(out, "</%s:%s>\n", c->own ? "c" : "g", c->name);
    }
    for (size_t i = 0; i < p->n_attributes; i++) xml_detail(p, &p->attributes[i], value, out);
    strbuf_puts(out, "</item>\n");
}

static void xml_start(const struct export_options *o, struct strbuf *out)
{
    strbuf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\" "
                     "xmlns:c=\"http://base.google.com/cns/1.0\">\n<channel>\n<title>");
    put_xml(o->title ? o->title : "", out);
    strbuf_puts(out, "</title>\n<link>");
    put_xml(o->link ? o->link : "", out);
    strbuf_puts(out, "</link>\n<description>products</description>\n");
}

/* ---- the whole ---- */

struct export {
    const struct export_options *options;
    status (*write)(void *context, const void *data, size_t n);
    void *context;
    const struct progress *progress;
    struct strbuf out, value;
    uint64_t done, total;
};

static void put_product(struct export *e, const struct product *p)
{
    switch (e->options->format) {
    case EXPORT_GOOGLE_TSV: table_product(p, '\t', &e->value, &e->out); break;
    case EXPORT_CSV: table_product(p, ',', &e->value, &e->out); break;
    case EXPORT_GOOGLE_XML: xml_product(p, &e->value, &e->out); break;
    case EXPORT_ACP: acp_out(p, &e->out); break;
    case EXPORT_JSONL: jsonl_out(p, &e->out); break;
    }
}

static status flush(struct export *e, size_t at_least)
{
    TRY(strbuf_status(&e->out));
    TRY(strbuf_status(&e->value));
    if (e->out.len < at_least || !e->out.len) return OK;
    status s = e->write(e->context, e->out.data, e->out.len);
    strbuf_clear(&e->out);
    return s;
}

static status visit(void *context, const struct product *p)
{
    struct export *e = context;
    put_product(e, p);
    if (++e->done % 1024 == 0 && !progress_report(e->progress, "export", e->done, e->total, NULL)) return fail_interrupted("exporting");
    return flush(e, FLUSH_BYTES);
}

status catalogue_export(struct catalogue *c, const struct export_options *o, status (*write)(void *context, const void *data, size_t n), void *context,
                        const struct progress *progress)
{
    struct export e = {.options = o, .write = write, .context = context, .progress = progress};
    int64_t total = 0;
    TRY(catalogue_count(c, &total));
    e.total = (uint64_t)total;
    if (o->format == EXPORT_GOOGLE_TSV || o->format == EXPORT_CSV) table_start(o->format == EXPORT_CSV ? ',' : '\t', &e.out);
    if (o->format == EXPORT_GOOGLE_XML) xml_start(o, &e.out);
    status s = catalogue_each(c, visit, &e);
    if (s == OK && o->format == EXPORT_GOOGLE_XML) strbuf_puts(&e.out, "</channel>\n</rss>\n");
    if (s == OK) s = flush(&e, 0);
    strbuf_release(&e.out);
    strbuf_release(&e.value);
    return s;
}
