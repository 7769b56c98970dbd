/* Matrix products by oneDNN 2.6; the one file that knows it.
 *
 * float32 and int8 go through oneDNN's BLAS-like entries: they are as fast as its primitives, and take every shape without
 * making and keeping a primitive for it, which matters because the number of tokens changes with every step.
 * bf16 has no such entry: operands are rounded to bf16 in a workspace, and primitives are kept by shape. When memory
 * for that is missing, the product is done in float32 instead, and when even that fails, by the plain loops: ops do not fail. */
#include "tensor_int.h"

#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#include <string.h>

enum {
    SERIAL_BELOW = 1 << 18,  /* multiplications */
    PIECE_ROWS = 1024,       /* of a product that a thread takes; fewer where that leaves threads idle. oneDNN copies the other operand
                                for each piece: with 256 rows that took up to a quarter of the time */
    MIN_PIECE_ROWS = 32,
    GRADIENT_PIECE_ROWS = 2048,
    STEP_K = 128,            /* of a gradient that stays in the caches from step to step, and of one that does not: */
    STEP_K_LARGE = 512,
    CACHED_FLOATS = 1 << 22,
    ROUND_BLOCK = 16384,     /* elements that a thread rounds to bf16 */
    MAX_PRODUCTS = 128       /* primitives kept; the least recently used makes room */
};

/* c (M,N) = op(a) (M,K) op(b) (K,N), or +=; row-major; a transposed operand lies as (K,M) or (N,K). */
struct product_shape {
    size_t M, N, K;
    bool transpose_a, transpose_b, accumulate;
};

struct product {
    struct product_shape shape;
    uint64_t last_used;      /* 0: empty */
    dnnl_primitive_t primitive;
    dnnl_memory_t a, b, c, scratch;
    size_t scratch_bytes;
};

struct dnnl_cache {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    uint64_t clock;
    struct product products[MAX_PRODUCTS];
    char *workspace;         /* operands in bf16, then the primitive's scratchpad; grows to the largest product seen */
    size_t workspace_bytes;
};

/* A process whose first device computes in f32 is one that reads: its int8 products go to oneDNN, whose signed ones on AMX (2.6) spend more time
 * copying operands than VNNI takes for the whole. The limit can be set once, before oneDNN makes its first kernel; later calls change nothing. */
status dnnl_cache_new(enum precision precision, struct dnnl_cache **out)
{
    if (precision == PRECISION_F32) dnnl_set_max_cpu_isa(dnnl_cpu_isa_avx512_core_bf16);
    struct dnnl_cache *d = mem_zalloc(1, sizeof *d);
    *out = d;
    if (!d) return fail_nomem("setting up oneDNN");
    if (dnnl_engine_create(&d->engine, dnnl_cpu, 0) != dnnl_success || dnnl_stream_create(&d->stream, d->engine, 0) != dnnl_success)
        return fail(ERR_INTERNAL, "oneDNN does not start on this CPU; set DAOGOU_CPU=scalar to do without it");
    return OK;
}

static void product_release(struct product *p)
{
    if (p->primitive) dnnl_primitive_destroy(p->primitive);
    dnnl_memory_t memories[] = {p->a, p->b, p->c, p->scratch};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        if (memories[i]) dnnl_memory_destroy(memories[i]);
    *p = (struct product){0};
}

void dnnl_cache_free(struct dnnl_cache *d)
{
    if (!d) return;
    for (size_t i = 0; i < MAX_PRODUCTS; i++) product_release(&d->products[i]);
    if (d->stream) dnnl_stream_destroy(d->stream);
    if (d->engine) dnnl_engine_destroy(d->engine);
    mem_free(d->workspace);
    mem_free(d);
}

/* oneDNN uses as many threads as the calling thread may start: set that for the length of a call. Returns what
 * threads_end() puts back. */
static int threads_begin(int threads)
{
    int before = omp_get_max_threads();
    if (before != threads) omp_set_num_threads(threads);
    return before;
}

static void threads_end(int before)
{
    if (omp_get_max_threads() != before) omp_set_num_threads(before);
}

/* ---- float32 ----------------------------------------------------------------------------------------------------- */

/* How much of K at a time. The gradient of a weight (a transposed) has a long K: in steps, oneDNN's copies stay in the cache, but
 * each step reads and writes the whole gradient. */
static size_t depth_step(const struct product_shape *s)
{
    if (!s->transpose_a || !s->K) return s->K ? s->K : 1;
    return s->M * s->N <= CACHED_FLOATS ? STEP_K : STEP_K_LARGE;
}

/* Rows first..first+m-1 (or columns, if by_columns) of the product, on the calling thread. */
static bool sgemm_piece(float *out, size_t ldc, const float *a, const float *b, const struct product_shape *s, bool by_columns, size_t first, size_t n)
{
    size_t lda = s->transpose_a ? s->M : s->K, ldb = s->transpose_b ? s->K : s->N, step = depth_step(s);
    if (by_columns) b += s->transpose_b ? first * ldb : first;
    else a += s->transpose_a ? first : first * lda;
    out += by_columns ? first : first * ldc;
    for (size_t k = 0; k == 0 || k < s->K; k += step) {
        size_t depth = s->K - k < step ? s->K - k : step;
        dnnl_status_t done = dnnl_sgemm(s->transpose_a ? 'T' : 'N', s->transpose_b ? 'T' : 'N', (dnnl_dim_t)(by_columns ? s->M : n),
                                        (dnnl_dim_t)(by_columns ? n : s->N), (dnnl_dim_t)depth, 1, a + k * (s->transpose_a ? lda : 1), (dnnl_dim_t)lda,
                                        b + k * (s->transpose_b ? 1 : ldb), (dnnl_dim_t)ldb, s->accumulate || k > 0, out, (dnnl_dim_t)ldc);
        if (done != dnnl_success) return false;
    }
    return true;
}

/* We share the work out ourselves, because oneDNN's threads wait for one another several times in a product: on a machine
 * that does other things too, each wait may cost a time slice. Here a thread that was held up leaves its pieces to the
 * others. */
static size_t piece_count(const struct compute *c, const struct product_shape *s)
{
    size_t longer = s->M > s->N ? s->M : s->N, threads = (size_t)c->threads;
    if (threads == 1 || s->M * s->N * s->K < SERIAL_BELOW) return 1;
    size_t full = longer / (s->transpose_a ? GRADIENT_PIECE_ROWS : PIECE_ROWS), large = full < 4 * threads ? full : 4 * threads;
    size_t least = longer / MIN_PIECE_ROWS < threads ? longer / MIN_PIECE_ROWS : threads;
    return large < least ? least : large;
}

static bool sgemm(struct compute *c, float *out, size_t ldc, const float *a, const float *b, const struct product_shape *s)
{
    if (!s->M || !s->N) return true;
    bool ok = true, by_columns = s->N > s->M;
    size_t longer = by_columns ? s->N : s->M, pieces = piece_count(c, s);
    if (pieces < 1) pieces = 1;
    size_t width = ((longer + pieces - 1) / pieces + 15) / 16 * 16;
    int before = threads_begin(1);
#pragma omp parallel for schedule(dynamic) num_threads(c->threads) reduction(&& : ok) if (pieces > 1)
    for (size_t first = 0; first < longer; first += width)
        ok = sgemm_piece(out, ldc, a, b, s, by_columns, first, longer - first < width ? longer - first : width) && ok;
    threads_end(before);
    return ok;
}

/* ---- bf16 -------------------------------------------------------------------------------------------------------- */

static bool describe(dnnl_memory_desc_t *m, size_t rows, size_t cols, bool transposed, dnnl_data_type_t type)
{
    dnnl_dims_t dims = {(dnnl_dim_t)rows, (dnnl_dim_t)cols};
    dnnl_dims_t strides = {transposed ? 1 : (dnnl_dim_t)cols, transposed ? (dnnl_dim_t)rows : 1};
    return dnnl_memory_desc_init_by_strides(m, 2, dims, type, strides) == dnnl_success;
}

static bool memory_new(dnnl_memory_t *out, const dnnl_memory_desc_t *m, dnnl_engine_t engine)
{
    return dnnl_memory_create(out, m, engine, DNNL_MEMORY_NONE) == dnnl_success;
}

static bool primitive_new(struct product *p, struct dnnl_cache *d, const dnnl_matmul_desc_t *matmul)
{
    dnnl_primitive_attr_t attr = NULL;
    dnnl_post_ops_t sum = NULL;
    dnnl_primitive_desc_t pd = NULL;
    bool ok = dnnl_primitive_attr_create(&attr) == dnnl_success &&
              dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) == dnnl_success;
    if (ok && p->shape.accumulate)
        ok = dnnl_post_ops_create(&sum) == dnnl_success && dnnl_post_ops_append_sum(sum, 1) == dnnl_success &&
             dnnl_primitive_attr_set_post_ops(attr, sum) == dnnl_success;
    ok = ok && dnnl_primitive_desc_create(&pd, matmul, attr, d->engine, NULL) == dnnl_success &&
         dnnl_primitive_create(&p->primitive, pd) == dnnl_success;
    if (ok) {
        const dnnl_memory_desc_t *scratch = dnnl_primitive_desc_query_md(pd, dnnl_query_scratchpad_md, 0);
        p->scratch_bytes = dnnl_memory_desc_get_size(scratch);
        ok = memory_new(&p->scratch, scratch, d->engine);
    }
    if (pd) dnnl_primitive_desc_destroy(pd);
    if (sum) dnnl_post_ops_destroy(sum);
    if (attr) dnnl_primitive_attr_destroy(attr);
    return ok;
}

static bool product_init(struct product *p, struct dnnl_cache *d, const struct product_shape *s)
{
    dnnl_memory_desc_t a, b, c;
    dnnl_matmul_desc_t matmul;
    p->shape = *s;
    return describe(&a, s->M, s->K, s->transpose_a, dnnl_bf16) && describe(&b, s->K, s->N, s->transpose_b, dnnl_bf16) &&
           describe(&c, s->M, s->N, false, dnnl_f32) && dnnl_matmul_desc_init(&matmul, &a, &b, NULL, &c) == dnnl_success &&
           primitive_new(p, d, &matmul) && memory_new(&p->a, &a, d->engine) && memory_new(&p->b, &b, d->engine) &&
           memory_new(&p->c, &c, d->engine);
}

static bool same_shape(const struct product_shape *a, const struct product_shape *b)
{
    return a->M == b->M && a->N == b->N && a->K == b->K && a->transpose_a == b->transpose_a &&
           a->transpose_b == b->transpose_b && a->accumulate == b->accumulate;
}

static struct product *product_find(struct dnnl_cache *d, const struct product_shape *s)
{
    struct product *oldest = &d->products[0];
    d->clock++;
    for (struct product *p = d->products; p < d->products + MAX_PRODUCTS; p++) {
        if (p->last_used && same_shape(&p->shape, s)) {
            p->last_used = d->clock;
            return p;
        }
        if (p->last_used < oldest->last_used) oldest = p;
    }
    product_release(oldest);
    if (!product_init(oldest, d, s)) {
        product_release(oldest);
        return NULL;
    }
    oldest->last_used = d->clock;
    return oldest;
}

static bool workspace_reserve(struct dnnl_cache *d, size_t bytes)
{
    if (bytes <= d->workspace_bytes) return true;
    char *grown = mem_aligned(bytes);
    if (!grown) return false;
    mem_free(d->workspace);
    d->workspace = grown;
    d->workspace_bytes = bytes;
    return true;
}

static void round_to_bf16(struct compute *c, void *out, const float *x, size_t n)
{
    void (*round_block)(uint16_t *, const float *, size_t) = c->level >= CPU_AVX512 ? round_to_bf16_avx512 : round_to_bf16_avx2;
#pragma omp parallel for schedule(static) num_threads(c->threads) if (n > ROUND_BLOCK)
    for (size_t i = 0; i < n; i += ROUND_BLOCK) round_block((uint16_t *)out + i, x + i, n - i < ROUND_BLOCK ? n - i : ROUND_BLOCK);
}

static bool product_run(struct product *p, struct dnnl_cache *d, float *out, void *a, void *b, void *scratch)
{
    dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, p->a}, {DNNL_ARG_WEIGHTS, p->b}, {DNNL_ARG_DST, p->c}, {DNNL_ARG_SCRATCHPAD, p->scratch}};
    return dnnl_memory_set_data_handle(p->a, a) == dnnl_success && dnnl_memory_set_data_handle(p->b, b) == dnnl_success &&
           dnnl_memory_set_data_handle(p->c, out) == dnnl_success && dnnl_memory_set_data_handle(p->scratch, scratch) == dnnl_success &&
           dnnl_primitive_execute(p->primitive, d->stream, 4, args) == dnnl_success && dnnl_stream_wait(d->stream) == dnnl_success;
}

static size_t round_up_64(size_t n)
{
    return (n + 63) / 64 * 64;
}

/* b is given in float32 or already in bf16. */
static bool bf16_product(struct compute *c, float *out, const float *a, const float *b, const void *b_bf16, const struct product_shape *s)
{
    if (!s->M || !s->N || !s->K) return false;
    struct dnnl_cache *d = c->dnnl;
    int before = threads_begin(c->threads);
    struct product *p = product_find(d, s);
    size_t a_bytes = round_up_64(s->M * s->K * 2), b_bytes = b_bf16 ? 0 : round_up_64(s->K * s->N * 2);
    bool ok = p && workspace_reserve(d, a_bytes + b_bytes + p->scratch_bytes);
    if (ok) {
        char *rounded_a = d->workspace, *rounded_b = rounded_a + a_bytes;
        round_to_bf16(c, rounded_a, a, s->M * s->K);
        if (!b_bf16) round_to_bf16(c, rounded_b, b, s->K * s->N);
        ok = product_run(p, d, out, rounded_a, b_bf16 ? (void *)(uintptr_t)b_bf16 : rounded_b, rounded_b + b_bytes);
    }
    threads_end(before);
    return ok;
}

static bool multiply(struct compute *c, float *out, const float *a, const float *b, const struct product_shape *s)
{
    if (c->precision == PRECISION_BF16 && bf16_product(c, out, a, b, NULL, s)) return true;
    return sgemm(c, out, s->N, a, b, s);
}

/* ---- the three products of a linear layer ------------------------------------------------------------------------ */

static void fill_rows(struct compute *c, float *y, const float *row, size_t N, size_t O)
{
#pragma omp parallel for schedule(static) num_threads(c->threads)
    for (size_t n = 0; n < N; n++) memcpy(y + n * O, row, O * sizeof *row);
}

void linear_dnnl(struct compute *c, float *y, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O)
{
    if (bias) fill_rows(c, y, bias, N, O);
    struct product_shape s = {.M = N, .N = O, .K = I, .transpose_b = true, .accumulate = bias != NULL};
    if (!multiply(c, y, x, w, &s)) linear_ref(c, y, x, w, bias, N, I, O);
}

void linear_backward_input_dnnl(struct compute *c, float *dx, const float *dy, const float *w, size_t N, size_t I, size_t O, bool accumulate)
{
    struct product_shape s = {.M = N, .N = I, .K = O, .accumulate = accumulate};
    if (!multiply(c, dx, dy, w, &s)) linear_backward_input_ref(c, dx, dy, w, N, I, O, accumulate);
}

/* sums (O) += columns of x (N,O), in the order of the rows. Columns are shared out among the threads, so that the order of a column's sum does not
 * depend on their number; a thread walks rows, because memory is read fastest in long pieces. */
static void add_column_sums(struct compute *c, float *sums, const float *x, size_t N, size_t O)
{
    void (*add_rows)(float *, const float *, size_t, size_t, size_t) = c->level >= CPU_AVX512 ? add_rows_avx512 : add_rows_avx2;
    size_t threads = (size_t)c->threads, width = ((O + threads - 1) / threads + 15) / 16 * 16;
#pragma omp parallel for schedule(static) num_threads(c->threads) if (N * O > SERIAL_BELOW)
    for (size_t first = 0; first < O; first += width) add_rows(sums + first, x + first, N, O, O - first < width ? O - first : width);
}

void linear_backward_weight_dnnl(struct compute *c, float *dw, float *dbias, const float *x, const float *dy, size_t N, size_t I, size_t O, bool accumulate)
{
    struct product_shape s = {.M = O, .N = I, .K = N, .transpose_a = true, .accumulate = accumulate};
    if (!multiply(c, dw, dy, x, &s)) {
        linear_backward_weight_ref(c, dw, dbias, x, dy, N, I, O, accumulate);
        return;
    }
    if (dbias) add_column_sums(c, dbias, dy, N, O);
}

/* ---- products for stored weights --------------------------------------------------------------------------------- */

bool product_f32(struct compute *c, float *y, size_t ldy, const float *x, const float *w, size_t N, size_t I, size_t O)
{
    return sgemm(c, y, ldy, x, w, &(struct product_shape){.M = N, .N = O, .K = I, .transpose_b = true});
}

bool product_bf16(struct compute *c, float *y, const float *x, const void *w, size_t N, size_t I, size_t O)
{
    return bf16_product(c, y, x, NULL, w, &(struct product_shape){.M = N, .N = O, .K = I, .transpose_b = true});
}

bool product_input_f32(struct compute *c, float *dx, size_t ldx, const float *dy, const float *w, size_t N, size_t I, size_t O)
{
    return sgemm(c, dx, ldx, dy, w, &(struct product_shape){.M = N, .N = I, .K = O});
}

bool product_input_bf16(struct compute *c, float *dx, const float *dy, const void *w, size_t N, size_t I, size_t O)
{
    return bf16_product(c, dx, dy, NULL, w, &(struct product_shape){.M = N, .N = I, .K = O});
}

bool product_i8(int32_t *y, const int8_t *x, size_t ldx, const int8_t *w, size_t ldw, size_t N, size_t I, size_t O)
{
    int before = threads_begin(1);
    int32_t no_offset = 0;
    dnnl_status_t done = dnnl_gemm_s8s8s32('N', 'T', 'F', (dnnl_dim_t)N, (dnnl_dim_t)O, (dnnl_dim_t)I, 1, x, (dnnl_dim_t)ldx, 0,
                                           w, (dnnl_dim_t)ldw, 0, 0, y, (dnnl_dim_t)O, &no_offset);
    threads_end(before);
    return done == dnnl_success;
}

bool product_peak(struct compute *c, float *y, const float *a, const float *b, size_t side, enum precision precision)
{
    struct product_shape s = {.M = side, .N = side, .K = side};
    int before = threads_begin(c->threads);
    bool ok;
    if (precision == PRECISION_BF16) {   /* whatever the bytes of a and b are as bf16: they need not be rounded first */
        struct product *p = product_find(c->dnnl, &s);
        ok = p && workspace_reserve(c->dnnl, p->scratch_bytes) &&
             product_run(p, c->dnnl, y, (void *)(uintptr_t)a, (void *)(uintptr_t)b, c->dnnl->workspace);
    } else {
        dnnl_dim_t n = (dnnl_dim_t)side;
        ok = dnnl_sgemm('N', 'N', n, n, n, 1, a, n, b, n, 0, y, n) == dnnl_success;
    }
    threads_end(before);
    return ok;
}
