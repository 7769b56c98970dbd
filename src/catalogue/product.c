/* Products as the other rooms read them. */
#include <string.h>

#include "catalogue.h"

const char *product_text(const struct product *p, const char *field, enum language l)
{
    const struct {
        const char *name, *main, *en, *zh;
    } fields[] = {
        {"title", p->title, p->title_en, p->title_zh},
        {"category", p->category, p->category_en, p->category_zh},
        {"description", p->description, p->description_en, p->description_zh},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].name, field) != 0) continue;
        const char *own = l == LANGUAGE_EN ? fields[i].en : fields[i].zh;
        return own && own[0] ? own : fields[i].main ? fields[i].main : "";
    }
    return "";
}

const struct attribute *product_attribute(const struct product *p, const char *name)
{
    for (size_t i = 0; i < p->n_attributes; i++)
        if (strcmp(p->attributes[i].name, name) == 0) return &p->attributes[i];
    return NULL;
}

/* ---- the record as one line ---- */

static bool is_blank(uint32_t c)
{
    return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

/* Blanks and control characters become single spaces, none at either end. */
static void put_line(struct strbuf *out, const char *s)
{
    size_t start = out->len;
    bool gap = false;
    for (const char *p = s, *end = s + strlen(s); p < end;) {
        uint32_t c = utf8_next(&p, end);
        if (is_blank(c)) {
            gap = out->len > start;
            continue;
        }
        if (gap) strbuf_putc(out, ' ');
        gap = false;
        strbuf_put_utf8(out, c);
    }
}

/* Adds separator + name + text when all of it fits into max bytes from `start`; false: it did not, or memory is out. A part
 * without text leaves no trace. */
static bool put_part(struct strbuf *out, size_t start, size_t max, const char *between, const char *name, const char *text)
{
    size_t before = out->len;
    if (before > start) strbuf_puts(out, between);
    if (name) {
        put_line(out, name);
        strbuf_puts(out, ": ");
    }
    size_t text_start = out->len;
    put_line(out, text);
    bool fits = out->len - start <= max, empty = out->len == text_start;
    if (!out->failed && (empty || !fits)) {
        out->len = before;
        out->data[before] = 0;
    }
    return !out->failed && (empty || fits);
}

/* A title alone may be longer than max: cut at a space in its second half, else between characters. */
static void put_cut_title(struct strbuf *out, size_t start, size_t max, const char *title)
{
    put_line(out, title);
    if (out->failed || out->len - start <= max) return;
    size_t end = max;
    while (end > max / 2 && out->data[start + end] != ' ') end--;
    if (end <= max / 2)
        for (end = max; end > 0 && ((unsigned char)out->data[start + end] & 0xC0) == 0x80;) end--;
    out->len = start + end;
    out->data[out->len] = 0;
}

status product_record_text(const struct product *p, enum language l, size_t max, struct strbuf *out)
{
    size_t start = out->len;
    const char *title = product_text(p, "title", l), *category = product_text(p, "category", l), *code = language_code(l);
    const char *between = " | ";
    strbuf_add(out, "", 0);
    bool room = !title[0] || put_part(out, start, max, between, NULL, title);
    if (!room) put_cut_title(out, start, max, title);
    if (room && p->brand && p->brand[0]) room = put_part(out, start, max, between, NULL, p->brand);
    if (room && category[0]) room = put_part(out, start, max, between, NULL, category);
    for (size_t i = 0; room && i < p->n_attributes; i++) {
        const struct attribute *a = &p->attributes[i];
        if (a->language[0] && strcmp(a->language, code) != 0) continue;
        room = put_part(out, start, max, between, a->name, a->value);
        between = "; ";
    }
    return strbuf_status(out);
}
