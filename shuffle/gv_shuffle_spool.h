/*
 * gv_shuffle_spool - many byte streams, written side by side by several threads, read whole.
 *
 * The shuffle sorts cells into buckets: every bucket is a stream here. Each writing
 * thread has a lane of its own, and what it appends to a stream is kept apart from what others
 * append: a stream is read lane by lane. Bytes are kept in slabs of one arena; a lane that gets no
 * further slab writes all it holds to a unnamed temporary file and starts again. What is read back
 * does not depend on the arena's size.
 *
 * Errors: GV_E_IO for the temporary file, GV_E_MEMORY; the spool can then only be closed.
 *
 * Threads: see each function.
 */
#ifndef GV_SHUFFLE_SPOOL_H
#define GV_SHUFFLE_SPOOL_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_shuffle_spool gv_shuffle_spool;

/* The least memory for this many streams and lanes, in bytes. */
size_t gv_shuffle_spool_least(uint32_t streams, unsigned lanes);

/* `memory` bytes in all (at least gv_shuffle_spool_least, else that is taken); `temp_dir` is
 * borrowed and used when they are not enough. One thread. */
GV_MUST_USE int gv_shuffle_spool_open(gv_shuffle_spool **spool, uint32_t streams, unsigned lanes,
                                      size_t memory, const char *temp_dir, gv_error *err);
/* Accepts NULL. One thread. */
void gv_shuffle_spool_close(gv_shuffle_spool *spool);

/* Append to a stream by a lane. Different lanes may do so at once. */
GV_MUST_USE int gv_shuffle_spool_put(gv_shuffle_spool *spool, unsigned lane, uint32_t stream,
                                     const void *data, size_t bytes, gv_error *err);

/* No more puts. If anything was spilled, the rest is too and the arena is given back. One thread.
 */
GV_MUST_USE int gv_shuffle_spool_finish(gv_shuffle_spool *spool, gv_error *err);

/* Bytes written to the temporary file so far; lanes. One thread. */
uint64_t gv_shuffle_spool_spilled(const gv_shuffle_spool *spool);
unsigned gv_shuffle_spool_lanes(const gv_shuffle_spool *spool);

/* After gv_shuffle_spool_finish, by any threads: the bytes that a lane appended to a stream, and
 * these bytes themselves in the order in which they came. */
uint64_t gv_shuffle_spool_bytes(const gv_shuffle_spool *spool, unsigned lane, uint32_t stream);
GV_MUST_USE int gv_shuffle_spool_get(void *to, const gv_shuffle_spool *spool, unsigned lane,
                                     uint32_t stream, gv_error *err);

#endif
