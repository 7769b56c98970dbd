/* Measures of a ranking (Järvelin, Kekäläinen 2002), for `daogou eval match`. */
#ifndef DAOGOU_RANK_METRICS_H
#define DAOGOU_RANK_METRICS_H

#include <stddef.h>

double rank_gain(double relevance); /* 2^(relevance - 1) - 1 */
/* ranked: gains in result order (unjudged 0); judged: all gains of the need, sorted in place. NaN when nothing is relevant. */
double rank_ndcg(const double *ranked, size_t n, double *judged, size_t n_judged, size_t k);

#endif
