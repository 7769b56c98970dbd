/* A reply as JSON: what the program's --json prints and the server sends. */
#include "turn_int.h"

static void set_price(json_t *o, const char *key, int64_t minor)
{
    struct strbuf b = {0};
    if (minor >= 0) text_format_price(minor, &b);
    json_object_set_new(o, key, minor >= 0 ? json_string(strbuf_str(&b)) : json_null());
    strbuf_release(&b);
}

static json_t *card_json(const struct card *c, enum language l)
{
    json_t *o = json_object(), *reasons = json_array();
    const struct product *p = &c->product;
    for (size_t i = 0; i < c->n_reasons; i++) json_array_append_new(reasons, json_string(c->reasons[i]));
    json_object_set_new(o, "number", json_integer(c->number));
    json_object_set_new(o, "id", json_string(p->id));
    json_object_set_new(o, "title", json_string(product_text(p, "title", l)));
    set_price(o, "price", p->price);
    set_price(o, "list_price", p->list_price);
    if (c->promotion) {
        set_price(o, "promoted_price", c->promoted_price);
        json_object_set_new(o, "promotion", json_string(c->promotion));
    }
    json_object_set_new(o, "currency", json_string(p->currency));
    json_object_set_new(o, "url", json_string(p->url));
    json_object_set_new(o, "image", json_string(p->image));
    json_object_set_new(o, "score", json_real((double)c->score));
    json_object_set_new(o, "reasons", reasons);
    return o;
}

static json_t *question_json(const struct question *q)
{
    json_t *choices = json_array();
    for (size_t i = 0; i < q->n_choices; i++)
        json_array_append_new(choices, json_pack("{s:s, s:s, s:i}", "label", q->choices[i].label, "value", q->choices[i].value, "count", (int)q->choices[i].count));
    return json_pack("{s:s, s:o}", "field", q->field, "choices", choices);
}

json_t *reply_json(const struct reply *r, enum language l, bool why)
{
    json_t *root = json_object(), *acts = json_array(), *cards = json_array(), *claims = json_array();
    for (size_t i = 0; i < r->n_acts; i++) json_array_append_new(acts, json_string(guide_act_name(r->acts[i])));
    for (size_t i = 0; i < r->n_cards; i++) json_array_append_new(cards, card_json(&r->cards[i], l));
    for (size_t i = 0; i < r->n_claims; i++)
        json_array_append_new(claims, json_pack("{s:s, s:s, s:s, s:s}", "sentence", r->claims[i].sentence, "claim", r->claims[i].claim, "product", r->claims[i].product ? r->claims[i].product : "",
                                                "field", r->claims[i].field ? r->claims[i].field : ""));
    json_object_set_new(root, "text", json_string(r->text));
    json_object_set_new(root, "acts", acts);
    json_object_set_new(root, "language", json_string(language_code(l)));
    json_object_set_new(root, "cards", cards);
    json_object_set_new(root, "fitting", json_integer(r->n_fitting));
    if (r->question.field && *r->question.field) json_object_set_new(root, "question", question_json(&r->question));
    if (r->also.field && *r->also.field) json_object_set_new(root, "also", question_json(&r->also));
    if (r->comparison) json_object_set(root, "comparison", r->comparison);
    if (r->cart) json_object_set(root, "cart", r->cart);
    if (r->answer) json_object_set(root, "answer", r->answer);
    json_object_set_new(root, "claims", claims);
    json_object_set_new(root, "moderation", json_string(moderation_verdict_name(r->moderation)));
    if (why && r->why) json_object_set(root, "why", r->why);
    return root;
}
