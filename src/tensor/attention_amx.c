/* Attention by the tile unit: as attention_tmpl.h does it, a block of queries against every key that it sees, softmax, product with the values;
 * backward computes the probabilities again from lse (Dao et al. 2022, with whole rows of scores instead of an online softmax). Operands are
 * rounded to bf16 as they are packed, scores and sums are float32. Keys and values of a head are packed once. Never T x T. */
#include "softmax_rows.h"
#include "tiles_amx.h"

#include <omp.h>

enum {
    SIDE = 2 * TILE,                  /* of the squares of multiply_tiles */
    BLOCK = ATTENTION_TILE_ROWS       /* queries at a time */
};

static size_t tiles_deep(size_t depth)
{
    return (depth + TILE_DEPTH - 1) / TILE_DEPTH;
}

static size_t whole_squares(size_t n)
{
    return (n + SIDE - 1) / SIDE * SIDE;
}

/* A packed operand: the tiles of 16 rows of A or columns of B, `deep` of them, and then those of the next 16. */
struct packed {
    char *x;
    size_t deep;
};

/* A: n rows of `depth` elements, into room for as many or more. By rows: as they lie; else they are the columns of x. */
static struct packed pack_a(struct packed p, const void *x, bool bf16, size_t ld, size_t n, size_t depth, bool by_rows)
{
    p.deep = tiles_deep(depth);
    pack(&(struct operand){.x = x, .bf16 = bf16, .ld = ld, .n = n, .depth_inner = by_rows}, p.x, p.deep * TILE_BYTES, 0, tile_count(n), 0, p.deep, depth);
    return p;
}

/* B: n columns of `depth` elements. By rows: they are the rows of x. */
static struct packed pack_b(struct packed p, const void *x, bool bf16, size_t ld, size_t n, size_t depth, bool by_rows)
{
    p.deep = tiles_deep(depth);
    pack(&(struct operand){.x = x, .bf16 = bf16, .ld = ld, .n = n, .depth_inner = by_rows, .pairs = true}, p.x, p.deep * TILE_BYTES, 0, tile_count(n), 0, p.deep, depth);
    return p;
}

static struct square square_of(float *c, size_t ldc, const struct packed *a, const struct packed *b, size_t row, size_t col)
{
    return (struct square){.a = packed_tiles(a->x + row / TILE * a->deep * TILE_BYTES, a->deep * TILE_BYTES),
                           .b = {b->x + col / TILE * b->deep * TILE_BYTES, b->deep * TILE_BYTES}, .c = (char *)(c + row * ldc + col)};
}

/* c (rows, cols) = or += a b, over the first `depth` elements; c has room for whole squares. */
static void multiply_packed(float *c, size_t ldc, size_t rows, size_t cols, const struct packed *a, const struct packed *b, size_t depth, bool accumulate)
{
    struct square q = square_of(c, ldc, a, b, 0, 0), then;
    size_t deep = tiles_deep(depth), c_rows = (SIDE + deep - 1) / deep;
    for (size_t row = 0; row < rows; row += SIDE)
        for (size_t col = 0; col < cols; col += SIDE, q = then) {
            bool turn = col + SIDE >= cols;
            then = square_of(c, ldc, a, b, turn && row + SIDE < rows ? row + SIDE : row, turn ? 0 : col + SIDE);
            struct start start = accumulate ? (struct start){(const float *)(const void *)q.c, ldc * sizeof *c} : (struct start){0};
            multiply_tiles(q.c, ldc * sizeof *c, start, &q, deep, &(struct ahead){.next = &then, .c_stride = ldc * sizeof *c, .c_lines = 2, .c_rows = c_rows});
        }
}

/* ---- a head ------------------------------------------------------------------------------------------------------ */

/* The head of one sequence, and its arrays in the thread's part of scratch. */
struct head {
    size_t T, D, width, H;              /* width: of scores */
    size_t stride, out_stride;          /* elements from row to row of qkv, and of out */
    bool bf16;                          /* qkv, out and their gradients are of bf16 */
    int32_t prefix;
    float scale;
    float *scores, *dscores;            /* (BLOCK, width) */
    float *sums;                        /* (BLOCK, D): a block's part of out, or of dq */
    float *dkeys, *dvalues;             /* (whole squares of T, D) */
    struct packed keys_by_channel, values_by_channel;   /* B of queries x keys^T, dout x values^T: depth D */
    struct packed keys_by_position, values_by_position; /* B of scores x keys, scores x values: depth T */
    struct packed queries, douts;       /* A: depth D */
    struct packed queries_by_position, douts_by_position; /* B: depth BLOCK */
    struct packed p;                    /* A: probabilities, or dscores: depth T */
    struct packed p_by_query;           /* A of probabilities^T x dout, dscores^T x queries: depth BLOCK */
};

/* Scratch that is handed out piece by piece; without memory, only counted. */
struct room {
    float *memory;
    size_t used;
};

static float *take(struct room *r, size_t n)
{
    float *taken = r->memory ? r->memory + r->used : NULL;
    r->used += (n + 15) / 16 * 16;
    return taken;
}

static struct packed take_packed(struct room *r, size_t n, size_t depth)
{
    return (struct packed){(char *)take(r, tile_count(n) * tiles_deep(depth) * TILE_BYTES / sizeof(float)), tiles_deep(depth)};
}

static void head_layout(struct head *h, struct room *r)
{
    size_t T = h->T, D = h->D;
    h->width = attention_width(T);
    h->scores = take(r, BLOCK * h->width);
    h->dscores = take(r, BLOCK * h->width);
    h->sums = take(r, BLOCK * D);
    h->dkeys = take(r, whole_squares(T) * D);
    h->dvalues = take(r, whole_squares(T) * D);
    h->keys_by_channel = take_packed(r, T, D);
    h->values_by_channel = take_packed(r, T, D);
    h->keys_by_position = take_packed(r, D, T);
    h->values_by_position = take_packed(r, D, T);
    h->queries = take_packed(r, BLOCK, D);
    h->douts = take_packed(r, BLOCK, D);
    h->queries_by_position = take_packed(r, D, BLOCK);
    h->douts_by_position = take_packed(r, D, BLOCK);
    h->p = take_packed(r, BLOCK, T);
    h->p_by_query = take_packed(r, T, BLOCK);
}

static struct head head_of(const struct compute *c, const struct attention_shape *shape, size_t s, const float *qkv, const float *out, float *memory)
{
    size_t D = shape->head_size, H = shape->n_heads;
    struct head h = {.T = (size_t)(shape->offsets[s + 1] - shape->offsets[s]), .D = D, .H = H, .bf16 = compute_is_bf16(c, qkv),
                     .stride = activation_stride(c, qkv, (H + 2 * (size_t)shape->n_kv_heads) * D), .out_stride = activation_stride(c, out, H * D), .prefix = shape->prefix[s], .scale = 1 / sqrtf((float)D)};
    head_layout(&h, &(struct room){memory, 0});
    return h;
}

size_t attention_tiles_floats(size_t max_len, size_t D)
{
    struct head h = {.T = max_len, .D = D};
    struct room r = {0};
    head_layout(&h, &r);
    return r.used;
}

/* Scores of queries first..first+rows-1; returns how many columns hold what any of them sees, in whole squares. */
static size_t score_block(const struct head *h, const void *q, size_t first, size_t rows)
{
    size_t columns = whole_squares(attention_visible(first + rows - 1, h->T, h->prefix));
    struct packed queries = pack_a(h->queries, q, h->bf16, h->stride, rows, h->D, true);
    multiply_packed(h->scores, h->width, rows, columns, &queries, &h->keys_by_channel, h->D, false);
    return columns;
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

/* D elements of an array, from element `at` on = factor x */
static void put_row(const struct head *h, void *to, size_t at, const float *x, float factor)
{
    for (size_t i = 0; i < h->D; i += VW) a_put(to, at + i, v_mul(v_load(x + i), v_set(factor)), h->D - i, h->bf16);
}

/* lse: H apart (or NULL) */
static void forward_block(const struct head *h, void *out, float *lse, const void *q, size_t first, size_t rows)
{
    size_t columns = score_block(h, q, first, rows), D = h->D;
    float sums[BLOCK];
    for (size_t r = 0; r < rows; r++) {
        size_t n = attention_visible(first + r, h->T, h->prefix);
        float *row = h->scores + r * h->width, largest = h->scale * row_largest(row, n);
        sums[r] = exp_row(row, h->scale, largest, n, columns);
        if (lse) lse[r * h->H] = largest + logf(sums[r]);
    }
    struct packed p = pack_a(h->p, h->scores, false, h->width, rows, columns, true);
    multiply_packed(h->sums, D, rows, D, &p, &h->values_by_position, columns, false);
    for (size_t r = 0; r < rows; r++) put_row(h, out, r * h->out_stride, h->sums + r * D, 1 / sums[r]);
}

static void forward_head(const struct compute *c, const struct attention_shape *shape, size_t s, size_t head, float *out, float *lse, const float *qkv, float *memory)
{
    struct head h = head_of(c, shape, s, qkv, out, memory);
    size_t H = h.H, K = shape->n_kv_heads, first = (size_t)shape->offsets[s];
    size_t q = first * h.stride + head * h.D, k = first * h.stride + (H + head / (H / K)) * h.D;
    h.keys_by_channel = pack_b(h.keys_by_channel, element(qkv, k, h.bf16), h.bf16, h.stride, h.T, h.D, true);
    h.values_by_position = pack_b(h.values_by_position, element(qkv, k + K * h.D, h.bf16), h.bf16, h.stride, h.D, h.T, false);
    for (size_t i = 0; i < h.T; i += BLOCK)
        forward_block(&h, writable(out, (first + i) * h.out_stride + head * h.D, h.bf16), lse ? lse + (first + i) * H + head : NULL,
                      element(qkv, q + i * h.stride, h.bf16), i, smaller(BLOCK, h.T - i));
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* What one block of queries has to do with. */
struct backward_block {
    void *dq;
    const void *q, *dout, *out;
    const float *lse;
    size_t first, rows;
};

static void backward_block(const struct head *h, const struct backward_block *b)
{
    size_t D = h->D, ld = h->out_stride, rows = b->rows, columns = score_block(h, b->q, b->first, rows);
    struct packed douts = pack_a(h->douts, b->dout, h->bf16, ld, rows, D, true), right = pack_b(h->queries_by_position, b->q, h->bf16, h->stride, D, rows, false);
    struct packed right_douts = pack_b(h->douts_by_position, b->dout, h->bf16, ld, D, rows, false), left;
    multiply_packed(h->dscores, h->width, rows, columns, &douts, &h->values_by_channel, D, false);
    for (size_t r = 0; r < rows; r++) {
        float delta = row_delta(element(b->dout, r * ld, h->bf16), element(b->out, r * ld, h->bf16), D, h->bf16);
        softmax_row_backward(h->scores + r * h->width, h->dscores + r * h->width, delta, b->lse[r * h->H], h->scale, attention_visible(b->first + r, h->T, h->prefix), columns);
    }
    left = pack_a(h->p_by_query, h->scores, false, h->width, columns, rows, false);
    multiply_packed(h->dvalues, D, columns, D, &left, &right_douts, rows, true);
    left = pack_a(h->p_by_query, h->dscores, false, h->width, columns, rows, false);
    multiply_packed(h->dkeys, D, columns, D, &left, &right, rows, true);
    left = pack_a(h->p, h->dscores, false, h->width, rows, columns, true);
    multiply_packed(h->sums, D, rows, D, &left, &h->keys_by_position, columns, false);
    for (size_t r = 0; r < rows; r++) put_row(h, b->dq, r * h->stride, h->sums + r * D, 1);
}

/* The arrays of one backward pass, whole. */
struct backward {
    const struct attention_shape *shape;
    float *dqkv;
    const float *dout, *out, *lse, *qkv;
};

static void backward_kv_head(const struct compute *c, const struct backward *b, size_t s, size_t kv, float *memory)
{
    struct head h = head_of(c, b->shape, s, b->qkv, b->out, memory);
    const void *keys, *values;
    size_t H = h.H, K = b->shape->n_kv_heads, D = h.D, group = H / K, first = (size_t)b->shape->offsets[s];
    size_t k = first * h.stride + (H + kv) * D, v = k + K * D;
    keys = element(b->qkv, k, h.bf16), values = element(b->qkv, v, h.bf16);
    h.keys_by_channel = pack_b(h.keys_by_channel, keys, h.bf16, h.stride, h.T, D, true);
    h.values_by_channel = pack_b(h.values_by_channel, values, h.bf16, h.stride, h.T, D, true);
    h.keys_by_position = pack_b(h.keys_by_position, keys, h.bf16, h.stride, D, h.T, false);
    memset(h.dkeys, 0, whole_squares(h.T) * D * sizeof *h.dkeys);
    memset(h.dvalues, 0, whole_squares(h.T) * D * sizeof *h.dvalues);
    for (size_t head = kv * group; head < (kv + 1) * group; head++)
        for (size_t i = 0; i < h.T; i += BLOCK) {
            size_t q = (first + i) * h.stride + head * D, o = (first + i) * h.out_stride + head * D;
            backward_block(&h, &(struct backward_block){writable(b->dqkv, q, h.bf16), element(b->qkv, q, h.bf16), element(b->dout, o, h.bf16), element(b->out, o, h.bf16),
                                                        b->lse + (first + i) * H + head, i, smaller(BLOCK, h.T - i)});
        }
    for (size_t t = 0; t < h.T; t++) {
        put_row(&h, b->dqkv, k + t * h.stride, h.dkeys + t * D, 1);
        put_row(&h, b->dqkv, v + t * h.stride, h.dvalues + t * D, 1);
    }
}

/* ---- all heads --------------------------------------------------------------------------------------------------- */

/* How many threads have room in scratch; 0: attention is not for tiles here, or the caller did not reserve scratch. */
static int tile_threads(const struct compute *c, const struct attention_shape *shape, size_t *floats)
{
    if (c->precision != PRECISION_BF16 || shape->head_size % SIDE || !attention_longest(shape)) return 0;
    *floats = attention_tiles_floats(attention_longest(shape), shape->head_size);
    return (int)smaller(c->scratch_floats / *floats, (size_t)c->threads);
}

/* As in attention_tmpl.h: numbers too small to matter are zero, not slow. */
static unsigned begin_jobs(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);
    configure();
    return before;
}

static void end_jobs(unsigned before)
{
    _tile_release();
    _mm_setcsr(before);
}

static void attention(struct compute *c, float *out, float *lse, const float *qkv, const struct attention_shape *shape)
{
    size_t floats = 0, H = shape->n_heads;
    int threads = tile_threads(c, shape, &floats);
    if (!threads) {
        attention_avx512(c, out, lse, qkv, shape);
        return;
    }
#pragma omp parallel num_threads(threads) if (attention_worth_sharing(shape))
    {
        unsigned before = begin_jobs();
#pragma omp for schedule(dynamic)
        for (size_t j = 0; j < shape->n_seqs * H; j++)
            forward_head(c, shape, j / H, j % H, out, lse, qkv, c->scratch + (size_t)omp_get_thread_num() * floats);
        end_jobs(before);
    }
}

static void attention_backward(struct compute *c, float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv, const struct attention_shape *shape)
{
    size_t floats = 0, K = shape->n_kv_heads;
    struct backward b = {shape, dqkv, dout, out, lse, qkv};
    int threads = tile_threads(c, shape, &floats);
    if (!threads) {
        attention_backward_avx512(c, dqkv, dout, out, lse, qkv, shape);
        return;
    }
#pragma omp parallel num_threads(threads) if (attention_worth_sharing(shape))
    {
        unsigned before = begin_jobs();
#pragma omp for schedule(dynamic)
        for (size_t j = 0; j < shape->n_seqs * K; j++) backward_kv_head(c, &b, j / K, j % K, c->scratch + (size_t)omp_get_thread_num() * floats);
        end_jobs(before);
    }
}

void overlay_attention_amx(struct ops *table)
{
    table->attention = attention;
    table->attention_backward = attention_backward;
}
