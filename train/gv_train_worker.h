/*
 * gv_train_worker - what worker ranks do while rank 0 trains (gv_train_coordinate).
 */
#ifndef GV_TRAIN_WORKER_H
#define GV_TRAIN_WORKER_H

#include "config/gv_config.h"
#include "dist/gv_comm.h"

/*
 * Open the store in the run directory `dir`, or a copy of rank 0's (gv_train_store.h), and do as
 * rank 0 says until it ends the job: then GV_E_STOPPED. Threads: the main thread.
 */
GV_MUST_USE int gv_train_worker(gv_comm *comm, const gv_config *config, const char *dir,
                                gv_error *err);

#endif
