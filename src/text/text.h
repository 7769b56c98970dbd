/* text: normalising, cutting into terms, byte-level BPE, numbers and prices, languages. Knows no products.
 *
 * All strings are UTF-8 with a length; invalid bytes are never an error here: they normalise to U+FFFD, and the tokenizer
 * keeps any bytes exactly.
 */
#ifndef DAOGOU_TEXT_H
#define DAOGOU_TEXT_H

#include "base/base.h"

/* ---- normalising ------------------------------------------------------------------------------------------------- */

enum language { LANGUAGE_ZH, LANGUAGE_EN }; /* by share of Han characters; mixed text with any needs in Han is ZH */
enum language text_language(const char *s, size_t n);
const char *language_code(enum language l); /* "zh", "en" */

/* A normaliser holds ICU's and OpenCC's tables; make one, share it between threads (its use is read-only). */
struct normalizer;
status normalizer_new(struct normalizer **out);
void normalizer_free(struct normalizer *z);
/* NFKC case-fold, traditional to simplified, runs of white space to one space, trimmed. Appends to out. Before that, marks are
 * spelled as a keyboard has them: curly quotes and primes ' and ", short dashes -, TM and SM a space, 5½ "5 1/2". */
status normalize(const struct normalizer *z, const char *s, size_t n, struct strbuf *out);
/* The same, and the way back: (*origins)[i] is the offset in s of the character that byte i of what was appended came from, and one
 * entry more: where the last one ends. A normalised span [b, e) is [origins[b], origins[e]) of s. Free with mem_free. */
status normalize_mapped(const struct normalizer *z, const char *s, size_t n, struct strbuf *out, uint32_t **origins);

/* ---- terms for the lexical index --------------------------------------------------------------------------------- */

/* What a word is matched by. Latin words: the Porter stem (Porter 1980); numbers with units are split ("2.6kg" -> 2.6, kg)
 * and unit spellings unified ("in.", "inch", `"` -> in; 千克 -> kg); compounds "t-shirt" also as "tshirt". Chinese runs: words
 * of the dictionary segmenter (ICU's zh dictionary) and all character bigrams, single characters only where a run is one long;
 * so 工具 finds 测试工具箱. A bigram that is a word is given once, as the word. More compounds, which stand beside their parts and
 * deserve less weight than these: "12in", "4x6" (also for "4 in. x 6 in."), "1-1/2", "gt430" (gt, 430). No longer than 80 bytes.
 * Offsets are bytes in the normalised input. */
enum term_kind { TERM_WORD, TERM_NUMBER, TERM_HAN_WORD, TERM_HAN_BIGRAM };
struct term {
    const char *text;      /* in the arena given */
    uint16_t length;
    enum term_kind kind;
    uint32_t begin, end;   /* bytes of normalised text it stands for */
    uint32_t position;     /* running word number; a bigram or compound shares its first character's position */
};
struct term_list {
    struct term *items;
    size_t n, cap;
};
struct segmenter;          /* not thread safe: one a thread */
status segmenter_new(struct segmenter **out);
void segmenter_free(struct segmenter *g);
/* normalised must come from normalize(). Terms are appended; strings live in the arena. list->items is freed with mem_free. */
status text_terms(struct segmenter *g, const char *normalised, size_t n, struct arena *a, struct term_list *list);
size_t porter_stem(char *word, size_t n); /* in place, lower-case ASCII; returns the new length */
/* Small own list, zh and en: function words of needs ("a", "for", "的", "想要"), as written or as stemmed. "in" is one of them: as a
 * unit it is still in "12in". */
bool text_is_stopword(const char *term, size_t n);

/* ---- numbers and prices in needs --------------------------------------------------------------------------------- */

/* Money is int64 minor units of a two-decimal currency. Finds each number expression of a normalised text, in order:
 * "500", "1,299.00", "1.5k", "三百五", "两千", "一万二", "半斤" (0.5 jin), "$50", "￥300", "300块", "50 dollars", "two people". The ends of a
 * range share what only one of them says: "3-5k" is 3000 and 5000, "300到500元" twice money. Digits in names give none ("gt430", "3d",
 * "2-in-1", "5g phone", "4k tv", "第3款", "12:30"). A calendar year is a "year" too. Returns how many, at most max. */
struct number {
    double value;
    uint32_t begin, end;   /* bytes, including currency mark and unit */
    enum { NUMBER_PLAIN, NUMBER_MONEY, NUMBER_UNIT } kind;
    char currency[4];      /* "USD", "CNY", "INR", "EUR", "GBP", also "HKD", "TWD", "AUD", "CAD", "JPY"; or "" */
    char unit[16];         /* unified: "kg", "g", "jin", "ml", "l", "cm", "mm", "m", "in", "ft", "w", "mah", "gb", "h", "people", "pieces",
                              "size", "year", "%", "x" (4x6 without a unit) ... or "" */
};
size_t text_numbers(const char *normalised, size_t n, struct number *out, size_t max);
/* What a unit of struct number measures: "kg" -> mass, 1000 of base "g". False for units that only count (people, sizes, years, pieces). */
struct unit_measure { const char *dimension, *base; double factor; };
bool text_unit_measure(const char *unit, struct unit_measure *out);
/* "1,299.00", "₹32,999", "$5", "19.99 USD", "1.299,00"; "3,5" is refused when it is ambiguous (it is not beside €), and so is "1.299".
 * False: not a price (negative ones, ranges, "5/lb", ten trillion and more), and nothing is written. */
bool text_parse_price(const char *s, size_t n, int64_t *minor, char currency[4]);
/* "1299.00" style, no thousands marks. */
void text_format_price(int64_t minor, struct strbuf *out);

/* ---- byte-level BPE tokenizer ------------------------------------------------------------------------------------ */

/* Byte-pair encoding (Sennrich et al. 2016) over bytes (Radford et al. 2019), pre-tokenised by a fixed splitter: Latin
 * letters with an optional leading space, runs of Han characters, single digits, punctuation runs, white space. Ids 0..15
 * are the special tokens given at training; 16..271 the bytes; then merges in order. Encoding then decoding any bytes gives the
 * same bytes. Special names in plain text are NOT turned into special ids. Saved as Hugging Face tokenizer.json
 * (model.type "BPE", ByteLevel alphabet) with our splitter named under "daogou"; another program must cut at the same places (src/text/
 * splitter.c) to get the same ids. Letters are taken as they come: normalise before training and encoding, or "Red" and "red",
 * 紅 and 红 are different tokens. No token is longer than 18 bytes (6 Han characters) or holds half of a character beside other text. */
struct tokenizer;
status tokenizer_load(const char *path, struct tokenizer **out);        /* strict: sizes, ids, merges are checked; ours or another's */
status tokenizer_save(const struct tokenizer *t, const char *path);     /* of either kind, see below */
void tokenizer_free(struct tokenizer *t);
size_t tokenizer_size(const struct tokenizer *t);                       /* vocabulary entries */
/* Appends at most max ids to out[0..max) and returns how many the text needs (may be more than max: then it was cut).
 * Thread safe. */
size_t tokenizer_encode(const struct tokenizer *t, const char *s, size_t n, int32_t *out, size_t max);
/* Bytes of one id; special tokens and ids out of range give "" . */
const char *tokenizer_bytes(const struct tokenizer *t, int32_t id, size_t *n);
/* The id of a special token by its name, -1 when there is none. Unused ids of 0..15 are named "<unused7>" and so on. */
int32_t tokenizer_special(const struct tokenizer *t, const char *name);
/* pair is two texts, one before the first `separator`, one behind it. out[i]: 0 ids without text (special tokens), 1 the token's text,
 * without leading space, is not in the other text, 2 it is. One or two bytes must be a token there by themselves; longer ones
 * may stand inside of a word ("door" in "doorbell"). Of each text the first 8,192 bytes are read. */
void tokenizer_overlap(const struct tokenizer *t, const int32_t *pair, size_t n, int32_t separator, int32_t *out);
status tokenizer_decode(const struct tokenizer *t, const int32_t *ids, size_t n, struct strbuf *out);

/* Tokenizers of other programs: byte-level BPE with GPT-2's pre-tokenizer, Llama 3's or Qwen's (splitter_pattern.c has their expressions),
 * any order of ids, added tokens. tokenizer_load knows them by what their tokenizer.json says and refuses, with the reason, what it
 * cannot reproduce exactly: other pre-tokenizers and normalisers, byte fallback (SentencePiece), tokens that take in spaces. Pre-tokens
 * have no limit here. With NFC (Qwen) the bytes that come back are those of the composed text. */
enum splitter { SPLITTER_OWN, SPLITTER_GPT2, SPLITTER_LLAMA3, SPLITTER_QWEN2, SPLITTERS };
enum token_kind {
    TOKEN_KIND_NONE,       /* nobody uses this id */
    TOKEN_KIND_PLAIN,      /* spelled in the byte alphabet */
    TOKEN_KIND_ADDED,      /* its text as it stands; only tokenizer_encode_marked finds it */
    TOKEN_KIND_SPECIAL     /* the same, and it is no text */
};
struct token_text { const char *s; size_t n; enum token_kind kind; };
struct merge_text { const char *left; size_t n_left; const char *right; size_t n_right; };
struct tokenizer_tables {
    const struct token_text *tokens;   /* (n_tokens) by id */
    size_t n_tokens;
    const struct merge_text *merges;   /* (n_merges) by rank */
    size_t n_merges;
    enum splitter splitter;            /* not SPLITTER_OWN */
    bool nfc, ignore_merges;           /* ignore_merges: a pre-token that is in the vocabulary is that token (Llama 3) */
    int32_t begin, end;                /* as tokenizer_begin and tokenizer_end; -1: none */
};
status tokenizer_from_tables(const struct tokenizer_tables *tables, struct tokenizer **out);   /* copies everything */
status tokenizer_load_vocab(const char *vocab_json, const char *merges_txt, struct tokenizer **out); /* GPT-2's older pair of files */
/* As tokenizer_encode, but names of added tokens in the text become their ids (longest first). For text of one's own, not of strangers. */
size_t tokenizer_encode_marked(const struct tokenizer *t, const char *s, size_t n, int32_t *out, size_t max);
bool tokenizer_is_own(const struct tokenizer *t);        /* made by the trainer below */
const int32_t *tokenizer_byte_ids(const struct tokenizer *t);   /* (256) the id of each byte by itself */
/* What stands before each text and what ends it: ids or -1. Kept under "daogou" in tokenizer.json. */
int32_t tokenizer_begin(const struct tokenizer *t);
int32_t tokenizer_end(const struct tokenizer *t);
void tokenizer_set_marks(struct tokenizer *t, int32_t begin, int32_t end);
/* For writing other formats. Appends how a token is spelled, "left right" of a merge. */
enum splitter tokenizer_splitter(const struct tokenizer *t);
enum token_kind tokenizer_spelling(const struct tokenizer *t, int32_t id, struct strbuf *out);
size_t tokenizer_merges(const struct tokenizer *t);
void tokenizer_merge_spelling(const struct tokenizer *t, size_t rank, struct strbuf *out);

/* Training: feed texts, then run. Word counts are kept in memory (distinct pre-tokens only; about 0.5 GB for 60 MB of Chinese). Names look
 * like "<mask>": printable ASCII, at most 16. The result has vocab_size entries, fewer when no pair occurs twice any more, and does
 * not depend on the order of feeding. */
struct tokenizer_trainer;
status tokenizer_trainer_new(struct tokenizer_trainer **out);
void tokenizer_trainer_free(struct tokenizer_trainer *t);
status tokenizer_trainer_feed(struct tokenizer_trainer *t, const char *s, size_t n);
status tokenizer_trainer_run(struct tokenizer_trainer *t, size_t vocab_size, const char *const *special_names, size_t n_special,
                             const struct progress *progress, struct tokenizer **out);

#endif
