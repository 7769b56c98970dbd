/* How choices are written: as the record writes its value, in the dialogue's language; colours, materials and people in our own words. */
#include "question_int.h"

#include <string.h>

static const char *behind(const char *field, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(field, prefix, n) == 0 ? field + n : NULL;
}

static bool equals(const struct guide *g, const char *s, size_t n, struct text_span value, struct strbuf *scratch)
{
    strbuf_clear(scratch);
    if (normalize(g->options.normalizer, s, n, scratch) != OK) return false;
    while (scratch->len && strchr(".,:;-", scratch->data[scratch->len - 1]) && scratch->len > value.n) scratch->len--;
    return scratch->len == value.n && memcmp(strbuf_str(scratch), value.s, value.n) == 0;
}

/* The part of a list, or of a category's path, that the value is. */
static bool part_of(const struct guide *g, const char *text, struct text_span value, struct strbuf *scratch, struct text_span *out)
{
    if (equals(g, text, strlen(text), value, scratch)) {
        *out = (struct text_span){text, strlen(text)};
        return true;
    }
    for (const char *s = text; *s;) {
        size_t n = strcspn(s, ">,;/");
        for (size_t i = 0; i + 3 <= n; i++)
            if (memcmp(s + i, "、", 3) == 0 || memcmp(s + i, "，", 3) == 0) n = i;
        const char *begin = s, *end = s + n;
        while (begin < end && *begin == ' ') begin++;
        while (end > begin && end[-1] == ' ') end--;
        if (equals(g, begin, (size_t)(end - begin), value, scratch)) {
            *out = (struct text_span){begin, (size_t)(end - begin)};
            return true;
        }
        s += n;
        if (*s) s += (unsigned char)*s >= 0x80 ? 3 : 1;
    }
    return false;
}

/* As many words of the title as the name has. */
static struct text_span title_words(const char *title, struct text_span value)
{
    size_t words = 1, n = 0;
    for (size_t i = 0; i < value.n; i++) words += value.s[i] == ' ';
    for (size_t k = 0; k < words; k++) {
        while (title[n] == ' ') n++;
        n += strcspn(title + n, " ");
    }
    return (struct text_span){title, n};
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_root(const struct guide *g, const char *s, size_t n, struct text_span root, struct strbuf *scratch)
{
    strbuf_clear(scratch);
    if (normalize(g->options.normalizer, s, n, scratch) != OK) return false;
    size_t length = word_root(scratch->data, scratch->len);
    return length == root.n && memcmp(scratch->data, root.s, length) == 0;
}

/* The word as a title writes it. */
static struct text_span title_word(const struct guide *g, const struct product *p, struct text_span value, struct strbuf *scratch)
{
    const char *titles[] = {p->title, p->title_en, p->title_zh};
    for (size_t i = 0; i < 3; i++)
        for (const char *s = titles[i]; *s;) {
            size_t n = 0;
            while (is_letter(s[n])) n++;
            if (n && has_root(g, s, n, value, scratch)) return (struct text_span){s, n};
            s += n ? n : 1;
        }
    return value;
}

static bool in_attributes(const struct guide *g, const struct product *p, struct text_span value, struct strbuf *scratch, struct text_span *out)
{
    for (size_t i = 0; i < p->n_attributes; i++)
        if (part_of(g, p->attributes[i].value, value, scratch, out)) return true;
    return false;
}

/* Where the record writes the value; the normalised label itself where it is not found. */
static struct text_span written(const struct guide *g, const struct product *p, const struct field *f, enum language l, struct text_span value, struct strbuf *scratch)
{
    struct text_span out = value;
    if (strcmp(f->name, TITLE_FIELD) == 0) {
        const char *titles[] = {p->title, p->title_en};
        for (size_t i = 0; i < 2; i++) {
            struct text_span words = title_words(titles[i], value);
            if (equals(g, words.s, words.n, value, scratch)) return words;
        }
        return value;
    }
    if (field_is_words(f->name)) return title_word(g, p, value, scratch);
    const char *texts[] = {p->brand, product_text(p, "category", l), p->category, p->category_en, p->category_zh};
    if (in_attributes(g, p, value, scratch, &out)) return out;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (part_of(g, texts[i], value, scratch, &out)) return out;
    return out;
}

/* ---- prices ---- */

static void amount(struct strbuf *b, int64_t minor)
{
    if (minor % 100 == 0) strbuf_printf(b, "%lld", (long long)(minor / 100));
    else text_format_price(minor, b);
}

static const char *currency_sign(const char *currency)
{
    static const struct { const char *code, *sign; } signs[] = {{"USD", "$"}, {"EUR", "€"}, {"GBP", "£"}, {"INR", "₹"}, {"CNY", "¥"}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strcmp(signs[i].code, currency) == 0) return signs[i].sign;
    return "";
}

/* "250元以内", "250-400元", "over ¥400" */
static const char *price_label(const struct field_value *v, const char *currency, enum language l, struct arena *a)
{
    struct strbuf b = {0};
    bool low = v->low > INT64_MIN + 1, high = v->high < INT64_MAX, zh = l == LANGUAGE_ZH, yuan = zh && (!*currency || strcmp(currency, "CNY") == 0);
    const char *sign = yuan ? "" : currency_sign(currency);
    if (!zh) strbuf_puts(&b, low && high ? "" : high ? "under " : "over ");
    if (low) strbuf_puts(&b, sign), amount(&b, v->low);
    if (low && high) strbuf_puts(&b, "-");
    if (high) strbuf_puts(&b, low ? "" : sign), amount(&b, v->high);
    if (yuan) strbuf_puts(&b, "元");
    if (zh && !(low && high)) strbuf_puts(&b, high ? "以内" : "以上");
    const char *text = arena_strndup(a, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return text;
}

static const char *price_value(const struct field_value *v, struct arena *a)
{
    char low[24] = "", high[24] = "";
    if (v->low > INT64_MIN + 1) snprintf(low, sizeof low, "%lld", (long long)v->low);
    if (v->high < INT64_MAX) snprintf(high, sizeof high, "%lld", (long long)v->high);
    return arena_printf(a, "%s-%s", low, high);
}

/* ---- the whole ---- */

status choice_label(const struct guide *g, const struct fields *fields, const struct field *f, const struct field_value *v, enum language l, struct arena *a, const char **label, const char **value)
{
    struct product p;
    if (strcmp(f->name, "price") == 0) {
        TRY(catalogue_get_by_key(g->options.catalogue, index_key(fields->index, v->first), a, &p));
        *label = price_label(v, p.currency, l, a);
        *value = price_value(v, a);
        return *label && *value ? OK : fail_nomem("writing a question");
    }
    struct strbuf scratch = {0};
    size_t n;
    const char *text = index_label_text(fields->index, f->column, v->label, &n, NULL), *name = behind(f->name, ATTRIBUTE_FIELD), *word = NULL;
    size_t skip = name ? attribute_name_length(name) + strlen(ATTRIBUTE_SEPARATOR) : 0;
    struct text_span own = {text + skip, n - skip};
    if (f->column < FACETS) word = facet_word((enum facet)f->column, own.s, own.n, l);
    if (word) {
        *label = arena_strdup(a, word);
    } else {
        TRY(catalogue_get_by_key(g->options.catalogue, index_key(fields->index, v->first), a, &p));
        struct text_span w = written(g, &p, f, l, own, &scratch);
        *label = arena_strndup(a, w.s, w.n);
    }
    strbuf_release(&scratch);
    *value = arena_strndup(a, own.s, own.n);
    return *label && *value ? OK : fail_nomem("writing a question");
}
