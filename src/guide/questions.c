/* What to ask: the field whose answer is expected to narrow the choice most, with its real values as choices. Never what was said, never what
 * cannot change the screen, and nothing once the gain is small. Three other policies stand beside, to measure against. */
#include "question_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what may be asked ---- */

struct asking { const struct dialogue *d; const struct topic *t; size_t asked; };

/* Words are asked for once more only after an answer, were it "none of these". */
static bool earlier_round_was_answered(const struct topic *t, const char *field)
{
    const char *mark = strchr(field, '#');
    size_t n = mark ? (size_t)(mark - field) : 0;
    bool answered = !mark;
    for (size_t i = 0; i < t->n_wishes && !answered; i++) {
        const char *own = t->wishes[i].field;
        size_t length = mark[1] == '2' ? n : n + 2;
        answered = strncmp(own, field, n) == 0 && strlen(own) == length && (mark[1] == '2' || own[n + 1] == mark[1] - 1);
    }
    return answered;
}

/* Said, answered, skipped, or open still. What is not wanted ("not black") leaves the question open. */
static bool is_settled(void *context, const char *field)
{
    const struct asking *a = context;
    for (size_t i = 0; i < a->t->n_asked; i++)
        if (strcmp(a->t->asked[i], field) == 0) return true;
    for (size_t i = 0; i < a->t->n_wishes; i++)
        if (!a->t->wishes[i].negated && strcmp(a->t->wishes[i].field, field) == 0) return true;
    const struct question *open = &a->d->open;
    if (!earlier_round_was_answered(a->t, field)) return true;
    return open->field && open->topic == a->d->current && strcmp(open->field, field) == 0;
}

static size_t asked_so_far(const struct asking *a)
{
    const struct question *open = &a->d->open;
    bool counted = !open->field || !*open->field || open->topic != a->d->current;
    for (size_t i = 0; i < a->t->n_asked && !counted; i++) counted = strcmp(a->t->asked[i], open->field) == 0;
    return a->t->n_asked + !counted;
}

/* ---- does an answer change the screen? ---- */

static bool stays(const struct fields *fields, const struct field *f, const struct field_value *v, uint32_t doc)
{
    if (strcmp(f->name, "price") == 0) {
        int64_t price = index_number(fields->index, COLUMN_PRICE, doc);
        return price != INT64_MIN && price >= v->low && price <= v->high;
    }
    uint32_t labels[2] = {v->label, 0};
    size_t n = f->column == FACET_AUDIENCE && index_find_label(fields->index, FACET_AUDIENCE, "any", 3, &labels[1]) ? 2 : 1;
    struct index_condition c = {.kind = CONDITION_ANY_LABEL, .column = f->column, .labels = labels, .n_labels = n};
    return index_passes(fields->index, &(struct index_filter){&c, 1}, doc);
}

/* When each card of the screen would stay whatever is answered, the question is idle. */
static bool changes_screen(const struct fields *fields, const struct field *f, const struct matches *m, size_t n_cards)
{
    for (size_t i = 0; i < m->n && i < n_cards; i++)
        for (size_t k = 0; k < f->n_choices; k++)
            if (!stays(fields, f, &f->values[k], m->results[i].doc)) return true;
    return m->n == 0;
}

/* ---- policies ---- */

static double worth(const struct field *f)
{
    return f->bits * f->prior;
}

/* To show the next page does something, too: it rules out as many products as it has. A question must do better. */
static double least_worth(const struct guide *g, const struct fields *fields)
{
    double page = (double)g->options.n_cards / (double)fields->n_list;
    return fmax((double)g->options.gain_min, page < 1 ? -log2(1 - page) : 0);
}

static const struct field *by_gain(const struct guide *g, const struct fields *fields, const struct matches *m)
{
    const struct field *best = NULL;
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->items[i];
        if (worth(f) < least_worth(g, fields) || (best && worth(f) <= worth(best))) continue;
        if (changes_screen(fields, f, m, g->options.n_cards)) best = f;
    }
    return best;
}

static const struct field *at_random(struct guide *g, const struct fields *fields)
{
    return fields->n ? &fields->items[rng_below(&g->rng, fields->n)] : NULL;
}

/* As one would write it down: people, kind, colour, price, brand, then the rest by name. */
static size_t place(const struct field *f)
{
    static const char *const order[] = {"audience", "category", "colour", "price", "brand"};
    size_t n = sizeof order / sizeof order[0];
    for (size_t i = 0; i < n; i++)
        if (strcmp(order[i], f->name) == 0) return i;
    return n;
}

static const struct field *in_order(const struct fields *fields)
{
    const struct field *first = NULL;
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->items[i];
        if (!first || place(f) < place(first) || (place(f) == place(first) && strcmp(f->name, first->name) < 0)) first = f;
    }
    return first;
}

static const struct field *choose(struct guide *g, const struct fields *fields, const struct matches *m)
{
    switch (g->options.questions) {
    case QUESTIONS_BY_GAIN: return by_gain(g, fields, m);
    case QUESTIONS_RANDOM: return at_random(g, fields);
    case QUESTIONS_FIXED: return in_order(fields);
    case QUESTIONS_NONE: return NULL;
    }
    return NULL;
}

/* ---- the whole ---- */

static json_t *gains_json(const struct fields *fields)
{
    json_t *list = json_array();
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->items[i];
        json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f, s:i}", "field", f->name, "bits", f->bits, "answerable", f->prior, "known", f->known, "values", (int)f->n_values));
    }
    return list;
}

static status write_question(const struct guide *g, const struct dialogue *d, const struct fields *fields, const struct field *f, struct arena *a, struct question *out)
{
    *out = (struct question){.field = arena_strdup(a, f->name), .topic = (uint32_t)d->current};
    if (!out->field) return fail_nomem("writing a question");
    for (size_t i = 0; i < f->n_choices; i++) {
        struct choice *c = &out->choices[out->n_choices];
        TRY(choice_label(g, fields, f, &f->values[i], d->language, a, &c->label, &c->value));
        c->count = f->values[i].count;
        out->n_choices++;
    }
    return OK;
}

status question_choose(struct guide *g, const struct dialogue *d, const struct topic *t, const struct matches *m, struct arena *a, struct question *out, json_t **gains)
{
    struct asking asking = {.d = d, .t = t};
    struct fields fields;
    struct arena scratch;
    *out = (struct question){.field = ""};
    *gains = NULL;
    if (g->options.questions == QUESTIONS_NONE || t->no_questions || m->n_fitting <= g->options.n_cards || asked_so_far(&asking) >= g->options.questions_max) return OK;
    arena_init(&scratch, 0);
    status s = fields_count(g->options.matcher, m->fitting, m->n_fitting, d->language, is_settled, &asking, &scratch, &fields);
    if (s == OK) *gains = gains_json(&fields);
    const struct field *f = s == OK ? choose(g, &fields, m) : NULL;
    if (f) s = write_question(g, d, &fields, f, a, out);
    arena_release(&scratch);
    return s;
}
