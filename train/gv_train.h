/*
 * gv_train - the stage glove-train: store.db in, model.ckpt and vectors out.
 */
#ifndef GV_TRAIN_H
#define GV_TRAIN_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"

/*
 * Do the whole stage in an opened run directory: check what is there, plan the memory, train or
 * resume from model.ckpt, write the vectors. Nothing is done where all is up to date; where only
 * output.* has changed, the vectors are written from the finished checkpoint.
 * Threads: call from the main thread.
 */
GV_MUST_USE int gv_train_stage(gv_run *run, gv_error *err);

/* The same as rank 0 of a job, by train.distributed; the others are at gv_train_worker. */
GV_MUST_USE int gv_train_coordinate(gv_run *run, gv_comm *comm, gv_error *err);

#endif
