/*
 * gv_rank_watch - an end to waiting for ranks while a job starts and ends.
 *
 * MPI_Init and MPI_Finalize return when every rank has called them: if one is stopped or its host
 * hangs, all others wait for ever. And as long as rank 0 has not sent the config, there are no
 * keep-alives. A watch is a thread beside the one that waits. When the deadline is over and a rank
 * of this machine is found stopped, or when it is over by far, the watch prints a line, which names
 * the rank if it can be known, and ends the process; mpirun then ends the others. Time in which
 * this process itself was stopped does not count.
 *
 * Like gv_comm_mpi.h this is the outermost shell of a program: it prints and ends the process.
 *
 * Threads: begin and end by one thread; one watch at a time.
 */
#ifndef GV_RANK_WATCH_H
#define GV_RANK_WATCH_H

enum gv_rank_watch_phase { GV_RANK_WATCH_START, GV_RANK_WATCH_END };

/* Beyond the deadline, where no stopped rank is found: the machine or the network may be slow. */
enum { GV_RANK_WATCH_SLACK_S = 30 };

/* Begin to watch; `program` is for the line. `deadline_s` 0: never. `code` is the exit code of the
 * work that is over, in the phase of the end. Where no thread can be started, nothing is
 * watched. */
void gv_rank_watch_begin(enum gv_rank_watch_phase phase, const char *program, double deadline_s,
                         int code);
/* What was waited for has come. */
void gv_rank_watch_end(void);

/* After MPI has ended, with the watch of the end on: wait for the other ranks of this machine to
 * come here, as long as the deadline. Otherwise a rank that is stopped in its last moments would
 * leave mpirun waiting, with nobody left to notice. */
void gv_rank_watch_leave(void);

#endif
