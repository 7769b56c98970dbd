/* For the tests of decode: a tiny random model with a tiny trained tokenizer in a temporary directory. */
#ifndef DECODE_FIXTURE_H
#define DECODE_FIXTURE_H

#include "decode/decode_int.h" /* before cmocka.h, which has a macro named fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ok(expression)                                                                                  \
    do {                                                                                                \
        if ((expression) != OK) fail_msg("%s: %s", #expression, status_message());                      \
    } while (0)

static inline struct text_span span(const char *s) { return (struct text_span){s, strlen(s)}; }

static const char *const fixture_texts[] = {
    "轻薄透气的夏季连衣裙，显瘦百搭，适合上班穿。", "纯棉面料，柔软亲肤，黑色和白色都有货。", "这款工具箱结实耐用，适合家用维修。",
    "a light summer dress that breathes and fits well", "the red dress is made of cotton and has two pockets",
    "a sturdy toolbox for the home, with steel handles", "waterproof boots for hiking in the rain, warm and light",
    "连衣裙 dress 红色 red 棉 cotton 靴子 boots", "the boots and the dress and the toolbox are in stock"};

static inline struct tokenizer *fixture_tokenizer(size_t vocab_size)
{
    struct tokenizer_trainer *trainer;
    struct tokenizer *t;
    ok(tokenizer_trainer_new(&trainer));
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof fixture_texts / sizeof *fixture_texts; i++)
            ok(tokenizer_trainer_feed(trainer, fixture_texts[i], strlen(fixture_texts[i])));
    ok(tokenizer_trainer_run(trainer, vocab_size, special_token_names, SPECIAL_TOKENS, NULL, &t));
    tokenizer_trainer_free(trainer);
    return t;
}

static inline struct model_config fixture_config(size_t vocab_size, uint32_t max_positions)
{
    struct model_config c;
    model_config_default(&c);
    c.vocab_size = (uint32_t)vocab_size;
    c.max_positions = max_positions;
    c.d_model = 32;
    c.n_layers = 2;
    c.n_heads = 4;
    c.n_kv_heads = 4;
    c.head_size = 8;
    c.d_ff = 64;
    c.dropout = 0;
    c.overlap = false;   /* fixture_model adds it */
    return c;
}

/* Weights larger than at the start of training, so that the model has opinions. */
static inline void fixture_model(const char *directory, const struct model_config *c, uint64_t seed)
{
    struct model *m;
    ok(model_new(c, seed, &m));
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct parameter *p = &m->parameters[i];
        size_t n = (size_t)p->rows * p->cols;
        for (size_t k = 0; k < n && p->decay; k++) m->params[p->offset + k] *= 15;
    }
    ok(model_add_overlap(&m));
    const struct parameter *overlap = model_parameter(m, "overlap.weight");
    for (size_t k = overlap->cols; k < (size_t)overlap->rows * overlap->cols; k++) m->params[overlap->offset + k] = (float)(k % 7) * 0.3F - 0.9F;
    ok(model_save(m, directory, DTYPE_F32));
    model_free(m);
}

static inline char *fixture_temp(void)
{
    char pattern[] = "/tmp/decode_test_XXXXXX";
    assert_non_null(mkdtemp(pattern));
    return strdup(pattern);
}

static inline void fixture_path(char out[512], const char *directory, const char *name)
{
    snprintf(out, 512, "%s/%s", directory, name);
}

static inline void fixture_remove(char *directory)
{
    DIR *d = opendir(directory);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%.200s", directory, e->d_name);
        if (e->d_name[0] != '.') unlink(path);
    }
    if (d) closedir(d);
    rmdir(directory);
    free(directory);
}

/* A directory with a model; the tokenizer has vocab_size entries (272: bytes only) or fewer if the texts give no more. */
static inline char *fixture_directory(size_t vocab_size, uint32_t max_positions, uint64_t seed)
{
    char *directory = fixture_temp(), path[512];
    struct tokenizer *t = fixture_tokenizer(vocab_size);
    struct model_config c = fixture_config(tokenizer_size(t) + 5, max_positions);   /* some ids without bytes */
    fixture_model(directory, &c, seed);
    fixture_path(path, directory, "tokenizer.json");
    ok(tokenizer_save(t, path));
    tokenizer_free(t);
    return directory;
}

static inline struct session *fixture_session(const char *directory, size_t batch_tokens_max)
{
    struct session *s;
    ok(session_new(&(struct session_options){.model_directory = directory, .device = "cpu", .threads = 1, .batch_tokens_max = batch_tokens_max}, &s));
    return s;
}

#endif
