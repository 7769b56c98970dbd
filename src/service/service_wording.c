/* The fixed sentences around what is quoted, in both languages. Everything a shopper reads that is not a quotation stands here. */
#include "service_int.h"

#include <string.h>

static status finish(struct strbuf *b, struct arena *a, const char **out)
{
    *out = b->failed ? NULL : arena_strndup(a, strbuf_str(b), b->len);
    strbuf_release(b);
    return *out ? OK : fail_nomem("wording an answer");
}

static bool english(const struct service_answer *r)
{
    return r->language == LANGUAGE_EN;
}

/* ---- answers ---- */

static void put_quote(struct strbuf *b, const struct service_quote *q, bool en)
{
    strbuf_puts(b, q->text);
    if (strcmp(q->title, q->heading) == 0) strbuf_printf(b, en ? "\n— %s (%s#%s)\n" : "\n——《%s》（%s#%s）\n", q->title, q->document, q->anchor);
    else strbuf_printf(b, en ? "\n— %s, \"%s\" (%s#%s)\n" : "\n——《%s》“%s”（%s#%s）\n", q->title, q->heading, q->document, q->anchor);
}

status word_answer(struct service_answer *r, struct arena *a)
{
    struct strbuf b = {0};
    for (size_t i = 0; i < r->n_quotes; i++) {
        if (i) strbuf_putc(&b, '\n');
        put_quote(&b, &r->quotes[i], english(r));
    }
    return finish(&b, a, &r->text);
}

status word_order(struct service_answer *r, const char *order_id, struct arena *a)
{
    struct strbuf b = {0};
    const struct order_reply *o = &r->order;
    strbuf_printf(&b, english(r) ? "The shop's system says about order %s:\n" : "店铺系统关于订单 %s 的记录：\n", order_id);
    if (*o->status) strbuf_printf(&b, english(r) ? "Status: %s\n" : "状态：%s\n", o->status);
    if (*o->text) strbuf_printf(&b, "%s\n", o->text);
    for (size_t i = 0; i < o->n_details; i++) strbuf_printf(&b, english(r) ? "%s: %s\n" : "%s：%s\n", o->details[i].name, o->details[i].value);
    for (size_t i = 0; i < r->n_quotes; i++) {
        strbuf_putc(&b, '\n');
        put_quote(&b, &r->quotes[i], english(r));
    }
    return finish(&b, a, &r->text);
}

/* ---- without quotations ---- */

static const char *const reasons_zh[][2] = {
    {"no document answers", "店铺说明没有答案"}, {"not sure what is asked", "没有把握听懂问题"}, {"asked for a person", "顾客要求人工"}, {"complaint", "投诉"},
    {"order not found", "没有找到订单"}, {"no order look-up", "没有接入订单查询"},
};

static const char *reason_in(const struct service_answer *r)
{
    for (size_t i = 0; i < sizeof reasons_zh / sizeof reasons_zh[0] && !english(r); i++)
        if (strcmp(reasons_zh[i][0], r->handover.reason) == 0) return reasons_zh[i][1];
    return r->handover.reason;
}

static const char *chat_reply(const struct service_answer *r)
{
    const char *label = r->intent.n_top ? r->intent.top[0].label : "";
    static const struct { const char *label, *reply; } replies[] = {
        {"thanks", "You are welcome."},
        {"goodbye", "Thank you for your visit. Goodbye!"},
        {"agreement", "All right. Just ask if you need anything else."},
        {"买家打招呼", "您好！有什么可以帮您？可以说说想买什么，也可以问配送、退换货、发票等问题。"},
        {"买家表示麻烦卖家，表达感谢", "不客气，很高兴能帮到您。"},
        {"买家发送结束语", "感谢光临，再见。"},
        {"买家表达赞美/满意", "谢谢您的认可。"},
        {"买家向商家表达不好意思", "没关系。"},
        {"买家表示有疑问/不理解", "抱歉没有说清楚。您想了解哪一点？换个说法再问一次，我会再查店铺的说明。"},
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++)
        if (strcmp(replies[i].label, label) == 0) return replies[i].reply;
    return english(r) ? "Hello! How can I help? Tell me what you are looking for, or ask about delivery, returns or invoices." : "好的。有需要随时告诉我。";
}

status word_plain(struct service_answer *r, struct arena *a)
{
    struct strbuf b = {0};
    if (r->kind == SERVICE_CHAT) strbuf_puts(&b, chat_reply(r));
    else strbuf_puts(&b, english(r) ? "Which order is it? Please tell me the order number and I will look it up." : "请告诉我订单号，我来查询。");
    return finish(&b, a, &r->text);
}

/* ---- to a person ---- */

/* By enum order of the reasons that service.c gives. */
static const char *apology(const struct service_answer *r)
{
    bool en = english(r);
    const char *reason = r->handover.reason;
    if (strncmp(reason, "order look-up failed", 20) == 0)
        return en ? "Sorry, I cannot look up orders right now." : "抱歉，暂时查不到订单信息。";
    if (strcmp(reason, "order not found") == 0)
        return en ? "Sorry, the shop's system has no order with that number. Please check it." : "抱歉，店铺系统里没有找到这个订单号，请核对一下。";
    if (strcmp(reason, "no order look-up") == 0) return en ? "I cannot look into orders myself." : "我这里查不到订单信息。";
    if (strcmp(reason, "asked for a person") == 0) return en ? "Of course." : "好的。";
    if (strcmp(reason, "complaint") == 0) return en ? "I am sorry about that." : "非常抱歉给您带来不好的体验。";
    if (strcmp(reason, "not sure what is asked") == 0)
        return en ? "Sorry, I am not sure I understood that." : "抱歉，我没有把握听懂您的问题。";
    return en ? "Sorry, the shop's documents do not answer that." : "抱歉，店铺的说明里没有这个问题的答案。";
}

static status word_summary(struct service_answer *r, struct arena *a)
{
    struct strbuf b = {0};
    struct service_handover *h = &r->handover;
    const char *label = r->intent.n_top ? r->intent.top[0].label : "-";
    bool en = english(r);
    strbuf_printf(&b, en ? "Question: %s\n" : "顾客的问题：%s\n", h->question);
    strbuf_printf(&b, en ? "About: %s (%s, %.0f%%)\n" : "意图：%s（%s，%.0f%%）\n", act_phrase(r->intent.act, r->language), label, 100 * (double)r->intent.act_confidence);
    if (*h->order_id) strbuf_printf(&b, en ? "Order: %s\n" : "订单号：%s\n", h->order_id);
    strbuf_printf(&b, en ? "Tried: %s\n" : "已尝试：%s\n", h->tried);
    strbuf_printf(&b, en ? "Reason: %s" : "转接原因：%s", reason_in(r));
    return finish(&b, a, &h->summary);
}

status word_handover(struct service_answer *r, struct arena *a)
{
    struct strbuf b = {0};
    TRY(word_summary(r, a));
    strbuf_printf(&b, english(r) ? "%s I am passing you on to a colleague, with what you asked." : "%s已为您转接人工客服，您的问题会一并转达。", apology(r));
    return finish(&b, a, &r->text);
}
