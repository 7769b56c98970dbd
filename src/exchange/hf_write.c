/* A directory that transformers loads: config.json, model.safetensors, tokenizer.json. */
#include "exchange_int.h"

#include <stdlib.h>
#include <string.h>

static const char *const classes[FAMILIES] = {
    [FAMILY_GPT2] = "GPT2LMHeadModel", [FAMILY_LLAMA] = "LlamaForCausalLM", [FAMILY_QWEN2] = "Qwen2ForCausalLM", [FAMILY_QWEN3] = "Qwen3ForCausalLM"};

/* ---- config.json ---- */

static json_t *shape_of(const struct export_job *job)
{
    const struct model_config *c = &job->model->config;
    json_int_t V = c->vocab_size, C = c->d_model, N = c->n_layers, H = c->n_heads, K = c->n_kv_heads, D = c->head_size, F = c->d_ff, P = c->max_positions;
    if (job->family == FAMILY_GPT2)
        return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f, s:f, s:f, s:f}", "vocab_size", V, "n_positions", P, "n_embd", C, "n_layer", N, "n_head", H, "n_inner", F,
                         "activation_function", "gelu_new", "layer_norm_epsilon", (double)c->norm_epsilon, "attn_pdrop", 0.0, "embd_pdrop", 0.0, "resid_pdrop", 0.0);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:f, s:f, s:b, s:n}", "vocab_size", V, "max_position_embeddings", P, "hidden_size", C, "num_hidden_layers",
                     N, "num_attention_heads", H, "num_key_value_heads", K, "head_dim", D, "intermediate_size", F, "hidden_act", "silu", "rms_norm_eps",
                     (double)c->norm_epsilon, "rope_theta", (double)c->rope_theta, "attention_bias", job->family == FAMILY_QWEN2, "rope_scaling");
}

static json_t *id_or_null(int32_t id)
{
    return id >= 0 ? json_integer(id) : json_null();
}

static const char *torch_dtype(const struct export_job *job)
{
    enum element widest = ELEMENT_BF16;
    for (size_t i = 0; i < job->n; i++)
        if (!job->tensors[i].vector && job->tensors[i].element < widest) widest = job->tensors[i].element;
    return widest == ELEMENT_F32 ? "float32" : widest == ELEMENT_F16 ? "float16" : "bfloat16";
}

static status write_config(const struct export_job *job, const char *path)
{
    bool own = tokenizer_is_own(job->tokenizer);
    json_t *root = shape_of(job);
    char *text = NULL;
    int bad = root ? 0 : -1;
    if (root) {
        bad |= json_object_set_new(root, "model_type", json_string(family_names[job->family]));
        bad |= json_object_set_new(root, "architectures", json_pack("[s]", classes[job->family]));
        bad |= json_object_set_new(root, "tie_word_embeddings", json_boolean(job->tied));
        bad |= json_object_set_new(root, "torch_dtype", json_string(torch_dtype(job)));
        bad |= json_object_set_new(root, "bos_token_id", id_or_null(own ? TOKEN_END : tokenizer_begin(job->tokenizer)));
        bad |= json_object_set_new(root, "eos_token_id", id_or_null(own ? TOKEN_END : tokenizer_end(job->tokenizer)));
        text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    }
    status s = bad || !text ? fail_nomem("writing config.json") : file_write_atomic(path, text, strlen(text));
    free(text);
    json_decref(root);
    return s;
}

/* ---- model.safetensors ---- */

static void put_header(const struct export_job *job, struct strbuf *b)
{
    static const char *const names[] = {[ELEMENT_F32] = "F32", [ELEMENT_F16] = "F16", [ELEMENT_BF16] = "BF16"};
    uint64_t at = 0;
    strbuf_puts(b, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0; i < job->n; i++) {
        const struct export_tensor *t = &job->tensors[i];
        strbuf_printf(b, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", t->name, names[t->element]);
        if (!t->vector) strbuf_printf(b, "%zu,", t->rows);
        strbuf_printf(b, "%zu],\"data_offsets\":[%llu,%llu]}", t->cols, (unsigned long long)at, (unsigned long long)(at + t->bytes));
        at += t->bytes;
    }
    strbuf_putc(b, '}');
    while ((8 + b->len) % 64 != 0 && !b->failed) strbuf_putc(b, ' ');
}

static status write_weights(const struct export_job *job, const char *path)
{
    struct strbuf header = {0};
    struct atomic_file f;
    uint8_t length[8];
    put_header(job, &header);
    status s = strbuf_status(&header);
    if (s == OK) s = atomic_file_open(&f, path);
    if (s == OK) {
        for (int i = 0; i < 8; i++) length[i] = (uint8_t)((uint64_t)header.len >> 8 * i);
        atomic_file_write(&f, length, sizeof length);
        atomic_file_write(&f, header.data, header.len);
        s = export_tensors_write(job, &f, 1);
        if (s == OK) s = atomic_file_commit(&f);
        else atomic_file_abort(&f);
    }
    strbuf_release(&header);
    return s;
}

status hf_write(const struct export_job *job, const char *directory)
{
    struct strbuf path = {0};
    status s = path_join(&path, directory, "model.safetensors");
    if (s == OK) s = write_weights(job, path.data);
    if (s == OK) s = path_join(&path, directory, "tokenizer.json");
    if (s == OK) s = tokenizer_save(job->tokenizer, path.data);
    if (s == OK) s = path_join(&path, directory, "config.json");
    if (s == OK) s = write_config(job, path.data);
    strbuf_release(&path);
    return s;
}
