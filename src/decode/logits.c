#include "decode_int.h"

#include <math.h>
#include <string.h>

double log_sum_exp(const float *x, size_t n)
{
    float top = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (x[i] > top) top = x[i];
    }
    if (!isfinite(top)) return top;
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)expf(x[i] - top);
    return (double)top + log(sum);
}

int32_t argmax_float(const float *x, size_t n)
{
    float top = -INFINITY;
    int32_t best = -1;
    for (size_t i = 0; i < n; i++) {
        if (x[i] > top) {
            top = x[i];
            best = (int32_t)i;
        }
    }
    return best;
}

void penalise_repetition(float *penalised, const float *raw, const int32_t *tokens, size_t n, float penalty)
{
    for (size_t i = 0; i < n; i++) {   /* from raw: a token written twice is penalised once */
        float x = raw[tokens[i]];
        penalised[tokens[i]] = x > 0 ? x / penalty : x * penalty;
    }
}

void ban_repeated_ngrams(uint64_t *mask, const int32_t *tokens, size_t n, size_t ngram)
{
    if (!ngram || n < ngram) return;
    const int32_t *last = tokens + n - (ngram - 1);
    for (size_t i = 0; i + ngram <= n; i++) {
        if (memcmp(tokens + i, last, (ngram - 1) * sizeof *tokens) == 0) mask_set(mask, (size_t)tokens[i + ngram - 1]);
    }
}

void apply_mask(float *logits, const uint64_t *mask, size_t mask_words)
{
    for (size_t w = 0; w < mask_words; w++) {
        for (uint64_t bits = mask[w]; bits; bits &= bits - 1) logits[w * 64 + (size_t)__builtin_ctzll(bits)] = -INFINITY;
    }
}

/* ---- filters ---- */

static bool before(struct choice a, struct choice b) /* a total order, so that equal logits give the same text everywhere */
{
    return a.p > b.p || (a.p == b.p && a.id < b.id);
}

static void sift_down(struct choice *heap, size_t n, size_t i)
{
    struct choice moving = heap[i];
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(heap[child + 1], heap[child])) child++;
        if (!before(heap[child], moving)) break;
        heap[i] = heap[child];
    }
    heap[i] = moving;
}

static double sum_p(const struct choice *c, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)c[i].p;
    return sum;
}

/* How many of the n best, which stand in rising order, it takes to reach the mass. */
static size_t nucleus(const struct choice *rising, size_t n, double mass)
{
    double sum = 0;
    for (size_t taken = 1; taken <= n; taken++) {
        sum += (double)rising[n - taken].p;
        if (sum >= mass) return taken;
    }
    return n;
}

/* Takes the best from a heap of n until `most` are taken or, when mass is above 0, they hold that much. They end up in
 * rising order at the end of the array. Popping costs only what is kept, which is far less than sorting V. */
static size_t pop_best(struct choice *c, size_t n, size_t most, double mass)
{
    for (size_t i = n / 2; i-- > 0;) sift_down(c, n, i);
    size_t taken = 0;
    for (double sum = 0; taken < most && (mass <= 0 || taken == 0 || sum < mass);) {
        struct choice best = c[0];
        size_t last = n - 1 - taken;
        c[0] = c[last];
        c[last] = best;
        sift_down(c, last, 0);
        sum += (double)best.p;
        taken++;
    }
    return taken;
}

static size_t collect(struct choice *c, const float *logits, size_t V, float temperature)
{
    int32_t best = argmax_float(logits, V);
    if (best < 0) return 0;
    float top = logits[best], inverse = 1.0F / temperature;
    size_t n = 0;
    for (size_t i = 0; i < V; i++) {
        if (logits[i] == -INFINITY) continue;
        float p = (int32_t)i == best ? 1.0F : expf((logits[i] - top) * inverse);
        if (p > 0) c[n++] = (struct choice){p, (int32_t)i};
    }
    return n;
}

static size_t keep_above(struct choice *to, const struct choice *from, size_t n, float least)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (from[i].p >= least) to[kept++] = from[i];
    }
    return kept;
}

size_t filter_choices(struct choice *choices, const float *logits, size_t V, const struct decode_options *o)
{
    size_t n = collect(choices, logits, V, o->temperature), taken = n;
    bool by_rank = o->top_k && o->top_k < n, by_mass = o->top_p < 1;
    if (by_rank) {
        taken = pop_best(choices, n, o->top_k, 0);
        if (by_mass) taken = nucleus(choices + n - taken, taken, (double)o->top_p * sum_p(choices + n - taken, taken));
    } else if (by_mass) {
        taken = pop_best(choices, n, n, (double)o->top_p * sum_p(choices, n));
    }
    return keep_above(choices, choices + n - taken, taken, o->min_p);
}

int32_t sample_choice(const struct choice *choices, size_t n, struct rng *rng)
{
    double left = rng_unit(rng) * sum_p(choices, n);
    for (size_t i = 0; i < n; i++) {
        left -= (double)choices[i].p;
        if (left < 0) return choices[i].id;
    }
    return n ? choices[n - 1].id : -1;   /* the last grain of rounding */
}
