/*
 * gv_shuffle_spool - many byte streams written side by side, read one after the other.
 *
 * The shuffle sorts cells into the blocks of the store: every block is a stream here. Bytes are
 * kept in pages of one arena; when the arena is full, all streams are written to a nameless
 * temporary file and the arena starts anew. What is read back does not depend on the arena's size.
 *
 * Threads: one at a time.
 */
#ifndef GV_SHUFFLE_SPOOL_H
#define GV_SHUFFLE_SPOOL_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_spool gv_spool;

/* The least arena for this many streams, in bytes. */
size_t gv_spool_least(uint32_t streams);

/* `arena` bytes of memory (at least gv_spool_least); `temp_dir` is borrowed and used when they are
 * not enough. */
int gv_spool_open(gv_spool **spool, uint32_t streams, size_t arena, const char *temp_dir,
                  gv_error *err);
void gv_spool_close(gv_spool *spool);

/* Append to a stream. */
int gv_spool_put(gv_spool *spool, uint32_t stream, const void *data, size_t bytes, gv_error *err);

/* No more puts. If anything was spilled, the rest is too and the arena is given back. */
int gv_spool_finish(gv_spool *spool, gv_error *err);

/* Bytes written to the temporary file so far. */
uint64_t gv_spool_spilled(const gv_spool *spool);

/* Read a stream from its begin / its next bytes, up to `most`; `*got` is 0 at its end. */
void gv_spool_rewind(gv_spool *spool, uint32_t stream);
int gv_spool_read(gv_spool *spool, void *to, size_t most, size_t *got, gv_error *err);

#endif
