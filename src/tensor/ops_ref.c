/* The specification: every op as its equation, one thread, sums in double. The faster tables are held to this one by
 * tests/kernels/tensor_ops_test.c, and this one to finite differences. */
#include "tensor_int.h"

#include <math.h>
#include <string.h>

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
    return sum;
}

/* y += a x */
static void axpy(float *y, double a, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] += (float)(a * x[i]);
}

/* ---- linear layers ----------------------------------------------------------------------------------------------- */

void linear_ref(struct compute *c, float *y, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O)
{
    (void)c;
    for (size_t n = 0; n < N; n++)
        for (size_t o = 0; o < O; o++) y[n * O + o] = (float)(dot(x + n * I, w + o * I, I) + (bias ? bias[o] : 0));
}

/* By what the table has for the two. */
static void linear_onto(struct compute *c, float *y, const float *onto, const float *x, const float *w, const float *bias, size_t N, size_t I, size_t O)
{
    c->ops->linear(c, y, x, w, bias, N, I, O);
    c->ops->add(c, y, onto, N * O);
}

void linear_backward_input_ref(struct compute *c, float *dx, const float *dy, const float *w, size_t N, size_t I, size_t O, bool accumulate)
{
    (void)c;
    if (!accumulate) memset(dx, 0, N * I * sizeof *dx);
    for (size_t n = 0; n < N; n++)
        for (size_t o = 0; o < O; o++) axpy(dx + n * I, dy[n * O + o], w + o * I, I);
}

void linear_backward_weight_ref(struct compute *c, float *dw, float *dbias, const float *x, const float *dy, size_t N, size_t I, size_t O, bool accumulate)
{
    (void)c;
    if (!accumulate) memset(dw, 0, O * I * sizeof *dw);
    for (size_t n = 0; n < N; n++)
        for (size_t o = 0; o < O; o++) {
            axpy(dw + o * I, dy[n * O + o], x + n * I, I);
            if (dbias) dbias[o] += dy[n * O + o];
        }
}

static double stored_value(const struct weight *w, size_t row, size_t col)
{
    size_t at = row * w->cols + col;
    float f;
    uint16_t half;
    if (w->dtype == DTYPE_Q8) return (double)w->scales[row] * ((const int8_t *)w->data)[at];
    if (w->dtype == DTYPE_F32) return memcpy(&f, (const char *)w->data + at * sizeof f, sizeof f), f;
    memcpy(&half, (const char *)w->data + at * sizeof half, sizeof half);   /* a mapped file promises no alignment */
    uint32_t bits = (uint32_t)half << 16;   /* as bf16_to_f32, which is no call here: the tests spend a third of their time in this */
    return memcpy(&f, &bits, sizeof f), f;
}

static void linear_stored(struct compute *c, float *y, const float *x, const struct weight *w, const float *bias, size_t N)
{
    (void)c;
    for (size_t n = 0; n < N; n++)
        for (size_t o = 0; o < w->rows; o++) {
            double sum = bias ? bias[o] : 0;
            for (size_t i = 0; i < w->cols; i++) sum += x[n * w->cols + i] * stored_value(w, o, i);
            y[n * w->rows + o] = (float)sum;
        }
}

static void linear_stored_backward_input(struct compute *c, float *dx, const float *dy, const struct weight *w, size_t N)
{
    (void)c;
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < w->cols; i++) {
            double sum = 0;
            for (size_t o = 0; o < w->rows; o++) sum += dy[n * w->rows + o] * stored_value(w, o, i);
            dx[n * w->cols + i] = (float)sum;
        }
}

/* ---- embeddings -------------------------------------------------------------------------------------------------- */

static void embed(struct compute *c, float *y, const int32_t *ids, const int32_t *positions, const float *wte, const float *wpe, size_t N, size_t C)
{
    (void)c;
    for (size_t n = 0; n < N; n++) {
        memcpy(y + n * C, wte + (size_t)ids[n] * C, C * sizeof *y);
        if (wpe) axpy(y + n * C, 1, wpe + (size_t)positions[n] * C, C);
    }
}

static void embed_backward(struct compute *c, float *dwte, float *dwpe, const float *dy, const int32_t *ids, const int32_t *positions, size_t N, size_t C, size_t V, size_t P)
{
    (void)c, (void)V, (void)P;
    for (size_t n = 0; n < N; n++) {
        axpy(dwte + (size_t)ids[n] * C, 1, dy + n * C, C);
        if (dwpe) axpy(dwpe + (size_t)positions[n] * C, 1, dy + n * C, C);
    }
}

/* ---- norms ------------------------------------------------------------------------------------------------------- */

static void norm(struct compute *c, float *y, float *mean, float *rstd, const float *x, const float *gain, const float *bias, size_t N, size_t C, float epsilon, enum norm_kind kind)
{
    (void)c;
    for (size_t n = 0; n < N; n++, x += C, y += C) {
        double m = 0, variance = 0;
        for (size_t i = 0; i < C && kind == NORM_LAYER; i++) m += x[i] / (double)C;
        for (size_t i = 0; i < C; i++) variance += (x[i] - m) * (x[i] - m) / (double)C;
        double r = 1 / sqrt(variance + epsilon);
        for (size_t i = 0; i < C; i++) y[i] = (float)((x[i] - m) * r * gain[i] + (bias ? bias[i] : 0));
        if (mean && kind == NORM_LAYER) mean[n] = (float)m;
        if (rstd) rstd[n] = (float)r;
    }
}

/* With xhat = (x - mean) rstd and g = dy gain:  dx = rstd (g - [mean of g] - xhat mean(g xhat)); the bracket for LayerNorm. */
static void norm_backward(struct compute *c, float *dx, float *dgain, float *dbias, const float *dy, const float *x, const float *gain, const float *mean, const float *rstd, size_t N, size_t C, enum norm_kind kind)
{
    (void)c;
    for (size_t n = 0; n < N; n++, dx += C, dy += C, x += C) {
        double m = kind == NORM_LAYER ? mean[n] : 0, r = rstd[n], mean_g = 0, mean_gx = 0;
        for (size_t i = 0; i < C; i++) {
            double g = (double)dy[i] * gain[i], xhat = (x[i] - m) * r;
            if (kind == NORM_LAYER) mean_g += g / (double)C;
            mean_gx += g * xhat / (double)C;
        }
        for (size_t i = 0; i < C; i++) {
            double g = (double)dy[i] * gain[i], xhat = (x[i] - m) * r;
            dx[i] += (float)(r * (g - mean_g - xhat * mean_gx));
            dgain[i] += (float)(dy[i] * xhat);
            if (dbias) dbias[i] += dy[i];
        }
    }
}

/* y = x rstd gain over one head. */
static float normalise(float *x, const float *gain, size_t D, float epsilon)
{
    float squares = 0;
    for (size_t i = 0; i < D; i++) squares += x[i] * x[i];
    float rstd = 1.0f / sqrtf(squares / (float)D + epsilon);
    for (size_t i = 0; i < D; i++) x[i] *= rstd * gain[i];
    return rstd;
}

static void head_norm(struct compute *c, float *x, float *raw, float *rstd, const float *q_gain, const float *k_gain, size_t N, size_t stride, size_t H, size_t K, size_t D, float epsilon)
{
    (void)c;
    size_t heads = H + K;
    for (size_t n = 0; n < N; n++) {
        float *row = x + n * stride;
        if (raw) memcpy(raw + n * heads * D, row, heads * D * sizeof *row);
        for (size_t h = 0; h < heads; h++) {
            float r = normalise(row + h * D, h < H ? q_gain : k_gain, D, epsilon);
            if (rstd) rstd[n * heads + h] = r;
        }
    }
}

/* With xhat = x rstd: dgain += dy xhat; dx = rstd (dy gain - xhat mean(dy gain xhat)), written over dy. */
static void normalise_backward(float *dy, float *dgain, const float *x, float rstd, const float *gain, size_t D)
{
    float mean = 0;
    for (size_t i = 0; i < D; i++) mean += dy[i] * gain[i] * x[i] * rstd;
    mean /= (float)D;
    for (size_t i = 0; i < D; i++) {
        float xhat = x[i] * rstd;
        dgain[i] += dy[i] * xhat;
        dy[i] = rstd * (dy[i] * gain[i] - xhat * mean);
    }
}

static void head_norm_backward(struct compute *c, float *dx, float *dq_gain, float *dk_gain, const float *raw, const float *rstd, const float *q_gain, const float *k_gain, size_t N, size_t stride, size_t H, size_t K, size_t D)
{
    (void)c;
    for (size_t n = 0; n < N; n++)
        for (size_t h = 0; h < H + K; h++) {
            size_t at = n * (H + K) + h;
            normalise_backward(dx + n * stride + h * D, h < H ? dq_gain : dk_gain, raw + at * D, rstd[at], h < H ? q_gain : k_gain, D);
        }
}

/* ---- means of ranges of rows ------------------------------------------------------------------------------------- */

static void pool_mean(struct compute *c, float *out, const float *x, const int32_t *ranges, size_t n, size_t C)
{
    (void)c;
    for (size_t i = 0; i < n; i++) {
        size_t begin = (size_t)ranges[2 * i], end = (size_t)ranges[2 * i + 1];
        float *mean = out + i * C, scale = 1.0f / (float)(end - begin);
        memset(mean, 0, C * sizeof *mean);
        for (size_t t = begin; t < end; t++)
            for (size_t k = 0; k < C; k++) mean[k] += x[t * C + k];
        for (size_t k = 0; k < C; k++) mean[k] *= scale;
    }
}

static void pool_mean_backward(struct compute *c, float *dx, const float *dout, const int32_t *ranges, size_t n, size_t N, size_t C)
{
    (void)c, (void)N;
    for (size_t i = 0; i < n; i++) {
        size_t begin = (size_t)ranges[2 * i], end = (size_t)ranges[2 * i + 1];
        float scale = 1.0f / (float)(end - begin);
        for (size_t t = begin; t < end; t++)
            for (size_t k = 0; k < C; k++) dx[t * C + k] += scale * dout[i * C + k];
    }
}

/* ---- rotary positions -------------------------------------------------------------------------------------------- */

static void rotary(struct compute *c, float *x, const int32_t *positions, size_t N, size_t stride, size_t heads, size_t D, float theta, bool inverse)
{
    (void)c;
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < D / 2; i++) {
            double angle = positions[n] * pow(theta, -2.0 * (double)i / (double)D);
            double cosine = cos(angle), sine = inverse ? -sin(angle) : sin(angle);
            for (size_t h = 0; h < heads; h++) {
                float *a = x + n * stride + h * D + i, *b = a + D / 2;
                double a0 = *a, b0 = *b;
                *a = (float)(a0 * cosine - b0 * sine);
                *b = (float)(a0 * sine + b0 * cosine);
            }
        }
}

/* ---- attention --------------------------------------------------------------------------------------------------- */

/* out (D) = sum over j < n of softmax(q k_j / sqrt(D)) v_j; rows of k and v are `stride` floats apart. Returns the lse. */
static double attend(float *out, const float *q, const float *k, const float *v, size_t stride, size_t n, size_t D)
{
    double scale = 1 / sqrt((double)D), largest = -INFINITY, sum = 0;
    for (size_t j = 0; j < n; j++) largest = fmax(largest, scale * dot(q, k + j * stride, D));
    for (size_t j = 0; j < n; j++) sum += exp(scale * dot(q, k + j * stride, D) - largest);
    double lse = largest + log(sum);
    memset(out, 0, D * sizeof *out);
    for (size_t j = 0; j < n; j++) axpy(out, exp(scale * dot(q, k + j * stride, D) - lse), v + j * stride, D);
    return lse;
}

static void attention(struct compute *c, float *out, float *lse, const float *qkv, const struct attention_shape *shape)
{
    (void)c;
    size_t H = shape->n_heads, K = shape->n_kv_heads, D = shape->head_size, stride = (H + 2 * K) * D;
    for (size_t s = 0; s < shape->n_seqs; s++) {
        size_t first = (size_t)shape->offsets[s], T = (size_t)shape->offsets[s + 1] - first;
        const float *rows = qkv + first * stride;
        for (size_t i = 0; i < T; i++)
            for (size_t h = 0; h < H; h++) {
                const float *q = rows + i * stride + h * D, *k = rows + (H + h / (H / K)) * D, *v = k + K * D;
                double l = attend(out + (first + i) * H * D + h * D, q, k, v, stride, attention_visible(i, T, shape->prefix[s]), D);
                if (lse) lse[(first + i) * H + h] = (float)l;
            }
    }
}

/* p = exp(s - lse); dv_j += p_j dout; ds_j = p_j (dout v_j - dout out); dq += ds_j k_j / sqrt(D); dk_j += ds_j q / sqrt(D). */
static void attend_backward(float *dq, float *dk, float *dv, const float *dout, const float *out, double lse,
                            const float *q, const float *k, const float *v, size_t stride, size_t n, size_t D)
{
    double scale = 1 / sqrt((double)D), delta = dot(dout, out, D);
    for (size_t j = 0; j < n; j++) {
        double p = exp(scale * dot(q, k + j * stride, D) - lse);
        double ds = p * (dot(dout, v + j * stride, D) - delta);
        axpy(dv + j * stride, p, dout, D);
        axpy(dq, ds * scale, k + j * stride, D);
        axpy(dk + j * stride, ds * scale, q, D);
    }
}

static void attention_backward(struct compute *c, float *dqkv, const float *dout, const float *out, const float *lse, const float *qkv, const struct attention_shape *shape)
{
    (void)c;
    size_t H = shape->n_heads, K = shape->n_kv_heads, D = shape->head_size, stride = (H + 2 * K) * D;
    memset(dqkv, 0, (size_t)shape->offsets[shape->n_seqs] * stride * sizeof *dqkv);
    for (size_t s = 0; s < shape->n_seqs; s++) {
        size_t first = (size_t)shape->offsets[s], T = (size_t)shape->offsets[s + 1] - first;
        for (size_t i = 0; i < T; i++)
            for (size_t h = 0; h < H; h++) {
                size_t q = (first + i) * stride + h * D, k = first * stride + (H + h / (H / K)) * D, v = k + K * D;
                size_t o = (first + i) * H * D + h * D;
                attend_backward(dqkv + q, dqkv + k, dqkv + v, dout + o, out + o, lse[(first + i) * H + h],
                                qkv + q, qkv + k, qkv + v, stride, attention_visible(i, T, shape->prefix[s]), D);
            }
    }
}

static void attention_step(struct compute *c, float *out, const float *q, const float *keys, const float *values, size_t length, uint32_t n_heads, uint32_t n_kv_heads, uint32_t head_size)
{
    (void)c;
    size_t D = head_size;
    for (size_t h = 0; h < n_heads; h++) {
        size_t kv = h / (n_heads / n_kv_heads) * D;
        attend(out + h * D, q + h * D, keys + kv, values + kv, n_kv_heads * D, length, D);
    }
}

/* ---- element by element ------------------------------------------------------------------------------------------ */

static const double GELU_SCALE = 0.7978845608028654, GELU_CUBE = 0.044715;   /* sqrt(2/pi) */

static void gelu(struct compute *c, float *y, const float *x, size_t n)
{
    (void)c;
    for (size_t i = 0; i < n; i++) {
        double v = x[i];
        y[i] = (float)(0.5 * v * (1 + tanh(GELU_SCALE * (v + GELU_CUBE * v * v * v))));
    }
}

static void gelu_backward(struct compute *c, float *dx, const float *dy, const float *x, size_t n)
{
    (void)c;
    for (size_t i = 0; i < n; i++) {
        double v = x[i], t = tanh(GELU_SCALE * (v + GELU_CUBE * v * v * v));
        dx[i] = (float)(dy[i] * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * GELU_SCALE * (1 + 3 * GELU_CUBE * v * v)));
    }
}

static void swiglu(struct compute *c, float *y, const float *x, size_t N, size_t F)
{
    (void)c;
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < F; i++) {
            double gate = x[n * 2 * F + i], up = x[n * 2 * F + F + i];
            y[n * F + i] = (float)(gate / (1 + exp(-gate)) * up);
        }
}

static void swiglu_backward(struct compute *c, float *dx, const float *dy, const float *x, size_t N, size_t F)
{
    (void)c;
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < F; i++) {
            double gate = x[n * 2 * F + i], up = x[n * 2 * F + F + i], d = dy[n * F + i];
            double s = 1 / (1 + exp(-gate));
            dx[n * 2 * F + i] = (float)(d * up * s * (1 + gate * (1 - s)));
            dx[n * 2 * F + F + i] = (float)(d * gate * s);
        }
}

static void tanh_forward(struct compute *c, float *x, size_t n)
{
    (void)c;
    for (size_t i = 0; i < n; i++) x[i] = tanhf(x[i]);
}

static void tanh_backward(struct compute *c, float *dx, const float *y, size_t n)
{
    (void)c;
    for (size_t i = 0; i < n; i++) dx[i] *= 1 - y[i] * y[i];
}

static void scale(struct compute *c, float *x, size_t n, float factor)
{
    (void)c;
    for (size_t i = 0; i < n; i++) x[i] *= factor;
}

static void add(struct compute *c, float *y, const float *x, size_t n)
{
    (void)c;
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

static void dropout(struct compute *c, float *x, size_t n, float p, uint64_t seed)
{
    (void)c;
    for (size_t i = 0; i < n; i++) x[i] = dropout_hash((uint32_t)i, seed) < dropout_limit(p) ? 0 : x[i] * (1 / (1 - p));
}

/* ---- loss, optimiser --------------------------------------------------------------------------------------------- */

static void cross_entropy(struct compute *c, float *loss, float *logits, const int32_t *targets, size_t M, size_t V, float scale, bool backward)
{
    (void)c;
    for (size_t m = 0; m < M; m++, logits += V) {
        if (targets[m] < 0) {
            loss[m] = 0;
            if (backward) memset(logits, 0, V * sizeof *logits);
            continue;
        }
        double largest = -INFINITY, sum = 0;
        for (size_t i = 0; i < V; i++) largest = fmax(largest, logits[i]);
        for (size_t i = 0; i < V; i++) sum += exp(logits[i] - largest);
        double lse = largest + log(sum);
        loss[m] = (float)(lse - logits[targets[m]]);
        for (size_t i = 0; i < V && backward; i++)
            logits[i] = (float)((exp(logits[i] - lse) - (i == (size_t)targets[m])) * scale);
    }
}

/* Stops at the first larger logit: wrong rows, most of them early in training, cost almost nothing. */
static bool is_top(const float *logits, size_t V, int32_t target)
{
    enum { BLOCK = 256 };
    float own = logits[target];
    for (size_t at = 0; at < V; at += BLOCK) {
        size_t end = at + BLOCK < V ? at + BLOCK : V, above = 0;
        for (size_t i = at; i < end; i++) above += logits[i] > own;
        if (above) return false;
    }
    return true;
}

/* Whole numbers: shared out among the threads in every table. */
static size_t count_top(struct compute *c, const float *logits, const int32_t *targets, size_t M, size_t V)
{
    size_t correct = 0;
#pragma omp parallel for reduction(+ : correct) schedule(static) num_threads(c->threads)
    for (size_t i = 0; i < M; i++)
        if (targets[i] >= 0) correct += is_top(logits + i * V, V, targets[i]);
    return correct;
}

static void adamw(struct compute *c, float *params, const float *grads, float *m, float *v, size_t n, const struct adamw *how)
{
    (void)c;
    for (size_t i = 0; i < n; i++) {
        float g = grads[i] * how->gradient_scale;
        m[i] = how->beta1 * m[i] + (1 - how->beta1) * g;
        v[i] = how->beta2 * v[i] + (1 - how->beta2) * g * g;
        float step = (m[i] / how->correction1) / (sqrtf(v[i] / how->correction2) + how->epsilon);
        params[i] -= how->learning_rate * (step + how->weight_decay * params[i]);
    }
}

static double sum_of_squares(struct compute *c, const float *x, size_t n)
{
    (void)c;
    return dot(x, x, n);
}

static void scan_i8(struct compute *c, int32_t *scores, const int8_t *query, const int8_t *vectors, size_t n, size_t dim)
{
    (void)c;
    for (size_t i = 0; i < n; i++) {
        scores[i] = 0;
        for (size_t d = 0; d < dim; d++) scores[i] += query[d] * vectors[i * dim + d];
    }
}

const struct ops ops_scalar = {
    .name = "scalar",
    .linear = linear_ref,
    .linear_onto = linear_onto,
    .linear_backward_input = linear_backward_input_ref,
    .linear_backward_weight = linear_backward_weight_ref,
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
