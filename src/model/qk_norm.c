#include "model_int.h"

#include <math.h>
#include <string.h>

/* y = x rstd gain over one head. The heads of q and k lie between those of v, which is why this is no call of ops->norm. */
static float normalise(float *x, const float *gain, size_t D, float epsilon)
{
    float squares = 0;
    for (size_t i = 0; i < D; i++) squares += x[i] * x[i];
    float rstd = 1.0f / sqrtf(squares / (float)D + epsilon);
    for (size_t i = 0; i < D; i++) x[i] *= rstd * gain[i];
    return rstd;
}

void qk_norm_forward(const struct model_config *c, const struct layer *l, float *qkv, float *raw, float *rstd, size_t N)
{
    size_t heads = c->n_heads + c->n_kv_heads, D = c->head_size, width = qkv_width(c);
    const float *q_gain = values_of(l->q_norm.gain), *k_gain = values_of(l->k_norm.gain);
    for (size_t n = 0; n < N; n++) {
        float *row = qkv + n * width;
        if (raw) memcpy(raw + n * heads * D, row, heads * D * sizeof *row);
        for (size_t h = 0; h < heads; h++) {
            float r = normalise(row + h * D, h < c->n_heads ? q_gain : k_gain, D, c->norm_epsilon);
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

void qk_norm_backward(const struct model *m, const struct layer *l, float *dqkv, const float *raw, const float *rstd, size_t N)
{
    const struct model_config *c = &m->config;
    size_t heads = c->n_heads + c->n_kv_heads, D = c->head_size, width = qkv_width(c);
    for (size_t n = 0; n < N; n++)
        for (size_t h = 0; h < heads; h++) {
            const struct parameter *gain = h < c->n_heads ? l->q_norm.gain : l->k_norm.gain;
            size_t at = n * heads + h;
            normalise_backward(dqkv + n * width + h * D, gradient_of(m, gain), raw + at * D, rstd[at], values_of(gain), D);
        }
}
