/* Private to moderation: patterns and the lists that come with the program. */
#ifndef DAOGOU_MODERATION_INT_H
#define DAOGOU_MODERATION_INT_H

#include "moderation/moderation.h"

enum {
    PATTERN_MAX = 64,          /* characters of one pattern */
    PATTERN_NOISE_MAX = 3,     /* separators that may stand between two characters of a pattern */
    MODERATION_PATTERNS_MAX = 1 << 20
};

/* A pattern, normalised. '#' stands for one digit, a blank for any separator or none between Latin words. */
struct pattern {
    const uint32_t *characters;
    uint16_t n;
    uint16_t rule;             /* index into the moderator's rule names */
    enum moderation_verdict verdict;
};

/* A normalised text as characters, with where each begins in the original; one entry more for the end. */
struct moderated {
    uint32_t *characters, *origins;
    size_t n;
};

/* The end (exclusive) of the pattern's match that begins at `at`, or 0. Between characters other than Latin letters, up to
 * PATTERN_NOISE_MAX blanks and marks are skipped ("加 微-信"); a pattern that begins or ends in a Latin letter or a digit ends a
 * word there, a plural aside. */
size_t pattern_match(const struct pattern *p, const struct moderated *t, size_t at);

/* The built-in lists: many patterns of one rule and verdict, parted by '|'. */
struct moderation_list {
    const char *rule;
    enum moderation_verdict verdict;
    const char *patterns;
};
extern const struct moderation_list moderation_lists[];
extern const size_t n_moderation_lists;

#endif
