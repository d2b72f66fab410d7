/*
 * gv_cooccur - counting: how often does each word occur near each other word?
 *
 * The window of a word are the `cooccur.window` positions to its left and, if symmetric, to its
 * right; a pair at distance k adds the weight of k (gv_counts_weights.h) to X(word, context).
 * Windows do not cross the end of a document. Words outside the vocabulary take no position,
 * nor do those that `cooccur.sample` drops (gv_subsample.h). Stop words do with
 * `vocab.stop_gap`. Asymmetric: row = the word, column =
 * its left neighbour.
 *
 * The result is counts.bin (gv_counts.h): the same bytes for any threads, memory and batches.
 * docs/counting.md describes how.
 */
#ifndef GV_COOCCUR_H
#define GV_COOCCUR_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "budget/gv_budget_cooccur.h"
#include "config/gv_config.h"
#include "counts/gv_counts.h"
#include "vocab/gv_encoder.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where ids come from: a gv_encoder, or a test. */
typedef struct gv_cooccur_source {
    void *context;
    /* Store the next ids at `ids`: exactly `room` of them unless the text ends; `*n` = 0 at the
     * end. Ids are below the vocabulary's size, or GV_ENCODER_BREAK, or with `gaps` of the job
     * gv_encoder_gap. */
    int (*fill)(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err);
} gv_cooccur_source;

/* Counts of earlier text, with their vocabulary; all borrowed. */
typedef struct gv_cooccur_base_files {
    const char *counts, *vocab;
    uint64_t memory; /* bytes for sorting their cells */
} gv_cooccur_base_files;

typedef struct gv_cooccur_job {
    const gv_config *config; /* window, weighting, symmetric */
    const gv_vocab *vocab;
    const char *recipe;   /* for the header of counts.bin */
    const char *temp_dir; /* for sorted runs, used only if there is more than one batch */
    const char *counts_path;
    const gv_cooccur_base_files *base; /* counts to add to; NULL: none */
    gv_progress *progress;             /* may be NULL */
    bool gaps;                         /* the ids hold gv_encoder_gap */
    bool shared;                       /* other ranks count other parts, and add to the progress */
} gv_cooccur_job;

typedef struct gv_cooccur_result {
    gv_counts_info info; /* recipe is NULL */
    uint64_t batches;    /* parts that the corpus was counted in */
} gv_cooccur_result;

/*
 * Count what `source` gives and write counts.bin. No pairs at all: GV_E_RUNTIME. A cell beyond 64
 * bits: GV_E_RUNTIME naming the two words. Checks for signals: GV_E_STOPPED; nothing is left
 * behind.
 */
GV_MUST_USE int gv_cooccur_count(const gv_cooccur_job *job, const gv_budget_cooccur_limits *limits,
                                 const gv_cooccur_source *source, gv_cooccur_result *result,
                                 gv_error *err);

#endif
