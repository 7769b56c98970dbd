#include "model_int.h"

#include <math.h>
#include <string.h>

/* The output matrix at some rows: the largest product of a step, and the largest array if it were kept whole. */

static bool valid(const struct train_run *r, const int32_t *rows, const int32_t *targets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i] < 0 || (size_t)rows[i] >= r->n_tokens) return false;
        if (targets[i] >= 0 && (uint32_t)targets[i] >= r->model->config.vocab_size) return false;
    }
    return true;
}

static size_t count_targets(const int32_t *targets, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += targets[i] >= 0;
    return count;
}

/* chunk_logits hold the gradient of M rows. */
static void backward_chunk(struct train_run *r, size_t M)
{
    const struct ops *ops = r->compute->ops;
    size_t C = r->model->config.d_model;
    const struct parameter *output = r->net.output;
    weight_backward(r, output, NULL, r->chunk_x, r->chunk_logits, M);
    watch_gradient(r, output);
    weight_backward_input(r, output, r->chunk_dx, r->chunk_logits, M);
    ops->embed_backward(r->compute, train_dhidden(r), NULL, r->chunk_dx, r->chunk_at, NULL, M, C, r->n_tokens, 0);   /* scatters rows */
}

static double chunk(struct train_run *r, const int32_t *rows, const int32_t *targets, size_t M, float scale, bool backward, size_t *correct)
{
    const struct ops *ops = r->compute->ops;
    size_t C = r->model->config.d_model, V = r->model->config.vocab_size;
    memcpy(host_ints(r, r->chunk_at), rows, M * sizeof *rows);
    memcpy(host_ints(r, r->chunk_targets), targets, M * sizeof *targets);
    push_ints(r, r->chunk_at, 2 * r->chunk_rows);   /* the targets lie behind the rows */
    ops->embed(r->compute, r->chunk_x, r->chunk_at, NULL, r->hidden, NULL, M, C);   /* gathers rows */
    weight_forward(r, r->net.output, NULL, r->chunk_logits, r->chunk_x, M);
    watch(r, NO_LAYER, "logits", r->chunk_logits, M, V);
    if (correct) *correct += ops->count_top(r->compute, r->chunk_logits, r->chunk_targets, M, V);
    ops->cross_entropy(r->compute, r->losses, r->chunk_logits, r->chunk_targets, M, V, scale, backward);
    if (backward) watch(r, NO_LAYER, "gradient of logits", r->chunk_logits, M, V);
    if (backward) backward_chunk(r, M);
    const float *losses = pull_floats(r, r->losses, M);
    double sum = 0;
    for (size_t i = 0; i < M; i++) sum += (double)losses[i];
    return sum;
}

double loss_vocabulary(struct train_run *r, const int32_t *rows, const int32_t *targets, size_t n, float weight, bool backward, size_t *correct)
{
    if (correct) *correct = 0;
    if (!valid(r, rows, targets, n)) return (double)NAN;
    size_t count = count_targets(targets, n);
    if (count == 0) return 0;
    double sum = 0;
    size_t chunks = (n + r->chunk_rows - 1) / r->chunk_rows, rows_each = (n + chunks - 1) / chunks;   /* no short one at the end */
    for (size_t at = 0; at < n; at += rows_each) {
        size_t M = n - at < rows_each ? n - at : rows_each;
        sum += chunk(r, rows + at, targets + at, M, weight / (float)count, backward, correct);
    }
    return sum / (double)count;
}
