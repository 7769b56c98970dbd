/* Price bounds in a need: "500以内", "300到500", "under $50", "between 20 and 40", "around 200 yuan". */
#include "match_int.h"

#include <math.h>
#include <string.h>

enum bound { BOUND_NONE, BOUND_UPPER, BOUND_LOWER, BOUND_ABOUT };
struct phrase { const char *text; enum bound bound; };

static const struct phrase before[] = {
    {"no more than", BOUND_UPPER}, {"not more than", BOUND_UPPER}, {"for less than", BOUND_UPPER}, {"less than", BOUND_UPPER}, {"cheaper than", BOUND_UPPER},
    {"at most", BOUND_UPPER}, {"up to", BOUND_UPPER}, {"under", BOUND_UPPER}, {"below", BOUND_UPPER}, {"within", BOUND_UPPER},
    {"max", BOUND_UPPER}, {"maximum", BOUND_UPPER}, {"budget of", BOUND_UPPER}, {"budget is", BOUND_UPPER}, {"budget", BOUND_UPPER}, {"<=", BOUND_UPPER}, {"<", BOUND_UPPER},
    {"more than", BOUND_LOWER}, {"at least", BOUND_LOWER}, {"over", BOUND_LOWER}, {"above", BOUND_LOWER}, {">=", BOUND_LOWER}, {">", BOUND_LOWER},
    {"around", BOUND_ABOUT}, {"about", BOUND_ABOUT}, {"roughly", BOUND_ABOUT}, {"approximately", BOUND_ABOUT},
    {"不超过", BOUND_UPPER}, {"别超过", BOUND_UPPER}, {"不要超过", BOUND_UPPER}, {"不高于", BOUND_UPPER}, {"不多于", BOUND_UPPER}, {"低于", BOUND_UPPER}, {"少于", BOUND_UPPER},
    {"小于", BOUND_UPPER}, {"不到", BOUND_UPPER}, {"预算在", BOUND_UPPER}, {"预算是", BOUND_UPPER}, {"预算", BOUND_UPPER}, {"最多", BOUND_UPPER}, {"最高", BOUND_UPPER}, {"控制在", BOUND_UPPER},
    {"超过", BOUND_LOWER}, {"高于", BOUND_LOWER}, {"大于", BOUND_LOWER}, {"不低于", BOUND_LOWER}, {"至少", BOUND_LOWER}, {"最低", BOUND_LOWER},
    {"大概", BOUND_ABOUT}, {"大约", BOUND_ABOUT}, {"差不多", BOUND_ABOUT},
};
static const struct phrase after[] = {
    {"以内", BOUND_UPPER}, {"之内", BOUND_UPPER}, {"以下", BOUND_UPPER}, {"之下", BOUND_UPPER}, {"内", BOUND_UPPER}, {"封顶", BOUND_UPPER}, {"or less", BOUND_UPPER}, {"or under", BOUND_UPPER}, {"max", BOUND_UPPER},
    {"以上", BOUND_LOWER}, {"起", BOUND_LOWER}, {"or more", BOUND_LOWER}, {"左右", BOUND_ABOUT}, {"上下", BOUND_ABOUT},
};
static const char *const money_words[] = {"元钱", "块钱", "元", "块", "人民币", "rmb", "cny", "yuan", "dollars", "dollar", "usd", "bucks", "inr", "rupees", "eur", "euros", "gbp", "pounds"};
static const char *const joiners[] = {"到", "至", "-", "~", "–", "and", "to"};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Bytes of the space-trimmed word that ends at s, or 0. */
static size_t ends_with(const char *begin, const char *s, const char *word)
{
    const char *e = s;
    while (e > begin && e[-1] == ' ') e--;
    size_t n = strlen(word);
    if ((size_t)(e - begin) < n || memcmp(e - n, word, n) != 0) return 0;
    bool latin = word[0] >= 'a' && word[0] <= 'z';
    if (latin && e - n > begin && e[-(ptrdiff_t)n - 1] >= 'a' && e[-(ptrdiff_t)n - 1] <= 'z') return 0;
    return (size_t)(s - (e - n));
}

static size_t starts_with(const char *s, const char *end, const char *word)
{
    const char *p = s;
    while (p < end && *p == ' ') p++;
    size_t n = strlen(word);
    if ((size_t)(end - p) < n || memcmp(p, word, n) != 0) return 0;
    bool latin = word[0] >= 'a' && word[0] <= 'z';
    if (latin && p + n < end && p[n] >= 'a' && p[n] <= 'z') return 0;
    return (size_t)(p + n - s);
}

/* "300 lumens", "30 pages": a plain number with a thing behind it counts that thing. */
static bool measures(const char *s, const char *end)
{
    static const char *const links[] = {"but", "if", "please", "each", "total", "altogether", "max", "maximum", "tops", "not", "without", "because", "as", "so", "per", "would", "ideally", "preferably"};
    while (s < end && *s == ' ') s++;
    size_t n = 0;
    while (s + n < end && s[n] >= 'a' && s[n] <= 'z') n++;
    for (size_t i = 0; i < COUNT(links); i++)
        if (strlen(links[i]) == n && memcmp(links[i], s, n) == 0) return false;
    for (size_t i = 0; i < COUNT(joiners); i++)
        if (strlen(joiners[i]) == n && memcmp(joiners[i], s, n) == 0) return false;
    return n > 0 && !text_is_stopword(s, n);
}

struct span { const char *begin, *end; enum bound bound; bool money; };

/* Grows the number's span over its money word and the phrases around it. */
static struct span read_bound(const char *text, const char *end, const struct number *x)
{
    struct span s = {text + x->begin, text + x->end, BOUND_NONE, x->kind == NUMBER_MONEY};
    for (size_t i = 0; i < COUNT(money_words); i++) {
        size_t n = starts_with(s.end, end, money_words[i]);
        if (!n) continue;
        s.end += n;
        s.money = true;
        break;
    }
    if (!s.money && measures(s.end, end)) return s;
    for (size_t i = 0; i < COUNT(after) && !s.bound; i++) {
        size_t n = starts_with(s.end, end, after[i].text);
        if (n) s.end += n, s.bound = after[i].bound;
    }
    for (size_t i = 0; i < COUNT(before); i++) {
        size_t n = ends_with(text, s.begin, before[i].text);
        if (!n) continue;
        s.begin -= n;
        if (!s.bound || s.bound == BOUND_ABOUT) s.bound = before[i].bound;
        break;
    }
    return s;
}

static bool joined(const char *a, const char *b)
{
    for (size_t i = 0; i < COUNT(joiners); i++) {
        size_t n = starts_with(a, b, joiners[i]);
        if (!n) continue;
        const char *p = a + n;
        while (p < b && *p == ' ') p++;
        if (p == b) return true;
    }
    return false;
}

static int64_t to_minor(double value)
{
    return value > 1e13 ? INT64_MAX : (int64_t)llround(value * 100);
}

static void add(struct need *n, char *rest, const char *begin, const char *end, int64_t low, int64_t high)
{
    if (n->n_constraints == NEED_CONSTRAINTS_MAX) return;
    while (begin < end && *begin == ' ') begin++;
    const char *said = arena_strndup(&n->arena, begin, (size_t)(end - begin));
    n->constraints[n->n_constraints++] = (struct constraint){
        .kind = CONSTRAINT_PRICE, .hard = true, .low = low, .high = high, .said = said ? said : ""};
    memset(rest + (begin - n->normalised), ' ', (size_t)(end - begin));
}

void understand_prices(struct need *n, char *rest)
{
    struct number numbers[32];
    const char *text = n->normalised, *end = text + strlen(text);
    size_t count = text_numbers(text, (size_t)(end - text), numbers, COUNT(numbers));
    if (count > COUNT(numbers)) count = COUNT(numbers);
    for (size_t i = 0; i < count; i++) {
        const struct number *x = &numbers[i];
        if (x->kind == NUMBER_UNIT) continue;
        struct span s = read_bound(text, end, x);
        if (i + 1 < count && numbers[i + 1].kind != NUMBER_UNIT && joined(s.end, text + numbers[i + 1].begin)) {
            struct span t = read_bound(text, end, &numbers[i + 1]);
            bool said_as_price = s.money || t.money || ends_with(text, s.begin, "between") || t.bound || s.bound || ends_with(text, s.begin, "价格") || x->value >= 20;
            if (said_as_price && x->value < numbers[i + 1].value) {
                size_t between = ends_with(text, s.begin, "between");
                add(n, rest, s.begin - between, t.end, to_minor(x->value), to_minor(numbers[i + 1].value));
                i++;
                continue;
            }
        }
        if (!s.bound && !s.money) continue;
        if (!s.money && x->value < 5) continue;   /* "over 2 layers" */
        int64_t value = to_minor(x->value);
        switch (s.bound) {
        case BOUND_UPPER: add(n, rest, s.begin, s.end, INT64_MIN + 1, value); break;
        case BOUND_LOWER: add(n, rest, s.begin, s.end, value, INT64_MAX); break;
        default: add(n, rest, s.begin, s.end, value - value / 4, value + value / 4); break;   /* "200块的", "around 200" */
        }
    }
}
