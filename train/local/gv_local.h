/*
 * gv_local - the engine of one process: threads on the tiles of the store.
 *
 * A work range is one gv_schedule_run over the whole model. All other engines that train tiles are
 * measured against this one: rotation gives its bytes, the experiments do not.
 *
 * Threads: the main thread; a work range starts and joins training->threads others.
 */
#ifndef GV_LOCAL_H
#define GV_LOCAL_H

#include "train/gv_training.h"

/* An engine on `training`, which is open, borrowed, and outlives it. It owns nothing: its `free`
 * may be called but does nothing. */
gv_engine gv_local_engine(gv_training *training);

#endif
