/* Private to text: the splitter and the tokenizer's tables. */
#ifndef DAOGOU_TEXT_INT_H
#define DAOGOU_TEXT_INT_H

#include "text/text.h"

enum { TEXT_BYTES_MAX = 16 << 20 };   /* of one text to normalise or cut; ICU counts in int32 */

/* ---- splitter ---------------------------------------------------------------------------------------------------- */

/* What a pre-token is made of. The ranges are our own and fixed: a new Unicode version must not change the ids of a text. */
enum piece_class { PIECE_OTHER, PIECE_SPACE, PIECE_LETTER, PIECE_DIGIT, PIECE_HAN };
enum {
    PIECE_BYTES_MAX = 96,      /* 32 Han characters: bounds the merge loop, which is quadratic in it */
    TOKEN_BYTES_MAX = 18,      /* 6 Han characters, one long English word */
    TRAIN_HAN_MAX = 8          /* the trainer cuts Han runs to this many characters, or nearly every run would be distinct */
};
/* Length in bytes of the first pre-token of s[0..n), n > 0; pieces end at character boundaries. */
size_t piece_next(const char *s, size_t n, enum piece_class *class);

/* ---- tokenizer --------------------------------------------------------------------------------------------------- */

enum {
    TOKENIZER_SPECIALS = 16,
    TOKENIZER_FIRST_BYTE = TOKENIZER_SPECIALS,
    TOKENIZER_FIRST_MERGE = TOKENIZER_FIRST_BYTE + 256,
    TOKENIZER_SIZE_MAX = 1 << 18,
    SPECIAL_NAME_MAX = 48
};
#define SPLITTER_NAME "daogou-1"

struct merge {
    int32_t left, right;       /* makes id TOKENIZER_FIRST_MERGE + its index, which is also its rank */
};
struct pair_slot {
    uint64_t key;              /* left << 32 | right; 0 is free: a pair of special tokens never merges */
    int32_t id;
};
struct tokenizer {
    size_t size;               /* all ids */
    struct merge *merges;      /* (size - TOKENIZER_FIRST_MERGE) */
    uint32_t *offsets;         /* (size + 1) into bytes */
    char *bytes;
    struct pair_slot *pairs;   /* (pair_mask + 1) */
    uint64_t pair_mask;
    char special[TOKENIZER_SPECIALS][SPECIAL_NAME_MAX + 1];
};

/* Makes a tokenizer of checked merges: each side is an id below the one it makes and not special, no token is longer than
 * the limit of a loaded file, no pair occurs twice. Copies everything. names: TOKENIZER_SPECIALS of them, distinct. */
status tokenizer_build(const struct merge *merges, size_t n, const char *const *names, struct tokenizer **out);

/* ---- units ------------------------------------------------------------------------------------------------------- */

enum {
    UNIT_TERM = 1,             /* measures something: the lexical index knows it by its unified name; the others only count */
    UNIT_ALONE = 2             /* nothing else is spelled so: unified without a number before it too */
};
struct unit {
    const char *spelling, *name;
    int flags;
};
const struct unit *unit_latin(const char *word, size_t n);   /* the whole word, lower case; NULL: no unit */
const struct unit *unit_han(const char *s, size_t n);        /* the longest one s begins with */

/* ---- cutting into terms ------------------------------------------------------------------------------------------ */

enum { TERM_BYTES_MAX = 64 };

/* One call of text_terms. */
struct cut {
    struct segmenter *g;
    const char *s;             /* the normalised text */
    size_t n, at;              /* its length; what comes next */
    struct arena *arena;
    struct term_list *list;
    uint32_t position;
};
/* Appends a term; longer ones are cut to TERM_BYTES_MAX at a character. */
status term_emit(struct cut *c, const char *text, size_t n, enum term_kind kind, size_t begin, size_t end, uint32_t position);
/* The run of Han characters at c->at. */
status terms_han_run(struct cut *c);

/* ---- money and numerals ------------------------------------------------------------------------------------------ */

struct currency {
    const char *mark;          /* lower case: "$", "us$", "rs.", 元 */
    char code[4];
    bool before, after;        /* the amount it may stand at */
};
/* The longest mark that s begins with and that may stand before (after) an amount; NULL: none. Marks of letters end at a word's end. */
const struct currency *currency_before(const char *s, size_t n);
const struct currency *currency_after(const char *s, size_t n);

/* A Chinese numeral: 三百五 (350), 一万二 (12000), 一百零五, 十五, 三点五万; also 两, 壹 ... 玖. */
struct numeral {
    double value;
    size_t length;             /* bytes */
    double mantissa, scale;    /* of a plain "五百": 5 and 100; else value and 1 */
    bool single;               /* one character: 一 to 九, 两, 十; mostly no number at all */
};
bool zh_numeral(const char *s, size_t n, struct numeral *out);
/* "two", "twenty five", "a hundred"; single when below a hundred, which counts only before a unit or money. */
bool en_numeral(const char *s, size_t n, struct numeral *out);
/* 0 to 9 for a digit and 10, 100, 1000, 10000, 1e8 for a scale; -1: neither. */
int zh_digit(uint32_t code_point);
int zh_scale(uint32_t code_point);

#endif
