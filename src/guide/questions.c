/* What to ask: the field whose answer is expected to save most turns, with its real values as choices, and beside it a second one where much is left.
 * Never what was said, never what cannot change the screen, and nothing once it saves little. Three other policies stand beside, to measure against. */
#include "question_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what may be asked ---- */

struct asking { const struct dialogue *d; const struct topic *t; bool answers, answers_also; };

/* Words are asked for once more only after an answer, were it "none of these". */
static bool is_round_before(const char *own, const char *field)
{
    const char *mark = strchr(field, '#');
    size_t n = (size_t)(mark - field), length = mark[1] == '2' ? n : n + 2;
    return strncmp(own, field, n) == 0 && strlen(own) == length && (mark[1] == '2' || own[n + 1] == mark[1] - 1);
}

static bool earlier_round_was_answered(const struct topic *t, const char *field)
{
    bool answered = !strchr(field, '#');
    for (size_t i = 0; i < t->n_wishes && !answered; i++) answered = is_round_before(t->wishes[i].field, field);
    return answered;
}

static bool is_open(const struct question *q, const struct asking *a, const char *field)
{
    return q->field && q->topic == a->d->current && strcmp(q->field, field) == 0;
}

/* Said, answered, skipped, or open still. What is not wanted ("not black") leaves the question open. */
static bool is_settled(void *context, const char *field)
{
    const struct asking *a = context;
    for (size_t i = 0; i < a->t->n_asked; i++)
        if (strcmp(a->t->asked[i], field) == 0) return true;
    for (size_t i = 0; i < a->t->n_wishes; i++)
        if (!a->t->wishes[i].negated && strcmp(a->t->wishes[i].field, field) == 0) return true;
    if (!earlier_round_was_answered(a->t, field)) return true;
    if (is_open(&a->d->also, a, field)) return a->answers_also;
    return is_open(&a->d->open, a, field) && (a->answers || !a->answers_also);
}

static bool was_asked(const struct topic *t, const char *field)
{
    for (size_t i = 0; i < t->n_asked; i++)
        if (strcmp(t->asked[i], field) == 0) return true;
    return false;
}

/* Those that were passed over beside another are not counted. */
static size_t asked_so_far(const struct asking *a)
{
    const struct question *open = &a->d->open;
    bool counted = !open->field || !*open->field || open->topic != a->d->current || was_asked(a->t, open->field);
    size_t n = !counted;
    for (size_t i = 0; i < a->t->n_asked; i++) n += *a->t->asked[i] != '+';
    return n;
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

/* Turns that it takes to find one of n equally likely products behind this screen, when each further one shows the next k and brings an answer that
 * leaves one in ANSWER_LEAVES. Right enough to compare questions: what narrows below a screen saves nothing any more, as bits would have it. */
static double turns_left(double n, double k)
{
    static const double ANSWER_LEAVES = 3.5;
    double turns = 0, missed = 1;
    while (n > 0.01 && turns < 20 && missed > 1e-3) {
        turns += missed;
        missed *= fmax(0, 1 - k / n);
        n = (n - k) / ANSWER_LEAVES;
    }
    return turns;
}

/* The turns that an answer is expected to save, where n products are left, unseen ones alone: the next screen comes with the answer or without it. */
static double turns_saved(const struct fields *fields, const struct field *f, double n, double k)
{
    double saved = f->none_share * (turns_left(n, k) - turns_left(n * f->none_share, k));
    for (size_t i = 0; i < f->n_values; i++) {
        const struct field_value *v = &f->values[i];
        double understood = i < f->n_choices ? 1 : f->typed;
        saved += v->share * understood * (turns_left(n, k) - turns_left(n * v->weight / fields->weight, k));
    }
    return saved * f->prior;
}

/* What is left of n products by an answer, in the geometric mean. */
static double left_by_answer(const struct fields *fields, const struct field *f, double n)
{
    return n * exp2(-fmin(f->bits * f->prior, fields->entropy));
}

static const struct field *by_gain(const struct guide *g, const struct fields *fields, const struct matches *m, double n, double least, bool (*skip)(const void *, const struct field *), const void *context)
{
    const struct field *best = NULL;
    double most = least;
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->items[i];
        double saved = skip(context, f) ? 0 : turns_saved(fields, f, n, (double)g->options.n_cards);
        if (saved < most || (best && saved <= most) || !changes_screen(fields, f, m, g->options.n_cards)) continue;
        best = f;
        most = saved;
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

static const struct field *in_order(const struct fields *fields, bool (*skip)(const void *, const struct field *), const void *context)
{
    const struct field *first = NULL;
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->items[i];
        if (skip(context, f)) continue;
        if (!first || place(f) < place(first) || (place(f) == place(first) && strcmp(f->name, first->name) < 0)) first = f;
    }
    return first;
}

struct chosen { const struct topic *t; const struct field *first; };

static bool skips_none(const void *context, const struct field *f)
{
    (void)context;
    (void)f;
    return false;
}

/* Beside the first one: nothing that was passed over before, nothing of the same kind, nothing that shoppers hardly know. */
static bool skips_beside(const void *context, const struct field *f)
{
    static const double KNOWN_BESIDE = 0.35;
    const struct chosen *c = context;
    bool passed = false;
    for (size_t i = 0; i < c->t->n_asked; i++) passed = passed || (*c->t->asked[i] == '+' && strcmp(c->t->asked[i] + 1, f->name) == 0);
    return passed || f->prior < KNOWN_BESIDE || strcmp(f->name, c->first->name) == 0 || (field_is_words(f->name) && field_is_words(c->first->name));
}

/* first NULL: the first question; else what to put beside it. */
static const struct field *choose(struct guide *g, const struct fields *fields, const struct matches *m, const struct topic *t, const struct field *first)
{
    static const double LEAST_BESIDE = 0.1;    /* turns: it makes the reply longer */
    const struct chosen chosen = {t, first};
    bool (*skip)(const void *, const struct field *) = first ? skips_beside : skips_none;
    double n = fmax(0, exp2(fields->entropy) - (double)g->options.n_cards);
    switch (g->options.questions) {
    case QUESTIONS_BY_GAIN: return by_gain(g, fields, m, first ? left_by_answer(fields, first, n) : n, first ? LEAST_BESIDE : (double)g->options.gain_min, skip, &chosen);
    case QUESTIONS_RANDOM: return first ? NULL : at_random(g, fields);
    case QUESTIONS_FIXED: return in_order(fields, skip, &chosen);
    case QUESTIONS_NONE: return NULL;
    }
    return NULL;
}

/* ---- the whole ---- */

static json_t *gains_json(const struct guide *g, const struct fields *fields)
{
    double k = (double)g->options.n_cards, n = fmax(0, exp2(fields->entropy) - k);
    json_t *list = json_array();
    for (size_t i = 0; i < fields->n; i++) {
        const struct field *f = &fields->items[i];
        json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f, s:f, s:i}", "field", f->name, "bits", f->bits, "turns", turns_saved(fields, f, n, k), "answerable", f->prior, "known", f->known, "values", (int)f->n_values));
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

status question_choose(struct guide *g, const struct dialogue *d, const struct topic *t, const struct matches *m, const struct answered *answered, struct arena *a, struct question *out, struct question *also,
                       json_t **gains)
{
    struct asking asking = {.d = d, .t = t, .answers = answered->open, .answers_also = answered->also};
    size_t screen = g->options.n_cards > g->options.n_cards_more ? g->options.n_cards : g->options.n_cards_more;
    struct fields fields;
    struct arena scratch;
    *out = *also = (struct question){.field = ""};
    *gains = NULL;
    if (g->options.questions == QUESTIONS_NONE || t->no_questions || m->n_fitting <= screen || asked_so_far(&asking) >= g->options.questions_max) return OK;
    arena_init(&scratch, 0);
    status s = fields_count(g->options.matcher, m->fitting, m->n_fitting, d->language, is_settled, &asking, &scratch, &fields);
    if (s == OK) *gains = gains_json(g, &fields);
    const struct field *f = s == OK ? choose(g, &fields, m, t, NULL) : NULL, *beside = f && g->options.questions_at_once > 1 ? choose(g, &fields, m, t, f) : NULL;
    if (f) s = write_question(g, d, &fields, f, a, out);
    if (s == OK && beside) s = write_question(g, d, &fields, beside, a, also);
    arena_release(&scratch);
    return s;
}
