#include "model_int.h"

static status check_sequences(const struct batch *b)
{
    FAIL_IF(b->offsets[0] != 0, ERR_USAGE, "a batch's first offset is %d, not 0", b->offsets[0]);
    for (size_t s = 0; s < b->n_seqs; s++) {
        int32_t begin = b->offsets[s], end = b->offsets[s + 1];
        FAIL_IF(end <= begin || (size_t)end > b->n_tokens, ERR_USAGE, "sequence %zu of a batch goes from %d to %d of %zu tokens", s, begin, end,
                b->n_tokens);
        FAIL_IF(b->prefix[s] < 0 || b->prefix[s] > end - begin, ERR_USAGE, "the prefix of sequence %zu is %d, of %d tokens", s, b->prefix[s],
                end - begin);
    }
    FAIL_IF((size_t)b->offsets[b->n_seqs] != b->n_tokens, ERR_USAGE, "the sequences of a batch end at %d of %zu tokens", b->offsets[b->n_seqs],
            b->n_tokens);
    return OK;
}

status batch_check(const struct model_config *c, const struct batch *b, size_t max_tokens, size_t max_seqs)
{
    FAIL_IF(b->n_tokens == 0 || b->n_seqs == 0, ERR_USAGE, "an empty batch; give at least one token");
    FAIL_IF(b->n_tokens > max_tokens, ERR_LIMIT, "a batch of %zu tokens for a run of at most %zu", b->n_tokens, max_tokens);
    FAIL_IF(b->n_seqs > max_seqs, ERR_LIMIT, "a batch of %zu sequences for a run of at most %zu", b->n_seqs, max_seqs);
    for (size_t i = 0; i < b->n_tokens; i++) {
        FAIL_IF(b->tokens[i] < 0 || (uint32_t)b->tokens[i] >= c->vocab_size, ERR_USAGE, "token %d at %zu is outside of the vocabulary of %u",
                b->tokens[i], i, c->vocab_size);
        FAIL_IF(b->positions[i] < 0 || (uint32_t)b->positions[i] >= c->max_positions, ERR_LIMIT,
                "position %d at %zu is outside of the model's %u; use a shorter text", b->positions[i], i, c->max_positions);
        FAIL_IF(b->overlap && (b->overlap[i] < 0 || b->overlap[i] >= OVERLAP_KINDS), ERR_USAGE, "overlap %d at %zu is none of its %d kinds",
                b->overlap[i], i, OVERLAP_KINDS);
    }
    return check_sequences(b);
}

struct attention_shape batch_attention(const struct model_config *c, const struct batch *b)
{
    uint32_t longest = 0;
    for (size_t s = 0; b->offsets && s < b->n_seqs; s++)
        if ((uint32_t)(b->offsets[s + 1] - b->offsets[s]) > longest) longest = (uint32_t)(b->offsets[s + 1] - b->offsets[s]);
    return (struct attention_shape){
        .n_tokens = (uint32_t)b->n_tokens, .max_len = longest,
        .n_seqs = (uint32_t)b->n_seqs, .offsets = b->offsets, .prefix = b->prefix,
        .n_heads = c->n_heads, .n_kv_heads = c->n_kv_heads, .head_size = c->head_size,
    };
}
