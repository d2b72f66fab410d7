/*
 * gv_word2vec_stage - glove-train with train.objective "word2vec": vocab.txt and the corpus become
 * model.ckpt and vectors. docs/word2vec.md.
 *
 * It shares jobs, epochs and checkpoints with the other objectives (gv_train_job.h), but needs no
 * store: the text itself is trained on, as word ids (gv_word2vec_input.h).
 *
 * Threads: the main thread.
 */
#ifndef GV_WORD2VEC_STAGE_H
#define GV_WORD2VEC_STAGE_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"

/* The whole stage, as gv_train_stage and gv_train_coordinate: its errors and events are those.
 * train.schedule other than "ordered" and "hogwild": GV_E_USAGE. `comm` NULL: this process is
 * alone; else as rank 0, with gv_word2vec_worker on the others. */
GV_MUST_USE int gv_word2vec_stage(gv_run *run, gv_comm *comm, gv_error *err);

#endif
