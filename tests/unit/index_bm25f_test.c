/* The search against the formula: scores against a naive sum in double, order and filters against an exhaustive pass. */
#include "index_fixture.h"

struct query {
    struct index_query_term terms[8];
    char names[8][16];
    uint32_t numbers[8];
    size_t n;
};

static void random_query(struct query *q, struct rng *r, uint32_t vocabulary)
{
    q->n = rng_below(r, 9);
    for (size_t i = 0; i < q->n; i++) {
        q->numbers[i] = rng_below(r, 2) ? skewed(r, vocabulary) : (uint32_t)rng_below(r, vocabulary + 3);
        q->terms[i] = (struct index_query_term){q->names[i], (uint16_t)term_name(q->names[i], q->numbers[i]), (float)(0.1 + rng_unit(r) * 3)};
    }
}

static void random_parameters(struct bm25f *p, struct rng *r)
{
    bm25f_default(p, FIELDS);
    if (rng_below(r, 3) == 0) return;
    p->k1 = rng_below(r, 4) ? (float)(rng_unit(r) * 3) : 0;   /* 0: only which terms are there counts, so there are many ties */
    for (size_t f = 0; f < FIELDS; f++) {
        p->weight[f] = rng_below(r, 6) ? (float)(rng_unit(r) * 5) : 0;
        p->b[f] = rng_below(r, 4) ? (float)rng_unit(r) : (float)rng_below(r, 2);
    }
}

static double naive_score(const struct plain_shop *s, const struct query *q, const struct bm25f *p, size_t d)
{
    double score = 0;
    for (size_t i = 0; i < q->n; i++) {
        double frequency = 0, df = (double)plain_df(s, q->numbers[i]);
        for (size_t f = 0; f < FIELDS; f++) {
            double length = (double)s->docs[d].n_terms[f];
            double tf = (double)plain_frequency(&s->docs[d], f, q->numbers[i]);
            if (tf > 0) frequency += p->weight[f] * tf / (1 - p->b[f] + p->b[f] * length / plain_average(s, f));
        }
        if (frequency <= 0) continue;
        double idf = log(1 + ((double)s->n - df + 0.5) / (df + 0.5));
        score += q->terms[i].weight * idf * frequency * (p->k1 + 1.0) / (p->k1 + frequency);
    }
    return score;
}

static void scores_are_the_formula(void **state)
{
    (void)state;
    struct plain_shop s;
    plain_shop_fill(&s, 200, 0, 120, 3);
    struct index *x = plain_index(&s);
    struct rng r;
    rng_seed(&r, 8);
    for (int round = 0; round < 40; round++) {
        struct query q;
        struct bm25f p;
        random_query(&q, &r, s.vocabulary);
        random_parameters(&p, &r);
        for (uint32_t d = 0; d < s.n; d += 3) {
            float score;
            ok(index_score_terms(x, q.terms, q.n, &p, &d, 1, &score));
            double expected = naive_score(&s, &q, &p, d);
            if (fabs(score - expected) > 1e-5 * (1 + expected)) fail_msg("document %u: %.7f, not %.7f", d, (double)score, expected);
        }
    }
    index_close(x);
    plain_shop_release(&s);
}

static int by_score(const void *a, const void *b)
{
    const struct index_hit *p = a, *q = b;
    if (p->score != q->score) return p->score < q->score ? 1 : -1;
    return p->doc < q->doc ? -1 : 1;
}

/* All documents scored one by one, filtered, sorted. */
static size_t exhaustive(const struct plain_shop *s, const struct index *x, const struct query *q, const struct bm25f *p, const struct index_filter *f, struct index_hit *out)
{
    uint32_t *docs = calloc(s->n + 1, sizeof *docs);
    float *scores = calloc(s->n + 1, sizeof *scores);
    size_t n = 0;
    for (size_t d = 0; d < s->n; d++) docs[d] = (uint32_t)d;
    ok(index_score_terms(x, q->terms, q->n, p, docs, s->n, scores));
    for (size_t d = 0; d < s->n; d++)
        if (scores[d] > 0 && plain_passes(s, x, f, d)) out[n++] = (struct index_hit){docs[d], scores[d]};
    qsort(out, n, sizeof *out, by_score);
    free(docs);
    free(scores);
    return n;
}

static void compare_search(size_t n_docs, uint32_t vocabulary, int rounds, uint64_t seed)
{
    struct plain_shop s;
    plain_shop_fill(&s, n_docs, 0, vocabulary, seed);
    struct index *x = plain_index(&s);
    struct index_scratch *scratch;
    ok(index_scratch_new(&scratch));
    struct index_hit *all = calloc(n_docs + 1, sizeof *all), *got = calloc(n_docs + 1, sizeof *got);
    struct rng r;
    rng_seed(&r, seed);
    for (int round = 0; round < rounds; round++) {
        struct query q;
        struct bm25f p;
        struct random_filter space;
        random_query(&q, &r, vocabulary);
        random_parameters(&p, &r);
        const struct index_filter *f = random_filter(&space, x, &r);
        const size_t ks[] = {0, 1, 2, 10, 100, n_docs};
        size_t k = ks[rng_below(&r, 6)], n, expected = exhaustive(&s, x, &q, &p, f, all);
        ok(index_search_terms(x, scratch, q.terms, q.n, &p, f, got, k, &n));
        assert_int_equal(n, expected < k ? expected : k);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(got[i].doc, all[i].doc);
            assert_memory_equal(&got[i].score, &all[i].score, sizeof all[i].score);
        }
    }
    free(all);
    free(got);
    index_scratch_free(scratch);
    index_close(x);
    plain_shop_release(&s);
}

static void search_is_exhaustive_search_small(void **state)
{
    (void)state;
    compare_search(300, 60, 600, 1);
    compare_search(37, 9, 300, 2);
}

static void search_is_exhaustive_search_over_windows(void **state)
{
    (void)state;
    compare_search(12000, 3000, 150, 5);
}

static void search_is_exhaustive_search_70000(void **state)
{
    (void)state;
    compare_search(70000, 9000, 12, 6);
}

/* ---- corners ---- */

static struct index *index_of(const struct term_list *lists, size_t n_docs)
{
    struct index_schema schema = {.fields = {"title"}, .n_fields = 1};
    struct index_builder *b;
    struct index *x;
    const char *path = temporary_path("corner");
    ok(index_builder_new(&schema, &b));
    for (size_t d = 0; d < n_docs; d++) ok(index_builder_add(b, &(struct index_document){.key = (int64_t)d, .fields = &lists[d]}));
    ok(index_builder_write(b, path, 9, NULL, NULL));
    index_builder_free(b);
    ok(index_open(path, &x));
    unlink(path);
    return x;
}

static size_t search_one(const struct index *x, const char *term, struct index_hit *out, size_t k)
{
    struct index_scratch *scratch;
    struct bm25f p;
    size_t n;
    ok(index_scratch_new(&scratch));
    bm25f_default(&p, 1);
    ok(index_search_terms(x, scratch, &(struct index_query_term){term, (uint16_t)strlen(term), 1}, 1, &p, NULL, out, k, &n));
    index_scratch_free(scratch);
    return n;
}

static void empty_index_finds_nothing(void **state)
{
    (void)state;
    struct index *x = index_of(NULL, 0);
    struct index_hit hit;
    assert_int_equal(index_count(x), 0);
    assert_int_equal(search_one(x, "a", &hit, 1), 0);
    assert_int_equal(index_document_frequency(x, "a", 1), 0);
    assert_int_equal(index_filter_count(x, NULL), 0);
    assert_int_equal(index_source_version(x), 9);
    assert_string_equal(index_note(x), "");
    index_close(x);
}

static void ties_go_to_the_lower_document(void **state)
{
    (void)state;
    struct term t = {.text = "same", .length = 4};
    struct term_list lists[20];
    for (size_t i = 0; i < 20; i++) lists[i] = (struct term_list){&t, 1, 1};
    struct index *x = index_of(lists, 20);
    struct index_hit hits[7];
    assert_int_equal(search_one(x, "same", hits, 7), 7);
    for (uint32_t i = 0; i < 7; i++) assert_int_equal(hits[i].doc, i);
    index_close(x);
}

static void long_fields_saturate(void **state)
{
    (void)state;
    enum { N = 70000 };
    struct term *terms = calloc(N, sizeof *terms);
    static char too_long[INDEX_TERM_BYTES_MAX + 1];
    memset(too_long, 'x', sizeof too_long);
    for (uint32_t i = 0; i < N; i++) terms[i] = (struct term){.text = "again", .length = 5, .position = i};
    terms[N - 1] = (struct term){.text = "last", .length = 4, .position = 4000000000u};
    terms[N - 2] = (struct term){.text = too_long, .length = sizeof too_long, .position = 1};
    terms[N - 3] = (struct term){.text = too_long, .length = sizeof too_long - 1, .position = 1};
    struct index *x = index_of(&(struct term_list){terms, N, N}, 1);
    uint32_t frequency, position;
    struct index_hit hit;
    assert_int_equal(index_term_fields(x, 0, "again", 5, &frequency), 1);
    assert_int_equal(frequency, 1023);
    assert_int_equal(index_field_length(x, 0, 0), 65535);
    assert_true(index_term_position(x, 0, "last", 4, 0, &position));
    assert_int_equal(position, 131071);
    assert_int_equal(search_one(x, "last", &hit, 1), 1);
    assert_true(isfinite(hit.score));
    assert_int_equal(index_document_frequency(x, too_long, sizeof too_long), 0);
    assert_int_equal(index_document_frequency(x, too_long, sizeof too_long - 1), 1);
    index_close(x);
    free(terms);
}

static void postings_tell_fields_and_positions(void **state)
{
    (void)state;
    struct plain_shop s;
    plain_shop_fill(&s, 120, 0, 50, 4);
    struct index *x = plain_index(&s);
    for (uint32_t term = 0; term < 52; term++) {
        char name[16];
        size_t n = term_name(name, term);
        assert_int_equal(index_document_frequency(x, name, n), plain_df(&s, term));
        for (uint32_t d = 0; d < s.n; d++) {
            uint32_t mask = 0, sum = 0, frequency, position;
            for (size_t f = 0; f < FIELDS; f++) {
                size_t tf = plain_frequency(&s.docs[d], f, term), first = 0;
                sum += (uint32_t)tf;
                mask |= (tf > 0) << f;
                while (tf && s.docs[d].terms[f][first] != term) first++;
                assert_int_equal(index_term_position(x, d, name, n, f, &position), tf > 0);
                if (tf) assert_int_equal(position, first);
            }
            assert_int_equal(index_term_fields(x, d, name, n, &frequency), mask);
            assert_int_equal(frequency, sum);
        }
    }
    index_close(x);
    plain_shop_release(&s);
}

static void parts_add_up(void **state)
{
    (void)state;
    struct plain_shop s;
    plain_shop_fill(&s, 100, 0, 30, 4);
    struct index *x = plain_index(&s);
    struct bm25f p;
    bm25f_default(&p, FIELDS);
    struct index_query_term terms[] = {{"a0", 2, 1}, {"b1", 2, 2}, {"c2", 2, 0.5f}, {"nowhere", 7, 1}};
    for (uint32_t d = 0; d < 100; d++) {
        float parts[4], score;
        ok(index_explain_terms(x, terms, 4, &p, d, parts));
        ok(index_score_terms(x, terms, 4, &p, &d, 1, &score));
        assert_true(fabsf(parts[0] + parts[1] + parts[2] - score) < 1e-5f * (1 + score));
        assert_true(parts[3] == 0);
    }
    uint32_t outside = 100;
    float score = 1;
    ok(index_score_terms(x, terms, 4, &p, &outside, 1, &score));
    assert_true(score == 0);
    index_close(x);
    plain_shop_release(&s);
}

static void odd_weights_and_parameters(void **state)
{
    (void)state;
    struct plain_shop s;
    plain_shop_fill(&s, 100, 0, 30, 4);
    struct index *x = plain_index(&s);
    struct bm25f p;
    bm25f_default(&p, FIELDS);
    const struct index_query_term twice[] = {{"a0", 2, 1}, {"a0", 2, 2}, {"b1", 2, -1}, {"c2", 2, 0}, {"d3", 2, NAN}, {"e4", 2, INFINITY}, {"", 0, 1}};
    const struct index_query_term once = {"a0", 2, 3};
    uint32_t doc = 0;
    float a, b;
    for (doc = 0; doc < 100; doc++) {
        ok(index_score_terms(x, twice, 7, &p, &doc, 1, &a));
        ok(index_score_terms(x, &once, 1, &p, &doc, 1, &b));
        assert_true(a == b);
    }
    const float bad[] = {-1, NAN, INFINITY};
    for (size_t i = 0; i < 3; i++) {
        struct bm25f q = p;
        q.k1 = bad[i];
        assert_int_equal(index_score_terms(x, &once, 1, &q, &doc, 1, &a), ERR_USAGE);
        q = p;
        q.weight[1] = bad[i];
        assert_int_equal(index_score_terms(x, &once, 1, &q, &doc, 1, &a), ERR_USAGE);
        q = p;
        q.b[2] = bad[i];
        assert_int_equal(index_score_terms(x, &once, 1, &q, &doc, 1, &a), ERR_USAGE);
    }
    index_close(x);
    plain_shop_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_the_formula),
        cmocka_unit_test(search_is_exhaustive_search_small),
        cmocka_unit_test(search_is_exhaustive_search_over_windows),
        cmocka_unit_test(search_is_exhaustive_search_70000),
        cmocka_unit_test(empty_index_finds_nothing),
        cmocka_unit_test(ties_go_to_the_lower_document),
        cmocka_unit_test(long_fields_saturate),
        cmocka_unit_test(postings_tell_fields_and_positions),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(odd_weights_and_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
