/* Slots and constraints: what the dialogue keeps by name, and what the index wants by number. */
#include "question_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *behind(const char *field, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(field, prefix, n) == 0 ? field + n : NULL;
}

size_t attribute_name_length(const char *name)
{
    return strcspn(name, "#");
}

bool field_is_words(const char *field)
{
    size_t n = attribute_name_length(field);
    return (n == strlen(WORD_FIELD) && memcmp(field, WORD_FIELD, n) == 0) || (n == strlen(WORD_FIELD_ZH) && memcmp(field, WORD_FIELD_ZH, n) == 0);
}

static bool facet_of_field(const char *field, enum facet *out)
{
    for (enum facet f = 0; f < FACETS; f++)
        if (strcmp(field, facet_name(f)) == 0) {
            *out = f;
            return true;
        }
    return false;
}

/* ---- constraint -> wish ---- */

static const char *field_of(const struct constraint *c, struct arena *a)
{
    switch (c->kind) {
    case CONSTRAINT_PRICE: return "price";
    case CONSTRAINT_FACET: return facet_name(c->facet);
    case CONSTRAINT_WORDS: return "words";
    case CONSTRAINT_QUANTITY: return arena_printf(a, QUANTITY_FIELD "%s", c->value);
    case CONSTRAINT_ATTRIBUTE: return arena_printf(a, ATTRIBUTE_FIELD "%s", c->name);
    }
    return NULL;
}

/* "any" came to an audience by itself (products that are for everybody) and comes again when the need is made. */
static bool came_by_itself(const struct constraint *c, const char *text, size_t n)
{
    return c->kind == CONSTRAINT_FACET && c->facet == FACET_AUDIENCE && !c->negated && n == 3 && memcmp(text, "any", 3) == 0;
}

static status values_of(const struct matcher *m, const struct constraint *c, struct arena *a, struct wish *out)
{
    const struct index *x = matcher_index(m);
    size_t column = c->kind == CONSTRAINT_ATTRIBUTE ? (size_t)ATTRIBUTES : (size_t)c->facet, skip = c->kind == CONSTRAINT_ATTRIBUTE ? strlen(c->name) + strlen(ATTRIBUTE_SEPARATOR) : 0;
    bool labels = c->kind == CONSTRAINT_FACET || c->kind == CONSTRAINT_ATTRIBUTE;
    for (size_t i = 0; labels && i < c->n_labels && out->n_values < VALUES_MAX; i++) {
        size_t n;
        const char *text = index_label_text(x, column, c->labels[i], &n, NULL);
        if (!text || n < skip || came_by_itself(c, text, n)) continue;
        const char *value = arena_strndup(a, text + skip, n - skip);
        if (!value) return fail_nomem("keeping a wish");
        out->values[out->n_values++] = value;
    }
    if (out->n_values || !c->value || c->kind == CONSTRAINT_QUANTITY) return OK;
    out->values[0] = arena_strdup(a, c->value);   /* denied words, or a value that nothing in the shop has */
    out->n_values = 1;
    return out->values[0] ? OK : fail_nomem("keeping a wish");
}

status wish_from_constraint(const struct matcher *m, const struct constraint *c, struct arena *a, struct wish *out)
{
    *out = (struct wish){.low = INT64_MIN + 1, .high = INT64_MAX, .least = -INFINITY, .most = INFINITY, .negated = c->negated, .hard = c->hard};
    out->field = field_of(c, a);
    out->said = arena_strdup(a, c->said ? c->said : "");
    if (!out->field || !out->said) return fail_nomem("keeping a wish");
    if (c->kind == CONSTRAINT_PRICE) out->low = c->low, out->high = c->high;
    if (c->kind == CONSTRAINT_QUANTITY) {
        out->least = c->least;
        out->most = c->most;
        out->unit = arena_strdup(a, c->unit ? c->unit : "");
        if (!out->unit) return fail_nomem("keeping a wish");
    }
    return values_of(m, c, a, out);
}

/* ---- wish -> constraint ---- */

static void find_labels(const struct index *x, const struct wish *w, size_t column, const char *name, struct constraint *c)
{
    struct strbuf label = {0};
    for (size_t i = 0; i < w->n_values && c->n_labels < sizeof c->labels / sizeof c->labels[0]; i++) {
        strbuf_clear(&label);
        strbuf_printf(&label, "%.*s%s%s", (int)attribute_name_length(name), name, *name ? ATTRIBUTE_SEPARATOR : "", w->values[i]);
        if (index_find_label(x, column, strbuf_str(&label), label.len, &c->labels[c->n_labels])) c->n_labels++;
    }
    strbuf_release(&label);
}

static status constraint_from_wish(const struct matcher *m, const struct wish *w, struct constraint *c)
{
    const struct index *x = matcher_index(m);
    const char *name;
    *c = (struct constraint){.negated = w->negated, .hard = w->hard, .said = w->said ? w->said : "", .value = w->n_values ? w->values[0] : ""};
    if (strcmp(w->field, "price") == 0) {
        c->kind = CONSTRAINT_PRICE, c->low = w->low, c->high = w->high;
    } else if (strcmp(w->field, "words") == 0) {
        c->kind = CONSTRAINT_WORDS;
    } else if ((name = behind(w->field, QUANTITY_FIELD))) {
        c->kind = CONSTRAINT_QUANTITY, c->value = name, c->unit = w->unit, c->least = w->least, c->most = w->most;
    } else if ((name = behind(w->field, ATTRIBUTE_FIELD))) {
        c->kind = CONSTRAINT_ATTRIBUTE, c->name = name;
        find_labels(x, w, ATTRIBUTES, name, c);
    } else if (facet_of_field(w->field, &c->facet)) {
        c->kind = CONSTRAINT_FACET;
        find_labels(x, w, c->facet, "", c);
    } else {
        return fail(ERR_FORMAT, "a wish for '%s', which is no field; it is \"price\", \"words\", a facet, \"attribute:NAME\" or \"quantity:DIMENSION\"", w->field);
    }
    return OK;
}

status topic_need(struct guide *g, const struct dialogue *d, const struct topic *t, struct need *out)
{
    struct constraint *list = mem_zalloc(NEED_CONSTRAINTS_MAX, sizeof *list);
    if (!list) return fail_nomem("reading the wishes");
    status s = OK;
    size_t n = 0;
    for (; s == OK && n < t->n_wishes && n < NEED_CONSTRAINTS_MAX; n++) s = constraint_from_wish(g->options.matcher, &t->wishes[n], &list[n]);
    if (s == OK) s = matcher_compose(g->options.matcher, d->language, t->text, list, n, out);
    mem_free(list);
    return s;
}

/* ---- answers ---- */

static status wish_of_field(const struct question *q, const char *said, struct arena *a, struct wish *out)
{
    *out = (struct wish){.field = arena_strdup(a, q->field), .said = arena_strdup(a, said), .low = INT64_MIN + 1, .high = INT64_MAX, .least = -INFINITY, .most = INFINITY,
                         .hard = true, .provenance = FROM_ANSWER};
    return out->field && out->said ? OK : fail_nomem("keeping an answer");
}

status wish_from_choice(const struct question *q, size_t choice, struct arena *a, struct wish *out)
{
    const struct choice *c = &q->choices[choice];
    TRY(wish_of_field(q, c->label, a, out));
    if (strcmp(q->field, "price") == 0) {
        const char *dash = strchr(c->value, '-');
        if (dash && dash > c->value) out->low = strtoll(c->value, NULL, 10);
        if (dash && dash[1]) out->high = strtoll(dash + 1, NULL, 10);
        return OK;
    }
    out->values[0] = arena_strdup(a, c->value);
    out->n_values = 1;
    return out->values[0] ? OK : fail_nomem("keeping an answer");
}

/* The label of the field's column that this is. */
static bool is_value(const struct matcher *m, const char *field, const char *said, size_t n)
{
    const struct index *x = matcher_index(m);
    const char *name = behind(field, ATTRIBUTE_FIELD);
    enum facet f;
    uint32_t label;
    if (facet_of_field(field, &f)) return index_find_label(x, f, said, n, &label);
    if (!name) return false;
    struct strbuf b = {0};
    strbuf_printf(&b, "%.*s%s%.*s", (int)attribute_name_length(name), name, ATTRIBUTE_SEPARATOR, (int)n, said);
    bool found = index_find_label(x, ATTRIBUTES, strbuf_str(&b), b.len, &label);
    strbuf_release(&b);
    return found;
}

/* "深色的", "something light": the colours that are so, as far as the shop has them. */
static status wish_from_shade(const struct matcher *m, const struct question *q, const char *said, struct arena *a, struct wish *out, bool *found)
{
    static const char *const words[2][10] = {{"深色", "深色的", "深一点", "深一点的", "暗色", "暗色的", "dark", "something dark", "a dark one", "dark ones"},
                                             {"浅色", "浅色的", "浅一点", "浅一点的", "亮色", "亮色的", "light", "something light", "a light one", "light ones"}};
    static const char *const colours[2][VALUES_MAX] = {{"black", "navy", "brown", "grey", "burgundy", "brick red", "army green", "purple"},
                                                       {"white", "beige", "pink", "silver", "khaki", "yellow", "grey", "clear"}};
    int shade = -1;
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < 10; i++)
            if (strcmp(words[k][i], said) == 0) shade = k;
    if (shade < 0 || strcmp(q->field, facet_name(FACET_COLOUR)) != 0) return OK;
    TRY(wish_of_field(q, said, a, out));
    for (size_t i = 0; i < VALUES_MAX; i++) {
        uint32_t label;
        if (index_find_label(matcher_index(m), FACET_COLOUR, colours[shade][i], strlen(colours[shade][i]), &label)) out->values[out->n_values++] = colours[shade][i];
    }
    *found = out->n_values > 0;
    return OK;
}

/* But for the stops at their ends: "u.s. polo assn." */
static bool same_words(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    while (n && strchr(".,!?", a[n - 1])) n--;
    while (m && strchr(".,!?", b[m - 1])) m--;
    return n == m && n && memcmp(a, b, n) == 0;
}

/* "none of these": each of the choices is denied. */
static status wish_from_none(const struct question *q, const char *said, struct arena *a, struct wish *out, bool *found)
{
    static const char *const words[] = {"none", "none of these", "none of them", "none of those", "neither", "something else", "都不是", "都不要", "一个都不是", "以上都不是", "都没有", "别的", "其他", "其他的"};
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !*found; i++) *found = same_words(words[i], said);
    *found = *found && strcmp(q->field, "price") != 0 && q->n_choices <= VALUES_MAX;
    if (!*found) return OK;
    struct strbuf b = {0};
    for (size_t i = 0; i < q->n_choices; i++) strbuf_printf(&b, "%s%s", i ? "/" : "", q->choices[i].label);
    status s = wish_of_field(q, strbuf_str(&b), a, out);
    strbuf_release(&b);
    TRY(s);
    out->negated = true;
    for (size_t i = 0; i < q->n_choices; i++) out->values[out->n_values++] = q->choices[i].value;
    return OK;
}

status wish_from_exact(const struct guide *g, const struct question *q, const char *normalised, struct arena *a, struct wish *out, bool *found)
{
    struct strbuf b = {0};
    status s = OK;
    *found = false;
    for (size_t i = 0; s == OK && i < q->n_choices && !*found; i++) {
        strbuf_clear(&b);
        s = normalize(g->options.normalizer, q->choices[i].label, strlen(q->choices[i].label), &b);
        *found = s == OK && (same_words(strbuf_str(&b), normalised) || same_words(q->choices[i].value, normalised));
        if (*found) s = wish_from_choice(q, i, a, out);
    }
    strbuf_release(&b);
    return s == OK && !*found ? wish_from_none(q, normalised, a, out, found) : s;
}

status wish_from_answer(const struct guide *g, const struct question *q, const char *normalised, struct arena *a, struct wish *out, bool *found)
{
    size_t n = strlen(normalised);
    TRY(wish_from_exact(g, q, normalised, a, out, found));
    if (!*found) TRY(wish_from_shade(g->options.matcher, q, normalised, a, out, found));
    if (*found || !n) return OK;
    char *own = arena_strdup(a, normalised);
    if (!own) return fail_nomem("keeping an answer");
    bool latin_word = field_is_words(q->field) && own[0] >= 'a' && own[0] <= 'z' && !is_value(g->options.matcher, q->field, own, n);
    if (latin_word) n = word_root(own, n), own[n] = 0;
    if (!is_value(g->options.matcher, q->field, own, n)) return OK;
    *found = true;
    TRY(wish_of_field(q, normalised, a, out));
    out->values[0] = own;
    out->n_values = 1;
    return OK;
}
