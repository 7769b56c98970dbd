/* Beam search: the n_beams best unfinished texts at each step, ranked by the sum of log probabilities. */
#include "decode_int.h"

#include <math.h>
#include <string.h>

struct extension {
    double score; /* of the whole text */
    struct gain gain;
    int32_t id;
    uint32_t parent;
};
struct beam {
    struct search *x;
    size_t n_beams, n_live;
    struct hypothesis **live, **next; /* (n_beams) */
    struct extension *best;           /* (2 n_beams), falling */
    size_t n_best;
    uint32_t *parents;                /* (n_beams) of next */
    struct kv_cache **caches;         /* (n_beams) of next */
    bool *taken;                      /* (n_beams): caches that go to a child */
};

static status beam_init(struct beam *b, struct search *x)
{
    size_t n = x->options->n_beams;
    *b = (struct beam){.x = x, .n_beams = n, .n_live = 1};
    b->live = arena_zalloc(x->arena, n, sizeof(struct hypothesis *));
    b->next = arena_zalloc(x->arena, n, sizeof(struct hypothesis *));
    b->best = arena_zalloc(x->arena, 2 * n, sizeof *b->best);
    b->parents = arena_zalloc(x->arena, n, sizeof *b->parents);
    b->caches = arena_zalloc(x->arena, n, sizeof(struct kv_cache *));
    b->taken = arena_zalloc(x->arena, n, sizeof *b->taken);
    if (!b->live || !b->next || !b->best || !b->parents || !b->caches || !b->taken) return fail_nomem("preparing a beam search");
    for (size_t i = 0; i < n; i++) {
        TRY(hypothesis_new(x, &b->live[i]));
        TRY(hypothesis_new(x, &b->next[i]));
    }
    hypothesis_open(x, b->live[0]);
    return OK;
}

static void offer(struct beam *b, struct extension e)
{
    size_t at = b->n_best;
    if (at == 2 * b->n_beams) at--;   /* the last one falls out */
    else b->n_best++;
    for (; at > 0 && e.score > b->best[at - 1].score; at--) b->best[at] = b->best[at - 1];
    b->best[at] = e;
}

/* The tokens of x->work that may beat the last of the best so far. False: none is allowed at all. */
static bool offer_row(struct beam *b, uint32_t parent, const struct prepared *p)
{
    const struct search *x = b->x;
    double base = b->live[parent]->score - p->work_log_sum;
    bool any = false;
    for (size_t id = 0; id < x->trie->vocab_size; id++) {
        if (x->work[id] == -INFINITY) continue;
        any = true;
        double score = base + (double)x->work[id];
        if (b->n_best == 2 * b->n_beams && score <= b->best[b->n_best - 1].score) continue;
        offer(b, (struct extension){score, gain_of(x, p, (int32_t)id), (int32_t)id, parent});
    }
    return any;
}

static status collect(struct beam *b)
{
    struct search *x = b->x;
    b->n_best = 0;
    for (size_t i = 0; i < b->n_live; i++) {
        struct prepared p;
        TRY(hypothesis_prepare(x, b->live[i], x->logits + i * x->trie->vocab_size, &p));
        if (!offer_row(b, (uint32_t)i, &p)) search_keep(x, b->live[i], true);   /* over, without an end */
    }
    return OK;
}

/* The best extensions that go on become the next live texts. One that ends is kept only when it is among the n_beams best:
 * a text is not better for the beam having had few other ideas. */
static size_t extend(struct beam *b)
{
    size_t n = 0;
    for (size_t r = 0; r < b->n_best && n < b->n_beams; r++) {
        const struct extension *e = &b->best[r];
        struct hypothesis *h = b->next[n];
        hypothesis_copy(h, b->live[e->parent]);
        hypothesis_take(b->x, h, e->id, e->gain);
        if (!h->finished) b->parents[n++] = e->parent;
        else if (r < b->n_beams) search_keep(b->x, h, true);
    }
    return n;
}

/* A parent's first child takes over its cache; the other children copy it, into caches of parents without children. */
static status move_caches(struct beam *b, size_t n)
{
    struct search *x = b->x;
    size_t free_at = 0;
    memset(b->caches, 0, b->n_beams * sizeof(struct kv_cache *));
    memset(b->taken, 0, b->n_beams * sizeof *b->taken);
    for (size_t i = 0; i < n; i++) {
        if (b->taken[b->parents[i]]) continue;
        b->caches[i] = x->caches[b->parents[i]];
        b->taken[b->parents[i]] = true;
    }
    for (size_t i = 0; i < b->n_beams; i++) {   /* also beyond n: caches without a text stay in the list */
        if (b->caches[i]) continue;
        while (b->taken[free_at]) free_at++;
        b->caches[i] = x->caches[free_at++];
        if (i < n) TRY(kv_cache_copy(b->caches[i], x->caches[b->parents[i]]));
    }
    memcpy(x->caches, b->caches, b->n_beams * sizeof(struct kv_cache *));
    return OK;
}

/* Log probabilities only fall, so a live text ends at best as it stands, divided by the penalty of the longest text. */
static bool settled(const struct beam *b, size_t n)
{
    const struct search *x = b->x;
    size_t wanted = x->options->n_candidates;
    if (x->n_found < wanted || !hypothesis_required_met(x, x->found[wanted - 1])) return false;
    double bar = hypothesis_rank(x, x->found[wanted - 1]);
    double penalty = length_penalty(x->max_tokens, x->options->length_penalty);
    for (size_t i = 0; i < n; i++) {
        if (b->next[i]->score / penalty > bar) return false;
    }
    return true;
}

static status step(struct beam *b, size_t n)
{
    struct search *x = b->x;
    TRY(move_caches(b, n));
    for (size_t i = 0; i < n; i++) x->step_tokens[i] = b->next[i]->tokens[b->next[i]->n - 1];
    struct hypothesis **swap = b->live;
    b->live = b->next;
    b->next = swap;
    b->n_live = n;
    return infer_step(x->session->run, x->caches, x->step_tokens, n, x->logits);
}

status beam_run(struct search *x)
{
    struct beam b;
    TRY(beam_init(&b, x));
    for (;;) {
        TRY(collect(&b));
        size_t n = extend(&b);
        if (!n || settled(&b, n)) return OK;
        if (!progress_report(x->options->progress, "write", b.live[0]->n, x->max_tokens, NULL)) return fail_interrupted("writing");
        TRY(step(&b, n));
    }
}
