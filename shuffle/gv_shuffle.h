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
#include "base/gv_progress.h"
#include "base/gv_strings.h"
#include "store/gv_segments.h"
#include <stdint.h>

typedef struct gv_shuffle_options {
    const char *vocab_path, *counts_path, *store_path;
    const char *temp_dir; /* for a nameless temporary file, when memory is not enough */
    const char *recipe;   /* goes into the store */
    uint64_t seed;
    uint64_t memory_mb; /* shuffle.memory_mb: what the process may use in all */
    uint64_t available; /* bytes that the machine has, which bound it; 0: unknown */
    unsigned threads;   /* at least 1; fewer are used where memory is short */
    uint64_t arena;     /* tests only: bytes for cells in memory; 0: what `memory` leaves */
    const gv_segments_rule *rule; /* tests only: another cut than that of stores; NULL: none */
    const char *provenance;       /* JSON text for the store; NULL: none */
    const gv_strings *part_dirs;  /* that may have parts of the store before; NULL: none */
    gv_progress *progress;        /* may be NULL */
} gv_shuffle_options;

typedef struct gv_shuffle_result {
    uint64_t cells, records; /* stored cells; ordered records */
    uint64_t escapes;        /* cells whose value has no code */
    uint64_t spilled;        /* bytes that went through the temporary file */
    uint64_t store_bytes;    /* of the file */
    uint32_t segments, groups, blobs, tiles;
} gv_shuffle_result;

/*
 * Write store_path. A counts.bin that belongs to another vocabulary, or is damaged:
 * GV_E_CORRUPT; a memory budget that cannot hold even the vocabulary: GV_E_MEMORY with the number
 * of MiB needed; GV_E_STOPPED on a signal. The earlier store stays on failure.
 */
GV_MUST_USE int gv_shuffle(gv_shuffle_result *result, const gv_shuffle_options *options,
                           gv_error *err);

#endif
