/*
 * gv_compat_tiles - a file of records as tiles that the kernels take (gv_kernel.h), ready to be
 * trained on again and again.
 *
 * A tile has the records of one segment of first words and one of second words (gv_segments.h).
 * Within a tile the first words are in random order, and the records of one are in the order of the
 * file. Values are kept as log X and f(X). The tiles do not depend on threads and memory. A pair
 * that the file has several times is trained on as often.
 *
 * Errors: those of gv_compat_input.h; GV_E_CORRUPT naming the record for an id beyond the
 * vocabulary, and for a file without any usable record.
 * Threads: built by the main thread, which starts others; then read by any.
 */
#ifndef GV_COMPAT_TILES_H
#define GV_COMPAT_TILES_H

#include "base/gv_progress.h"
#include "compat/gv_compat_input.h"
#include "compat/gv_compat_pack.h"
#include "kernel/gv_glove.h"
#include "store/gv_store.h"
#include <stdbool.h>

typedef struct gv_compat_tiles {
    gv_segments segments;
    gv_compat_pack_tile *tile; /* [n] by row segment, then column segment */
    size_t n;
    uint64_t records;        /* of all tiles */
    uint64_t unusable;       /* of the file, left out: ids below 1, values that have no logarithm */
    uint64_t first_unusable; /* the first of them, from 1 */
    size_t largest;          /* bytes of a tile */
    uint8_t *bytes;          /* of all tiles; NULL: they are in the temporary file `fd` */
    uint64_t size;           /* that were reserved for them */
    int fd;
} gv_compat_tiles;

typedef struct gv_compat_tiles_job {
    const gv_compat_input *input;
    uint32_t vocab_size;
    gv_glove_weighting weighting; /* its unit is not used */
    uint64_t memory;              /* bytes that may be used, about */
    unsigned threads;
    const char *beside; /* temporary files go into the folder of this path */
    gv_progress *progress;
} gv_compat_tiles_job;

/* Free with gv_compat_tiles_free, also after an error. */
GV_MUST_USE int gv_compat_tiles_build(gv_compat_tiles *tiles, const gv_compat_tiles_job *job,
                                      gv_error *err);
void gv_compat_tiles_free(gv_compat_tiles *tiles);

/* Tile number `i`: in the memory of all tiles, or read from the disk into `room`, which has
 * tiles->largest bytes, aligned as by gv_mem_alloc. */
GV_MUST_USE int gv_compat_tiles_get(gv_kernel_tile *tile, const gv_compat_tiles *tiles, size_t i,
                                    uint8_t *room, gv_error *err);

#endif
