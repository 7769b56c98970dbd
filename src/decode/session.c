#include "decode_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- loading ---- */

static status path_in(const char *directory, const char *name, struct strbuf *path)
{
    strbuf_clear(path);
    strbuf_printf(path, "%s/%s", directory, name);
    return strbuf_status(path);
}

static status check_directory(const char *directory)
{
    struct strbuf path = {0};
    status result = path_in(directory, "config.json", &path);
    if (result == OK && !file_exists(strbuf_str(&path))) {
        result = fail(ERR_NOT_FOUND, "there is no model in '%s': config.json is missing; give the directory of a model", directory);
    }
    strbuf_release(&path);
    return result;
}

static status load_tokenizer(struct session *s)
{
    struct strbuf path = {0};
    status result = path_in(s->directory, "tokenizer.json", &path);
    if (result == OK) result = tokenizer_load(strbuf_str(&path), &s->tokenizer);
    strbuf_release(&path);
    TRY(result);
    size_t size = tokenizer_size(s->tokenizer), vocab_size = s->model->config.vocab_size;
    FAIL_IF(size > vocab_size, ERR_FORMAT, "the tokenizer in '%s' has %zu entries but its model only %zu; they do not belong together",
            s->directory, size, vocab_size);
    bool own = tokenizer_is_own(s->tokenizer);
    s->begin = tokenizer_begin(s->tokenizer);
    s->end = own ? TOKEN_END : tokenizer_end(s->tokenizer);
    FAIL_IF(s->end < 0, ERR_FORMAT, "the tokenizer in '%s' does not say which token ends a text; import the model again", s->directory);
    if (own) marks_own(&s->marks);
    else marks_foreign(&s->marks, tokenizer_byte_ids(s->tokenizer), s->begin, s->end);
    return token_trie_init(&s->trie, s->tokenizer, vocab_size);
}

static status load(struct session *s, const struct session_options *o)
{
    s->directory = mem_strndup(o->model_directory, strlen(o->model_directory));
    if (!s->directory) return fail_nomem("opening a model");
    TRY(check_directory(s->directory));
    bool automatic = !o->device || strcmp(o->device, "auto") == 0;   /* a GPU is for training only, so far */
    /* f32: what a text is worth must not depend on how many others are read with it, as it would where bf16 products take over from some row count on. */
    struct compute_options compute = {.device = automatic ? "cpu" : o->device, .threads = o->threads, .precision = PRECISION_F32};
    TRY(compute_new(&compute, &s->compute));
    TRY(model_load(s->directory, false, &s->model));
    TRY(load_tokenizer(s));
    s->prefix.logits = mem_zalloc(s->model->config.vocab_size, sizeof(float));
    if (!s->prefix.logits) return fail_nomem("opening a model");
    s->batch_tokens = o->batch_tokens_max ? o->batch_tokens_max : 4096;
    if (s->batch_tokens < SESSION_BATCH_MIN) s->batch_tokens = SESSION_BATCH_MIN;
    return infer_run_new(s->model, s->compute, s->batch_tokens, SESSION_SEQS_MAX, &s->run);
}

status session_new(const struct session_options *o, struct session **out)
{
    *out = NULL;
    FAIL_IF(!o->model_directory || !*o->model_directory, ERR_USAGE, "model_directory is missing; give the directory of a model");
    struct session *s = mem_zalloc(1, sizeof *s);
    if (!s) return fail_nomem("opening a model");
    arena_init(&s->arena, 0);
    status result = load(s, o);
    if (result != OK) {
        session_free(s);
        return result;
    }
    *out = s;
    return OK;
}

static void free_caches(struct session *s)
{
    for (size_t i = 0; i < s->n_caches; i++) kv_cache_free(s->caches[i]);
    s->n_caches = s->cache_length = 0;
    s->prefix.valid = false;
}

void session_free(struct session *s)
{
    if (!s) return;
    free_caches(s);
    mem_free(s->prefix.ids);
    mem_free(s->prefix.logits);
    token_trie_release(&s->trie);
    if (s->run) infer_run_free(s->run);
    if (s->tokenizer) tokenizer_free(s->tokenizer);
    if (s->model) model_free(s->model);
    if (s->compute) compute_free(s->compute);
    arena_release(&s->arena);
    mem_free(s->directory);
    mem_free(s);
}

const struct model_config *session_config(const struct session *s)
{
    return &s->model->config;
}

const struct tokenizer *session_tokenizer(const struct session *s)
{
    return s->tokenizer;
}

const char *session_model_directory(const struct session *s)
{
    return s->directory;
}

uint64_t session_fingerprint(const struct session *s)
{
    return s->model->fingerprint;
}

/* All caches have one length, so that they can be copied into each other; it grows with the longest call so far. */
status session_reserve_caches(struct session *s, size_t n, size_t length)
{
    if (length > s->cache_length) {
        free_caches(s);
        size_t rounded = (length + SESSION_CACHE_STEP - 1) / SESSION_CACHE_STEP * SESSION_CACHE_STEP, most = s->model->config.max_positions;
        s->cache_length = rounded < most ? rounded : most;
    }
    for (; s->n_caches < n; s->n_caches++) TRY(kv_cache_new(s->model, s->cache_length, &s->caches[s->n_caches]));
    return OK;
}

/* ---- reading in batches ---- */

/* A window of sequences, laid out one after the other: texts are many, so they are tokenized a window at a time. */
struct window {
    struct session *s;
    size_t n, max;      /* sequences now; tokens of one, at most */
    int32_t *ids;       /* (SESSION_WINDOW, max) */
    uint32_t *lengths;  /* (SESSION_WINDOW) */
    uint32_t *order;    /* (SESSION_WINDOW) by length */
    int32_t *tokens, *positions, *overlap; /* (batch_tokens) packed */
    bool pairs;                  /* sequences for the match head: overlap is measured */
    int32_t *offsets, *prefix;   /* (SESSION_SEQS_MAX + 1) */
    float *results;              /* (SESSION_SEQS_MAX, width) */
    size_t width;                /* floats a sequence */
};

static status window_init(struct window *w, struct session *s, size_t max, size_t width)
{
    size_t most = s->model->config.max_positions;
    *w = (struct window){.s = s, .max = max < most ? max : most, .width = width};
    FAIL_IF(!s->model->config.heads, ERR_USAGE, "the model in '%s' has no heads for embedding and matching; use one trained by finetune",
            s->directory);
    struct arena *a = &s->arena;
    arena_clear(a);
    w->ids = arena_zalloc(a, SESSION_WINDOW * w->max, sizeof *w->ids);
    w->lengths = arena_zalloc(a, SESSION_WINDOW, sizeof *w->lengths);
    w->order = arena_zalloc(a, SESSION_WINDOW, sizeof *w->order);
    w->tokens = arena_zalloc(a, s->batch_tokens, sizeof *w->tokens);
    w->positions = arena_zalloc(a, s->batch_tokens, sizeof *w->positions);
    w->overlap = arena_zalloc(a, s->batch_tokens, sizeof *w->overlap);
    w->offsets = arena_zalloc(a, SESSION_SEQS_MAX + 1, sizeof *w->offsets);
    w->prefix = arena_zalloc(a, SESSION_SEQS_MAX, sizeof *w->prefix);
    w->results = arena_zalloc(a, SESSION_SEQS_MAX * width, sizeof *w->results);
    bool complete = w->ids && w->lengths && w->order && w->tokens && w->positions && w->overlap && w->offsets && w->prefix && w->results;
    return complete ? OK : fail_nomem("preparing a batch of texts");
}

static int by_length(const void *left, const void *right, void *context)
{
    const uint32_t *lengths = context, *a = left, *b = right;
    if (lengths[*a] != lengths[*b]) return lengths[*a] < lengths[*b] ? -1 : 1;
    return (*a > *b) - (*a < *b);
}

/* Packs sequences order[from ..] until a limit is reached; every position sees all of its sequence. */
static size_t pack(struct window *w, size_t from, struct batch *b)
{
    size_t n = 0, total = 0;
    for (; from + n < w->n && n < SESSION_SEQS_MAX; n++) {
        uint32_t which = w->order[from + n], length = w->lengths[which];
        if (total + length > w->s->batch_tokens) break;
        memcpy(w->tokens + total, w->ids + which * w->max, length * sizeof *w->tokens);
        for (uint32_t k = 0; k < length; k++) w->positions[total + k] = (int32_t)k;
        if (w->pairs) tokenizer_overlap(w->s->tokenizer, w->tokens + total, length, w->s->marks.ids[TOKEN_SEP], w->overlap + total);
        w->prefix[n] = (int32_t)length;
        total += length;
        w->offsets[n + 1] = (int32_t)total;
    }
    *b = (struct batch){total, n, w->tokens, w->positions, w->offsets, w->prefix, w->overlap};
    return n;
}

/* Runs the window; out is where its sequences' results begin, in the order they came in. */
static status window_run(struct window *w, bool embeddings, float *out)
{
    for (uint32_t i = 0; i < w->n; i++) w->order[i] = i;
    qsort_r(w->order, w->n, sizeof *w->order, by_length, w->lengths);
    for (size_t from = 0; from < w->n;) {
        struct batch b;
        size_t n = pack(w, from, &b);
        TRY(infer_encode(w->s->run, &b, embeddings ? w->results : NULL, embeddings ? NULL : w->results));
        for (size_t i = 0; i < n; i++) {
            memcpy(out + w->order[from + i] * w->width, w->results + i * w->width, w->width * sizeof *out);
        }
        from += n;
    }
    w->n = 0;
    return OK;
}

struct tokens session_encode(const struct session *s, struct text_span text, int32_t *ids, size_t max)
{
    size_t n = tokenizer_encode(s->tokenizer, text.s ? text.s : "", text.s ? text.n : 0, ids, max);
    return (struct tokens){ids, n < max ? n : max};
}

status session_embed(struct session *s, enum special_token kind, const struct text_span *texts, size_t n, float *out)
{
    FAIL_IF(kind != TOKEN_NEED && kind != TOKEN_ITEM, ERR_USAGE, "session_embed reads needs or items, not kind %d", (int)kind);
    struct window w;
    int32_t ids[EMBED_TOKENS_MAX];
    TRY(window_init(&w, s, EMBED_TOKENS_MAX, s->model->config.d_model));
    for (size_t i = 0, start = 0; i < n; i++) {
        struct tokens t = session_encode(s, texts[i], ids, w.max);
        w.lengths[w.n] = (uint32_t)layout_embed(&s->marks, w.ids + w.n * w.max, w.max, kind, t);
        w.n++;
        if (w.n < SESSION_WINDOW && i + 1 < n) continue;
        TRY(window_run(&w, true, out + start * w.width));
        start = i + 1;
    }
    return OK;
}

static float sigmoid_inside(float x) /* strictly between 0 and 1, also where float would round to the ends */
{
    float p = 1.0F / (1.0F + expf(-x));
    return fminf(fmaxf(p, 0x1p-60F), 1.0F - 0x1p-24F);
}

status session_match(struct session *s, struct text_span need, const struct text_span *items, size_t n, float *probability, float *raw)
{
    struct window w;
    int32_t need_ids[SCORE_TOKENS_MAX], item_ids[SCORE_TOKENS_MAX];
    TRY(window_init(&w, s, SCORE_TOKENS_MAX, 1));
    w.pairs = s->model->config.overlap;
    struct tokens need_tokens = session_encode(s, need, need_ids, w.max);
    for (size_t i = 0, start = 0; i < n; i++) {
        struct tokens t = session_encode(s, items[i], item_ids, w.max);
        w.lengths[w.n] = (uint32_t)layout_pair(&s->marks, w.ids + w.n * w.max, w.max, need_tokens, t);
        w.n++;
        if (w.n < SESSION_WINDOW && i + 1 < n) continue;
        TRY(window_run(&w, false, probability + start));
        start = i + 1;
    }
    for (size_t i = 0; i < n; i++) {
        if (raw) raw[i] = probability[i];
        probability[i] = sigmoid_inside(probability[i]);
    }
    return OK;
}
