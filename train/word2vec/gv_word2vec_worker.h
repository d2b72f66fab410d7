/*
 * gv_word2vec_worker - what worker ranks do while rank 0 trains with objective "word2vec"
 * (gv_word2vec_stage.h).
 *
 * They read vocab.txt and corpus.ids of the run directory once rank 0 says that these are there, or
 * copies of rank 0's if they find others or none (gv_shared_files.h).
 */
#ifndef GV_WORD2VEC_WORKER_H
#define GV_WORD2VEC_WORKER_H

#include "config/gv_config.h"
#include "dist/gv_comm.h"
#include "train/word2vec/gv_word2vec_layout.h"

/* Rank 0, once it has read the files of the run directory `dir`: see to it that the worker ranks
 * have them, and tell what was read. `comm` may be NULL: there are no others. */
GV_MUST_USE int gv_word2vec_worker_tell(gv_comm *comm, const gv_word2vec_layout *layout,
                                        const char *dir, gv_progress *progress, gv_error *err);

/* Do as rank 0 says until it ends the job: GV_E_STOPPED. Threads: the main thread. */
GV_MUST_USE int gv_word2vec_worker(gv_comm *comm, const gv_config *config, const char *dir,
                                   gv_error *err);

#endif
