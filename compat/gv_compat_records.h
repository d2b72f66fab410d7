/*
 * gv_compat_records - a matrix file as the reference's cooccurrence.bin: every ordered pair, by
 * first word, then second word.
 *
 * A record is int32 first word, int32 second word (lines of vocab.txt, from 1), float64 value. With
 * a symmetric window each pair is there in both orders. With an asymmetric one the first word is
 * the left one.
 *
 * Errors: those of gv_counts.h; GV_E_IO for the output; GV_E_RUNTIME where ids do not fit int32.
 * Threads: the main thread.
 */
#ifndef GV_COMPAT_RECORDS_H
#define GV_COMPAT_RECORDS_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include <stdint.h>

enum { GV_COMPAT_RECORDS_BYTES = 16 }; /* of a record */

/* Write the records of the matrix file `counts_path` (gv_counts.h) to standard output. `memory`: in
 * bytes; where the pairs to be turned round need more, the file is read once for each part of them.
 * `*records` receives how many there are. */
GV_MUST_USE int gv_compat_records_write(uint64_t *records, const char *counts_path, uint64_t memory,
                                        gv_progress *progress, gv_error *err);

#endif
