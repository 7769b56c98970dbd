/* copywriting: a text about a record, every claim of it checked against the record.
 *
 *   need + record -> prompt -> draft (decode) -> facts checked -> unsupported claims banned, drafted again -> moderation
 *
 * A claim is a span of the draft that says something checkable: an attribute value, a number with its unit, a material, a colour,
 * a brand, a place of origin, a superlative, a promise (warranty, delivery, certificate). It is supported when a field of the
 * record (title, brand, category, an attribute, description; price and stock only when asked for) says the same. Words of claim
 * kinds are known from our own lists (claims_*.c) and from the values of the catalogue at hand.
 */
#ifndef DAOGOU_COPYWRITING_H
#define DAOGOU_COPYWRITING_H

#include "catalogue/catalogue.h"
#include "decode/decode.h"
#include "moderation/moderation.h"

/* ---- claims and facts -------------------------------------------------------------------------------------------- */

enum claim_kind { CLAIM_NUMBER, CLAIM_MATERIAL, CLAIM_COLOUR, CLAIM_BRAND, CLAIM_ORIGIN, CLAIM_PATTERN, CLAIM_STYLE, CLAIM_FEATURE,
                  CLAIM_PART, CLAIM_SEASON, CLAIM_AUDIENCE, CLAIM_SUPERLATIVE, CLAIM_PROMISE, CLAIM_VALUE };
const char *claim_kind_name(enum claim_kind k);
struct fact {
    char *claim;             /* the words of the text, as they stand */
    char *field;             /* the record's field that supports it: "title", "brand", "attributes.材质", ...; NULL: unsupported */
    enum claim_kind kind;
    uint32_t begin, end;     /* bytes of the text */
};
struct facts { struct fact *items; size_t n, cap; };
void facts_release(struct facts *f);

struct claim_lexicon;        /* our own lists plus a catalogue's values; read-only in use */
status claim_lexicon_new(const struct normalizer *z, struct claim_lexicon **out);
void claim_lexicon_free(struct claim_lexicon *l);
/* Adds the catalogue's brands and short attribute values, so that a value of another product is recognised as a claim. */
status claim_lexicon_add_catalogue(struct claim_lexicon *l, struct catalogue *c);
status claim_lexicon_add(struct claim_lexicon *l, enum claim_kind kind, const char *value, size_t n);

/* What is known about the product: name/value pairs. Built from a product or from an attribute list ("类型#裤*版型#宽松" or
 * "类型: 裤; 版型: 宽松"). */
struct record {
    struct arena arena;
    struct record_field { const char *name, *value; } *fields;
    size_t n, cap;
    const char *text;        /* the one line that the model reads (product_record_text) */
};
status record_from_product(const struct product *p, enum language l, struct record *out);
status record_from_attributes(const char *content, size_t n, struct record *out); /* ERR_FORMAT: what is wrong and where */
/* One more field (price, when it is spoken of; another product's, where a text is about both). Copies. */
status record_add(struct record *r, const char *name, const char *value);
void record_release(struct record *r);

/* Every claim of the text, supported or not, in order. */
status facts_check(const struct claim_lexicon *l, const struct record *r, const char *text, size_t n, struct facts *out);
size_t facts_unsupported(const struct facts *f);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

enum { WRITE_TRIES_MAX = 3 }; /* what is known to be unsupported is banned before the first */
struct write_options {
    struct decode_options decode;
    const char *style;       /* NULL, or "plain": no model, the sentence from the record */
    size_t n_texts;
    size_t consensus;        /* 0: off; else so many drafts are written and checked, and those that the others agree with most are kept */
};
void write_options_default(struct write_options *o);
struct written {
    char *text;
    struct facts facts;      /* all supported */
    enum moderation_verdict moderation;
    const char *source;      /* "model", or "record" when no draft passed and the plain sentence stands in */
    size_t tries;            /* drafts that were needed */
};
struct writing { struct written *items; size_t n; };
void writing_release(struct writing *w);

struct copywriter;           /* uses, does not own, what it is given; session may be NULL: plain sentences only */
status copywriter_new(struct session *s, const struct claim_lexicon *l, struct moderator *m, struct copywriter **out);
void copywriter_free(struct copywriter *w);
/* need may be ""; language of the text is l. Never returns an unsupported claim: at worst the plain sentence of the record. Between 1
 * and n_texts texts, best first, all different. A record so bad that moderation blocks even that sentence gives an empty text with
 * the verdict. */
status copywriter_write(struct copywriter *w, const char *need, const struct record *r, enum language l, const struct write_options *o, struct writing *out);
/* The plain sentence: from the record alone, the same for the same record. */
status record_sentence(const struct record *r, enum language l, struct strbuf *out);

/* ---- measuring texts against references -------------------------------------------------------------------------- */

/* Shares are 0..1; means over texts unless said otherwise.
 *   bleu4       over characters, per text (Papineni et al. 2002): geometric mean of the clipped precisions of 1- to 4-grams, where the
 *               k-th zero precision of a text becomes 1 / (2^k * its denominator) (Chen, Cherry 2014, method 3; 0 when not one character
 *               matches), times the brevity penalty exp(1 - reference / text length)
 *   rouge       F1 over words (Lin 2004): shared 1-grams, 2-grams, longest common subsequence. Words: the segmenter's for Chinese
 *   distinct2   different pairs of characters among all pairs of all texts (Li et al. 2016)
 *   repeated4   of a text's 4-grams of characters, the share that stood in it before
 *   unsupported texts with an unsupported claim; unsupported_claims: of all claims */
struct copy_metrics {
    size_t n;
    double bleu4, rouge1, rouge2, rougeL, distinct2, repeated4, unsupported, unsupported_claims, claims, length, reference_length;
};
struct copy_meter;           /* not thread safe */
status copy_meter_new(const struct normalizer *z, struct copy_meter **out);
void copy_meter_free(struct copy_meter *m);
/* facts may be NULL: then the text counts as one without claims. */
status copy_meter_add(struct copy_meter *m, const char *text, size_t n, const char *reference, size_t reference_n, const struct facts *facts);
void copy_meter_result(const struct copy_meter *m, struct copy_metrics *out);
double copy_bleu4(const char *text, size_t n, const char *reference, size_t reference_n); /* of one pair; -1: out of memory */

#endif
