/*
 * gv_word2vec_stage - glove-train with train.objective "word2vec": vocab.txt and the corpus become
 * model.ckpt and vectors. docs/word2vec.md.
 */
#ifndef GV_WORD2VEC_STAGE_H
#define GV_WORD2VEC_STAGE_H

#include "app/gv_run.h"

/* The whole stage, as gv_train_stage: its errors and events are those. */
GV_MUST_USE int gv_word2vec_stage(gv_run *run, gv_error *err);

#endif
