#include "model_int.h"

#include <math.h>
#include <string.h>

/* NSP and match read one vector a sequence: pooled = tanh(W hidden[first position] + b), as in BERT. */

/* r->head_out (n,C) = pooled vectors of sequences seqs[0..n). */
static void pool(struct train_run *r, const int32_t *seqs, size_t n)
{
    const struct ops *ops = r->compute->ops;
    size_t C = r->model->config.d_model;
    for (size_t i = 0; i < n; i++) host_ints(r, r->rows)[i] = host_ints(r, r->offsets)[seqs[i]];
    push_ints(r, r->rows, n);
    ops->embed(r->compute, r->head_in, r->rows, NULL, r->hidden, NULL, n, C);
    ops->linear(r->compute, r->head_out, r->head_in, values_of(r->net.pooler.weight), values_of(r->net.pooler.bias), n, C, C);
    ops->tanh(r->compute, r->head_out, n * C);
    watch(r, NO_LAYER, "heads.pooled", r->head_out, n, C);
}

/* From r->dhead_logits (n,O) through the last layer `w` and the pooler to dhidden. */
static void pool_backward(struct train_run *r, const struct linear *w, size_t n)
{
    const struct ops *ops = r->compute->ops;
    const struct model *m = r->model;
    const struct linear *pooler = &r->net.pooler;
    size_t C = m->config.d_model, O = w->weight->rows;
    weight_backward(r, w->weight, w->bias, r->head_out, r->dhead_logits, n);
    ops->linear_backward_input(r->compute, r->dhead_out, r->dhead_logits, values_of(w->weight), n, C, O, false);
    ops->tanh_backward(r->compute, r->dhead_out, r->head_out, n * C);
    weight_backward(r, pooler->weight, pooler->bias, r->head_in, r->dhead_out, n);
    ops->linear_backward_input(r->compute, r->dhead_in, r->dhead_out, values_of(pooler->weight), n, C, C, false);
    ops->embed_backward(r->compute, train_dhidden(r), NULL, r->dhead_in, r->rows, NULL, n, C, r->n_tokens, 0);
    watch(r, NO_LAYER, "gradient of heads.logits", r->dhead_logits, n, O);
    watch(r, NO_LAYER, "gradient of heads.pooled, before tanh", r->dhead_out, n, C);
    const struct parameter *changed[] = {w->weight, w->bias, pooler->weight, pooler->bias};
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) watch_gradient(r, changed[i]);
}

static void apply_head(struct train_run *r, const struct linear *w, size_t n)
{
    r->compute->ops->linear(r->compute, r->head_logits, r->head_out, values_of(w->weight), values_of(w->bias), n, r->model->config.d_model,
                            w->weight->rows);
    watch(r, NO_LAYER, w == &r->net.nsp ? "heads.nsp" : "heads.match", r->head_logits, n, w->weight->rows);
    pull_floats(r, r->head_logits, n * w->weight->rows);
}

double loss_nsp(struct train_run *r, const int32_t *labels, float weight, bool backward, size_t *correct)
{
    if (correct) *correct = 0;
    if (!r->model->config.heads || !r->n_seqs) return (double)NAN;
    int32_t *kept = host_ints(r, r->labels), *rows = host_ints(r, r->rows);
    size_t n = 0;
    for (size_t s = 0; s < r->n_seqs; s++) {
        if (labels[s] < 0) continue;
        if (labels[s] > 1) return (double)NAN;
        kept[n] = labels[s];
        rows[n++] = (int32_t)s;
    }
    if (n == 0) return 0;
    push_ints(r, r->labels, n);
    pool(r, rows, n);
    apply_head(r, &r->net.nsp, n);
    const float *logits = host_floats(r, r->head_logits), *losses;
    for (size_t i = 0; i < n && correct; i++)
        *correct += (logits[2 * i + 1] > logits[2 * i]) == (kept[i] == 1);
    compute_copy(r->compute, r->dhead_logits, r->head_logits, 2 * n * sizeof *r->head_logits);
    r->compute->ops->cross_entropy(r->compute, r->losses, r->dhead_logits, r->labels, n, 2, weight / (float)n, backward);
    if (backward) pool_backward(r, &r->net.nsp, n);
    losses = pull_floats(r, r->losses, n);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)losses[i];
    return sum / (double)n;
}

/* ---- match ---- */

/* -log softmax(scores) against gains / sum, with its gradient. */
static double listwise(const float *scores, float *dscores, const float *gains, size_t n, float weight)
{
    double top = (double)scores[0], sum = 0, total = 0, loss = 0;
    for (size_t i = 1; i < n; i++) top = fmax(top, (double)scores[i]);
    for (size_t i = 0; i < n; i++) {
        sum += exp((double)scores[i] - top);
        total += (double)gains[i];
    }
    for (size_t i = 0; i < n; i++) {
        double log_p = (double)scores[i] - top - log(sum), q = (double)gains[i] / total;
        loss -= q * log_p;
        dscores[i] = weight * (float)(exp(log_p) - q);
    }
    return loss;
}

/* label above 0 counts as that probability, so that both hard and soft labels fit. */
static double binary(const float *scores, float *dscores, const float *labels, size_t n, float weight, bool hard)
{
    double loss = 0;
    for (size_t i = 0; i < n; i++) {
        double s = (double)scores[i], y = hard ? (double)(labels[i] > 0) : (double)labels[i];
        loss += fmax(s, 0) - s * y + log1p(exp(-fabs(s)));
        dscores[i] = weight / (float)n * (float)(1 / (1 + exp(-s)) - y);
    }
    return loss / (double)n;
}

static bool score(struct train_run *r, const int32_t *seqs, size_t n)
{
    if (!r->model->config.heads || !train_valid_seqs(r, seqs, n)) return false;
    pool(r, seqs, n);
    apply_head(r, &r->net.match, n);
    return true;
}

double loss_match(struct train_run *r, const int32_t *seqs, const float *gains, size_t n, float weight, bool backward, float *scores)
{
    if (n == 0) return 0;
    if (!score(r, seqs, n)) return (double)NAN;
    bool any = false;
    for (size_t i = 0; i < n; i++) any = any || gains[i] > 0;
    float *logits = host_floats(r, r->head_logits), *dlogits = host_floats(r, r->dhead_logits);
    double loss = any && n > 1 ? listwise(logits, dlogits, gains, n, weight) : binary(logits, dlogits, gains, n, weight, true);
    push_floats(r, r->dhead_logits, n);
    if (backward) pool_backward(r, &r->net.match, n);
    if (scores) memcpy(scores, logits, n * sizeof *scores);
    return loss;
}

double loss_match_binary(struct train_run *r, const int32_t *seqs, const float *labels, size_t n, float weight, bool backward)
{
    if (n == 0) return 0;
    if (!score(r, seqs, n)) return (double)NAN;
    double loss = binary(host_floats(r, r->head_logits), host_floats(r, r->dhead_logits), labels, n, weight, false);
    push_floats(r, r->dhead_logits, n);
    if (backward) pool_backward(r, &r->net.match, n);
    return loss;
}
