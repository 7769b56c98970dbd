/* Numbers with their units, comparable after conversion. */
#include "copywriting_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- units of measure ---- */

enum { ROUGH = 1 };
struct unit_of_measure {
    const char *names;        /* parted by blanks; '_' is a blank in a name */
    enum dimension dimension;
    double factor;            /* to the base unit of the dimension */
    unsigned flags;
};

/* Base units: g, ml, mm, mm2, s, W, mAh, Wh, V, A, Hz, MB, degree, %, dB, yuan. Normalised text: "℃" is "°c", "㎡" is "m2". */
static const struct unit_of_measure units_of_measure[] = {
    {"mg 毫克", DIM_MASS, 1e-3, 0},
    {"g 克 gram grams", DIM_MASS, 1, 0},
    {"kg 公斤 千克 kilo kilos kilogram kilograms kgs", DIM_MASS, 1e3, 0},
    {"斤 市斤", DIM_MASS, 500, 0},
    {"吨 tonne tonnes", DIM_MASS, 1e6, 0},
    {"oz ounce ounces 盎司", DIM_MASS, 28.349523, ROUGH},
    {"lb lbs pound pounds 磅", DIM_MASS, 453.59237, ROUGH},
    {"g/m2 gsm 克重 克/平方米", DIM_DENSITY, 1, 0},
    {"ml 毫升 cc millilitre millilitres milliliter milliliters", DIM_VOLUME, 1, 0},
    {"cl", DIM_VOLUME, 10, 0},
    {"l 升 公升 litre litres liter liters", DIM_VOLUME, 1e3, 0},
    {"gallon gallons", DIM_VOLUME, 3785.41, ROUGH},
    {"μm um 微米", DIM_LENGTH, 1e-3, 0},
    {"mm 毫米 millimetre millimetres millimeter millimeters", DIM_LENGTH, 1, 0},
    {"cm 厘米 公分 centimetre centimetres centimeter centimeters", DIM_LENGTH, 10, 0},
    {"m 米 metre metres meter meters", DIM_LENGTH, 1e3, 0},
    {"km 公里 千米 kilometre kilometres kilometer kilometers", DIM_LENGTH, 1e6, 0},
    {"in inch inches 英寸 寸 吋 \"", DIM_LENGTH, 25.4, ROUGH},
    {"ft foot feet 英尺", DIM_LENGTH, 304.8, ROUGH},
    {"尺", DIM_LENGTH, 333.333, ROUGH},
    {"m2 m² 平方米 平米 平 square_metre square_metres square_meter square_meters sqm sq_m", DIM_AREA, 1e6, 0},
    {"cm2 平方厘米", DIM_AREA, 100, 0},
    {"m3/h m³/h 立方米/小时 立方米每小时", DIM_FLOW, 1, 0},
    {"ml/h 毫升/小时 毫升每小时", DIM_FLOW, 1e-6, 0},
    {"ms 毫秒", DIM_TIME, 1e-3, 0},
    {"s 秒 秒钟 sec second seconds", DIM_TIME, 1, 0},
    {"min 分钟 mins minute minutes", DIM_TIME, 60, 0},
    {"h 小时 个小时 钟头 个钟头 hr hrs hour hours", DIM_TIME, 3600, 0},
    {"天 日 day days", DIM_TIME, 86400, 0},
    {"周 星期 个星期 week weeks", DIM_TIME, 604800, 0},
    {"月 个月 month months", DIM_TIME, 2629800, 0},
    {"年 岁 周岁 year years yrs years_old", DIM_TIME, 31557600, 0},
    {"w 瓦 瓦特 watt watts", DIM_POWER, 1, 0},
    {"kw 千瓦 kilowatt kilowatts", DIM_POWER, 1e3, 0},
    {"匹", DIM_POWER, 735, 0},
    {"mah 毫安 毫安时", DIM_CHARGE, 1, 0},
    {"ah 安时", DIM_CHARGE, 1e3, 0},
    {"wh 瓦时", DIM_ENERGY, 1, 0},
    {"kwh 度电 千瓦时", DIM_ENERGY, 1e3, 0},
    {"v 伏 伏特 volt volts", DIM_VOLTAGE, 1, 0},
    {"a 安培 安 amp amps", DIM_CURRENT, 1, 0},
    {"ma", DIM_CURRENT, 1e-3, 0},
    {"hz 赫兹 赫", DIM_FREQUENCY, 1, 0},
    {"khz 千赫", DIM_FREQUENCY, 1e3, 0},
    {"mhz", DIM_FREQUENCY, 1e6, 0},
    {"ghz", DIM_FREQUENCY, 1e9, 0},
    {"mb", DIM_DATA, 1, 0},
    {"gb", DIM_DATA, 1024, 0},
    {"tb", DIM_DATA, 1048576, 0},
    {"°c °f ° 度 摄氏度 celsius degree degrees degrees_celsius", DIM_DEGREE, 1, 0},
    {"% percent 个百分点", DIM_PERCENT, 1, 0},
    {"db 分贝 decibel decibels", DIM_SOUND, 1, 0},
    {"元 块 块钱 yuan rmb cny 人民币 dollar dollars usd euro euros", DIM_MONEY, 1, 0},
    {"折", DIM_DISCOUNT, 1, 0},
    {"倍 times x", DIM_TIMES, 1, 0},
    {"rpm 转 转/分 r/min", DIM_TURNS, 1, 0},
    {"dpi", DIM_DOTS, 1, 0},
    {"lm 流明 lumen lumens lx lux nit nits 尼特", DIM_LIGHT, 1, 0},
    {"k", DIM_KELVIN, 1, 0},
    {"码 号 号码", DIM_SIZE, 1, 0},
    {"km/h mph", DIM_SPEED, 1, 0},
    {"bar pa kpa mpa 帕", DIM_PRESSURE, 1, 0},
    {"件 件套 个 条 只 支 瓶 盒 片 双 套 袋 粒 枚 册 本 页 层 档 色 款 种 颗 排 路 段 星 级 代 口 人 位 名 台 张 块装 罐 包 卷 根 道 股 针 节 格 组 对 处 面 孔 "
     "挡 键 步 寸屏 人份 合一 用 层次 连包 piece pieces pair pairs pack packs set sets person persons people pocket pockets layer layers level levels "
     "speed speeds setting settings mode modes size sizes color colors colour colours button buttons way ways serving servings cup cups tin tins "
     "bottle bottles bag bags book books volume volumes star stars fold", DIM_COUNT, 1, 0},
};

static bool is_latin(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool name_matches(const char *name, size_t n, const char *p, const char *end)
{
    if ((size_t)(end - p) < n) return false;
    for (size_t i = 0; i < n; i++) {
        bool blank = name[i] == '_' && (p[i] == ' ' || p[i] == '-');
        if (!blank && name[i] != p[i]) return false;
    }
    return !is_latin(name[n - 1]) || p + n == end || !is_latin(p[n]);
}

/* The unit whose name stands at p, the longest one; its length, or 0. */
static size_t find_unit(const char *p, const char *end, const struct unit_of_measure **unit)
{
    size_t best = 0;
    for (size_t i = 0; i < sizeof units_of_measure / sizeof units_of_measure[0]; i++) {
        for (const char *name = units_of_measure[i].names; *name;) {
            size_t n = strcspn(name, " ");
            if (n > best && *name == *p && name_matches(name, n, p, end)) {
                best = n;
                *unit = &units_of_measure[i];
            }
            name += n + (name[n] == ' ');
        }
    }
    return best;
}

bool dimension_of_name(const char *name, size_t n, enum dimension *d, double *factor)
{
    const char *end = name + n, *open = memchr(name, '(', n);
    const struct unit_of_measure *unit = NULL;
    if (!open) return false;
    size_t length = find_unit(open + 1, end, &unit);
    if (!length || open + 1 + length == end || open[1 + length] != ')') return false;
    *d = unit->dimension;
    *factor = unit->factor;
    return true;
}

/* ---- values of records ---- */

static size_t skip_word(const char *p, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(p, words[i], strlen(words[i])) == 0) return strlen(words[i]);
    return 0;
}

bool value_measures(const char *value, uint32_t dimensions)
{
    static const char *const about[] = {"about ", "approx. ", "up to ", "over ", "~", "约", "最长", "最多", "可达", "≤", "≥", "<", ">"};
    static const char *const joints[] = {"to ", "x", "×", "/", "~", "–", "-", "到", "至", ".", ",", " "};
    enum { JOINTS = sizeof joints / sizeof *joints, BYTES_MAX = 120 };
    char text[BYTES_MAX + 1];
    size_t n = strlen(value);
    if (n > BYTES_MAX) return false;
    for (size_t i = 0; i <= n; i++) text[i] = value[i] >= 'A' && value[i] <= 'Z' ? (char)(value[i] + 32) : value[i];
    const char *p = text + skip_word(text, about, sizeof about / sizeof *about), *behind = NULL;
    while (*p >= '0' && *p <= '9') {   /* "10-12 h": the last number has the unit */
        while (*p >= '0' && *p <= '9') p++;
        behind = p;
        for (size_t k; (k = skip_word(p, joints, JOINTS)) > 0;) p += k;
    }
    if (!behind) return false;
    const struct unit_of_measure *unit = NULL;
    while (*behind == ' ' || *behind == '-') behind++;
    if (!find_unit(behind, text + n, &unit)) return !*behind && (dimensions & D(COUNT));
    return dimensions >> unit->dimension & 1;
}

/* ---- numerals ---- */

static bool han_digit(uint64_t c, double *value)
{
    static const char *const digits[] = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九", "两", "〇", "壹", "贰", "叁", "双"};
    static const double values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 0, 1, 2, 3, 2};
    for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
        const char *p = digits[i];
        if (utf8_next(&p, p + 3) != c) continue;
        *value = values[i];
        return true;
    }
    return false;
}

static double han_scale(uint64_t c)
{
    return c == 0x5341 ? 10 : c == 0x767E ? 100 : c == 0x5343 ? 1000 : c == 0x4E07 ? 10000 : 0; /* 十百千万 */
}

/* "三百五" is 350, "十二" 12, "两千" 2000, "半" a half. Returns the units read. */
static size_t read_han_number(const struct units *u, size_t at, double *out)
{
    double total = 0, section = 0, digit = 0, last_scale = 0;
    bool any = false, pending = false;
    size_t i = at;
    for (; i < u->n && u->items[i].kind == UNIT_HAN && (i == at || u->items[i].begin == u->items[i - 1].end); i++) {
        double value, scale = han_scale(u->items[i].symbol);
        if (scale == 10000) {
            total = (total + section + digit) * scale;
            section = digit = 0;
        } else if (scale > 0) {
            section += (pending ? digit : 1) * scale;
            digit = 0;
        } else if (han_digit(u->items[i].symbol, &value) && !(pending && digit > 0)) {
            digit = value;
        } else {
            break;
        }
        pending = scale == 0;
        if (scale > 0) last_scale = scale;
        if (pending && digit == 0) last_scale = 0;   /* 零: what follows is single */
        any = true;
    }
    if (!any && i < u->n && u->items[i].symbol == 0x534A) {   /* 半 */
        *out = 0.5;
        return 1;
    }
    if (pending && last_scale >= 100) digit *= last_scale / 10;
    *out = total + section + digit;
    return any ? i - at : 0;
}

static bool english_number(const struct units *u, size_t at, double *value)
{
    static const char *const words[] = {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"};
    static const struct { const char *word; double value; } others[] = {
        {"fifteen", 15}, {"twenty", 20}, {"thirty", 30}, {"fifty", 50}, {"hundred", 100}, {"thousand", 1000}, {"dozen", 12}, {"twice", 2}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (unit_is(u, at, words[i])) return *value = (double)(i + 2), true;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (unit_is(u, at, others[i].word)) return *value = others[i].value, true;
    return false;
}

static double latin_number(const struct units *u, size_t at)
{
    char digits[64];
    size_t n = 0;
    for (uint32_t i = u->items[at].begin; i < u->items[at].end && n + 1 < sizeof digits; i++)
        if (u->text[i] != ',') digits[n++] = u->text[i];
    digits[n] = 0;
    return strtod(digits, NULL);
}

/* ---- a number in place ---- */

/* The currency mark right before a number. */
static bool after_currency(const struct units *u, size_t at)
{
    return at > 0 && (unit_is(u, at - 1, "$") || unit_is(u, at - 1, "¥") || unit_is(u, at - 1, "€") || unit_is(u, at - 1, "£") ||
                      unit_is(u, at - 1, "₹"));
}

static void take_unit(const struct units *u, size_t n_bytes, size_t at, struct measure *m)
{
    const char *end = u->text + n_bytes, *p = u->text + m->end;
    const struct unit_of_measure *unit = NULL;
    while (p < end && (*p == ' ' || *p == '-')) p++;
    size_t length = p < end ? find_unit(p, end, &unit) : 0;
    if (length == 1 && p > u->text + m->end && strchr("akxs", *p)) length = 0;   /* "5 a day", not 5 ampere */
    m->value = m->raw;
    if (after_currency(u, at)) {
        m->dimension = DIM_MONEY;
        return;
    }
    if (!length) return;
    m->dimension = unit->dimension;
    m->value = m->raw * unit->factor;
    m->rough = unit->flags & ROUGH;
    m->end = (uint32_t)((size_t)(p - u->text) + length);
    while (m->last < u->n && u->items[m->last].begin < m->end) m->last++;
}

bool measure_read(const struct units *u, size_t n_bytes, size_t at, struct measure *m)
{
    const struct unit *unit = &u->items[at];
    size_t length = 1;
    *m = (struct measure){.begin = unit->begin, .end = unit->end, .first = at};
    if (unit->kind == UNIT_NUMBER) m->raw = latin_number(u, at);
    else if (unit->kind == UNIT_HAN) length = read_han_number(u, at, &m->raw);
    else if (unit->kind != UNIT_WORD || !english_number(u, at, &m->raw)) return false;
    if (length == 0) return false;
    m->last = at + length;
    m->end = u->items[m->last - 1].end;
    take_unit(u, n_bytes, at, m);
    if (unit->kind != UNIT_HAN) return true;
    /* 一 before a counter is an article, and a numeral before no unit is part of a word */
    bool counts = m->dimension != DIM_NONE && u->text[m->end - 1] != ' ';
    bool article = m->raw <= 1 && (m->dimension == DIM_COUNT || m->dimension == DIM_TIME || m->dimension == DIM_DEGREE || m->dimension == DIM_TIMES);
    return counts && !article;
}

/* Only dashes, crosses and words of range may stand between two numbers that share a unit. */
static bool are_joined(const struct units *u, const struct measure *a, const struct measure *b)
{
    static const char *const joints[] = {"x", "×", "*", "~", "to", "到", "至", "-", "/", "–"};
    if (b->first == a->last) return a->end < b->begin && u->text[a->end] == '-';
    for (size_t i = 0; b->first == a->last + 1 && i < sizeof joints / sizeof joints[0]; i++)
        if (unit_is(u, a->last, joints[i])) return true;
    return false;
}

void measures_share_units(const struct units *u, struct measure *m, size_t n)
{
    for (size_t i = n; i-- > 1;) {
        struct measure *a = &m[i - 1], *b = &m[i];
        if (a->dimension != DIM_NONE || b->dimension == DIM_NONE || !are_joined(u, a, b)) continue;
        double factor = b->raw != 0 ? b->value / b->raw : 1;
        a->dimension = b->dimension;
        a->value = a->raw * factor;
        a->rough = b->rough;
    }
}

static bool close_to(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b)) + 1e-9;
}

/* What counts things may be written without its unit in a record ("适用人数: 2"). */
static bool is_countable(enum dimension d)
{
    return d == DIM_COUNT || d == DIM_SIZE || d == DIM_TIMES;
}

bool measure_supports(const struct measure *record, const struct measure *claim)
{
    enum dimension r = record->dimension, c = claim->dimension;
    if (r == c && c != DIM_NONE) return close_to(record->value, claim->value, record->rough != claim->rough ? 0.01 : 1e-4);
    if (c == DIM_NONE) return close_to(record->raw, claim->raw, 1e-9);
    bool loose = is_countable(c) && (r == DIM_NONE || is_countable(r));
    return loose && close_to(record->raw, claim->raw, 1e-9);
}
