/* AdamW over all parameters of a model. */
#include "train_int.h"

#include <math.h>

void optimiser_update(const struct train_config *c, struct compute *compute, const struct model *model, float *m, float *v, const struct optimiser_step *s)
{
    double n = (double)s->number, scale = 1.0 / c->accumulate;
    if (c->clip > 0 && s->norm > c->clip) scale *= c->clip / s->norm;
    struct adamw how = {.learning_rate = (float)s->learning_rate, .beta1 = (float)c->beta1, .beta2 = (float)c->beta2, .epsilon = (float)c->epsilon,
                        .correction1 = (float)(1 - pow(c->beta1, n)), .correction2 = (float)(1 - pow(c->beta2, n)), .gradient_scale = (float)scale};
    for (size_t i = model->n_frozen; i < model->n_parameters; i++) {
        const struct parameter *p = &model->parameters[i];
        how.weight_decay = p->decay ? (float)c->weight_decay : 0;
        compute->ops->adamw(compute, model->params + p->offset, model->grads + p->offset, m + p->offset, v + p->offset, (size_t)p->rows * p->cols, &how);
    }
}
