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

/* The next pre-token of another program's pre-tokenizer; n > 0, and so is the result. There is no limit to it. */
size_t pattern_next(enum splitter splitter, const char *s, size_t n);

/* ---- tokenizer --------------------------------------------------------------------------------------------------- */

enum {
    TOKENIZER_SPECIALS = 16,
    TOKENIZER_FIRST_BYTE = TOKENIZER_SPECIALS,
    TOKENIZER_FIRST_MERGE = TOKENIZER_FIRST_BYTE + 256,
    TOKENIZER_SIZE_MAX = 1 << 18,
    SPECIAL_NAME_MAX = 48,
    PIECE_STACK_MAX = 1024,    /* bytes of a pre-token that are merged without an allocation, quadratic in it */
    ADDED_TOKENS_MAX = 1 << 14,
    MERGES_FOREIGN_MAX = 1 << 20,   /* Llama 3 has 280,147 of them for 128,000 tokens: several ways to one token */
    TOKEN_FOREIGN_MAX = 1024   /* bytes of another program's token */
};
#define SPLITTER_NAME "daogou-1"

struct merge {
    int32_t left, right;       /* its index is its rank */
};
struct pair_slot {
    uint64_t key;              /* (left << 32 | right) + 1; 0 is free */
    int32_t rank;
};
struct added_token {
    char *text;
    size_t n;
    int32_t id;
    bool special;              /* false: its text is its bytes */
};
struct tokenizer {
    size_t size;               /* all ids */
    struct merge *merges;      /* (n_merges) */
    int32_t *made;             /* (n_merges) the id that each makes; ours: TOKENIZER_FIRST_MERGE + rank */
    size_t n_merges;
    uint32_t *offsets;         /* (size + 1) into bytes; special tokens and ids that nobody uses have none */
    char *bytes;
    struct pair_slot *pairs;   /* (pair_mask + 1) */
    uint64_t pair_mask;
    int32_t byte_ids[256];
    int32_t begin, end;        /* ids around a text; -1: none */
    enum splitter splitter;
    char special[TOKENIZER_SPECIALS][SPECIAL_NAME_MAX + 1];   /* SPLITTER_OWN only, as added is of the others only */
    struct added_token *added; /* (n_added) longest first */
    size_t n_added;
    uint16_t *added_of;        /* (size) its place in added, from 1; 0: a plain token. NULL: there are no added ones */
    bool added_first[256];     /* bytes that an added token begins with */
    bool nfc;                  /* text is brought to NFC first (Qwen) */
    bool ignore_merges;        /* a pre-token that is in the vocabulary is that token (Llama 3) */
    struct strmap whole;       /* bytes -> id, with ignore_merges */
};

/* Makes a tokenizer of checked merges: each side is an id below the one it makes and not special, no token is longer than
 * the limit of a loaded file, no pair occurs twice. Copies everything. names: TOKENIZER_SPECIALS of them, distinct. */
status tokenizer_build(const struct merge *merges, size_t n, const char *const *names, struct tokenizer **out);
/* Fills t->pairs from t->merges. */
status tokenizer_index_pairs(struct tokenizer *t);
int32_t tokenizer_pair_rank(const struct tokenizer *t, int32_t left, int32_t right);   /* INT32_MAX: no such merge */
size_t tokenizer_token_length(const struct tokenizer *t, int32_t id);
/* Merges a long pre-token with a heap. ids: (n), in: of its bytes; returns how many remain, 0 when memory is short. */
size_t tokenizer_merge_long(const struct tokenizer *t, int32_t *ids, size_t n);

/* Bytes are written in the alphabet of GPT-2: printable Latin-1 stands for itself, the other 68 bytes for U+0100 and on. */
enum { ALPHABET = 256 + 68 };
void byte_alphabet(uint32_t letter_of[256], int byte_of[ALPHABET]);
/* Spelling -> bytes; at most max. False: a letter outside the alphabet, nothing at all, or too long. */
bool byte_unspell(const int *byte_of, const char *s, size_t n, char *bytes, size_t max, size_t *length);
/* NFC. True: *out (mem_free) of *n bytes; false: s is in NFC as it stands, or memory is short. */
bool text_compose(const char *s, size_t n, char **out, size_t *out_n);
/* The two ways of tokenizer_load; root is the parsed tokenizer.json. */
status tokenizer_read_foreign(const char *path, void *root, struct tokenizer **out);
status tokenizer_save_foreign(const struct tokenizer *t, const char *path);

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
