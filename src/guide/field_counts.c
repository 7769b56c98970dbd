/* One pass over the products that fit, and all fields are counted: which values, how many products, how much of the weight.
 *
 * The gain of asking about a field is the expected fall of entropy over the products that fit, each weighted by its fit:
 *   H = log2 W - (1/W) sum w log2 w;   gain = sum over answers a of P(a) (H - H(products left by a))
 * A product whose record names several values is asked for with equal chance by each. One whose record names none cannot be answered
 * for: its share brings no gain, and no answer keeps it, since no one can say that it meets the wish. Of answers beyond the ones that
 * are offered only a part comes in words that are understood (TYPED). */
#include "question_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 192 };
static const double KNOWN_LEAST = 0.7, WORDS_KNOWN_LEAST = 0.3 /* a title without the word says that it is none of these */, TITLE_CHAIN = 0.9;

/* ---- what shoppers know ---- */

/* How likely somebody who has a product in mind can name its value. Colour, people and kind are seen; the season or year of a collection is
 * the shop's own book-keeping; measures are known roughly at best. */
static const struct { const char *field; double prior; } priors[] = {
    {"colour", 0.95}, {"audience", 0.95}, {"category", 0.95}, {"price", 0.85}, {"size", 0.8}, {"brand", 0.75}, {"material", 0.7}, {TITLE_FIELD, 0.7},
    {ATTRIBUTE_FIELD "usage", 0.8}, {ATTRIBUTE_FIELD "use", 0.8}, {ATTRIBUTE_FIELD "occasion", 0.8}, {ATTRIBUTE_FIELD "style", 0.75}, {ATTRIBUTE_FIELD "type", 0.75}, {ATTRIBUTE_FIELD "fit", 0.75},
    {ATTRIBUTE_FIELD "function", 0.75}, {ATTRIBUTE_FIELD "flavour", 0.8}, {ATTRIBUTE_FIELD "scent", 0.75}, {ATTRIBUTE_FIELD "pattern", 0.75},
    {ATTRIBUTE_FIELD "用途", 0.8}, {ATTRIBUTE_FIELD "场合", 0.8}, {ATTRIBUTE_FIELD "场景", 0.8}, {ATTRIBUTE_FIELD "适用场景", 0.8}, {ATTRIBUTE_FIELD "风格", 0.75}, {ATTRIBUTE_FIELD "类型", 0.75},
    {ATTRIBUTE_FIELD "款式", 0.75}, {ATTRIBUTE_FIELD "版型", 0.75}, {ATTRIBUTE_FIELD "功能", 0.75}, {ATTRIBUTE_FIELD "口味", 0.8}, {ATTRIBUTE_FIELD "香型", 0.75}, {ATTRIBUTE_FIELD "图案", 0.75},
    {ATTRIBUTE_FIELD "season", 0.4}, {ATTRIBUTE_FIELD "季节", 0.5}, {ATTRIBUTE_FIELD "适用季节", 0.5}, {ATTRIBUTE_FIELD "year", 0.05}, {ATTRIBUTE_FIELD "年份", 0.05}, {ATTRIBUTE_FIELD "上市时间", 0.05},
};

double field_prior(const char *field)
{
    if (field_is_words(field)) return 0.5;
    for (size_t i = 0; i < sizeof priors / sizeof priors[0]; i++)
        if (strcmp(priors[i].field, field) == 0) return priors[i].prior;
    return 0.6;
}

/* How much of the answers beyond the offered ones comes in words that the index knows. */
static double typed(const char *field)
{
    return strncmp(field, ATTRIBUTE_FIELD, strlen(ATTRIBUTE_FIELD)) != 0 ? 0.7 : strcmp(field, TITLE_FIELD) == 0 ? 0.6 : 0.2;
}

/* ---- counting one column ---- */

struct tally { uint32_t count, first; double weight, log_weight; uint64_t documents; /* a hash of the set: equal sets, equal hashes */ };
struct slot { struct field *field; uint32_t value; };
struct column {
    struct fields *all;
    const struct matcher *m;
    size_t number;
    enum language language;
    struct tally *tallies;       /* (labels) */
    struct slot *slots;          /* (labels): the field that a label is a value of */
    uint32_t *parents;           /* (labels): the wider label, or UINT32_MAX */
    uint32_t *present;           /* labels that occur, in order of arrival */
    size_t n_labels, n_present;
};

static uint64_t mix(uint64_t x)
{
    x = (x + 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
    return (x ^ x >> 31) * 0x94D049BB133111EBu;
}

static void tally_add(struct tally *t, const struct fitting *f)
{
    double w = (double)f->fit;
    if (!t->count++) t->first = f->doc;
    t->weight += w;
    t->log_weight += w < 1 ? w * log2(w) : 0;
    t->documents ^= mix(f->doc);
}

static status column_count(struct column *c)
{
    struct fields *all = c->all;
    uint32_t labels[LABELS_MAX];
    c->n_labels = index_label_count(all->index, c->number);
    c->tallies = arena_zalloc(all->arena, c->n_labels + 1, sizeof *c->tallies);
    c->slots = arena_zalloc(all->arena, c->n_labels + 1, sizeof *c->slots);
    c->present = arena_alloc(all->arena, (c->n_labels + 1) * sizeof *c->present);
    if (!c->tallies || !c->slots || !c->present) return fail_nomem("counting what fits");
    for (size_t i = 0; i < all->n_list; i++) {
        size_t n = index_document_labels(all->index, all->list[i].doc, c->number, labels, LABELS_MAX);
        for (size_t k = 0; k < n; k++) {
            if (!c->tallies[labels[k]].count) c->present[c->n_present++] = labels[k];
            tally_add(&c->tallies[labels[k]], &all->list[i]);
        }
    }
    return OK;
}

static const char *label_text(const struct column *c, uint32_t label, size_t *n)
{
    return index_label_text(c->all->index, c->number, label, n, NULL);
}

/* ---- fields and values ---- */

static struct field *field_new(struct fields *all, const char *name, size_t column)
{
    if (all->n == FIELDS_MAX) return NULL;
    struct field *f = &all->items[all->n++];
    *f = (struct field){.name = name, .column = column, .prior = field_prior(name)};
    return f;
}

static struct field_value *value_new(struct fields *all, struct field *f)
{
    if (f->n_values == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16;
        struct field_value *values = arena_alloc(all->arena, cap * sizeof *values);
        if (!values) return NULL;
        if (f->n_values) memcpy(values, f->values, f->n_values * sizeof *values);
        f->values = values;
        f->cap = cap;
    }
    f->values[f->n_values] = (struct field_value){0};
    return &f->values[f->n_values++];
}

/* The label becomes a value of the field. */
static status value_of_label(struct column *c, struct field *f, uint32_t label, struct slot *slot)
{
    struct field_value *v = value_new(c->all, f);
    if (!v) return fail_nomem("counting what fits");
    const struct tally *t = &c->tallies[label];
    *v = (struct field_value){.label = label, .first = t->first, .count = t->count, .weight = t->weight, .log_weight = t->log_weight};
    *slot = (struct slot){f, (uint32_t)f->n_values - 1};
    return OK;
}

static void share_add(struct slot s, double weight)
{
    s.field->values[s.value].share += weight;
}

/* Each product's weight goes to the values that its record names; parents do not count beside their children. */
static void column_shares(struct column *c)
{
    struct fields *all = c->all;
    uint32_t labels[LABELS_MAX], own[LABELS_MAX];
    for (size_t i = 0; i < all->n_list; i++) {
        size_t n = index_document_labels(all->index, all->list[i].doc, c->number, labels, LABELS_MAX), kept = 0;
        for (size_t k = 0; k < n; k++) {
            bool parent = false;
            for (size_t j = 0; c->parents && j < n && !parent; j++) parent = c->parents[labels[j]] == labels[k] && c->slots[labels[j]].field;
            if (c->slots[labels[k]].field && !parent) own[kept++] = labels[k];
        }
        for (size_t k = 0; k < kept; k++) {
            struct field *f = c->slots[own[k]].field;
            size_t same = 0, first = kept;
            for (size_t j = 0; j < kept; j++)
                if (c->slots[own[j]].field == f) same++, first = j < first ? j : first;
            double w = (double)all->list[i].fit;
            share_add(c->slots[own[k]], w / (double)same);
            if (first == k) f->known += w;
        }
    }
}

/* ---- facets ---- */

static bool same_documents(const struct tally *a, const struct tally *b)
{
    return a->count == b->count && a->documents == b->documents;
}

static bool is_canonical(const struct column *c, uint32_t label)
{
    size_t n;
    const char *text = label_text(c, label, &n);
    return facet_word((enum facet)c->number, text, n, LANGUAGE_EN) != NULL;
}

/* Nobody asks for what is for all: such products count for each kind of people. */
static bool is_for_all(const struct column *c, uint32_t label)
{
    size_t n;
    const char *text = label_text(c, label, &n);
    return c->number == FACET_AUDIENCE && ((n == 3 && memcmp(text, "any", 3) == 0) || (n == 6 && memcmp(text, "unisex", 6) == 0));
}

static status find_parents(struct column *c)
{
    c->parents = arena_alloc(c->all->arena, (c->n_labels + 1) * sizeof *c->parents);
    if (!c->parents) return fail_nomem("counting what fits");
    memset(c->parents, 0xff, (c->n_labels + 1) * sizeof *c->parents);
    for (size_t i = 0; i < c->n_present; i++) {
        size_t n;
        const char *text = label_text(c, c->present[i], &n), *parent = facet_parent((enum facet)c->number, text, n);
        if (parent) index_find_label(c->all->index, c->number, parent, strlen(parent), &c->parents[c->present[i]]);
    }
    return OK;
}

/* Share of the products with any label that our own words describe. */
static double canonical_share(const struct column *c)
{
    struct fields *all = c->all;
    uint32_t labels[LABELS_MAX];
    size_t described = 0, known = 0;
    for (size_t i = 0; i < all->n_list; i++) {
        size_t n = index_document_labels(all->index, all->list[i].doc, c->number, labels, LABELS_MAX);
        bool any = false;
        for (size_t k = 0; k < n && !any; k++) any = is_canonical(c, labels[k]);
        known += n > 0;
        described += any;
    }
    return known ? (double)described / (double)known : 0;
}

/* Of labels with the same products one is enough: our own word, else the longer one ("柯朗 KELANG" rather than 柯朗). */
static bool is_repeated(const struct column *c, size_t at)
{
    const struct tally *own = &c->tallies[c->present[at]];
    size_t own_n, n;
    label_text(c, c->present[at], &own_n);
    bool own_canonical = c->number != FACET_BRAND && is_canonical(c, c->present[at]), own_child = c->parents && c->parents[c->present[at]] != UINT32_MAX;
    for (size_t i = 0; i < c->n_present; i++) {
        if (i == at || !same_documents(own, &c->tallies[c->present[i]])) continue;
        label_text(c, c->present[i], &n);
        bool canonical = c->number != FACET_BRAND && is_canonical(c, c->present[i]), child = c->parents && c->parents[c->present[i]] != UINT32_MAX;
        if (canonical != own_canonical) {
            if (canonical) return true;
        } else if (child != own_child) {
            if (child) return true;
        } else if (n > own_n || (n == own_n && i < at)) {
            return true;
        }
    }
    return false;
}

static status facet_values(struct column *c, struct field *f)
{
    bool words = c->number == FACET_COLOUR || c->number == FACET_MATERIAL || c->number == FACET_AUDIENCE, only_words = false;
    if (words) {
        TRY(find_parents(c));
        only_words = c->number == FACET_AUDIENCE || canonical_share(c) >= KNOWN_LEAST;
    }
    for (size_t i = 0; i < c->n_present; i++) {
        uint32_t label = c->present[i];
        if (is_for_all(c, label) || (only_words && !is_canonical(c, label)) || (c->n_present < 2000 && is_repeated(c, i))) continue;
        TRY(value_of_label(c, f, label, &c->slots[label]));
    }
    return OK;
}

/* Products for everybody stay with each answer. */
static void add_for_all(struct column *c, struct field *f)
{
    uint32_t any;
    if (!index_find_label(c->all->index, FACET_AUDIENCE, "any", 3, &any)) return;
    for (size_t i = 0; i < f->n_values; i++) {
        f->values[i].count += c->tallies[any].count;
        f->values[i].weight += c->tallies[any].weight;
        f->values[i].log_weight += c->tallies[any].log_weight;
    }
}

static status count_facet(struct column *c)
{
    struct field *f = field_new(c->all, facet_name((enum facet)c->number), c->number);
    if (!f) return OK;
    TRY(column_count(c));
    TRY(facet_values(c, f));
    column_shares(c);
    if (c->number == FACET_AUDIENCE) add_for_all(c, f);
    return OK;
}

/* ---- categories: a path of labels a product; asked on its last level, or on the widest one that still divides ---- */

static bool in_language(const struct column *c, uint32_t label)
{
    size_t n;
    const char *text = label_text(c, label, &n);
    return text_language(text, n) == c->language;
}

static status count_categories(struct column *c)
{
    struct fields *all = c->all;
    struct field *levels[2] = {field_new(all, "category", c->number), field_new(all, "category", c->number)};
    uint32_t labels[LABELS_MAX];
    if (!levels[0] || !levels[1]) return OK;
    TRY(column_count(c));
    struct slot *slots[2] = {c->slots, arena_zalloc(all->arena, c->n_labels + 1, sizeof **slots)};
    if (!slots[1]) return fail_nomem("counting what fits");
    for (size_t i = 0; i < all->n_list; i++) {
        size_t n = index_document_labels(all->index, all->list[i].doc, c->number, labels, LABELS_MAX);
        bool own = false;
        for (size_t k = 0; k < n; k++) own = own || in_language(c, labels[k]);
        uint32_t best[2] = {UINT32_MAX, UINT32_MAX};
        for (size_t k = 0; k < n; k++) {
            if (own && !in_language(c, labels[k])) continue;
            uint32_t count = c->tallies[labels[k]].count;
            if (best[0] == UINT32_MAX || count < c->tallies[best[0]].count) best[0] = labels[k];
            if (count < all->n_list && (best[1] == UINT32_MAX || count > c->tallies[best[1]].count)) best[1] = labels[k];
        }
        for (size_t level = 0; level < 2; level++) {
            if (best[level] == UINT32_MAX) continue;
            struct slot *s = &slots[level][best[level]];
            if (!s->field) TRY(value_of_label(c, levels[level], best[level], s));
            share_add(*s, (double)all->list[i].fit);
            levels[level]->known += (double)all->list[i].fit;
        }
    }
    return OK;
}

/* ---- attributes ---- */

struct attribute_fields { const struct attribute_name *names; const uint16_t *by_label; size_t n; struct field **fields; uint32_t *named; /* (labels): of a word of titles, the products whose name it is part of; NULL: not counted */ };

/* "peter" and "peter england" begin the same titles: one of them is the name. A longer name of few of the products is none. */
static bool title_is_choice(const struct column *c, uint32_t label, uint32_t end)
{
    size_t n, other_n;
    const char *text = label_text(c, label, &n);
    size_t skip = strlen(TITLE_ATTRIBUTE ATTRIBUTE_SEPARATOR);
    if (n < skip || !title_is_name(text + skip, n - skip)) return false;
    uint32_t count = c->tallies[label].count;
    for (uint32_t i = label + 1; i < end && i < label + 4096; i++) {   /* names that go on follow it */
        const char *other = label_text(c, i, &other_n);
        if (other_n < n || memcmp(other, text, n) != 0) break;
        if (other[n] == ' ' && c->tallies[i].count >= TITLE_CHAIN * count && title_is_name(other + skip, other_n - skip)) return false;
    }
    for (size_t k = n; k-- > skip;) {   /* names that it goes on from */
        uint32_t shorter;
        if (text[k] == ' ' && index_find_label(c->all->index, ATTRIBUTES, text, k, &shorter) && count < TITLE_CHAIN * c->tallies[shorter].count) return false;
    }
    return true;
}

/* "perros" of "lino perros" describes nothing: whoever did not mind the name is not asked for its words. */
static void count_words_of_name(const struct column *c, struct attribute_fields *a, uint32_t label)
{
    enum { WORD_MAX = 60 };
    static const char prefix[] = WORD_ATTRIBUTE ATTRIBUTE_SEPARATOR;
    size_t n, skip = strlen(TITLE_ATTRIBUTE ATTRIBUTE_SEPARATOR);
    const char *text = label_text(c, label, &n), *end = text + n;
    for (const char *s = text + skip; s < end; s += *s == ' ') {
        char word[sizeof prefix + WORD_MAX];
        size_t length = 0;
        uint32_t own;
        while (s + length < end && s[length] != ' ') length++;
        if (length && length <= WORD_MAX) {
            memcpy(word, prefix, sizeof prefix - 1);
            memcpy(word + sizeof prefix - 1, s, length);
            size_t root = word_root(word + sizeof prefix - 1, length);
            if (index_find_label(c->all->index, ATTRIBUTES, word, sizeof prefix - 1 + root, &own)) a->named[own] += c->tallies[label].count;
        }
        s += length;
    }
}

static status count_names(const struct column *c, struct attribute_fields *a)
{
    a->named = arena_zalloc(c->all->arena, c->n_labels + 1, sizeof *a->named);
    if (!a->named) return fail_nomem("counting what fits");
    for (size_t i = 0; i < c->n_present; i++) {
        size_t number = a->by_label[c->present[i]];
        if (number >= a->n) continue;
        struct text_span name = a->names[number].name;
        bool title = name.n == strlen(TITLE_ATTRIBUTE) && memcmp(name.s, TITLE_ATTRIBUTE, name.n) == 0;
        if (title && title_is_choice(c, c->present[i], a->names[number].first + a->names[number].n)) count_words_of_name(c, a, c->present[i]);
    }
    return OK;
}

static bool is_word_field(const struct field *f)
{
    return field_is_words(f->name);
}

/* The field of an attribute, NULL in *out if it may not be asked about: words of titles in their first round that is open. */
static status attribute_field(struct column *c, const struct attribute_name *name, bool (*skip)(void *, const char *), void *context, const char **out)
{
    const char *field = arena_printf(c->all->arena, ATTRIBUTE_FIELD "%.*s", (int)name->name.n, name->name.s), *base = field;
    *out = NULL;
    if (!field) return fail_nomem("counting what fits");
    if (name->counterpart && name->language != c->language) return OK;
    for (int round = 2; skip(context, field); round++) {
        if (!field_is_words(base) || round > WORD_ROUNDS) return OK;
        field = arena_printf(c->all->arena, "%s#%d", base, round);
        if (!field) return fail_nomem("counting what fits");
    }
    *out = field;
    return OK;
}

/* Words of a title are no choice when hardly any product has them, or nearly all. */
static bool word_divides(const struct column *c, uint32_t label)
{
    double share = (double)c->tallies[label].count / (double)c->all->n_list;
    return c->tallies[label].count >= 2 && share >= 0.03 && share <= 0.7;
}

static bool is_measure(const char *value, size_t n)
{
    size_t digits = 0;
    for (size_t i = 0; i < n; i++) digits += value[i] >= '0' && value[i] <= '9';
    return digits > 0;
}

/* Numbers are no words: whoever wants 248 g says so in other ways. */
static void doubt_measures(const struct column *c, struct field *f)
{
    size_t measures = 0, n;
    for (size_t i = 0; i < f->n_values; i++) {
        const char *text = label_text(c, f->values[i].label, &n);
        struct text_span value = {text, n};
        const char *at = memmem(text, n, ATTRIBUTE_SEPARATOR, strlen(ATTRIBUTE_SEPARATOR));
        if (at) value = (struct text_span){at + 2, n - (size_t)(at + 2 - text)};
        measures += is_measure(value.s, value.n);
    }
    if (2 * measures > f->n_values && f->prior > 0.25) f->prior = 0.25;
}

static status attribute_values(struct column *c, struct attribute_fields *a, bool (*skip)(void *, const char *), void *context)
{
    bool *tried = arena_zalloc(c->all->arena, a->n + 1, sizeof *tried);
    if (!tried) return fail_nomem("counting what fits");
    for (size_t i = 0; i < c->n_present; i++) {
        uint32_t label = c->present[i], number = a->by_label[label];
        if (number >= a->n) continue;
        const struct attribute_name *name = &a->names[number];
        if (!tried[number]) {
            tried[number] = true;
            const char *field;
            TRY(attribute_field(c, name, skip, context, &field));
            if (field) a->fields[number] = field_new(c->all, field, c->number);
        }
        if (!a->fields[number]) continue;
        if (strcmp(a->fields[number]->name, TITLE_FIELD) == 0 && !title_is_choice(c, label, name->first + name->n)) continue;
        if (is_word_field(a->fields[number]) && (!word_divides(c, label) || 2 * a->named[label] > c->tallies[label].count)) continue;
        TRY(value_of_label(c, a->fields[number], label, &c->slots[label]));
    }
    return OK;
}

static status count_attributes(struct column *c, bool (*skip)(void *, const char *), void *context)
{
    struct attribute_fields a;
    a.n = matcher_attributes(c->m, &a.names, &a.by_label);
    a.fields = arena_zalloc(c->all->arena, a.n + 1, sizeof *a.fields);
    if (!a.fields) return fail_nomem("counting what fits");
    size_t first = c->all->n;
    TRY(column_count(c));
    TRY(count_names(c, &a));
    TRY(attribute_values(c, &a, skip, context));
    column_shares(c);
    for (size_t i = first; i < c->all->n; i++) doubt_measures(c, &c->all->items[i]);
    return OK;
}

/* ---- prices: bands between round numbers near the quartiles ---- */

static int by_price(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* One digit and a half: 269 -> 250, 1830 -> 2000. */
static int64_t round_price(int64_t minor)
{
    int64_t step = 1;
    while (step * 10 <= minor) step *= 10;
    step = step > 1 ? step / 2 : 1;
    return (minor + step / 2) / step * step;
}

static status count_prices(struct fields *all)
{
    int64_t *sorted = arena_alloc(all->arena, (all->n_list + 1) * sizeof *sorted), edges[BANDS_MAX + 1] = {INT64_MIN + 1};
    struct field *f = field_new(all, "price", COLUMN_PRICE);
    size_t n = 0, bands = 1;
    if (!sorted) return fail_nomem("counting what fits");
    if (!f) return OK;
    for (size_t i = 0; i < all->n_list; i++) {
        int64_t price = index_number(all->index, COLUMN_PRICE, all->list[i].doc);
        if (price != INT64_MIN) sorted[n++] = price;
    }
    if (!n) return OK;
    qsort(sorted, n, sizeof *sorted, by_price);
    for (size_t k = 1; k < BANDS_MAX; k++) {
        int64_t edge = round_price(sorted[k * (n - 1) / BANDS_MAX]);
        if (edge > edges[bands - 1] && edge > sorted[0] && edge < sorted[n - 1]) edges[bands++] = edge;
    }
    edges[bands] = INT64_MAX;
    for (size_t k = 0; k < bands; k++) {
        struct field_value *v = value_new(all, f);
        if (!v) return fail_nomem("counting what fits");
        *v = (struct field_value){.label = (uint32_t)k, .low = edges[k], .high = edges[k + 1]};
    }
    for (size_t i = 0; i < all->n_list; i++) {
        int64_t price = index_number(all->index, COLUMN_PRICE, all->list[i].doc);
        if (price == INT64_MIN) continue;
        size_t inside = 0;
        for (size_t k = 0; k < bands; k++) inside += price >= edges[k] && price <= edges[k + 1];
        double w = (double)all->list[i].fit;
        f->known += w;
        for (size_t k = 0; k < bands; k++) {
            struct field_value *v = &f->values[k];
            if (price < v->low || price > v->high) continue;
            if (!v->count++) v->first = all->list[i].doc;
            v->weight += w;
            v->log_weight += w < 1 ? w * log2(w) : 0;
            v->share += w / (double)inside;
        }
    }
    return OK;
}

/* ---- gains ---- */

static int by_share(const void *a, const void *b)
{
    const struct field_value *x = a, *y = b;
    if (x->share != y->share) return x->share > y->share ? -1 : 1;
    return x->label < y->label ? -1 : x->label > y->label;
}

static int by_count(const void *a, const void *b)
{
    const struct field_value *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->label < y->label ? -1 : x->label > y->label;
}

static int by_label(const void *a, const void *b)
{
    const struct field_value *x = a, *y = b;
    return x->label < y->label ? -1 : x->label > y->label;
}

static double entropy(double weight, double log_weight)
{
    return weight > 0 ? log2(weight) - log_weight / weight : 0;
}

static void finish(const struct fields *all, struct field *f)
{
    bool bands = strcmp(f->name, "price") == 0;
    f->bits = 0;
    f->known /= all->weight;
    f->typed = typed(f->name);
    if (!f->n_values) return;
    qsort(f->values, f->n_values, sizeof *f->values, by_share);
    while (f->n_values && !(f->values[f->n_values - 1].share > 0)) f->n_values--;
    f->n_choices = f->n_values < CHOICES_MAX ? f->n_values : CHOICES_MAX;
    if (bands) qsort(f->values, f->n_values, sizeof *f->values, by_label);
    else qsort(f->values, f->n_choices, sizeof *f->values, by_count);   /* the most likely ones, in the order that people read numbers */
    for (size_t i = 0; i < f->n_values; i++) {
        struct field_value *v = &f->values[i];
        v->share /= all->weight;
        f->bits += v->share * (all->entropy - entropy(v->weight, v->log_weight)) * (i < f->n_choices ? 1 : typed(f->name));
    }
}

/* Titles without any of the offered words: "none of these" leaves them, and that is an answer, too. */
static void add_none(const struct fields *all, struct field *f)
{
    struct tally none = {0};
    uint32_t labels[LABELS_MAX];
    for (size_t i = 0; i < all->n_list; i++) {
        size_t n = index_document_labels(all->index, all->list[i].doc, f->column, labels, LABELS_MAX);
        bool any = false;
        for (size_t k = 0; k < n && !any; k++)
            for (size_t j = 0; j < f->n_choices && !any; j++) any = f->values[j].label == labels[k];
        if (!any) tally_add(&none, &all->list[i]);
    }
    for (size_t i = f->n_choices; i < f->n_values; i++) f->bits -= f->values[i].share * (all->entropy - entropy(f->values[i].weight, f->values[i].log_weight)) * typed(f->name);
    f->none_share = none.weight / all->weight;
    f->typed = 0;
    f->bits += none.weight / all->weight * (all->entropy - entropy(none.weight, none.log_weight));
}

static void finish_all(struct fields *all)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->n; i++) {
        finish(all, &all->items[i]);
        if (is_word_field(&all->items[i])) add_none(all, &all->items[i]);
        if (all->items[i].n_choices >= 2 && all->items[i].known >= (is_word_field(&all->items[i]) ? WORDS_KNOWN_LEAST : KNOWN_LEAST)) all->items[kept++] = all->items[i];
    }
    all->n = kept;
}

static status count_columns(const struct matcher *m, enum language l, bool (*skip)(void *, const char *), void *context, struct fields *all)
{
    for (size_t number = 0; number < LABEL_COLUMNS; number++) {
        struct column c = {.all = all, .m = m, .number = number, .language = l};
        if (number == QUANTITIES || (number < FACETS && skip(context, facet_name((enum facet)number)))) continue;
        if (number == ATTRIBUTES) TRY(count_attributes(&c, skip, context));
        else if (number == FACET_CATEGORY) TRY(count_categories(&c));
        else TRY(count_facet(&c));
    }
    return skip(context, "price") ? OK : count_prices(all);
}

status fields_count(const struct matcher *m, const struct fitting *list, size_t n, enum language l, bool (*skip)(void *context, const char *field), void *context, struct arena *a, struct fields *out)
{
    *out = (struct fields){.index = matcher_index(m), .list = list, .n_list = n, .arena = a, .items = arena_alloc(a, FIELDS_MAX * sizeof *out->items)};
    if (!out->items) return fail_nomem("counting what fits");
    struct tally all = {0};
    for (size_t i = 0; i < n; i++) tally_add(&all, &list[i]);
    out->weight = all.weight;
    out->entropy = entropy(all.weight, all.log_weight);
    if (!n) return OK;
    TRY(count_columns(m, l, skip, context, out));
    finish_all(out);
    return OK;
}
