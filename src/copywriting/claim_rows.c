/* Reads the tables of claim words: expands their rows and ties the meanings together (claim_tables.h). All of it is our own
 * text, so a row that makes no sense is an internal error, and a test reads them all. */
#include "copywriting_int.h"

#include <string.h>

enum { ALTERNATIVES_MAX = 192, RELATIVES_MAX = 8 };

struct span { const char *s; size_t n; };

static status bad_row(struct span row, const char *why)
{
    return fail(ERR_INTERNAL, "claim word row '%.*s': %s", (int)(row.n < 60 ? row.n : 60), row.s, why);
}

/* ---- brackets and braces ---- */

/* The bracket that closes the one at i, nesting counted. */
static size_t closing(struct span w, size_t i, char open, char close)
{
    int depth = 0;
    for (; i < w.n; i++) {
        if (w.s[i] == open) depth++;
        if (w.s[i] == close && --depth == 0) return i;
    }
    return w.n;
}

/* The entries of "a,b,{c,d}": split at commas outside braces. */
static size_t split(struct span list, struct span *out, size_t max)
{
    size_t n = 0, begin = 0;
    int depth = 0;
    for (size_t i = 0; i <= list.n; i++) {
        if (i < list.n && list.s[i] == '{') depth++;
        if (i < list.n && list.s[i] == '}') depth--;
        if (i < list.n && (list.s[i] != ',' || depth)) continue;
        if (n < max) out[n] = (struct span){list.s + begin, i - begin};
        n++;
        begin = i + 1;
    }
    return n;
}

/* How many concepts a row makes: the entries of its brackets, 1 without any; 0: they disagree. */
static size_t row_concepts(struct span row)
{
    size_t count = 0;
    struct span entries[ALTERNATIVES_MAX];
    for (size_t i = 0; i < row.n; i++) {
        if (row.s[i] != '[') continue;
        size_t end = closing(row, i, '[', ']');
        if (end == row.n) return 0;
        size_t n = split((struct span){row.s + i + 1, end - i - 1}, entries, ALTERNATIVES_MAX);
        if (n > ALTERNATIVES_MAX || (count && n != count)) return 0;
        count = n;
        i = end;
    }
    return count ? count : 1;
}

/* Writes the word with its bracket replaced by entry k. */
static void choose(struct span word, size_t k, struct strbuf *out)
{
    struct span entries[ALTERNATIVES_MAX];
    for (size_t i = 0; i < word.n; i++) {
        if (word.s[i] != '[') {
            strbuf_putc(out, word.s[i] == '_' ? ' ' : word.s[i]);
            continue;
        }
        size_t end = closing(word, i, '[', ']');
        split((struct span){word.s + i + 1, end - i - 1}, entries, ALTERNATIVES_MAX);
        for (size_t c = 0; c < entries[k].n; c++) strbuf_putc(out, entries[k].s[c] == '_' ? ' ' : entries[k].s[c]);
        i = end;
    }
}

/* Every spelling of a word with braces: the first brace is replaced by each of its entries, the rest follows. */
static status add_spellings(struct claim_lexicon *l, uint32_t concept, struct span word)
{
    const char *open = memchr(word.s, '{', word.n);
    if (!open) return lexicon_add_phrase(l, concept, word.s, word.n);
    struct span entries[ALTERNATIVES_MAX];
    size_t at = (size_t)(open - word.s), end = closing(word, at, '{', '}');
    if (end == word.n) return bad_row(word, "a brace is not closed");
    size_t n = split((struct span){open + 1, end - at - 1}, entries, ALTERNATIVES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct strbuf b = {0};
        strbuf_add(&b, word.s, at);
        strbuf_add(&b, entries[i].s, entries[i].n);
        strbuf_add(&b, word.s + end + 1, word.n - end - 1);
        status s = strbuf_status(&b);
        if (s == OK) s = add_spellings(l, concept, (struct span){strbuf_str(&b), b.len});
        strbuf_release(&b);
        TRY(s);
    }
    return OK;
}

/* ---- rows ---- */

static bool next_word(struct span *rest, struct span *word)
{
    while (rest->n && *rest->s == ' ') rest->s++, rest->n--;
    size_t n = 0;
    while (n < rest->n && rest->s[n] != ' ') n++;
    *word = (struct span){rest->s, n};
    rest->s += n;
    rest->n -= n;
    return n > 0;
}

static bool next_row(const char **rows, struct span *row)
{
    if (!**rows) return false;
    size_t n = strcspn(*rows, "\n");
    *row = (struct span){*rows, n};
    *rows += n + ((*rows)[n] == '\n');
    return true;
}

static enum relation relation_mark(struct span word)
{
    if (word.n != 1) return RELATION_NONE;
    switch (*word.s) {
    case '<': return RELATION_PARENTS;
    case '&': return RELATION_PARTS;
    case '!': return RELATION_BASE;
    default: return RELATION_NONE;
    }
}

/* The phrases of concept k of a row. */
static status add_row_concept(struct claim_lexicon *l, const struct claim_table *t, uint16_t table, struct span row, size_t k)
{
    uint32_t concept;
    struct span rest = row, word;
    TRY(lexicon_add_concept(l, t->kind, t->flags, table, &concept));
    while (next_word(&rest, &word) && relation_mark(word) == RELATION_NONE) {
        struct strbuf b = {0};
        choose(word, k, &b);
        status s = strbuf_status(&b);
        if (s == OK) s = add_spellings(l, concept, (struct span){strbuf_str(&b), b.len});
        strbuf_release(&b);
        TRY(s);
    }
    return OK;
}

static status find_relative(struct claim_lexicon *l, struct span word, size_t k, uint32_t *concept)
{
    struct strbuf b = {0};
    uint32_t phrase;
    choose(word, k, &b);
    status s = strbuf_status(&b);
    if (s == OK) s = lexicon_find(l, strbuf_str(&b), b.len, &phrase);
    if (s == OK && phrase == NO_PHRASE) s = fail(ERR_INTERNAL, "claim words: '%s' is named as a relative and is nowhere listed", strbuf_str(&b));
    if (s == OK) *concept = l->links[l->phrases[phrase].first_link].concept;
    strbuf_release(&b);
    return s;
}

static status relate_row_concept(struct claim_lexicon *l, uint32_t concept, struct span row, size_t k)
{
    struct span rest = row, word;
    enum relation relation = RELATION_NONE;
    uint32_t relatives[RELATIVES_MAX];
    size_t n = 0;
    while (next_word(&rest, &word)) {
        enum relation mark = relation_mark(word);
        if (mark != RELATION_NONE) {
            relation = mark;
        } else if (relation != RELATION_NONE) {
            if (n == RELATIVES_MAX) return bad_row(row, "too many relatives");
            TRY(find_relative(l, word, k, &relatives[n++]));
            if (relatives[n - 1] == concept) return bad_row(row, "it is its own relative");
        }
    }
    return n ? lexicon_relate(l, concept, relation, relatives, n) : OK;
}

static status add_table(struct claim_lexicon *l, const struct claim_table *t, uint16_t table)
{
    const char *rows = t->rows;
    struct span row;
    while (next_row(&rows, &row)) {
        size_t n = row_concepts(row);
        if (n == 0) return bad_row(row, "its brackets have different numbers of entries");
        for (size_t k = 0; k < n; k++) TRY(add_row_concept(l, t, table, row, k));
    }
    return OK;
}

/* Second time through, in the same order, when every phrase is known. */
static status relate_table(struct claim_lexicon *l, const struct claim_table *t, uint32_t *concept)
{
    const char *rows = t->rows;
    struct span row;
    while (next_row(&rows, &row)) {
        size_t n = row_concepts(row);
        for (size_t k = 0; k < n; k++) TRY(relate_row_concept(l, (*concept)++, row, k));
    }
    return OK;
}

status claim_rows_add(struct claim_lexicon *l, const struct claim_table *const *tables, size_t n)
{
    for (size_t i = 0; i < n; i++) TRY(add_table(l, tables[i], (uint16_t)(i + 1)));
    uint32_t concept = 0;
    for (size_t i = 0; i < n; i++) TRY(relate_table(l, tables[i], &concept));
    return OK;
}
