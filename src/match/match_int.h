/* Private to match: the label lexicon, and the steps of a match. */
#ifndef DAOGOU_MATCH_INT_H
#define DAOGOU_MATCH_INT_H

#include "match.h"

/* ---- index layout ------------------------------------------------------------------------------------------------ */

enum index_field { FIELD_TITLE, FIELD_BRAND, FIELD_CATEGORY, FIELD_ATTRIBUTES, FIELD_DESCRIPTION, FIELDS };

/* ---- facets (facets.c): our own words for colours, materials and people ------------------------------------------- */

enum { LABELS_PER_DOCUMENT_MAX = 192, LABEL_BYTES_MAX = 96, ATTRIBUTE_NAME_BYTES_MAX = 32, ATTRIBUTE_VALUE_BYTES_MAX = 48 };
_Static_assert((int)QUANTITIES == (int)FACETS, "label columns of the index: one a facet, the quantities, the attributes");
struct label_set {
    struct arena *arena;
    struct index_label items[LABELS_PER_DOCUMENT_MAX];
    size_t n;
};
/* Adds unless it is there or the set is full. */
void label_add(struct label_set *set, size_t column, const char *value, size_t n);
/* Which facet an attribute of this (normalised) name speaks of. */
bool facet_of_attribute(const char *name, enum facet *f);
/* Labels of a normalised attribute value: its pieces as they stand and each lexicon word in it, with its parents (navy is blue). */
void facet_labels(struct label_set *set, enum facet f, const char *value, size_t n);
/* Lexicon words of a free text, without its pieces: titles of products that have no such attribute. */
void facet_words(struct label_set *set, enum facet f, const char *text, size_t n);
/* "女装 > 连衣裙", "menswear": a department that is for men or for women. (One of babies' things is for their parents, too.) */
void facet_of_department(struct label_set *set, const char *category);
/* Is one of the audience labels men, women, kids or baby? "3岁以上" alone leaves it open who may use the product. */
bool facet_names_people(const struct label_set *set);
/* The lexicon word that starts at s (longest), or 0 bytes: its canonical label. Latin words end at a word boundary. */
/* A word that is a colour or material only as an attribute's value: "coffee", "iron"; "coffee color" is one anywhere. */
bool facet_word_is_ambiguous(const char *s, size_t n, const char *end);
size_t facet_match(const char *s, const char *end, enum facet *f, const char **canonical);

/* ---- understanding ------------------------------------------------------------------------------------------------ */

struct denied_label { struct text_span word; uint32_t label; };
struct matcher {
    struct matcher_options options;
    struct index *index;
    struct index_scratch *scratch;
    struct segmenter *segmenter;
    struct compute *compute;         /* for the vector scan */
    struct strmap phrases;           /* catalogue label text -> facet << 32 | label id */
    struct strmap attribute_phrases; /* values of other attributes -> label id in ATTRIBUTES */
    size_t phrase_bytes_max, attribute_phrase_bytes_max;
    float *cover, *word;             /* (documents) for fitting.c */
    uint32_t *docs, *postings;       /* (documents) */
    struct strbuf embedded;          /* the need whose vector is kept, and the vector */
    float *embedding;
    struct kind *kinds;              /* names of the kinds: kinds.c */
    size_t n_kinds;
    struct attribute_name *attributes;
    uint16_t *attribute_of;          /* (labels of ATTRIBUTES) */
    size_t n_attributes;
    struct denied_label *denied;     /* labels of ATTRIBUTES by which records deny something, and the word that asks for it: denied.c */
    size_t n_denied;
    float known[FACETS];             /* share of products whose attributes name the facet */
    char currency[4];
    struct fusion fusion;
    struct bm25f bm25f;
};
/* "colour", "not leather", "under 500": constraints out of the normalised text; the bytes they used are blanked in rest. */
status understand_constraints(struct matcher *m, struct need *n, char *rest);
/* The soft wish for the categories that the free text names: all that is not a constraint already. */
status understand_categories(struct matcher *m, struct need *n);
void understand_prices(struct need *n, char *rest);
/* "60升以上", "at least 300 lumens": bounds on what is measured, checked against the quantities that a record names. */
void understand_quantities(struct need *n, char *rest);

/* ---- synonyms (synonyms.c) ---------------------------------------------------------------------------------------- */

typedef void (*synonym_visitor)(void *context, const char *word, size_t n);
/* Other words for a (normalised, unstemmed) word; false: we know none. */
bool synonyms_of(const char *said, size_t n, synonym_visitor visit, void *context);

/* ---- bounds (bounds.c) ------------------------------------------------------------------------------------------- */

enum bound { BOUND_NONE, BOUND_UPPER, BOUND_LOWER, BOUND_ABOUT, BOUND_JUST_OVER /* "一千出头" */, BOUND_SOME_OVER /* "三百多": below the next hundred */ };
struct bound_span { const char *begin, *end; enum bound bound; bool money; };
/* Grows the number's span over its money word and the phrases around it. */
struct bound_span bound_read(const char *text, const char *end, const struct number *x);
/* Is [a, b) a word that joins the ends of a range? */
bool bound_joined(const char *a, const char *b);
/* Bytes of `word`, with spaces behind it, that end at s; or 0. */
size_t bound_word_before(const char *begin, const char *s, const char *word);

/* ---- quantities (quantities.c) ------------------------------------------------------------------------------------ */

/* Labels "volume 60000" (in the dimension's base unit) of each number with a unit in a normalised text. */
void quantity_labels(struct label_set *set, const char *text, size_t n);
void quantity_label(struct label_set *set, double value, const char *unit);
/* False where the record names quantities of the constraint's dimension and none lies within; what is not known does not exclude. */
bool passes_quantity(const struct matcher *m, const struct constraint *c, uint32_t doc);
/* Does a normalised text name a quantity within the bounds? */
bool quantity_meets(const struct constraint *c, const char *text, size_t n);
/* Terms of the free text with weights and spelling corrections. */
status understand_terms(struct matcher *m, struct need *n);
/* Words of a need in shop's language that start a negation at s: bytes, or 0. facets_only: only colours and the like may follow. */
size_t negation_at(const char *begin, const char *s, const char *end, bool *facets_only);

/* ---- words for kinds (kinds.c) -------------------------------------------------------------------------------------- */

enum { KINDS_NAMED_MAX = sizeof ((struct constraint *)0)->labels / sizeof(uint32_t) };
/* The kinds (category labels) that the word at s of a normalised text names: 裙子, a single 鞋 that stands as a word, "kettle", "shoes", 衣服. bytes: of the
 * word. named_before: a facet's word ends at s ("帆布鞋"). 0: it names none. */
size_t kinds_named(const struct matcher *m, const char *begin, const char *s, const char *end, bool named_before, uint32_t *labels, size_t max, size_t *bytes);
/* The same of a word by itself; all: also where kinds only end with the Chinese word as it stands. */
size_t kinds_of_word(const struct matcher *m, const char *word, size_t n, bool all, uint32_t *labels, size_t max);
/* Does a kind's name that ends at s stand for what is wanted ("a tent for two"), and not for what that belongs to ("tent pegs")? */
bool kind_is_asked_for(const struct matcher *m, const char *s, const char *end);
bool is_kind(const struct matcher *m, uint32_t label);
status kinds_read(struct matcher *m);

/* The labels "name: value" of a normalised attribute; of each part of a list. */
void attribute_labels(struct label_set *set, const char *name, const char *value, bool list);
size_t title_labels(struct label_set *set, const char *title);
/* name: bytes of the title that are its name, and left out. */
status title_words(struct segmenter *g, struct label_set *set, const char *title, size_t name, const char *brand, const char *category);
/* Which word a label of the column ATTRIBUTES names, and its value. */
void attribute_split(const char *label, size_t n, struct text_span *name, struct text_span *value);
enum { ATTRIBUTES_MAX = 4096 };   /* names of a shop; what goes beyond is not asked about */
status attributes_read(struct matcher *m);
/* Is this (normalised) value one that a shopper names: "casual", "冬季", not "yes" or "2011". */
bool attribute_value_is_phrase(const char *value, size_t n);
/* Brings in what follows from its value: the terms of denied words, "any" beside an audience. */
void constraint_complete(struct matcher *m, struct arena *a, struct constraint *c);

/* ---- what records deny (denied.c) ----------------------------------------------------------------------------------- */

/* Does this (normalised) value say that the product is not, or has not, what the attribute's name says? */
bool record_denies(const char *name, size_t n_name, const char *value, size_t n);
/* Blanks "not <name>" in a normalised text. */
void denied_blank(struct strbuf *text, const char *name);
status denied_read(struct matcher *m);
enum { DENIED_ASKED_MAX = 64 };
struct denied_asked { uint32_t labels[DENIED_ASKED_MAX]; size_t n; };
/* The labels that deny what the need asks for, and whether a product has one of them. */
void denied_asked(const struct matcher *m, const struct need *n, struct denied_asked *out);
bool denies_asked(const struct matcher *m, const struct denied_asked *x, uint32_t doc);

/* ---- one match ------------------------------------------------------------------------------------------------------ */

/* 包 for bags: the same character by itself counts packets of tea in texts, so that only a product's kind tells. */
bool term_is_bare_kind(const struct need_term *t);

struct candidate {
    uint32_t doc;
    float features[FEATURES];
    float logit;
    bool reranked, fits;
    bool denies;                     /* its record denies what the need asks for */
    uint32_t rank;                   /* by the order asked for */
};
struct filter_storage {
    struct index_condition conditions[NEED_CONSTRAINTS_MAX + 2];
    struct index_filter filter;
};
enum { RETRIEVE_TERMS = 300, RETRIEVE_VECTORS = 150, CANDIDATES_MAX = RETRIEVE_TERMS + RETRIEVE_VECTORS, NO_CONSTRAINT = 99 };
/* The column of the index that holds the constraint's labels. */
size_t constraint_column(const struct constraint *c);
/* The hard constraints, except one of them (NO_CONSTRAINT: none left out). */
void need_filter(const struct need *n, size_t except, bool in_stock, struct filter_storage *out);
/* Negated words over title and attributes, and bounds on quantities, cannot be a label filter: checked here. */
bool passes_checks(const struct matcher *m, const struct need *n, uint32_t doc);

/* Candidates of the need by both ways, features filled but for FEATURE_MATCH; at most CANDIDATES_MAX. */
status retrieve(struct matcher *m, const struct need *n, const struct filter_storage *f, struct candidate *out, size_t *n_out);
status features_fill(struct matcher *m, const struct need *n, const float *embedding, struct candidate *c, size_t n_candidates);
status need_embedding(struct matcher *m, const struct need *n, float *out, bool *have);
float fusion_logit(const struct fusion *f, const float features[FEATURES]);
/* Lets the match head read the best of them and sorts by the final logit. */
status rerank(struct matcher *m, const struct need *n, struct candidate *c, size_t n_candidates, size_t read_max /* 0: the fusion's */);
/* Is the product of a kind that the need asks for by name? */
bool has_named_kind(const struct matcher *m, const struct need *n, uint32_t doc);
/* By its score alone, apart from how well others fit. */
bool candidate_passes(const struct matcher *m, const struct need *n, const struct candidate *c);
void candidates_sort(struct candidate *c, size_t n);

/* What one of the shopper's words is worth, and how much of it a product has: by its best spelling, in any field and in the title. */
struct word_share { float want, any, title; };
/* The soft wish for a category, if there is one, as a condition. */
bool need_category(const struct need *n, struct index_condition *out);
/* idf of each term (n_terms), wanted of each word (n_words, zeroed by the caller). */
void need_worth(const struct matcher *m, const struct need *n, float *idf, struct word_share *wanted);
/* All documents of the shop that fit (match.h), but the excluded ones. The list lives in the arena. */
struct excluded { uint32_t docs[256]; size_t n; };
bool is_excluded(const struct excluded *x, uint32_t doc);
status fitting_find(struct matcher *m, const struct need *n, const struct filter_storage *f, const struct excluded *x, struct arena *a, struct fitting **out, size_t *n_out);
status fitting_order(const struct matcher *m, enum product_order order, const struct fitting *list, size_t n, uint32_t *docs);

/* Over which bytes' beginnings of a normalised text a Chinese word of the dictionary goes on (strlen + 1 of them); NULL: no memory. */
const bool *words_marked(struct segmenter *g, const char *text, struct arena *a);
struct quotes { struct { uint32_t begin, end; } spans[NEED_TERMS_MAX]; size_t n; };
/* The shopper's words, as spelt and quoted, that the product has in one of the fields in the mask and that were not quoted from a place before; they join what
 * was. NULL: none (quotes.c). */
const char *quote_words(struct matcher *m, struct matches *out, const struct product *p, uint32_t doc, uint32_t mask, struct quotes *before);
status explain(struct matcher *m, struct matches *out, struct match_result *r, uint32_t doc);
status relax(struct matcher *m, struct matches *out, bool in_stock);

#endif
