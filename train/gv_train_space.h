/*
 * gv_train_space - is there room on the disk for what training will write?
 *
 * Threads: main thread.
 */
#ifndef GV_TRAIN_SPACE_H
#define GV_TRAIN_SPACE_H

#include "app/gv_run.h"
#include "model/gv_checkpoint.h"

/* GV_E_IO, before any work, if a checkpoint and the vectors cannot fit beside what is there.
 * `trains`: epochs are left, so a checkpoint will be written; else only vectors. `subwords`: bytes
 * of subwords.bin, and of n-grams in other files. */
GV_MUST_USE int gv_train_space_check(const gv_run *run, const gv_checkpoint *state,
                                     const gv_strings *outputs, bool trains, double subwords,
                                     gv_error *err);

#endif
