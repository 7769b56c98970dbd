/* NaN and Inf: the run stops with step and tensor in its sentence, what was good stays, and a replay computes the same bits. */
#include "train_fixture.h"

#include <math.h>

static const char run_keys[] = ",\"steps\":6,\"log_every\":1,\"eval_every\":0,\"checkpoint_every\":2,\"accumulate\":2,\"loss_weights\":{\"mlm\":1000,\"nsp\":1000,\"lm\":1000}";

static bool stop_after_three(void *context)
{
    return ++*(int *)context >= 3;
}

static status run_on(const char *device, const char *config, enum train_kind kind, bool resume, const struct progress *p)
{
    struct train_config c;
    status s = train_config_read(&c, kind, in_dir(config));
    if (s == OK) s = train_start(&c, &(struct train_options){.device = device, .resume = resume}, p, NULL);
    train_config_release(&c);
    return s;
}

/* A run of three steps whose checkpoint is then changed: `change` gets state, weights and moments. */
struct parts { struct model *model; float *params, *m, *v; };
static void change_checkpoint(const char *config, enum train_kind kind, const char *output, void (*change)(struct parts *))
{
    struct train_config c;
    struct strbuf canonical = {0};
    struct train_state state;
    assert_int_equal(train_config_read(&c, kind, in_dir(config)), OK);
    assert_int_equal(config_canonical(&c, &canonical), OK);
    struct parts p;
    char directory[300], path[300];
    snprintf(directory, sizeof directory, "%s", in_dir(output));
    snprintf(path, sizeof path, "%s/checkpoint.bin", output);
    /* the shape, from the run's own header: a model of the same configuration */
    struct tokenizer *t;
    assert_int_equal(tokenizer_load(in_dir("tokenizer.json"), &t), OK);
    struct model_config shape = c.model;
    shape.vocab_size = (uint32_t)tokenizer_size(t), shape.heads = true;
    tokenizer_free(t);
    assert_int_equal(model_new(&shape, 1, &p.model), OK);
    size_t n = p.model->n_floats, bytes = 0, json_bytes = 0;
    p.params = p.model->params;
    p.m = mem_zalloc(n, sizeof(float)), p.v = mem_zalloc(n, sizeof(float));
    char *json = read_all("tokenizer.json", &json_bytes);
    struct checkpoint cp = {.state = &state, .config = strbuf_str(&canonical), .tokenizer = hash_bytes(json, json_bytes, 1), .params = p.params, .m = p.m,
                            .v = p.v, .n_floats = n};
    char *raw = read_all(path, &bytes);
    memcpy(&cp.data, raw + 40, sizeof cp.data);   /* the fingerprint, of the header */
    mem_free(raw);
    if (checkpoint_load(&cp, in_dir(path)) != OK) fail_msg("%s", status_message());
    change(&p);
    assert_int_equal(checkpoint_save(&cp, in_dir(path)), OK);
    mem_free(json), mem_free(p.m), mem_free(p.v);
    model_free(p.model);
    strbuf_release(&canonical);
    train_config_release(&c);
}

static float *values(struct parts *p, float *of, const char *name, size_t *n)
{
    const struct parameter *w = model_parameter(p->model, name);
    assert_non_null(w);
    if (n) *n = (size_t)w->rows * w->cols;
    return of + w->offset;
}

/* ---- what is poisoned ---- */

static void poison_weight(struct parts *p)
{
    values(p, p->params, "layers.1.ffn.in.weight", NULL)[7] = NAN;
}

static void poison_moment(struct parts *p)
{
    values(p, p->v, "layers.0.attention.out.weight", NULL)[3] = INFINITY;
}

/* Forward stays finite: what the gain makes large, the matrix makes small. The matrix's gradient is dy^T x with that large x. */
static void poison_gradient(struct parts *p)
{
    size_t n;
    float *gain = values(p, p->params, "layers.1.ffn.norm.weight", &n);
    for (size_t i = 0; i < n; i++) gain[i] = 1e38f;
    float *in = values(p, p->params, "layers.1.ffn.in.weight", &n);
    for (size_t i = 0; i < n; i++) in[i] *= 3e-37f;
}

/* The product of gate and up overflows, nothing before it does. */
static void poison_activation(struct parts *p)
{
    size_t n;
    float *in = values(p, p->params, "layers.0.ffn.in.weight", &n);
    for (size_t i = 0; i < n; i++) in[i] *= 1e22f;
}

static char *interrupted_run(const char *device, enum train_kind kind)
{
    int calls = 0;
    remove_tree(in_dir("run"));   /* of a test that failed */
    write_config("run.json", kind, "run", run_keys);
    assert_int_equal(run_on(device, "run.json", kind, false, &(struct progress){&calls, NULL, stop_after_three}), ERR_INTERRUPTED);
    return "run";
}

static void listen(void *context, const struct replay_tensor *t)
{
    uint64_t *hash = context;
    *hash = hash_bytes(t->name, strlen(t->name), *hash);
    *hash = hash_bytes(&t->bits, sizeof t->bits, *hash);
}

/* Stops with these words, leaves checkpoint and log as they were, and is replayed to the bit, on its device by itself. */
static void stops_and_replays(const char *device, enum train_kind kind, void (*change)(struct parts *), const char *first, const char *more)
{
    interrupted_run(device, kind);
    change_checkpoint("run.json", kind, "run", change);
    size_t before, after;
    char *good = read_all("run/checkpoint.bin", &before), said[STATUS_MESSAGE_MAX];
    assert_int_equal(run_on(device, "run.json", kind, true, NULL), ERR_INTERNAL);
    snprintf(said, sizeof said, "%s", status_message());
    char *now = read_all("run/checkpoint.bin", &after);
    assert_int_equal(before, after);
    assert_memory_equal(good, now, before);
    if (!strstr(said, first) || strstr(said, first) != said) fail_msg("'%s' does not begin with '%s'", said, first);
    if (!strstr(said, "at step 4") || !strstr(said, more) || !strstr(said, "checkpoint of step 3")) fail_msg("'%s' lacks step, '%s' or checkpoint", said, more);
    assert_non_null(strstr(said, "daogou replay"));

    struct replay_result one, two;
    uint64_t bits[2] = {0, 0};
    const char *path = in_dir("run/not-finite-step-4.replay");
    assert_non_null(strstr(said, path));
    if (train_replay(path, &(struct train_options){0}, &one, &(struct replay_listener){&bits[0], listen}) != OK) fail_msg("%s", status_message());
    assert_int_equal(train_replay(path, &(struct train_options){.device = "auto"}, &two, &(struct replay_listener){&bits[1], listen}), OK);
    assert_true(one.same_bits && two.same_bits && bits[0] == bits[1] && bits[0] != 0);
    assert_int_equal(one.step, 4);
    assert_int_equal(one.kind, kind);
    assert_string_equal(one.device, one.recorded_device);
    assert_true(strncmp(said, one.first, strlen(one.first)) == 0);
    mem_free(good), mem_free(now);
    remove_tree(in_dir("run"));
}

static void weight_on(const char *device)
{
    stops_and_replays(device, TRAIN_PRETRAIN, poison_weight, "layers.1.ffn.in.weight is not finite (1 NaN, 0 Inf of 1024)", "1 NaN");
}
static void activation_on(const char *device)
{
    stops_and_replays(device, TRAIN_FINETUNE, poison_activation, "layers.0.ffn.activated is not finite", "Inf");
}
static void gradient_on(const char *device)
{
    stops_and_replays(device, TRAIN_PRETRAIN, poison_gradient, "gradient of layers.1.ffn.in.weight is not finite", "Inf");
}

static void a_weight_is_named(void **state) { (void)state; weight_on("cpu"); }
static void an_activation_is_named(void **state) { (void)state; activation_on("cpu"); }
static void a_gradient_is_named(void **state) { (void)state; gradient_on("cpu"); }
static void a_weight_on_the_device(void **state) { (void)state; weight_on(device_of_tests()); }
static void a_gradient_on_the_device(void **state) { (void)state; gradient_on(device_of_tests()); }

/* An infinite moment makes no step fail: its weight only stops being trained. It is seen before a checkpoint would keep it. */
static void a_moment_is_seen_before_it_is_kept(void **state)
{
    (void)state;
    interrupted_run("cpu", TRAIN_PRETRAIN);
    change_checkpoint("run.json", TRAIN_PRETRAIN, "run", poison_moment);
    size_t before, after;
    char *good = read_all("run/checkpoint.bin", &before);
    assert_int_equal(run_on("cpu", "run.json", TRAIN_PRETRAIN, true, NULL), ERR_INTERNAL);
    assert_message_has("the mean squared gradient of layers.0.attention.out.weight is not finite after step 4");
    assert_message_has("checkpoint of step 3");
    char *now = read_all("run/checkpoint.bin", &after);
    assert_int_equal(before, after);
    assert_memory_equal(good, now, before);
    mem_free(good), mem_free(now);
    remove_tree(in_dir("run"));
}

/* Forward overflows in a validation, which comes before the next step: the model directory is not written. */
static void a_validation_is_kept_too(void **state)
{
    (void)state;
    int calls = 0;
    struct replay_result r;
    remove_tree(in_dir("run"));
    write_config("run.json", TRAIN_FINETUNE, "run", ",\"steps\":6,\"eval_every\":3,\"checkpoint_every\":2");
    assert_int_equal(run_on("cpu", "run.json", TRAIN_FINETUNE, false, &(struct progress){&calls, NULL, stop_after_three}), ERR_INTERRUPTED);
    change_checkpoint("run.json", TRAIN_FINETUNE, "run", poison_activation);
    assert_int_equal(run_on("cpu", "run.json", TRAIN_FINETUNE, true, NULL), ERR_INTERNAL);
    assert_message_has("layers.0.ffn.activated is not finite");
    assert_message_has("at step 3's validation");
    assert_false(file_exists(in_dir("run/model.safetensors")));
    if (train_replay(in_dir("run/not-finite-validation-step-3.replay"), &(struct train_options){0}, &r, NULL) != OK) fail_msg("%s", status_message());
    assert_true(r.validation && r.same_bits && r.step == 3);
    assert_string_equal(r.first, "layers.0.ffn.activated");
    remove_tree(in_dir("run"));
}

/* Weights that grow a hundredfold a step: what a replay has are the weights of that step, wherever they lay. */
static void growing_weights_on(const char *device)
{
    struct replay_result r;
    unsigned long long step = 0;
    char path[80];
    remove_tree(in_dir("run"));
    write_config("run.json", TRAIN_PRETRAIN, "run", ",\"steps\":60,\"learning_rate\":10,\"weight_decay\":10,\"min_lr\":1,\"clip\":0,\"eval_every\":0,\"checkpoint_every\":0");
    assert_int_equal(run_on(device, "run.json", TRAIN_PRETRAIN, false, NULL), ERR_INTERNAL);
    const char *at = strstr(status_message(), "at step ");
    assert_true(at && sscanf(at, "at step %llu", &step) == 1 && step > 2);
    snprintf(path, sizeof path, "run/not-finite-step-%llu.replay", step);
    if (train_replay(in_dir(path), &(struct train_options){0}, &r, NULL) != OK) fail_msg("%s", status_message());
    assert_true(r.same_bits);
    assert_int_equal(r.step, step);
    remove_tree(in_dir("run"));
}

static void growing_weights(void **state) { (void)state; growing_weights_on("cpu"); }
static void growing_weights_on_the_device(void **state) { (void)state; growing_weights_on(device_of_tests()); }

/* ---- the file ---- */

static void a_damaged_file_is_refused(void **state)
{
    (void)state;
    struct replay_result r;
    interrupted_run("cpu", TRAIN_FINETUNE);
    change_checkpoint("run.json", TRAIN_FINETUNE, "run", poison_weight);
    assert_int_equal(run_on("cpu", "run.json", TRAIN_FINETUNE, true, NULL), ERR_INTERNAL);
    size_t n;
    char *good = read_all("run/not-finite-step-4.replay", &n);
    for (size_t at = 0; at < n; at += n / 37 + 1) {
        good[at] ^= 0x20;
        assert_int_equal(file_write_atomic(in_dir("bad.replay"), good, n), OK);
        assert_int_equal(train_replay(in_dir("bad.replay"), &(struct train_options){0}, &r, NULL), ERR_FORMAT);
        assert_message_has("bad.replay");
        good[at] ^= 0x20;
        assert_int_equal(file_write_atomic(in_dir("bad.replay"), good, at), OK);
        assert_int_equal(train_replay(in_dir("bad.replay"), &(struct train_options){0}, &r, NULL), ERR_FORMAT);
    }
    assert_int_equal(train_replay(in_dir("nowhere.replay"), &(struct train_options){0}, &r, NULL), ERR_IO);
    mem_free(good);
    remove_tree(in_dir("run"));
}

/* A disk that is full takes the file, not the name. */
static void a_full_disk_still_names(void **state)
{
    (void)state;
    interrupted_run("cpu", TRAIN_PRETRAIN);
    change_checkpoint("run.json", TRAIN_PRETRAIN, "run", poison_gradient);
    file_fail_write_at(3);
    status s = run_on("cpu", "run.json", TRAIN_PRETRAIN, true, NULL);
    file_fail_write_at(0);
    assert_int_equal(s, ERR_INTERNAL);
    assert_message_has("gradient of layers.1.ffn.in.weight");
    assert_message_has("could not be kept");
    assert_false(file_exists(in_dir("run/not-finite-step-4.replay")));
    remove_tree(in_dir("run"));
}

/* ---- bits ---- */

static void same_file(const char *a, const char *b, bool want)
{
    size_t n, m;
    char *x = read_all(a, &n), *y = read_all(b, &m);
    assert_int_equal(n, m);
    assert_true((memcmp(x, y, n) == 0) == want);
    mem_free(x), mem_free(y);
}

/* The same seed, threads and device give the same bits, another seed others. */
static void same_seed_same_bits(void **state)
{
    (void)state;
    const char *devices[] = {"cpu", device_of_tests()};
    for (int kind = TRAIN_PRETRAIN; kind <= TRAIN_FINETUNE; kind++)
        for (size_t d = 0; d < 2; d++) {
            const char *keys = ",\"steps\":4,\"eval_batches\":1,\"threads\":2";
            write_config("a.json", (enum train_kind)kind, "a", keys);
            write_config("b.json", (enum train_kind)kind, "b", keys);
            write_config("c.json", (enum train_kind)kind, "c", ",\"steps\":4,\"eval_batches\":1,\"threads\":2,\"seed\":2");
            for (const char *c = "abc"; *c; c++) {
                const char name[] = {*c, '.', 'j', 's', 'o', 'n', 0};
                if (run_on(devices[d], name, (enum train_kind)kind, false, NULL) != OK) fail_msg("%s", status_message());
            }
            same_file("a/model.safetensors", "b/model.safetensors", true);
            same_file("a/model.safetensors", "c/model.safetensors", false);
            for (const char *c = "abc"; *c; c++) remove_tree(in_dir((const char[]){*c, 0}));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_weight_is_named),
        cmocka_unit_test(an_activation_is_named),
        cmocka_unit_test(a_gradient_is_named),
        cmocka_unit_test(a_weight_on_the_device),
        cmocka_unit_test(a_gradient_on_the_device),
        cmocka_unit_test(a_moment_is_seen_before_it_is_kept),
        cmocka_unit_test(a_validation_is_kept_too),
        cmocka_unit_test(growing_weights),
        cmocka_unit_test(growing_weights_on_the_device),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(a_full_disk_still_names),
        cmocka_unit_test(same_seed_same_bits),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
