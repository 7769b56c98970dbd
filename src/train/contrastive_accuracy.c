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

/* Hidden states of the last pass where the host can read them: at once on the CPU. */
static const float *host_hidden(struct trainer *t)
{
    const float *hidden = train_hidden(t->run);
    size_t floats = t->batch->batch.n_tokens * t->model->config.d_model;
    if (!t->hidden_host) return hidden;
    compute_download(t->compute, t->hidden_host, hidden, floats * sizeof *hidden);
    return t->hidden_host;
}

void contrastive_accuracy(struct trainer *t, struct losses *l)
{
    const struct parameter *w = model_parameter(t->model, "heads.embed.weight");
    const struct micro_batch *b = t->batch;
    size_t C = t->model->config.d_model, n = b->n_pairs;
    if (!w) return;
    const float *hidden = host_hidden(t);
    float *means = t->means_host, *embedded = t->embedded_host;
    for (size_t i = 0; i < 2 * n; i++) {
        int32_t seq = i < n ? b->needs[i] : b->items[i - n];
        mean_rows(means + i * C, hidden, (size_t)b->offsets[seq], (size_t)b->offsets[seq + 1], C);
    }
    compute_upload(t->compute, t->means, means, 2 * n * C * sizeof *means);
    t->compute->ops->linear(t->compute, t->embedded, t->means, t->model->params + w->offset, NULL, 2 * n, C, C);
    compute_download(t->compute, embedded, t->embedded, 2 * n * C * sizeof *embedded);
    for (size_t i = 0; i < n; i++) {
        const float *need = embedded + i * C, *items = embedded + n * C;
        double own = cosine(need, items + i * C, C);
        bool nearest = true;
        for (size_t j = 0; nearest && j < n; j++)
            nearest = b->same[j] == b->same[i] || cosine(need, items + j * C, C) < own;
        l->right[LOSS_CONTRASTIVE] += nearest;
    }
    l->of[LOSS_CONTRASTIVE] += n;
}
