/*
 * gv_comm_mpi - ranks that are processes of an MPI job: two-sided messages of Open MPI.
 *
 * One-sided communication is not used: over TCP it is either refused or does not progress while
 * the target computes, and an AdaGrad step is no operation it knows (docs/distributed.md).
 */
#ifndef GV_COMM_MPI_H
#define GV_COMM_MPI_H

#include "dist/gv_job.h"

/* Start MPI (MPI_THREAD_FUNNELED) and learn who is there. The calling thread is the one that may
 * use `comm`. Without mpirun there is one rank. */
int gv_comm_mpi_open(gv_comm **comm, int *argc, char ***argv, gv_error *err);

/*
 * End this rank's part with exit code `code`; does not return. `orderly`: all ranks do so, nothing
 * is on its way. Else MPI is told to end the whole job, or, where other ranks were lost and the
 * rest has agreed to end, the process leaves without MPI_Finalize, which would wait for them.
 */
__attribute__((noreturn)) void gv_comm_mpi_close(gv_comm *comm, int code, bool orderly);

/* main() of a program of many ranks: all of the above. */
__attribute__((noreturn)) void gv_comm_mpi_main(const gv_job *job, int argc, char **argv);

#endif
