/* Few learned weights, readable in a file: how the scores become one calibrated probability. */
#include "match_int.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

static const char *const names[FEATURES] = {"bm25", "coverage", "title_coverage", "last_word", "adjacent", "numbers", "length", "soft", "vector", "match"};

const char *feature_name(enum feature f)
{
    return f < FEATURES ? names[f] : "?";
}

void fusion_default(struct fusion *f, bool with_model)
{
    *f = (struct fusion){.weight = {0.5f, 3.0f, 2.0f, 0.3f, 0.5f, 0.8f, 0.8f, 1.0f, with_model ? 1.0f : 0, with_model ? 2.0f : 0},
                         .bias = with_model ? -2.5f : -3.5f, .cutoff = 0.28f, .rerank = with_model ? 60 : 0};
}

float fusion_logit(const struct fusion *f, const float features[FEATURES])
{
    float sum = f->bias;
    for (size_t i = 0; i < FEATURES; i++) sum += f->weight[i] * features[i];
    return sum;
}

/* ---- the file ---- */

static status path_of(const char *directory, struct strbuf *out)
{
    strbuf_printf(out, "%s/fusion.json", directory);
    return strbuf_status(out);
}

static status number(const json_t *o, const char *key, double low, double high, const char *path, double *out)
{
    const json_t *v = json_object_get(o, key);
    FAIL_IF(!json_is_number(v), ERR_FORMAT, "'%s' lacks the number '%s'; train it again or delete the file to use the defaults", path, key);
    *out = json_number_value(v);
    FAIL_IF(!(*out >= low && *out <= high), ERR_FORMAT, "'%s': '%s' is %g, outside %g..%g", path, key, *out, low, high);
    return OK;
}

static status read_object(struct fusion *f, const json_t *root, const char *path)
{
    const json_t *weights = json_object_get(root, "weights");
    double v = 0;
    for (size_t i = 0; i < FEATURES; i++) {
        TRY(number(weights, names[i], -1000, 1000, path, &v));
        f->weight[i] = (float)v;
    }
    TRY(number(root, "bias", -1000, 1000, path, &v));
    f->bias = (float)v;
    TRY(number(root, "cutoff", 0, 1, path, &v));
    f->cutoff = (float)v;
    TRY(number(root, "rerank", 0, CANDIDATES_MAX, path, &v));
    f->rerank = (size_t)v;
    return OK;
}

status fusion_read(struct fusion *f, const char *model_directory)
{
    fusion_default(f, true);
    struct strbuf path = {0};
    status s = path_of(model_directory, &path);
    if (s == OK && file_exists(strbuf_str(&path))) {
        json_error_t error;
        json_t *root = json_load_file(strbuf_str(&path), JSON_REJECT_DUPLICATES, &error);
        s = root ? read_object(f, root, strbuf_str(&path))
                 : fail(ERR_FORMAT, "'%s' line %d: %s; train it again or delete the file to use the defaults", strbuf_str(&path), error.line, error.text);
        json_decref(root);
    }
    strbuf_release(&path);
    return s;
}

status fusion_write(const struct fusion *f, const char *model_directory)
{
    struct strbuf path = {0}, text = {0};
    strbuf_puts(&text, "{\n  \"weights\": {");
    for (size_t i = 0; i < FEATURES; i++) strbuf_printf(&text, "%s\n    \"%s\": %.4f", i ? "," : "", names[i], (double)f->weight[i]);
    strbuf_printf(&text, "\n  },\n  \"bias\": %.4f,\n  \"cutoff\": %.4f,\n  \"rerank\": %zu\n}\n", (double)f->bias, (double)f->cutoff, f->rerank);
    status s = path_of(model_directory, &path);
    if (s == OK) s = strbuf_status(&text);
    if (s == OK) s = file_write_atomic(strbuf_str(&path), text.data, text.len);
    strbuf_release(&text);
    strbuf_release(&path);
    return s;
}

/* ---- learning ---- */

enum { FIT_STEPS = 3000 };
static const double CALIBRATION = 0.5, DECAY = 1e-4, RATE = 0.05;

struct fit { const float *values, *gains; const uint32_t *groups; size_t n; };

/* ListNet inside each group, logistic over all; the gradient with respect to each example's logit. */
static double losses(const struct fit *d, const struct fusion *f, double *slope)
{
    double list = 0, calibration = 0;
    size_t n_groups = 0;
    for (size_t a = 0; a < d->n;) {
        size_t b = a;
        double top = -1e30, sum = 0, gain = 0;
        for (; b < d->n && d->groups[b] == d->groups[a]; b++) {
            slope[b] = (double)fusion_logit(f, d->values + b * FEATURES);
            if (slope[b] > top) top = slope[b];
            gain += (double)d->gains[b];
        }
        for (size_t i = a; i < b; i++) sum += exp(slope[i] - top);
        n_groups++;
        for (size_t i = a; i < b; i++) {
            double z = slope[i], p = exp(z - top) / sum, q = gain > 0 ? (double)d->gains[i] / gain : p;
            double chance = 1 / (1 + exp(-z)), y = (double)d->gains[i] >= 0.5 ? 1 : 0;
            list -= q * log(p + 1e-12);
            calibration -= y * log(chance + 1e-12) + (1 - y) * log(1 - chance + 1e-12);
            slope[i] = (p - q) + CALIBRATION * (chance - y) / (double)(b - a);
        }
        a = b;
    }
    return list / (double)n_groups + CALIBRATION * calibration / (double)d->n;
}

/* Adam over eleven numbers. */
status fusion_fit(struct fusion *f, const float *values, const float *gains, const uint32_t *groups, size_t n, double *loss)
{
    FAIL_IF(n == 0, ERR_USAGE, "no judged examples to learn the fusion from");
    struct fit d = {values, gains, groups, n};
    double *slope = mem_alloc(n * sizeof *slope), m[FEATURES + 1] = {0}, v[FEATURES + 1] = {0};
    if (!slope) return fail_nomem("learning the fusion");
    size_t n_groups = 1;
    for (size_t i = 1; i < n; i++) n_groups += groups[i] != groups[i - 1];
    for (int step = 1; step <= FIT_STEPS; step++) {
        double g[FEATURES + 1] = {0};
        *loss = losses(&d, f, slope);
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < FEATURES; k++) g[k] += slope[i] * (double)values[i * FEATURES + k];
            g[FEATURES] += slope[i];
        }
        double rate = RATE * (1 - (double)step / (FIT_STEPS + 1));
        for (size_t k = 0; k <= FEATURES; k++) {
            float *w = k < FEATURES ? &f->weight[k] : &f->bias;
            g[k] = g[k] / (double)n_groups + DECAY * (double)*w;
            m[k] = 0.9 * m[k] + 0.1 * g[k];
            v[k] = 0.999 * v[k] + 0.001 * g[k] * g[k];
            *w -= (float)(rate * (m[k] / (1 - pow(0.9, step))) / (sqrt(v[k] / (1 - pow(0.999, step))) + 1e-9));
        }
    }
    mem_free(slope);
    return OK;
}
