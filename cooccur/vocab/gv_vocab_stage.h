/*
 * gv_vocab_stage - corpus -> vocab.txt, in one process or on many ranks.
 *
 * Threads: the main thread of each process.
 */
#ifndef GV_VOCAB_STAGE_H
#define GV_VOCAB_STAGE_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"

/* In an opened run directory: glove-vocab; and rank 0 of glove-vocab-mpi (see gv_job.h). */
GV_MUST_USE int gv_vocab_stage(gv_run *run, gv_error *err);
GV_MUST_USE int gv_vocab_stage_coordinate(gv_run *run, gv_comm *comm, gv_error *err);
/* Every other rank. With vocab.file it has nothing to do: rank 0 alone does that. */
GV_MUST_USE int gv_vocab_stage_work(gv_comm *comm, const gv_config *config, const char *dir,
                                    gv_error *err);

#endif
