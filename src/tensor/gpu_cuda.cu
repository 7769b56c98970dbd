/* An NVIDIA GPU as gpu.h wants it, in the C that nvcc takes. cudart is linked in; cuBLASLt is looked for when a device is opened, so
 * that the program starts on machines that have neither. Everything runs on one stream, in order. */
#include "gpu_attention.h"
#include "gpu_attention_64.h"
#include "gpu_attention_bf16.h"
#include "gpu_kernels.h"
#include "gpu_rows.h"

#include <cublasLt.h>
#include <cuda_runtime.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if __has_include(<nccl.h>)   /* what gpu.h says of NCCL without its header, held to the header where there is one */
#include <nccl.h>
static_assert(sizeof(ncclUniqueId) == sizeof(struct gpu_group_id) && (int)ncclSuccess == NCCL_SUCCESS && (int)ncclInProgress == NCCL_IN_PROGRESS &&
                  (int)ncclFloat32 == NCCL_FLOAT32 && (int)ncclSum == NCCL_SUM && sizeof(ncclResult_t) == sizeof(int) && sizeof(ncclDataType_t) == sizeof(int),
              "NCCL is another than gpu.h describes");
#endif

const bool gpu_cuda_built = true;

/* ---- cuBLASLt, bound late ---------------------------------------------------------------------------------------- */

#define CUBLASLT_CALLS(X)                                                                                                    \
    X(cublasLtCreate) X(cublasLtDestroy) X(cublasLtMatmul) X(cublasLtMatmulAlgoGetHeuristic) X(cublasLtMatmulDescCreate)      \
    X(cublasLtMatmulDescDestroy) X(cublasLtMatmulDescSetAttribute) X(cublasLtMatrixLayoutCreate) X(cublasLtMatrixLayoutDestroy) X(cublasLtMatrixLayoutSetAttribute) \
    X(cublasLtMatmulPreferenceCreate) X(cublasLtMatmulPreferenceDestroy) X(cublasLtMatmulPreferenceSetAttribute)

struct cublaslt {
    void *library;
#define POINTER(call) decltype(&::call) call;
    CUBLASLT_CALLS(POINTER)
#undef POINTER
};

static bool cublaslt_open(struct cublaslt *l)
{
    char version[32], installed[64];
    snprintf(version, sizeof version, "libcublasLt.so.%d", CUBLAS_VER_MAJOR);
    snprintf(installed, sizeof installed, "/usr/local/cuda/lib64/%s", version);
    l->library = dlopen(version, RTLD_NOW | RTLD_LOCAL);
    if (!l->library) l->library = dlopen(installed, RTLD_NOW | RTLD_LOCAL);
    if (!l->library) return false;
    bool all = true;
#define BIND(call)                                                   \
    l->call = (decltype(l->call))dlsym(l->library, #call);           \
    all = all && l->call;
    CUBLASLT_CALLS(BIND)
#undef BIND
    return all;
}

/* ---- the device -------------------------------------------------------------------------------------------------- */

enum { MAX_PLANS = 256, WORKSPACE_BYTES = 32 << 20 };

/* A product that was asked for before: its descriptions and the algorithm found for it. */
struct plan {
    struct gpu_product shape;      /* pointers tell only what is NULL and how they are aligned */
    uint32_t alignment[4];         /* of out, a, b, onto */
    uint64_t last_used;            /* 0: empty */
    bool possible;
    cublasLtMatmulDesc_t how;
    cublasLtMatrixLayout_t a, b, out;
    cublasLtMatmulAlgo_t algorithm;
};

struct cuda {
    struct gpu g;                  /* first: a struct gpu * is a struct cuda * */
    struct cublaslt lt;
    cublasLtHandle_t handle;
    cudaStream_t stream;
    void *workspace;
    uint64_t clock;
    struct plan plans[MAX_PLANS];
};

static struct cuda *cuda_of(struct gpu *g)
{
    return (struct cuda *)g;
}

static void note(struct gpu *g, const char *what, cudaError_t e)
{
    if (e != cudaSuccess && !g->error[0]) snprintf(g->error, sizeof g->error, "%s: %s", what, cudaGetErrorString(e));
}

static void cuda_zero(struct gpu *g, void *p, size_t bytes)
{
    note(g, "zeroing memory", cudaMemsetAsync(p, 0, bytes, cuda_of(g)->stream));
}

/* Memory that is short is the caller's to report: it may do with less. */
static void *cuda_alloc(struct gpu *g, size_t bytes)
{
    void *p = NULL;
    if (cudaMalloc(&p, bytes ? bytes : 1) != cudaSuccess) {
        cudaGetLastError();        /* else the next launch would be blamed */
        return NULL;
    }
    cuda_zero(g, p, bytes);
    return p;
}

/* cudaFree waits for the device, so nothing that is queued loses its memory. */
static void cuda_dealloc(struct gpu *g, void *p)
{
    note(g, "freeing memory", cudaFree(p));
}

/* From memory that is not pinned: the call returns when the source may be changed. */
static void cuda_upload(struct gpu *g, void *to, const void *from, size_t bytes)
{
    note(g, "sending to the GPU", cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, cuda_of(g)->stream));
}

/* What failed before shows here at the latest; the caller then gets NaN, not what lay in its buffer. */
static void cuda_download(struct gpu *g, void *to, const void *from, size_t bytes)
{
    note(g, "reading from the GPU", cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, cuda_of(g)->stream));
    note(g, "waiting for the GPU", cudaStreamSynchronize(cuda_of(g)->stream));
    if (g->error[0]) memset(to, 0xff, bytes);
}

static void cuda_copy(struct gpu *g, void *to, const void *from, size_t bytes)
{
    note(g, "copying on the GPU", cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, cuda_of(g)->stream));
}

static void cuda_launch(struct gpu *g, enum gpu_kernel kernel, size_t blocks, const void *args)
{
    if (blocks > INT32_MAX) {      /* of the x dimension; two billion blocks are more memory than a GPU has */
        note(g, "too many blocks", cudaErrorInvalidValue);
        return;
    }
    switch (kernel) {
#define CASE(name)                                                                                                                  \
    case GPU_##name:                                                                                                                \
        name##_kernel<<<(unsigned)blocks, GPU_BLOCK, 0, cuda_of(g)->stream>>>(*(const struct name##_args *)args);                   \
        break;
        GPU_KERNELS(CASE)
#undef CASE
    case GPU_KERNEL_COUNT: break;
    }
    note(g, "starting a kernel", cudaGetLastError());
}

/* ---- matrix products --------------------------------------------------------------------------------------------- */

/* One matrix becomes `parts`, each `apart` elements further. */
static bool describe_parts(const struct cublaslt *l, cublasLtMatrixLayout_t m, size_t parts, size_t apart)
{
    int32_t count = (int32_t)parts;
    int64_t offset = (int64_t)apart;
    return l->cublasLtMatrixLayoutSetAttribute(m, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count) == CUBLAS_STATUS_SUCCESS &&
           l->cublasLtMatrixLayoutSetAttribute(m, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &offset, sizeof offset) == CUBLAS_STATUS_SUCCESS;
}

/* cuBLASLt counts by columns: row-major out (M,N) = op(a) op(b) is, read by columns, out (N,M) = op(b) (N,K) op(a) (K,M). So its A
 * is our b and its B our a; what lies transposed for us is transposed for it. */
static bool plan_describe(struct cuda *c, struct plan *p)
{
    const struct gpu_product *s = &p->shape;
    const struct cublaslt *l = &c->lt;
    cudaDataType_t type = s->bf16 ? CUDA_R_16BF : CUDA_R_32F, result = s->narrow ? CUDA_R_16BF : CUDA_R_32F;   /* a bias is of the result's type */
    cublasOperation_t first = s->transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, second = s->transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N;
    cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_BIAS;
    bool ok = l->cublasLtMatmulDescCreate(&p->how, CUBLAS_COMPUTE_32F, CUDA_R_32F) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulDescSetAttribute(p->how, CUBLASLT_MATMUL_DESC_TRANSA, &first, sizeof first) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulDescSetAttribute(p->how, CUBLASLT_MATMUL_DESC_TRANSB, &second, sizeof second) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatrixLayoutCreate(&p->a, type, s->transpose_b ? s->K : s->N, s->transpose_b ? s->N : s->K, (int64_t)s->ldb) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatrixLayoutCreate(&p->b, type, s->transpose_a ? s->M : s->K, s->transpose_a ? s->K : s->M, (int64_t)s->lda) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatrixLayoutCreate(&p->out, result, s->N, s->M, (int64_t)s->N) == CUBLAS_STATUS_SUCCESS;
    if (ok && s->parts > 1)
        ok = describe_parts(l, p->a, s->parts, s->K * s->ldb) && describe_parts(l, p->b, s->parts, s->K * s->lda) && describe_parts(l, p->out, s->parts, s->M * s->N);
    if (ok && s->bias)
        ok = l->cublasLtMatmulDescSetAttribute(p->how, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue) == CUBLAS_STATUS_SUCCESS &&
             l->cublasLtMatmulDescSetAttribute(p->how, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &s->bias, sizeof s->bias) == CUBLAS_STATUS_SUCCESS;
    return ok;
}

/* Split-K that adds in the order of arrival would give other bits each time: only reductions in the compute type, which go through
 * the workspace, or none. */
static bool plan_choose(struct cuda *c, struct plan *p)
{
    const struct cublaslt *l = &c->lt;
    cublasLtMatmulPreference_t wish = NULL;
    cublasLtMatmulHeuristicResult_t found;
    size_t workspace = WORKSPACE_BYTES;
    uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_NONE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    int n = 0;
    bool ok = l->cublasLtMatmulPreferenceCreate(&wish) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulPreferenceSetAttribute(wish, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, sizeof workspace) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulPreferenceSetAttribute(wish, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &reductions, sizeof reductions) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulPreferenceSetAttribute(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, &p->alignment[2], sizeof(uint32_t)) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulPreferenceSetAttribute(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &p->alignment[1], sizeof(uint32_t)) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulPreferenceSetAttribute(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, &p->alignment[3], sizeof(uint32_t)) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulPreferenceSetAttribute(wish, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, &p->alignment[0], sizeof(uint32_t)) == CUBLAS_STATUS_SUCCESS &&
              l->cublasLtMatmulAlgoGetHeuristic(c->handle, p->how, p->a, p->b, p->out, p->out, wish, 1, &found, &n) == CUBLAS_STATUS_SUCCESS && n > 0 &&
              found.state == CUBLAS_STATUS_SUCCESS;
    if (wish) l->cublasLtMatmulPreferenceDestroy(wish);
    if (ok) p->algorithm = found.algo;
    return ok;
}

static void plan_release(struct cuda *c, struct plan *p)
{
    if (p->how) c->lt.cublasLtMatmulDescDestroy(p->how);
    if (p->a) c->lt.cublasLtMatrixLayoutDestroy(p->a);
    if (p->b) c->lt.cublasLtMatrixLayoutDestroy(p->b);
    if (p->out) c->lt.cublasLtMatrixLayoutDestroy(p->out);
    memset(p, 0, sizeof *p);
}

static uint32_t alignment_of(const void *p)
{
    uintptr_t at = (uintptr_t)p;
    return at % 256 == 0 ? 256 : (uint32_t)(at & (~at + 1));
}

static bool same_plan(const struct plan *p, const struct gpu_product *s, const uint32_t *alignment)
{
    const struct gpu_product *o = &p->shape;
    return o->M == s->M && o->N == s->N && o->K == s->K && o->lda == s->lda && o->ldb == s->ldb && o->transpose_a == s->transpose_a &&
           o->transpose_b == s->transpose_b && o->accumulate == s->accumulate && o->bf16 == s->bf16 && o->narrow == s->narrow && o->parts == s->parts && !o->bias == !s->bias &&
           memcmp(p->alignment, alignment, sizeof p->alignment) == 0;
}

/* The least recently used makes room. A plan that is not possible is kept too: it need not be tried again. */
static struct plan *plan_find(struct cuda *c, const struct gpu_product *s)
{
    uint32_t alignment[4] = {alignment_of(s->out), alignment_of(s->a), alignment_of(s->b), alignment_of(s->onto)};
    struct plan *oldest = &c->plans[0];
    c->clock++;
    for (struct plan *p = c->plans; p < c->plans + MAX_PLANS; p++) {
        if (p->last_used && same_plan(p, s, alignment)) {
            p->last_used = c->clock;
            return p;
        }
        if (p->last_used < oldest->last_used) oldest = p;
    }
    plan_release(c, oldest);
    oldest->shape = *s;
    memcpy(oldest->alignment, alignment, sizeof alignment);
    oldest->last_used = c->clock;
    oldest->possible = plan_describe(c, oldest) && plan_choose(c, oldest);
    return oldest;
}

static bool cuda_product(struct gpu *g, const struct gpu_product *s)
{
    struct cuda *c = cuda_of(g);
    struct plan *p = plan_find(c, s);
    float one = 1, beta = s->accumulate ? 1.0f : 0.0f;
    bool done = p->possible;
    if (done && s->bias)
        done = c->lt.cublasLtMatmulDescSetAttribute(p->how, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &s->bias, sizeof s->bias) == CUBLAS_STATUS_SUCCESS;
    done = done && c->lt.cublasLtMatmul(c->handle, p->how, &one, s->b, p->a, s->a, p->b, &beta, s->onto, p->out, s->out, p->out, &p->algorithm,
                                        c->workspace, WORKSPACE_BYTES, c->stream) == CUBLAS_STATUS_SUCCESS;
    if (!done && !s->bias && !g->error[0])
        snprintf(g->error, sizeof g->error, "cuBLASLt has no product of (%zu,%zu,%zu)", s->M, s->N, s->K);
    return done;
}

/* ---- several processes ------------------------------------------------------------------------------------------- */

/* Waiting in the driver would be for ever when another rank is gone: NCCL is asked meanwhile whether it still goes on. */
static void cuda_group_sum(struct gpu *g, struct gpu_group *group, float *x, size_t n)
{
    enum { ASKS_AT_ONCE = 1000, PAUSE_US = 20 };
    cudaError_t e;
    gpu_group_reduce(g, group, x, n, cuda_of(g)->stream);
    for (size_t asked = 0; !g->error[0] && (e = cudaStreamQuery(cuda_of(g)->stream)) != cudaSuccess; asked++) {
        if (e != cudaErrorNotReady) note(g, "summing over the ranks", e);
        else if (!gpu_group_goes_on(g, group)) return;
        else if (asked > ASKS_AT_ONCE) usleep(PAUSE_US);
    }
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void cuda_close(struct gpu *g)
{
    struct cuda *c = cuda_of(g);
    for (int i = 0; i < MAX_PLANS; i++) plan_release(c, &c->plans[i]);
    if (c->handle) c->lt.cublasLtDestroy(c->handle);
    if (c->workspace) cudaFree(c->workspace);
    if (c->stream) cudaStreamDestroy(c->stream);
    if (c->lt.library) dlclose(c->lt.library);
    free(c);
}

/* Half a sentence, or NULL when all is there. */
static const char *open_device(struct cuda *c, int index)
{
    int n = 0;
    cudaDeviceProp device;
    cudaError_t e = cudaGetDeviceCount(&n);
    if (e == cudaErrorInsufficientDriver) return "there is no NVIDIA driver, or it is too old for CUDA 13";   /* cudart tells these not apart */
    if (e != cudaSuccess && e != cudaErrorNoDevice) return cudaGetErrorString(e);
    if (e == cudaErrorNoDevice || n == 0) return "there is no NVIDIA GPU in this machine";
    if (cudaSetDevice(index % n) != cudaSuccess || cudaGetDeviceProperties(&device, index % n) != cudaSuccess) return "the GPU does not answer";
    if (device.major < 9) return "the GPU is older than compute capability 9.0, for which this program was built";
    snprintf(c->g.name, sizeof c->g.name, "%.95s", device.name);
    if (!cublaslt_open(&c->lt)) return "cuBLASLt of CUDA is not installed (libcublasLt)";
    if (cudaStreamCreate(&c->stream) != cudaSuccess || cudaMalloc(&c->workspace, WORKSPACE_BYTES) != cudaSuccess) return "the GPU's memory is short";
    if (c->lt.cublasLtCreate(&c->handle) != CUBLAS_STATUS_SUCCESS) return "cuBLASLt does not start";
    return NULL;
}

struct gpu *gpu_cuda_open(int index, char *why, size_t n)
{
    struct cuda *c = (struct cuda *)calloc(1, sizeof *c);
    const char *missing = c ? open_device(c, index) : "memory is short";
    if (missing) {
        snprintf(why, n, "%s", missing);
        if (c) cuda_close(&c->g);
        return NULL;
    }
    c->g.alloc = cuda_alloc;
    c->g.dealloc = cuda_dealloc;
    c->g.upload = cuda_upload;
    c->g.download = cuda_download;
    c->g.copy = cuda_copy;
    c->g.zero = cuda_zero;
    c->g.launch = cuda_launch;
    c->g.product = cuda_product;
    c->g.group_sum = cuda_group_sum;
    c->g.close = cuda_close;
    return &c->g;
}
