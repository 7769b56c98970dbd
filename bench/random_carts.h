/* For tests and bench: random carts and promotions that get in each other's way: few products, prices near thresholds, overlapping scopes, groups, exclusions. */
#ifndef RANDOM_CARTS_H
#define RANDOM_CARTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "promotion/promotion.h"

enum { FIXTURE_LINES = 64, FIXTURE_PROMOTIONS = 64, FIXTURE_NOW = 1800000000 };

struct fixture {
    struct cart cart;
    struct cart_line lines[FIXTURE_LINES];
    char products[FIXTURE_LINES][8];
    struct promotion promotions[FIXTURE_PROMOTIONS];
    size_t n;
    char ids[FIXTURE_PROMOTIONS][8], codes[FIXTURE_PROMOTIONS][8];
    struct promotion_tier tiers[FIXTURE_PROMOTIONS][3];
    struct promotion_item items[FIXTURE_PROMOTIONS][3];
    const char *names[FIXTURE_PROMOTIONS][4], *excluded[FIXTURE_PROMOTIONS][2];
    const char *entered[FIXTURE_PROMOTIONS];
    struct cart_usage usage[FIXTURE_PROMOTIONS];
};

static const char *const fixture_categories[] = {"X", "X > Y", "X > Y > W", "Z"};
static const char *const fixture_brands[] = {"", "b", "c"};

static inline int64_t below(struct rng *r, int64_t n) { return (int64_t)rng_below(r, (uint64_t)n); }
static inline bool one_in(struct rng *r, int64_t n) { return below(r, n) == 0; }

static inline void random_lines(struct fixture *f, struct rng *r, size_t n, int64_t price_most, int64_t quantity_most)
{
    for (size_t i = 0; i < n; i++) {
        snprintf(f->products[i], sizeof f->products[i], "p%02zu", (i * 7 + 3) % 97);
        f->lines[i] = (struct cart_line){.product = f->products[i], .brand = fixture_brands[below(r, 3)], .categories = &fixture_categories[below(r, 4)],
                                         .n_categories = 1, .quantity = 1 + below(r, quantity_most), .unit_minor = one_in(r, 12) ? 0 : 1 + below(r, price_most)};
        if (i && one_in(r, 5)) f->lines[i].unit_minor = f->lines[i - 1].unit_minor;
    }
    f->cart = (struct cart){.lines = f->lines, .n_lines = n, .currency = "CNY", .member = one_in(r, 2) ? "gold" : "", .new_customer = one_in(r, 2),
                            .now = FIXTURE_NOW, .codes = f->entered, .usage = f->usage};
}

static inline void random_scope(struct fixture *f, struct rng *r, size_t i, struct promotion *p)
{
    const char **names = f->names[i];
    const struct promotion_names one = {names, 1}, two = {names, 2};
    switch (below(r, 6)) {
    case 0: names[0] = fixture_categories[below(r, 4)]; p->scope.categories = one; break;
    case 1: names[0] = fixture_brands[1 + below(r, 2)]; p->scope.brands = one; break;
    case 2:
        names[0] = f->lines[below(r, (int64_t)f->cart.n_lines)].product;
        names[1] = f->lines[below(r, (int64_t)f->cart.n_lines)].product;
        p->scope.products = two;
        break;
    default: p->scope.all = true; break;
    }
    if (!one_in(r, 5)) return;
    names[2] = f->lines[below(r, (int64_t)f->cart.n_lines)].product;
    p->scope.not_products = (struct promotion_names){names + 2, 1};
}

static inline int64_t rough_sum(const struct fixture *f)
{
    int64_t sum = 0;
    for (size_t i = 0; i < f->cart.n_lines; i++) sum += f->lines[i].quantity * f->lines[i].unit_minor;
    return sum;
}

static inline void random_tiers(struct fixture *f, struct rng *r, size_t i, struct promotion *p)
{
    struct promotion_tier *t = f->tiers[i];
    int64_t sum = rough_sum(f) + 2, amount = 0, count = 0;
    bool by_count = one_in(r, 4), both = one_in(r, 8);
    p->repeat = one_in(r, 4);
    p->n_tiers = p->repeat || p->kind == PROMOTION_GIFT ? 1 : 1 + (size_t)below(r, 3);
    for (size_t k = 0; k < p->n_tiers; k++) {
        amount += 1 + below(r, sum / (p->repeat ? 2 : 1) / (int64_t)p->n_tiers + 1);
        count += 1 + below(r, 3);
        t[k] = (struct promotion_tier){.amount_minor = by_count && !both ? 0 : amount, .count = by_count || both ? count : 0};
        if (p->kind == PROMOTION_GIFT) continue;
        if (!p->repeat && one_in(r, 3)) t[k].rate = one_in(r, 3) ? 5000 + (int)below(r, 5001) : 1 + (int)below(r, 5000);
        else t[k].off_minor = 1 + below(r, amount / 2 + 1);
    }
    if (one_in(r, 5)) p->cap_minor = 1 + below(r, sum / 4 + 1);
    p->full_price_only = one_in(r, 4);
    p->tiers = t;
}

static inline void random_what(struct fixture *f, struct rng *r, size_t i, struct promotion *p, int64_t price_most)
{
    int64_t lines = (int64_t)f->cart.n_lines;
    random_scope(f, r, i, p);
    if (p->kind == PROMOTION_PERCENT || p->kind == PROMOTION_NTH) p->rate = one_in(r, 8) ? 10000 : 1 + (int)below(r, 6000);
    if (p->kind == PROMOTION_NTH || p->kind == PROMOTION_ANY) p->n = 2 + below(r, 2);
    if (p->kind == PROMOTION_ANY) p->price_minor = below(r, price_most * p->n / 2 + 1);
    if (p->kind == PROMOTION_PERCENT || p->kind == PROMOTION_PRICE) p->pieces_max = one_in(r, 3) ? 1 + below(r, 2) : 0;
    if (p->kind == PROMOTION_BUNDLE || p->kind == PROMOTION_PRICE) {
        int64_t first = below(r, lines), worth = 0;
        p->n_items = lines > 1 ? 2 : 1;
        p->items = f->items[i];
        for (size_t k = 0; k < p->n_items; k++) {
            const struct cart_line *l = &f->lines[(first + (int64_t)k) % lines];
            f->items[i][k] = (struct promotion_item){.product = l->product, .quantity = 1 + below(r, 2), .price_minor = below(r, l->unit_minor + 2)};
            worth += f->items[i][k].quantity * l->unit_minor;
        }
        p->price_minor = below(r, worth + 2);
    }
    if (p->kind == PROMOTION_REDUCE || p->kind == PROMOTION_GIFT) random_tiers(f, r, i, p);
    if (p->kind == PROMOTION_GIFT) {
        p->gift = "gift";
        p->gift_quantity = 1 + below(r, 2);
        p->gift_stock = one_in(r, 2) ? -1 : below(r, 4);
        p->gift_value_minor = below(r, 50);
    }
}

/* A promotion is open to the cart except for a few: wrong hour, wrong members, used up. */
static inline void random_when(struct fixture *f, struct rng *r, size_t i, struct promotion *p)
{
    if (one_in(r, 20)) p->starts = FIXTURE_NOW + below(r, 3) - 1;
    if (one_in(r, 20)) p->ends = FIXTURE_NOW + below(r, 3) - 1;
    if (one_in(r, 20)) p->new_customers = true;
    if (one_in(r, 20)) {
        f->names[i][3] = one_in(r, 2) ? "*" : one_in(r, 2) ? "gold" : "silver";
        p->members = (struct promotion_names){&f->names[i][3], 1};
    }
    if (one_in(r, 6)) p->per_user = 1 + below(r, 3);
    if (one_in(r, 8)) p->total = 1 + below(r, 3);
    if (one_in(r, 8)) p->per_order = 1 + below(r, 2);
    if (one_in(r, 6)) f->usage[f->cart.n_usage++] = (struct cart_usage){f->ids[i], below(r, 3), below(r, 3)};
}

static inline void random_promotion(struct fixture *f, struct rng *r, size_t i, int64_t price_most, int64_t kinds)
{
    static const char *const groups[] = {"", "", "order", "g", "h"}, *const levels[] = {"line", "order", "coupon", "*"};
    struct promotion *p = &f->promotions[i];
    snprintf(f->ids[i], sizeof f->ids[i], "q%02zu", (i * 11 + 5) % 97);
    *p = (struct promotion){.id = f->ids[i], .name_zh = "促销", .name_en = "offer", .kind = (enum promotion_kind)below(r, kinds), .priority = below(r, 2),
                            .group = groups[below(r, 5)], .code = "", .currency = "CNY", .gift_quantity = 1, .gift_stock = -1};
    if (p->kind == PROMOTION_REDUCE && one_in(r, 3)) {
        snprintf(f->codes[i], sizeof f->codes[i], "C%u", (unsigned)i % 100);
        p->code = f->codes[i];
        if (!one_in(r, 6)) f->entered[f->cart.n_codes++] = p->code;
    }
    random_what(f, r, i, p, price_most);
    random_when(f, r, i, p);
    if (i && one_in(r, 5)) {
        f->excluded[i][0] = one_in(r, 3) ? levels[below(r, 4)] : f->ids[below(r, (int64_t)i)];
        p->excludes = (struct promotion_names){f->excluded[i], 1};
    }
}

static inline void random_fixture(struct fixture *f, struct rng *r, size_t lines, size_t promotions, int64_t price_most, int64_t quantity_most)
{
    memset(f, 0, sizeof *f);
    random_lines(f, r, lines, price_most, quantity_most);
    for (f->n = 0; f->n < promotions; f->n++) random_promotion(f, r, f->n, price_most, PROMOTION_KINDS);
}

#endif
