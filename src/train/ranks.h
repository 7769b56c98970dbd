/* Private to train: the processes of one run. Ranks share the micro-batches of a step (accumulate of them) and sum their gradients, so
 * that any number of ranks computes what one does, to rounding (synchronous data-parallel SGD: Goyal et al. 2017, section 2.3).
 * ranks_mpi.c in daogou-mpi (cmake/mpi.cmake), ranks_one.c in everything else. All calls are collective: every rank makes them in the
 * same order. */
#ifndef DAOGOU_RANKS_H
#define DAOGOU_RANKS_H

#include "base/base.h"

struct ranks { int rank, size, local; }; /* local: number among the ranks of this machine */
/* Under mpirun or srun the ranks of this job, else one. ERR_USAGE when the job has several and the program no MPI. */
status ranks_join(struct ranks *r);
/* x[i] becomes the sum over all ranks; equal on all of them, bit for bit. */
void ranks_sum_floats(const struct ranks *r, float *x, size_t n);
void ranks_sum_doubles(const struct ranks *r, double *x, size_t n);
void ranks_sum_counts(const struct ranks *r, uint64_t *x, size_t n);
/* What rank 0 has, on all. */
void ranks_share(const struct ranks *r, void *data, size_t bytes);
/* OK on all ranks or on none: those that were well when another was not say so. */
status ranks_agree(const struct ranks *r, status mine);

#endif
