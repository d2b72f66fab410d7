/*
 * gv_align_inputs - the two files of vectors that glove-convert align reads, kept safe from its
 * output.
 *
 * Threads: main thread only.
 */
#ifndef GV_ALIGN_INPUTS_H
#define GV_ALIGN_INPUTS_H

#include "vectors/gv_words_given.h"

typedef struct gv_align_inputs {
    const char *anchors; /* borrowed; NULL: none */
    gv_words_given base_given, other_given;
    gv_vectors *base, *other; /* owned */
} gv_align_inputs;

/* Find both, files or run directories; `base` and `other` are borrowed. Errors are those of
 * gv_words_given_find. The caller clears, also after a failure. */
GV_MUST_USE int gv_align_inputs_find(gv_align_inputs *inputs, const char *base, const char *other,
                                     gv_error *err);
/* GV_E_USAGE if the output is an input, or has the name of a run's file in the run directory of an
 * input. With `is_table` it is a projector's, and metadata.tsv is written beside it. */
GV_MUST_USE int gv_align_inputs_guard(const gv_align_inputs *inputs, const char *output,
                                      bool is_table, gv_error *err);
/* Read both. GV_E_RUNTIME for different dimensions; errors of reading. */
GV_MUST_USE int gv_align_inputs_read(gv_align_inputs *inputs, gv_error *err);
void gv_align_inputs_clear(gv_align_inputs *inputs);

#endif
