/* Models on disk: what is saved comes back; what is cut short, altered or hostile is refused with a sentence. */
#include "model/model_int.h"

#include "model_fixture.h"

#include <stdio.h>
#include <unistd.h>

static char directory[64], weights_path[128], config_path[128];

static int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/model_file_XXXXXX");
    if (!mkdtemp(directory)) return -1;
    snprintf(weights_path, sizeof weights_path, "%s/model.safetensors", directory);
    snprintf(config_path, sizeof config_path, "%s/config.json", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    unlink(weights_path);
    unlink(config_path);
    return rmdir(directory);
}

/* Not atomic and not synced: the tests below write thousands of files. */
static void write_weights(const void *bytes, size_t n)
{
    unlink(weights_path);   /* a model may still be mapped from it */
    FILE *f = fopen(weights_path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* ---- round trips ---- */

static void unpacked(float *out, const struct parameter *p)
{
    for (size_t r = 0; r < p->rows; r++) weight_row_f32(out + r * p->cols, &p->weight, r);
}

/* Half a step of the stored type, for a row whose largest value is `largest`. */
static float rounding(enum dtype type, float x, float largest)
{
    return type == DTYPE_F32 ? 0 : type == DTYPE_BF16 ? fabsf(x) / 256 : largest / 127 * 0.5001f;
}

static void assert_same_values(const struct model *found, const struct model *expected, enum dtype type)
{
    float values[TINY_VOCAB * 24];
    assert_int_equal(found->n_parameters, expected->n_parameters);
    for (size_t i = 0; i < found->n_parameters; i++) {
        const struct parameter *p = &found->parameters[i], *q = &expected->parameters[i];
        assert_string_equal(p->name, q->name);
        unpacked(values, p);
        for (size_t r = 0; r < p->rows; r++) {
            const float *from = (const float *)q->weight.data + r * p->cols;
            float largest = 0;
            for (size_t k = 0; k < p->cols; k++) largest = fmaxf(largest, fabsf(from[k]));
            for (size_t k = 0; k < p->cols; k++)
                assert_true(fabsf(values[r * p->cols + k] - from[k]) <= rounding(p->rows == 1 ? DTYPE_F32 : type, from[k], largest));
        }
    }
}

static void check_round_trip(const struct model_config *c, enum dtype type)
{
    struct model *original = tiny_model(c, 3), *mapped, *trainable;
    char *first, *second;
    size_t size, size_again;
    check_ok(model_save(original, directory, type));
    check_ok(model_load(directory, false, &mapped));
    check_ok(model_load(directory, true, &trainable));
    assert_null(mapped->params);
    assert_non_null(trainable->grads);
    assert_int_equal(model_parameter(mapped, "embedding.weight")->weight.dtype, type);
    assert_same_values(mapped, original, type);
    assert_same_values(trainable, original, type);
    assert_true(trainable->config.dropout == c->dropout);
    /* a stored model saved again is the same file, and over the one it is mapped from */
    check_ok(file_read(weights_path, 1 << 20, &first, &size));
    check_ok(model_save(mapped, directory, type));
    check_ok(file_read(weights_path, 1 << 20, &second, &size_again));
    assert_int_equal(size, size_again);
    assert_memory_equal(first, second, size);
    mem_free(first), mem_free(second);
    model_free(original), model_free(mapped), model_free(trainable);
}

static void test_round_trips(void **state)
{
    (void)state;
    const struct model_config *configs[] = {&tiny_ours, &tiny_gpt2, &tiny_qwen};
    for (int i = 0; i < 3; i++)
        for (int type = DTYPE_F32; type <= DTYPE_Q8; type++) check_round_trip(configs[i], (enum dtype)type);
}

static void test_new_models(void **state)
{
    (void)state;
    struct model *a, *b, *other;
    check_ok(model_new(&tiny_ours, 1, &a));
    check_ok(model_new(&tiny_ours, 1, &b));
    check_ok(model_new(&tiny_ours, 2, &other));
    assert_memory_equal(a->params, b->params, a->n_floats * sizeof(float));
    assert_memory_not_equal(a->params, other->params, a->n_floats * sizeof(float));
    double squares[2] = {0};
    const char *const names[] = {"layers.0.attention.qkv.weight", "layers.0.attention.out.weight"};
    for (int i = 0; i < 2; i++) {
        const struct parameter *p = model_parameter(a, names[i]);
        size_t n = (size_t)p->rows * p->cols;
        for (size_t k = 0; k < n; k++) squares[i] += pow((double)a->params[p->offset + k], 2) / (double)n;
        assert_true(p->decay);
        assert_int_equal(p->offset % 16, 0);
    }
    assert_true(fabs(sqrt(squares[0]) - 0.02) < 0.002);
    assert_true(fabs(sqrt(squares[1]) - 0.01) < 0.001);   /* 0.02 / sqrt(2 * 2 layers) */
    assert_true(a->params[model_parameter(a, "norm.weight")->offset] == 1);
    assert_false(model_parameter(a, "norm.weight")->decay);
    assert_true(a->params[model_parameter(a, "heads.nsp.bias")->offset] == 0);
    assert_null(model_parameter(a, "no such"));
    model_free(a), model_free(b), model_free(other);
    model_free(NULL);
}

/* ---- damage ---- */

static void save_good(struct model **m)
{
    *m = tiny_model(&tiny_ours, 3);
    check_ok(model_save(*m, directory, DTYPE_Q8));
}

static void assert_refused(const void *bytes, size_t n, const char *what, size_t at)
{
    struct model *m;
    write_weights(bytes, n);
    status s = model_load(directory, false, &m);
    if (s != ERR_FORMAT || !strstr(status_message(), weights_path) || strchr(status_message(), '\n'))
        fail_msg("%s at %zu: status %d, %s", what, at, (int)s, status_message());
    assert_null(m);
}

static void test_truncated(void **state)
{
    (void)state;
    struct model *m;
    char *bytes;
    size_t size;
    save_good(&m);
    check_ok(file_read(weights_path, 1 << 20, &bytes, &size));
    uint64_t header;
    memcpy(&header, bytes, sizeof header);
    for (size_t n = 0; n < size; n += n < sizeof header + header ? 1 : 97) assert_refused(bytes, n, "cut", n);
    assert_refused(bytes, size - 1, "cut", size - 1);
    char *longer = calloc(1, size + 1);
    memcpy(longer, bytes, size);
    assert_refused(longer, size + 1, "one byte more", size);
    free(longer);
    mem_free(bytes);
    model_free(m);
}

/* Any one byte altered: refused, or (a blank of the header, a letter of an unread key) without effect on any weight. */
static void test_altered(void **state)
{
    (void)state;
    struct model *original, *m, *good;
    char *bytes;
    size_t size, refused = 0, tried = 0;
    save_good(&original);
    check_ok(model_load(directory, true, &good));
    check_ok(file_read(weights_path, 1 << 20, &bytes, &size));
    size_t header = 8 + (size_t)(unsigned char)bytes[0] + ((size_t)(unsigned char)bytes[1] << 8);
    for (size_t i = 0; i < size; i += i < header ? 1 : 7, tried++) {
        bytes[i] = (char)(bytes[i] ^ (1 << i % 7));
        write_weights(bytes, size);
        status s = model_load(directory, true, &m);
        if (s == OK) {
            assert_true(i < header);
            assert_memory_equal(m->params, good->params, m->n_floats * sizeof(float));
            model_free(m);
        } else {
            assert_int_equal(s, ERR_FORMAT);
            refused++;
        }
        bytes[i] = (char)(bytes[i] ^ (1 << i % 7));
    }
    assert_true(refused + 64 > tried);
    mem_free(bytes);
    model_free(original), model_free(good);
}

static void test_config_of_another_model(void **state)
{
    (void)state;
    struct model *m, *loaded;
    struct model_config c = tiny_ours;
    save_good(&m);
    c.dropout = 0;   /* may be changed between runs */
    check_ok(model_config_write(&c, config_path));
    check_ok(model_load(directory, true, &loaded));
    model_free(loaded);
    c.rope_theta = 500;   /* fits every shape, but not the weights */
    check_ok(model_config_write(&c, config_path));
    assert_int_equal(model_load(directory, true, &loaded), ERR_FORMAT);
    c = tiny_ours, c.d_ff = 24;
    check_ok(model_config_write(&c, config_path));
    assert_int_equal(model_load(directory, false, &loaded), ERR_FORMAT);
    unlink(weights_path);
    assert_int_equal(model_load(directory, false, &loaded), ERR_IO);
    unlink(config_path);
    assert_int_equal(model_load(directory, false, &loaded), ERR_IO);
    assert_int_equal(model_load("/nonexistent", false, &loaded), ERR_IO);
    model_free(m);
}

/* A failed write leaves the model that was there. */
/* Three models one after the other into a running mean, as `daogou model average` does. */
static void test_blended_models(void **state)
{
    (void)state;
    struct model *m[3], *mean = tiny_model(&tiny_ours, 1), *other_shape = tiny_model(&tiny_gpt2, 1);
    for (uint64_t i = 0; i < 3; i++) m[i] = tiny_model(&tiny_ours, i + 1);
    check_ok(model_blend(mean, m[1], 1.0f / 2));
    check_ok(model_blend(mean, m[2], 1.0f / 3));
    for (size_t k = 0; k < mean->n_floats; k++)
        assert_true(fabsf(mean->params[k] - (m[0]->params[k] + m[1]->params[k] + m[2]->params[k]) / 3) < 1e-5f);
    float before = mean->params[0];
    assert_int_equal(model_blend(mean, other_shape, 0.5f), ERR_USAGE);
    assert_true(mean->params[0] == before);
    model_free(mean);
    model_free(other_shape);
    for (size_t i = 0; i < 3; i++) model_free(m[i]);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct model *m, *other = tiny_model(&tiny_ours, 4), *loaded;
    save_good(&m);
    for (uint64_t n = 1;; n++) {
        file_fail_write_at(n);
        status s = model_save(other, directory, DTYPE_F32);
        file_fail_write_at(0);
        check_ok(model_load(directory, true, &loaded));
        bool old = model_parameter(loaded, "norm.weight") && loaded->params[0] != other->params[0];
        model_free(loaded);
        if (s == OK) {
            assert_false(old);
            break;
        }
        assert_int_equal(s, ERR_IO);
        assert_true(n < 1000);
    }
    model_free(m), model_free(other);
}

/* ---- hostile headers ---- */

/* Length field `length` (or the true one), header, `data` zero bytes: refused with `sentence`. */
static void refuses_with_length(uint64_t length, const char *header, size_t data, const char *sentence)
{
    struct strbuf b = {0};
    struct safetensors file;
    for (int i = 0; i < 8; i++) strbuf_putc(&b, (char)(length >> 8 * i));
    strbuf_puts(&b, header);
    for (size_t i = 0; i < data; i++) strbuf_putc(&b, 0);
    write_weights(b.data, b.len);
    strbuf_release(&b);
    assert_int_equal(safetensors_open(&file, weights_path), ERR_FORMAT);
    if (!strstr(status_message(), sentence)) fail_msg("'%s', not '%s'", status_message(), sentence);
}

static void refuses(const char *header, size_t data, const char *sentence)
{
    struct strbuf padded = {0};
    strbuf_puts(&padded, header);
    while (padded.len % 8 && header[0]) strbuf_putc(&padded, ' ');   /* aligned, so that the data are */
    refuses_with_length(padded.len, strbuf_str(&padded), data, sentence);
    strbuf_release(&padded);
}

#define TENSOR(name, dtype, shape, offsets) "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define ONE(dtype, shape, offsets) "{" TENSOR("a", dtype, shape, offsets) "}"

static void test_hostile_headers(void **state)
{
    (void)state;
    refuses_with_length(UINT64_MAX, "{}", 0, "header's length");
    refuses_with_length((uint64_t)1 << 31, "{}", 0, "header's length");
    refuses_with_length(1000, "{}", 100, "cut short");
    refuses("", 0, "too few");
    refuses("[]", 0, "no JSON object");
    refuses("{]", 4, "no JSON");
    refuses("\xff\xfe{}", 4, "no JSON");
    refuses("{\"a\":1}", 0, "no JSON object");
    refuses("{\"a\":{}}", 0, "dtype");
    refuses("{\"a\\u0000b\":{}}", 0, "no JSON");
    refuses("{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("a", "F32", "[1]", "[0,4]") "}", 4, "duplicate");
    refuses(ONE("F16", "[2]", "[0,4]"), 4, "dtype 'F16'");
    refuses(ONE("F32", "[]", "[0,4]"), 4, "shape");
    refuses(ONE("F32", "{}", "[0,4]"), 4, "shape");
    refuses(ONE("F32", "[1,1,1]", "[0,4]"), 4, "shape");
    refuses(ONE("F32", "[0]", "[0,0]"), 0, "impossible shape");
    refuses(ONE("F32", "[-1]", "[0,4]"), 4, "impossible shape");
    refuses(ONE("F32", "[1.5]", "[0,4]"), 4, "impossible shape");
    refuses(ONE("F32", "[4294967297]", "[0,4]"), 4, "impossible shape");
    refuses(ONE("F32", "[2147483647,2147483647]", "[0,4]"), 4, "its shape is");
    refuses(ONE("F32", "[1073741824,4]", "[0,0]"), 0, "its shape is");   /* 2^34 bytes */
    refuses(ONE("F32", "[1]", "[0,8]"), 8, "its shape is");
    refuses(ONE("F32", "[2]", "[0,6]"), 8, "its shape is");
    refuses(ONE("F32", "[1]", "[4,0]"), 4, "data_offsets");
    refuses(ONE("F32", "[1]", "[-4,0]"), 4, "data_offsets");
    refuses(ONE("F32", "[1]", "[0]"), 4, "data_offsets");
    refuses(ONE("F32", "[1]", "5"), 4, "data_offsets");
    refuses(ONE("F32", "[1]", "[0,4.0]"), 4, "data_offsets");
    refuses(ONE("F32", "[1]", "[9223372036854775800,9223372036854775804]"), 4, "cut short");
    refuses(ONE("F32", "[1]", "[0,99999999999999999999]"), 4, "no JSON");
    refuses(ONE("F32", "[2]", "[0,8]"), 4, "cut short");
    refuses(ONE("F32", "[1]", "[0,4]"), 5, "1 bytes at the end");
    refuses(ONE("F32", "[1]", "[4,8]"), 8, "belong to no tensor");
    refuses("{" TENSOR("a", "F32", "[2]", "[0,8]") "," TENSOR("b", "F32", "[2]", "[4,12]") "}", 12, "overlap");
    refuses("{" TENSOR("a", "F32", "[1]", "[0,4]") "," TENSOR("b", "F32", "[1]", "[0,4]") "}", 4, "overlap");
    refuses("{" TENSOR("a", "I8", "[1]", "[0,1]") "," TENSOR("b", "F32", "[1]", "[1,5]") "}", 5, "not aligned");
    refuses("{\"__metadata__\":{\"format\":\"daogou\"}}", 0, "checksums are missing");
    refuses("{\"__metadata__\":{\"checksum\":\"0123456789abcdef\"}}", 0, "altered");
}

static void test_deep_header(void **state)
{
    (void)state;
    enum { DEPTH = 1 << 20 };
    char *deep = malloc(DEPTH + 1);
    memset(deep, '[', DEPTH);
    deep[DEPTH] = 0;
    refuses(deep, 0, "no JSON");
    free(deep);
}

static void test_too_many_tensors(void **state)
{
    (void)state;
    struct strbuf b = {0};
    for (int i = 0; i <= SAFETENSORS_MAX_TENSORS; i++) strbuf_printf(&b, "%c\"%d\":0", i ? ',' : '{', i);
    strbuf_putc(&b, '}');
    refuses(b.data, 0, "more than");
    strbuf_release(&b);
}

/* Files of other programs: no metadata, any order of keys; they must still fit the configuration. */
static void test_foreign_file(void **state)
{
    (void)state;
    const char *header = "{\"__metadata__\":{\"format\":\"pt\"}," TENSOR("b", "BF16", "[2,1]", "[8,12]") ","
                         TENSOR("a", "F32", "[2]", "[0,8]") "}  ";
    struct strbuf b = {0};
    struct safetensors file;
    struct model *m;
    for (int i = 0; i < 8; i++) strbuf_putc(&b, (char)(strlen(header) >> 8 * i));
    strbuf_puts(&b, header);
    while ((b.len - 8 - strlen(header)) < 12) strbuf_putc(&b, 0);
    write_weights(b.data, b.len);
    check_ok(safetensors_open(&file, weights_path));
    assert_int_equal(file.n, 2);
    assert_string_equal(file.tensors[0].name, "a");
    assert_int_equal(file.tensors[1].rows, 2);
    assert_null(safetensors_find(&file, "c"));
    safetensors_close(&file);
    check_ok(model_config_write(&tiny_ours, config_path));
    assert_int_equal(model_load(directory, false, &m), ERR_FORMAT);
    assert_non_null(strstr(status_message(), "missing"));
    strbuf_release(&b);
}

/* Replaces text of the same length in the header of the weights. */
static void edit_header(const char *from, const char *to)
{
    char *bytes;
    size_t size;
    check_ok(file_read(weights_path, 1 << 20, &bytes, &size));
    char *at = memmem(bytes, size, from, strlen(from));
    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    write_weights(bytes, size);
    mem_free(bytes);
}

static void refuses_model(const char *sentence)
{
    struct model *m;
    assert_int_equal(model_load(directory, true, &m), ERR_FORMAT);
    if (!strstr(status_message(), sentence)) fail_msg("'%s', not '%s'", status_message(), sentence);
    assert_int_equal(model_load(directory, false, &m), ERR_FORMAT);
}

/* Without our hashes the tensors themselves must fit the configuration. */
static void test_foreign_tensors(void **state)
{
    (void)state;
    struct model *m, *loaded;
    struct model_config c = tiny_ours;
    save_good(&m);
    edit_header("\"format\":\"daogou\"", "\"format\":\"foreig\"");
    edit_header("\"checksum\"", "\"unknown_\"");
    check_ok(model_load(directory, true, &loaded));
    assert_same_values(loaded, m, DTYPE_Q8);
    model_free(loaded);
    c.d_ff = 24;
    check_ok(model_config_write(&c, config_path));
    refuses_model("asks for (48, 16)");
    c = tiny_ours, c.vocab_size = TINY_VOCAB - 1;
    check_ok(model_config_write(&c, config_path));
    refuses_model("asks for (36, 16)");
    c = tiny_ours, c.heads = false;
    check_ok(model_config_write(&c, config_path));
    refuses_model("tensors, but config.json asks for");
    check_ok(model_config_write(&tiny_ours, config_path));
    edit_header("\"embedding.weight.scales\"", "\"embedding.weight.scalex\"");
    refuses_model("'embedding.weight.scales' is missing");
    edit_header("\"embedding.weight.scalex\"", "\"embedding.weight.scales\"");
    edit_header("0.attention.qkv.weight.scales", "0.attention.xxx.weight.scales");   /* the scales of two matrices exchanged */
    edit_header("0.attention.out.weight.scales", "0.attention.qkv.weight.scales");
    edit_header("0.attention.xxx.weight.scales", "0.attention.out.weight.scales");
    refuses_model("qkv.weight.scales' must be F32 of 48 values");
    model_free(m);
}

/* As another program might save: zeros, float32 but for one tensor of bfloat16, which comes last. */
static void write_foreign(const struct model *m, const char *bf16)
{
    struct strbuf header = {0}, file = {0};
    size_t at = 0;
    for (int last = 0; last < 2; last++)
        for (size_t i = 0; i < m->n_parameters; i++) {
            const struct parameter *p = &m->parameters[i];
            if ((strcmp(p->name, bf16) == 0) != last) continue;
            size_t bytes = (size_t)p->rows * p->cols * (last ? 2 : 4);
            strbuf_printf(&header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%u,%u],\"data_offsets\":[%zu,%zu]}", at ? "," : "{", p->name,
                          last ? "BF16" : "F32", p->rows, p->cols, at, at + bytes);
            at += bytes;
        }
    strbuf_putc(&header, '}');
    while (header.len % 8) strbuf_putc(&header, ' ');
    for (int i = 0; i < 8; i++) strbuf_putc(&file, (char)(header.len >> 8 * i));
    strbuf_add(&file, header.data, header.len);
    while (at--) strbuf_putc(&file, 0);
    write_weights(file.data, file.len);
    strbuf_release(&header);
    strbuf_release(&file);
}

/* A vector must be float32: it is read where it lies. */
static void test_vectors_are_float(void **state)
{
    (void)state;
    struct model *m, *loaded;
    save_good(&m);
    write_foreign(m, "layers.1.ffn.in.weight");
    check_ok(model_load(directory, false, &loaded));
    model_free(loaded);
    write_foreign(m, "norm.weight");
    refuses_model("'norm.weight' is a vector and must be F32");
    write_foreign(m, "heads.match.weight");
    refuses_model("'heads.match.weight' is a vector and must be F32");
    model_free(m);
}

/* ---- no memory ---- */

static void test_out_of_memory(void **state)
{
    (void)state;
    struct model *m = NULL, *made;
    struct compute *c = fast_compute();
    struct train_run *train;
    struct infer_run *infer;
    struct kv_cache *cache;
    save_good(&m);
#define EVERY_ALLOCATION(call, release)                              \
    do {                                                             \
        uint64_t n = 0;                                              \
        status s = ERR_NOMEM;                                        \
        while (s != OK) {                                            \
            mem_fail_at(++n);                                        \
            s = (call);                                              \
            mem_fail_at(0);                                          \
            if (s != OK) assert_int_equal(s, ERR_NOMEM);             \
            assert_true(n < 1000);                                   \
        }                                                            \
        assert_true(n > 1);                                          \
        release;                                                     \
    } while (0)
    EVERY_ALLOCATION(model_new(&tiny_ours, 1, &made), model_free(made));
    EVERY_ALLOCATION(model_load(directory, true, &made), model_free(made));
    EVERY_ALLOCATION(model_load(directory, false, &made), model_free(made));
    EVERY_ALLOCATION(model_save(m, directory, DTYPE_BF16), (void)0);
    EVERY_ALLOCATION(train_run_new(m, c, 16, 4, &train), train_run_free(train));
    EVERY_ALLOCATION(infer_run_new(m, c, 16, 4, &infer), infer_run_free(infer));
    EVERY_ALLOCATION(kv_cache_new(m, 16, &cache), kv_cache_free(cache));
#undef EVERY_ALLOCATION
    model_free(m);
    compute_free(c);
}

/* A step takes no memory: after the run is made, none of ours may be asked for. */
static void test_steps_allocate_nothing(void **state)
{
    (void)state;
    struct model *m = tiny_model(&tiny_ours, 1);
    struct compute *c = fast_compute();
    struct train_run *train;
    struct infer_run *infer;
    struct tiny_batch b;
    int32_t rows[] = {1, 2, 3}, targets[] = {4, 5, 6}, seqs[] = {0, 1, 2}, labels[TINY_SEQS] = {1, 0, 1, -1, 0, 1, 1};
    float gains[] = {1, 0, 2}, scores[TINY_SEQS];
    tiny_batch_init(&b, 1);
    check_ok(train_run_new(m, c, TINY_TOKENS, TINY_SEQS, &train));
    check_ok(infer_run_new(m, c, TINY_TOKENS, TINY_SEQS, &infer));
    for (int i = 0; i < 2; i++) {   /* the first pass may warm up caches of the ops */
        mem_fail_at(0);
        check_ok(train_forward(train, &b.batch, true, 1));
        loss_vocabulary(train, rows, targets, 3, 1, true, NULL);
        loss_nsp(train, labels, 1, true, NULL);
        loss_match(train, seqs, gains, 3, 1, true, NULL);
        loss_contrastive(train, seqs, seqs, NULL, 3, 1, true);
        train_backward(train);
        check_ok(infer_encode(infer, &b.batch, NULL, scores));
    }
    assert_int_equal(mem_fail_at(0), 0);
    train_run_free(train);
    infer_run_free(infer);
    model_free(m);
    compute_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_new_models),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_config_of_another_model),
        cmocka_unit_test(test_blended_models),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_deep_header),
        cmocka_unit_test(test_too_many_tensors),
        cmocka_unit_test(test_foreign_file),
        cmocka_unit_test(test_foreign_tensors),
        cmocka_unit_test(test_vectors_are_float),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_steps_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
