/*
 * tiles - what a store would hold if the vocabulary were cut into other segments: for simulations.
 *
 * Errors: those of gv_counts, GV_E_MEMORY, GV_E_USAGE. Threads: used by one.
 */
#ifndef BENCH_TILES_H
#define BENCH_TILES_H

#include "counts/gv_counts.h"
#include "store/gv_segments.h"
#include "store/gv_store.h"

enum { BENCH_TILES_MAX_SEGMENTS = 16384 };

typedef struct bench_tiles {
    gv_segments segments;
    gv_store_info info;   /* as far as gv_schedule_new needs it */
    gv_store_tile *tiles; /* [info.tiles] */
    uint32_t *rows;       /* [info.tiles] different words, on both sides together */
    uint64_t tile_rows;   /* rows of all tiles */
    uint64_t all_rows;    /* `rows` of all tasks */
} bench_tiles;

/* Open the counts of a run directory. */
int bench_counts_open(gv_counts **counts, const char *dir, gv_error *err);

/* Ordered records in the row of every word, to `*mass` [vocab_size]; free with gv_mem_free. */
int bench_masses(uint32_t **mass, gv_counts *counts, gv_error *err);

/* Cut and deal by `rule`, and count what the tiles hold: a pass over `counts`. Free with
 * bench_tiles_drop. At most BENCH_TILES_MAX_SEGMENTS segments, else GV_E_USAGE. */
int bench_tiles_make(bench_tiles *tiles, gv_counts *counts, const uint32_t *mass,
                     const gv_segments_rule *rule, gv_error *err);
/* Set what `info` says of `segments`, which it borrows. */
void bench_tiles_describe(bench_tiles *tiles);
void bench_tiles_drop(bench_tiles *tiles);

/* Records that a task on this tile visits. */
double bench_task_records(const bench_tiles *tiles, uint32_t tile, bool both);

#endif
