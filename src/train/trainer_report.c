/* What a run leaves to read: train.jsonl, the progress note, training.json, the model directory. */
#include "train_int.h"

#include <math.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

const char *stage_name(const struct trainer *t)
{
    return t->config->kind == TRAIN_PRETRAIN ? "pretrain" : "finetune";
}

/* ---- train.jsonl ---- */

status log_open(struct trainer *t)
{
    t->log = fopen(t->log_path, "ae");
    if (!t->log) return fail_errno("write", t->log_path);
    FAIL_IF(flock(fileno(t->log), LOCK_EX | LOCK_NB) != 0, ERR_USAGE, "'%s' is being written by another run; wait for it or choose another output",
            t->config->output);
    return OK;
}

status log_cut(struct trainer *t)
{
    struct stat st;
    if (fstat(fileno(t->log), &st) != 0) return fail_errno("read", t->log_path);
    if ((uint64_t)st.st_size > t->state.log_bytes && ftruncate(fileno(t->log), (off_t)t->state.log_bytes) != 0)
        return fail_errno("truncate", t->log_path);
    if ((uint64_t)st.st_size < t->state.log_bytes) t->state.log_bytes = (uint64_t)st.st_size;
    return OK;
}

static void put_losses(struct strbuf *out, const struct losses *l)
{
    const char *comma = "";
    strbuf_puts(out, "\"losses\":{");
    for (int k = 0; k < LOSS_KINDS; k++) {
        if (!l->n[k]) continue;
        strbuf_printf(out, "%s\"%s\":%.9g", comma, loss_name((enum loss_kind)k), l->sum[k] / (double)l->n[k]);
        comma = ",";
    }
    strbuf_puts(out, "},\"accuracy\":{");
    comma = "";
    for (int k = 0; k < LOSS_KINDS; k++) {
        if (!l->of[k]) continue;
        strbuf_printf(out, "%s\"%s\":%.5f", comma, loss_name((enum loss_kind)k), (double)l->right[k] / (double)l->of[k]);
        comma = ",";
    }
    strbuf_putc(out, '}');
}

static status put_line(struct trainer *t, struct strbuf *line)
{
    status s = strbuf_status(line);
    if (s == OK && (fwrite(line->data, 1, line->len, t->log) != line->len || fflush(t->log) != 0)) s = fail_errno("write", t->log_path);
    if (s == OK) t->state.log_bytes += line->len;
    strbuf_release(line);
    return s;
}

static double rate(uint64_t tokens, uint64_t ns)
{
    return ns ? (double)tokens * 1e9 / (double)ns : 0;
}

status log_train(struct trainer *t, double lr)
{
    struct train_state *s = &t->state;
    struct strbuf line = {0};
    strbuf_printf(&line, "{\"step\":%llu,\"split\":\"train\",", (unsigned long long)s->step);
    put_losses(&line, &s->window);
    strbuf_printf(&line, ",\"sum\":%.9g,\"lr\":%.6g,\"grad_norm\":%.6g,\"tokens\":%llu,\"tokens_per_s\":%.0f,\"seconds\":%.1f}\n",
                  losses_total(&s->window, t->config->loss_weights), lr, s->window_norm / (double)s->window_steps,
                  (unsigned long long)s->tokens, rate(s->window_tokens, s->window_ns), (double)s->training_ns * 1e-9);
    s->last[SPLIT_TRAIN] = s->window;
    s->window = (struct losses){0};
    s->window_steps = s->window_tokens = s->window_ns = 0;
    s->window_norm = 0;
    return put_line(t, &line);
}

status log_validation(struct trainer *t, const struct losses *l)
{
    struct strbuf line = {0};
    strbuf_printf(&line, "{\"step\":%llu,\"split\":\"validation\",", (unsigned long long)t->state.step);
    put_losses(&line, l);
    strbuf_printf(&line, ",\"sum\":%.9g,\"tokens\":%llu,\"seconds\":%.1f}\n", losses_total(l, t->config->loss_weights),
                  (unsigned long long)t->state.tokens, (double)t->state.training_ns * 1e-9);
    return put_line(t, &line);
}

/* "loss 8.61 (mlm 4.10 nsp 0.61 lm 3.90), 4810 tokens/s" */
void progress_note(const struct trainer *t, char *out, size_t n)
{
    const struct train_state *s = &t->state;
    const struct losses *l = s->window_steps ? &s->window : &s->last[SPLIT_TRAIN];
    size_t at = (size_t)snprintf(out, n, "loss %.2f (", losses_total(l, t->config->loss_weights));
    for (int k = 0; k < LOSS_KINDS; k++)
        if (l->n[k] && at < n)
            at += (size_t)snprintf(out + at, n - at, "%s%s %.2f", out[at - 1] == '(' ? "" : " ", loss_name((enum loss_kind)k), l->sum[k] / (double)l->n[k]);
    if (at < n) snprintf(out + at, n - at, "), %.0f tokens/s", rate(s->tokens, s->training_ns));
}

/* ---- the model directory ---- */

static void put_number(struct strbuf *out, const char *name, double x)
{
    if (isfinite(x)) strbuf_printf(out, ",\n\"%s\":%.9g", name, x);
    else strbuf_printf(out, ",\n\"%s\":null", name);
}

static uint64_t trained_parameters(const struct model *m)
{
    uint64_t n = 0;
    for (size_t i = m->n_frozen; i < m->n_parameters; i++) n += (uint64_t)m->parameters[i].rows * m->parameters[i].cols;
    return n;
}

status training_record_write(const struct trainer *t)
{
    const struct train_state *s = &t->state;
    struct train_result r;
    result_fill(t, &r);
    struct strbuf out = {0};
    strbuf_printf(&out, "{\"command\":\"%s\",\n\"steps\":%llu,\n\"tokens\":%llu,\n\"parameters\":%llu,\n\"trained_parameters\":%llu,\n\"device\":\"%s\"",
                  stage_name(t), (unsigned long long)r.steps, (unsigned long long)r.tokens, (unsigned long long)r.parameters,
                  (unsigned long long)trained_parameters(t->model), r.device);
    put_number(&out, "seconds", r.seconds);
    put_number(&out, "tokens_per_s", r.tokens_per_s);
    put_number(&out, "best_validation_sum", r.best_validation_loss);
    strbuf_printf(&out, ",\n\"examples\":{\"train\":%llu,\"validation\":%llu}", (unsigned long long)t->source.n_examples[SPLIT_TRAIN],
                  (unsigned long long)t->source.n_examples[SPLIT_VALIDATION]);
    for (int split = 0; split < SPLITS; split++) {
        strbuf_printf(&out, ",\n\"%s\":{", split == SPLIT_TRAIN ? "train" : "validation");
        put_losses(&out, &s->last[split]);
        strbuf_putc(&out, '}');
    }
    strbuf_printf(&out, ",\n\"config\":%s}\n", t->config->source ? t->config->source : "{}");
    status st = strbuf_status(&out);
    if (st == OK) st = file_write_atomic(t->record_path, out.data, out.len);
    strbuf_release(&out);
    return st;
}

status model_directory_write(struct trainer *t)
{
    if (t->config->lora.rank) TRY(model_save_adapter(t->model, t->config->output));
    else TRY(model_save(t->model, t->config->output, t->config->save_dtype));
    if (t->labels_json) TRY(file_write_atomic(t->labels_path, t->labels_json, t->labels_bytes));
    TRY(file_write_atomic(t->tokenizer_path, t->tokenizer_json, t->tokenizer_bytes));
    return training_record_write(t);
}

void result_fill(const struct trainer *t, struct train_result *r)
{
    const struct train_state *s = &t->state;
    const double *w = t->config->loss_weights;
    *r = (struct train_result){
        .steps = s->step, .tokens = s->tokens, .seconds = (double)s->training_ns * 1e-9, .tokens_per_s = rate(s->tokens, s->training_ns),
        .train_loss = losses_total(&s->last[SPLIT_TRAIN], w),
        .validation_loss = t->source.has[SPLIT_VALIDATION] && s->evaluated_step ? losses_total(&s->last[SPLIT_VALIDATION], w) : NAN,
        .best_validation_loss = isfinite(s->best) ? s->best : NAN,
        .parameters = model_config_parameters(&t->model->config),
    };
    snprintf(r->device, sizeof r->device, "%s", t->compute->description);
}
