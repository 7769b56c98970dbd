/* What the files of `promotion` share. A cart goes through four steps, one file each:
 *
 *   eligible.c          which promotions are open to it, on which lines, how often: struct problem
 *   cart_amounts.c      what one combination costs: the rules of promotion.h as code
 *   best_combination.c  which combination costs least: branch and bound, with the bounds of price_bounds.c
 *   cart_result.c       the combination as the caller's result; near_miss.c what nearly applied; promotion_wording.c the sentences
 */
#ifndef DAOGOU_PROMOTION_INT_H
#define DAOGOU_PROMOTION_INT_H

#include <string.h>

#include "promotion.h"

typedef uint64_t line_set;  /* a bit a line of the problem */
typedef uint64_t live_set;  /* a bit a live promotion */
#define BIT(i) (UINT64_C(1) << (i))
static inline int lowest(uint64_t set) { return __builtin_ctzll(set); }
static inline int64_t min_minor(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t max_minor(int64_t a, int64_t b) { return a > b ? a : b; }

enum { TIMES_NO_LIMIT = 1 << 30, PICK_NONE = -1 };

/* A promotion that is open to this cart and has goods in it. */
struct live {
    const struct promotion *p;
    enum promotion_level level;
    line_set lines;
    int64_t times_max;               /* sets or gifts left by the limits; TIMES_NO_LIMIT */
    live_set conflicts;
    int clique;                      /* number of its group among the live ones' groups; each without a group has its own */
    bool usable;                     /* false: cannot apply to this cart whatever else does; kept for near misses */
    int8_t item_line[PROMOTION_ITEMS_MAX]; /* BUNDLE, PRICE: the line of each item or -1 */
};
/* Lines by product id, promotions by (priority, id): whatever the caller's order, the same problem. */
struct problem {
    const struct cart *cart;
    const struct promotion *all;
    size_t n_all;
    int n_lines, n;
    size_t at[CART_LINES_MAX];       /* the caller's line */
    int64_t quantity[CART_LINES_MAX], unit[CART_LINES_MAX];
    int dearest[CART_LINES_MAX];     /* lines by unit price, dearest first */
    struct live *live;               /* (n) */
    live_set sets, pieces, reduces, gifts; /* usable ones by what they are; reduces: both levels */
    live_set coupons;
    int n_cliques;
};
bool live_is_set(const struct live *v);
bool live_is_piece(const struct live *v);
/* COUPON_APPLIED: open. Scope and thresholds are not asked. */
enum coupon_reason promotion_open(const struct cart *c, const struct promotion *p);
bool scope_has(const struct promotion *p, const struct cart_line *l);
status problem_build(const struct cart *c, const struct promotion *promotions, size_t n, struct arena *a, struct problem *out);
bool excludes_each_other(const struct promotion *p, const struct promotion *q);

/* ---- cart_amounts.c ---------------------------------------------------------------------------------------------- */

/* off, shared in proportion to weights (largest remainder, first of equals). sum of weights > 0, 0 <= off <= sum. */
void share_minor(int64_t off, const int64_t *weights, int n, int64_t *out);
int64_t rate_of(int64_t minor, int rate);         /* nearest, halves up */

/* One promotion's part in a combination. */
struct part {
    int64_t times, off, base, count;
    int tier;
    line_set lines;
    int64_t pieces[CART_LINES_MAX], before[CART_LINES_MAX], share[CART_LINES_MAX]; /* of `lines` only */
};
struct sets_state { int64_t free[CART_LINES_MAX], off[CART_LINES_MAX]; };
void sets_none(const struct problem *m, struct sets_state *s);
/* Forms the sets of one more promotion from the pieces still free; returns what it saves. part: NULL or filled. */
int64_t form_sets(const struct problem *m, int v, struct sets_state *s, struct part *part);
int64_t piece_off(const struct live *v, int line, int64_t unit);  /* PERCENT, PRICE: off one piece; <= 0: nothing */
static inline int64_t pieces_counted(const struct live *v, int64_t free)
{
    return v->p->pieces_max ? min_minor(free, v->p->pieces_max) : free;
}
struct reached { int tier; int64_t times, off; }; /* tier -1: none */
struct reached reduce_reached(const struct promotion *p, int64_t base, int64_t count);
int64_t gift_times(const struct live *v, int64_t base, int64_t count);
int64_t gift_worth(const struct promotion *p);    /* of one time; at least one minor unit, so that a gift of unknown value is still given */
struct money { int64_t after[PROMOTION_LEVELS], total, gift_value; };
/* Everything above the line level, from the amounts it left. parts: NULL or (n), filled for the used ones. amounts become what is paid.
 * after_order: NULL or (n_lines). */
void upper_levels(const struct problem *m, live_set on, int64_t *amounts, line_set discounted, struct money *out, int64_t *after_order, struct part *parts);
/* What is paid after the line level, and the lines it made cheaper. pick: NULL or (n_lines), the piece promotion of each line or PICK_NONE. */
line_set line_level(const struct problem *m, live_set on, const struct sets_state *s, int64_t *amounts, int8_t *pick);
/* The whole combination. line_after, order_after, pay: (n_lines) */
void price_combination(const struct problem *m, live_set on, struct money *out, int8_t *pick, int64_t *line_after, int64_t *order_after, int64_t *pay,
                       struct part *parts);

/* ---- best_combination.c ------------------------------------------------------------------------------------------ */

struct found { live_set on; int64_t total, gift_value; bool exact; uint64_t nodes; };
status find_best(const struct problem *m, uint64_t nodes_max, struct arena *a, struct found *out);

/* ---- cart_result.c, near_miss.c, promotion_wording.c ------------------------------------------------------------- */

struct settled {                     /* a priced combination with everything in it */
    const struct problem *m;
    struct found found;
    struct money money;
    int64_t line_after[CART_LINES_MAX], order_after[CART_LINES_MAX], pay[CART_LINES_MAX], free[CART_LINES_MAX];
    int8_t pick[CART_LINES_MAX];
    struct part *parts;              /* (n) by live index; used: those in `used` */
    live_set used;                   /* with an effect */
};
status result_build(struct settled *s, struct arena *a, struct cart_result *out);
status near_misses(const struct settled *s, struct arena *a, struct cart_result *out);
status coupon_answers(const struct settled *s, struct arena *a, struct cart_result *out);
status word_use(const struct settled *s, struct promotion_use *u, struct arena *a);
status word_near(const struct settled *s, struct near_miss *x, struct arena *a);
status word_coupon(const struct settled *s, struct coupon_answer *x, const struct promotion *rival, struct arena *a);

#endif
