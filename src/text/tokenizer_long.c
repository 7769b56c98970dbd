/* Merging a pre-token of thousands of bytes: a heap of pairs over a list of symbols, so that a text of one endless word is no attack. */
#include "text_int.h"

struct symbol {
    int32_t id;            /* -1: gone into the one before it */
    uint32_t before, after;
};
struct candidate {
    int32_t rank;
    uint32_t at;           /* the left symbol */
};
struct list {
    const struct tokenizer *t;
    struct symbol *symbols;   /* (n) */
    struct candidate *heap;   /* (3 n): each merge takes one out and adds two at the most */
    size_t n, n_heap;
};
static const uint32_t NOBODY = UINT32_MAX;

static bool sooner(struct candidate a, struct candidate b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.at < b.at;
}

static void push(struct list *l, uint32_t at)
{
    uint32_t after = at == NOBODY ? NOBODY : l->symbols[at].after;
    if (after == NOBODY) return;
    struct candidate c = {tokenizer_pair_rank(l->t, l->symbols[at].id, l->symbols[after].id), at};
    if (c.rank == INT32_MAX) return;
    size_t i = l->n_heap++;
    for (; i > 0 && sooner(c, l->heap[(i - 1) / 2]); i = (i - 1) / 2) l->heap[i] = l->heap[(i - 1) / 2];
    l->heap[i] = c;
}

static struct candidate pop(struct list *l)
{
    struct candidate top = l->heap[0], last = l->heap[--l->n_heap];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < l->n_heap; i = child) {
        if (child + 1 < l->n_heap && sooner(l->heap[child + 1], l->heap[child])) child++;
        if (!sooner(l->heap[child], last)) break;
        l->heap[i] = l->heap[child];
    }
    l->heap[i] = last;
    return top;
}

/* A candidate is stale when its symbols have changed since: then their pair has another rank. */
static void take(struct list *l, struct candidate c)
{
    struct symbol *left = &l->symbols[c.at];
    if (left->id < 0 || left->after == NOBODY) return;
    struct symbol *right = &l->symbols[left->after];
    if (tokenizer_pair_rank(l->t, left->id, right->id) != c.rank) return;
    left->id = l->t->made[c.rank];
    right->id = -1;
    left->after = right->after;
    if (left->after != NOBODY) l->symbols[left->after].before = c.at;
    push(l, left->before);
    push(l, c.at);
}

size_t tokenizer_merge_long(const struct tokenizer *t, int32_t *ids, size_t n)
{
    struct list l = {.t = t, .n = n};
    size_t left = 0;
    if (n < NOBODY / 4) l.symbols = mem_alloc(n * sizeof *l.symbols), l.heap = mem_alloc(3 * n * sizeof *l.heap);
    if (l.symbols && l.heap) {
        for (uint32_t i = 0; i < n; i++) l.symbols[i] = (struct symbol){ids[i], i ? i - 1 : NOBODY, i + 1 < n ? i + 1 : NOBODY};
        for (uint32_t i = 0; i < n; i++) push(&l, i);
        while (l.n_heap) take(&l, pop(&l));
        for (uint32_t i = 0; i != NOBODY; i = l.symbols[i].after) ids[left++] = l.symbols[i].id;
    }
    mem_free(l.symbols);
    mem_free(l.heap);
    return left;
}
