/* "Is it waterproof?", "第二个多重": answered from the record alone: an attribute, else a sentence of the description, else an honest no. */
#include "read_int.h"
#include "turn_int.h"

#include <string.h>

enum { ASKED_PRODUCTS_MAX = 3, ASKED_TERMS_MAX = 16 };

/* What shoppers ask, and the names that records give it. */
static const struct { const char *asked, *names; } topics[] = {
    {"多重|重吗|重量|轻吗|how heavy|weigh|weight|light", "重量|weight|净含量"},
    {"防水|下雨|雨天|waterproof|rain|water", "防水|waterproof|防水等级"},
    {"多大|尺寸|多长|多高|多宽|how big|how long|how large|dimension|measure|length", "尺寸|size|长度|length|dimensions|高度|直径|适用面积|room size|屏幕"},
    {"材质|面料|什么料|什么做的|material|made of|what's made|what is made|what it's made|fabric", "材质|面料|material|鞋面材质|upper material|内胆材质|鞋底材质"},
    {"颜色|什么色|colour|color", "颜色|color|colour"},
    {"续航|电池|用多久|能用几|battery|how long does it last", "续航|battery life|battery|电池"},
    {"尺码|码数|多大码|几码|sizes|what size|size", "尺码|size|鞋码"},
    {"产地|哪里产|哪产|origin|where is it made|made in", "产地|origin"},
    {"保质期|多久过期|shelf life|expire", "保质期|shelf life"},
    {"容量|多少升|多少毫升|能装|capacity|how much does it hold", "容量|capacity|净含量|net weight"},
    {"几个人|几人|多少人|how many people|sleeps", "适用人数|capacity"},
    {"季节|什么时候穿|冬天|夏天|season|winter|summer", "季节|season"},
    {"噪音|吵|声音大|noise|noisy|quiet|loud", "噪音|noise"},
    {"功率|费电|多少瓦|power|watt", "功率|power"},
    {"降噪|noise cancel", "降噪|noise cancelling"},
    {"适合谁|谁用|给谁|多大的孩子|几岁|年龄|who is it for|age", "适用人群|适用年龄|for|age|gender"},
    {"机洗|怎么洗|洗涤|wash", "洗涤|care|洗碗机|dishwasher"},
    {"洗碗机|dishwasher", "洗碗机|dishwasher"},
    {"连接|蓝牙|bluetooth|connect", "连接|connection"},
    {"版型|fit", "版型|fit"},
    {"领|collar|neck", "领型|collar"},
    {"鞋底|sole", "鞋底材质|sole material"},
    {"香|味道|scent|fragrance|smell", "香精|fragrance|风味|flavour|香型"},
    {"肤质|skin", "适用肤质|skin type"},
};

static bool any_word_in(const char *words, const char *text)
{
    char word[64];
    for (const char *w = words; *w;) {
        size_t n = strcspn(w, "|");
        if (n && n < sizeof word) {
            memcpy(word, w, n);
            word[n] = 0;
            if (strstr(text, word)) return true;
        }
        w += n + (w[n] == '|');
    }
    return false;
}

/* The attribute asked about: by its own name, by what shoppers call it, or by its value ("does it have a lid" where a value says lid). */
static const struct attribute *find_attribute(const struct turn *t, const struct product *p, const char *asked)
{
    for (size_t i = 0; i < p->n_attributes; i++)
        if (attribute_spoken(t, &p->attributes[i]) && strlen(p->attributes[i].name) > 2 && !text_is_stopword(p->attributes[i].name, strlen(p->attributes[i].name)) && strcasestr(asked, p->attributes[i].name)) return &p->attributes[i];
    for (size_t k = 0; k < sizeof topics / sizeof topics[0]; k++)
        for (size_t i = 0; any_word_in(topics[k].asked, asked) && i < p->n_attributes; i++)
            if (attribute_spoken(t, &p->attributes[i]) && name_in_list(topics[k].names, p->attributes[i].name)) return &p->attributes[i];
    for (size_t i = 0; i < p->n_attributes; i++)
        if (attribute_spoken(t, &p->attributes[i]) && strlen(p->attributes[i].value) >= 3 && strcasestr(asked, p->attributes[i].value)) return &p->attributes[i];
    return NULL;
}

/* ---- the description ---- */

/* How many of the asked words (two Han characters or a Latin word of four letters at least) stand in the sentence. */
static size_t words_shared(const struct term_list *asked, const char *sentence)
{
    size_t n = 0;
    char word[84];
    for (size_t i = 0; i < asked->n; i++) {
        const struct term *w = &asked->items[i];
        bool han = (unsigned char)w->text[0] >= 0x80;
        if (w->length < (han ? 6 : 4) || w->length >= sizeof word || text_is_stopword(w->text, w->length)) continue;
        memcpy(word, w->text, w->length);
        word[w->length] = 0;
        n += strcasestr(sentence, word) != NULL;
    }
    return n;
}

static const char *find_sentence(struct turn *t, const struct product *p, const char *asked)
{
    struct segmenter *g;
    struct term_list list = {0};
    const char *best = NULL, *text = product_text(p, "description", t->d->language);
    size_t best_shared = 0;
    if (segmenter_new(&g) != OK) return NULL;
    if (text_terms(g, asked, strlen(asked), &t->r->arena, &list) == OK)
        for (const char *s = text; *s;) {
            const char *end = sentence_end(s), *sentence = arena_strndup(&t->r->arena, s, (size_t)(end - s));
            size_t shared = sentence ? words_shared(&list, sentence) : 0;
            if (shared > best_shared) best = sentence, best_shared = shared;
            for (s = end; *s == ' ';) s++;
        }
    mem_free(list.items);
    segmenter_free(g);
    return best;
}

/* ---- what every record has ---- */

static bool asks_stock(const char *asked)
{
    return any_word_in("有货|库存|现货|还有吗|缺货|in stock|available|stock|left", asked);
}

static bool asks_price(const char *asked)
{
    return any_word_in("多少钱|价格|几块|贵吗|价钱|怎么卖|how much|price|cost", asked) && !any_word_in("how much does it hold", asked);
}

static status say_stock(struct turn *t, const struct product *p)
{
    const char *title = title_of(t, p), *n = arena_printf(&t->r->arena, "%lld", (long long)p->stock);
    const char *sentence = phrase(t, p->stock == STOCK_UNKNOWN ? PHRASE_STOCK_UNKNOWN : p->stock > 0 ? PHRASE_STOCK : PHRASE_SOLD_OUT, HOLES({"title", title}, {"n", n ? n : ""}));
    if (p->stock != STOCK_UNKNOWN) claim(t, sentence, n ? n : "", p->id, "stock");
    return say(t, sentence);
}

static status say_fact(struct turn *t, const struct product *p, const char *name, const char *value, const char *field)
{
    const char *sentence = phrase(t, PHRASE_FACT, HOLES({"title", title_of(t, p)}, {"name", name}, {"value", value}));
    claim(t, sentence, value, p->id, field);
    return say(t, sentence);
}

static status answer_about(struct turn *t, const struct product *p, const char *asked)
{
    bool zh = in_chinese(t);
    if (asks_stock(asked)) return say_stock(t, p);
    if (asks_price(asked) && p->price >= 0) return say_fact(t, p, zh ? "价格" : "price", money_text(t, p->price, p->currency), "price");
    if (any_word_in("评分|评价|口碑|rating|rated|review", asked) && p->rating > 0)
        return say_fact(t, p, zh ? "评分" : "rating", arena_printf(&t->r->arena, "%.3g", p->rating), "rating");
    if (any_word_in("品牌|牌子|哪家|brand|who makes", asked) && *p->brand) return say_fact(t, p, zh ? "品牌" : "brand", p->brand, "brand");
    const struct attribute *a = find_attribute(t, p, asked);
    if (a) return say_fact(t, p, a->name, a->value, a->name);
    if (!*asked && t->d->n_topics) return say_about(t, &t->d->topics[t->d->current], p);   /* "第二个怎么样" */
    const char *quote = find_sentence(t, p, asked), *title = title_of(t, p);
    if (!quote) return say_phrase(t, PHRASE_FACT_UNKNOWN, HOLES({"title", title}, {"asked", asked}));
    const char *sentence = phrase(t, PHRASE_FACT_QUOTE, HOLES({"title", title}, {"value", quote}));
    claim(t, sentence, quote, p->id, "description");
    return say(t, sentence);
}

/* "第1个和第3个哪个更轻": which one, and the figures of each. */
static status say_most(struct turn *t, const struct utterance_part *part)
{
    struct product p;
    TRY(turn_product(t, part->references[0], &p));
    const char *sentence = phrase(t, PHRASE_MOST, HOLES({"measure", part->measure}, {"title", title_of(t, &p)}));
    claim(t, sentence, title_of(t, &p), p.id, part->measure);
    t->d->focus = arena_strdup(&t->d->arena, part->references[0]);
    TRY(say(t, sentence));
    bool few = part->n_among <= ASKED_PRODUCTS_MAX;
    for (size_t i = 0; i < (few ? part->n_among : 1); i++) {
        TRY(turn_product(t, few ? part->among[i] : part->references[0], &p));
        TRY(answer_about(t, &p, part->measure));
    }
    return OK;
}

/* "那第三个呢" after "第一个防水吗": the same is asked of another one. */
static const char *asked_again(struct turn *t, const struct utterance_part *part)
{
    const char *asked = part->asked ? part->asked : "", *text = part->text ? part->text : "";
    size_t n = strlen(text);
    while (n && strchr("?!. ", text[n - 1])) n--;
    bool again = !*asked && t->d->asked && ((n >= 3 && memcmp(text + n - 3, "呢", 3) == 0) || strncmp(text, "what about", 10) == 0 || strncmp(text, "how about", 9) == 0 || strncmp(text, "and ", 4) == 0);
    if (again) return t->d->asked;
    if (*asked) t->d->asked = arena_strdup(&t->d->arena, asked);
    return asked;
}

static bool asks_why(const char *asked)
{
    static const char *const why[] = {"为什么(要)?(推荐|选|是|给我|说|先看)", "^(为什么|为啥|理由|凭什么)", "推荐(的)?(理由|原因)", "^why", "what makes (it|this|that)", NULL};
    static const char *const not_so[] = {"(便宜|贵|没有|cheap|expensive)", NULL};
    struct span s = {asked, asked + strlen(asked)};
    return phrase_any(why, s, NULL) && !phrase_any(not_so, s, NULL);
}

/* What the need and the record have in common, as on the product's card. */
static status answer_why(struct turn *t, const struct product *p, bool *said)
{
    struct need need;
    struct matches m;
    struct match_options o;
    struct strbuf b = {0};
    *said = false;
    if (!t->d->n_topics) return OK;
    match_options_default(&o);
    o.candidates = &p->id;
    o.n_candidates = 1;
    o.in_stock = false;
    TRY(topic_need(t->g, t->d, &t->d->topics[t->d->current], &need));
    TRY(matcher_match_need(t->g->options.matcher, &need, &o, &m));
    const size_t n = m.n ? m.results[0].n_reasons : 0;
    for (size_t i = 0; i < 2 * n; i++) {   /* what speaks against it comes last */
        const char *reason = m.results[0].reasons[i % n];
        bool against = strstr(reason, "请注意") == reason || strstr(reason, "please note") == reason;
        if (against != (i >= n)) continue;
        if (strstr(reason, "意思相近") || strstr(reason, "close in meaning")) continue;   /* a number that explains nothing to a shopper */
        strbuf_printf(&b, "%s%s", b.len ? (in_chinese(t) ? "；" : "; ") : "", reason);
    }
    const char *reasons = b.len ? arena_strndup(&t->r->arena, strbuf_str(&b), b.len) : NULL;
    strbuf_release(&b);
    matches_release(&m);
    if (!reasons) return OK;
    *said = true;
    const char *sentence = phrase(t, PHRASE_WHY, HOLES({"title", title_of(t, p)}, {"reasons", reasons}));
    claim(t, sentence, title_of(t, p), p->id, "title");
    claim(t, sentence, reasons, p->id, "reasons");
    return say(t, sentence);
}

status turn_fact(struct turn *t, const struct utterance_part *part)
{
    act(t, GUIDE_ANSWER);
    if (part->reference_failed) return say_phrase(t, PHRASE_REFERENCE_FAILED, NULL, 0);
    size_t n = part->n_references;
    if (!n && !t->d->focus) return say_phrase(t, PHRASE_WHICH, NULL, 0);
    const char *asked = asked_again(t, part);
    if (!*asked && part->n_among > 1 && part->measure && n == 1) return say_most(t, part);
    for (size_t i = 0; i < (n ? n : 1) && i < ASKED_PRODUCTS_MAX; i++) {
        struct product p;
        const char *id = n ? part->references[i] : t->d->focus;
        status s = turn_product(t, id, &p);
        if (s == ERR_NOT_FOUND) continue;
        TRY(s);
        if (i == 0) t->d->focus = arena_strdup(&t->d->arena, id);
        bool said = false;
        if (asks_why(part->text)) TRY(answer_why(t, &p, &said));
        if (!said) TRY(answer_about(t, &p, asked));
    }
    return OK;
}
