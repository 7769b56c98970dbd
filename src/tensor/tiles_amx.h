/* Tiles of AMX: operands in bf16 laid out as tiles, and their products 32 x 32 at a time. Included by the files that multiply by them. */
#ifndef DAOGOU_TENSOR_TILES_AMX_H
#define DAOGOU_TENSOR_TILES_AMX_H

#include "tensor_int.h"
#include "vector.h"

enum { TILE = 16, TILE_DEPTH = 32, TILE_BYTES = 1024 };

/* A as (n, depth) or B as (depth, n) of a product. */
struct operand {
    const void *x;
    bool bf16;               /* x is of bf16, not of float */
    size_t ld, n;            /* elements from row to row of x; rows of A or columns of B */
    bool depth_inner;        /* the depth runs along the rows of x: A as it is, B transposed */
    bool pairs;              /* B */
    float *sums;             /* (n) += the sums over the depth, while it is packed; NULL: none. Only where the depth runs down the rows */
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

/* Element i of an array of floats or of bf16. */
INLINE const void *element(const void *x, size_t i, const bool bf16)
{
    return (const char *)x + i * (bf16 ? sizeof(uint16_t) : sizeof(float));
}

INLINE void *writable(void *x, size_t i, const bool bf16)
{
    return (char *)x + i * (bf16 ? sizeof(uint16_t) : sizeof(float));
}

/* 16 floats, or with `whole` false the first `lanes` of them and zeros. */
INLINE __m512 part(const float *x, __mmask16 lanes, const bool whole)
{
    return whole ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps(lanes, x);
}

/* The same of a bf16. */
INLINE __m256i part_bf16(const void *x, __mmask16 lanes, const bool whole)
{
    return whole ? _mm256_loadu_si256(x) : _mm256_maskz_loadu_epi16(lanes, x);
}

/* 32 elements of two arrays of 16, the first below the second, as bf16. */
INLINE __m512i two_parts(const void *low, __mmask16 low_lanes, const void *high, __mmask16 high_lanes, const bool whole, const bool bf16)
{
    return bf16 ? _mm512_inserti64x4(_mm512_castsi256_si512(part_bf16(low, low_lanes, whole)), part_bf16(high, high_lanes, whole), 1)
                : (__m512i)_mm512_cvtne2ps_pbh(part(high, high_lanes, whole), part(low, low_lanes, whole));
}

/* Row r: 32 elements of row r of x. */
INLINE void rows_to_tile(__m512i tile[TILE], const void *x, size_t ld, size_t rows, size_t cols, const bool whole, const bool bf16)
{
    __mmask16 low = v_lanes(smaller(cols, 16)), high = v_lanes(cols > 16 ? smaller(cols - 16, 16) : 0);
    UNROLL for (size_t r = 0; r < TILE; r++)
        tile[r] = !whole && r >= rows ? _mm512_setzero_si512()
                  : whole && bf16     ? _mm512_loadu_si512(element(x, r * ld, bf16))
                                      : two_parts(element(x, r * ld, bf16), low, element(x, r * ld + 16, bf16), high, whole, bf16);
}

/* Row r: rows 2r and 2r+1 of x, taking turns. */
INLINE void rows_to_pairs(__m512i tile[TILE], const void *x, size_t ld, size_t rows, size_t cols, const bool whole, const bool bf16)
{
    const __m512i take_turns = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,
                                                23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    __mmask16 lanes = v_lanes(smaller(cols, 16));
    UNROLL for (size_t r = 0; r < TILE; r++) {
        __mmask16 even = whole || 2 * r < rows ? lanes : 0, odd = whole || 2 * r + 1 < rows ? lanes : 0;
        tile[r] = _mm512_permutexvar_epi16(take_turns, two_parts(element(x, 2 * r * ld, bf16), even, element(x, (2 * r + 1) * ld, bf16), odd, whole, bf16));
    }
}

INLINE void transpose_tile(__m512i tile[TILE])
{
    vf v[TILE];
    UNROLL for (int r = 0; r < TILE; r++) v[r] = _mm512_castsi512_ps(tile[r]);
    v_transpose(v);
    UNROLL for (int r = 0; r < TILE; r++) tile[r] = _mm512_castps_si512(v[r]);
}

INLINE void fill_tile(char *to, const void *x, size_t ld, size_t rows, size_t cols, const bool pairs, const bool transposed, const bool whole, const bool bf16)
{
    __m512i tile[TILE], *out = (__m512i *)(void *)to;
    if (pairs != transposed) rows_to_pairs(tile, x, ld, rows, cols, whole, bf16);
    else rows_to_tile(tile, x, ld, rows, cols, whole, bf16);
    if (transposed) transpose_tile(tile);
    UNROLL for (size_t r = 0; r < TILE; r++) _mm512_store_si512(out + r, tile[r]);
}

/* Tile t of rows or columns, tile k of the depth. */
INLINE void pack_tile(const struct operand *o, char *to, size_t t, size_t k, size_t depth, const bool pairs, const bool depth_inner, const bool bf16)
{
    size_t first = t * TILE, n = first < o->n ? o->n - first : 0, from = k * TILE_DEPTH, left = depth - from;
    const void *x = n ? element(o->x, depth_inner ? first * o->ld + from : from * o->ld + first, bf16) : NULL;
    const bool transposed = depth_inner == pairs;
    size_t rows = depth_inner ? n : left, cols = depth_inner ? left : n;
    if (!n) memset(to, 0, TILE_BYTES);
    else if (n >= TILE && left >= TILE_DEPTH) fill_tile(to, x, o->ld, rows, cols, pairs, transposed, true, bf16);
    else fill_tile(to, x, o->ld, rows, cols, pairs, transposed, false, bf16);
}

/* sums += the 32 rows of one tile's depth or what is left of them, read just before. */
INLINE void add_to_sums(const struct operand *o, size_t first, size_t end, size_t k, size_t depth, const bool bf16)
{
    size_t from = k * TILE_DEPTH, to = smaller(from + TILE_DEPTH, depth);
    for (size_t col = first * TILE; col < smaller(end * TILE, o->n); col += VW) {
        vf sum = v_get(o->sums + col, o->n - col);
        for (size_t row = from; row < to; row++) sum = v_add(sum, a_get(o->x, row * o->ld + col, o->n - col, bf16));
        v_put(o->sums + col, sum, o->n - col);
    }
}

INLINE void pack_tiles(const struct operand *o, char *out, size_t next, size_t first, size_t end, size_t from, size_t to, size_t depth, const bool pairs, const bool depth_inner, const bool bf16)
{
    if (depth_inner)
        for (size_t t = first; t < end; t++)
            for (size_t k = from; k < to; k++) pack_tile(o, out + (t - first) * next + (k - from) * TILE_BYTES, t, k, depth, pairs, depth_inner, bf16);
    else
        for (size_t k = from; k < to; k++) {
            for (size_t t = first; t < end; t++) pack_tile(o, out + (t - first) * next + (k - from) * TILE_BYTES, t, k, depth, pairs, depth_inner, bf16);
            if (o->sums) add_to_sums(o, first, end, k, depth, bf16);
        }
}

INLINE void pack_lying(const struct operand *o, char *out, size_t next, size_t first, size_t end, size_t from, size_t to, size_t depth, const bool bf16)
{
    if (o->pairs && o->depth_inner) pack_tiles(o, out, next, first, end, from, to, depth, true, true, bf16);
    else if (o->pairs) pack_tiles(o, out, next, first, end, from, to, depth, true, false, bf16);
    else if (o->depth_inner) pack_tiles(o, out, next, first, end, from, to, depth, false, true, bf16);
    else pack_tiles(o, out, next, first, end, from, to, depth, false, false, bf16);
}

/* Tiles first..end-1, depth from..to-1, one depth after the other, and the next tile `next` bytes behind. Memory is walked along the rows of x. */
static void pack(const struct operand *o, char *out, size_t next, size_t first, size_t end, size_t from, size_t to, size_t depth)
{
    if (o->bf16) pack_lying(o, out, next, first, end, from, to, depth, true);
    else pack_lying(o, out, next, first, end, from, to, depth, false);
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

/* Of A, which need not be packed where it is of bf16: bytes from row to row of a tile, and to the next of the depth. */
struct two_tiles_of_a {
    const char *x;
    size_t next, stride, step;
};

INLINE struct two_tiles_of_a packed_tiles(const char *x, size_t next)
{
    return (struct two_tiles_of_a){x, next, 64, TILE_BYTES};
}

/* What a square is made of, and where it goes. */
struct square {
    struct two_tiles_of_a a;
    struct two_tiles b;
    char *c;
    size_t row, col;         /* of C */
};

/* What will be read next and is asked for while this square is multiplied: a load of a tile from the L2 cache waits for 16 lines, which the processor
 * does not hide by itself. `soon` is further off (the next tiles of the fixed operand): it goes into the L2 cache. */
struct ahead {
    const struct square *next;
    size_t c_stride, c_lines, c_rows; /* bytes from row to row of C; cache lines of a row of a square; rows in each step of the depth */
    const char *soon;
    size_t soon_lines, soon_stride, soon_step; /* lines in each step of the depth; bytes from one to the next, and to those of the next step */
    const char *far;         /* what the thread packs next, a row after the other: into the L2 cache, too */
    size_t far_lines, far_row, far_skip; /* lines in each step; in a row; bytes from the end of one to the next */
};

INLINE void prefetch_tile(const char *x)
{
    __asm__("" : "+r"(x));
    UNROLL for (int i = 0; i < TILE; i++) _mm_prefetch(x + 64 * i, _MM_HINT_T0);
}

/* The compiler is not to keep 16 multiples of the stride. */
INLINE void prefetch_rows(const char *x, size_t stride)
{
    UNROLL for (int i = 0; i < TILE; i++) {
        _mm_prefetch(x, _MM_HINT_T0);
        x += stride;
        __asm__("" : "+r"(x));
    }
}

/* Rows first..end-1 of 32 of C, for writing. */
INLINE void prefetch_c(const struct ahead *ahead, size_t first, size_t end)
{
    for (const char *row = ahead->next->c + first * ahead->c_stride; first < end; first++, row += ahead->c_stride) {
        __builtin_prefetch(row, 1);
        if (ahead->c_lines > 1) __builtin_prefetch(row + 64, 1);
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

INLINE void store_sums(char *out, size_t stride)
{
    char *below = out + TILE * stride;
    _tile_stored(0, out, stride);
    _tile_stored(1, out + 64, stride);
    _tile_stored(2, below, stride);
    _tile_stored(3, below + 64, stride);
}

/* c = start + a b, 32 x 32. */
INLINE void multiply_tiles(char *c, size_t c_stride, struct start from, const struct square *q, size_t depth_tiles, const struct ahead *ahead)
{
    const struct square *next = ahead->next;
    const char *a = q->a.x, *b = q->b.x, *soon = ahead->soon;
    size_t c_row = 0, c_rows = ahead->c_rows, far_left = ahead->far_row;
    const char *far = ahead->far;
    memory_is_read(from.x);
    if (from.x) load_sums(from);
    else zero_sums();
    for (size_t k = 0; k < depth_tiles; k++, a += q->a.step, b += TILE_BYTES) {
        bool last = k + 1 == depth_tiles;
        const struct two_tiles_of_a *then = last ? &next->a : &q->a;
        const char *a1 = last ? next->a.x : a + q->a.step, *b1 = last ? next->b.x : b + TILE_BYTES;
        _tile_loadd(4, a, q->a.stride);
        _tile_loadd(6, b, 64);
        prefetch_tile(b1);
        _tile_loadd(7, b + q->b.next, 64);
        _tile_dpbf16ps(0, 4, 6);
        prefetch_tile(b1 + next->b.next);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, a + q->a.next, q->a.stride);
        prefetch_rows(a1, then->stride);
        _tile_dpbf16ps(2, 5, 6);
        prefetch_rows(a1 + then->next, then->stride);
        if (c_row < 2 * TILE) prefetch_c(ahead, c_row, smaller(c_row + c_rows, 2 * TILE));
        c_row += c_rows;
        for (size_t i = 0; i < ahead->soon_lines; i++) _mm_prefetch(soon + i * ahead->soon_stride, _MM_HINT_T1);
        soon += ahead->soon_step;
        for (size_t i = 0; i < ahead->far_lines; i++) {
            _mm_prefetch(far, _MM_HINT_T1);
            far += 64;
            if (--far_left == 0) far += ahead->far_skip, far_left = ahead->far_row;
        }
        _tile_dpbf16ps(3, 5, 7);
    }
    store_sums(c, c_stride);
}

#endif
