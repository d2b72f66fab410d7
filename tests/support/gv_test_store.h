/*
 * gv_test_store - small stores for tests of training, written without counting or shuffling.
 */
#ifndef GV_TEST_STORE_H
#define GV_TEST_STORE_H

#include "store/gv_store.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_test_store_plan {
    uint32_t words;         /* "w0", "w1", ... */
    uint32_t segment_words; /* words in a segment */
    uint32_t groups;        /* segments are dealt in turn */
    bool symmetric;
    unsigned percent; /* cells that are there, 0 .. 100 */
    uint32_t values;  /* size of the value table: larger values are escapes */
    uint64_t seed;
} gv_test_store_plan;

/* A plan with some hundred tiles and some thousand cells; change what the test is about. */
gv_test_store_plan gv_test_store_small(void);
/* One word and, if `percent` stays, one cell. */
gv_test_store_plan gv_test_store_one_word(void);

/* Write the store to `path`. Cell (i, j) is there, with value 1 + a small number, as a hash of
 * (seed, i, j) says; unit 4; the recipe is that of a default config. */
void gv_test_store_write(const char *path, const gv_test_store_plan *plan);
/* The path of a new run directory `name` with such a store in it. */
const char *gv_test_store_run(const char *name, gv_test_store_plan plan);

/* The value of cell (row, column) of such a store (for a symmetric one: in either direction);
 * 0 if it is not there. */
uint64_t gv_test_store_value(const gv_test_store_plan *plan, uint32_t row, uint32_t column);

/* Read the blob of `where` and view the tile in it; asserts that both succeed. The view points into
 * the returned memory, which the caller releases with free(). */
uint8_t *gv_test_tile_read(gv_tile *tile, gv_store *store, const gv_store_tile *where);

#endif
