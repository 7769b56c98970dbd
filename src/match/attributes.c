/* Attributes that are no facets: "usage: casual", "季节: 冬季" as labels of the index, and their values as words of needs. */
#include "match_int.h"

#include <string.h>

void attribute_split(const char *label, size_t n, struct text_span *name, struct text_span *value)
{
    const char *at = memmem(label, n, ATTRIBUTE_SEPARATOR, strlen(ATTRIBUTE_SEPARATOR));
    size_t length = at ? (size_t)(at - label) : n, behind = at ? length + strlen(ATTRIBUTE_SEPARATOR) : n;
    *name = (struct text_span){label, length};
    *value = (struct text_span){label + behind, n - behind};
}

/* Says nothing by itself: "支持", "no". */
static bool is_answer_word(const char *s, size_t n)
{
    static const char *const words[] = {"yes", "no", "none", "other", "others", "any", "all", "n/a", "not", "new", "other brands", "normal", "standard", "支持", "不支持",
                                        "没有", "其他", "其它", "通用", "普通", "标准", "可以", "不可", "均可", "适合"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == n && memcmp(words[i], s, n) == 0) return true;
    return false;
}

bool attribute_value_is_phrase(const char *value, size_t n)
{
    bool latin = n && (unsigned char)value[0] < 0x80;
    if (n < (latin ? 3 : 6) || n > ATTRIBUTE_VALUE_BYTES_MAX || (latin && (value[0] < 'a' || value[0] > 'z'))) return false;
    return !text_is_stopword(value, n) && !is_answer_word(value, n);
}

/* ---- building ---- */

static void add(struct label_set *set, const char *name, const char *value, size_t n)
{
    char label[LABEL_BYTES_MAX + 1];
    while (n && *value == ' ') value++, n--;
    while (n && value[n - 1] == ' ') n--;
    if (!n || n > ATTRIBUTE_VALUE_BYTES_MAX) return;
    int length = snprintf(label, sizeof label, "%s" ATTRIBUTE_SEPARATOR "%.*s", name, (int)n, value);
    if (length > 0 && (size_t)length < sizeof label) label_add(set, ATTRIBUTES, label, (size_t)length);
}

void attribute_labels(struct label_set *set, const char *name, const char *value, bool list)
{
    size_t n = strlen(name);
    const char *item;
    if (!n || n > ATTRIBUTE_NAME_BYTES_MAX || strstr(name, ATTRIBUTE_SEPARATOR)) return;
    if (!list) add(set, name, value, strlen(value));
    for (const char *cursor = value; list && attribute_list_next(&cursor, &item, &n);) add(set, name, item, n);
}

static bool is_one_of(const char *word, size_t n, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == n && memcmp(words[i], word, n) == 0) return true;
    return false;
}
#define IS_ONE_OF(word, n, ...) is_one_of(word, n, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool is_facet_word(const char *word, const char *end)
{
    enum facet f;
    const char *canonical;
    return facet_match(word, end, &f, &canonical) > 0;
}

/* Words for whom a thing is made; "mother earth" and "sister act" are names. */
static bool is_people_word(const char *word, size_t n, const char *end)
{
    enum facet f;
    const char *canonical;
    static const char *const kin = "mother father mom mum dad brother sister wife husband boyfriend girlfriend grandma grandpa grandmother grandfather";
    const char *at = memmem(kin, strlen(kin), word, n);
    bool kinship = at && (at == kin || at[-1] == ' ') && (at[n] == ' ' || !at[n]);
    return !kinship && facet_match(word, end, &f, &canonical) > 0 && f == FACET_AUDIENCE;
}

/* "peter england | men party blue jeans": the name ends before a word for people. */
static bool ends_name(const char *word, size_t n, const char *end)
{
    return is_people_word(word, n, end) || IS_ONE_OF(word, n, "boys", "boy's", "boy", "girls", "girl's", "girl", "kid's", "for", "with", "in", "set", "pack");
}

/* Goes on with a name ("black coffee", "ben 10"), but does not say that one goes on: a colour, a material, a number. */
static bool is_doubtful(const char *word, const char *end)
{
    return *word < 'a' || *word > 'z' || is_facet_word(word, end);
}

bool title_is_name(const char *value, size_t n)
{
    const char *end = value + n, *s = memchr(value, ' ', n);
    if (is_doubtful(value, end) && !s) return false;
    for (; s; s = memchr(s, ' ', (size_t)(end - s)))
        if (is_doubtful(++s, end)) return false;
    return true;
}

static bool has_latin(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] >= 'a' && s[i] <= 'z') return true;
    return false;
}

/* Where no brand is given, titles mostly begin with it: their first words. Those that title_is_name doubts are there for who names them. Returns
 * the bytes of the first one. */
size_t title_labels(struct label_set *set, const char *title)
{
    enum { WORDS_MAX = 4 };
    const char *end = title + strlen(title), *s = title;
    size_t first = 0;
    for (size_t k = 0; k < WORDS_MAX && s < end; k++) {
        size_t n = strcspn(s, " ");
        if (ends_name(s, n, end) || (k == 0 && !has_latin(s, n))) return first;
        bool facet = k == 0 && is_facet_word(s, end);   /* "red tape" may be a name; "red" alone is none */
        bool joins = facet || IS_ONE_OF(s, n, "of", "and", "the", "&", "a", "de", "la");   /* no name ends so */
        s += n;
        size_t length = (size_t)(s - title);
        while (length && strchr(".,:;-", title[length - 1])) length--;             /* "u.s. polo assn." as "u.s. polo assn" */
        if (s < end && !joins) add(set, TITLE_ATTRIBUTE, title, length);   /* a title that is nothing but its name names a thing */
        if (k == 0 && !facet) first = (size_t)(s - title);
        while (*s == ' ') s++;
    }
    return first;
}

size_t word_root(char *word, size_t n)
{
    static const char *const ends[] = {"ing", "ed", "es", "s", "e"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t end = strlen(ends[i]);
        if (n < end + 3 || memcmp(word + n - end, ends[i], end) != 0 || (end == 1 && word[n - 2] == 's')) continue;
        n -= end;
        bool doubled = end > 1 && n > 3 && word[n - 1] == word[n - 2] && !strchr("aeiouls", word[n - 1]);   /* "running" */
        return doubled ? n - 1 : n;
    }
    return n;
}

/* What tells products apart when nothing else does: words of their titles ("polo", "chronograph", 速开), Latin ones as their roots, but for what
 * other fields hold. */
status title_words(struct segmenter *g, struct label_set *set, const char *title, size_t name, const char *brand, const char *category)
{
    struct term_list list = {0};
    status s = text_terms(g, title + name, strlen(title + name), set->arena, &list);
    for (size_t i = 0; s == OK && i < list.n; i++) {
        const struct term *t = &list.items[i];
        const char *word = title + name + t->begin;
        size_t n = t->end - t->begin;
        bool han = t->kind == TERM_HAN_WORD;
        if (!(han || t->kind == TERM_WORD) || n < (han ? 6 : 3) || text_is_stopword(t->text, t->length) || memchr(word, '-', n) || memchr(word, '\'', n)) continue;
        if (memmem(brand, strlen(brand), word, n) || memmem(category, strlen(category), t->text, t->length) || is_facet_word(word, word + n)) continue;
        bool digit = false;
        for (size_t k = 0; k < n; k++) digit = digit || (word[k] >= '0' && word[k] <= '9');
        char *root = han || digit ? NULL : arena_strndup(set->arena, word, n);
        if (han && !digit) add(set, WORD_ATTRIBUTE_ZH, t->text, t->length);
        if (root) add(set, WORD_ATTRIBUTE, root, word_root(root, n));
    }
    mem_free(list.items);
    return s;
}

/* ---- the open index ---- */

static bool has_han(struct text_span s)
{
    for (const char *p = s.s, *end = s.s + s.n; p < end;)
        if (utf8_is_han(utf8_next(&p, end))) return true;
    return false;
}

/* Labels of one name lie together: each has the name and the separator before it. */
static void read_names(struct matcher *m, size_t labels)
{
    for (uint32_t i = 0; i < labels; i++) {
        size_t n;
        struct text_span name, value;
        const char *text = index_label_text(m->index, ATTRIBUTES, i, &n, NULL);
        attribute_split(text, n, &name, &value);
        struct attribute_name *last = m->n_attributes ? &m->attributes[m->n_attributes - 1] : NULL;
        if (!last || last->name.n != name.n || memcmp(last->name.s, name.s, name.n) != 0) {
            if (m->n_attributes == ATTRIBUTES_MAX) break;
            last = &m->attributes[m->n_attributes++];
            *last = (struct attribute_name){.name = name, .first = i, .language = has_han(name) || has_han(value) ? LANGUAGE_ZH : LANGUAGE_EN};
        }
        last->n++;
        m->attribute_of[i] = (uint16_t)(m->n_attributes - 1);
    }
}

/* Most products that have it also have attributes in the other language. */
static status read_counterparts(struct matcher *m)
{
    uint32_t labels[LABELS_PER_DOCUMENT_MAX], *documents = mem_zalloc(2 * m->n_attributes + 1, sizeof *documents), *both = documents ? documents + m->n_attributes : NULL;
    if (!documents) return fail_nomem("opening the index");
    for (uint32_t d = 0; d < index_count(m->index); d++) {
        size_t n = index_document_labels(m->index, d, ATTRIBUTES, labels, LABELS_PER_DOCUMENT_MAX);
        bool has[2] = {false, false};
        for (size_t i = 0; i < n; i++) has[m->attributes[m->attribute_of[labels[i]]].language == LANGUAGE_EN] = true;
        for (size_t i = 0; i < n; i++) documents[m->attribute_of[labels[i]]]++, both[m->attribute_of[labels[i]]] += has[0] && has[1];
    }
    for (size_t i = 0; i < m->n_attributes; i++) m->attributes[i].counterpart = both[i] * 2 > documents[i];
    mem_free(documents);
    return OK;
}

status attributes_read(struct matcher *m)
{
    size_t labels = index_label_count(m->index, ATTRIBUTES);
    m->attributes = mem_zalloc(ATTRIBUTES_MAX, sizeof *m->attributes);
    m->attribute_of = mem_zalloc(labels + 1, sizeof *m->attribute_of);
    if (!m->attributes || !m->attribute_of) return fail_nomem("opening the index");
    for (size_t i = 0; i < labels; i++) m->attribute_of[i] = ATTRIBUTES_MAX - 1;
    read_names(m, labels);
    return read_counterparts(m);
}

size_t matcher_attributes(const struct matcher *m, const struct attribute_name **names, const uint16_t **by_label)
{
    *names = m->attributes;
    if (by_label) *by_label = m->attribute_of;
    return m->n_attributes;
}

/* ---- needs ---- */

void constraint_complete(struct matcher *m, struct arena *a, struct constraint *c)
{
    uint32_t any;
    if (c->kind == CONSTRAINT_FACET && c->facet == FACET_AUDIENCE && !c->negated && c->n_labels && c->n_labels < sizeof c->labels / sizeof c->labels[0]
        && index_find_label(m->index, FACET_AUDIENCE, "any", 3, &any)) {
        bool have = false;
        for (size_t i = 0; i < c->n_labels; i++) have = have || c->labels[i] == any;
        if (!have) c->labels[c->n_labels++] = any;
    }
    if (c->kind != CONSTRAINT_WORDS) return;
    struct term_list list = {0};
    c->n_denied = 0;
    if (text_terms(m->segmenter, c->value, strlen(c->value), a, &list) == OK)
        for (size_t k = 0; k < list.n && c->n_denied < DENIED_WORDS_MAX; k++)
            if (!text_is_stopword(list.items[k].text, list.items[k].length)) c->denied[c->n_denied++] = (struct text_span){list.items[k].text, list.items[k].length};
    mem_free(list.items);
}
