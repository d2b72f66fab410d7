/*
 * gv_train - the stage glove-train: store.db in, model.ckpt and vectors out.
 *
 * Errors: GV_E_USAGE for keys that do not go together or an input that is missing or stale,
 * GV_E_CORRUPT for a damaged or foreign store or checkpoint, GV_E_MEMORY with the bytes needed if
 * the model does not fit, GV_E_DIVERGED with advice if training diverges, GV_E_STOPPED on a signal
 * (a checkpoint is then on the disk), GV_E_IO.
 *
 * Threads: the main thread of each process.
 */
#ifndef GV_TRAIN_H
#define GV_TRAIN_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"

/*
 * Do the whole stage in an opened run directory: check what is there, plan the memory, train or
 * resume from model.ckpt, write the vectors. Nothing is done where all is up to date; where only
 * output.* has changed, the vectors are written from the finished checkpoint. With train.objective
 * "word2vec" it is gv_word2vec_stage.
 */
GV_MUST_USE int gv_train_stage(gv_run *run, gv_error *err);

/* The same as rank 0 of the job `comm`, by train.distributed; all other ranks are in
 * gv_train_worker. Keys that do not go together: GV_E_USAGE. */
GV_MUST_USE int gv_train_coordinate(gv_run *run, gv_comm *comm, gv_error *err);

#endif
