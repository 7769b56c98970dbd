/* The classifier head: the mean of a sequence's hidden states, one linear layer, a softmax over the outputs of one label set. */
#include "model_int.h"

#include <math.h>

/* r->head_in (n,C) = means of sequences seqs[0..n) */
static void pool(struct train_run *r, const int32_t *seqs, size_t n)
{
    int32_t *ranges = host_ints(r, r->ranges);
    for (size_t i = 0; i < n; i++) {
        ranges[2 * i] = host_ints(r, r->offsets)[seqs[i]];
        ranges[2 * i + 1] = host_ints(r, r->offsets)[seqs[i] + 1];
    }
    push_ints(r, r->ranges, 2 * n);
    r->compute->ops->pool_mean(r->compute, r->head_in, r->hidden, r->ranges, n, r->model->config.d_model);
}

static void pool_backward(struct train_run *r, size_t n)
{
    const struct ops *ops = r->compute->ops;
    const struct model *m = r->model;
    const struct linear *w = &r->net.classify;
    size_t C = m->config.d_model, K = w->weight->rows;
    weight_backward(r, w->weight, w->bias, r->head_in, r->dhead_logits, n);
    ops->linear_backward_input(r->compute, r->dhead_in, r->dhead_logits, values_of(w->weight), n, C, K, false);
    ops->pool_mean_backward(r->compute, train_dhidden(r), r->dhead_in, r->ranges, n, r->n_tokens, C);
}

/* One row: its loss; dlogits (K) its gradient times weight, 0 outside of the set. */
static double row_loss(const float *logits, float *dlogits, size_t K, struct class_target t, float noise, float weight, bool *top)
{
    double highest = -INFINITY, sum = 0;
    for (size_t k = 0; k < K; k++) dlogits[k] = 0;
    for (int32_t k = t.first; k < t.first + t.n; k++) highest = fmax(highest, (double)logits[k]);
    for (int32_t k = t.first; k < t.first + t.n; k++) sum += exp((double)logits[k] - highest);
    double clean = (1 - (double)noise) * exp((double)logits[t.label] - highest) / sum, seen = clean + (double)noise / t.n;
    float right = weight * (float)(clean / fmax(seen, 1e-30));
    for (int32_t k = t.first; k < t.first + t.n; k++)
        dlogits[k] = right * (float)(exp((double)logits[k] - highest) / sum - (k == t.label));
    *top = !((double)logits[t.label] < highest);
    return -log(fmax(seen, 1e-30));
}

static bool valid(const struct train_run *r, const int32_t *seqs, const struct class_target *t, size_t n)
{
    if (!r->net.classify.weight || !train_valid_seqs(r, seqs, n) || n > 2 * r->max_pairs) return false;
    for (size_t i = 0; i < n; i++)
        if (t[i].first < 0 || t[i].n < 1 || (int64_t)t[i].first + t[i].n > (int64_t)r->model->config.classes || t[i].label < t[i].first ||
            t[i].label >= t[i].first + t[i].n)
            return false;
    return true;
}

double loss_classify(struct train_run *r, const int32_t *seqs, const struct class_target *targets, size_t n, float noise, float weight, bool backward,
                     size_t *correct)
{
    if (correct) *correct = 0;
    if (n == 0) return 0;
    if (!valid(r, seqs, targets, n)) return (double)NAN;
    const struct linear *w = &r->net.classify;
    size_t K = w->weight->rows;
    pool(r, seqs, n);
    r->compute->ops->linear(r->compute, r->head_logits, r->head_in, values_of(w->weight), values_of(w->bias), n, r->model->config.d_model, K);
    const float *logits = pull_floats(r, r->head_logits, n * K);
    float *dlogits = host_floats(r, r->dhead_logits);
    double loss = 0;
    for (size_t i = 0; i < n; i++) {
        bool top;
        loss += row_loss(logits + i * K, dlogits + i * K, K, targets[i], noise, weight / (float)n, &top);
        if (correct) *correct += top;
    }
    push_floats(r, r->dhead_logits, n * K);
    if (backward) pool_backward(r, n);
    return loss / (double)n;
}
