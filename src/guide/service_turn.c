/* Service questions: answered by the room service, in quotations of the shop's documents, or handed to a person. */
#include "turn_int.h"

#include <string.h>

static const char *as_said(const struct utterance_part *part)
{
    return part->text ? part->text : "";
}

bool is_service_question(struct turn *t, const struct utterance_part *part)
{
    /* The English labels know no products: "I want to buy headphones" is an order to them. */
    static const enum act service[] = {ACT_DELIVERY, ACT_RETURN, ACT_REFUND, ACT_INVOICE, ACT_PAYMENT, ACT_ACCOUNT, ACT_COMPLAINT, ACT_HUMAN};
    static const float ENGLISH_SURE = 0.9f;
    struct intent intent;
    const char *text = as_said(part);
    struct need need;
    if (t->g->options.intents && *text && matcher_understand(t->g->options.matcher, text, strlen(text), &need) == OK) {
        bool kind = need.names_kind;
        need_release(&need);
        if (kind) return false;   /* "actually I'd rather have a dress" */
    }
    if (!t->g->options.intents || part->n_changes || part->n_references || !*text) return false;   /* a wish was understood: a need */
    if (intents_classify(t->g->options.intents, text, strlen(text), &intent) != OK || !intent.sure) return false;
    if (!in_chinese(t) && intent.act_confidence < ENGLISH_SURE) return false;
    json_object_set_new(t->r->why, "intent", json_pack("{s:s, s:f}", "act", act_name(intent.act), "confidence", (double)intent.act_confidence));
    for (size_t i = 0; i < sizeof service / sizeof service[0]; i++)
        if (intent.act == service[i]) return true;
    return false;
}

static json_t *answer_json(const struct service_answer *a)
{
    json_t *quotes = json_array();
    struct strbuf source = {0};
    for (size_t i = 0; i < a->n_quotes; i++) {
        const struct service_quote *q = &a->quotes[i];
        strbuf_printf(&source, "%s%s#%s", i ? ", " : "", q->document, q->anchor);
        json_array_append_new(quotes, json_pack("{s:s, s:s, s:s, s:s, s:s, s:f}", "document", q->document, "title", q->title, "heading", q->heading, "anchor", q->anchor, "text", q->text,
                                                "confidence", (double)q->confidence));
    }
    json_t *o = json_pack("{s:s, s:s, s:f, s:o, s:s}", "kind", service_kind_name(a->kind), "act", act_name(a->intent.act), "confidence", (double)a->intent.act_confidence, "quotes", quotes, "source",
                          strbuf_str(&source));
    strbuf_release(&source);
    if (o && a->handover.summary) json_object_set_new(o, "handover", json_pack("{s:s, s:s}", "reason", a->handover.reason ? a->handover.reason : "", "summary", a->handover.summary));
    return o;
}

static void claim_quotes(struct turn *t, const struct service_answer *a)
{
    for (size_t i = 0; i < a->n_quotes; i++) {
        const char *field = arena_printf(&t->r->arena, "document %s#%s", a->quotes[i].document, a->quotes[i].anchor);
        claim(t, a->text, a->quotes[i].text, "", field ? field : "document");
    }
    if (a->kind == SERVICE_ORDER) claim(t, a->text, a->order.text, "", "order hook");
}

status turn_service(struct turn *t, const struct utterance_part *part)
{
    struct service_answer a;
    const char *text = as_said(part);
    if (!t->g->options.service) {
        TRY(say_phrase(t, PHRASE_SERVICE_UNKNOWN, NULL, 0));
        return turn_hand_over(t, text);
    }
    struct service_turn who = {.user = t->g->options.user};
    TRY(service_answer(t->g->options.service, text, strlen(text), &who, &t->r->arena, &a));
    json_decref(t->r->answer);
    t->r->answer = answer_json(&a);
    if (!t->r->answer) return fail_nomem("answering a question");
    act(t, a.kind == SERVICE_HANDOVER ? GUIDE_HAND_OVER : a.kind == SERVICE_CHAT ? GUIDE_CHAT : GUIDE_ANSWER);
    t->d->handed_over = t->d->handed_over || a.kind == SERVICE_HANDOVER;
    claim_quotes(t, &a);
    return say(t, a.text);
}
