#include "base.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CACHE_LINE = 64, HUGE_PAGE = 2 << 20, HUGE_FROM = 4 * HUGE_PAGE };

/* Fault injection for tests: counts down over every allocation of the process. */
static atomic_uint_fast64_t fail_at, seen;

static bool must_fail(void)
{
    uint64_t n = atomic_fetch_add_explicit(&seen, 1, memory_order_relaxed) + 1;
    return n == atomic_load_explicit(&fail_at, memory_order_relaxed);
}

uint64_t mem_fail_at(uint64_t n)
{
    uint64_t before = atomic_exchange(&seen, 0);
    atomic_store(&fail_at, n);
    return before;
}

uint64_t mem_seen(void)
{
    return atomic_load_explicit(&seen, memory_order_relaxed);
}

void *mem_alloc(size_t size)
{
    return must_fail() ? NULL : malloc(size ? size : 1);
}

void *mem_zalloc(size_t count, size_t size)
{
    if (must_fail() || (size && count > SIZE_MAX / 2 / size)) return NULL;
    return calloc(count ? count : 1, size ? size : 1);
}

void *mem_realloc(void *p, size_t size)
{
    return must_fail() ? NULL : realloc(p, size ? size : 1);
}

char *mem_strndup(const char *s, size_t n)
{
    char *copy = mem_alloc(n + 1);
    if (!copy) return NULL;
    if (n) memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

void mem_free(void *p)
{
    free(p);
}

/* Weights and activations are walked in strides of whole rows: with pages of 4 KB nearly every row is another page, and looking
 * those up costs matrix products and optimiser a good part of their time. The advice may be refused; nothing depends on it. */
void *mem_aligned(size_t size)
{
    size_t alignment = size >= HUGE_FROM ? HUGE_PAGE : CACHE_LINE;
    if (must_fail() || size > SIZE_MAX - HUGE_PAGE) return NULL;
    size_t rounded = (size + alignment - 1) / alignment * alignment;
    if (!rounded) rounded = alignment;
    void *p = aligned_alloc(alignment, rounded);
    if (!p) return NULL;
    if (alignment == HUGE_PAGE) (void)madvise(p, rounded, MADV_HUGEPAGE);
    memset(p, 0, rounded);
    return p;
}

status mem_grow(void *data_pointer, size_t *cap, size_t want, size_t item_size)
{
    if (want <= *cap) return OK;
    size_t next = *cap ? *cap : 16;
    while (next < want) {
        if (next > SIZE_MAX / 2) return fail_nomem("growing an array");
        next *= 2;
    }
    if (next > SIZE_MAX / item_size) return fail_nomem("growing an array");
    void *old;
    memcpy(&old, data_pointer, sizeof old);
    void *grown = mem_realloc(old, next * item_size);
    if (!grown) return fail_nomem("growing an array");
    memcpy(data_pointer, &grown, sizeof grown);
    *cap = next;
    return OK;
}

/* ---- arena ---- */

enum { ARENA_FIRST_BLOCK = 4096, ARENA_ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size, used;
    _Alignas(ARENA_ALIGN) unsigned char bytes[];
};

void arena_init(struct arena *a, size_t limit)
{
    *a = (struct arena){.limit = limit};
}

void arena_release(struct arena *a)
{
    for (struct arena_block *b = a->head; b;) {
        struct arena_block *next = b->next;
        mem_free(b);
        b = next;
    }
    a->head = NULL;
    a->used = 0;
}

void arena_clear(struct arena *a)
{
    struct arena_block *keep = a->head;   /* blocks double, so the newest is the largest */
    if (!keep) return;
    a->head = keep->next;
    arena_release(a);
    keep->next = NULL;
    keep->used = 0;
    a->head = keep;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 4) return NULL;
    size_t rounded = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (!rounded) rounded = ARENA_ALIGN;
    if (a->limit && a->used + rounded > a->limit) return NULL;
    struct arena_block *b = a->head;
    if (!b || b->size - b->used < rounded) {
        size_t block = b ? b->size * 2 : ARENA_FIRST_BLOCK;
        if (block < rounded) block = rounded;
        b = mem_alloc(sizeof *b + block);
        if (!b) return NULL;
        *b = (struct arena_block){.next = a->head, .size = block};
        a->head = b;
    }
    void *p = b->bytes + b->used;
    b->used += rounded;
    a->used += rounded;
    return p;
}

void *arena_zalloc(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) return NULL;
    void *p = arena_alloc(a, count * size);
    if (p) memset(p, 0, count * size);
    return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    if (!copy) return NULL;
    if (n) memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    char *out = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (out) vsnprintf(out, (size_t)n + 1, format, again);
    va_end(again);
    va_end(arguments);
    return out;
}
