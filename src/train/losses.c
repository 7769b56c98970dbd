#include "train_int.h"

#include <math.h>

double learning_rate_at(const struct train_config *c, uint64_t step)
{
    if (step < c->warmup_steps) return c->learning_rate * (double)(step + 1) / c->warmup_steps;
    double span = c->steps > c->warmup_steps ? c->steps - c->warmup_steps : 1;
    double at = fmin((double)(step - c->warmup_steps) / span, 1), floor_ = c->learning_rate * c->min_lr;
    return floor_ + (c->learning_rate - floor_) * 0.5 * (1 + cos(3.14159265358979323846 * at));
}

static void note(struct losses *l, enum loss_kind k, double loss, size_t right, size_t of)
{
    l->sum[k] += loss;
    l->n[k]++;
    l->right[k] += right;
    l->of[k] += of;
}

static size_t counted(const int32_t *labels, size_t n)
{
    size_t of = 0;
    for (size_t i = 0; i < n; i++) of += labels[i] >= 0;
    return of;
}

static void measure_vocabulary(struct train_run *r, const struct row_targets *t, enum loss_kind k, float weight, bool backward, struct losses *l)
{
    if (!t->n) return;
    size_t right = 0;
    double loss = loss_vocabulary(r, t->rows, t->targets, t->n, weight, backward, &right);
    note(l, k, loss, right, t->n);
}

/* Is the item with the highest score among the best? */
static bool best_on_top(const float *scores, const float *gains, size_t n)
{
    size_t top = 0;
    float best = 0;
    for (size_t i = 0; i < n; i++) {
        if (scores[i] > scores[top]) top = i;
        if (gains[i] > best) best = gains[i];
    }
    return gains[top] >= best;
}

/* Groups with something to choose, averaged; and every candidate's own label. */
static void measure_match(struct train_run *r, struct micro_batch *b, const double *weights, bool backward, struct losses *l)
{
    size_t usable = 0, right = 0;
    double loss = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t g = 0; g < b->n_groups; g++) {
            int32_t from = b->groups[g];
            size_t n = (size_t)(b->groups[g + 1] - from);
            float best = 0;
            for (size_t i = 0; i < n; i++) best = fmaxf(best, b->gains[from + (int32_t)i]);
            if (n < 2 || best <= 0) continue;
            if (pass == 0) {
                usable++;
                continue;
            }
            loss += loss_match(r, b->match_seqs + from, b->gains + from, n, (float)(weights[LOSS_MATCH] / (double)usable), backward, b->scores);
            right += best_on_top(b->scores, b->gains + from, n);
        }
    }
    if (usable) note(l, LOSS_MATCH, loss / (double)usable, right, usable);
    if (b->n_match) note(l, LOSS_BINARY, loss_match_binary(r, b->match_seqs, b->gains, b->n_match, (float)weights[LOSS_BINARY], backward), 0, 0);
}

void losses_measure(struct train_run *r, struct micro_batch *b, const double *weights, bool backward, struct losses *l)
{
    measure_vocabulary(r, &b->mlm, LOSS_MLM, (float)weights[LOSS_MLM], backward, l);
    measure_vocabulary(r, &b->lm, b->text, (float)weights[b->text], backward, l);
    size_t labelled = counted(b->nsp, b->batch.n_seqs);
    if (labelled) {
        size_t right = 0;
        double loss = loss_nsp(r, b->nsp, (float)weights[LOSS_NSP], backward, &right);
        note(l, LOSS_NSP, loss, right, labelled);
    }
    measure_match(r, b, weights, backward, l);
    if (b->n_classified) {
        size_t right = 0;
        double loss = loss_classify(r, b->classified, b->classes, b->n_classified, b->noise, (float)weights[LOSS_CLASSIFY], backward, &right);
        note(l, LOSS_CLASSIFY, loss, right, b->n_classified);
    }
    if (b->n_pairs > 1)
        note(l, LOSS_CONTRASTIVE, loss_contrastive(r, b->needs, b->items, b->same, b->n_pairs, (float)weights[LOSS_CONTRASTIVE], backward), 0, 0);
}

double losses_total(const struct losses *l, const double *weights)
{
    double total = 0;
    for (int k = 0; k < LOSS_KINDS; k++)
        if (l->n[k]) total += weights[k] * l->sum[k] / (double)l->n[k];
    return total;
}
