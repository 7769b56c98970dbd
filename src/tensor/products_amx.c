/* Products of a linear layer in bf16 by the processor's tile unit (AMX), with sums in float32.
 *
 * A tile register holds 16 rows of 64 bytes. One instruction adds the product of a tile of A, 16 rows of 32 bf16, and one of B, 16 rows of
 * 16 pairs (elements 2r and 2r+1 of the depth for each of 16 columns), to 16 x 16 floats. Both operands are rounded to bf16 and laid
 * out as whole tiles first, as deep as one pass goes; no transposed copy is made beside it. Then strips of C are computed by
 * whichever thread is free, every element summed in the same order, so that the bits do not depend on the threads.
 * oneDNN 2.6 does the same, at half the speed for the shapes of a step: it packs for each piece anew, and is slow where A lies transposed. */
#include "tensor_int.h"
#include "vector.h"

#include <omp.h>

enum {
    TILE = 16, TILE_DEPTH = 32, TILE_BYTES = 1024,
    STRIP_BYTES = 3 << 17,   /* that a thread packs and multiplies at a time: what stays in its L2 cache, while the other operand passes by */
    STRIPS_A_THREAD = 3,     /* so that a thread that was held up leaves some to the others */
    DEPTH_TILES = 32,        /* at most, at a time */
    PACK_TILES = 8,          /* of the other operand */
    SERIAL_BELOW = 1 << 18   /* multiplications that are not worth waking other threads for */
};

/* A as (n, depth) or B as (depth, n) of a product. */
struct operand {
    const float *x;
    size_t ld, n;            /* floats from row to row of x; rows of A or columns of B */
    bool depth_inner;        /* the depth runs along the rows of x: A as it is, B transposed */
    bool pairs;              /* B */
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

INLINE size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Tiles come in twos: 2 x 2 of C are computed together, each tile of A and B used twice. */
static size_t tile_count(size_t n)
{
    return (n + 2 * TILE - 1) / (2 * TILE) * 2;
}

/* ---- packing ----------------------------------------------------------------------------------------------------- */

/* 16 floats, or with `whole` false the first `lanes` of them and zeros. */
INLINE __m512 part(const float *x, __mmask16 lanes, const bool whole)
{
    return whole ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps(lanes, x);
}

/* Row r: 32 floats of row r of x, as bf16. */
INLINE void rows_to_tile(__m512i tile[TILE], const float *x, size_t ld, size_t rows, size_t cols, const bool whole)
{
    __mmask16 low = v_lanes(smaller(cols, 16)), high = v_lanes(cols > 16 ? smaller(cols - 16, 16) : 0);
    UNROLL for (size_t r = 0; r < TILE; r++)
        tile[r] = whole || r < rows ? (__m512i)_mm512_cvtne2ps_pbh(part(x + r * ld + 16, high, whole), part(x + r * ld, low, whole)) : _mm512_setzero_si512();
}

/* Row r: rows 2r and 2r+1 of x, taking turns. */
INLINE void rows_to_pairs(__m512i tile[TILE], const float *x, size_t ld, size_t rows, size_t cols, const bool whole)
{
    const __m512i take_turns = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,
                                                23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    __mmask16 lanes = v_lanes(smaller(cols, 16));
    UNROLL for (size_t r = 0; r < TILE; r++) {
        __m512 even = whole || 2 * r < rows ? part(x + 2 * r * ld, lanes, whole) : v_zero();
        __m512 odd = whole || 2 * r + 1 < rows ? part(x + (2 * r + 1) * ld, lanes, whole) : v_zero();
        tile[r] = _mm512_permutexvar_epi16(take_turns, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
    }
}

INLINE void transpose_tile(__m512i tile[TILE])
{
    vf v[TILE];
    UNROLL for (int r = 0; r < TILE; r++) v[r] = _mm512_castsi512_ps(tile[r]);
    v_transpose(v);
    UNROLL for (int r = 0; r < TILE; r++) tile[r] = _mm512_castps_si512(v[r]);
}

INLINE void fill_tile(char *to, const float *x, size_t ld, size_t rows, size_t cols, const bool pairs, const bool transposed, const bool whole)
{
    __m512i tile[TILE], *out = (__m512i *)(void *)to;
    if (pairs != transposed) rows_to_pairs(tile, x, ld, rows, cols, whole);
    else rows_to_tile(tile, x, ld, rows, cols, whole);
    if (transposed) transpose_tile(tile);
    UNROLL for (size_t r = 0; r < TILE; r++) _mm512_store_si512(out + r, tile[r]);
}

/* Tile t of rows or columns, tile k of the depth. */
INLINE void pack_tile(const struct operand *o, char *to, size_t t, size_t k, size_t depth, const bool pairs, const bool depth_inner)
{
    size_t first = t * TILE, n = first < o->n ? o->n - first : 0, from = k * TILE_DEPTH, left = depth - from;
    const float *x = n ? o->x + (depth_inner ? first * o->ld + from : from * o->ld + first) : NULL;
    const bool transposed = depth_inner == pairs;
    size_t rows = depth_inner ? n : left, cols = depth_inner ? left : n;
    if (!n) memset(to, 0, TILE_BYTES);
    else if (n >= TILE && left >= TILE_DEPTH) fill_tile(to, x, o->ld, rows, cols, pairs, transposed, true);
    else fill_tile(to, x, o->ld, rows, cols, pairs, transposed, false);
}

INLINE void pack_tiles(const struct operand *o, char *out, size_t first, size_t end, size_t from, size_t to, size_t depth, const bool pairs, const bool depth_inner)
{
    size_t next = (to - from) * TILE_BYTES;
    if (depth_inner)
        for (size_t t = first; t < end; t++)
            for (size_t k = from; k < to; k++) pack_tile(o, out + (t - first) * next + (k - from) * TILE_BYTES, t, k, depth, pairs, depth_inner);
    else
        for (size_t k = from; k < to; k++)
            for (size_t t = first; t < end; t++) pack_tile(o, out + (t - first) * next + (k - from) * TILE_BYTES, t, k, depth, pairs, depth_inner);
}

/* Tiles first..end-1, depth from..to-1, one depth after the other. Memory is walked along the rows of x. */
static void pack(const struct operand *o, char *out, size_t first, size_t end, size_t from, size_t to, size_t depth)
{
    if (o->pairs && o->depth_inner) pack_tiles(o, out, first, end, from, to, depth, true, true);
    else if (o->pairs) pack_tiles(o, out, first, end, from, to, depth, true, false);
    else if (o->depth_inner) pack_tiles(o, out, first, end, from, to, depth, false, true);
    else pack_tiles(o, out, first, end, from, to, depth, false, false);
}

/* ---- products of tiles ------------------------------------------------------------------------------------------- */

struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

/* gcc 12's intrinsics do not say that they read memory: what was stored there must not be left out or put off. */
INLINE void memory_is_read(const void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

static void configure(void)
{
    _Alignas(64) struct tile_config config = {.palette = 1};
    for (int t = 0; t < 8; t++) {
        config.row_bytes[t] = 64;
        config.rows[t] = TILE;
    }
    memory_is_read(&config);
    _tile_loadconfig(&config);
}

/* Where the sums of 32 x 32 elements of C start: in a row that is repeated, when stride is 0. */
struct start {
    const float *x;          /* NULL: zero */
    size_t stride;           /* bytes */
};

/* Two tiles of an operand, one depth after the other; the second lies `next` bytes behind the first. */
struct two_tiles {
    const char *x;
    size_t next;
};

/* What a square is made of, and where it goes. */
struct square {
    struct two_tiles a, b;
    float *c;
    size_t row, col;         /* of C */
};

/* What will be read next and is asked for while this square is multiplied: a load of a tile from the L2 cache waits for 16 lines, which the processor
 * does not hide by itself. `soon` is further off (the next tiles of the fixed operand): it goes into the L2 cache. */
struct ahead {
    const struct square *next;
    const char *soon;
    size_t soon_lines;       /* each step of the depth */
};

INLINE void prefetch_tile(const char *x)
{
    UNROLL for (int i = 0; i < TILE; i++) _mm_prefetch(x + 64 * i, _MM_HINT_T0);
}

/* Rows first..end-1 of 32 of C, for writing. */
INLINE void prefetch_c(const char *c, size_t stride, size_t first, size_t end)
{
    for (size_t r = first; r < end; r++) {
        __builtin_prefetch(c + r * stride, 1);
        __builtin_prefetch(c + r * stride + 64, 1);
    }
}

INLINE void load_sums(struct start from)
{
    const char *x = (const char *)from.x, *below = x + TILE * from.stride;
    _tile_loadd(0, x, from.stride);
    _tile_loadd(1, x + 64, from.stride);
    _tile_loadd(2, below, from.stride);
    _tile_loadd(3, below + 64, from.stride);
}

INLINE void zero_sums(void)
{
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

INLINE void store_sums(float *c, size_t stride)
{
    char *out = (char *)c, *below = out + TILE * stride;
    _tile_stored(0, out, stride);
    _tile_stored(1, out + 64, stride);
    _tile_stored(2, below, stride);
    _tile_stored(3, below + 64, stride);
}

/* c = start + a b, 32 x 32. */
static void multiply_tiles(float *c, size_t c_stride, struct start from, const struct square *q, size_t depth_tiles, const struct ahead *ahead)
{
    const struct square *next = ahead->next;
    const char *a = q->a.x, *b = q->b.x, *soon = ahead->soon;
    size_t c_rows = (2 * TILE + depth_tiles - 1) / depth_tiles;
    memory_is_read(from.x);
    if (from.x) load_sums(from);
    else zero_sums();
    for (size_t k = 0; k < depth_tiles; k++, a += TILE_BYTES, b += TILE_BYTES) {
        const char *a1 = k + 1 < depth_tiles ? a + TILE_BYTES : next->a.x, *b1 = k + 1 < depth_tiles ? b + TILE_BYTES : next->b.x;
        _tile_loadd(4, a, 64);
        _tile_loadd(6, b, 64);
        prefetch_tile(b1);
        _tile_loadd(7, b + q->b.next, 64);
        _tile_dpbf16ps(0, 4, 6);
        prefetch_tile(b1 + next->b.next);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, a + q->a.next, 64);
        prefetch_tile(a1);
        _tile_dpbf16ps(2, 5, 6);
        prefetch_tile(a1 + next->a.next);
        prefetch_c((const char *)next->c, c_stride, smaller(k * c_rows, 2 * TILE), smaller((k + 1) * c_rows, 2 * TILE));
        for (size_t i = 0; i < ahead->soon_lines; i++, soon += 64) _mm_prefetch(soon, _MM_HINT_T1);
        _tile_dpbf16ps(3, 5, 7);
    }
    store_sums(c, c_stride);
}

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
        pack(&p->strips, strip, first, smaller(first + width, tiles), p->from, p->to, p->depth);
        multiply_strip(p, strip, first, smaller(first + width, tiles));
    }
}

/* Run by every thread. Two buffers take turns, so that a pass is packed while other threads still multiply the one before it; all wait
 * for one another once a pass, before they multiply. */
static void multiply_all(const struct tile_product *shared)
{
    struct tile_product p = *shared;
    size_t tiles = tile_count(p.fixed.n), passes = pass_count(&p);
    configure();
    for (size_t pass = 0; pass < passes; pass++) {
        p.from = p.depth_tiles * pass / passes;
        p.to = p.depth_tiles * (pass + 1) / passes;
        p.packed = shared->packed + pass % 2 * packed_bytes(&p);
#pragma omp for schedule(dynamic)
        for (size_t t = 0; t < tiles; t += PACK_TILES)
            pack(&p.fixed, p.packed + t * (p.to - p.from) * TILE_BYTES, t, smaller(t + PACK_TILES, tiles), p.from, p.to, p.depth);
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
    struct tile_product p = {.fixed = {.x = x, .ld = I, .n = I, .pairs = true}, .strips = {.x = dy, .ld = O, .n = O}, .depth = N,
                             .c = dw, .rows = O, .cols = I, .accumulate = accumulate};
    if (!multiply(c, &p)) linear_backward_weight_dnnl(c, dw, dbias, x, dy, N, I, O, accumulate);
    else if (dbias) add_column_sums(c, dbias, dy, N, O);
}

void ops_overlay_amx(struct ops *table)
{
    table->linear = linear;
    table->linear_backward_input = linear_backward_input;
    table->linear_backward_weight = linear_backward_weight;
}
