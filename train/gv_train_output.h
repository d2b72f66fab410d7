/*
 * gv_train_output - a trained model as vector files.
 */
#ifndef GV_TRAIN_OUTPUT_H
#define GV_TRAIN_OUTPUT_H

#include "data/gv_checkpoint.h"
#include "data/gv_run.h"
#include "data/gv_store.h"
#include "math/gv_model.h"

/*
 * Write output.formats of `model` into the run directory: the words of `store`, vectors by
 * output.vectors, and <unk> by output.unk. `state` is the finished training.
 */
int gv_train_output(gv_run *run, gv_store *store, const gv_model *model, const gv_checkpoint *state,
                    unsigned threads, gv_error *err);

#endif
