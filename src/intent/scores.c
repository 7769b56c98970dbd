#include "intent_int.h"

#include <math.h>

enum { BINS = 15 };
struct counts { size_t truth, guessed, right; };

static size_t best_of(const float *p, size_t K)
{
    size_t best = 0;
    for (size_t k = 1; k < K; k++)
        if (p[k] > p[best]) best = k;
    return best;
}

static double macro_f1(const struct counts *c, size_t K, size_t *labels)
{
    double sum = 0;
    *labels = 0;
    for (size_t k = 0; k < K; k++) {
        if (!c[k].truth && !c[k].guessed) continue;
        sum += 2.0 * (double)c[k].right / (double)(c[k].truth + c[k].guessed);
        ++*labels;
    }
    return *labels ? sum / (double)*labels : 0;
}

struct bin { double confidence; size_t n, right; };

static double calibration_error(const struct bin *bins, size_t n)
{
    double error = 0;
    for (size_t b = 0; b < BINS; b++) error += fabs(bins[b].confidence - (double)bins[b].right);
    return n ? error / (double)n : 0;
}

status intent_score(const float *probabilities, const int32_t *truth, size_t n, size_t K, double threshold, struct intent_scores *out)
{
    struct counts *c = mem_zalloc(K, sizeof *c);
    struct bin bins[BINS] = {0};
    size_t right = 0, near = 0, covered = 0, covered_right = 0;
    double loss = 0;
    if (!c) return fail_nomem("measuring");
    for (size_t i = 0; i < n; i++) {
        const float *p = probabilities + i * K;
        size_t guess = best_of(p, K), above = 0, t = (size_t)truth[i];
        double confidence = (double)p[guess];
        bool good = guess == t;
        struct bin *b = &bins[confidence >= 1 ? BINS - 1 : (size_t)(confidence * BINS)];
        for (size_t k = 0; k < K; k++) above += p[k] > p[t];
        right += good;
        near += above < 3;
        loss -= log(fmax((double)p[t], 1e-12));
        c[t].truth++;
        c[guess].guessed++;
        c[t].right += good;
        b->n++;
        b->right += good;
        b->confidence += confidence;
        if (confidence < threshold) continue;
        covered++;
        covered_right += good;
    }
    double of = n ? (double)n : 1;
    *out = (struct intent_scores){.accuracy = (double)right / of, .top3 = (double)near / of, .log_loss = loss / of, .coverage = (double)covered / of, .n = n,
                                  .covered_accuracy = covered ? (double)covered_right / (double)covered : 0, .calibration_error = calibration_error(bins, n)};
    out->macro_f1 = macro_f1(c, K, &out->labels);
    mem_free(c);
    return OK;
}
