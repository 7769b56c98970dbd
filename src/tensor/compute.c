/* Devices: which table of operations, how many threads, and the scratch memory of the ops. */
#include "tensor_int.h"

#include <string.h>

enum { DESCRIPTION_MAX = 96 };

struct compute_box {
    struct compute c;   /* first: a struct compute * is a struct compute_box * */
    struct ops table;   /* the reference, overlaid up to the level */
    char description[DESCRIPTION_MAX];
};

static const char *const level_names[] = {[CPU_SCALAR] = "scalar", [CPU_AVX2] = "avx2", [CPU_AVX512] = "avx512"};

static status check_device(const char *device)
{
    if (!device || strcmp(device, "cpu") == 0 || strcmp(device, "auto") == 0) return OK;
    if (strcmp(device, "cuda") == 0)
        return fail(ERR_USAGE, "device 'cuda': this program was built without CUDA; use --device cpu");
    return fail(ERR_USAGE, "device '%s' is not known; use auto, cpu or cuda", device);
}

static status choose_level(const struct compute_options *o, enum cpu_level *level)
{
    *level = cpu_features()->level;
    if (!o->at_level) return OK;
    FAIL_IF((int)o->level < 0 || o->level > *level, ERR_USAGE, "this CPU (or DAOGOU_CPU) offers no level %s; the highest is %s",
            (int)o->level < 0 || o->level > CPU_AVX512 ? "of that number" : level_names[o->level], level_names[*level]);
    *level = o->level;
    return OK;
}

static enum precision choose_precision(enum precision wanted, enum cpu_level level)
{
    const struct cpu_features *f = cpu_features();
    if (level == CPU_SCALAR) return PRECISION_F32;
    if (wanted != PRECISION_AUTO) return wanted;
    return level == CPU_AVX512 && (f->bf16 || f->amx_bf16) ? PRECISION_BF16 : PRECISION_F32;
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
    table->name = level_names[level];
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
    snprintf(box->description, sizeof box->description, "cpu, %s, %s, %d thread%s", c->ops->name,
             c->precision == PRECISION_BF16 ? "bf16" : "f32", c->threads, c->threads == 1 ? "" : "s");
    status s = compute_reserve(c, MIN_SCRATCH_FLOATS);
    if (s == OK && level != CPU_SCALAR) s = dnnl_cache_new(&c->dnnl);
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
    mem_free(c->scratch);
    mem_free((struct compute_box *)c);
}

status compute_reserve(struct compute *c, size_t floats)
{
    if (floats <= c->scratch_floats) return OK;
    FAIL_IF(floats > SIZE_MAX / sizeof(float), ERR_LIMIT, "scratch memory of %zu floats is more than this machine can address", floats);
    float *grown = mem_aligned(floats * sizeof(float));
    if (!grown) return fail_nomem("reserving scratch memory");
    mem_free(c->scratch);
    c->scratch = grown;
    c->scratch_floats = floats;
    return OK;
}

size_t attention_scratch(const struct compute *c, const struct attention_shape *shape, size_t max_len)
{
    return (size_t)c->threads * attention_job_floats(max_len, shape->head_size);
}

void *compute_alloc(struct compute *c, size_t bytes)
{
    (void)c;
    return mem_aligned(bytes);
}

void compute_dealloc(struct compute *c, void *p)
{
    (void)c;
    mem_free(p);
}
