#include "exchange_int.h"

#include <string.h>

enum { PIECES_MAX = 3 };   /* q, k, v */

/* One of our parameters is made of up to three of their tensors, one after the other. */
struct piece {
    const struct foreign_tensor *from;
    const struct link *link;
    size_t first, n;       /* rows of ours; elements of a vector */
};
struct source { struct piece pieces[PIECES_MAX]; size_t n; };
struct import {
    struct checkpoint c;
    enum family family;
    struct model *shape;
    struct source *sources;   /* (n_parameters) */
};

/* ---- finding ---- */

/* Some files have a prefix before GPT-2's names, or leave out that of Llama's. */
static const struct foreign_tensor *find_tensor(const struct import *m, const char *name)
{
    char longer[128];
    const struct foreign_tensor *t = checkpoint_find(&m->c, name);
    if (t || m->c.format == FORMAT_GGUF) return t;
    if (m->family != FAMILY_GPT2) return strncmp(name, "model.", 6) == 0 ? checkpoint_find(&m->c, name + 6) : NULL;
    snprintf(longer, sizeof longer, "transformer.%s", name);
    return checkpoint_find(&m->c, longer);
}

static status check_shape(const struct parameter *p, const struct piece *piece)
{
    const struct foreign_tensor *t = piece->from;
    size_t rows = p->rows > 1 ? piece->n : 1, cols = p->rows > 1 ? p->cols : piece->n;
    if (piece->link->transposed) {
        size_t swapped = rows;
        rows = cols, cols = swapped;
    }
    FAIL_IF(t->element == ELEMENT_OTHER, ERR_FORMAT, "tensor '%.80s' is of a type that cannot be read; F32, F16, BF16 and of GGUF Q8_0 and Q4_0 can", t->name);
    FAIL_IF(t->rows != rows || t->cols != cols, ERR_FORMAT, "tensor '%.80s' is (%zu, %zu), but the configuration asks for (%zu, %zu)", t->name, t->rows, t->cols, rows, cols);
    FAIL_IF(piece->link->transposed && t->element > ELEMENT_BF16, ERR_FORMAT, "tensor '%.80s' is quantised the wrong way round", t->name);
    return OK;
}

static status find_source(struct import *m, const struct parameter *p, struct source *s)
{
    size_t n_links;
    const struct link *links = links_of(m->c.format, m->family, &n_links);
    char name[96];
    for (size_t i = 0; i < n_links; i++) {
        if (!link_matches(&links[i], p, name)) continue;
        struct piece *piece = &s->pieces[s->n++];
        *piece = (struct piece){.from = find_tensor(m, name), .link = &links[i]};
        FAIL_IF(!piece->from, ERR_FORMAT, "tensor '%s' is missing", name);
        part_range(&m->shape->config, p, links[i].part, &piece->first, &piece->n);
        TRY(check_shape(p, piece));
    }
    FAIL_IF(!s->n, ERR_INTERNAL, "no tensor is linked to '%s'", p->name);
    return OK;
}

/* A bias that has no place here would be lost in silence. */
static status check_unused(const struct import *m)
{
    static const char *const lost[] = {"attn_q.bias", "attn_k.bias", "attn_v.bias", "q_proj.bias", "k_proj.bias", "v_proj.bias", "o_proj.bias", "attn_q_norm.weight", "q_norm.weight"};
    const struct model_config *c = &m->shape->config;
    for (size_t i = 0; i < m->c.n_tensors; i++)
        for (size_t k = 0; k < sizeof lost / sizeof *lost; k++) {
            const char *name = m->c.tensors[i].name, *end = strstr(name, lost[k]);
            bool has_place = strstr(lost[k], "norm") ? c->qk_norm : c->qkv_bias && lost[k][0] != 'o';
            FAIL_IF(end && !end[strlen(lost[k])] && !has_place, ERR_FORMAT, "tensor '%.80s' has no place in a model of its kind (%s)", name, family_names[m->family]);
        }
    return OK;
}

static status find_all(struct import *m)
{
    m->sources = mem_zalloc(m->shape->n_parameters, sizeof *m->sources);
    if (!m->sources) return fail_nomem("reading a checkpoint");
    for (size_t i = 0; i < m->shape->n_parameters; i++) TRY(find_source(m, &m->shape->parameters[i], &m->sources[i]));
    return check_unused(m);
}

/* ---- converting ---- */

/* Row `row` of ours in their q or k: the way back of paired_row. */
static size_t theirs_of(const struct import *m, const struct link *l, size_t row)
{
    size_t D = m->shape->config.head_size, in_head = row % D;
    return l->paired ? row / D * D + (in_head % (D / 2)) * 2 + in_head / (D / 2) : row;
}

static void read_piece(const struct import *m, const struct piece *piece, size_t row, float *out)
{
    const struct foreign_tensor *t = piece->from;
    size_t r = theirs_of(m, piece->link, row);
    if (!piece->link->transposed) element_read(out, t->element, t->data + r * element_row_bytes(t->element, t->cols), t->cols);
    else
        for (size_t i = 0; i < t->rows; i++) out[i] = element_at(t->element, t->data, i * t->cols + r);
}

static void read_row(void *context, const struct parameter *p, uint32_t row, float *out)
{
    const struct import *m = context;
    const struct source *s = &m->sources[p - m->shape->parameters];
    for (size_t i = 0; i < s->n; i++) {
        const struct piece *piece = &s->pieces[i];
        if (p->rows == 1) read_piece(m, piece, 0, out + piece->first);
        else if (row >= piece->first && row - piece->first < piece->n) read_piece(m, piece, row - piece->first, out);
    }
}

static enum dtype choose_dtype(const struct import *m, enum exchange_dtype type)
{
    if (type == EXCHANGE_BF16) return DTYPE_BF16;
    if (type == EXCHANGE_Q8) return DTYPE_Q8;
    bool all_bf16 = type == EXCHANGE_KEEP;
    for (size_t i = 0; i < m->shape->n_parameters; i++)
        if (m->shape->parameters[i].rows > 1) all_bf16 = all_bf16 && m->sources[i].pieces[0].from->element == ELEMENT_BF16;
    return all_bf16 ? DTYPE_BF16 : DTYPE_F32;
}

static status save(struct import *m, const struct tokenizer *t, const char *to, enum exchange_dtype type)
{
    struct staging staging;
    struct strbuf path = {0};
    const struct model_rows rows = {m, read_row};
    status s = staging_open(&staging, to);
    if (s == OK) s = path_join(&path, staging.path, "tokenizer.json");
    if (s == OK) s = tokenizer_save(t, path.data);
    if (s == OK) s = model_write(m->shape, &rows, staging.path, choose_dtype(m, type));
    if (s == OK) s = staging_commit(&staging);
    staging_abort(&staging);
    strbuf_release(&path);
    return s;
}

static status read_shape(struct import *m)
{
    struct model_config config;
    TRY(m->c.format == FORMAT_GGUF ? gguf_config(&m->c, &m->family, &config) : hf_config(&m->c, &m->family, &config));
    TRY(model_describe(&config, &m->shape));
    return find_all(m);
}

static status convert(struct import *m, const char *from, const char *to, enum exchange_dtype type)
{
    struct tokenizer *t = NULL;
    status s = read_shape(m);
    if (s == OK) s = m->c.format == FORMAT_GGUF ? gguf_tokenizer(&m->c, &t) : hf_tokenizer(&m->c, from, &t);
    if (s == OK && tokenizer_size(t) > m->shape->config.vocab_size)
        s = fail(ERR_FORMAT, "the tokenizer has %zu entries but the model only %u; they do not belong together", tokenizer_size(t), m->shape->config.vocab_size);
    if (s == ERR_FORMAT || s == ERR_LIMIT) s = fail_context(s, "%s", from);
    if (s == OK) s = save(m, t, to, type);
    tokenizer_free(t);
    return s;
}

static bool is_gguf(const char *path)
{
    size_t n = strlen(path);
    return n > 5 && strcmp(path + n - 5, ".gguf") == 0;
}

status exchange_import(const char *from, const char *to, enum exchange_dtype type)
{
    FAIL_IF(type == EXCHANGE_F16, ERR_USAGE, "a model directory holds f32, bf16 or q8, not f16; choose one of them");
    FAIL_IF(!file_exists(from), ERR_NOT_FOUND, "'%s' is not there; name a Hugging Face directory or a .gguf file", from);
    struct import m = {0};
    bool gguf = is_gguf(from);
    checkpoint_init(&m.c, gguf ? FORMAT_GGUF : FORMAT_HF);
    status s = gguf ? gguf_open(&m.c, from) : hf_open(&m.c, from);
    if (s == OK) s = convert(&m, from, to, type);
    model_free(m.shape);
    mem_free(m.sources);
    checkpoint_release(&m.c);
    return s;
}
