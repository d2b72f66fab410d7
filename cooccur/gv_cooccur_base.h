/*
 * gv_cooccur_base - the counts of earlier text, to which a count adds (corpus.counted).
 *
 * Problem: a word may have another id now, and so its cells are in another row, in another order,
 * and of a symmetric matrix perhaps on the other side of the diagonal.
 * Approach: the cells get their new ids, are sorted, and become one more sorted run of the count.
 * The merge of the runs then adds up what there is of a cell, exactly.
 *
 * Threads: called by the thread that owns the counter.
 */
#ifndef GV_COOCCUR_BASE_H
#define GV_COOCCUR_BASE_H

#include "cooccur/gv_cooccur_counter.h"

/*
 * Make a run of the cells in job->base, before there are others; the counter has its bands.
 * `result` gets the tokens. GV_E_USAGE: the counts are not of the vocabulary beside them, or
 * a word of theirs is not in job->vocab; GV_E_CORRUPT, GV_E_IO, GV_E_MEMORY, GV_E_STOPPED.
 */
GV_MUST_USE int gv_cooccur_base_add(gv_cooccur_counter *counter, gv_cooccur_result *result,
                                    gv_error *err);

#endif
