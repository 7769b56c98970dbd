#include "model_int.h"

#include <string.h>

status model_join_path(struct strbuf *b, const char *directory, const char *file)
{
    strbuf_printf(b, "%s/%s", directory, file);
    return strbuf_status(b);
}

/* ---- finding the stored tensor of each parameter ---- */

static status check_stored_shape(const struct safetensor *t, const struct parameter *p)
{
    FAIL_IF(t->rows != p->rows || t->cols != p->cols, ERR_FORMAT,
            "tensor '%s' is (%u, %u), but config.json asks for (%u, %u); the two files do not belong together", p->name, t->rows, t->cols,
            p->rows, p->cols);
    FAIL_IF(p->rows == 1 && t->dtype != DTYPE_F32, ERR_FORMAT, "tensor '%s' is a vector and must be F32, not %s", p->name,
            safetensor_dtype_names[t->dtype]);
    return OK;
}

static status find_scales(const struct safetensors *file, struct parameter *p)
{
    char name[sizeof p->name + 8];
    snprintf(name, sizeof name, "%s.scales", p->name);
    const struct safetensor *t = safetensors_find(file, name);
    FAIL_IF(!t, ERR_FORMAT, "tensor '%s' is missing", name);
    FAIL_IF(t->dtype != DTYPE_F32 || t->rows != 1 || t->cols != p->rows, ERR_FORMAT, "tensor '%s' must be F32 of %u values", name, p->rows);
    p->weight.scales = (const float *)t->data;   /* alignment was checked when the file was opened */
    return OK;
}

status model_bind(struct parameter *parameters, size_t n, const struct safetensors *file)
{
    size_t used = n;
    for (size_t i = 0; i < n; i++) {
        struct parameter *p = &parameters[i];
        const struct safetensor *t = safetensors_find(file, p->name);
        FAIL_IF(!t, ERR_FORMAT, "tensor '%s', which config.json asks for, is missing", p->name);
        TRY(check_stored_shape(t, p));
        p->weight = (struct weight){t->dtype, t->rows, t->cols, t->data, NULL};
        if (t->dtype == DTYPE_Q8) {
            TRY(find_scales(file, p));
            used++;
        }
    }
    FAIL_IF(used != file->n, ERR_FORMAT, "it has %zu tensors, but config.json asks for %zu; the two files do not belong together", file->n, used);
    return OK;
}

status model_check_file(const struct model_config *c, const struct safetensors *file)
{
    uint64_t hash;
    if (!file->ours) return OK;
    TRY(model_config_hash(c, &hash));
    FAIL_IF(hash != file->config_hash, ERR_FORMAT, "config.json is not the one it was saved with; restore both from a copy");
    return OK;
}

/* ---- the uses of a model ---- */

struct load {
    bool trainable;
    const struct lora *lora;   /* NULL: no adapters */
    uint64_t seed;             /* of new adapters and heads */
};

/* The mapping moves from `file` to the model. */
static status load_mapped(const struct model_config *c, struct safetensors *file, struct model **out)
{
    struct model *m;
    TRY(model_allocate(c, false, &m));
    status s = model_bind(m->parameters, m->n_parameters, file);
    if (s != OK) {
        model_free(m);
        return s;
    }
    m->file = file->file;
    file->file = (struct mapped_file){0};
    *out = m;
    return OK;
}

void weight_unpack(float *out, const struct weight *w)
{
    for (size_t r = 0; r < w->rows; r++) weight_row_f32(out + r * w->cols, w, r);
}

/* Binds to the file first: a file that does not fit is refused before its weights' memory is taken. */
static status load_trainable(const struct model_config *c, struct safetensors *file, struct model **out)
{
    struct model *mapped, *m;
    TRY(load_mapped(c, file, &mapped));
    status s = model_allocate(c, true, &m);
    for (size_t i = 0; s == OK && i < m->n_parameters; i++)
        weight_unpack(m->params + m->parameters[i].offset, &mapped->parameters[i].weight);
    model_free(mapped);
    if (s == OK) *out = m;
    return s;
}

/* The heads, which are trained, leave the file. */
static void unpack_heads(struct model *m, size_t n_stored)
{
    for (size_t i = m->n_frozen; i < n_stored; i++) {
        struct parameter *p = &m->parameters[i];
        weight_unpack(m->params + p->offset, &p->weight);
        p->weight = (struct weight){DTYPE_F32, p->rows, p->cols, m->params + p->offset, NULL};
    }
}

static size_t count_stored(const struct model *m, const struct model_config *stored)
{
    size_t n = m->n_frozen;
    while (stored->heads && n < m->n_parameters && strncmp(m->parameters[n].name, "heads.", 6) == 0 &&
           (stored->classes || strncmp(m->parameters[n].name, "heads.classify", 14) != 0))
        n++;
    return n;
}

static status load_lora(const struct model_config *c, const struct load *how, struct safetensors *file, struct model **out)
{
    struct model_config grown = *c;
    struct model *m;
    grown.heads = true;
    if (how->lora->classes) grown.classes = how->lora->classes;
    FAIL_IF(c->classes && c->classes != grown.classes, ERR_USAGE, "its classifier head has %u outputs, not %u", c->classes, grown.classes);
    TRY(model_allocate_lora(&grown, how->lora, how->seed, &m));
    size_t n = count_stored(m, c);
    status s = model_bind(m->parameters, n, file);
    if (s != OK) {
        model_free(m);
        return s;
    }
    unpack_heads(m, n);
    if (how->lora->unpack && (s = model_unpack_frozen(m)) != OK) {
        model_free(m);
        return s;
    }
    m->file = file->file;
    file->file = (struct mapped_file){0};
    *out = m;
    return OK;
}

static status load_weights(const struct model_config *c, const char *path, const struct load *how, struct model **out)
{
    struct safetensors file;
    TRY(safetensors_open(&file, path));
    status s = model_check_file(c, &file);
    if (s == OK) s = how->lora ? load_lora(c, how, &file, out) : how->trainable ? load_trainable(c, &file, out) : load_mapped(c, &file, out);
    if (s == OK) (*out)->fingerprint = file.checksum;
    if (s == ERR_FORMAT) s = fail_context(s, "%s", path);
    safetensors_close(&file);
    return s;
}

static status load(const char *directory, const struct load *how, struct model **out)
{
    struct model_config config;
    struct strbuf path = {0};
    *out = NULL;
    status s = model_join_path(&path, directory, "config.json");
    if (s == OK) s = model_config_read(&config, path.data);
    strbuf_clear(&path);
    if (s == OK) s = model_join_path(&path, directory, "model.safetensors");
    if (s == OK) s = load_weights(&config, path.data, how, out);
    strbuf_release(&path);
    return s;
}

status model_load(const char *directory, bool trainable, struct model **out)
{
    return load(directory, &(struct load){.trainable = trainable}, out);
}

status model_load_lora(const char *directory, const struct lora *lora, uint64_t seed, struct model **out)
{
    return load(directory, &(struct load){.lora = lora, .seed = seed}, out);
}
