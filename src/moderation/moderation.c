#include "moderation_int.h"

#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 64 };

struct moderator {
    const struct normalizer *z;
    struct arena arena;            /* characters of the patterns */
    char *rules[RULES_MAX];        /* names, in the arena */
    size_t n_rules;
    struct pattern *patterns;      /* by first character, then longest first */
    size_t n, cap;
};

const char *moderation_verdict_name(enum moderation_verdict v)
{
    static const char *const names[] = {"pass", "review", "block"};
    return (size_t)v < sizeof names / sizeof names[0] ? names[v] : "block";
}

/* ---- reading rules ---- */

/* A pattern that begins with '#' can begin with any digit: kept under '#'. */
static int by_first_character(const void *a, const void *b)
{
    const struct pattern *x = a, *y = b;
    if (x->characters[0] != y->characters[0]) return x->characters[0] < y->characters[0] ? -1 : 1;
    return (x->n < y->n) - (x->n > y->n);
}

static bool rule_find(const struct moderator *m, const char *s, size_t n, uint16_t *index)
{
    for (size_t i = 0; i < m->n_rules; i++) {
        *index = (uint16_t)i;
        if (strlen(m->rules[i]) == n && memcmp(m->rules[i], s, n) == 0) return true;
    }
    return false;
}

static status rule_index(struct moderator *m, const char *s, size_t n, uint16_t *index)
{
    if (rule_find(m, s, n, index)) return OK;
    FAIL_IF(n == 0, ERR_FORMAT, "the rule has no name");
    FAIL_IF(m->n_rules == RULES_MAX, ERR_FORMAT, "there are more than %d rule names; use fewer", RULES_MAX);
    m->rules[m->n_rules] = arena_strndup(&m->arena, s, n);
    if (!m->rules[m->n_rules]) return fail_nomem("reading moderation rules");
    *index = (uint16_t)m->n_rules++;
    return OK;
}

static status parse_verdict(const char *s, size_t n, enum moderation_verdict *out)
{
    for (int v = MODERATION_PASS; v <= MODERATION_BLOCK; v++) {
        const char *name = moderation_verdict_name((enum moderation_verdict)v);
        if (strlen(name) != n || memcmp(name, s, n) != 0) continue;
        *out = (enum moderation_verdict)v;
        return OK;
    }
    return fail(ERR_FORMAT, "the verdict must be pass, review or block, not '%.*s'", (int)(n < 40 ? n : 40), s);
}

static status compile_pattern(struct moderator *m, const char *s, size_t n, struct pattern *p)
{
    struct strbuf b = {0};
    status result = normalize(m->z, s, n, &b);
    size_t length = utf8_length(strbuf_str(&b), b.len);
    if (result == OK && length == 0) result = fail(ERR_FORMAT, "the pattern is empty");
    if (result == OK && length > PATTERN_MAX) result = fail(ERR_FORMAT, "the pattern has %zu characters; the limit is %d", length, PATTERN_MAX);
    uint32_t *characters = result == OK ? arena_alloc(&m->arena, length * sizeof *characters) : NULL;
    if (result == OK && !characters) result = fail_nomem("reading moderation rules");
    if (result == OK) {
        const char *q = b.data, *end = q + b.len;
        for (size_t i = 0; i < length; i++) characters[i] = utf8_next(&q, end);
        p->characters = characters;
        p->n = (uint16_t)length;
    }
    strbuf_release(&b);
    return result;
}

static status add_pattern(struct moderator *m, const char *rule, size_t rule_n, enum moderation_verdict verdict, const char *s, size_t n)
{
    struct pattern p = {.verdict = verdict};
    FAIL_IF(m->n >= MODERATION_PATTERNS_MAX, ERR_LIMIT, "there are more than %d patterns; use fewer", MODERATION_PATTERNS_MAX);
    TRY(compile_pattern(m, s, n, &p));
    TRY(rule_index(m, rule, rule_n, &p.rule));
    TRY(mem_grow(&m->patterns, &m->cap, m->n + 1, sizeof *m->patterns));
    m->patterns[m->n++] = p;
    return OK;
}

static status add_line(struct moderator *m, const char *line, size_t n)
{
    const char *end = line + n, *first = memchr(line, '\t', n);
    const char *second = first ? memchr(first + 1, '\t', (size_t)(end - first - 1)) : NULL;
    FAIL_IF(!second, ERR_FORMAT, "a rule has the form rule<TAB>verdict<TAB>pattern");
    FAIL_IF(!utf8_valid(line, n, NULL), ERR_FORMAT, "the rule is not valid UTF-8");
    enum moderation_verdict verdict = MODERATION_BLOCK;
    TRY(parse_verdict(first + 1, (size_t)(second - first - 1), &verdict));
    return add_pattern(m, line, (size_t)(first - line), verdict, second + 1, (size_t)(end - second - 1));
}

static status add_lines(struct moderator *m, const char *name, const char *text, size_t n)
{
    const char *end = text + n;
    for (size_t line = 1; text < end; line++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);
        if (length && text[length - 1] == '\r') length--;
        status s = length == 0 || *text == '#' ? OK : add_line(m, text, length);
        if (s != OK) return fail_context(s, "%s:%zu", name, line);
        text = stop ? stop + 1 : end;
    }
    return OK;
}

static void sort_patterns(struct moderator *m)
{
    if (m->n) qsort(m->patterns, m->n, sizeof *m->patterns, by_first_character);
}

status moderator_add_rules(struct moderator *m, const char *name, const char *text, size_t n)
{
    size_t n_before = m->n, rules_before = m->n_rules;
    status s = add_lines(m, name, text, n);
    if (s != OK) {
        m->n = n_before;   /* new patterns stand at the end until all are read */
        m->n_rules = rules_before;
        return s;
    }
    sort_patterns(m);
    return OK;
}

static status add_list(struct moderator *m, const struct moderation_list *list)
{
    for (const char *p = list->patterns; *p;) {
        size_t n = strcspn(p, "|");
        TRY(add_pattern(m, list->rule, strlen(list->rule), list->verdict, p, n));
        p += n + (p[n] == '|');
    }
    return OK;
}

status moderator_new(const struct normalizer *z, struct moderator **out)
{
    *out = NULL;
    struct moderator *m = mem_zalloc(1, sizeof *m);
    if (!m) return fail_nomem("opening the moderator");
    m->z = z;
    arena_init(&m->arena, 0);
    status s = OK;
    for (size_t i = 0; s == OK && i < n_moderation_lists; i++) s = add_list(m, &moderation_lists[i]);
    sort_patterns(m);
    if (s == OK) *out = m;
    else moderator_free(m);
    return s;
}

void moderator_free(struct moderator *m)
{
    if (!m) return;
    arena_release(&m->arena);
    mem_free(m->patterns);
    mem_free(m);
}

/* ---- checking ---- */

static void moderated_release(struct moderated *t)
{
    mem_free(t->characters);
    mem_free(t->origins);
}

static status to_characters(const struct strbuf *normalised, const uint32_t *origins, struct moderated *t)
{
    t->characters = mem_zalloc(normalised->len + 1, sizeof *t->characters);
    t->origins = mem_zalloc(normalised->len + 1, sizeof *t->origins);
    if (!t->characters || !t->origins) return fail_nomem("moderating a text");
    const char *start = strbuf_str(normalised), *end = start + normalised->len;
    for (const char *p = start; p < end; t->n++) {
        t->origins[t->n] = origins[p - start];
        t->characters[t->n] = utf8_next(&p, end);
    }
    t->origins[t->n] = origins[normalised->len];
    return OK;
}

static status moderated_init(const struct moderator *m, const char *text, size_t n, struct moderated *t)
{
    *t = (struct moderated){0};
    struct strbuf normalised = {0};
    uint32_t *origins = NULL;
    status s = normalize_mapped(m->z, text, n, &normalised, &origins);
    if (s == OK) s = to_characters(&normalised, origins, t);
    if (s != OK) moderated_release(t);
    strbuf_release(&normalised);
    mem_free(origins);
    return s;
}

/* The first pattern whose first character is not below c. */
static size_t lower_bound(const struct moderator *m, uint32_t c)
{
    size_t low = 0, high = m->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (m->patterns[middle].characters[0] < c) low = middle + 1;
        else high = middle;
    }
    return low;
}

struct match { size_t begin, end; const struct pattern *pattern; };

/* Of the patterns filed under `key`, the worst verdict at this place, the longest of these; the longest exception apart. */
static void match_at(const struct moderator *m, const struct moderated *t, size_t at, uint32_t key, struct match *hit, struct match *exception)
{
    for (size_t i = lower_bound(m, key); i < m->n && m->patterns[i].characters[0] == key; i++) {
        const struct pattern *p = &m->patterns[i];
        size_t end = pattern_match(p, t, at);
        if (!end) continue;
        struct match *best = p->verdict == MODERATION_PASS ? exception : hit;
        bool better = !best->pattern || p->verdict > best->pattern->verdict || (p->verdict == best->pattern->verdict && end > best->end);
        if (better) *best = (struct match){at, end, p};
    }
}

static void report(const struct moderator *m, const struct moderated *t, const struct match *hit, struct moderation_hit *hits, size_t max, size_t *n)
{
    if (hits && *n < max)
        hits[*n] = (struct moderation_hit){m->rules[hit->pattern->rule], t->origins[hit->begin], t->origins[hit->end], hit->pattern->verdict};
    ++*n;
}

status moderator_check(struct moderator *m, const char *text, size_t n, enum moderation_verdict *verdict, struct moderation_hit *hits,
                       size_t max, size_t *n_hits)
{
    struct moderated t;
    size_t found = 0;
    struct match last = {0}, excepted = {0};
    *verdict = MODERATION_PASS;
    TRY(moderated_init(m, text, n, &t));
    for (size_t at = 0; at < t.n; at++) {
        struct match hit = {0}, exception = {0};
        match_at(m, &t, at, t.characters[at], &hit, &exception);
        if (t.characters[at] >= '0' && t.characters[at] <= '9') match_at(m, &t, at, '#', &hit, &exception);
        if (exception.end > excepted.end) excepted = exception;
        if (!hit.pattern || (excepted.pattern && hit.end <= excepted.end && hit.pattern->rule == excepted.pattern->rule)) continue;
        if (last.pattern && hit.end <= last.end && hit.pattern->verdict <= last.pattern->verdict) continue;
        last = hit;
        if (hit.pattern->verdict > *verdict) *verdict = hit.pattern->verdict;
        report(m, &t, &hit, hits, max, &found);
    }
    moderated_release(&t);
    if (n_hits) *n_hits = found;
    return OK;
}
