/* Patterns of normalised text: what the tables of cues and references are written in. */
#include "read_int.h"

#include <string.h>

enum { GAP_BYTES_MAX = 24 };

bool latin_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* ---- numbers in words ---- */

static const struct { const char *word; int64_t value; bool ordinal; } numbers[] = {
    {"first", 1, true}, {"second", 2, true}, {"third", 3, true}, {"fourth", 4, true}, {"fifth", 5, true}, {"sixth", 6, true}, {"seventh", 7, true},
    {"eighth", 8, true}, {"ninth", 9, true}, {"tenth", 10, true}, {"1st", 1, true}, {"2nd", 2, true}, {"3rd", 3, true},
    {"one", 1, false}, {"two", 2, false}, {"three", 3, false}, {"four", 4, false}, {"five", 5, false}, {"six", 6, false}, {"seven", 7, false},
    {"eight", 8, false}, {"nine", 9, false}, {"ten", 10, false},
    {"一", 1, false}, {"二", 2, false}, {"两", 2, false}, {"俩", 2, false}, {"三", 3, false}, {"仨", 3, false}, {"四", 4, false}, {"五", 5, false}, {"六", 6, false},
    {"七", 7, false}, {"八", 8, false}, {"九", 9, false},
};

static size_t digits(const char *s, const char *end, int64_t *value)
{
    size_t n = 0;
    int64_t v = 0;
    while (s + n < end && s[n] >= '0' && s[n] <= '9' && n < 6) v = v * 10 + (s[n++] - '0');
    if (!n || (s + n < end && s[n] >= '0' && s[n] <= '9')) return 0;
    *value = v;
    return n;
}

/* 十, 十二, 二十: the few that people count shown things with. */
static size_t tens(const char *s, const char *end, int64_t *value)
{
    static const char ten[] = "十";
    size_t n = 0;
    int64_t high = 1, low = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if ((unsigned char)*s >= 0x80 && (size_t)(end - s) >= 6 && memcmp(s, numbers[i].word, strlen(numbers[i].word)) == 0 && memcmp(s + 3, ten, 3) == 0) high = numbers[i].value, n = 3;
    if ((size_t)(end - s) < n + 3 || memcmp(s + n, ten, 3) != 0) return 0;
    n += 3;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t k = strlen(numbers[i].word);
        if ((unsigned char)numbers[i].word[0] >= 0x80 && (size_t)(end - s) >= n + k && memcmp(s + n, numbers[i].word, k) == 0) {
            low = numbers[i].value;
            n += k;
            break;
        }
    }
    *value = high * 10 + low;
    return n;
}

size_t number_word(const char *s, const char *end, bool ordinal, int64_t *value)
{
    size_t n = digits(s, end, value);
    if (n) {
        bool suffix = ordinal && end - s >= (ptrdiff_t)n + 2 && (memcmp(s + n, "st", 2) == 0 || memcmp(s + n, "nd", 2) == 0 || memcmp(s + n, "rd", 2) == 0 || memcmp(s + n, "th", 2) == 0);
        return suffix ? n + 2 : n;
    }
    n = s < end ? tens(s, end, value) : 0;
    if (n) return n;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t k = strlen(numbers[i].word);
        if ((numbers[i].ordinal && !ordinal) || (size_t)(end - s) < k || memcmp(s, numbers[i].word, k) != 0) continue;
        if (latin_byte(*s) && s + k < end && latin_byte(s[k])) continue;
        *value = numbers[i].value;
        return k;
    }
    return 0;
}

/* ---- patterns ---- */

static size_t measure_word(const char *s, const char *end)
{
    static const char *const words[] = {"个", "款", "件", "只", "双", "台", "条", "本", "把", "瓶", "张", "套", "种", "样", "支", "顶", "部", "块", "辆", "罐", "盒", "包", "袋", "副", "口", "盏", "位", "号", "家", "床", "根"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (end - s >= 3 && memcmp(s, words[i], 3) == 0) return 3;
    return 0;
}

static const char *skip_spaces(const char *s, const char *end)
{
    while (s < end && *s == ' ') s++;
    return s;
}

static bool at_clause_end(const char *s, const char *end)
{
    static const char *const particles[] = {"吧", "呢", "啊", "呀", "嘛", "吗", "了", "哦", "哈", "啦", "的", "。", "!", "?", ".", ",", "~", "please", "pls", "thanks", "then", "谢谢", "哟", "噢", "、", "though"};
    for (bool moved = true; moved;) {
        moved = false;
        s = skip_spaces(s, end);
        for (size_t i = 0; i < sizeof particles / sizeof particles[0]; i++) {
            size_t n = strlen(particles[i]);
            if ((size_t)(end - s) < n || memcmp(s, particles[i], n) != 0 || (latin_byte(particles[i][0]) && s + n < end && latin_byte(s[n]))) continue;
            s += n;
            moved = true;
        }
    }
    return s == end;
}

struct subject { const char *begin, *end; };
/* What must still match behind a group: the rest of the pattern around it. */
struct rest { const char *p, *end; const struct rest *next; };

static bool boundary(const struct subject *t, const char *s)
{
    return s == t->begin || s == t->end || !latin_byte(s[-1]) || !latin_byte(*s);
}

static const char *match(const struct subject *t, const char *p, const char *end, const char *s, const struct rest *rest);

static const char *group_end(const char *p)
{
    for (int depth = 0;; p++)
        if (*p == '(') depth++;
        else if (*p == ')' && --depth == 0) return p;
}

/* "(a|b)" or "(a|b)?" at p: the first alternative with which all that follows matches, too. */
static const char *match_group(const struct subject *t, const char *p, const char *end, const char *s, const struct rest *rest)
{
    const char *close = group_end(p), *behind = close + 1;
    bool optional = behind < end && *behind == '?';
    const struct rest next = {behind + optional, end, rest};
    int depth = 0;
    for (const char *a = p + 1, *b = a; b <= close; b++) {
        if (*b == '(') depth++;
        if (*b == ')' && b < close) depth--;
        if (depth || (*b != '|' && b != close)) continue;
        const char *stop = match(t, a, b, s, &next);
        if (stop) return stop;
        a = b + 1;
    }
    return optional ? match(t, next.p, end, s, rest) : NULL;
}

static const char *match_gap(const struct subject *t, const char *p, const char *end, const char *s, const struct rest *rest)
{
    if (!boundary(t, s)) return NULL;
    for (const char *e = s; e - s <= GAP_BYTES_MAX;) {
        const char *stop = boundary(t, e) ? match(t, p + 1, end, e, rest) : NULL;
        if (stop || e == t->end) return stop;
        utf8_next(&e, t->end);
    }
    return NULL;
}

static const char *match(const struct subject *t, const char *p, const char *end, const char *s, const struct rest *rest)
{
    int64_t value;
    for (; p < end; p++) {
        size_t n;
        switch (*p) {
        case '(': return match_group(t, p, end, s, rest);
        case '*': return match_gap(t, p, end, s, rest);
        case '^':
            if (skip_spaces(t->begin, s) != s) return NULL;
            break;
        case '$':
            if (!at_clause_end(s, t->end)) return NULL;
            break;
        case ' ':
            if (s < t->end && *s != ' ' && s > t->begin && s[-1] != ' ' && latin_byte(*s) && latin_byte(s[-1])) return NULL;
            s = skip_spaces(s, t->end);
            break;
        case '%': s += measure_word(s, t->end); break;
        case '#':
            n = number_word(s, t->end, true, &value);
            if (!n) return NULL;
            s += n;
            break;
        default:
            if (s == t->end || *s != *p) return NULL;
            s++;
        }
    }
    if (rest) return match(t, rest->p, rest->end, s, rest->next);
    return boundary(t, s) ? s : NULL;
}

size_t phrase_at(const char *pattern, const char *begin, const char *s, const char *end)
{
    struct subject t = {begin, end};
    if (!boundary(&t, s)) return 0;
    const char *stop = match(&t, pattern, pattern + strlen(pattern), s, NULL);
    return stop ? (size_t)(stop - s) : 0;
}

/* ---- finding: most places are ruled out by their first byte ---- */

enum beginning { BEGINS_SO, MAY_BE_EMPTY, BEGINS_ANYHOW };
struct byte_set { unsigned char bits[32]; };

static enum beginning first_bytes(const char *p, const char *end, struct byte_set *set);

static enum beginning first_of_group(const char *p, const char *end, struct byte_set *set)
{
    const char *close = group_end(p), *behind = close + 1;
    bool empty = behind < end && *behind == '?';
    int depth = 0;
    for (const char *a = p + 1, *b = a; b <= close; b++) {
        if (*b == '(') depth++;
        if (*b == ')' && b < close) depth--;
        if (depth || (*b != '|' && b != close)) continue;
        enum beginning one = first_bytes(a, b, set);
        if (one == BEGINS_ANYHOW) return one;
        empty |= one == MAY_BE_EMPTY;
        a = b + 1;
    }
    return empty ? first_bytes(behind + (behind < end && *behind == '?'), end, set) : BEGINS_SO;
}

/* The bytes that a match of the pattern can begin with, added to the set. */
static enum beginning first_bytes(const char *p, const char *end, struct byte_set *set)
{
    if (p == end) return MAY_BE_EMPTY;
    if (*p == '(') return first_of_group(p, end, set);
    if (strchr("*%# ^$", *p)) return BEGINS_ANYHOW;
    set->bits[(unsigned char)*p >> 3] |= (unsigned char)(1u << (*p & 7));
    return BEGINS_SO;
}

bool phrase_find(const char *pattern, struct span text, struct span *found)
{
    struct byte_set set = {{0}};
    const char *end = text.end;
    bool anyhow = first_bytes(pattern, pattern + strlen(pattern), &set) != BEGINS_SO;
    if (*pattern == '^') end = skip_spaces(text.begin, text.end) + 1;   /* nowhere else */
    for (const char *s = text.begin; s < text.end && s < end; utf8_next(&s, text.end)) {
        bool first = anyhow || set.bits[(unsigned char)*s >> 3] >> (*s & 7) & 1;
        size_t n = first ? phrase_at(pattern, text.begin, s, text.end) : 0;
        if (!n) continue;
        if (found) *found = (struct span){s, s + n};
        return true;
    }
    return false;
}

bool phrase_any(const char *const *patterns, struct span text, struct span *found)
{
    for (; *patterns; patterns++)
        if (phrase_find(*patterns, text, found)) return true;
    return false;
}

/* ---- spans ---- */

static size_t punctuation_at(const char *s, const char *end)
{
    static const char *const marks[] = {"。", "、", "…", "“", "”", "「", "」", "《", "》", "～", "·"};
    if (strchr(" ,.;:!?~\"'()[]{}<>|/\\-_=*^`\n\t", *s) && *s) return 1;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if ((size_t)(end - s) >= strlen(marks[i]) && memcmp(s, marks[i], strlen(marks[i])) == 0) return strlen(marks[i]);
    return 0;
}

bool span_empty(struct span s)
{
    while (s.begin < s.end) {
        size_t n = punctuation_at(s.begin, s.end);
        if (!n) return false;
        s.begin += n;
    }
    return true;
}

struct span span_trim(struct span s)
{
    for (size_t n; s.begin < s.end && (n = punctuation_at(s.begin, s.end)) != 0;) s.begin += n;
    while (s.end > s.begin) {
        size_t n = 1;
        if ((unsigned char)s.end[-1] >= 0x80) n = 3;
        if ((size_t)(s.end - s.begin) < n || punctuation_at(s.end - n, s.end) != n) break;
        s.end -= n;
    }
    return s;
}

const char *span_copy(struct arena *a, struct span s)
{
    s = span_trim(s);
    char *out = arena_alloc(a, (size_t)(s.end - s.begin) + 1), *w = out;
    if (!out) return NULL;
    for (const char *p = s.begin; p < s.end; p++)
        if (*p != ' ' || (w > out && w[-1] != ' ')) *w++ = *p;
    *w = 0;
    return out;
}
