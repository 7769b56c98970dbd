#include "decode_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- UTF-8 ---- */

static uint32_t utf8_lead(uint8_t b)
{
    if (b == 0) return UTF8_BAD;
    if (b < 0x80) return UTF8_BOUNDARY;
    if (b < 0xC2 || b > 0xF4) return UTF8_BAD;
    if (b < 0xE0) return UTF8_NEED1;
    if (b < 0xF0) return b == 0xE0 ? UTF8_AFTER_E0 : b == 0xED ? UTF8_AFTER_ED : UTF8_NEED2;
    return b == 0xF0 ? UTF8_AFTER_F0 : b == 0xF4 ? UTF8_AFTER_F4 : UTF8_NEED3;
}

uint32_t utf8_step(uint32_t state, uint8_t byte)
{
    static const struct { uint8_t low, high, next; } follow[UTF8_STATES] = {   /* Unicode 15, table 3-7 */
        [UTF8_NEED1] = {0x80, 0xBF, UTF8_BOUNDARY}, [UTF8_NEED2] = {0x80, 0xBF, UTF8_NEED1},
        [UTF8_NEED3] = {0x80, 0xBF, UTF8_NEED2},    [UTF8_AFTER_E0] = {0xA0, 0xBF, UTF8_NEED1},
        [UTF8_AFTER_ED] = {0x80, 0x9F, UTF8_NEED1}, [UTF8_AFTER_F0] = {0x90, 0xBF, UTF8_NEED2},
        [UTF8_AFTER_F4] = {0x80, 0x8F, UTF8_NEED2}};
    if (state == UTF8_BOUNDARY) return utf8_lead(byte);
    if (state >= UTF8_STATES || byte < follow[state].low || byte > follow[state].high) return UTF8_BAD;
    return follow[state].next;
}

size_t utf8_whole(const char *s, size_t n)
{
    size_t start = n;
    while (start > 0 && n - start < 3 && ((uint8_t)s[start - 1] & 0xC0) == 0x80) start--;
    if (start == 0) return n && ((uint8_t)s[0] & 0xC0) == 0x80 ? 0 : n;
    uint8_t lead = (uint8_t)s[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return n - start + 1 < want ? start - 1 : n;
}

/* ---- building ---- */

static int by_bytes(const void *left, const void *right, void *context)
{
    const struct tokenizer *t = context;
    int32_t a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    size_t n_a, n_b;
    const char *s_a = tokenizer_bytes(t, a, &n_a), *s_b = tokenizer_bytes(t, b, &n_b);
    int order = memcmp(s_a, s_b, n_a < n_b ? n_a : n_b);
    if (order) return order;
    return n_a != n_b ? (n_a < n_b ? -1 : 1) : (a > b) - (a < b);
}

static status sort_tokens(struct token_trie *t)
{
    size_t size = tokenizer_size(t->tokenizer);
    t->sorted = mem_zalloc(size, sizeof *t->sorted);
    if (!t->sorted) return fail_nomem("ordering the vocabulary");
    for (size_t id = 0; id < size; id++) {
        size_t n;
        tokenizer_bytes(t->tokenizer, (int32_t)id, &n);
        if (!n) continue;
        t->sorted[t->n_sorted++] = (int32_t)id;
        if (n > t->bytes_max) t->bytes_max = n;
    }
    qsort_r(t->sorted, t->n_sorted, sizeof *t->sorted, by_bytes, (void *)(uintptr_t)t->tokenizer);
    return OK;
}

static status add_node(struct token_trie *t, uint32_t depth, uint8_t byte, size_t first)
{
    TRY(mem_grow(&t->nodes, &t->nodes_cap, t->n_nodes + 1, sizeof *t->nodes));
    t->nodes[t->n_nodes++] = (struct trie_node){.first = (uint32_t)first, .depth = depth, .token = -1, .byte = byte};
    return OK;
}

static void close_nodes(struct token_trie *t, const uint32_t *path, size_t from, size_t to, size_t last)
{
    for (size_t d = from; d <= to; d++) {
        t->nodes[path[d]].end = (uint32_t)t->n_nodes;
        t->nodes[path[d]].last = (uint32_t)last;
    }
}

/* Tokens arrive in order of their bytes, so the tree is written once, in preorder. path[d]: the open node of depth d. */
static status build_nodes(struct token_trie *t, uint32_t *path)
{
    const char *before = "";
    size_t n_before = 0;
    TRY(add_node(t, 0, 0, 0));
    path[0] = 0;
    for (size_t k = 0; k < t->n_sorted; k++) {
        size_t n, common = 0;
        const char *s = tokenizer_bytes(t->tokenizer, t->sorted[k], &n);
        while (common < n && common < n_before && s[common] == before[common]) common++;
        close_nodes(t, path, common + 1, n_before, k);
        for (size_t d = common + 1; d <= n; d++) {
            path[d] = (uint32_t)t->n_nodes;
            TRY(add_node(t, (uint32_t)d, (uint8_t)s[d - 1], k));
        }
        if (t->nodes[path[n]].token < 0) t->nodes[path[n]].token = t->sorted[k];
        before = s;
        n_before = n;
    }
    close_nodes(t, path, 0, n_before, t->n_sorted);
    return OK;
}

static void mask_utf8(const struct token_trie *t, uint32_t state, uint32_t *walk, uint64_t *mask)
{
    walk[0] = state;
    for (size_t i = 1; i < t->n_nodes;) {
        const struct trie_node *node = &t->nodes[i];
        walk[node->depth] = utf8_step(walk[node->depth - 1], node->byte);
        if (walk[node->depth] == UTF8_BAD) {
            token_trie_ban_subtree(t, node, mask);
            i = node->end;
        } else {
            i++;
        }
    }
}

static status build_masks(struct token_trie *t, uint32_t *walk)
{
    t->mask_words = (t->vocab_size + 63) / 64;
    t->utf8_masks = mem_zalloc(UTF8_STATES * t->mask_words, sizeof *t->utf8_masks);
    if (!t->utf8_masks) return fail_nomem("preparing the vocabulary");
    uint64_t *mask = t->utf8_masks;   /* state 0 first: tokens without bytes, then copied to the other states */
    for (size_t id = 0; id < t->vocab_size; id++) {
        size_t n = 0;
        if (id < tokenizer_size(t->tokenizer)) tokenizer_bytes(t->tokenizer, (int32_t)id, &n);
        if (!n) mask_set(mask, id);
    }
    for (size_t s = 1; s < UTF8_STATES; s++) memcpy(mask + s * t->mask_words, mask, t->mask_words * sizeof *mask);
    for (uint32_t s = 0; s < UTF8_STATES; s++) mask_utf8(t, s, walk, mask + s * t->mask_words);
    return OK;
}

status token_trie_init(struct token_trie *t, const struct tokenizer *tokenizer, size_t vocab_size)
{
    *t = (struct token_trie){.tokenizer = tokenizer, .vocab_size = vocab_size};
    uint32_t *path = NULL;
    status result = sort_tokens(t);
    if (result == OK) {
        path = mem_zalloc(t->bytes_max + 1, sizeof *path);
        result = path ? build_nodes(t, path) : fail_nomem("preparing the vocabulary");
    }
    if (result == OK) result = build_masks(t, path);
    mem_free(path);
    if (result != OK) token_trie_release(t);
    return result;
}

void token_trie_release(struct token_trie *t)
{
    mem_free(t->sorted);
    mem_free(t->nodes);
    mem_free(t->utf8_masks);
    *t = (struct token_trie){0};
}

static const struct trie_node *child(const struct token_trie *t, const struct trie_node *node, uint8_t byte)
{
    size_t i = (size_t)(node - t->nodes) + 1;
    for (; i < node->end; i = t->nodes[i].end) {
        if (t->nodes[i].byte == byte) return &t->nodes[i];
    }
    return NULL;
}

int32_t token_trie_longest(const struct token_trie *t, const char *s, size_t n, size_t *length)
{
    const struct trie_node *node = t->nodes;
    int32_t found = -1;
    *length = 0;
    for (size_t d = 0; d < n && (node = child(t, node, (uint8_t)s[d])); d++) {
        if (node->token < 0) continue;
        found = node->token;
        *length = d + 1;
    }
    return found;
}
