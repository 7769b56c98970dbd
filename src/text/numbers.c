/* Number expressions in a need: digits and Chinese numerals with their money or unit. */
#include "text_int.h"

#include <string.h>

enum {
    DIGITS_MAX = 15,           /* longer runs are codes, and a double would not hold them */
    QUOTATION_MAX = 256        /* how far back a quotation may have begun */
};

/* The number being read, and the one before it, which may share its scale, money or unit: "3-5k", "300到500元". */
struct draft {
    struct number n;
    double mantissa, scale;    /* value = mantissa * scale; scale 1: none was written */
};
struct scan {
    const char *s;
    size_t n, at;
    struct number *out;
    size_t max, count;
    double mantissa, scale;    /* of the last one in out */
};

/* ---- characters ---- */

static bool is_digit(char b)
{
    return b >= '0' && b <= '9';
}

static bool is_letter(char b)
{
    return b >= 'a' && b <= 'z';
}

static char at(const struct scan *c, size_t i)
{
    return i < c->n ? c->s[i] : 0;
}

static bool has(const struct scan *c, size_t i, const char *word)
{
    size_t k = strlen(word);
    return i <= c->n && k <= c->n - i && memcmp(c->s + i, word, k) == 0;
}

static bool has_any(const struct scan *c, size_t i, const char *const *words)
{
    for (; *words; words++)
        if (has(c, i, *words)) return true;
    return false;
}

static size_t digits_end(const struct scan *c, size_t i)
{
    while (is_digit(at(c, i))) i++;
    return i;
}

static size_t letters_end(const struct scan *c, size_t i)
{
    while (is_letter(at(c, i))) i++;
    return i;
}

static uint32_t code_point(const struct scan *c, size_t i)
{
    const char *p = c->s + i;
    return i < c->n ? utf8_next(&p, c->s + c->n) : 0;
}

static size_t skip_blank(const struct scan *c, size_t i)
{
    return at(c, i) == ' ' ? i + 1 : i;
}

/* Does the text before `end` end with the word? */
static bool follows(const struct scan *c, size_t end, const char *word)
{
    size_t k = strlen(word);
    if (end && c->s[end - 1] == ' ' && word[0] < 0x7F && word[0] > 0) end--;
    return end >= k && memcmp(c->s + end - k, word, k) == 0 && (end == k || !is_letter(word[0]) || !is_letter(c->s[end - k - 1]));
}

/* ---- what may follow ---- */

static void set_money(struct draft *d, const struct currency *money, size_t end)
{
    d->n.kind = NUMBER_MONEY;
    memcpy(d->n.currency, money->code, sizeof d->n.currency);
    d->n.end = (uint32_t)end;
}

static void set_unit(struct draft *d, const char *unit, size_t end)
{
    d->n.kind = NUMBER_UNIT;
    snprintf(d->n.unit, sizeof d->n.unit, "%s", unit);
    d->n.end = (uint32_t)end;
}

/* 块 also counts pieces: "3块巧克力". It is money when the amount is large, at an end, or before a word of bounds. */
static bool is_money_kuai(const struct scan *c, const struct draft *d, size_t end)
{
    static const char *const bounds[] = {"钱", "以", "左", "上下", "之", "的", "到", "内", "出头", "多", "一", "吧", "能", "买", NULL};
    return d->n.value >= 10 || !utf8_is_han(code_point(c, end)) || has_any(c, end, bounds);
}

/* The 五 of 三块五, the 8 of 1米8, the 75 of 1米75: decimals of what stands before. Nothing may be counted by them. */
static size_t take_tail(const struct scan *c, struct draft *d, size_t i)
{
    struct numeral tail;
    size_t end = digits_end(c, i);
    double digits = 0;
    if (end > i && end - i <= 2) digits = end - i == 1 ? (c->s[i] - '0') / 10.0 : (c->s[i] - '0') / 10.0 + (c->s[i + 1] - '0') / 100.0;
    else if (zh_numeral(c->s + i, c->n - i, &tail) && tail.single && tail.value < 10) {
        digits = tail.value / 10;
        end = i + tail.length;
    } else return i;
    bool counts = is_digit(at(c, end)) || is_letter(at(c, end)) || at(c, end) == '.' || unit_han(c->s + end, c->n - end);
    if (counts) return i;
    d->n.value += digits;
    return end;
}

static bool take_currency(const struct scan *c, struct draft *d, size_t i)
{
    const struct currency *money = currency_after(c->s + i, c->n - i);
    if (!money) return false;
    size_t end = i + strlen(money->mark);
    bool kuai = strcmp(money->mark, "块") == 0;
    if (money->before && is_digit(at(c, skip_blank(c, end)))) return false;   /* the next amount's own mark: "iphone 15 $500" */
    if (kuai && !is_money_kuai(c, d, end)) {
        size_t tail = take_tail(c, d, end);
        if (tail == end) return false;
        end = tail;
    } else if (kuai) end = take_tail(c, d, end);
    set_money(d, money, end);
    return true;
}

/* "2 in 1", "50 in stock": the preposition. */
static bool is_preposition(const struct scan *c, size_t begin, size_t end)
{
    static const char *const next[] = {"stock", "the ", "a ", "an ", "my ", "our ", "total", "one", "all", "this ", "each", NULL};
    bool glued = begin && is_digit(c->s[begin - 1]);
    if (glued || end - begin != 2 || memcmp(c->s + begin, "in", 2) != 0) return false;
    size_t after = at(c, end) == ' ' || at(c, end) == '-' ? end + 1 : end;
    return after > end && (is_digit(at(c, after)) || has_any(c, after, next));
}

/* "5g phone", "4g路由器": a mobile network, not grams. */
static bool is_network(const struct scan *c, const struct draft *d, size_t begin, size_t end)
{
    static const char *const next[] = {"phone", "smartphone", "mobile", "network", "router", "wifi", "手机", "网络", "路由", "全网通", "版", NULL};
    return d->n.value >= 2 && d->n.value <= 6 && end - begin == 1 && c->s[begin] == 'g' && has_any(c, skip_blank(c, end), next);
}

static bool take_latin_unit(const struct scan *c, struct draft *d, size_t i)
{
    size_t end = letters_end(c, i);
    const struct unit *u = end > i ? unit_latin(c->s + i, end - i) : NULL;
    if (!u || is_digit(at(c, end)) || is_preposition(c, i, end) || is_network(c, d, i, end)) return false;
    set_unit(d, u->name, end);
    return true;
}

static bool is_quoted(const struct scan *c, size_t i)
{
    size_t quotes = 0;
    for (size_t k = i > QUOTATION_MAX ? i - QUOTATION_MAX : 0; k < i; k++) quotes += c->s[k] == '"' && !(k && is_digit(c->s[k - 1]));
    return quotes % 2 == 1;
}

/* A quote right behind a number is inches or feet, unless it closes a quotation: "iphone 15". */
static bool take_mark(const struct scan *c, struct draft *d, size_t i)
{
    if (at(c, i) == '%') set_unit(d, "%", i + 1);
    else if (at(c, i) == '"' && !is_quoted(c, i)) set_unit(d, "in", i + 1);
    else if (has(c, i, "''")) set_unit(d, "in", i + 2);
    else if (at(c, i) == '\'' && !is_letter(at(c, i + 1))) set_unit(d, "ft", i + 1);
    else if (has(c, i, "°c")) set_unit(d, "c", i + 3);
    else return false;
    return true;
}

static bool take_han_unit(const struct scan *c, struct draft *d, size_t i)
{
    static const char *const others[] = {"包邮", "只要", "只有", "只是", "本来", "部分", "对于", "把握", "年轻", "台式", "条件", "人民", "月光", "包括", "一", NULL};
    const struct unit *u = unit_han(c->s + i, c->n - i);
    if (!u || has_any(c, i, others)) return false;
    size_t end = i + strlen(u->spelling);
    double whole = d->n.value;
    if (strcmp(u->name, "m") == 0) end = take_tail(c, d, end);
    if (d->n.value == whole && has(c, end, "半") && u->flags & UNIT_TERM) {
        d->n.value += 0.5;
        end += strlen("半");
    }
    set_unit(d, u->name, end);
    return true;
}

/* 两个半小时: the half stands before the unit. */
static size_t take_half(const struct scan *c, struct draft *d, size_t i)
{
    if (!has(c, i, "个半")) return i;
    d->n.value += 0.5;
    return i + strlen("个半");
}

static void take_suffix(const struct scan *c, struct draft *d)
{
    static const char *const about[] = {"多", "来", "余", "几", NULL};
    size_t i = d->n.end;
    if (take_mark(c, d, i)) return;
    if (has_any(c, i, about)) i += strlen("多");
    i = skip_blank(c, take_half(c, d, i));
    if (d->n.kind == NUMBER_MONEY) {
        const struct currency *again = currency_after(c->s + i, c->n - i);   /* "$50 usd", "¥300元" */
        if (again && strcmp(again->code, d->n.currency) == 0) d->n.end = (uint32_t)(i + strlen(again->mark));
        return;
    }
    if (take_currency(c, d, i)) return;
    if (at(c, i) == '-' && is_letter(at(c, i + 1))) i++;   /* "12-inch" */
    if (!take_latin_unit(c, d, i)) take_han_unit(c, d, i);
}

/* ---- what may stand before ---- */

static void take_size_word(const struct scan *c, struct draft *d, size_t begin)
{
    static const char *const words[] = {"size", "尺码", "鞋码", "码数", "尺寸", NULL};
    for (size_t k = 0; words[k] && d->n.kind == NUMBER_PLAIN; k++)
        if (follows(c, begin, words[k])) set_unit(d, "size", d->n.end);
    if (d->n.kind == NUMBER_PLAIN && follows(c, begin, "百分之")) {
        set_unit(d, "%", d->n.end);
        d->n.begin -= (uint32_t)strlen("百分之");
    }
}

/* ---- ranges and measures ---- */

/* The sign between the last number and this one, blanks dropped; false when there is more. */
static bool gap_is(const struct scan *c, size_t begin, size_t end, const char *sign)
{
    while (begin < end && c->s[begin] == ' ') begin++;
    while (begin < end && c->s[end - 1] == ' ') end--;
    return end - begin == strlen(sign) && memcmp(c->s + begin, sign, end - begin) == 0;
}

static bool gap_is_any(const struct scan *c, size_t begin, size_t end, const char *const *signs)
{
    for (; *signs; signs++)
        if (gap_is(c, begin, end, *signs)) return true;
    return false;
}

static void copy_kind(struct number *to, const struct number *from)
{
    to->kind = from->kind;
    memcpy(to->currency, from->currency, sizeof to->currency);
    memcpy(to->unit, from->unit, sizeof to->unit);
}

/* "4x6x8 in": the unit of the last counts for all. */
static void join_measures(struct scan *c, struct draft *d)
{
    struct number *last = &c->out[c->count - 1];
    if (d->n.kind == NUMBER_PLAIN && last->kind == NUMBER_PLAIN) set_unit(d, "x", d->n.end);
    else if (d->n.kind == NUMBER_PLAIN && strcmp(last->unit, "x") == 0) copy_kind(&d->n, last);
    if (d->n.kind != NUMBER_UNIT) return;
    for (size_t k = c->count; k-- > 0;) {
        struct number *n = &c->out[k];
        bool open = n->kind == NUMBER_PLAIN || (n->kind == NUMBER_UNIT && strcmp(n->unit, "x") == 0);
        bool joined = k + 1 == c->count || gap_is(c, n->end, c->out[k + 1].begin, "x") || gap_is(c, n->end, c->out[k + 1].begin, "*");
        if (!open || !joined || strcmp(n->unit, d->n.unit) == 0) return;
        copy_kind(n, &d->n);
    }
}

/* Lets the ends of a range share scale, money and unit. */
static void join_last(struct scan *c, struct draft *d)
{
    static const char *const to[] = {"-", "~", "到", "至", "to", NULL}, *const times[] = {"x", "×", "*", "by", NULL};
    if (!c->count) return;
    struct number *last = &c->out[c->count - 1];
    if (gap_is_any(c, last->end, d->n.begin, times)) {
        join_measures(c, d);
        return;
    }
    bool both = gap_is(c, last->end, d->n.begin, "and");
    if (!both && !gap_is_any(c, last->end, d->n.begin, to)) return;
    if (!both && last->kind == NUMBER_PLAIN && c->scale == 1 && d->scale > 1 && c->mantissa < d->mantissa) last->value *= d->scale;
    if (last->kind == NUMBER_PLAIN && (d->n.kind == NUMBER_MONEY || (d->n.kind == NUMBER_UNIT && !both))) copy_kind(last, &d->n);
    bool between = !both || follows(c, last->begin, "between");
    if (last->kind == NUMBER_MONEY && d->n.kind == NUMBER_PLAIN && between) copy_kind(&d->n, last);
}

static void add(struct scan *c, struct draft *d)
{
    join_last(c, d);
    if (c->count < c->max) c->out[c->count++] = d->n;
    c->mantissa = d->mantissa;
    c->scale = d->scale;
    c->at = d->n.end;
}

/* ---- digits ---- */

/* "1,299.50" from i; false: too long or no plain number (a time, a version). */
static bool read_digits(const struct scan *c, size_t i, double *value, size_t *end)
{
    double whole = 0, place = 1;
    size_t count = 0;
    bool point = false;
    for (; i < c->n; i++) {
        char b = c->s[i];
        bool group = b == ',' && !point && count && count <= 12 && digits_end(c, i + 1) == i + 4;
        bool decimal = b == '.' && is_digit(at(c, i + 1)) && !point;
        if (group) continue;
        if (decimal) {
            point = true;
            continue;
        }
        if (!is_digit(b)) break;
        whole = whole * 10 + (b - '0');
        place *= point ? 10 : 1;
        count++;
    }
    *value = whole / place;
    *end = i;
    bool more = (at(c, i) == '.' || at(c, i) == ':') && is_digit(at(c, i + 1));
    return count <= DIGITS_MAX && !more;
}

/* "1/2" where the number before the bar began at begin and ended at bar. */
static bool read_fraction(const struct scan *c, size_t begin, size_t bar, double *value, size_t *end)
{
    if (at(c, bar) != '/' || bar - begin > 2 || !is_digit(at(c, bar + 1))) return false;
    *end = digits_end(c, bar + 1);
    if (*end - bar > 3 || at(c, *end) == '/') return false;
    int a = 0, b = 0;
    for (size_t i = begin; i < bar; i++) a = a * 10 + (c->s[i] - '0');
    for (size_t i = bar + 1; i < *end; i++) b = b * 10 + (c->s[i] - '0');
    *value = b ? (double)a / b : 0;
    return a > 0 && a < b && (b == 2 || b == 3 || b == 4 || b == 5 || b == 6 || b == 8 || b == 10 || b == 16 || b == 32 || b == 64);
}

/* The 1/2 of "1 1/2" and "1-1/2". */
static void take_mixed(const struct scan *c, struct draft *d)
{
    size_t i = d->n.end, end;
    double part;
    if ((at(c, i) != ' ' && at(c, i) != '-') || !is_digit(at(c, i + 1))) return;
    if (!read_fraction(c, i + 1, digits_end(c, i + 1), &part, &end)) return;
    d->n.value += part;
    d->n.end = (uint32_t)end;
}

/* 4k, 8k: a picture's size when the thing is a screen. */
static bool is_resolution(const struct scan *c, const struct draft *d, size_t end)
{
    static const char *const next[] = {"tv", "uhd", "hd", "ultra", "monitor", "projector", "video", "camera", "resolution", "smart", "oled", "display",
                                       "电视", "超清", "高清", "显示", "投影", "视频", "分辨率", "屏", NULL};
    return (d->n.value == 2 || d->n.value == 4 || d->n.value == 8) && has_any(c, skip_blank(c, end), next);
}

/* The digit after a scale: 2万5 is 25000, 3万2千 32000. 0: it counts something else. */
static double take_rest(const struct scan *c, size_t *end, int scale)
{
    size_t next = *end + 1;
    if (digits_end(c, *end) != next || is_letter(at(c, next)) || at(c, next) == '.') return 0;
    int smaller = zh_scale(code_point(c, next)), digit = c->s[*end] - '0';
    if (smaller >= 100 && smaller < scale) next += 3;
    else if (unit_han(c->s + next, c->n - next)) return 0;
    else smaller = scale / 10;
    *end = next;
    return digit * (double)smaller;
}

/* 百, 千, 万, 亿 and what belongs to them. The digits' place is taken by 一, so that the rest reads like any numeral. */
static bool take_han_scale(const struct scan *c, struct draft *d, size_t i)
{
    enum { LOOK = 21 };
    struct numeral z;
    char text[LOOK + 3];
    int scale = zh_scale(code_point(c, i));
    if (scale < 100) return true;
    size_t n = c->n - i < LOOK ? c->n - i : LOOK;
    memcpy(text, "一", 3);
    memcpy(text + 3, c->s + i, n);
    if (!zh_numeral(text, n + 3, &z) || z.length <= 3) return true;
    double rest = z.value - scale;
    size_t end = i + z.length - 3;
    if (rest == 0) rest = take_rest(c, &end, scale);
    d->scale = rest == 0 ? scale : 1;
    d->n.value = d->n.value * scale + rest;
    if (rest != 0) d->mantissa = d->n.value;
    d->n.end = (uint32_t)end;
    return true;
}

/* What multiplies the digits: k, 百, 千, 万, 亿. False: not a number ("4k tv"). */
static bool take_scale(const struct scan *c, struct draft *d)
{
    size_t i = d->n.end;
    if (at(c, i) == 'k' && !is_letter(at(c, i + 1)) && !is_digit(at(c, i + 1))) {
        if (is_resolution(c, d, i + 1)) return false;
        d->scale = 1000;
        d->n.value *= 1000;
        d->n.end = (uint32_t)i + 1;
        return true;
    }
    return take_han_scale(c, d, i);
}

/* Letters behind a number that neither scale nor measure it belong to a name: "3d", "2nd", "1080p", "10x". */
static bool is_name(const struct scan *c, const struct draft *d)
{
    size_t i = d->n.end, end = letters_end(c, i);
    if (d->n.kind != NUMBER_PLAIN) return false;
    if (at(c, i) == '-' && is_letter(at(c, i + 1))) return true;   /* "2-in-1", "5-star" */
    return end > i && !(at(c, i) == 'x' && end == i + 1 && is_digit(at(c, end)));
}

static size_t name_end(const struct scan *c, size_t i)
{
    while (is_digit(at(c, i)) || is_letter(at(c, i)) || (at(c, i) == '-' && (is_digit(at(c, i + 1)) || is_letter(at(c, i + 1))))) i++;
    return i;
}

static size_t tail_of_no_number(const struct scan *c, size_t i)
{
    while (is_digit(at(c, i)) || ((at(c, i) == '.' || at(c, i) == ':' || at(c, i) == '/') && is_digit(at(c, i + 1)))) i++;
    return i;
}

/* Digits at c->at; begin is where their currency mark stands, if there is one. */
static void take_digits(struct scan *c, size_t begin, const struct currency *money)
{
    struct draft d = {.scale = 1};
    size_t end, whole_end;
    double value;
    if (!read_digits(c, c->at, &value, &end)) {
        c->at = name_end(c, tail_of_no_number(c, end));
        return;
    }
    whole_end = end;
    d.n.begin = (uint32_t)begin;
    if (at(c, end) == '/' && is_digit(at(c, end + 1)) && !read_fraction(c, c->at, whole_end, &value, &end)) {
        c->at = tail_of_no_number(c, whole_end);
        return;
    }
    d.n.value = d.mantissa = value;
    d.n.end = (uint32_t)end;
    if (end == whole_end) take_mixed(c, &d);
    if (money) set_money(&d, money, d.n.end);
    if (!take_scale(c, &d)) {
        c->at = d.n.end + 1;
        return;
    }
    take_suffix(c, &d);
    take_size_word(c, &d, begin);
    if (is_name(c, &d)) c->at = name_end(c, d.n.end);
    else add(c, &d);
}

/* ---- Chinese numerals ---- */

static bool range_follows(const struct scan *c, size_t i)
{
    static const char *const signs[] = {"到", "至", "-", "~", NULL};
    struct numeral next;
    if (!has_any(c, i, signs)) return false;
    i += at(c, i) == '-' || at(c, i) == '~' ? 1 : 3;
    return is_digit(at(c, i)) || (i < c->n && zh_numeral(c->s + i, c->n - i, &next) && !next.single);
}

/* The first digit of 三四百 means 300. */
static bool take_either(struct scan *c, size_t begin, const struct numeral *first)
{
    struct numeral second;
    size_t next = begin + first->length;
    if (!first->single || first->value >= 9 || !zh_numeral(c->s + next, c->n - next, &second)) return false;
    if (second.scale < 10 || second.mantissa != first->value + 1) return false;
    struct draft d = {.n = {.value = first->value * second.scale, .begin = (uint32_t)begin, .end = (uint32_t)next}, .scale = second.scale};
    d.mantissa = first->value;
    add(c, &d);
    return true;
}

/* 半斤, 半小时; 百元, 千元, 万元. */
static bool take_bare(struct scan *c)
{
    uint32_t first = code_point(c, c->at);
    int scale = zh_scale(first);
    struct draft d = {.n = {.value = first == 0x534A ? 0.5 : scale, .begin = (uint32_t)c->at, .end = (uint32_t)c->at + 3}, .scale = 1};
    if (first != 0x534A && scale < 100) return false;
    d.mantissa = d.n.value;
    const struct unit *u = first == 0x534A ? unit_han(c->s + d.n.end, c->n - d.n.end) : NULL;
    if (u && (u->flags & UNIT_TERM || strcmp(u->name, "year") == 0 || strcmp(u->name, "month") == 0 || strcmp(u->name, "day") == 0))
        set_unit(&d, u->name, d.n.end + strlen(u->spelling));
    else if (first == 0x534A || !(has(c, d.n.end, "元") || has(c, d.n.end, "块")) || !take_currency(c, &d, d.n.end)) return false;
    add(c, &d);
    return true;
}

static void take_han(struct scan *c)
{
    struct numeral z;
    size_t begin = c->at;
    if (take_bare(c)) return;
    if (!zh_numeral(c->s + begin, c->n - begin, &z)) {
        c->at += 3;
        return;
    }
    if (follows(c, begin, "第") || follows(c, begin, "星期") || follows(c, begin, "周")) {
        c->at = begin + z.length;
        return;
    }
    if (take_either(c, begin, &z)) return;
    struct draft d = {.n = {.value = z.value, .begin = (uint32_t)begin, .end = (uint32_t)(begin + z.length)}, .mantissa = z.mantissa, .scale = z.scale};
    take_suffix(c, &d);
    take_size_word(c, &d, begin);
    bool number = !z.single || d.n.kind != NUMBER_PLAIN || (z.value > 0 && range_follows(c, d.n.end));
    if (number) add(c, &d);
    else c->at = begin + z.length;
}

/* ---- the scan ---- */

/* A currency mark with a number behind it. */
static bool take_money(struct scan *c)
{
    const struct currency *money = currency_before(c->s + c->at, c->n - c->at);
    if (!money) return false;
    size_t begin = c->at, next = skip_blank(c, begin + strlen(money->mark));
    struct numeral z;
    if (is_digit(at(c, next)) || (at(c, next) == '.' && is_digit(at(c, next + 1)))) {
        c->at = next;
        take_digits(c, begin, money);
        return true;
    }
    if (!zh_numeral(c->s + next, c->n - next, &z)) return false;
    struct draft d = {.n = {.value = z.value, .begin = (uint32_t)begin, .end = (uint32_t)(next + z.length)}, .mantissa = z.mantissa, .scale = z.scale};
    set_money(&d, money, d.n.end);
    take_suffix(c, &d);
    add(c, &d);
    return true;
}

/* "two people", "fifty dollars", "a hundred". */
static bool take_words(struct scan *c)
{
    struct numeral z;
    if (!en_numeral(c->s + c->at, c->n - c->at, &z)) return false;
    struct draft d = {.n = {.value = z.value, .begin = (uint32_t)c->at, .end = (uint32_t)(c->at + z.length)}, .mantissa = z.value, .scale = 1};
    take_suffix(c, &d);
    bool number = !z.single || (d.n.kind != NUMBER_PLAIN && !(d.n.kind == NUMBER_UNIT && z.value == 1));   /* "one pair" counts nothing */
    if (number) add(c, &d);
    return number;
}

/* A word, with what is glued to it: "iphone15", "wh-1000xm4"; its digits are no numbers. The x of "4x6" is only a sign. */
static void skip_word(struct scan *c)
{
    size_t end = letters_end(c, c->at);
    bool times = end == c->at + 1 && c->s[c->at] == 'x' && is_digit(at(c, end)) && c->at && (is_digit(c->s[c->at - 1]) || c->s[c->at - 1] == '"');
    if (times) {
        c->at = end;
        return;
    }
    bool glued = is_digit(at(c, end)) || (at(c, end) == '-' && is_digit(at(c, end + 1)));
    c->at = glued ? name_end(c, end) : end;
}

static void step(struct scan *c)
{
    char b = c->s[c->at];
    uint32_t first = code_point(c, c->at);
    const char *p = c->s + c->at;
    if (is_digit(b) || (b == '.' && is_digit(at(c, c->at + 1)) && !(c->at && is_digit(c->s[c->at - 1])))) {
        if (follows(c, c->at, "第")) c->at = digits_end(c, c->at + 1);
        else take_digits(c, c->at, NULL);
    } else if ((unsigned char)b > ' ' && take_money(c)) return;
    else if (is_letter(b)) {
        if (!take_words(c)) skip_word(c);
    }
    else if (zh_digit(first) >= 0 || zh_scale(first) > 0 || first == 0x534A) take_han(c);
    else {
        utf8_next(&p, c->s + c->n);
        c->at = (size_t)(p - c->s);
    }
}

size_t text_numbers(const char *normalised, size_t n, struct number *out, size_t max)
{
    struct scan c = {.s = normalised, .n = n <= TEXT_BYTES_MAX ? n : 0, .out = out, .max = max};
    while (c.at < c.n && c.count < max) step(&c);
    return c.count;
}
