/* Devices and their errors, running out of memory, stored weights. */
#include "tensor/tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_refused(const struct compute_options *o, const char *word)
{
    struct compute *c = (struct compute *)1;
    assert_int_equal(ERR_USAGE, compute_new(o, &c));
    assert_null(c);
    assert_non_null(strstr(status_message(), word));
}

static void test_options(void **state)
{
    (void)state;
    expect_refused(&(struct compute_options){.device = "abacus"}, "abacus");
    struct compute *c;
    bool cuda = compute_new(&(struct compute_options){.device = "cuda"}, &c) == OK;   /* a machine that has one */
    if (cuda) compute_free(c);
    else expect_refused(&(struct compute_options){.device = "cuda"}, "cpu");
    expect_refused(&(struct compute_options){.at_level = true, .level = (enum cpu_level)9}, "level");
    expect_refused(&(struct compute_options){.at_level = true, .level = (enum cpu_level)-1}, "level");

    assert_int_equal(OK, compute_new(NULL, &c));
    assert_int_equal(cpu_features()->level, c->level);
    assert_int_equal(cpu_features()->cores, c->threads);
    assert_string_equal("cpu", c->device);
    bool bf16 = cpu_features()->bf16;
    assert_int_equal(bf16 ? PRECISION_BF16 : PRECISION_F32, c->precision);
    compute_free(c);

    assert_int_equal(OK, compute_new(&(struct compute_options){.device = cuda ? "cpu" : "auto", .threads = 100000, .at_level = true, .level = CPU_SCALAR}, &c));
    assert_string_equal("scalar", c->ops->name);
    assert_true(c->threads >= 1 && c->threads <= 1024);
    assert_int_equal(PRECISION_F32, c->precision);
    assert_non_null(strstr(c->description, "scalar"));
    compute_free(c);
    compute_free(NULL);
}

static void test_levels_have_every_op(void **state)
{
    (void)state;
    for (int level = 0; level <= (int)cpu_features()->level; level++) {
        struct compute *c;
        assert_int_equal(OK, compute_new(&(struct compute_options){.at_level = true, .level = (enum cpu_level)level}, &c));
        void (*entries[(sizeof(struct ops) - offsetof(struct ops, linear)) / sizeof(void (*)(void))])(void);
        memcpy(entries, &c->ops->linear, sizeof entries);
        for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) assert_non_null(entries[i]);
        compute_free(c);
    }
}

static void test_memory(void **state)
{
    (void)state;
    struct compute *c;
    status s = ERR_NOMEM;
    for (uint64_t n = 1; s != OK; n++) {
        assert_true(n < 100);
        mem_fail_at(n);
        s = compute_new(NULL, &c);
        mem_fail_at(0);
        if (s != OK) {
            assert_int_equal(ERR_NOMEM, s);
            assert_null(c);
        }
    }
    size_t had = c->scratch_floats;
    assert_int_equal(OK, compute_reserve(c, 10));
    assert_true(c->scratch_floats == had);
    mem_fail_at(1);
    assert_int_equal(ERR_NOMEM, compute_reserve(c, 2 * had));
    mem_fail_at(0);
    assert_true(c->scratch_floats == had && c->scratch);
    assert_int_equal(ERR_LIMIT, compute_reserve(c, SIZE_MAX / 2));
    assert_int_equal(OK, compute_reserve(c, 2 * had));
    assert_true(c->scratch_floats == 2 * had);

    unsigned char *p = compute_alloc(c, 100);
    for (size_t i = 0; i < 100; i++) assert_true(p[i] == 0);
    assert_true((uintptr_t)p % 64 == 0);
    compute_dealloc(c, p);
    compute_free(c);
}

/* When memory for bf16 operands is missing the product is made in float32, at the level of AMX by oneDNN: ops do not fail. */
static void test_bf16_without_memory(void **state)
{
    (void)state;
    if (cpu_features()->level == CPU_SCALAR) skip();
    struct compute *c;
    assert_int_equal(OK, compute_new(&(struct compute_options){.precision = PRECISION_BF16}, &c));
    float x[6] = {1, 2, 3, 1.0009765625f, 0, 1}, w[3] = {1, 2, 4}, y[2] = {9, 9};
    mem_fail_at(1);
    c->ops->linear(c, y, x, w, NULL, 2, 3, 1);
    mem_fail_at(0);
    assert_true(y[0] == 17 && y[1] == (c->level >= CPU_AMX ? 5 : 5.0009765625f));
    c->ops->linear(c, y, x, w, NULL, 2, 3, 1);
    assert_true(y[0] == 17 && y[1] == 5);   /* 1.001 is 1 in bf16 */
    compute_free(c);
}

/* Nor where operands are kept in bf16, of which oneDNN knows nothing: forward, with a bias, and the gradients of a layer of 3 inputs and 2 outputs. */
static void test_kept_bf16_without_memory(void **state)
{
    (void)state;
    struct compute *c;
    assert_int_equal(OK, compute_new(&(struct compute_options){.precision = PRECISION_BF16}, &c));
    if (!compute_can_keep_bf16(c)) {
        compute_free(c);
        skip();
    }
    size_t stride = bf16_stride(c, 3);
    uint16_t *kept = compute_alloc(c, 4 * stride * sizeof *kept), *x = kept, *dx = kept + stride;
    float w[6] = {1, 2, 4, 0, 1, 0}, bias[2] = {1, 0.5f}, y[2], dy[2] = {1, 2}, dw[6] = {1, 1, 1, 1, 1, 1}, dbias[2] = {0};
    for (size_t i = 0; i < 3; i++) x[i] = bf16_from_f32((float)(i + 1));
    compute_keep_bf16(c, kept, 4 * stride * sizeof *kept);
    mem_fail_at(1);
    c->ops->linear(c, y, (float *)(void *)x, w, bias, 1, 3, 2);
    mem_fail_at(1);
    c->ops->linear_backward_input(c, (float *)(void *)dx, dy, w, 1, 3, 2, false);
    mem_fail_at(1);
    c->ops->linear_backward_weight(c, dw, dbias, (float *)(void *)x, dy, 1, 3, 2, true);
    mem_fail_at(0);
    assert_true(y[0] == 18 && y[1] == 2.5f && dbias[0] == 1 && dbias[1] == 2);
    static const float want[] = {1, 4, 4};
    for (size_t i = 0; i < 3; i++) {
        assert_true(bf16_to_f32(dx[i]) == want[i]);
        assert_true(dw[i] == 1 + (float)(i + 1) && dw[3 + i] == 1 + 2 * (float)(i + 1));
    }
    compute_dealloc(c, kept);
    compute_free(c);
}

static void test_bf16(void **state)
{
    (void)state;
    for (uint32_t b = 0; b < 65536; b++) {
        float x = bf16_to_f32((uint16_t)b);
        if (isnan(x)) assert_true(isnan(bf16_to_f32(bf16_from_f32(x))));
        else assert_int_equal(b, bf16_from_f32(x));
    }
    assert_true(bf16_to_f32(bf16_from_f32(1 + 1.0f / 256)) == 1);                        /* tie: to even */
    assert_true(bf16_to_f32(bf16_from_f32(1 + 3.0f / 256)) == 1 + 4.0f / 256);
    assert_true(bf16_to_f32(bf16_from_f32(1 + 1.01f / 256)) == 1 + 2.0f / 256);
    assert_true(isinf(bf16_to_f32(bf16_from_f32(3.4e38f))));
    uint32_t small_nan = 0x7f800001u;
    float x;
    memcpy(&x, &small_nan, sizeof x);
    assert_true(isnan(bf16_to_f32(bf16_from_f32(x))));
}

static void test_q8(void **state)
{
    (void)state;
    float x[] = {127, 2.5f, 3.5f, -127, 0, 0, 0, 0, 1e-45f, 0, -1e-45f, 0, -10, 5, 1, 0};
    int8_t q[16];
    float scales[4];
    quantize_q8(q, scales, x, 4, 4);
    const int8_t want[] = {127, 2, 4, -127};
    assert_memory_equal(want, q, 4);   /* halves to even */
    assert_true(scales[0] == 1 && scales[1] == 0 && q[4] == 0 && q[7] == 0);
    assert_true(q[12] == -127 && q[13] == 64 && fabsf(scales[3] - 10.0f / 127) < 1e-8f);
}

/* A mapped file promises no alignment. */
static void test_weight_rows(void **state)
{
    (void)state;
    float x[] = {1, -2, 3, 0.5f, 4, -8}, scales[2], out[3];
    int8_t q[6];
    quantize_q8(q, scales, x, 2, 3);
    char bytes[64];
    assert_true(dtype_row_bytes(DTYPE_F32, 3) == 12 && dtype_row_bytes(DTYPE_BF16, 3) == 6 && dtype_row_bytes(DTYPE_Q8, 3) == 3);
    for (int type = DTYPE_F32; type <= DTYPE_Q8; type++) {
        struct weight w = {.dtype = (enum dtype)type, .rows = 2, .cols = 3, .data = bytes + 1, .scales = type == DTYPE_Q8 ? scales : NULL};
        for (size_t i = 0; i < 6; i++) {
            uint16_t b = bf16_from_f32(x[i]);
            if (type == DTYPE_F32) memcpy(bytes + 1 + 4 * i, &x[i], 4);
            if (type == DTYPE_BF16) memcpy(bytes + 1 + 2 * i, &b, 2);
            if (type == DTYPE_Q8) memcpy(bytes + 1 + i, &q[i], 1);
        }
        for (size_t row = 0; row < 2; row++) {
            weight_row_f32(out, &w, row);
            for (size_t i = 0; i < 3; i++) assert_float_equal(x[3 * row + i], out[i], type == DTYPE_Q8 ? 0.04 : 0);
        }
    }
}

/* Every level drops the same elements, a share of p, others with another seed. */
static void test_dropout(void **state)
{
    (void)state;
    enum { N = 100003 };
    float *first = mem_aligned(N * sizeof *first), *x = mem_aligned(N * sizeof *x);
    for (int level = 0; level <= (int)cpu_features()->level; level++) {
        struct compute *c;
        assert_int_equal(OK, compute_new(&(struct compute_options){.at_level = true, .level = (enum cpu_level)level}, &c));
        for (uint64_t seed = 1; seed < 3; seed++) {
            size_t dropped = 0, same = 0;
            for (size_t i = 0; i < N; i++) x[i] = 2;
            c->ops->dropout(c, x, N, 0.2f, seed);
            for (size_t i = 0; i < N; i++) {
                assert_true(x[i] == 0 || x[i] == 2.5f);
                dropped += x[i] == 0;
                same += x[i] == first[i];
            }
            assert_true(fabs((double)dropped / N - 0.2) < 0.01);
            if (seed == 1 && level > 0) assert_true(same == N);
            if (seed == 2) assert_true(fabs((double)same / N - 0.68) < 0.02);   /* 0.8^2 + 0.2^2: independent */
            if (seed == 1) memcpy(first, x, N * sizeof *x);
        }
        c->ops->dropout(c, x, 100, 0, 5);
        compute_free(c);
    }
    mem_free(first);
    mem_free(x);
}

/* A group of one: on a GPU all of NCCL but the others (DAOGOU_TEST_DEVICE=cuda); the CPU has none and says so. */
static void test_group(void **state)
{
    (void)state;
    const char *device = getenv("DAOGOU_TEST_DEVICE");
    struct compute *c;
    char id[COMPUTE_GROUP_ID];
    float x[3] = {1, 2, 3}, back[3] = {0};
    assert_int_equal(OK, compute_new(&(struct compute_options){.device = device ? device : "cpu"}, &c));
    if (!device) {
        assert_int_equal(ERR_USAGE, compute_group_id(c, id));
        assert_int_equal(ERR_USAGE, compute_group_join(c, id, 0, 1));
        compute_free(c);
        return;
    }
    float *there = compute_alloc(c, sizeof x);
    if (compute_group_id(c, id) != OK || compute_group_join(c, id, 0, 1) != OK) fail_msg("%s", status_message());
    compute_upload(c, there, x, sizeof x);
    compute_group_sum(c, there, 3);
    compute_download(c, back, there, sizeof x);
    assert_int_equal(OK, compute_check(c));
    assert_memory_equal(x, back, sizeof x);
    compute_dealloc(c, there);
    compute_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_options), cmocka_unit_test(test_levels_have_every_op), cmocka_unit_test(test_memory),
        cmocka_unit_test(test_bf16_without_memory), cmocka_unit_test(test_kept_bf16_without_memory), cmocka_unit_test(test_bf16), cmocka_unit_test(test_q8),
        cmocka_unit_test(test_weight_rows), cmocka_unit_test(test_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
