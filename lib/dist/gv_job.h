/*
 * gv_job - the shell around a program that runs on many ranks.
 *
 * Rank 0 is the program that the user sees: it alone parses options, opens the run directory,
 * prints, writes events, and decides. The worker ranks receive the resolved config and follow rank
 * 0. A failure on any rank becomes one line of rank 0's, which names rank and host, and one exit
 * code of all ranks. Only where rank 0 is gone does a worker rank print that line itself.
 *
 * Threads: one job at a time in a process, run by the thread that made `comm`; ranks that are
 * threads of a test do not come here (tests/ranks/threads.h).
 */
#ifndef GV_JOB_H
#define GV_JOB_H

#include "app/gv_program.h"
#include "dist/gv_comm.h"

typedef struct gv_job {
    const gv_program *program; /* its stage_main is gv_job_stage */
    /* The part of rank 0, in an opened run directory. */
    int (*coordinate)(gv_run *run, gv_comm *comm, gv_error *err);
    /* The part of a worker rank; `dir` is the run directory. Returns when its part is done, or with
     * the error of gv_comm_receive when rank 0 has ended the job. */
    int (*work)(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err);
} gv_job;

/* stage_main of a job's program: sends the config to the worker ranks and runs `coordinate`. */
GV_MUST_USE int gv_job_stage(gv_run *run, gv_error *err);

/* mpi.deadline_s as the command line has it, for the time before rank 0 has sent the config; where
 * that cannot be read, the default. */
double gv_job_deadline(const gv_job *job, int argc, char **argv);

/* Run the job's part of this rank; returns the exit code. `*orderly`: all ranks know that it is
 * over. Other ranks have a gv_rank_watch on, which ends when rank 0 is heard of. */
int gv_job_main(const gv_job *job, gv_comm *comm, int argc, char **argv, bool *orderly);

#endif
