/* A step that ended in NaN or Inf, run again under observation. */
#include "train_int.h"

#include <math.h>
#include <string.h>

/* ---- looking at tensors ---- */

static void look(struct compute *c, const char *name, const float *x, size_t rows, size_t cols, struct replay_tensor *out)
{
    size_t n = rows * cols, finite = 0;
    double squares = 0;
    *out = (struct replay_tensor){.name = name, .rows = rows, .cols = cols, .least = NAN, .most = NAN, .rms = NAN};
    float *host = compute_mirror(c, (float *)(uintptr_t)x, n * sizeof *x);
    if (!host || !compute_read(c, host, x, rows, cols)) {   /* memory is short: shown as not known */
        compute_mirror_free(c, host, (float *)(uintptr_t)x);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double v = (double)host[i];
        if (isnan(v)) out->nans++;
        else if (isinf(v)) out->infs++;
        else {
            squares += v * v;
            finite++;
            if (!(v >= out->least)) out->least = v;   /* NaN: the first */
            if (!(v <= out->most)) out->most = v;
        }
    }
    if (finite) out->rms = sqrt(squares / (double)finite);
    out->bits = hash_bytes(host, n * sizeof *host, 1);
    compute_mirror_free(c, host, (float *)(uintptr_t)x);
}

/* A sum of squares in float32 overflows before the values do: then they are looked at one by one. */
static bool is_finite(struct compute *c, const float *x, size_t rows, size_t cols)
{
    struct replay_tensor t;
    if (isfinite(c->ops->sum_of_squares(c, x, rows * cols))) return true;
    look(c, "", x, rows, cols, &t);
    return t.nans + t.infs == 0;
}

const struct parameter *bad_parameter(struct compute *c, const struct model *m, const float *values)
{
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) {
        const struct parameter *p = &m->parameters[i];
        if (!is_finite(c, values + p->offset, p->rows, p->cols)) return p;
    }
    return NULL;
}

/* ---- the pass ---- */

/* All parts as they were, the last one watched. Stops where the run stopped. */
static status run_again(const struct step *s, struct replay *r, struct micro_batch *b, const struct train_watch *w, struct losses *l, double *squares)
{
    const struct replay_header *h = &r->header;
    *l = (struct losses){0};
    *squares = 0;
    model_clear_gradients(s->model, s->compute);
    for (uint64_t i = 0; i < h->n_parts && losses_finite(l) && isfinite(*squares); i++) {
        uint32_t part = 0;
        TRY(replay_next(r, b, &part));
        train_run_watch(s->run, i + 1 == h->n_parts ? w : NULL);
        status done = step_pass(s, b, part, l);
        train_run_watch(s->run, NULL);
        TRY(done);
        if (s->training && losses_finite(l)) TRY(step_squares(s, squares));
    }
    return OK;
}

/* ---- the first bad tensor ---- */

struct finder {
    struct compute *compute;
    char *name;
    size_t n;
    struct replay_tensor *found;   /* name NULL: none yet */
};

static void find(void *context, const char *name, const float *x, size_t rows, size_t cols)
{
    struct finder *f = context;
    if (f->found->name || is_finite(f->compute, x, rows, cols)) return;
    snprintf(f->name, f->n, "%s", name);
    look(f->compute, f->name, x, rows, cols, f->found);
}

status replay_find(const struct step *s, const char *path, struct micro_batch *b, char *name, size_t n, struct replay_tensor *found, bool *again)
{
    struct replay r;
    struct losses l;
    double squares;
    *found = (struct replay_tensor){0};
    *again = true;
    struct finder f = {s->compute, name, n, found};
    const struct parameter *p = bad_parameter(s->compute, s->model, s->model->params);
    if (p) {
        find(&f, p->name, s->model->params + p->offset, p->rows, p->cols);
        return OK;
    }
    TRY(replay_open(&r, path));
    status done = run_again(s, &r, b, &(struct train_watch){&f, find}, &l, &squares);
    replay_close(&r);
    *again = done != OK || found->name || !losses_finite(&l) || !isfinite(squares);
    return done;
}

/* ---- daogou replay ---- */

struct observer {
    struct compute *compute;
    const struct replay_listener *listener;
    struct replay_result *result;
};

static void observe(void *context, const char *name, const float *x, size_t rows, size_t cols)
{
    struct observer *o = context;
    struct replay_tensor t;
    look(o->compute, name, x, rows, cols, &t);
    if (t.nans + t.infs && !o->result->first[0]) snprintf(o->result->first, sizeof o->result->first, "%s", name);
    if (o->listener) o->listener->tensor(o->listener->context, &t);
}

static void observe_weights(struct observer *o, const struct model *m)
{
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) {
        const struct parameter *p = &m->parameters[i];
        observe(o, p->name, m->params + p->offset, p->rows, p->cols);
    }
}

struct scene { struct compute *compute; struct model *model; struct train_run *run; struct micro_batch batch; };

static status open_model(struct scene *s, const struct replay *r)
{
    const struct replay_header *h = &r->header;
    if (!h->lora.rank) TRY(model_new(&h->shape, h->seed, &s->model));
    else TRY(model_load_lora(h->init_from, &h->lora, h->seed, &s->model));
    FAIL_IF(h->lora.rank && s->model->fingerprint != h->fingerprint, ERR_USAGE, "%s: '%s' holds other weights than the run started from; restore them",
            r->path, h->init_from);
    FAIL_IF(s->model->n_floats != h->n_floats, ERR_FORMAT, "%s: it holds %llu weights, a model of its shape has %zu; it is damaged", r->path,
            (unsigned long long)h->n_floats, s->model->n_floats);
    memcpy(s->model->params, r->file.data + r->file.size - sizeof(uint64_t) - h->n_floats * sizeof(float), h->n_floats * sizeof(float));
    return OK;
}

/* As in the run, unless the options say otherwise. */
static status open_scene(struct scene *s, const struct replay *r, const struct train_options *o)
{
    const struct replay_header *h = &r->header;
    bool as_it_was = !o->device || strcmp(o->device, "auto") == 0;
    TRY(open_model(s, r));
    TRY(compute_new(&(struct compute_options){.device = as_it_was ? h->device : o->device, .threads = o->threads > 0 ? o->threads : (int)h->threads,
                                              .precision = (enum precision)h->precision}, &s->compute));
    TRY(micro_batch_init(&s->batch, h->max_tokens));
    return train_run_new(s->model, s->compute, h->max_tokens, s->batch.max_seqs, &s->run);
}

static void close_scene(struct scene *s)
{
    train_run_free(s->run);
    micro_batch_release(&s->batch);
    model_free(s->model);
    compute_free(s->compute);
}

/* NaN is NaN: which bits it has is the processor's affair. */
static bool same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static status run_scene(struct scene *s, struct replay *r, const struct replay_listener *listener, struct replay_result *out)
{
    const struct replay_header *h = &r->header;
    struct step step = {s->compute, s->model, s->run, h->loss_weights, h->seed, h->step, h->training != 0};
    struct observer o = {s->compute, listener, out};
    struct losses l;
    double squares;
    *out = (struct replay_result){.kind = (enum train_kind)h->kind, .step = h->step + h->training, .part = h->part + 1, .parts = h->accumulate,
                                  .rank = (int)h->rank, .ranks = (int)h->n_ranks, .validation = !h->training};
    observe_weights(&o, s->model);
    TRY(run_again(&step, r, &s->batch, &(struct train_watch){&o, observe}, &l, &squares));
    out->gradient_norm = sqrt(squares);
    out->same_bits = same_number(squares, h->squares);
    for (int k = 0; k < LOSS_KINDS; k++) {
        out->losses[k] = l.n[k] ? l.sum[k] / (double)l.n[k] : 0;
        out->has_loss[k] = l.n[k] > 0;
        out->same_bits = out->same_bits && same_number(l.sum[k], h->losses.sum[k]);
    }
    snprintf(out->what, sizeof out->what, "%s", h->what);
    snprintf(out->recorded_device, sizeof out->recorded_device, "%s", h->description);
    snprintf(out->device, sizeof out->device, "%s", s->compute->description);
    return OK;
}

status train_replay(const char *path, const struct train_options *o, struct replay_result *result, const struct replay_listener *listener)
{
    struct replay r;
    struct scene s = {0};
    *result = (struct replay_result){0};
    TRY(replay_open(&r, path));
    status done = open_scene(&s, &r, o);
    if (done == OK) done = run_scene(&s, &r, listener, result);
    close_scene(&s);
    replay_close(&r);
    return done;
}
