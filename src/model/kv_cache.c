#include "model_int.h"

#include <string.h>

/* ---- the cache ---- */

status kv_cache_new(const struct model *m, size_t max_len, struct kv_cache **out)
{
    const struct model_config *c = &m->config;
    FAIL_IF(max_len == 0 || max_len > MODEL_MAX_POSITIONS, ERR_USAGE, "a cache of %zu positions; use 1 to %d", max_len, MODEL_MAX_POSITIONS);
    struct kv_cache *k = mem_zalloc(1, sizeof *k);
    if (!k) return fail_nomem("making room for a text");
    *k = (struct kv_cache){.n_layers = c->n_layers, .width = kv_width(c), .max_len = max_len};
    size_t bytes = k->n_layers * max_len * k->width * sizeof(float);
    k->keys = mem_aligned(bytes);
    k->values = mem_aligned(bytes);
    if (!k->keys || !k->values) {
        kv_cache_free(k);
        return fail_nomem("making room for a text; a shorter one needs less");
    }
    *out = k;
    return OK;
}

void kv_cache_free(struct kv_cache *k)
{
    if (!k) return;
    mem_free(k->keys);
    mem_free(k->values);
    mem_free(k);
}

size_t kv_cache_length(const struct kv_cache *k)
{
    return k->length;
}

void kv_cache_truncate(struct kv_cache *k, size_t length)
{
    if (length < k->length) k->length = length;
}

status kv_cache_copy(struct kv_cache *to, const struct kv_cache *from)
{
    FAIL_IF(to->n_layers != from->n_layers || to->width != from->width || to->max_len != from->max_len, ERR_USAGE,
            "a cache can only be copied to one of the same model and length");
    size_t bytes = from->length * from->width * sizeof(float);
    for (size_t l = 0; l < from->n_layers && to != from; l++) {
        size_t at = l * from->max_len * from->width;
        memcpy(to->keys + at, from->keys + at, bytes);
        memcpy(to->values + at, from->values + at, bytes);
    }
    to->length = from->length;
    return OK;
}

/* ---- growing it ---- */

static status check_growth(const struct infer_run *r, const struct kv_cache *k, const int32_t *tokens, size_t n)
{
    const struct model_config *c = &r->model->config;
    FAIL_IF(k->n_layers != c->n_layers || k->width != kv_width(c), ERR_USAGE, "this cache was made for another model");
    FAIL_IF(n > k->max_len - k->length, ERR_LIMIT, "%zu more tokens do not fit a text of %zu of at most %zu", n, k->length, k->max_len);
    FAIL_IF(n > c->max_positions || k->length > c->max_positions - n, ERR_LIMIT, "a text of %zu tokens is longer than the model's %u positions",
            k->length + n, c->max_positions);
    for (size_t i = 0; i < n; i++)
        FAIL_IF(tokens[i] < 0 || (uint32_t)tokens[i] >= c->vocab_size, ERR_USAGE, "token %d is outside of the vocabulary of %u", tokens[i],
                c->vocab_size);
    return OK;
}

/* logits (n,V) of the first n rows of r->normed. */
static void read_logits(struct infer_run *r, size_t n, float *logits)
{
    r->compute->ops->linear_stored(r->compute, logits, r->normed, &r->net.output->weight, NULL, n);
}

status infer_prefill(struct infer_run *r, struct kv_cache *k, const int32_t *tokens, size_t n, size_t prefix, float *logits)
{
    const struct model_config *c = &r->model->config;
    FAIL_IF(n == 0, ERR_USAGE, "no tokens to read; give at least one");
    FAIL_IF(n > r->max_tokens, ERR_LIMIT, "%zu tokens at once for a run of at most %zu", n, r->max_tokens);
    FAIL_IF(prefix > n || (prefix > 0 && k->length > 0), ERR_USAGE, "a prefix of %zu for %zu tokens after %zu; it must begin an empty text", prefix, n,
            k->length);
    TRY(check_growth(r, k, tokens, n));
    int32_t offsets[2] = {0, (int32_t)n}, prefixes[1] = {(int32_t)prefix};
    struct attention_shape shape = batch_attention(c, &(struct batch){.n_tokens = n, .n_seqs = 1, .offsets = offsets, .prefix = prefixes});
    for (size_t i = 0; i < n; i++) r->positions[i] = (int32_t)(k->length + i);
    int32_t last = (int32_t)n - 1;
    struct pass pass = {.shape = k->length ? NULL : &shape, .caches = &k, .n_caches = 1, .keep = &last, .n_keep = 1};
    infer_forward(r, tokens, r->positions, n, &pass);
    k->length += n;
    if (logits) read_logits(r, 1, logits);
    return OK;
}

status infer_step(struct infer_run *r, struct kv_cache *const *caches, const int32_t *tokens, size_t n, float *logits)
{
    FAIL_IF(n == 0 || n > r->max_tokens, n ? ERR_LIMIT : ERR_USAGE, "a step of %zu texts for a run of 1 to %zu", n, r->max_tokens);
    for (size_t i = 0; i < n; i++) {
        TRY(check_growth(r, caches[i], tokens + i, 1));
        r->positions[i] = (int32_t)caches[i]->length;
    }
    infer_forward(r, tokens, r->positions, n, &(struct pass){.caches = caches, .n_caches = n});
    for (size_t i = 0; i < n; i++) caches[i]->length++;
    if (logits) read_logits(r, n, logits);
    return OK;
}
