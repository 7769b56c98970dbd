/* Ranks over MPI. Sums are made pairwise in one fixed order of ranks, so that a run with as many ranks gives the same bits again:
 * MPI_Allreduce leaves the order to the library, MPI_Reduce_local of gathered pieces does not. */
#include "../ranks.h"

#include <mpi.h>
#include <stdlib.h>

enum { PIECE = 1 << 20 };   /* elements summed at a time */

static void finish(void)
{
    int done = 0;
    MPI_Finalized(&done);
    if (!done) MPI_Finalize();
}

static bool launched(void)
{
    return getenv("OMPI_COMM_WORLD_SIZE") || getenv("PMI_SIZE") || getenv("PMIX_RANK");
}

status ranks_join(struct ranks *r)
{
    int ready = 0;
    *r = (struct ranks){.rank = 0, .size = 1};
    if (!launched()) return OK;   /* without a launcher there is nobody else, and starting MPI takes a while */
    MPI_Initialized(&ready);
    if (!ready) {
        FAIL_IF(MPI_Init(NULL, NULL) != MPI_SUCCESS, ERR_IO, "MPI does not start; check the launcher (mpirun, srun --mpi=pmix)");
        atexit(finish);
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &r->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &r->size);
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, r->rank, MPI_INFO_NULL, &machine);
    MPI_Comm_rank(machine, &r->local);
    MPI_Comm_free(&machine);
    return OK;
}

/* Rank 0 adds what the others send, in the order of their ranks, and everyone gets the sum. */
static void sum(const struct ranks *r, char *x, size_t n, size_t item, MPI_Datatype type)
{
    char *theirs = r->rank == 0 && r->size > 1 ? malloc((n < PIECE ? n : PIECE) * item) : NULL;
    for (size_t at = 0; r->size > 1 && at < n; at += PIECE) {
        int count = (int)(n - at < PIECE ? n - at : PIECE);
        char *piece = x + at * item;
        if (r->rank > 0) MPI_Send(piece, count, type, 0, 0, MPI_COMM_WORLD);
        if (r->rank == 0 && !theirs) MPI_Abort(MPI_COMM_WORLD, 1);   /* the others wait: no other way to tell them */
        for (int other = 1; r->rank == 0 && other < r->size; other++) {
            MPI_Recv(theirs, count, type, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Reduce_local(theirs, piece, count, type, MPI_SUM);
        }
        MPI_Bcast(piece, count, type, 0, MPI_COMM_WORLD);
    }
    free(theirs);
}

void ranks_sum_floats(const struct ranks *r, float *x, size_t n)
{
    sum(r, (char *)x, n, sizeof *x, MPI_FLOAT);
}

void ranks_sum_doubles(const struct ranks *r, double *x, size_t n)
{
    sum(r, (char *)x, n, sizeof *x, MPI_DOUBLE);
}

void ranks_sum_counts(const struct ranks *r, uint64_t *x, size_t n)
{
    sum(r, (char *)x, n, sizeof *x, MPI_UINT64_T);
}

void ranks_share(const struct ranks *r, void *data, size_t bytes)
{
    if (r->size > 1) MPI_Bcast(data, (int)bytes, MPI_BYTE, 0, MPI_COMM_WORLD);
}

status ranks_agree(const struct ranks *r, status mine)
{
    int worst = (int)mine;
    if (r->size == 1) return mine;
    MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    if (mine != OK || worst == OK) return mine;
    return fail((status)worst, worst == ERR_INTERRUPTED ? "interrupted" : "another rank failed; its sentence says why");
}
