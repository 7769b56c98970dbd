/* What is left of a clause beside its constraints: words of the topic, another topic, words taken back. */
#include "change_int.h"

#include <string.h>

static const char *const strong_correction[] = {"(说|打|写|搞|弄)错", "不对", "我(是)?(说|指|要|想说|的意思)(的)?(是)", "应该是", "i (meant|mean)", "i was (looking|thinking)", "not * (but|i meant)", "不是*是", "typo", "correction", "oops", NULL};

/* ---- free text ---- */

static bool han_known(const struct reading *r, const char *s, const char *end)
{
    const char *next = s;
    utf8_next(&next, end);
    if (next < end) utf8_next(&next, end);
    return index_document_frequency(matcher_index(r->g->options.matcher), s, (size_t)(next - s)) > 0;
}

static bool latin_known(const struct reading *r, const char *s, size_t n)
{
    enum { STEM_MAX = 40 };
    char stem[STEM_MAX + 1];
    const struct index *x = matcher_index(r->g->options.matcher);
    if (n > STEM_MAX || index_document_frequency(x, s, n)) return true;
    memcpy(stem, s, n);
    return index_document_frequency(x, stem, porter_stem(stem, n)) > 0;
}

/* "看看包": the single character is the shop's word for a kind. */
static bool bare_kind(const struct reading *r, struct span words, const char *s)
{
    return s + 3 == words.end && matcher_has_kind(r->g->options.matcher, s, 3);
}

/* How much the words say, single Han characters and function words apart, and how much of it stands in the shop's records. */
static void count_known(const struct reading *r, struct span words, size_t *said, size_t *found)
{
    size_t all = 0, known = 0;
    for (const char *s = words.begin, *e; s < words.end; s = e) {
        e = s;
        uint32_t c = utf8_next(&e, words.end);
        if (latin_byte(*s)) {
            while (e < words.end && latin_byte(*e)) e++;
            if (text_is_stopword(s, (size_t)(e - s))) continue;
            all++;
            known += latin_known(r, s, (size_t)(e - s));
        } else if (utf8_is_han(c) && bare_kind(r, words, s)) {
            all++;
            known++;
        } else if (utf8_is_han(c) && e < words.end && (unsigned char)*e >= 0x80) {   /* two characters at a time */
            const char *next = e;
            utf8_next(&next, words.end);
            all++;
            known += han_known(r, s, words.end) || matcher_has_kind(r->g->options.matcher, s, (size_t)(next - s));
        }
    }
    *said = all;
    *found = known;
}

/* Pages of letters with hardly a word of the shop's in them. */
bool is_noise(const struct reading *r, struct span words)
{
    enum { LEAST = 48, KNOWN_EACH = 8 };
    size_t all, known;
    count_known(r, words, &all, &known);
    return all >= LEAST && known * KNOWN_EACH < all;
}

bool shop_speaks_of(const struct reading *r, struct span words)
{
    size_t all, known;
    count_known(r, words, &all, &known);
    return known > 0 && known * 3 >= all;
}

static bool only_a_number(struct span words)
{
    int64_t value;
    return number_word(words.begin, words.end, false, &value) == (size_t)(words.end - words.begin);
}

static bool not_sold(const struct reading *r, struct span words)
{
    size_t all, known;
    count_known(r, words, &all, &known);
    return all > 0 && known == 0;
}

/* What is left of the text when constraints and words that mean nothing by themselves are gone; clause by clause. more: beside a text that the topic has. */
const char *free_words(struct reading *r, const char *text, bool more)
{
    struct strbuf b = {0};
    const char *end = text + strlen(text);
    for (const char *s = text; s < end;) {
        const char *e = s;
        while (e < end && !(strchr(",;!?", *e) && *e) && !((size_t)(end - e) >= 3 && (memcmp(e, "。", 3) == 0 || memcmp(e, "、", 3) == 0))) e++;
        struct span c = cue_strip((struct span){s, e});
        if (!span_empty(c) && (more || b.len) && (only_a_number(c) || !shop_speaks_of(r, c))) {   /* small talk is no part of what is looked for */
            r->dropped = true;
        } else if (!span_empty(c)) {
            if (b.len) strbuf_putc(&b, ' ');
            const char *copy = span_copy(r->a, c);
            if (!copy) b.failed = true;
            else strbuf_puts(&b, copy);
        }
        s = e < end ? e + (((unsigned char)*e & 0x80) ? 3 : 1) : end;
    }
    size_t n = b.len;
    while (n > TOPIC_TEXT_MAX || (n < b.len && n && ((unsigned char)b.data[n] & 0xC0) == 0x80)) n--;
    const char *out = b.failed ? NULL : arena_strndup(r->a, strbuf_str(&b), n);
    strbuf_release(&b);
    if (!out) r->nomem = true;
    return out ? out : "";
}

/* Is the text more than attributes' words and figures ("防水", "24寸", "礼盒装")? */
static bool names_things(const struct need *n, const char *text)
{
    enum { NUMBERS_MAX = 8 };
    struct number numbers[NUMBERS_MAX];
    char copy[TOPIC_TEXT_MAX + 1];
    size_t length = strlen(text), left = 0;
    memcpy(copy, text, length + 1);
    size_t count = text_numbers(copy, length, numbers, NUMBERS_MAX);
    for (size_t i = 0; i < count && i < NUMBERS_MAX; i++) memset(copy + numbers[i].begin, ' ', numbers[i].end - numbers[i].begin);
    for (size_t i = 0; i < n->n_constraints; i++) {
        const struct constraint *c = &n->constraints[i];
        char *at = *c->said && c->kind != CONSTRAINT_FACET ? strstr(copy, c->said) : NULL;
        if (at) memset(at, ' ', strlen(c->said));
    }
    struct span rest = cue_strip((struct span){copy, copy + length});
    for (const char *s = rest.begin; s < rest.end; s++) left += *s != ' ';
    return left > 3;
}

/* Words that the shop has in other kinds alone: a thing ("电饭锅", "a rice cooker") or what a thing is like ("透气的", "long sleeves")? */
static bool reads_as_thing(struct span text, const struct need *n)
{
    static const char *const like[] = {"的(有没有|有吗|吗|呢|吧|最好|就行|优先)?$", "(款|版|式|型|用|色|味|装)$", NULL};
    for (size_t i = 0; i < n->n_constraints; i++)
        if (n->constraints[i].kind == CONSTRAINT_ATTRIBUTE) return false;
    if (cue_is(CUE_ALSO, text) || phrase_any(like, text, NULL)) return false;
    bool han = false;
    for (const char *s = text.begin; s < text.end && !han;) han = utf8_is_han(utf8_next(&s, text.end));
    return han || phrase_find("(a|an|some)", text, NULL);
}

/* Another need, more words of this one, or other words instead. */
status place_text(struct reading *r, struct span text, const struct topic *t, const struct need *n, struct utterance_part *out)
{
    enum relation relation = RELATION_NONE;
    if (!*out->text) return OK;
    if (!t) {
        out->new_topic = true;
        return OK;
    }
    if (!*t->text) return OK;
    TRY(matcher_relation(r->g->options.matcher, t->text, strlen(t->text), out->text, strlen(out->text), &relation));
    bool correction = phrase_any(strong_correction, text, NULL), instead = correction || cue_is(CUE_INSTEAD, text), fresh = cue_is(CUE_NEW, text);
    bool other = relation == RELATION_KIND || (relation == RELATION_OTHER && names_things(n, out->text) && (fresh || reads_as_thing(text, n)));
    if (other && instead && !(fresh && !correction)) out->replaces_text = true;
    else if (other) out->new_topic = true;
    else if (relation == RELATION_NONE && asks_for_goods(text) && !phrase_any((const char *const[]){"的(有没有|有吗|吗|呢|吧)?$", NULL}, text, NULL) && not_sold(r, (struct span){out->text, out->text + strlen(out->text)})) out->new_topic = true;   /* asked for, and not sold here */
    else if (relation == RELATION_NONE && correction) out->replaces_text = true;
    return OK;
}

/* An older topic that the words speak of: the dialogue goes back to it. */
status find_topic(struct reading *r, struct utterance_part *out)
{
    for (size_t i = 0; i < r->d->n_topics && out->new_topic; i++) {
        const char *old = r->d->topics[i].text;
        enum relation relation = RELATION_NONE;
        if (i == r->d->current || !*old) continue;
        TRY(matcher_relation(r->g->options.matcher, old, strlen(old), out->text, strlen(out->text), &relation));
        if (relation != RELATION_SAME) continue;
        out->new_topic = false;
        out->back_to_topic = true;
        out->topic = (uint32_t)i;
    }
    return OK;
}

/* ---- what is not needed any more ---- */

/* "防不防水" asks for neither: 防水 is what it speaks of. Bytes of "A不A" whose first A goes, or 0. */
static size_t either_way(const char *s, const char *end)
{
    const char *p = s;
    if ((unsigned char)*s < 0x80 || end - s < 9) return 0;
    utf8_next(&p, end);
    size_t n = (size_t)(p - s);
    return (size_t)(end - p) >= 3 + n && memcmp(p, "不", 3) == 0 && memcmp(p + 3, s, n) == 0 ? n + 3 : 0;
}

/* The clause's words leave the topic's text ("不用防水了" after "徒步鞋 防水"). */
void take_back(struct reading *r, struct span text, const struct topic *t, char *rest, struct utterance_part *out)
{
    struct span cue;
    if (!t || !takes_wish_back(text, &cue)) return;
    char *old = arena_strdup(r->a, t->text);
    bool changed = false;
    if (!old) r->nomem = true;
    for (const char *s = text.begin; old && s < text.end;) {
        size_t skip = either_way(s, text.end);
        s += skip;
        for (size_t n = (size_t)(text.end - s); n >= 4; n--) {   /* the longest words of the clause that the topic has */
            if (n < (size_t)(text.end - s) && ((s[n] & 0xC0) == 0x80 || (latin_byte(s[n - 1]) && latin_byte(s[n])))) continue;
            if (s > text.begin && latin_byte(s[-1]) && latin_byte(*s)) break;
            struct span words = {s, s + n};
            char *at = span_empty(words) || (latin_byte(*s) && text_is_stopword(s, n)) ? NULL : memmem(old, strlen(old), s, n);
            if (!at || *s == ' ') continue;
            memset(at, ' ', n);
            memset(rest + (s - text.begin), ' ', n);
            changed = true;
            break;
        }
        utf8_next(&s, text.end);
    }
    for (size_t i = 0; t && i < t->n_wishes; i++) {   /* attributes that the clause names */
        const struct wish *w = &t->wishes[i];
        const char *name = strncmp(w->field, "attribute:", 10) == 0 ? w->field + 10 : NULL;
        bool named = name && !w->negated && memmem(text.begin, (size_t)(text.end - text.begin), name, strlen(name));
        for (size_t k = 0; name && k < w->n_values && !named; k++) named = memmem(text.begin, (size_t)(text.end - text.begin), w->values[k], strlen(w->values[k])) != NULL;
        bool known = false;
        for (size_t k = 0; named && k < out->n_changes; k++) known |= out->changes[k].what == CHANGE_REMOVE && strcmp(out->changes[k].wish.field, w->field) == 0;
        const char *said = named && !known ? span_copy(r->a, text) : NULL;
        if (said) change_add(out, CHANGE_REMOVE, wish_blank(r, w->field, said)), changed = true;
    }
    if (!changed || !old) return;
    out->text = span_copy(r->a, (struct span){old, old + strlen(old)});
    out->replaces_text = true;
    if (!out->text) out->text = "", r->nomem = true;
}

/* "400也行" in a topic with a price: a figure that is all the clause says is a new bound. */
void read_bare_price(struct reading *r, struct span text, const struct topic *t, char *rest, bool *price, struct utterance_part *out)
{
    enum { NUMBERS_MAX = 2 };
    struct number x[NUMBERS_MAX];
    const struct wish *old = topic_wish(t, "price", false);
    struct span where;
    if (*price || (!old && !(field_named(text, &where) && strcmp(field_named(text, &where), "price") == 0))) return;
    size_t n = text_numbers(text.begin, (size_t)(text.end - text.begin), x, NUMBERS_MAX);
    if (n != 1 || x[0].kind == NUMBER_UNIT || x[0].value < 5 || x[0].value > 1e9 || rest[x[0].begin] == ' ') return;
    char *copy = arena_strndup(r->a, text.begin, (size_t)(text.end - text.begin));
    if (!copy) {
        r->nomem = true;
        return;
    }
    memset(copy + x[0].begin, ' ', x[0].end - x[0].begin);
    if (field_named(text, &where)) memset(copy + (where.begin - text.begin), ' ', (size_t)(where.end - where.begin));
    if (!span_empty(cue_strip((struct span){copy, copy + strlen(copy)}))) return;
    struct wish w = wish_blank(r, "price", "");
    w.said = span_copy(r->a, (struct span){text.begin + x[0].begin, text.begin + x[0].end});
    if (!w.said) w.said = "", r->nomem = true;
    w.high = (int64_t)(x[0].value * 100 + 0.5);
    change_add(out, price_change_kind(old, &w, text), w);
    memset(rest, ' ', (size_t)(text.end - text.begin));
    *price = true;
}
