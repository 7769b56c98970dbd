/* Spellings of units. */
#include "text_int.h"

#include <stdlib.h>
#include <string.h>

/* Sorted by spelling: looked up by halving. */
static const struct unit LATIN[] = {
    {"%", "%", 0}, {"ah", "ah", UNIT_TERM}, {"amp", "amp", UNIT_TERM | UNIT_ALONE}, {"ampere", "amp", UNIT_TERM | UNIT_ALONE},
    {"amps", "amp", UNIT_TERM | UNIT_ALONE}, {"btu", "btu", UNIT_TERM}, {"btus", "btu", UNIT_TERM | UNIT_ALONE},
    {"centimeter", "cm", UNIT_TERM | UNIT_ALONE}, {"centimeters", "cm", UNIT_TERM | UNIT_ALONE}, {"centimetre", "cm", UNIT_TERM | UNIT_ALONE},
    {"centimetres", "cm", UNIT_TERM | UNIT_ALONE}, {"cl", "cl", UNIT_TERM}, {"cm", "cm", UNIT_TERM}, {"cms", "cm", UNIT_TERM},
    {"count", "pieces", 0}, {"ct", "pieces", 0}, {"day", "day", 0}, {"days", "day", 0}, {"db", "db", UNIT_TERM}, {"decibels", "db", UNIT_TERM | UNIT_ALONE}, {"degree", "deg", 0}, {"degrees", "deg", 0},
    {"feet", "ft", UNIT_TERM | UNIT_ALONE}, {"foot", "ft", UNIT_TERM | UNIT_ALONE}, {"ft", "ft", UNIT_TERM}, {"g", "g", UNIT_TERM},
    {"gal", "gal", UNIT_TERM}, {"gallon", "gal", UNIT_TERM | UNIT_ALONE}, {"gallons", "gal", UNIT_TERM | UNIT_ALONE},
    {"gals", "gal", UNIT_TERM | UNIT_ALONE}, {"gb", "gb", UNIT_TERM}, {"ghz", "ghz", UNIT_TERM}, {"gigabyte", "gb", UNIT_TERM | UNIT_ALONE},
    {"gigabytes", "gb", UNIT_TERM | UNIT_ALONE}, {"gm", "g", UNIT_TERM}, {"gms", "g", UNIT_TERM}, {"gram", "g", UNIT_TERM | UNIT_ALONE},
    {"grams", "g", UNIT_TERM | UNIT_ALONE}, {"guests", "people", 0}, {"h", "h", UNIT_TERM}, {"horsepower", "hp", UNIT_TERM | UNIT_ALONE},
    {"hour", "h", UNIT_TERM}, {"hours", "h", UNIT_TERM}, {"hp", "hp", UNIT_TERM}, {"hr", "h", UNIT_TERM}, {"hrs", "h", UNIT_TERM},
    {"hz", "hz", UNIT_TERM}, {"in", "in", UNIT_TERM}, {"inch", "in", UNIT_TERM | UNIT_ALONE}, {"inche", "in", UNIT_TERM | UNIT_ALONE}, {"inches", "in", UNIT_TERM | UNIT_ALONE},
    {"kg", "kg", UNIT_TERM}, {"kgs", "kg", UNIT_TERM | UNIT_ALONE}, {"kilogram", "kg", UNIT_TERM | UNIT_ALONE},
    {"kilograms", "kg", UNIT_TERM | UNIT_ALONE}, {"kilos", "kg", UNIT_TERM | UNIT_ALONE}, {"km", "km", UNIT_TERM}, {"kw", "kw", UNIT_TERM},
    {"l", "l", UNIT_TERM}, {"lb", "lb", UNIT_TERM}, {"lbs", "lb", UNIT_TERM | UNIT_ALONE}, {"liter", "l", UNIT_TERM | UNIT_ALONE},
    {"liters", "l", UNIT_TERM | UNIT_ALONE}, {"litre", "l", UNIT_TERM | UNIT_ALONE}, {"litres", "l", UNIT_TERM | UNIT_ALONE},
    {"lm", "lm", UNIT_TERM}, {"ltr", "l", UNIT_TERM | UNIT_ALONE}, {"lumen", "lm", UNIT_TERM | UNIT_ALONE},
    {"lumens", "lm", UNIT_TERM | UNIT_ALONE}, {"m", "m", UNIT_TERM}, {"mah", "mah", UNIT_TERM}, {"mb", "mb", UNIT_TERM}, {"meter", "m", UNIT_TERM},
    {"meters", "m", UNIT_TERM | UNIT_ALONE}, {"metre", "m", UNIT_TERM | UNIT_ALONE}, {"metres", "m", UNIT_TERM | UNIT_ALONE},
    {"mg", "mg", UNIT_TERM}, {"mhz", "mhz", UNIT_TERM}, {"milliliter", "ml", UNIT_TERM | UNIT_ALONE},
    {"milliliters", "ml", UNIT_TERM | UNIT_ALONE}, {"millimeter", "mm", UNIT_TERM | UNIT_ALONE},
    {"millimeters", "mm", UNIT_TERM | UNIT_ALONE}, {"min", "min", UNIT_TERM}, {"mins", "min", UNIT_TERM}, {"minute", "min", UNIT_TERM},
    {"minutes", "min", UNIT_TERM}, {"ml", "ml", UNIT_TERM}, {"mm", "mm", UNIT_TERM}, {"month", "month", 0}, {"months", "month", 0},
    {"mp", "mp", UNIT_TERM}, {"ounce", "oz", UNIT_TERM | UNIT_ALONE}, {"ounces", "oz", UNIT_TERM | UNIT_ALONE}, {"oz", "oz", UNIT_TERM},
    {"pack", "pieces", 0}, {"packs", "pieces", 0}, {"pair", "pieces", 0}, {"pairs", "pieces", 0}, {"pc", "pieces", 0}, {"pcs", "pieces", 0},
    {"people", "people", 0}, {"person", "people", 0}, {"persons", "people", 0}, {"piece", "pieces", 0}, {"pieces", "pieces", 0},
    {"pk", "pieces", 0}, {"pound", "lb", UNIT_TERM}, {"pounds", "lb", UNIT_TERM | UNIT_ALONE}, {"qt", "qt", UNIT_TERM},
    {"quart", "qt", UNIT_TERM | UNIT_ALONE}, {"quarts", "qt", UNIT_TERM | UNIT_ALONE}, {"seater", "people", 0}, {"tb", "tb", UNIT_TERM},
    {"v", "v", UNIT_TERM}, {"volt", "v", UNIT_TERM | UNIT_ALONE}, {"volts", "v", UNIT_TERM | UNIT_ALONE}, {"w", "w", UNIT_TERM},
    {"watt", "w", UNIT_TERM | UNIT_ALONE}, {"watts", "w", UNIT_TERM | UNIT_ALONE}, {"week", "week", 0}, {"weeks", "week", 0},
    {"wh", "wh", UNIT_TERM}, {"yard", "yd", UNIT_TERM}, {"yards", "yd", UNIT_TERM | UNIT_ALONE}, {"yd", "yd", UNIT_TERM},
    {"yds", "yd", UNIT_TERM | UNIT_ALONE}, {"year", "year", 0}, {"years", "year", 0}, {"yr", "year", 0}, {"yrs", "year", 0}};

/* Tried in order, so a spelling stands before its own beginnings. */
static const struct unit HAN[] = {
    {"千克", "kg", UNIT_TERM}, {"公斤", "kg", UNIT_TERM}, {"毫克", "mg", UNIT_TERM}, {"克", "g", UNIT_TERM}, {"斤", "jin", UNIT_TERM},
    {"吨", "t", UNIT_TERM}, {"磅", "lb", UNIT_TERM}, {"盎司", "oz", UNIT_TERM}, {"毫升", "ml", UNIT_TERM}, {"升", "l", UNIT_TERM},
    {"加仑", "gal", UNIT_TERM}, {"厘米", "cm", UNIT_TERM}, {"公分", "cm", UNIT_TERM}, {"毫米", "mm", UNIT_TERM}, {"千米", "km", UNIT_TERM},
    {"公里", "km", UNIT_TERM}, {"米", "m", UNIT_TERM}, {"英寸", "in", UNIT_TERM}, {"寸", "in", UNIT_TERM}, {"英尺", "ft", UNIT_TERM},
    {"千瓦", "kw", UNIT_TERM}, {"瓦", "w", UNIT_TERM}, {"伏", "v", UNIT_TERM}, {"分贝", "db", UNIT_TERM}, {"流明", "lm", UNIT_TERM}, {"毫安时", "mah", UNIT_TERM}, {"毫安", "mah", UNIT_TERM},
    {"小时", "h", UNIT_TERM}, {"钟头", "h", UNIT_TERM}, {"个小时", "h", UNIT_TERM}, {"分钟", "min", UNIT_TERM}, {"天", "day", 0},
    {"周岁", "year", 0}, {"周", "week", 0}, {"星期", "week", 0}, {"个月", "month", 0}, {"月", "month", 0}, {"年", "year", 0},
    {"岁", "year", 0}, {"个人", "people", 0}, {"人", "people", 0}, {"位", "people", 0}, {"口人", "people", 0}, {"码", "size", 0},
    {"号", "size", 0}, {"度", "deg", 0}, {"倍", "times", 0}, {"个", "pieces", 0}, {"件", "pieces", 0}, {"只", "pieces", 0},
    {"双", "pieces", 0}, {"条", "pieces", 0}, {"支", "pieces", 0}, {"台", "pieces", 0}, {"套", "pieces", 0}, {"张", "pieces", 0},
    {"片", "pieces", 0}, {"盒", "pieces", 0}, {"瓶", "pieces", 0}, {"包", "pieces", 0}, {"袋", "pieces", 0}, {"本", "pieces", 0},
    {"罐", "pieces", 0}, {"箱", "pieces", 0}, {"把", "pieces", 0}, {"款", "pieces", 0}, {"种", "pieces", 0}, {"粒", "pieces", 0},
    {"枚", "pieces", 0}, {"部", "pieces", 0}, {"辆", "pieces", 0}, {"样", "pieces", 0}, {"折", "zhe", 0}, {"对", "pieces", 0}, {"杯", "pieces", 0}};

const struct unit *unit_latin(const char *word, size_t n)
{
    size_t low = 0, high = sizeof LATIN / sizeof *LATIN;
    while (low < high) {
        size_t middle = (low + high) / 2, k = strlen(LATIN[middle].spelling);
        int order = memcmp(word, LATIN[middle].spelling, n < k ? n : k);
        if (order == 0 && n == k) return &LATIN[middle];
        if (order < 0 || (order == 0 && n < k)) high = middle;
        else low = middle + 1;
    }
    return NULL;
}

const struct unit *unit_han(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof HAN / sizeof *HAN; i++) {
        size_t k = strlen(HAN[i].spelling);
        if (k <= n && memcmp(s, HAN[i].spelling, k) == 0) return &HAN[i];
    }
    return NULL;
}

bool text_unit_measure(const char *unit, struct unit_measure *out)
{
    static const struct { const char *unit; struct unit_measure measure; } MEASURES[] = {
        {"mg", {"mass", "g", 1e-3}},      {"g", {"mass", "g", 1}},           {"kg", {"mass", "g", 1e3}},          {"jin", {"mass", "g", 500}},
        {"t", {"mass", "g", 1e6}},        {"oz", {"mass", "g", 28.349523}},  {"lb", {"mass", "g", 453.59237}},
        {"ml", {"volume", "ml", 1}},      {"cl", {"volume", "ml", 10}},      {"l", {"volume", "ml", 1e3}},
        {"gal", {"volume", "ml", 3785.41178}}, {"qt", {"volume", "ml", 946.352946}},
        {"mm", {"length", "mm", 1}},      {"cm", {"length", "mm", 10}},      {"m", {"length", "mm", 1e3}},        {"km", {"length", "mm", 1e6}},
        {"in", {"length", "mm", 25.4}},   {"ft", {"length", "mm", 304.8}},   {"yd", {"length", "mm", 914.4}},
        {"w", {"power", "w", 1}},         {"kw", {"power", "w", 1e3}},       {"hp", {"power", "w", 745.7}},
        {"mah", {"charge", "mah", 1}},    {"ah", {"charge", "mah", 1e3}},    {"wh", {"energy", "wh", 1}},
        {"v", {"voltage", "v", 1}},       {"amp", {"current", "amp", 1}},    {"lm", {"light", "lm", 1}},          {"db", {"sound", "db", 1}},
        {"min", {"time", "min", 1}},      {"h", {"time", "min", 60}},        {"day", {"time", "min", 1440}},      {"week", {"time", "min", 10080}},
        {"month", {"time", "min", 43800}}, {"hz", {"frequency", "hz", 1}},   {"mhz", {"frequency", "hz", 1e6}},   {"ghz", {"frequency", "hz", 1e9}},
        {"mb", {"data", "mb", 1}},        {"gb", {"data", "mb", 1024}},      {"tb", {"data", "mb", 1048576}},     {"mp", {"pixels", "mp", 1}}};
    for (size_t i = 0; i < sizeof MEASURES / sizeof *MEASURES; i++) {
        if (strcmp(MEASURES[i].unit, unit) != 0) continue;
        *out = MEASURES[i].measure;
        return true;
    }
    return false;
}
