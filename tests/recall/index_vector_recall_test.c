/* Recall@10 of the int8 scan against exact float cosine, on vectors in clusters as embeddings lie. */
#include "../unit/index_fixture.h"

enum { DOCS = 20000, DIM = 256, CLUSTERS = 200, QUERIES = 100, K = 10 };

/* A point near a centre: its cosine to the centre is about 0.7. */
static void near(float *out, const float *centre, struct rng *r)
{
    double sum = 0;
    for (size_t i = 0; i < DIM; i++) {
        out[i] = centre[i] + (float)(rng_normal(r) / sqrt(DIM));
        sum += (double)out[i] * out[i];
    }
    for (size_t i = 0; i < DIM; i++) out[i] = (float)(out[i] / sqrt(sum));
}

static struct index *index_of_vectors(const float *vectors, size_t n)
{
    struct index_schema schema = {.dim = DIM};
    struct index_builder *b;
    struct index *x;
    const char *path = temporary_path("recall");
    ok(index_builder_new(&schema, &b));
    for (size_t d = 0; d < n; d++) ok(index_builder_add(b, &(struct index_document){.key = (int64_t)d, .vector = vectors + d * DIM}));
    ok(index_builder_write(b, path, 1, NULL, NULL));
    index_builder_free(b);
    ok(index_open(path, &x));
    unlink(path);
    return x;
}

static size_t exact_best(const float *vectors, const float *query, uint32_t best[K])
{
    double scores[K];
    size_t n = 0;
    for (uint32_t d = 0; d < DOCS; d++) {
        float score = 0;
        for (size_t i = 0; i < DIM; i++) score += vectors[d * DIM + i] * query[i];
        if (n == K && score <= scores[K - 1]) continue;
        size_t i = n < K ? n++ : K - 1;
        for (; i && scores[i - 1] < score; i--) {
            scores[i] = scores[i - 1];
            best[i] = best[i - 1];
        }
        scores[i] = score;
        best[i] = d;
    }
    return n;
}

static size_t common(const struct index_hit *hits, const uint32_t *best)
{
    size_t n = 0;
    for (size_t i = 0; i < K; i++)
        for (size_t j = 0; j < K; j++) n += hits[i].doc == best[j];
    return n;
}

static void recall_at_10(void **state)
{
    (void)state;
    float *centres = calloc(CLUSTERS * DIM, sizeof *centres), *vectors = calloc((size_t)DOCS * DIM, sizeof *vectors);
    struct compute *compute;
    struct index_scratch *scratch;
    struct rng r;
    rng_seed(&r, 12);
    for (size_t i = 0; i < CLUSTERS; i++) plain_unit_vector(centres + i * DIM, DIM, &r);
    for (size_t d = 0; d < DOCS; d++) near(vectors + d * DIM, centres + rng_below(&r, CLUSTERS) * DIM, &r);
    struct index *x = index_of_vectors(vectors, DOCS);
    ok(compute_new(&(struct compute_options){0}, &compute));
    ok(index_scratch_new(&scratch));
    size_t found = 0;
    for (size_t q = 0; q < QUERIES; q++) {
        float query[DIM];
        uint32_t best[K];
        struct index_hit hits[K];
        size_t n;
        near(query, centres + rng_below(&r, CLUSTERS) * DIM, &r);
        assert_int_equal(exact_best(vectors, query, best), K);
        ok(index_search_vector(x, compute, scratch, query, NULL, hits, K, &n));
        assert_int_equal(n, K);
        found += common(hits, best);
    }
    double recall = (double)found / (QUERIES * K);
    print_message("recall@10 %.4f\n", recall);
    assert_true(recall >= 0.98);
    index_close(x);
    index_scratch_free(scratch);
    compute_free(compute);
    free(centres);
    free(vectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(recall_at_10)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
