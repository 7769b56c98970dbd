/* Training where weights, moments and activations lie on a device whose memory the host cannot read: the same losses as on the CPU,
 * and resumed bit for bit. What the device computes is checked by tests/kernels. */
#include "train_fixture.h"

#include <math.h>

static status run_on(const char *device, const char *config, enum train_kind kind, bool resume, const struct progress *p, struct train_result *r)
{
    struct train_config c;
    status s = train_config_read(&c, kind, in_dir(config));
    if (s == OK) s = train_start(&c, &(struct train_options){.device = device, .resume = resume}, p, r);
    train_config_release(&c);
    return s;
}

static bool cancelled(void *context)
{
    return --*(int *)context < 0;
}

static void expect_same_file(const char *a, const char *b)
{
    size_t n, m;
    char *x = read_all(a, &n), *y = read_all(b, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    mem_free(x);
    mem_free(y);
}

static void check_kind(enum train_kind kind, double tolerance)
{
    static const char keys[] = ",\"steps\":4,\"log_every\":1,\"eval_every\":0,\"eval_batches\":1";
    struct train_result cpu, whole, rest;
    int left = 2;
    struct progress stop = {.context = &left, .cancelled = cancelled};
    write_config("cpu.json", kind, "cpu", keys);
    write_config("whole.json", kind, "whole", keys);
    write_config("cut.json", kind, "cut", keys);
    if (run_on("cpu", "cpu.json", kind, false, NULL, &cpu) != OK) fail_msg("%s", status_message());
    if (run_on(device_of_tests(), "whole.json", kind, false, NULL, &whole) != OK) fail_msg("%s", status_message());
    assert_true(fabs(cpu.train_loss - whole.train_loss) <= tolerance * fabs(cpu.train_loss));
    assert_true(fabs(cpu.validation_loss - whole.validation_loss) <= tolerance * fabs(cpu.validation_loss));
    assert_non_null(strstr(whole.device, device_of_tests()));

    assert_int_equal(run_on(device_of_tests(), "cut.json", kind, false, &stop, &rest), ERR_INTERRUPTED);
    if (run_on(device_of_tests(), "cut.json", kind, true, NULL, &rest) != OK) fail_msg("%s", status_message());
    assert_true(rest.train_loss == whole.train_loss);
    expect_same_file("whole/model.safetensors", "cut/model.safetensors");
    remove_tree(in_dir("cpu"));
    remove_tree(in_dir("whole"));
    remove_tree(in_dir("cut"));
}

static void test_pretrain(void **state)
{
    (void)state;
    check_kind(TRAIN_PRETRAIN, 1e-3);
}

static void test_finetune(void **state)
{
    (void)state;
    check_kind(TRAIN_FINETUNE, 1e-3);
}

/* With heads of 64 a GPU keeps activations in bf16, with and without dropout, which takes another way back to the residual stream. */
static void test_bf16(void **state)
{
    (void)state;
    const char *before = fixture_shape;
    fixture_shape = "\"precision\":\"bf16\",\"model\":{\"d_model\":64,\"n_layers\":2,\"n_heads\":2,\"n_kv_heads\":1,\"head_size\":64,\"d_ff\":40,\"max_positions\":64,\"dropout\":0}";
    check_kind(TRAIN_PRETRAIN, 5e-3);
    fixture_shape = "\"precision\":\"bf16\",\"model\":{\"d_model\":64,\"n_layers\":2,\"n_heads\":1,\"n_kv_heads\":1,\"head_size\":64,\"d_ff\":40,\"max_positions\":64,\"dropout\":0.1}";
    check_kind(TRAIN_FINETUNE, 5e-3);
    fixture_shape = before;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pretrain), cmocka_unit_test(test_finetune), cmocka_unit_test(test_bf16)};
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
