/* Private to guide: what could be asked about the products that fit, and what each answer would leave. */
#ifndef DAOGOU_QUESTION_INT_H
#define DAOGOU_QUESTION_INT_H

#include "guide_int.h"

#define ATTRIBUTE_FIELD "attribute:"
#define QUANTITY_FIELD "quantity:"
#define TITLE_FIELD ATTRIBUTE_FIELD TITLE_ATTRIBUTE
#define WORD_FIELD ATTRIBUTE_FIELD WORD_ATTRIBUTE
#define WORD_FIELD_ZH ATTRIBUTE_FIELD WORD_ATTRIBUTE_ZH

/* Words of titles may be asked about in several rounds, each time other words: "attribute:name", "attribute:name#2", ... Each is a wish of its own, and all hold. */
enum { WORD_ROUNDS = 5 };
bool field_is_words(const char *field);
/* Bytes of an attribute's name in a field or constraint, without its round. */
size_t attribute_name_length(const char *name);

enum { FIELDS_MAX = 512, BANDS_MAX = 4 };

/* One answer to a field's question, and the products that it leaves. */
struct field_value {
    uint32_t label;              /* in the field's column; a band's number for prices */
    uint32_t first;              /* the first document left: its record says how the value is written */
    uint32_t count;              /* products left */
    double weight, log_weight;   /* over them, sum of w and of w log2 w; w is a product's fit */
    double share;                /* of all weight: how likely this is the answer */
    int64_t low, high;           /* prices */
};
struct field {
    const char *name;            /* as in a wish */
    size_t column;
    struct field_value *values;  /* most likely first; the first n_choices are offered */
    size_t n_values, n_choices, cap;
    double known;                /* share of the weight whose record names a value */
    double bits;                 /* expected information gain of asking */
    double none_share;           /* words of titles: share that has none of the offered ones; else 0 */
    double typed;                /* how much of the answers beyond the offered ones is understood */
    double prior;                /* how likely a shopper can answer it at all */
};
struct fields {
    const struct index *index;
    const struct fitting *list;
    size_t n_list;
    double weight, entropy;      /* of the whole list; entropy in bits */
    struct field *items;
    size_t n;
    struct arena *arena;
};

/* The fields of the list that can be asked about in language l, but for those that skip names; price, facets, attributes. */
status fields_count(const struct matcher *m, const struct fitting *list, size_t n, enum language l, bool (*skip)(void *context, const char *field), void *context, struct arena *a, struct fields *out);
/* A document's values in the field, as its record names them, most specific ones only; at most max. For tests and the simulator. */
double field_prior(const char *field);
/* How an answer is written: by the record in language l, or our own word for it. In the arena. */
status choice_label(const struct guide *g, const struct fields *fields, const struct field *f, const struct field_value *v, enum language l, struct arena *a, const char **label, const char **value);

#endif
