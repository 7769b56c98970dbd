/* Low-rank adapters in a training run: y += B (alpha / rank A x), and its gradients. */
#include "model_int.h"

#include <math.h>

const char *const lora_target_names[LORA_TARGETS] = {
    [LORA_QKV] = "attention.qkv", [LORA_OUT] = "attention.out", [LORA_FFN_IN] = "ffn.in", [LORA_FFN_OUT] = "ffn.out",
};

status lora_check(const struct lora *l)
{
    bool any = false;
    for (int t = 0; t < LORA_TARGETS; t++) any = any || l->targets[t];
    FAIL_IF(!l->rank || l->rank > LORA_MAX_RANK, ERR_USAGE, "the rank of adapters is %u; it must be from 1 to %d", l->rank, LORA_MAX_RANK);
    FAIL_IF(!(l->alpha > 0) || !isfinite(l->alpha), ERR_USAGE, "alpha of adapters is %g; it must be above 0", (double)l->alpha);
    FAIL_IF(!any, ERR_USAGE, "adapters have no targets; name one of attention.qkv, attention.out, ffn.in, ffn.out");
    return OK;
}

/* ---- weights of any dtype ---- */

void weight_forward(struct train_run *r, const struct parameter *w, const struct parameter *bias, float *y, const float *x, size_t N)
{
    const struct ops *ops = r->compute->ops;
    const struct weight *m = &w->weight;
    if (m->dtype == DTYPE_F32) ops->linear(r->compute, y, x, m->data, values_of(bias), N, m->cols, m->rows);
    else ops->linear_stored(r->compute, y, x, m, values_of(bias), N);
}

void weight_backward_input(struct train_run *r, const struct parameter *w, float *dx, const float *dy, size_t N)
{
    const struct ops *ops = r->compute->ops;
    const struct weight *m = &w->weight;
    if (m->dtype == DTYPE_F32) ops->linear_backward_input(r->compute, dx, dy, m->data, N, m->cols, m->rows, false);
    else ops->linear_stored_backward_input(r->compute, dx, dy, m, N);
}

/* ---- adapters ---- */

static void scale(struct train_run *r, float *low)
{
    const struct lora *l = &r->model->lora;
    r->compute->ops->scale(r->compute, low, r->n_tokens * l->rank, l->alpha / (float)l->rank);
}

void lora_forward(struct train_run *r, const struct linear *w, float *y, const float *x, float *low, float *product)
{
    const struct ops *ops = r->compute->ops;
    size_t N = r->n_tokens, R = r->model->lora.rank, I = w->lora_a->cols, O = w->lora_b->rows;
    ops->linear(r->compute, low, x, values_of(w->lora_a), NULL, N, I, R);
    scale(r, low);
    ops->linear(r->compute, product, low, values_of(w->lora_b), NULL, N, R, O);
    ops->add(r->compute, y, product, N * O);
}

void lora_backward(struct train_run *r, const struct linear *w, float *dx, const float *dy, const float *x, const float *low)
{
    const struct ops *ops = r->compute->ops;
    const struct model *m = r->model;
    size_t N = r->n_tokens, R = m->lora.rank, I = w->lora_a->cols, O = w->lora_b->rows;
    weight_backward(r, w->lora_b, NULL, low, dy, N);
    ops->linear_backward_input(r->compute, r->dlow, dy, values_of(w->lora_b), N, R, O, false);
    scale(r, r->dlow);
    weight_backward(r, w->lora_a, NULL, x, r->dlow, N);
    ops->linear_backward_input(r->compute, dx, r->dlow, values_of(w->lora_a), N, I, R, true);
}
