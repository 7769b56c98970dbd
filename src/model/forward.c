#include "model_int.h"

#include <string.h>

/* y = norm(x), keeping what backward needs. */
static void forward_norm(struct train_run *r, const struct norm *w, float *y, float *mean, float *rstd, const float *x)
{
    const struct model_config *c = &r->model->config;
    r->compute->ops->norm(r->compute, y, mean, rstd, x, values_of(w->gain), values_of(w->bias), r->n_tokens, c->d_model, c->norm_epsilon,
                          c->norm);
}

/* low: where the adapter keeps A x, NULL without one; room (N,O): scratch, of what is free until backward. */
static void forward_linear(struct train_run *r, const struct linear *w, float *y, const float *x, float *low, float *room)
{
    weight_forward(r, w->weight, w->bias, y, x, r->n_tokens);
    if (low) lora_forward(r, w, y, x, low, room);
}

/* out = in + dropout(w x) */
static void forward_residual(struct train_run *r, const struct linear *w, float *out, const float *in, const float *x, float *low, uint64_t seed)
{
    const struct ops *ops = r->compute->ops;
    const struct weight *m = &w->weight->weight;
    size_t n = r->n_tokens * r->model->config.d_model;
    if (!(r->dropout > 0) && !low && m->dtype == DTYPE_F32) {
        ops->linear_onto(r->compute, out, in, x, m->data, values_of(w->bias), r->n_tokens, m->cols, m->rows);
        return;
    }
    forward_linear(r, w, out, x, low, r->dbranch);
    if (r->dropout > 0) ops->dropout(r->compute, out, n, r->dropout, seed);
    ops->add(r->compute, out, in, n);
}

static void forward_attention(struct train_run *r, size_t layer)
{
    const struct model_config *c = &r->model->config;
    size_t N = r->n_tokens;
    int at = (int)layer;
    const struct ops *ops = r->compute->ops;
    const struct layer *w = &r->net.layers[layer];
    struct layer_run *a = &r->layers[layer];
    forward_norm(r, &w->attention_norm, a->normed1, a->mean1, a->rstd1, a->in);
    watch(r, at, "attention.norm", a->normed1, N, c->d_model);
    forward_linear(r, &w->qkv, a->qkv, a->normed1, a->low[LORA_QKV], r->dqkv);
    watch(r, at, "attention.qkv", a->qkv, N, qkv_width(c));
    if (c->qk_norm) qk_norm_forward(r->compute, c, w, a->qkv, qkv_stride(r, a->qkv), a->qk_raw, a->qk_rstd, r->n_tokens);
    if (c->positions == POSITIONS_ROTARY)   /* q and k heads lie side by side */
        ops->rotary(r->compute, a->qkv, r->positions, r->n_tokens, qkv_stride(r, a->qkv), c->n_heads + c->n_kv_heads, c->head_size, c->rope_theta, false);
    if (c->qk_norm || c->positions == POSITIONS_ROTARY) watch(r, at, "attention.qkv, normed or turned", a->qkv, N, qkv_width(c));
    ops->attention(r->compute, a->attended, a->lse, a->qkv, &r->shape);
    watch(r, at, "attention.attended", a->attended, N, q_width(c));
    forward_residual(r, &w->out, a->mid, a->in, a->attended, a->low[LORA_OUT], branch_seed(r, layer, 0));
    watch(r, at, "residual after attention", a->mid, N, c->d_model);
}

static void forward_ffn(struct train_run *r, size_t layer, float *out)
{
    const struct model_config *c = &r->model->config;
    size_t N = r->n_tokens;
    int at = (int)layer;
    const struct ops *ops = r->compute->ops;
    const struct layer *w = &r->net.layers[layer];
    struct layer_run *a = &r->layers[layer];
    forward_norm(r, &w->ffn_norm, a->normed2, a->mean2, a->rstd2, a->mid);
    watch(r, at, "ffn.norm", a->normed2, N, c->d_model);
    forward_linear(r, &w->ffn_in, a->ff, a->normed2, a->low[LORA_FFN_IN], r->dff);
    watch(r, at, "ffn.in", a->ff, N, ffn_in_width(c));
    if (c->ffn == FFN_SWIGLU) ops->swiglu(r->compute, a->activated, a->ff, r->n_tokens, c->d_ff);
    else ops->gelu(r->compute, a->activated, a->ff, r->n_tokens * activation_stride(r->compute, a->ff, c->d_ff));
    watch(r, at, "ffn.activated", a->activated, N, c->d_ff);
    forward_residual(r, &w->ffn_out, out, a->mid, a->activated, a->low[LORA_FFN_OUT], branch_seed(r, layer, 1));
    watch(r, at, "residual after ffn", out, N, c->d_model);
}

static void keep(struct train_run *r, int32_t *to, const int32_t *from, size_t n)
{
    memcpy(host_ints(r, to), from, n * sizeof *to);
    push_ints(r, to, n);
}

/* The run keeps its own copy: the losses and backward need the batch after the caller may have let go of it. */
static void keep_batch(struct train_run *r, const struct batch *b)
{
    keep(r, r->tokens, b->tokens, b->n_tokens);
    keep(r, r->positions, b->positions, b->n_tokens);
    if (b->overlap) keep(r, r->overlap, b->overlap, b->n_tokens);
    else compute_zero(r->compute, r->overlap, b->n_tokens * sizeof *r->overlap);
    keep(r, r->offsets, b->offsets, b->n_seqs + 1);
    keep(r, r->prefix, b->prefix, b->n_seqs);
    r->n_tokens = b->n_tokens;
    r->n_seqs = b->n_seqs;
    r->shape = batch_attention(&r->model->config, b);
    r->shape.offsets = r->offsets;
    r->shape.prefix = r->prefix;
}

/* y (N,C) = rows of a table, plus those of a second one at the positions (NULL: none). Tables that stay in their file may be stored in
 * less than float32, on the CPU only. */
static void forward_rows(struct train_run *r, float *y, const int32_t *ids, const struct parameter *table, const struct parameter *second)
{
    size_t N = r->n_tokens, C = r->model->config.d_model;
    if (table->weight.dtype == DTYPE_F32) {
        r->compute->ops->embed(r->compute, y, ids, r->positions, values_of(table), values_of(second), N, C);
        return;
    }
    for (size_t i = 0; i < N; i++) weight_row_f32(y + i * C, &table->weight, (size_t)ids[i]);
    if (!second) return;
    for (size_t i = 0; i < N; i++) weight_row_f32(r->dnormed + i * C, &second->weight, (size_t)r->positions[i]);   /* free until backward */
    r->compute->ops->add(r->compute, y, r->dnormed, N * C);
}

static void forward_embed(struct train_run *r)
{
    forward_rows(r, r->layers[0].in, r->tokens, r->net.embedding, r->net.positions);
    if (!r->net.overlap) return;
    forward_rows(r, r->dbranch, r->overlap, r->net.overlap, NULL);   /* dbranch is free until backward */
    r->compute->ops->add(r->compute, r->layers[0].in, r->dbranch, r->n_tokens * r->model->config.d_model);
}

status train_forward(struct train_run *r, const struct batch *b, bool training, uint64_t dropout_seed)
{
    const struct model_config *c = &r->model->config;
    r->n_tokens = r->n_seqs = 0;   /* losses of a batch that was refused measure nothing */
    r->has_gradient = false;
    TRY(batch_check(c, b, r->max_tokens, r->max_seqs));
    keep_batch(r, b);
    r->dropout = training ? c->dropout : 0;
    r->dropout_seed = dropout_seed;
    forward_embed(r);
    watch(r, NO_LAYER, "embedded", r->layers[0].in, r->n_tokens, c->d_model);
    for (size_t l = 0; l < c->n_layers; l++) {
        forward_attention(r, l);
        forward_ffn(r, l, l + 1 < c->n_layers ? r->layers[l + 1].in : r->last);
    }
    forward_norm(r, &r->net.norm, r->hidden, r->mean, r->rstd, r->last);
    watch(r, NO_LAYER, "hidden", r->hidden, r->n_tokens, c->d_model);
    return OK;
}
