/* A GGUF file, version 3, that llama.cpp loads. */
#include "exchange_int.h"

#include <string.h>

enum { VERSION = 3, ALIGNMENT = 32 };
struct metadata {
    struct strbuf bytes;
    uint64_t n;
    const char *family;
};

/* ---- values ---- */

static void put_number(struct strbuf *b, uint64_t x, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) strbuf_putc(b, (char)(uint8_t)(x >> 8 * i));
}

static void put_string(struct strbuf *b, const char *s, size_t n)
{
    put_number(b, n, 8);
    strbuf_add(b, s, n);
}

/* Keys that begin with a dot are of the architecture. */
static void put_key(struct metadata *m, const char *key, uint32_t type)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s", key[0] == '.' ? m->family : "", key);
    put_string(&m->bytes, full, strlen(full));
    put_number(&m->bytes, type, 4);
    m->n++;
}

static void put_u32(struct metadata *m, const char *key, uint32_t x)
{
    put_key(m, key, GGUF_U32);
    put_number(&m->bytes, x, 4);
}

static void put_f32(struct metadata *m, const char *key, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_key(m, key, GGUF_F32);
    put_number(&m->bytes, bits, 4);
}

static void put_bool(struct metadata *m, const char *key, bool x)
{
    put_key(m, key, GGUF_BOOL);
    put_number(&m->bytes, x, 1);
}

static void put_text(struct metadata *m, const char *key, const char *s)
{
    put_key(m, key, GGUF_STRING);
    put_string(&m->bytes, s, strlen(s));
}

static void put_array(struct metadata *m, const char *key, uint32_t type, size_t n)
{
    put_key(m, key, GGUF_ARRAY);
    put_number(&m->bytes, type, 4);
    put_number(&m->bytes, n, 8);
}

/* ---- what the file says ---- */

static uint32_t file_type(const struct export_job *job)
{
    static const uint32_t types[] = {[ELEMENT_F32] = 0, [ELEMENT_F16] = 1, [ELEMENT_BF16] = 32, [ELEMENT_Q8_0] = 7};
    for (size_t i = 0; i < job->n; i++)
        if (!job->tensors[i].vector) return types[job->tensors[i].element];
    return 0;
}

static void put_shape(struct metadata *m, const struct export_job *job)
{
    const struct model_config *c = &job->model->config;
    bool gpt2 = job->family == FAMILY_GPT2;
    put_text(m, "general.architecture", m->family);
    put_text(m, "general.name", "daogou");
    put_u32(m, "general.alignment", ALIGNMENT);
    put_u32(m, "general.quantization_version", 2);
    put_u32(m, "general.file_type", file_type(job));
    put_u32(m, ".vocab_size", c->vocab_size);
    put_u32(m, ".context_length", c->max_positions);
    put_u32(m, ".embedding_length", c->d_model);
    put_u32(m, ".block_count", c->n_layers);
    put_u32(m, ".feed_forward_length", c->d_ff);
    put_u32(m, ".attention.head_count", c->n_heads);
    put_u32(m, ".attention.head_count_kv", c->n_kv_heads);
    put_f32(m, gpt2 ? ".attention.layer_norm_epsilon" : ".attention.layer_norm_rms_epsilon", c->norm_epsilon);
    if (gpt2) return;
    put_u32(m, ".attention.key_length", c->head_size);
    put_u32(m, ".attention.value_length", c->head_size);
    put_u32(m, ".rope.dimension_count", c->head_size);
    put_f32(m, ".rope.freq_base", c->rope_theta);
}

/* The spelling of entry i; the model may have more entries than the tokenizer. Kinds: normal 1, control 3, user-defined 4, unused 5. */
static uint32_t spell(const struct tokenizer *t, size_t i, struct strbuf *word)
{
    static const uint32_t kinds[] = {[TOKEN_KIND_NONE] = 5, [TOKEN_KIND_PLAIN] = 1, [TOKEN_KIND_ADDED] = 4, [TOKEN_KIND_SPECIAL] = 3};
    strbuf_clear(word);
    enum token_kind kind = i < tokenizer_size(t) ? tokenizer_spelling(t, (int32_t)i, word) : TOKEN_KIND_NONE;
    if (kind == TOKEN_KIND_NONE) strbuf_printf(word, "[PAD%zu]", i);
    return kinds[kind];
}

static void put_tokenizer(struct metadata *m, const struct export_job *job)
{
    static const char *const splitters[SPLITTERS] = {"gpt-2", "gpt-2", "llama-bpe", "qwen2"};
    const struct tokenizer *t = job->tokenizer;
    size_t V = job->model->config.vocab_size;
    struct strbuf word = {0};
    put_text(m, "tokenizer.ggml.model", "gpt2");
    put_text(m, "tokenizer.ggml.pre", splitters[tokenizer_splitter(t)]);
    put_array(m, "tokenizer.ggml.tokens", GGUF_STRING, V);
    for (size_t i = 0; i < V; i++) {
        spell(t, i, &word);
        put_string(&m->bytes, strbuf_str(&word), word.len);
    }
    put_array(m, "tokenizer.ggml.token_type", GGUF_I32, V);
    for (size_t i = 0; i < V; i++) put_number(&m->bytes, spell(t, i, &word), 4);
    put_array(m, "tokenizer.ggml.merges", GGUF_STRING, tokenizer_merges(t));
    for (size_t i = 0; i < tokenizer_merges(t); i++) {
        strbuf_clear(&word);
        tokenizer_merge_spelling(t, i, &word);
        put_string(&m->bytes, strbuf_str(&word), word.len);
    }
    int32_t begin = tokenizer_begin(t), end = tokenizer_is_own(t) ? TOKEN_END : tokenizer_end(t);
    if (begin >= 0) put_u32(m, "tokenizer.ggml.bos_token_id", (uint32_t)begin);
    if (end >= 0) put_u32(m, "tokenizer.ggml.eos_token_id", (uint32_t)end);
    put_bool(m, "tokenizer.ggml.add_bos_token", begin >= 0);
    if (word.failed) m->bytes.failed = true;
    strbuf_release(&word);
}

static void put_tensors(struct strbuf *b, const struct export_job *job)
{
    static const uint32_t types[] = {[ELEMENT_F32] = 0, [ELEMENT_F16] = 1, [ELEMENT_BF16] = 30, [ELEMENT_Q8_0] = 8};
    uint64_t at = 0;
    for (size_t i = 0; i < job->n; i++) {
        const struct export_tensor *t = &job->tensors[i];
        put_string(b, t->name, strlen(t->name));
        put_number(b, t->vector ? 1 : 2, 4);
        put_number(b, t->cols, 8);   /* fastest first */
        if (!t->vector) put_number(b, t->rows, 8);
        put_number(b, types[t->element], 4);
        put_number(b, at, 8);
        at += (t->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
}

status gguf_write(const struct export_job *job, const char *path)
{
    struct metadata m = {.family = family_names[job->family]};
    struct strbuf head = {0};
    struct atomic_file f;
    put_shape(&m, job);
    put_tokenizer(&m, job);
    strbuf_puts(&head, "GGUF");
    put_number(&head, VERSION, 4);
    put_number(&head, job->n, 8);
    put_number(&head, m.n, 8);
    strbuf_add(&head, m.bytes.data, m.bytes.len);
    put_tensors(&head, job);
    while (head.len % ALIGNMENT != 0 && !head.failed) strbuf_putc(&head, 0);
    status s = head.failed || m.bytes.failed ? fail_nomem("exporting a model") : atomic_file_open(&f, path);
    if (s == OK) {
        atomic_file_write(&f, head.data, head.len);
        s = export_tensors_write(job, &f, ALIGNMENT);
        if (s == OK) s = atomic_file_commit(&f);
        else atomic_file_abort(&f);
    }
    strbuf_release(&m.bytes);
    strbuf_release(&head);
    return s;
}
