/* English numerals in words: "two", "twenty five", "a hundred", "one thousand two hundred". */
#include "text_int.h"

#include <string.h>

static const struct {
    const char *word;
    int value;                 /* 100 and 1000 multiply */
} WORDS[] = {{"a", 0}, {"an", 0}, {"one", 1}, {"two", 2}, {"three", 3}, {"four", 4}, {"five", 5}, {"six", 6}, {"seven", 7}, {"eight", 8},
             {"nine", 9}, {"ten", 10}, {"eleven", 11}, {"twelve", 12}, {"thirteen", 13}, {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16},
             {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20}, {"thirty", 30}, {"forty", 40}, {"fifty", 50},
             {"sixty", 60}, {"seventy", 70}, {"eighty", 80}, {"ninety", 90}, {"hundred", 100}, {"thousand", 1000}, {"grand", 1000}};

static size_t word_end(const char *s, size_t n, size_t i)
{
    while (i < n && s[i] >= 'a' && s[i] <= 'z') i++;
    return i;
}

static int value_of(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strlen(WORDS[i].word) == n && memcmp(s, WORDS[i].word, n) == 0) return WORDS[i].value;
    return -1;
}

/* total is closed by thousand; below collects up to 999. */
struct reading {
    int total, below, words, last;
};

static bool take(struct reading *r, int value)
{
    if (value == 1000) {
        if (r->total || (!r->below && r->last != 0)) return false;
        r->total = (r->below ? r->below : 1) * 1000;
        r->below = 0;
    } else if (value == 100) {
        if (r->below > 20 || (!r->below && r->last != 0)) return false;
        r->below = (r->below ? r->below : 1) * 100;
    } else {
        bool fits = r->words == 0 || r->last >= 100 || (value > 0 && value < 10 && r->last >= 20 && r->last < 100);
        if (!fits || (value == 0 && r->words)) return false;
        r->below += value;
    }
    r->last = value;
    r->words++;
    return true;
}

bool en_numeral(const char *s, size_t n, struct numeral *out)
{
    struct reading r = {.last = -1};
    size_t end = 0, i = 0;
    for (;;) {
        size_t stop = word_end(s, n, i);
        int value = value_of(s + i, stop - i);
        bool joined = value < 0 && r.words && r.last >= 100 && stop - i == 3 && memcmp(s + i, "and", 3) == 0;
        if (!joined && (value < 0 || !take(&r, value))) break;
        if (!joined) end = stop;
        if (stop >= n || (s[stop] != ' ' && s[stop] != '-')) break;
        i = stop + 1;
    }
    if (!r.words || r.last == 0) return false;   /* "a" and no more */
    double value = r.total + r.below;
    *out = (struct numeral){.value = value, .length = end, .mantissa = value, .scale = 1, .single = value < 100};
    return true;
}
