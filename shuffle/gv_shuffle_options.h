/*
 * gv_shuffle_options - what a shuffle is to do: see gv_shuffle.h, and gv_shuffle_ranks.h for many
 * ranks. All pointers are borrowed.
 */
#ifndef GV_SHUFFLE_OPTIONS_H
#define GV_SHUFFLE_OPTIONS_H

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
    unsigned sharers;   /* ranks of this machine that share both; 0: there are no ranks */
    unsigned threads;   /* at least 1; fewer are used where memory is short */
    uint64_t arena;     /* tests only: bytes for cells in memory; 0: what `memory` leaves */
    const gv_segments_rule *rule; /* tests only: another cut than that of stores; NULL: none */
    const char *provenance;       /* JSON text for the store; NULL: none */
    const gv_strings *part_dirs;  /* where parts of stores are, and go; NULL: none */
    gv_progress *progress;        /* may be NULL */
} gv_shuffle_options;

#endif
