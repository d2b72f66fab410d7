/*
 * gv_local - the engine of one process: threads on the tiles of the store.
 */
#ifndef GV_LOCAL_H
#define GV_LOCAL_H

#include "train/gv_training.h"

/* An engine on `training`, which is open, borrowed, and outlives it. */
gv_engine gv_local_engine(gv_training *training);

#endif
