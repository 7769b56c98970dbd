/* Attention, forward and backward: one job for each sequence and (key/value) head. A job copies its head's keys and values
 * out of the wide rows (keys transposed too), then goes through the queries ATTENTION_ROWS at a time: the scores of a tile
 * against every key it sees, softmax, product with the values. A tile is never T x T. Backward computes the probabilities again
 * from the saved lse. All products are small and of one kind, made by the micro-kernel below. Included after ops_tmpl.h. */

enum {
    MICRO_ROWS = 6,
    MICRO_VECTORS = VW == 16 ? 4 : 2,   /* 24 of 32, or 12 of 16 registers hold the sums */
    MICRO_DEPTH = 128,                  /* rows of b at a time: what stays in the L1 cache */
    SERIAL_PRODUCTS = 1 << 18,          /* multiplications that are not worth waking other threads for */
    STEP_KEYS = 256                     /* attention_step: keys between two corrections of the running softmax */
};
_Static_assert(ATTENTION_PAD % VW == 0, "rows of tiles are whole vectors");

/* c (m,n) = or += a (m,k) b (k,n); a(i,p) = a[i * a_row + p * a_col]; rows of b are readable up to whole vectors. */
struct small_product {
    float *c;
    const float *a, *b;
    size_t m, n, k, ldc, a_row, a_col, ldb;
    bool accumulate;
};

INLINE void micro(const struct small_product *p, const int rows, const int vectors)
{
    vf sum[MICRO_ROWS][MICRO_VECTORS], b[MICRO_VECTORS];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = v_zero();
    for (size_t k = 0; k < p->k; k++) {
        UNROLL for (int v = 0; v < vectors; v++) b[v] = v_load(p->b + k * p->ldb + v * VW);
        UNROLL for (int r = 0; r < rows; r++) {
            vf a = v_set(p->a[(size_t)r * p->a_row + k * p->a_col]);
            UNROLL for (int v = 0; v < vectors; v++) sum[r][v] = v_fma(a, b[v], sum[r][v]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < vectors; v++) {
            float *c = p->c + (size_t)r * p->ldc + v * VW;
            size_t left = p->n - (size_t)v * VW;
            v_put(c, p->accumulate ? v_add(v_get(c, left), sum[r][v]) : sum[r][v], left);
        }
}

#define MICRO(r, v) static void micro_##r##_##v(const struct small_product *p) { micro(p, r, v); }
#if defined __AVX512F__
#define MICRO_EACH(r) MICRO(r, 1) MICRO(r, 2) MICRO(r, 3) MICRO(r, 4)
#define MICRO_LIST(r) {micro_##r##_1, micro_##r##_2, micro_##r##_3, micro_##r##_4}
#else
#define MICRO_EACH(r) MICRO(r, 1) MICRO(r, 2)
#define MICRO_LIST(r) {micro_##r##_1, micro_##r##_2}
#endif
MICRO_EACH(1) MICRO_EACH(2) MICRO_EACH(3) MICRO_EACH(4) MICRO_EACH(5) MICRO_EACH(6)
static void (*const micro_kernels[MICRO_ROWS][MICRO_VECTORS])(const struct small_product *) = {
    MICRO_LIST(1), MICRO_LIST(2), MICRO_LIST(3), MICRO_LIST(4), MICRO_LIST(5), MICRO_LIST(6)};

/* One depth: a panel of b stays in the cache while the rows of a pass by. */
static void product_panels(const struct small_product *p)
{
    for (size_t n = 0; n < p->n; n += MICRO_VECTORS * VW) {
        struct small_product part = *p;
        part.b += n;
        part.n = smaller(MICRO_VECTORS * VW, p->n - n);
        for (size_t m = 0; m < p->m; m += MICRO_ROWS) {
            part.a = p->a + m * p->a_row;
            part.c = p->c + m * p->ldc + n;
            micro_kernels[smaller(MICRO_ROWS, p->m - m) - 1][(part.n + VW - 1) / VW - 1](&part);
        }
    }
}

static void multiply_small(const struct small_product *p)
{
    for (size_t k = 0; k < p->k; k += MICRO_DEPTH) {
        struct small_product part = *p;
        part.a += k * p->a_col;
        part.b += k * p->ldb;
        part.k = smaller(MICRO_DEPTH, p->k - k);
        part.accumulate = p->accumulate || k > 0;
        product_panels(&part);
    }
}

/* ---- copies ------------------------------------------------------------------------------------------------------ */

/* out (n, pad(D)) from rows `stride` apart, filled up to a whole vector with zeros. */
static void copy_rows(float *out, const float *rows, size_t stride, size_t n, size_t D)
{
    for (size_t r = 0; r < n; r++, rows += stride, out += attention_pad(D))
        for (size_t i = 0; i < D; i += VW) v_store(out + i, v_get(rows + i, D - i));
}

/* A head's piece of a wide row is too short for the hardware to see a pattern: ask for the next tile's rows while this one's
 * are worked on. */
static void prefetch_rows(const float *rows, size_t stride, size_t n, size_t D)
{
    for (size_t r = 0; r < n; r++, rows += stride)
        for (size_t i = 0; i < D; i += 16) _mm_prefetch((const char *)(rows + i), _MM_HINT_T0);
}

/* out (D, width): row d is element d of each of n rows, then zeros. */
static void copy_transposed(float *out, size_t width, const float *rows, size_t stride, size_t n, size_t D)
{
    for (size_t first = 0; first < width; first += VW)
        for (size_t d = 0; d < D; d += VW) {
            vf square[VW];
            UNROLL for (size_t r = 0; r < VW; r++)
                square[r] = first + r < n ? v_get(rows + (first + r) * stride + d, D - d) : v_zero();
            v_transpose(square);
            for (size_t i = 0; i < smaller(VW, D - d); i++) v_store(out + (d + i) * width + first, square[i]);
        }
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

/* The arrays of one job in its thread's part of scratch. */
struct attention_job {
    size_t T, D, width, stride;       /* width: T and more, the row length of tiles */
    int32_t prefix;
    float scale;
    float *keys_t, *values_t;         /* (D, width) */
    float *keys, *values;             /* (T, pad(D)); forward has values and no keys, backward keys and no values */
    float *scores, *dscores;          /* (ATTENTION_ROWS, width) */
    float *queries, *douts;           /* (ATTENTION_ROWS, pad(D)) */
};

/* Queries first..first+rows-1 of one head. out rows are `out_stride` apart; lse, `lse_stride`, or NULL. */
static void attention_tile(const struct attention_job *job, float *out, size_t out_stride, float *lse, size_t lse_stride, const float *q, size_t first, size_t rows)
{
    size_t columns = attention_visible(first + rows - 1, job->T, job->prefix);
    multiply_small(&(struct small_product){.c = job->scores, .a = q, .b = job->keys_t, .m = rows, .n = attention_pad(columns), .k = job->D,
                               .ldc = job->width, .a_row = job->stride, .a_col = 1, .ldb = job->width});
    float sums[ATTENTION_ROWS];
    for (size_t r = 0; r < rows; r++) {
        size_t n = attention_visible(first + r, job->T, job->prefix);
        float *row = job->scores + r * job->width, largest = job->scale * row_largest(row, n);
        sums[r] = exp_row(row, job->scale, largest, n, attention_pad(columns));
        if (lse) lse[r * lse_stride] = largest + logf(sums[r]);
    }
    multiply_small(&(struct small_product){.c = out, .a = job->scores, .b = job->values, .m = rows, .n = job->D, .k = columns,
                               .ldc = out_stride, .a_row = job->width, .a_col = 1, .ldb = attention_pad(job->D)});
    for (size_t r = 0; r < rows; r++) scale_row(out + r * out_stride, 1 / sums[r], job->D);
}

static struct attention_job job_for(const struct attention_shape *shape, size_t s, float *memory)
{
    size_t T = (size_t)(shape->offsets[s + 1] - shape->offsets[s]), D = shape->head_size, width = attention_width(T), Dp = attention_pad(D);
    struct attention_job job = {.T = T, .D = D, .width = width, .stride = (shape->n_heads + 2 * (size_t)shape->n_kv_heads) * D,
                                .prefix = shape->prefix[s], .scale = 1 / sqrtf((float)D)};
    job.keys_t = memory;
    job.values_t = job.keys_t + D * width;
    job.keys = job.values = job.values_t + D * width;
    job.scores = job.keys + T * Dp;
    job.dscores = job.scores + ATTENTION_ROWS * width;
    job.queries = job.dscores + ATTENTION_ROWS * width;
    job.douts = job.queries + ATTENTION_ROWS * Dp;
    return job;
}

static void attention_head(const struct attention_shape *shape, size_t s, size_t h, float *out, float *lse, const float *qkv, float *memory)
{
    struct attention_job job = job_for(shape, s, memory);
    size_t H = shape->n_heads, K = shape->n_kv_heads, D = job.D, first = (size_t)shape->offsets[s];
    const float *q = qkv + first * job.stride + h * D, *k = qkv + first * job.stride + (H + h / (H / K)) * D;
    prefetch_rows(q, job.stride, smaller(ATTENTION_ROWS, job.T), D);
    copy_transposed(job.keys_t, job.width, k, job.stride, job.T, D);
    copy_rows(job.values, k + K * D, job.stride, job.T, D);
    for (size_t i = 0; i < job.T; i += ATTENTION_ROWS) {
        size_t next = smaller(i + ATTENTION_ROWS, job.T);
        prefetch_rows(q + next * job.stride, job.stride, smaller(ATTENTION_ROWS, job.T - next), D);
        attention_tile(&job, out + (first + i) * H * D + h * D, H * D, lse ? lse + (first + i) * H + h : NULL, H, q + i * job.stride, i,
                       next - i);
    }
}

/* How many threads have room in scratch; 0 when the caller did not reserve it, and the reference has to do. */
static int job_threads(const struct compute *c, size_t floats)
{
    return (int)smaller(c->scratch_floats / floats, (size_t)c->threads);
}

/* Jobs differ in length and are taken as threads come free: each writes its own part of the result, so the order is no matter. */
static void attention(struct compute *c, float *out, float *lse, const float *qkv, const struct attention_shape *shape)
{
    size_t floats = attention_job_floats(attention_longest(shape), shape->head_size), H = shape->n_heads;
    int threads = job_threads(c, floats);
    if (!threads) {
        ops_scalar.attention(c, out, lse, qkv, shape);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (attention_worth_sharing(shape))
    for (size_t j = 0; j < shape->n_seqs * H; j++) {
        unsigned before = denormals_off();
        attention_head(shape, j / H, j % H, out, lse, qkv, c->scratch + (size_t)omp_get_thread_num() * floats);
        _mm_setcsr(before);
    }
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

static void softmax_backward(const struct attention_job *job, const float *out, size_t out_stride, const float *lse, size_t lse_stride, size_t first, size_t rows, size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        float delta = row_delta(job->douts + r * attention_pad(job->D), out + r * out_stride, job->D, false);
        softmax_row_backward(job->scores + r * job->width, job->dscores + r * job->width, delta, lse[r * lse_stride], job->scale,
                             attention_visible(first + r, job->T, job->prefix), attention_pad(columns));
    }
}

/* One tile of queries of head h: writes its dq, adds to dk and dv. Offsets: `at` of q in qkv, `kv` of k, `o` of out. */
static void attention_tile_backward(const struct attention_job *job, const struct attention_shape *shape, size_t first, size_t rows,
                                    float *dq, float *dk, float *dv, const float *q, const float *dout, const float *out, const float *lse)
{
    size_t D = job->D, Dp = attention_pad(D), width = job->width, H = shape->n_heads;
    size_t columns = attention_visible(first + rows - 1, job->T, job->prefix);
    copy_rows(job->queries, q, job->stride, rows, D);
    copy_rows(job->douts, dout, H * D, rows, D);
    multiply_small(&(struct small_product){.c = job->scores, .a = job->queries, .b = job->keys_t, .m = rows, .n = attention_pad(columns), .k = D,
                               .ldc = width, .a_row = Dp, .a_col = 1, .ldb = width});
    multiply_small(&(struct small_product){.c = job->dscores, .a = job->douts, .b = job->values_t, .m = rows, .n = attention_pad(columns), .k = D,
                               .ldc = width, .a_row = Dp, .a_col = 1, .ldb = width});
    softmax_backward(job, out, H * D, lse, H, first, rows, columns);
    multiply_small(&(struct small_product){.c = dv, .a = job->scores, .b = job->douts, .m = columns, .n = D, .k = rows,
                               .ldc = job->stride, .a_row = 1, .a_col = width, .ldb = Dp, .accumulate = true});
    multiply_small(&(struct small_product){.c = dk, .a = job->dscores, .b = job->queries, .m = columns, .n = D, .k = rows,
                               .ldc = job->stride, .a_row = 1, .a_col = width, .ldb = Dp, .accumulate = true});
    multiply_small(&(struct small_product){.c = dq, .a = job->dscores, .b = job->keys, .m = rows, .n = D, .k = columns,
                               .ldc = job->stride, .a_row = width, .a_col = 1, .ldb = Dp});
}

static void attention_kv_head_backward(const struct attention_shape *shape, size_t s, size_t kv, float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv, float *memory)
{
    struct attention_job job = job_for(shape, s, memory);
    size_t H = shape->n_heads, K = shape->n_kv_heads, D = job.D, group = H / K, first = (size_t)shape->offsets[s];
    size_t k = first * job.stride + (H + kv) * D, v = k + K * D;
    copy_transposed(job.keys_t, job.width, qkv + k, job.stride, job.T, D);
    copy_transposed(job.values_t, job.width, qkv + v, job.stride, job.T, D);
    copy_rows(job.keys, qkv + k, job.stride, job.T, D);
    for (size_t i = 0; i < job.T; i++) {
        memset(dqkv + k + i * job.stride, 0, D * sizeof *dqkv);
        memset(dqkv + v + i * job.stride, 0, D * sizeof *dqkv);
    }
    for (size_t h = kv * group; h < (kv + 1) * group; h++)
        for (size_t i = 0; i < job.T; i += ATTENTION_ROWS) {
            size_t q = (first + i) * job.stride + h * D, o = (first + i) * H * D + h * D, rows = smaller(ATTENTION_ROWS, job.T - i);
            size_t next = smaller(ATTENTION_ROWS, job.T - i - rows);
            prefetch_rows(out + o, H * D, rows, D);
            prefetch_rows(dout + o + rows * H * D, H * D, next, D);
            prefetch_rows(qkv + q + rows * job.stride, job.stride, next, D);
            attention_tile_backward(&job, shape, i, rows, dqkv + q, dqkv + k, dqkv + v, qkv + q,
                                    dout + o, out + o, lse + (first + i) * H + h);
        }
}

static void attention_backward(struct compute *c, float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv, const struct attention_shape *shape)
{
    size_t floats = attention_job_floats(attention_longest(shape), shape->head_size), K = shape->n_kv_heads;
    int threads = job_threads(c, floats);
    if (!threads) {
        ops_scalar.attention_backward(c, dqkv, dout, out, lse, qkv, shape);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (attention_worth_sharing(shape))
    for (size_t j = 0; j < shape->n_seqs * K; j++) {
        unsigned before = denormals_off();
        attention_kv_head_backward(shape, j / K, j % K, dqkv, dout, out, lse, qkv, c->scratch + (size_t)omp_get_thread_num() * floats);
        _mm_setcsr(before);
    }
}

/* ---- one new position -------------------------------------------------------------------------------------------- */

static float row_dot(const float *a, const float *b, size_t n)
{
    vf sum = v_zero();
    for (size_t i = 0; i < n; i += VW) sum = v_fma(v_get(a + i, n - i), v_get(b + i, n - i), sum);
    return v_sum(sum);
}

/* out = out * keep + sum of p_j v_j */
static void mix_rows(float *out, float keep, const float *p, const float *values, size_t stride, size_t n, size_t D)
{
    for (size_t i = 0; i < D; i += VW) {
        vf sum = v_mul(v_get(out + i, D - i), v_set(keep));
        for (size_t j = 0; j < n; j++) sum = v_fma(v_set(p[j]), v_get(values + j * stride + i, D - i), sum);
        v_put(out + i, sum, D - i);
    }
}

/* Softmax of as many keys as there are, a piece at a time (Milakov, Gimelshein 2018): when a piece raises the largest score,
 * what was summed so far shrinks by e^(old - new). */
static void attention_step_head(float *out, const float *q, const float *keys, const float *values, size_t stride, size_t length, size_t D)
{
    float p[STEP_KEYS], largest = -INFINITY, sum = 0, scale = 1 / sqrtf((float)D);
    memset(out, 0, D * sizeof *out);
    for (size_t j = 0; j < length; j += STEP_KEYS) {
        size_t n = smaller(STEP_KEYS, length - j);
        for (size_t i = 0; i < n; i++) p[i] = row_dot(q, keys + (j + i) * stride, D);
        float before = largest;
        largest = fmaxf(largest, scale * row_largest(p, n));
        float keep = expf(before - largest);
        for (size_t i = n; i < attention_pad(n); i++) p[i] = 0;
        sum = sum * keep + exp_row(p, scale, largest, n, attention_pad(n));
        mix_rows(out, keep, p, values + j * stride, stride, n, D);
    }
    if (length) scale_row(out, 1 / sum, D);
}

static void attention_step(struct compute *c, float *out, const float *q, const float *keys, const float *values, size_t length, uint32_t n_heads, uint32_t n_kv_heads, uint32_t head_size)
{
    size_t D = head_size, group = n_heads / n_kv_heads;
#pragma omp parallel for schedule(static) num_threads(c->threads) if (length * n_heads * D > SERIAL_PRODUCTS)
    for (size_t h = 0; h < n_heads; h++)
        attention_step_head(out + h * D, q + h * D, keys + h / group * D, values + h / group * D, n_kv_heads * D, length, D);
}

static void overlay_attention(struct ops *table)
{
    table->attention = attention;
    table->attention_backward = attention_backward;
    table->attention_step = attention_step;
}
