/* From a question to the passages that may answer it. */
#include "service_int.h"

#include <math.h>
#include <string.h>

enum { BIGRAM_SHARE = 4, SYNONYM_SHARE = 2, ASKING_SHARE = 3, LABEL_SHARE = 2 };   /* a bigram may straddle two words; a synonym may be meant otherwise */

/* Words that every service question has, beside the stopwords of room text. */
static const char *const idle[] = {"你们", "我们", "怎么", "怎样", "可以", "能不能", "请问", "一下", "如果", "是不是", "有没有", "吗", "呢", "什么", "咱们", "你好", "您好", "亲",
                                   "麻烦", "想问", "问", "么", "要", "会", "能", "吧", "了", "我", "你", "您", "买", "买的", "东西", "商品", "这个", "那个", "需要", "告诉", "支持", "帮我", "大概", "昨天", "已经", "还能",
                                   "do", "can", "could", "how", "what", "you", "me", "my", "your", "is", "are", "will", "would", "there", "if", "it", "have", "want", "need",
                                   "pleas", "hi", "hello", "tell", "know", "which", "am", "shop", "bought", "purchas", "someth", "item", "thing", "doe", "did", "be", "was",
                                   "should", "must", "possibl", "let", "about", "ani", "an"};

/* What is asked for rather than what it is about: nearly every passage holds a time or a sum. */
static const char *const asking[] = {"多久", "几天", "什么时候", "何时", "多长时间", "时间", "多快", "多少", "多少钱", "几点", "哪里", "long", "when", "time", "day", "mani", "much", "where", "who", "take", "get",
                                     "get", "doe", "come", "use", "us", "go", "send", "sent"};

static bool listed(const struct term *t, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i]) == t->length && memcmp(words[i], t->text, t->length) == 0) return true;
    return false;
}

static bool is_idle(const struct term *t)
{
    return listed(t, idle, sizeof idle / sizeof idle[0]) || text_is_stopword(t->text, t->length);
}

/* ---- the question ---- */

static double idf(const struct service *s, const char *term, size_t n)
{
    double N = index_count(s->index), df = index_document_frequency(s->index, term, n);
    return log(1 + (N - df + 0.5) / (df + 0.5));
}

struct adding { struct service *service; struct query_words *words; uint16_t group; float weight; };

static void add_term(struct query_words *q, const char *text, size_t n, float weight, uint16_t group)
{
    if (q->n < QUERY_TERMS_MAX) q->terms[q->n++] = (struct query_term){text, (uint16_t)n, weight, group};
}

static void add_synonym(void *context, const char *word, size_t n)
{
    const struct adding *a = context;
    if (index_document_frequency(a->service->index, word, n)) add_term(a->words, word, n, a->weight / SYNONYM_SHARE, a->group);
}

static bool said(const struct query_words *q, const struct term *t)
{
    for (size_t i = 0; i < q->n; i++)
        if (q->terms[i].n == t->length && memcmp(q->terms[i].text, t->text, t->length) == 0) return true;
    return false;
}

/* How much a word counts for: its idf. A word that no document knows counts as one that is in a single passage. */
static void add_word(struct service *s, struct query_words *q, const struct term *t, float share, bool is_word)
{
    if (q->n_groups == QUERY_TERMS_MAX || is_idle(t) || said(q, t)) return;
    bool bigram = t->kind == TERM_HAN_BIGRAM && !is_word;
    uint16_t group = q->n_groups;
    float weight = share / (bigram ? BIGRAM_SHARE : listed(t, asking, sizeof asking / sizeof asking[0]) ? ASKING_SHARE : 1);
    size_t before = q->n;
    add_term(q, t->text, t->length, weight, group);
    struct adding a = {s, q, group, weight};
    if (!bigram || index_document_frequency(s->index, t->text, t->length) == 0) service_synonyms(t->text, t->length, add_synonym, &a);
    bool known = index_document_frequency(s->index, t->text, t->length) > 0 || q->n > before + 1;
    if (bigram && !known) {      /* most likely no word at all */
        q->n = before;
        return;
    }
    double most = log(1 + (index_count(s->index) - 0.5) / 1.5), rare = 0;
    for (size_t i = before; i < q->n && known; i++) rare = fmax(rare, index_document_frequency(s->index, q->terms[i].text, q->terms[i].n) ? idf(s, q->terms[i].text, q->terms[i].n) : 0);
    q->importance[group] = weight * (float)(known ? fmax(rare, 0.1) : most);
    q->n_groups++;
}

/* The words of the label that the question has most likely: "买家咨询退款时间", "track_refund". They lead to passages that say it otherwise. */
static status read_label(struct service *s, const struct intent *i, struct arena *a, struct question *q)
{
    static const char *const frame[] = {"买家", "咨询", "表示", "要求", "是否", "check", "get"};
    struct term_list terms = {0};
    if (!i->n_top || !i->sure) return OK;
    char *label = arena_strdup(a, i->top[0].label);
    if (!label) return fail_nomem("reading a question");
    for (char *p = label; *p; p++)
        if (*p == '_' || *p == '/') *p = ' ';
    status result = text_terms(s->segmenter, label, strlen(label), a, &terms);
    for (size_t k = 0; result == OK && k < terms.n; k++)
        if (terms.items[k].kind != TERM_HAN_BIGRAM && !listed(&terms.items[k], frame, sizeof frame / sizeof frame[0])) add_word(s, &q->label, &terms.items[k], 1, false);
    mem_free(terms.items);
    return result;
}

static void note_synonym(void *context, const char *word, size_t n)
{
    (void)word;
    (void)n;
    *(bool *)context = true;
}

/* 用的, 五天: side by side by chance. */
static bool is_loose(const struct term *t)
{
    static const char loose[] = "的了是在不也就一二两三四五六七八九十几";
    for (size_t i = 0; i + 3 <= t->length; i += 3)
        for (const char *c = loose; *c; c += 3)
            if (memcmp(t->text + i, c, 3) == 0) return true;
    return false;
}

/* "开发票" was cut into 开发 and 票, which no document has, and 发票 is what many speak of: where two characters side by side are known and the words
 * that the dictionary made of them are not, they are the word. */
static bool is_miscut(const struct service *s, const struct term_list *list, size_t at, size_t *instead)
{
    const struct term *t = &list->items[at];
    bool other = false;
    service_synonyms(t->text, t->length, note_synonym, &other);
    if (t->kind != TERM_HAN_WORD || is_idle(t) || other || t->length > 6 || index_document_frequency(s->index, t->text, t->length)) return false;
    for (size_t i = 0; i < list->n; i++) {
        const struct term *o = &list->items[i];
        bool beside = o->kind == TERM_HAN_BIGRAM && o->begin < t->end && o->end > t->begin && (o->begin < t->begin || o->end > t->end);
        if (!beside || is_idle(o) || !index_document_frequency(s->index, o->text, o->length) || is_loose(o)) continue;
        *instead = i;
        return true;
    }
    return false;
}

/* "换大一码", "退的钱": a verb of one character, in a pair that is no word of any document, is what shops write as 换货 and 退货. */
static void add_verb(struct service *s, struct query_words *q, const struct term *t)
{
    static const char verbs[] = "退换修赔坏寄";
    if (t->kind != TERM_HAN_BIGRAM || index_document_frequency(s->index, t->text, t->length)) return;
    for (size_t i = 0; i + 3 <= t->length; i += 3)
        for (const char *v = verbs; *v; v += 3) {
            struct term one = *t;
            one.text = t->text + i;
            one.length = 3;
            one.kind = TERM_HAN_WORD;
            if (memcmp(one.text, v, 3) == 0) add_word(s, q, &one, 1, true);
        }
}

static void add_words(struct service *s, const struct term_list *list, struct query_words *q)
{
    for (size_t i = 0; i < list->n; i++) {
        size_t instead = 0;
        bool miscut = is_miscut(s, list, i, &instead);
        add_word(s, q, &list->items[miscut ? instead : i], 1, miscut);
    }
    for (size_t i = 0; i < list->n; i++) add_verb(s, q, &list->items[i]);
}

/* What kind of answer is asked for, or given under a heading: a time, a sum, a place. 0: open. */
enum { ASKS_TIME = 1, ASKS_SUM = 2, ASKS_PLACE = 4 };
static unsigned asks_for(const char *text)
{
    static const struct { const char *words; unsigned what; } table[] = {
        {"多久|几天|什么时候|何时|多长时间|时间|多快|几点|当天|今天|明天|节假日|周末|周日|过节", ASKS_TIME}, {"运费|邮费|快递费|多少钱|费用|收费|包邮|免邮|收多少|几块钱", ASKS_SUM}, {"哪里|哪儿|范围|能送|能寄|送不送|能收", ASKS_PLACE},
        {"when |how long|how soon|how fast|how many days|today|tomorrow|weekend|sunday|saturday|holiday", ASKS_TIME}, {"how much|fee|cost|charge|price|free", ASKS_SUM}, {"where|abroad|overseas|country|countries", ASKS_PLACE}};
    unsigned what = 0;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (const char *w = table[i].words; *w; w += strcspn(w, "|"), w += *w == '|')
            if (memmem(text, strlen(text), w, strcspn(w, "|"))) what |= table[i].what;
    return what;
}

status question_read(struct service *s, const char *text, size_t n, const struct intent *intent, struct arena *a, struct question *q)
{
    struct term_list terms = {0};
    *q = (struct question){.language = text_language(text, n)};
    strbuf_clear(&s->text);
    TRY(normalize(s->o.normalizer, text, n, &s->text));
    q->normalised = arena_strndup(a, strbuf_str(&s->text), s->text.len);
    q->n_normalised = s->text.len;
    if (!q->normalised) return fail_nomem("reading a question");
    status result = text_terms(s->segmenter, q->normalised, q->n_normalised, a, &terms);
    if (result == OK) add_words(s, &terms, &q->words);
    mem_free(terms.items);
    q->asks = asks_for(q->normalised);
    return result == OK ? read_label(s, intent, a, q) : result;
}

/* ---- coverage ---- */

status read_terms(struct service *s, const char *text, size_t n, struct arena *a, struct term_list *out)
{
    *out = (struct term_list){0};
    strbuf_clear(&s->text);
    TRY(normalize(s->o.normalizer, text, n, &s->text));
    const char *copy = arena_strndup(a, strbuf_str(&s->text), s->text.len);
    if (!copy) return fail_nomem("reading a passage");
    status result = text_terms(s->segmenter, copy, s->text.len, a, out);
    if (result != OK) mem_free(out->items);
    return result;
}

float words_coverage(const struct query_words *q, const struct term_list *terms)
{
    float best[QUERY_TERMS_MAX] = {0}, sum = 0, total = 0;
    for (size_t i = 0; i < terms->n; i++)
        for (size_t k = 0; k < q->n; k++) {
            const struct query_term *t = &q->terms[k];
            if (t->n != terms->items[i].length || memcmp(t->text, terms->items[i].text, t->n) != 0) continue;
            bool own = k == 0 || q->terms[k - 1].group != t->group;
            best[t->group] = fmaxf(best[t->group], own ? 1 : 0.75f);
        }
    for (uint16_t g = 0; g < q->n_groups; g++) {
        sum += q->importance[g] * best[g];
        total += q->importance[g];
    }
    return total > 0 ? sum / total : 0;
}

status text_coverage(struct service *s, const struct query_words *q, const char *text, size_t n, struct arena *a, float *coverage)
{
    struct term_list terms;
    TRY(read_terms(s, text, n, a, &terms));
    *coverage = words_coverage(q, &terms);
    mem_free(terms.items);
    return OK;
}

/* ---- searching ---- */

static status search_words(struct service *s, const struct question *q, const struct index_filter *f, struct index_hit *out, size_t *n)
{
    struct index_query_term terms[2 * QUERY_TERMS_MAX];
    size_t count = 0;
    struct bm25f p;
    bm25f_default(&p, PASSAGE_FIELDS);
    p.weight[FIELD_HEADING] = 3, p.weight[FIELD_TITLE] = 1.5f, p.weight[FIELD_TEXT] = 1;
    for (size_t i = 0; i < q->words.n; i++) terms[count++] = (struct index_query_term){q->words.terms[i].text, q->words.terms[i].n, q->words.terms[i].weight};
    for (size_t i = 0; i < q->label.n; i++) terms[count++] = (struct index_query_term){q->label.terms[i].text, q->label.terms[i].n, q->label.terms[i].weight / LABEL_SHARE};
    return index_search_terms(s->index, s->scratch, terms, count, &p, f, out, RETRIEVED_MAX, n);
}

static status embed_question(struct service *s, const struct question *q, bool *there)
{
    *there = s->o.session && index_dim(s->index) > 0 && q->n_normalised > 0;
    if (!*there) return OK;
    const struct text_span span = {q->normalised, q->n_normalised};
    return session_embed(s->o.session, TOKEN_NEED, &span, 1, s->vector);
}

/* Only passages in the question's language, if there are any. */
static bool language_filter(const struct service *s, const struct question *q, struct index_condition *c, uint32_t *label)
{
    const char *code = language_code(q->language);
    *c = (struct index_condition){.kind = CONDITION_ANY_LABEL, .column = 0, .labels = label, .n_labels = 1};
    return index_find_label(s->index, 0, code, strlen(code), label);
}

/* What is known of a passage beside a question, each from 0 to about 1. */
enum { SIGN_ALL, SIGN_HEAD, SIGN_SENTENCE, SIGN_LABEL, SIGN_LABEL_HEAD, SIGN_COSINE, SIGN_BM25, SIGN_RANK, SIGN_ASKS /* 1: another kind of answer stands there */, SIGN_UNKNOWN, SIGNS };

/* The probability that a passage answers: a logistic of the signs, fitted on list a of the sample shop's questions. */
static float answers(const float *x)
{
    static const float weights[SIGNS] = {1.15f, 1.1f, 0.97f, -0.89f, 0.67f, 0.46f, 1.64f, 3.46f, -1.4f, -1.5f};
    float z = -5.7f;
    for (int i = 0; i < SIGNS; i++) z += weights[i] * x[i];
    return 1 / (1 + expf(-z));
}

/* How much of what the question says no document knows. */
static float unknown_share(const struct service *s, const struct query_words *q)
{
    float known = 0, total = 0;
    bool found[QUERY_TERMS_MAX] = {false};
    for (size_t i = 0; i < q->n; i++) found[q->terms[i].group] = found[q->terms[i].group] || index_document_frequency(s->index, q->terms[i].text, q->terms[i].n) > 0;
    for (uint16_t g = 0; g < q->n_groups; g++) {
        total += q->importance[g];
        known += found[g] ? q->importance[g] : 0;
    }
    return total > 0 ? 1 - known / total : 1;
}

static status read_signs(struct service *s, const struct question *q, const struct stored_passage *p, struct arena *a, float *x)
{
    struct term_list head, text;
    const char *words = arena_printf(a, "%s\n%s", p->title, p->heading), *all = arena_printf(a, "%s\n%s\n%s", p->title, p->heading, p->text);
    if (!words || !all) return fail_nomem("reading a passage");
    char *heading = arena_strdup(a, p->heading);
    if (!heading) return fail_nomem("reading a passage");
    for (char *c = heading; *c; c++) *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    unsigned given = asks_for(heading);
    x[SIGN_ASKS] = given && q->asks ? ((given & q->asks) ? -1 : 1) : 0;
    x[SIGN_UNKNOWN] = unknown_share(s, &q->words);
    TRY(read_terms(s, words, strlen(words), a, &head));
    x[SIGN_HEAD] = words_coverage(&q->words, &head);
    x[SIGN_LABEL_HEAD] = words_coverage(&q->label, &head);
    mem_free(head.items);
    TRY(read_terms(s, all, strlen(all), a, &text));
    x[SIGN_ALL] = words_coverage(&q->words, &text);
    x[SIGN_LABEL] = words_coverage(&q->label, &text);
    mem_free(text.items);
    return best_sentence(s, &q->words, p->text, a, &x[SIGN_SENTENCE]);
}

static status judge(struct service *s, const struct question *q, const struct index_hit *h, float best, bool vector, struct arena *a, struct service_quote *out)
{
    struct stored_passage p;
    bool found;
    float x[SIGNS] = {0}, cosine = vector ? index_vector_score(s->index, h->doc, s->vector) : 0;
    *out = (struct service_quote){.confidence = 0};
    TRY(passage_get(s->documents, index_key(s->index, h->doc), a, &p, &found));
    if (!found) return OK;
    TRY(read_signs(s, q, &p, a, x));
    x[SIGN_COSINE] = cosine > 0 ? cosine : 0;
    x[SIGN_BM25] = h->score / 10;
    x[SIGN_RANK] = h->score / best;
    *out = (struct service_quote){.document = p.document, .title = p.title, .heading = p.heading, .anchor = p.anchor, .passage = p.text, .text = p.text, .confidence = answers(x)};
    return OK;
}

static void insert(struct service_quote *list, size_t *n, size_t max, struct service_quote q)
{
    size_t at = *n;
    while (at > 0 && list[at - 1].confidence < q.confidence) at--;
    if (at >= max) return;
    if (*n < max) ++*n;
    for (size_t i = *n - 1; i > at; i--) list[i] = list[i - 1];
    list[at] = q;
}

status retrieve_passages(struct service *s, const char *text, size_t length, const struct intent *intent, struct arena *a, struct service_quote *out, size_t max, size_t *n_out)
{
    struct question q;
    struct index_hit hits[RETRIEVED_MAX];
    struct index_condition condition;
    uint32_t label;
    size_t n = 0;
    bool vector;
    *n_out = 0;
    TRY(passage_index_open(s));
    if (!index_count(s->index)) return OK;
    TRY(question_read(s, text, length, intent, a, &q));
    const struct index_filter filter = {&condition, 1};
    TRY(search_words(s, &q, language_filter(s, &q, &condition, &label) ? &filter : NULL, hits, &n));
    TRY(embed_question(s, &q, &vector));
    for (size_t i = 0; i < n; i++) {
        struct service_quote quote;
        TRY(judge(s, &q, &hits[i], hits[0].score, vector, a, &quote));
        if (quote.document) insert(out, n_out, max, quote);
    }
    for (size_t i = 0; i < *n_out; i++) TRY(extract_sentences(s, &q, out[i].passage, a, &out[i].text));
    return OK;
}

status service_retrieve(struct service *s, const char *text, size_t n, struct arena *a, struct service_quote *out, size_t max, size_t *n_out)
{
    struct intent intent;
    TRY(intents_classify(s->o.intents, text, n, &intent));
    return retrieve_passages(s, text, n, &intent, a, out, max, n_out);
}
