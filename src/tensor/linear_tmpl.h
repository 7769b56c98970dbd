/* Linear layers over stored weights, and the scan of int8 vectors. A few rows (decoding) are bound by the memory that the
 * weights come from: each weight is read once, used for every row while it is in a register. Many rows are unpacked a
 * piece of the weights at a time for oneDNN. Included after ops_tmpl.h. */

enum {
    FEW_ROWS = 8,            /* up to here the weights are read in place, */
    FEW_ROWS_PACKED = 16,    /* up to here those that would have to be unpacked */
    TILE_OUTPUTS = 4,
    TILE_ROWS = 4,
    OUTPUTS_AT_A_TIME = 32,  /* that a thread takes */
    SERIAL_WEIGHT_BYTES = 1 << 19,
    UNPACK_ROWS = 2048       /* weights (rows) unpacked at a time */
};

INLINE vf load_stored(const char *p, enum dtype type)
{
    return type == DTYPE_F32 ? v_load((const float *)(const void *)p) : type == DTYPE_BF16 ? v_load_bf16(p) : v_load_i8(p);
}

/* The next vector of a row of weights of which `left` elements remain. */
INLINE vf get_stored(const char *p, size_t left, enum dtype type)
{
    if (left >= VW) return load_stored(p, type);
    char end[VW * sizeof(float)] = {0};
    memcpy(end, p, left * (type == DTYPE_F32 ? 4 : type == DTYPE_BF16 ? 2 : 1));
    return load_stored(end, type);
}

/* y[n][o] for `rows` rows of x and `outputs` rows of w, from n and o on. */
INLINE void stored_tile(float *y, const float *x, const struct weight *w, const float *bias, size_t n, size_t o, const int rows, const int outputs, const enum dtype type)
{
    size_t I = w->cols, row_bytes = dtype_row_bytes(type, I), width = dtype_row_bytes(type, 1);
    const char *data = (const char *)w->data + o * row_bytes;
    vf sum[TILE_ROWS][TILE_OUTPUTS], in[TILE_ROWS];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int k = 0; k < outputs; k++) sum[r][k] = v_zero();
    for (size_t i = 0; i < I; i += VW) {
        UNROLL for (int r = 0; r < rows; r++) in[r] = v_get(x + (n + (size_t)r) * I + i, I - i);
        UNROLL for (int k = 0; k < outputs; k++) {
            vf weights = get_stored(data + (size_t)k * row_bytes + i * width, I - i, type);
            UNROLL for (int r = 0; r < rows; r++) sum[r][k] = v_fma(in[r], weights, sum[r][k]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int k = 0; k < outputs; k++) {
            float s = v_sum(sum[r][k]) * (type == DTYPE_Q8 ? w->scales[o + (size_t)k] : 1);
            y[(n + (size_t)r) * w->rows + o + (size_t)k] = s + (bias ? bias[o + (size_t)k] : 0);
        }
}

INLINE void stored_outputs(float *y, const float *x, const struct weight *w, const float *bias, size_t N, size_t o, const int outputs, const enum dtype type)
{
    size_t n = 0;
    for (; n + 4 <= N; n += 4) stored_tile(y, x, w, bias, n, o, 4, outputs, type);
    if (N - n == 3) stored_tile(y, x, w, bias, n, o, 3, outputs, type);
    if (N - n == 2) stored_tile(y, x, w, bias, n, o, 2, outputs, type);
    if (N - n == 1) stored_tile(y, x, w, bias, n, o, 1, outputs, type);
}

INLINE void stored_few(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N, const enum dtype type)
{
#pragma omp parallel for schedule(static) num_threads(c->threads) if (N * w->rows * dtype_row_bytes(type, w->cols) > SERIAL_WEIGHT_BYTES)
    for (size_t first = 0; first < w->rows; first += OUTPUTS_AT_A_TIME) {
        size_t end = smaller(first + OUTPUTS_AT_A_TIME, w->rows), o = first;
        for (; o + TILE_OUTPUTS <= end; o += TILE_OUTPUTS) stored_outputs(y, x, w, bias, N, o, TILE_OUTPUTS, type);
        for (; o < end; o++) stored_outputs(y, x, w, bias, N, o, 1, type);
    }
}

static void stored_few_f32(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    stored_few(c, y, x, w, bias, N, DTYPE_F32);
}
static void stored_few_bf16(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    stored_few(c, y, x, w, bias, N, DTYPE_BF16);
}
static void stored_few_q8(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    stored_few(c, y, x, w, bias, N, DTYPE_Q8);
}

static void unpack_row(float *out, const struct weight *w, size_t row)
{
    const char *data = (const char *)w->data + row * dtype_row_bytes(w->dtype, w->cols);
    vf scale = v_set(w->dtype == DTYPE_Q8 ? w->scales[row] : 1);
    for (size_t i = 0; i < w->cols; i += VW) {
        size_t left = w->cols - i;
        v_put(out + i, w->dtype == DTYPE_Q8 ? v_mul(scale, get_stored(data + i, left, DTYPE_Q8)) : get_stored(data + 2 * i, left, DTYPE_BF16), left);
    }
}

static bool stored_many(struct compute *c, float *y, const float *x, const struct weight *w, size_t N)
{
    if (w->dtype == DTYPE_BF16 && c->precision == PRECISION_BF16 && product_bf16(c, y, x, w->data, N, w->cols, w->rows)) return true;
    size_t at_a_time = smaller(UNPACK_ROWS, c->scratch_floats / w->cols);
    if (!at_a_time) return false;
    for (size_t o = 0; o < w->rows; o += at_a_time) {
        size_t rows = smaller(at_a_time, w->rows - o);
#pragma omp parallel for schedule(static) num_threads(c->threads)
        for (size_t r = 0; r < rows; r++) unpack_row(c->scratch + r * w->cols, w, o + r);
        if (!product_f32(c, y + o, w->rows, x, c->scratch, N, w->cols, rows)) return false;
    }
    return true;
}

static void linear_stored(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    if (!w->cols) {
        ops_scalar.linear_stored(c, y, x, w, bias, N);
    } else if (N <= (w->dtype == DTYPE_F32 ? FEW_ROWS : FEW_ROWS_PACKED)) {
        if (w->dtype == DTYPE_F32) stored_few_f32(c, y, x, w, bias, N);
        else if (w->dtype == DTYPE_BF16) stored_few_bf16(c, y, x, w, bias, N);
        else stored_few_q8(c, y, x, w, bias, N);
    } else if (w->dtype == DTYPE_F32) {
        linear_dnnl(c, y, x, w->data, bias, N, w->cols, w->rows);
    } else if (!stored_many(c, y, x, w, N)) {
        ops_scalar.linear_stored(c, y, x, w, bias, N);
    } else if (bias) {
#pragma omp parallel for schedule(static) num_threads(c->threads)
        for (size_t n = 0; n < N; n++) row_add(y + n * w->rows, bias, w->rows);
    }
}

/* Columns i .. i+n-1 of w as (rows, n) float32. */
static void unpack_columns(struct compute *c, float *out, const struct weight *w, size_t i, size_t n)
{
    size_t width = dtype_row_bytes(w->dtype, 1), row_bytes = dtype_row_bytes(w->dtype, w->cols);
#pragma omp parallel for schedule(static) num_threads(c->threads)
    for (size_t r = 0; r < w->rows; r++) {
        const float *scales = w->scales ? w->scales + r : NULL;
        unpack_row(out + r * n, &(struct weight){w->dtype, 1, (uint32_t)n, (const char *)w->data + r * row_bytes + i * width, scales}, 0);
    }
}

static bool stored_backward_input(struct compute *c, float *dx, const float *dy, const struct weight *w, size_t N)
{
    size_t I = w->cols, O = w->rows;
    if (w->dtype == DTYPE_BF16 && c->precision == PRECISION_BF16 && product_input_bf16(c, dx, dy, w->data, N, I, O)) return true;
    size_t at_a_time = O ? smaller(c->scratch_floats / O, I) : 0;
    if (at_a_time < smaller(I, VW)) return false;
    for (size_t i = 0; i < I; i += at_a_time) {
        size_t n = smaller(at_a_time, I - i);
        unpack_columns(c, c->scratch, w, i, n);
        if (!product_input_f32(c, dx + i, I, dy, c->scratch, N, n, O)) return false;
    }
    return true;
}

static void linear_stored_backward_input(struct compute *c, float *dx, const float *dy, const struct weight *w, size_t N)
{
    if (w->dtype == DTYPE_F32) linear_backward_input_dnnl(c, dx, dy, w->data, N, w->cols, w->rows, false);
    else if (!stored_backward_input(c, dx, dy, w, N)) ops_scalar.linear_stored_backward_input(c, dx, dy, w, N);
}

/* ---- int8 scan --------------------------------------------------------------------------------------------------- */

INLINE int32_t sum_i32(__m256i a)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

INLINE __m256i load_i8_as_i16(const int8_t *p)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* 16-bit products cannot overflow here, as those of the shorter u8 x s8 instruction can. */
static int32_t dot_i8(const int8_t *a, const int8_t *b, size_t dim)
{
    __m256i sum = _mm256_setzero_si256();
    for (size_t d = 0; d < dim; d += 16) sum = _mm256_add_epi32(sum, _mm256_madd_epi16(load_i8_as_i16(a + d), load_i8_as_i16(b + d)));
    return sum_i32(sum);
}

static void scan_i8(struct compute *c, int32_t *scores, const int8_t *query, const int8_t *vectors, size_t n, size_t dim)
{
#pragma omp parallel for schedule(static) num_threads(c->threads) if (n * dim > SERIAL_WEIGHT_BYTES)
    for (size_t i = 0; i < n; i++) scores[i] = dot_i8(query, vectors + i * dim, dim);
}

static void overlay_linear(struct ops *table)
{
    table->linear = linear_dnnl;
    table->linear_backward_input = linear_backward_input_dnnl;
    table->linear_backward_weight = linear_backward_weight_dnnl;
    table->linear_stored = linear_stored;
    table->linear_stored_backward_input = linear_stored_backward_input;
    table->scan_i8 = scan_i8;
}
