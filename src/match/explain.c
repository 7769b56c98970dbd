/* Why a product is shown: which words stand where, which wishes it meets. Each sentence can be checked on the product's page. */
#include "match_int.h"

#include <string.h>

enum { REASONS_MAX = 12 };

struct reasons { const char *items[REASONS_MAX]; size_t n; };

static void add(struct reasons *r, const char *sentence)
{
    if (sentence && r->n < REASONS_MAX) r->items[r->n++] = sentence;
}

enum { PLACES = 4 };

static void explain_words(struct matcher *m, struct matches *out, struct reasons *r, const struct product *p, uint32_t doc)
{
    static const struct { uint32_t fields; const char *zh, *en; } places[PLACES] = {
        {1u << FIELD_TITLE, "标题里有%s", "the title has %s"},
        {1u << FIELD_CATEGORY | 1u << FIELD_BRAND, "类目或品牌里有%s", "category or brand has %s"},
        {1u << FIELD_ATTRIBUTES, "参数里有%s", "its attributes have %s"},
        {1u << FIELD_DESCRIPTION, "描述里有%s", "its description has %s"},
    };
    struct quotes before = {.n = 0};
    for (size_t i = 0; i < PLACES; i++) {
        const char *words = quote_words(m, out, p, doc, places[i].fields, &before);
        if (words) add(r, arena_printf(&out->arena, out->need.language == LANGUAGE_ZH ? places[i].zh : places[i].en, words));
    }
}

static void price_text(int64_t minor, const char *currency, struct strbuf *b)
{
    text_format_price(minor, b);
    if (*currency) strbuf_printf(b, " %s", currency);
}

static void explain_price(struct matches *out, struct reasons *r, const struct product *p, const struct constraint *c)
{
    bool zh = out->need.language == LANGUAGE_ZH, low = c->low > INT64_MIN + 1, high = c->high < INT64_MAX;
    struct strbuf b = {0};
    strbuf_puts(&b, zh ? "价格 " : "price ");
    price_text(p->price, p->currency, &b);
    strbuf_puts(&b, low && high ? (zh ? "，在 " : " lies in ") : high ? (zh ? "，不超过 " : " is within ") : (zh ? "，不低于 " : " is at least "));
    if (low) text_format_price(c->low, &b);
    if (low && high) strbuf_puts(&b, "–");
    if (high) text_format_price(c->high, &b);
    add(r, arena_strndup(&out->arena, strbuf_str(&b), b.len));
    strbuf_release(&b);
}

/* The attribute of the record that carries the facet, in the need's language if there is one. */
static const struct attribute *facet_attribute(const struct matcher *m, const struct product *p, enum facet f, enum language l)
{
    const struct attribute *found = NULL;
    struct strbuf name = {0};
    for (size_t i = 0; i < p->n_attributes; i++) {
        enum facet own;
        const struct attribute *a = &p->attributes[i];
        strbuf_clear(&name);
        if (normalize(m->options.normalizer, a->name, strlen(a->name), &name) != OK || !facet_of_attribute(strbuf_str(&name), &own) || own != f) continue;
        if (!found || strcmp(a->language, language_code(l)) == 0) found = a;
    }
    strbuf_release(&name);
    return found;
}

static void explain_facet(const struct matcher *m, struct matches *out, struct reasons *r, const struct product *p, const struct constraint *c, uint32_t doc)
{
    bool zh = out->need.language == LANGUAGE_ZH;
    struct index_condition condition = {.kind = c->negated ? CONDITION_NO_LABEL : CONDITION_ANY_LABEL, .column = c->facet, .labels = c->labels, .n_labels = c->n_labels};
    if (!index_passes(m->index, &(struct index_filter){&condition, 1}, doc)) return;
    const struct attribute *a = facet_attribute(m, p, c->facet, out->need.language);
    const char *value = a ? a->value : c->facet == FACET_BRAND ? p->brand : c->facet == FACET_CATEGORY ? product_text(p, "category", out->need.language) : NULL;
    const char *name = a ? a->name : zh ? (c->facet == FACET_BRAND ? "品牌" : "类目") : facet_name(c->facet);
    if (c->negated) add(r, arena_printf(&out->arena, zh ? "不是您排除的“%s”" : "it is not what you ruled out (\"%s\")", c->said));
    else if (value && *value) add(r, arena_printf(&out->arena, zh ? "%s：%s" : "%s: %s", name, value));
}

/* The first attribute whose value lies within the bounds. */
static void explain_quantity(const struct matcher *m, struct matches *out, struct reasons *r, const struct product *p, const struct constraint *c)
{
    struct strbuf value = {0};
    bool found = false;
    for (size_t i = 0; i < p->n_attributes && !found; i++) {
        const struct attribute *a = &p->attributes[i];
        if (*a->language && strcmp(a->language, language_code(out->need.language)) != 0) continue;
        strbuf_clear(&value);
        found = normalize(m->options.normalizer, a->value, strlen(a->value), &value) == OK && quantity_meets(c, strbuf_str(&value), value.len);
        if (found) add(r, arena_printf(&out->arena, out->need.language == LANGUAGE_ZH ? "%s：%s" : "%s: %s", a->name, a->value));
    }
    strbuf_release(&value);
}

/* Where a word of the product's stands that was taken for one of the shopper's; 0: nowhere, or it was not. */
static uint32_t stands_in(struct matcher *m, const struct need_term *t, uint32_t doc)
{
    return t->corrected && t->weight >= 0.7f ? index_term_fields(m->index, doc, t->text, t->length, NULL) : 0;
}

/* Whether the product has the word of the shopper's itself, so that no reading of it needs telling. */
static bool has_it_said(struct matcher *m, const struct need *n, const struct need_term *read, uint32_t doc)
{
    for (size_t i = 0; i < n->n_terms; i++) {
        const struct need_term *t = &n->terms[i];
        if (!t->corrected && t->begin < read->end && read->begin < t->end && index_term_fields(m->index, doc, t->text, t->length, NULL)) return true;
    }
    return false;
}

static const char *place(uint32_t fields, bool zh)
{
    if (fields & 1u << FIELD_TITLE) return zh ? "标题" : "the title";
    if (fields & (1u << FIELD_CATEGORY | 1u << FIELD_BRAND)) return zh ? "类目或品牌" : "category or brand";
    return fields & 1u << FIELD_ATTRIBUTES ? (zh ? "参数" : "an attribute") : (zh ? "描述" : "the description");
}

/* The product's word with this stem, as a normalised text spells it: "suitcase" for "suitcas". */
static struct text_span spelt_in(const char *text, const struct need_term *t)
{
    char stem[INDEX_TERM_BYTES_MAX + 1];
    for (const char *s = text; *s;) {
        size_t n = 0;
        while (s[n] >= 'a' && s[n] <= 'z') n++;
        if (n && n <= INDEX_TERM_BYTES_MAX) memcpy(stem, s, n);
        if (n && n <= INDEX_TERM_BYTES_MAX && porter_stem(stem, n) == t->length && memcmp(stem, t->text, t->length) == 0) return (struct text_span){s, n};
        s += n ? n : 1;
    }
    return (struct text_span){0};
}

struct other_word { const struct need_term *term; struct text_span found; };

static void find_other_word(void *context, const char *word, size_t n)
{
    struct other_word *x = context;
    if (!x->found.n && memmem(word, n, x->term->text, x->term->length)) x->found = (struct text_span){word, n};
}

/* A term of the index as a word: a stem as the product spells it, a pair of characters as the synonym that it is of. */
static struct text_span whole_word(const struct matcher *m, struct matches *out, const struct product *p, const struct need_term *t)
{
    struct other_word other = {.term = t};
    struct text_span found = {t->text, t->length};
    if ((unsigned char)*t->text >= 0x80) {
        synonyms_of(t->said, strlen(t->said), find_other_word, &other);
        return other.found.n ? other.found : found;
    }
    const char *const texts[] = {p->title, p->title_en, p->category, p->category_en, p->description, p->description_en};
    struct strbuf b = {0};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        strbuf_clear(&b);
        struct text_span word = normalize(m->options.normalizer, texts[i], strlen(texts[i]), &b) == OK ? spelt_in(strbuf_str(&b), t) : (struct text_span){0};
        const char *copy = word.n ? arena_strndup(&out->arena, word.s, word.n) : NULL;
        if (copy) found = (struct text_span){copy, word.n};
        if (copy) break;
    }
    strbuf_release(&b);
    return found;
}

/* All that the i-th term's word was read as here, and where that stands. */
static const char *reading(struct matcher *m, struct matches *out, const struct product *p, size_t i, uint32_t doc)
{
    const struct need *n = &out->need;
    bool zh = n->language == LANGUAGE_ZH;
    struct strbuf b = {0};
    struct text_span before = {0};
    uint32_t fields = 0;
    strbuf_printf(&b, zh ? "把“%s”读作" : "\"%s\" was read as ", n->terms[i].said);
    for (size_t k = i; k < n->n_terms; k++) {
        const struct need_term *t = &n->terms[k];
        uint32_t at = strcmp(t->said, n->terms[i].said) == 0 ? stands_in(m, t, doc) : 0;
        struct text_span word = at ? whole_word(m, out, p, t) : (struct text_span){0};
        if (!at || (word.n == before.n && memcmp(word.s, before.s, word.n) == 0)) continue;
        strbuf_printf(&b, zh ? "%s“%.*s”" : "%s\"%.*s\"", before.n ? (zh ? "、" : ", ") : "", (int)word.n, word.s);
        before = word;
        fields |= at;
    }
    strbuf_printf(&b, zh ? "，%s里有" : ", found in %s", place(fields, zh));
    const char *text = arena_strndup(&out->arena, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return text;
}

/* Each word of the shopper's once. */
static void explain_corrections(struct matcher *m, struct matches *out, struct reasons *r, const struct product *p, uint32_t doc)
{
    const struct need *n = &out->need;
    for (size_t i = 0; i < n->n_terms; i++) {
        const struct need_term *t = &n->terms[i];
        bool told = !stands_in(m, t, doc) || has_it_said(m, n, t, doc);
        for (size_t k = 0; k < i && !told; k++) told = stands_in(m, &n->terms[k], doc) && strcmp(n->terms[k].said, t->said) == 0;
        if (!told) add(r, reading(m, out, p, i, doc));
    }
}

/* Shown all the same: nothing of its kind does better. The shopper is told. */
static void explain_denied(const struct matcher *m, struct matches *out, struct reasons *r, uint32_t doc)
{
    struct denied_asked asked;
    denied_asked(m, &out->need, &asked);
    for (size_t i = 0; i < asked.n; i++) {
        struct text_span name, value;
        size_t n;
        const char *label = index_label_text(m->index, ATTRIBUTES, asked.labels[i], &n, NULL);
        if (!denies_asked(m, &(struct denied_asked){.labels = {asked.labels[i]}, .n = 1}, doc)) continue;
        attribute_split(label, n, &name, &value);
        bool zh = out->need.language == LANGUAGE_ZH, zh_name = text_language(name.s, name.n) == LANGUAGE_ZH;
        if (zh == zh_name) add(r, arena_printf(&out->arena, zh ? "请注意，%.*s：%.*s" : "please note, %.*s: %.*s", (int)name.n, name.s, (int)value.n, value.s));
    }
}

status explain(struct matcher *m, struct matches *out, struct match_result *r, uint32_t doc)
{
    struct reasons reasons = {.n = 0};
    bool zh = out->need.language == LANGUAGE_ZH;
    explain_denied(m, out, &reasons, doc);   /* first: pages show few of the reasons */
    explain_words(m, out, &reasons, &r->product, doc);
    explain_corrections(m, out, &reasons, &r->product, doc);
    for (size_t i = 0; i < out->need.n_constraints; i++) {
        const struct constraint *c = &out->need.constraints[i];
        if (c->kind == CONSTRAINT_PRICE && r->product.price >= 0) explain_price(out, &reasons, &r->product, c);
        if (c->kind == CONSTRAINT_FACET) explain_facet(m, out, &reasons, &r->product, c, doc);
        if (c->kind == CONSTRAINT_QUANTITY) explain_quantity(m, out, &reasons, &r->product, c);
        if (c->kind == CONSTRAINT_WORDS) add(&reasons, arena_printf(&out->arena, zh ? "没有您排除的“%s”" : "it has none of \"%s\"", c->said));
    }
    if (r->features[FEATURE_VECTOR] > 0.5f)
        add(&reasons, arena_printf(&out->arena, zh ? "意思相近（%.2f）" : "close in meaning (%.2f)", (double)r->features[FEATURE_VECTOR]));
    r->n_reasons = reasons.n;
    r->reasons = arena_alloc(&out->arena, (reasons.n + 1) * sizeof *r->reasons);
    if (!r->reasons) return fail_nomem("explaining a result");
    if (reasons.n) memcpy((void *)(uintptr_t)r->reasons, reasons.items, reasons.n * sizeof *reasons.items);
    return OK;
}
