/* Byte-level BPE: tables, encoding, decoding. */
#include "text_int.h"

#include <string.h>

/* ---- tables ---- */

static uint64_t pair_key(int32_t left, int32_t right)
{
    return ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) + 1;
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

static inline int32_t pair_rank(const struct tokenizer *t, int32_t left, int32_t right)
{
    const struct pair_slot *slot = pair_find(t, pair_key(left, right));
    return slot->key ? slot->rank : INT32_MAX;
}

int32_t tokenizer_pair_rank(const struct tokenizer *t, int32_t left, int32_t right)
{
    return pair_rank(t, left, right);
}

size_t tokenizer_token_length(const struct tokenizer *t, int32_t id)
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
            length = tokenizer_token_length(t, m.left) + tokenizer_token_length(t, m.right);
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
        memcpy(to, t->bytes + t->offsets[m.left], tokenizer_token_length(t, m.left));
        memcpy(to + tokenizer_token_length(t, m.left), t->bytes + t->offsets[m.right], tokenizer_token_length(t, m.right));
    }
    t->bytes[t->offsets[t->size]] = 0;
    return OK;
}

status tokenizer_index_pairs(struct tokenizer *t)
{
    uint64_t slots = 1024;
    while (slots < t->n_merges * 3) slots *= 2;
    t->pair_mask = slots - 1;
    t->pairs = mem_zalloc(slots, sizeof *t->pairs);
    if (!t->pairs) return fail_nomem("building a tokenizer");
    for (size_t i = 0; i < t->n_merges; i++) {
        uint64_t key = pair_key(t->merges[i].left, t->merges[i].right);
        struct pair_slot *slot = pair_find(t, key);
        FAIL_IF(slot->key, ERR_FORMAT, "merge %zu occurs a second time; train the tokenizer again", i);
        *slot = (struct pair_slot){key, (int32_t)i};
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
    t->n_merges = n;
    t->begin = t->end = -1;
    t->merges = mem_zalloc(n, sizeof *t->merges);
    t->made = mem_zalloc(n, sizeof *t->made);
    t->offsets = mem_zalloc(t->size + 1, sizeof *t->offsets);
    if (!t->merges || !t->made || !t->offsets) return fail_nomem("building a tokenizer");
    for (int b = 0; b < 256; b++) t->byte_ids[b] = b + TOKENIZER_FIRST_BYTE;
    for (size_t i = 0; i < n; i++) t->made[i] = (int32_t)i + TOKENIZER_FIRST_MERGE;
    if (n) memcpy(t->merges, merges, n * sizeof *merges);
    for (size_t i = 0; i < TOKENIZER_SPECIALS; i++) {
        FAIL_IF(!good_name(names[i]), ERR_USAGE, "special token %zu must be named like <name>: 3 to %d printable ASCII characters, no spaces",
                i, SPECIAL_NAME_MAX);
        memcpy(t->special[i], names[i], strlen(names[i]) + 1);
        for (size_t j = 0; j < i; j++)
            FAIL_IF(strcmp(names[i], names[j]) == 0, ERR_USAGE, "the special token '%s' is named twice; give each its own name", names[i]);
    }
    TRY(lay_out(t, n));
    return tokenizer_index_pairs(t);
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
    for (size_t i = 0; i < t->n_added; i++) mem_free(t->added[i].text);
    mem_free(t->added);
    mem_free(t->added_of);
    strmap_release(&t->whole);
    mem_free(t->merges);
    mem_free(t->made);
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

/* Merges the pair of lowest rank until none is left. ids: (PIECE_STACK_MAX), in: of n bytes; returns how many remain. */
static size_t merge_short(const struct tokenizer *t, int32_t *ids, size_t n)
{
    int32_t ranks[PIECE_STACK_MAX];   /* ranks[i]: of the pair (ids[i], ids[i+1]) */
    for (size_t i = 0; i + 1 < n; i++) ranks[i] = pair_rank(t, ids[i], ids[i + 1]);
    while (n > 1) {
        size_t at = lowest(ranks, n - 1);
        if (at == n - 1) break;
        ids[at] = t->made[ranks[at]];
        memmove(ids + at + 1, ids + at + 2, (n - at - 2) * sizeof *ids);
        n--;
        if (n - at > 1) memmove(ranks + at, ranks + at + 1, (n - at - 1) * sizeof *ranks);
        if (at > 0) ranks[at - 1] = pair_rank(t, ids[at - 1], ids[at]);
        if (at + 1 < n) ranks[at] = pair_rank(t, ids[at], ids[at + 1]);
    }
    return n;
}

/* Where ids go: all of them are counted, those up to max kept. */
struct output {
    int32_t *ids;
    size_t max, n;
};

static void put(struct output *o, const int32_t *ids, size_t n)
{
    size_t room = o->n < o->max ? o->max - o->n : 0;
    if (room) memcpy(o->ids + o->n, ids, (n < room ? n : room) * sizeof *ids);
    o->n += n;
}

static void encode_short(const struct tokenizer *t, const char *s, size_t n, struct output *o)
{
    int32_t ids[PIECE_STACK_MAX];
    for (size_t i = 0; i < n; i++) ids[i] = t->byte_ids[(unsigned char)s[i]];
    put(o, ids, merge_short(t, ids, n));
}

static void encode_piece(const struct tokenizer *t, const char *s, size_t n, struct output *o)
{
    uint64_t id;
    if (t->ignore_merges && strmap_get(&t->whole, s, n, &id)) {
        put(o, &(int32_t){(int32_t)id}, 1);
        return;
    }
    int32_t *ids = n > PIECE_STACK_MAX ? mem_alloc(n * sizeof *ids) : NULL;
    size_t left = 0;
    for (size_t i = 0; ids && i < n; i++) ids[i] = t->byte_ids[(unsigned char)s[i]];
    if (ids) left = tokenizer_merge_long(t, ids, n);
    if (left) put(o, ids, left);
    else   /* short ones, and long ones in parts when memory is short */
        for (size_t at = 0; at < n; at += PIECE_STACK_MAX) encode_short(t, s + at, n - at < PIECE_STACK_MAX ? n - at : PIECE_STACK_MAX, o);
    mem_free(ids);
}

static void encode_plain(const struct tokenizer *t, const char *s, size_t n, struct output *o)
{
    enum piece_class class;
    char *composed = NULL;
    if (t->nfc && text_compose(s, n, &composed, &n)) s = composed;
    for (size_t at = 0, length; at < n; at += length) {
        length = t->splitter == SPLITTER_OWN ? piece_next(s + at, n - at, &class) : pattern_next(t->splitter, s + at, n - at);
        encode_piece(t, s + at, length, o);
    }
    mem_free(composed);
}

size_t tokenizer_encode(const struct tokenizer *t, const char *s, size_t n, int32_t *out, size_t max)
{
    struct output o = {out, max, 0};
    encode_plain(t, s, n, &o);
    return o.n;
}

/* The longest added token at s, or NULL. */
static const struct added_token *added_at(const struct tokenizer *t, const char *s, size_t n)
{
    if (!t->added_first[(unsigned char)*s]) return NULL;
    for (size_t i = 0; i < t->n_added; i++)
        if (t->added[i].n <= n && memcmp(t->added[i].text, s, t->added[i].n) == 0) return &t->added[i];
    return NULL;
}

size_t tokenizer_encode_marked(const struct tokenizer *t, const char *s, size_t n, int32_t *out, size_t max)
{
    struct output o = {out, max, 0};
    size_t from = 0;
    for (size_t at = 0; at < n;) {
        const struct added_token *a = added_at(t, s + at, n - at);
        if (!a) {
            at++;
            continue;
        }
        if (at > from) encode_plain(t, s + from, at - from, &o);
        put(&o, &a->id, 1);
        from = at += a->n;
    }
    if (n > from) encode_plain(t, s + from, n - from, &o);
    return o.n;
}

/* ---- decoding ---- */

const char *tokenizer_bytes(const struct tokenizer *t, int32_t id, size_t *n)
{
    bool plain = id >= 0 && (size_t)id < t->size;   /* special ones have the length 0 */
    if (n) *n = plain ? tokenizer_token_length(t, id) : 0;
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
    for (int32_t i = 0; t->splitter == SPLITTER_OWN && i < TOKENIZER_SPECIALS; i++)
        if (strcmp(t->special[i], name) == 0) return i;
    for (size_t i = 0; i < t->n_added; i++)
        if (strcmp(t->added[i].text, name) == 0) return t->added[i].id;
    return -1;
}

bool tokenizer_is_own(const struct tokenizer *t)
{
    return t->splitter == SPLITTER_OWN;
}

const int32_t *tokenizer_byte_ids(const struct tokenizer *t)
{
    return t->byte_ids;
}

int32_t tokenizer_begin(const struct tokenizer *t)
{
    return t->begin;
}

int32_t tokenizer_end(const struct tokenizer *t)
{
    return t->end;
}
