/*
 * gv_cooccur_merge - merging sorted runs: the cells of the same row are added up.
 *
 * At most fan_in runs are read at once. Runs sit in levels (gv_cooccur_runs.h): fan_in runs of a
 * level become one run of the next, so every cell is rewritten at most log(runs) / log(fan_in)
 * times. Threads merge different bands side by side.
 *
 * Errors: GV_E_CORRUPT when a temporary file does not decode, GV_E_RUNTIME when a sum exceeds 64
 * bits, GV_E_STOPPED on a signal, and those of writing.
 *
 * Threads: called by the thread that owns the counter.
 */
#ifndef GV_COOCCUR_MERGE_H
#define GV_COOCCUR_MERGE_H

#include "cooccur/gv_cooccur_counter.h"

/* Merge all runs of levels begin .. end - 1, at most fan_in runs, into rows for `write`. */
GV_MUST_USE int gv_cooccur_merge(gv_cooccur_counter *counter, unsigned begin, unsigned end,
                                 gv_cooccur_sink_write *write, void *context, gv_error *err);
/* Merge full levels upwards; to be called after every run. */
GV_MUST_USE int gv_cooccur_merge_full_levels(gv_cooccur_counter *counter, gv_error *err);
/* Merge small levels upwards until at most fan_in runs are left. */
GV_MUST_USE int gv_cooccur_merge_to_fan_in(gv_cooccur_counter *counter, gv_error *err);
/* Merge all runs into one, an empty one if there are none: it is the only run of level `*level`. */
GV_MUST_USE int gv_cooccur_merge_to_single(gv_cooccur_counter *counter, unsigned *level,
                                           gv_error *err);

#endif
