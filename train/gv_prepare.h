/*
 * gv_prepare - from a packed tile of the store to what a kernel takes.
 *
 * Threads: a table is shared and read-only; every thread has a scratch of its own.
 */
#ifndef GV_PREPARE_H
#define GV_PREPARE_H

#include "budget/gv_budget_train.h"
#include "kernel/gv_glove.h"
#include "kernel/gv_kernel.h"
#include "store/gv_store.h"

enum { GV_PREPARE_CODES = GV_BUDGET_TRAIN_CODES };

/* log X and f(X) of a value code (Pennington et al. 2014, equations 8 and 9). */
typedef struct gv_prepare_numbers {
    float log_x, weight;
} gv_prepare_numbers;

typedef struct gv_prepare_table {
    gv_prepare_numbers *numbers; /* [GV_PREPARE_CODES]; the entry of GV_TILE_ESCAPE is zero */
    gv_glove_weighting weighting;
} gv_prepare_table;

/* The table of the store's value codes, with f's x_max and alpha. Free with gv_prepare_table_free,
 * also after an error. */
GV_MUST_USE int gv_prepare_table_new(gv_prepare_table *table, const gv_store_info *info,
                                     double x_max, double alpha, gv_error *err);
void gv_prepare_table_free(gv_prepare_table *table);

/* Room for the arrays of a kernel tile of at most `records` records. */
typedef struct gv_prepare_scratch {
    uint16_t *row, *row_length; /* of a tile without its diagonal */
    uint16_t *column;
    uint32_t *place; /* of the escaped records */
    float *log_x, *weight;
} gv_prepare_scratch;

/* `records` is at least that of the largest tile. Empty after an error (GV_E_MEMORY). */
GV_MUST_USE int gv_prepare_scratch_new(gv_prepare_scratch *scratch, size_t records, gv_error *err);
void gv_prepare_scratch_free(gv_prepare_scratch *scratch);

/* Make `*tile`, whose arrays are those of `view` and of the scratch. The view has been checked
 * (gv_tile_view), its escaped values are checked here: GV_E_CORRUPT, without the file's name. */
GV_MUST_USE int gv_prepare_tile(gv_kernel_tile *tile, const gv_prepare_table *table,
                                gv_prepare_scratch *scratch, const gv_tile *view, gv_error *err);

/* Leave out the records (i, i) of a diagonal tile, for its transposed direction. Its arrays are
 * then those of the scratch. */
void gv_prepare_without_diagonal(gv_kernel_tile *tile, gv_prepare_scratch *scratch);

#endif
