/* Between best_combination.c, which searches, and price_bounds.c, which says what a branch costs at least. */
#ifndef DAOGOU_PROMOTION_SEARCH_INT_H
#define DAOGOU_PROMOTION_SEARCH_INT_H

#include "promotion_int.h"

/* What the base of a REDUCE or GIFT may still be, and the most that a REDUCE takes of it: flat whatever the base, linear with percents of lo. */
struct base { const struct live *v; int64_t lo, hi, count, flat, linear; };

/* What may still become of each line at the line level; bases are added when first asked for. */
struct interval {
    int64_t lo[CART_LINES_MAX], hi[CART_LINES_MAX];
    int64_t lo_sum, least_sum;       /* of lo; another lower bound of all lines together */
    line_set full;                   /* may end at their full price */
    line_set cheap;                  /* may end cheaper */
    bool uneven;                     /* lo holds for the sum of all lines only, not for each */
    live_set known;                  /* the bases that are there */
    struct base bases[CART_PROMOTIONS_MAX];
};
struct savings {                     /* of promotions by themselves, by live index */
    int64_t set_piece[CART_PROMOTIONS_MAX][CART_LINES_MAX];  /* a set promotion saves at most the sum of this over its pieces */
    int64_t set_alone[CART_PROMOTIONS_MAX];                  /* and at most this, which it would save by itself */
    int64_t piece[CART_PROMOTIONS_MAX][CART_LINES_MAX];      /* PERCENT, PRICE: off a piece */
    live_set uneven;                                         /* ANY: set_piece holds for its lines together, not for each */
    live_set on_line[CART_LINES_MAX];                        /* sets that may take it, piece promotions that make it cheaper */
    int rate[CART_PROMOTIONS_MAX];                           /* REDUCE: the largest percent among its tiers */
};
void savings_list(const struct problem *m, struct savings *s);
/* sets: the sets formed so far; undecided: set promotions that may still form some; pieces: piece promotions in or undecided; sure: in. */
void interval_find(const struct problem *m, const struct savings *s, const struct sets_state *sets, live_set undecided, live_set pieces, live_set sure,
                   struct interval *x);
/* At least this is paid when all REDUCE in `in` apply and none other; INT64_MAX: one of them cannot. */
int64_t bound_decided(const struct problem *m, const struct savings *s, struct interval *x, live_set in);
/* When those of `in` apply and any of `maybe` that do not exclude each other by group. */
int64_t bound_undecided(const struct problem *m, const struct savings *s, struct interval *x, live_set in, live_set maybe);
int64_t bound_gifts(const struct problem *m, struct interval *x, live_set gifts);  /* they are worth at most this */

#endif
