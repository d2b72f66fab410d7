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
#include "shuffle/gv_shuffle_codes.h"
#include "vocab/gv_vocab.h"
#include <stdint.h>

typedef struct gv_shuffle_survey {
    uint32_t vocab_size;
    uint32_t *mass;     /* [vocab_size] ordered records in the row of each word */
    uint64_t *row_sums; /* [vocab_size] in units, at most INT64_MAX */
    gv_shuffle_codes_sample sample;
} gv_shuffle_survey;

/*
 * Survey `counts`, which is at its first row, on `threads` threads; the result does not depend
 * on their number. `vocab` names the word when a row's sum exceeds 63 bits (GV_E_RUNTIME). The
 * caller frees with gv_shuffle_survey_free, also after an error.
 */
GV_MUST_USE int gv_shuffle_survey_make(gv_shuffle_survey *survey, gv_counts *counts,
                                       const gv_vocab *vocab, unsigned threads,
                                       gv_progress *progress, gv_error *err);
void gv_shuffle_survey_free(gv_shuffle_survey *survey);

#endif
