#include "model_int.h"

#include <math.h>
#include <string.h>

/* ---- the run ---- */

static void plan_run(struct plan *p, struct infer_run *r)
{
    const struct model_config *c = &r->model->config;
    size_t N = r->max_tokens, C = c->d_model;
    r->x = plan_take(p, N, C);
    r->normed = plan_take(p, N, C);
    r->branch = plan_take(p, N, C);
    r->qkv = plan_take(p, N, qkv_width(c));
    r->attended = plan_take(p, N, q_width(c));
    r->ff = plan_take(p, N, ffn_in_width(c));
    r->activated = plan_take(p, N, c->d_ff);
    r->pooled_in = plan_take(p, r->max_seqs, C);
    r->pooled = plan_take(p, r->max_seqs, C);
    if (!r->model->lora.rank) return;
    size_t widest = qkv_width(c) > ffn_in_width(c) ? qkv_width(c) : ffn_in_width(c);
    r->low = plan_take(p, N, r->model->lora.rank);
    r->product = plan_take(p, N, widest > C ? widest : C);
}

static status allocate(struct infer_run *r)
{
    const struct model_config *c = &r->model->config;
    TRY(network_init(&r->net, r->model));
    r->positions = mem_zalloc(r->max_tokens, sizeof *r->positions);
    struct plan p = {0};
    plan_run(&p, r);
    r->block = compute_alloc(r->compute, p.used * sizeof(float));
    if (!r->positions || !r->block) return fail_nomem("preparing a model to run; fewer tokens at once need less");
    p = (struct plan){.base = r->block};
    plan_run(&p, r);
    struct attention_shape shape = batch_attention(c, &(struct batch){.n_seqs = r->max_seqs});
    return compute_reserve(r->compute, attention_scratch(r->compute, &shape, r->max_tokens < c->max_positions ? r->max_tokens : c->max_positions));
}

enum { INFER_MAX_TOKENS = 1 << 20 };

status infer_run_new(const struct model *m, struct compute *c, size_t max_tokens, size_t max_seqs, struct infer_run **out)
{
    FAIL_IF(!max_tokens || !max_seqs || max_tokens > INFER_MAX_TOKENS || max_seqs > INFER_MAX_TOKENS, ERR_USAGE,
            "a run of %zu tokens in %zu sequences; both must be from 1 to %d", max_tokens, max_seqs, INFER_MAX_TOKENS);
    FAIL_IF(strcmp(c->device, "cpu") != 0 || m->compute, ERR_USAGE, "device '%s' is for training; reading and writing need the device cpu", c->device);
    struct infer_run *r = mem_zalloc(1, sizeof *r);
    if (!r) return fail_nomem("preparing a model to run");
    *r = (struct infer_run){.model = m, .compute = c, .max_tokens = max_tokens, .max_seqs = max_seqs};
    status s = allocate(r);
    if (s != OK) {
        infer_run_free(r);
        return s;
    }
    *out = r;
    return OK;
}

void infer_run_free(struct infer_run *r)
{
    if (!r) return;
    if (r->block) compute_dealloc(r->compute, r->block);
    network_release(&r->net);
    mem_free(r->positions);
    mem_free(r);
}

/* ---- layers ---- */

static void infer_norm(struct infer_run *r, const struct norm *w, size_t N)
{
    const struct model_config *c = &r->model->config;
    r->compute->ops->norm(r->compute, r->normed, NULL, NULL, r->x, values_of(w->gain), values_of(w->bias), N, c->d_model, c->norm_epsilon, c->norm);
}

static void infer_linear(struct infer_run *r, const struct linear *w, float *y, const float *x, size_t N)
{
    const struct ops *ops = r->compute->ops;
    size_t O = w->weight->rows;
    ops->linear_stored(r->compute, y, x, &w->weight->weight, values_of(w->bias), N);
    if (!w->lora_a) return;
    size_t R = r->model->lora.rank;
    ops->linear(r->compute, r->low, x, values_of(w->lora_a), NULL, N, w->lora_a->cols, R);
    ops->scale(r->compute, r->low, N * R, r->model->lora.alpha / (float)R);
    ops->linear(r->compute, r->product, r->low, values_of(w->lora_b), NULL, N, R, O);
    ops->add(r->compute, y, r->product, N * O);
}

static void infer_residual(struct infer_run *r, const struct linear *w, const float *x, size_t N)
{
    infer_linear(r, w, r->branch, x, N);
    r->compute->ops->add(r->compute, r->x, r->branch, N * r->model->config.d_model);
}

static void add_row(struct infer_run *r, float *x, const struct parameter *table, int32_t row)
{
    if (!table) return;
    weight_row_f32(r->branch, &table->weight, (size_t)row);
    for (size_t k = 0; k < table->cols; k++) x[k] += r->branch[k];
}

static void infer_embed(struct infer_run *r, const int32_t *tokens, const int32_t *positions, const int32_t *overlap, size_t N)
{
    size_t C = r->model->config.d_model;
    for (size_t i = 0; i < N; i++) {
        weight_row_f32(r->x + i * C, &r->net.embedding->weight, (size_t)tokens[i]);
        add_row(r, r->x + i * C, r->net.positions, positions[i]);
        add_row(r, r->x + i * C, r->net.overlap, overlap ? overlap[i] : OVERLAP_NONE);
    }
}

/* Keys and values of row i, at its position of its cache. */
static void store_row(struct infer_run *r, struct kv_cache *k, size_t layer, size_t i, size_t position)
{
    const struct model_config *c = &r->model->config;
    const float *key = r->qkv + i * qkv_width(c) + q_width(c);
    size_t at = (layer * k->max_len + position) * k->width;
    memcpy(k->keys + at, key, k->width * sizeof *key);
    memcpy(k->values + at, key + k->width, k->width * sizeof *key);
}

/* Row i reads its cache up to its own position. */
static void attend_row(struct infer_run *r, const struct kv_cache *k, size_t layer, size_t i, size_t position)
{
    const struct model_config *c = &r->model->config;
    size_t at = layer * k->max_len * k->width;
    r->compute->ops->attention_step(r->compute, r->attended + i * q_width(c), r->qkv + i * qkv_width(c), k->keys + at, k->values + at,
                                    position + 1, c->n_heads, c->n_kv_heads, c->head_size);
}

static void infer_attend(struct infer_run *r, size_t layer, const int32_t *positions, size_t N, const struct pass *a)
{
    for (size_t i = 0; i < N && a->n_caches; i++) store_row(r, a->caches[a->n_caches == 1 ? 0 : i], layer, i, (size_t)positions[i]);
    if (a->shape) {
        r->compute->ops->attention(r->compute, r->attended, NULL, r->qkv, a->shape);
        return;
    }
    for (size_t i = 0; i < N; i++) attend_row(r, a->caches[a->n_caches == 1 ? 0 : i], layer, i, (size_t)positions[i]);
}

/* x += Attention(norm(x)) up to the output matrix: r->attended. */
static void infer_attention(struct infer_run *r, size_t layer, const int32_t *positions, size_t N, const struct pass *pass)
{
    const struct model_config *c = &r->model->config;
    const struct layer *w = &r->net.layers[layer];
    infer_norm(r, &w->attention_norm, N);
    infer_linear(r, &w->qkv, r->qkv, r->normed, N);
    if (c->qk_norm) qk_norm_forward(r->compute, c, w, r->qkv, qkv_width(c), NULL, NULL, N);
    if (c->positions == POSITIONS_ROTARY)
        r->compute->ops->rotary(r->compute, r->qkv, positions, N, qkv_width(c), c->n_heads + c->n_kv_heads, c->head_size, c->rope_theta, false);
    infer_attend(r, layer, positions, N, pass);
}

static void infer_ffn(struct infer_run *r, size_t layer, size_t N)
{
    const struct model_config *c = &r->model->config;
    const struct layer *w = &r->net.layers[layer];
    infer_norm(r, &w->ffn_norm, N);
    infer_linear(r, &w->ffn_in, r->ff, r->normed, N);
    if (c->ffn == FFN_SWIGLU) r->compute->ops->swiglu(r->compute, r->activated, r->ff, N, c->d_ff);
    else r->compute->ops->gelu(r->compute, r->activated, r->ff, N * c->d_ff);
    infer_residual(r, &w->ffn_out, r->activated, N);
}

/* After the last attention no row reads another: those that nobody asked for are left out of the rest. */
static size_t keep_rows(struct infer_run *r, size_t N, const struct pass *pass)
{
    size_t C = r->model->config.d_model, width = q_width(&r->model->config);
    if (!pass->keep) return N;
    for (size_t i = 0; i < pass->n_keep; i++) {
        size_t from = (size_t)pass->keep[i];   /* never before i */
        memmove(r->x + i * C, r->x + from * C, C * sizeof *r->x);
        memmove(r->attended + i * width, r->attended + from * width, width * sizeof *r->attended);
    }
    return pass->n_keep;
}

void infer_forward(struct infer_run *r, const int32_t *tokens, const int32_t *positions, size_t N, const struct pass *pass)
{
    size_t L = r->model->config.n_layers;
    infer_embed(r, tokens, positions, pass->overlap, N);
    for (size_t l = 0; l < L; l++) {
        infer_attention(r, l, positions, N, pass);
        if (l + 1 == L) N = keep_rows(r, N, pass);
        infer_residual(r, &r->net.layers[l].out, r->attended, N);
        infer_ffn(r, l, N);
    }
    infer_norm(r, &r->net.norm, N);
}

/* ---- heads ---- */

/* Hidden states of all tokens, or of the first of each sequence. */
static status encode(struct infer_run *r, const struct batch *b, bool first_only)
{
    const struct model_config *c = &r->model->config;
    FAIL_IF(!c->heads, ERR_USAGE, "this model has no heads for matching; use one trained by 'daogou finetune'");
    TRY(batch_check(c, b, r->max_tokens, r->max_seqs));
    struct attention_shape shape = batch_attention(c, b);
    struct pass pass = {.shape = &shape, .keep = first_only ? b->offsets : NULL, .n_keep = b->n_seqs, .overlap = b->overlap};
    infer_forward(r, b->tokens, b->positions, b->n_tokens, &pass);
    return OK;
}

/* out (S,O) = w tanh(pooler first), first (S,C) being hidden states. */
static void read_first(struct infer_run *r, const float *first, size_t S, const struct linear *w, float *out)
{
    infer_linear(r, &r->net.pooler, r->pooled, first, S);
    for (size_t i = 0; i < S * r->model->config.d_model; i++) r->pooled[i] = tanhf(r->pooled[i]);
    infer_linear(r, w, out, r->pooled, S);
}

static const float *gather_first(struct infer_run *r, const struct batch *b)
{
    size_t C = r->model->config.d_model;
    for (size_t s = 0; s < b->n_seqs; s++) memcpy(r->pooled_in + s * C, r->normed + (size_t)b->offsets[s] * C, C * sizeof *r->pooled_in);
    return r->pooled_in;
}

static void mean_rows(float *out, const float *x, size_t rows, size_t C)
{
    memset(out, 0, C * sizeof *out);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < C; k++) out[k] += x[i * C + k];
    for (size_t k = 0; k < C; k++) out[k] /= (float)rows;
}

static void make_unit(float *x, size_t n)
{
    double squares = 0;
    for (size_t k = 0; k < n; k++) squares += (double)x[k] * (double)x[k];
    float scale = 1.0f / fmaxf((float)sqrt(squares), 1e-12f);
    for (size_t k = 0; k < n; k++) x[k] *= scale;
}

/* r->pooled_in (S,C) = means of the sequences' hidden states */
static void read_means(struct infer_run *r, const struct batch *b)
{
    size_t C = r->model->config.d_model;
    for (size_t s = 0; s < b->n_seqs; s++) {
        size_t begin = (size_t)b->offsets[s], end = (size_t)b->offsets[s + 1];
        mean_rows(r->pooled_in + s * C, r->normed + begin * C, end - begin, C);
    }
}

static void read_embeddings(struct infer_run *r, const struct batch *b, float *embeddings)
{
    size_t C = r->model->config.d_model;
    read_means(r, b);
    infer_linear(r, &r->net.embed, embeddings, r->pooled_in, b->n_seqs);
    for (size_t s = 0; s < b->n_seqs; s++) make_unit(embeddings + s * C, C);
}

status infer_encode(struct infer_run *r, const struct batch *b, float *embeddings, float *match_scores)
{
    TRY(encode(r, b, !embeddings));
    if (embeddings) read_embeddings(r, b, embeddings);
    if (match_scores) read_first(r, embeddings ? gather_first(r, b) : r->normed, b->n_seqs, &r->net.match, match_scores);
    return OK;
}

status infer_classify(struct infer_run *r, const struct batch *b, float *logits)
{
    FAIL_IF(!r->net.classify.weight, ERR_USAGE, "this model has no classifier head; use one trained by 'daogou finetune' with \"labels\"");
    TRY(encode(r, b, false));
    read_means(r, b);
    infer_linear(r, &r->net.classify, logits, r->pooled_in, b->n_seqs);
    return OK;
}

status infer_nsp(struct infer_run *r, const struct batch *b, float *logits)
{
    TRY(encode(r, b, true));
    read_first(r, r->normed, b->n_seqs, &r->net.nsp, logits);
    return OK;
}
