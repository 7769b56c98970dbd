#include "decode_int.h"

#include <math.h>
#include <string.h>

void decode_options_default(struct decode_options *o)
{
    *o = (struct decode_options){.method = DECODE_GREEDY, .n_beams = 4, .length_penalty = 1.0F, .temperature = 1.0F, .top_p = 1.0F,
                                 .repetition_penalty = 1.0F, .max_tokens = 128, .n_candidates = 1};
}

static status check_float(const char *name, float value, float low, float high, bool low_allowed)
{
    bool good = value <= high && (low_allowed ? value >= low : value > low);   /* false for NaN */
    FAIL_IF(!good, ERR_USAGE, "%s is %g; give a number %s %g and at most %g", name, (double)value, low_allowed ? "of at least" : "above",
            (double)low, (double)high);
    return OK;
}

static status check_count(const char *name, size_t value, size_t low, size_t high)
{
    FAIL_IF(value < low || value > high, ERR_USAGE, "%s is %zu; give a number from %zu to %zu", name, value, low, high);
    return OK;
}

static status check_texts(const char *name, const struct text_span *texts, size_t n)
{
    FAIL_IF(n && !texts, ERR_USAGE, "%s names %zu texts but gives none; set both or neither", name, n);
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        FAIL_IF(!texts[i].n || !texts[i].s, ERR_USAGE, "%s text %zu is empty; leave it out", name, i + 1);
        FAIL_IF(texts[i].n > DECODE_CONSTRAINT_BYTES_MAX - total, ERR_USAGE, "%s texts are longer than %d bytes together; give fewer",
                name, DECODE_CONSTRAINT_BYTES_MAX);
        total += texts[i].n;
    }
    return OK;
}

static status check_none_inside(const struct decode_options *o, const char *name, const struct text_span *texts, size_t n)
{
    for (size_t i = 0; i < o->n_required; i++) {
        for (size_t k = 0; k < n; k++) {
            FAIL_IF(memmem(o->required[i].s, o->required[i].n, texts[k].s, texts[k].n), ERR_USAGE,
                    "required text %zu contains %s text %zu, so no text can satisfy both; drop one", i + 1, name, k + 1);
        }
    }
    return OK;
}

static status check_opening(struct text_span t)
{
    FAIL_IF(t.n && !t.s, ERR_USAGE, "the opening has a length but no text; set both or neither");
    FAIL_IF(t.n > DECODE_CONSTRAINT_BYTES_MAX, ERR_USAGE, "the opening is longer than %d bytes; give a shorter one", DECODE_CONSTRAINT_BYTES_MAX);
    FAIL_IF(t.n && (memchr(t.s, 0, t.n) || !utf8_valid(t.s, t.n, NULL)), ERR_USAGE,
            "the opening is not valid UTF-8 without NUL bytes, so it can never be written; correct it");
    return OK;
}

static status check_constraints(const struct decode_options *o)
{
    TRY(check_texts("forbidden", o->forbidden, o->n_forbidden));
    TRY(check_texts("required", o->required, o->n_required));
    TRY(check_texts("stop", o->stop, o->n_stop));
    TRY(check_opening(o->opening));
    FAIL_IF(o->n_required > DECODE_REQUIRED_MAX, ERR_USAGE, "required names %zu texts; give at most %d", o->n_required, DECODE_REQUIRED_MAX);
    for (size_t i = 0; i < o->n_required; i++) {
        const struct text_span *x = &o->required[i];
        FAIL_IF(memchr(x->s, 0, x->n) || !utf8_valid(x->s, x->n, NULL), ERR_USAGE,
                "required text %zu is not valid UTF-8 without NUL bytes, so it can never be written; correct it", i + 1);
    }
    TRY(check_none_inside(o, "forbidden", o->forbidden, o->n_forbidden));
    return check_none_inside(o, "stop", o->stop, o->n_stop);
}

static status check_candidates(const struct decode_options *o)
{
    TRY(check_count("n_candidates", o->n_candidates, 1, DECODE_BEAMS_MAX));
    FAIL_IF(o->method == DECODE_GREEDY && o->n_candidates > 1, ERR_USAGE,
            "n_candidates is %zu but greedy decoding has one text; choose beam or sample", o->n_candidates);
    FAIL_IF(o->method == DECODE_BEAM && o->n_candidates > o->n_beams, ERR_USAGE,
            "n_candidates is %zu, more than the %zu beams; raise n_beams", o->n_candidates, o->n_beams);
    return OK;
}

status decode_options_check(const struct decode_options *o)
{
    FAIL_IF(o->method != DECODE_GREEDY && o->method != DECODE_BEAM && o->method != DECODE_SAMPLE, ERR_USAGE,
            "method is %d; choose greedy, beam or sample", (int)o->method);
    TRY(check_count("n_beams", o->n_beams, 1, DECODE_BEAMS_MAX));
    TRY(check_candidates(o));
    TRY(check_float("length_penalty", o->length_penalty, 0, 10, true));
    TRY(check_float("temperature", o->temperature, 0, 100, false));
    TRY(check_float("top_p", o->top_p, 0, 1, false));
    TRY(check_float("min_p", o->min_p, 0, 1, true));
    TRY(check_float("repetition_penalty", o->repetition_penalty, 0, 100, false));
    TRY(check_count("max_tokens", o->max_tokens, 1, MODEL_MAX_POSITIONS));
    FAIL_IF(o->min_tokens > o->max_tokens, ERR_USAGE, "min_tokens is %zu, more than max_tokens, %zu; lower it", o->min_tokens, o->max_tokens);
    return check_constraints(o);
}
