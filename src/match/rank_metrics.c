#include "rank_metrics.h"

#include <math.h>
#include <stdlib.h>

static double discounted(const double *gains, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += gains[i] / log2((double)i + 2);
    return sum;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

double rank_gain(double relevance)
{
    return exp2(relevance - 1) - 1;
}

double rank_ndcg(const double *ranked, size_t n, double *judged, size_t n_judged, size_t k)
{
    qsort(judged, n_judged, sizeof *judged, descending);
    double best = discounted(judged, n_judged < k ? n_judged : k);
    return best > 0 ? discounted(ranked, n < k ? n : k) / best : NAN;
}
