/* copywriting: a text about a record, every claim of it checked against the record.
 *
 *   need + record -> prompt -> draft (decode) -> facts checked -> unsupported claims banned, drafted again -> moderation
 *
 * A claim is a span of the draft that says something checkable: an attribute value, a number with its unit, a material, a colour,
 * a brand, a place of origin, a superlative, a promise (warranty, delivery, certificate). It is supported when a field of the
 * record (title, brand, category, an attribute, description; price and stock only when asked for) says the same. Words of claim
 * kinds are known from our own lexicon (claims.tsv, embedded) and from the values of the catalogue at hand.
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
void record_release(struct record *r);

/* Every claim of the text, supported or not, in order. */
status facts_check(const struct claim_lexicon *l, const struct record *r, const char *text, size_t n, struct facts *out);
size_t facts_unsupported(const struct facts *f);

/* ---- writing ----------------------------------------------------------------------------------------------------- */

enum { WRITE_TRIES_MAX = 4 };
struct write_options {
    struct decode_options decode;
    const char *style;       /* NULL, or "plain": no model, the sentence from the record */
    size_t n_texts;
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
/* need may be ""; language of the text is l. Never returns an unsupported claim: at worst the plain sentence of the record. */
status copywriter_write(struct copywriter *w, const char *need, const struct record *r, enum language l, const struct write_options *o, struct writing *out);
/* The plain sentence: from the record alone. */
status record_sentence(const struct record *r, enum language l, struct strbuf *out);

#endif
