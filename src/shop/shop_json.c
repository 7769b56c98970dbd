/* Matches and texts as the program prints them with --json and the server sends them. */
#include "shop.h"

#include <math.h>

static void set_price(json_t *o, const char *key, int64_t minor)
{
    struct strbuf b = {0};
    if (minor >= 0) text_format_price(minor, &b);
    json_object_set_new(o, key, minor >= 0 ? json_string(strbuf_str(&b)) : json_null());
    strbuf_release(&b);
}

static json_t *constraint_json(const struct constraint *c)
{
    json_t *o = json_object();
    const char *kinds[] = {[CONSTRAINT_PRICE] = "price", [CONSTRAINT_FACET] = facet_name(c->facet), [CONSTRAINT_WORDS] = "words", [CONSTRAINT_QUANTITY] = "quantity",
                           [CONSTRAINT_ATTRIBUTE] = c->name};
    json_object_set_new(o, "field", json_string(kinds[c->kind]));
    if (c->kind == CONSTRAINT_PRICE && c->low > INT64_MIN + 1) set_price(o, "min", c->low);
    if (c->kind == CONSTRAINT_PRICE && c->high < INT64_MAX) set_price(o, "max", c->high);
    if (c->kind == CONSTRAINT_QUANTITY && isfinite(c->least)) json_object_set_new(o, "min", json_real(c->least));
    if (c->kind == CONSTRAINT_QUANTITY && isfinite(c->most)) json_object_set_new(o, "max", json_real(c->most));
    if (c->unit) json_object_set_new(o, "unit", json_string(c->unit));
    if (c->value) json_object_set_new(o, "value", json_string(c->value));
    json_object_set_new(o, "not", json_boolean(c->negated));
    json_object_set_new(o, "hard", json_boolean(c->hard));
    json_object_set_new(o, "said", json_string(c->said));
    return o;
}

static json_t *query_json(const struct need *n)
{
    json_t *constraints = json_array(), *terms = json_array();
    for (size_t i = 0; i < n->n_constraints; i++) json_array_append_new(constraints, constraint_json(&n->constraints[i]));
    for (size_t i = 0; i < n->n_terms; i++)
        json_array_append_new(terms, json_pack("{s:s#, s:f, s:b}", "term", n->terms[i].text, (int)n->terms[i].length, "weight", (double)n->terms[i].weight,
                                               "corrected", n->terms[i].corrected));
    return json_pack("{s:s, s:s, s:o, s:o}", "text", n->text, "language", language_code(n->language), "constraints", constraints, "terms", terms);
}

static json_t *result_json(const struct match_result *r, enum language l)
{
    json_t *o = json_object(), *reasons = json_array(), *scores = json_object();
    json_object_set_new(o, "id", json_string(r->product.id));
    json_object_set_new(o, "title", json_string(product_text(&r->product, "title", l)));
    set_price(o, "price", r->product.price);
    json_object_set_new(o, "currency", json_string(r->product.currency));
    json_object_set_new(o, "score", json_real((double)r->score));
    for (size_t i = 0; i < r->n_reasons; i++) json_array_append_new(reasons, json_string(r->reasons[i]));
    for (enum feature f = 0; f < FEATURES; f++) json_object_set_new(scores, feature_name(f), json_real((double)r->features[f]));
    json_object_set_new(o, "reasons", reasons);
    json_object_set_new(o, "scores", scores);
    return o;
}

json_t *shop_matches_json(const struct matches *m)
{
    json_t *root = json_object(), *results = json_array(), *relaxations = json_array();
    for (size_t i = 0; i < m->n; i++) json_array_append_new(results, result_json(&m->results[i], m->need.language));
    for (size_t i = 0; i < m->n_relaxations; i++) {
        const struct relaxation *x = &m->relaxations[i];
        json_t *o = json_pack("{s:s, s:i, s:s, s:s}", "without", m->need.constraints[x->constraint].said, "count", (int)x->count, "best", x->best_id, "sentence", x->sentence);
        set_price(o, "price", x->best_price);
        json_array_append_new(relaxations, o);
    }
    json_object_set_new(root, "query", query_json(&m->need));
    json_object_set_new(root, "results", results);
    if (m->nothing) {
        json_object_set_new(root, "nothing", json_string(m->nothing));
        json_object_set_new(root, "relaxations", relaxations);
    } else {
        json_decref(relaxations);
    }
    json_object_set_new(root, "times_ms", json_pack("{s:f, s:f, s:f, s:f}", "understand", (double)m->times.understand_ns * 1e-6, "retrieve",
                                                    (double)m->times.retrieve_ns * 1e-6, "rerank", (double)m->times.rerank_ns * 1e-6, "explain",
                                                    (double)m->times.explain_ns * 1e-6));
    return root;
}

json_t *shop_facts_json(const struct facts *all)
{
    json_t *facts = json_array();
    for (size_t i = 0; i < all->n; i++) {
        const struct fact *f = &all->items[i];
        json_array_append_new(facts, json_pack("{s:s, s:s, s:s}", "claim", f->claim, "field", f->field ? f->field : "", "kind", claim_kind_name(f->kind)));
    }
    return facts;
}

json_t *shop_written_json(const struct written *w)
{
    return json_pack("{s:s, s:o, s:s, s:s}", "text", w->text, "facts", shop_facts_json(&w->facts), "moderation", moderation_verdict_name(w->moderation), "source", w->source);
}
