#include "model_int.h"

/* r->dx is the gradient of the residual stream all the way down: each branch adds its own share to it. */

static void backward_norm(struct train_run *r, const struct norm *w, float *dx, const float *dy, const float *x, const float *mean, const float *rstd)
{
    const struct model *m = r->model;
    r->compute->ops->norm_backward(r->compute, dx, gradient_of(r, w->gain), gradient_of(r, w->bias), dy, x, values_of(w->gain), mean, rstd,
                                   r->n_tokens, m->config.d_model, m->config.norm);
    watch_gradient(r, w->gain);
    watch_gradient(r, w->bias);
}

/* dx = dy w; the gradient of what is trained, the weight or its adapter, is added to the model's. */
static void backward_linear(struct train_run *r, const struct linear *w, float *dx, const float *dy, const float *x, const float *low)
{
    weight_backward(r, w->weight, w->bias, x, dy, r->n_tokens);
    watch_gradient(r, w->weight);
    watch_gradient(r, w->bias);
    weight_backward_input(r, w->weight, dx, dy, r->n_tokens);
    if (!low) return;
    lora_backward(r, w, dx, dy, x, low);
    watch_gradient(r, w->lora_b);
    watch_gradient(r, w->lora_a);
}

/* The gradient of a branch's output: dx, through the dropout of forward. */
static const float *branch_gradient(struct train_run *r, uint64_t seed)
{
    size_t n = r->n_tokens * r->model->config.d_model;
    if (!(r->dropout > 0)) return r->dx;
    compute_copy(r->compute, r->dbranch, r->dx, n * sizeof *r->dx);
    r->compute->ops->dropout(r->compute, r->dbranch, n, r->dropout, seed);
    return r->dbranch;
}

static void backward_ffn(struct train_run *r, size_t layer)
{
    const struct model_config *c = &r->model->config;
    const struct ops *ops = r->compute->ops;
    const struct layer *w = &r->net.layers[layer];
    const struct layer_run *a = &r->layers[layer];
    size_t N = r->n_tokens;
    int at = (int)layer;
    backward_linear(r, &w->ffn_out, r->dactivated, branch_gradient(r, branch_seed(r, layer, 1)), a->activated, a->low[LORA_FFN_OUT]);
    watch(r, at, "gradient of ffn.activated", r->dactivated, N, c->d_ff);
    if (c->ffn == FFN_SWIGLU) ops->swiglu_backward(r->compute, r->dff, r->dactivated, a->ff, r->n_tokens, c->d_ff);
    else ops->gelu_backward(r->compute, r->dff, r->dactivated, a->ff, r->n_tokens * activation_stride(r->compute, a->ff, c->d_ff));
    watch(r, at, "gradient of ffn.in", r->dff, N, ffn_in_width(c));
    backward_linear(r, &w->ffn_in, r->dnormed, r->dff, a->normed2, a->low[LORA_FFN_IN]);
    watch(r, at, "gradient of ffn.norm", r->dnormed, N, c->d_model);
    backward_norm(r, &w->ffn_norm, r->dx, r->dnormed, a->mid, a->mean2, a->rstd2);
    watch(r, at, "gradient of residual after attention", r->dx, N, c->d_model);
}

static void backward_attention(struct train_run *r, size_t layer)
{
    const struct model_config *c = &r->model->config;
    const struct ops *ops = r->compute->ops;
    const struct layer *w = &r->net.layers[layer];
    const struct layer_run *a = &r->layers[layer];
    size_t N = r->n_tokens;
    int at = (int)layer;
    backward_linear(r, &w->out, r->dattended, branch_gradient(r, branch_seed(r, layer, 0)), a->attended, a->low[LORA_OUT]);
    watch(r, at, "gradient of attention.attended", r->dattended, N, q_width(c));
    ops->attention_backward(r->compute, r->dqkv, r->dattended, a->attended, a->lse, a->qkv, &r->shape);
    if (c->positions == POSITIONS_ROTARY)
        ops->rotary(r->compute, r->dqkv, r->positions, r->n_tokens, qkv_stride(r, r->dqkv), c->n_heads + c->n_kv_heads, c->head_size, c->rope_theta, true);
    if (c->qk_norm) {
        qk_norm_backward(r, w, r->dqkv, a->qk_raw, a->qk_rstd);
        watch_gradient(r, w->q_norm.gain);
        watch_gradient(r, w->k_norm.gain);
    }
    watch(r, at, "gradient of attention.qkv", r->dqkv, N, qkv_width(c));
    backward_linear(r, &w->qkv, r->dnormed, r->dqkv, a->normed1, a->low[LORA_QKV]);
    watch(r, at, "gradient of attention.norm", r->dnormed, N, c->d_model);
    backward_norm(r, &w->attention_norm, r->dx, r->dnormed, a->in, a->mean1, a->rstd1);
    watch(r, at, "gradient of residual", r->dx, N, c->d_model);
}

static void backward_all(struct train_run *r)
{
    const struct model *m = r->model;
    compute_zero(r->compute, r->dx, r->n_tokens * m->config.d_model * sizeof *r->dx);
    watch(r, NO_LAYER, "gradient of hidden", r->dhidden, r->n_tokens, m->config.d_model);
    backward_norm(r, &r->net.norm, r->dx, r->dhidden, r->last, r->mean, r->rstd);
    for (size_t l = m->config.n_layers; l-- > 0;) {
        backward_ffn(r, l);
        backward_attention(r, l);
    }
    if (is_frozen(m, r->net.embedding)) return;
    r->compute->ops->embed_backward(r->compute, gradient_of(r, r->net.embedding), gradient_of(r, r->net.positions), r->dx, r->tokens,
                                    r->positions, r->n_tokens, m->config.d_model, m->config.vocab_size, m->config.max_positions);
    watch_gradient(r, r->net.embedding);
    watch_gradient(r, r->net.positions);
    if (!r->net.overlap) return;
    r->compute->ops->embed_backward(r->compute, gradient_of(r, r->net.overlap), NULL, r->dx, r->overlap, NULL, r->n_tokens, m->config.d_model, OVERLAP_KINDS, 0);
    watch_gradient(r, r->net.overlap);
}

void train_backward(struct train_run *r)
{
    if (r->has_gradient) backward_all(r);   /* else no loss asked for one */
    r->has_gradient = false;
    model_settle_gradients(r->model, r->compute);
}
