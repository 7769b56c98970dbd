/* Devices: which table of operations, how many threads, and the scratch memory of the ops. */
#include "tensor_int.h"

#include <string.h>

enum {
    DESCRIPTION_MAX = 120,
    ZERO_PIECE = 1 << 20   /* bytes that a thread sets to zero at a time */
};

struct compute_box {
    struct compute c;   /* first: a struct compute * is a struct compute_box * */
    struct ops table;   /* the reference, overlaid up to the level */
    char description[DESCRIPTION_MAX];
};

static const char *const level_names[] = {[CPU_SCALAR] = "scalar", [CPU_AVX2] = "avx2", [CPU_AVX512] = "avx512", [CPU_AMX] = "amx"};

static bool is(const char *device, const char *name)
{
    return device && strcmp(device, name) == 0;
}

static status check_device(const char *device)
{
    if (!device || is(device, "cpu") || is(device, "auto") || is(device, "cuda") || is(device, "emulated")) return OK;
    return fail(ERR_USAGE, "device '%s' is not known; use auto, cpu or cuda", device);
}

static status choose_level(const struct compute_options *o, enum cpu_level *level)
{
    *level = cpu_features()->level;
    if (!o->at_level) return OK;
    FAIL_IF((int)o->level < 0 || o->level > *level, ERR_USAGE, "this CPU (or DAOGOU_CPU) offers no level %s; the highest is %s",
            (int)o->level < 0 || o->level > CPU_AMX ? "of that number" : level_names[o->level], level_names[*level]);
    *level = o->level;
    return OK;
}

static enum precision choose_precision(enum precision wanted, enum cpu_level level)
{
    const struct cpu_features *f = cpu_features();
    if (level == CPU_SCALAR) return PRECISION_F32;
    if (wanted != PRECISION_AUTO) return wanted;
    return level >= CPU_AVX512 && f->bf16 ? PRECISION_BF16 : PRECISION_F32;
}

static int choose_threads(int wanted)
{
    int n = wanted > 0 ? wanted : cpu_features()->cores;
    return n > COMPUTE_MAX_THREADS ? COMPUTE_MAX_THREADS : n;
}

static void fill_table(struct ops *table, enum cpu_level level)
{
    *table = ops_scalar;
    if (level >= CPU_AVX2) ops_overlay_avx2(table);
    if (level >= CPU_AVX512) ops_overlay_avx512(table);
    if (level >= CPU_AMX) ops_overlay_amx(table);
    table->name = level_names[level];
}

static const char *precision_name(const struct compute *c)
{
    return c->precision == PRECISION_BF16 ? "bf16" : "f32";
}

/* A GPU if one is asked for, or "auto" and there; else the description of the CPU, with the reason. */
static status open_gpu(struct compute_box *box, const struct compute_options *o)
{
    struct compute *c = &box->c;
    char why[DESCRIPTION_MAX / 2] = "";
    if (is(o->device, "cuda") || is(o->device, "emulated") || (is(o->device, "auto") && !o->at_level)) {
        enum precision precision = c->precision;
        c->precision = o->precision;
        status s = gpu_open(c, &box->table, o, is(o->device, "emulated"));
        if (s == OK) {
            snprintf(box->description, sizeof box->description, "%s, %s, %s", c->device, c->gpu->name, precision_name(c));
            return OK;
        }
        if (!is(o->device, "auto")) return s;
        c->precision = precision;
        if (gpu_cuda_built) snprintf(why, sizeof why, " (no usable GPU)");
    }
    snprintf(box->description, sizeof box->description, "cpu, %s, %s, %d thread%s%s", c->ops->name, precision_name(c), c->threads,
             c->threads == 1 ? "" : "s", why);
    return OK;
}

status compute_new(const struct compute_options *options, struct compute **out)
{
    static const struct compute_options defaults;
    const struct compute_options *o = options ? options : &defaults;
    enum cpu_level level;
    *out = NULL;
    TRY(check_device(o->device));
    TRY(choose_level(o, &level));

    struct compute_box *box = mem_zalloc(1, sizeof *box);
    if (!box) return fail_nomem("setting up the device");
    struct compute *c = &box->c;
    c->level = level;
    fill_table(&box->table, level);
    c->ops = &box->table;
    c->device = "cpu";
    c->precision = choose_precision(o->precision, level);
    c->threads = choose_threads(o->threads);
    c->description = box->description;
    status s = open_gpu(box, o);
    if (s == OK) s = compute_reserve(c, MIN_SCRATCH_FLOATS);
    if (s == OK && level != CPU_SCALAR && !c->gpu) s = dnnl_cache_new(c->precision, &c->dnnl);
    if (s != OK) {
        compute_free(c);
        return s;
    }
    *out = c;
    return OK;
}

void compute_free(struct compute *c)
{
    if (!c) return;
    dnnl_cache_free(c->dnnl);
    mem_free(c->packed);
    if (c->gpu) gpu_close(c);
    else mem_free(c->scratch);
    mem_free((struct compute_box *)c);
}

status compute_reserve(struct compute *c, size_t floats)
{
    if (floats <= c->scratch_floats) return OK;
    FAIL_IF(floats > SIZE_MAX / sizeof(float), ERR_LIMIT, "scratch memory of %zu floats is more than this machine can address", floats);
    float *grown = compute_alloc(c, floats * sizeof(float));
    if (!grown) return fail_nomem("reserving scratch memory");
    compute_dealloc(c, c->scratch);
    c->scratch = grown;
    c->scratch_floats = floats;
    return OK;
}

/* A GPU keeps one number a row and head between the kernels of backward, and what its fast kernels read, in bf16. */
size_t attention_scratch(const struct compute *c, const struct attention_shape *shape, size_t max_len)
{
    size_t N = shape->n_tokens, H = shape->n_heads;
    if (c->gpu) return N * H + 16 + N * (2 * H + 2 * (size_t)shape->n_kv_heads) * shape->head_size / 2;
    size_t job = attention_job_floats(max_len, shape->head_size), tiles = c->level >= CPU_AMX ? attention_tiles_floats(max_len, shape->head_size) : 0;
    return (size_t)c->threads * (tiles > job ? tiles : job);
}

/* ---- memory ---- */

void *compute_alloc(struct compute *c, size_t bytes)
{
    if (c->gpu) c->gpu->writes++;
    return c->gpu ? c->gpu->alloc(c->gpu, bytes) : mem_aligned(bytes);
}

void compute_dealloc(struct compute *c, void *p)
{
    for (size_t i = 0; i < COMPUTE_BF16_BLOCKS; i++)
        if (p && c->bf16[i].begin == p) c->bf16[i].begin = c->bf16[i].end = NULL;
    if (c->gpu && p) c->gpu->dealloc(c->gpu, p);
    else if (!c->gpu) mem_free(p);
}

static size_t free_block(const struct compute *c)
{
    size_t i = 0;
    while (i < COMPUTE_BF16_BLOCKS && c->bf16[i].begin) i++;
    return i;
}

bool compute_can_keep_bf16(const struct compute *c)
{
    return (c->gpu || c->level >= CPU_AMX) && c->precision == PRECISION_BF16 && free_block(c) < COMPUTE_BF16_BLOCKS;
}

void compute_keep_bf16(struct compute *c, void *p, size_t bytes)
{
    if (!p || !compute_can_keep_bf16(c)) return;
    size_t i = free_block(c);
    c->bf16[i].begin = p;
    c->bf16[i].end = (char *)p + bytes;
}

bool compute_is_bf16(const struct compute *c, const void *p)
{
    for (size_t i = 0; i < COMPUTE_BF16_BLOCKS; i++)
        if ((const char *)p >= c->bf16[i].begin && (const char *)p < c->bf16[i].end) return true;
    return false;
}

/* A GPU's matrix units ask for 16 bytes. On a CPU rows are whole cache lines, an odd number of them: tiles take 16 rows at once, which else fell
 * into few sets of the cache. */
size_t activation_stride(const struct compute *c, const void *p, size_t cols)
{
    return compute_is_bf16(c, p) ? bf16_stride(c, cols) : cols;
}

size_t bf16_stride(const struct compute *c, size_t cols)
{
    return c->gpu ? (cols + 7) / 8 * 8 : ((cols + 31) / 32 | 1) * 32;
}

bool compute_read(struct compute *c, float *to, const float *x, size_t rows, size_t cols)
{
    if (!compute_is_bf16(c, x)) {
        compute_download(c, to, x, rows * cols * sizeof *to);
        return true;
    }
    size_t stride = activation_stride(c, x, cols);
    uint16_t *host = mem_aligned(rows * stride * sizeof *host);
    if (!host) return false;
    compute_download(c, host, x, rows * stride * sizeof *host);
    for (size_t i = 0; i < rows * cols; i++) to[i] = bf16_to_f32(host[i / cols * stride + i % cols]);
    mem_free(host);
    return true;
}

void compute_upload(struct compute *c, void *to, const void *from, size_t bytes)
{
    if (to == from || !bytes) return;
    if (c->gpu) c->gpu->writes++;
    if (c->gpu) c->gpu->upload(c->gpu, to, from, bytes);
    else memcpy(to, from, bytes);
}

void compute_download(struct compute *c, void *to, const void *from, size_t bytes)
{
    if (to == from || !bytes) return;
    if (c->gpu) c->gpu->download(c->gpu, to, from, bytes);
    else memcpy(to, from, bytes);
}

void compute_copy(struct compute *c, void *to, const void *from, size_t bytes)
{
    if (to == from || !bytes) return;
    if (c->gpu) c->gpu->writes++;
    if (c->gpu) c->gpu->copy(c->gpu, to, from, bytes);
    else memcpy(to, from, bytes);
}

void compute_zero(struct compute *c, void *p, size_t bytes)
{
    if (!bytes) return;
    if (c->gpu) {
        c->gpu->writes++;
        c->gpu->zero(c->gpu, p, bytes);
        return;
    }
#pragma omp parallel for schedule(static) num_threads(c->threads) if (bytes > ZERO_PIECE)
    for (size_t at = 0; at < bytes; at += ZERO_PIECE) memset((char *)p + at, 0, bytes - at < ZERO_PIECE ? bytes - at : ZERO_PIECE);
}

void *compute_mirror(struct compute *c, void *p, size_t bytes)
{
    return c->gpu && p ? mem_aligned(bytes) : p;
}

void compute_mirror_free(struct compute *c, void *mirror, void *p)
{
    if (c->gpu && mirror != p) mem_free(mirror);
}

status compute_check(struct compute *c)
{
    FAIL_IF(c->gpu && c->gpu->error[0], ERR_INTERNAL, "the GPU failed: %s; go on from the last checkpoint, with a smaller batch if memory was short",
            c->gpu->error);
    return OK;
}
