/* Loading a model directory; embedding and matching in batches. */
#include "decode_fixture.h"

#include <fcntl.h>

enum { N_TEXTS = 60 };

struct world {
    char *directory;
    char *texts[N_TEXTS];
    struct text_span spans[N_TEXTS];
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct rng rng;
    rng_seed(&rng, 5);
    w->directory = fixture_directory(500, 320, 1);
    for (size_t i = 0; i < N_TEXTS; i++) {   /* lengths from nothing to far over EMBED_TOKENS_MAX */
        struct strbuf b = {0};
        size_t pieces = i % 7 == 0 ? 40 : i % 5;
        for (size_t k = 0; k < pieces; k++) strbuf_puts(&b, fixture_texts[rng_below(&rng, 9)]);
        w->texts[i] = strdup(strbuf_str(&b));
        w->spans[i] = span(w->texts[i]);
        strbuf_release(&b);
    }
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    fixture_remove(w->directory);
    for (size_t i = 0; i < N_TEXTS; i++) free(w->texts[i]);
    free(w);
    return 0;
}

/* ---- loading ---- */

static status open_session(const char *directory)
{
    struct session *s = NULL;
    status result = session_new(&(struct session_options){.model_directory = directory, .threads = 1}, &s);
    if (result == OK) session_free(s);
    else assert_null(s);
    return result;
}

static void missing_directories_are_explained(void **state)
{
    (void)state;
    assert_int_equal(open_session(NULL), ERR_USAGE);
    assert_int_equal(open_session(""), ERR_USAGE);
    assert_int_equal(open_session("/nonexistent/model"), ERR_NOT_FOUND);
    assert_non_null(strstr(status_message(), "/nonexistent/model"));
    assert_non_null(strstr(status_message(), "config.json"));
    struct session *s;
    assert_int_equal(session_new(&(struct session_options){.model_directory = "/tmp", .device = "abacus"}, &s), ERR_NOT_FOUND);
}

static void unknown_devices_are_refused(void **state)
{
    struct world *w = *state;
    struct session *s;
    assert_int_equal(session_new(&(struct session_options){.model_directory = w->directory, .device = "abacus"}, &s), ERR_USAGE);
    assert_non_null(strstr(status_message(), "abacus"));
}

static void truncate_file(const char *directory, const char *name, long keep)
{
    char path[512];
    fixture_path(path, directory, name);
    assert_int_equal(truncate(path, keep), 0);
}

static void overwrite(const char *directory, const char *name, long at, const char *bytes)
{
    char path[512];
    fixture_path(path, directory, name);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0 && pwrite(fd, bytes, strlen(bytes), at) > 0);
    close(fd);
}

static void damaged_files_are_explained(void **state)
{
    (void)state;
    const char *names[] = {"config.json", "model.safetensors", "tokenizer.json"};
    for (int i = 0; i < 3; i++) {
        for (int how = 0; how < 4; how++) {
            char *directory = fixture_directory(300, 64, 2), path[512];
            fixture_path(path, directory, names[i]);
            if (how == 0) unlink(path);
            else if (how == 1) truncate_file(directory, names[i], 0);
            else if (how == 2) truncate_file(directory, names[i], 100);
            else overwrite(directory, names[i], 9, "{{{{\xFF");
            assert_int_not_equal(open_session(directory), OK);
            assert_true(strlen(status_message()) > 20);
            assert_non_null(strstr(status_message(), directory));
            fixture_remove(directory);
        }
    }
}

static void tokenizer_of_another_model_is_refused(void **state)
{
    (void)state;
    char *small = fixture_directory(280, 64, 2), path[512];
    struct tokenizer *t = fixture_tokenizer(400);
    fixture_path(path, small, "tokenizer.json");
    ok(tokenizer_save(t, path));
    tokenizer_free(t);
    assert_int_equal(open_session(small), ERR_FORMAT);
    assert_non_null(strstr(status_message(), "do not belong together"));
    fixture_remove(small);
}

static void every_allocation_of_loading_may_fail(void **state)
{
    struct world *w = *state;
    size_t failures = 0;
    for (uint64_t n = 1;; n++) {
        struct session *s = NULL;
        mem_fail_at(n);
        status result = session_new(&(struct session_options){.model_directory = w->directory, .threads = 1, .batch_tokens_max = 256}, &s);
        mem_fail_at(0);
        if (result == OK) {
            session_free(s);
            break;
        }
        assert_int_equal(result, ERR_NOMEM);
        assert_null(s);
        failures++;
        if (n > 200) n += n / 20;   /* the tokenizer makes thousands alike */
    }
    assert_true(failures > 10);
}

/* ---- embed and match ---- */

static void embeddings_do_not_depend_on_the_batch(void **state)
{
    struct world *w = *state;
    struct session *large = fixture_session(w->directory, 4096), *small = fixture_session(w->directory, 1);
    size_t C = session_config(large)->d_model;
    float *all = malloc(N_TEXTS * C * sizeof *all), *reversed = malloc(N_TEXTS * C * sizeof *all), *one = malloc(C * sizeof *all);
    struct text_span backwards[N_TEXTS];
    for (size_t i = 0; i < N_TEXTS; i++) backwards[i] = w->spans[N_TEXTS - 1 - i];
    ok(session_embed(large, TOKEN_ITEM, w->spans, N_TEXTS, all));
    ok(session_embed(small, TOKEN_ITEM, backwards, N_TEXTS, reversed));
    for (size_t i = 0; i < N_TEXTS; i++) {
        double norm = 0;
        ok(session_embed(large, TOKEN_ITEM, &w->spans[i], 1, one));
        for (size_t k = 0; k < C; k++) {
            norm += (double)one[k] * one[k];
            assert_float_equal(all[i * C + k], one[k], 1e-5);
            assert_float_equal(reversed[(N_TEXTS - 1 - i) * C + k], one[k], 1e-5);
        }
        assert_float_equal(norm, 1, 1e-5);
    }
    ok(session_embed(large, TOKEN_NEED, &w->spans[1], 1, one));   /* the kind matters */
    double difference = 0;
    for (size_t k = 0; k < C; k++) difference += fabs(one[k] - all[C + k]);
    assert_true(difference > 1e-3);
    ok(session_embed(large, TOKEN_ITEM, NULL, 0, NULL));
    assert_int_equal(session_embed(large, TOKEN_SEP, w->spans, 1, one), ERR_USAGE);
    free(all);
    free(reversed);
    free(one);
    session_free(large);
    session_free(small);
}

static void embedding_reads_what_training_lays_out(void **state)
{
    struct world *w = *state;
    struct session *s = fixture_session(w->directory, 0);
    struct infer_run *run;
    size_t C = session_config(s)->d_model;
    float expected[64], got[64], score, probability, raw;
    int32_t a_ids[256], b_ids[256], ids[256], positions[256], overlap[256];
    for (int i = 0; i < 256; i++) positions[i] = i;
    struct tokens a = session_encode(s, w->spans[3], a_ids, EMBED_TOKENS_MAX), b = session_encode(s, w->spans[7], b_ids, SCORE_TOKENS_MAX);
    ok(infer_run_new(s->model, s->compute, 512, 4, &run));
    int32_t n = (int32_t)layout_embed(NULL, ids, EMBED_TOKENS_MAX, TOKEN_NEED, a), offsets[2] = {0, n};
    ok(infer_encode(run, &(struct batch){(size_t)n, 1, ids, positions, offsets, &n, NULL}, expected, NULL));
    ok(session_embed(s, TOKEN_NEED, &w->spans[3], 1, got));
    for (size_t k = 0; k < C; k++) assert_float_equal(got[k], expected[k], 1e-5);
    n = offsets[1] = (int32_t)layout_pair(NULL, ids, SCORE_TOKENS_MAX, a, b);
    tokenizer_overlap(session_tokenizer(s), ids, (size_t)n, TOKEN_SEP, overlap);
    ok(infer_encode(run, &(struct batch){(size_t)n, 1, ids, positions, offsets, &n, overlap}, NULL, &score));
    ok(session_match(s, w->spans[3], &w->spans[7], 1, &probability, &raw));
    assert_float_equal(raw, score, 1e-5);
    assert_float_equal(probability, 1 / (1 + exp(-score)), 1e-6);
    infer_run_free(run);
    session_free(s);
}

static void matches_do_not_depend_on_the_batch(void **state)
{
    struct world *w = *state;
    struct session *large = fixture_session(w->directory, 4096), *small = fixture_session(w->directory, 1);
    float p[N_TEXTS], raw[N_TEXTS], reversed[N_TEXTS], one, one_raw, spread = 0;
    struct text_span backwards[N_TEXTS];
    for (size_t i = 0; i < N_TEXTS; i++) backwards[i] = w->spans[N_TEXTS - 1 - i];
    ok(session_match(large, w->spans[2], w->spans, N_TEXTS, p, raw));
    ok(session_match(small, w->spans[2], backwards, N_TEXTS, reversed, NULL));
    for (size_t i = 0; i < N_TEXTS; i++) {
        ok(session_match(large, w->spans[2], &w->spans[i], 1, &one, &one_raw));
        assert_float_equal(raw[i], one_raw, 1e-5 * (1 + fabsf(one_raw)));
        assert_float_equal(p[i], one, 1e-5);
        assert_float_equal(reversed[N_TEXTS - 1 - i], one, 1e-5);
        assert_true(p[i] > 0 && p[i] < 1);
        spread = fmaxf(spread, fabsf(raw[i] - raw[0]));
    }
    assert_true(spread > 1e-2F);
    ok(session_match(large, (struct text_span){NULL, 0}, w->spans, 2, p, NULL));
    session_free(large);
    session_free(small);
}

/* More texts than one window holds. */
static void windows_keep_the_order(void **state)
{
    struct world *w = *state;
    struct session *s = fixture_session(w->directory, 1024);
    size_t n = SESSION_WINDOW * 2 + 17;
    struct text_span *items = malloc(n * sizeof *items);
    float *p = malloc(n * sizeof *p), first[N_TEXTS];
    for (size_t i = 0; i < n; i++) items[i] = w->spans[1 + i % 4];
    ok(session_match(s, w->spans[2], w->spans, 5, first, NULL));
    ok(session_match(s, w->spans[2], items, n, p, NULL));
    for (size_t i = 0; i < n; i++) assert_float_equal(p[i], first[1 + i % 4], 1e-5);
    size_t C = session_config(s)->d_model;
    float *embeddings = malloc(n * C * sizeof *embeddings);
    ok(session_embed(s, TOKEN_ITEM, items, n, embeddings));
    for (size_t i = 4 * C; i < n * C; i++) assert_float_equal(embeddings[i], embeddings[i - 4 * C], 1e-5);
    free(embeddings);
    free(items);
    free(p);
    session_free(s);
}

static void language_models_have_no_match(void **state)
{
    (void)state;
    char *directory = fixture_directory(300, 64, 2), path[512];
    struct tokenizer *t;
    fixture_path(path, directory, "tokenizer.json");
    ok(tokenizer_load(path, &t));
    struct model_config c = fixture_config(tokenizer_size(t), 64);
    tokenizer_free(t);
    c.heads = false;
    fixture_model(directory, &c, 3);
    struct session *s = fixture_session(directory, 0);
    float p;
    struct text_span text = span("a dress");
    assert_int_equal(session_match(s, text, &text, 1, &p, NULL), ERR_USAGE);
    assert_non_null(strstr(status_message(), directory));
    session_free(s);
    fixture_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_directories_are_explained), cmocka_unit_test(unknown_devices_are_refused),
        cmocka_unit_test(damaged_files_are_explained), cmocka_unit_test(tokenizer_of_another_model_is_refused),
        cmocka_unit_test(every_allocation_of_loading_may_fail), cmocka_unit_test(embeddings_do_not_depend_on_the_batch),
        cmocka_unit_test(embedding_reads_what_training_lays_out), cmocka_unit_test(matches_do_not_depend_on_the_batch),
        cmocka_unit_test(windows_keep_the_order), cmocka_unit_test(language_models_have_no_match)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
