/* Questions: gains equal a count by hand, nothing is asked twice or in vain, and answers leave what was promised. */
#include "guide/question_int.h"   /* before cmocka.h, whose macro fail() would hide base.h's function */

#include "shop_fixture.h"

#include <math.h>

static bool skip_none(void *context, const char *field)
{
    (void)context;
    (void)field;
    return false;
}

static void all_products(struct small_shop *f, struct fitting *list, size_t *n)
{
    *n = index_count(matcher_index(f->matcher));
    for (uint32_t d = 0; d < *n; d++) list[d] = (struct fitting){d, 0.4f + 0.1f * (float)(d % 7)};
}

static const struct field *field_named(const struct fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->n; i++)
        if (strcmp(fields->items[i].name, name) == 0) return &fields->items[i];
    return NULL;
}

/* ---- by hand ---- */

static double entropy_of(const double *w, size_t n)
{
    double sum = 0, h = 0;
    for (size_t i = 0; i < n; i++) sum += w[i];
    for (size_t i = 0; i < n; i++)
        if (w[i] > 0) h -= w[i] / sum * log2(w[i] / sum);
    return h;
}

static bool has_label(const struct index *x, size_t column, uint32_t label, uint32_t doc)
{
    uint32_t labels[64];
    size_t n = index_document_labels(x, doc, column, labels, 64);
    for (size_t i = 0; i < n; i++)
        if (labels[i] == label) return true;
    return false;
}

/* For fields whose products have one value each: sum over values of share times the fall of entropy, the weights listed one by one. */
static double gain_by_hand(const struct fields *fields, const struct field *f)
{
    double *all = calloc(fields->n_list, sizeof *all), *left = calloc(fields->n_list, sizeof *left), gain = 0, total = 0;
    for (size_t i = 0; i < fields->n_list; i++) total += all[i] = fields->list[i].fit;
    for (size_t k = 0; k < f->n_values; k++) {
        double share = 0;
        for (size_t i = 0; i < fields->n_list; i++) {
            left[i] = has_label(fields->index, f->column, f->values[k].label, fields->list[i].doc) ? all[i] : 0;
            share += left[i] / total;
        }
        gain += share * (entropy_of(all, fields->n_list) - entropy_of(left, fields->n_list)) * (k < f->n_choices ? 1 : 0.7);
    }
    free(all);
    free(left);
    return gain;
}

static void gains_equal_a_count_by_hand(void **state)
{
    struct small_shop *f = *state;
    struct fitting list[64];
    struct fields fields;
    struct arena a;
    size_t n;
    arena_init(&a, 0);
    all_products(f, list, &n);
    assert_int_equal(fields_count(f->matcher, list, n, LANGUAGE_ZH, skip_none, NULL, &a, &fields), OK);
    double weights[64];
    for (size_t i = 0; i < n; i++) weights[i] = list[i].fit;
    assert_true(fabs(fields.entropy - entropy_of(weights, n)) < 1e-9);
    const struct field *brand = field_named(&fields, "brand");
    assert_non_null(brand);
    assert_true(brand->n_values >= 7);
    assert_true(fabs(brand->bits - gain_by_hand(&fields, brand)) < 1e-9);
    arena_release(&a);
}

/* A product with two colours gives half of its weight to each; a parent colour does not count beside its child. */
static void shares_of_several_values(void **state)
{
    struct small_shop *f = *state;
    struct fitting list[64];
    struct fields fields;
    struct arena a;
    size_t n;
    arena_init(&a, 0);
    all_products(f, list, &n);
    for (size_t i = 0; i < n; i++) list[i].fit = 1;
    assert_int_equal(fields_count(f->matcher, list, n, LANGUAGE_ZH, skip_none, NULL, &a, &fields), OK);
    const struct field *colour = field_named(&fields, "colour");
    assert_non_null(colour);
    double sum = 0;
    for (size_t i = 0; i < colour->n_values; i++) {
        size_t length;
        const char *text = index_label_text(fields.index, colour->column, colour->values[i].label, &length, NULL);
        sum += colour->values[i].share;
        assert_false(length == 4 && memcmp(text, "blue", 4) == 0);   /* the one blue product is navy */
        if (length == 5 && memcmp(text, "white", 5) == 0) {          /* S1, C2, and half of H1 */
            assert_true(fabs(colour->values[i].share * (double)n - 2.5) < 1e-9);
            assert_int_equal(colour->values[i].count, 3);
        }
    }
    assert_true(fabs(sum - colour->known) < 1e-9);
    arena_release(&a);
}

/* ---- over dialogues ---- */

static struct question ask(struct small_shop *f, struct guide *g, struct dialogue *d, struct arena *a, size_t *n_fitting)
{
    struct need need;
    struct matches m;
    struct match_options o;
    struct question q, also;
    json_t *gains;
    match_options_default(&o);
    o.fitting = true;
    o.top_k = g->options.n_cards;
    assert_int_equal(topic_need(g, d, &d->topics[d->current], &need), OK);
    assert_int_equal(matcher_match_need(f->matcher, &need, &o, &m), OK);
    assert_int_equal(question_choose(g, d, &d->topics[d->current], &m, &(struct answered){false, false}, a, &q, &also, &gains), OK);
    json_decref(gains);
    *n_fitting = m.n_fitting;
    matches_release(&m);
    return q;
}

static struct guide guide_of(struct small_shop *f, enum question_policy policy)
{
    struct guide g = {.options = {.catalogue = f->catalogue, .matcher = f->matcher, .normalizer = f->normalizer, .questions = policy, .n_cards = 1, .questions_max = 20, .gain_min = 0.05f}};
    rng_seed(&g.rng, 3);
    return g;
}

/* Each question is new, each count is what the answer leaves, and it ends. */
static void counts_are_what_answers_leave(void **state)
{
    struct small_shop *f = *state;
    static const char *const texts[] = {"双肩包", "帐篷", "外套", "jacket", "backpack", ""};
    for (enum question_policy p = QUESTIONS_BY_GAIN; p <= QUESTIONS_FIXED; p++)
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            for (size_t pick = 0; pick < 3; pick++) {
                struct guide g = guide_of(f, p);
                struct arena a;
                struct dialogue d = {.n_topics = 1, .language = text_language(texts[i], strlen(texts[i])), .open.field = ""};
                struct topic *t = &d.topics[0];
                t->text = texts[i];
                arena_init(&a, 0);
                uint32_t promised = 0;
                for (size_t round = 0;; round++) {
                    size_t left;
                    struct question q = ask(f, &g, &d, &a, &left);
                    if (round) assert_int_equal(left, promised);
                    if (!*q.field) break;
                    assert_true(round < ASKED_MAX && left > g.options.n_cards);
                    for (size_t k = 0; k < t->n_asked; k++) assert_string_not_equal(t->asked[k], q.field);
                    assert_true(q.n_choices >= 2);
                    t->asked[t->n_asked++] = q.field;
                    size_t choice = pick % q.n_choices;
                    promised = q.choices[choice].count;
                    assert_int_equal(wish_from_choice(&q, choice, &a, &t->wishes[t->n_wishes++]), OK);
                }
                arena_release(&a);
            }
}

/* A jacket of nobody in particular stays for men and for women. */
static void what_is_for_all_counts_for_each(void **state)
{
    struct small_shop *f = *state;
    struct guide g = guide_of(f, QUESTIONS_FIXED);
    struct arena a;
    size_t left;
    arena_init(&a, 0);
    struct dialogue d = {.n_topics = 1, .language = LANGUAGE_EN, .open.field = ""};
    d.topics[0].text = "jacket";
    struct question q = ask(f, &g, &d, &a, &left);
    assert_int_equal(left, 5);
    assert_string_equal(q.field, "audience");
    assert_int_equal(q.n_choices, 2);
    for (size_t i = 0; i < 2; i++) assert_int_equal(q.choices[i].count, 3);
    arena_release(&a);
}

/* "None of these" denies each of them; a shade is several colours; titles' words are asked once more, for other words, after an answer only. */
static void answers_in_other_words(void **state)
{
    struct small_shop *f = *state;
    struct guide g = guide_of(f, QUESTIONS_FIXED);
    struct arena a;
    bool found;
    struct wish w;
    struct question q = {.field = "colour", .choices = {{"黑色", "black", 2}, {"白色", "white", 2}}, .n_choices = 2};
    arena_init(&a, 0);
    assert_int_equal(wish_from_answer(&g, &q, "都不是", &a, &w, &found), OK);
    assert_true(found && w.negated && w.hard && w.n_values == 2);
    assert_int_equal(wish_from_answer(&g, &q, "深色的", &a, &w, &found), OK);
    assert_true(found && !w.negated && w.n_values >= 2);
    for (size_t i = 0; i < w.n_values; i++) assert_string_not_equal(w.values[i], "white");
    q.field = "attribute:name#2";
    assert_int_equal(wish_from_answer(&g, &q, "commuter", &a, &w, &found), OK);
    assert_true(found);
    struct topic t = {.text = "backpack", .n_wishes = 1, .wishes = {w}};
    struct dialogue d = {.language = LANGUAGE_EN};
    struct need n;
    assert_int_equal(topic_need(&g, &d, &t, &n), OK);
    assert_int_equal(n.constraints[0].n_labels, 1);
    need_release(&n);
    arena_release(&a);
}

static void what_was_said_is_not_asked(void **state)
{
    struct small_shop *f = *state;
    struct guide g = guide_of(f, QUESTIONS_FIXED);
    struct arena a;
    size_t left;
    arena_init(&a, 0);
    struct dialogue d = {.n_topics = 1, .language = LANGUAGE_ZH, .open.field = ""};
    struct topic *t = &d.topics[0];
    t->text = "双肩包";
    struct question q = ask(f, &g, &d, &a, &left);
    assert_string_equal(q.field, "colour");
    d.open = q;                                                   /* still open: not put again */
    q = ask(f, &g, &d, &a, &left);
    assert_string_not_equal(q.field, "colour");
    d.open.field = "";
    t->wishes[t->n_wishes++] = (struct wish){.field = "colour", .values = {"black", "brown"}, .n_values = 2, .said = "黑色或棕色", .low = INT64_MIN + 1, .high = INT64_MAX};
    q = ask(f, &g, &d, &a, &left);
    assert_string_not_equal(q.field, "colour");
    t->wishes[0].negated = t->wishes[0].hard = true;              /* "not black": which one, then? */
    q = ask(f, &g, &d, &a, &left);
    assert_string_equal(q.field, "colour");
    for (size_t i = 0; i < q.n_choices; i++) assert_string_not_equal(q.choices[i].value, "black");
    t->no_questions = true;
    q = ask(f, &g, &d, &a, &left);
    assert_string_equal(q.field, "");
    t->no_questions = false;
    g.options.questions = QUESTIONS_NONE;
    q = ask(f, &g, &d, &a, &left);
    assert_string_equal(q.field, "");
    g.options.questions = QUESTIONS_BY_GAIN;
    g.options.gain_min = 50;
    q = ask(f, &g, &d, &a, &left);
    assert_string_equal(q.field, "");
    arena_release(&a);
}

static void choices_are_in_the_dialogues_language(void **state)
{
    struct small_shop *f = *state;
    struct guide g = guide_of(f, QUESTIONS_FIXED);
    struct arena a;
    size_t left;
    arena_init(&a, 0);
    struct dialogue d = {.n_topics = 1, .language = LANGUAGE_ZH, .open.field = ""};
    d.topics[0].text = "双肩包";
    struct question q = ask(f, &g, &d, &a, &left);
    bool orange = false;
    for (size_t i = 0; i < q.n_choices; i++) orange = orange || strcmp(q.choices[i].label, "橙色") == 0;
    assert_true(orange);
    d.language = LANGUAGE_EN;
    q = ask(f, &g, &d, &a, &left);
    assert_string_equal(q.field, "colour");
    for (size_t i = 0; i < q.n_choices; i++) assert_string_equal(q.choices[i].label, q.choices[i].value);
    arena_release(&a);
}

static void typed_answers_are_found(void **state)
{
    struct small_shop *f = *state;
    struct guide g = guide_of(f, QUESTIONS_FIXED);
    struct arena a;
    bool found;
    struct wish w;
    struct question q = {.field = "colour", .choices = {{"黑色", "black", 2}}, .n_choices = 1};
    arena_init(&a, 0);
    const struct { const char *field, *said, *value; } cases[] = {{"colour", "黑色", "black"}, {"colour", "black", "black"}, {"colour", "orange", "orange"}, {"colour", "都行", NULL},
                                                                {"attribute:usage", "casual", "casual"}, {"attribute:title", "peter england", "peter england"}, {"brand", "途见", "途见"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        q.field = cases[i].field;
        assert_int_equal(wish_from_answer(&g, &q, cases[i].said, &a, &w, &found), OK);
        assert_int_equal(found, cases[i].value != NULL);
        if (!found) continue;
        assert_string_equal(w.values[0], cases[i].value);
        assert_true(w.hard && w.provenance == FROM_ANSWER);
    }
    struct question price = {.field = "price", .choices = {{"100-300元", "10000-30000", 4}, {"300元以上", "30000-", 2}}, .n_choices = 2};
    assert_int_equal(wish_from_answer(&g, &price, "100-300元", &a, &w, &found), OK);
    assert_true(found && w.low == 10000 && w.high == 30000);
    assert_int_equal(wish_from_answer(&g, &price, "300元以上", &a, &w, &found), OK);
    assert_true(found && w.low == 30000 && w.high == INT64_MAX);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gains_equal_a_count_by_hand), cmocka_unit_test(shares_of_several_values), cmocka_unit_test(counts_are_what_answers_leave),
        cmocka_unit_test(what_is_for_all_counts_for_each), cmocka_unit_test(answers_in_other_words), cmocka_unit_test(what_was_said_is_not_asked), cmocka_unit_test(choices_are_in_the_dialogues_language), cmocka_unit_test(typed_answers_are_found),
    };
    return cmocka_run_group_tests(tests, shop_set_up, small_shop_close);
}
