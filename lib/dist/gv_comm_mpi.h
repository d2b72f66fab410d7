/*
 * gv_comm_mpi - ranks that are processes of an MPI job: two-sided messages of Open MPI.
 *
 * One-sided communication is not used: over TCP it is either refused or makes no progress while
 * the target computes, and it has no operation for an AdaGrad step (docs/distributed.md).
 *
 * This and gv_job.h are the outermost shell of a program: unlike the rest of the library they print
 * the last error and end the process.
 */
#ifndef GV_COMM_MPI_H
#define GV_COMM_MPI_H

#include "dist/gv_job.h"

/* Start MPI (MPI_THREAD_FUNNELED) and find out about the other ranks. The calling thread is the one
 * that may use `comm`. Without mpirun there is one rank. GV_E_RUNTIME: MPI's own error text. */
GV_MUST_USE int gv_comm_mpi_open(gv_comm **comm, int *argc, char ***argv, gv_error *err);

/*
 * Leave the job with exit code `code`; does not return. `orderly`: all ranks leave, and no message
 * is on its way: MPI_Finalize. If ranks were lost and the others have agreed to leave, the process
 * exits without MPI_Finalize, which would wait for the lost ones. Not `orderly`: MPI is told to end
 * the whole job. `comm`, which may be NULL, is freed.
 */
__attribute__((noreturn)) void gv_comm_mpi_close(gv_comm *comm, int code, bool orderly);

/* main() of a program of many ranks: open, gv_job_main, close. MPI is not started where there is
 * nothing for it to do: for --help and the like, for mistakes of the command line, and where
 * neither mpirun nor Slurm has started the process, which then is the only rank. */
__attribute__((noreturn)) void gv_comm_mpi_main(const gv_job *job, int argc, char **argv);

#endif
