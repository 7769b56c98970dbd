/* How long promotion_best takes (processor time of its one thread): carts of several kinds, each kind's median, 99th percentile and worst, nodes (median to most), and how many were solved
 * exactly. usage: cart_bench [CARTS [LINES [PROMOTIONS [SEED]]]] (1000 20 30 1) */
#include <time.h>

#include "random_carts.h"

static int64_t sum_of(const struct fixture *f) { return rough_sum(f); }

static struct promotion *blank(struct fixture *f, enum promotion_kind kind)
{
    size_t i = f->n++;
    snprintf(f->ids[i], sizeof f->ids[i], "q%02zu", i % 97);
    f->promotions[i] = (struct promotion){.id = f->ids[i], .name_zh = "促销", .name_en = "offer", .kind = kind, .group = "", .code = "", .currency = "CNY",
                                          .gift = "gift", .gift_quantity = 1, .gift_stock = -1, .scope.all = true};
    return &f->promotions[i];
}

static void tier(struct fixture *f, struct promotion *p, int64_t amount, int64_t off)
{
    size_t i = (size_t)(p - f->promotions);
    f->tiers[i][p->n_tiers++] = (struct promotion_tier){.amount_minor = amount, .off_minor = off};
    p->tiers = f->tiers[i];
}

static void coupon(struct fixture *f, struct promotion *p)
{
    size_t i = (size_t)(p - f->promotions);
    snprintf(f->codes[i], sizeof f->codes[i], "C%u", (unsigned)i % 100);
    p->code = f->codes[i];
    p->group = "coupon";
    f->entered[f->cart.n_codes++] = p->code;
}

static void category(struct fixture *f, struct rng *r, struct promotion *p)
{
    size_t i = (size_t)(p - f->promotions);
    f->names[i][0] = fixture_categories[below(r, 4)];
    p->scope = (struct promotion_scope){.categories = {f->names[i], 1}};
}

/* ---- kinds of carts ---- */

/* A shop as shops are: some percents and second pieces in categories, one 满减 an order, one coupon an order. */
static void usual(struct fixture *f, struct rng *r, size_t lines, size_t n)
{
    random_lines(f, r, lines, 30000, 3);
    int64_t sum = sum_of(f) + 100;
    while (f->n < n) {
        size_t what = f->n % 10;
        struct promotion *p = blank(f, what < 2 ? PROMOTION_PERCENT : what < 3 ? PROMOTION_NTH : what < 4 ? PROMOTION_ANY : what < 5 ? PROMOTION_GIFT : PROMOTION_REDUCE);
        if (what != 5) category(f, r, p);
        if (p->kind == PROMOTION_PERCENT || p->kind == PROMOTION_NTH) p->rate = 500 * (1 + (int)below(r, 10));
        if (p->kind == PROMOTION_NTH || p->kind == PROMOTION_ANY) p->n = 2 + below(r, 2);
        if (p->kind == PROMOTION_ANY) p->price_minor = 9900;
        if (p->kind == PROMOTION_GIFT) tier(f, p, sum / 3, 0);
        if (p->kind != PROMOTION_REDUCE) continue;
        int64_t amount = sum / 8 + below(r, sum);
        p->group = "order";
        tier(f, p, amount, amount / 10 + 1);
        tier(f, p, amount * 2, amount / 4 + 1);
        if (what >= 8) coupon(f, p);
    }
}

/* Whatever the tests' generator makes: groups, exclusions and thresholds without sense. */
static void wild(struct fixture *f, struct rng *r, size_t lines, size_t n)
{
    random_lines(f, r, lines, one_in(r, 2) ? 300 : 30000, 3);
    for (f->n = 0; f->n < n; f->n++) random_promotion(f, r, f->n, 30000, PROMOTION_KINDS);
}

/* Every line may leave its discount, and thresholds lie just above what the cart costs with all of them: subset sums. */
static void subset_sums(struct fixture *f, struct rng *r, size_t lines, size_t n)
{
    random_lines(f, r, lines, 1000000, 1);
    int64_t sum = sum_of(f);
    while (f->n < n) {
        struct promotion *p = blank(f, f->n < n / 2 ? PROMOTION_PERCENT : PROMOTION_REDUCE);
        if (p->kind == PROMOTION_PERCENT) {
            category(f, r, p);
            p->rate = 300 + (int)below(r, 1500);
            continue;
        }
        int64_t amount = sum * (85 + below(r, 15)) / 100 + 1;
        tier(f, p, amount, amount / 10 + below(r, 1000));
        p->group = "order";
        if (f->n % 3 == 0) coupon(f, p);
    }
}

/* Thresholds that all combine, each lowering what the coupons then see. */
static void all_stack(struct fixture *f, struct rng *r, size_t lines, size_t n)
{
    random_lines(f, r, lines, 30000, 2);
    int64_t sum = sum_of(f);
    while (f->n < n) {
        struct promotion *p = blank(f, f->n < n / 5 ? PROMOTION_PERCENT : PROMOTION_REDUCE);
        category(f, r, p);
        p->rate = 500 + (int)below(r, 2000);
        if (p->kind == PROMOTION_PERCENT) continue;
        int64_t amount = 1 + below(r, sum / 2 + 1);
        tier(f, p, amount, 1 + amount / 20);
        if (f->n % 3 == 0) coupon(f, p);
        p->group = "";
    }
}

/* Sets over the same goods, and order promotions that exclude some of them. */
static void sets_meet(struct fixture *f, struct rng *r, size_t lines, size_t n)
{
    random_lines(f, r, lines, 30000, 4);
    int64_t sum = sum_of(f);
    while (f->n < n) {
        size_t what = f->n % 3;
        struct promotion *p = blank(f, what == 0 ? PROMOTION_NTH : what == 1 ? PROMOTION_ANY : PROMOTION_REDUCE);
        category(f, r, p);
        p->rate = 2000 + (int)below(r, 8000);
        p->n = 2 + below(r, 4);
        p->price_minor = 5000 + below(r, 30000);
        if (p->kind != PROMOTION_REDUCE) continue;
        int64_t amount = sum / 4 + below(r, sum / 2 + 1);
        tier(f, p, amount, amount / 8 + 1);
        f->excluded[f->n - 1][0] = f->ids[below(r, (int64_t)f->n)];
        p->excludes = (struct promotion_names){f->excluded[f->n - 1], 1};
        p->group = "order";
    }
}

static const struct { const char *name; void (*make)(struct fixture *f, struct rng *r, size_t lines, size_t n); } kinds[] = {
    {"usual", usual}, {"wild", wild}, {"subset-sums", subset_sums}, {"all-stack", all_stack}, {"sets-meet", sets_meet},
};

/* ---- timing ---- */

/* The thread's processor time: the search is one thread and does no I/O, and a machine shared with others would be timed otherwise. */
static uint64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int time_kind(size_t kind, size_t carts, size_t lines, size_t n, uint64_t seed)
{
    static struct fixture f;
    struct arena a;
    struct rng r;
    uint64_t *ns = mem_zalloc(carts, sizeof *ns), *nodes = mem_zalloc(carts, sizeof *nodes);
    size_t exact = 0, applied = 0;
    arena_init(&a, 0);
    rng_seed(&r, seed);
    for (size_t i = 0; ns && nodes && i < carts; i++) {
        struct cart_result out;
        memset(&f, 0, sizeof f);
        kinds[kind].make(&f, &r, lines, n);
        uint64_t start = cpu_ns();
        if (promotion_best(&f.cart, f.promotions, f.n, 0, &a, &out) != OK) {
            fprintf(stderr, "%s: %s\n", kinds[kind].name, status_message());
            return 1;
        }
        ns[i] = cpu_ns() - start;
        exact += out.exact;
        applied += out.n_uses;
        nodes[i] = out.nodes;
        arena_clear(&a);
    }
    if (!ns || !nodes) return 1;
    qsort(ns, carts, sizeof *ns, compare);
    qsort(nodes, carts, sizeof *nodes, compare);
    printf("%-12s median %8.3f ms  99%% %8.3f ms  worst %8.3f ms  nodes %5llu to %6llu  exact %zu of %zu  applied %.1f a cart\n", kinds[kind].name,
           (double)ns[carts / 2] * 1e-6, (double)ns[carts * 99 / 100] * 1e-6, (double)ns[carts - 1] * 1e-6, (unsigned long long)nodes[carts / 2], (unsigned long long)nodes[carts - 1], exact, carts,
           (double)applied / (double)carts);
    mem_free(ns);
    mem_free(nodes);
    arena_release(&a);
    return 0;
}

int main(int argc, char **argv)
{
    size_t carts = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000, lines = argc > 2 ? strtoul(argv[2], NULL, 10) : 20, n = argc > 3 ? strtoul(argv[3], NULL, 10) : 30;
    uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    if (carts < 1 || lines < 1 || lines > FIXTURE_LINES || n > FIXTURE_PROMOTIONS) return fprintf(stderr, "usage: cart_bench [CARTS [LINES [PROMOTIONS [SEED]]]]\n"), 2;
    printf("%zu carts of each kind, %zu lines, %zu promotions\n", carts, lines, n);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        if (time_kind(k, carts, lines, n, seed)) return 1;
    return 0;
}
