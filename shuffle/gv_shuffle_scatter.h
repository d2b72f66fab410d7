/*
 * gv_shuffle_scatter - cells into buckets: the matrix goes to the spool in pieces.
 *
 * Threads: starts one thread per lane of the spool; to be called from one.
 */
#ifndef GV_SHUFFLE_SCATTER_H
#define GV_SHUFFLE_SCATTER_H

#include "base/gv_progress.h"
#include "counts/gv_counts_share.h"
#include "shuffle/gv_shuffle_layout.h"
#include "shuffle/gv_shuffle_spool.h"

typedef struct gv_shuffle_scatter_job {
    gv_counts *counts;            /* without a share: at its first row */
    const gv_counts_share *share; /* its cells only; NULL: all */
    const gv_shuffle_layout *layout;
    gv_progress *progress; /* may be NULL; the caller begins and ends it */
} gv_shuffle_scatter_job;

/* `*escapes` receives the number of cells whose value has no code. Errors of reading the matrix and
 * of writing the spool. */
GV_MUST_USE int gv_shuffle_scatter(uint64_t *escapes, gv_shuffle_spool *spool,
                                   const gv_shuffle_scatter_job *job, gv_error *err);

#endif
