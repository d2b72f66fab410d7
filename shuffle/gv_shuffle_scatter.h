/*
 * gv_shuffle_scatter - cells into buckets: the matrix goes to the spool in pieces.
 *
 * Threads: starts one thread per lane of the spool; to be called from one.
 */
#ifndef GV_SHUFFLE_SCATTER_H
#define GV_SHUFFLE_SCATTER_H

#include "base/gv_progress.h"
#include "shuffle/gv_shuffle_layout.h"
#include "shuffle/gv_shuffle_spool.h"

/* All cells of `counts`, which is at its first row; `*escapes` receives the number of cells whose
 * value has no code. Errors of reading `counts` and of writing the spool. */
GV_MUST_USE int gv_shuffle_scatter(uint64_t *escapes, gv_shuffle_spool *spool, gv_counts *counts,
                                   const gv_shuffle_layout *layout, gv_progress *progress,
                                   gv_error *err);

#endif
