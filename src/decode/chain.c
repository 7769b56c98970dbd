/* Independent texts, advanced together: greedy (one), sampling (one for each candidate). */
#include "decode_int.h"

#include <string.h>

struct chain {
    struct hypothesis *text;
    struct rng rng;
};

/* Bytes that no later token can change: no begun character, nothing that may still become a stop text. */
static size_t settled(const struct search *x, const struct hypothesis *h)
{
    size_t held = h->finished ? 0 : x->constraint.automaton.stop_prefix[h->state.node];
    return utf8_whole(h->bytes, h->n_bytes - held);
}

/* Hands out what has become final; a refusal ends the text there. */
static void stream(const struct search *x, struct hypothesis *h, size_t *sent)
{
    size_t n = settled(x, h);
    if (n <= *sent) return;
    bool go_on = x->sink->token(x->sink->context, h->bytes + *sent, n - *sent);
    *sent = n;
    if (go_on) return;
    if (!h->finished || h->n_bytes > n) h->ended = false;
    h->finished = true;
    h->n_bytes = n;
}

static int32_t choose(struct search *x, struct chain *c)
{
    const struct decode_options *o = x->options;
    size_t V = x->trie->vocab_size;
    if (o->method == DECODE_GREEDY) return argmax_float(x->work, V);
    return sample_choice(x->choices, filter_choices(x->choices, x->work, V, o), &c->rng);
}

static status advance(struct search *x, struct chain *c, const float *logits)
{
    struct prepared p;
    TRY(hypothesis_prepare(x, c->text, logits, &p));
    int32_t id = choose(x, c);
    hypothesis_take(x, c->text, id, gain_of(x, &p, id));
    return OK;
}

/* Finished chains leave; the others close ranks, with their caches. */
static size_t close_ranks(struct search *x, struct chain *chains, size_t n)
{
    size_t live = 0;
    for (size_t i = 0; i < n; i++) {
        const struct hypothesis *h = chains[i].text;
        if (h->finished) {
            search_keep(x, h, false);
            continue;
        }
        chains[live] = chains[i];
        x->caches[live] = x->caches[i];
        x->step_tokens[live++] = h->tokens[h->n - 1];
    }
    return live;
}

static status start(struct search *x, struct chain **out)
{
    struct chain *chains = arena_zalloc(x->arena, x->n_rows, sizeof *chains);
    if (!chains) return fail_nomem("preparing to write");
    size_t V = x->trie->vocab_size;
    for (size_t i = 0; i < x->n_rows; i++) {
        TRY(hypothesis_new(x, &chains[i].text));
        hypothesis_open(x, chains[i].text);
        rng_seed(&chains[i].rng, x->options->seed + i * UINT64_C(0x9E3779B97F4A7C15));
        if (i) TRY(kv_cache_copy(x->caches[i], x->caches[0]));
        if (i) memcpy(x->logits + i * V, x->logits, V * sizeof *x->logits);
    }
    *out = chains;
    return OK;
}

status chain_run(struct search *x)
{
    struct chain *chains = NULL;
    size_t V = x->trie->vocab_size, sent = 0, steps = 0;
    TRY(start(x, &chains));
    for (size_t live = x->n_rows; live;) {
        for (size_t i = 0; i < live; i++) TRY(advance(x, &chains[i], x->logits + i * V));
        if (x->sink && x->n_rows == 1) stream(x, chains[0].text, &sent);
        live = close_ranks(x, chains, live);
        if (live && !progress_report(x->options->progress, "write", ++steps, x->max_tokens, NULL)) return fail_interrupted("writing");
        if (live) TRY(infer_step(x->session->run, x->caches, x->step_tokens, live, x->logits));
    }
    return OK;
}
