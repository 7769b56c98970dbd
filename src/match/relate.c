/* How texts stand to each other and to a product in this shop: for a dialogue that must tell a second need from more about the first. */
#include "match_int.h"

#include <string.h>

enum { WIDTH = 64, TERMS_MAX = 24, KINDS_MAX = 16 };

status matcher_meets(struct matcher *m, const struct need *n, int64_t key, bool *meets)
{
    struct filter_storage f;
    uint32_t doc;
    *meets = false;
    if (!index_find_key(m->index, key, &doc)) return OK;
    need_filter(n, NO_CONSTRAINT, false, &f);
    *meets = index_passes(m->index, &f.filter, doc) && passes_checks(m, n, doc);
    return OK;
}

static const uint32_t naming = 1u << FIELD_TITLE | 1u << FIELD_CATEGORY;

static bool is_content(const struct term *t)
{
    return t->kind != TERM_NUMBER && t->kind != TERM_HAN_BIGRAM && !text_is_stopword(t->text, t->length) && t->length > 1;
}

/* Category labels of the documents whose category has one of the terms; the documents themselves in docs. */
struct kinds { uint32_t docs[WIDTH]; size_t n_docs; uint32_t labels[KINDS_MAX]; size_t n_labels; bool named; };

/* The last parts of a document's category paths: the labels that fewest products share. */
static void add_kinds(const struct matcher *m, struct kinds *k, uint32_t doc)
{
    uint32_t labels[LABELS_PER_DOCUMENT_MAX], documents[LABELS_PER_DOCUMENT_MAX], fewest = UINT32_MAX;
    size_t n = index_document_labels(m->index, doc, FACET_CATEGORY, labels, LABELS_PER_DOCUMENT_MAX);
    if (n > LABELS_PER_DOCUMENT_MAX) n = LABELS_PER_DOCUMENT_MAX;
    for (size_t i = 0; i < n; i++) {
        index_label_text(m->index, FACET_CATEGORY, labels[i], NULL, &documents[i]);
        if (documents[i] < fewest) fewest = documents[i];
    }
    for (size_t i = 0; i < n; i++) {
        bool known = documents[i] != fewest;
        for (size_t j = 0; j < k->n_labels && !known; j++) known = k->labels[j] == labels[i];
        if (!known && k->n_labels < KINDS_MAX) k->labels[k->n_labels++] = labels[i];
    }
}

/* The documents whose titles or categories have most of the text's words (none of them: whatever has one). */
static status find_docs(struct matcher *m, const struct term_list *list, struct kinds *k)
{
    struct index_query_term terms[TERMS_MAX];
    struct index_hit hits[WIDTH];
    struct bm25f p;
    size_t n = 0, found = 0, best = 0;
    for (size_t i = 0; i < list->n && n < TERMS_MAX; i++)
        if (is_content(&list->items[i])) terms[n++] = (struct index_query_term){list->items[i].text, list->items[i].length, 1};
    if (!n) return OK;
    bm25f_default(&p, FIELDS);
    for (size_t f = 0; f < FIELDS; f++) p.weight[f] = naming >> f & 1 ? 1.0f : 0.0f;
    TRY(index_search_terms(m->index, m->scratch, terms, n, &p, NULL, hits, WIDTH, &found));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < found; i++) {
            size_t have = 0;
            for (size_t t = 0; t < n; t++) have += (index_term_fields(m->index, hits[i].doc, terms[t].text, terms[t].length, NULL) & naming) != 0;
            if (pass == 0 && have > best) best = have;
            if (pass == 1 && have == best) k->docs[k->n_docs++] = hits[i].doc;
        }
    return OK;
}

static bool names_category(const struct matcher *m, const struct term_list *list, uint32_t doc)
{
    for (size_t t = 0; t < list->n; t++)
        if (is_content(&list->items[t]) && index_term_fields(m->index, doc, list->items[t].text, list->items[t].length, NULL) & 1u << FIELD_CATEGORY) return true;
    return false;
}

/* "裤子" names every kind that ends with 裤. */
static void add_kinds_of_words(const struct matcher *m, const struct term_list *list, struct kinds *k)
{
    for (size_t t = 0; t < list->n; t++) {
        size_t n = kinds_of_word(m, list->items[t].text, list->items[t].length, false, k->labels + k->n_labels, KINDS_MAX - k->n_labels);
        k->named = k->named || n > 0;
        k->n_labels += n;
    }
}

static status find_kinds(struct matcher *m, const struct term_list *list, struct kinds *k)
{
    add_kinds_of_words(m, list, k);
    if (k->n_labels) return OK;
    TRY(find_docs(m, list, k));
    for (size_t i = 0; i < k->n_docs; i++) k->named |= names_category(m, list, k->docs[i]);
    for (size_t i = 0; i < k->n_docs; i++)
        if (!k->named || names_category(m, list, k->docs[i])) add_kinds(m, k, k->docs[i]);
    return OK;
}

static bool share_kind(const struct kinds *a, const struct kinds *b)
{
    for (size_t i = 0; i < a->n_docs; i++)
        for (size_t j = 0; j < b->n_docs; j++)
            if (a->docs[i] == b->docs[j]) return true;
    for (size_t i = 0; i < a->n_labels; i++)
        for (size_t j = 0; j < b->n_labels; j++)
            if (a->labels[i] == b->labels[j]) return true;
    return false;
}

status matcher_relation(struct matcher *m, const char *a, size_t na, const char *b, size_t nb, enum relation *out)
{
    struct arena scratch;
    struct term_list left = {0}, right = {0};
    struct kinds *k;
    arena_init(&scratch, 0);
    *out = RELATION_NONE;
    k = arena_zalloc(&scratch, 2, sizeof *k);
    status s = k ? text_terms(m->segmenter, a, na, &scratch, &left) : fail_nomem("comparing two needs");
    if (s == OK) s = text_terms(m->segmenter, b, nb, &scratch, &right);
    if (s == OK) s = find_kinds(m, &left, &k[0]);
    if (s == OK) s = find_kinds(m, &right, &k[1]);
    if (s == OK && (k[1].n_docs || k[1].n_labels)) {
        bool same = k[0].n_docs || k[0].n_labels ? share_kind(&k[0], &k[1]) : !k[1].named;
        *out = same ? RELATION_SAME : k[1].named ? RELATION_KIND : RELATION_OTHER;
    }
    mem_free(left.items);
    mem_free(right.items);
    arena_release(&scratch);
    return s;
}
