#include "decode_int.h"

#include <string.h>

/* ---- the prefix ---- */

static bool remembered(const struct session *s, struct tokens t, size_t prefix)
{
    const struct prefix_memory *m = &s->prefix;
    return m->valid && m->n == t.n && m->prefix == prefix && memcmp(m->ids, t.ids, t.n * sizeof *t.ids) == 0;
}

static status remember(struct session *s, struct tokens t, size_t prefix)
{
    struct prefix_memory *m = &s->prefix;
    TRY(mem_grow(&m->ids, &m->cap, t.n, sizeof *m->ids));
    memcpy(m->ids, t.ids, t.n * sizeof *t.ids);
    m->n = t.n;
    m->prefix = prefix;
    m->valid = true;
    return OK;
}

/* caches[0] holds the prefix and s->prefix.logits what follows it. What texts wrote after it is cut off: every cache starts
 * with the same prefix, so a second try (other options, other constraints) starts at once. */
static status read_prefix(struct session *s, struct tokens t, size_t prefix, size_t n_caches, size_t room)
{
    TRY(session_reserve_caches(s, n_caches, t.n + room));
    bool known = remembered(s, t, prefix);
    kv_cache_truncate(s->caches[0], known ? t.n : 0);
    if (known) return OK;
    s->prefix.valid = false;
    for (size_t at = 0; at < t.n;) {   /* only a plain continuation can be longer than a batch */
        size_t n = t.n - at < s->batch_tokens ? t.n - at : s->batch_tokens;
        TRY(infer_prefill(s->run, s->caches[0], t.ids + at, n, at ? 0 : prefix, at + n == t.n ? s->prefix.logits : NULL));
        at += n;
    }
    return remember(s, t, prefix);
}

/* WRITE_PREFIX_MAX, unless that leaves a small model no room to write in. */
static size_t write_prefix_max(const struct session *s)
{
    size_t most = s->model->config.max_positions;
    return most >= WRITE_PREFIX_MAX + WRITE_PREFIX_MAX / 4 ? WRITE_PREFIX_MAX : most / 2;
}

static status write_prefix(const struct session *s, struct text_span need, struct text_span item, int32_t ids[WRITE_PREFIX_MAX], struct tokens *out)
{
    int32_t need_ids[WRITE_PREFIX_MAX], item_ids[WRITE_PREFIX_MAX];
    FAIL_IF(!tokenizer_is_own(s->tokenizer) && !s->model->config.heads, ERR_USAGE, "the model in '%s' continues text but has not learned to write from records; use one trained by finetune",
            s->directory);
    struct tokens n = session_encode(s, need, need_ids, WRITE_PREFIX_MAX), i = session_encode(s, item, item_ids, WRITE_PREFIX_MAX);
    *out = (struct tokens){ids, layout_write(&s->marks, ids, write_prefix_max(s), n, i)};
    FAIL_IF(!out->n, ERR_LIMIT, "the model in '%s' has only %u positions, too few to write in; use another", s->directory,
            s->model->config.max_positions);
    return OK;
}

/* The last tokens of the text, so many that max_tokens (or half of all positions) stay free. */
static status continue_prefix(struct session *s, struct text_span text, size_t max_tokens, struct tokens *out)
{
    size_t most = s->model->config.max_positions, keep = most - (max_tokens < most / 2 ? max_tokens : most / 2);
    size_t n = text.s ? text.n : 0, bytes_max = keep * s->trie.bytes_max;   /* more bytes cannot matter */
    const char *start = n > bytes_max ? text.s + (n - bytes_max) : text.s;
    if (n > bytes_max) n = bytes_max;
    int32_t *ids = arena_alloc(&s->arena, (n + 2) * sizeof *ids);
    if (!ids) return fail_nomem("reading the text to continue");
    size_t marks = s->begin >= 0 ? 1 : 0;
    if (marks) ids[0] = s->begin;
    struct tokens t = session_encode(s, (struct text_span){start, n}, ids + marks, n);
    t = (struct tokens){ids, t.n + marks};
    if (!t.n) ids[t.n++] = s->end;   /* an empty text: what follows the end of another */
    size_t skip = t.n > keep ? t.n - keep : 0;
    *out = (struct tokens){ids + skip, t.n - skip};
    return OK;
}

/* ---- searching ---- */

static size_t rows_of(const struct decode_options *o)
{
    return o->method == DECODE_BEAM ? o->n_beams : o->method == DECODE_SAMPLE ? o->n_candidates : 1;
}

static status search_init(struct search *x, const struct decode_options *o, struct tokens prefix)
{
    struct session *s = x->session;
    size_t V = x->trie->vocab_size, room = s->model->config.max_positions - prefix.n;
    FAIL_IF(!room, ERR_LIMIT, "the model in '%s' has only %u positions, too few to write in; use another", s->directory,
            s->model->config.max_positions);
    x->n_rows = rows_of(o);
    x->max_tokens = o->max_tokens < room ? o->max_tokens : room;
    x->logits = arena_alloc(x->arena, x->n_rows * V * sizeof *x->logits);
    x->work = arena_alloc(x->arena, V * sizeof *x->work);
    x->mask = arena_alloc(x->arena, x->trie->mask_words * sizeof *x->mask);
    x->choices = arena_alloc(x->arena, V * sizeof *x->choices);
    x->caches = arena_zalloc(x->arena, x->n_rows, sizeof(struct kv_cache *));
    x->step_tokens = arena_zalloc(x->arena, x->n_rows, sizeof *x->step_tokens);
    bool complete = x->logits && x->work && x->mask && x->choices && x->caches && x->step_tokens;
    if (!complete) return fail_nomem("preparing to write");
    TRY(required_init(&x->required, x->trie, o, x->arena));
    return search_reserve_found(x);
}

static status search_run(struct search *x, struct tokens prefix, size_t bidirectional)
{
    struct session *s = x->session;
    TRY(search_init(x, x->options, prefix));
    TRY(read_prefix(s, prefix, bidirectional, x->n_rows, x->max_tokens));
    memcpy(x->caches, s->caches, x->n_rows * sizeof(struct kv_cache *));
    memcpy(x->logits, s->prefix.logits, x->trie->vocab_size * sizeof *x->logits);
    return x->options->method == DECODE_BEAM ? beam_run(x) : chain_run(x);
}

static status hand_out(const struct search *x, struct generation *out)
{
    out->items = mem_zalloc(x->n_found, sizeof *out->items);
    if (!out->items) return fail_nomem("handing out the text");
    for (size_t i = 0; i < x->n_found; i++) {
        const struct hypothesis *h = x->found[i];
        size_t n = utf8_whole(h->bytes, h->n_bytes);
        out->items[i] = (struct generated){mem_strndup(h->bytes, n), n, h->n, h->log_probability, h->ended, hypothesis_required_met(x, h)};
        out->n = i + 1;
        if (!out->items[i].text) return fail_nomem("handing out the text");
    }
    return OK;
}

static status generate(struct session *s, struct tokens prefix, size_t bidirectional, const struct decode_options *o,
                       struct generation *out, const struct token_sink *sink)
{
    struct search x = {.session = s, .options = o, .sink = sink, .arena = &s->arena, .trie = &s->trie};
    TRY(constraint_init(&x.constraint, &s->trie, o));
    status result = search_run(&x, prefix, bidirectional);
    if (result == OK) result = hand_out(&x, out);
    if (result != OK) generation_release(out);
    constraint_release(&x.constraint);
    bool at_once = sink && rows_of(o) > 1;   /* only now it is known which text is the best */
    if (result == OK && at_once && out->n && out->items[0].n_bytes) sink->token(sink->context, out->items[0].text, out->items[0].n_bytes);
    return result;
}

/* ---- public ---- */

void generation_release(struct generation *g)
{
    for (size_t i = 0; i < g->n; i++) mem_free(g->items[i].text);
    mem_free(g->items);
    *g = (struct generation){0};
}

status session_write(struct session *s, struct text_span need, struct text_span item, const struct decode_options *o,
                     struct generation *out, const struct token_sink *sink)
{
    int32_t ids[WRITE_PREFIX_MAX];
    struct tokens prefix;
    *out = (struct generation){0};
    TRY(decode_options_check(o));
    arena_clear(&s->arena);
    TRY(write_prefix(s, need, item, ids, &prefix));
    return generate(s, prefix, prefix.n, o, out, sink);
}

status session_continue(struct session *s, struct text_span text, const struct decode_options *o, struct generation *out, const struct token_sink *sink)
{
    struct tokens prefix;
    *out = (struct generation){0};
    TRY(decode_options_check(o));
    arena_clear(&s->arena);
    TRY(continue_prefix(s, text, o->max_tokens, &prefix));
    return generate(s, prefix, 0, o, out, sink);
}

status session_log_likelihood(struct session *s, struct text_span need, struct text_span item, struct text_span text, double *sum, size_t *n_tokens)
{
    int32_t ids[WRITE_PREFIX_MAX];
    struct tokens prefix;
    arena_clear(&s->arena);
    TRY(write_prefix(s, need, item, ids, &prefix));
    size_t V = s->trie.vocab_size, room = s->model->config.max_positions - prefix.n;
    int32_t *targets = arena_alloc(&s->arena, (room + 1) * sizeof *targets);
    float *logits = arena_alloc(&s->arena, V * sizeof *logits);
    if (!targets || !logits) return fail_nomem("measuring a text");
    struct tokens t = session_encode(s, text, targets, room);
    if (t.n < room) targets[t.n++] = s->end;
    TRY(read_prefix(s, prefix, prefix.n, 1, t.n));
    memcpy(logits, s->prefix.logits, V * sizeof *logits);
    *sum = 0;
    for (size_t i = 0; i < t.n; i++) {
        *sum += (double)logits[targets[i]] - log_sum_exp(logits, V);
        if (i + 1 < t.n) TRY(infer_step(s->run, s->caches, &targets[i], 1, logits));
    }
    *n_tokens = t.n;
    return OK;
}
