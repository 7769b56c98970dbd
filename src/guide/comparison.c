/* A table of what differs between products, from their records, and a sentence on whom each suits. */
#include "turn_int.h"

#include <math.h>
#include <string.h>

enum { COMPARED_MAX = 4, ROWS_MAX = 24, SUITS_MAX = 4 };
struct compared { struct product products[COMPARED_MAX]; size_t n; };

/* ---- the table ---- */

static const struct attribute *attribute_in_language(const struct turn *t, const struct product *p, const char *name)
{
    for (size_t i = 0; i < p->n_attributes; i++)
        if (attribute_spoken(t, &p->attributes[i]) && strcmp(p->attributes[i].name, name) == 0) return &p->attributes[i];
    return NULL;
}

/* One row where at least two products say something, and not all the same. */
static void add_row(json_t *rows, const char *name, const char *const *values, size_t n)
{
    bool differs = false;
    size_t known = 0;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        known += *values[i] != 0;
        differs = differs || strcmp(values[i], values[0]) != 0;
        json_array_append_new(list, *values[i] ? json_string(values[i]) : json_null());
    }
    if (differs && known && json_array_size(rows) < ROWS_MAX) json_array_append_new(rows, json_pack("{s:s, s:o}", "name", name, "values", list));
    else json_decref(list);
}

static void add_plain_rows(struct turn *t, const struct compared *c, json_t *rows)
{
    bool zh = in_chinese(t);
    const char *price[COMPARED_MAX], *brand[COMPARED_MAX], *category[COMPARED_MAX], *rating[COMPARED_MAX];
    for (size_t i = 0; i < c->n; i++) {
        const struct product *p = &c->products[i];
        const char *text = p->rating > 0 ? arena_printf(&t->r->arena, "%.3g", p->rating) : "";
        price[i] = money_text(t, p->price, p->currency);
        brand[i] = p->brand;
        category[i] = product_text(p, "category", t->d->language);
        rating[i] = text ? text : "";
    }
    add_row(rows, zh ? "价格" : "price", price, c->n);
    add_row(rows, zh ? "品牌" : "brand", brand, c->n);
    add_row(rows, zh ? "类目" : "category", category, c->n);
    add_row(rows, zh ? "评分" : "rating", rating, c->n);
}

static bool named_before(const struct turn *t, const struct compared *c, size_t product, size_t attribute)
{
    const char *name = c->products[product].attributes[attribute].name;
    for (size_t i = 0; i <= product; i++)
        for (size_t k = 0; k < (i < product ? c->products[i].n_attributes : attribute); k++)
            if (attribute_spoken(t, &c->products[i].attributes[k]) && strcmp(c->products[i].attributes[k].name, name) == 0) return true;
    return false;
}

static json_t *comparison_table(struct turn *t, const struct compared *c)
{
    json_t *rows = json_array(), *ids = json_array(), *titles = json_array();
    for (size_t i = 0; i < c->n; i++) {
        json_array_append_new(ids, json_string(c->products[i].id));
        json_array_append_new(titles, json_string(title_of(t, &c->products[i])));
    }
    add_plain_rows(t, c, rows);
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < c->products[i].n_attributes; k++) {
            const char *values[COMPARED_MAX], *name = c->products[i].attributes[k].name;
            if (!attribute_spoken(t, &c->products[i].attributes[k]) || named_before(t, c, i, k)) continue;
            for (size_t j = 0; j < c->n; j++) {
                const struct attribute *a = attribute_in_language(t, &c->products[j], name);
                values[j] = a ? a->value : "";
            }
            add_row(rows, name, values, c->n);
        }
    return json_pack("{s:o, s:o, s:o}", "products", ids, "titles", titles, "rows", rows);
}

status comparison_of(struct turn *t, const char *const *ids, size_t n, json_t **out)
{
    struct compared c = {.n = 0};
    FAIL_IF(n < 2 || n > COMPARED_MAX, ERR_USAGE, "2 to %d products are compared, not %zu", COMPARED_MAX, n);
    for (; c.n < n; c.n++) TRY(turn_product(t, ids[c.n], &c.products[c.n]));
    *out = comparison_table(t, &c);
    return *out ? OK : fail_nomem("comparing products");
}

/* ---- whom each suits ---- */

/* Attributes where more or less of it is what some people want, and how that is said. Only differences that the records state count. */
static const struct advantage { const char *names; bool less; const char *zh, *en; } advantages[] = {
    {"重量|weight", true, "想要轻便，", "you want it light"},
    {"续航|battery life|battery", false, "看重续航，", "battery life matters to you"},
    {"噪音|noise", true, "怕吵，", "you want it quiet"},
    {"容量|capacity|净含量|net weight", false, "需要大容量，", "you need more capacity"},
    {"防水|waterproof", false, "要防水更好的，", "you need better protection from water"},
    {"净化量|cadr|CADR", false, "房间大，", "the room is large"},
    {"适用面积|room size", false, "房间大，", "the room is large"},
    {"功率|power", true, "想省电，", "you want to use less power"},
    {"克重|fabric weight", false, "喜欢厚实的面料，", "you like a heavier fabric"},
};

/* The first quantity of a value in its base unit; NAN: none. */
static double quantity(struct turn *t, const struct attribute *a)
{
    struct strbuf b = {0};
    struct number numbers[4];
    struct unit_measure m;
    double found = NAN;
    if (a->type == ATTRIBUTE_NUMBER && text_unit_measure(a->unit, &m)) return a->number * m.factor;
    if (normalize(t->g->options.normalizer, a->value, strlen(a->value), &b) == OK) {
        size_t n = text_numbers(strbuf_str(&b), b.len, numbers, 4);
        for (size_t i = 0; i < n && i < 4 && isnan(found); i++)
            if (numbers[i].kind == NUMBER_UNIT && text_unit_measure(numbers[i].unit, &m)) found = numbers[i].value * m.factor;
    }
    strbuf_release(&b);
    return found;
}

static const struct attribute *find_advantage(const struct turn *t, const struct product *p, const struct advantage *a)
{
    for (size_t i = 0; i < p->n_attributes; i++)
        if (attribute_spoken(t, &p->attributes[i]) && name_in_list(a->names, p->attributes[i].name)) return &p->attributes[i];
    return NULL;
}

/* The product that is ahead of all others in this; every one of them must say how much it has. */
static const struct attribute *leader(struct turn *t, const struct compared *c, const struct advantage *a, size_t *who)
{
    const struct attribute *best = NULL;
    double best_value = 0;
    bool tied = false;
    for (size_t i = 0; i < c->n; i++) {
        const struct attribute *x = find_advantage(t, &c->products[i], a);
        double value = x ? quantity(t, x) : NAN;
        if (isnan(value)) return NULL;
        if (!best || (a->less ? value < best_value : value > best_value)) best = x, best_value = value, *who = i, tied = false;
        else if (value == best_value) tied = true;
    }
    return tied ? NULL : best;
}

static status say_suits(struct turn *t, const struct product *p, const char *reason, const char *value, const char *field)
{
    const char *title = title_of(t, p), *sentence = phrase(t, PHRASE_SUITS, HOLES({"reason", reason}, {"title", title}, {"value", value}));
    claim(t, sentence, value, p->id, field);
    return say(t, sentence);
}

static status say_cheapest(struct turn *t, const struct compared *c)
{
    const struct product *best = NULL;
    for (size_t i = 0; i < c->n; i++) {
        const struct product *p = &c->products[i];
        if (p->price < 0 || strcmp(p->currency, c->products[0].currency) != 0) return OK;
        if (!best || p->price < best->price) best = p;
    }
    for (size_t i = 0; i < c->n; i++)
        if (&c->products[i] != best && c->products[i].price == best->price) return OK;
    return say_suits(t, best, in_chinese(t) ? "想省钱，" : "price decides", money_text(t, best->price, best->currency), "price");
}

static status say_advantages(struct turn *t, const struct compared *c)
{
    size_t said = 0;
    TRY(say_cheapest(t, c));
    for (size_t i = 0; i < sizeof advantages / sizeof advantages[0] && said < SUITS_MAX; i++) {
        size_t who = 0;
        const struct attribute *a = leader(t, c, &advantages[i], &who);
        if (!a) continue;
        said++;
        TRY(say_suits(t, &c->products[who], in_chinese(t) ? advantages[i].zh : advantages[i].en, a->value, a->name));
    }
    return OK;
}

status turn_compare(struct turn *t, const struct utterance_part *part)
{
    const char *ids[COMPARED_MAX];
    struct compared c = {.n = 0};
    size_t n = turn_references(t, part, ids, COMPARED_MAX);
    act(t, GUIDE_COMPARE);
    for (size_t i = 0; i < n; i++)
        if (turn_product(t, ids[i], &c.products[c.n]) == OK) c.n++;
    if (part->reference_failed) return say_phrase(t, PHRASE_REFERENCE_FAILED, NULL, 0);
    if (c.n < 2) return say_phrase(t, PHRASE_COMPARE_TWO, NULL, 0);
    json_decref(t->r->comparison);
    t->r->comparison = comparison_table(t, &c);
    const char *count = arena_printf(&t->r->arena, "%zu", c.n);
    bool same = json_array_size(json_object_get(t->r->comparison, "rows")) == 0;
    TRY(say_phrase(t, same ? PHRASE_COMPARE_SAME : PHRASE_COMPARE, HOLES({"n", count ? count : ""})));
    return same ? OK : say_advantages(t, &c);
}
