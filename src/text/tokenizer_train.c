/* Training of byte-pair encoding.
 *
 * The usual way: pair counts over distinct pre-tokens, for each pair the list of words it occurs in, and a heap of pairs whose
 * entries are checked against the true count when they come to the top (Sennrich et al. 2016, section 3.2, and the index that
 * fast trainers add to it).
 *
 * One thing is our own. Symbols start as whole characters, not bytes, and a character of several bytes waits in the same heap
 * with its own count. When it comes up, the merges that build it from its bytes are written (two for a Han character, the first
 * shared with its neighbours). A pair never counts more than either of its characters, so characters always come first. The merges
 * are ordinary byte merges; no token holds half of a character beside anything else, and training is three times as fast.
 */
#include "text_int.h"

#include <string.h>

enum {
    COUNT_MIN = 2,                  /* a pair seen once teaches nothing */
    FIRST_CHAR = 256,               /* symbols: bytes, then characters of several bytes, then merges */
    CODE_POINTS = 0x110000,
    PROGRESS_EVERY = 256
};
#define WORDS_MAX (UINT32_MAX / 2)
#define CORPUS_SYMBOLS_MAX ((size_t)UINT32_MAX)

struct symbol {
    int32_t id;                     /* token id; -1: a character that has none yet */
    uint8_t length;                 /* bytes */
    char bytes[TOKEN_BYTES_MAX];
};
struct word {
    uint32_t begin, n;              /* symbols in corpus */
    uint64_t count;
};
struct pair {
    uint32_t left, right;           /* symbols */
    uint64_t count;
    uint32_t *words;                /* where it may occur; (cap) */
    size_t n_words, cap;
};
struct candidate {
    uint64_t count;
    uint32_t pair;                  /* index in pairs, or NO_PAIR */
    uint32_t left, right;           /* for a character: its symbol, 0 */
};
static const uint32_t NO_PAIR = UINT32_MAX;

struct tokenizer_trainer {
    struct strmap counts;           /* pre-token -> times seen */
    uint64_t *characters;           /* (CODE_POINTS) times seen; while running: symbol of the character */
};

/* What lives during one run. */
struct run {
    const char *names[TOKENIZER_SPECIALS];
    struct symbol *symbols;
    size_t n_symbols, cap_symbols;
    uint32_t *corpus;               /* symbols of all words */
    size_t n_corpus, cap_corpus;
    struct word *words;
    size_t n_words, cap_words;
    struct pair *pairs;
    size_t n_pairs, cap_pairs;
    uint32_t *pair_slots;           /* hash of (left, right) -> index + 1; (pair_mask + 1) */
    size_t pair_mask;
    struct candidate *heap;
    size_t n_heap, cap_heap;
    struct merge *merges;
    size_t n_merges, max_merges;
    struct strmap prefixes;         /* first bytes of a character -> token id */
};

/* ---- counting ---- */

status tokenizer_trainer_new(struct tokenizer_trainer **out)
{
    *out = NULL;
    struct tokenizer_trainer *t = mem_zalloc(1, sizeof *t);
    uint64_t *characters = mem_zalloc(CODE_POINTS, sizeof *characters);
    if (!t || !characters) {
        mem_free(t);
        mem_free(characters);
        return fail_nomem("starting to train a tokenizer");
    }
    strmap_init(&t->counts);
    t->characters = characters;
    *out = t;
    return OK;
}

void tokenizer_trainer_free(struct tokenizer_trainer *t)
{
    if (!t) return;
    strmap_release(&t->counts);
    mem_free(t->characters);
    mem_free(t);
}

static status count_word(struct tokenizer_trainer *t, const char *s, size_t n)
{
    uint64_t seen = 0;
    strmap_get(&t->counts, s, n, &seen);
    return strmap_put(&t->counts, s, n, seen + 1);
}

/* Counts the characters of a piece and, when it has two or more, the piece; Han runs in parts of TRAIN_HAN_MAX. */
static status count_piece(struct tokenizer_trainer *t, const char *s, size_t n, enum piece_class class)
{
    const char *p = s, *end = s + n, *part = s;
    size_t length = 0, part_max = class == PIECE_HAN ? TRAIN_HAN_MAX : PIECE_BYTES_MAX;
    while (p < end) {
        const char *before = p;
        uint32_t c = utf8_next(&p, end);
        if (c >= 0x80 && p - before > 1) t->characters[c]++;
        if (++length < part_max && p < end) continue;
        if (length > 1) TRY(count_word(t, part, (size_t)(p - part)));
        part = p;
        length = 0;
    }
    return OK;
}

status tokenizer_trainer_feed(struct tokenizer_trainer *t, const char *s, size_t n)
{
    for (size_t at = 0; at < n;) {
        enum piece_class class;
        size_t length = piece_next(s + at, n - at, &class);
        TRY(count_piece(t, s + at, length, class));
        at += length;
    }
    FAIL_IF(t->counts.count > WORDS_MAX, ERR_LIMIT, "the text has more than %u distinct words; train on a part of it",
            (unsigned)WORDS_MAX);
    return OK;
}

/* ---- heap ---- */

/* Highest count first; then characters before pairs, then lower symbols, so that the order of feeding does not matter. */
static bool comes_first(const struct candidate *a, const struct candidate *b)
{
    if (a->count != b->count) return a->count > b->count;
    if ((a->pair == NO_PAIR) != (b->pair == NO_PAIR)) return a->pair == NO_PAIR;
    if (a->left != b->left) return a->left < b->left;
    return a->right < b->right;
}

static status heap_push(struct run *r, struct candidate c)
{
    TRY(mem_grow(&r->heap, &r->cap_heap, r->n_heap + 1, sizeof *r->heap));
    size_t at = r->n_heap++;
    while (at > 0 && comes_first(&c, &r->heap[(at - 1) / 2])) {
        r->heap[at] = r->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    r->heap[at] = c;
    return OK;
}

static struct candidate heap_pop(struct run *r)
{
    struct candidate top = r->heap[0], last = r->heap[--r->n_heap];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= r->n_heap) break;
        if (child + 1 < r->n_heap && comes_first(&r->heap[child + 1], &r->heap[child])) child++;
        if (!comes_first(&r->heap[child], &last)) break;
        r->heap[at] = r->heap[child];
        at = child;
    }
    r->heap[at] = last;
    return top;
}

/* ---- pairs ---- */

static size_t pair_place(const struct run *r, uint32_t left, uint32_t right)
{
    uint64_t hash = ((uint64_t)left << 32 | right) * 0x9E3779B97F4A7C15u;
    for (size_t i = (hash ^ hash >> 32) & r->pair_mask;; i = (i + 1) & r->pair_mask) {
        uint32_t at = r->pair_slots[i];
        if (!at || (r->pairs[at - 1].left == left && r->pairs[at - 1].right == right)) return i;
    }
}

static status grow_slots(struct run *r)
{
    size_t slots = r->pair_slots ? (r->pair_mask + 1) * 2 : 1 << 12;
    uint32_t *grown = mem_zalloc(slots, sizeof *grown);
    if (!grown) return fail_nomem("training a tokenizer");
    mem_free(r->pair_slots);
    r->pair_slots = grown;
    r->pair_mask = slots - 1;
    for (size_t i = 0; i < r->n_pairs; i++) r->pair_slots[pair_place(r, r->pairs[i].left, r->pairs[i].right)] = (uint32_t)i + 1;
    return OK;
}

static status pair_get(struct run *r, uint32_t left, uint32_t right, uint32_t *out)
{
    if (!r->pair_slots || r->n_pairs * 3 > r->pair_mask * 2) TRY(grow_slots(r));
    size_t place = pair_place(r, left, right);
    if (!r->pair_slots[place]) {
        FAIL_IF(r->n_pairs >= UINT32_MAX - 1, ERR_LIMIT, "the text has too many distinct pairs; train on a part of it");
        TRY(mem_grow(&r->pairs, &r->cap_pairs, r->n_pairs + 1, sizeof *r->pairs));
        r->pairs[r->n_pairs] = (struct pair){.left = left, .right = right};
        r->pair_slots[place] = (uint32_t)++r->n_pairs;
    }
    *out = r->pair_slots[place] - 1;
    return OK;
}

/* A merge is not allowed when its token would be too long or would read like a special token in the saved vocabulary. */
static bool mergeable(const struct run *r, uint32_t left, uint32_t right)
{
    const struct symbol *a = &r->symbols[left], *b = &r->symbols[right];
    size_t n = (size_t)a->length + b->length;
    if (n > TOKEN_BYTES_MAX) return false;
    for (size_t i = 0; i < TOKENIZER_SPECIALS; i++)
        if (strlen(r->names[i]) == n && memcmp(r->names[i], a->bytes, a->length) == 0 &&
            memcmp(r->names[i] + a->length, b->bytes, b->length) == 0)
            return false;
    return true;
}

static status pair_add_word(struct pair *p, uint32_t word)
{
    if (p->n_words && p->words[p->n_words - 1] == word) return OK;
    if (p->n_words == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 4;   /* most pairs are rare: mem_grow's 16 would triple the memory */
        uint32_t *grown = mem_realloc(p->words, cap * sizeof *grown);
        if (!grown) return fail_nomem("training a tokenizer");
        p->words = grown;
        p->cap = cap;
    }
    p->words[p->n_words++] = word;
    return OK;
}

/* ---- from counts to words of symbols ---- */

static status add_symbol(struct run *r, int32_t id, const char *bytes, size_t n)
{
    TRY(mem_grow(&r->symbols, &r->cap_symbols, r->n_symbols + 1, sizeof *r->symbols));
    struct symbol *s = &r->symbols[r->n_symbols++];
    *s = (struct symbol){.id = id, .length = (uint8_t)n};
    memcpy(s->bytes, bytes, n);
    return OK;
}

static status add_characters(struct run *r, const uint64_t *characters, uint32_t *symbol_of)
{
    for (int b = 0; b < 256; b++) TRY(add_symbol(r, TOKENIZER_FIRST_BYTE + b, (char[]){(char)b}, 1));
    for (uint32_t c = 0x80; c < CODE_POINTS; c++) {
        if (!characters[c]) continue;
        char bytes[4];
        symbol_of[c] = (uint32_t)r->n_symbols;
        if (characters[c] >= COUNT_MIN) TRY(heap_push(r, (struct candidate){characters[c], NO_PAIR, symbol_of[c], 0}));
        TRY(add_symbol(r, -1, bytes, utf8_put(bytes, c)));
    }
    return OK;
}

static status add_word(struct run *r, const uint32_t *symbol_of, const char *s, size_t n, uint64_t count)
{
    struct word w = {.begin = (uint32_t)r->n_corpus, .count = count};
    FAIL_IF(r->n_corpus + n > CORPUS_SYMBOLS_MAX, ERR_LIMIT, "the text has too many distinct words; train on a part of it");
    TRY(mem_grow(&r->corpus, &r->cap_corpus, r->n_corpus + n, sizeof *r->corpus));
    for (const char *p = s, *end = s + n; p < end;) {
        const char *before = p;
        uint32_t c = utf8_next(&p, end);
        r->corpus[r->n_corpus++] = p - before > 1 ? symbol_of[c] : (unsigned char)*before;
    }
    w.n = (uint32_t)r->n_corpus - w.begin;
    TRY(mem_grow(&r->words, &r->cap_words, r->n_words + 1, sizeof *r->words));
    r->words[r->n_words++] = w;
    return OK;
}

static status add_words(struct run *r, const struct tokenizer_trainer *t)
{
    uint32_t *symbol_of = mem_zalloc(CODE_POINTS, sizeof *symbol_of);
    if (!symbol_of) return fail_nomem("training a tokenizer");
    status s = add_characters(r, t->characters, symbol_of);
    size_t cursor = 0, n;
    const char *key;
    uint64_t count;
    while (s == OK && strmap_next(&t->counts, &cursor, &key, &n, &count)) s = add_word(r, symbol_of, key, n, count);
    mem_free(symbol_of);
    return s;
}

/* Counts first and word lists second, so that the many pairs seen once get no list. */
static status count_pairs(struct run *r)
{
    uint32_t at;
    for (size_t w = 0; w < r->n_words; w++)
        for (uint32_t i = r->words[w].begin, end = i + r->words[w].n; i + 1 < end; i++) {
            TRY(pair_get(r, r->corpus[i], r->corpus[i + 1], &at));
            r->pairs[at].count += r->words[w].count;
        }
    for (size_t w = 0; w < r->n_words; w++)
        for (uint32_t i = r->words[w].begin, end = i + r->words[w].n; i + 1 < end; i++) {
            TRY(pair_get(r, r->corpus[i], r->corpus[i + 1], &at));
            if (r->pairs[at].count >= COUNT_MIN) TRY(pair_add_word(&r->pairs[at], (uint32_t)w));
        }
    return OK;
}

static status push_pairs(struct run *r, size_t first)
{
    for (size_t i = first; i < r->n_pairs; i++) {
        const struct pair *p = &r->pairs[i];
        if (p->count < COUNT_MIN || !mergeable(r, p->left, p->right)) continue;
        TRY(heap_push(r, (struct candidate){p->count, (uint32_t)i, p->left, p->right}));
    }
    return OK;
}

/* ---- merging ---- */

static bool full(const struct run *r)
{
    return r->n_merges >= r->max_merges;
}

static int32_t add_merge(struct run *r, int32_t left, int32_t right)
{
    r->merges[r->n_merges] = (struct merge){left, right};
    return TOKENIZER_FIRST_MERGE + (int32_t)r->n_merges++;
}

/* Builds the character from its bytes, left to right; stops early when the vocabulary is full. */
static status promote(struct run *r, struct symbol *s)
{
    int32_t id = TOKENIZER_FIRST_BYTE + (unsigned char)s->bytes[0];
    for (size_t n = 2; n <= s->length; n++) {
        uint64_t known;
        if (strmap_get(&r->prefixes, s->bytes, n, &known)) {
            id = (int32_t)known;
            continue;
        }
        if (full(r)) return OK;
        id = add_merge(r, id, TOKENIZER_FIRST_BYTE + (unsigned char)s->bytes[n - 1]);
        TRY(strmap_put(&r->prefixes, s->bytes, n, (uint64_t)id));
    }
    s->id = id;
    return OK;
}

static status lower_pair(struct run *r, uint32_t left, uint32_t right, uint64_t count)
{
    uint32_t at;
    TRY(pair_get(r, left, right, &at));
    r->pairs[at].count -= count;
    return OK;
}

static status raise_pair(struct run *r, uint32_t left, uint32_t right, uint64_t count, uint32_t word)
{
    uint32_t at;
    TRY(pair_get(r, left, right, &at));
    r->pairs[at].count += count;
    return mergeable(r, left, right) ? pair_add_word(&r->pairs[at], word) : OK;
}

/* Replaces left right by made in one word and moves the counts of the neighbouring pairs along. */
static status merge_word(struct run *r, uint32_t word, uint32_t left, uint32_t right, uint32_t made)
{
    struct word *w = &r->words[word];
    uint32_t *x = r->corpus + w->begin, to = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        if (i + 1 >= w->n || x[i] != left || x[i + 1] != right) {
            x[to++] = x[i];
            continue;
        }
        if (to > 0) {
            TRY(lower_pair(r, x[to - 1], left, w->count));
            TRY(raise_pair(r, x[to - 1], made, w->count, word));
        }
        if (i + 2 < w->n) {
            TRY(lower_pair(r, right, x[i + 2], w->count));
            TRY(raise_pair(r, made, x[i + 2], w->count, word));
        }
        x[to++] = made;
        i++;
    }
    w->n = to;
    return OK;
}

static status merge_pair(struct run *r, uint32_t at)
{
    uint32_t left = r->pairs[at].left, right = r->pairs[at].right, *words = r->pairs[at].words;
    size_t n = r->pairs[at].n_words, before = r->n_pairs;
    r->pairs[at].words = NULL;
    r->pairs[at].n_words = r->pairs[at].cap = 0;
    struct symbol a = r->symbols[left], b = r->symbols[right];
    char bytes[2 * TOKEN_BYTES_MAX];
    memcpy(bytes, a.bytes, a.length);
    memcpy(bytes + a.length, b.bytes, b.length);
    uint32_t made = (uint32_t)r->n_symbols;
    status s = add_symbol(r, add_merge(r, a.id, b.id), bytes, (size_t)a.length + b.length);
    for (size_t i = 0; s == OK && i < n; i++) s = merge_word(r, words[i], left, right, made);
    mem_free(words);
    if (s == OK) r->pairs[at].count = 0;
    return s == OK ? push_pairs(r, before) : s;   /* every pair with the new symbol is new */
}

static status take(struct run *r, struct candidate c)
{
    if (c.pair == NO_PAIR) return promote(r, &r->symbols[c.left]);
    uint64_t count = r->pairs[c.pair].count;
    if (count == c.count) return merge_pair(r, c.pair);
    c.count = count;   /* grown old in the heap */
    return count >= COUNT_MIN ? heap_push(r, c) : OK;
}

static status merge_all(struct run *r, const struct progress *progress)
{
    size_t reported = 0;
    while (r->n_heap && !full(r)) {
        TRY(take(r, heap_pop(r)));
        if (r->n_merges < reported + PROGRESS_EVERY) continue;
        reported = r->n_merges;
        if (!progress_report(progress, "tokenizer", r->n_merges, r->max_merges, NULL)) return fail_interrupted("training the tokenizer");
    }
    progress_report(progress, "tokenizer", r->n_merges, r->n_merges, NULL);
    return OK;
}

/* ---- one run ---- */

static void release(struct run *r)
{
    for (size_t i = 0; i < r->n_pairs; i++) mem_free(r->pairs[i].words);
    mem_free(r->pairs);
    mem_free(r->symbols);
    mem_free(r->corpus);
    mem_free(r->words);
    mem_free(r->pair_slots);
    mem_free(r->heap);
    mem_free(r->merges);
    strmap_release(&r->prefixes);
}

static status train(struct run *r, const struct tokenizer_trainer *t, const struct progress *progress, struct tokenizer **out)
{
    r->merges = mem_zalloc(r->max_merges, sizeof *r->merges);
    if (!r->merges) return fail_nomem("training a tokenizer");
    if (!progress_report(progress, "tokenizer", 0, r->max_merges, "counting pairs")) return fail_interrupted("training the tokenizer");
    TRY(add_words(r, t));
    TRY(count_pairs(r));
    TRY(push_pairs(r, 0));
    TRY(merge_all(r, progress));
    return tokenizer_build(r->merges, r->n_merges, r->names, out);
}

status tokenizer_trainer_run(struct tokenizer_trainer *t, size_t vocab_size, const char *const *special_names, size_t n_special,
                             const struct progress *progress, struct tokenizer **out)
{
    *out = NULL;
    FAIL_IF(n_special > TOKENIZER_SPECIALS, ERR_USAGE, "%zu special tokens were named; at most %d fit", n_special, TOKENIZER_SPECIALS);
    FAIL_IF(vocab_size < TOKENIZER_FIRST_MERGE || vocab_size > TOKENIZER_SIZE_MAX, ERR_USAGE,
            "the vocabulary size %zu is not between %d and %d", vocab_size, TOKENIZER_FIRST_MERGE, TOKENIZER_SIZE_MAX);
    char unused[TOKENIZER_SPECIALS][16];
    struct run r = {.max_merges = vocab_size - TOKENIZER_FIRST_MERGE};
    strmap_init(&r.prefixes);
    for (size_t i = 0; i < TOKENIZER_SPECIALS; i++) {
        snprintf(unused[i], sizeof unused[i], "<unused%zu>", i);
        r.names[i] = i < n_special ? special_names[i] : unused[i];
    }
    status s = train(&r, t, progress, out);
    release(&r);
    return s;
}
