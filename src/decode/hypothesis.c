#include "decode_int.h"

#include <math.h>
#include <string.h>

status hypothesis_new(struct search *x, struct hypothesis **out)
{
    struct hypothesis *h = arena_zalloc(x->arena, 1, sizeof *h);
    if (h) h->tokens = arena_alloc(x->arena, x->max_tokens * sizeof *h->tokens);
    if (h) h->bytes = arena_alloc(x->arena, x->max_tokens * x->trie->bytes_max);
    *out = h;
    return h && h->tokens && h->bytes ? OK : fail_nomem("preparing to write");
}

void hypothesis_open(const struct search *x, struct hypothesis *h)
{
    h->pending = x->options->opening.s;
    h->n_pending = x->options->opening.n;
}

void hypothesis_copy(struct hypothesis *to, const struct hypothesis *from)
{
    struct hypothesis storage = *to;
    *to = *from;
    to->tokens = storage.tokens;
    to->bytes = storage.bytes;
    memcpy(to->tokens, from->tokens, from->n * sizeof *from->tokens);
    memcpy(to->bytes, from->bytes, from->n_bytes);
}

/* ---- what may come next ---- */

static void start_forcing(struct search *x, struct hypothesis *h)
{
    size_t room = x->max_tokens - h->n, n = 0;
    enum force_need need = required_need(&x->required, h->state.seen, room);
    h->pending = required_choose(&x->required, &x->constraint, &h->state, h->bytes, h->n_bytes, room, need, &n);
    h->n_pending = h->pending ? n : 0;
}

static void ban_all_but(uint64_t *mask, size_t words, size_t id)
{
    memset(mask, 0xFF, words * sizeof *mask);
    mask_clear(mask, id);
}

/* x->mask: what h must not be continued with. */
static void build_mask(struct search *x, const struct hypothesis *h)
{
    const struct token_trie *t = x->trie;
    const struct decode_options *o = x->options;
    bool withheld = h->n < o->min_tokens || (h->state.seen & x->constraint.all_required) != x->constraint.all_required;
    size_t length;
    int32_t forced = h->n_pending ? token_trie_longest(t, h->pending, h->n_pending, &length) : -1;
    if (forced >= 0) {
        ban_all_but(x->mask, t->mask_words, (size_t)forced);
        return;
    }
    memcpy(x->mask, token_trie_utf8_mask(t, h->state.utf8), t->mask_words * sizeof *x->mask);
    constraint_ban(&x->constraint, h->state.node, withheld ? CONSTRAINT_FORBIDDEN | CONSTRAINT_STOP : CONSTRAINT_FORBIDDEN, x->mask);
    ban_repeated_ngrams(x->mask, h->tokens, h->n, o->no_repeat_ngram);
    if (!withheld && h->state.utf8 == UTF8_BOUNDARY) mask_clear(x->mask, (size_t)x->session->end);
}

status hypothesis_prepare(struct search *x, struct hypothesis *h, const float *raw, struct prepared *p)
{
    size_t V = x->trie->vocab_size;
    bool penalised = x->options->repetition_penalty != 1;
    *p = (struct prepared){.raw = raw, .raw_log_sum = log_sum_exp(raw, V)};
    FAIL_IF(!isfinite(p->raw_log_sum), ERR_FORMAT, "the model in '%s' answers with values that are not numbers: its weights are damaged; "
            "restore or train it again", x->session->directory);
    if (!h->n_pending) start_forcing(x, h);
    build_mask(x, h);
    memcpy(x->work, raw, V * sizeof *raw);
    if (penalised) penalise_repetition(x->work, raw, h->tokens, h->n, x->options->repetition_penalty);
    p->work_log_sum = penalised ? log_sum_exp(x->work, V) : p->raw_log_sum;
    apply_mask(x->work, x->mask, x->trie->mask_words);
    return OK;
}

/* ---- taking a token ---- */

static void take_bytes(struct search *x, struct hypothesis *h, int32_t id)
{
    size_t n, surplus;
    const char *bytes = tokenizer_bytes(x->trie->tokenizer, id, &n);
    memcpy(h->bytes + h->n_bytes, bytes, n);
    h->tokens[h->n++] = id;
    h->n_bytes += n;
    if (h->n_pending) {
        h->pending += n;
        h->n_pending -= n;
    }
    h->ended = constraint_advance(&x->constraint, &h->state, bytes, n, &surplus);
    h->n_bytes -= surplus;
    h->finished = h->ended || h->n == x->max_tokens;
}

struct gain gain_of(const struct search *x, const struct prepared *p, int32_t id)
{
    if (id < 0) return (struct gain){0};
    return (struct gain){(double)p->raw[id] - p->raw_log_sum, (double)x->work[id] - p->work_log_sum};
}

void hypothesis_take(struct search *x, struct hypothesis *h, int32_t id, struct gain gain)
{
    if (id < 0) {
        h->finished = true;
        return;
    }
    h->log_probability += gain.log_probability;
    h->score += gain.score;
    h->n_scored++;
    if (id == x->session->end) h->finished = h->ended = true;
    else take_bytes(x, h, id);
}

/* ---- results ---- */

double length_penalty(size_t length, float alpha)
{
    return pow((5.0 + (double)length) / 6.0, (double)alpha);
}

double hypothesis_rank(const struct search *x, const struct hypothesis *h)
{
    return h->score / length_penalty(h->n_scored, x->options->length_penalty);
}

/* Looked up in the text itself: a stop text may have taken one away again. */
bool hypothesis_required_met(const struct search *x, const struct hypothesis *h)
{
    const struct decode_options *o = x->options;
    size_t n = utf8_whole(h->bytes, h->n_bytes);
    for (size_t i = 0; i < o->n_required; i++) {
        if (!memmem(h->bytes, n, o->required[i].s, o->required[i].n)) return false;
    }
    return true;
}

static bool same_text(const struct hypothesis *a, const struct hypothesis *b)
{
    return a->n_bytes == b->n_bytes && memcmp(a->bytes, b->bytes, a->n_bytes) == 0;
}

static bool better(const struct search *x, const struct hypothesis *a, const struct hypothesis *b)
{
    bool met_a = hypothesis_required_met(x, a), met_b = hypothesis_required_met(x, b);
    return met_a != met_b ? met_a : hypothesis_rank(x, a) > hypothesis_rank(x, b);
}

/* Storage is handed round, never lost: found[n_found ..] are free. */
static void remove_found(struct search *x, size_t at)
{
    struct hypothesis *h = x->found[at];
    x->n_found--;
    memmove(&x->found[at], &x->found[at + 1], (x->n_found - at) * sizeof(struct hypothesis *));
    x->found[x->n_found] = h;
}

status search_reserve_found(struct search *x)
{
    size_t n = x->options->n_candidates + 1;
    x->found = arena_zalloc(x->arena, n, sizeof(struct hypothesis *));
    if (!x->found) return fail_nomem("preparing to write");
    for (size_t i = 0; i < n; i++) TRY(hypothesis_new(x, &x->found[i]));
    return OK;
}

void search_keep(struct search *x, const struct hypothesis *h, bool distinct)
{
    for (size_t i = 0; distinct && i < x->n_found; i++) {
        if (!same_text(x->found[i], h)) continue;
        if (!better(x, h, x->found[i])) return;
        remove_found(x, i);
        break;
    }
    struct hypothesis *copy = x->found[x->n_found];
    hypothesis_copy(copy, h);
    size_t at = x->n_found++;
    for (; at > 0 && better(x, copy, x->found[at - 1]); at--) x->found[at] = x->found[at - 1];
    x->found[at] = copy;
    if (x->n_found > x->options->n_candidates) x->n_found--;
}
