/* The kernels of gpu_kernels.h, gpu_rows.h and gpu_attention.h on the processor, for tests. Its memory can be touched only while a
 * call runs: code above that reads or writes a device's memory itself dies of it here, not first on a machine with a GPU. */
#include "gpu_attention.h"
#include "gpu_attention_64.h"
#include "gpu_attention_bf16.h"
#include "gpu_kernels.h"
#include "gpu_rows.h"
#include "tensor_int.h"

#include <string.h>
#include <sys/mman.h>

struct block {
    struct block *next;
    void *p;
    size_t bytes;
};

struct emulated {
    struct gpu g;            /* first: a struct gpu * is a struct emulated * */
    struct block *blocks;
    uint64_t launches;
};

static void set_access(struct gpu *g, int access)
{
    for (struct block *b = ((struct emulated *)g)->blocks; b; b = b->next) mprotect(b->p, b->bytes, access);
}
static void begin_call(struct gpu *g) { set_access(g, PROT_READ | PROT_WRITE); }
static void end_call(struct gpu *g) { set_access(g, PROT_NONE); }

static void *emulated_alloc(struct gpu *g, size_t bytes)
{
    struct emulated *e = (struct emulated *)g;
    struct block *b = mem_zalloc(1, sizeof *b);
    if (!b) return NULL;
    b->bytes = bytes ? bytes : 1;
    b->p = mmap(NULL, b->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (b->p == MAP_FAILED) {
        mem_free(b);
        return NULL;
    }
    b->next = e->blocks;
    e->blocks = b;
    return b->p;
}

static void emulated_dealloc(struct gpu *g, void *p)
{
    struct block **at = &((struct emulated *)g)->blocks;
    while (*at && (*at)->p != p) at = &(*at)->next;
    struct block *b = *at;
    if (!b) return;
    *at = b->next;
    munmap(b->p, b->bytes);
    mem_free(b);
}

static void emulated_copy(struct gpu *g, void *to, const void *from, size_t bytes)
{
    begin_call(g);
    if (bytes) memcpy(to, from, bytes);
    end_call(g);
}

static void emulated_zero(struct gpu *g, void *p, size_t bytes)
{
    begin_call(g);
    if (bytes) memset(p, 0, bytes);
    end_call(g);
}

#define RUN(name) static void run_##name(const void *args) { name##_kernel(*(const struct name##_args *)args); }
GPU_KERNELS(RUN)
#define ENTRY(name) [GPU_##name] = run_##name,
static void (*const kernels[GPU_KERNEL_COUNT])(const void *args) = {GPU_KERNELS(ENTRY)};

/* Every second launch has its blocks and its threads in the other order; see gpu_dialect.h. */
static void emulated_launch(struct gpu *g, enum gpu_kernel kernel, size_t blocks, const void *args)
{
    begin_call(g);
    emulated_backwards = ((struct emulated *)g)->launches++ % 2;
    for (size_t i = 0; i < blocks; i++) {
        emulated_block = emulated_backwards ? blocks - 1 - i : i;
        kernels[kernel](args);
    }
    end_call(g);
}

static double operand(const void *x, bool bf16, size_t at)
{
    return (double)(bf16 ? bits_float((uint32_t)((const uint16_t *)x)[at] << 16) : ((const float *)x)[at]);
}

static float multiply_one(const struct gpu_product *p, size_t m, size_t n, size_t k0, double sum)
{
    for (size_t k = k0; k < k0 + p->K; k++)
        sum += operand(p->a, p->bf16, p->transpose_a ? k * p->lda + m : m * p->lda + k) * operand(p->b, p->bf16, p->transpose_b ? n * p->ldb + k : k * p->ldb + n);
    return (float)sum;
}

/* As plain as can be, and no bias with M = 1, so that the way without one is tried too. */
static bool emulated_product(struct gpu *g, const struct gpu_product *p)
{
    struct gpu_array out = {p->out, p->narrow}, onto = {(void *)(uintptr_t)p->onto, p->narrow}, bias = {(void *)(uintptr_t)p->bias, p->narrow};
    if (p->bias && p->M == 1) return false;
    begin_call(g);
    for (size_t part = 0; part < (p->parts ? p->parts : 1); part++)
        for (size_t m = 0; m < p->M; m++)
            for (size_t n = 0; n < p->N; n++) {
                size_t at = (part * p->M + m) * p->N + n;
                double start = (p->bias ? (double)get(bias, n) : 0) + (p->accumulate ? (double)get(onto, at) : 0);
                put(out, at, multiply_one(p, m, n, part * p->K, start));
            }
    end_call(g);
    return true;
}

static void emulated_group_sum(struct gpu *g, struct gpu_group *group, float *x, size_t n)
{
    begin_call(g);
    gpu_group_reduce(g, group, x, n, NULL);
    if (!g->error[0]) gpu_group_goes_on(g, group);
    end_call(g);
}

static void emulated_close(struct gpu *g)
{
    while (((struct emulated *)g)->blocks) emulated_dealloc(g, ((struct emulated *)g)->blocks->p);
    mem_free((struct emulated *)g);
}

struct gpu *gpu_emulated_open(char *why, size_t n)
{
    struct emulated *e = mem_zalloc(1, sizeof *e);
    if (!e) {
        snprintf(why, n, "memory is short");
        return NULL;
    }
    e->g = (struct gpu){.name = "emulated", .alloc = emulated_alloc, .dealloc = emulated_dealloc, .upload = emulated_copy,
                        .download = emulated_copy, .copy = emulated_copy, .zero = emulated_zero, .launch = emulated_launch,
                        .product = emulated_product, .group_sum = emulated_group_sum, .close = emulated_close};
    return &e->g;
}
