/*
 * gv_row_sync_engine - the engine of one process whose threads synchronise row by row
 * (gv_row_sync.h): schedules `atomic`, `locked`, `round_robin`, and measurements of any schedule.
 *
 * Threads: the main thread.
 */
#ifndef GV_ROW_SYNC_ENGINE_H
#define GV_ROW_SYNC_ENGINE_H

#include "train/experiments/row_sync/gv_row_sync.h"
#include "train/gv_training.h"

/* What is measured, from the environment: GLOVEBOX_TEST_DELAY_NS, GLOVEBOX_TEST_CONFLICTS
 * (docs/testing.md). They change no byte where threads do not. */
gv_row_sync_options gv_row_sync_engine_options(void);

/* Put it around `*inner`, the engine of one process on `training`, with whose `update` it then
 * works: `*engine` replaces `*inner` and frees it. On failure `inner` is still the caller's. */
GV_MUST_USE int gv_row_sync_engine_open(gv_engine *engine, const gv_engine *inner,
                                        gv_training *training, gv_error *err);

#endif
