/* Words that say what the number after them measures. "容量" before "260 m³/h" and "made of" before "150-162 cm" are untrue though
 * both numbers stand in the record. */
#include "copywriting_int.h"

#include <string.h>

/* What is measured. A name of an attribute that holds none of these words may be any of them. */
enum quality {
    WEIGHT = 1, CONTENT = 2, LOAD = 4, POWER = 8, NOISE = 16, EXTENT = 32, SHELF_LIFE = 64, WARMTH = 128, AIR_FLOW = 256, RUN_TIME = 512, AGE = 1024, ROOM = 2048
};

struct frame {
    const char *words;        /* units parted by blanks, as they stand right before the number or its linking words, or in an attribute's name */
    uint32_t dimensions;      /* what may follow; COUNT: plain numbers too */
    unsigned qualities;       /* enum quality: attributes named for others do not support the number */
};

static const struct frame frames[] = {
    {"made of", D(PERCENT), 0},
    {"made from", D(PERCENT), 0},
    {"weigh", D(MASS), WEIGHT},
    {"weighs", D(MASS), WEIGHT},
    {"weighing", D(MASS), WEIGHT},
    {"weight", D(MASS) | D(DENSITY), WEIGHT},
    {"net weight", D(MASS) | D(VOLUME) | D(COUNT), WEIGHT | CONTENT},
    {"hold", CONTENTS, CONTENT | LOAD},
    {"holds", CONTENTS, CONTENT | LOAD},
    {"capacity", CONTENTS, CONTENT | LOAD},
    {"max load", D(MASS), LOAD},
    {"carries", D(MASS) | D(COUNT), LOAD},
    {"power", D(POWER), POWER},
    {"draws", D(POWER), POWER},
    {"noise", D(SOUND), NOISE},
    {"length", D(LENGTH), EXTENT},
    {"height", D(LENGTH), EXTENT},
    {"thickness", D(LENGTH) | D(DENSITY), EXTENT},
    {"shelf life", D(TIME), SHELF_LIFE},
    {"keeps for", D(TIME), SHELF_LIFE},
    {"keeps warm", D(TIME) | D(DEGREE), WARMTH},
    {"warm for", D(TIME), WARMTH},
    {"cadr", D(FLOW), AIR_FLOW},
    {"battery life", D(TIME) | D(LENGTH), RUN_TIME},
    {"run time", D(TIME), RUN_TIME},
    {"runs for", D(TIME) | D(LENGTH), RUN_TIME},
    {"age", D(TIME) | D(COUNT), AGE},
    {"ages", D(TIME) | D(COUNT), AGE},
    {"room size", D(AREA), ROOM},
    {"rooms of", D(AREA), ROOM},
    {"重", D(MASS), WEIGHT},
    {"重 量", D(MASS) | D(DENSITY), WEIGHT},
    {"净 重", D(MASS), WEIGHT | CONTENT},
    {"容 量", CONTENTS, CONTENT | LOAD},
    {"能 装", D(VOLUME) | D(MASS) | D(COUNT), CONTENT | LOAD},
    {"可 装", D(VOLUME) | D(MASS) | D(COUNT), CONTENT | LOAD},
    {"净 含 量", D(VOLUME) | D(MASS) | D(COUNT), WEIGHT | CONTENT},
    {"功 率", D(POWER), POWER},
    {"噪 音", D(SOUND), NOISE},
    {"长 度", D(LENGTH), EXTENT},
    {"高 度", D(LENGTH), EXTENT},
    {"厚 度", D(LENGTH) | D(DENSITY), EXTENT},
    {"保 质 期", D(TIME), SHELF_LIFE},
    {"保 温", D(TIME) | D(DEGREE), WARMTH},
    {"承 重", D(MASS), LOAD},
    {"净 化 量", D(FLOW), AIR_FLOW},
    {"续 航", D(TIME) | D(LENGTH), RUN_TIME},
    {"年 龄", D(TIME) | D(COUNT), AGE},
    {"适 用 面 积", D(AREA), ROOM},
};
enum { FRAMES = sizeof frames / sizeof frames[0], LINKS_MAX = 3 };

/* "weight is about 2 kg", "容量达到3 L" */
static bool links(const struct units *u, size_t at)
{
    static const char *const words[] = {"is", "are", "of", "at", "about", "around", "up", "to", "only", "just", "为", "是", "有", "约", "达", "到", "仅", "在", ":", "：", "只"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (unit_is(u, at, words[i])) return true;
    return false;
}

/* Do the units that end before `end` read as the frame's words? */
static bool stands_before(const struct units *u, size_t end, const char *words)
{
    const char *p = words + strlen(words);
    while (p > words) {
        const char *from = p;
        char word[16];
        while (from > words && from[-1] != ' ') from--;
        if (end == 0) return false;
        snprintf(word, sizeof word, "%.*s", (int)(p - from), from);
        if (!unit_is(u, --end, word)) return false;
        p = from > words ? from - 1 : words;
    }
    return true;
}

/* The frame whose words end before unit `end`, the longest; NULL: none. */
static const struct frame *frame_before(const struct units *u, size_t end)
{
    const struct frame *best = NULL;
    for (size_t i = 0; i < FRAMES; i++)
        if ((!best || strlen(frames[i].words) > strlen(best->words)) && stands_before(u, end, frames[i].words)) best = &frames[i];
    return best;
}

/* The frame of a number, before its linking words. */
static const struct frame *frame_of(const struct units *u, const struct measure *m)
{
    size_t at = m->first;
    for (size_t n = 0; n < LINKS_MAX && at > 0; n++, at--) {
        const struct frame *f = frame_before(u, at);
        if (f || !links(u, at - 1)) return f;
    }
    return NULL;
}

/* Words after which nothing but a number is said. "carries" is none of them: "carries two bottles", but "carries on". */
static const char *const measuring[] = {"runs for", "run for", "lasts for", "weighs", "weighing", "keeps for", "keeps warm for", "drinks warm for", "carries up to", "battery life of", "run time of"};

/* "half a kilo" is a number, and "weighs nothing" an opinion. */
static bool is_measure(const struct units *u, size_t at)
{
    struct measure m;
    static const char *const words[] = {"a", "an", "half", "one", "nothing", "next", "little", "less", "hardly", "almost"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (unit_is(u, at, words[i])) return true;
    return at < u->n && (u->items[at].kind == UNIT_NUMBER || measure_read(u, u->items[u->n - 1].end, at, &m));
}

bool frame_unmeasured(const struct units *u, size_t at, size_t *from, size_t *to)
{
    for (size_t i = 0; i < sizeof measuring / sizeof measuring[0]; i++) {
        if (!stands_before(u, at, measuring[i])) continue;
        size_t begin = at;
        for (const char *w = measuring[i]; w; w = strchr(w + 1, ' ')) begin--;
        while (at < u->n && (links(u, at) || unit_is(u, at, "over") || unit_is(u, at, "roughly") || unit_is(u, at, "under") || unit_is(u, at, "nearly"))) at++;
        bool said = at < u->n && u->items[at].kind != UNIT_MARK && !is_measure(u, at);
        *from = begin;
        *to = at + 1;
        return said;
    }
    return false;
}

bool frame_admits(const struct units *u, const struct measure *m)
{
    const struct frame *f = frame_of(u, m);
    enum dimension dimension = m->dimension == DIM_NONE ? DIM_COUNT : m->dimension;   /* "weighs 4" says nothing */
    return !f || (f->dimensions >> dimension & 1);
}

/* What an attribute's name says that its value measures: the longest frame within it. 0: anything. */
static unsigned qualities_of_name(const struct support_field *f)
{
    const struct frame *best = NULL;
    for (size_t end = 1; end <= f->n_name; end++) {
        const struct frame *found = frame_before(&f->units, end);
        if (found && (!best || strlen(found->words) > strlen(best->words))) best = found;
    }
    return best ? best->qualities : 0;
}

static bool same_name(const struct support_field *a, const struct support_field *b)
{
    if (a->n_name != b->n_name) return false;
    for (size_t i = 0; i < a->n_name; i++)
        if (a->units.items[i].symbol != b->units.items[i].symbol) return false;
    return true;
}

static bool name_ends_at(const struct units *u, size_t end, const struct support_field *f)
{
    if (!f->named || !f->n_name || end < f->n_name) return false;
    for (size_t i = 0; i < f->n_name; i++)
        if (u->items[end - f->n_name + i].symbol != f->units.items[i].symbol) return false;
    return true;
}

/* The attribute of the record that the words before the number name; NULL: none. */
static const struct support_field *named_before(const struct support *s, const struct units *u, const struct measure *m)
{
    size_t at = m->first;
    for (size_t n = 0; n <= LINKS_MAX && at > 0; n++, at--) {
        const struct support_field *best = NULL;
        for (size_t i = 0; i < s->n_fields; i++)
            if (name_ends_at(u, at, &s->fields[i]) && (!best || s->fields[i].n_name > best->n_name)) best = &s->fields[i];
        if (best || !links(u, at - 1)) return best;
    }
    return NULL;
}

/* The number with the word before it as a title or description has them ("14天续航 5ATM"). */
static uint32_t stands_in_text(const struct support *s, const struct units *u, const struct measure *m)
{
    for (uint32_t i = 0; i < s->n_fields && m->first > 0; i++) {
        const struct units *t = &s->fields[i].units;
        size_t from = m->first - 1, n = m->last - from, same = 0;
        for (size_t at = 0; !s->fields[i].named && at + n <= t->n; at++) {
            for (same = 0; same < n && t->items[at + same].symbol == u->items[from + same].symbol; same++) continue;
            if (same == n) return i;
        }
    }
    return NO_FIELD;
}

static size_t range_mark(const char *p, const char *end)
{
    static const char *const marks[] = {"-", "~", "–", "—", "到", "至", "to "};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        size_t n = strlen(marks[i]);
        if ((size_t)(end - p) >= n && memcmp(p, marks[i], n) == 0) return n;
    }
    return 0;
}

static bool is_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

/* Is the number one end of a range ("0-2 years", "3到6个月")? */
static bool in_range(const struct units *u, const struct measure *m)
{
    const char *text = u->text, *end = text + u->items[u->n - 1].end, *p = text + m->end;
    while (p < end && *p == ' ') p++;
    size_t n = range_mark(p, end);
    for (p += n; n && p < end && *p == ' ';) p++;
    if (n && is_digit(p, end)) return true;
    const char *from = text + m->begin, *before = m->first > 0 ? text + u->items[m->first - 1].begin : from;
    bool unit_between = m->first > 1 && u->items[m->first - 1].kind == UNIT_HAN && range_mark(before, from);   /* 到, 至 */
    if (unit_between) before = text + u->items[m->first - 2].begin;
    if (!is_digit(before, from)) return m->first > 1 && unit_is(u, m->first - 1, "to") && u->items[m->first - 2].kind == UNIT_NUMBER;
    for (p = before; p < from; p++)
        if (range_mark(p, from)) return true;
    return false;
}

uint32_t frame_support(const struct support *s, const struct units *u, const struct measure *m)
{
    if (!frame_admits(u, m)) return stands_in_text(s, u, m);
    const struct frame *frame = frame_of(u, m);
    const struct support_field *named = named_before(s, u, m);
    bool ranged = in_range(u, m);   /* "0-2 years" is not "2 years" */
    for (size_t i = 0; i < s->n_measures; i++) {
        const struct support_field *f = &s->fields[s->measures[i].field];
        if (!measure_supports(&s->measures[i].m, m) || (in_range(&f->units, &s->measures[i].m) && !ranged)) continue;
        if (!f->named) return s->measures[i].field;
        if (named && !same_name(named, f)) continue;
        unsigned has = frame && !named ? qualities_of_name(f) : 0;
        if (!has || (has & frame->qualities)) return s->measures[i].field;
    }
    return stands_in_text(s, u, m);
}
