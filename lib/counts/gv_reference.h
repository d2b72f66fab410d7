/*
 * gv_reference - the matrix in the file format of the GloVe reference implementation.
 *
 * cooccurrence.bin has no header: records of 16 bytes, int32 word1, int32 word2 (both 1-based line
 * numbers of vocab.txt), float64 value, little-endian here; sorted by (word1, word2), each pair
 * once. A symmetric matrix holds both (i,j) and (j,i). word1 is the row.
 *
 * Source: src/common.h and src/cooccur.c of the reference describe the record.
 * Threads: calls are independent; several files may be processed at once.
 */
#ifndef GV_REFERENCE_H
#define GV_REFERENCE_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "vocab/gv_vocab.h"
#include <stdint.h>

/*
 * Write counts.bin `counts_path` as cooccurrence.bin `bin_path` (replaced atomically), all ordered
 * pairs, values X = cell / unit rounded once to a double. `*records` (may be NULL) receives their
 * number. A symmetric matrix is transposed through a nameless temporary file beside `bin_path`, 16
 * bytes for each stored cell off the diagonal. Memory: about 64 MB (more beyond 2 * 10^9 cells), 20
 * bytes a word, and the largest row. More than 2^31 - 1 words do not fit the format: GV_E_RUNTIME.
 */
GV_MUST_USE int gv_reference_export(const char *counts_path, const char *bin_path,
                                    uint64_t *records, gv_error *err);

/*
 * Read `bin_path` as a matrix over `vocab` and write counts.bin `counts_path`. Window, weighting
 * and symmetry are taken from `config`, which also gives the recipe in the header. Values are
 * rounded to whole units of that window and weighting; if that changes one by more than 1e-6 of
 * itself (the file was counted otherwise), the unit is 2^32 instead. `*largest_error` (may be
 * NULL) receives the largest relative change that rounding made. `cooccur.memory_mb` bounds
 * the memory for checking the symmetry, 16 bytes a word: GV_E_MEMORY if it is too small.
 *
 * GV_E_CORRUPT naming file and record: a size that is not a multiple of 16, ids out of range,
 * records out of order or twice, values that are not positive numbers, or too small or large.
 * GV_E_CORRUPT naming file and word: where a symmetric matrix is wanted, a row in which the pairs
 * left of the diagonal are not the mirror images of those above it, or whose values differ by more
 * than 1e-9 in sum. No records: GV_E_RUNTIME.
 */
GV_MUST_USE int gv_reference_import(const char *bin_path, const gv_vocab *vocab,
                                    const gv_config *config, const char *counts_path,
                                    double *largest_error, gv_error *err);

#endif
