/*
 * gv_reference - the matrix in the file format of the GloVe reference implementation.
 *
 * cooccurrence.bin has no header: records of 16 bytes, int32 word1, int32 word2 (both 1-based line
 * numbers of vocab.txt), float64 value, little-endian here; sorted by (word1, word2), each pair
 * once. A symmetric matrix holds both (i,j) and (j,i). word1 is the row.
 *
 * Source: src/common.h and src/cooccur.c of the reference describe the record.
 * Threads: each call stands for itself; different files may be handled at once.
 */
#ifndef GV_REFERENCE_H
#define GV_REFERENCE_H

#include "base/gv_error.h"
#include "data/gv_config.h"
#include "data/gv_vocab.h"
#include <stdint.h>

/*
 * Write counts.bin `counts_path` as cooccurrence.bin `bin_path` (replaced atomically), all ordered
 * pairs, values X = cell / unit rounded once to a double. `*records` (may be NULL) receives their
 * number. Uses about 64 MB of memory beside one row, whatever the size; a symmetric matrix is
 * transposed in passes through a nameless temporary file beside `bin_path`, of up to 16 bytes per
 * stored cell. More than 2^31 - 1 words do not fit the format: GV_E_RUNTIME.
 */
int gv_reference_export(const char *counts_path, const char *bin_path, uint64_t *records,
                        gv_error *err);

/*
 * Read `bin_path` as a matrix over `vocab` and write counts.bin `counts_path`. Window, weighting
 * and symmetry are taken from `config`, which also gives the recipe in the header. Values are
 * rounded to whole units of that window and weighting; if that changes one by more than 1e-6 of
 * itself (the file was counted otherwise), the unit is 2^32 instead. `*largest_error` (may be
 * NULL) receives the largest relative change that rounding made. `memory_mb` bounds the memory used
 * for checking the symmetry; 0: 1024.
 *
 * GV_E_CORRUPT naming file and record: a size that is no multiple of 16, ids out of range, records
 * out of order or twice, values that are not positive numbers or too large, and, where a symmetric
 * matrix is wanted, a pair whose mirror image is missing or differs. No records: GV_E_RUNTIME.
 */
int gv_reference_import(const char *bin_path, const gv_vocab *vocab, const gv_config *config,
                        const char *counts_path, uint64_t memory_mb, double *largest_error,
                        gv_error *err);

#endif
