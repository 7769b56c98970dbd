#include "exchange_int.h"

#include <string.h>

/* ---- which architecture it is ---- */

static status find_family(const struct model_config *c, enum family *family)
{
    size_t width = (size_t)c->n_heads * c->head_size;
    bool gpt2 = c->positions == POSITIONS_LEARNED && c->norm == NORM_LAYER && c->ffn == FFN_GELU && c->linear_bias;
    bool llama = c->positions == POSITIONS_ROTARY && c->norm == NORM_RMS && c->ffn == FFN_SWIGLU && !c->linear_bias;
    FAIL_IF(!gpt2 && !llama, ERR_USAGE, "the model mixes parts of GPT-2 and Llama, and no other program has such an architecture; it cannot be exported");
    FAIL_IF(gpt2 && (c->qk_norm || c->n_kv_heads != c->n_heads || width != c->d_model), ERR_USAGE,
            "GPT-2 has neither grouped heads nor qk_norm nor heads wider than the model; this model cannot be exported");
    FAIL_IF(c->qk_norm && c->qkv_bias, ERR_USAGE, "no other program has an architecture with both qk_norm and qkv_bias; this model cannot be exported");
    FAIL_IF(c->qkv_bias && width != c->d_model, ERR_USAGE, "Qwen2 has no heads wider or narrower than the model; this model cannot be exported");
    *family = gpt2 ? FAMILY_GPT2 : c->qk_norm ? FAMILY_QWEN3 : c->qkv_bias ? FAMILY_QWEN2 : FAMILY_LLAMA;
    return OK;
}

static void note_losses(const struct export_job *job, enum exchange_format format, struct strbuf *note)
{
    const struct model_config *c = &job->model->config;
    const struct tokenizer *t = job->tokenizer;
    if (c->heads)
        strbuf_puts(note, "left out: the heads for NSP, matching and embedding, and reading a prefix both ways; what is written is the language model (prefix 0), "
                          "which writes worse from a record than the model does here\n");
    if (c->overlap) strbuf_puts(note, "left out: the overlap embedding of pairs, which only the match head uses\n");
    if (c->tied && !job->tied) strbuf_puts(note, "the token embedding is written twice: what the overlap embedding adds to a plain text is in the input's, not in the output's\n");
    if (tokenizer_is_own(t))
        strbuf_puts(note, format == FORMAT_GGUF ? "the tokenizer cuts text by rules that GGUF has no name for: it is marked gpt-2, and some texts get other tokens than here\n"
                                                : "the tokenizer cuts text by rules that tokenizer.json has no name for: other programs cut only by its merges, and some "
                                                  "texts get other tokens than here\n");
}

/* ---- tensors ---- */

static enum element choose_element(const struct export_tensor *t, enum exchange_dtype type)
{
    const struct weight *w = &t->parameter->weight;
    if (t->vector) return ELEMENT_F32;
    if (type == EXCHANGE_KEEP) return w->dtype == DTYPE_BF16 ? ELEMENT_BF16 : ELEMENT_F32;
    if (type == EXCHANGE_Q8) return t->cols % BLOCK ? ELEMENT_F16 : ELEMENT_Q8_0;   /* blocks must fill a row */
    return type == EXCHANGE_F16 ? ELEMENT_F16 : type == EXCHANGE_BF16 ? ELEMENT_BF16 : ELEMENT_F32;
}

static void add_tensor(struct export_job *job, const struct parameter *p, const struct link *l, const char *name, enum exchange_dtype type)
{
    struct export_tensor *t = &job->tensors[job->n++];
    *t = (struct export_tensor){.parameter = p, .link = l, .vector = !p->decay};
    memcpy(t->name, name, strlen(name) + 1);
    size_t n;
    part_range(&job->model->config, p, l->part, &t->first, &n);
    t->rows = t->vector ? 1 : l->part == PART_ALL ? p->rows : n;
    t->cols = t->vector ? n : p->cols;
    if (l->transposed) t->rows = p->cols, t->cols = p->rows;
    t->element = choose_element(t, type);
    t->bytes = t->rows * element_row_bytes(t->element, t->cols);
}

/* Row OVERLAP_NONE is added to every token of a plain text too; it may be all zeros. */
static status read_plain_row(struct export_job *job)
{
    const struct parameter *p = model_parameter(job->model, "overlap.weight");
    bool any = false;
    job->tied = job->model->config.tied;
    if (!p) return OK;
    if (!(job->plain = mem_alloc(p->cols * sizeof *job->plain))) return fail_nomem("exporting a model");
    weight_row_f32(job->plain, &p->weight, OVERLAP_NONE);
    for (size_t i = 0; i < p->cols; i++) any |= job->plain[i] != 0;
    if (any) {
        job->tied = false;
        return OK;
    }
    mem_free(job->plain);
    job->plain = NULL;
    return OK;
}

/* The input embedding with what is added to it, and the output's as it was where the two are one here. */
static void part_embeddings(struct export_job *job, const struct link *links, size_t n_links, enum exchange_dtype type)
{
    const struct parameter *p = model_parameter(job->model, "embedding.weight");
    for (size_t i = 0; i < job->n; i++)
        if (job->tensors[i].parameter == p) job->tensors[i].added = job->plain;
    for (size_t k = 0; k < n_links && job->model->config.tied; k++)
        if (strcmp(links[k].ours, "output.weight") == 0) add_tensor(job, p, &links[k], links[k].theirs, type);
}

static status list_tensors(struct export_job *job, enum exchange_format format, enum exchange_dtype type)
{
    size_t n_links;
    const struct link *links = links_of(format, job->family, &n_links);
    const struct model *m = job->model;
    char name[96];
    job->tensors = mem_zalloc(3 * m->n_parameters, sizeof *job->tensors);
    if (!job->tensors) return fail_nomem("exporting a model");
    for (size_t i = 0; i < m->n_parameters; i++)
        for (size_t k = 0; k < n_links; k++)
            if (link_matches(&links[k], &m->parameters[i], name)) add_tensor(job, &m->parameters[i], &links[k], name, type);
    if (job->plain) part_embeddings(job, links, n_links, type);
    return OK;
}

/* ---- values ---- */

struct rows {
    const struct export_job *job;
    struct atomic_file *file;
    float *wide;           /* a row of ours; all of a transposed tensor */
    float *row;            /* a row of theirs */
    uint8_t *bytes;
};

static void read_row(const struct rows *r, const struct export_tensor *t, size_t row)
{
    const struct weight *w = &t->parameter->weight;
    if (t->link->transposed) {
        for (size_t i = 0; i < t->cols; i++) r->row[i] = r->wide[i * t->rows + row];
    } else if (t->vector) {
        weight_row_f32(r->wide, w, 0);
        memcpy(r->row, r->wide + t->first, t->cols * sizeof *r->row);
    } else {
        weight_row_f32(r->row, w, t->first + (t->link->paired ? paired_row(&r->job->model->config, row) : row));
        for (size_t i = 0; t->added && i < t->cols; i++) r->row[i] += t->added[i];
    }
}

static void write_tensor(const struct rows *r, const struct export_tensor *t)
{
    const struct weight *w = &t->parameter->weight;
    size_t bytes = element_row_bytes(t->element, t->cols);
    if (t->link->transposed)
        for (size_t i = 0; i < w->rows; i++) weight_row_f32(r->wide + i * w->cols, w, i);
    for (size_t i = 0; i < t->rows; i++) {
        read_row(r, t, i);
        element_write(r->bytes, t->element, r->row, t->cols);
        atomic_file_write(r->file, r->bytes, bytes);
    }
}

status export_tensors_write(const struct export_job *job, struct atomic_file *f, size_t alignment)
{
    static const uint8_t zeros[64] = {0};
    size_t wide = 1, row = 1;
    for (size_t i = 0; i < job->n; i++) {
        const struct export_tensor *t = &job->tensors[i];
        size_t need = t->link->transposed ? t->rows * t->cols : t->parameter->cols;
        if (need > wide) wide = need;
        if (t->cols > row) row = t->cols;
    }
    struct rows r = {job, f, mem_alloc(wide * sizeof(float)), mem_alloc(row * sizeof(float)), mem_alloc(row * sizeof(float))};
    bool complete = r.wide && r.row && r.bytes;
    for (size_t i = 0; complete && i < job->n; i++) {
        write_tensor(&r, &job->tensors[i]);
        atomic_file_write(f, zeros, (alignment - job->tensors[i].bytes % alignment) % alignment);
    }
    mem_free(r.wide);
    mem_free(r.row);
    mem_free(r.bytes);
    return complete ? OK : fail_nomem("exporting a model");
}

/* ---- the whole ---- */

static status write_hf(const struct export_job *job, const char *to)
{
    struct staging staging;
    status s = staging_open(&staging, to);
    if (s == OK) s = hf_write(job, staging.path);
    if (s == OK) s = staging_commit(&staging);
    staging_abort(&staging);
    return s;
}

static status load_tokenizer(const char *from, struct tokenizer **out)
{
    struct strbuf path = {0};
    status s = path_join(&path, from, "tokenizer.json");
    if (s == OK) s = tokenizer_load(path.data, out);
    strbuf_release(&path);
    return s;
}

status exchange_export(const char *from, const char *to, enum exchange_format format, enum exchange_dtype type, struct strbuf *note)
{
    FAIL_IF(format == FORMAT_HF && type == EXCHANGE_Q8, ERR_USAGE, "Hugging Face directories are written as f32, bf16 or f16, not q8; choose one of them");
    struct model *m = NULL;
    struct tokenizer *t = NULL;
    struct export_job job = {0};
    TRY(model_load(from, false, &m));
    job.model = m;
    status s = find_family(&m->config, &job.family);
    if (s == OK) s = load_tokenizer(from, &t);
    job.tokenizer = t;
    if (s == OK) s = read_plain_row(&job);
    if (s == OK) s = list_tensors(&job, format, type);
    if (s == OK) s = format == FORMAT_HF ? write_hf(&job, to) : gguf_write(&job, to);
    if (s == OK) note_losses(&job, format, note);
    mem_free(job.plain);
    mem_free(job.tensors);
    tokenizer_free(t);
    model_free(m);
    return s;
}
