/* What this device can do at most, measured: one large matrix product that nothing else has a part in. */
#include "tensor_int.h"

#include <math.h>
#include <string.h>

enum {
    PEAK_SIDE_CPU = 2048,    /* 17 GFLOP; oneDNN is no faster above */
    PEAK_SIDE_GPU = 8192,
    PEAK_SIDE_SLOW = 128,    /* of the tables that multiply by plain loops */
    PEAK_ROUNDS = 3,         /* the best counts: what disturbs a probe only makes it slower */
    PEAK_NS_MAX = 1000000000 /* after which no further round starts: on a machine so busy the figure says little anyway */
};

/* Small whole numbers, so that no product is denormal, and bf16 has them exactly. */
static void fill(struct compute *c, float *x, size_t n)
{
    float *host = compute_mirror(c, x, n * sizeof *x);
    if (!host) return;
    for (size_t i = 0; i < n; i++) host[i] = (float)(i % 7) - 3;
    compute_upload(c, x, host, n * sizeof *x);
    compute_mirror_free(c, host, x);
}

static bool multiply(struct compute *c, float *y, const float *a, const float *b, size_t side, enum precision p, bool by_op)
{
    if (c->dnnl && !by_op) return product_peak(c, y, a, b, side, p);
    if (c->precision != p) return false;
    float waits;
    c->ops->linear(c, y, a, b, NULL, side, side, side);
    compute_download(c, &waits, y, sizeof waits);
    return true;
}

double compute_peak_gflops(struct compute *c, enum precision p)
{
    size_t side = c->dnnl ? PEAK_SIDE_CPU : strcmp(c->device, "cuda") == 0 ? PEAK_SIDE_GPU : PEAK_SIDE_SLOW, n = side * side;
    float *a = compute_alloc(c, n * sizeof *a), *b = compute_alloc(c, n * sizeof *b), *y = compute_alloc(c, n * sizeof *y);
    double best = 0;
    int ways = c->dnnl && p == PRECISION_BF16 && c->precision == p && c->level >= CPU_AMX ? 2 : 1;   /* our own product may be the faster one */
    if (a && b && y) {
        fill(c, a, n);
        fill(c, b, n);
        uint64_t began = clock_ns();
        for (int i = 0; i < ways * (PEAK_ROUNDS + 1); i++) {   /* the first of each warms up */
            uint64_t start = clock_ns();
            if (i >= 2 * ways && start - began > PEAK_NS_MAX) break;
            if (!multiply(c, y, a, b, side, p, i % ways == 1)) break;
            double gflops = 2.0 * (double)n * (double)side / (double)(clock_ns() - start);
            if (i >= ways) best = fmax(best, gflops);
        }
    }
    compute_dealloc(c, a);
    compute_dealloc(c, b);
    compute_dealloc(c, y);
    return best;
}
