/*
 * gv_word2vec_worker - what worker ranks do while rank 0 trains with objective "word2vec"
 * (gv_word2vec_stage.h).
 *
 * They read vocab.txt and corpus.ids of the run directory once rank 0 says that these are there,
 * and check that they are the same.
 */
#ifndef GV_WORD2VEC_WORKER_H
#define GV_WORD2VEC_WORKER_H

#include "config/gv_config.h"
#include "dist/gv_comm.h"
#include "train/word2vec/gv_word2vec_layout.h"

/* Rank 0: tell the worker ranks that the files are there, and what it read in them. `comm` may be
 * NULL: nobody is told. */
GV_MUST_USE int gv_word2vec_worker_tell(gv_comm *comm, const gv_word2vec_layout *layout,
                                        gv_error *err);

/* Do as rank 0 says until it ends the job: GV_E_STOPPED. Other files than rank 0's: GV_E_RUNTIME.
 * Threads: the main thread. */
GV_MUST_USE int gv_word2vec_worker(gv_comm *comm, const gv_config *config, const char *dir,
                                   gv_error *err);

#endif
