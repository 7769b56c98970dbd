/* Products for a need: match within the topic's wishes, show the best, say so, and ask what would narrow it most. */
#include "turn_int.h"

#include <string.h>


enum { RERANK = 16 };   /* a shopper waits: the screen shows five */

static const char *number(struct turn *t, uint64_t n)
{
    const char *text = arena_printf(&t->r->arena, "%llu", (unsigned long long)n);
    return text ? text : "";
}

/* ---- cards ---- */

static bool listed(const char *const *ids, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(ids[i], id) == 0) return true;
    return false;
}

/* A title that moderation blocks must not be shown on a card either. */
static bool may_be_shown(struct turn *t, const struct product *p)
{
    enum moderation_verdict verdict = MODERATION_PASS;
    size_t hits;
    const char *title = title_of(t, p);
    if (!t->g->options.moderator) return true;
    return moderator_check(t->g->options.moderator, title, strlen(title), &verdict, NULL, 0, &hits) == OK && verdict != MODERATION_BLOCK;
}

static status price_card(struct turn *t, struct card *c)
{
    struct cart_result r;
    c->promoted_price = c->product.price;
    if (c->product.price < 0 || !t->g->options.n_promotions) return OK;
    TRY(turn_price(t, &c->product, &r));
    c->promoted_price = r.total_minor;
    if (r.total_minor < c->product.price && r.n_uses) c->promotion = in_chinese(t) ? r.uses[0].text_zh : r.uses[0].text_en;
    return OK;
}

static status copy_card(struct turn *t, const struct match_result *from, struct card *to)
{
    *to = (struct card){.number = (uint32_t)t->r->n_cards + 1, .score = from->score};
    TRY(turn_product(t, from->key_id, &to->product));
    TRY(price_card(t, to));
    const char **reasons = arena_alloc(&t->r->arena, (from->n_reasons + 1) * sizeof *reasons);
    if (!reasons) return fail_nomem("making a card");
    for (size_t i = 0; i < from->n_reasons; i++) reasons[to->n_reasons++] = arena_strdup(&t->r->arena, from->reasons[i]);
    to->reasons = reasons;
    return OK;
}

/* Who answers a question has not chosen any of the products shown with it: those that he has not seen come first. */
static bool is_answer(const struct utterance_part *part)
{
    for (size_t i = 0; i < part->n_changes; i++)
        if (part->changes[i].wish.provenance == FROM_ANSWER) return true;
    return false;
}

static bool wants_more(const struct utterance_part *part)
{
    return part->intention == WANTS_MORE || part->intention == WANTS_OTHERS || part->intention == SKIPS_QUESTION;
}

/* What is left is shown whole where it is not much more than a screen; more is seen by who asks for more, and when all questions are answered. */
static size_t screen_size(const struct turn *t, const struct utterance_part *part, const struct topic *topic, const struct matches *m, bool asks)
{
    const struct guide_options *o = &t->g->options;
    bool more = part->intention == WANTS_MORE || part->intention == WANTS_OTHERS, answered = !asks && (topic->n_asked || is_answer(part));
    bool large = t->cards_each == o->n_cards && (m->n_fitting <= o->n_cards_more || more || answered);
    return large && o->n_cards_more > t->cards_each ? o->n_cards_more : t->cards_each;
}

static status add_cards(struct turn *t, const struct matches *m, size_t screen, size_t *added)
{
    struct reply *r = t->r;
    *added = 0;
    if (!r->cards) r->cards = arena_zalloc(&r->arena, CARDS_MAX, sizeof *r->cards);
    if (!r->cards) return fail_nomem("making cards");
    for (size_t i = 0; i < m->n && *added < screen && r->n_cards < CARDS_MAX; i++) {
        if (!may_be_shown(t, &m->results[i].product)) continue;
        TRY(copy_card(t, &m->results[i], &r->cards[r->n_cards]));
        shown_add(t->d, r->cards[r->n_cards].product.id, (uint32_t)t->d->current);
        r->n_cards++;
        ++*added;
    }
    if (*added) t->d->focus = arena_strdup(&t->d->arena, r->cards[r->n_cards - *added].product.id);
    return OK;
}

/* ---- text ---- */

static status say_saving(struct turn *t, const struct product *p)
{
    if (p->price < 0 || p->list_price <= p->price) return OK;
    const char *list = money_text(t, p->list_price, p->currency), *saved = money_text(t, p->list_price - p->price, p->currency);
    const char *sentence = phrase(t, PHRASE_SAVES, HOLES({"list", list}, {"saved", saved}));
    claim(t, sentence, list, p->id, "list_price");
    claim(t, sentence, saved, p->id, "list_price - price");
    return say(t, sentence);
}

static status say_best(struct turn *t, const struct card *best, bool only)
{
    const struct product *p = &best->product;
    const char *title = title_of(t, p), *price = money_text(t, p->price, p->currency);
    const char *sentence = phrase(t, !*price ? PHRASE_UNPRICED : only ? PHRASE_ONLY : PHRASE_BEST, HOLES({"title", title}, {"price", price}));
    claim(t, sentence, title, p->id, "title");
    if (p->price >= 0) claim(t, sentence, price, p->id, "price");
    TRY(say(t, sentence));
    return say_saving(t, p);
}

static status say_superlative(struct turn *t, const struct topic *topic, const struct card *best)
{
    static const enum phrase phrases[] = {[ORDER_FIT] = PHRASE_BEST, [ORDER_CHEAPEST] = PHRASE_CHEAPEST, [ORDER_DEAREST] = PHRASE_DEAREST, [ORDER_RATING] = PHRASE_RATED, [ORDER_POPULAR] = PHRASE_POPULAR};
    static const char *const fields[] = {[ORDER_FIT] = "title", [ORDER_CHEAPEST] = "price", [ORDER_DEAREST] = "price", [ORDER_RATING] = "rating", [ORDER_POPULAR] = "rating_count"};
    const struct product *p = &best->product;
    bool rated = topic->order == ORDER_RATING || topic->order == ORDER_POPULAR;
    if (rated && p->rating <= 0 && p->rating_count <= 0) return say_phrase(t, PHRASE_NO_RATING, NULL, 0);
    const char *title = title_of(t, p), *price = money_text(t, p->price, p->currency), *rating = arena_printf(&t->r->arena, "%.3g", p->rating), *count = number(t, (uint64_t)p->rating_count);
    const char *sentence = phrase(t, phrases[topic->order], HOLES({"need", topic_words(t, topic)}, {"title", title}, {"price", price}, {"rating", rating ? rating : ""}, {"count", count}));
    claim(t, sentence, title, p->id, "title");
    claim(t, sentence, topic->order == ORDER_RATING ? rating : topic->order == ORDER_POPULAR ? count : price, p->id, fields[topic->order]);
    return say(t, sentence);
}

/* None of this turn's cards was shown before. */
static bool all_new(const struct turn *t, size_t first)
{
    for (size_t i = first; i < t->r->n_cards; i++) {
        size_t times = 0;
        for (size_t k = 0; k < t->d->n_shown; k++) times += strcmp(t->d->shown[k].id, t->r->cards[i].product.id) == 0;
        if (times > 1) return false;
    }
    return true;
}

/* Products of the topic stood on the screen before this turn: what is counted now are the others. */
static bool others_were_shown(const struct turn *t)
{
    for (size_t i = 0; i < t->d->n_shown; i++)
        if (t->d->shown[i].topic == t->d->current && t->d->shown[i].turn < t->d->turn) return true;
    return false;
}

/* How much there is, then the best of it. */
static status say_found(struct turn *t, const struct topic *topic, const struct utterance_part *part, size_t first, size_t added, bool asks)
{
    const struct card *best = &t->r->cards[first];
    uint32_t n = t->r->n_fitting;
    if (topic->order != ORDER_FIT) return say_superlative(t, topic, best);
    const char *sentence;
    if (part->intention == WANTS_MORE || part->intention == WANTS_OTHERS || (part->intention == SKIPS_QUESTION && others_were_shown(t))) {
        sentence = phrase(t, PHRASE_MORE, NULL, 0);
    } else {
        sentence = phrase(t, n <= 1 ? PHRASE_FOUND_ONE : n <= added ? PHRASE_FOUND_FEW : is_answer(part) && all_new(t, first) ? PHRASE_FOUND_UNSEEN : PHRASE_FOUND_MANY,
                          HOLES({"need", topic_words(t, topic)}, {"n", number(t, n)}, {"k", number(t, added)}));
        if (n > 1) claim(t, sentence, number(t, n), "", "search");
    }
    TRY(say(t, sentence));
    if (asks) return OK;
    TRY(say_best(t, best, n <= 1 && added == 1));
    return say_about(t, topic, &best->product);
}

/* ---- nothing fits ---- */

static status say_relaxations(struct turn *t, const struct topic *topic, const struct matches *m)
{
    act(t, GUIDE_ANSWER);
    TRY(say_phrase(t, topic->n_wishes ? PHRASE_NOTHING : PHRASE_NOT_SOLD, HOLES({"need", topic_words(t, topic)})));
    for (size_t i = 0; i < m->n_relaxations && i < 3; i++) {
        const struct relaxation *x = &m->relaxations[i];
        const char *sentence = arena_strdup(&t->r->arena, x->sentence);
        claim(t, sentence, arena_strdup(&t->r->arena, x->best_id), arena_strdup(&t->r->arena, x->best_id), "title, price");
        TRY(say(t, sentence));
    }
    return OK;
}

/* ---- the whole ---- */

static void why_match(struct turn *t, const struct topic *topic, const struct matches *m, json_t *gains)
{
    json_t *results = json_array(), *stages = json_object_get(t->r->why, "needs");
    for (size_t i = 0; i < m->n && i < CARDS_MAX; i++) {
        json_t *scores = json_object();
        for (enum feature f = 0; f < FEATURES; f++) json_object_set_new(scores, feature_name(f), json_real((double)m->results[i].features[f]));
        json_array_append_new(results, json_pack("{s:s, s:f, s:o}", "id", m->results[i].key_id, "score", (double)m->results[i].score, "scores", scores));
    }
    if (!stages) json_object_set_new(t->r->why, "needs", stages = json_array());
    json_array_append_new(stages, json_pack("{s:s, s:i, s:o, s:o, s:{s:f, s:f, s:f}}", "need", topic->text, "fitting", (int)m->n_fitting, "best", results, "questions", gains ? gains : json_array(), "times_ms",
                                            "retrieve", (double)m->times.retrieve_ns * 1e-6, "rerank", (double)m->times.rerank_ns * 1e-6, "explain", (double)m->times.explain_ns * 1e-6));
}

/* What has been seen of this topic, for "more"; what was rejected, always. */
static size_t seen(const struct turn *t, const struct topic *topic, bool more, const char **ids, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < topic->n_rejected && n < max; i++) ids[n++] = topic->rejected[i];
    for (size_t i = 0; more && i < t->d->n_shown && n < max; i++)
        if (t->d->shown[i].topic == t->d->current && !listed(ids, n, t->d->shown[i].id)) ids[n++] = t->d->shown[i].id;
    return n;
}

static status show(struct turn *t, const struct utterance_part *part, const struct topic *topic, struct matches *m)
{
    size_t first = t->r->n_cards, added;
    bool more = wants_more(part);
    struct question question = {.field = ""}, also = {.field = ""};
    json_t *gains = NULL;
    t->r->n_fitting = (uint32_t)m->n_fitting;
    TRY(turn_stage(t, "ask"));
    if (m->n && topic->order == ORDER_FIT && !(t->topics_shown > 1)) TRY(question_choose(t->g, t->d, topic, m, &t->answered, &t->r->arena, &question, &also, &gains));
    TRY(add_cards(t, m, screen_size(t, part, topic, m, *question.field != 0), &added));
    if (!added) question.field = "";
    why_match(t, topic, m, gains);
    if (!added && more) return say_phrase(t, PHRASE_NOTHING_MORE, NULL, 0);
    if (!added) return say_relaxations(t, topic, m);
    act(t, GUIDE_RECOMMEND);
    TRY(say_found(t, topic, part, first, added, *question.field != 0));
    return *question.field ? turn_ask(t, &question, &also) : OK;
}

/* "小米的有吗" of headphones: words that were added, and that nothing which fits has. Said, and not looked for any longer; true in *out. */
static status say_unmet(struct turn *t, const struct utterance_part *part, struct topic *topic, const struct matches *m, bool *out)
{
    size_t n = part->text ? strlen(part->text) : 0, whole = strlen(topic->text);
    bool added = n && whole > n + 1 && strcmp(topic->text + whole - n, part->text) == 0 && !part->new_topic && !part->back_to_topic && !part->replaces_text;
    *out = false;
    if (part->intention != WANTS_PRODUCTS || !added || !m->n_fitting) return OK;
    TRY(matcher_lacks(t->g->options.matcher, part->text, n, m->fitting, m->n_fitting, out));
    if (!*out) return OK;
    const char *shorter = arena_strndup(&t->d->arena, topic->text, whole - n - 1);
    if (!shorter) return fail_nomem("changing a dialogue's state");
    topic->text = shorter;
    return say_phrase(t, PHRASE_UNMET, HOLES({"words", part->text}));
}

static status match_topic(struct turn *t, const struct utterance_part *part, struct topic *topic)
{
    const char *ids[2 * SHOWN_MAX], *shown[2 * SHOWN_MAX];
    struct need need;
    struct matches m;
    struct match_options o;
    match_options_default(&o);
    o.top_k = (t->cards_each < t->g->options.n_cards_more ? t->g->options.n_cards_more : t->cards_each) + 2;   /* some to spare for titles that may not be shown */
    o.order = topic->order;
    o.rerank = RERANK;
    o.fitting = true;
    o.excluded = ids;
    o.n_excluded = seen(t, topic, wants_more(part), ids, sizeof ids / sizeof ids[0]);
    o.seen = shown;
    o.n_seen = is_answer(part) ? seen(t, topic, true, shown, sizeof shown / sizeof shown[0]) : 0;
    TRY(turn_stage(t, "match"));
    TRY(topic_need(t->g, t->d, topic, &need));
    TRY(matcher_match_need(t->g->options.matcher, &need, &o, &m));
    bool unmet;
    status s = say_unmet(t, part, topic, &m, &unmet);
    if (s == OK && unmet) {
        matches_release(&m);
        TRY(topic_need(t->g, t->d, topic, &need));
        TRY(matcher_match_need(t->g->options.matcher, &need, &o, &m));
    }
    if (s == OK) s = show(t, part, topic, &m);
    matches_release(&m);
    return s;
}

status turn_products(struct turn *t, const struct utterance_part *part)
{
    if (part->intention == SKIPS_QUESTION) TRY(say_phrase(t, PHRASE_SKIPPED, NULL, 0));
    if (part->intention == WANTS_OTHERS) TRY(say_phrase(t, PHRASE_OTHERS, NULL, 0));
    struct topic *topic = t->d->n_topics ? &t->d->topics[t->d->current] : NULL;
    if (topic && *topic->text) profile_apply(t->d, topic);
    if (!topic || (!*topic->text && !topic->n_wishes)) {
        act(t, GUIDE_ASK);
        return say_phrase(t, PHRASE_TOPIC_NEEDED, NULL, 0);
    }
    t->topics_shown++;
    return match_topic(t, part, topic);
}
