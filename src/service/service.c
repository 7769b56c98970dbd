/* One question: what is it about, which of the ways to answer it is open, and what was tried when none is. */
#include "service_int.h"

#include <string.h>

static const char *const kinds[] = {"answer", "order", "ask_order", "chat", "handover"};

const char *service_kind_name(enum service_kind k)
{
    return kinds[k];
}

/* Chosen on list a of the sample shop's questions. */
float service_threshold(void)
{
    return 0.5f;
}

/* ---- opening ---- */

static status open_parts(struct service *s)
{
    TRY(documents_open(s->o.store, &s->documents));
    TRY(segmenter_new(&s->segmenter));
    TRY(index_scratch_new(&s->scratch));
    s->vector = mem_zalloc(s->o.session ? session_config(s->o.session)->d_model : 1, sizeof *s->vector);
    if (!s->vector) return fail_nomem("opening the service");
    return passage_index_open(s);
}

status service_new(const struct service_options *o, struct service **out)
{
    *out = NULL;
    struct service *s = mem_zalloc(1, sizeof *s);
    if (!s) return fail_nomem("opening the service");
    s->o = *o;
    status result = open_parts(s);
    if (result != OK) {
        service_free(s);
        return result;
    }
    *out = s;
    return OK;
}

void service_free(struct service *s)
{
    if (!s) return;
    index_close(s->index);
    index_scratch_free(s->scratch);
    segmenter_free(s->segmenter);
    documents_close(s->documents);
    strbuf_release(&s->text);
    mem_free(s->vector);
    mem_free(s);
}

/* ---- moderation ---- */

/* A shop's own document may name its telephone and speak of the best price: these rules are for copy. All others hold. */
static status may_leave(struct service *s, const char *text, bool *good)
{
    enum { HITS_MAX = 32 };
    struct moderation_hit hits[HITS_MAX];
    enum moderation_verdict verdict;
    size_t n;
    *good = true;
    if (!s->o.moderator) return OK;
    TRY(moderator_check(s->o.moderator, text, strlen(text), &verdict, hits, HITS_MAX, &n));
    *good = n <= HITS_MAX;
    for (size_t i = 0; i < n && i < HITS_MAX; i++)
        if (hits[i].verdict == MODERATION_BLOCK && strcmp(hits[i].rule, "contact") != 0 && strcmp(hits[i].rule, "absolute") != 0) *good = false;
    return OK;
}

/* ---- ways to answer ---- */

struct work {
    struct service *service;
    struct service_answer *reply;
    const char *question;
    size_t n;
    const struct service_turn *turn;
    const char *order_id;    /* NULL: none was said */
    struct strbuf tried;
    struct arena *arena;
};

static void tried(struct work *w, const char *what)
{
    strbuf_printf(&w->tried, "%s%s", w->tried.len ? "; " : "", what);
}

/* reason must be a literal or of the arena */
static status hand_over(struct work *w, const char *reason)
{
    struct service_answer *r = w->reply;
    r->kind = SERVICE_HANDOVER;
    r->n_quotes = 0;
    if (!w->tried.len) strbuf_puts(&w->tried, "-");
    const char *done = w->tried.failed ? NULL : arena_strndup(w->arena, w->tried.data, w->tried.len), *question = arena_strndup(w->arena, w->question, w->n);
    if (!done || !question) return fail_nomem("handing over");
    r->handover = (struct service_handover){.reason = reason, .question = question, .order_id = w->order_id ? w->order_id : "", .tried = done};
    return word_handover(r, w->arena);
}

static bool label_is(const struct service_answer *r, const char *const *labels)
{
    for (size_t i = 0; labels[i] && r->intent.n_top; i++)
        if (strcmp(r->intent.top[0].label, labels[i]) == 0) return true;
    return false;
}

/* Questions that only the order itself answers. */
static bool about_an_order(const struct service_answer *r)
{
    static const char *const labels[] = {"买家咨询物流信息", "买家咨询快递单号", "买家要求核对订单信息", "track_order", "track_refund", NULL};
    return label_is(r, labels);
}

static bool may_be_an_order(const struct service_answer *r)
{
    enum act a = r->intent.act;
    return a == ACT_ORDER || a == ACT_DELIVERY || a == ACT_RETURN || a == ACT_REFUND || a == ACT_INVOICE || a == ACT_PAYMENT;
}

static status find_quotes(struct work *w)
{
    static const float SURE = 0.85f, APART = 0.1f;   /* a wrong quotation is worse than none: of two as likely, none is quoted */
    struct service_quote found[SERVICE_QUOTES_MAX];
    struct service_answer *r = w->reply;
    size_t n;
    r->n_quotes = 0;
    TRY(retrieve_passages(w->service, w->question, w->n, &r->intent, w->arena, found, SERVICE_QUOTES_MAX, &n));
    bool close = n > 1 && found[0].confidence < SURE && found[0].confidence - found[1].confidence < APART;
    if (close) tried(w, "two passages are as likely");
    for (size_t i = 0; i < n && !close; i++) {
        bool good;
        const char *note = arena_printf(w->arena, "%s#%s (%.2f)", found[i].document, found[i].anchor, (double)found[i].confidence);
        if (!note) return fail_nomem("answering");
        tried(w, note);
        /* a second passage only when it is about as good as the first */
        if (found[i].confidence < service_threshold() || (i && found[i].confidence < 0.9f * found[0].confidence + 0.08f)) continue;
        TRY(may_leave(w->service, found[i].text, &good));
        if (good) r->quotes[r->n_quotes++] = found[i];
        else tried(w, "withheld by moderation");
    }
    if (!n) tried(w, "no passage found");
    return OK;
}

static status look_up(struct work *w, bool *answered)
{
    struct service_answer *r = w->reply;
    bool good;
    *answered = true;
    status s = order_lookup(&w->service->o.hook, w->order_id, w->turn ? w->turn->user : NULL, w->arena, &r->order);
    if (s == ERR_NOMEM) return s;
    if (s != OK) {
        const char *reason = arena_printf(w->arena, "order look-up failed: %s", status_message());
        tried(w, "order look-up");
        return reason ? hand_over(w, reason) : fail_nomem("answering");
    }
    if (!r->order.found) {
        tried(w, "order look-up: not found");
        return hand_over(w, "order not found");
    }
    r->kind = SERVICE_ORDER;
    r->n_quotes = 0;
    TRY(word_order(r, w->order_id, w->arena));
    TRY(may_leave(w->service, r->text, &good));
    if (good) return OK;
    tried(w, "order look-up: withheld by moderation");
    return hand_over(w, "order look-up failed: its text may not be shown");
}

static status answer_quotes(struct work *w)
{
    w->reply->kind = SERVICE_ANSWER;
    return word_answer(w->reply, w->arena);
}

static status plain(struct work *w, enum service_kind kind)
{
    w->reply->kind = kind;
    return word_plain(w->reply, w->arena);
}

static status decide(struct work *w)
{
    struct service_answer *r = w->reply;
    const struct intent *i = &r->intent;
    bool hook = w->service->o.hook.program != NULL, answered;
    if (hook && w->order_id && (may_be_an_order(r) || about_an_order(r) || !i->sure)) return look_up(w, &answered);
    if (!hook && order_number(w->question, w->n, w->arena) && may_be_an_order(r)) return hand_over(w, "no order look-up");
    if (i->sure && i->act == ACT_CHAT) return plain(w, SERVICE_CHAT);
    if (hook && !w->order_id && about_an_order(r) && i->sure) return plain(w, SERVICE_ASK_ORDER);
    TRY(find_quotes(w));
    if (i->sure && i->act == ACT_HUMAN) return hand_over(w, "asked for a person");
    if (r->n_quotes) return answer_quotes(w);
    if (i->sure && i->act == ACT_COMPLAINT) return hand_over(w, "complaint");
    return hand_over(w, i->sure ? "no document answers" : "not sure what is asked");
}

status service_answer(struct service *s, const char *question, size_t n, const struct service_turn *turn, struct arena *a, struct service_answer *out)
{
    struct work w = {.service = s, .reply = out, .question = question, .n = n < INTENT_TEXT_MAX ? n : INTENT_TEXT_MAX, .turn = turn, .arena = a};
    *out = (struct service_answer){.language = text_language(question, w.n), .order = {.text = "", .status = ""}};
    w.order_id = order_number(question, w.n, a);
    if (!w.order_id && turn) w.order_id = turn->order_id;
    TRY(intents_classify(s->o.intents, question, w.n, &out->intent));
    status result = decide(&w);
    strbuf_release(&w.tried);
    return result;
}
