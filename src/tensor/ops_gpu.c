/* The table of operations of a device with memory and kernels of its own (gpu.h): each op as launches and matrix products. */
#include "tensor_int.h"

#include <math.h>
#include <string.h>

#define LAUNCH(c, name, blocks, ...) launch(c, GPU_##name, blocks, &(struct name##_args){__VA_ARGS__})
#define LAUNCH_EACH(c, name, n, ...) LAUNCH(c, name, blocks_for(n), __VA_ARGS__)
#define LAUNCH_EIGHTS(c, name, n, ...) LAUNCH(c, name, blocks_for(((n) + GPU_EIGHT - 1) / GPU_EIGHT), __VA_ARGS__)

static size_t blocks_for(size_t n)
{
    return (n + GPU_BLOCK - 1) / GPU_BLOCK;
}

static void launch(struct compute *c, enum gpu_kernel kernel, size_t blocks, const void *args)
{
    c->gpu->writes++;
    if (blocks) c->gpu->launch(c->gpu, kernel, blocks, args);
}

static void gpu_error(struct compute *c, const char *what)
{
    if (!c->gpu->error[0]) snprintf(c->gpu->error, sizeof c->gpu->error, "%s", what);
}

static struct gpu_array array(const struct compute *c, const float *x)
{
    return (struct gpu_array){(void *)(uintptr_t)x, compute_is_bf16(c, x)};
}

/* Scratch is grown in the middle of a step only where its owner reserved too little. Older launches that use the old one are done
 * before it is freed: both devices wait for them. */
static float *scratch(struct compute *c, size_t floats)
{
    if (compute_reserve(c, floats) == OK) return c->scratch;
    gpu_error(c, "memory is short");
    return NULL;
}

/* ---- linear layers ----------------------------------------------------------------------------------------------- */

/* Operands in bf16 have rows of a multiple of 16 bytes, as the matrix units want them. */
static size_t padded(size_t cols)
{
    return (cols + 7) / 8 * 8;
}

static bool wide(const void *p)
{
    return (uintptr_t)p % 16 == 0;
}

/* (rows, cols) of any dtype as an operand of a product, written at `to`. */
static void unpack(struct compute *c, void *to, const struct weight *w, bool bf16)
{
    size_t ld = bf16 ? padded(w->cols) : w->cols, n = w->rows * w->cols;
    if (bf16 && w->dtype == DTYPE_F32 && ld == w->cols) LAUNCH_EIGHTS(c, round, n, to, w->data, n);
    else if (bf16 && w->dtype == DTYPE_F32) LAUNCH_EIGHTS(c, round_rows, w->rows * ld, to, w->data, w->rows * ld, w->cols, ld);
    else LAUNCH_EACH(c, unpack, w->rows * ld, to, w->data, w->scales, w->rows, w->cols, ld, (int)w->dtype, bf16);
}

static struct weight matrix(const float *x, size_t rows, size_t cols)
{
    return (struct weight){DTYPE_F32, (uint32_t)rows, (uint32_t)cols, x, NULL};
}

/* A gradient is the left operand of two products that follow each other, and is rounded once: what `room` holds is known by what it was made of,
 * and is current as long as nothing was written since. */
static void keep_rounded(struct compute *c, const void *room, const struct weight *a)
{
    c->gpu->rounded.of = a->data;
    c->gpu->rounded.at = room;
    c->gpu->rounded.rows = a->rows;
    c->gpu->rounded.cols = a->cols;
    c->gpu->rounded.writes = c->gpu->writes;
}

static bool is_rounded(const struct compute *c, const void *room, const struct weight *a)
{
    return c->gpu->rounded.at == room && c->gpu->rounded.of == a->data && c->gpu->rounded.rows == a->rows && c->gpu->rounded.cols == a->cols &&
           c->gpu->rounded.writes == c->gpu->writes && a->dtype == DTYPE_F32;
}

/* As asked for, or without its bias and that added behind, in float32. */
static void product(struct compute *c, struct gpu_product *p, const float *bias)
{
    if (c->gpu->product(c->gpu, p) || !p->bias) return;
    p->bias = NULL;
    c->gpu->product(c->gpu, p);
    LAUNCH_EACH(c, add_bias, p->M * p->N, {p->out, p->narrow}, bias, p->M * p->N, p->N);
}

/* An operand with its rows and columns padded to multiples of 8: the matrix units are some five times slower where the shared dimension, or the result's
 * rows, are odd, as GPT-2's vocabulary is. */
static size_t rounded_floats(const struct weight *w)
{
    return (padded(w->rows) * padded(w->cols) / 2 + 63) / 64 * 64;
}

static void zero_tail(struct compute *c, uint16_t *at, const struct weight *w)
{
    size_t rows = padded(w->rows) - w->rows, ld = padded(w->cols);
    if (rows) c->gpu->zero(c->gpu, at + w->rows * ld, rows * ld * sizeof *at);
}

enum { LEAST_DEPTH = 1024, DEPTH_STEP = 64 };   /* of a part; parts but the last are a multiple of the second */

/* The gradient of a weight has few tiles and the whole batch as its depth: alone it would leave most of a GPU idle. The depth is cut in parts whose sums are added
 * up in order. The times are of some such tile (128 x 256) on a multiprocessor of a Hopper GPU and of its memory; which number of parts is least does not hang on them. */
static size_t choose_parts(const struct gpu_product *p)
{
    enum { MULTIPROCESSORS = 132, MOST_PARTS = 16 };
    const double seconds_a_row = 11.5e-9, bytes_a_second = 3e12;
    size_t tiles = ((p->M + 127) / 128) * ((p->N + 255) / 256), best = 1;
    double least = INFINITY;
    if (!p->transpose_a || p->transpose_b || p->narrow) return 1;
    for (size_t parts = 1; parts <= MOST_PARTS && (parts == 1 || p->K / parts >= LEAST_DEPTH); parts *= 2) {
        double waves = (double)((tiles * parts + MULTIPROCESSORS - 1) / MULTIPROCESSORS), depth = (double)p->K / (double)parts;
        double time = waves * depth * seconds_a_row + (parts > 1 ? (double)(parts * p->M * p->N) * 8 / bytes_a_second : 0);
        if (time < least) least = time, best = parts;
    }
    return best;
}

/* Where the operands and results of a product in bf16 lie that cannot stay where they are: offsets in floats. */
struct rooms { size_t b, out, bias, end; };

enum { WIDE_RESULT = 1 << 20 };   /* elements, from which a result of odd rows, or an odd number of them, is worth a copy */

static bool is_tall(const struct gpu_product *p)
{
    return p->M % 8 && p->transpose_a && !p->transpose_b && !p->narrow && p->M * p->N >= WIDE_RESULT;
}

static struct rooms plan_rooms(const struct compute *c, const struct gpu_product *p, const struct weight *a, const struct weight *b, bool aside)
{
    struct rooms r = {.b = compute_is_bf16(c, a->data) ? 0 : rounded_floats(a)};
    r.out = r.b + (compute_is_bf16(c, b->data) ? 0 : rounded_floats(b));
    r.bias = r.out + (aside ? p->M * padded(p->N) : p->parts > 1 ? (p->parts + 1) * p->M * p->N : is_tall(p) ? padded(p->M) * p->N : 0);
    r.end = r.bias + (p->bias && p->narrow ? padded(p->N) : 0);
    return r;
}

static const uint16_t *operand(struct compute *c, float *room, const struct weight *w, bool again)
{
    uint16_t *at = (uint16_t *)(void *)room;
    if (compute_is_bf16(c, w->data)) return w->data;
    if (again && is_rounded(c, room, w)) return at;
    unpack(c, at, w, true);
    zero_tail(c, at, w);
    return at;
}

/* out (M,N) = or += the product of p->a and p->b, whose depth is cut in parts and a rest; partials: room for one more than parts. */
static void multiply_parts(struct compute *c, struct gpu_product *p, float *out, float *partials)
{
    size_t parts = p->parts, depth = p->K / parts / DEPTH_STEP * DEPTH_STEP, done = parts * depth, n = p->M * p->N;
    bool add = p->accumulate;
    struct gpu_product rest = *p;
    p->out = partials, p->onto = partials, p->K = depth, p->accumulate = false;
    product(c, p, NULL);
    rest.out = partials + parts * n, rest.onto = rest.out, rest.parts = 1, rest.K -= done, rest.accumulate = false;
    rest.a = (const uint16_t *)rest.a + done * rest.lda, rest.b = (const uint16_t *)rest.b + done * rest.ldb;
    if (rest.K) product(c, &rest, NULL);
    LAUNCH_EIGHTS(c, sum_parts, n, out, partials, n, parts + (rest.K > 0), add);
}

/* The same of a result with an odd number of rows: it is made with as many as suit the matrix units, in room. */
static void multiply_tall(struct compute *c, struct gpu_product *p, float *out, float *room)
{
    size_t n = p->M * p->N;
    bool add = p->accumulate;
    p->out = room, p->onto = room, p->M = padded(p->M), p->accumulate = false;
    product(c, p, NULL);
    LAUNCH_EIGHTS(c, sum_parts, n, out, room, n, 1, add);
}

static void multiply_bf16(struct compute *c, struct gpu_product *p, const struct weight *a, const struct weight *b)
{
    float *out = p->out;
    const float *bias = p->bias;
    size_t N = p->N;
    bool aside = N % 8 && !p->narrow && !p->accumulate && !bias && p->M * N >= WIDE_RESULT;
    p->parts = choose_parts(p);
    struct rooms at = plan_rooms(c, p, a, b, aside);
    float *room = scratch(c, at.end);
    if (!room) return;
    p->a = operand(c, room, a, true), p->lda = padded(a->cols);
    p->b = operand(c, room + at.b, b, false), p->ldb = padded(b->cols);
    if (!p->transpose_a || p->transpose_b) p->K = padded(p->K);   /* columns, at least of one, and those beyond are zero */
    if (aside || p->narrow) p->N = padded(N);
    if (aside) p->out = room + at.out, p->onto = p->out;
    if (bias && p->narrow) {
        LAUNCH_EIGHTS(c, round_rows, p->N, (uint16_t *)(void *)(room + at.bias), bias, p->N, N, p->N);
        p->bias = room + at.bias;
    }
    if (p->parts > 1) multiply_parts(c, p, out, room + at.out);
    else if (is_tall(p)) multiply_tall(c, p, out, room + at.out);
    else product(c, p, bias);
    if (at.b) keep_rounded(c, room, a);
    if (aside) LAUNCH_EACH(c, narrow, p->M * N, out, p->out, p->M * N, N, p->N);
}

/* out (M,N) = op(a) op(b) + bias, with accumulate + onto; a and b are given as they lie. */
static void multiply_onto(struct compute *c, float *out, const float *onto, const struct weight *a, bool transpose_a, const struct weight *b, bool transpose_b, const float *bias, bool accumulate)
{
    struct gpu_product p = {.out = out, .onto = onto, .a = a->data, .b = b->data, .bias = bias, .lda = a->cols, .ldb = b->cols, .parts = 1, .transpose_a = transpose_a,
                            .transpose_b = transpose_b, .accumulate = accumulate, .bf16 = c->precision == PRECISION_BF16, .narrow = compute_is_bf16(c, out)};
    p.M = transpose_a ? a->cols : a->rows;
    p.K = transpose_a ? a->rows : a->cols;
    p.N = transpose_b ? b->rows : b->cols;
    if (!p.M || !p.N || !p.K) return;
    if (p.bf16) {
        multiply_bf16(c, &p, a, b);
        return;
    }
    bool convert_a = a->dtype != DTYPE_F32, convert_b = b->dtype != DTYPE_F32;
    size_t floats_a = convert_a ? (a->rows * a->cols + 63) / 64 * 64 : 0, floats_b = convert_b ? b->rows * b->cols : 0;
    float *room = scratch(c, floats_a + floats_b);
    if (!room) return;
    if (convert_a) unpack(c, room, a, false), p.a = room;
    if (convert_b) unpack(c, room + floats_a, b, false), p.b = room + floats_a;
    product(c, &p, bias);
}

/* The same, or +=. */
static void multiply(struct compute *c, float *out, const struct weight *a, bool transpose_a, const struct weight *b, bool transpose_b, const float *bias, bool accumulate)
{
    multiply_onto(c, out, out, a, transpose_a, b, transpose_b, bias, accumulate);
}

static void linear(struct compute *c, float *y, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O)
{
    struct weight a = matrix(x, N, I), b = matrix(w, O, I);
    multiply(c, y, &a, false, &b, true, bias, false);
}

static void linear_onto(struct compute *c, float *y, const float *onto, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O)
{
    struct weight a = matrix(x, N, I), b = matrix(w, O, I);
    multiply_onto(c, y, onto, &a, false, &b, true, bias, true);
}

static void linear_backward_input(struct compute *c, float *dx, const float *dy, const float *w, size_t N, size_t I, size_t O, bool accumulate)
{
    struct weight a = matrix(dy, N, O), b = matrix(w, O, I);
    multiply(c, dx, &a, false, &b, false, NULL, accumulate);
}

/* Sums over rows as column_partials describes them, in chunks whose number depends on the shape alone. */
static void column_sums(struct compute *c, float *sums, float *gains, struct column_partials_args a)
{
    size_t least_rows = 32, chunks = (a.rows + least_rows - 1) / least_rows;
    if (chunks > GPU_CHUNKS) chunks = GPU_CHUNKS;
    if (!chunks) return;
    a.chunk = (a.rows + chunks - 1) / chunks;
    chunks = (a.rows + a.chunk - 1) / a.chunk;
    float *room = scratch(c, 2 * chunks * a.C);
    if (!room) return;
    a.sums = sums ? room : NULL;
    a.gains = gains ? room + chunks * a.C : NULL;
    launch(c, GPU_column_partials, chunks * ((a.C + GPU_COLUMNS - 1) / GPU_COLUMNS), &a);
    if (sums) LAUNCH(c, column_totals, (a.C + 31) / 32, sums, a.sums, a.C, chunks);
    if (gains) LAUNCH(c, column_totals, (a.C + 31) / 32, gains, a.gains, a.C, chunks);
}

static void linear_backward_weight(struct compute *c, float *dw, float *dbias, const float *x, const float *dy, size_t N, size_t I, size_t O, bool accumulate)
{
    struct weight a = matrix(dy, N, O), b = matrix(x, N, I);
    if (dbias) column_sums(c, dbias, NULL, (struct column_partials_args){.dy = array(c, dy), .rows = N, .C = O, .heads = 1, .dy_stride = activation_stride(c, dy, O)});
    multiply(c, dw, &a, true, &b, false, NULL, accumulate);
}

enum { FEW_ROWS = 16 };   /* up to here reading the weights once decides; beyond, unpacking them for a product pays */

static void linear_stored(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    size_t I = w->cols, O = w->rows;
    if (N <= FEW_ROWS && !compute_is_bf16(c, x) && !compute_is_bf16(c, y)) {
        LAUNCH(c, stored_rows, N * ((O + GPU_STORED_ROWS - 1) / GPU_STORED_ROWS), y, x, bias, w->data, w->scales, I, O, (int)w->dtype);
        return;
    }
    struct weight a = matrix(x, N, I);
    multiply(c, y, &a, false, w, true, bias, false);
}

static void linear_stored_backward_input(struct compute *c, float *dx, const float *dy, const struct weight *w, size_t N)
{
    struct weight a = matrix(dy, N, w->rows);
    multiply(c, dx, &a, false, w, false, NULL, false);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void embed(struct compute *c, float *y, const int32_t *ids, const int32_t *positions, const float *wte, const float *wpe, size_t N, size_t C)
{
    LAUNCH_EACH(c, embed, N * C, array(c, y), ids, positions, wte, wpe, N * C, C);
}

static void scatter_rows(struct compute *c, float *dtable, const float *dy, const int32_t *ids, size_t N, size_t C, size_t V)
{
    int32_t *first = (int32_t *)(void *)scratch(c, 2 * V), *count = first + V;
    if (!first) return;
    c->gpu->writes++;
    c->gpu->zero(c->gpu, first, 2 * V * sizeof *first);
    LAUNCH_EACH(c, embed_count, N, first, count, ids, N);
    LAUNCH(c, embed_backward, N, dtable, dy, ids, first, count, N, C);
}

enum { FEW_ENTRIES = 4 };   /* of a table: so many rows of dy go to each that one block would add for long */

static void embed_backward(struct compute *c, float *dwte, float *dwpe, const float *dy, const int32_t *ids, const int32_t *positions, size_t N, size_t C, size_t V, size_t P)
{
    if (V <= FEW_ENTRIES)
        for (size_t id = 0; id < V; id++)
            column_sums(c, dwte + id * C, NULL, (struct column_partials_args){.dy = array(c, dy), .rows = N, .C = C, .heads = 1, .dy_stride = C, .ids = ids, .only = (int32_t)id});
    else scatter_rows(c, dwte, dy, ids, N, C, V);
    if (dwpe) scatter_rows(c, dwpe, dy, positions, N, C, P);
}

static void norm(struct compute *c, float *y, float *mean, float *rstd, const float *x, const float *gain, const float *bias, size_t N, size_t C, float epsilon, enum norm_kind kind)
{
    LAUNCH(c, norm, (N + GPU_ROWS - 1) / GPU_ROWS, array(c, y), mean, rstd, x, gain, bias, N, C, epsilon, kind == NORM_LAYER);
}

static void norm_backward(struct compute *c, float *dx, float *dgain, float *dbias, const float *dy, const float *x, const float *gain, const float *mean, const float *rstd, size_t N, size_t C, enum norm_kind kind)
{
    if (kind != NORM_LAYER) mean = NULL;
    LAUNCH(c, norm_backward, (N + GPU_ROWS - 1) / GPU_ROWS, dx, array(c, dy), x, gain, mean, rstd, N, C);
    column_sums(c, dbias, dgain, (struct column_partials_args){.dy = array(c, dy), .x = x, .mean = mean, .rstd = rstd, .rows = N, .C = C, .heads = 1,
                                                              .dy_stride = C, .x_stride = C, .all_heads = 1});
}

static void head_norm(struct compute *c, float *x, float *raw, float *rstd, const float *q_gain, const float *k_gain, size_t N, size_t stride, size_t H, size_t K, size_t D, float epsilon)
{
    LAUNCH(c, head_norm, N, array(c, x), raw, rstd, q_gain, k_gain, stride, H, H + K, D, epsilon);
}

static void head_norm_backward(struct compute *c, float *dx, float *dq_gain, float *dk_gain, const float *raw, const float *rstd, const float *q_gain, const float *k_gain, size_t N, size_t stride, size_t H, size_t K, size_t D)
{
    struct column_partials_args a = {.dy = array(c, dx), .x = raw, .rstd = rstd, .rows = N * H, .C = D, .heads = H, .dy_stride = stride, .x_stride = (H + K) * D, .all_heads = H + K};
    column_sums(c, NULL, dq_gain, a);   /* before dx is written over what it is made of */
    a.dy_offset = H * D, a.x += H * D, a.rstd += H, a.rows = N * K, a.heads = K;
    column_sums(c, NULL, dk_gain, a);
    LAUNCH(c, head_norm_backward, N, array(c, dx), raw, rstd, q_gain, k_gain, stride, H, H + K, D);
}

static void pool_mean(struct compute *c, float *out, const float *x, const int32_t *ranges, size_t n, size_t C)
{
    LAUNCH(c, pool_mean, n, out, x, ranges, C);
}

static void pool_mean_backward(struct compute *c, float *dx, const float *dout, const int32_t *ranges, size_t n, size_t N, size_t C)
{
    LAUNCH(c, pool_mean_backward, N, dx, dout, ranges, n, C);
}

static void rotary(struct compute *c, float *x, const int32_t *positions, size_t N, size_t stride, size_t heads, size_t D, float theta, bool inverse)
{
    LAUNCH_EACH(c, rotary, N * (D / 2), array(c, x), positions, N * (D / 2), stride, heads, D, (double)theta, inverse);
}

/* ---- attention --------------------------------------------------------------------------------------------------- */

static struct gpu_attention_shape tiled(const struct attention_shape *s)
{
    return (struct gpu_attention_shape){s->offsets, s->prefix, s->n_seqs, ((size_t)s->max_len + GPU_TILE - 1) / GPU_TILE, ((size_t)s->max_len + GPU_TALL - 1) / GPU_TALL,
                                        s->n_heads, s->n_kv_heads, s->head_size};
}

static size_t tile_blocks(const struct gpu_attention_shape *s, size_t heads)
{
    return s->n_seqs * s->tiles * heads * ((s->D + GPU_TILE - 1) / GPU_TILE);
}

/* n elements of x in bf16: as they are, or rounded to *room, which goes on behind them. */
static const uint16_t *narrowed(struct compute *c, uint16_t **room, const float *x, size_t n)
{
    uint16_t *at = *room;
    if (compute_is_bf16(c, x)) return (const uint16_t *)(const void *)x;
    LAUNCH_EIGHTS(c, round, n, at, x, n);
    *room += (n + 7) / 8 * 8;
    return at;
}

static void attention(struct compute *c, float *out, float *lse, const float *qkv, const struct attention_shape *shape)
{
    struct gpu_attention_shape s = tiled(shape);
    size_t n = (size_t)shape->n_tokens * (s.H + 2 * s.K) * s.D;
    if (c->precision == PRECISION_BF16 && s.D == 64 && wide(qkv)) {
        uint16_t *room = (uint16_t *)(void *)scratch(c, n / 2);
        if (!room) return;
        const uint16_t *read = narrowed(c, &room, qkv, n);
        LAUNCH(c, attention_64, s.n_seqs * s.talls * s.H, array(c, out), lse, read, s);
    } else if (c->precision == PRECISION_BF16) LAUNCH(c, attention_bf16, tile_blocks(&s, s.H), out, lse, qkv, s);
    else LAUNCH(c, attention, tile_blocks(&s, s.H), out, lse, qkv, s);
}

static void attention_backward(struct compute *c, float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv, const struct attention_shape *shape)
{
    struct gpu_attention_shape s = tiled(shape);
    size_t n = (size_t)shape->n_tokens * s.H;
    float *delta = scratch(c, attention_scratch(c, shape, shape->max_len));
    if (!delta) return;
    LAUNCH(c, attention_delta, (n + GPU_ROWS - 1) / GPU_ROWS, delta, array(c, dout), array(c, out), n, s.D);
    if (c->precision == PRECISION_BF16 && s.D == 64 && wide(qkv) && wide(dout)) {
        uint16_t *room = (uint16_t *)(void *)(delta + (n + 15) / 16 * 16);
        const uint16_t *read_dout = narrowed(c, &room, dout, n * 64), *read = narrowed(c, &room, qkv, (size_t)shape->n_tokens * (s.H + 2 * s.K) * 64);
        LAUNCH(c, attention_queries_64, s.n_seqs * s.talls * s.H, array(c, dqkv), lse, delta, read_dout, read, s);
        LAUNCH(c, attention_keys_64, s.n_seqs * s.talls * s.K, array(c, dqkv), lse, delta, read_dout, read, s);
        return;
    }
    if (c->precision == PRECISION_BF16) {
        LAUNCH(c, attention_queries_bf16, tile_blocks(&s, s.H), dqkv, dout, lse, delta, qkv, s);
        LAUNCH(c, attention_keys_bf16, tile_blocks(&s, s.K), dqkv, dout, lse, delta, qkv, s);
        return;
    }
    LAUNCH(c, attention_queries, tile_blocks(&s, s.H), dqkv, dout, lse, delta, qkv, s);
    LAUNCH(c, attention_keys, tile_blocks(&s, s.K), dqkv, dout, lse, delta, qkv, s);
}

static void attention_step(struct compute *c, float *out, const float *q, const float *keys, const float *values, size_t length, uint32_t n_heads, uint32_t n_kv_heads, uint32_t head_size)
{
    size_t parts = ((size_t)head_size + GPU_BLOCK - 1) / GPU_BLOCK;
    LAUNCH(c, attention_step, n_heads * parts, out, q, keys, values, length, n_heads, n_kv_heads, head_size);
}

/* ---- element by element ------------------------------------------------------------------------------------------ */

static void gelu(struct compute *c, float *y, const float *x, size_t n) { LAUNCH_EIGHTS(c, gelu, n, array(c, y), array(c, x), n); }
static void swiglu(struct compute *c, float *y, const float *x, size_t N, size_t F) { LAUNCH_EIGHTS(c, swiglu, N * F, array(c, y), array(c, x), N * F, F); }
static void scale(struct compute *c, float *x, size_t n, float factor) { LAUNCH_EACH(c, scale, n, x, n, factor); }
static void add(struct compute *c, float *y, const float *x, size_t n) { LAUNCH_EIGHTS(c, add, n, array(c, y), array(c, x), n); }
static void tanh_forward(struct compute *c, float *x, size_t n) { LAUNCH_EACH(c, tanh, n, x, n); }
static void tanh_backward(struct compute *c, float *dx, const float *y, size_t n) { LAUNCH_EACH(c, tanh_backward, n, dx, y, n); }

static void gelu_backward(struct compute *c, float *dx, const float *dy, const float *x, size_t n)
{
    LAUNCH_EIGHTS(c, gelu_backward, n, array(c, dx), array(c, dy), array(c, x), n);
}

static void swiglu_backward(struct compute *c, float *dx, const float *dy, const float *x, size_t N, size_t F)
{
    LAUNCH_EIGHTS(c, swiglu_backward, N * F, array(c, dx), array(c, dy), array(c, x), N * F, F);
}

static void dropout(struct compute *c, float *x, size_t n, float p, uint64_t seed)
{
    LAUNCH_EACH(c, dropout, n, x, n, dropout_limit(p), 1 / (1 - p), seed);
}

/* ---- loss, optimiser --------------------------------------------------------------------------------------------- */

static void cross_entropy(struct compute *c, float *loss, float *logits, const int32_t *targets, size_t M, size_t V, float scale, bool backward)
{
    LAUNCH(c, cross_entropy, M, loss, array(c, logits), targets, V, activation_stride(c, logits, V), scale, backward);
}

static size_t count_top(struct compute *c, const float *logits, const int32_t *targets, size_t M, size_t V)
{
    enum { AT_ONCE = 1024 };
    int32_t hits[AT_ONCE];
    size_t count = 0;
    for (size_t at = 0; at < M; at += AT_ONCE) {
        size_t n = M - at < AT_ONCE ? M - at : AT_ONCE;
        int32_t *device = (int32_t *)(void *)c->scratch;
        LAUNCH(c, count_top, n, device, array(c, logits), targets + at, at, V, activation_stride(c, logits, V));
        compute_download(c, hits, device, n * sizeof *hits);
        for (size_t i = 0; i < n; i++) count += hits[i] != 0;
    }
    return count;
}

static void adamw(struct compute *c, float *params, const float *grads, float *m, float *v, size_t n, const struct adamw *how)
{
    LAUNCH_EACH(c, adamw, n, params, grads, m, v, n, how->learning_rate, how->beta1, how->beta2, how->epsilon, how->weight_decay,
                how->correction1, how->correction2, how->gradient_scale);
}

static double sum_of_squares(struct compute *c, const float *x, size_t n)
{
    double partials[GPU_SQUARES], sum = 0;
    LAUNCH(c, squares, GPU_SQUARES, (double *)(void *)c->scratch, x, n);
    compute_download(c, partials, c->scratch, sizeof partials);
    for (size_t i = 0; i < GPU_SQUARES; i++) sum += partials[i];
    return sum;
}

static void scan_i8(struct compute *c, int32_t *scores, const int8_t *query, const int8_t *vectors, size_t n, size_t dim)
{
    LAUNCH_EACH(c, scan_i8, n, scores, query, vectors, n, dim);
}

static const struct ops ops_gpu = {
    .name = "gpu",
    .linear = linear,
    .linear_onto = linear_onto,
    .linear_backward_input = linear_backward_input,
    .linear_backward_weight = linear_backward_weight,
    .linear_stored = linear_stored,
    .linear_stored_backward_input = linear_stored_backward_input,
    .embed = embed,
    .embed_backward = embed_backward,
    .norm = norm,
    .norm_backward = norm_backward,
    .head_norm = head_norm,
    .head_norm_backward = head_norm_backward,
    .pool_mean = pool_mean,
    .pool_mean_backward = pool_mean_backward,
    .rotary = rotary,
    .attention = attention,
    .attention_backward = attention_backward,
    .attention_step = attention_step,
    .gelu = gelu,
    .gelu_backward = gelu_backward,
    .swiglu = swiglu,
    .swiglu_backward = swiglu_backward,
    .tanh = tanh_forward,
    .tanh_backward = tanh_backward,
    .scale = scale,
    .add = add,
    .dropout = dropout,
    .cross_entropy = cross_entropy,
    .count_top = count_top,
    .adamw = adamw,
    .sum_of_squares = sum_of_squares,
    .scan_i8 = scan_i8,
};

/* ---- opening ----------------------------------------------------------------------------------------------------- */

status gpu_open(struct compute *c, struct ops *table, const struct compute_options *o, bool emulated)
{
    char why[160] = "";
    c->gpu = emulated ? gpu_emulated_open(why, sizeof why) : gpu_cuda_open(o->index, why, sizeof why);
    FAIL_IF(!c->gpu, ERR_USAGE, "device '%s': %s; use --device cpu", emulated ? "emulated" : "cuda", why);
    *table = ops_gpu;
    c->device = emulated ? "emulated" : "cuda";
    if (c->precision == PRECISION_AUTO) c->precision = PRECISION_BF16;
    return OK;
}

void gpu_close(struct compute *c)
{
    if (c->scratch) c->gpu->dealloc(c->gpu, c->scratch);
    group_free(c);
    c->gpu->close(c->gpu);
}
