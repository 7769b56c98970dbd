/* promotion: what a cart costs. Takes a cart and the shop's promotions, finds the best legal combination exactly, in integer minor
 * units, and explains it line by line in Chinese and English. Knows no catalogue: products, categories and brands are strings.
 * docs/promotions.md has the same rules with examples, and the format of the file.
 *
 * RULES. A cart is lines of pieces of one price each. A combination is a set of promotions, used or not used as a whole. Promotions act on three levels, one after the other; what a level computes, it
 * computes from the amounts the level began with, so promotions of one level do not depend on each other's order.
 *
 *  1 line    Each piece takes part in at most one promotion of this level.
 *    sets:   NTH (of n pieces the cheapest p% off), ANY (any n pieces for a price), BUNDLE (named products for a price). They form their
 *            sets one promotion after the other (smaller priority first, then
 *            id), from the pieces in scope that are still free: NTH and ANY sort them dearest first (equal prices: by product id) and cut
 *            sets of n from the front; BUNDLE takes its pieces as often as all are there. A set is formed only if it makes the pieces
 *            cheaper, and no more sets than the limits leave. What the sets of a promotion save is shared among its lines in
 *            proportion to the price of the pieces that took part.
 *    pieces: PERCENT and PRICE (a price list), for the pieces of a line that no set took, at most `pieces_max` of them. Of those used, each
 *            line takes the one that makes it cheapest (equal ones: smaller priority, id). A percent is rounded on each piece.
 *  2 order   REDUCE without a code: the highest tier reached by the amount (or number of pieces) in scope gives an amount or a percent
 *            off, with `repeat` as often as the threshold fits in, at most `cap_minor`. GIFT: the same thresholds, a product for nothing.
 *  3 coupon  REDUCE with a code that was entered, on what level 2 left.
 *
 *  On levels 2 and 3 the reductions are computed first, then taken from the lines one after the other (smaller priority first, then
 *  id): each is at most what is left of its lines and shared among them in proportion to what is left.
 *  `full_price_only`: of level 2 and 3 and gifts: lines that level 1 made cheaper neither count nor are reduced.
 *
 *  Sharing is by largest remainder: floor of the exact share, the minor units left over to the largest fractions, equal ones by
 *  product id. A percent's reduction is rounded to the nearest minor unit, halves up (in the shopper's favour).
 *
 *  A combination is legal when every promotion in it is open to this cart (time, hours, members, new customers, currency, code, limits)
 *  and no two of it exclude each other: two with the same non-empty `group`, or one that names the other (its id, its level, or "*")
 *  in `excludes`.
 *  The best one costs least; among those, its gifts are worth most.
 *
 * SEARCH. Branch and bound, exact, deterministic, and the same for any order of lines and promotions. After SEARCH_NODES_MAX nodes it
 * stops and says so: `exact` is false and the combination is the best one found: legal, correctly computed, perhaps not the best.
 *
 * Everything in a result lives in the caller's arena, and points into the cart and the promotions given.
 */
#ifndef DAOGOU_PROMOTION_H
#define DAOGOU_PROMOTION_H

#include "store/store.h"
#include "text/text.h"

enum {
    CART_LINES_MAX = 64, CART_QUANTITY_MAX = 9999,
    PROMOTIONS_MAX = 1024,          /* of a shop */
    CART_PROMOTIONS_MAX = 64,       /* that one cart's goods, codes, time and shopper are open to; more is ERR_LIMIT */
    PROMOTION_TIERS_MAX = 16, PROMOTION_ITEMS_MAX = 256, PROMOTION_SET_MAX = 100,
    PROMOTION_RATE_WHOLE = 10000,   /* percents are integers of a hundredth: 12.5% is 1250 */
    SEARCH_NODES_MAX = 50000
};
#define PROMOTION_MINOR_MAX INT64_C(100000000000)  /* a unit price, a threshold: a thousand million yuan */
#define CART_MINOR_MAX INT64_C(10000000000000)     /* a cart before promotions */

/* ---- what the shop offers ---------------------------------------------------------------------------------------- */

enum promotion_kind { PROMOTION_PERCENT, PROMOTION_PRICE, PROMOTION_NTH, PROMOTION_ANY, PROMOTION_BUNDLE, PROMOTION_REDUCE, PROMOTION_GIFT, PROMOTION_KINDS };
enum promotion_level { LEVEL_LINE, LEVEL_ORDER, LEVEL_COUPON, PROMOTION_LEVELS };
const char *promotion_kind_name(enum promotion_kind k);   /* as in the file: "percent", ... */
const char *promotion_level_name(enum promotion_level l); /* "line", "order", "coupon" */

struct promotion_names { const char *const *items; size_t n; };
/* In scope: (all, or one of the products, or in one of the categories, or of one of the brands) and none of the exceptions. A category
 * "A" holds "A > B"; names are compared as they stand. */
struct promotion_scope {
    bool all;
    struct promotion_names products, categories, brands, not_products, not_categories, not_brands;
};
struct promotion_tier {
    int64_t amount_minor;    /* reached from this amount on; 0: not asked */
    int64_t count;           /* reached from this number of pieces on; 0: not asked */
    int64_t off_minor;       /* REDUCE: an amount off, or */
    int rate;                /* a percent off, in hundredths of a percent */
};
struct promotion_item {
    const char *product;
    int64_t quantity, price_minor;           /* BUNDLE: quantity a set; PRICE: price a piece */
    const char *name_zh, *name_en;           /* not in the file, see below; NULL: its id stands for it */
};

struct promotion {
    const char *id, *name_zh, *name_en;      /* a name is never empty; one may stand for both */
    enum promotion_kind kind;
    struct promotion_scope scope;            /* BUNDLE, PRICE: unused, their items say it */
    int64_t priority;                        /* smaller first; 0 */
    const char *group;                       /* "": none */
    struct promotion_names excludes;         /* ids, levels, "*" */
    const char *code;                        /* REDUCE: makes it a coupon; "" otherwise */
    const struct promotion_tier *tiers;      /* REDUCE, GIFT: ascending; GIFT and `repeat`: exactly one */
    size_t n_tiers;
    bool repeat, full_price_only;
    int64_t cap_minor;                       /* REDUCE: 0 none */
    int rate;                                /* PERCENT, NTH */
    int64_t n;                               /* NTH, ANY: pieces in a set */
    int64_t price_minor;                     /* ANY, BUNDLE: of a set */
    const struct promotion_item *items;      /* BUNDLE, PRICE */
    size_t n_items;
    int64_t pieces_max;                      /* PERCENT, PRICE: pieces of each product in one order; 0 all */
    const char *gift;                        /* GIFT: product id */
    int64_t gift_quantity;                   /* each time */
    /* Not in the shop's file: whoever loads the promotions fills these in from the catalogue, and the names of `items`. */
    const char *gift_name_zh, *gift_name_en; /* NULL: its id stands for it */
    int64_t gift_value_minor;                /* 0 unknown: counts as one minor unit */
    int64_t gift_stock;                      /* -1 unknown or unlimited */
    /* When and for whom. */
    const char *currency;
    int64_t starts, ends;                    /* Unix seconds, [starts, ends); 0: open */
    int from_minute, to_minute;              /* of the shop's day, [from, to), over midnight when to < from; equal: all day */
    int utc_offset_minutes;
    struct promotion_names members;          /* levels; "*" any member; none: everybody */
    bool new_customers;
    int64_t per_order, per_user, total;      /* uses at most; 0 no limit. A use is a set (NTH, ANY, BUNDLE), a time the gift is given, or an order (others) */
};

/* ---- what the shopper has ---------------------------------------------------------------------------------------- */

struct cart_line {
    const char *product;                     /* once in a cart */
    const char *name_zh, *name_en;           /* for the explanation; NULL: the id */
    const char *brand;                       /* "" none */
    const char *const *categories;           /* paths "A > B"; several when the shop has several languages */
    size_t n_categories;
    int64_t quantity, unit_minor;
};
struct cart_usage { const char *promotion; int64_t by_user, by_all; };
struct cart {
    const struct cart_line *lines;
    size_t n_lines;
    const char *currency;
    const char *member;                      /* "" no member; else the level, "*" when there is only one */
    bool new_customer;
    const struct cart_usage *usage;          /* promotions without an entry: 0, 0 */
    size_t n_usage;
    const char *const *codes;                /* coupons entered */
    size_t n_codes;
    int64_t now;                             /* Unix seconds */
};

/* ---- the answer -------------------------------------------------------------------------------------------------- */

struct promotion_share { size_t line; int64_t pieces, before_minor, off_minor; };  /* line: in the cart's order */
struct promotion_use {
    const struct promotion *promotion;
    enum promotion_level level;
    int64_t times;                           /* sets, repeats; 1 */
    int64_t uses;                            /* to be counted against the limits */
    size_t tier;
    int64_t base_minor, base_count;          /* what it was computed from */
    int64_t off_minor;                       /* sum of the shares; 0 for a gift */
    const struct promotion_share *shares;    /* lines that took part */
    size_t n_shares;
    int64_t gift_quantity;                   /* GIFT */
    const char *text_zh, *text_en;           /* "满300减50：手机壳 ×2 + 耳机 ×1 = 328.00 → −50.00" */
};
struct cart_line_result { int64_t before_minor, line_off_minor, order_off_minor, coupon_off_minor, pay_minor; };
enum near_kind { NEAR_AMOUNT, NEAR_COUNT, NEAR_PRODUCT };
/* What a little more would bring: goods in scope for `amount_minor`, `count` pieces in scope, or `count` of `product`. gain: what the
 * promotion then saves beyond what it and those that exclude it save now. Nearest first; only what its threshold is at least half reached of. */
struct near_miss {
    const struct promotion *promotion;
    enum near_kind kind;
    int64_t amount_minor, count;
    size_t tier;                             /* REDUCE: that would be reached */
    const char *product;
    int64_t gain_minor;                      /* 0: a gift, or it depends on the piece chosen */
    const char *text_zh, *text_en;
};
enum coupon_reason {
    COUPON_APPLIED, COUPON_UNKNOWN, COUPON_NOT_YET, COUPON_OVER, COUPON_HOURS, COUPON_MEMBERS, COUPON_NEW_CUSTOMERS, COUPON_CURRENCY, COUPON_USED_UP,
    COUPON_ALL_USED, COUPON_SCOPE, COUPON_THRESHOLD, COUPON_EXCLUDED, COUPON_REASONS
};
struct coupon_answer {
    const char *code;
    const struct promotion *promotion;       /* NULL: no such code */
    enum coupon_reason reason;
    int64_t missing_minor, missing_count;    /* THRESHOLD */
    const char *text_zh, *text_en;
};
struct cart_result {
    int64_t before_minor, line_off_minor, order_off_minor, coupon_off_minor, total_minor;
    int64_t gift_value_minor;
    const struct cart_line_result *lines;    /* in the cart's order */
    const struct promotion_use *uses;        /* in the order they are computed; gifts last */
    size_t n_uses;
    const struct near_miss *near;
    size_t n_near;
    const struct coupon_answer *coupons;     /* one for each code entered */
    size_t n_coupons;
    bool exact;
    uint64_t nodes;
};
const char *coupon_reason_name(enum coupon_reason r);     /* "applied", "unknown", "threshold", ... */
/* nodes_max 0: SEARCH_NODES_MAX. ERR_USAGE names the line of a cart that makes no sense (a product twice, a quantity or price out of bounds), ERR_LIMIT
 * what there is too much of. An empty cart costs nothing. */
status promotion_best(const struct cart *c, const struct promotion *promotions, size_t n, uint64_t nodes_max, struct arena *a, struct cart_result *out);
/* What one piece of a product costs now by itself, best combination, no codes: the price to show before and after. */
status promotion_price(const struct cart *shopper, const struct cart_line *product, const struct promotion *promotions, size_t n, struct arena *a,
                       struct cart_result *out);
/* What is given back for `count` more pieces of a line of `quantity` for which `pay` was paid and `returned` pieces came back already. All pieces together: pay. */
int64_t cart_refund_minor(int64_t pay_minor, int64_t quantity, int64_t returned, int64_t count);
/* The whole arithmetic as text: lines, promotions, total, what nearly applied, coupons that did not. */
void cart_explain(const struct cart *c, const struct cart_result *r, enum language l, struct strbuf *out);

/* ---- the shop's file and database -------------------------------------------------------------------------------- */

struct promotion_list {
    struct promotion *items;                 /* in the file's order; in the arena */
    size_t n;
};
/* Asked for every product, category and brand that a promotion names; NULL: not checked. */
struct promotion_names_check {
    void *context;
    bool (*product)(void *context, const char *id);
    bool (*category)(void *context, const char *path);
    bool (*brand)(void *context, const char *name);
};
/* Reads and checks a whole file. ERR_FORMAT: "FILE: promotions[3] (P-004), tiers[1].off: ..." */
status promotions_read(const char *path, const struct promotion_names_check *check, struct arena *a, struct promotion_list *out);
/* The shop's promotions become those of the file, all or none (one transaction). What was used so far stays counted by id. */
status promotions_import(struct store *s, const char *path, const struct promotion_names_check *check, size_t *n);
/* ERR_FORMAT when a stored promotion is damaged. A database that never had promotions has none. */
status promotions_load(struct store *s, struct arena *a, struct promotion_list *out);
/* Each stored promotion as the JSON object that a file would have of it, in order. */
status promotions_each_text(struct store *s, status (*visit)(void *context, const char *id, const char *json, size_t n), void *context);
/* How often this user and all users together have used each promotion. user "" : by_user is 0. */
status promotions_usage(struct store *s, const char *user, struct arena *a, const struct cart_usage **out, size_t *n);
/* Counts the uses of an order that was placed; checks the limits once more, in the same transaction: ERR_LIMIT names the promotion. */
status promotions_record(struct store *s, const char *user, const struct cart_result *r);

#endif
