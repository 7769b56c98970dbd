/* Bounds around a number: "500以内", "at least 20", "60升以上", "about 200 yuan", and what joins the two ends of a range. */
#include "match_int.h"

#include <string.h>

struct phrase { const char *text; enum bound bound; };

static const struct phrase before[] = {
    {"no more than", BOUND_UPPER}, {"not more than", BOUND_UPPER}, {"for less than", BOUND_UPPER}, {"less than", BOUND_UPPER}, {"cheaper than", BOUND_UPPER},
    {"at most", BOUND_UPPER}, {"up to", BOUND_UPPER}, {"under", BOUND_UPPER}, {"below", BOUND_UPPER}, {"within", BOUND_UPPER},
    {"max", BOUND_UPPER}, {"maximum", BOUND_UPPER}, {"budget of", BOUND_UPPER}, {"budget is", BOUND_UPPER}, {"budget", BOUND_UPPER}, {"<=", BOUND_UPPER}, {"<", BOUND_UPPER},
    {"more than", BOUND_LOWER}, {"at least", BOUND_LOWER}, {"over", BOUND_LOWER}, {"above", BOUND_LOWER}, {">=", BOUND_LOWER}, {">", BOUND_LOWER},
    {"lighter than", BOUND_UPPER}, {"smaller than", BOUND_UPPER}, {"shorter than", BOUND_UPPER}, {"thinner than", BOUND_UPPER}, {"quieter than", BOUND_UPPER}, {"fewer than", BOUND_UPPER},
    {"no higher than", BOUND_UPPER}, {"not over", BOUND_UPPER}, {"not above", BOUND_UPPER}, {"cap", BOUND_UPPER}, {"ceiling", BOUND_UPPER}, {"limit", BOUND_UPPER}, {"go up", BOUND_UPPER}, {"go as high as", BOUND_UPPER}, {"as high as", BOUND_UPPER},
    {"heavier than", BOUND_LOWER}, {"bigger than", BOUND_LOWER}, {"larger than", BOUND_LOWER}, {"longer than", BOUND_LOWER}, {"brighter than", BOUND_LOWER}, {"upwards", BOUND_LOWER}, {"starting", BOUND_LOWER}, {"minimum", BOUND_LOWER},
    {"around", BOUND_ABOUT}, {"somewhere", BOUND_ABOUT}, {"about", BOUND_ABOUT}, {"roughly", BOUND_ABOUT}, {"approximately", BOUND_ABOUT},
    {"不超过", BOUND_UPPER}, {"别超过", BOUND_UPPER}, {"不要超过", BOUND_UPPER}, {"不高于", BOUND_UPPER}, {"不多于", BOUND_UPPER}, {"低于", BOUND_UPPER}, {"少于", BOUND_UPPER},
    {"小于", BOUND_UPPER}, {"不到", BOUND_UPPER}, {"预算在", BOUND_UPPER}, {"预算是", BOUND_UPPER}, {"预算", BOUND_UPPER}, {"最多", BOUND_UPPER}, {"最高", BOUND_UPPER}, {"控制在", BOUND_UPPER},
    {"不能超过", BOUND_UPPER}, {"不要超", BOUND_UPPER}, {"别超", BOUND_UPPER}, {"顶多", BOUND_UPPER}, {"至多", BOUND_UPPER}, {"上限", BOUND_UPPER}, {"封顶", BOUND_UPPER}, 
    {"提高", BOUND_UPPER}, {"放宽", BOUND_UPPER}, {"可以到", BOUND_UPPER}, {"可以加到", BOUND_UPPER}, {"能到", BOUND_UPPER}, {"上调", BOUND_UPPER}, {"降到", BOUND_UPPER}, {"降低到", BOUND_UPPER}, {"压到", BOUND_UPPER}, {"加到", BOUND_UPPER}, {"涨到", BOUND_UPPER}, {"提到", BOUND_UPPER}, {"放到", BOUND_UPPER}, {"调到", BOUND_UPPER},
    {"超过", BOUND_LOWER}, {"不少于", BOUND_LOWER}, {"起码", BOUND_LOWER}, {"高于", BOUND_LOWER}, {"大于", BOUND_LOWER}, {"不低于", BOUND_LOWER}, {"至少", BOUND_LOWER}, {"最低", BOUND_LOWER},
    {"大概", BOUND_ABOUT}, {"大约", BOUND_ABOUT}, {"约", BOUND_ABOUT}, {"差不多", BOUND_ABOUT},
};
static const struct phrase after[] = {
    {"出头", BOUND_JUST_OVER}, {"挂零", BOUND_JUST_OVER}, {"多", BOUND_SOME_OVER}, {"几", BOUND_SOME_OVER}, {"something", BOUND_SOME_OVER}, {"odd", BOUND_SOME_OVER},
    {"以里", BOUND_UPPER}, {"往下", BOUND_UPPER}, {"不到", BOUND_UPPER}, {"tops", BOUND_UPPER}, {"at most", BOUND_UPPER}, {"maximum", BOUND_UPPER}, {"or below", BOUND_UPPER}, {"or cheaper", BOUND_UPPER}, {"开外", BOUND_LOWER}, {"往上", BOUND_LOWER}, {"朝上", BOUND_LOWER}, {"or above", BOUND_LOWER}, {"or over", BOUND_LOWER}, {"and up", BOUND_LOWER},
    {"or so", BOUND_ABOUT}, {"ish", BOUND_ABOUT}, {"-ish", BOUND_ABOUT}, {"give or take", BOUND_ABOUT}, {"or thereabouts", BOUND_ABOUT}, {"的样子", BOUND_ABOUT},
    {"以内", BOUND_UPPER}, {"之内", BOUND_UPPER}, {"以下", BOUND_UPPER}, {"之下", BOUND_UPPER}, {"内", BOUND_UPPER}, {"封顶", BOUND_UPPER}, {"or less", BOUND_UPPER}, {"or under", BOUND_UPPER}, {"max", BOUND_UPPER},
    {"以上", BOUND_LOWER}, {"起", BOUND_LOWER}, {"or more", BOUND_LOWER}, {"左右", BOUND_ABOUT}, {"上下", BOUND_ABOUT},
};
static const char *const money_words[] = {"元钱", "块钱", "元", "块", "人民币", "rmb", "cny", "yuan", "dollars", "dollar", "usd", "bucks", "inr", "rupees", "eur", "euros", "gbp", "pounds"};
/* What may stand between a bound's word and the number: "最多花150", "budget is around 300", "raise the budget to 800". */
static const char *const between[] = {"花", "出", "到", "至", "在", "为", "成", "是", "要", "付", "就", "大概", "控制在", "一共", "总共", "spend", "spending", "pay", "paying", "to", "is", "of", "at", "for", "the", "only", "a", "maximum of", "around", "about"};
static const char *const joiners[] = {"到", "至", "-", "~", "–", "and", "to"};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

size_t bound_word_before(const char *begin, const char *s, const char *word)
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
    static const char *const links[] = {"but", "if", "please", "each", "total", "altogether", "max", "maximum", "tops", "something", "odd", "ish", "or", "and", "give", "not", "without", "because", "as", "so", "per", "would", "ideally", "preferably"};
    while (s < end && *s == ' ') s++;
    size_t n = 0;
    while (s + n < end && s[n] >= 'a' && s[n] <= 'z') n++;
    for (size_t i = 0; i < COUNT(links); i++)
        if (strlen(links[i]) == n && memcmp(links[i], s, n) == 0) return false;
    for (size_t i = 0; i < COUNT(joiners); i++)
        if (strlen(joiners[i]) == n && memcmp(joiners[i], s, n) == 0) return false;
    return n > 0 && !text_is_stopword(s, n);
}

static const struct phrase *phrase_before(const char *text, const char *s, size_t *n)
{
    for (size_t i = 0; i < COUNT(before); i++)
        if ((*n = bound_word_before(text, s, before[i].text)) != 0) return &before[i];
    return NULL;
}

/* "no heavier than 3 kg", "nothing over 300" is the other bound. */
static void turn_if_denied(const char *text, const struct phrase *p, struct bound_span *s)
{
    static const char *const denials[] = {"no", "not", "nothing", "none", "never"};
    size_t n = strlen(p->text), denied = 0;
    bool than = n >= 5 && memcmp(p->text + n - 5, " than", 5) == 0, over = strcmp(p->text, "over") == 0 || strcmp(p->text, "above") == 0;
    if ((!than && !over) || (p->bound != BOUND_UPPER && p->bound != BOUND_LOWER)) return;
    for (size_t i = 0; i < COUNT(denials) && !denied; i++) denied = bound_word_before(text, s->begin, denials[i]);
    if (!denied) return;
    s->begin -= denied;
    s->bound = p->bound == BOUND_UPPER ? BOUND_LOWER : BOUND_UPPER;
}

struct bound_span bound_read(const char *text, const char *end, const struct number *x)
{
    struct bound_span s = {text + x->begin, text + x->end, BOUND_NONE, x->kind == NUMBER_MONEY};
    for (size_t i = 0; i < COUNT(money_words) && x->kind != NUMBER_UNIT; i++) {
        size_t n = starts_with(s.end, end, money_words[i]);
        if (!n) continue;
        s.end += n;
        s.money = true;
        break;
    }
    if (x->kind == NUMBER_PLAIN && !s.money && measures(s.end, end)) return s;
    for (size_t i = 0; i < COUNT(after) && !s.bound; i++) {
        size_t n = starts_with(s.end, end, after[i].text);
        if (n) s.end += n, s.bound = after[i].bound;
    }
    size_t skipped = 0, n;
    const struct phrase *p = phrase_before(text, s.begin, &n);
    for (size_t i = 0; !p && i < COUNT(between); i++) {
        skipped = bound_word_before(text, s.begin, between[i]);
        if (skipped) p = phrase_before(text, s.begin - skipped, &n);
    }
    if (!p) return s;
    s.begin -= n + skipped;
    bool plain = strstr(p->text, "预算") || strstr(p->text, "budget");   /* "预算三百上下": the word behind decides */
    if (!s.bound || (s.bound == BOUND_ABOUT && !plain)) s.bound = p->bound;
    turn_if_denied(text, p, &s);
    return s;
}

bool bound_joined(const char *a, const char *b)
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
