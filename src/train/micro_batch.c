#include "train_int.h"

#include <string.h>

static int32_t *ints(size_t n)
{
    return mem_zalloc(n, sizeof(int32_t));
}

status micro_batch_init(struct micro_batch *b, size_t max_tokens)
{
    size_t n = max_tokens, s = max_tokens / 8 > 64 ? max_tokens / 8 : 64;
    *b = (struct micro_batch){
        .max_tokens = n, .max_seqs = s,
        .tokens = ints(n), .positions = ints(n), .overlap = ints(n), .offsets = ints(s + 1), .prefix = ints(s), .nsp = ints(s),
        .mlm = {ints(n), ints(n), 0}, .lm = {ints(n), ints(n), 0},
        .match_seqs = ints(s), .groups = ints(s + 1), .needs = ints(s), .items = ints(s), .same = ints(s),
        .gains = mem_zalloc(s, sizeof(float)), .scores = mem_zalloc(s, sizeof(float)),
        .classified = ints(s), .classes = mem_zalloc(s, sizeof(struct class_target)),
        .need_hash = mem_zalloc(s, sizeof(uint64_t)), .item_hash = mem_zalloc(s, sizeof(uint64_t)),
    };
    bool good = b->tokens && b->positions && b->overlap && b->offsets && b->prefix && b->nsp && b->mlm.rows && b->mlm.targets && b->lm.rows &&
                b->lm.targets && b->match_seqs && b->groups && b->needs && b->items && b->same && b->gains && b->scores &&
                b->need_hash && b->item_hash &&
                b->classified && b->classes;
    if (!good) {
        micro_batch_release(b);
        return fail_nomem("making a batch");
    }
    b->batch = (struct batch){.tokens = b->tokens, .positions = b->positions, .overlap = b->overlap, .offsets = b->offsets, .prefix = b->prefix};
    return OK;
}

void micro_batch_release(struct micro_batch *b)
{
    void *all[] = {b->tokens, b->positions, b->overlap, b->offsets, b->prefix, b->nsp, b->mlm.rows, b->mlm.targets, b->lm.rows, b->lm.targets,
                   b->match_seqs, b->groups, b->needs, b->items, b->same, b->gains, b->scores, b->need_hash, b->item_hash, b->classified, b->classes};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) mem_free(all[i]);
    *b = (struct micro_batch){0};
}

void micro_batch_clear(struct micro_batch *b)
{
    b->batch.n_tokens = b->batch.n_seqs = 0;
    b->mlm.n = b->lm.n = b->n_match = b->n_groups = b->n_pairs = b->n_classified = 0;
}

size_t micro_batch_room(const struct micro_batch *b)
{
    return b->batch.n_seqs < b->max_seqs ? b->max_tokens - b->batch.n_tokens : 0;
}

int32_t *micro_batch_tail(const struct micro_batch *b)
{
    return b->tokens + b->batch.n_tokens;
}

int32_t micro_batch_close(struct micro_batch *b, size_t n, size_t prefix)
{
    size_t seq = b->batch.n_seqs++, start = b->batch.n_tokens;
    for (size_t i = 0; i < n; i++) b->positions[start + i] = (int32_t)i;
    memset(b->overlap + start, 0, n * sizeof *b->overlap);
    b->batch.n_tokens += n;
    b->offsets[seq + 1] = (int32_t)b->batch.n_tokens;
    b->prefix[seq] = (int32_t)prefix;
    b->nsp[seq] = -1;
    return (int32_t)seq;
}

void row_targets_add(struct row_targets *r, size_t row, int32_t target)
{
    r->rows[r->n] = (int32_t)row;
    r->targets[r->n++] = target;
}
