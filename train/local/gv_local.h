/*
 * gv_local - the engine of one process: threads on the tiles of the store.
 */
#ifndef GV_LOCAL_H
#define GV_LOCAL_H

#include "train/gv_training.h"

/* An engine on `training`, which is open, borrowed, and outlives it. */
gv_engine gv_local_engine(gv_training *training);

/* The functions of that engine, for engines that put something around them; `training` is a
 * gv_training. */
void gv_local_begin_epoch(void *training);
int gv_local_run_range(void *training, gv_engine_result *result, gv_error *err);
int gv_local_end_epoch(void *training, gv_engine_epoch *epoch, gv_error *err);

#endif
