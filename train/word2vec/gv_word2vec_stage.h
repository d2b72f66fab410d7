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

/* The whole stage, as gv_train_stage: its errors and events are those. train.schedule other than
 * "hogwild": GV_E_USAGE. */
GV_MUST_USE int gv_word2vec_stage(gv_run *run, gv_error *err);

#endif
