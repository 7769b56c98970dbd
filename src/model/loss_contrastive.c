#include "model_int.h"

#include <math.h>
#include <string.h>

/* InfoNCE over the pairs of one batch. Rows 0..n-1 of every array are the needs, rows n..2n-1 their items. */

static const double temperature = 0.05;

/* head_in (2n,C) = mean of hidden over each sequence; head_out = its projection. */
static void project(struct train_run *r, const int32_t *needs, const int32_t *items, size_t n)
{
    const struct ops *ops = r->compute->ops;
    size_t C = r->model->config.d_model;
    const int32_t *offsets = host_ints(r, r->offsets);
    int32_t *ranges = host_ints(r, r->ranges);
    for (size_t i = 0; i < 2 * n; i++) {
        int32_t s = i < n ? needs[i] : items[i - n];
        ranges[2 * i] = offsets[s];
        ranges[2 * i + 1] = offsets[s + 1];
    }
    push_ints(r, r->ranges, 4 * n);
    ops->pool_mean(r->compute, r->head_in, r->hidden, r->ranges, 2 * n, C);
    ops->linear(r->compute, r->head_out, r->head_in, values_of(r->net.embed.weight), NULL, 2 * n, C, C);
    watch(r, NO_LAYER, "heads.embed", r->head_out, 2 * n, C);
    pull_floats(r, r->head_out, 2 * n * C);
}

/* dhead_out is complete: through the projection and the mean to dhidden. */
static void project_backward(struct train_run *r, size_t n)
{
    const struct ops *ops = r->compute->ops;
    const struct parameter *w = r->net.embed.weight;
    size_t C = r->model->config.d_model;
    float *dhidden = train_dhidden(r);
    push_floats(r, r->dhead_out, 2 * n * C);
    watch(r, NO_LAYER, "gradient of heads.embed", r->dhead_out, 2 * n, C);
    weight_backward(r, w, NULL, r->head_in, r->dhead_out, 2 * n);
    watch_gradient(r, w);
    ops->linear_backward_input(r->compute, r->dhead_in, r->dhead_out, values_of(w), 2 * n, C, C, false);
    ops->pool_mean_backward(r->compute, dhidden, r->dhead_in, r->ranges, 2 * n, r->n_tokens, C);
}

static float cut_length(const float *x, size_t dim)
{
    double squares = 0;
    for (size_t k = 0; k < dim; k++) squares += (double)x[k] * (double)x[k];
    return fmaxf((float)sqrt(squares), 1e-12f);
}

/* unit (2n,dim): the projections cut to their first dim elements, unit length. */
static void cut_units(struct train_run *r, size_t n, size_t dim)
{
    size_t C = r->model->config.d_model;
    for (size_t i = 0; i < 2 * n; i++) {
        const float *x = host_floats(r, r->head_out) + i * C;
        float scale = 1.0f / cut_length(x, dim), *unit = host_floats(r, r->unit) + i * dim;
        for (size_t k = 0; k < dim; k++) unit[k] = scale * x[k];
    }
    push_floats(r, r->unit, 2 * n * dim);
}

/* d(x/|x|): (du - u (u.du)) / |x|, added to dhead_out. */
static void cut_units_backward(struct train_run *r, size_t n, size_t dim)
{
    size_t C = r->model->config.d_model;
    pull_floats(r, r->dunit, 2 * n * dim);
    for (size_t i = 0; i < 2 * n; i++) {
        const float *u = host_floats(r, r->unit) + i * dim, *du = host_floats(r, r->dunit) + i * dim;
        float *dx = host_floats(r, r->dhead_out) + i * C;
        float scale = 1.0f / cut_length(host_floats(r, r->head_out) + i * C, dim), along = 0;
        for (size_t k = 0; k < dim; k++) along += u[k] * du[k];
        for (size_t k = 0; k < dim; k++) dx[k] += scale * (du[k] - u[k] * along);
    }
}

/* Cross-entropy of row i of sims towards its column i; with the strides exchanged, of columns towards rows. */
static double one_direction(struct train_run *r, const int32_t *group, size_t n, size_t row, size_t column, double scale)
{
    double loss = 0;
    for (size_t i = 0; i < n; i++) {
        const float *s = host_floats(r, r->sims) + i * row;
        float *ds = host_floats(r, r->dsims) + i * row;
        double top = (double)s[i * column], sum = 0;
#define IS_RIVAL(j) (!group || (j) == i || group[i] != group[j])
        for (size_t j = 0; j < n; j++)
            if (IS_RIVAL(j)) top = fmax(top, (double)s[j * column]);
        for (size_t j = 0; j < n; j++)
            if (IS_RIVAL(j)) sum += exp(((double)s[j * column] - top) / temperature);
        for (size_t j = 0; j < n; j++)
            if (IS_RIVAL(j))
                ds[j * column] += (float)(scale * (exp(((double)s[j * column] - top) / temperature) / sum - (j == i)) / temperature);
#undef IS_RIVAL
        loss += log(sum) - ((double)s[i * column] - top) / temperature;
    }
    return loss / (double)n;
}

/* One cut of the embeddings: loss, and dhead_out += its gradient. */
static double one_cut(struct train_run *r, const int32_t *group, size_t n, size_t dim, double weight, bool backward)
{
    const struct ops *ops = r->compute->ops;
    float *needs = r->unit, *items = r->unit + n * dim, *dneeds = r->dunit, *ditems = r->dunit + n * dim;
    cut_units(r, n, dim);
    ops->linear(r->compute, r->sims, needs, items, NULL, n, dim, n);
    pull_floats(r, r->sims, n * n);
    memset(host_floats(r, r->dsims), 0, n * n * sizeof *r->dsims);
    double scale = weight / (2 * (double)n);
    double loss = (one_direction(r, group, n, n, 1, scale) + one_direction(r, group, n, 1, n, scale)) / 2;
    if (!backward) return loss;
    push_floats(r, r->dsims, n * n);
    ops->linear_backward_input(r->compute, dneeds, r->dsims, items, n, dim, n, false);
    ops->linear_backward_weight(r->compute, ditems, NULL, needs, r->dsims, n, dim, n, false);
    cut_units_backward(r, n, dim);
    return loss;
}

double loss_contrastive(struct train_run *r, const int32_t *needs, const int32_t *items, const int32_t *same_group, size_t n, float weight, bool backward)
{
    if (n == 0) return 0;
    if (!r->model->config.heads || n > r->max_pairs || !train_valid_seqs(r, needs, n) || !train_valid_seqs(r, items, n)) return (double)NAN;
    size_t C = r->model->config.d_model, n_cuts = 0;
    size_t cuts[3] = {C, 128, 64}, used[3];
    for (size_t i = 0; i < 3; i++)
        if (i == 0 || cuts[i] < C) used[n_cuts++] = cuts[i];
    project(r, needs, items, n);
    if (backward) memset(host_floats(r, r->dhead_out), 0, 2 * n * C * sizeof *r->dhead_out);
    double loss = 0;
    for (size_t i = 0; i < n_cuts; i++) loss += one_cut(r, same_group, n, used[i], (double)weight / (double)n_cuts, backward);
    if (backward) project_backward(r, n);
    return loss / (double)n_cuts;
}
