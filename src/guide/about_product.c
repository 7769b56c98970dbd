/* A few sentences about the product that fits best. The shop's own description reads better than anything made of attributes, and is true
 * by the catalogue: those of its sentences that speak to the need are quoted, in their order. Without a description the writer's text
 * stands in, checked claim by claim. */
#include "turn_int.h"

#include <string.h>

enum { SENTENCES_MAX = 12, QUOTED_MAX = 2, QUOTED_BYTES_MAX = 400 };
struct sentences {
    struct text_span items[SENTENCES_MAX];
    float worth[SENTENCES_MAX];
    bool chosen[SENTENCES_MAX];
    size_t n;
};

/* ---- cutting ---- */

const char *sentence_end(const char *s)
{
    static const char *const ends[] = {"。", "！", "？"};
    for (; *s; s++) {
        if ((*s == '.' || *s == '!' || *s == '?') && (s[1] == ' ' || !s[1])) return s + 1;
        if (*s == '\n') return s + 1;
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
            if (strncmp(s, ends[i], 3) == 0) return s + 3;
    }
    return s;
}

static void cut(const char *text, struct sentences *out)
{
    for (const char *s = text; *s && out->n < SENTENCES_MAX;) {
        const char *end = sentence_end(s), *last = end;
        while (last > s && (last[-1] == ' ' || last[-1] == '\n')) last--;
        if (last - s > 3) out->items[out->n++] = (struct text_span){s, (size_t)(last - s)};
        for (s = end; *s == ' ' || *s == '\n';) s++;
    }
}

/* ---- choosing ---- */

/* How well each sentence fits the need, as the match head reads it; without a model the first ones, which say what the thing is. */
static status weigh(struct turn *t, const struct topic *topic, struct sentences *x)
{
    struct session *session = t->g->options.session;
    const char *words = topic_words(t, topic);
    for (size_t i = 0; i < x->n; i++) x->worth[i] = 1 / (float)(1 + i);
    if (!session || !*words || x->n <= QUOTED_MAX) return OK;
    float probability[SENTENCES_MAX];
    TRY(session_match(session, (struct text_span){words, strlen(words)}, x->items, x->n, probability, NULL));
    for (size_t i = 0; i < x->n; i++) x->worth[i] = probability[i] + (i == 0 ? 0.2f : 0);
    return OK;
}

static void choose(struct sentences *x)
{
    size_t bytes = 0;
    for (size_t k = 0; k < QUOTED_MAX; k++) {
        size_t best = SENTENCES_MAX;
        for (size_t i = 0; i < x->n; i++)
            if (!x->chosen[i] && bytes + x->items[i].n <= QUOTED_BYTES_MAX && (best == SENTENCES_MAX || x->worth[i] > x->worth[best])) best = i;
        if (best == SENTENCES_MAX) return;
        x->chosen[best] = true;
        bytes += x->items[best].n;
    }
}

static status quote_description(struct turn *t, const struct topic *topic, const struct product *p, bool *said)
{
    struct sentences x = {.n = 0};
    const char *text = product_text(p, "description", t->d->language);
    *said = false;
    if (!*text || text_language(text, strlen(text)) != t->d->language) return OK;
    cut(text, &x);
    TRY(weigh(t, topic, &x));
    choose(&x);
    for (size_t i = 0; i < x.n; i++) {
        if (!x.chosen[i]) continue;
        const char *sentence = arena_strndup(&t->r->arena, x.items[i].s, x.items[i].n);
        if (!sentence) return fail_nomem("quoting a description");
        claim(t, sentence, sentence, p->id, "description");
        TRY(say(t, sentence));
        *said = true;
    }
    return OK;
}

/* ---- the writer ---- */

/* The title was just said: the writer's text goes on without it. */
static const char *without_title(struct turn *t, const char *text, const char *title)
{
    size_t n = strlen(title);
    if (strncmp(text, title, n) != 0) return text;
    const char *rest = text + n;
    bool ends = *rest == '.' || strncmp(rest, "。", 3) == 0 || strncmp(rest, "，", 3) == 0 || *rest == ',';
    if (ends) rest += (unsigned char)*rest >= 0x80 ? 3 : 1;
    while (*rest == ' ') rest++;
    if (in_chinese(t) || ends) return *rest ? rest : text;
    const char *it = arena_printf(&t->r->arena, "It %s", rest);
    return it ? it : text;
}

static status say_written(struct turn *t, const struct product *p, const struct written *w)
{
    const char *text = arena_strdup(&t->r->arena, w->text);
    if (!text) return fail_nomem("writing about a product");
    text = without_title(t, text, title_of(t, p));
    for (size_t i = 0; i < w->facts.n; i++)
        claim(t, text, arena_strdup(&t->r->arena, w->facts.items[i].claim), p->id, w->facts.items[i].field ? arena_strdup(&t->r->arena, w->facts.items[i].field) : "?");
    return say(t, text);
}

static status write_text(struct turn *t, const struct topic *topic, const struct product *p)
{
    struct write_options o;
    struct record record;
    struct writing writing = {0};
    uint64_t start = clock_ns();
    TRY(turn_stage(t, "write"));
    write_options_default(&o);
    o.decode.progress = t->g->options.progress;
    o.decode.method = DECODE_GREEDY;   /* a shopper waits */
    o.consensus = 0;
    if (t->g->options.wording == WORDING_TEMPLATES) o.style = "plain";
    TRY(record_from_product(p, t->d->language, &record));
    status s = copywriter_write(t->g->options.copywriter, topic->text, &record, t->d->language, &o, &writing);
    if (s == OK && writing.n && writing.items[0].moderation != MODERATION_BLOCK) {
        json_object_set_new(t->r->why, "writing", json_pack("{s:s, s:i, s:f}", "source", writing.items[0].source, "tries", (int)writing.items[0].tries, "ms", (double)(clock_ns() - start) * 1e-6));
        s = say_written(t, p, &writing.items[0]);
    }
    record_release(&record);
    writing_release(&writing);
    return s;
}

status say_about(struct turn *t, const struct topic *topic, const struct product *p)
{
    bool said;
    TRY(quote_description(t, topic, p, &said));
    return said || !t->g->options.copywriter ? OK : write_text(t, topic, p);
}
