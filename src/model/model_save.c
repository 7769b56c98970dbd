#include "model_int.h"

#include <stdlib.h>
#include <string.h>

/* One tensor to write: a parameter's values, or the scales of its int8 rows. */
struct entry {
    const struct parameter *parameter;
    struct weight weight;      /* its values, where the host can read them */
    bool scales;
    struct safetensor tensor;  /* data only while it is written */
    size_t index;
};

struct writer {
    enum dtype type;
    struct entry *entries;
    size_t n;
    char (*names)[sizeof((struct parameter *)0)->name + 8];
    uint8_t *buffer;           /* the largest tensor */
    float *row;                /* the longest row */
    const struct model_rows *rows;   /* where values come from; NULL: the parameters' own weights */
};

static void add_entry(struct writer *w, const struct model *m, const struct parameter *p, bool scales)
{
    struct entry *e = &w->entries[w->n];
    enum dtype dtype = scales || p->rows == 1 ? DTYPE_F32 : w->type;
    uint32_t rows = scales ? 1 : p->rows, cols = scales ? p->rows : p->cols;
    snprintf(w->names[w->n], sizeof *w->names, "%s%s", p->name, scales ? ".scales" : "");
    *e = (struct entry){.parameter = p, .weight = p->weight, .scales = scales, .index = w->n};
    if (m->compute) e->weight.data = m->host_params + p->offset;
    e->tensor = (struct safetensor){.name = w->names[w->n], .dtype = dtype, .is_int8 = dtype == DTYPE_Q8, .rows = rows, .cols = cols};
    e->tensor.bytes = rows * dtype_row_bytes(dtype, cols);
    w->n++;
}

/* Wide elements first and odd sizes last, so that without a hole in the file every tensor is aligned, most to a cache line. */
static int by_alignment(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->tensor.dtype != y->tensor.dtype) return x->tensor.dtype < y->tensor.dtype ? -1 : 1;
    bool odd_x = x->tensor.bytes % 64 != 0, odd_y = y->tensor.bytes % 64 != 0;
    if (odd_x != odd_y) return odd_x ? 1 : -1;
    return x->index < y->index ? -1 : 1;
}

static status writer_init(struct writer *w, const struct model *m, enum dtype type)
{
    size_t longest_row = 0, largest = 0;
    *w = (struct writer){.type = type};
    w->entries = mem_zalloc(2 * m->n_parameters, sizeof *w->entries);
    w->names = mem_zalloc(2 * m->n_parameters, sizeof *w->names);
    if (!w->entries || !w->names) return fail_nomem("saving a model");
    for (size_t i = 0; i < m->n_parameters; i++) {
        const struct parameter *p = &m->parameters[i];
        add_entry(w, m, p, false);
        if (w->entries[w->n - 1].tensor.is_int8) add_entry(w, m, p, true);
        if (p->cols > longest_row) longest_row = p->cols;
    }
    for (size_t i = 0; i < w->n; i++)
        if (w->entries[i].tensor.bytes > largest) largest = w->entries[i].tensor.bytes;
    qsort(w->entries, w->n, sizeof *w->entries, by_alignment);
    w->buffer = mem_alloc(largest);
    w->row = mem_alloc(longest_row * (sizeof(float) + 1));   /* a row, and room for its int8 values */
    return w->buffer && w->row ? OK : fail_nomem("saving a model");
}

static void writer_release(struct writer *w)
{
    mem_free(w->entries);
    mem_free(w->names);
    mem_free(w->buffer);
    mem_free(w->row);
}

/* ---- values ---- */

static void encode_row(const struct writer *w, const struct entry *e, size_t r)
{
    const struct parameter *p = e->parameter;
    size_t cols = p->cols;
    if (w->rows) w->rows->row(w->rows->context, p, (uint32_t)r, w->row);
    else weight_row_f32(w->row, &e->weight, r);
    if (e->scales) {
        quantize_q8((int8_t *)(w->row + cols), (float *)(void *)w->buffer + r, w->row, 1, cols);
    } else if (e->tensor.dtype == DTYPE_Q8) {
        float scale;
        quantize_q8((int8_t *)w->buffer + r * cols, &scale, w->row, 1, cols);
    } else if (e->tensor.dtype == DTYPE_BF16) {
        uint16_t *out = (uint16_t *)(void *)w->buffer + r * cols;
        for (size_t i = 0; i < cols; i++) out[i] = bf16_from_f32(w->row[i]);
    } else {
        memcpy((float *)(void *)w->buffer + r * cols, w->row, cols * sizeof(float));
    }
}

/* The tensor with its bytes: those of memory if they are stored as wanted already, else in the writer's buffer. */
static struct safetensor encode(const struct writer *w, const struct entry *e)
{
    struct safetensor t = e->tensor;
    const struct weight *from = &e->weight;
    if (!w->rows && (e->scales ? from->dtype == DTYPE_Q8 : from->dtype == t.dtype)) {
        t.data = e->scales ? (const uint8_t *)from->scales : from->data;
        return t;
    }
    for (size_t r = 0; r < e->parameter->rows; r++) encode_row(w, e, r);
    t.data = w->buffer;
    return t;
}

/* ---- the file ---- */

static void put_header(struct strbuf *b, const struct writer *w, uint64_t checksum, uint64_t config_hash)
{
    size_t at = 0;
    strbuf_printf(b, "{\"__metadata__\":{\"format\":\"daogou\",\"checksum\":\"%016llx\",\"config\":\"%016llx\"}", (unsigned long long)checksum,
                  (unsigned long long)config_hash);
    for (size_t i = 0; i < w->n; i++) {
        const struct safetensor *t = &w->entries[i].tensor;
        strbuf_printf(b, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", t->name, safetensor_dtype_names[t->dtype]);
        if (w->entries[i].parameter->rows > 1 && !w->entries[i].scales) strbuf_printf(b, "%u,", t->rows);
        strbuf_printf(b, "%u],\"data_offsets\":[%zu,%zu]}", t->cols, at, at + t->bytes);
        at += t->bytes;
    }
    strbuf_putc(b, '}');
    while ((8 + b->len) % 64 != 0 && !b->failed) strbuf_putc(b, ' ');
}

static status write_weights(const struct writer *w, const struct strbuf *header, const char *path)
{
    struct atomic_file f;
    uint8_t length[8];
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)((uint64_t)header->len >> 8 * i);
    TRY(atomic_file_open(&f, path));
    atomic_file_write(&f, length, sizeof length);
    atomic_file_write(&f, header->data, header->len);
    for (size_t i = 0; i < w->n; i++) {
        struct safetensor t = encode(w, &w->entries[i]);
        atomic_file_write(&f, t.data, t.bytes);
    }
    return atomic_file_commit(&f);
}

static status save_weights(const struct model *m, const struct writer *w, const char *path)
{
    uint64_t checksum = 0, config_hash;
    struct strbuf header = {0};
    TRY(model_config_hash(&m->config, &config_hash));
    for (size_t i = 0; i < w->n; i++) {
        struct safetensor t = encode(w, &w->entries[i]);
        checksum = safetensor_hash(&t, checksum);
    }
    put_header(&header, w, checksum, config_hash);
    status s = strbuf_status(&header);
    if (s == OK) s = write_weights(w, &header, path);
    strbuf_release(&header);
    return s;
}

static status save_into(const struct model *m, const struct writer *w, const char *directory)
{
    struct strbuf path = {0};
    TRY(file_make_directory(directory));
    strbuf_printf(&path, "%s/model.safetensors", directory);
    status s = strbuf_status(&path);
    if (s == OK) s = save_weights(m, w, path.data);
    strbuf_clear(&path);
    strbuf_printf(&path, "%s/config.json", directory);
    if (s == OK) s = strbuf_status(&path);
    if (s == OK) s = model_config_write(&m->config, path.data);
    strbuf_release(&path);
    return s;
}

static status save(const struct model *m, const struct model_rows *rows, const char *directory, enum dtype type)
{
    struct writer w;
    model_pull(m);
    status s = writer_init(&w, m, type);
    w.rows = rows;
    if (s == OK) s = save_into(m, &w, directory);
    writer_release(&w);
    return s;
}

status model_save_weights(const struct model *m, const char *path, enum dtype type)
{
    struct writer w;
    status s = writer_init(&w, m, type);
    if (s == OK) s = save_weights(m, &w, path);
    writer_release(&w);
    return s;
}

status model_save(const struct model *m, const char *directory, enum dtype type)
{
    FAIL_IF(m->lora.rank, ERR_USAGE, "a model with adapters is saved as its adapter, or merged");
    return save(m, NULL, directory, type);
}

status model_write(const struct model *shape, const struct model_rows *rows, const char *directory, enum dtype type)
{
    return save(shape, rows, directory, type);
}
