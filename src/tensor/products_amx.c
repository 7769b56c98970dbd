/* Products of a linear layer in bf16 by the processor's tile unit (AMX), with sums in float32.
 *
 * A tile register holds 16 rows of 64 bytes. One instruction adds the product of a tile of A, 16 rows of 32 bf16, and one of B, 16 rows of
 * 16 pairs (elements 2r and 2r+1 of the depth for each of 16 columns), to 16 x 16 floats. Both operands are rounded to bf16 and laid
 * out as whole tiles first, as deep as one pass goes; no transposed copy is made beside it. Rows of A that are kept in bf16 are tiles where they lie.
 * Strips of C are computed by whichever thread is free, every element summed in the same order, so that the bits do not depend on the threads.
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

/* C: floats, or bf16, which sums that take more than one pass reach by way of an array of floats. */
struct result {
    void *x;
    size_t ld;               /* elements from row to row */
    bool bf16;
    float *aside;            /* (rows, cols), or NULL: one pass is enough */
};

/* One operand is packed first, the other strip by strip when its turn comes, both no deeper than a pass: neither is ever packed as a whole. */
struct tile_product {
    struct operand fixed, strips;
    bool in_place;           /* the fixed operand is A, of bf16, and not packed */
    char *tail;              /* but for its last rows, if they fill no square: as deep as the whole */
    size_t depth, depth_tiles;
    struct result c;         /* (rows of A, columns of B) */
    size_t rows, cols;
    const float *bias;       /* (cols) where the sums start, or NULL: zero, or c itself with accumulate */
    bool accumulate;
    char *packed;            /* (fixed tiles, depth tiles of the pass) */
    char *strip;             /* STRIP_BYTES of each thread */
    int threads;
    size_t *claims;          /* of strips, in each pass */
    size_t from, to;         /* depth tiles of this pass */
};

/* ---- products of tiles ------------------------------------------------------------------------------------------- */

/* Where a pass writes its sums: beside C, if it rounds them and more are to come. */
static struct result pass_result(const struct tile_product *p)
{
    return p->c.aside && p->to < p->depth_tiles ? (struct result){.x = p->c.aside, .ld = p->cols} : p->c;
}

/* And where it finds those of the pass before; x NULL: nowhere. */
static struct result pass_start(const struct tile_product *p)
{
    if (p->from > 0) return p->c.aside ? (struct result){.x = p->c.aside, .ld = p->cols} : p->c;
    if (p->bias) return (struct result){.x = (void *)(uintptr_t)p->bias};
    return p->accumulate ? p->c : (struct result){0};
}

typedef float square_sums[2 * TILE][2 * TILE];

static void square_from(square_sums square, const struct result *from, size_t row, size_t col, size_t rows, size_t cols)
{
    memset(square, 0, sizeof(square_sums));
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < cols; i += VW) v_put(square[r] + i, a_get(from->x, (row + r) * from->ld + col + i, cols - i, from->bf16), cols - i);
}

static void square_to(const square_sums square, const struct result *to, size_t row, size_t col, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < cols; i += VW) a_put(to->x, (row + r) * to->ld + col + i, v_load(square[r] + i), cols - i, to->bf16);
}

/* A whole square of C in bf16. */
static void round_square(const square_sums square, char *c, size_t stride)
{
    UNROLL for (size_t r = 0; r < 2 * TILE; r++, c += stride) _mm512_storeu_si512(c, (__m512i)_mm512_cvtne2ps_pbh(v_load(square[r] + VW), v_load(square[r])));
}

/* Straight from and to C where a square is whole and of floats, else by way of one beside it. */
static void multiply_square(const struct tile_product *p, const struct square *q, const struct ahead *ahead)
{
    size_t rows = smaller(p->rows - q->row, 2 * TILE), cols = smaller(p->cols - q->col, 2 * TILE), depth = p->to - p->from;
    struct result from = pass_start(p), to = pass_result(p);
    bool whole = rows == 2 * TILE && cols == 2 * TILE;
    _Alignas(64) square_sums square;
    struct start start = {0};
    if (from.x && whole && !from.bf16) {
        start = (struct start){element(from.x, q->row * from.ld + q->col, false), from.ld * sizeof(float)};
    } else if (from.x) {
        square_from(square, &from, q->row, q->col, rows, cols);
        start = (struct start){square[0], sizeof square[0]};
    }
    if (whole && !to.bf16) {
        multiply_tiles(q->c, to.ld * sizeof(float), start, q, depth, ahead);
        return;
    }
    multiply_tiles((char *)square, sizeof square[0], start, q, depth, ahead);
    if (whole) round_square(square, q->c, to.ld * sizeof(uint16_t));
    else square_to(square, &to, q->row, q->col, rows, cols);
}

/* Tiles t and t+1 of the fixed operand where they lie. */
static struct two_tiles_of_a tiles_in_place(const struct tile_product *p, size_t t)
{
    const struct operand *a = &p->fixed;
    size_t stride = a->ld * sizeof(uint16_t);
    if ((t + 2) * TILE > a->n) return packed_tiles(p->tail + p->from * TILE_BYTES, p->depth_tiles * TILE_BYTES);
    return (struct two_tiles_of_a){element(a->x, t * TILE * a->ld + p->from * TILE_DEPTH, true), TILE * stride, stride, TILE_DEPTH * sizeof(uint16_t)};
}

/* Rows of memory that will be packed: `lines` whole cache lines of each, ld bytes apart. */
struct source {
    const char *x;
    size_t rows, lines, ld;
};

/* Where strip tiles first..end-1 lie; beyond the last: nowhere. */
static struct source source_of(const struct tile_product *p, size_t first, size_t end)
{
    const struct operand *o = &p->strips;
    size_t size = o->bf16 ? sizeof(uint16_t) : sizeof(float), depth = p->from * TILE_DEPTH, deep = smaller(p->to * TILE_DEPTH, p->depth) - depth;
    size_t begin = first * TILE, n = smaller(end * TILE, o->n) - begin;
    if (begin >= o->n) return (struct source){0};
    if (o->depth_inner) return (struct source){element(o->x, begin * o->ld + depth, o->bf16), n, deep * size / 64, o->ld * size};
    return (struct source){element(o->x, depth * o->ld + begin, o->bf16), deep, n * size / 64, o->ld * size};
}

/* Tiles first..end-1 of the strips, packed, and what is asked for while they are multiplied. */
struct strip {
    const char *packed;
    size_t first, end;
    struct result to;
    struct source next;      /* the thread's next strip, and of its rows so many while a square is multiplied: */
    size_t next_rows;
    struct ahead ahead;      /* as far as it is the same for all squares */
};

static struct strip strip_of(const struct tile_product *p, const char *packed, size_t first, size_t end, struct source next)
{
    struct strip s = {.packed = packed, .first = first, .end = end, .to = pass_result(p), .next = next};
    size_t deep = p->to - p->from, across = (end - first) / 2, squares = across * tile_count(p->fixed.n) / 2;
    s.next_rows = (next.rows + squares - 1) / squares;
    s.ahead = (struct ahead){.c_stride = s.to.ld * (s.to.bf16 ? sizeof(uint16_t) : sizeof(float)), .c_lines = s.to.bf16 ? 1 : 2, .c_rows = (2 * TILE + deep - 1) / deep};
    s.ahead.soon_lines = (2 * TILE + across - 1) / across;
    s.ahead.soon_stride = p->in_place ? p->fixed.ld * sizeof(uint16_t) : 64;
    s.ahead.soon_step = p->in_place ? 64 : s.ahead.soon_lines * 64;
    s.ahead.far_lines = (s.next_rows * next.lines + deep - 1) / deep;
    s.ahead.far_row = next.lines;
    s.ahead.far_skip = next.ld - next.lines * 64;
    return s;
}

/* Tiles f and f+1 of the fixed operand by t and t+1 of a strip. */
static struct square square_at(const struct tile_product *p, const struct strip *s, size_t f, size_t t)
{
    size_t next = (p->to - p->from) * TILE_BYTES, row = p->strips.pairs ? f : t, col = p->strips.pairs ? t : f;
    const char *fixed = p->packed + f * next, *moving = s->packed + (t - s->first) * next;
    struct square q = {.row = row * TILE, .col = col * TILE};
    q.a = p->in_place ? tiles_in_place(p, row) : packed_tiles(p->strips.pairs ? fixed : moving, next);
    q.b = (struct two_tiles){p->strips.pairs ? moving : fixed, next};
    q.c = writable(s->to.x, q.row * s->to.ld + q.col, s->to.bf16);
    return q;
}

/* Beside the square of tiles f and t: a part of tiles f+2 and f+3, and a part of the next strip. */
static struct ahead ahead_at(const struct tile_product *p, const struct strip *s, size_t f, size_t t)
{
    struct ahead a = s->ahead;
    size_t deep = p->to - p->from, part = (t - s->first) / 2, row = part * a.soon_lines, rows = (f / 2 * ((s->end - s->first) / 2) + part) * s->next_rows;
    if (f + 2 >= tile_count(p->fixed.n)) a.soon_lines = 0;
    a.soon = p->in_place ? element(p->fixed.x, ((f + 2) * TILE + row) * p->fixed.ld + p->from * TILE_DEPTH, true) : p->packed + ((f + 2) * TILE + row) * deep * 64;
    if (rows >= s->next.rows) a.far_lines = 0;
    a.far = s->next.x + rows * s->next.ld;
    return a;
}

/* A strip against the other operand. */
static void multiply_strip(const struct tile_product *p, const struct strip *s)
{
    size_t tiles = tile_count(p->fixed.n);
    struct square q = square_at(p, s, 0, s->first), then;
    for (size_t f = 0; f < tiles; f += 2)
        for (size_t t = s->first; t < s->end; t += 2, q = then) {
            bool around = t + 2 >= s->end;
            then = square_at(p, s, around && f + 2 < tiles ? f + 2 : f, around ? s->first : t + 2);
            struct ahead ahead = ahead_at(p, s, f, t);
            ahead.next = &then;
            multiply_square(p, &q, &ahead);
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

/* As many for every thread, and no wider than there is room for. */
static size_t strip_count(const struct tile_product *p)
{
    size_t pairs = tile_count(p->strips.n) / 2, most = STRIP_BYTES / TILE_BYTES / (p->to - p->from) / 2, threads = (size_t)p->threads;
    size_t each = ((pairs + most - 1) / most + threads - 1) / threads;
    return smaller((each < STRIPS_A_THREAD ? STRIPS_A_THREAD : each) * threads, pairs);
}

/* The next strip that no thread has taken. A thread takes one before it begins the one before that, so that it can ask for its memory meanwhile. */
static size_t claim(const struct tile_product *p)
{
    size_t taken;
#pragma omp atomic capture
    taken = (*p->claims)++;
    return taken;
}

/* One pass over a part of the depth: C is read and written once. */
static void multiply_pass(const struct tile_product *p)
{
    char *packed = p->strip + (size_t)omp_get_thread_num() * STRIP_BYTES;
    size_t pairs = tile_count(p->strips.n) / 2, n = strip_count(p);
    for (size_t strip = claim(p), next; strip < n; strip = next) {
        size_t first = pairs * strip / n * 2, end = pairs * (strip + 1) / n * 2;
        next = claim(p);
        pack(&p->strips, packed, (p->to - p->from) * TILE_BYTES, first, end, p->from, p->to, p->depth);
        struct strip s = strip_of(p, packed, first, end, source_of(p, pairs * next / n * 2, pairs * (next + 1) / n * 2));
        multiply_strip(p, &s);
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

static void pack_tail(const struct tile_product *p)
{
    size_t last = p->fixed.n / (2 * TILE) * 2;
#pragma omp single
    if (last * TILE < p->fixed.n) pack(&p->fixed, p->tail, p->depth_tiles * TILE_BYTES, last, last + 2, 0, p->depth_tiles, p->depth);
}

/* Run by every thread. Two buffers take turns, so that a pass is packed while other threads still multiply the one before it; all wait
 * for one another once a pass, before they multiply what may go on from another's sums. */
static void multiply_all(const struct tile_product *shared)
{
    struct tile_product p = *shared;
    size_t passes = pass_count(&p);
    configure();
    if (p.in_place) pack_tail(&p);
    for (size_t pass = 0; pass < passes; pass++) {
        p.from = p.depth_tiles * pass / passes;
        p.to = p.depth_tiles * (pass + 1) / passes;
        p.claims = shared->claims + pass;
        p.packed = shared->packed + pass % 2 * packed_bytes(&p);
        if (!p.in_place) {
            pack_fixed(&p);
        } else if (pass > 0) {
#pragma omp barrier
        }
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

static float operand_value(const struct operand *o, size_t n, size_t k)
{
    size_t at = o->depth_inner ? n * o->ld + k : k * o->ld + n;
    return o->bf16 ? bf16_to_f32(((const uint16_t *)o->x)[at]) : ((const float *)o->x)[at];
}

/* Where memory is short: ops do not fail. */
static void multiply_slowly(const struct tile_product *p)
{
    const struct operand *a = p->strips.pairs ? &p->fixed : &p->strips, *b = p->strips.pairs ? &p->strips : &p->fixed;
    struct result from = pass_start(p);
    for (size_t r = 0; r < p->rows; r++)
        for (size_t col = 0; col < p->cols; col++) {
            size_t at = from.ld * r + col;
            float sum = !from.x ? 0 : from.bf16 ? bf16_to_f32(((uint16_t *)from.x)[at]) : ((float *)from.x)[at];
            for (size_t k = 0; k < p->depth; k++) sum += operand_value(a, r, k) * operand_value(b, col, k);
            if (p->c.bf16) ((uint16_t *)p->c.x)[r * p->c.ld + col] = bf16_from_f32(sum);
            else ((float *)p->c.x)[r * p->c.ld + col] = sum;
        }
    for (size_t k = 0; k < p->depth && p->strips.sums; k++)
        for (size_t n = 0; n < p->strips.n; n++) p->strips.sums[n] += operand_value(&p->strips, n, k);
}

static bool any_bf16(const struct tile_product *p)
{
    return p->fixed.bf16 || p->strips.bf16 || p->c.bf16;
}

/* false: not in float32, nor where memory is short. */
static bool multiply(struct compute *c, struct tile_product *p)
{
    p->depth_tiles = (p->depth + TILE_DEPTH - 1) / TILE_DEPTH;
    if (c->precision != PRECISION_BF16 || !p->depth || !p->rows || !p->cols) return false;
    p->in_place = p->fixed.bf16 && p->fixed.depth_inner && !p->fixed.pairs;
    size_t strips = (size_t)c->threads * STRIP_BYTES, fixed = p->in_place ? 2 * p->depth_tiles * TILE_BYTES : 2 * packed_bytes(p);
    size_t claims = (pass_count(p) * sizeof *p->claims + 63) / 64 * 64, aside = p->c.bf16 && pass_count(p) > 1 ? p->rows * p->cols * sizeof(float) : 0;
    if (!reserve(c, strips + fixed + claims + aside)) {
        if (any_bf16(p)) multiply_slowly(p);
        return any_bf16(p);
    }
    p->strip = c->packed;
    p->packed = p->tail = p->strip + strips;
    p->claims = (size_t *)(void *)(p->packed + fixed);
    p->c.aside = aside ? (float *)(void *)(p->packed + fixed + claims) : NULL;
    memset(p->claims, 0, claims);
    p->threads = c->threads;
#pragma omp parallel num_threads(c->threads) if (p->rows * p->cols * p->depth > SERIAL_BELOW)
    multiply_all(p);
    return true;
}

/* An array with rows of `cols`, as an operand of n rows or columns and as a result. */
static struct operand operand(const struct compute *c, const float *x, size_t cols, size_t n)
{
    return (struct operand){.x = x, .bf16 = compute_is_bf16(c, x), .ld = activation_stride(c, x, cols), .n = n};
}

static struct operand rows_of(const struct compute *c, const float *x, size_t cols, size_t n)
{
    struct operand o = operand(c, x, cols, n);
    o.depth_inner = true;
    return o;
}

static struct operand columns_of(const struct compute *c, const float *x, size_t cols)
{
    return operand(c, x, cols, cols);
}

static struct operand in_pairs(struct operand o)
{
    o.pairs = true;
    return o;
}

static struct result result(const struct compute *c, float *x, size_t cols)
{
    return (struct result){.x = x, .ld = activation_stride(c, x, cols), .bf16 = compute_is_bf16(c, x)};
}

static void linear(struct compute *c, float *y, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O)
{
    struct tile_product p = {.fixed = rows_of(c, x, I, N), .strips = in_pairs(rows_of(c, w, I, O)), .depth = I, .c = result(c, y, O), .rows = N, .cols = O, .bias = bias};
    if (!multiply(c, &p)) linear_dnnl(c, y, x, w, bias, N, I, O);
}

static void linear_backward_input(struct compute *c, float *dx, const float *dy, const float *w, size_t N, size_t I, size_t O, bool accumulate)
{
    struct tile_product p = {.fixed = rows_of(c, dy, O, N), .strips = in_pairs(columns_of(c, w, I)), .depth = O, .c = result(c, dx, I), .rows = N, .cols = I, .accumulate = accumulate};
    if (!multiply(c, &p)) linear_backward_input_dnnl(c, dx, dy, w, N, I, O, accumulate);
}

static void linear_backward_weight(struct compute *c, float *dw, float *dbias, const float *x, const float *dy, size_t N, size_t I, size_t O, bool accumulate)
{
    struct tile_product p = {.fixed = in_pairs(columns_of(c, x, I)), .strips = columns_of(c, dy, O), .depth = N, .c = result(c, dw, I), .rows = O, .cols = I, .accumulate = accumulate};
    p.strips.sums = dbias;
    if (!multiply(c, &p)) linear_backward_weight_dnnl(c, dw, dbias, x, dy, N, I, O, accumulate);
}

void ops_overlay_amx(struct ops *table)
{
    table->linear = linear;
    table->linear_backward_input = linear_backward_input;
    table->linear_backward_weight = linear_backward_weight;
    overlay_rows_amx(table);
    overlay_attention_amx(table);
}
