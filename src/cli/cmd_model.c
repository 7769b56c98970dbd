/* model: look into a model directory; store it smaller; learn the fusion weights; take checkpoints in and give them out. */
#include "exchange/exchange.h"
#include "jsonl.h"
#include "cli_shop.h"

#include <string.h>

const char help_model[] =
    "usage: daogou model info [DIR]\n"
    "       daogou model quantize FROM TO [--dtype q8|bf16|f32]\n"
    "       daogou model average FROM FROM... TO\n"
    "       daogou model merge BASE ADAPTER TO [--dtype f32|bf16|q8]\n"
    "       daogou model fuse FEATURES.jsonl... [--cutoff P] [--rerank N]\n"
    "       daogou model import FROM --out DIR [--dtype f32|bf16|q8]\n"
    "       daogou model export [DIR] --format hf|gguf --out PATH [--dtype f32|bf16|f16|q8]\n\n"
    "info      shape, parameters, bytes (--model or the shipped model when DIR is left out)\n"
    "quantize  writes the model of FROM to TO with matrices as int8 rows (q8), bf16 or f32, tokenizer and fusion included\n"
    "average   writes the mean of checkpoints of one training, in f32, to TO; often better than each of them\n"
    "merge     writes BASE with what a run of \"lora\" learned beside it (ADAPTER, the run's output) as a model directory; matrices\n"
    "          are stored as BASE has them when --dtype is left out\n"
    "fuse      learns how scores become one calibrated probability from what 'daogou eval match --features' wrote,\n"
    "          and writes fusion.json into the model directory\n"
    "import    a Hugging Face directory (GPT-2, Llama, Qwen2, Qwen3; safetensors, one or in shards; byte-level BPE) or a\n"
    "          .gguf file (F32, F16, BF16, Q8_0, Q4_0) becomes a model directory; bf16 where it was bf16, else f32\n"
    "export    the other way: a directory for transformers, or a file for llama.cpp (q8: Q8_0, in GGUF only). Of a model with\n"
    "          heads only the language model is written; a note says what is left out\n\n"
    "examples:\n"
    "  daogou model info\n"
    "  daogou model quantize runs/finetune models/default --dtype q8\n"
    "  daogou model import downloads/qwen3-0.6b --out models/qwen3\n"
    "  daogou model merge models/qwen3 runs/qwen3-lora models/qwen3-shop --dtype bf16\n"
    "  daogou model export models/default --format gguf --out default.gguf --dtype f16\n";

static const char *positions_name(enum position_kind k) { return k == POSITIONS_ROTARY ? "rotary" : "learned"; }
static const char *norm_name(enum norm_kind k) { return k == NORM_RMS ? "RMSNorm" : "LayerNorm"; }
static const char *ffn_name(enum ffn_kind k) { return k == FFN_SWIGLU ? "SwiGLU" : "GELU"; }
static const char *dtype_name(enum dtype t) { return t == DTYPE_Q8 ? "int8" : t == DTYPE_BF16 ? "bf16" : "f32"; }

static status info(const struct cli_globals *g, const char *directory)
{
    struct model *m;
    TRY(model_load(directory, false, &m));
    const struct model_config *c = &m->config;
    const struct parameter *p = m->n_parameters ? &m->parameters[0] : NULL;
    unsigned long long parameters = model_config_parameters(c);
    if (g->json) {
        json_t *root = json_pack("{s:s, s:I, s:i, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:i, s:I}", "directory", directory, "parameters", (json_int_t)parameters,
                                 "vocab_size", (int)c->vocab_size, "d_model", (int)c->d_model, "n_layers", (int)c->n_layers, "n_heads", (int)c->n_heads, "d_ff",
                                 (int)c->d_ff, "positions", positions_name(c->positions), "norm", norm_name(c->norm), "ffn", ffn_name(c->ffn), "dtype",
                                 p ? dtype_name(p->weight.dtype) : "", "max_positions", (int)c->max_positions, "bytes", (json_int_t)m->file.size);
        json_dumpf(root, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(root);
    } else {
        printf("%s\n", directory);
        printf("  %.2f million parameters, %s, %.1f MB\n", (double)parameters / 1e6, p ? dtype_name(p->weight.dtype) : "?", (double)m->file.size / 1e6);
        printf("  %u layers, width %u, %u heads of %u, feed-forward %u (%s), %s, %s positions up to %u, vocabulary %u\n", c->n_layers, c->d_model, c->n_heads,
               c->head_size, c->d_ff, ffn_name(c->ffn), norm_name(c->norm), positions_name(c->positions), c->max_positions, c->vocab_size);
    }
    model_free(m);
    return OK;
}

enum { FILE_MAX = 64 << 20 };

static status copy_file(const char *from, const char *to, const char *name, bool needed)
{
    struct strbuf a = {0}, b = {0};
    char *data = NULL;
    size_t n;
    strbuf_printf(&a, "%s/%s", from, name);
    strbuf_printf(&b, "%s/%s", to, name);
    status s = strbuf_status(&a);
    if (s == OK && (needed || file_exists(strbuf_str(&a)))) {
        s = file_read(strbuf_str(&a), FILE_MAX, &data, &n);
        if (s == OK) s = file_write_atomic(strbuf_str(&b), data, n);
    }
    mem_free(data);
    strbuf_release(&a);
    strbuf_release(&b);
    return s;
}

static status save_with_tokenizer(const struct model *m, const char *from, const char *to, enum dtype type)
{
    TRY(file_make_directory(to));
    TRY(model_save(m, to, type));
    TRY(copy_file(from, to, "tokenizer.json", true));
    return copy_file(from, to, "fusion.json", false);
}

static status parse_stored(const char *name, enum dtype *type)
{
    if (strcmp(name, "q8") == 0) *type = DTYPE_Q8;
    else if (strcmp(name, "bf16") == 0) *type = DTYPE_BF16;
    else if (strcmp(name, "f32") == 0) *type = DTYPE_F32;
    else return fail(ERR_USAGE, "--dtype needs q8, bf16 or f32, not '%s'", name);
    return OK;
}

static status quantize(const char *from, const char *to, const char *name)
{
    enum dtype type = DTYPE_Q8;
    TRY(parse_stored(name, &type));
    struct model *m;
    TRY(model_load(from, true, &m));
    status s = save_with_tokenizer(m, from, to, type);
    model_free(m);
    return s;
}

/* The tokenizer is the one that the adapter was trained with. A fusion of BASE fits other scores and stays behind. */
static status merge(const char *base, const char *adapter, const char *to, const char *name)
{
    enum dtype type = DTYPE_F32;
    struct model *m;
    if (name) TRY(parse_stored(name, &type));
    FAIL_IF(strcmp(base, to) == 0 || strcmp(adapter, to) == 0, ERR_USAGE, "the merged model needs a directory of its own, not '%s'", to);
    TRY(model_load_adapter(base, adapter, &m));
    status s = model_merge(m, to, name ? type : m->parameters[0].weight.dtype);
    if (s == OK) s = copy_file(adapter, to, "tokenizer.json", true);
    model_free(m);
    return s;
}

static status check_same_tokenizer(const char *a, const char *b)
{
    struct strbuf path = {0};
    const char *directories[2] = {a, b};
    char *data[2] = {0};
    size_t n[2];
    status s = OK;
    for (int i = 0; i < 2 && s == OK; i++) {
        strbuf_clear(&path);
        strbuf_printf(&path, "%s/tokenizer.json", directories[i]);
        s = strbuf_status(&path);
        if (s == OK) s = file_read(strbuf_str(&path), FILE_MAX, &data[i], &n[i]);
    }
    if (s == OK && (n[0] != n[1] || memcmp(data[0], data[1], n[0]) != 0))
        s = fail(ERR_USAGE, "%s and %s have different tokenizers; only models of one training can be averaged", a, b);
    mem_free(data[0]);
    mem_free(data[1]);
    strbuf_release(&path);
    return s;
}

static status blend_from(struct model *m, const char *first, const char *next, float share)
{
    struct model *other = NULL;
    TRY(check_same_tokenizer(first, next));
    TRY(model_load(next, true, &other));
    status s = model_blend(m, other, share);
    model_free(other);
    return s == OK ? OK : fail_context(s, "%s", next);
}

/* The running mean, so that two models at the most are in memory. */
static status average(char **from, size_t n, const char *to)
{
    struct model *m;
    TRY(model_load(from[0], true, &m));
    status s = OK;
    for (size_t i = 1; i < n && s == OK; i++) s = blend_from(m, from[0], from[i], 1.0f / (float)(i + 1));
    if (s == OK) s = save_with_tokenizer(m, from[0], to, DTYPE_F32);
    model_free(m);
    return s;
}

/* ---- fusion ---- */

struct examples {
    float *values, *gains;
    uint32_t *groups, n_groups;
    size_t n, cap_values, cap_gains, cap_groups;
};

static status add_group(void *context, const json_t *line)
{
    struct examples *e = context;
    const json_t *values = json_object_get(line, "values"), *gains = json_object_get(line, "gains"), *row;
    size_t i;
    FAIL_IF(!json_is_array(values) || json_array_size(values) != json_array_size(gains), ERR_FORMAT, "features have the lists 'values' and 'gains' of one length");
    json_array_foreach(values, i, row) {
        FAIL_IF(json_array_size(row) != FEATURES, ERR_FORMAT, "a row of %zu features, not %d; write them again with 'daogou eval match'", json_array_size(row), FEATURES);
        TRY(mem_grow(&e->values, &e->cap_values, (e->n + 1) * FEATURES, sizeof *e->values));
        TRY(mem_grow(&e->gains, &e->cap_gains, e->n + 1, sizeof *e->gains));
        TRY(mem_grow(&e->groups, &e->cap_groups, e->n + 1, sizeof *e->groups));
        for (size_t f = 0; f < FEATURES; f++) e->values[e->n * FEATURES + f] = (float)json_number_value(json_array_get(row, f));
        e->gains[e->n] = (float)json_number_value(json_array_get(gains, i));
        e->groups[e->n++] = e->n_groups;
    }
    e->n_groups++;
    return OK;
}

static status fuse(const struct cli_globals *g, char **files, size_t n, const struct fusion *wanted)
{
    struct examples e = {0};
    struct fusion f;
    double loss = 0;
    status s = OK;
    fusion_default(&f, true);
    for (size_t i = 0; s == OK && i < n; i++) s = jsonl_each(files[i], 0, add_group, &e);
    if (s == OK) s = fusion_fit(&f, e.values, e.gains, e.groups, e.n, &loss);
    f.cutoff = wanted->cutoff;
    f.rerank = wanted->rerank;
    if (s == OK) s = fusion_write(&f, g->model);
    if (s == OK) cli_note(g, "learned from %u needs, %zu products: loss %.4f; written to %s/fusion.json", e.n_groups, e.n, loss, g->model);
    mem_free(e.values);
    mem_free(e.gains);
    mem_free(e.groups);
    return s;
}

/* ---- checkpoints of other programs ---- */

static status parse_dtype(const char *name, enum exchange_dtype *type)
{
    static const char *const names[] = {[EXCHANGE_KEEP] = "keep", [EXCHANGE_F32] = "f32", [EXCHANGE_F16] = "f16", [EXCHANGE_BF16] = "bf16", [EXCHANGE_Q8] = "q8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!name || strcmp(name, names[i]) == 0) {
            *type = (enum exchange_dtype)i;
            return OK;
        }
    return fail(ERR_USAGE, "--dtype needs f32, bf16, f16 or q8, not '%s'", name);
}

static status take_in(const struct cli_globals *g, const char *from, const char *out, const char *dtype)
{
    enum exchange_dtype type = EXCHANGE_KEEP;
    FAIL_IF(!out, ERR_USAGE, "say where the model goes: --out DIR");
    TRY(parse_dtype(dtype, &type));
    TRY(exchange_import(from, out, type));
    return info(g, out);
}

static status give_out(const struct cli_globals *g, const char *from, const char *out, const char *format, const char *dtype)
{
    enum exchange_dtype type = EXCHANGE_KEEP;
    struct strbuf note = {0};
    FAIL_IF(!out, ERR_USAGE, "say where the checkpoint goes: --out PATH");
    bool gguf = format && strcmp(format, "gguf") == 0;
    FAIL_IF(!gguf && (!format || strcmp(format, "hf") != 0), ERR_USAGE, "--format needs hf or gguf, not '%s'", format ? format : "nothing");
    TRY(parse_dtype(dtype, &type));
    status s = exchange_export(from, out, gguf ? FORMAT_GGUF : FORMAT_HF, type, &note);
    if (s == OK) cli_note(g, "%swritten to %s", strbuf_str(&note), out);
    strbuf_release(&note);
    return s;
}

int cmd_model(int argc, char **argv, const struct cli_globals *g)
{
    const char *dtype = NULL, *out = NULL, *format = NULL;
    struct fusion f;
    fusion_default(&f, true);
    size_t n;
    const struct cli_option options[] = {{"--dtype", OPTION_STRING, &dtype}, {"--cutoff", OPTION_FLOAT, &f.cutoff}, {"--rerank", OPTION_SIZE, &f.rerank},
                                         {"--out", OPTION_STRING, &out},     {"--format", OPTION_STRING, &format}};
    char *operands[argc + 1];
    if (cli_parse(argc, argv, options, sizeof options / sizeof options[0], operands, &n) != OK) return cli_usage("model", "%s", status_message());
    if (n < 1) return cli_usage("model", "name what to do: info, quantize, average, merge, fuse, import or export");
    status s;
    if (strcmp(operands[0], "info") == 0 && n <= 2) s = info(g, n == 2 ? operands[1] : g->model);
    else if (strcmp(operands[0], "quantize") == 0 && n == 3) s = quantize(operands[1], operands[2], dtype ? dtype : "q8");
    else if (strcmp(operands[0], "average") == 0 && n >= 4) s = average(operands + 1, n - 2, operands[n - 1]);
    else if (strcmp(operands[0], "merge") == 0 && n == 4) s = merge(operands[1], operands[2], operands[3], dtype);
    else if (strcmp(operands[0], "fuse") == 0 && n >= 2) s = fuse(g, operands + 1, n - 1, &f);
    else if (strcmp(operands[0], "import") == 0 && n == 2) s = take_in(g, operands[1], out, dtype);
    else if (strcmp(operands[0], "export") == 0 && n <= 2) s = give_out(g, n == 2 ? operands[1] : g->model, out, format, dtype);
    else return cli_usage("model", "'%s' with %zu operands makes no sense", operands[0], n - 1);
    return s == OK ? EXIT_DONE : cli_fail(g, "model", s);
}
