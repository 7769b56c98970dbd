/* Attributes: what kind of value it is, and the text they are stored as. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue_int.h"

enum { NUMBER_BYTES_MAX = 48, LIST_PART_CHARACTERS_MAX = 20, LIST_PARTS_MAX = 64 };

/* ---- lists ---- */

static bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the list separator at p, or 0. A comma between digits is a thousands mark: "1,299". */
static size_t separator(const char *start, const char *p, const char *end)
{
    static const char *const wide[] = {"，", "、", "；", "／"};
    if (*p == ';' || *p == '/') return 1;
    if (*p == ',') return p > start && p + 1 < end && ascii_digit(p[-1]) && ascii_digit(p[1]) ? 0 : 1;
    for (size_t i = 0; i < 4 && end - p >= 3; i++)
        if (memcmp(p, wide[i], 3) == 0) return 3;
    return 0;
}

bool attribute_list_next(const char **cursor, const char **item, size_t *n)
{
    const char *p = *cursor, *end = p + strlen(p);
    if (p == end) return false;
    const char *start = p;
    size_t width = 0;
    while (p < end && !(width = separator(*cursor, p, end))) p++;
    *cursor = p + width;
    while (start < p && *start == ' ') start++;
    while (p > start && p[-1] == ' ') p--;
    *item = start;
    *n = (size_t)(p - start);
    return true;
}

static bool all_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!ascii_digit(s[i])) return false;
    return n > 0;
}

/* At least two parts, all short. A slash beside digits divides quantities ("240 g/m²", "1/2"), unless all parts are digits
 * and there are three ("36/37/38"). `value` is NUL-terminated. */
static bool is_list(const char *value)
{
    const char *cursor = value, *item;
    size_t n, parts = 0, digit_parts = 0;
    while (attribute_list_next(&cursor, &item, &n)) {
        if (n == 0 || ++parts > LIST_PARTS_MAX || utf8_length(item, n) > LIST_PART_CHARACTERS_MAX) return false;
        digit_parts += all_digits(item, n);
    }
    if (parts < 2) return false;
    bool slash = strchr(value, '/') != NULL, digit = strpbrk(value, "0123456789") != NULL;
    return !slash || !digit || (digit_parts == parts && parts > 2);
}

/* ---- numbers ---- */

static bool is_ascii(struct span v)
{
    unsigned char any = 0;
    for (size_t i = 0; i < v.n; i++) any |= (unsigned char)v.s[i];
    return any < 0x80;
}

/* text_numbers wants normalised text. For ASCII that is lower case and single spaces, which spares ICU's tables. */
static status normalised(struct catalogue *c, struct span v, struct strbuf *out)
{
    if (!is_ascii(v)) {
        if (!c->normalizer) TRY(normalizer_new(&c->normalizer));
        return normalize(c->normalizer, v.s, v.n, out);
    }
    for (size_t i = 0; i < v.n; i++) {
        char ch = v.s[i];
        if (ch == ' ' && i + 1 < v.n && v.s[i + 1] == ' ') continue;
        strbuf_putc(out, ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch);
    }
    return strbuf_status(out);
}

static bool may_be_number(struct span v)
{
    if (v.n == 0 || v.n > NUMBER_BYTES_MAX) return false;
    for (size_t i = 0; i < v.n; i++)
        if (ascii_digit(v.s[i]) || (unsigned char)v.s[i] == 0xEF) return true; /* 0xEF: full-width digits */
    return false;
}

static bool is_one_number(const struct strbuf *text, struct number *out)
{
    struct number found[2];
    if (text_numbers(strbuf_str(text), text->len, found, 2) != 1 || found[0].begin != 0 || found[0].end != text->len) return false;
    *out = found[0];
    return isfinite(found[0].value);
}

/* The value is one number, with or without a unit, and nothing else. A plain number takes the unit that its column names, if
 * that is one: "Weight (kg)", but not "Size (EU)". */
static status whole_number(struct catalogue *c, const struct attribute_source *source, struct number *out, bool *whole)
{
    *whole = false;
    if (!may_be_number(source->value)) return OK;
    struct strbuf text = {0};
    struct number with_unit;
    status s = normalised(c, source->value, &text);
    if (s == OK) *whole = is_one_number(&text, out);
    if (*whole && out->kind == NUMBER_PLAIN && source->unit[0]) {
        strbuf_putc(&text, ' ');
        s = normalised(c, (struct span){source->unit, strlen(source->unit)}, &text);
        if (s == OK && is_one_number(&text, &with_unit)) *out = with_unit;
    }
    strbuf_release(&text);
    return s;
}

/* ---- storing ---- */

static void put_number(struct strbuf *out, double v)
{
    if (v == floor(v) && fabs(v) < 1e15) strbuf_printf(out, "%lld", (long long)v);
    else strbuf_printf(out, "%.15g", v);
}

static void put_type(struct strbuf *out, const struct attribute_source *source, const struct number *number)
{
    char zero_ended[LIST_PARTS_MAX * (LIST_PART_CHARACTERS_MAX * 4 + 3)];
    if (number && number->kind == NUMBER_MONEY && number->value * 100 < 1e15) {
        strbuf_printf(out, "p\t%lld\t%s", (long long)llround(number->value * 100), number->currency);
    } else if (number) {
        strbuf_puts(out, "n\t");
        put_number(out, number->value);
        strbuf_printf(out, "\t%s", number->unit);
    } else {
        bool list = source->list;
        if (!list && source->value.n < sizeof zero_ended) {
            memcpy(zero_ended, source->value.s, source->value.n);
            zero_ended[source->value.n] = 0;
            list = is_list(zero_ended);
        }
        strbuf_puts(out, list ? "l\t\t" : "t\t\t");
    }
}

status attribute_encode(struct catalogue *c, const struct attribute_source *source, struct strbuf *out)
{
    struct number number;
    bool whole = false;
    if (!source->list) TRY(whole_number(c, source, &number, &whole));
    strbuf_add(out, source->name.s, source->name.n);
    strbuf_putc(out, '\t');
    strbuf_putc(out, source->language[0] ? source->language[0] : '-');
    strbuf_putc(out, '\t');
    put_type(out, source, whole ? &number : NULL);
    strbuf_putc(out, '\t');
    strbuf_add(out, source->value.s, source->value.n);
    strbuf_putc(out, '\n');
    return strbuf_status(out);
}

/* ---- reading back ---- */

enum { PART_NAME, PART_LANGUAGE, PART_TYPE, PART_NUMBER, PART_UNIT, PART_VALUE, PARTS };

static bool fill(struct attribute *a, char *part[PARTS])
{
    const char *types = "tnpl", *type = strchr(types, part[PART_TYPE][0]);
    if (!type || !*type || part[PART_TYPE][1]) return false;
    *a = (struct attribute){.name = part[PART_NAME], .value = part[PART_VALUE], .unit = part[PART_UNIT]};
    a->language = part[PART_LANGUAGE][0] == 'z' ? "zh" : part[PART_LANGUAGE][0] == 'e' ? "en" : "";
    static const enum attribute_type kinds[] = {ATTRIBUTE_TEXT, ATTRIBUTE_NUMBER, ATTRIBUTE_PRICE, ATTRIBUTE_LIST};
    a->type = kinds[type - types];
    if (a->type == ATTRIBUTE_NUMBER) a->number = strtod(part[PART_NUMBER], NULL);
    if (a->type == ATTRIBUTE_PRICE) a->minor = strtoll(part[PART_NUMBER], NULL, 10);
    return true;
}

/* Cuts the line that ends at `end` into its parts; false when there are not six. */
static bool cut(char *line, char *end, char *part[PARTS])
{
    *end = 0;
    for (int i = 0; i < PARTS; i++) {
        part[i] = line;
        if (i == PART_VALUE) return true;
        line = strchr(line, '\t');
        if (!line) return false;
        *line++ = 0;
    }
    return false;
}

status attribute_decode(char *text, size_t n, struct arena *a, const struct attribute **out, size_t *count)
{
    size_t lines = 0, used = 0;
    for (size_t i = 0; i < n; i++) lines += text[i] == '\n';
    struct attribute *items = arena_zalloc(a, lines ? lines : 1, sizeof *items);
    if (!items) return fail_nomem("reading attributes");
    for (char *line = text, *end; used < lines; line = end + 1, used++) {
        char *part[PARTS];
        end = memchr(line, '\n', n - (size_t)(line - text));
        if (!end || !cut(line, end, part) || !fill(&items[used], part))
            return fail(ERR_FORMAT, "attributes that are not what daogou stores; restore a copy of the database, or import again into a new file");
    }
    *out = items;
    *count = used;
    return OK;
}
