/* Whole runs of a tiny model: losses go down, files are complete, no step allocates, every failure is a sentence. */
#include "train_fixture.h"

#include <jansson.h>
#include <math.h>

static double loss_in(const char *log, const char *split, const char *loss, bool last)
{
    char *text = read_all(log, NULL);
    double found = NAN;
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        json_t *root = json_loadb(line, (size_t)(end - line), 0, NULL);
        assert_non_null(root);
        json_t *v = json_object_get(json_object_get(root, "losses"), loss);
        if (strcmp(json_string_value(json_object_get(root, "split")), split) == 0 && v && (last || isnan(found))) found = json_number_value(v);
        json_decref(root);
        line = end + 1;
    }
    mem_free(text);
    return found;
}

static void falls(const char *log, const char *loss, double to)
{
    double first = loss_in(log, "train", loss, false), last = loss_in(log, "train", loss, true);
    double v = loss_in(log, "validation", loss, true);
    if (!(last < first * to)) fail_msg("%s: %g -> %g is no fall to %g of it", loss, first, last, to);
    if (!(v < first)) fail_msg("validation %s is %g, at the start %g in training", loss, v, first);
}

static void model_directory_is_complete(const char *directory)
{
    static const char *const names[] = {"config.json", "model.safetensors", "tokenizer.json", "training.json", "train.jsonl", "loss.svg"};
    for (size_t i = 0; i < 6; i++) {
        char name[100];
        snprintf(name, sizeof name, "%s/%s", directory, names[i]);
        assert_true(file_exists(in_dir(name)));
    }
    struct model *m;
    assert_int_equal(model_load(in_dir(directory), false, &m), OK);
    model_free(m);
    char name[100];
    snprintf(name, sizeof name, "%s/training.json", directory);
    json_t *record = json_load_file(in_dir(name), 0, NULL);
    assert_true(json_is_object(json_object_get(record, "config")));
    assert_true(json_integer_value(json_object_get(record, "steps")) > 0);
    json_decref(record);
}

static void pretraining_learns(void **state)
{
    (void)state;
    write_config("p.json", TRAIN_PRETRAIN, "pre", ",\"steps\":300,\"eval_every\":100,\"log_every\":20,\"save_dtype\":\"bf16\",\"weight_decay\":0.01");
    struct train_result r;
    status s = run_config("p.json", TRAIN_PRETRAIN, false, NULL, &r);
    if (s != OK) fail_msg("%s", status_message());
    falls("pre/train.jsonl", "mlm", 0.75);
    falls("pre/train.jsonl", "lm", 0.6);
    falls("pre/train.jsonl", "nsp", 1.02);   /* needs a larger model than this one */
    model_directory_is_complete("pre");
    assert_int_equal(r.steps, 300);
    assert_true(r.tokens > 300 * 450 && r.tokens_per_s > 0);
    assert_true(fabs(r.validation_loss - r.best_validation_loss) < 1);
}

/* From the pretrained model, on both kinds of example. */
static void finetuning_learns(void **state)
{
    (void)state;
    struct train_result r;
    struct strbuf b = {0};
    strbuf_printf(&b, "{\"output\":\"%s/tuned\",\"init_from\":\"%s/pre\",\"data\":[{\"path\":\"%s/examples.jsonl\",\"weight\":2}],\"threads\":1,\"batch_tokens\":640,"
                      "\"max_pair_tokens\":32,\"max_embed_tokens\":16,\"max_prefix_tokens\":32,\"max_text_tokens\":24,\"max_group\":5,"
                      "\"steps\":250,\"warmup_steps\":5,\"learning_rate\":0.004,\"eval_every\":50,\"keep\":\"best\",\"validation_fraction\":0.1,\"model\":{\"dropout\":0}}",
                  fixture_dir, fixture_dir, fixture_dir);
    write_file("f.json", b.data);
    strbuf_release(&b);
    status s = run_config("f.json", TRAIN_FINETUNE, false, NULL, &r);
    if (s != OK) fail_msg("%s", status_message());
    falls("tuned/train.jsonl", "match", 0.7);
    falls("tuned/train.jsonl", "binary", 0.8);
    falls("tuned/train.jsonl", "contrastive", 0.8);
    falls("tuned/train.jsonl", "generate", 0.5);
    model_directory_is_complete("tuned");
}

/* keep best: a learning rate that ruins the model after a while must not ruin the directory. */
static void the_best_is_kept(void **state)
{
    (void)state;
    struct train_result r;
    write_config("b.json", TRAIN_PRETRAIN, "best", ",\"steps\":40,\"eval_every\":10,\"keep\":\"best\",\"min_lr\":1,\"learning_rate\":0.5,\"clip\":0");
    assert_int_equal(run_config("b.json", TRAIN_PRETRAIN, false, NULL, &r), OK);
    write_config("c.json", TRAIN_PRETRAIN, "last", ",\"steps\":40,\"eval_every\":10,\"keep\":\"last\",\"min_lr\":1,\"learning_rate\":0.5,\"clip\":0");
    assert_int_equal(run_config("c.json", TRAIN_PRETRAIN, false, NULL, &r), OK);
    assert_true(r.best_validation_loss <= r.validation_loss);
    size_t n, m;
    char *x = read_all("best/model.safetensors", &n), *y = read_all("last/model.safetensors", &m);
    bool same = n == m && memcmp(x, y, n) == 0;
    assert_true(same == (r.best_validation_loss == r.validation_loss));
    mem_free(x), mem_free(y);
}

/* ---- steps do not allocate ---- */

struct counter {
    uint64_t steps, allocations;
};

static void count_allocations(void *context, const struct progress_event *e)
{
    struct counter *c = context;
    if (strcmp(e->stage, "pretrain") != 0 && strcmp(e->stage, "finetune") != 0) return;
    uint64_t n = mem_fail_at(0);
    if (e->done > 3 && e->done < e->total) c->steps++, c->allocations += n;
}

static void no_step_allocates(void **state)
{
    (void)state;
    for (int kind = TRAIN_PRETRAIN; kind <= TRAIN_FINETUNE; kind++) {
        struct counter c = {0};
        struct progress p = {&c, count_allocations, NULL};
        write_config("n.json", (enum train_kind)kind, "none", ",\"steps\":12,\"log_every\":100,\"eval_every\":0,\"checkpoint_every\":0,\"checkpoint_seconds\":0");
        assert_int_equal(run_config("n.json", (enum train_kind)kind, false, &p, NULL), OK);
        assert_true(c.steps > 5);
        assert_int_equal(c.allocations, 0);
        remove_tree(in_dir("none"));
    }
}

/* Each allocation of a whole run fails once: an error or a result, never a crash; ASan sees leaks. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (int kind = TRAIN_PRETRAIN; kind <= TRAIN_FINETUNE; kind++) {
        write_config("t.json", (enum train_kind)kind, "torture", ",\"steps\":1,\"eval_batches\":1");
        status s = ERR_NOMEM;
        uint64_t n = 1, limit = 4000;
        for (; n < limit && s != OK; n += n < 200 ? 1 : 7) {
            remove_tree(in_dir("torture"));
            mem_fail_at(n);
            s = run_config("t.json", (enum train_kind)kind, false, NULL, NULL);
            uint64_t seen = mem_fail_at(0);
            if (s == OK && seen >= n) s = ERR_NOMEM; /* it lived without that one */
            else if (s != OK && s != ERR_NOMEM) fail_msg("allocation %llu: status %d, '%s'", (unsigned long long)n, (int)s, status_message());
        }
        assert_true(n > 50 && n < limit);
        remove_tree(in_dir("torture"));
    }
}

/* ---- what goes wrong ---- */

static void not_finite_stops_with_the_batch(void **state)
{
    (void)state;
    struct model_config shape;
    model_config_default(&shape);
    struct tokenizer *t;
    assert_int_equal(tokenizer_load(in_dir("tokenizer.json"), &t), OK);
    shape.vocab_size = (uint32_t)tokenizer_size(t), shape.d_model = 16, shape.n_layers = 1, shape.n_heads = shape.n_kv_heads = 2, shape.head_size = 8, shape.d_ff = 32;
    tokenizer_free(t);
    struct model *m;
    assert_int_equal(model_new(&shape, 1, &m), OK);
    for (size_t i = 0; i < m->n_floats; i++) m->params[i] = NAN;
    assert_int_equal(file_make_directory(in_dir("nan")), OK);
    assert_int_equal(model_save(m, in_dir("nan"), DTYPE_F32), OK);
    model_free(m);
    struct strbuf b = {0};
    strbuf_printf(&b, "{\"output\":\"%s/nanrun\",\"init_from\":\"%s/nan\",\"tokenizer\":\"%s/tokenizer.json\",\"corpora\":[\"%s/corpus.txt\"],\"batch_tokens\":256,\"steps\":3,"
                      "\"lm_sequence\":64,\"mlm_sequence\":64,\"threads\":1}", fixture_dir, fixture_dir, fixture_dir, fixture_dir);
    write_file("nan.json", b.data);
    strbuf_release(&b);
    status s = run_config("nan.json", TRAIN_PRETRAIN, false, NULL, NULL);
    assert_int_equal(s, ERR_INTERNAL);
    assert_message_has("embedding.weight is not finite");
    assert_message_has("at step 1");
    assert_message_has("no checkpoint was written yet");
    assert_true(file_exists(in_dir("nanrun/not-finite-step-1.replay")));
}

static void wrong_inputs_are_refused(void **state)
{
    (void)state;
    write_config("w.json", TRAIN_PRETRAIN, "w", ",\"init_from\":\"/nowhere\"");
    assert_int_equal(run_config("w.json", TRAIN_PRETRAIN, false, NULL, NULL), ERR_USAGE);
    assert_message_has("dropout");
    write_config("w.json", TRAIN_PRETRAIN, "corpus.txt", "");
    assert_int_equal(run_config("w.json", TRAIN_PRETRAIN, false, NULL, NULL), ERR_IO);
    write_config("w.json", TRAIN_PRETRAIN, "w", ",\"validation_files\":[\"/nowhere.txt\"]");
    assert_int_equal(run_config("w.json", TRAIN_PRETRAIN, false, NULL, NULL), ERR_IO);
    assert_message_has("/nowhere.txt");
    char *tokenizer = read_all("tokenizer.json", NULL);
    write_file("tokenizer.json", "{\"model\":");
    write_config("w.json", TRAIN_PRETRAIN, "w", "");
    assert_int_equal(run_config("w.json", TRAIN_PRETRAIN, false, NULL, NULL), ERR_FORMAT);
    assert_message_has("tokenizer.json");
    write_file("tokenizer.json", tokenizer);
    mem_free(tokenizer);
}

static void curves_are_well_formed(void **state)
{
    (void)state;
    char *svg = read_all("pre/loss.svg", NULL);
    size_t lines = 0, texts = 0;
    for (char *p = svg; (p = strstr(p, "<polyline")) != NULL; p++) lines++;
    for (char *p = svg; (p = strstr(p, "<text")) != NULL; p++) texts++;
    assert_int_equal(lines, 6);                   /* mlm, nsp, lm; train and validation */
    assert_true(texts > 6 + 8);
    assert_non_null(strstr(svg, "</svg>"));
    assert_null(strstr(svg, "nan"));
    mem_free(svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pretraining_learns),
        cmocka_unit_test(curves_are_well_formed),
        cmocka_unit_test(finetuning_learns),
        cmocka_unit_test(the_best_is_kept),
        cmocka_unit_test(no_step_allocates),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(not_finite_stops_with_the_batch),
        cmocka_unit_test(wrong_inputs_are_refused),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
