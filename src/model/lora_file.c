/* Adapters on disk, and merged into their base. */
#include "model_int.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ADAPTER_MAX_BYTES = 1 << 16 };
static const char adapter_format[] = "daogou-adapter", weights_name[] = "adapter.safetensors", config_name[] = "adapter.json";

/* What is trained, as a model of its own: heads and adapters. */
static struct model trained_part(const struct model *m)
{
    struct model part = *m;
    part.parameters += m->n_frozen;
    part.n_parameters -= m->n_frozen;
    return part;
}

/* ---- saving ---- */

static status write_config(const struct model *m, const char *path)
{
    struct strbuf b = {0};
    const char *comma = "";
    strbuf_printf(&b, "{\n  \"format\": \"%s\",\n  \"rank\": %u,\n  \"alpha\": %.9g,\n  \"targets\": [", adapter_format, m->lora.rank, (double)m->lora.alpha);
    for (int t = 0; t < LORA_TARGETS; t++) {
        if (!m->lora.targets[t]) continue;
        strbuf_printf(&b, "%s\"%s\"", comma, lora_target_names[t]);
        comma = ", ";
    }
    strbuf_puts(&b, "]");
    if (m->config.classes) strbuf_printf(&b, ",\n  \"classes\": %u", m->config.classes);
    strbuf_printf(&b, ",\n  \"base\": \"%016llx\"\n}\n", (unsigned long long)m->fingerprint);
    status s = strbuf_status(&b);
    if (s == OK) s = file_write_atomic(path, b.data, b.len);
    strbuf_release(&b);
    return s;
}

status model_save_adapter(const struct model *m, const char *directory)
{
    FAIL_IF(!m->lora.rank, ERR_USAGE, "only a model with adapters can be saved as an adapter");
    struct strbuf path = {0};
    struct model part = trained_part(m);
    model_pull(m);
    status s = file_make_directory(directory);
    if (s == OK) s = model_join_path(&path, directory, weights_name);
    if (s == OK) s = model_save_weights(&part, path.data, DTYPE_F32);
    strbuf_clear(&path);
    if (s == OK) s = model_join_path(&path, directory, config_name);
    if (s == OK) s = write_config(m, path.data);
    strbuf_release(&path);
    return s;
}

/* ---- loading ---- */

static status read_target(struct lora *l, const json_t *value)
{
    const char *name = json_string_value(value);
    for (int t = 0; name && t < LORA_TARGETS; t++)
        if (strcmp(name, lora_target_names[t]) == 0) {
            l->targets[t] = true;
            return OK;
        }
    return fail(ERR_FORMAT, "\"targets\" names '%.40s'; known are attention.qkv, attention.out, ffn.in, ffn.out", name ? name : "something else than a string");
}

static status read_fields(struct lora *l, uint64_t *base, const json_t *root)
{
    const char *format = json_string_value(json_object_get(root, "format")), *hash = json_string_value(json_object_get(root, "base"));
    const json_t *classes = json_object_get(root, "classes");
    const json_t *rank = json_object_get(root, "rank"), *alpha = json_object_get(root, "alpha"), *targets = json_object_get(root, "targets"), *value;
    size_t i;
    FAIL_IF(!format || strcmp(format, adapter_format) != 0, ERR_FORMAT, "\"format\" is not '%s'; this is no adapter of daogou", adapter_format);
    FAIL_IF(!json_is_integer(rank) || json_integer_value(rank) < 1 || json_integer_value(rank) > LORA_MAX_RANK, ERR_FORMAT,
            "\"rank\" must be a whole number from 1 to %d", LORA_MAX_RANK);
    FAIL_IF(!json_is_number(alpha) || !json_is_array(targets), ERR_FORMAT, "\"alpha\" must be a number and \"targets\" a list");
    FAIL_IF(!hash || strlen(hash) != 16 || strspn(hash, "0123456789abcdef") != 16, ERR_FORMAT, "\"base\" must be a fingerprint of 16 digits");
    FAIL_IF(classes && (!json_is_integer(classes) || json_integer_value(classes) < 1 || json_integer_value(classes) > MODEL_MAX_CLASSES), ERR_FORMAT,
            "\"classes\" must be a whole number from 1 to %d", MODEL_MAX_CLASSES);
    l->classes = classes ? (uint32_t)json_integer_value(classes) : 0;
    l->rank = (uint32_t)json_integer_value(rank);
    l->alpha = (float)json_number_value(alpha);
    *base = strtoull(hash, NULL, 16);
    json_array_foreach(targets, i, value) TRY(read_target(l, value));
    return lora_check(l) == OK ? OK : fail_context(ERR_FORMAT, "it cannot be right");
}

static status read_config(struct lora *l, uint64_t *base, const char *path)
{
    char *text;
    size_t n;
    json_error_t error;
    *l = (struct lora){0};
    TRY(file_read(path, ADAPTER_MAX_BYTES, &text, &n));
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    mem_free(text);
    FAIL_IF(!root, ERR_FORMAT, "%s:%d: %s; restore the file from a copy", path, error.line, error.text);
    status s = read_fields(l, base, root);
    json_decref(root);
    return s == OK ? OK : fail_context(s, "%s", path);
}

/* The file's tensors are bound in a copy of the parameters, and read from there. */
static status read_weights(struct model *m, const struct safetensors *file)
{
    size_t n = m->n_parameters - m->n_frozen;
    TRY(model_check_file(&m->config, file));
    struct parameter *stored = mem_alloc(n * sizeof *stored);
    if (!stored) return fail_nomem("reading an adapter");
    memcpy(stored, m->parameters + m->n_frozen, n * sizeof *stored);
    status s = model_bind(stored, n, file);
    for (size_t i = 0; s == OK && i < n; i++) weight_unpack(m->params + stored[i].offset, &stored[i].weight);
    mem_free(stored);
    return s;
}

static status load_weights(struct model *m, const char *path)
{
    struct safetensors file;
    TRY(safetensors_open(&file, path));
    status s = read_weights(m, &file);
    if (s == ERR_FORMAT) s = fail_context(s, "%s", path);
    safetensors_close(&file);
    return s;
}

status model_load_adapter(const char *base, const char *adapter, struct model **out)
{
    struct lora lora;
    uint64_t wanted = 0;
    struct strbuf path = {0};
    *out = NULL;
    status s = model_join_path(&path, adapter, config_name);
    if (s == OK && !file_exists(path.data)) s = fail(ERR_NOT_FOUND, "there is no adapter in '%s': %s is missing", adapter, config_name);
    if (s == OK) s = read_config(&lora, &wanted, path.data);
    if (s == OK) s = model_load_lora(base, &lora, 0, out);
    if (s == OK && (*out)->fingerprint != wanted)
        s = fail(ERR_USAGE, "the adapter in '%s' was trained on another model than '%s'; name the one it was trained on", adapter, base);
    strbuf_clear(&path);
    if (s == OK) s = model_join_path(&path, adapter, weights_name);
    if (s == OK) s = load_weights(*out, path.data);
    strbuf_release(&path);
    if (s == OK) return OK;
    model_free(*out);
    *out = NULL;
    return s;
}

/* ---- merging ---- */

struct merge {
    const struct model *model;
    const struct model *shape;        /* the merged model; its parameters are the first of model's */
    const struct linear **adapters;   /* (shape's parameters) NULL: none */
};

static void merged_row(void *context, const struct parameter *p, uint32_t row, float *out)
{
    const struct merge *g = context;
    size_t index = (size_t)(p - g->shape->parameters);
    const struct linear *l = g->adapters[index];
    weight_row_f32(out, &g->model->parameters[index].weight, row);
    if (!l) return;
    size_t R = l->lora_a->rows;
    const float *a = values_of(l->lora_a), *b = values_of(l->lora_b) + row * R;
    float scale = g->model->lora.alpha / (float)R;
    for (size_t k = 0; k < R; k++)
        for (size_t i = 0; i < p->cols; i++) out[i] += scale * b[k] * a[k * p->cols + i];
}

static status merge_into(struct merge *g, const struct network *net, const char *directory, enum dtype type)
{
    const struct model *m = g->model;
    g->adapters = mem_zalloc(m->n_parameters, sizeof *g->adapters);
    if (!g->adapters) return fail_nomem("merging an adapter");
    for (uint32_t i = 0; i < m->config.n_layers; i++) {
        const struct layer *l = &net->layers[i];
        const struct linear *all[] = {&l->qkv, &l->out, &l->ffn_in, &l->ffn_out};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            if (all[k]->lora_a) g->adapters[all[k]->weight - m->parameters] = all[k];
    }
    return model_write(g->shape, &(struct model_rows){g, merged_row}, directory, type);
}

status model_merge(const struct model *m, const char *directory, enum dtype type)
{
    FAIL_IF(!m->lora.rank || m->compute, ERR_USAGE, "only a model with adapters, on the host, can be merged");
    struct model *shape = NULL;
    struct network net = {0};
    status s = network_init(&net, m);
    if (s == OK) s = model_describe(&m->config, &shape);
    struct merge g = {.model = m, .shape = shape};
    if (s == OK) s = merge_into(&g, &net, directory, type);
    mem_free(g.adapters);
    model_free(shape);
    network_release(&net);
    return s;
}
