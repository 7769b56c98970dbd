/* Candidates by terms and by vectors, and the numbers that say how each fits. */
#include "match_int.h"

#include <math.h>
#include <string.h>

size_t constraint_column(const struct constraint *c)
{
    return c->kind == CONSTRAINT_ATTRIBUTE ? (size_t)ATTRIBUTES : (size_t)c->facet;
}

void need_filter(const struct need *n, size_t except, bool in_stock, struct filter_storage *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n->n_constraints; i++) {
        const struct constraint *c = &n->constraints[i];
        if (i == except || !c->hard || c->kind == CONSTRAINT_WORDS || c->kind == CONSTRAINT_QUANTITY) continue;
        if (c->kind == CONSTRAINT_PRICE)
            out->conditions[count++] = (struct index_condition){.kind = CONDITION_NUMBER, .column = COLUMN_PRICE, .low = c->low, .high = c->high};
        else
            out->conditions[count++] = (struct index_condition){.kind = c->negated ? CONDITION_NO_LABEL : CONDITION_ANY_LABEL,
                                                                .column = constraint_column(c), .labels = c->labels, .n_labels = c->n_labels};
    }
    if (in_stock) out->conditions[count++] = (struct index_condition){.kind = CONDITION_NUMBER, .column = COLUMN_STOCK, .low = 1, .high = INT64_MAX};
    out->filter = (struct index_filter){out->conditions, count};
}

/* Where all terms of denied words stand in the title or the attributes, the product is not wanted. */
static bool has_denied_words(const struct matcher *m, const struct constraint *c, uint32_t doc)
{
    const uint32_t fields = 1u << FIELD_TITLE | 1u << FIELD_ATTRIBUTES | 1u << FIELD_CATEGORY;
    for (size_t k = 0; k < c->n_denied; k++)
        if (!(index_term_fields(m->index, doc, c->denied[k].s, c->denied[k].n, NULL) & fields)) return false;
    return c->n_denied > 0;
}

bool passes_checks(const struct matcher *m, const struct need *n, uint32_t doc)
{
    for (size_t i = 0; i < n->n_constraints; i++) {
        const struct constraint *c = &n->constraints[i];
        if (c->kind == CONSTRAINT_QUANTITY && !passes_quantity(m, c, doc)) return false;
        if (c->kind == CONSTRAINT_WORDS && has_denied_words(m, c, doc)) return false;
    }
    return true;
}

status need_embedding(struct matcher *m, const struct need *n, float *out, bool *have)
{
    *have = m->options.session && index_dim(m->index) == session_config(m->options.session)->d_model && *n->free_text;
    if (!*have) return OK;
    struct text_span span = {n->normalised, strlen(n->normalised)};
    size_t bytes = index_dim(m->index) * sizeof *out;
    if (m->embedding && m->embedded.len == span.n && memcmp(strbuf_str(&m->embedded), span.s, span.n) == 0) {   /* a need is searched for several times: with more candidates, without a constraint */
        memcpy(out, m->embedding, bytes);
        return OK;
    }
    TRY(session_embed(m->options.session, TOKEN_NEED, &span, 1, out));
    strbuf_clear(&m->embedded);
    strbuf_add(&m->embedded, span.s, span.n);
    if (!m->embedding) m->embedding = mem_alloc(bytes);
    if (!m->embedding || m->embedded.failed) return fail_nomem("matching a need");
    memcpy(m->embedding, out, bytes);
    return OK;
}

bool term_is_bare_kind(const struct need_term *t)
{
    return t->kinds && t->length == 3 && (unsigned char)*t->text >= 0x80;
}

static size_t query_terms(const struct need *n, struct index_query_term *out)
{
    for (size_t i = 0; i < n->n_terms; i++) out[i] = (struct index_query_term){n->terms[i].text, n->terms[i].length, term_is_bare_kind(&n->terms[i]) ? 0 : n->terms[i].weight};
    return n->n_terms;
}

/* ---- features ---- */

static float inverse_frequency(const struct matcher *m, const struct need_term *t)
{
    float frequency = (float)index_document_frequency(m->index, t->text, t->length), total = (float)index_count(m->index);
    return logf(1 + (total - frequency + 0.5f) / (frequency + 0.5f));
}

/* Its own spelling counts for what is wanted unless the shop knows only a correction of it. */
static void words_wanted(const struct matcher *m, const struct need *n, const float *idf, struct word_share *w)
{
    for (size_t i = 0; i < n->n_terms; i++) {
        const struct need_term *t = &n->terms[i];
        float worth = idf[i] * t->weight;
        if (t->words == 1 && index_document_frequency(m->index, t->text, t->length) > 0 && worth > w[t->word].want) w[t->word].want = worth;
    }
    for (size_t i = 0; i < n->n_terms; i++)   /* the shop has no such word at all */
        if (!(w[n->terms[i].word].want > 0)) w[n->terms[i].word].want = idf[i] * n->terms[i].weight;
}

void need_worth(const struct matcher *m, const struct need *n, float *idf, struct word_share *wanted)
{
    for (size_t i = 0; i < n->n_terms; i++) idf[i] = inverse_frequency(m, &n->terms[i]);
    words_wanted(m, n, idf, wanted);
}

bool need_category(const struct need *n, struct index_condition *out)
{
    for (size_t i = 0; i < n->n_constraints; i++) {
        const struct constraint *c = &n->constraints[i];
        if (c->kind != CONSTRAINT_FACET || c->facet != FACET_CATEGORY || c->negated || c->hard || !c->n_labels) continue;
        *out = (struct index_condition){.kind = CONDITION_ANY_LABEL, .column = FACET_CATEGORY, .labels = c->labels, .n_labels = c->n_labels};
        return true;
    }
    return false;
}

static bool is_of_category(const struct matcher *m, const struct need *n, uint32_t doc)
{
    struct index_condition condition;
    return need_category(n, &condition) && index_passes(m->index, &(struct index_filter){&condition, 1}, doc);
}

static void coverage(const struct matcher *m, const struct need *n, const float *idf, const struct word_share *wanted, struct candidate *c)
{
    struct word_share words[NEED_TERMS_MAX];
    float total = 0, any = 0, title = 0, numbers = 0, numbers_found = 0;
    memcpy(words, wanted, n->n_words * sizeof *words);
    for (size_t i = 0; i < n->n_terms; i++) {
        const struct need_term *t = &n->terms[i];
        bool kind = t->kinds && is_of_category(m, n, c->doc);
        uint32_t fields = kind ? 1u << FIELD_TITLE : term_is_bare_kind(t) ? 0 : index_term_fields(m->index, c->doc, t->text, t->length, NULL);
        bool digit = t->text[0] >= '0' && t->text[0] <= '9';
        numbers += digit;
        numbers_found += digit && fields;
        for (size_t k = t->word; fields && k < (size_t)t->word + t->words; k++) {
            float worth = kind ? words[k].want : fminf(t->words == 1 ? idf[i] * t->weight : words[k].want * t->weight, words[k].want);
            if (worth > words[k].any) words[k].any = worth;
            if ((fields >> FIELD_TITLE & 1) && worth > words[k].title) words[k].title = worth;
        }
    }
    for (size_t k = 0; k < n->n_words; k++) {
        total += words[k].want;
        any += words[k].any;
        title += words[k].title;
    }
    bool last = n->n_words > 0 && words[n->n_words - 1].title > 0;
    if (n->only_constraints) any = title = total = 1, last = true;
    c->features[FEATURE_COVERAGE] = total > 0 ? any / total : 0;
    c->features[FEATURE_TITLE_COVERAGE] = total > 0 ? title / total : 0;
    c->features[FEATURE_LAST_WORD] = last;
    c->features[FEATURE_NUMBERS] = numbers > 0 ? numbers_found / numbers : 0.5f;
}

/* Share of neighbouring words of the need that stand together in the title, in whatever spelling. */
static float adjacent(const struct matcher *m, const struct need *n, uint32_t doc)
{
    enum { ABSENT = -9 };
    int64_t at[NEED_TERMS_MAX];
    size_t pairs = 0, near = 0;
    for (size_t k = 0; k < n->n_words; k++) at[k] = ABSENT;
    for (size_t i = 0; i < n->n_terms; i++) {
        const struct need_term *t = &n->terms[i];
        uint32_t position;
        if (!index_term_position(m->index, doc, t->text, t->length, FIELD_TITLE, &position)) continue;
        for (size_t k = t->word; k < (size_t)t->word + t->words; k++)
            if (at[k] == ABSENT) at[k] = position;
    }
    for (size_t k = 1; k < n->n_words; k++, pairs++) near += at[k - 1] != ABSENT && at[k] >= at[k - 1] && at[k] - at[k - 1] <= 2;
    return pairs ? (float)near / (float)pairs : 0;
}

/* Share of the soft wishes (category names, facets that this catalogue hardly knows) that the product meets. */
static float soft_share(const struct matcher *m, const struct need *n, uint32_t doc)
{
    size_t wishes = 0, met = 0;
    for (size_t i = 0; i < n->n_constraints; i++) {
        const struct constraint *c = &n->constraints[i];
        if (c->hard || c->kind != CONSTRAINT_FACET) continue;   /* the words of an attribute are in the text, too, and rank there */
        struct index_condition condition = {.kind = CONDITION_ANY_LABEL, .column = c->facet, .labels = c->labels, .n_labels = c->n_labels};
        wishes++;
        met += index_passes(m->index, &(struct index_filter){&condition, 1}, doc);
    }
    return wishes ? (float)met / (float)wishes : 0.5f;
}

status features_fill(struct matcher *m, const struct need *n, const float *embedding, struct candidate *c, size_t count)
{
    struct index_query_term terms[NEED_TERMS_MAX];
    float idf[NEED_TERMS_MAX], scores[CANDIDATES_MAX], total = 1e-6f;
    struct word_share wanted[NEED_TERMS_MAX] = {0};
    uint32_t docs[CANDIDATES_MAX];
    if (count > CANDIDATES_MAX) return fail(ERR_INTERNAL, "%zu candidates, more than %d", count, CANDIDATES_MAX);
    size_t n_terms = query_terms(n, terms);
    struct denied_asked asked;
    denied_asked(m, n, &asked);
    need_worth(m, n, idf, wanted);
    for (size_t i = 0; i < n_terms; i++) total += idf[i] * n->terms[i].weight;
    for (size_t i = 0; i < count; i++) docs[i] = c[i].doc;
    TRY(index_score_terms(m->index, terms, n_terms, &m->bm25f, docs, count, scores));
    for (size_t i = 0; i < count; i++) {
        float *f = c[i].features;
        memset(f, 0, sizeof c[i].features);
        c[i].denies = denies_asked(m, &asked, c[i].doc);
        f[FEATURE_BM25] = scores[i] / total;
        coverage(m, n, idf, wanted, &c[i]);
        f[FEATURE_ADJACENT] = adjacent(m, n, c[i].doc);
        f[FEATURE_LENGTH] = -logf(1 + (float)index_number(m->index, COLUMN_TITLE_TERMS, c[i].doc)) / 4;
        f[FEATURE_SOFT] = soft_share(m, n, c[i].doc);
        float cosine = embedding ? index_vector_score(m->index, c[i].doc, embedding) : 0;
        f[FEATURE_VECTOR] = cosine < -1 ? 0 : cosine;
    }
    return OK;
}

/* ---- candidates ---- */

status retrieve(struct matcher *m, const struct need *n, const struct filter_storage *f, struct candidate *out, size_t *n_out)
{
    struct index_query_term terms[NEED_TERMS_MAX];
    struct index_hit hits[RETRIEVE_TERMS];
    float *embedding = mem_alloc((index_dim(m->index) + 1) * sizeof *embedding);
    if (!embedding) return fail_nomem("matching a need");
    bool have = false;
    size_t n_terms = query_terms(n, terms), found = 0, count = 0;
    status s = need_embedding(m, n, embedding, &have);
    if (s == OK) s = index_search_terms(m->index, m->scratch, terms, n_terms, &m->bm25f, &f->filter, hits, RETRIEVE_TERMS, &found);
    for (size_t i = 0; s == OK && i < found; i++)
        if (passes_checks(m, n, hits[i].doc)) out[count++] = (struct candidate){.doc = hits[i].doc};
    size_t lexical = count;
    if (s == OK && have) s = index_search_vector(m->index, m->compute, m->scratch, embedding, &f->filter, hits, RETRIEVE_VECTORS, &found);
    for (size_t i = 0; s == OK && have && i < found; i++) {
        bool known = !passes_checks(m, n, hits[i].doc);
        for (size_t k = 0; k < lexical && !known; k++) known = out[k].doc == hits[i].doc;
        if (!known) out[count++] = (struct candidate){.doc = hits[i].doc};
    }
    if (s == OK) s = features_fill(m, n, have ? embedding : NULL, out, count);
    mem_free(embedding);
    *n_out = s == OK ? count : 0;
    return s;
}
