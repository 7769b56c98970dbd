/* Products of a linear layer in bf16 by the processor's tile unit (AMX), with sums in float32.
 *
 * A tile register holds 16 rows of 64 bytes. One instruction adds the product of a tile of A, 16 rows of 32 bf16, and one of B, 16 rows of
 * 16 pairs (elements 2r and 2r+1 of the depth for each of 16 columns), to 16 x 16 floats. Both operands are rounded to bf16 and laid
 * out as whole tiles first, as deep as one pass goes; no transposed copy is made beside it. Then strips of C are computed by
 * whichever thread is free, every element summed in the same order, so that the bits do not depend on the threads.
 * oneDNN 2.6 does the same, at half the speed for the shapes of a step: it packs for each piece anew, and is slow where A lies transposed. */
#include "tiles_amx.h"

#include <omp.h>

enum {
    STRIP_BYTES = 3 << 17,   /* that a thread packs and multiplies at a time: what stays in its L2 cache, while the other operand passes by */
    STRIPS_A_THREAD = 3,     /* so that a thread that was held up leaves some to the others */
    DEPTH_TILES = 32,        /* at most, at a time */
    PACK_TILES = 8,          /* of the other operand */
    SERIAL_BELOW = 1 << 18   /* multiplications that are not worth waking other threads for */
};

/* One operand is packed first, the other strip by strip when its turn comes, both no deeper than a pass: neither is ever packed as a whole. */
struct tile_product {
    struct operand fixed, strips;
    size_t depth, depth_tiles;
    float *c;                /* (rows of A, columns of B) */
    size_t rows, cols;
    const float *bias;       /* (cols) where the sums start, or NULL: zero, or c itself with accumulate */
    bool accumulate;
    char *packed;            /* (fixed tiles, depth tiles of the pass) */
    char *strip;             /* STRIP_BYTES of each thread */
    int threads;
    size_t from, to;         /* depth tiles of this pass */
};

/* ---- products of tiles ------------------------------------------------------------------------------------------- */

/* The same where C ends: by way of a whole square beside it. */
static void multiply_edge(const struct square *q, size_t ldc, const float *bias, bool from_c, size_t rows, size_t cols, size_t depth_tiles, const struct ahead *ahead)
{
    _Alignas(64) float square[2 * TILE][2 * TILE] = {0};
    for (size_t r = 0; r < rows && (bias || from_c); r++) memcpy(square[r], bias ? bias : q->c + r * ldc, cols * sizeof *q->c);
    multiply_tiles(square[0], sizeof square[0], (struct start){square[0], sizeof square[0]}, q, depth_tiles, ahead);
    for (size_t r = 0; r < rows; r++) memcpy(q->c + r * ldc, square[r], cols * sizeof *q->c);
}

static void multiply_square(const struct tile_product *p, const struct square *q, const struct ahead *ahead)
{
    size_t rows = smaller(p->rows - q->row, 2 * TILE), cols = smaller(p->cols - q->col, 2 * TILE), ldc = p->cols, depth = p->to - p->from;
    const float *bias = p->from == 0 && p->bias ? p->bias + q->col : NULL;
    bool from_c = p->from > 0 || p->accumulate;
    if (rows < 2 * TILE || cols < 2 * TILE) {
        multiply_edge(q, ldc, bias, from_c, rows, cols, depth, ahead);
        return;
    }
    struct start start = bias ? (struct start){bias, 0} : from_c ? (struct start){q->c, ldc * sizeof *q->c} : (struct start){0};
    multiply_tiles(q->c, ldc * sizeof *q->c, start, q, depth, ahead);
}

/* Tiles f and f+1 of the fixed operand by s and s+1 of a strip that begins with tile `first`. */
static struct square square_at(const struct tile_product *p, const char *strip, size_t first, size_t f, size_t s)
{
    size_t next = (p->to - p->from) * TILE_BYTES;
    struct two_tiles fixed = {p->packed + f * next, next}, moving = {strip + (s - first) * next, next};
    struct square q = p->strips.pairs ? (struct square){.a = fixed, .b = moving, .row = f * TILE, .col = s * TILE}
                                      : (struct square){.a = moving, .b = fixed, .row = s * TILE, .col = f * TILE};
    q.c = p->c + q.row * p->cols + q.col;
    return q;
}

/* Strip tiles first..end-1, packed, against the other operand. */
static void multiply_strip(const struct tile_product *p, const char *strip, size_t first, size_t end)
{
    size_t next = (p->to - p->from) * TILE_BYTES, tiles = tile_count(p->fixed.n), squares = (end - first) / 2;
    struct square q = square_at(p, strip, first, 0, first), then;
    for (size_t f = 0; f < tiles; f += 2) {
        size_t lines = f + 2 < tiles ? (2 * TILE + squares - 1) / squares : 0;
        for (size_t s = first; s < end; s += 2, q = then) {
            bool turn = s + 2 >= end;
            then = square_at(p, strip, first, turn && f + 2 < tiles ? f + 2 : f, turn ? first : s + 2);
            const char *soon = p->packed + (f + 2) * next + (s - first) / 2 * lines * (p->to - p->from) * 64;
            multiply_square(p, &q, &(struct ahead){&then, soon, lines});
        }
    }
}

static size_t pass_count(const struct tile_product *p)
{
    return (p->depth_tiles + DEPTH_TILES - 1) / DEPTH_TILES;
}

/* Of one pass, the deepest. */
static size_t packed_bytes(const struct tile_product *p)
{
    return tile_count(p->fixed.n) * ((p->depth_tiles + pass_count(p) - 1) / pass_count(p)) * TILE_BYTES;
}

/* Tiles of a strip. */
static size_t strip_width(const struct tile_product *p, size_t tiles)
{
    size_t most = STRIP_BYTES / TILE_BYTES / (p->to - p->from) / 2 * 2, strips = STRIPS_A_THREAD * (size_t)p->threads;
    size_t each = (tiles + strips - 1) / strips;
    return smaller(most, (each + 1) / 2 * 2);
}

/* One pass over a part of the depth: C is read and written once. */
static void multiply_pass(const struct tile_product *p)
{
    char *strip = p->strip + (size_t)omp_get_thread_num() * STRIP_BYTES;
    size_t tiles = tile_count(p->strips.n), width = strip_width(p, tiles);
#pragma omp for schedule(dynamic) nowait
    for (size_t first = 0; first < tiles; first += width) {
        pack(&p->strips, strip, (p->to - p->from) * TILE_BYTES, first, smaller(first + width, tiles), p->from, p->to, p->depth);
        multiply_strip(p, strip, first, smaller(first + width, tiles));
    }
}

/* Shared out so that every job reads whole rows, or a good part of them: the processor fetches ahead along a row, not down the rows. */
static void pack_fixed(const struct tile_product *p)
{
    size_t tiles = tile_count(p->fixed.n), deep = p->to - p->from, next = deep * TILE_BYTES;
    size_t across = p->fixed.depth_inner ? PACK_TILES : tiles, down = p->fixed.depth_inner ? deep : 1, jobs_down = deep / down;
#pragma omp for schedule(dynamic)
    for (size_t j = 0; j < (tiles + across - 1) / across * jobs_down; j++) {
        size_t t = j / jobs_down * across, k = p->from + j % jobs_down * down;
        pack(&p->fixed, p->packed + t * next + (k - p->from) * TILE_BYTES, next, t, smaller(t + across, tiles), k, k + down, p->depth);
    }
}

/* Run by every thread. Two buffers take turns, so that a pass is packed while other threads still multiply the one before it; all wait
 * for one another once a pass, before they multiply. */
static void multiply_all(const struct tile_product *shared)
{
    struct tile_product p = *shared;
    size_t passes = pass_count(&p);
    configure();
    for (size_t pass = 0; pass < passes; pass++) {
        p.from = p.depth_tiles * pass / passes;
        p.to = p.depth_tiles * (pass + 1) / passes;
        p.packed = shared->packed + pass % 2 * packed_bytes(&p);
        pack_fixed(&p);
        multiply_pass(&p);
    }
    _tile_release();
}

/* ---- a product --------------------------------------------------------------------------------------------------- */

static bool reserve(struct compute *c, size_t bytes)
{
    if (bytes <= c->packed_bytes) return true;
    char *grown = mem_aligned(bytes);
    if (!grown) return false;
    mem_free(c->packed);
    c->packed = grown;
    c->packed_bytes = bytes;
    return true;
}

static bool multiply(struct compute *c, struct tile_product *p)
{
    p->depth_tiles = (p->depth + TILE_DEPTH - 1) / TILE_DEPTH;
    if (c->precision != PRECISION_BF16 || !p->depth || !p->rows || !p->cols) return false;
    size_t strip_bytes = (size_t)c->threads * STRIP_BYTES;
    if (!reserve(c, strip_bytes + 2 * packed_bytes(p))) return false;
    p->strip = c->packed;
    p->packed = c->packed + strip_bytes;
    p->threads = c->threads;
#pragma omp parallel num_threads(c->threads) if (p->rows * p->cols * p->depth > SERIAL_BELOW)
    multiply_all(p);
    return true;
}

static void linear(struct compute *c, float *y, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O)
{
    struct tile_product p = {.fixed = {.x = x, .ld = I, .n = N, .depth_inner = true}, .strips = {.x = w, .ld = I, .n = O, .depth_inner = true, .pairs = true},
                             .depth = I, .c = y, .rows = N, .cols = O, .bias = bias};
    if (!multiply(c, &p)) linear_dnnl(c, y, x, w, bias, N, I, O);
}

static void linear_backward_input(struct compute *c, float *dx, const float *dy, const float *w, size_t N, size_t I, size_t O, bool accumulate)
{
    struct tile_product p = {.fixed = {.x = dy, .ld = O, .n = N, .depth_inner = true}, .strips = {.x = w, .ld = I, .n = I, .pairs = true}, .depth = O,
                             .c = dx, .rows = N, .cols = I, .accumulate = accumulate};
    if (!multiply(c, &p)) linear_backward_input_dnnl(c, dx, dy, w, N, I, O, accumulate);
}

static void linear_backward_weight(struct compute *c, float *dw, float *dbias, const float *x, const float *dy, size_t N, size_t I, size_t O, bool accumulate)
{
    struct tile_product p = {.fixed = {.x = x, .ld = I, .n = I, .pairs = true}, .strips = {.x = dy, .ld = O, .n = O, .sums = dbias}, .depth = N,
                             .c = dw, .rows = O, .cols = I, .accumulate = accumulate};
    if (!multiply(c, &p)) linear_backward_weight_dnnl(c, dw, dbias, x, dy, N, I, O, accumulate);
}

void ops_overlay_amx(struct ops *table)
{
    table->linear = linear;
    table->linear_backward_input = linear_backward_input;
    table->linear_backward_weight = linear_backward_weight;
    overlay_attention_amx(table);
}
