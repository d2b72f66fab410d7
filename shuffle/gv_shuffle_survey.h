/*
 * gv_shuffle_survey - the first reading of the matrix: what the layout of a store needs.
 *
 * Source: segments are cut by the records of each row, value codes chosen by a sample of the cells
 * (docs/store.md); row sums go into the store as they are.
 *
 * Threads: called by one thread; starts and joins others. A survey is read-only once made.
 */
#ifndef GV_SHUFFLE_SURVEY_H
#define GV_SHUFFLE_SURVEY_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "counts/gv_counts.h"
#include "counts/gv_counts_share.h"
#include "shuffle/gv_shuffle_codes.h"
#include "vocab/gv_vocab.h"
#include <stdint.h>

typedef struct gv_shuffle_survey {
    uint32_t vocab_size;
    uint32_t *mass;     /* [vocab_size] ordered records in the row of each word */
    uint64_t *row_sums; /* [vocab_size] in units, see gv_shuffle_survey_check */
    gv_shuffle_codes_sample sample;
} gv_shuffle_survey;

/* What is surveyed. */
typedef struct gv_shuffle_survey_job {
    gv_counts *counts;              /* without a share: at its first row */
    const gv_counts_share *share;   /* its cells only; NULL: all */
    gv_counts_share_totals *totals; /* of the share are stored here; not used without one */
    unsigned threads;
    gv_progress *progress; /* may be NULL; the caller begins and ends it */
} gv_shuffle_survey_job;

/* The result does not depend on the number of threads. Row sums beyond 64 bits are UINT64_MAX. The
 * caller frees with gv_shuffle_survey_free, also after an error. */
GV_MUST_USE int gv_shuffle_survey_make(gv_shuffle_survey *survey, const gv_shuffle_survey_job *job,
                                       gv_error *err);
/* Of the whole matrix: a row sum of more than 63 bits is GV_E_RUNTIME, which names the word. */
GV_MUST_USE int gv_shuffle_survey_check(const gv_shuffle_survey *survey, const gv_vocab *vocab,
                                        gv_error *err);
/* The sum of two row sums: what leaves 64 bits stays at the top. */
static inline uint64_t gv_shuffle_survey_add(uint64_t a, uint64_t b)
{
    uint64_t sum = a + b;
    return sum | (0 - (uint64_t)(sum < a));
}
void gv_shuffle_survey_free(gv_shuffle_survey *survey);

#endif
