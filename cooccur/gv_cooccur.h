/*
 * gv_cooccur - counting: how often does each word stand near each other word?
 *
 * The window of a word are the `cooccur.window` positions to its left and, if symmetric, to its
 * right; a pair at distance k adds the weight of k (gv_counts_weights.h) to X(word, context).
 * Windows do not cross the end of a document. Words outside the vocabulary take no position,
 * nor do those that `cooccur.sample` drops (gv_subsample.h). Asymmetric: row = the word, column =
 * its left neighbour.
 *
 * The result is counts.bin (gv_counts.h): the same bytes for any threads, memory and batches.
 * docs/counting.md tells how.
 */
#ifndef GV_COOCCUR_H
#define GV_COOCCUR_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "counts/gv_counts.h"
#include "vocab/gv_encoder.h"
#include "vocab/gv_vocab.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the memory is spent; all sizes in bytes but batch_tokens. None of it changes the result. */
typedef struct gv_cooccur_limits {
    unsigned threads;
    size_t batch_tokens; /* ids (and breaks) held at once; at least 1 */
    size_t output_bytes; /* coded rows that a thread may hold back until it is their turn */
    size_t merge_bytes;  /* buffer for each run that is being merged, per thread */
    unsigned fan_in;     /* runs merged at once; at least 2 */
} gv_cooccur_limits;

/* Bytes of one corpus block for a budget, so that the readers take a small share of it. */
size_t gv_cooccur_block_bytes(uint64_t budget, unsigned threads);

/*
 * Spend `budget` bytes, of which `used` are taken already (program, vocabulary, the first reader):
 * chooses the limits for `words` words and blocks of `block_bytes`. Uses fewer threads than
 * `threads` where the budget holds no more. `disk_bytes` (0: unknown) keeps a batch from being
 * larger than the corpus can need. Too small: GV_E_MEMORY, saying how many MB are needed.
 */
int gv_cooccur_plan(gv_cooccur_limits *limits, uint64_t budget, uint64_t used, uint32_t words,
                    unsigned threads, size_t block_bytes, uint64_t disk_bytes, gv_error *err);

/* Where ids come from: a gv_encoder, or a test. */
typedef struct gv_cooccur_source {
    void *context;
    /* Store the next ids at `ids`: exactly `room` of them unless the text ends; `*n` = 0 at the
     * end. Ids are below the vocabulary's size, or GV_ENCODER_BREAK. */
    int (*fill)(void *context, uint32_t *ids, size_t room, size_t *n, gv_error *err);
} gv_cooccur_source;

typedef struct gv_cooccur_job {
    const gv_config *config; /* window, weighting, symmetric */
    const gv_vocab *vocab;
    const char *recipe;   /* for the header of counts.bin */
    const char *temp_dir; /* for sorted runs, used only if there is more than one batch */
    const char *counts_path;
    gv_progress *progress; /* may be NULL */
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
int gv_cooccur_count(const gv_cooccur_job *job, const gv_cooccur_limits *limits,
                     const gv_cooccur_source *source, gv_cooccur_result *result, gv_error *err);

#endif
