/* Exact sentences of a passage: the two or three that say most about the question, with the line that a list hangs on. */
#include "service_int.h"

#include <string.h>

enum { UNITS_MAX = 256, WHOLE_CHARACTERS = 140, CHOSEN_MAX = 3 };

/* A sentence, a list item or a row of a table. */
struct unit { const char *s; size_t n; bool item, leads; float score; bool chosen; };

static bool ends_sentence(const char *p, const char *end)
{
    static const char *const marks[] = {"。", "！", "？", "；"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if ((size_t)(end - p) >= 3 && memcmp(p, marks[i], 3) == 0) return true;
    return (*p == '.' || *p == '!' || *p == '?') && (p + 1 == end || p[1] == ' ' || p[1] == '\n');
}

static size_t width(const char *p)
{
    return (unsigned char)*p >= 0xE0 ? 3 : 1;
}

static void add_unit(struct unit *u, size_t *n, const char *from, const char *to, bool item)
{
    while (from < to && (*from == ' ' || *from == '\n' || *from == '\r')) from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\n' || to[-1] == '\r')) to--;
    if (from == to || *n == UNITS_MAX) return;
    bool rule = strspn(from, "|-: ") >= (size_t)(to - from);   /* the line below a table's head */
    bool leads = to[-1] == ':' || (to - from >= 3 && memcmp(to - 3, "：", 3) == 0);
    if (!rule) u[(*n)++] = (struct unit){.s = from, .n = (size_t)(to - from), .item = item, .leads = leads};
}

static bool is_item(const char *p, const char *end)
{
    while (p < end && *p == ' ') p++;
    if (p == end) return false;
    if (*p == '|') return true;
    size_t digits = strspn(p, "0123456789");
    return ((*p == '-' || *p == '*' || *p == '+') && p + 1 < end && p[1] == ' ') || (digits && p + digits < end && (p[digits] == '.' || p[digits] == ')') && p[digits + 1] == ' ');
}

static size_t cut(const char *text, struct unit *u)
{
    size_t n = 0;
    const char *end = text + strlen(text);
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line)), *from = line;
        if (!stop) stop = end;
        bool item = is_item(line, stop);
        for (const char *p = line; p < stop && !item; p += width(p))
            if (ends_sentence(p, stop)) {
                add_unit(u, &n, from, p + width(p), false);
                from = p + width(p);
            }
        if (from < stop) add_unit(u, &n, from, stop, item);
        line = stop + (stop < end);
    }
    return n;
}

static status score(struct service *s, const struct query_words *q, struct unit *u, size_t n, struct arena *a)
{
    for (size_t i = 0; i < n; i++) TRY(text_coverage(s, q, u[i].s, u[i].n, a, &u[i].score));
    return OK;
}

/* The line that a list item hangs on: "Who pays for shipping:", or the head of a table. */
static void choose_head(struct unit *u, size_t at)
{
    if (!u[at].item) return;
    while (at > 0 && u[at - 1].item) at--;
    if (u[at].s[0] == '|') u[at].chosen = true;
    else if (at > 0 && u[at - 1].leads) u[at - 1].chosen = true;
}

static void choose(struct unit *u, size_t n)
{
    float best = 0;
    for (size_t i = 0; i < n; i++) best = u[i].score > best ? u[i].score : best;
    for (size_t taken = 0; taken < CHOSEN_MAX; taken++) {
        size_t top = n;
        for (size_t i = 0; i < n; i++)
            if (!u[i].chosen && u[i].score > 0 && u[i].score >= 0.6f * best && (top == n || u[i].score > u[top].score)) top = i;
        if (top == n) break;
        u[top].chosen = true;
        choose_head(u, top);
        if (u[top].leads)
            for (size_t i = top + 1; i < n && u[i].item; i++) u[i].chosen = true;
    }
    bool any = false;
    for (size_t i = 0; i < n; i++) any = any || u[i].chosen;
    for (size_t i = 0; i < n && i < 2 && !any; i++) u[i].chosen = true;
}

/* What lies between two chosen neighbours comes along as it stands. */
static void put(struct strbuf *b, const struct unit *u, size_t n)
{
    const struct unit *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!u[i].chosen) continue;
        bool adjacent = last == &u[i - (i > 0)] && last != &u[i];
        if (adjacent) strbuf_add(b, last->s + last->n, (size_t)(u[i].s - (last->s + last->n)));
        else if (last) strbuf_putc(b, '\n');
        strbuf_add(b, u[i].s, u[i].n);
        last = &u[i];
    }
}

status best_sentence(struct service *s, const struct query_words *q, const char *passage, struct arena *a, float *coverage)
{
    struct unit *u = arena_zalloc(a, UNITS_MAX, sizeof *u);
    if (!u) return fail_nomem("reading a passage");
    size_t n = cut(passage, u);
    TRY(score(s, q, u, n, a));
    *coverage = 0;
    for (size_t i = 0; i < n; i++) *coverage = u[i].score > *coverage ? u[i].score : *coverage;
    return OK;
}

status extract_sentences(struct service *s, const struct question *q, const char *passage, struct arena *a, const char **out)
{
    struct strbuf b = {0};
    *out = passage;
    if (utf8_length(passage, strlen(passage)) <= WHOLE_CHARACTERS) return OK;
    struct unit *u = arena_zalloc(a, UNITS_MAX, sizeof *u);
    if (!u) return fail_nomem("reading a passage");
    size_t n = cut(passage, u);
    TRY(score(s, &q->words, u, n, a));
    choose(u, n);
    put(&b, u, n);
    *out = b.failed ? NULL : arena_strndup(a, strbuf_str(&b), b.len);
    strbuf_release(&b);
    return *out ? OK : fail_nomem("quoting a passage");
}
