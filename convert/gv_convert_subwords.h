/*
 * gv_convert_subwords - the n-grams that go with vectors into a fastText model.
 *
 * Threads: main thread only.
 */
#ifndef GV_CONVERT_SUBWORDS_H
#define GV_CONVERT_SUBWORDS_H

#include "base/gv_progress.h"
#include "subword/gv_subwords.h"
#include "vectors/gv_vectors_stream.h"

/* The vectors that n-grams must belong to: those that were read, or went into a stream. */
typedef struct gv_convert_subwords_vectors {
    const gv_vectors *read;    /* NULL: the stream's */
    gv_vectors_stream *stream; /* of a fastText model, with all rows */
    size_t dim;
    const char *input; /* the file that they came from */
} gv_convert_subwords_vectors;

/*
 * The n-grams in the file `given`; or, if that is NULL, in subwords.bin beside the input of the
 * vectors, if it belongs to them: else `*subwords` is NULL, with a note. A `given` file of other
 * vectors is GV_E_USAGE. The caller frees.
 */
GV_MUST_USE int gv_convert_subwords_find(gv_subwords **subwords,
                                         const gv_convert_subwords_vectors *vectors,
                                         const char *given, gv_progress *progress, gv_error *err);

#endif
