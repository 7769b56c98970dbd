/* Pretraining examples: pairs for MLM and NSP, windows of running text for LM. */
#include "train_int.h"

#include <string.h>

enum { LEAST_TEXT = 8, LEAST_TAIL = 32, CURSOR_PAIRS = 0, CURSOR_WINDOWS = TRAIN_MAX_FILES };

struct span {
    uint64_t begin, end;  /* tokens */
};
struct pair_start {
    uint32_t passage, document;
};
struct window {
    uint64_t begin;
    uint32_t n;
    bool ends;            /* its document ends here, so <|end|> follows */
};
struct part {             /* one split of one corpus */
    struct pair_start *pairs;
    struct window *windows;
    size_t n_pairs, n_windows, cap_pairs, cap_windows;
};
struct pretrain_corpus {
    struct corpus corpus;
    struct part parts[SPLITS];
};
struct pretrain_data {
    const struct train_config *config;
    uint32_t vocab_size;
    size_t n;
    struct pretrain_corpus list[2 * TRAIN_MAX_FILES];
    double pair_weights[SPLITS][2 * TRAIN_MAX_FILES], window_weights[SPLITS][2 * TRAIN_MAX_FILES];
    bool has_pairs[SPLITS], has_windows[SPLITS];
    size_t n_files;       /* of training; the rest is held out */
};

/* ---- opening ---- */

static struct span passages_span(const struct corpus *c, uint64_t first, uint64_t end)
{
    return (struct span){c->passages[first], c->passages[end]};
}

static status add_window(struct part *p, uint64_t begin, uint64_t end, bool ends)
{
    if (end - begin < LEAST_TEXT) return OK;
    TRY(mem_grow(&p->windows, &p->cap_windows, p->n_windows + 1, sizeof *p->windows));
    p->windows[p->n_windows++] = (struct window){begin, (uint32_t)(end - begin), ends};
    return OK;
}

/* Whole passages while they fit; one that does not fit alone is cut. */
static status add_windows(struct part *p, const struct corpus *c, uint64_t document, size_t most)
{
    uint64_t passage = c->documents[document], last = c->documents[document + 1], at = c->passages[passage], stop = c->passages[last];
    while (at < stop) {
        while (passage < last && c->passages[passage + 1] <= at + most) passage++;
        uint64_t end = c->passages[passage] > at ? c->passages[passage] : at + most;
        TRY(add_window(p, at, end, end == stop));
        at = end;
    }
    return OK;
}

static status add_pairs(struct part *p, const struct corpus *c, uint64_t document)
{
    uint64_t first = c->documents[document], last = c->documents[document + 1];
    struct span all = passages_span(c, first, last);
    if (all.end - all.begin < LEAST_TEXT) return OK;
    uint64_t starts = last - first > 1 ? last - first - 1 : 1; /* a lone passage is cut in two */
    TRY(mem_grow(&p->pairs, &p->cap_pairs, p->n_pairs + starts, sizeof *p->pairs));
    for (uint64_t i = 0; i < starts; i++) p->pairs[p->n_pairs++] = (struct pair_start){(uint32_t)(first + i), (uint32_t)document};
    return OK;
}

static status split_corpus(struct pretrain_corpus *pc, const struct train_config *config, bool all_held_out)
{
    const struct corpus *c = &pc->corpus;
    FAIL_IF(c->n_passages > UINT32_MAX, ERR_LIMIT, "a corpus has more than 2^32 passages; cut the file in two");
    for (uint64_t d = 0; d < c->n_documents; d++) {
        struct span text = passages_span(c, c->documents[d], c->documents[d + 1]);
        uint64_t hash = hash_bytes(c->tokens + text.begin, (text.end - text.begin) * sizeof *c->tokens, 7);
        struct part *p = &pc->parts[all_held_out || held_out(hash, config->validation_fraction) ? SPLIT_VALIDATION : SPLIT_TRAIN];
        TRY(add_windows(p, c, d, config->lm_sequence - 2));
        TRY(add_pairs(p, c, d));
    }
    return OK;
}

static status open_corpus(struct pretrain_data *d, const struct train_file *f, bool all_held_out, const struct tokenizer *t,
                          uint64_t tokenizer_hash, const struct progress *p)
{
    struct pretrain_corpus *pc = &d->list[d->n];
    TRY(corpus_open(&pc->corpus, f->path, d->config->cache, t, tokenizer_hash, p));
    d->n++;
    TRY(split_corpus(pc, d->config, all_held_out));
    for (int s = 0; s < SPLITS; s++) {
        d->pair_weights[s][d->n - 1] = pc->parts[s].n_pairs ? f->weight : 0;
        d->window_weights[s][d->n - 1] = pc->parts[s].n_windows ? f->weight : 0;
        d->has_pairs[s] |= pc->parts[s].n_pairs > 0;
        d->has_windows[s] |= pc->parts[s].n_windows > 0;
    }
    return OK;
}

static void pretrain_close(void *context)
{
    struct pretrain_data *d = context;
    for (size_t i = 0; i < d->n; i++) {
        for (int s = 0; s < SPLITS; s++) {
            mem_free(d->list[i].parts[s].pairs);
            mem_free(d->list[i].parts[s].windows);
        }
        corpus_close(&d->list[i].corpus);
    }
    mem_free(d);
}

/* ---- pairs: MLM and NSP ---- */

/* A run of passages from `first` on, until `most` tokens or the document's end. */
static struct span take(const struct corpus *c, uint64_t first, uint64_t last, size_t most, uint64_t *next)
{
    uint64_t i = first + 1;
    while (i < last && c->passages[i + 1] - c->passages[first] <= most) i++;
    *next = i;
    return passages_span(c, first, i);
}

static struct span cut_end(struct span s, size_t most)
{
    if (s.end - s.begin > most) s.end = s.begin + most;
    return s;
}

static struct span cut_start(struct span s, size_t most)
{
    if (s.end - s.begin > most) s.begin = s.end - most;
    return s;
}

/* A stretch of another document of the same split. */
static struct span take_other(struct sampler *s, const struct pretrain_corpus *pc, const struct part *p, uint32_t document, size_t most)
{
    const struct corpus *c = &pc->corpus;
    struct pair_start q = p->pairs[rng_below(&s->rng, p->n_pairs)];
    for (int tries = 0; q.document == document && tries < 16; tries++) q = p->pairs[rng_below(&s->rng, p->n_pairs)];
    uint64_t next;
    return take(c, q.passage, c->documents[q.document + 1], most, &next);
}

static struct tokens span_tokens(const struct corpus *c, struct span s)
{
    return (struct tokens){c->tokens + s.begin, (size_t)(s.end - s.begin)};
}

static bool one_document(const struct part *p)
{
    return p->pairs[0].document == p->pairs[p->n_pairs - 1].document;
}

/* Adds CLS a SEP b SEP; label 1: b goes on where a ended. */
static void add_pair(struct pretrain_data *d, struct sampler *s, struct micro_batch *b)
{
    size_t which = sampler_choose(s, d->pair_weights[s->split], d->n);
    const struct pretrain_corpus *pc = &d->list[which];
    const struct corpus *c = &pc->corpus;
    const struct part *p = &pc->parts[s->split];
    struct pair_start q = p->pairs[sampler_next(s, CURSOR_PAIRS + which % TRAIN_MAX_FILES, p->n_pairs)];
    uint64_t last = c->documents[q.document + 1], next = last;
    size_t room = d->config->mlm_sequence - 3, most_a = room / 4 + rng_below(&s->rng, room / 2);

    struct span a, after;
    if (last - c->documents[q.document] == 1) {   /* a lone passage: its two halves */
        a = after = passages_span(c, q.passage, last);
        a.end = after.begin = a.begin + (a.end - a.begin) / 2;
    } else {
        a = take(c, q.passage, last - 1, most_a, &next);
        after = take(c, next, last, room - most_a, &next);
    }
    a = cut_start(a, most_a);                     /* what stands next to b is kept */
    size_t most_b = room - (a.end - a.begin);
    bool follows = (rng_next(&s->rng) & 1) || one_document(p);
    struct span second = cut_end(follows ? after : take_other(s, pc, p, q.document, most_b), most_b);

    int32_t *tail = micro_batch_tail(b);
    size_t base = b->batch.n_tokens, n = layout_pair(NULL, tail, d->config->mlm_sequence, span_tokens(c, a), span_tokens(c, second));
    mask_tokens(&s->rng, tail, n, base, d->config->mask_share, d->vocab_size, &b->mlm);
    int32_t seq = micro_batch_close(b, n, n);
    b->nsp[seq] = follows;
}

static void mask_one(struct rng *r, int32_t *id, size_t row, uint32_t vocab_size, struct row_targets *out)
{
    row_targets_add(out, row, *id);
    double fate = rng_unit(r);
    if (fate < 0.8) *id = TOKEN_MASK;
    else if (fate < 0.9) *id = SPECIAL_TOKENS + (int32_t)rng_below(r, vocab_size - SPECIAL_TOKENS);
}

void mask_tokens(struct rng *r, int32_t *ids, size_t n, size_t base, double share, uint32_t vocab_size, struct row_targets *out)
{
    size_t before = out->n, last = n;
    for (size_t i = 0; i < n; i++) {
        if (ids[i] < SPECIAL_TOKENS) continue;
        last = i;
        if (rng_unit(r) < share) mask_one(r, &ids[i], base + i, vocab_size, out);
    }
    if (out->n == before && last < n) mask_one(r, &ids[last], base + last, vocab_size, out);
}

/* ---- windows: LM ---- */

/* Whole: WRITE text END, prefix 0. In two parts: the layout of grounded writing with the first part as the item. */
static void add_window_example(struct pretrain_data *d, struct sampler *s, struct micro_batch *b, size_t room)
{
    size_t which = sampler_choose(s, d->window_weights[s->split], d->n);
    const struct corpus *c = &d->list[which].corpus;
    const struct part *p = &d->list[which].parts[s->split];
    struct window w = p->windows[sampler_next(s, CURSOR_WINDOWS + which % TRAIN_MAX_FILES, p->n_windows)];
    const int32_t *text = c->tokens + w.begin;
    int32_t *tail = micro_batch_tail(b);
    if (room > d->config->lm_sequence) room = d->config->lm_sequence;

    size_t first = 0, n;
    if (w.n >= 2 * LEAST_TEXT && rng_unit(&s->rng) < d->config->prefix_share) {
        first = LEAST_TEXT / 2 + rng_below(&s->rng, w.n - LEAST_TEXT);
        if (first > room - LEAST_TAIL / 2) first = room - LEAST_TAIL / 2;
        n = layout_write(NULL, tail, first + 4, (struct tokens){NULL, 0}, (struct tokens){text, first});
    } else {
        tail[0] = TOKEN_WRITE;
        n = 1;
    }
    size_t prefix = first ? n : 0, row = b->batch.n_tokens + n - 1, at = first; /* row i predicts what follows it */
    for (; at < w.n && n < room; at++) {
        row_targets_add(&b->lm, row++, text[at]);
        tail[n++] = text[at];
    }
    if (at == w.n && w.ends) row_targets_add(&b->lm, row, TOKEN_END);
    micro_batch_close(b, n, prefix);
}

/* ---- the source ---- */

static void pretrain_fill(void *context, struct sampler *s, struct micro_batch *b)
{
    struct pretrain_data *d = context;
    const struct train_config *config = d->config;
    double lm_share = !d->has_windows[s->split] ? 0 : !d->has_pairs[s->split] ? 1 : config->lm_share;
    size_t pair_tokens = (size_t)((double)b->max_tokens * (1 - lm_share));
    micro_batch_clear(b);
    b->text = LOSS_LM;
    while (lm_share < 1 && b->batch.n_tokens < pair_tokens && micro_batch_room(b) >= config->mlm_sequence) add_pair(d, s, b);
    while (lm_share > 0 && micro_batch_room(b) >= LEAST_TAIL) add_window_example(d, s, b, micro_batch_room(b));
}

static status check_has_data(const struct source *s, const struct train_config *c)
{
    FAIL_IF(!s->has[SPLIT_TRAIN], ERR_FORMAT, "the corpora hold no text of %d tokens or more to train on; give more text", LEAST_TEXT);
    FAIL_IF(c->batch_tokens < LEAST_TAIL, ERR_USAGE, "\"batch_tokens\" must be %d or more", LEAST_TAIL);
    return OK;
}

status pretrain_source_open(struct source *s, const struct train_config *c, const struct tokenizer *t, uint64_t tokenizer_hash, const struct progress *p)
{
    struct pretrain_data *d = mem_zalloc(1, sizeof *d);
    if (!d) return fail_nomem("opening the corpora");
    d->config = c;
    d->vocab_size = (uint32_t)tokenizer_size(t);
    *s = (struct source){.context = d, .fill = pretrain_fill, .close = pretrain_close, .fingerprint = 1};
    status status_ = OK;
    for (size_t i = 0; status_ == OK && i < c->data.n; i++) status_ = open_corpus(d, &c->data.list[i], false, t, tokenizer_hash, p);
    for (size_t i = 0; status_ == OK && i < c->validation_files.n; i++)
        status_ = open_corpus(d, &c->validation_files.list[i], true, t, tokenizer_hash, p);
    for (size_t i = 0; i < d->n; i++) {
        s->fingerprint = hash_bytes(&d->list[i].corpus.content_hash, 8, s->fingerprint);
        for (int k = 0; k < SPLITS; k++) s->n_examples[k] += d->list[i].parts[k].n_pairs + d->list[i].parts[k].n_windows;
    }
    for (int k = 0; k < SPLITS; k++) s->has[k] = d->has_pairs[k] || d->has_windows[k];
    if (status_ == OK) status_ = check_has_data(s, c);
    if (status_ != OK) {
        pretrain_close(d);
        *s = (struct source){0};
    }
    return status_;
}
