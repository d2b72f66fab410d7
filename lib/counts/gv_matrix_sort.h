/*
 * gv_matrix_sort - pairs with values, real or whole numbers, sorted within a memory budget.
 *
 * What exceeds the memory goes to a nameless temporary file as sorted runs, which are merged when
 * the pairs are read back. Equal keys come in the order in which they were added.
 *
 * Errors: GV_E_MEMORY, GV_E_IO, GV_E_STOPPED on a signal.
 * Threads: one object is used by one thread at a time.
 */
#ifndef GV_MATRIX_SORT_H
#define GV_MATRIX_SORT_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct gv_matrix_sort_item {
    uint64_t key;
    union {
        double value;  /* as added by gv_matrix_sort_add */
        int64_t whole; /* as added by gv_matrix_sort_add_whole */
    };
} gv_matrix_sort_item;

typedef struct gv_matrix_sort gv_matrix_sort;

/* About `memory` bytes are used at most, a MiB at least. Temporary files go to `temp_dir`, borrowed
 * until the object is freed. The caller frees. */
GV_MUST_USE int gv_matrix_sort_new(gv_matrix_sort **sort, uint64_t memory, const char *temp_dir,
                                   gv_error *err);
/* Accepts NULL. */
void gv_matrix_sort_free(gv_matrix_sort *sort);

GV_MUST_USE int gv_matrix_sort_add(gv_matrix_sort *sort, uint64_t key, double value, gv_error *err);
GV_MUST_USE int gv_matrix_sort_add_whole(gv_matrix_sort *sort, uint64_t key, int64_t whole,
                                         gv_error *err);
/* No more will be added. */
GV_MUST_USE int gv_matrix_sort_finish(gv_matrix_sort *sort, gv_error *err);
/* The next item by key; `*more` is false at the end. */
GV_MUST_USE int gv_matrix_sort_next(gv_matrix_sort *sort, gv_matrix_sort_item *item, bool *more,
                                    gv_error *err);

#endif
