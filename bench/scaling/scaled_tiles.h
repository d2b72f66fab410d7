/*
 * scaled_tiles - the tiles that the store of a larger matrix of the same shape would have.
 *
 * Every word becomes `words` words on average, which follow each other and share its records; there
 * are `records` times as many in all. The larger vocabulary is cut by the rule given, so a segment
 * may hold a part of a word's copies.
 *
 * Errors: those of gv_counts, GV_E_MEMORY, GV_E_USAGE. Threads: used by one.
 */
#ifndef BENCH_SCALED_TILES_H
#define BENCH_SCALED_TILES_H

#include "tiles.h"

typedef struct scaled_tiles_plan {
    double records, words;        /* times as many; words: at least 1 */
    const gv_segments_rule *rule; /* NULL: that of stores */
} scaled_tiles_plan;

/* `mass`: of the matrix as it is (bench_masses). Records and rows of `tiles` are those of the
 * larger matrix. Free with bench_tiles_drop. */
int scaled_tiles_make(bench_tiles *tiles, gv_counts *counts, const uint32_t *mass,
                      const scaled_tiles_plan *plan, gv_error *err);

#endif
