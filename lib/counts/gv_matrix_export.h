/*
 * gv_matrix_export - counts.bin as a matrix for other programs.
 *
 * Threads: calls are independent; several files may be processed at once.
 */
#ifndef GV_MATRIX_EXPORT_H
#define GV_MATRIX_EXPORT_H

#include "base/gv_error.h"
#include "counts/gv_matrix_writer.h"
#include "vocab/gv_vocab.h"
#include <stdint.h>

/*
 * Write counts.bin `counts_path` as `out_path` (replaced atomically): all ordered pairs by row and
 * column, or in Matrix Market's format of a symmetric matrix the lower triangle; values X = cell /
 * unit rounded once to a double. `*entries` (may be NULL) receives how many were written. `vocab`
 * is needed for text only and may be NULL otherwise; one that does not belong to the counts is
 * GV_E_USAGE. Where all pairs are written, a symmetric matrix is transposed through a nameless
 * temporary file beside `out_path`, 16 bytes for each stored cell off the diagonal. Memory: about
 * 64 MiB (more beyond 2 * 10^9 cells), 20 bytes a word, and the largest row. More than 2^31 - 1
 * words fit no format: GV_E_RUNTIME.
 */
GV_MUST_USE int gv_matrix_export(const char *counts_path, const gv_vocab *vocab,
                                 const char *out_path, enum gv_matrix_writer_format format,
                                 uint64_t *entries, gv_error *err);

#endif
