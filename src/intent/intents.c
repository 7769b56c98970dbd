#include "intent_int.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

const char *const part_names[PARTS] = {"both", "ngrams", "adapter"};

/* ---- intents.json ---- */

static status read_pooling(const json_t *v, struct pooling *p, const char *name)
{
    const json_t *a = json_object_get(v, "ngrams"), *b = json_object_get(v, "adapter"), *t = json_object_get(v, "threshold");
    FAIL_IF(!json_is_number(a) || !json_is_number(b) || !json_is_number(t), ERR_FORMAT, "\"%s\" must hold the numbers ngrams, adapter and threshold", name);
    *p = (struct pooling){.ngrams = (float)json_number_value(a), .adapter = (float)json_number_value(b), .threshold = (float)json_number_value(t)};
    return OK;
}

static status read_sets(struct intents *t, const json_t *root)
{
    for (size_t i = 0; i < t->labels.n_sets; i++) {
        const json_t *set = json_object_get(root, t->labels.sets[i].name);
        FAIL_IF(!json_is_object(set), ERR_FORMAT, "set \"%.40s\" of labels.json is missing", t->labels.sets[i].name);
        for (int k = 0; k < PARTS; k++) {
            const json_t *v = json_object_get(set, part_names[k]);
            if (v || k == INTENT_NGRAMS) TRY(read_pooling(v, &t->sets[i].of[k], part_names[k]));
        }
    }
    return OK;
}

static status read_calibration(struct intents *t, const char *path)
{
    char *text;
    size_t n;
    json_error_t e;
    TRY(file_read(path, 1 << 16, &text, &n));
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    mem_free(text);
    FAIL_IF(!root, ERR_FORMAT, "%s:%d: %s; correct the file", path, e.line, e.text);
    status s = read_sets(t, root);
    json_decref(root);
    return s == OK ? OK : fail_context(s, "%s", path);
}

/* ---- opening ---- */

status path_in(struct strbuf *path, const char *directory, const char *name)
{
    strbuf_clear(path);
    strbuf_printf(path, "%s/%s", directory, name);
    return strbuf_status(path);
}

static status open_adapter(struct intents *t, const char *directory, struct session *session, struct strbuf *path)
{
    TRY(path_in(path, directory, "adapter.json"));
    snprintf(t->about, sizeof t->about, "n-grams");
    if (!file_exists(path->data)) return OK;
    status s = session ? classifier_new(session, directory, &t->adapter) : fail(ERR_USAGE, "no model is loaded");
    if (s == ERR_USAGE) {
        snprintf(t->about, sizeof t->about, "n-grams alone: %s", status_message());
        return OK;
    }
    TRY(s);
    FAIL_IF(classifier_classes(t->adapter) != t->labels.n, ERR_FORMAT, "%s: the adapter has %zu outputs, labels.json %u labels", directory,
            classifier_classes(t->adapter), t->labels.n);
    snprintf(t->about, sizeof t->about, "n-grams and adapter");
    return OK;
}

static status open_files(struct intents *t, const char *directory, struct session *session)
{
    struct strbuf path = {0};
    status s = path_in(&path, directory, "labels.json");
    if (s == OK && !file_exists(path.data)) s = fail(ERR_NOT_FOUND, "there are no intents in '%s': labels.json is missing", directory);
    if (s == OK) s = labels_read(&t->labels, path.data);
    if (s == OK) s = path_in(&path, directory, "ngrams.bin");
    if (s == OK) s = ngram_file_open(&t->ngrams, path.data, &t->labels);
    if (s == OK) s = path_in(&path, directory, "intents.json");
    for (size_t i = 0; s == OK && i < t->labels.n_sets; i++)   /* what is not fitted yet: as it comes */
        t->sets[i] = (struct calibration){{{0.5f, 0.5f, 0.5f, 0}, {1, 0, 0.5f, 0}, {0, 1, 0.5f, 0}}};
    if (s == OK && file_exists(path.data)) s = read_calibration(t, path.data);
    if (s == OK) s = open_adapter(t, directory, session, &path);
    strbuf_release(&path);
    return s;
}

status intents_open(const char *directory, struct session *session, const struct normalizer *z, struct intents **out)
{
    *out = NULL;
    struct intents *t = mem_zalloc(1, sizeof *t);
    if (!t) return fail_nomem("opening intents");
    t->normalizer = z;
    arena_init(&t->labels.strings, 0);
    status s = open_files(t, directory, session);
    if (s != OK) {
        intents_free(t);
        return s;
    }
    *out = t;
    return OK;
}

void intents_free(struct intents *t)
{
    if (!t) return;
    classifier_free(t->adapter);
    ngram_file_close(&t->ngrams);
    labels_release(&t->labels);
    strbuf_release(&t->text);
    mem_free(t);
}

const char *intents_describe(const struct intents *t)
{
    return t->about;
}

const struct labels *intents_labels(const struct intents *t)
{
    return &t->labels;
}

bool intents_have_adapter(const struct intents *t)
{
    return t->adapter != NULL;
}

static struct pooling *pooling_of(const struct intents *t, const struct class_set *set, enum intent_parts parts)
{
    const struct calibration *c = &t->sets[set - t->labels.sets];
    return (struct pooling *)(uintptr_t)&c->of[parts == INTENT_BOTH && !t->adapter ? INTENT_NGRAMS : parts];
}

double intents_threshold(const struct intents *t, const struct class_set *set, enum intent_parts parts)
{
    return (double)pooling_of(t, set, parts)->threshold;
}

/* ---- probabilities ---- */

static void log_softmax(float *x, size_t n)
{
    float top = x[0], sum = 0;
    for (size_t i = 1; i < n; i++) top = fmaxf(top, x[i]);
    for (size_t i = 0; i < n; i++) sum += expf(x[i] - top);
    for (size_t i = 0; i < n; i++) x[i] -= top + logf(sum);
}

/* out (K) = log probabilities by the n-grams */
void by_ngrams(struct intents *t, const struct class_set *set, float *out)
{
    const struct ngram_model *m = &t->ngrams.sets[set - t->labels.sets];
    size_t n = ngram_features(strbuf_str(&t->text), t->text.len, m->orders, t->features);
    ngram_logits(m, t->features, n, out);
    log_softmax(out, set->n);
}

status by_adapter(struct intents *t, const struct class_set *set, float *out)
{
    TRY(classifier_logits(t->adapter, (struct text_span){strbuf_str(&t->text), t->text.len}, t->logits));
    memcpy(out, t->logits + set->first, set->n * sizeof *out);
    log_softmax(out, set->n);
    return OK;
}

status intents_read(struct intents *t, const char *text, size_t n)
{
    strbuf_clear(&t->text);
    return intent_text(t->normalizer, text, n < INTENT_TEXT_MAX ? n : INTENT_TEXT_MAX, &t->text);
}

void pool_parts(float *out, const float *a, const float *b, const struct pooling *p, size_t K)
{
    for (size_t k = 0; k < K; k++) out[k] = p->ngrams * a[k] + (b ? p->adapter * b[k] : 0);
    softmax_in_place(out, K);
}

status intents_probabilities(struct intents *t, const struct class_set *set, enum intent_parts parts, const char *text, size_t n, float *out)
{
    float a[MODEL_MAX_CLASSES], b[MODEL_MAX_CLASSES];
    FAIL_IF(parts == INTENT_ADAPTER && !t->adapter, ERR_USAGE, "these intents have no adapter");
    const struct pooling *p = pooling_of(t, set, parts);
    bool both = t->adapter && parts != INTENT_NGRAMS;
    TRY(intents_read(t, text, n));
    by_ngrams(t, set, a);
    if (both) TRY(by_adapter(t, set, b));
    pool_parts(out, a, both ? b : NULL, p, set->n);
    return OK;
}

/* ---- one turn ---- */

static void take_top(const struct class_set *set, const float *p, struct intent *out)
{
    for (uint32_t k = 0; k < set->n; k++) {
        size_t at = out->n_top;
        while (at > 0 && p[k] > out->top[at - 1].confidence) at--;
        if (at >= INTENT_TOP) continue;
        if (out->n_top < INTENT_TOP) out->n_top++;
        for (size_t i = out->n_top - 1; i > at; i--) out->top[i] = out->top[i - 1];
        out->top[at] = (struct intent_guess){set->labels[k], act_of(set->name, set->labels[k]), p[k]};
    }
}

void take_act(const struct class_set *set, const float *p, struct intent *out)
{
    float sums[ACTS] = {0};
    for (uint32_t k = 0; k < set->n; k++) sums[act_of(set->name, set->labels[k])] += p[k];
    for (int a = 0; a < ACTS; a++)
        if (sums[a] > out->act_confidence) {
            out->act = (enum act)a;
            out->act_confidence = sums[a];
        }
}

status intents_classify(struct intents *t, const char *text, size_t n, struct intent *out)
{
    float p[MODEL_MAX_CLASSES];
    const char *code = language_code(text_language(text, n));
    const struct class_set *set = labels_set(&t->labels, code);
    *out = (struct intent){.set = set ? set->name : "", .act = ACT_OTHER};
    if (!set) return OK;
    TRY(intents_read(t, text, n));
    if (intent_phrase(strbuf_str(&t->text), t->text.len, out)) return OK;
    TRY(intents_probabilities(t, set, INTENT_BOTH, text, n, p));
    take_top(set, p, out);
    take_act(set, p, out);
    out->sure = out->act_confidence >= pooling_of(t, set, INTENT_BOTH)->threshold && ngram_has_words(strbuf_str(&t->text), t->text.len);
    return OK;
}
