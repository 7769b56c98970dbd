/* The state of a dialogue as JSON and back. What is read is bounded by the same limits as what is written. */
#include "guide_int.h"

#include <math.h>
#include <string.h>

static const char *const order_names[] = {"fit", "cheapest", "dearest", "rating", "popular"};
static const char *const provenance_names[] = {"said", "answered", "profile", "inferred"};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- writing ---- */

static void put(json_t *o, const char *key, json_t *value)
{
    json_object_set_new(o, key, value);   /* a failure is seen at the end: a key is missing, and reading says so */
}

static json_t *strings(const char *const *items, size_t n)
{
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(a, json_string(items[i]));
    return a;
}

static json_t *wish_json(const struct wish *w)
{
    json_t *o = json_object();
    put(o, "field", json_string(w->field));
    if (w->n_values) put(o, "values", strings(w->values, w->n_values));
    if (strcmp(w->field, "price") == 0) {
        if (w->low != INT64_MIN + 1) put(o, "low", json_integer(w->low));
        if (w->high != INT64_MAX) put(o, "high", json_integer(w->high));
    }
    if (w->unit) {
        if (isfinite(w->least)) put(o, "least", json_real(w->least));
        if (isfinite(w->most)) put(o, "most", json_real(w->most));
        put(o, "unit", json_string(w->unit));
    }
    if (w->negated) put(o, "not", json_true());
    put(o, "hard", json_boolean(w->hard));
    put(o, "provenance", json_string(provenance_name(w->provenance)));
    put(o, "turn", json_integer(w->turn));
    put(o, "said", json_string(w->said));
    return o;
}

static json_t *topic_json(const struct topic *t)
{
    json_t *o = json_object(), *wishes = json_array();
    put(o, "text", json_string(t->text));
    for (size_t i = 0; i < t->n_wishes; i++) json_array_append_new(wishes, wish_json(&t->wishes[i]));
    put(o, "wishes", wishes);
    if (t->n_asked) put(o, "asked", strings(t->asked, t->n_asked));
    if (t->no_questions) put(o, "no_questions", json_true());
    if (t->order != ORDER_FIT) put(o, "order", json_string(order_names[t->order]));
    if (t->n_rejected) put(o, "rejected", strings(t->rejected, t->n_rejected));
    return o;
}

static json_t *question_json(const struct question *q)
{
    json_t *choices = json_array();
    for (size_t i = 0; i < q->n_choices; i++)
        json_array_append_new(choices, json_pack("{s:s, s:s, s:i}", "label", q->choices[i].label, "value", q->choices[i].value, "count", (int)q->choices[i].count));
    return json_pack("{s:s, s:i, s:o}", "field", q->field, "topic", (int)q->topic, "choices", choices);
}

json_t *dialogue_json(const struct dialogue *d)
{
    json_t *o = json_object(), *topics = json_array(), *shown = json_array(), *cart = json_array();
    put(o, "id", json_string(d->id));
    put(o, "turn", json_integer(d->turn));
    put(o, "language", json_string(language_code(d->language)));
    for (size_t i = 0; i < d->n_topics; i++) json_array_append_new(topics, topic_json(&d->topics[i]));
    put(o, "topics", topics);
    put(o, "current", json_integer((json_int_t)d->current));
    for (size_t i = 0; i < d->n_shown; i++)
        json_array_append_new(shown, json_pack("{s:s, s:i, s:i}", "id", d->shown[i].id, "turn", (int)d->shown[i].turn, "topic", (int)d->shown[i].topic));
    put(o, "shown", shown);
    if (d->focus) put(o, "focus", json_string(d->focus));
    if (d->asked) put(o, "asked", json_string(d->asked));
    for (size_t i = 0; i < d->n_cart; i++) json_array_append_new(cart, json_pack("{s:s, s:I}", "id", d->cart[i].id, "quantity", (json_int_t)d->cart[i].quantity));
    put(o, "cart", cart);
    if (d->n_coupons) put(o, "coupons", strings(d->coupons, d->n_coupons));
    json_t *profile = json_array();
    for (size_t i = 0; i < d->n_profile; i++) json_array_append_new(profile, wish_json(&d->profile[i]));
    if (d->n_profile) put(o, "profile", profile);
    else json_decref(profile);
    if (d->member) put(o, "member", json_string(d->member));
    if (*d->open.field) put(o, "question", question_json(&d->open));
    if (*d->also.field) put(o, "also", question_json(&d->also));
    if (d->handed_over) put(o, "handed_over", json_true());
    if (d->closed) put(o, "closed", json_true());
    return o;
}

/* ---- reading ---- */

enum { STRING_BYTES_MAX = UTTERANCE_BYTES_MAX };
struct reader { struct arena *arena; const char *where; };

static status bad(const struct reader *r, const char *key, const char *what)
{
    return fail(ERR_FORMAT, "the stored dialogue is damaged: '%s' of the %s %s", key, r->where, what);
}

/* optional: *out stays as it is when the key is missing. */
static status get_string(const struct reader *r, const json_t *o, const char *key, bool optional, const char **out)
{
    const json_t *v = json_object_get(o, key);
    if (!v && optional) return OK;
    if (!json_is_string(v)) return bad(r, key, "is not a text");
    size_t n = json_string_length(v);
    if (n > STRING_BYTES_MAX || memchr(json_string_value(v), 0, n)) return bad(r, key, "is too long");
    const char *copy = arena_strndup(r->arena, json_string_value(v), n);
    if (!copy) return fail_nomem("reading a dialogue");
    *out = copy;
    return OK;
}

static status get_integer(const struct reader *r, const json_t *o, const char *key, int64_t low, int64_t high, bool optional, int64_t *out)
{
    const json_t *v = json_object_get(o, key);
    if (!v && optional) return OK;
    if (!json_is_integer(v)) return bad(r, key, "is not a whole number");
    int64_t value = json_integer_value(v);
    if (value < low || value > high) return bad(r, key, "is out of range");
    *out = value;
    return OK;
}

static status get_real(const struct reader *r, const json_t *o, const char *key, double *out)
{
    const json_t *v = json_object_get(o, key);
    if (!v) return OK;
    if (!json_is_number(v)) return bad(r, key, "is not a number");
    *out = json_number_value(v);
    return isfinite(*out) ? OK : bad(r, key, "is out of range");
}

static status get_flag(const struct reader *r, const json_t *o, const char *key, bool *out)
{
    const json_t *v = json_object_get(o, key);
    if (v && !json_is_boolean(v)) return bad(r, key, "is neither true nor false");
    *out = json_is_true(v);
    return OK;
}

static status get_name(const struct reader *r, const json_t *o, const char *key, const char *const *names, size_t n, bool optional, size_t *out)
{
    const json_t *v = json_object_get(o, key);
    if (!v && optional) return OK;
    for (size_t i = 0; json_is_string(v) && i < n; i++)
        if (strcmp(names[i], json_string_value(v)) == 0) {
            *out = i;
            return OK;
        }
    return bad(r, key, "is none of the names that it may be");
}

static status get_array(const struct reader *r, const json_t *o, const char *key, size_t max, bool optional, const json_t **out, size_t *n)
{
    const json_t *v = json_object_get(o, key);
    *out = v;
    *n = json_array_size(v);
    if (!v && optional) return OK;
    if (!json_is_array(v)) return bad(r, key, "is not a list");
    return *n <= max ? OK : bad(r, key, "has too many entries");
}

static status get_strings(const struct reader *r, const json_t *o, const char *key, size_t max, const char **out, size_t *n)
{
    const json_t *list;
    TRY(get_array(r, o, key, max, true, &list, n));
    for (size_t i = 0; i < *n; i++) {
        const json_t *v = json_array_get(list, i);
        if (!json_is_string(v) || json_string_length(v) > STRING_BYTES_MAX) return bad(r, key, "has an entry that is not a short text");
        out[i] = arena_strndup(r->arena, json_string_value(v), json_string_length(v));
        if (!out[i]) return fail_nomem("reading a dialogue");
    }
    return OK;
}

static status get_wish(const struct reader *above, const json_t *o, struct wish *w)
{
    const struct reader r = {above->arena, "wish"};
    size_t provenance = 0;
    int64_t turn = 0;
    *w = (struct wish){.low = INT64_MIN + 1, .high = INT64_MAX, .least = -INFINITY, .most = INFINITY};
    TRY(get_string(&r, o, "field", false, &w->field));
    TRY(get_strings(&r, o, "values", VALUES_MAX, w->values, &w->n_values));
    TRY(get_integer(&r, o, "low", INT64_MIN + 1, INT64_MAX, true, &w->low));
    TRY(get_integer(&r, o, "high", INT64_MIN + 1, INT64_MAX, true, &w->high));
    TRY(get_real(&r, o, "least", &w->least));
    TRY(get_real(&r, o, "most", &w->most));
    TRY(get_string(&r, o, "unit", true, &w->unit));
    TRY(get_flag(&r, o, "not", &w->negated));
    TRY(get_flag(&r, o, "hard", &w->hard));
    TRY(get_name(&r, o, "provenance", provenance_names, COUNT(provenance_names), false, &provenance));
    TRY(get_integer(&r, o, "turn", 0, UINT32_MAX, false, &turn));
    w->provenance = (enum provenance)provenance;
    w->turn = (uint32_t)turn;
    return get_string(&r, o, "said", false, &w->said);
}

static status get_topic(const struct reader *above, const json_t *o, struct topic *t)
{
    const struct reader r = {above->arena, "topic"};
    const json_t *wishes;
    size_t order = ORDER_FIT;
    TRY(get_string(&r, o, "text", false, &t->text));
    TRY(get_array(&r, o, "wishes", WISHES_MAX, false, &wishes, &t->n_wishes));
    for (size_t i = 0; i < t->n_wishes; i++) TRY(get_wish(&r, json_array_get(wishes, i), &t->wishes[i]));
    TRY(get_strings(&r, o, "asked", ASKED_MAX, t->asked, &t->n_asked));
    TRY(get_flag(&r, o, "no_questions", &t->no_questions));
    TRY(get_name(&r, o, "order", order_names, COUNT(order_names), true, &order));
    t->order = (enum product_order)order;
    return get_strings(&r, o, "rejected", SHOWN_MAX, t->rejected, &t->n_rejected);
}

static status get_question(const struct reader *above, const json_t *o, size_t n_topics, struct question *q)
{
    const struct reader r = {above->arena, "question"};
    const json_t *choices;
    int64_t topic = 0, count = 0;
    TRY(get_string(&r, o, "field", false, &q->field));
    TRY(get_integer(&r, o, "topic", 0, n_topics ? (int64_t)n_topics - 1 : 0, false, &topic));
    q->topic = (uint32_t)topic;
    TRY(get_array(&r, o, "choices", CHOICES_MAX, false, &choices, &q->n_choices));
    for (size_t i = 0; i < q->n_choices; i++) {
        const json_t *c = json_array_get(choices, i);
        TRY(get_string(&r, c, "label", false, &q->choices[i].label));
        TRY(get_string(&r, c, "value", false, &q->choices[i].value));
        TRY(get_integer(&r, c, "count", 0, UINT32_MAX, false, &count));
        q->choices[i].count = (uint32_t)count;
    }
    return OK;
}

static status get_shown(const struct reader *above, const json_t *list, struct dialogue *d)
{
    const struct reader r = {above->arena, "list of shown products"};
    for (size_t i = 0; i < d->n_shown; i++) {
        const json_t *o = json_array_get(list, i);
        int64_t turn = 0, topic = 0;
        TRY(get_string(&r, o, "id", false, &d->shown[i].id));
        TRY(get_integer(&r, o, "turn", 0, UINT32_MAX, false, &turn));
        TRY(get_integer(&r, o, "topic", 0, TOPICS_MAX - 1, false, &topic));
        d->shown[i].turn = (uint32_t)turn;
        d->shown[i].topic = (uint32_t)topic;
    }
    return OK;
}

static status get_cart(const struct reader *above, const json_t *list, struct dialogue *d)
{
    const struct reader r = {above->arena, "cart"};
    for (size_t i = 0; i < d->n_cart; i++) {
        const json_t *o = json_array_get(list, i);
        TRY(get_string(&r, o, "id", false, &d->cart[i].id));
        TRY(get_integer(&r, o, "quantity", 1, INT32_MAX, false, &d->cart[i].quantity));
    }
    return OK;
}

static status read_dialogue(const json_t *o, struct dialogue *d)
{
    const struct reader r = {&d->arena, "dialogue"};
    static const char *const languages[] = {[LANGUAGE_ZH] = "zh", [LANGUAGE_EN] = "en"};
    const json_t *topics, *shown, *cart, *profile, *question = json_object_get(o, "question"), *also = json_object_get(o, "also");
    const char *id = NULL;
    int64_t turn = 0, current = 0;
    size_t language = 0;
    FAIL_IF(!json_is_object(o), ERR_FORMAT, "the stored dialogue is damaged: it is not a JSON object");
    TRY(get_string(&r, o, "id", false, &id));
    if (strlen(id) >= DIALOGUE_ID_MAX) return bad(&r, "id", "is too long");
    memcpy(d->id, id, strlen(id) + 1);
    TRY(get_integer(&r, o, "turn", 0, UINT32_MAX, false, &turn));
    TRY(get_name(&r, o, "language", languages, 2, false, &language));
    TRY(get_array(&r, o, "topics", TOPICS_MAX, false, &topics, &d->n_topics));
    for (size_t i = 0; i < d->n_topics; i++) TRY(get_topic(&r, json_array_get(topics, i), &d->topics[i]));
    TRY(get_integer(&r, o, "current", 0, d->n_topics ? (int64_t)d->n_topics - 1 : 0, false, &current));
    TRY(get_array(&r, o, "shown", SHOWN_MAX, false, &shown, &d->n_shown));
    TRY(get_shown(&r, shown, d));
    TRY(get_string(&r, o, "focus", true, &d->focus));
    TRY(get_string(&r, o, "asked", true, &d->asked));
    TRY(get_array(&r, o, "cart", DIALOGUE_CART_MAX, false, &cart, &d->n_cart));
    TRY(get_cart(&r, cart, d));
    TRY(get_strings(&r, o, "coupons", COUPONS_MAX, d->coupons, &d->n_coupons));
    if (question) TRY(get_question(&r, question, d->n_topics, &d->open));
    if (also) TRY(get_question(&r, also, d->n_topics, &d->also));
    TRY(get_array(&r, o, "profile", PROFILE_MAX, true, &profile, &d->n_profile));
    for (size_t i = 0; i < d->n_profile; i++) TRY(get_wish(&r, json_array_get(profile, i), &d->profile[i]));
    TRY(get_string(&r, o, "member", true, &d->member));
    TRY(get_flag(&r, o, "handed_over", &d->handed_over));
    TRY(get_flag(&r, o, "closed", &d->closed));
    d->turn = (uint32_t)turn;
    d->current = (size_t)current;
    d->language = (enum language)language;
    return OK;
}

status dialogue_from_json(const json_t *o, struct dialogue *out)
{
    dialogue_init(out, "");
    status s = read_dialogue(o, out);
    if (s != OK) dialogue_release(out);
    return s;
}
