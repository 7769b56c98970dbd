/* Markdown to passages: a heading begins one, and so does a line "Q: ...". Fenced code is text like any other. */
#include "service_int.h"

#include <string.h>

struct line { const char *s; size_t n; };

static bool next_line(const char **p, const char *end, struct line *out)
{
    if (*p >= end) return false;
    const char *stop = memchr(*p, '\n', (size_t)(end - *p));
    *out = (struct line){*p, (size_t)((stop ? stop : end) - *p)};
    *p = stop ? stop + 1 : end;
    if (out->n && out->s[out->n - 1] == '\r') out->n--;
    return true;
}

/* "## Heading ##": its level, 0 for other lines; *l becomes the words. */
static int heading_level(struct line *l)
{
    int level = 0;
    while ((size_t)level < l->n && level < 7 && l->s[level] == '#') level++;
    if (level == 0 || level > 6 || ((size_t)level < l->n && l->s[level] != ' ' && l->s[level] != '\t')) return 0;
    l->s += level;
    l->n -= (size_t)level;
    while (l->n && (*l->s == ' ' || *l->s == '\t')) l->s++, l->n--;
    while (l->n && (l->s[l->n - 1] == ' ' || l->s[l->n - 1] == '#' || l->s[l->n - 1] == '\t')) l->n--;
    return level;
}

/* Takes "Q:", "**Q:**", "问：" off the line's beginning. */
static bool take_mark(struct line *l, const char *const *marks)
{
    struct line rest = *l;
    while (rest.n && (*rest.s == '*' || *rest.s == ' ')) rest.s++, rest.n--;
    for (size_t i = 0; marks[i]; i++) {
        size_t n = strlen(marks[i]);
        if (rest.n < n || memcmp(rest.s, marks[i], n) != 0) continue;
        rest.s += n, rest.n -= n;
        while (rest.n && (*rest.s == '*' || *rest.s == ' ')) rest.s++, rest.n--;
        while (rest.n && (rest.s[rest.n - 1] == '*' || rest.s[rest.n - 1] == ' ')) rest.n--;
        *l = rest;
        return true;
    }
    return false;
}
static const char *const question_marks[] = {"Q:", "Q：", "Q.", "问：", "问:", NULL};
static const char *const answer_marks[] = {"A:", "A：", "A.", "答：", "答:", NULL};

struct reader { struct parsed *document; const char *heading; struct strbuf body; bool fenced; };

static status flush(struct reader *r)
{
    TRY(strbuf_status(&r->body));
    status s = parsed_add(r->document, r->heading, strbuf_str(&r->body), r->body.len);
    strbuf_clear(&r->body);
    return s;
}

static status begin(struct reader *r, struct line words)
{
    TRY(flush(r));
    r->heading = arena_strndup(&r->document->arena, words.s, words.n);
    return r->heading ? OK : fail_nomem("reading a document");
}

static status take_line(struct reader *r, struct line l, bool *titled)
{
    struct line words = l;
    if (l.n >= 3 && memcmp(l.s, "```", 3) == 0) r->fenced = !r->fenced;
    int level = r->fenced ? 0 : heading_level(&words);
    if (level && words.n) {
        TRY(begin(r, words));
        if (level == 1 && !*titled) r->document->title = r->heading, *titled = true;
        return OK;
    }
    if (!r->fenced && take_mark(&words, question_marks)) return begin(r, words);
    if (!r->fenced) take_mark(&words, answer_marks);
    strbuf_add(&r->body, words.s, words.n);
    strbuf_putc(&r->body, '\n');
    return OK;
}

status markdown_parse(struct parsed *d, const char *text, size_t n)
{
    struct reader r = {.document = d, .heading = d->title};
    struct line l;
    bool titled = false;
    status s = OK;
    for (const char *p = text, *end = text + n; s == OK && next_line(&p, end, &l);) s = take_line(&r, l, &titled);
    if (s == OK) s = flush(&r);
    strbuf_release(&r.body);
    return s;
}
