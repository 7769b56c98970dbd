/* Byte-level BPE: tables, encoding, decoding. */
#include "text_int.h"

#include <string.h>

/* ---- tables ---- */

static uint64_t pair_key(int32_t left, int32_t right)
{
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

static uint64_t pair_hash(uint64_t key)
{
    key *= 0x9E3779B97F4A7C15u;
    return key ^ key >> 32;
}

static struct pair_slot *pair_find(const struct tokenizer *t, uint64_t key)
{
    for (uint64_t i = pair_hash(key) & t->pair_mask;; i = (i + 1) & t->pair_mask)
        if (!t->pairs[i].key || t->pairs[i].key == key) return &t->pairs[i];
}

static int32_t pair_rank(const struct tokenizer *t, int32_t left, int32_t right)
{
    const struct pair_slot *slot = pair_find(t, pair_key(left, right));
    return slot->key ? slot->id : INT32_MAX;
}

static size_t token_length(const struct tokenizer *t, int32_t id)
{
    return t->offsets[id + 1] - t->offsets[id];
}

static status check_merges(const struct merge *merges, size_t n)
{
    FAIL_IF(n > TOKENIZER_SIZE_MAX - TOKENIZER_FIRST_MERGE, ERR_LIMIT, "the tokenizer has %zu merges, more than the limit of %d", n,
            TOKENIZER_SIZE_MAX - TOKENIZER_FIRST_MERGE);
    for (size_t i = 0; i < n; i++) {
        int32_t id = (int32_t)i + TOKENIZER_FIRST_MERGE;
        bool good = merges[i].left >= TOKENIZER_FIRST_BYTE && merges[i].left < id && merges[i].right >= TOKENIZER_FIRST_BYTE &&
                    merges[i].right < id;
        FAIL_IF(!good, ERR_FORMAT, "merge %zu joins tokens that do not exist before it; train the tokenizer again", i);
    }
    return OK;
}

/* Offsets of every token, so that the bytes can be laid out in one block. */
static status lay_out(struct tokenizer *t, size_t n)
{
    for (size_t id = 0; id < t->size; id++) {
        size_t length = id < TOKENIZER_FIRST_BYTE ? 0 : 1;
        if (id >= TOKENIZER_FIRST_MERGE) {
            struct merge m = t->merges[id - TOKENIZER_FIRST_MERGE];
            length = token_length(t, m.left) + token_length(t, m.right);
            FAIL_IF(length > PIECE_BYTES_MAX, ERR_LIMIT, "token %zu is %zu bytes long, more than the limit of %d", id, length,
                    PIECE_BYTES_MAX);
        }
        t->offsets[id + 1] = t->offsets[id] + (uint32_t)length;
    }
    t->bytes = mem_alloc(t->offsets[t->size] + 1);
    if (!t->bytes) return fail_nomem("building a tokenizer");
    for (int b = 0; b < 256; b++) t->bytes[b] = (char)b;
    for (size_t i = 0; i < n; i++) {
        struct merge m = t->merges[i];
        char *to = t->bytes + t->offsets[i + TOKENIZER_FIRST_MERGE];
        memcpy(to, t->bytes + t->offsets[m.left], token_length(t, m.left));
        memcpy(to + token_length(t, m.left), t->bytes + t->offsets[m.right], token_length(t, m.right));
    }
    t->bytes[t->offsets[t->size]] = 0;
    return OK;
}

static status index_pairs(struct tokenizer *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t key = pair_key(t->merges[i].left, t->merges[i].right);
        struct pair_slot *slot = pair_find(t, key);
        FAIL_IF(slot->key, ERR_FORMAT, "merge %zu occurs a second time; train the tokenizer again", i);
        *slot = (struct pair_slot){key, (int32_t)i + TOKENIZER_FIRST_MERGE};
    }
    return OK;
}

/* Only such names can share one vocabulary with the spelling of the bytes in tokenizer.json. */
static bool good_name(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++)
        if (name[i] <= ' ' || name[i] > '~') return false;
    return n >= 3 && n <= SPECIAL_NAME_MAX && name[0] == '<' && name[n - 1] == '>';
}

static status fill(struct tokenizer *t, const struct merge *merges, size_t n, const char *const *names)
{
    t->size = n + TOKENIZER_FIRST_MERGE;
    uint64_t slots = 1024;
    while (slots < n * 3) slots *= 2;
    t->pair_mask = slots - 1;
    t->merges = mem_zalloc(n, sizeof *t->merges);
    t->offsets = mem_zalloc(t->size + 1, sizeof *t->offsets);
    t->pairs = mem_zalloc(slots, sizeof *t->pairs);
    if (!t->merges || !t->offsets || !t->pairs) return fail_nomem("building a tokenizer");
    if (n) memcpy(t->merges, merges, n * sizeof *merges);
    for (size_t i = 0; i < TOKENIZER_SPECIALS; i++) {
        FAIL_IF(!good_name(names[i]), ERR_USAGE, "special token %zu must be named like <name>: 3 to %d printable ASCII characters, no spaces",
                i, SPECIAL_NAME_MAX);
        memcpy(t->special[i], names[i], strlen(names[i]) + 1);
        for (size_t j = 0; j < i; j++)
            FAIL_IF(strcmp(names[i], names[j]) == 0, ERR_USAGE, "the special token '%s' is named twice; give each its own name", names[i]);
    }
    TRY(lay_out(t, n));
    return index_pairs(t, n);
}

status tokenizer_build(const struct merge *merges, size_t n, const char *const *names, struct tokenizer **out)
{
    *out = NULL;
    TRY(check_merges(merges, n));
    struct tokenizer *t = mem_zalloc(1, sizeof *t);
    if (!t) return fail_nomem("building a tokenizer");
    status s = fill(t, merges, n, names);
    if (s != OK) tokenizer_free(t);
    else *out = t;
    return s;
}

void tokenizer_free(struct tokenizer *t)
{
    if (!t) return;
    mem_free(t->merges);
    mem_free(t->offsets);
    mem_free(t->bytes);
    mem_free(t->pairs);
    mem_free(t);
}

size_t tokenizer_size(const struct tokenizer *t)
{
    return t->size;
}

/* ---- encoding ---- */

/* The place of the lowest rank; the first one where it occurs more than once. */
static size_t lowest(const int32_t *ranks, size_t n)
{
    int32_t best = INT32_MAX;
    for (size_t i = 0; i < n; i++) best = ranks[i] < best ? ranks[i] : best;   /* its own loop: vectorised */
    if (best == INT32_MAX) return n;
    size_t at = 0;
    while (ranks[at] != best) at++;
    return at;
}

/* Merges the pair of lowest rank until none is left. ids: (PIECE_BYTES_MAX); returns how many remain. */
static size_t encode_piece(const struct tokenizer *t, const char *s, size_t n, int32_t *ids)
{
    int32_t ranks[PIECE_BYTES_MAX];   /* ranks[i]: of the pair (ids[i], ids[i+1]) */
    for (size_t i = 0; i < n; i++) ids[i] = (int32_t)(unsigned char)s[i] + TOKENIZER_FIRST_BYTE;
    for (size_t i = 0; i + 1 < n; i++) ranks[i] = pair_rank(t, ids[i], ids[i + 1]);
    while (n > 1) {
        size_t at = lowest(ranks, n - 1);
        if (at == n - 1) break;
        ids[at] = ranks[at];
        memmove(ids + at + 1, ids + at + 2, (n - at - 2) * sizeof *ids);
        n--;
        if (n - at > 1) memmove(ranks + at, ranks + at + 1, (n - at - 1) * sizeof *ranks);
        if (at > 0) ranks[at - 1] = pair_rank(t, ids[at - 1], ids[at]);
        if (at + 1 < n) ranks[at] = pair_rank(t, ids[at], ids[at + 1]);
    }
    return n;
}

size_t tokenizer_encode(const struct tokenizer *t, const char *s, size_t n, int32_t *out, size_t max)
{
    int32_t ids[PIECE_BYTES_MAX];
    size_t total = 0;
    for (size_t at = 0; at < n;) {
        enum piece_class class;
        size_t length = piece_next(s + at, n - at, &class);
        size_t k = encode_piece(t, s + at, length, ids);
        size_t room = total < max ? max - total : 0;
        if (room) memcpy(out + total, ids, (k < room ? k : room) * sizeof *ids);
        total += k;
        at += length;
    }
    return total;
}

/* ---- decoding ---- */

const char *tokenizer_bytes(const struct tokenizer *t, int32_t id, size_t *n)
{
    bool plain = id >= TOKENIZER_FIRST_BYTE && (size_t)id < t->size;
    if (n) *n = plain ? token_length(t, id) : 0;
    return plain ? t->bytes + t->offsets[id] : "";
}

status tokenizer_decode(const struct tokenizer *t, const int32_t *ids, size_t n, struct strbuf *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t length;
        const char *bytes = tokenizer_bytes(t, ids[i], &length);
        strbuf_add(out, bytes, length);
    }
    return strbuf_status(out);
}

int32_t tokenizer_special(const struct tokenizer *t, const char *name)
{
    for (int32_t i = 0; i < TOKENIZER_SPECIALS; i++)
        if (strcmp(t->special[i], name) == 0) return i;
    return -1;
}
