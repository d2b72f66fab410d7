/*
 * gv_job - the shell around a program that runs on many ranks.
 *
 * Rank 0 is the program that the user sees: it alone parses options, opens the run directory,
 * prints, writes events, and decides. The other ranks are told the resolved config and do as rank 0
 * says. Whatever fails anywhere is one line of rank 0's, naming rank and host, and one exit code of
 * all ranks.
 */
#ifndef GV_JOB_H
#define GV_JOB_H

#include "app/gv_program.h"
#include "dist/gv_comm.h"

typedef struct gv_job {
    const gv_program *program; /* its stage_main is gv_job_stage */
    /* The work of rank 0, in an opened run directory. */
    int (*lead)(gv_run *run, gv_comm *comm, gv_error *err);
    /* That of every other rank: until its part is done, or a message cannot be received any more
     * because rank 0 has ended the job. `dir` is the run directory. */
    int (*help)(gv_comm *comm, const gv_config *config, const char *dir, gv_error *err);
} gv_job;

/* stage_main of the program of a job. */
int gv_job_stage(gv_run *run, gv_error *err);

/* Run it; returns the exit code. `*orderly`: all ranks know that it is over. At most one job at a
 * time in a process. */
int gv_job_main(const gv_job *job, gv_comm *comm, int argc, char **argv, bool *orderly);

#endif
