/* All products of the shop that fit a need, found without ranking: for counts, questions and superlatives. */
#include "match_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float FITTING_SHARE = 0.6f, FITTING_LEAST = 0.3f;   /* of the best product's words; of all words */

bool is_excluded(const struct excluded *x, uint32_t doc)
{
    for (size_t i = 0; x && i < x->n; i++)
        if (x->docs[i] == doc) return true;
    return false;
}

/* The products of the need's category, into m->postings. */
static size_t of_category(struct matcher *m, const struct need *n)
{
    struct index_condition condition;
    return need_category(n, &condition) ? index_filter_documents(m->index, &(struct index_filter){&condition, 1}, m->postings) : 0;
}

/* Adds to cover what each document has of word k of the need: its best spelling counts. */
static void cover_word(struct matcher *m, const struct need *n, const float *idf, size_t k, float want)
{
    const uint32_t fields = 1u << FIELD_TITLE | 1u << FIELD_BRAND | 1u << FIELD_CATEGORY | 1u << FIELD_ATTRIBUTES;
    for (int pass = 0; pass < 2; pass++)   /* first the best of each document, then into the sum */
        for (size_t i = 0; i < n->n_terms; i++) {
            const struct need_term *t = &n->terms[i];
            if (k < t->word || k >= (size_t)t->word + t->words) continue;
            float worth = fminf(t->words == 1 ? idf[i] * t->weight : want * t->weight, want);
            size_t count = t->kinds ? of_category(m, n) : index_term_documents(m->index, t->text, t->length, fields, m->postings);
            if (t->kinds) worth = want;
            for (size_t p = 0; p < count; p++) {
                uint32_t doc = m->postings[p];
                if (pass == 0 && worth > m->word[doc]) m->word[doc] = worth;
                if (pass == 1) m->cover[doc] += m->word[doc], m->word[doc] = 0;
            }
        }
}

static void cover_all(struct matcher *m, const struct need *n)
{
    float idf[NEED_TERMS_MAX], total = 0;
    struct word_share wanted[NEED_TERMS_MAX] = {0};
    uint32_t count = index_count(m->index);
    memset(m->cover, 0, count * sizeof *m->cover);
    memset(m->word, 0, count * sizeof *m->word);
    need_worth(m, n, idf, wanted);
    for (size_t k = 0; k < n->n_words; k++) {
        cover_word(m, n, idf, k, wanted[k].want);
        total += wanted[k].want;
    }
    for (uint32_t d = 0; total > 0 && d < count; d++) m->cover[d] = fminf(m->cover[d] / total, 1);
}

static float best_cover(const struct matcher *m, const uint32_t *docs, size_t n)
{
    float best = 0;
    for (size_t i = 0; i < n; i++)
        if (m->cover[docs[i]] > best) best = m->cover[docs[i]];
    return best;
}

/* "shirts" names the shop's category: T-shirts have the word, too, but are another one. "帐篷灯" names tents only by the way: no tent has
 * all of it. Keeps the category's documents at the front and returns how many, or n when the category does not decide. */
static size_t within_category(const struct matcher *m, const struct need *n, uint32_t *docs, size_t count, float best)
{
    struct index_condition condition;
    if (!need_category(n, &condition)) return count;
    const struct index_filter filter = {&condition, 1};
    float inside = 0;
    for (size_t i = 0; i < count; i++)
        if (m->cover[docs[i]] > inside && index_passes(m->index, &filter, docs[i])) inside = m->cover[docs[i]];
    if (inside < 0.95f * best && !(n->names_kind && inside > 0)) return count;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (index_passes(m->index, &filter, docs[i])) docs[kept++] = docs[i];
    return kept;
}

/* Where some deny what the need asks for, the others are what fits. */
static size_t without_denying(const struct matcher *m, const struct need *n, struct fitting *list, size_t count)
{
    struct denied_asked asked;
    size_t kept = 0, denying = 0;
    denied_asked(m, n, &asked);
    for (size_t i = 0; asked.n && i < count; i++) denying += denies_asked(m, &asked, list[i].doc);
    if (!denying || denying == count) return count;
    for (size_t i = 0; i < count; i++)
        if (!denies_asked(m, &asked, list[i].doc)) list[kept++] = list[i];
    return kept;
}

status fitting_find(struct matcher *m, const struct need *n, const struct filter_storage *f, const struct excluded *x, struct arena *a, struct fitting **out, size_t *n_out)
{
    size_t count = index_filter_documents(m->index, &f->filter, m->docs), kept = 0;
    bool words = n->n_terms > 0 && !n->only_constraints;
    float best = 1, least = 0;
    *n_out = 0;
    if (words) {
        cover_all(m, n);
        best = best_cover(m, m->docs, count);
        if (best < FITTING_LEAST) count = 0;
        least = FITTING_SHARE * best;
        for (size_t i = 0; i < count; i++)
            if (m->cover[m->docs[i]] >= least) m->docs[kept++] = m->docs[i];
        count = within_category(m, n, m->docs, kept, best);
    }
    *out = arena_alloc(a, (count + 1) * sizeof **out);
    if (!*out) return fail_nomem("listing what fits");
    for (size_t i = 0; i < count; i++) {
        uint32_t doc = m->docs[i];
        if (is_excluded(x, doc) || !passes_checks(m, n, doc)) continue;
        (*out)[(*n_out)++] = (struct fitting){doc, words ? m->cover[doc] : 1};
    }
    *n_out = without_denying(m, n, *out, *n_out);
    return OK;
}

/* ---- what none of them has ---- */

static bool any_has(struct matcher *m, const struct need *n, const struct fitting *list, size_t n_list)
{
    const uint32_t fields = 1u << FIELD_TITLE | 1u << FIELD_BRAND | 1u << FIELD_CATEGORY | 1u << FIELD_ATTRIBUTES;
    for (size_t i = 0; i < n->n_terms; i++) {
        size_t count = n->terms[i].weight < 0.3f ? 0 : index_term_documents(m->index, n->terms[i].text, n->terms[i].length, fields, m->postings), k = 0;
        for (size_t p = 0; p < count; p++) {   /* both ascend */
            while (k < n_list && list[k].doc < m->postings[p]) k++;
            if (k < n_list && list[k].doc == m->postings[p]) return true;
        }
    }
    return false;
}

status matcher_lacks(struct matcher *m, const char *words, size_t n, const struct fitting *list, size_t n_list, bool *lacks)
{
    struct need need;
    TRY(matcher_understand(m, words, n, &need));
    *lacks = need.n_terms > 0 && !any_has(m, &need, list, n_list);
    need_release(&need);
    return OK;
}

/* ---- superlatives ---- */

struct ordered { int64_t first, second; float fit; uint32_t doc; };   /* smaller first */

static int by_order(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    if (x->second != y->second) return x->second < y->second ? -1 : 1;
    if (x->fit != y->fit) return x->fit > y->fit ? -1 : 1;
    return x->doc < y->doc ? -1 : x->doc > y->doc;
}

static int64_t number_or_last(const struct matcher *m, size_t column, uint32_t doc, bool descending)
{
    int64_t value = index_number(m->index, column, doc);
    if (value == INT64_MIN) return INT64_MAX;
    return descending ? -value : value;
}

status fitting_order(const struct matcher *m, enum product_order order, const struct fitting *list, size_t n, uint32_t *docs)
{
    struct ordered *o = mem_alloc((n + 1) * sizeof *o);
    if (!o) return fail_nomem("ordering what fits");
    for (size_t i = 0; i < n; i++) {
        uint32_t doc = list[i].doc;
        o[i] = (struct ordered){.fit = list[i].fit, .doc = doc};
        if (order == ORDER_CHEAPEST || order == ORDER_DEAREST) o[i].first = number_or_last(m, COLUMN_PRICE, doc, order == ORDER_DEAREST);
        if (order == ORDER_RATING) o[i].first = number_or_last(m, COLUMN_RATING, doc, true), o[i].second = number_or_last(m, COLUMN_RATING_COUNT, doc, true);
        if (order == ORDER_POPULAR) o[i].first = number_or_last(m, COLUMN_RATING_COUNT, doc, true), o[i].second = number_or_last(m, COLUMN_RATING, doc, true);
    }
    qsort(o, n, sizeof *o, by_order);
    for (size_t i = 0; i < n; i++) docs[i] = o[i].doc;
    mem_free(o);
    return OK;
}
