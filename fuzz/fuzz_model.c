#include "fuzz_model.h"

#include "exchange/exchange.h"
#include "fuzz.h"
#include "model/model_int.h"
#include "text/text.h"

#include <string.h>

enum { RUN_MAX_POSITIONS = 1 << 14, RUN_MAX_VOCAB = 1 << 14, RUN_MAX_BYTES = 1 << 26, RUN_TOKENS = 6 };

/* One device for all inputs: making it is slow. */
static struct compute *device(void)
{
    static struct compute *c;
    const struct compute_options o = {.device = "cpu", .threads = 1};
    if (!c) PROMISE(compute_new(&o, &c) == OK);
    return c;
}

void open_safetensors(const char *path, const uint8_t *data, size_t n)
{
    struct safetensors file;
    scratch_write(path, data, n);
    status s = safetensors_open(&file, path);
    if (s != OK) {
        promise_sentence(s);
        return;
    }
    uint64_t hash = 0;
    for (size_t i = 0; i < file.n; i++) {
        hash = safetensor_hash(&file.tensors[i], hash);   /* reads every byte */
        PROMISE(safetensors_find(&file, file.tensors[i].name));
    }
    PROMISE(!file.ours || hash == file.checksum);
    safetensors_close(&file);
}

/* Left to right, then as an encoder. Numbers may be anything, NaN too: a file decides them. */
static void run(const struct model *m)
{
    const struct model_config *c = &m->config;
    struct infer_run *r;
    struct kv_cache *k;
    int32_t tokens[RUN_TOKENS], positions[RUN_TOKENS];
    size_t n = c->max_positions < RUN_TOKENS ? c->max_positions : RUN_TOKENS;
    if (c->vocab_size > RUN_MAX_VOCAB || c->max_positions > RUN_MAX_POSITIONS) return;
    for (size_t i = 0; i < n; i++) tokens[i] = (int32_t)(i * 31 % c->vocab_size), positions[i] = (int32_t)i;
    float *logits = mem_alloc(c->vocab_size * sizeof *logits), *embedding = mem_alloc(c->d_model * sizeof *embedding), score;
    PROMISE(logits && embedding);
    PROMISE(infer_run_new(m, device(), n, 1, &r) == OK && kv_cache_new(m, n, &k) == OK);
    status s = infer_prefill(r, k, tokens, n, 0, logits);
    if (s != OK) promise_sentence(s);
    const int32_t offsets[] = {0, (int32_t)n}, prefix[] = {(int32_t)n};
    const struct batch b = {.n_tokens = n, .n_seqs = 1, .tokens = tokens, .positions = positions, .offsets = offsets, .prefix = prefix};
    s = infer_encode(r, &b, c->heads ? embedding : NULL, c->heads ? &score : NULL);
    if (s != OK) promise_sentence(s);
    kv_cache_free(k);
    infer_run_free(r);
    mem_free(logits);
    mem_free(embedding);
}

static size_t bytes_of(const struct model *m)
{
    size_t sum = 0;
    for (size_t i = 0; i < m->n_parameters; i++) sum += (size_t)m->parameters[i].rows * m->parameters[i].cols * sizeof(float);
    return sum;
}

void load_and_run(const char *directory)
{
    struct model *m;
    status s = model_load(directory, false, &m);
    if (s != OK) {
        promise_sentence(s);
        return;
    }
    size_t bytes = bytes_of(m);
    if (bytes < RUN_MAX_BYTES) run(m);
    model_free(m);
    if (bytes >= RUN_MAX_BYTES) return;
    s = model_load(directory, true, &m);   /* what can be mapped can be trained */
    PROMISE(s == OK);
    model_free(m);
}

void load_adapter(const char *directory)
{
    struct model *m;
    status s = model_load_adapter(directory, directory, &m);
    if (s != OK) promise_sentence(s);
    else model_free(m);
}

void import_and_run(const char *from)
{
    const char *out = scratch_path("imported");
    struct tokenizer *t;
    char path[512];
    scratch_empty(out);
    status s = exchange_import(from, out, EXCHANGE_KEEP);
    if (s != OK) {
        promise_sentence(s);
        return;
    }
    load_and_run(out);
    snprintf(path, sizeof path, "%s/tokenizer.json", out);
    s = tokenizer_load(path, &t);
    if (s != OK) fprintf(stderr, "%s\n", status_message());
    PROMISE(s == OK);   /* what was written can be read */
    tokenizer_free(t);
}
