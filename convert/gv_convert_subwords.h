/*
 * gv_convert_subwords - the n-grams that go with vectors into a fastText model.
 *
 * Threads: main thread only.
 */
#ifndef GV_CONVERT_SUBWORDS_H
#define GV_CONVERT_SUBWORDS_H

#include "base/gv_progress.h"
#include "subword/gv_subwords.h"
#include "vectors/gv_vectors.h"

/*
 * The n-grams in the file `given`; or, if that is NULL, in subwords.bin beside `input`, the file of
 * the vectors, if it belongs to them: else `*subwords` is NULL, with a note. A `given` file of
 * other vectors is GV_E_USAGE. The caller frees.
 */
GV_MUST_USE int gv_convert_subwords_find(gv_subwords **subwords, const gv_vectors *vectors,
                                         const char *input, const char *given,
                                         gv_progress *progress, gv_error *err);

#endif
