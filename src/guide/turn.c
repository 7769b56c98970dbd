/* One turn: the utterance is read, each of its parts is answered, the state moves on. */
#include "question_int.h"
#include "read_int.h"
#include "turn_int.h"

#include <string.h>

/* ---- what parts share ---- */

status turn_stage(struct turn *t, const char *name)
{
    return progress_report(t->g->options.progress, name, 0, 0, NULL) ? OK : fail_interrupted("answering");
}

status turn_product(struct turn *t, const char *id, struct product *out)
{
    return catalogue_get(t->g->options.catalogue, id, &t->r->arena, out);
}

size_t turn_references(const struct turn *t, const struct utterance_part *part, const char **ids, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < part->n_references && n < max; i++) ids[n++] = part->references[i];
    if (n || part->reference_failed) return n;
    const struct dialogue *d = t->d;
    size_t first = d->n_shown;
    while (first > 0 && d->shown[first - 1].turn == d->shown[d->n_shown - 1].turn) first--;
    for (size_t i = first; i < d->n_shown && n < max; i++) ids[n++] = d->shown[i].id;
    return n;
}

void shown_add(struct dialogue *d, const char *id, uint32_t topic)
{
    if (d->n_shown == SHOWN_MAX) memmove(d->shown, d->shown + 1, --d->n_shown * sizeof *d->shown);
    const char *copy = arena_strdup(&d->arena, id);
    if (copy) d->shown[d->n_shown++] = (struct shown){copy, d->turn, topic};
}

/* ---- questions ---- */

static enum phrase question_phrase(const char *field)
{
    static const struct { const char *field; enum phrase phrase; } asks[] = {
        {"colour", PHRASE_ASK_COLOUR}, {"material", PHRASE_ASK_MATERIAL}, {"size", PHRASE_ASK_SIZE}, {"brand", PHRASE_ASK_BRAND},
        {"audience", PHRASE_ASK_AUDIENCE}, {"category", PHRASE_ASK_CATEGORY}, {"price", PHRASE_ASK_PRICE}, {"name", PHRASE_ASK_NAME}, {"attribute:title", PHRASE_ASK_TITLE},
    };
    if (field_is_words(field)) return PHRASE_ASK_NAME;
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++)
        if (strcmp(asks[i].field, field) == 0) return asks[i].phrase;
    return PHRASE_ASK_ATTRIBUTE;
}

/* "黑色（12 件）、白色（8 件）和红色（3 件）", "black (12), white (8) or red (3)" */
static const char *choice_list(struct turn *t, const struct question *q)
{
    struct strbuf b = {0};
    bool zh = in_chinese(t);
    for (size_t i = 0; i < q->n_choices; i++) {
        if (i) strbuf_puts(&b, i + 1 < q->n_choices ? (zh ? "、" : ", ") : zh ? "和" : " or ");
        strbuf_puts(&b, q->choices[i].label);
        if (q->choices[i].count) strbuf_printf(&b, zh ? "（%u 件）" : " (%u)", q->choices[i].count);
    }
    const char *text = arena_strndup(&t->r->arena, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return text ? text : "";
}

static bool asked_before(const struct topic *topic, const char *field)
{
    for (size_t i = 0; i < topic->n_asked; i++)
        if (strcmp(topic->asked[i], field) == 0) return true;
    return false;
}

static void note_asked(struct dialogue *d, const struct question *q, const char *field)
{
    struct topic *topic = q->topic < d->n_topics ? &d->topics[q->topic] : NULL;
    if (topic && field && !asked_before(topic, field) && topic->n_asked < ASKED_MAX) topic->asked[topic->n_asked++] = field;
}

/* Whatever the shopper said after it, a question is put once. Of two put at once the one that was passed over may be put again, by itself. */
static status close_questions(struct turn *t)
{
    struct dialogue *d = t->d;
    struct question *q[] = {&d->open, &d->also};
    bool answered[] = {t->answered.open || !t->answered.also, t->answered.also};
    for (size_t i = 0; i < 2; i++) {
        if (q[i]->field && *q[i]->field) note_asked(d, q[i], answered[i] ? q[i]->field : arena_printf(&d->arena, "+%s", q[i]->field));
        *q[i] = (struct question){.field = ""};
    }
    return OK;
}

static status keep_question(struct dialogue *d, struct question *open, const struct question *q)
{
    *open = (struct question){.field = arena_strdup(&d->arena, q->field), .topic = q->topic, .n_choices = q->n_choices};
    bool ok = open->field != NULL;
    for (size_t i = 0; i < q->n_choices; i++) {
        open->choices[i] = (struct choice){arena_strdup(&d->arena, q->choices[i].label), arena_strdup(&d->arena, q->choices[i].value), q->choices[i].count};
        ok = ok && open->choices[i].label && open->choices[i].value;
    }
    return ok ? OK : fail_nomem("keeping a question");
}

static const char *question_words(struct turn *t, const struct question *q)
{
    static const char attribute[] = "attribute:";
    const char *name = strncmp(q->field, attribute, sizeof attribute - 1) == 0 ? q->field + sizeof attribute - 1 : q->field;
    return phrase(t, question_phrase(q->field), HOLES({"name", name}));
}

static status say_choices(struct turn *t, const struct question *q, const char *sentence)
{
    for (size_t i = 0; i < q->n_choices; i++) claim(t, sentence, q->choices[i].label, "", q->field);
    return say(t, sentence);
}

status turn_ask(struct turn *t, const struct question *q, const struct question *also)
{
    t->r->question = *q;
    t->r->also = *also;
    act(t, GUIDE_ASK);
    TRY(close_questions(t));
    TRY(keep_question(t->d, &t->d->open, q));
    TRY(keep_question(t->d, &t->d->also, also));
    TRY(say(t, question_words(t, q)));
    TRY(say_choices(t, q, phrase(t, PHRASE_CHOICES, HOLES({"list", choice_list(t, q)}))));
    if (!*also->field) return OK;
    return say_choices(t, also, phrase(t, PHRASE_ALSO, HOLES({"ask", question_words(t, also)}, {"list", choice_list(t, also)})));
}

/* ---- handing over ---- */

/* What a person at the shop needs to go on: the needs, what was shown and what is in the cart. */
static const char *summary(struct turn *t, const char *reason)
{
    struct strbuf b = {0};
    bool zh = in_chinese(t);
    strbuf_puts(&b, reason);
    for (size_t i = 0; i < t->d->n_topics; i++) {
        const char *words = topic_words(t, &t->d->topics[i]);
        if (*words) strbuf_printf(&b, "%s%s%s", b.len ? (zh ? "；" : "; ") : "", zh ? "想要：" : "wants: ", words);
    }
    if (t->d->focus) strbuf_printf(&b, "%s%s%s", b.len ? (zh ? "；" : "; ") : "", zh ? "在看：" : "looking at: ", t->d->focus);
    if (t->d->n_cart) strbuf_printf(&b, zh ? "%s购物车 %zu 种" : "%s%zu in the cart", b.len ? (zh ? "；" : "; ") : "", t->d->n_cart);
    strbuf_puts(&b, zh ? "。" : ".");
    const char *text = arena_strndup(&t->r->arena, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return text ? text : "";
}

status turn_hand_over(struct turn *t, const char *reason)
{
    act(t, GUIDE_HAND_OVER);
    t->d->handed_over = true;
    return say_phrase(t, PHRASE_HAND_OVER, HOLES({"summary", summary(t, reason)}));
}

/* ---- parts ---- */

static status leave(struct turn *t)
{
    char n[16];
    act(t, GUIDE_CLOSE);
    t->d->closed = true;
    snprintf(n, sizeof n, "%zu", t->d->n_cart);
    return say_phrase(t, t->d->n_cart ? PHRASE_LEAVE_CART : PHRASE_LEAVE, HOLES({"n", n}));
}

static status chat(struct turn *t, enum phrase p)
{
    act(t, GUIDE_CHAT);
    return say_phrase(t, p, NULL, 0);
}

/* "Are you a robot?" is answered truly. */
static bool asks_who(const struct utterance_part *part)
{
    static const char *const who[] = {"你(是谁|叫什么|是人|是机器人|是真人)", "你是*(机器人|真人|人工|ai|程序)", "(who|what) are you", "are you (a|an)? (real|robot|bot|human|ai|machine|person|program|chatgpt)", NULL};
    return part->text && phrase_any(who, (struct span){part->text, part->text + strlen(part->text)}, NULL);
}

static status start_over(struct turn *t)
{
    t->d->n_topics = t->d->current = t->d->n_shown = 0;
    t->d->focus = t->d->asked = NULL;
    t->d->open = t->d->also = (struct question){.field = ""};
    return chat(t, PHRASE_OVER);
}

static status answer_part(struct turn *t, const struct utterance *u, const struct utterance_part *part)
{
    if (part->intention == WANTS_PRODUCTS && is_service_question(t, part)) return turn_service(t, part);
    TRY(state_apply(t->g, t->d, u, part));
    switch (part->intention) {
    case WANTS_PRODUCTS: case WANTS_MORE: case WANTS_OTHERS: case SKIPS_QUESTION: return turn_products(t, part);
    case WANTS_COMPARISON: return turn_compare(t, part);
    case WANTS_FACT: return turn_fact(t, part);
    case WANTS_TO_ADD: case WANTS_TO_REMOVE: case WANTS_CART: case WANTS_TO_BUY: return turn_cart(t, part);
    case WANTS_SERVICE: return turn_service(t, part);
    case WANTS_A_PERSON: return turn_hand_over(t, "");
    case GREETS: return chat(t, PHRASE_GREET);
    case THANKS: return chat(t, PHRASE_THANKS);
    case TAKES_LEAVE: return leave(t);
    case STARTS_OVER: return start_over(t);
    case IS_ABUSIVE: return chat(t, PHRASE_ABUSE);
    case IS_OUT_OF_SCOPE: return chat(t, asks_who(part) ? PHRASE_WHO : PHRASE_SCOPE);
    case IS_EMPTY: return chat(t, PHRASE_EMPTY);
    }
    return fail(ERR_INTERNAL, "an utterance with intention %d", (int)part->intention);
}

/* A greeting before a need is not answered at length. */
static bool only_polite(const struct utterance_part *part)
{
    return part->intention == GREETS || part->intention == THANKS;
}

static bool fills_cart(const struct utterance_part *p)
{
    return p->intention == WANTS_TO_ADD || p->intention == WANTS_TO_BUY;
}

/* "第一个来两件，加入购物车": one thing said twice, of the same products or of none named. */
static bool said_before(const struct utterance *u, size_t i)
{
    const struct utterance_part *p = &u->parts[i];
    for (size_t k = 0; fills_cart(p) && k < i; k++) {
        const struct utterance_part *before = &u->parts[k];
        bool same = p->n_references <= before->n_references && p->quantity <= 1;
        for (size_t r = 0; same && r < p->n_references; r++) same = strcmp(p->references[r], before->references[r]) == 0;
        if (fills_cart(before) && same) return true;
    }
    return false;
}

static status answer_all(struct turn *t, const struct utterance *u)
{
    size_t products = 0, others = 0;
    for (size_t i = 0; i < u->n_parts; i++) {
        products += u->parts[i].intention == WANTS_PRODUCTS;
        others += !only_polite(&u->parts[i]);
    }
    t->cards_each = t->g->options.n_cards / (products > 1 ? products : 1);
    if (t->cards_each < 2) t->cards_each = 2;
    for (size_t i = 0; i < u->n_parts; i++) {
        if ((others && only_polite(&u->parts[i])) || said_before(u, i)) continue;
        if (i) TRY(say_break(t));
        TRY(answer_part(t, u, &u->parts[i]));
    }
    return OK;
}

/* ---- the whole ---- */

static void why_utterance(struct turn *t, const struct utterance *u)
{
    json_t *parts = json_array();
    for (size_t i = 0; i < u->n_parts; i++) {
        const struct utterance_part *p = &u->parts[i];
        json_t *references = json_array(), *changes = json_array();
        static const char *const kinds[] = {"add", "replace", "remove", "relax"};
        for (size_t k = 0; k < p->n_references; k++) json_array_append_new(references, json_string(p->references[k]));
        for (size_t k = 0; k < p->n_changes; k++)
            json_array_append_new(changes, json_pack("{s:s, s:s, s:s, s:b}", "change", kinds[p->changes[k].what], "field", p->changes[k].wish.field ? p->changes[k].wish.field : "", "said",
                                                     p->changes[k].wish.said ? p->changes[k].wish.said : "", "not", p->changes[k].wish.negated));
        json_array_append_new(parts, json_pack("{s:s, s:s, s:o, s:o}", "intention", intention_name(p->intention), "text", p->text ? p->text : "", "references", references,
                                               "changes", changes));
    }
    json_object_set_new(t->r->why, "understood", parts);
}

static status take_turn(struct turn *t, const char *text, size_t n)
{
    struct utterance u = {0};
    uint64_t start = clock_ns();
    TRY(turn_stage(t, "read"));
    TRY(turn_read(t->g, t->d, text, n, &t->r->arena, &u));
    t->d->language = u.language;
    why_utterance(t, &u);
    uint64_t read = clock_ns();
    t->answered = u.answered;
    struct question before = t->d->open;
    if (t->cut) TRY(say_phrase(t, PHRASE_CUT, NULL, 0));
    TRY(answer_all(t, &u));
    if (t->d->open.field == before.field) TRY(close_questions(t));   /* no new one was put */
    if (!t->text.len) TRY(say_phrase(t, PHRASE_BLOCKED, NULL, 0));
    json_object_set_new(t->r->why, "times_ms", json_pack("{s:f, s:f}", "read", (double)(read - start) * 1e-6, "all", (double)(clock_ns() - start) * 1e-6));
    return OK;
}

static status finish(struct turn *t)
{
    struct reply *r = t->r;
    while (t->text.len && t->text.data[t->text.len - 1] == '\n') t->text.data[--t->text.len] = 0;
    r->text = arena_strndup(&r->arena, strbuf_str(&t->text), t->text.len);
    r->claims = arena_alloc(&r->arena, (t->n_claims + 1) * sizeof *r->claims);
    if (!r->text || !r->claims || t->text.failed) return fail_nomem("finishing a turn");
    memcpy(r->claims, t->claims, t->n_claims * sizeof *r->claims);
    r->n_claims = t->n_claims;
    return OK;
}

status guide_turn(struct guide *g, struct dialogue *d, const char *text, size_t n, struct reply *out, const struct token_sink *sink)
{
    struct dialogue next;
    *out = (struct reply){.question.field = "", .also.field = "", .text = ""};
    arena_init(&out->arena, 0);
    TRY(dialogue_copy(d, &next));
    struct turn t = {.g = g, .d = &next, .r = out, .sink = sink, .cut = n > UTTERANCE_BYTES_MAX};
    next.turn++;
    next.closed = false;
    out->why = json_object();
    if (t.cut) {
        n = UTTERANCE_BYTES_MAX;
        while (n && (text[n] & 0xC0) == 0x80) n--;
    }
    status s = out->why ? take_turn(&t, text, n) : fail_nomem("taking a turn");
    if (s == OK && g->options.endpoint) {
        s = turn_reword(&t);
        if (s == OK && sink && sink->token) sink->token(sink->context, strbuf_str(&t.text), t.text.len);
    }
    if (s == OK) s = finish(&t);
    strbuf_release(&t.text);
    if (s != OK) {
        dialogue_release(&next);
        reply_release(out);
        return s;
    }
    dialogue_release(d);
    *d = next;
    return OK;
}
