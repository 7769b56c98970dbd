/* Between best.c, which decides the promotions, and picks.c, which then decides the piece promotion of each line. */
#ifndef DAOGOU_PROMOTION_SEARCH_INT_H
#define DAOGOU_PROMOTION_SEARCH_INT_H

#include "promotion_int.h"

/* What may still become of each line at the line level. */
struct interval {
    int64_t lo[CART_LINES_MAX], hi[CART_LINES_MAX];
    line_set full;                   /* may end at its full price */
};
struct search {
    const struct problem *m;
    uint64_t nodes, nodes_max;
    bool stopped;
    struct found found;
    int choices[CART_PROMOTIONS_MAX], n_choices, n_line_choices; /* live promotions to say yes or no to; those of the line level first */
    live_set chosen_pieces;          /* piece promotions among the choices: they exclude one another */
    live_set always;                 /* gifts that exclude nothing */
    live_set uneven;                 /* set promotions whose sets do not save on each piece what set_off says, only together: ANY */
    int64_t gift_most;               /* no combination's gifts are worth more */
    int64_t (*set_off)[CART_LINES_MAX];   /* (n) a set promotion's saving is at most the sum of this over its pieces */
    int64_t (*piece)[CART_LINES_MAX];     /* (n) what a piece promotion takes off a piece */
};
/* Counts a node; false: the limit is reached, go back. */
bool search_enter(struct search *s);
bool search_worth(const struct search *s, int64_t bound);  /* could something that costs at least this be better than the best? */
/* All promotions but those of pieces are decided: finds the picks. allowed: piece promotions that may be picked. */
void search_picks(struct search *s, live_set on, live_set allowed, const struct sets_state *sets);
/* The most a REDUCE can take off when its base is in [lo, hi]. linear: a base for percents; hi and count when it cannot be reached give 0. */
int64_t reduce_most(const struct promotion *p, int64_t linear, int64_t hi, int64_t count);
int reduce_rate(const struct promotion *p); /* the largest percent among its tiers */

#endif
