/* NaN and Inf: a run stops before it writes over anything good, names the tensor, and keeps the step for a replay. */
#include "train_int.h"

#include <math.h>
#include <string.h>

enum { WHAT_MAX = 128, PATH_MAX_HERE = STATUS_MESSAGE_MAX / 3 };

struct step step_of(const struct trainer *t, bool training)
{
    return (struct step){t->compute, t->model, t->run, t->config->loss_weights, t->config->seed, t->state.step, training};
}

/* What is known without a second pass. */
static void seen_first(struct trainer *t, const struct losses *l, char what[WHAT_MAX])
{
    for (int k = 0; k < LOSS_KINDS; k++)
        if (!isfinite(l->sum[k])) {
            snprintf(what, WHAT_MAX, "the %s loss", loss_name((enum loss_kind)k));
            return;
        }
    const struct parameter *p = bad_parameter(t->compute, t->model, t->model->grads), *large = t->model->parameters + t->model->n_frozen;
    if (p) {
        snprintf(what, WHAT_MAX, "gradient of %s", p->name);
        return;
    }
    for (p = large; p < t->model->parameters + t->model->n_parameters; p++)   /* finite, but too large to be squared in float32 */
        if (!isfinite(t->compute->ops->sum_of_squares(t->compute, t->model->grads + p->offset, (size_t)p->rows * p->cols))) large = p;
    snprintf(what, WHAT_MAX, "the norm of the gradient of %s", large->name);
}

static void fill_header(const struct trainer *t, struct replay_header *h)
{
    const struct train_config *c = t->config;
    h->shape = t->model->config;
    h->lora = c->lora;
    h->fingerprint = t->model->fingerprint;
    h->n_floats = t->model->n_floats;
    h->step = t->state.step;
    h->seed = c->seed;
    h->kind = (uint32_t)c->kind;
    h->accumulate = c->accumulate;
    h->rank = (uint32_t)t->ranks.rank;
    h->n_ranks = (uint32_t)t->ranks.size;
    h->threads = (uint32_t)t->compute->threads;
    h->precision = (uint32_t)t->compute->precision;
    h->max_tokens = (uint32_t)t->batch->max_tokens;
    h->learning_rate = learning_rate_at(c, t->state.step);
    memcpy(h->loss_weights, c->loss_weights, sizeof h->loss_weights);
    snprintf(h->device, sizeof h->device, "%s", t->compute->device);
    snprintf(h->description, sizeof h->description, "%.*s", (int)strcspn(t->compute->description, "("), t->compute->description);   /* not why "auto" found no GPU */
    size_t end = strlen(h->description);
    if (end && h->description[end - 1] == ' ') h->description[end - 1] = 0;
    snprintf(h->init_from, sizeof h->init_from, "%s", c->init_from ? c->init_from : "");
}

/* The batches are drawn once more: so no step pays for keeping them. */
static status write_file(struct trainer *t, struct replay_header *h, const char *path)
{
    struct replay_writer w;
    struct sampler s = h->sampler;
    bool training = h->training != 0;
    TRY(replay_write_begin(&w, h, path));
    for (uint32_t i = 0; i <= h->part; i++) {
        t->source.fill(t->source.context, &s, t->batch);
        if (!training ? i == h->part : (int)i % t->ranks.size == t->ranks.rank) replay_write_part(&w, t->batch, i);
    }
    model_pull(t->model);
    return replay_write_end(&w, model_host_params(t->model), t->model->n_floats);
}

static status save(struct trainer *t, bool training, uint32_t part, const struct losses *l, double squares, const char *what, const char *path)
{
    struct replay_header *h = mem_zalloc(1, sizeof *h);
    if (!h) return fail_nomem("keeping a step for a replay");
    fill_header(t, h);
    h->training = training;
    h->part = part;
    h->n_parts = training ? part / (uint32_t)t->ranks.size + 1 : 1;
    h->losses = *l;
    h->squares = squares;
    if (training) h->sampler = t->step_start;
    else sampler_init(&h->sampler, t->config->seed, SPLIT_VALIDATION);
    snprintf(h->what, sizeof h->what, "%s", what);
    status s = write_file(t, h, path);
    mem_free(h);
    return s;
}

static void name_file(const struct trainer *t, bool training, unsigned long long step, char *path, size_t n)
{
    char rank[32] = "";
    if (t->ranks.size > 1) snprintf(rank, sizeof rank, "-rank-%d", t->ranks.rank);
    snprintf(path, n, "%s/not-finite-%sstep-%llu%s.replay", t->config->output, training ? "" : "validation-", step, rank);
}

static void name_checkpoint(const struct trainer *t, char *out, size_t n)
{
    if (t->kept_step) snprintf(out, n, "the checkpoint of step %llu is as it was", (unsigned long long)t->kept_step);
    else snprintf(out, n, "no checkpoint was written yet");
}

static const char advice[] = "lower learning_rate or loss_weights and start in a new output from the last good model (init_from)";

status not_finite(struct trainer *t, bool training, uint32_t part, const struct losses *l, double squares)
{
    char what[WHAT_MAX], first[WHAT_MAX], path[PATH_MAX_HERE], counts[96] = "", kept[80];
    struct replay_tensor found = {0};
    unsigned long long step = t->state.step + training;
    seen_first(t, l, what);
    name_file(t, training, step, path, sizeof path);
    name_checkpoint(t, kept, sizeof kept);
    if (save(t, training, part, l, squares, what, path) != OK) {
        char why[STATUS_MESSAGE_MAX / 3];
        snprintf(why, sizeof why, "%s", status_message());
        return fail(ERR_INTERNAL, "%s is not finite at step %llu, and the step could not be kept (%s); %s; %s", what, step, why, kept, advice);
    }
    struct step once_more = step_of(t, training);
    bool again;
    snprintf(first, sizeof first, "%s", what);
    if (replay_find(&once_more, path, t->batch, first, sizeof first, &found, &again) == OK && found.name)
        snprintf(counts, sizeof counts, " (%zu NaN, %zu Inf of %zu)", found.nans, found.infs, found.rows * found.cols);
    FAIL_IF(!again, ERR_INTERNAL, "%s was not finite at step %llu, but is when the same step is computed once more: suspect the memory or the processor; the step is kept in %s; %s",
            what, step, path, kept);
    return fail(ERR_INTERNAL, "%s is not finite%s at step %llu%s; the step is kept, see where it begins with: daogou replay %s; %s; %s", first, counts, step,
                training ? "" : "'s validation", path, kept, advice);
}

status not_finite_sum(struct trainer *t)
{
    const struct parameter *p = bad_parameter(t->compute, t->model, t->model->grads);
    char kept[80];
    name_checkpoint(t, kept, sizeof kept);
    return fail(ERR_INTERNAL, "the sum over %d ranks of the gradient of %s is not finite at step %llu, though each rank's own is; %s; %s", t->ranks.size,
                p ? p->name : "all weights", (unsigned long long)t->state.step + 1, kept, advice);
}

status check_state(struct trainer *t)
{
    const struct { const char *name; const float *values; } parts[] = {{"", t->model->params}, {"the mean gradient of ", t->m}, {"the mean squared gradient of ", t->v}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (isfinite(t->compute->ops->sum_of_squares(t->compute, parts[i].values, t->model->n_floats))) continue;
        TRY(compute_check(t->compute));
        const struct parameter *p = bad_parameter(t->compute, t->model, parts[i].values);
        if (!p) continue;   /* only the sum overflowed */
        char kept[80];
        name_checkpoint(t, kept, sizeof kept);
        return fail(ERR_INTERNAL, "%s%s is not finite after step %llu, so that nothing was written; %s; %s", parts[i].name, p->name,
                    (unsigned long long)t->state.step, kept, advice);
    }
    return OK;
}
