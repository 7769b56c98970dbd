/* Where gradients go. A matrix is as large as all that a step does with it at few tokens, so clearing it takes a mark and no memory: the first
 * product of a step writes over what lay there, and reads nothing. */
#include "model_int.h"

static size_t size_of(const struct parameter *p)
{
    return (size_t)p->rows * p->cols;
}

void model_clear_gradients(struct model *m, struct compute *c)
{
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) {
        const struct parameter *p = &m->parameters[i];
        m->unwritten[i] = p->rows > 1;
        if (!m->unwritten[i]) compute_zero(c, m->grads + p->offset, size_of(p) * sizeof(float));
    }
}

static void settle(const struct model *m, struct compute *c, size_t i)
{
    if (m->unwritten[i]) compute_zero(c, m->grads + m->parameters[i].offset, size_of(&m->parameters[i]) * sizeof(float));
    m->unwritten[i] = false;
}

void model_settle_gradients(struct model *m, struct compute *c)
{
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) settle(m, c, i);
}

float *gradient_of(const struct train_run *r, const struct parameter *p)
{
    const struct model *m = r->model;
    if (!p) return NULL;
    if (is_frozen(m, p)) return m->unread;
    settle(m, r->compute, (size_t)(p - m->parameters));
    return m->grads + p->offset;
}

void weight_backward(struct train_run *r, const struct parameter *weight, const struct parameter *bias, const float *x, const float *dy, size_t N)
{
    const struct model *m = r->model;
    if (is_frozen(m, weight)) return;
    bool *unwritten = &m->unwritten[weight - m->parameters];
    r->compute->ops->linear_backward_weight(r->compute, m->grads + weight->offset, gradient_of(r, bias), x, dy, N, weight->cols, weight->rows, !*unwritten);
    *unwritten = false;
}
