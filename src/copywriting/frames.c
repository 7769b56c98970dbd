/* Words that say what the number after them measures. "容量" before "260 m³/h" and "made of" before "150-162 cm" are untrue though
 * both numbers stand in the record. */
#include "copywriting_int.h"

#include <string.h>

#define D(name) (1u << DIM_##name)

struct frame {
    const char *words;        /* units parted by blanks, as they stand right before the number or its linking words */
    uint32_t dimensions;      /* what may follow; COUNT: plain numbers too */
};

static const struct frame frames[] = {
    {"made of", D(PERCENT)},
    {"made from", D(PERCENT)},
    {"weigh", D(MASS)},
    {"weighs", D(MASS)},
    {"weighing", D(MASS)},
    {"weight", D(MASS) | D(DENSITY)},
    {"net weight", D(MASS) | D(VOLUME) | D(COUNT)},
    {"hold", D(VOLUME) | D(MASS) | D(COUNT) | D(CHARGE) | D(ENERGY) | D(DATA)},
    {"holds", D(VOLUME) | D(MASS) | D(COUNT) | D(CHARGE) | D(ENERGY) | D(DATA)},
    {"capacity", D(VOLUME) | D(MASS) | D(COUNT) | D(CHARGE) | D(ENERGY) | D(DATA)},
    {"power", D(POWER)},
    {"draws", D(POWER)},
    {"noise", D(SOUND)},
    {"length", D(LENGTH)},
    {"height", D(LENGTH)},
    {"thickness", D(LENGTH) | D(DENSITY)},
    {"keeps for", D(TIME)},
    {"warm for", D(TIME)},
    {"重", D(MASS)},
    {"重 量", D(MASS) | D(DENSITY)},
    {"净 重", D(MASS)},
    {"容 量", D(VOLUME) | D(MASS) | D(COUNT) | D(CHARGE) | D(ENERGY) | D(DATA)},
    {"能 装", D(VOLUME) | D(MASS) | D(COUNT)},
    {"可 装", D(VOLUME) | D(MASS) | D(COUNT)},
    {"净 含 量", D(VOLUME) | D(MASS) | D(COUNT)},
    {"功 率", D(POWER)},
    {"噪 音", D(SOUND)},
    {"长 度", D(LENGTH)},
    {"高 度", D(LENGTH)},
    {"厚 度", D(LENGTH) | D(DENSITY)},
    {"保 质 期", D(TIME)},
    {"保 温", D(TIME) | D(DEGREE)},
    {"承 重", D(MASS)},
    {"净 化 量", D(FLOW)},
};

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

bool frame_admits(const struct units *u, const struct measure *m)
{
    enum { LINKS_MAX = 3 };
    size_t at = m->first;
    enum dimension dimension = m->dimension == DIM_NONE ? DIM_COUNT : m->dimension;   /* "weighs 4" says nothing */
    for (size_t n = 0; n < LINKS_MAX && at > 0; n++, at--) {
        size_t longest = 0;
        uint32_t admitted = 0;
        for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
            size_t length = strlen(frames[i].words);
            if (length > longest && stands_before(u, at, frames[i].words)) longest = length, admitted = frames[i].dimensions;
        }
        if (longest) return admitted >> dimension & 1;
        if (!links(u, at - 1)) return true;
    }
    return true;
}
