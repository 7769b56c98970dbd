/* Is a draft fit to be read, and what of it can be kept. Facts are none of this file's business, except to drop sentences. */
#include "copywriting_int.h"

#include <string.h>
#include <strings.h>

enum {
    DRAFT_HAN_MIN = 12, DRAFT_WORDS_MIN = 6,   /* shorter is no paragraph */
    DRAFT_RUN_MAX = 60,                        /* characters without a mark between them */
    DRAFT_KEPT_SENTENCES = 2
};

/* ---- sentences ---- */

static bool is_closing(uint32_t c)
{
    return c == 0x201D || c == 0x2019 || c == '"' || c == ')' || c == 0xFF09 || c == 0x300D || c == 0x300F;
}

/* A full stop ends a sentence only before a blank ("2.1 kg"). */
static bool ends_sentence(uint32_t c, const char *next, const char *end)
{
    if (c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == '!' || c == '?') return true;
    return c == '.' && (next == end || *next == ' ' || is_closing((unsigned char)*next));
}

/* The end of the first sentence of [p, end), its closing quotes included; end when it is not finished (*whole false). */
static const char *sentence_end(const char *p, const char *end, bool *whole)
{
    *whole = false;
    while (p < end) {
        uint32_t c = utf8_next(&p, end);
        if (!ends_sentence(c, p, end)) continue;
        *whole = true;
        for (const char *next = p; next < end; p = next) {
            c = utf8_next(&next, end);
            if (!is_closing(c) && !ends_sentence(c, next, end)) break;
        }
        return p;
    }
    return p;
}

size_t draft_whole_length(const char *text, size_t n)
{
    size_t length = 0;
    for (const char *p = text, *end = text + n; p < end;) {
        bool whole;
        p = sentence_end(p, end, &whole);
        if (whole) length = (size_t)(p - text);
    }
    return length;
}

/* ---- reading ---- */

struct reading {
    size_t characters, han, letters, digits, marks, words, vowel_words;
    size_t run, run_max;       /* characters since the last mark */
    bool odd;                  /* something that no copy has */
};

static bool is_vowel(uint32_t c)
{
    return c < 0x80 && c != 0 && strchr("aeiouyAEIOUY", (int)c);
}

static bool is_latin(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F);
}

/* "30㎡，", "260 m³/h", "45℃" */
static bool is_unit_sign(uint32_t c)
{
    return (c >= 0xB0 && c <= 0xB5) || (c >= 0x2100 && c <= 0x214F) || (c >= 0x3300 && c <= 0x33FF);
}

/* Marks that may stand beside another mark. */
static bool is_paired(uint32_t c)
{
    return is_closing(c) || c == 0x201C || c == 0x2018 || c == '(' || c == 0xFF08 || c == 0x300C || c == 0x300E || c == 0x2026 || c == 0x2014 ||
           c == '%' || c == '-' || c == '/' || c == '\'' || c == '&' || c == '+' || c == '~' || is_unit_sign(c);
}

static bool is_odd(uint32_t c)
{
    return c == 0xFFFD || c < ' ' || (c < 0x80 && strchr("<>|_\\^`{}[]=@#*", (int)c));
}

static void read_text(const char *text, size_t n, struct reading *r)
{
    uint32_t before = 0;
    bool in_word = false, vowel = false, mark_before = false;
    for (const char *p = text, *end = text + n; p <= end;) {
        uint32_t c = p < end ? utf8_next(&p, end) : (p++, (uint32_t)' ');
        bool latin = is_latin(c), han = utf8_is_han(c), digit = c >= '0' && c <= '9', mark = !latin && !han && !digit && c != ' ';
        if (in_word && !latin) r->words++, r->vowel_words += vowel;
        vowel = latin && ((in_word && vowel) || is_vowel(c));
        in_word = latin;
        r->characters++, r->han += han, r->letters += latin, r->digits += digit, r->marks += mark;
        r->odd = r->odd || is_odd(c) || (mark && mark_before && !is_paired(c) && !is_paired(before));
        r->run = mark ? 0 : r->run + 1;
        if (r->run > r->run_max) r->run_max = r->run;
        mark_before = mark;
        before = c;
    }
}

enum { REPEAT_GRAM = 6 };

/* Does the text say the same REPEAT_GRAM characters (Latin: three times as many) thrice? Texts are short: quadratic is fine. */
static bool repeats_itself(const char *text, size_t n, enum language l)
{
    size_t gram = l == LANGUAGE_ZH ? REPEAT_GRAM * 3 : REPEAT_GRAM * 3 + 2;
    for (size_t i = 0; i + gram <= n; i++) {
        int times = 1;
        if (((unsigned char)text[i] & 0xC0) == 0x80) continue;
        for (size_t k = i + gram; k + gram <= n; k++) {
            if (memcmp(text + i, text + k, gram) != 0) continue;
            times++;
            k += gram - 1;
        }
        if (times >= 3) return true;
    }
    return false;
}

enum { STUTTER_MAX = 4 };

/* "舒适舒适": two to four Han characters said twice in a row. */
static bool stutters(const char *text, size_t n)
{
    for (size_t han = 2; han <= STUTTER_MAX; han++) {
        size_t bytes = han * 3;
        for (size_t i = 0; i + 2 * bytes <= n; i++) {
            const char *p = text + i;
            bool all_han = memcmp(p, p + bytes, bytes) == 0;
            for (size_t k = 0; k < han && all_han; k++) all_han = utf8_is_han(utf8_next(&p, text + n)) && p == text + i + 3 * (k + 1);
            if (all_han) return true;
        }
    }
    return false;
}

/* What a clause says without the words that only link: "杯盖是旋盖" and "杯盖：旋盖" are the same. */
static size_t clause_core(const char *p, const char *end, uint32_t *core, size_t max)
{
    static const char links[] = "是为有的：";
    size_t n = 0;
    while (p < end && n < max) {
        uint32_t c = utf8_next(&p, end);
        bool link = c == ' ';
        for (const char *l = links, *links_end = links + sizeof links - 1; l < links_end;) link = utf8_next(&l, links_end) == c || link;
        if (!link) core[n++] = c;
    }
    return n;
}

bool draft_repeats_clause(const char *text, size_t n)
{
    enum { CLAUSES_MAX = 48, CORE_MAX = 48, CORE_MIN = 3 };
    uint32_t cores[CLAUSES_MAX][CORE_MAX];
    size_t lengths[CLAUSES_MAX], count = 0;
    for (const char *p = text, *end = text + n, *from = p; p < end && count < CLAUSES_MAX;) {
        const char *at = p;
        uint32_t c = utf8_next(&p, end);
        if (c != 0xFF0C && c != 0x3002 && c != 0xFF1B) continue;
        size_t length = clause_core(from, at, cores[count], CORE_MAX);
        from = p;
        if (length < CORE_MIN) continue;
        for (size_t i = 0; i < count; i++) {
            size_t shared = lengths[i] < length ? lengths[i] : length;
            if (memcmp(cores[i], cores[count], shared * sizeof cores[0][0]) == 0) return true;
        }
        lengths[count++] = length;
    }
    return false;
}

bool draft_reads_well(const char *text, size_t n, enum language l)
{
    struct reading r = {0};
    read_text(text, n, &r);
    if (r.odd || repeats_itself(text, n, l) || stutters(text, n)) return false;
    size_t said = r.han + r.letters + r.digits;
    if (r.marks * 3 > said) return false;
    if (l == LANGUAGE_ZH) return r.han >= DRAFT_HAN_MIN && r.han * 3 >= said && r.run_max <= DRAFT_RUN_MAX;
    return r.words >= DRAFT_WORDS_MIN && r.han * 4 <= said && r.vowel_words * 10 >= r.words * 8 && r.letters <= r.words * 11;
}

bool draft_drops_name(const char *text, size_t n, const char *record)
{
    static const char *const everyday[] = {"style", "oversize", "vintage", "casual"};
    enum { SHORTEST = 5, WORD_MAX = 64 };
    for (size_t i = 0, k; i < n; i = k + 1) {
        for (k = i; k < n && is_latin((unsigned char)text[k]) && (unsigned char)text[k] < 0x80; k++) continue;
        if (k - i < SHORTEST) continue;
        char word[WORD_MAX + 1];
        snprintf(word, sizeof word, "%.*s", (int)(k - i), text + i);
        bool known = strcasestr(record, word) != NULL;
        for (size_t e = 0; e < sizeof everyday / sizeof everyday[0]; e++) known = known || strcasecmp(everyday[e], word) == 0;
        if (!known) return true;
    }
    return false;
}

bool draft_strays_han(const char *text, size_t n, const char *record)
{
    for (const char *p = text, *end = text + n; p < end;) {
        const char *at = p;
        char character[8];
        if (!utf8_is_han(utf8_next(&p, end))) continue;
        snprintf(character, sizeof character, "%.*s", (int)(p - at), at);
        if (!strstr(record, character)) return true;
    }
    return false;
}

/* ---- saving a draft ---- */

static bool is_clean(const struct facts *f, size_t begin, size_t end)
{
    for (size_t i = 0; i < f->n; i++)
        if (!f->items[i].field && f->items[i].begin < end && f->items[i].end > begin) return false;
    return true;
}

status draft_drop_unsupported(const char *text, size_t n, const struct facts *f, struct strbuf *out)
{
    size_t kept = 0;
    strbuf_clear(out);
    for (const char *p = text, *end = text + n; p < end;) {
        bool whole;
        const char *begin = p;
        p = sentence_end(p, end, &whole);
        if (!whole || !is_clean(f, (size_t)(begin - text), (size_t)(p - text))) continue;
        if (kept == 0)
            while (begin < p && *begin == ' ') begin++;
        strbuf_add(out, begin, (size_t)(p - begin));
        kept++;
    }
    if (kept < DRAFT_KEPT_SENTENCES) strbuf_clear(out);
    return strbuf_status(out);
}
