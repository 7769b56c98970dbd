/* The pre-tokenizers of other programs, as plain code: their regular expressions need \p{L} and \p{N} of Unicode, which ICU knows, and no
 * backtracking beyond what stands below.
 *
 *   GPT-2    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *   Llama 3  (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *   Qwen 2   the same with \p{N} instead of \p{N}{1,3}
 */
#include "text_int.h"

#include <unicode/uchar.h>

enum kind { KIND_LETTER, KIND_NUMBER, KIND_SPACE, KIND_OTHER, KIND_END };

struct reader {
    const char *p, *end;
};

static enum kind kind_of(uint32_t c)
{
    uint32_t mask = U_MASK(u_charType((UChar32)c));
    if (mask & U_GC_L_MASK) return KIND_LETTER;
    if (mask & U_GC_N_MASK) return KIND_NUMBER;
    return u_isUWhiteSpace((UChar32)c) ? KIND_SPACE : KIND_OTHER;
}

/* The kind of the character at p; *next is behind it. */
static enum kind kind_at(const struct reader *r, const char *p, const char **next)
{
    *next = p;
    if (p >= r->end) return KIND_END;
    unsigned char b = (unsigned char)*p;
    if (b >= 0x80) return kind_of(utf8_next(next, r->end));
    *next = p + 1;
    if ((b | 32) >= 'a' && (b | 32) <= 'z') return KIND_LETTER;
    if (b >= '0' && b <= '9') return KIND_NUMBER;
    return b == ' ' || (b >= '\t' && b <= '\r') ? KIND_SPACE : KIND_OTHER;
}

/* Behind the run of characters of one kind that begins at p. */
static const char *run_end(const struct reader *r, const char *p, enum kind kind)
{
    const char *next;
    while (kind_at(r, p, &next) == kind) p = next;
    return p;
}

static bool is_newline(const struct reader *r, const char *p)
{
    return p < r->end && (*p == '\r' || *p == '\n');
}

/* The length of 's 't 're 've 'm 'll 'd at p, 0: none. The long s is a small s when capitals do not matter. */
static size_t contraction(const struct reader *r, bool any_case)
{
    size_t left = (size_t)(r->end - r->p);
    if (left < 2 || *r->p != '\'') return 0;
    if (any_case && left >= 3 && (unsigned char)r->p[1] == 0xC5 && (unsigned char)r->p[2] == 0xBF) return 3;
    char fold = any_case ? 32 : 0;
    char a = (char)(r->p[1] | ((unsigned char)r->p[1] < 0x80 ? fold : 0)), b = left > 2 ? (char)(r->p[2] | ((unsigned char)r->p[2] < 0x80 ? fold : 0)) : 0;
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
    return (b == 'e' && (a == 'r' || a == 'v')) || (a == 'l' && b == 'l') ? 3 : 0;
}

/* \s+(?!\S)|\s+ : white space leaves its last character to the word behind it, unless it is the only one. */
static const char *space_end(const struct reader *r)
{
    const char *p = r->p, *last = p, *next;
    while (kind_at(r, p, &next) == KIND_SPACE) {
        last = p;
        p = next;
    }
    return p == r->end || last == r->p ? p : last;
}

static const char *gpt2_end(const struct reader *r)
{
    const char *next, *unused;
    size_t n = contraction(r, false);
    if (n) return r->p + n;
    enum kind kind = kind_at(r, r->p, &next);
    if (*r->p == ' ') {
        enum kind second = kind_at(r, next, &unused);
        if (second != KIND_SPACE && second != KIND_END) return run_end(r, next, second);
    }
    return kind == KIND_SPACE ? space_end(r) : run_end(r, next, kind);
}

/* \s*[\r\n]+ : to the last newline of the white space at p; NULL: it has none. */
static const char *newlines_end(const struct reader *r)
{
    const char *found = NULL, *next;
    for (const char *p = r->p; kind_at(r, p, &next) == KIND_SPACE; p = next)
        if (is_newline(r, p)) found = next;
    return found;
}

static const char *digits_end(const struct reader *r, int most)
{
    const char *p = r->p, *next;
    for (int i = 0; i < most && kind_at(r, p, &next) == KIND_NUMBER; i++) p = next;
    return p;
}

static const char *llama3_end(const struct reader *r, int digits)
{
    const char *next, *unused;
    size_t n = contraction(r, true);
    if (n) return r->p + n;
    enum kind kind = kind_at(r, r->p, &next), second = kind_at(r, next, &unused);
    if (kind == KIND_LETTER) return run_end(r, next, KIND_LETTER);
    if (kind == KIND_NUMBER) return digits_end(r, digits);
    if (second == KIND_LETTER && !is_newline(r, r->p)) return run_end(r, next, KIND_LETTER);
    if (kind == KIND_OTHER || (*r->p == ' ' && second == KIND_OTHER)) {
        const char *p = run_end(r, next, KIND_OTHER);
        while (is_newline(r, p)) p++;
        return p;
    }
    const char *end = newlines_end(r);
    return end ? end : space_end(r);
}

size_t pattern_next(enum splitter splitter, const char *s, size_t n)
{
    struct reader r = {s, s + n};
    const char *end = splitter == SPLITTER_GPT2 ? gpt2_end(&r) : llama3_end(&r, splitter == SPLITTER_LLAMA3 ? 3 : 1);
    return (size_t)(end - s);
}
