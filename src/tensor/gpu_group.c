/* GPUs of several processes as one: NCCL, found at run time. What is the device's own, streams and waiting, is in gpu_cuda.cu. */
#include "tensor_int.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)GPU_GROUP_ID == (int)COMPUTE_GROUP_ID, "an id is handed through");

static void group_error(struct gpu *g, const struct gpu_group *group, int error)
{
    if (!g->error[0]) snprintf(g->error, sizeof g->error, "NCCL: %s", group->error_string(error));
}

static bool bind(struct gpu_group *g)
{
    const struct { const char *name; void *to; } calls[] = {
        {"ncclGetUniqueId", &g->get_unique_id}, {"ncclCommInitRank", &g->init_rank}, {"ncclAllReduce", &g->all_reduce},
        {"ncclCommGetAsyncError", &g->async_error}, {"ncclCommAbort", &g->abort}, {"ncclGetErrorString", &g->error_string},
    };
    bool all = true;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        void *call = dlsym(g->library, calls[i].name);
        memcpy(calls[i].to, &call, sizeof call);   /* a pointer to a function through one to data: POSIX grants it, C does not */
        all = all && call;
    }
    return all;
}

/* The rings of NCCL add in an order that the ranks' places decide, so the same ranks on the same machines give the same bits; trees and
 * switches that add (NVLS) promise less. Who sets NCCL_ALGO chooses otherwise. */
static status open_group(struct compute *c)
{
    const char *named = getenv("DAOGOU_NCCL");
    if (c->group) return OK;
    FAIL_IF(!c->gpu, ERR_USAGE, "a group needs a GPU; this is the CPU");
    FAIL_IF(strcmp(c->device, "emulated") == 0 && !named, ERR_USAGE, "the emulated device joins groups in tests only; use --device cpu");
    struct gpu_group *g = mem_zalloc(1, sizeof *g);
    if (!g) return fail_nomem("looking for NCCL");
    g->library = dlopen(named ? named : "libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!g->library && !named) g->library = dlopen("/usr/local/cuda/lib64/libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    if (!g->library && !named) g->library = dlopen("/usr/local/cuda/lib/libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    if (g->library && bind(g)) {
        setenv("NCCL_ALGO", "Ring", 0);
        c->group = g;
        return OK;
    }
    if (g->library) dlclose(g->library);
    mem_free(g);
    return fail(ERR_USAGE, "NCCL is not installed (%s), which ranks on GPUs need; install it, name its file in DAOGOU_NCCL, or use --device cpu",
                named ? named : "libnccl.so.2");
}

void group_free(struct compute *c)
{
    struct gpu_group *g = c->group;
    if (!g) return;
    if (g->communicator) g->abort(g->communicator);   /* not destroy, which may wait for others that are gone; every sum was waited for */
    mem_free(g);   /* the library stays: it may have threads of its own */
    c->group = NULL;
}

status compute_group_id(struct compute *c, char id[COMPUTE_GROUP_ID])
{
    TRY(open_group(c));
    struct gpu_group_id made;
    int error = c->group->get_unique_id(&made);
    FAIL_IF(error != NCCL_SUCCESS, ERR_INTERNAL, "NCCL does not start: %s; NCCL_DEBUG=INFO says more", c->group->error_string(error));
    memcpy(id, made.bytes, sizeof made.bytes);
    return OK;
}

status compute_group_join(struct compute *c, const char id[COMPUTE_GROUP_ID], int rank, int size)
{
    TRY(open_group(c));
    struct gpu_group_id all;
    memcpy(all.bytes, id, sizeof all.bytes);
    int error = c->group->init_rank(&c->group->communicator, size, all, rank);
    FAIL_IF(error != NCCL_SUCCESS, ERR_INTERNAL, "rank %d of %d cannot join the others by NCCL: %s; are there as many GPUs as ranks? NCCL_DEBUG=INFO says more",
            rank, size, c->group->error_string(error));
    return OK;
}

void compute_group_sum(struct compute *c, float *x, size_t n)
{
    if (!c->gpu || !c->group || !n) return;
    c->gpu->writes++;
    c->gpu->group_sum(c->gpu, c->group, x, n);
}

void gpu_group_reduce(struct gpu *g, struct gpu_group *group, float *x, size_t n, void *stream)
{
    int error = group->communicator ? group->all_reduce(x, x, n, NCCL_FLOAT32, NCCL_SUM, group->communicator, stream) : NCCL_SUCCESS;
    if (error != NCCL_SUCCESS && error != NCCL_IN_PROGRESS) group_error(g, group, error);
}

bool gpu_group_goes_on(struct gpu *g, struct gpu_group *group)
{
    int error = NCCL_SUCCESS;
    int asked = group->async_error(group->communicator, &error);
    if (asked == NCCL_SUCCESS && (error == NCCL_SUCCESS || error == NCCL_IN_PROGRESS)) return true;
    group_error(g, group, asked == NCCL_SUCCESS ? error : asked);
    group->abort(group->communicator);
    group->communicator = NULL;
    return false;
}
