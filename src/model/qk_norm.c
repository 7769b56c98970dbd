#include "model_int.h"

/* The heads of q and k lie between those of v, which is why this is no call of ops->norm. */

void qk_norm_forward(struct compute *compute, const struct model_config *c, const struct layer *l, float *qkv, size_t stride, float *raw, float *rstd, size_t N)
{
    compute->ops->head_norm(compute, qkv, raw, rstd, values_of(l->q_norm.gain), values_of(l->k_norm.gain), N, stride, c->n_heads,
                            c->n_kv_heads, c->head_size, c->norm_epsilon);
}

void qk_norm_backward(struct train_run *r, const struct layer *l, float *dqkv, const float *raw, const float *rstd)
{
    const struct model_config *c = &r->model->config;
    r->compute->ops->head_norm_backward(r->compute, dqkv, gradient_of(r, l->q_norm.gain), gradient_of(r, l->k_norm.gain), raw, rstd,
                                        values_of(l->q_norm.gain), values_of(l->k_norm.gain), r->n_tokens, qkv_stride(r, dqkv), c->n_heads,
                                        c->n_kv_heads, c->head_size);
}
