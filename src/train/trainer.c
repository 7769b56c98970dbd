/* The run: open, step, evaluate, checkpoint, finish. */
#include "train_int.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

/* ---- opening ---- */

static bool leads(const struct trainer *t)
{
    return t->ranks.rank == 0;
}

static status open_ranks(struct trainer *t)
{
    TRY(ranks_join(&t->ranks));
    if (!leads(t)) t->progress = NULL;
    FAIL_IF(t->config->accumulate % (uint32_t)t->ranks.size, ERR_USAGE, "accumulate is %u, which %d ranks cannot share evenly; make it a multiple",
            t->config->accumulate, t->ranks.size);
    return OK;
}

static status open_paths(struct trainer *t, const struct train_options *o)
{
    const char *out = t->config->output;
    arena_init(&t->paths, 0);
    TRY(file_make_directory(out));
    t->checkpoint_path = arena_printf(&t->paths, "%s/checkpoint.bin", out);
    t->log_path = arena_printf(&t->paths, "%s/train.jsonl", out);
    t->svg_path = arena_printf(&t->paths, "%s/loss.svg", out);
    t->record_path = arena_printf(&t->paths, "%s/training.json", out);
    t->tokenizer_path = arena_printf(&t->paths, "%s/tokenizer.json", out);
    t->labels_path = arena_printf(&t->paths, "%s/labels.json", out);
    if (!t->checkpoint_path || !t->log_path || !t->svg_path || !t->record_path || !t->tokenizer_path || !t->labels_path) return fail_nomem("starting a run");
    bool there = file_exists(t->checkpoint_path);
    FAIL_IF(there && !o->resume, ERR_USAGE, "'%s' holds a checkpoint of an earlier run; continue it with --resume, or choose another output", out);
    FAIL_IF(!there && o->resume, ERR_NOT_FOUND, "'%s' holds no checkpoint to resume from; start without --resume", out);
    if (!leads(t)) return OK;
    TRY(log_open(t));
    checkpoint_sweep(out);
    return OK;
}

static status open_tokenizer(struct trainer *t)
{
    TRY(file_read(t->config->tokenizer, 256u << 20, &t->tokenizer_json, &t->tokenizer_bytes));
    TRY(tokenizer_load(t->config->tokenizer, &t->tokenizer));
    FAIL_IF(tokenizer_size(t->tokenizer) <= SPECIAL_TOKENS, ERR_FORMAT, "%s: the vocabulary has only special tokens; train a tokenizer", t->config->tokenizer);
    if (tokenizer_is_own(t->tokenizer)) return OK;
    FAIL_IF(t->config->kind == TRAIN_PRETRAIN, ERR_FORMAT, "%s: it is another program's and has no token for what is masked; train a tokenizer, or fine-tune",
            t->config->tokenizer);
    FAIL_IF(tokenizer_end(t->tokenizer) < 0, ERR_FORMAT, "%s: it does not say which token ends a text; import the model again", t->config->tokenizer);
    return OK;
}

/* Another program's vocabulary may be padded to a round size. */
static status check_vocabulary(const struct trainer *t)
{
    size_t vocab = tokenizer_size(t->tokenizer), has = t->model->config.vocab_size;
    bool fits = vocab == has || (vocab < has && !tokenizer_is_own(t->tokenizer));
    FAIL_IF(!fits, ERR_FORMAT, "%s: the model has %zu vocabulary entries, the tokenizer %s has %zu; use the model's own tokenizer", t->config->init_from, has,
            t->config->tokenizer, vocab);
    return OK;
}

static status open_labels(struct trainer *t, uint32_t *classes)
{
    struct labels l;
    *classes = 0;
    if (!t->config->labels) return OK;
    status s = labels_read(&l, t->config->labels);
    *classes = l.n;
    labels_release(&l);
    return s == OK ? file_read(t->config->labels, 1 << 20, &t->labels_json, &t->labels_bytes) : s;
}

static status open_model(struct trainer *t)
{
    const struct train_config *c = t->config;
    uint32_t classes;
    TRY(open_labels(t, &classes));
    if (c->init_from) {
        struct lora lora = c->lora;
        lora.classes = classes;
        TRY(c->lora.rank ? model_load_lora(c->init_from, &lora, c->seed, &t->model) : model_load(c->init_from, true, &t->model));
        TRY(check_vocabulary(t));
        if (!t->model->config.heads) TRY(model_add_heads(&t->model, c->seed));
        if (classes && !c->lora.rank) TRY(model_add_classes(&t->model, classes, c->seed));
    } else {
        struct model_config shape = c->model;
        shape.vocab_size = (uint32_t)tokenizer_size(t->tokenizer);
        shape.heads = true;
        shape.classes = classes;
        TRY(model_config_check(&shape));
        TRY(model_new(&shape, c->seed, &t->model));
    }
    if (c->overlap && !t->model->config.overlap) TRY(model_add_overlap(&t->model));
    if (c->dropout >= 0) t->model->config.dropout = (float)c->dropout;
    const char *key;
    uint32_t longest = longest_sequence(c, &key);
    FAIL_IF(longest > t->model->config.max_positions, ERR_USAGE, "%s is %u, more than the model's max_positions (%u); lower it", key, longest,
            t->model->config.max_positions);
    return OK;
}

static status open_compute(struct trainer *t, const struct train_options *o)
{
    struct compute_options how = {.device = o->device, .index = t->ranks.local, .threads = o->threads > 0 ? o->threads : (int)t->config->threads, .precision = t->config->precision};
    TRY(compute_new(&how, &t->compute));
    size_t bytes = t->model->n_floats * sizeof(float);
    t->m = compute_alloc(t->compute, bytes);
    t->v = compute_alloc(t->compute, bytes);
    t->m_host = compute_mirror(t->compute, t->m, bytes);
    t->v_host = compute_mirror(t->compute, t->v, bytes);
    if (!t->m_host || !t->v_host) return fail_nomem("allocating the optimiser's moments");
    if (t->config->kind == TRAIN_FINETUNE) {
        size_t embeddings = 2 * (size_t)t->config->contrastive_pairs * t->model->config.d_model * sizeof(float);
        t->means = compute_alloc(t->compute, embeddings);
        t->embedded = compute_alloc(t->compute, embeddings);
        t->means_host = compute_mirror(t->compute, t->means, embeddings);
        t->embedded_host = compute_mirror(t->compute, t->embedded, embeddings);
        bool apart = t->means_host != t->means;
        if (apart) t->hidden_host = mem_aligned((size_t)t->config->batch_tokens * t->model->config.d_model * sizeof(float));
        if (!t->means_host || !t->embedded_host || (apart && !t->hidden_host)) return fail_nomem("allocating embeddings");
    }
    for (int i = 0; i < 2; i++) TRY(micro_batch_init(&t->batches[i], t->config->batch_tokens));
    t->batch = &t->batches[0];
    return train_run_new(t->model, t->compute, t->config->batch_tokens, t->batch->max_seqs, &t->run);
}

static struct checkpoint checkpoint_of(struct trainer *t)
{
    return (struct checkpoint){
        .state = &t->state, .config = strbuf_str(&t->canonical), .data = t->source.fingerprint,
        .tokenizer = hash_bytes(t->tokenizer_json, t->tokenizer_bytes, 1),
        .params = model_host_params(t->model), .m = t->m_host, .v = t->v_host, .n_floats = t->model->n_floats,
    };
}

static status open_state(struct trainer *t, const struct train_options *o)
{
    TRY(config_canonical(t->config, &t->canonical));
    if (t->config->lora.rank) {   /* the base is not in the checkpoint */
        strbuf_printf(&t->canonical, "init_from's weights=%016llx\n", (unsigned long long)t->model->fingerprint);
        TRY(strbuf_status(&t->canonical));
    }
    t->state.best = INFINITY;
    sampler_init(&t->state.sampler, t->config->seed, SPLIT_TRAIN);
    if (o->resume) {
        struct checkpoint c = checkpoint_of(t);
        size_t bytes = t->model->n_floats * sizeof(float);
        TRY(checkpoint_load(&c, t->checkpoint_path));
        model_push(t->model);
        compute_upload(t->compute, t->m, t->m_host, bytes);
        compute_upload(t->compute, t->v, t->v_host, bytes);
        t->kept_step = t->state.step;
    }
    t->ahead = t->state.sampler;
    return leads(t) ? log_cut(t) : OK;
}

/* What every rank opens by itself. */
static status open_own(struct trainer *t, const struct train_options *o)
{
    TRY(open_tokenizer(t));
    TRY(open_model(t));
    uint64_t tokenizer_hash = hash_bytes(t->tokenizer_json, t->tokenizer_bytes, 1);
    if (t->config->kind == TRAIN_PRETRAIN) TRY(pretrain_source_open(&t->source, t->config, t->tokenizer, tokenizer_hash, t->progress));
    else TRY(finetune_source_open(&t->source, t->config, t->tokenizer, t->progress));
    return open_compute(t, o);
}

/* Gradients on GPUs are summed there: rank 0 makes an id, MPI carries it to all, and all join. */
static status open_group(struct trainer *t)
{
    struct { char device[16], id[COMPUTE_GROUP_ID]; } of_first = {0};
    if (t->ranks.size == 1) return OK;
    const char *mine = t->compute->device;
    bool cpu = strcmp(mine, "cpu") == 0;
    snprintf(of_first.device, sizeof of_first.device, "%s", mine);
    TRY(ranks_agree(&t->ranks, leads(t) && !cpu ? compute_group_id(t->compute, of_first.id) : OK));
    ranks_share(&t->ranks, &of_first, sizeof of_first);
    bool same = strcmp(of_first.device, mine) == 0;
    TRY(ranks_agree(&t->ranks, same ? OK : fail(ERR_USAGE, "rank %d computes on %s, rank 0 on %s; name one for all with --device", t->ranks.rank, mine, of_first.device)));
    t->grouped = !cpu;
    return cpu ? OK : ranks_agree(&t->ranks, compute_group_join(t->compute, of_first.id, t->ranks.rank, t->ranks.size));
}

/* No rank waits for one that could not open something. */
static status trainer_open(struct trainer *t, const struct train_config *c, const struct train_options *o, const struct progress *progress)
{
    *t = (struct trainer){.config = c, .progress = progress, .ranks = {.size = 1}};
    TRY(open_ranks(t));
    TRY(ranks_agree(&t->ranks, open_paths(t, o)));
    TRY(ranks_agree(&t->ranks, open_own(t, o)));
    TRY(open_group(t));
    return ranks_agree(&t->ranks, open_state(t, o));
}

static void trainer_close(struct trainer *t)
{
    if (t->log) fclose(t->log);
    train_run_free(t->run);
    for (int i = 0; i < 2; i++) micro_batch_release(&t->batches[i]);
    model_free(t->model);   /* its weights may lie on the device */
    if (t->compute) {
        float *device[] = {t->m, t->v, t->means, t->embedded}, *host[] = {t->m_host, t->v_host, t->means_host, t->embedded_host};
        for (size_t i = 0; i < sizeof device / sizeof *device; i++) {
            compute_mirror_free(t->compute, host[i], device[i]);
            compute_dealloc(t->compute, device[i]);
        }
        compute_free(t->compute);
    }
    mem_free(t->hidden_host);
    if (t->source.close) t->source.close(t->source.context);
    tokenizer_free(t->tokenizer);
    mem_free(t->tokenizer_json);
    mem_free(t->labels_json);
    strbuf_release(&t->canonical);
    arena_release(&t->paths);
}

/* ---- one step ---- */

/* Drawing runs a batch ahead, in the same order as ever, so that a GPU does not wait for it. */
static void draw_ahead(struct trainer *t)
{
    t->source.fill(t->source.context, &t->ahead, t->batch == &t->batches[0] ? &t->batches[1] : &t->batches[0]);
    t->drawn = true;
}

static void next_batch(struct trainer *t)
{
    if (!t->drawn) draw_ahead(t);
    t->batch = t->batch == &t->batches[0] ? &t->batches[1] : &t->batches[0];
    t->drawn = false;
    t->state.sampler = t->ahead;   /* a checkpoint knows only of what was used */
    t->state.tokens += t->batch->batch.n_tokens;
    t->state.window_tokens += t->batch->batch.n_tokens;
}

/* One forward and backward; gradients add up. Every rank draws every batch, so that all samplers stay as one run's, and computes its
 * own. */
static status accumulate(struct trainer *t, uint32_t part, struct losses *l, double *squares)
{
    struct step s = step_of(t, true);
    next_batch(t);
    if ((int)part % t->ranks.size != t->ranks.rank) return OK;
    TRY(step_pass(&s, t->batch, part, l));
    if (!losses_finite(l)) return not_finite(t, true, part, l, *squares);
    draw_ahead(t);   /* while the GPU is on the way back */
    TRY(step_squares(&s, squares));
    return isfinite(*squares) ? OK : not_finite(t, true, part, l, *squares);
}

static void add_losses(struct losses *to, const struct losses *from)
{
    for (int k = 0; k < LOSS_KINDS; k++) {
        to->sum[k] += from->sum[k];
        to->n[k] += from->n[k];
        to->right[k] += from->right[k];
        to->of[k] += from->of[k];
    }
}

/* After this every rank has the gradients and losses of the whole step. */
static status share_step(struct trainer *t, struct losses *l, double *squares)
{
    if (t->ranks.size == 1) return OK;
    model_settle_gradients(t->model, t->compute);   /* this rank may have had no batch */
    if (t->grouped) compute_group_sum(t->compute, t->model->grads, t->model->n_floats);
    else ranks_sum_floats(&t->ranks, t->model->grads, t->model->n_floats);
    ranks_sum_doubles(&t->ranks, l->sum, LOSS_KINDS);
    ranks_sum_counts(&t->ranks, l->n, LOSS_KINDS);
    ranks_sum_counts(&t->ranks, l->right, LOSS_KINDS);
    ranks_sum_counts(&t->ranks, l->of, LOSS_KINDS);
    struct step s = step_of(t, true);
    status done = step_squares(&s, squares);
    if (done == OK && !isfinite(*squares)) done = not_finite_sum(t);
    return ranks_agree(&t->ranks, done);
}

static status accumulate_all(struct trainer *t, struct losses *l, double *squares)
{
    for (uint32_t i = 0; i < t->config->accumulate; i++) TRY(accumulate(t, i, l, squares));
    return OK;
}

static status take_step(struct trainer *t, double lr)
{
    const struct train_config *c = t->config;
    struct train_state *s = &t->state;
    uint64_t start = clock_ns();
    struct losses l = {0};
    double squares = 0;
    t->step_start = s->sampler;
    model_clear_gradients(t->model, t->compute);
    TRY(ranks_agree(&t->ranks, accumulate_all(t, &l, &squares)));
    TRY(share_step(t, &l, &squares));
    double norm = sqrt(squares) / c->accumulate;
    optimiser_update(c, t->compute, t->model, t->m, t->v, &(struct optimiser_step){s->step + 1, lr, norm});
    add_losses(&s->window, &l);
    s->window_norm += norm;
    s->window_steps++;
    s->step++;
    uint64_t spent = clock_ns() - start;
    s->training_ns += spent;
    s->window_ns += spent;
    return OK;
}

/* ---- validation and checkpoints ---- */

/* Always the same batches, drawn afresh from the seed; the training sampler is not touched. */
static status evaluate(struct trainer *t, struct losses *out)
{
    struct sampler s;
    struct step pass = step_of(t, false);
    sampler_init(&s, t->config->seed, SPLIT_VALIDATION);
    *out = (struct losses){0};
    for (uint32_t i = 0; i < t->config->eval_batches; i++) {
        char note[64];
        snprintf(note, sizeof note, "validating, %u of %u", i + 1, t->config->eval_batches);
        if (!progress_report(t->progress, stage_name(t), t->state.step, t->config->steps, note)) return fail_interrupted("validating");
        t->source.fill(t->source.context, &s, t->batch);
        struct losses one = {0};
        TRY(step_pass(&pass, t->batch, i, &one));
        if (!losses_finite(&one)) return not_finite(t, false, i, &one, 0);
        add_losses(out, &one);
        if (t->batch->n_pairs > 1) contrastive_accuracy(t, out);
    }
    return OK;
}

static status validate(struct trainer *t)
{
    struct train_state *s = &t->state;
    bool better = true;
    TRY(check_state(t));
    if (t->source.has[SPLIT_VALIDATION]) {
        struct losses l;
        TRY(evaluate(t, &l));
        TRY(log_validation(t, &l));
        double sum = losses_total(&l, t->config->loss_weights);
        s->last[SPLIT_VALIDATION] = l;
        better = sum < s->best;
        if (better) s->best = sum;
    }
    s->evaluated_step = s->step;
    TRY(curves_draw(t->log_path, t->svg_path));
    return better || !t->config->keep_best ? model_directory_write(t) : OK;
}

static status save_checkpoint(struct trainer *t)
{
    TRY(check_state(t));
    if (fflush(t->log) != 0 || fsync(fileno(t->log)) != 0) return fail_errno("write", t->log_path);
    size_t bytes = t->model->n_floats * sizeof(float);
    model_pull(t->model);
    compute_download(t->compute, t->m_host, t->m, bytes);
    compute_download(t->compute, t->v_host, t->v, bytes);
    TRY(compute_check(t->compute));
    struct checkpoint c = checkpoint_of(t);
    TRY(checkpoint_save(&c, t->checkpoint_path));
    t->kept_step = t->state.step;
    return OK;
}

/* ---- the loop ---- */

static bool due(uint64_t step, uint32_t every)
{
    return every && step % every == 0;
}

static status interrupted(struct trainer *t)
{
    TRY(save_checkpoint(t));
    return fail(ERR_INTERRUPTED, "interrupted at step %llu of %u; a checkpoint was written, continue with --resume",
                (unsigned long long)t->state.step, t->config->steps);
}

/* What rank 0 does between steps: report, validate, keep. ERR_INTERRUPTED after a checkpoint. */
static status report_step(struct trainer *t, double lr, uint64_t *saved_at)
{
    const struct train_config *c = t->config;
    uint64_t step = t->state.step;
    bool last = step == c->steps;
    char note[256];
    progress_note(t, note, sizeof note);
    bool go_on = progress_report(t->progress, stage_name(t), step, c->steps, note);
    if (due(step, c->log_every) || last) TRY(log_train(t, lr));
    if (go_on && (due(step, c->eval_every) || last)) {
        status s = validate(t);
        if (s == ERR_INTERRUPTED) go_on = false;
        else if (s != OK) return s;
    }
    if (!go_on) return interrupted(t);
    bool late = c->checkpoint_seconds && clock_ns() - *saved_at >= c->checkpoint_seconds * 1000000000ull;
    if (due(step, c->checkpoint_every) || late || last) {
        TRY(save_checkpoint(t));
        *saved_at = clock_ns();
    }
    return OK;
}

static status run_steps(struct trainer *t)
{
    const struct train_config *c = t->config;
    uint64_t saved_at = clock_ns();
    bool ends = t->state.step == c->steps, missed = t->state.step && (due(t->state.step, c->eval_every) || ends);
    bool validates = missed && t->state.evaluated_step != t->state.step && leads(t);
    TRY(ranks_agree(&t->ranks, validates ? validate(t) : OK)); /* it was interrupted just before */
    while (t->state.step < c->steps) {
        double lr = learning_rate_at(c, t->state.step);
        TRY(take_step(t, lr));
        TRY(ranks_agree(&t->ranks, leads(t) ? report_step(t, lr, &saved_at) : OK));
    }
    return OK;
}

status train_start(const struct train_config *c, const struct train_options *o, const struct progress *progress, struct train_result *result)
{
    struct trainer *t = mem_zalloc(1, sizeof *t);
    if (!t) return fail_nomem("starting a run");
    status s = trainer_open(t, c, o, progress);
    if (s == OK) s = run_steps(t);
    if (s == OK && leads(t)) s = training_record_write(t);
    if (s == OK && result) result_fill(t, result);
    if (result) result->rank = t->ranks.rank;
    trainer_close(t);
    mem_free(t);
    return s;
}
