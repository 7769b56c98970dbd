/* A catalogue's own words: its brands and short values, so that the value of another product is known for a claim. */
#include "copywriting_int.h"

#include <string.h>

enum { VALUE_BYTES_MAX = 48, BRAND_BYTES_MIN = 4 };

/* What an attribute of this name is about; the first row that holds a part of the name. */
struct naming { const char *parts; enum claim_kind kind; };
static const struct naming namings[] = {
    {"颜色 花色 color colour", CLAIM_COLOUR},
    {"材质 面料 成分 材料 配料 内胆 填充 硅油 material fabric composition ingredient fill lining", CLAIM_MATERIAL},
    {"图案 花纹 pattern print", CLAIM_PATTERN},
    {"季节 season", CLAIM_SEASON},
    {"产地 蜜源 品种 origin variety", CLAIM_ORIGIN},
    {"人群 对象 肤质 发质 性别 年龄 audience gender skin_type hair_type", CLAIM_AUDIENCE},
    {"风格 style", CLAIM_STYLE},
    {"领 袖 门襟 口袋 裙 裤 扣 collar sleeve neck closure", CLAIM_PART},
};

static bool kind_of_name(const char *name, enum claim_kind *kind)
{
    for (size_t i = 0; i < sizeof namings / sizeof namings[0]; i++) {
        for (const char *p = namings[i].parts; *p;) {
            size_t n = strcspn(p, " ");
            char part[32];
            snprintf(part, sizeof part, "%.*s", (int)n, p);
            for (char *c = part; *c; c++)
                if (*c == '_') *c = ' ';
            *kind = namings[i].kind;
            if (strcasestr(name, part)) return true;
            p += n + (p[n] == ' ');
        }
    }
    *kind = CLAIM_VALUE;
    return false;
}

static bool has_digit(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] >= '0' && s[i] <= '9') return true;
    return false;
}

/* Values of attributes that we know nothing about are taken only when they are more than an everyday word: "清淡" and "normal" are in
 * any text, "可水洗滤网" and "blue switch" are not. Numbers are claims without being listed. */
static bool is_telling(const char *s, size_t n, enum claim_kind kind, bool known_name)
{
    bool word_will_do = known_name && kind != CLAIM_AUDIENCE && kind != CLAIM_STYLE && kind != CLAIM_PART;   /* "dry", "regular", "long" */
    size_t han = 0, blanks = 0;
    if (n < 3 || n > VALUE_BYTES_MAX || has_digit(s, n)) return false;
    for (const char *p = s, *end = s + n; p < end;) {
        uint32_t c = utf8_next(&p, end);
        han += utf8_is_han(c);
        blanks += c == ' ';
    }
    if (han) return han >= (known_name ? 2u : 3u);
    return word_will_do || blanks > 0;
}

static bool starts_with_denial(const char *s, size_t n)
{
    static const char *const words[] = {"否", "无", "不", "没", "no ", "not ", "none", "yes", "有", "是"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (n >= strlen(words[i]) && memcmp(s, words[i], strlen(words[i])) == 0) return true;
    return false;
}

static size_t list_mark(const char *p, const char *end)
{
    static const char *const marks[] = {",", "，", "、", ";", "；", "+", "/", "|", "(", ")", "（", "）"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t n = strlen(marks[i]);
        if ((size_t)(end - p) >= n && memcmp(p, marks[i], n) == 0) return n;
    }
    return 0;
}

static status add_values(struct claim_lexicon *l, const char *value, enum claim_kind kind, bool known_name)
{
    const char *end = value + strlen(value);
    for (const char *begin = value, *p = value;; p++) {
        size_t mark = p < end ? list_mark(p, end) : 0;
        if (p < end && !mark) continue;
        while (begin < p && *begin == ' ') begin++;
        const char *stop = p;
        while (stop > begin && stop[-1] == ' ') stop--;
        size_t n = (size_t)(stop - begin);
        if (is_telling(begin, n, kind, known_name) && !starts_with_denial(begin, n)) TRY(claim_lexicon_add(l, kind, begin, n));
        if (p >= end) return OK;
        p += mark - 1;
        begin = p + 1;
    }
}

static status add_brand_part(struct claim_lexicon *l, const char *begin, const char *end)
{
    while (begin < end && strchr(" ()/", *begin)) begin++;
    while (begin < end && strchr(" ()/", end[-1])) end--;
    size_t n = (size_t)(end - begin);
    return n >= BRAND_BYTES_MIN ? claim_lexicon_add(l, CLAIM_BRAND, begin, n) : OK;
}

/* "桃核 Taohe" is known by both its names: it is cut where the script changes. */
static status add_brand(struct claim_lexicon *l, const char *brand)
{
    const char *end = brand + strlen(brand), *begin = brand;
    bool run_is_han = false;
    TRY(add_brand_part(l, brand, end));
    for (const char *p = brand; p < end;) {
        const char *character = p;
        bool han = utf8_is_han(utf8_next(&p, end));
        if (han == run_is_han || character == brand) {
            run_is_han = han;
            continue;
        }
        TRY(add_brand_part(l, begin, character));
        begin = character;
        run_is_han = han;
    }
    return begin > brand ? add_brand_part(l, begin, end) : OK;
}

static status visit(void *context, const struct product *p)
{
    struct claim_lexicon *l = context;
    TRY(add_brand(l, p->brand));
    for (size_t i = 0; i < p->n_attributes; i++) {
        enum claim_kind kind;
        bool known = kind_of_name(p->attributes[i].name, &kind);
        if (p->attributes[i].type == ATTRIBUTE_TEXT || p->attributes[i].type == ATTRIBUTE_LIST)
            TRY(add_values(l, p->attributes[i].value, kind, known));
    }
    return OK;
}

status claim_lexicon_add_catalogue(struct claim_lexicon *l, struct catalogue *c)
{
    return catalogue_each(c, visit, l);
}
