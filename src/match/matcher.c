/* One match from need to results: retrieve, fuse, rerank, cut off, load, explain. */
#include "match_int.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

static void read_note(struct matcher *m)
{
    json_t *note = json_loads(index_note(m->index), 0, NULL);
    const json_t *known = json_object_get(note, "known");
    for (enum facet f = 0; f < FACETS; f++) m->known[f] = (float)json_number_value(json_object_get(known, facet_name(f)));
    const char *currency = json_string_value(json_object_get(note, "currency"));
    if (currency) snprintf(m->currency, sizeof m->currency, "%s", currency);
    json_decref(note);
}

/* The catalogue's own values are phrases of needs. Sizes and plain numbers are not: they need their word beside them. */
static status read_phrases(struct matcher *m)
{
    strmap_init(&m->phrases);
    for (enum facet f = 0; f < FACETS; f++) {
        size_t labels = f == FACET_SIZE ? 0 : index_label_count(m->index, f);
        for (uint32_t i = 0; i < labels; i++) {
            size_t n;
            const char *text = index_label_text(m->index, f, i, &n, NULL);
            bool latin = (unsigned char)text[0] < 0x80;
            if (n < (latin ? 3 : 6) || text_is_stopword(text, n) || strmap_get(&m->phrases, text, n, NULL)) continue;
            if (latin && text[0] >= '0' && text[0] <= '9') continue;
            TRY(strmap_put(&m->phrases, text, n, (uint64_t)f << 32 | i));
            if (n > m->phrase_bytes_max) m->phrase_bytes_max = n;
        }
    }
    return OK;
}

static bool is_word_attribute(struct text_span name)
{
    static const char *const words[] = {WORD_ATTRIBUTE, WORD_ATTRIBUTE_ZH};
    for (size_t i = 0; i < 2; i++)
        if (strlen(words[i]) == name.n && memcmp(words[i], name.s, name.n) == 0) return true;
    return false;
}

static bool is_title_attribute(struct text_span name)
{
    return strlen(TITLE_ATTRIBUTE) == name.n && memcmp(TITLE_ATTRIBUTE, name.s, name.n) == 0;
}

/* Among equal values of several attributes the one with the most products is meant. */
static status read_attribute_phrases(struct matcher *m)
{
    strmap_init(&m->attribute_phrases);
    size_t labels = index_label_count(m->index, ATTRIBUTES);
    for (uint32_t i = 0; i < labels; i++) {
        size_t n;
        uint32_t documents, other_documents = 0;
        uint64_t other;
        struct text_span name, value;
        const char *text = index_label_text(m->index, ATTRIBUTES, i, &n, &documents);
        attribute_split(text, n, &name, &value);
        if (is_word_attribute(name)) continue;   /* any word of any title: they are in the text */
        if (is_title_attribute(name) && !title_is_name(value.s, value.n)) continue;   /* "puma black" says two things */
        if (!attribute_value_is_phrase(value.s, value.n) || strmap_get(&m->phrases, value.s, value.n, NULL)) continue;
        if (strmap_get(&m->attribute_phrases, value.s, value.n, &other)) index_label_text(m->index, ATTRIBUTES, (uint32_t)other, NULL, &other_documents);
        if (documents <= other_documents) continue;
        TRY(strmap_put(&m->attribute_phrases, value.s, value.n, i));
        if (value.n > m->attribute_phrase_bytes_max) m->attribute_phrase_bytes_max = value.n;
    }
    return OK;
}

static status make_room(struct matcher *m)
{
    size_t n = index_count(m->index) + 1;
    m->cover = mem_alloc(n * sizeof *m->cover);
    m->word = mem_alloc(n * sizeof *m->word);
    m->docs = mem_alloc(n * sizeof *m->docs);
    m->postings = mem_alloc(n * sizeof *m->postings);
    return m->cover && m->word && m->docs && m->postings ? OK : fail_nomem("opening the index");
}

static status open_parts(struct matcher *m)
{
    const struct matcher_options *o = &m->options;
    TRY(index_open(o->index_path, &m->index));
    read_note(m);
    TRY(read_phrases(m));
    TRY(read_attribute_phrases(m));
    TRY(attributes_read(m));
    TRY(denied_read(m));
    TRY(make_room(m));
    TRY(kinds_read(m));
    TRY(index_scratch_new(&m->scratch));
    TRY(segmenter_new(&m->segmenter));
    TRY(compute_new(&(struct compute_options){.device = "cpu"}, &m->compute));
    fusion_default(&m->fusion, o->session != NULL);
    if (o->session) TRY(fusion_read(&m->fusion, session_model_directory(o->session)));
    bm25f_default(&m->bm25f, FIELDS);
    static const float weights[FIELDS] = {1.0f, 0.8f, 0.8f, 0.6f, 0.3f}, b[FIELDS] = {0.4f, 0.1f, 0.3f, 0.5f, 0.6f};
    memcpy(m->bm25f.weight, weights, sizeof weights);
    memcpy(m->bm25f.b, b, sizeof b);
    m->bm25f.k1 = 1.0f;   /* titles repeat a word for form's sake: saturate early */
    return OK;
}

status matcher_new(const struct matcher_options *o, struct matcher **out)
{
    struct matcher *m = mem_zalloc(1, sizeof *m);
    if (!m) return fail_nomem("opening the index");
    m->options = *o;
    status s = open_parts(m);
    if (s != OK) {
        matcher_free(m);
        return s;
    }
    *out = m;
    return OK;
}

void matcher_free(struct matcher *m)
{
    if (!m) return;
    index_close(m->index);
    index_scratch_free(m->scratch);
    segmenter_free(m->segmenter);
    compute_free(m->compute);
    strmap_release(&m->phrases);
    strmap_release(&m->attribute_phrases);
    mem_free(m->kinds);
    strbuf_release(&m->embedded);
    mem_free(m->embedding);
    mem_free(m->attributes);
    mem_free(m->attribute_of);
    mem_free(m->denied);
    mem_free(m->cover);
    mem_free(m->word);
    mem_free(m->docs);
    mem_free(m->postings);
    mem_free(m);
}

const struct index *matcher_index(const struct matcher *m)
{
    return m->index;
}

struct fusion *matcher_fusion(struct matcher *m)
{
    return &m->fusion;
}

void match_options_default(struct match_options *o)
{
    *o = (struct match_options){.top_k = 5, .in_stock = true};
}

void matches_release(struct matches *m)
{
    need_release(&m->need);
    arena_release(&m->arena);
    *m = (struct matches){0};
}

/* ---- ranking ---- */

static int by_logit(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->logit != y->logit) return x->logit < y->logit ? 1 : -1;
    return x->doc < y->doc ? -1 : x->doc > y->doc;
}

static int by_rank(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int by_document(const void *a, const void *b)
{
    const struct fitting *x = a, *y = b;
    return x->doc < y->doc ? -1 : x->doc > y->doc;
}

void candidates_sort(struct candidate *c, size_t n)
{
    qsort(c, n, sizeof *c, by_logit);
}

/* The record lines of the first n candidates, normalised, as the match head was trained on. */
static status record_lines(struct matcher *m, const struct need *need, const struct candidate *c, size_t n, struct arena *a, struct text_span *lines)
{
    enum { LINE_MAX = 600 };
    struct strbuf raw = {0}, line = {0};
    status s = OK;
    for (size_t i = 0; s == OK && i < n; i++) {
        struct product p;
        strbuf_clear(&raw);
        strbuf_clear(&line);
        s = catalogue_get_by_key(m->options.catalogue, index_key(m->index, c[i].doc), a, &p);
        if (s == OK) s = product_record_text(&p, need->language, LINE_MAX, &raw);
        if (s == OK) s = normalize(m->options.normalizer, strbuf_str(&raw), raw.len, &line);
        const char *copy = s == OK ? arena_strndup(a, strbuf_str(&line), line.len) : NULL;
        if (s == OK && !copy) s = fail_nomem("reading candidates");
        if (s == OK) lines[i] = (struct text_span){copy, line.len};
    }
    strbuf_release(&raw);
    strbuf_release(&line);
    return s;
}

/* The raw score of the match head, tamed: beyond +-8 it says no more. */
static float match_feature(float raw)
{
    return fmaxf(-8, fminf(8, raw)) / 4;
}

static status read_with_match_head(struct matcher *m, const struct need *n, struct candidate *c, size_t count)
{
    struct arena a;
    struct text_span lines[CANDIDATES_MAX];
    float probability[CANDIDATES_MAX], raw[CANDIDATES_MAX];
    arena_init(&a, 0);
    status s = record_lines(m, n, c, count, &a, lines);
    if (s == OK) s = session_match(m->options.session, (struct text_span){n->normalised, strlen(n->normalised)}, lines, count, probability, raw);
    for (size_t i = 0; s == OK && i < count; i++) {
        c[i].features[FEATURE_MATCH] = match_feature(raw[i]);
        c[i].reranked = true;
    }
    arena_release(&a);
    return s;
}

/* What denies a word of the need loses against what does not, however near its other words are; alone of its kind it is still an answer, an unsure one. */
static float logit_of(const struct matcher *m, const struct candidate *c)
{
    static const float DENIED_COSTS = 5;
    return fusion_logit(&m->fusion, c->features) - (c->denies ? DENIED_COSTS : 0);
}

status rerank(struct matcher *m, const struct need *n, struct candidate *c, size_t count, size_t read_max)
{
    for (size_t i = 0; i < count; i++) c[i].logit = logit_of(m, &c[i]);
    candidates_sort(c, count);
    if (!read_max) read_max = m->fusion.rerank;
    size_t read = m->options.session ? (read_max < count ? read_max : count) : 0;
    if (!read) return OK;
    TRY(read_with_match_head(m, n, c, read));
    float least = 0;   /* what was not read is taken to fit no better than the worst that was */
    for (size_t i = 0; i < read; i++)
        if (c[i].features[FEATURE_MATCH] < least) least = c[i].features[FEATURE_MATCH];
    for (size_t i = 0; i < count; i++) {
        if (!c[i].reranked) c[i].features[FEATURE_MATCH] = least;
        c[i].logit = logit_of(m, &c[i]);
    }
    candidates_sort(c, count);
    return OK;
}

static float probability_of(float logit)
{
    return 1 / (1 + expf(-logit));
}

/* ---- results ---- */

static status load_results(struct matcher *m, const struct candidate *c, size_t n, struct matches *out)
{
    out->results = arena_zalloc(&out->arena, n, sizeof *out->results);
    if (!out->results) return fail_nomem("loading results");
    for (size_t i = 0; i < n; i++) {
        struct match_result *r = &out->results[out->n++];
        r->score = probability_of(c[i].logit);
        r->doc = c[i].doc;
        memcpy(r->features, c[i].features, sizeof r->features);
        TRY(catalogue_get_by_key(m->options.catalogue, index_key(m->index, c[i].doc), &out->arena, &r->product));
        r->key_id = r->product.id;
        TRY(explain(m, out, r, c[i].doc));
    }
    return OK;
}

static status features_of(struct matcher *m, const struct need *n, struct candidate *c, size_t count)
{
    float *embedding = mem_alloc((index_dim(m->index) + 1) * sizeof *embedding);
    if (!embedding) return fail_nomem("matching a need");
    bool have = false;
    status s = need_embedding(m, n, embedding, &have);
    if (s == OK) s = features_fill(m, n, have ? embedding : NULL, c, count);
    mem_free(embedding);
    return s;
}

static status given_candidates(struct matcher *m, const struct need *n, const struct match_options *o, struct candidate *c, size_t *count)
{
    struct arena a;
    arena_init(&a, 0);
    status s = OK;
    *count = 0;
    FAIL_IF(o->n_candidates > CANDIDATES_MAX, ERR_LIMIT, "%zu candidates for one need, more than %d; split them", o->n_candidates, CANDIDATES_MAX);
    for (size_t i = 0; s == OK && i < o->n_candidates; i++) {
        struct product p;
        uint32_t doc;
        s = catalogue_get(m->options.catalogue, o->candidates[i], &a, &p);
        if (s == OK && !index_find_key(m->index, p.key, &doc)) s = fail(ERR_NOT_FOUND, "product '%s' is not in the index; import again", o->candidates[i]);
        if (s == OK) c[(*count)++] = (struct candidate){.doc = doc};
    }
    arena_release(&a);
    TRY(s);
    return features_of(m, n, c, *count);
}

bool has_named_kind(const struct matcher *m, const struct need *n, uint32_t doc)
{
    struct index_condition kind;
    return n->names_kind && (!need_category(n, &kind) || index_passes(m->index, &(struct index_filter){&kind, 1}, doc));
}

/* What has the kind that was asked for and meets the constraints is an answer, whatever the model makes of all that was said beside it. */
bool candidate_passes(const struct matcher *m, const struct need *n, const struct candidate *c)
{
    static const float LEAST_OF_OTHER = 0.8f;
    float p = probability_of(c->logit);
    return p >= (n->names_other ? fmaxf(LEAST_OF_OTHER, m->fusion.cutoff) : m->fusion.cutoff) || has_named_kind(m, n, c->doc);
}

/* Which of the candidates, which are sorted, may be shown: where some of the kind that was asked for pass, no others; and where something fits well, what fits far
 * less is no answer: beside a tent of 0.93 a mouse of 0.33 is not shown. */
struct bar { bool kind; float least; };
static struct bar bar_of(const struct matcher *m, const struct need *n, const struct candidate *c, size_t count)
{
    static const float SHARE_OF_BEST = 0.5f;
    struct bar b = {false, 2};
    for (size_t i = 0; i < count; i++) {
        bool kind = has_named_kind(m, n, c[i].doc);
        if (!candidate_passes(m, n, &c[i]) || (b.least < 1 && (b.kind || !kind))) continue;
        b = (struct bar){kind, SHARE_OF_BEST * probability_of(c[i].logit)};
    }
    return b;
}

static bool passes_bar(const struct matcher *m, const struct need *n, const struct bar *b, const struct candidate *c)
{
    return probability_of(c->logit) >= b->least && candidate_passes(m, n, c) && (!b->kind || has_named_kind(m, n, c->doc));
}

/* Ids that the index does not know exclude nothing. */
static status read_excluded(struct matcher *m, const char *const *ids, size_t n, struct excluded *out)
{
    struct arena a;
    status s = OK;
    arena_init(&a, 0);
    out->n = 0;
    for (size_t i = 0; s == OK && i < n && out->n < sizeof out->docs / sizeof out->docs[0]; i++) {
        struct product p;
        s = catalogue_get(m->options.catalogue, ids[i], &a, &p);
        if (s == OK && index_find_key(m->index, p.key, &out->docs[out->n])) out->n++;
        if (s == ERR_NOT_FOUND) s = OK;   /* no longer sold */
    }
    arena_release(&a);
    return s;
}

static bool fits(const struct fitting *list, size_t n, uint32_t doc)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].doc < doc) low = middle + 1;
        else high = middle;
    }
    return low < n && list[low].doc == doc;
}

/* Candidates without the excluded ones, and with as many of the fitting as there is room for. */
static status candidates_complete(struct matcher *m, const struct matches *out, const struct excluded *x, struct candidate *c, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        c[kept] = c[i];
        c[kept].fits = fits(out->fitting, out->n_fitting, c[i].doc);
        kept += !is_excluded(x, c[i].doc);
    }
    size_t ranked = kept;
    for (size_t i = 0; i < out->n_fitting && kept < CANDIDATES_MAX; i++) {
        bool known = false;
        for (size_t k = 0; k < ranked && !known; k++) known = c[k].doc == out->fitting[i].doc;
        if (!known) c[kept++] = (struct candidate){.doc = out->fitting[i].doc, .fits = true};
    }
    *count = kept;
    return kept > ranked ? features_of(m, &out->need, c + ranked, kept - ranked) : OK;
}

/* What is shown fits, by its meaning if not by its words: ranked results join the list of what fits. */
static status fitting_join(struct matches *out, const struct candidate *c, size_t n)
{
    size_t added = 0;
    for (size_t i = 0; i < n; i++) added += !c[i].fits;
    if (!added) return OK;
    struct fitting *list = arena_alloc(&out->arena, (out->n_fitting + added) * sizeof *list);
    if (!list) return fail_nomem("listing what fits");
    if (out->n_fitting) memcpy(list, out->fitting, out->n_fitting * sizeof *list);
    for (size_t i = 0; i < n; i++)
        if (!c[i].fits) list[out->n_fitting++] = (struct fitting){c[i].doc, fmaxf(probability_of(c[i].logit), 0.01f)};
    qsort(list, out->n_fitting, sizeof *list, by_document);
    out->fitting = list;
    return OK;
}

/* The page of an order: nothing is cut off, only what fits is in the list; scores are for information. */
static status match_ordered(struct matcher *m, const struct match_options *o, struct candidate *c, struct matches *out)
{
    size_t count = 0;
    TRY(fitting_order(m, o->order, out->fitting, out->n_fitting, m->docs));
    for (size_t i = o->offset; i < out->n_fitting && count < o->top_k && count < CANDIDATES_MAX; i++, count++)
        c[count] = (struct candidate){.doc = m->docs[i], .fits = true, .rank = (uint32_t)count};
    TRY(features_of(m, &out->need, c, count));
    TRY(rerank(m, &out->need, c, count, o->rerank));
    qsort(c, count, sizeof *c, by_rank);
    TRY(load_results(m, c, count, out));
    return out->n_fitting ? OK : relax(m, out, o->in_stock);
}

/* How many of the candidates, which are sorted, may be shown. Where the best one fits by its words, all that fit and no others, moved to the
 * front; else (the need is met in other words) whatever is above the cut-off, and what fits. */
static size_t fitting_end(const struct matcher *m, const struct need *n, const struct match_options *o, struct candidate *c, size_t count)
{
    const struct bar bar = bar_of(m, n, c, count);
    bool by_words = count && c[0].fits;
    size_t end = 0;
    if (!count || (!o->all && bar.least > 1)) return 0;
    for (size_t i = 0; i < count; i++) {
        bool shown = c[i].fits || (!by_words && (o->all || passes_bar(m, n, &bar, &c[i])));
        c[i].rank = (uint32_t)i + (shown ? 0 : CANDIDATES_MAX);
        end += shown;
    }
    qsort(c, count, sizeof *c, by_rank);
    return end;
}

static void seen_last(const struct excluded *seen, struct candidate *c, size_t n)
{
    for (size_t i = 0; i < n; i++) c[i].rank = (uint32_t)i + (is_excluded(seen, c[i].doc) ? CANDIDATES_MAX : 0);
    qsort(c, n, sizeof *c, by_rank);
}

/* Those that may be shown are moved to the front. */
static size_t shown_end(const struct matcher *m, const struct need *n, const struct match_options *o, struct candidate *c, size_t count)
{
    size_t kept = 0;
    const struct bar bar = bar_of(m, n, c, count);
    for (size_t i = 0; i < count; i++) {
        bool shown = o->candidates || o->all || passes_bar(m, n, &bar, &c[i]);
        c[i].rank = (uint32_t)i + (shown ? 0 : CANDIDATES_MAX);
        kept += shown;
    }
    qsort(c, count, sizeof *c, by_rank);
    return kept;
}

static status match_ranked(struct matcher *m, const struct match_options *o, const struct excluded *x, const struct excluded *seen, const struct filter_storage *filter, struct candidate *c,
                           struct matches *out)
{
    size_t count;
    bool given = o->candidates != NULL;
    uint64_t start = clock_ns();
    if (given) TRY(given_candidates(m, &out->need, o, c, &count));
    else TRY(retrieve(m, &out->need, filter, c, &count));
    if (!given && (o->fitting || x->n)) TRY(candidates_complete(m, out, x, c, &count));
    uint64_t retrieved = clock_ns();
    TRY(rerank(m, &out->need, c, count, o->rerank));
    uint64_t ranked = clock_ns();
    size_t end = o->fitting && !given ? fitting_end(m, &out->need, o, c, count) : shown_end(m, &out->need, o, c, count), first = given ? 0 : o->offset < end ? o->offset : end;
    if (o->fitting && seen->n) seen_last(seen, c, end);
    size_t shown = given || o->top_k > end - first ? end - first : o->top_k;
    if (o->fitting && end) TRY(fitting_join(out, c, end));
    if (o->fitting && !end) out->n_fitting = 0;
    TRY(load_results(m, c + first, shown, out));
    if (!end && !given) TRY(relax(m, out, o->in_stock));
    out->times.retrieve_ns += retrieved - start;
    out->times.rerank_ns = ranked - retrieved;
    out->times.explain_ns = clock_ns() - ranked;
    return OK;
}

static status match_shop(struct matcher *m, const struct match_options *o, struct candidate *c, struct matches *out)
{
    struct filter_storage filter;
    struct excluded x, seen;
    uint64_t start = clock_ns();
    need_filter(&out->need, NO_CONSTRAINT, o->in_stock, &filter);
    TRY(read_excluded(m, o->excluded, o->n_excluded, &x));
    TRY(read_excluded(m, o->seen, o->n_seen, &seen));
    bool ordered = o->order != ORDER_FIT && !o->candidates;
    if ((o->fitting || ordered) && !o->candidates) TRY(fitting_find(m, &out->need, &filter, &x, &out->arena, &out->fitting, &out->n_fitting));
    out->times.retrieve_ns = clock_ns() - start;
    return ordered ? match_ordered(m, o, c, out) : match_ranked(m, o, &x, &seen, &filter, c, out);
}

status matcher_match_need(struct matcher *m, struct need *need, const struct match_options *o, struct matches *out)
{
    *out = (struct matches){.need = *need};
    *need = (struct need){0};
    arena_init(&out->arena, 0);
    struct candidate *c = mem_zalloc(CANDIDATES_MAX, sizeof *c);
    status s = c ? match_shop(m, o, c, out) : fail_nomem("matching a need");
    mem_free(c);
    if (s != OK) matches_release(out);
    return s;
}

status matcher_match(struct matcher *m, const char *text, size_t n, const struct match_options *o, struct matches *out)
{
    struct need need;
    *out = (struct matches){0};
    uint64_t start = clock_ns();
    TRY(matcher_understand(m, text, n, &need));
    uint64_t understand_ns = clock_ns() - start;
    TRY(matcher_match_need(m, &need, o, out));
    out->times.understand_ns = understand_ns;
    return OK;
}

/* ---- judged pairs ---- */

status match_pairs(struct session *s, const struct normalizer *z, const struct text_span *needs, const struct text_span *items, size_t n, float *probability)
{
    struct strbuf need = {0}, item = {0};
    status result = OK;
    for (size_t i = 0; result == OK && i < n; i++) {
        strbuf_clear(&need);
        strbuf_clear(&item);
        result = normalize(z, needs[i].s, needs[i].n, &need);
        if (result == OK) result = normalize(z, items[i].s, items[i].n, &item);
        struct text_span one = {strbuf_str(&item), item.len};
        if (result == OK) result = session_match(s, (struct text_span){strbuf_str(&need), need.len}, &one, 1, &probability[i], NULL);
    }
    strbuf_release(&need);
    strbuf_release(&item);
    return result;
}
