/* The words of a need as index terms: weights, spelling by the catalogue's own dictionary, words written together or apart. */
#include "match_int.h"

#include <math.h>
#include <string.h>

static const char *said_text(struct need *n, const struct term *t)
{
    const char *s = arena_strndup(&n->arena, n->free_text + t->begin, t->end - t->begin);
    return s ? s : "";
}

static bool add(struct need *n, const char *text, size_t length, float weight, bool corrected, const struct term *from)
{
    for (size_t i = 0; i < n->n_terms; i++) {
        struct need_term *t = &n->terms[i];
        if (t->length != length || memcmp(t->text, text, length) != 0) continue;
        if (weight > t->weight) t->weight = weight;
        return true;
    }
    if (n->n_terms == NEED_TERMS_MAX) return false;
    n->terms[n->n_terms++] = (struct need_term){.text = text, .length = (uint16_t)length, .weight = weight, .corrected = corrected,
        .word = (uint16_t)(n->n_words - 1), .words = 1, .begin = from->begin, .end = from->end, .said = said_text(n, from)};
    return true;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool word_of(const char *s, size_t n, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0) return true;
    return false;
}

/* Words beside what is wanted: they stand in no record, and say nothing where they do. */
static bool is_talk_word(const char *s, size_t n)
{
    static const char *const words[] = {"pls", "plz", "thanks", "thx", "sth", "im", "am", "buy", "buying", "bought", "looking", "searching", "wondering", "hello", "hey", "hi", "got", "nice", "good", "great", "anything", "cheap",
                                        "cheaper", "cheapest", "best", "fancy", "maybe", "pair", "piece", "couple", "kind", "sort", "lot", "bit", "idea", "ideas", "around", "about", "budget", "really", "much", "one", "ones",
                                        "able", "tonight", "today", "tomorrow", "own", "help", "thing", "things", "stuff", "w", "u", "ok", "okay", "actually", "guys", "nothing", "new"};
    return word_of(s, n, words, sizeof words / sizeof words[0]);
}

/* "a bottle of wine" */
static bool is_container(const char *s, size_t n)
{
    static const char *const words[] = {"set", "pack", "box", "bottle", "bag", "cup", "jar", "tin", "can", "gift", "present"};
    return word_of(s, n, words, sizeof words / sizeof words[0]);
}

static bool is_latin(const struct term *t)
{
    for (size_t i = 0; i < t->length; i++)
        if (t->text[i] < 'a' || t->text[i] > 'z') return false;
    return t->length > 0;
}

/* ---- slips ---- */

enum { GUESSES = 8, RARE = 6 };

struct guesses {
    struct index_suggestion list[GUESSES];   /* best first */
    size_t n;
    char first;                              /* the word's first letter is hardly ever the slip: "lawn" is no "dawn" */
};

static bool is_better_guess(const struct index_suggestion *a, const struct index_suggestion *b)
{
    if (a->edits != b->edits) return a->edits < b->edits;
    return a->document_frequency > b->document_frequency;
}

static void keep_guess(struct guesses *g, const struct index_suggestion *s)
{
    size_t at = 0;
    if (s->term[0] != g->first) return;
    for (size_t i = 0; i < g->n; i++) {
        if (g->list[i].term != s->term) continue;
        if (g->list[i].edits <= s->edits) return;
        memmove(g->list + i, g->list + i + 1, (g->n-- - i - 1) * sizeof *g->list);
        break;
    }
    while (at < g->n && !is_better_guess(s, &g->list[at])) at++;
    if (at == GUESSES) return;
    if (g->n < GUESSES) g->n++;
    memmove(g->list + at + 1, g->list + at, (g->n - at - 1) * sizeof *g->list);
    g->list[at] = *s;
}

static bool takes_ending(const char *stem, size_t n, const char *ending, size_t k)
{
    char word[2 * INDEX_TERM_BYTES_MAX];
    if (n + k > sizeof word) return false;
    memcpy(word, stem, n);
    memcpy(word + n, ending, k);
    return porter_stem(word, n + k) == n && memcmp(word, stem, n) == 0;
}

/* Endings that the stemmer takes off, the frequent ones: each that a slip may have costs a look through the dictionary. */
static bool may_be_ending(const char *s, size_t k)
{
    static const char *const endings[] = {"", "e", "s", "y", "al", "ed", "er", "es", "ly", "or", "ers", "ies", "ing", "ion", "ors", "able", "ered", "ings", "ions", "ment", "ness", "ering"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (strlen(endings[i]) == k && memcmp(endings[i], s, k) == 0) return true;
    return false;
}

/* The index knows stems, and a slip leads the stemmer astray: "celing" becomes "cele", "ceiling" "ceil". So each beginning of the word is
 * looked up, too, where the rest ("ing") is an ending of the term found. */
static void guess_words(struct matcher *m, const struct need *n, const struct term *t, struct guesses *g)
{
    enum { SHORTEST = 3, ENDING_MAX = 5, LONG = 7, LONG_STEM = 6, TRIED = 16 };
    struct index_suggestion found[TRIED];
    const char *word = n->free_text + t->begin;
    size_t whole = t->end - t->begin, count = index_suggest(m->index, t->text, t->length, t->length >= LONG ? 2 : 1, found, TRIED);
    g->first = t->text[0];
    for (size_t i = 0; i < count; i++) keep_guess(g, &found[i]);
    for (size_t i = 0; i < whole; i++)
        if (word[i] < 'a' || word[i] > 'z') return;
    for (size_t k = 0; k <= ENDING_MAX && k + SHORTEST <= whole; k++) {
        if (!may_be_ending(word + whole - k, k)) continue;
        count = index_suggest(m->index, word, whole - k, whole >= LONG && whole - k >= LONG_STEM ? 2 : 1, found, TRIED);
        for (size_t i = 0; i < count; i++)
            if (takes_ending(found[i].term, found[i].length, word + whole - k, k)) keep_guess(g, &found[i]);
    }
}

/* A rare word of four letters or more may be a slip; one the dictionary knows much better, one edit away (two in long words), is meant. */
static void add_corrections(struct matcher *m, struct need *n, const struct term *t, uint32_t own)
{
    enum { KEPT = 2, SURE = 60 };   /* a word the shop uses, however seldom, is mostly meant */
    struct guesses g = {0};
    size_t kept = 0;
    if (t->length < 4 || own > RARE) return;
    guess_words(m, n, t, &g);
    for (size_t i = 0; i < g.n && kept < KEPT; i++) {
        const struct index_suggestion *s = &g.list[i];
        if (s->document_frequency <= own * SURE || s->length < 3) continue;
        if (kept && s->edits > g.list[0].edits) break;
        const char *term = arena_strndup(&n->arena, s->term, s->length);
        float certain = own == 0 ? 1.0f : 0.8f;   /* a word that the shop does not have at all must be a slip, if it is one */
        if (term) add(n, term, s->length, (kept ? 0.4f : certain) / (float)s->edits, true, t);
        kept++;
    }
}

/* "doorbell" -> door bell, when the shop knows both halves. */
static void add_split(struct matcher *m, struct need *n, const struct term *t)
{
    enum { SHORTEST = 3, COMMON = 5 };
    char half[INDEX_TERM_BYTES_MAX + 1];
    uint32_t best = 0;
    size_t at = 0;
    for (size_t i = SHORTEST; i + SHORTEST <= t->length; i++) {
        size_t tail = t->length - i;
        memcpy(half, t->text + i, tail);
        tail = porter_stem(half, tail);
        uint32_t left = index_document_frequency(m->index, t->text, i), right = index_document_frequency(m->index, half, tail);
        uint32_t least = left < right ? left : right;
        if (least >= COMMON && least > best) best = least, at = i;
    }
    if (!best) return;
    memcpy(half, t->text + at, t->length - at);
    size_t tail = porter_stem(half, t->length - at);
    const char *left = arena_strndup(&n->arena, t->text, at), *right = arena_strndup(&n->arena, half, tail);
    if (!left || !right) return;
    add(n, left, at, 0.6f, true, t);
    add(n, right, tail, 0.6f, true, t);
}

/* "water proof" -> waterproof, when the shop writes it so: b is the last word, a the one before it. */
static void add_joined(struct matcher *m, struct need *n, const struct term *a, const struct term *b)
{
    char joined[2 * INDEX_TERM_BYTES_MAX];
    size_t whole_a = a->end - a->begin, whole_b = b->end - b->begin;
    if (whole_a + whole_b >= sizeof joined) return;
    memcpy(joined, n->free_text + a->begin, whole_a);
    memcpy(joined + whole_a, n->free_text + b->begin, whole_b);
    size_t length = porter_stem(joined, whole_a + whole_b);
    if (index_document_frequency(m->index, joined, length) < 2) return;
    const char *term = arena_strndup(&n->arena, joined, length);
    size_t before = n->n_terms;
    if (!term || !add(n, term, length, 0.8f, true, a) || n->n_terms == before) return;
    n->terms[before].word = (uint16_t)(n->n_words - 2);
    n->terms[before].words = 2;
}

/* ---- words for kinds: 裙子 for 连衣裙 and 半身裙 ---- */

/* The last terms of the kinds' names rank beside the word; that a product has the word, its category says (struct need_term, kinds). */
static void add_kinds(struct matcher *m, struct need *n, const struct term *t, const uint32_t *labels, size_t count)
{
    struct need_term *own = &n->terms[n->n_terms - 1];
    own->kinds = true;
    own->weight = 1;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *kind = index_label_text(m->index, FACET_CATEGORY, labels[i], &length, NULL);
        struct term_list list = {0};
        if (text_terms(m->segmenter, kind, length, &n->arena, &list) != OK) list.n = 0;
        for (size_t k = 0; k < list.n; k++)
            if (list.items[k].end == length && index_document_frequency(m->index, list.items[k].text, list.items[k].length)) add(n, list.items[k].text, list.items[k].length, 0.3f, true, t);
        mem_free(list.items);
    }
}

/* The last word of a name of kinds: "shoes", but not the first of "sleeping bag". */
static void add_latin_kinds(struct matcher *m, struct need *n, const struct term *t)
{
    enum { BACK = 3 };
    uint32_t kinds[KINDS_NAMED_MAX];
    const char *begin = n->free_text, *end = begin + strlen(begin), *s = begin + t->begin;
    for (int words = 0; words <= BACK; words++) {
        size_t bytes = 0, count = kinds_named(m, begin, s, end, false, kinds, KINDS_NAMED_MAX, &bytes);
        if (count && s + bytes == begin + t->end) {
            add_kinds(m, n, t, kinds, count);
            return;
        }
        if (s <= begin + 1 || (s[-1] != ' ' && s[-1] != '-')) return;
        for (s--; s > begin && is_letter(s[-1]);) s--;
    }
}

struct rewording { struct matcher *m; struct need *n; const struct term *from; uint32_t own; };

/* The terms of the other word, a dictionary's word or its pairs of characters, that the shop says not much less often than the
 * shopper's own. */
static void add_synonym(void *context, const char *word, size_t length)
{
    enum { NOT_MUCH_LESS = 3 };
    struct rewording *r = context;
    struct term_list list = {0};
    if (text_terms(r->m->segmenter, word, length, &r->n->arena, &list) != OK) list.n = 0;
    for (size_t i = 0; i < list.n; i++) {
        const struct term *t = &list.items[i];
        uint32_t known = index_document_frequency(r->m->index, t->text, t->length);
        if (known && known * NOT_MUCH_LESS >= r->own) add(r->n, t->text, t->length, 0.8f, true, r->from);
    }
    mem_free(list.items);
}

/* "我穿", "会痒": what the dictionary takes for a word is talk about the shopper, no thing. */
static bool is_talk(const struct term *t)
{
    static const char talk[] = "我你您他她它会能可想很太都也就还给让";
    for (const char *c = talk; *c; c += 3)
        if (t->length >= 3 && memcmp(t->text, c, 3) == 0) return true;
    return false;
}

static void add_term(struct matcher *m, struct need *n, const struct term *t)
{
    uint32_t own = index_document_frequency(m->index, t->text, t->length);
    float weight = t->kind == TERM_HAN_BIGRAM || t->kind == TERM_NUMBER ? 0.5f : 1.0f;   /* sizes rank; things decide */
    if (t->kind == TERM_WORD && is_talk_word(n->free_text + t->begin, t->end - t->begin)) {
        add(n, t->text, t->length, 0.1f, false, t);
        return;
    }
    if (own > 0 || is_latin(t) || t->kind == TERM_NUMBER) add(n, t->text, t->length, weight, false, t);
    else add(n, t->text, t->length, t->kind == TERM_HAN_BIGRAM || is_talk(t) ? 0.1f : 0.5f, false, t);
    if (t->kind == TERM_WORD && n->n_terms && n->terms[n->n_terms - 1].word == n->n_words - 1) add_latin_kinds(m, n, t);
    synonyms_of(n->free_text + t->begin, t->end - t->begin, add_synonym, &(struct rewording){m, n, t, own});
    if (!is_latin(t) || own > RARE) return;
    add_corrections(m, n, t, own);
    add_split(m, n, t);
}

/* The Chinese word for kinds at s in the free text, which stands for the terms that it lies in: they would say nothing (双鞋), or another thing. */
static size_t add_han_kind(struct matcher *m, struct need *n, const char *s)
{
    uint32_t kinds[KINDS_NAMED_MAX];
    size_t bytes = 0;
    const char *begin = n->free_text, *end = begin + strlen(begin);
    size_t count = (unsigned char)*s >= 0xE0 && n->n_words < NEED_TERMS_MAX ? kinds_named(m, begin, s, end, false, kinds, KINDS_NAMED_MAX, &bytes) : 0;
    struct term t = {.text = s, .length = (uint16_t)bytes, .kind = TERM_HAN_WORD, .begin = (uint32_t)(s - begin), .end = (uint32_t)(s - begin + (ptrdiff_t)bytes)};
    if (!count) return 0;
    n->n_words++;
    if (add(n, s, bytes, 1, false, &t) && n->terms[n->n_terms - 1].word == n->n_words - 1) add_kinds(m, n, &t, kinds, count);
    else n->n_words--;
    return bytes;
}

struct spans { struct { uint32_t begin, end; } items[NEED_TERMS_MAX]; size_t n; };

static bool lies_in(const struct spans *x, const struct term *t)
{
    for (size_t i = 0; i < x->n; i++)
        if (t->begin < x->items[i].end && t->end > x->items[i].begin) return true;
    return false;
}

static void add_han_kinds(struct matcher *m, struct need *n, struct spans *x)
{
    for (const char *s = n->free_text, *end = s + strlen(s); s < end && x->n < NEED_TERMS_MAX;) {
        size_t bytes = add_han_kind(m, n, s);
        if (bytes) x->items[x->n].begin = (uint32_t)(s - n->free_text), x->items[x->n++].end = (uint32_t)(s - n->free_text + (ptrdiff_t)bytes);
        if (bytes) s += bytes;
        else utf8_next(&s, end);
    }
}

/* ---- what is asked for ---- */

/* The last word of the first noun phrase of an English text: "lawn [mower]", "a bottle of red [wine] for dinner". */
static struct text_span head_word(const char *s)
{
    struct text_span head = {0};
    while (*s) {
        size_t n = 0;
        while (is_letter(s[n])) n++;
        bool skipped = n && (text_is_stopword(s, n) || is_talk_word(s, n) || is_container(s, n));
        bool ends = head.n && (!n || text_is_stopword(s, n)) && *s != ' ';   /* "new tv, 55 inch", "mouse that" */
        if (ends || (head.n && *s == ' ' && s[1] == ' ')) return head;      /* two spaces: a constraint stood there */
        if (n && !skipped) head = (struct text_span){s, n};
        s += n ? n : 1;
    }
    return head;
}

static void note_other(struct matcher *m, struct need *n)
{
    struct text_span head = n->language == LANGUAGE_EN && !n->names_kind ? head_word(n->free_text) : (struct text_span){0};
    uint32_t begin = head.n ? (uint32_t)(head.s - n->free_text) : 0;
    struct index_condition kind;   /* "tent pegs": that a tent has some makes no product of them */
    const uint32_t named_in = 1u << FIELD_TITLE | 1u << FIELD_CATEGORY | 1u << FIELD_BRAND | (need_category(n, &kind) ? 0 : 1u << FIELD_ATTRIBUTES);
    if (head.n < 2) return;
    n->names_other = true;
    for (size_t i = 0; i < n->n_terms; i++) {
        const struct need_term *t = &n->terms[i];
        if (t->begin <= begin && t->end > begin && index_term_documents(m->index, t->text, t->length, named_in, m->postings)) n->names_other = false;
    }
}

static const bool *marked(const struct term_list *list, size_t n, struct arena *a)
{
    bool *in = arena_zalloc(a, n + 1, sizeof *in);
    for (size_t i = 0; in && i < list->n; i++)
        if (list->items[i].kind == TERM_HAN_WORD) memset(in + list->items[i].begin + 1, true, list->items[i].end - list->items[i].begin - 1);
    return in;
}

const bool *words_marked(struct segmenter *g, const char *text, struct arena *a)
{
    struct term_list list = {0};
    status s = text_terms(g, text, strlen(text), a, &list);
    const bool *in = s == OK ? marked(&list, strlen(text), a) : NULL;
    mem_free(list.items);
    return in;
}

status understand_terms(struct matcher *m, struct need *n)
{
    struct term_list list = {0};
    status s = text_terms(m->segmenter, n->free_text, strlen(n->free_text), &n->arena, &list);
    if (s == OK && !(n->in_word = marked(&list, strlen(n->free_text), &n->arena))) s = fail_nomem("reading a need");
    bool only_stopwords = n->n_constraints == 0;   /* beside constraints, function words say nothing */
    for (size_t i = 0; i < list.n; i++) only_stopwords = only_stopwords && text_is_stopword(list.items[i].text, list.items[i].length);
    struct spans kinds = {.n = 0};
    if (s == OK) add_han_kinds(m, n, &kinds);
    if (kinds.n) only_stopwords = false;
    const struct term *previous = NULL, *last = NULL;   /* the word before, unless a function word lies between; the term before */
    for (size_t i = 0; s == OK && i < list.n; i++) {
        const struct term *t = &list.items[i];
        if (lies_in(&kinds, t)) continue;
        if (!only_stopwords && text_is_stopword(t->text, t->length)) {
            previous = NULL;
            continue;
        }
        if (!last || last->begin != t->begin || last->end != t->end) {
            if (n->n_words == NEED_TERMS_MAX) break;   /* repeated words add no term, so the terms' limit alone would not stop here */
            n->n_words++;
        }
        last = t;
        add_term(m, n, t);
        if (previous && is_latin(previous) && is_latin(t) && t->position == previous->position + 1) add_joined(m, n, previous, t);
        previous = t;
    }
    mem_free(list.items);
    note_other(m, n);
    return s;
}
