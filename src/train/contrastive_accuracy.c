#include "train_int.h"

#include <math.h>
#include <string.h>

static void mean_rows(float *mean, const float *hidden, size_t begin, size_t end, size_t C)
{
    memset(mean, 0, C * sizeof *mean);
    for (size_t row = begin; row < end; row++)
        for (size_t k = 0; k < C; k++) mean[k] += hidden[row * C + k] / (float)(end - begin);
}

static double cosine(const float *a, const float *b, size_t C)
{
    double ab = 0, aa = 1e-30, bb = 1e-30;
    for (size_t k = 0; k < C; k++) {
        ab += (double)a[k] * (double)b[k];
        aa += (double)a[k] * (double)a[k];
        bb += (double)b[k] * (double)b[k];
    }
    return ab / sqrt(aa * bb);
}

void contrastive_accuracy(struct trainer *t, struct losses *l)
{
    const struct parameter *w = model_parameter(t->model, "heads.embed.weight");
    const struct micro_batch *b = &t->batch;
    const float *hidden = train_hidden(t->run);
    size_t C = t->model->config.d_model, n = b->n_pairs;
    if (!w) return;
    for (size_t i = 0; i < 2 * n; i++) {
        int32_t seq = i < n ? b->needs[i] : b->items[i - n];
        mean_rows(t->means + i * C, hidden, (size_t)b->offsets[seq], (size_t)b->offsets[seq + 1], C);
    }
    t->compute->ops->linear(t->compute, t->embedded, t->means, t->model->params + w->offset, NULL, 2 * n, C, C);
    for (size_t i = 0; i < n; i++) {
        const float *need = t->embedded + i * C, *items = t->embedded + n * C;
        double own = cosine(need, items + i * C, C);
        bool nearest = true;
        for (size_t j = 0; nearest && j < n; j++)
            nearest = b->same[j] == b->same[i] || cosine(need, items + j * C, C) < own;
        l->right[LOSS_CONTRASTIVE] += nearest;
    }
    l->of[LOSS_CONTRASTIVE] += n;
}
