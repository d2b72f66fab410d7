/*
 * gv_cooccur_count - from batches of text to rows: fill, index and gather one batch after the
 * other.
 *
 * Threads: called by the thread that owns the counter.
 */
#ifndef GV_COOCCUR_COUNT_H
#define GV_COOCCUR_COUNT_H

#include "cooccur/gv_cooccur_counter.h"

/* Count everything that `source` gives. If it is a single batch and counts.bin is open, the rows
 * are written there; else every batch becomes a sorted run. Adds to `result` the tokens and
 * batches. Errors as of gv_cooccur_count (gv_cooccur.h); what is in counts.bin then is of no
 * use. */
GV_MUST_USE int gv_cooccur_count_text(gv_cooccur_counter *counter, const gv_cooccur_source *source,
                                      gv_cooccur_result *result, gv_error *err);

#endif
