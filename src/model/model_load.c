#include "model_int.h"

#include <string.h>

static status join_path(struct strbuf *b, const char *directory, const char *file)
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

static status bind_parameters(struct parameter *parameters, size_t n, const struct safetensors *file)
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

static status check_config_hash(const struct model_config *c, const struct safetensors *file)
{
    uint64_t hash;
    if (!file->ours) return OK;
    TRY(model_config_hash(c, &hash));
    FAIL_IF(hash != file->config_hash, ERR_FORMAT, "config.json is not the one it was saved with; restore both from a copy");
    return OK;
}

/* ---- the two uses of a model ---- */

/* The mapping moves from `file` to the model. */
static status load_mapped(const struct model_config *c, struct safetensors *file, struct model **out)
{
    struct model *m;
    TRY(model_allocate(c, false, &m));
    status s = bind_parameters(m->parameters, m->n_parameters, file);
    if (s != OK) {
        model_free(m);
        return s;
    }
    m->file = file->file;
    file->file = (struct mapped_file){0};
    *out = m;
    return OK;
}

static void unpack(float *out, const struct weight *w)
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
        unpack(m->params + m->parameters[i].offset, &mapped->parameters[i].weight);
    model_free(mapped);
    if (s == OK) *out = m;
    return s;
}

static status load_weights(const struct model_config *c, const char *path, bool trainable, struct model **out)
{
    struct safetensors file;
    TRY(safetensors_open(&file, path));
    status s = check_config_hash(c, &file);
    if (s == OK) s = trainable ? load_trainable(c, &file, out) : load_mapped(c, &file, out);
    if (s == OK) (*out)->fingerprint = file.checksum;
    if (s == ERR_FORMAT) s = fail_context(s, "%s", path);
    safetensors_close(&file);
    return s;
}

status model_load(const char *directory, bool trainable, struct model **out)
{
    struct model_config config;
    struct strbuf path = {0};
    *out = NULL;
    status s = join_path(&path, directory, "config.json");
    if (s == OK) s = model_config_read(&config, path.data);
    strbuf_clear(&path);
    if (s == OK) s = join_path(&path, directory, "model.safetensors");
    if (s == OK) s = load_weights(&config, path.data, trainable, out);
    strbuf_release(&path);
    return s;
}
