/*
 * gv_local_ranks - the ranks of this job on this machine, as the system sees their processes.
 *
 * For the times in which ranks cannot tell each other anything: while MPI starts and ends, a rank
 * that is stopped (SIGSTOP, a debugger) keeps all others waiting, and nothing but the list of
 * processes says which it is. Ranks of other machines are not seen.
 *
 * Threads: any.
 */
#ifndef GV_LOCAL_RANKS_H
#define GV_LOCAL_RANKS_H

typedef struct gv_local_ranks {
    int stopped;         /* the lowest rank that is stopped; -1: none */
    int stopped_process; /* its process id */
    int lowest;          /* the lowest rank that is not stopped; -1: none was found */
    int own;             /* the rank of this process; -1: it is none */
    int staying;         /* how many others have not called gv_local_ranks_leave */
} gv_local_ranks;

/* Look once. Where this process is no rank of Open MPI or Slurm, or /proc cannot be read, nothing
 * is found. */
void gv_local_ranks_look(gv_local_ranks *found);

/* This process has nothing left to do but to end. The others see that by its name, which this
 * changes. Called by the main thread. */
void gv_local_ranks_leave(void);

#endif
