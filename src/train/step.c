/* The pass of one micro-batch: what a run does in it, and what a replay does again. */
#include "train_int.h"

#include <math.h>

bool losses_finite(const struct losses *l)
{
    for (int k = 0; k < LOSS_KINDS; k++)
        if (!isfinite(l->sum[k])) return false;
    return true;
}

status step_pass(const struct step *s, struct micro_batch *b, uint32_t part, struct losses *l)
{
    uint64_t facts[3] = {s->seed, s->number, part};
    TRY(train_forward(s->run, &b->batch, s->training, s->training ? hash_bytes(facts, sizeof facts, 0xD0) : 0));
    losses_measure(s->run, b, s->loss_weights, s->training, l);
    TRY(compute_check(s->compute));
    if (s->training && losses_finite(l)) train_backward(s->run);
    return OK;
}

status step_squares(const struct step *s, double *squares)
{
    *squares = s->compute->ops->sum_of_squares(s->compute, s->model->grads, s->model->n_floats);
    return compute_check(s->compute);
}
