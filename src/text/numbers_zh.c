/* Chinese numerals, as spoken: the last digit may lose its scale (三百五 is 350, 一万二 is 12000). */
#include "text_int.h"

#include <string.h>

int zh_digit(uint32_t c)
{
    switch (c) {
    case 0x96F6: case 0x3007: return 0;                 /* 零 〇 */
    case 0x4E00: case 0x58F9: return 1;                 /* 一 壹 */
    case 0x4E8C: case 0x8D30: case 0x4E24: return 2;    /* 二 贰 两 */
    case 0x4E09: case 0x53C1: return 3;                 /* 三 叁 */
    case 0x56DB: case 0x8086: return 4;                 /* 四 肆 */
    case 0x4E94: case 0x4F0D: return 5;                 /* 五 伍 */
    case 0x516D: case 0x9646: return 6;                 /* 六 陆 */
    case 0x4E03: case 0x67D2: return 7;                 /* 七 柒 */
    case 0x516B: case 0x634C: return 8;                 /* 八 捌 */
    case 0x4E5D: case 0x7396: return 9;                 /* 九 玖 */
    default: return -1;
    }
}

int zh_scale(uint32_t c)
{
    switch (c) {
    case 0x5341: case 0x62FE: return 10;                /* 十 拾 */
    case 0x767E: case 0x4F70: return 100;               /* 百 佰 */
    case 0x5343: case 0x4EDF: return 1000;              /* 千 仟 */
    case 0x4E07: return 10000;                          /* 万 */
    case 0x4EBF: return 100000000;                      /* 亿 */
    default: return -1;
    }
}

/* What has been read of one numeral. */
struct reading {
    double total, section;     /* total: closed by 万 and 亿; section: below 万 */
    int digit;                 /* waiting for its scale; -1: none */
    int scale;                 /* the last one; 0: none yet */
    int limit;                 /* a scale inside the section must be below this */
    bool zero, ten_thousand, hundred_million;
    size_t characters;
};

static uint32_t peek(const char *p, const char *end)
{
    return p < end ? utf8_next(&p, end) : 0;
}

/* 千克, 千瓦, 千米, 千卡, 千伏, 千帕: the 千 is the unit's. */
static bool is_unit_thousand(uint32_t c, uint32_t next)
{
    return c == 0x5343 && (next == 0x514B || next == 0x74E6 || next == 0x7C73 || next == 0x5361 || next == 0x4F0F || next == 0x5E15);
}

static bool take_small_scale(struct reading *r, int scale)
{
    bool bare_ten = r->digit < 0 && scale == 10 && (r->section == 0 || r->scale == 100);
    if ((r->digit < 1 && !bare_ten) || scale >= r->limit) return false;
    r->section += (bare_ten ? 1 : r->digit) * scale;
    r->limit = r->scale = scale;
    r->digit = -1;
    r->zero = false;
    return true;
}

static bool take_large_scale(struct reading *r, int scale)
{
    bool *seen = scale == 10000 ? &r->ten_thousand : &r->hundred_million;
    double section = r->section + (r->digit > 0 ? r->digit : 0);
    if (section == 0 || *seen || r->ten_thousand) return false;
    *seen = true;
    r->total += section * scale;
    r->section = 0;
    r->digit = -1;
    r->scale = scale;
    r->limit = scale == 10000 ? 10000 : 100000;
    r->zero = false;
    return true;
}

static bool take_digit(struct reading *r, int digit, uint32_t next)
{
    if (r->digit >= 0) return false;
    if (digit == 0) {
        r->zero = true;
        return r->scale > 0 && zh_digit(next) > 0;
    }
    r->digit = digit;
    return true;
}

/* ".5" of 三点五, and the scale after it. False: 点 means something else here (an hour). */
static bool take_point(const char **p, const char *end, struct numeral *out, int whole)
{
    const char *q = *p;
    double value = whole, place = 0.1;
    utf8_next(&q, end);
    if (zh_digit(peek(q, end)) < 0) return false;
    for (int d; (d = zh_digit(peek(q, end))) >= 0; place /= 10) {
        value += d * place;
        utf8_next(&q, end);
    }
    int scale = zh_scale(peek(q, end));
    if (scale == 10) return false;
    out->mantissa = value;
    if (scale > 0) utf8_next(&q, end);
    out->scale = scale > 0 ? scale : 1;
    out->value = value * out->scale;
    *p = q;
    return true;
}

static double finish(const struct reading *r)
{
    double digit = r->digit > 0 ? r->digit : 0;
    if (digit > 0 && r->scale >= 100 && !r->zero) digit *= r->scale / 10;
    return r->total + r->section + digit;
}

bool zh_numeral(const char *s, size_t n, struct numeral *out)
{
    struct reading r = {.digit = -1, .limit = 100000};
    const char *p = s, *end = s + n;
    *out = (struct numeral){0};
    while (p < end) {
        const char *next = p;
        uint32_t c = utf8_next(&next, end);
        int digit = zh_digit(c), scale = zh_scale(c);
        if (c == 0x70B9 && r.characters == 1 && r.digit >= 0 && take_point(&p, end, out, r.digit)) {
            out->length = (size_t)(p - s);
            return true;
        }
        bool taken = digit >= 0 ? take_digit(&r, digit, peek(next, end))
                     : scale < 0 || is_unit_thousand(c, peek(next, end)) ? false
                     : scale < 10000 ? take_small_scale(&r, scale) : take_large_scale(&r, scale);
        if (!taken) break;
        r.characters++;
        p = next;
    }
    if (!r.characters) return false;
    out->value = out->mantissa = finish(&r);
    out->length = (size_t)(p - s);
    out->scale = 1;
    out->single = r.characters == 1;
    if (r.characters == 2 && r.digit < 0 && r.scale > 10 && out->value >= r.scale) {
        out->scale = r.scale;
        out->mantissa = out->value / r.scale;
    }
    return true;
}
