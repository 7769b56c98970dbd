/* Private to room service. */
#ifndef DAOGOU_SERVICE_INT_H
#define DAOGOU_SERVICE_INT_H

#include "service.h"

/* ---- documents as read from a file ------------------------------------------------------------------------------- */

struct passage { const char *heading, *anchor, *text; };
struct parsed {
    const char *name, *title;
    enum language language;
    uint64_t hash;
    struct passage *passages;
    size_t n, cap;
    struct arena arena;
};
status document_parse(struct parsed *d, const char *path);  /* by its extension; release in every case */
void parsed_release(struct parsed *d);
/* Adds a passage with an anchor of its own; empty ones are left out. ERR_LIMIT. */
status parsed_add(struct parsed *d, const char *heading, const char *text, size_t n);
status markdown_parse(struct parsed *d, const char *text, size_t n);
status faq_csv_parse(struct parsed *d, const char *text, size_t n);
status faq_jsonl_parse(struct parsed *d, const char *text, size_t n);

/* ---- passages in the store --------------------------------------------------------------------------------------- */

struct documents { struct store *store; };
struct stored_passage { int64_t id; const char *document, *title, *language, *heading, *anchor, *text; };
status passages_each(struct documents *d, status (*visit)(void *context, const struct stored_passage *p), void *context);
status passage_get(struct documents *d, int64_t id, struct arena *a, struct stored_passage *out, bool *found);

/* ---- retrieval --------------------------------------------------------------------------------------------------- */

enum { FIELD_HEADING, FIELD_TITLE, FIELD_TEXT, PASSAGE_FIELDS, QUERY_TERMS_MAX = 96, RETRIEVED_MAX = 24 };
struct query_term { const char *text; uint16_t n; float weight; uint16_t group; }; /* terms of one group mean the same; 0 is the group's own word */
struct query_words {
    struct query_term terms[QUERY_TERMS_MAX];
    size_t n;
    uint16_t n_groups;
    float importance[QUERY_TERMS_MAX];   /* (n_groups) idf times weight of what was said */
};
struct question {
    struct query_words words, label;     /* of the question; of the label that it most likely has */
    enum language language;
    const char *normalised;
    size_t n_normalised;
    unsigned asks;                       /* kinds of answer: a time, a sum, a place */
};
struct service {
    struct service_options o;
    struct documents *documents;
    struct index *index;
    struct index_scratch *scratch;
    struct segmenter *segmenter;
    struct strbuf text;
    float *vector;           /* (dim) */
};
status question_read(struct service *s, const char *text, size_t n, const struct intent *i, struct arena *a, struct question *q);
/* service_retrieve for a question whose intent is known. */
status retrieve_passages(struct service *s, const char *text, size_t n, const struct intent *i, struct arena *a, struct service_quote *out, size_t max, size_t *n_out);
status passage_index_open(struct service *s);  /* builds it when it is not the present one */
/* Exact sentences of a passage that say most about the question. */
status extract_sentences(struct service *s, const struct question *q, const char *passage, struct arena *a, const char **out);
/* Which share of the importance of words is found in a text's terms. */
status read_terms(struct service *s, const char *text, size_t n, struct arena *a, struct term_list *out); /* out->items: mem_free */
float words_coverage(const struct query_words *q, const struct term_list *terms);
status text_coverage(struct service *s, const struct query_words *q, const char *text, size_t n, struct arena *a, float *coverage);
/* The best coverage that one sentence has. */
status best_sentence(struct service *s, const struct query_words *q, const char *passage, struct arena *a, float *coverage);
/* Other words for the same thing in service questions. */
typedef void service_synonym(void *context, const char *word, size_t n);
void service_synonyms(const char *word, size_t n, service_synonym *visit, void *context);

/* ---- programs ---------------------------------------------------------------------------------------------------- */

/* Runs a program with `input` on its stdin; its stdout is at most `max` bytes, NUL-terminated, in the arena. */
status program_run(const char *program, const char *input, size_t n, uint32_t limit_ms, size_t max, struct arena *a, char **output, size_t *n_output);

/* ---- wording ----------------------------------------------------------------------------------------------------- */

status word_answer(struct service_answer *r, struct arena *a);
status word_order(struct service_answer *r, const char *order_id, struct arena *a);
status word_plain(struct service_answer *r, struct arena *a);   /* ASK_ORDER and CHAT */
status word_handover(struct service_answer *r, struct arena *a);

#endif
