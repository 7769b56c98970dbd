#include "train_fixture.h"

#include <math.h>

static status read_config(enum train_kind kind, const char *text)
{
    struct train_config c;
    write_file("config.json", text);
    status s = train_config_read(&c, kind, in_dir("config.json"));
    train_config_release(&c);
    return s;
}

static void refused(enum train_kind kind, const char *text, const char *says)
{
    assert_int_equal(read_config(kind, text), ERR_USAGE);
    assert_message_has(says);
    assert_message_has("config.json");
}

static void errors_name_the_key(void **state)
{
    (void)state;
#define BASE "\"output\":\"o\",\"tokenizer\":\"t\",\"corpora\":[\"c\"]"
    refused(TRAIN_PRETRAIN, "{" BASE ",\"learning_rat\":1}", "unknown key \"learning_rat\"");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"random_negatives\":1}", "unknown key \"random_negatives\"");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"model\":{\"layers\":1}}", "unknown key \"layers\"");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"loss_weights\":{\"mml\":1}}", "unknown key \"mml\"");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"steps\":\"many\"}", "\"steps\" must be a number");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"steps\":1.5}", "\"steps\" is 1.5");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"steps\":0}", "\"steps\" is 0");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"steps\":-5}", "\"steps\" is -5");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"precision\":\"f16\"}", "\"precision\" must be one of: auto f32 bf16");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"mask_share\":2}", "\"mask_share\" is 2");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"model\":[]}", "\"model\" must be an object");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"batch_tokens\":100}", "\"batch_tokens\" is 100");
    refused(TRAIN_PRETRAIN, "{" BASE ",\"seed\":1,\"seed\":2}", "duplicate");
    refused(TRAIN_PRETRAIN, "{\"output\":\"o\",\"tokenizer\":\"t\",\"corpora\":[{\"weight\":1}]}", "no \"path\"");
    refused(TRAIN_PRETRAIN, "{\"output\":\"o\",\"tokenizer\":\"t\",\"corpora\":[{\"path\":\"a\",\"wait\":1}]}", "unknown key \"wait\"");
    refused(TRAIN_PRETRAIN, "{\"tokenizer\":\"t\",\"corpora\":[\"c\"]}", "\"output\" is missing");
    refused(TRAIN_PRETRAIN, "{\"output\":\"o\",\"corpora\":[\"c\"]}", "\"tokenizer\" is missing");
    refused(TRAIN_PRETRAIN, "{\"output\":\"o\",\"tokenizer\":\"t\",\"corpora\":[]}", "\"corpora\" is missing or empty");
    refused(TRAIN_FINETUNE, "{\"output\":\"o\",\"tokenizer\":\"t\",\"data\":[\"d\"]}", "\"init_from\" is missing");
    refused(TRAIN_FINETUNE, "{\"output\":\"o\",\"init_from\":\"m\",\"data\":[\"d\"],\"model\":{\"d_model\":8}}", "only set dropout");
    refused(TRAIN_FINETUNE, "{\"output\":\"o\",\"init_from\":\"m\",\"data\":[\"d\"],\"model\":{\"overlap\":false}}", "only set dropout");
    refused(TRAIN_FINETUNE, "{\"output\":\"o\",\"init_from\":\"m\",\"data\":[\"d\"],\"max_group\":2}", "\"random_negatives\" is 2");
    refused(TRAIN_PRETRAIN, "{\"output\":", "config.json:1");
    refused(TRAIN_PRETRAIN, "[]", "must be one JSON object");
    refused(TRAIN_PRETRAIN, "", "config.json:");
}

static void values_arrive(void **state)
{
    (void)state;
    struct train_config c;
    write_file("config.json", "{" BASE ",\"steps\":77,\"keep\":\"best\",\"save_dtype\":\"q8\",\"precision\":\"bf16\",\"loss_weights\":{\"nsp\":0.25},"
                              "\"model\":{\"n_layers\":3,\"ffn\":\"gelu\",\"tied\":false,\"dropout\":0.2},\"validation_files\":[{\"path\":\"v\",\"weight\":2.5}]}");
    assert_int_equal(train_config_read(&c, TRAIN_PRETRAIN, in_dir("config.json")), OK);
    assert_int_equal(c.steps, 77);
    assert_true(c.keep_best);
    assert_int_equal(c.save_dtype, DTYPE_Q8);
    assert_int_equal(c.precision, PRECISION_BF16);
    assert_true(c.loss_weights[LOSS_NSP] == 0.25 && c.loss_weights[LOSS_MLM] == 1);
    assert_int_equal(c.model.n_layers, 3);
    assert_int_equal(c.model.ffn, FFN_GELU);
    assert_false(c.model.tied);
    assert_true(c.dropout == 0.2);
    assert_string_equal(c.validation_files.list[0].path, "v");
    assert_true(c.validation_files.list[0].weight == 2.5);
    assert_string_equal(c.cache, "o/cache");
    train_config_release(&c);
}

/* The header's table of defaults is the manual: two that people rely on, and the schedule's shape. */
static void schedule_warms_up_and_cools_down(void **state)
{
    (void)state;
    struct train_config c;
    train_config_default(&c, TRAIN_PRETRAIN);
    c.steps = 1000, c.warmup_steps = 100, c.learning_rate = 1, c.min_lr = 0.1;
    assert_true(fabs(learning_rate_at(&c, 0) - 0.01) < 1e-12);
    assert_true(fabs(learning_rate_at(&c, 99) - 1) < 1e-12);
    assert_true(fabs(learning_rate_at(&c, 550) - 0.55) < 1e-9);
    assert_true(learning_rate_at(&c, 999) < 0.1001 && learning_rate_at(&c, 999) >= 0.1);
    for (uint64_t i = 101; i < 1000; i++) assert_true(learning_rate_at(&c, i) <= learning_rate_at(&c, i - 1));
    train_config_release(&c);
}

static void canonical_leaves_live_keys_out(void **state)
{
    (void)state;
    struct train_config c;
    train_config_default(&c, TRAIN_PRETRAIN);
    struct strbuf a = {0}, b = {0}, d = {0};
    assert_int_equal(config_canonical(&c, &a), OK);
    c.eval_every = 3, c.threads = 9, c.keep_best = true;
    assert_int_equal(config_canonical(&c, &b), OK);
    assert_string_equal(a.data, b.data);
    c.learning_rate *= 1.0000001;
    assert_int_equal(config_canonical(&c, &d), OK);
    assert_string_not_equal(a.data, d.data);
    strbuf_release(&a), strbuf_release(&b), strbuf_release(&d);
    train_config_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_name_the_key),
        cmocka_unit_test(values_arrive),
        cmocka_unit_test(schedule_warms_up_and_cools_down),
        cmocka_unit_test(canonical_leaves_live_keys_out),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
