/*
 * gv_vectors_spool - rows that come one by one and are read later: for formats that begin with
 * something that only the last row tells, such as how many there are.
 *
 * Words are kept in memory, numbers too up to 32 MiB; beyond that they go to a nameless temporary
 * file beside the output.
 *
 * Threads: one at a time adds; then any number read.
 */
#ifndef GV_VECTORS_SPOOL_H
#define GV_VECTORS_SPOOL_H

#include "vectors/gv_vectors.h"

typedef struct gv_vectors_spool gv_vectors_spool;

/* For rows of `dim` numbers, for the output `path`. The caller frees. */
GV_MUST_USE int gv_vectors_spool_new(gv_vectors_spool **spool, const char *path, size_t dim,
                                     gv_error *err);
/* Accepts NULL. */
void gv_vectors_spool_free(gv_vectors_spool *spool);
/* Add a row, whose word is NUL-terminated. Of `row`, word, values and count are used; all is
 * copied. GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_vectors_spool_add(gv_vectors_spool *spool, const gv_vectors_row *row,
                                     gv_error *err);
/* Forget all rows. */
void gv_vectors_spool_empty(gv_vectors_spool *spool);
/* The rows as a source; it borrows the spool. Its `check` tells whether reading failed. */
gv_vectors_source gv_vectors_spool_source(gv_vectors_spool *spool);
/* Bytes of numbers so far. */
size_t gv_vectors_spool_bytes(const gv_vectors_spool *spool);
/* The first row of a word ([dim]); false if it has none, or reading failed. Compares word by
 * word. */
bool gv_vectors_spool_find(gv_vectors_spool *spool, const char *word, float *to);

#endif
