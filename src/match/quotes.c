/* Which words of the shopper's a reason quotes: whole ones, each from the first place that has it. */
#include "match_int.h"

#include <string.h>

enum { QUOTES_MAX = 6 };

/* Overlapping words (保温 and 温杯) are quoted as the one that they make; in the order of the text. */
static void quote_add(struct quotes *q, uint32_t begin, uint32_t end)
{
    size_t kept = 0, at;
    for (size_t i = 0; i < q->n; i++) {
        bool apart = begin >= q->spans[i].end || end <= q->spans[i].begin;
        if (apart) q->spans[kept++] = q->spans[i];
        else if (q->spans[i].begin < begin) begin = q->spans[i].begin;
        if (!apart && q->spans[i].end > end) end = q->spans[i].end;
    }
    for (at = kept; at > 0 && q->spans[at - 1].begin > begin; at--) q->spans[at] = q->spans[at - 1];
    q->spans[at].begin = begin;
    q->spans[at].end = end;
    q->n = kept + 1;
}

/* ---- borders of words ---- */

/* A normalised text, and over which of its bytes' beginnings a Chinese word goes on (words_marked). */
struct words { const char *text; const bool *in_word; };

/* Bytes of the Chinese character at s that the dictionary takes for a word by itself, or 0. */
static uint32_t single_at(const struct words *w, uint32_t at)
{
    const char *s = w->text + at, *p = s, *end = s + strlen(s);
    if (p == end || !utf8_is_han(utf8_next(&p, end)) || w->in_word[at] || w->in_word[at + (p - s)]) return 0;
    return (uint32_t)(p - s);
}

static uint32_t single_before(const struct words *w, uint32_t at)
{
    uint32_t begin = at;
    while (begin && ((unsigned char)w->text[--begin] & 0xC0) == 0x80) continue;
    return begin < at && single_at(w, begin) == at - begin ? at - begin : 0;
}

/* Do the characters on both sides of a border, single ones, hang together as far as anyone knows? The dictionary lacks 电动. */
static bool is_open(const struct words *w, uint32_t border)
{
    uint32_t left = single_before(w, border), right = single_at(w, border);
    const char *s = w->text + border;
    return left && right && !text_is_stopword(s - left, left) && !text_is_stopword(s, right);
}

/* Does [quote, n) stand in the text of a record with a sure border at either end? */
static bool stands_whole(const struct matcher *m, struct arena *a, const char *text, const char *quote, size_t n)
{
    struct strbuf b = {0};
    struct words w = {0};
    bool whole = false;
    if (normalize(m->options.normalizer, text, strlen(text), &b) == OK && memmem(strbuf_str(&b), b.len, quote, n)) w = (struct words){strbuf_str(&b), words_marked(m->segmenter, strbuf_str(&b), a)};
    for (const char *at = w.text; w.in_word && !whole && (at = memmem(at, strlen(at), quote, n)) != NULL; at++) {
        uint32_t begin = (uint32_t)(at - w.text), end = begin + (uint32_t)n;
        whole = !w.in_word[begin] && !w.in_word[end] && !is_open(&w, begin) && !is_open(&w, end);
    }
    strbuf_release(&b);
    return whole;
}

static bool record_has_whole(const struct matcher *m, struct arena *a, const struct product *p, const char *quote, size_t n)
{
    const char *const texts[] = {p->title, p->title_zh, p->category, p->category_zh, p->description, p->description_zh};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i] && stands_whole(m, a, texts[i], quote, n)) return true;
    for (size_t i = 0; i < p->n_attributes; i++)
        if (stands_whole(m, a, p->attributes[i].value, quote, n)) return true;
    return false;
}

/* No half words: 动牙刷 (of 手动牙刷, where 电动牙刷 was said) is quoted as 牙刷, and 人帐 not at all. Where the dictionary leaves the shopper's word open (不粘锅), the
 * record says whether the part of it is a word there (不粘煎锅). */
static bool quote_cut(const struct matcher *m, struct matches *out, const struct product *p, uint32_t *begin, uint32_t *end)
{
    enum { ONE_CHARACTER = 3 };
    const struct words w = {out->need.free_text, out->need.in_word};
    uint32_t before = *end - *begin;
    while (*begin < *end && w.in_word[*begin]) ++*begin;
    while (*begin < *end && w.in_word[*end]) --*end;
    bool open = *begin < *end && (is_open(&w, *begin) || is_open(&w, *end));
    if (open && !record_has_whole(m, &out->arena, p, w.text + *begin, *end - *begin)) {
        while (*begin < *end && is_open(&w, *begin)) *begin += single_at(&w, *begin);
        while (*begin < *end && is_open(&w, *end)) *end -= single_before(&w, *end);
    }
    return *end > *begin && (*end - *begin == before || *end - *begin > ONE_CHARACTER);
}

static bool quoted(const struct quotes *q, uint32_t begin, uint32_t end)
{
    for (size_t i = 0; i < q->n; i++)
        if (begin >= q->spans[i].begin && end <= q->spans[i].end) return true;
    return false;
}

/* The shopper's words, as spelt, that one of the fields in the mask holds. */
static void words_of_fields(struct matcher *m, const struct need *n, uint32_t doc, uint32_t mask, struct quotes *q)
{
    for (size_t i = 0; i < n->n_terms; i++) {
        const struct need_term *t = &n->terms[i];
        if (!t->corrected && (index_term_fields(m->index, doc, t->text, t->length, NULL) & mask)) quote_add(q, t->begin, t->end);
    }
}

/* "non" and "stick" of "non-stick" are one. */
static bool is_hyphened(const struct need *n, const struct quotes *q, size_t i)
{
    return i > 0 && q->spans[i].begin == q->spans[i - 1].end + 1 && n->free_text[q->spans[i - 1].end] == '-';
}

const char *quote_words(struct matcher *m, struct matches *out, const struct product *p, uint32_t doc, uint32_t mask, struct quotes *before)
{
    const struct need *n = &out->need;
    bool zh = n->language == LANGUAGE_ZH;
    struct quotes all = {.n = 0}, q = {.n = 0};
    struct strbuf b = {0};
    words_of_fields(m, n, doc, mask, &all);
    for (size_t i = 0; i < all.n; i++) {
        uint32_t begin = all.spans[i].begin, end = all.spans[i].end;
        if (!quote_cut(m, out, p, &begin, &end) || quoted(before, begin, end)) continue;
        q.spans[q.n].begin = begin, q.spans[q.n].end = end;
        if (is_hyphened(n, &q, q.n)) q.spans[q.n - 1].end = end;
        else q.n++;
    }
    for (size_t i = 0; i < q.n && i < QUOTES_MAX; i++)
        strbuf_printf(&b, zh ? "%s“%.*s”" : "%s\"%.*s\"", i ? (zh ? "" : ", ") : "", (int)(q.spans[i].end - q.spans[i].begin), n->free_text + q.spans[i].begin);
    for (size_t i = 0; i < q.n && before->n < NEED_TERMS_MAX; i++) before->spans[before->n++] = q.spans[i];
    const char *text = q.n ? arena_strndup(&out->arena, strbuf_str(&b), b.len) : NULL;
    strbuf_release(&b);
    return text;
}
