#include "base.h"

#include <string.h>

struct strmap_slot {
    const char *key;   /* NULL: free */
    size_t n;
    uint64_t hash, value;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(const void *data, size_t n, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t h = seed ^ 0x9E3779B97F4A7C15u ^ n;
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        h = mix(h ^ word, 0xE7037ED1A0B428DBu);
    }
    uint64_t tail = 0;
    if (n) memcpy(&tail, p, n);
    return mix(h ^ tail, 0x8EBC6AF09C88C6E3u) ^ (h >> 29);
}

void strmap_init(struct strmap *m)
{
    *m = (struct strmap){0};
    arena_init(&m->keys, 0);
}

void strmap_release(struct strmap *m)
{
    mem_free(m->slots);
    arena_release(&m->keys);
    *m = (struct strmap){0};
}

/* The slot of the key, or the free one where it belongs. There is always a free slot. */
static struct strmap_slot *find(const struct strmap *m, const char *key, size_t n, uint64_t hash)
{
    size_t mask = m->cap - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        struct strmap_slot *s = &m->slots[i];
        if (!s->key || (s->hash == hash && s->n == n && memcmp(s->key, key, n) == 0)) return s;
    }
}

static status grow(struct strmap *m)
{
    struct strmap bigger = {.cap = m->cap ? m->cap * 2 : 64};
    bigger.slots = mem_zalloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots) return fail_nomem("growing a map");
    for (size_t i = 0; i < m->cap; i++) {
        const struct strmap_slot *s = &m->slots[i];
        if (s->key) *find(&bigger, s->key, s->n, s->hash) = *s;
    }
    mem_free(m->slots);
    m->slots = bigger.slots;
    m->cap = bigger.cap;
    return OK;
}

status strmap_put(struct strmap *m, const char *key, size_t n, uint64_t value)
{
    if (m->count * 3 >= m->cap * 2) TRY(grow(m));
    uint64_t hash = hash_bytes(key, n, 0);
    struct strmap_slot *s = find(m, key, n, hash);
    if (!s->key) {
        char *copy = arena_strndup(&m->keys, key, n);
        if (!copy) return fail_nomem("adding to a map");
        *s = (struct strmap_slot){copy, n, hash, 0};
        m->count++;
    }
    s->value = value;
    return OK;
}

bool strmap_get(const struct strmap *m, const char *key, size_t n, uint64_t *value)
{
    if (!m->cap) return false;
    const struct strmap_slot *s = find(m, key, n, hash_bytes(key, n, 0));
    if (!s->key) return false;
    if (value) *value = s->value;
    return true;
}

bool strmap_next(const struct strmap *m, size_t *cursor, const char **key, size_t *n, uint64_t *value)
{
    while (*cursor < m->cap) {
        const struct strmap_slot *s = &m->slots[(*cursor)++];
        if (!s->key) continue;
        *key = s->key;
        if (n) *n = s->n;
        if (value) *value = s->value;
        return true;
    }
    return false;
}
