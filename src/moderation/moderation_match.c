/* One pattern against one place of a text. */
#include "moderation_int.h"

static bool is_letter(uint32_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_noise(uint32_t c)
{
    switch (c) {
    case ' ': case '*': case '-': case '_': case '.': case ',': case '~': case '|': case '/': case '+': case '^': case '=': case 0xB7:
    case 0x2022: case 0x2026: case 0x3001: case 0x3002: case 0x2605: case 0x2606: return true;
    default: return false;
    }
}

static bool same(uint32_t wanted, uint32_t c)
{
    return wanted == '#' ? is_digit(c) : wanted == c;
}

/* No word goes on over the edge between a and b. */
static bool is_edge(uint32_t a, uint32_t b)
{
    return !(is_letter(a) && is_letter(b)) && !(is_digit(a) && is_digit(b));
}

/* Two characters of a pattern that an evader would part: "加微信", "138####", not "best" and not ".net". */
static bool may_be_parted(uint32_t a, uint32_t b)
{
    bool words = is_letter(a) && is_letter(b);
    return !words && (a >= 0x80 || a == '#' || is_letter(a) || is_digit(a)) && (b >= 0x80 || b == '#' || is_letter(b) || is_digit(b));
}

static size_t skip_noise(const struct moderated *t, size_t at)
{
    size_t end = at;
    while (end < t->n && end - at < PATTERN_NOISE_MAX && is_noise(t->characters[end])) end++;
    return end;
}

static bool is_word_end(const struct moderated *t, size_t end)
{
    return end == t->n || is_edge(t->characters[end - 1], t->characters[end]);
}

/* "idiot" also ends in "idiots", "watch" in "watches". */
static bool ends_word(const struct moderated *t, size_t end)
{
    if (is_word_end(t, end)) return true;
    if (!is_letter(t->characters[end - 1])) return false;
    if (t->characters[end] == 'e' && end + 1 < t->n) end++;
    return t->characters[end] == 's' && is_word_end(t, end + 1);
}

size_t pattern_match(const struct pattern *p, const struct moderated *t, size_t at)
{
    if (at > 0 && !is_edge(t->characters[at - 1], t->characters[at])) return 0;
    for (size_t i = 0; i < p->n; i++) {
        uint32_t wanted = p->characters[i];
        if (wanted == ' ') {
            at = skip_noise(t, at);
            continue;
        }
        if (i > 0 && may_be_parted(p->characters[i - 1], wanted) && at < t->n && !same(wanted, t->characters[at])) at = skip_noise(t, at);
        if (at >= t->n || !same(wanted, t->characters[at])) return 0;
        at++;
    }
    return ends_word(t, at) ? at : 0;
}
