/* The scan of the vectors against the sum written out, with filters, gaps and odd queries. */
#include "index_fixture.h"

enum { DIM = 64 };

struct world {
    struct plain_shop shop;
    struct index *x;
    struct compute *compute;
    struct index_scratch *scratch;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    plain_shop_fill(&w->shop, 40000, DIM, 50, 3);   /* more than one chunk of the scan */
    w->x = plain_index(&w->shop);
    ok(compute_new(&(struct compute_options){.threads = 2}, &w->compute));
    ok(index_scratch_new(&w->scratch));
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    index_close(w->x);
    plain_shop_release(&w->shop);
    compute_free(w->compute);
    index_scratch_free(w->scratch);
    free(w);
    return 0;
}

static double cosine(const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < DIM; i++) sum += (double)a[i] * b[i];
    return sum;
}

/* int8 on both sides: an error of half a step of about 3/sqrt(DIM)/127 a number, random in sign. */
static void scores_are_cosines(void **state)
{
    struct world *w = *state;
    struct index_hit *hits = calloc(w->shop.n, sizeof *hits);
    struct rng r;
    rng_seed(&r, 4);
    for (int round = 0; round < 3; round++) {
        float query[DIM];
        size_t n, with_vector = 0;
        plain_unit_vector(query, DIM, &r);
        ok(index_search_vector(w->x, w->compute, w->scratch, query, NULL, hits, w->shop.n, &n));
        for (size_t d = 0; d < w->shop.n; d++) with_vector += w->shop.docs[d].has_vector;
        assert_int_equal(n, with_vector);
        for (size_t i = 0; i < n; i++) {
            double exact = cosine(query, w->shop.vectors + hits[i].doc * DIM);
            assert_true(w->shop.docs[hits[i].doc].has_vector);
            assert_true(fabs(hits[i].score - exact) < 0.015);
            assert_true(fabs(index_vector_score(w->x, hits[i].doc, query) - exact) < 0.01);
            assert_true(!i || hits[i - 1].score > hits[i].score || (hits[i - 1].score == hits[i].score && hits[i - 1].doc < hits[i].doc));
        }
    }
    free(hits);
}

static void filtered_scan_is_filter_after_scan(void **state)
{
    struct world *w = *state;
    struct index_hit *all = calloc(w->shop.n, sizeof *all), got[50];
    struct rng r;
    rng_seed(&r, 5);
    for (int round = 0; round < 25; round++) {
        float query[DIM];
        size_t n_all, n, k = rng_below(&r, 51), expected = 0;
        struct random_filter space;
        const struct index_filter *f = random_filter(&space, w->x, &r);
        plain_unit_vector(query, DIM, &r);
        ok(index_search_vector(w->x, w->compute, w->scratch, query, NULL, all, w->shop.n, &n_all));
        ok(index_search_vector(w->x, w->compute, w->scratch, query, f, got, k, &n));
        for (size_t i = 0; i < n_all && expected < k; i++) {
            if (!plain_passes(&w->shop, w->x, f, all[i].doc)) continue;
            assert_int_equal(got[expected].doc, all[i].doc);
            assert_true(got[expected++].score == all[i].score);
        }
        assert_int_equal(n, expected);
    }
    free(all);
}

static void documents_without_vectors(void **state)
{
    struct world *w = *state;
    float query[DIM] = {1};
    for (uint32_t d = 0; d < 200; d++) assert_int_equal(index_vector_score(w->x, d, query) == -2, !w->shop.docs[d].has_vector);
    assert_true(index_vector_score(w->x, (uint32_t)w->shop.n, query) == -2);
}

static void odd_queries_are_refused_or_harmless(void **state)
{
    struct world *w = *state;
    struct index_hit hits[3];
    float query[DIM] = {0};
    size_t n;
    ok(index_search_vector(w->x, w->compute, w->scratch, query, NULL, hits, 3, &n));
    assert_int_equal(n, 3);
    ok(index_search_vector(w->x, w->compute, w->scratch, query, NULL, NULL, 0, &n));
    assert_int_equal(n, 0);
    query[DIM - 1] = INFINITY;
    assert_int_equal(index_search_vector(w->x, w->compute, w->scratch, query, NULL, hits, 3, &n), ERR_USAGE);
    struct plain_shop plain;
    plain_shop_fill(&plain, 5, 0, 5, 1);
    struct index *x = plain_index(&plain);
    assert_int_equal(index_dim(x), 0);
    assert_int_equal(index_search_vector(x, w->compute, w->scratch, query, NULL, hits, 3, &n), ERR_USAGE);
    assert_true(index_vector_score(x, 0, query) == -2);
    index_close(x);
    plain_shop_release(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_cosines),
        cmocka_unit_test(filtered_scan_is_filter_after_scan),
        cmocka_unit_test(documents_without_vectors),
        cmocka_unit_test(odd_queries_are_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
