/* A normalised text as units: what phrases are compared by. */
#include "copywriting_int.h"

#include <string.h>

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0x24F && c != 0xF7) || (c >= 0x370 && c <= 0x52F) || (c >= 0x3041 && c <= 0x30FF) ||
           (c >= 0xAC00 && c <= 0xD7A3);
}

/* Between units, without meaning. The middle dot and the apostrophe stand in names. */
static bool is_blank(uint32_t c)
{
    return c == ' ' || c == '-' || c == '_' || c == 0xB7 || c == 0x30FB;
}

/* ---- spelling ---- */

struct respelling { const char *from, *to; };

static const struct respelling respellings[] = {
    {"women", "woman"}, {"men", "man"}, {"children", "child"}, {"people", "person"}, {"feet", "foot"}, {"leaves", "leaf"},
    {"knives", "knife"}, {"teeth", "tooth"}, {"mice", "mouse"}, {"scarves", "scarf"}, {"colour", "color"}, {"coloured", "colored"},
    {"grey", "gray"}, {"fibre", "fiber"}, {"aluminium", "aluminum"}, {"litre", "liter"}, {"metre", "meter"}, {"moisturising", "moisturizing"},
    {"odour", "odor"}, {"flavour", "flavor"}, {"jewellery", "jewelry"}, {"cosy", "cozy"}, {"centre", "center"}, {"cancelling", "canceling"},
    {"authorised", "authorized"}, {"licence", "license"}, {"mould", "mold"}, {"tyre", "tire"},
};

/* Words whose s is no plural, or where it changes the meaning ("short" is no "shorts"). */
static const char *const kept[] = {"shorts", "tights", "flats", "briefs", "boxers", "glasses", "clogs", "heels", "canvas", "lens", "gas", "yes",
                                   "always", "perhaps", "previous", "series", "species", "goods", "plus", "bus", "gps", "abs", "us", "this", "its",
                                   "is", "was", "has", "as"};

static bool is_kept(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (strlen(kept[i]) == n && memcmp(kept[i], s, n) == 0) return true;
    return false;
}

static bool ends(const char *s, size_t n, const char *end)
{
    size_t m = strlen(end);
    return n > m && memcmp(s + n - m, end, m) == 0;
}

/* Singular of a lower-case word, in place: "dresses" "dress", "boxes" "box", "berries" "berry", "shirts" "shirt". */
static size_t singular(char *s, size_t n)
{
    if (n < 4 || s[n - 1] != 's' || is_kept(s, n) || ends(s, n, "ss") || ends(s, n, "us") || ends(s, n, "is")) return n;
    if (ends(s, n, "ies") && n > 4) {
        s[n - 3] = 'y';
        return n - 2;
    }
    static const char *const es[] = {"sses", "shes", "ches", "xes", "zzes"};
    for (size_t i = 0; i < sizeof es / sizeof es[0]; i++)
        if (ends(s, n, es[i])) return n - 2;
    return n - 1;
}

static size_t respell(char *s, size_t n, size_t room)
{
    for (size_t i = 0; i < sizeof respellings / sizeof respellings[0]; i++) {
        const struct respelling *r = &respellings[i];
        size_t to = strlen(r->to);
        if (strlen(r->from) != n || memcmp(r->from, s, n) != 0 || to > room) continue;
        memcpy(s, r->to, to);
        return to;
    }
    return n;
}

static uint64_t text_symbol(const char *s, size_t n)
{
    return hash_bytes(s, n, 1) | (uint64_t)1 << 63;
}

enum { WORD_BYTES_MAX = 64 };

static uint64_t word_symbol(const char *s, size_t n)
{
    char word[WORD_BYTES_MAX];
    size_t length = 0;
    if (n > WORD_BYTES_MAX) return text_symbol(s, n);
    if (n > 2 && s[n - 2] == '\'' && s[n - 1] == 's') n -= 2;
    for (size_t i = 0; i < n; i++)
        if (s[i] != '\'') word[length++] = s[i];
    length = respell(word, length, sizeof word);
    length = singular(word, length);
    length = respell(word, length, sizeof word);
    return text_symbol(word, length);
}

/* "1,299.50" and "1299.5" are the same number. */
static uint64_t number_symbol(const char *s, size_t n)
{
    char digits[WORD_BYTES_MAX];
    size_t length = 0;
    bool point = false;
    for (size_t i = 0; i < n && length < sizeof digits; i++) {
        if (s[i] == ',') continue;
        point = point || s[i] == '.';
        digits[length++] = s[i];
    }
    while (point && length > 1 && (digits[length - 1] == '0' || digits[length - 1] == '.')) point = digits[--length] != '.';
    return text_symbol(digits, length);
}

/* ---- cutting ---- */

/* The number at p: digits, thousands marks before three digits, one decimal point before a digit. */
static const char *number_end(const char *p, const char *end)
{
    bool point = false;
    while (p < end) {
        bool digit_follows = p + 1 < end && is_digit((unsigned char)p[1]);
        bool three_follow = digit_follows && p + 3 < end && is_digit((unsigned char)p[2]) && is_digit((unsigned char)p[3]) &&
                            !(p + 4 < end && is_digit((unsigned char)p[4]));
        if (*p == '.' && !point && digit_follows) point = true;
        else if (*p == ',' && !point && three_follow) {}
        else if (!is_digit((unsigned char)*p)) break;
        p++;
    }
    return p;
}

static const char *word_end(const char *p, const char *end)
{
    while (p < end) {
        const char *next = p;
        uint32_t c = utf8_next(&next, end);
        bool inside = c == '\'' && next < end && is_letter((unsigned char)*next);
        if (!is_letter(c) && !is_digit(c) && !inside) break;
        p = next;
    }
    return p;
}

static status add_unit(struct units *u, const char *begin, const char *end, enum unit_kind kind, uint64_t symbol)
{
    TRY(mem_grow(&u->items, &u->cap, u->n + 1, sizeof *u->items));
    u->items[u->n++] = (struct unit){(uint32_t)(begin - u->text), (uint32_t)(end - u->text), symbol, kind};
    return OK;
}

/* The x of "45x30" is no word. */
static bool is_cross(const struct units *u, const char *p, const char *end)
{
    bool after_number = u->n > 0 && u->items[u->n - 1].kind == UNIT_NUMBER && u->text + u->items[u->n - 1].end == p;
    return *p == 'x' && after_number && p + 1 < end && is_digit((unsigned char)p[1]);
}

status units_cut(struct units *u, const char *normalised, size_t n)
{
    u->text = normalised;
    u->n = 0;
    const char *p = normalised, *end = p + n;
    while (p < end) {
        const char *begin = p;
        uint32_t c = utf8_next(&p, end);
        if (is_blank(c)) continue;
        if (utf8_is_han(c)) {
            TRY(add_unit(u, begin, p, UNIT_HAN, c));
        } else if (is_digit(c)) {
            p = number_end(begin, end);
            TRY(add_unit(u, begin, p, UNIT_NUMBER, number_symbol(begin, (size_t)(p - begin))));
        } else if (is_cross(u, begin, end)) {
            TRY(add_unit(u, begin, p, UNIT_MARK, c));
        } else if (is_letter(c)) {
            p = word_end(p, end);
            TRY(add_unit(u, begin, p, UNIT_WORD, word_symbol(begin, (size_t)(p - begin))));
        } else {
            TRY(add_unit(u, begin, p, UNIT_MARK, c));
        }
    }
    return OK;
}

void units_release(struct units *u)
{
    mem_free(u->items);
    *u = (struct units){0};
}

bool unit_is(const struct units *u, size_t i, const char *text)
{
    if (i >= u->n) return false;
    size_t n = u->items[i].end - u->items[i].begin;
    return strlen(text) == n && memcmp(u->text + u->items[i].begin, text, n) == 0;
}
