/* The written constraints of tests/dialogue: what is wished after one to four utterances. DAOGOU_CASES=all names every failure, DAOGOU_CASES=open
 * those that are not held back.
 *
 * want: "price<=500", "price=300..500", "colour=red|blue", "colour!=red", "mass<=2000" (base units), "order=cheapest", "topics=2", "text=tent"
 * and "text!=tent" (in the topic's text), "~word" (kept as an attribute, a value, or in the text), "-~word" (gone), "!~word" (denied), "skip",
 * "noq"; "@0 ..." speaks of the first topic. Facets, prices, quantities and denied words that nobody named must not be there. */
#include "read_fixture.h"

#include <math.h>

enum { RATE_MIN = 98, FRESH_RATE_MIN = 93, THIRD_RATE_MIN = 85 };

/* ---- the steps of a case ---- */

static void ask(struct read_fixture *f, const json_t *step)
{
    struct dialogue *d = &f->dialogue;
    if (!d->n_topics) d->topics[d->n_topics++] = (struct topic){.text = ""};
    d->turn++;
    d->open = (struct question){.field = json_string_value(json_object_get(step, "ask")), .topic = (uint32_t)d->current};
    size_t i;
    json_t *c;
    json_array_foreach(json_object_get(step, "choices"), i, c)
        d->open.choices[d->open.n_choices++] = (struct choice){json_string_value(json_array_get(c, 0)), json_string_value(json_array_get(c, 1)), 5};
}

/* true: the last utterance declined to answer. */
static bool run(struct read_fixture *f, const json_t *c)
{
    size_t i, k;
    json_t *step, *id;
    bool skipped = false;
    read_fixture_reset(f);
    json_array_foreach(json_object_get(c, "steps"), i, step) {
        const char *said = json_string_value(json_object_get(step, "say"));
        const char *ids[CARDS_MAX];
        size_t n = 0;
        json_array_foreach(json_object_get(step, "show"), k, id) ids[n++] = json_string_value(id);
        if (n) show(f, ids, n);
        if (json_object_get(step, "focus")) f->dialogue.focus = json_string_value(json_object_get(step, "focus"));
        if (json_object_get(step, "ask")) ask(f, step);
        if (!said) continue;
        const struct utterance *u = say(f, said, strlen(said));
        skipped = u->parts[0].intention == SKIPS_QUESTION;
        f->dialogue.open = (struct question){.field = ""};
    }
    return skipped;
}

/* ---- what is wanted ---- */

static bool value_in(const struct wish *w, const char *value, size_t n)
{
    for (size_t i = 0; i < w->n_values; i++)
        if (strlen(w->values[i]) == n && memcmp(w->values[i], value, n) == 0) return true;
    return false;
}

static bool values_are(const struct wish *w, const char *list)
{
    size_t n = 0;
    for (const char *v = list; *v; n++) {
        size_t k = strcspn(v, "|");
        if (!value_in(w, v, k)) return false;
        v += k + (v[k] == '|');
    }
    return n == w->n_values;
}

static const struct wish *wish_named(const struct topic *t, const char *name, size_t n, bool negated)
{
    for (size_t i = 0; i < t->n_wishes; i++) {
        const char *field = t->wishes[i].field;
        if (strncmp(field, "quantity:", 9) == 0) field += 9;
        if (t->wishes[i].negated == negated && strlen(field) == n && memcmp(field, name, n) == 0) return &t->wishes[i];
    }
    return NULL;
}

static bool keeps(const struct topic *t, const char *word)
{
    if (strstr(t->text, word)) return true;
    for (size_t i = 0; i < t->n_wishes; i++) {
        const struct wish *w = &t->wishes[i];
        if (w->negated) continue;
        if (strstr(w->field, word) || strstr(w->said, word)) return true;
        for (size_t k = 0; k < w->n_values; k++)
            if (strstr(w->values[k], word)) return true;
    }
    return false;
}

static bool denies(const struct topic *t, const char *word)
{
    for (size_t i = 0; i < t->n_wishes; i++)
        for (size_t k = 0; t->wishes[i].negated && k < t->wishes[i].n_values; k++)
            if (strstr(t->wishes[i].values[k], word)) return true;
    return false;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 0.001 * fabs(b) + 1e-6;
}

static bool bounds_are(const struct wish *w, double low, double high)
{
    bool price = strcmp(w->field, "price") == 0;
    double from = price ? (w->low == INT64_MIN + 1 ? -INFINITY : (double)w->low / 100) : w->least;
    double to = price ? (w->high == INT64_MAX ? INFINITY : (double)w->high / 100) : w->most;
    return (isinf(low) ? isinf(from) : near(from, low)) && (isinf(high) ? isinf(to) : near(to, high));
}

static bool bound_holds(const struct topic *t, const char *want, bool *used)
{
    size_t n = strcspn(want, "<>=!");
    const char *value = want + n + (want[n + 1] == '=' ? 2 : 1);
    const struct wish *w = wish_named(t, want, n, want[n] == '!');
    if (!w) return false;
    used[w - t->wishes] = true;
    char *end;
    double x = strtod(value, &end);
    if (want[n] == '<') return bounds_are(w, -INFINITY, x);
    if (want[n] == '>') return bounds_are(w, x, INFINITY);
    const char *dots = strstr(value, "..");   /* strtod took the first dot */
    if (strcmp(w->field, "price") == 0) return dots && bounds_are(w, x, atof(dots + 2));
    return values_are(w, value);
}

static bool holds(const struct dialogue *d, const struct topic *t, bool skipped, const char *want, bool *used)
{
    static const char *const orders[] = {"fit", "cheapest", "dearest", "rating", "popular"};
    if (strcmp(want, "skip") == 0) return skipped;
    if (strcmp(want, "noq") == 0) return t->no_questions;
    if (strncmp(want, "order=", 6) == 0) return strcmp(orders[t->order], want + 6) == 0;
    if (strncmp(want, "topics=", 7) == 0) return d->n_topics == (size_t)atoi(want + 7);
    if (strncmp(want, "text=", 5) == 0) return strstr(t->text, want + 5) != NULL;
    if (strncmp(want, "text!=", 6) == 0) return strstr(t->text, want + 6) == NULL;
    if (*want == '~') return keeps(t, want + 1);
    if (strncmp(want, "-~", 2) == 0) return !keeps(t, want + 2);
    if (strncmp(want, "!~", 2) == 0) return denies(t, want + 2);
    return bound_holds(t, want, used);
}

/* Wishes that filter must all have been asked for. */
static bool unasked(const struct topic *t, const bool *used, const json_t *wants)
{
    bool denied = false;
    size_t i;
    json_t *w;
    json_array_foreach(wants, i, w) denied |= strncmp(json_string_value(w), "!~", 2) == 0;
    for (i = 0; i < t->n_wishes; i++) {
        const struct wish *x = &t->wishes[i];
        if (used[i] || !x->hard || strncmp(x->field, "attribute:", 10) == 0 || strcmp(x->field, "category") == 0 || (x->negated && denied)) continue;
        return true;
    }
    return false;
}

static bool is_right(const struct dialogue *d, const json_t *c, bool skipped)
{
    const json_t *wants = json_object_get(c, "want");
    bool used[TOPICS_MAX][WISHES_MAX] = {{false}}, others = false;
    size_t i;
    json_t *w;
    if (!d->n_topics) return false;
    json_array_foreach(wants, i, w) {
        const char *want = json_string_value(w);
        size_t topic = d->current;
        if (*want == '@') topic = (size_t)atoi(want + 1), want += 3, others = true;
        if (topic >= d->n_topics || !holds(d, &d->topics[topic], skipped, want, used[topic])) return false;
    }
    (void)others;
    return !unasked(&d->topics[d->current], used[d->current], wants);
}

static void complain(const struct dialogue *d, const json_t *c)
{
    char *steps = json_dumps(json_object_get(c, "steps"), JSON_COMPACT), *wanted = json_dumps(json_object_get(c, "want"), JSON_COMPACT);
    json_t *state = dialogue_json(d);
    char *topics = json_dumps(json_object_get(state, "topics"), JSON_COMPACT);
    print_message("  %s\n    wanted %s\n    current %zu of %s\n", steps, wanted, d->current, topics);
    json_decref(state);
    free(steps);
    free(wanted);
    free(topics);
}

/* Runs a file of cases; the rate in percent must be reached. */
static void run_file(const char *name, size_t least, unsigned rate)
{
    struct read_fixture *f = read_fixture_new(NULL);
    json_t *cases = read_cases(name), *c;
    size_t i, right[2] = {0}, n[2] = {0};
    const char *show_failures = getenv("DAOGOU_CASES");
    json_array_foreach(cases, i, c) {
        bool held = json_is_true(json_object_get(c, "held")), skipped = run(f, c), ok = is_right(&f->dialogue, c, skipped);
        n[held]++;
        right[held] += ok;
        if (!ok && show_failures && (!held || strcmp(show_failures, "all") == 0)) complain(&f->dialogue, c);
    }
    print_message("%s: %zu of %zu, held back %zu of %zu\n", name, right[0], n[0], right[1], n[1]);
    assert_true(n[0] + n[1] >= least);
    assert_true((right[0] + right[1]) * 100 >= rate * (n[0] + n[1]));
    json_decref(cases);
    read_fixture_free(f);
}

static void constraints(void **state)
{
    (void)state;
    run_file("constraints.jsonl", 300, RATE_MIN);
}

/* Written by someone who had not built the reading, as shoppers speak. */
static void fresh_constraints(void **state)
{
    (void)state;
    run_file("constraints_fresh.jsonl", 40, FRESH_RATE_MIN);
}

/* Written a third time, before the reading was mended for them. */
static void third_constraints(void **state)
{
    (void)state;
    run_file("constraints_third.jsonl", 30, THIRD_RATE_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(constraints), cmocka_unit_test(fresh_constraints), cmocka_unit_test(third_constraints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
