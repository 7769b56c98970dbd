/* What a record denies ("waterproof: not waterproof", "防水: 否"): no word to find the product by, no reason to show it, and for a need that asks
 * for just that, a reason to show others first. */
#include "match_int.h"

#include <string.h>

static const char *const denying[] = {"not ", "non-", "no ", "不支持", "不含", "没有", "不可", "不能", "不", "无", "非"};
static const char *const whole[] = {"no", "none", "not safe", "not included", "not supported", "not suitable", "无", "否", "没有", "不支持", "不含", "不可", "不可用", "不能", "不适用"};
enum { DENYING = sizeof denying / sizeof *denying, WHOLE = sizeof whole / sizeof *whole };

bool record_denies(const char *name, size_t n_name, const char *value, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < WHOLE && !found; i++) found = strlen(whole[i]) == n && memcmp(whole[i], value, n) == 0;
    for (size_t i = 0; i < DENYING && !found; i++) {
        size_t k = strlen(denying[i]);
        found = n_name && n == k + n_name && memcmp(denying[i], value, k) == 0 && memcmp(value + k, name, n_name) == 0;
    }
    return found;
}

static size_t denying_before(const char *begin, const char *s)
{
    for (size_t i = 0; i < DENYING; i++) {
        size_t n = strlen(denying[i]);
        if ((size_t)(s - begin) >= n && memcmp(s - n, denying[i], n) == 0) return n;
    }
    return 0;
}

/* The same said in a description becomes blanks. */
void denied_blank(struct strbuf *text, const char *name)
{
    for (char *at = text->len ? strstr(text->data, name) : NULL; at; at = strstr(at + 1, name)) {
        size_t n = denying_before(text->data, at);
        if (n) memset(at - n, ' ', n + strlen(name));
    }
}

/* ---- needs ---- */

/* 可折叠 is asked for by 折叠, too. A single character is part of too many words. */
static struct text_span asked_by(struct text_span name)
{
    static const char can[] = "可";
    bool led = name.n > sizeof can - 1 && memcmp(name.s, can, sizeof can - 1) == 0;
    struct text_span word = led ? (struct text_span){name.s + sizeof can - 1, name.n - (sizeof can - 1)} : name;
    bool latin = word.n && (unsigned char)*word.s < 0x80;
    return word.n < (latin ? 3 : 6) ? (struct text_span){0} : word;
}

status denied_read(struct matcher *m)
{
    size_t labels = index_label_count(m->index, ATTRIBUTES);
    for (int pass = 0; pass < 2; pass++) {
        m->n_denied = 0;
        for (uint32_t i = 0; i < labels; i++) {
            size_t n;
            struct text_span name, value;
            const char *text = index_label_text(m->index, ATTRIBUTES, i, &n, NULL);
            attribute_split(text, n, &name, &value);
            struct text_span word = record_denies(name.s, name.n, value.s, value.n) ? asked_by(name) : (struct text_span){0};
            if (!word.n) continue;
            if (pass) m->denied[m->n_denied] = (struct denied_label){word, i};
            m->n_denied++;
        }
        if (pass) return OK;
        m->denied = mem_alloc((m->n_denied + 1) * sizeof *m->denied);
        if (!m->denied) return fail_nomem("opening the index");
    }
    return OK;
}

static bool ends_at(const char *begin, const char *s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(s - begin) >= n && memcmp(s - n, words[i], n) == 0) return true;
    }
    return false;
}

static bool begins_at(const char *s, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(s, words[i], strlen(words[i])) == 0) return true;
    return false;
}

/* "alcohol-free", "对酒精过敏", "不带麦克风": who speaks of it so is glad that the record denies it. */
static bool is_unwanted(const char *begin, const char *s, const char *behind)
{
    static const char *const before[] = {"without ", "without a ", "without any ", "avoid ", "less ", "free of ", "free from ", "allergic to ", "sensitive to ", "别", "不要", "不带", "不加", "不用", "不想要", "不需要", "少", "免", "去", "零", "0"};
    static const char *const after[] = {"-free", " free", "过敏", "敏感", " allerg", " sensitiv", " intoleran"};
    return denying_before(begin, s) || ends_at(begin, s, before, sizeof before / sizeof *before) || begins_at(behind, after, sizeof after / sizeof *after);
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool asks_for(const char *text, struct text_span word)
{
    const char *end = text + strlen(text);
    for (const char *s = text; (s = memmem(s, (size_t)(end - s), word.s, word.n)) != NULL; s++) {
        const char *behind = s + word.n;
        bool latin = is_letter(*word.s), apart = !latin || ((s == text || !is_letter(s[-1])) && !is_letter(*behind));
        if (apart && !is_unwanted(text, s, behind)) return true;
    }
    return false;
}

void denied_asked(const struct matcher *m, const struct need *n, struct denied_asked *out)
{
    out->n = 0;
    for (size_t i = 0; i < m->n_denied && out->n < DENIED_ASKED_MAX; i++)
        if (asks_for(n->free_text, m->denied[i].word)) out->labels[out->n++] = m->denied[i].label;
}

bool denies_asked(const struct matcher *m, const struct denied_asked *x, uint32_t doc)
{
    struct index_condition condition = {.kind = CONDITION_ANY_LABEL, .column = ATTRIBUTES, .labels = x->labels, .n_labels = x->n};
    return x->n && index_passes(m->index, &(struct index_filter){&condition, 1}, doc);
}
