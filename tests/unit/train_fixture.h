/* Shared by the tests of room train: a directory of its own, a toy corpus, a toy tokenizer, tiny configurations. */
#ifndef TRAIN_FIXTURE_H
#define TRAIN_FIXTURE_H

#include "train/train_int.h" /* before cmocka.h, which has a macro named fail */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *fixture_dir;

/* The device beside the CPU: emulated, or a GPU by DAOGOU_TEST_DEVICE=cuda (scripts/check-gpu). */
__attribute__((unused)) static const char *device_of_tests(void)
{
    const char *name = getenv("DAOGOU_TEST_DEVICE");
    return name ? name : "emulated";
}

__attribute__((unused)) static const char *in_dir(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *p = paths[next++ % 8];
    snprintf(p, sizeof paths[0], "%s/%s", fixture_dir, name);
    return p;
}

__attribute__((unused)) static void write_file(const char *name, const char *text)
{
    assert_int_equal(file_write_atomic(in_dir(name), text, strlen(text)), OK);
}

/* Documents of sentences "house 7 red cat sees blue dog house 7": learnable, many, and each says which document it is of. */
static void write_corpus(const char *name, size_t documents)
{
    static const char *const words[] = {"red", "blue", "green", "small", "big", "old", "cat", "dog", "bird", "fish", "horse", "mouse"};
    struct strbuf b = {0};
    struct rng r;
    rng_seed(&r, 5);
    for (size_t d = 0; d < documents; d++) {
        for (size_t i = 0, n = 3 + rng_below(&r, 4); i < n; i++)
            strbuf_printf(&b, "house %u %s %s sees %s %s house %u\n", (unsigned)d, words[rng_below(&r, 6)], words[6 + rng_below(&r, 6)], words[rng_below(&r, 6)],
                          words[6 + rng_below(&r, 6)], (unsigned)d);
        strbuf_puts(&b, "\n");
    }
    assert_int_equal(file_write_atomic(in_dir(name), b.data, b.len), OK);
    strbuf_release(&b);
}

static void write_examples(const char *name, size_t n)
{
    static const char *const things[] = {"tent", "lamp", "kettle", "chair", "jacket", "phone", "bottle", "watch"};
    static const char *const colours[] = {"red", "blue", "green", "black", "white"};
    struct strbuf b = {0};
    struct rng r;
    rng_seed(&r, 6);
    for (size_t i = 0; i < n; i++) {
        const char *a = things[rng_below(&r, 8)], *o = things[rng_below(&r, 8)], *c = colours[rng_below(&r, 5)];
        unsigned id = (unsigned)i;
        strbuf_printf(&b, "{\"kind\":\"match\",\"need\":\"a %s %s number %u\",\"items\":[\"%s %s %u\",\"%s cover %u\",\"plain %s\"],\"gains\":[1,0,0.3]}\n", c, a,
                      id, c, a, id, o, id, a);
        strbuf_printf(&b, "{\"kind\":\"generate\",\"need\":\"a %s %s\",\"item\":\"%s %s %u\",\"text\":\"this %s is %s\"}\n", c, a, a, c, id, a, c);
    }
    assert_int_equal(file_write_atomic(in_dir(name), b.data, b.len), OK);
    strbuf_release(&b);
}

__attribute__((unused)) static void remove_tree(const char *path)
{
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

__attribute__((unused)) static int fixture_setup(void **state)
{
    (void)state;
    char template[] = "/tmp/daogou-train-XXXXXX";
    fixture_dir = strdup(mkdtemp(template));
    write_corpus("corpus.txt", 60);
    write_examples("examples.jsonl", 60);
    const char *files[] = {in_dir("corpus.txt"), in_dir("examples.jsonl")};
    struct tokenizer_options o = {.directory = fixture_dir, .files = files, .n_files = 2, .vocab_size = 400};
    struct tokenizer_result r;
    if (train_tokenizer(&o, NULL, &r) != OK) {
        print_error("%s\n", status_message());
        return -1;
    }
    return 0;
}

__attribute__((unused)) static int fixture_teardown(void **state)
{
    (void)state;
    remove_tree(fixture_dir);
    free(fixture_dir);
    return 0;
}

/* What write_config() trains, and in which precision. */
static const char *fixture_shape = "\"precision\":\"f32\",\"model\":{\"d_model\":16,\"n_layers\":2,\"n_heads\":2,\"n_kv_heads\":1,\"head_size\":8,\"d_ff\":32,\"max_positions\":64,\"dropout\":0.1}";

/* A configuration of a two-layer model 16 wide, or fixture_shape; `extra` is JSON that goes on after the common keys: ",\"steps\":3". */
__attribute__((unused)) static void write_config(const char *name, enum train_kind kind, const char *output, const char *extra)
{
    struct strbuf b = {0};
    strbuf_printf(&b,
                  "{\"output\":\"%s/%s\",\"tokenizer\":\"%s/tokenizer.json\",\"batch_tokens\":512,%s,"
                  "\"warmup_steps\":2,\"validation_fraction\":0.1,",
                  fixture_dir, output, fixture_dir, fixture_shape);
    if (!strstr(extra, "threads")) strbuf_puts(&b, "\"threads\":1,");
    if (!strstr(extra, "learning_rate")) strbuf_puts(&b, "\"learning_rate\":0.003,");
    if (!strstr(extra, "eval_batches")) strbuf_puts(&b, "\"eval_batches\":2,");
    if (kind == TRAIN_PRETRAIN)
        strbuf_printf(&b, "\"corpora\":[\"%s/corpus.txt\"],\"mlm_sequence\":32,\"lm_sequence\":48%s}", fixture_dir, extra);
    else
        strbuf_printf(&b, "\"data\":[\"%s/examples.jsonl\"],\"max_pair_tokens\":32,\"max_embed_tokens\":16,\"max_prefix_tokens\":32,\"max_text_tokens\":24,"
                          "\"max_group\":5%s}",
                      fixture_dir, extra);
    assert_int_equal(file_write_atomic(in_dir(name), b.data, b.len), OK);
    strbuf_release(&b);
}

__attribute__((unused)) static status run_config(const char *name, enum train_kind kind, bool resume, const struct progress *p, struct train_result *r)
{
    struct train_config c;
    status s = train_config_read(&c, kind, in_dir(name));
    if (s == OK) s = train_start(&c, &(struct train_options){.resume = resume}, p, r);
    train_config_release(&c);
    return s;
}

__attribute__((unused)) static char *read_all(const char *name, size_t *n)
{
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(file_read(in_dir(name), 1 << 30, &data, n ? n : &size), OK);
    return data;
}

#define assert_message_has(text)                                                            \
    do {                                                                                    \
        if (!strstr(status_message(), text)) fail_msg("'%s' lacks '%s'", status_message(), text); \
    } while (0)

#endif
