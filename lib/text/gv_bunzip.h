/*
 * gv_bunzip - bzip2 data decompressed by several threads, where it consists of several streams
 * (multistream dumps, pbzip2, lbzip2); one long stream is decompressed by the caller's thread.
 *
 * Memory is bounded: GV_BUNZIP_PART of packed and GV_BUNZIP_TEXT of unpacked bytes a thread, about.
 *
 * Errors: those of gv_unpack.h and of the source. Threads: one object is used by one thread at a
 * time; `read` of the source is called by one thread at a time, any of several.
 */
#ifndef GV_BUNZIP_H
#define GV_BUNZIP_H

#include "text/gv_unpack.h"

#define GV_BUNZIP_PART (UINT64_C(4) << 20)
#define GV_BUNZIP_TEXT (UINT64_C(16) << 20)

typedef struct gv_bunzip gv_bunzip;
/* Begin; `seek` of the source is not used. The caller closes, before anything else reads from the
 * source. */
GV_MUST_USE int gv_bunzip_open(gv_bunzip **bunzip, const gv_unpack_source *source, unsigned threads,
                               gv_error *err);
/* Accepts NULL. */
void gv_bunzip_close(gv_bunzip *bunzip);
/* Some bytes of text, at most `bytes`; `*got` is 0 at the end. */
GV_MUST_USE int gv_bunzip_read(gv_bunzip *bunzip, void *data, size_t bytes, size_t *got,
                               gv_error *err);

#endif
