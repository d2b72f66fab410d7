/*
 * gv_vectors_npy - rows of a matrix without words, under the words of another file: npy, and
 * safetensors of other programs.
 *
 * Threads: one at a time.
 */
#ifndef GV_VECTORS_NPY_H
#define GV_VECTORS_NPY_H

#include "vectors/gv_vectors_array.h"
#include "vectors/gv_vectors_internal.h"
#include "vectors/gv_vectors_labels.h"

/* Add the rows of an array, which is not open, under the words. Errors are those of both. */
GV_MUST_USE int gv_vectors_npy_take_rows(gv_vectors_builder *builder, gv_vectors_array *array,
                                         gv_vectors_labels *labels, gv_error *err);

#endif
