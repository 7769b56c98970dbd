/* Products as JSON Lines: ours, and ACP's products.jsonl. */
#include <string.h>

#include "catalogue_int.h"
#include "feed_out_int.h"

void out_json_string(const char *s, struct strbuf *out)
{
    strbuf_putc(out, '"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') strbuf_putc(out, '\\');
        if (c == '\n') strbuf_puts(out, "\\n");
        else if (c < 0x20 || c == 0x7F) strbuf_printf(out, "\\u%04x", c);
        else strbuf_putc(out, *s);
    }
    strbuf_putc(out, '"');
}

static void guarded_string(const char *s, struct strbuf *out)
{
    struct strbuf text = {0};
    out_guarded(s, &text);
    out_json_string(strbuf_str(&text), out);
    out->failed = out->failed || text.failed;
    strbuf_release(&text);
}

static void member(const char *name, const char *value, struct strbuf *out)
{
    if (!value || !value[0]) return;
    bool first = out->len && out->data[out->len - 1] == '{';
    strbuf_printf(out, "%s\"%s\":", first ? "" : ",", name);
    guarded_string(value, out);
}

/* ---- ours ---- */

/* The end of the part at p: an import joins an array's parts by ", ", so that is where they are cut. */
static const char *part_end(const char *p)
{
    const char *comma = strstr(p, ", ");
    return comma ? comma : p + strlen(p);
}

/* A list without that is one by its look ("S/M/L"), and will be again. */
static bool is_joined(const struct attribute *a)
{
    size_t parts = 0;
    if (a->type != ATTRIBUTE_LIST) return false;
    for (const char *p = a->value, *end;; p = end + 2, parts++) {
        end = part_end(p);
        if (end == p) return false;
        if (!*end) return parts > 0;
    }
}

static void attribute_value(const struct attribute *a, struct strbuf *out)
{
    if (!is_joined(a)) return guarded_string(a->value, out);
    for (const char *p = a->value, *end;; p = end + 2) {
        struct strbuf part = {0};
        end = part_end(p);
        strbuf_add(&part, p, (size_t)(end - p));
        strbuf_putc(out, p == a->value ? '[' : ',');
        guarded_string(strbuf_str(&part), out);
        out->failed = out->failed || part.failed;
        strbuf_release(&part);
        if (!*end) break;
    }
    strbuf_putc(out, ']');
}

/* The attributes of a section; sections come in the order in which the product has them. */
static void section(const struct product *p, const char *name, struct strbuf *out)
{
    size_t n = 0;
    strbuf_printf(out, ",\"attributes%s%s\":{", name[0] ? "_" : "", name);
    for (size_t i = 0; i < p->n_attributes; i++) {
        if (strcmp(out_section(p, &p->attributes[i]), name) != 0) continue;
        if (n++) strbuf_putc(out, ',');
        out_json_string(p->attributes[i].name, out);   /* names lose no markup on the way in, as values do */
        strbuf_putc(out, ':');
        attribute_value(&p->attributes[i], out);
    }
    strbuf_putc(out, '}');
}

static void sections(const struct product *p, struct strbuf *out)
{
    const char *done[4];
    size_t n = 0;
    for (size_t i = 0; i < p->n_attributes; i++) {
        const char *name = out_section(p, &p->attributes[i]);
        bool again = false;
        for (size_t k = 0; k < n; k++) again = again || strcmp(done[k], name) == 0;
        if (!again && n < 4) section(p, done[n++] = name, out);
    }
}

static void money(const char *name, int64_t minor, struct strbuf *out)
{
    if (minor < 0) return;
    strbuf_printf(out, ",\"%s\":\"", name);
    text_format_price(minor, out);
    strbuf_putc(out, '"');
}

void jsonl_out(const struct product *p, struct strbuf *out)
{
    strbuf_putc(out, '{');
    member("id", p->id, out);
    member("title", p->title, out);
    member("title_en", p->title_en, out);
    member("title_zh", p->title_zh, out);
    member("brand", p->brand, out);
    member("category", p->category, out);
    member("category_en", p->category_en, out);
    member("category_zh", p->category_zh, out);
    money("price", p->price, out);
    money("list_price", p->list_price, out);
    member("currency", p->currency, out);
    if (p->stock >= 0) strbuf_printf(out, ",\"stock\":%lld", (long long)p->stock);
    if (p->rating > 0) strbuf_printf(out, ",\"rating\":%.15g", p->rating);
    if (p->rating_count > 0) strbuf_printf(out, ",\"rating_count\":%lld", (long long)p->rating_count);
    member("description", p->description, out);
    member("description_en", p->description_en, out);
    member("description_zh", p->description_zh, out);
    member("url", p->url, out);
    member("image", p->image, out);
    sections(p, out);
    strbuf_puts(out, "}\n");
}

/* ---- ACP ---- */

/* Amounts of ISO 4217's minor unit; a product's are hundredths. */
static void acp_price(const char *name, const struct product *p, int64_t minor, struct strbuf *out)
{
    int digits = currency_digits((struct span){p->currency, strlen(p->currency)});
    if (minor < 0 || !p->currency[0]) return;
    strbuf_printf(out, ",\"%s\":{\"amount\":%lld,\"currency\":\"%s\"}", name, (long long)(digits == 0 ? minor / 100 : digits == 3 ? minor * 10 : minor), p->currency);
}

static void acp_option(const char *name, const char *value, size_t *n, struct strbuf *out)
{
    if (!value[0]) return;
    strbuf_printf(out, "%s{\"name\":", (*n)++ ? "," : ",\"variant_options\":[");
    guarded_string(name, out);
    strbuf_puts(out, ",\"value\":");
    guarded_string(value, out);
    strbuf_putc(out, '}');
}

static void acp_shared(const struct product *p, struct strbuf *out)
{
    member("id", p->id, out);
    member("title", p->title, out);
    if (p->description[0]) {
        strbuf_puts(out, ",\"description\":{\"plain\":");
        guarded_string(p->description, out);
        strbuf_putc(out, '}');
    }
    member("url", p->url, out);
    if (p->image[0]) {
        strbuf_puts(out, ",\"media\":[{\"type\":\"image\",\"url\":");
        guarded_string(p->image, out);
        strbuf_puts(out, "}]");
    }
}

/* A product here is one variant there: the catalogue keeps no others. What ACP has no member for is a variant option (brand, attributes). */
void acp_out(const struct product *p, struct strbuf *out)
{
    size_t options = 0;
    strbuf_putc(out, '{');
    acp_shared(p, out);
    strbuf_puts(out, ",\"variants\":[{");
    member("id", p->id, out);
    member("title", p->title, out);
    acp_price("price", p, p->price, out);
    acp_price("list_price", p, p->list_price, out);
    if (p->stock >= 0)
        strbuf_printf(out, ",\"availability\":{\"available\":%s,\"status\":\"%s\"}", p->stock ? "true" : "false", p->stock ? "in_stock" : "out_of_stock");
    if (p->category[0]) {
        strbuf_puts(out, ",\"categories\":[{\"value\":");
        guarded_string(p->category, out);
        strbuf_puts(out, ",\"taxonomy\":\"merchant\"}]");
    }
    acp_option("brand", p->brand, &options, out);
    for (size_t i = 0; i < p->n_attributes; i++) acp_option(p->attributes[i].name, p->attributes[i].value, &options, out);
    strbuf_puts(out, options ? "]}]}\n" : "}]}\n");
}
