/* Weights of the two parts, their temperatures and the threshold, chosen on held-out sentences. */
#include "intent_int.h"

#include <math.h>


struct held { float *a, *b; const int32_t *truth; size_t n, K; float *p; }; /* log probabilities (n,K) of both; p (n,K) scratch */

static double log_loss(const struct held *h, const struct pooling *w)
{
    double loss = 0;
    for (size_t i = 0; i < h->n; i++) {
        float *p = h->p + i * h->K;
        pool_parts(p, h->a + i * h->K, h->b ? h->b + i * h->K : NULL, w, h->K);
        loss -= log(fmax((1 - (double)w->noise) * (double)p[h->truth[i]] + (double)w->noise / (double)h->K, 1e-12));
    }
    return loss;
}

/* Coordinate search over factors. */
static void fit_pooling(const struct held *h, struct pooling *w)
{
    double best = log_loss(h, w);
    for (float step = 1.5f; step > 1.005f;) {
        bool better = false;
        float *knobs[] = {&w->ngrams, &w->adapter, &w->noise};
        for (int i = 0; i < 6; i++) {
            float *x = knobs[i / 2], old = *x;
            *x = i % 2 ? old / step : old * step;
            double loss = *x > 0 && w->noise < 0.8f ? log_loss(h, w) : INFINITY;
            if (loss < best - 1e-6) best = loss, better = true;
            else *x = old;
        }
        if (!better) step = sqrtf(step);
    }
    log_loss(h, w);   /* leaves the probabilities of the best */
}

/* The share of a set's labels that are an act: how often a label drawn at random hits it. */
static double chance(const struct class_set *set, enum act act)
{
    size_t n = 0;
    for (uint32_t k = 0; k < set->n; k++) n += act_of(set->name, set->labels[k]) == act;
    return (double)n / set->n;
}

/* The lowest threshold from which on acts are right as often as wanted: of n sentences (1 - noise) n have their own label, and of the others
 * chance hits some. */
static float fit_threshold(const struct held *h, const struct class_set *set, double noise, double accuracy)
{
    enum { STEPS = 98, LEAST = 50 };   /* what is less likely than not is not sure, whatever the figures say */
    size_t n[STEPS + 1] = {0};
    double right[STEPS + 1] = {0};
    for (size_t i = 0; i < h->n; i++) {
        struct intent guess = {0};
        take_act(set, h->p + i * h->K, &guess);
        size_t at = (size_t)(guess.act_confidence * 100);
        if (at > STEPS) at = STEPS;
        n[at]++;
        right[at] += ((guess.act == act_of(set->name, set->labels[h->truth[i]])) - noise * chance(set, guess.act)) / (1 - noise);
    }
    size_t all = 0, threshold = STEPS;
    double good = 0;
    for (size_t at = STEPS + 1; at-- > LEAST;) {
        all += n[at];
        good += right[at];
        if (all && good >= accuracy * (double)all) threshold = at;
    }
    return (float)threshold / 100;
}

static status hold(struct intents *t, const struct class_set *set, const struct intent_examples *e, struct held *h, int32_t *truth)
{
    size_t K = set->n;
    *h = (struct held){.a = mem_zalloc(e->n * K + 1, sizeof(float)), .p = mem_zalloc(e->n * K + 1, sizeof(float)), .truth = truth, .n = e->n, .K = K};
    h->b = t->adapter ? mem_zalloc(e->n * K + 1, sizeof(float)) : NULL;
    if (!h->a || !h->p || (t->adapter && !h->b)) return fail_nomem("fitting intents");
    for (size_t i = 0; i < e->n; i++) {
        truth[i] = e->items[i].label;
        TRY(intents_read(t, e->items[i].text, e->items[i].n));
        by_ngrams(t, set, h->a + i * K);
        if (h->b) TRY(by_adapter(t, set, h->b + i * K));
    }
    return OK;
}

static status fit_set(struct intents *t, size_t i, const struct intent_examples *e, double accuracy)
{
    const struct class_set *set = &t->labels.sets[i];
    struct held h = {0};
    FAIL_IF(!e->n, ERR_USAGE, "set \"%.40s\" has no held-out sentence", set->name);
    int32_t *truth = mem_zalloc(e->n, sizeof *truth);
    status s = truth ? hold(t, set, e, &h, truth) : fail_nomem("fitting intents");
    for (int k = 0; s == OK && k < PARTS; k++) {
        if (k != INTENT_NGRAMS && !t->adapter) continue;
        struct held use = h;
        if (k == INTENT_NGRAMS) use.b = NULL;
        struct pooling *w = &t->sets[i].of[k];
        *w = (struct pooling){k == INTENT_ADAPTER ? 0 : 0.7f, k == INTENT_NGRAMS ? 0 : 0.7f, 0, 0.1f};
        fit_pooling(&use, w);
        w->threshold = fit_threshold(&use, set, (double)w->noise, accuracy);
    }
    mem_free(truth);
    mem_free(h.a);
    mem_free(h.b);
    mem_free(h.p);
    return s;
}

static void put_set(struct strbuf *b, const struct intents *t, size_t i)
{
    strbuf_printf(b, "%s\n \"%s\": {", i ? "," : "", t->labels.sets[i].name);
    for (int k = 0, n = 0; k < PARTS; k++) {
        const struct pooling *p = &t->sets[i].of[k];
        if (k != INTENT_NGRAMS && !t->adapter) continue;
        strbuf_printf(b, "%s\n  \"%s\": {\"ngrams\": %.4f, \"adapter\": %.4f, \"threshold\": %.2f, \"noise\": %.3f}", n++ ? "," : "", part_names[k], (double)p->ngrams, (double)p->adapter,
                      (double)p->threshold, (double)p->noise);
    }
    strbuf_puts(b, "\n }");
}

status intents_fit(struct intents *t, const struct intent_examples *sets, double accuracy, const char *directory, const struct progress *progress)
{
    for (size_t i = 0; i < t->labels.n_sets; i++) {
        if (!progress_report(progress, "fit", i, t->labels.n_sets, NULL)) return fail_interrupted("fitting intents");
        TRY(fit_set(t, i, &sets[i], accuracy));
    }
    struct strbuf path = {0}, b = {0};
    strbuf_putc(&b, '{');
    for (size_t i = 0; i < t->labels.n_sets; i++) put_set(&b, t, i);
    strbuf_puts(&b, "\n}\n");
    status s = path_in(&path, directory, "intents.json");
    if (s == OK) s = strbuf_status(&b);
    if (s == OK) s = file_write_atomic(path.data, b.data, b.len);
    strbuf_release(&path);
    strbuf_release(&b);
    return s;
}
