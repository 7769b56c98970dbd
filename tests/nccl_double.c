/* A stand-in for libnccl.so.2 in tests, on machines without a GPU: the functions that daogou uses, between processes of one machine,
 * over a file in /dev/shm. "Device" memory is the emulated device's. The order of a sum is that of the ranks. Where nccl.h is installed the
 * compiler holds these functions to it.
 * DOUBLE_NCCL_BREAK=RANK:N makes that rank's N-th sum fail, as a cable would. */
#if __has_include(<nccl.h>) && __has_include(<cuda_runtime.h>)
#include <nccl.h>
#else
#include <stddef.h>
typedef struct { char internal[128]; } ncclUniqueId;
typedef struct ncclComm *ncclComm_t;
typedef enum { ncclSuccess = 0, ncclSystemError = 2, ncclInvalidArgument = 4, ncclRemoteError = 6 } ncclResult_t;
typedef enum { ncclFloat32 = 7 } ncclDataType_t;
typedef enum { ncclSum = 0 } ncclRedOp_t;
typedef struct CUstream_st *cudaStream_t;
#endif

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 16, MAX_RANKS = 8, PATIENCE_S = 30 };   /* floats of a rank at a time */

struct shared { atomic_int arrived, rounds, broken; float room[MAX_RANKS][ROOM], sum[ROOM]; };
struct ncclComm { struct shared *s; int rank, size, sums; char path[128]; };

ncclResult_t ncclGetUniqueId(ncclUniqueId *id)
{
    memset(id, 0, sizeof *id);
    snprintf(id->internal, sizeof id->internal, "/dev/shm/daogou-nccl-double-%d", (int)getpid());
    return ncclSuccess;
}

/* All ranks, or an error for those that waited for one that never came. */
static ncclResult_t barrier(struct ncclComm *c)
{
    int round = c->s->rounds;
    time_t start = time(NULL);
    if (atomic_fetch_add(&c->s->arrived, 1) + 1 == c->size) {
        c->s->arrived = 0;
        c->s->rounds++;
    }
    while (c->s->rounds == round) {
        if (c->s->broken || time(NULL) - start > PATIENCE_S) return ncclRemoteError;
        usleep(20);
    }
    return c->s->broken ? ncclRemoteError : ncclSuccess;
}

ncclResult_t ncclCommInitRank(ncclComm_t *out, int size, ncclUniqueId id, int rank)
{
    struct ncclComm *c = calloc(1, sizeof *c);
    if (!c || size > MAX_RANKS || rank < 0 || rank >= size) return ncclInvalidArgument;
    snprintf(c->path, sizeof c->path, "%s", id.internal);
    int f = open(c->path, O_RDWR | O_CREAT, 0600);
    if (f < 0 || ftruncate(f, sizeof *c->s) != 0) return ncclSystemError;
    c->s = mmap(NULL, sizeof *c->s, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
    close(f);
    if (c->s == MAP_FAILED) return ncclSystemError;
    c->rank = rank, c->size = size;
    *out = c;
    ncclResult_t e = barrier(c);
    if (rank == 0) unlink(c->path);   /* all have it */
    return e;
}

static int breaks(const struct ncclComm *c)
{
    const char *how = getenv("DOUBLE_NCCL_BREAK");
    int rank = -1, at = 0;
    return how && sscanf(how, "%d:%d", &rank, &at) == 2 && rank == c->rank && at == c->sums;
}

ncclResult_t ncclAllReduce(const void *from, void *to, size_t n, ncclDataType_t type, ncclRedOp_t op, ncclComm_t c, cudaStream_t stream)
{
    (void)stream;
    if (type != ncclFloat32 || op != ncclSum) return ncclInvalidArgument;
    c->sums++;
    if (breaks(c)) c->s->broken = 1;
    for (size_t at = 0; at < n; at += ROOM) {
        size_t many = n - at < ROOM ? n - at : ROOM;
        memcpy(c->s->room[c->rank], (const float *)from + at, many * sizeof(float));
        ncclResult_t e = barrier(c);
        for (size_t i = 0; c->rank == 0 && e == ncclSuccess && i < many; i++) {
            float sum = c->s->room[0][i];
            for (int r = 1; r < c->size; r++) sum += c->s->room[r][i];
            c->s->sum[i] = sum;
        }
        if (e == ncclSuccess) e = barrier(c);
        if (e != ncclSuccess) return e;
        memcpy((float *)to + at, c->s->sum, many * sizeof(float));
        e = barrier(c);   /* before the next piece is written over it */
        if (e != ncclSuccess) return e;
    }
    return ncclSuccess;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t c, ncclResult_t *e)
{
    *e = c->s->broken ? ncclRemoteError : ncclSuccess;
    return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t c)
{
    munmap(c->s, sizeof *c->s);
    free(c);
    return ncclSuccess;
}

const char *ncclGetErrorString(ncclResult_t e)
{
    return e == ncclRemoteError ? "the double's cable was cut" : "the double failed";
}
