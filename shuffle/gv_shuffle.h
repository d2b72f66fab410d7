/*
 * gv_shuffle - counts.bin to store.db: sort the matrix into tiles, shuffle the records of each.
 *
 * The result's content depends on the matrix, the vocabulary, the recipe and the seed only, never
 * on the memory budget or the number of threads.
 *
 * Threads: starts threads of its own; to be called from one.
 */
#ifndef GV_SHUFFLE_H
#define GV_SHUFFLE_H

#include "base/gv_error.h"
#include "shuffle/gv_shuffle_options.h"
#include <stdint.h>

typedef struct gv_shuffle_result {
    uint64_t cells, records; /* stored cells; ordered records */
    uint64_t escapes;        /* cells whose value has no code */
    uint64_t spilled;        /* bytes that went through the temporary file */
    uint64_t store_bytes;    /* of the file */
    uint32_t segments, groups, blobs, tiles;
    uint32_t parts; /* 0: the store is one file */
} gv_shuffle_result;

/*
 * Write store_path. A counts.bin that belongs to another vocabulary, or is damaged:
 * GV_E_CORRUPT; a memory budget that cannot hold even the vocabulary: GV_E_MEMORY with the number
 * of MiB needed; GV_E_STOPPED on a signal. The earlier store stays on failure.
 */
GV_MUST_USE int gv_shuffle(gv_shuffle_result *result, const gv_shuffle_options *options,
                           gv_error *err);

#endif
