/* The stemmer of M. F. Porter, "An algorithm for suffix stripping", Program 14 (1980): the rules as printed there. */
#include "text/text.h"

#include <string.h>


enum { LONGEST_WORD = 64 };   /* what is longer is no word; "yyyy..." would be walked back letter by letter */

static bool is_consonant(const char *w, size_t i)
{
    switch (w[i]) {
    case 'a': case 'e': case 'i': case 'o': case 'u': return false;
    case 'y': return i == 0 || !is_consonant(w, i - 1);
    default: return true;
    }
}

/* m: how many times a vowel is followed by a consonant in w[0..n). */
static size_t measure(const char *w, size_t n)
{
    size_t m = 0;
    bool vowel = false;
    for (size_t i = 0; i < n; i++) {
        bool consonant = is_consonant(w, i);
        m += vowel && consonant;
        vowel = !consonant;
    }
    return m;
}

static bool has_vowel(const char *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_consonant(w, i)) return true;
    return false;
}

static bool ends_double(const char *w, size_t n)
{
    return n >= 2 && w[n - 1] == w[n - 2] && is_consonant(w, n - 1);
}

/* *o: consonant, vowel, consonant other than w, x, y at the end: -WIL, -HOP. */
static bool ends_short(const char *w, size_t n)
{
    return n >= 3 && is_consonant(w, n - 3) && !is_consonant(w, n - 2) && is_consonant(w, n - 1) && !strchr("wxy", w[n - 1]);
}

static bool ends_with(const char *w, size_t n, const char *suffix)
{
    size_t k = strlen(suffix);
    return n >= k && memcmp(w + n - k, suffix, k) == 0;
}

struct rule {
    const char *suffix, *replacement;
    size_t n, k;       /* their lengths */
};
#define RULE(suffix, replacement) {suffix, replacement, sizeof suffix - 1, sizeof replacement - 1}

/* The longest suffix that matches decides; it is replaced when what stands before it has a measure above min. */
static size_t apply(char *w, size_t n, const struct rule *rules, size_t min)
{
    const struct rule *best = NULL;
    for (const struct rule *r = rules; r->suffix; r++)
        if (r->n <= n && r->suffix[r->n - 1] == w[n - 1] && (!best || r->n > best->n) && memcmp(w + n - r->n, r->suffix, r->n) == 0) best = r;
    if (!best || measure(w, n - best->n) <= min) return n;
    memcpy(w + n - best->n, best->replacement, best->k);   /* never longer than the suffix */
    return n - best->n + best->k;
}

static size_t step_1a(const char *w, size_t n)
{
    if (ends_with(w, n, "sses") || ends_with(w, n, "ies")) return n - 2;
    return ends_with(w, n, "ss") || !ends_with(w, n, "s") ? n : n - 1;
}

static size_t step_1b(char *w, size_t n)
{
    if (ends_with(w, n, "eed")) return measure(w, n - 3) > 0 ? n - 1 : n;
    size_t left = ends_with(w, n, "ed") ? n - 2 : ends_with(w, n, "ing") ? n - 3 : n;
    if (left == n || !has_vowel(w, left)) return n;
    bool restore = ends_with(w, left, "at") || ends_with(w, left, "bl") || ends_with(w, left, "iz");
    if (!restore && ends_double(w, left)) return strchr("lsz", w[left - 1]) ? left : left - 1;
    if (restore || (measure(w, left) == 1 && ends_short(w, left))) w[left++] = 'e';
    return left;
}

static const struct rule STEP_2[] = {
    RULE("ational", "ate"), RULE("tional", "tion"), RULE("enci", "ence"), RULE("anci", "ance"), RULE("izer", "ize"), RULE("abli", "able"), RULE("alli", "al"),
    RULE("entli", "ent"), RULE("eli", "e"), RULE("ousli", "ous"), RULE("ization", "ize"), RULE("ation", "ate"), RULE("ator", "ate"), RULE("alism", "al"),
    RULE("iveness", "ive"), RULE("fulness", "ful"), RULE("ousness", "ous"), RULE("aliti", "al"), RULE("iviti", "ive"), RULE("biliti", "ble"), {0}};
static const struct rule STEP_3[] = {RULE("icate", "ic"), RULE("ative", ""), RULE("alize", "al"), RULE("iciti", "ic"), RULE("ical", "ic"), RULE("ful", ""), RULE("ness", ""), {0}};
static const struct rule STEP_4[] = {
    RULE("al", ""), RULE("ance", ""), RULE("ence", ""), RULE("er", ""), RULE("ic", ""), RULE("able", ""), RULE("ible", ""), RULE("ant", ""), RULE("ement", ""), RULE("ment", ""),
    RULE("ent", ""), RULE("ou", ""), RULE("ism", ""), RULE("ate", ""), RULE("iti", ""), RULE("ous", ""), RULE("ive", ""), RULE("ize", ""), {0}};

/* -ION goes only after S or T, which stay and count in the measure. */
static size_t step_4(char *w, size_t n)
{
    if (ends_with(w, n, "sion") || ends_with(w, n, "tion")) return measure(w, n - 3) > 1 ? n - 3 : n;
    return apply(w, n, STEP_4, 1);
}

static size_t step_5(const char *w, size_t n)
{
    if (n && w[n - 1] == 'e') {
        size_t m = measure(w, n - 1);
        if (m > 1 || (m == 1 && !ends_short(w, n - 1))) n--;
    }
    return n && w[n - 1] == 'l' && ends_double(w, n) && measure(w, n) > 1 ? n - 1 : n;
}

size_t porter_stem(char *w, size_t n)
{
    if (n <= 2 || n > LONGEST_WORD) return n;
    n = step_1a(w, n);
    n = step_1b(w, n);
    if (n && w[n - 1] == 'y' && has_vowel(w, n - 1)) w[n - 1] = 'i';
    n = apply(w, n, STEP_2, 0);
    n = apply(w, n, STEP_3, 0);
    n = step_4(w, n);
    return step_5(w, n);
}
