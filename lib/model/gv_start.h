/*
 * gv_start - the vectors that rows of a model begin with, where they are given (train.init).
 *
 * For each of the model's two matrices it knows which rows have a start vector, and which. What is
 * done with them during training, pulling rows back (train.retrofit) or holding them
 * (train.freeze), is in gv_pull.h.
 *
 * Vectors are as in files: not divided by the model's scale (gv_model.h).
 *
 * Threads: filled by one thread; then only read, by any number of threads.
 */
#ifndef GV_START_H
#define GV_START_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GV_START_WORD, GV_START_CONTEXT, GV_START_SIDES };

#define GV_START_NONE UINT32_MAX /* place of a row without a start vector */

typedef struct gv_start_side {
    uint32_t *place; /* [vocab_size] of each row's vector, or GV_START_NONE; NULL: no row has one */
    float *vectors;  /* [room * dim] */
    uint32_t given, room;
    bool shared; /* the arrays are those of the other side */
} gv_start_side;

typedef struct gv_start {
    uint32_t vocab_size, dim;
    gv_start_side side[GV_START_SIDES];
    /* what training does with rows that have a start vector; set by the caller */
    double pull; /* train.retrofit */
    bool frozen; /* train.freeze */
} gv_start;

/* No row has a start vector yet. Free with gv_start_free, which accepts NULL. */
GV_MUST_USE int gv_start_new(gv_start **start, uint32_t vocab_size, uint32_t dim, gv_error *err);
void gv_start_free(gv_start *start);

/* Make room for `room` vectors of a side that has none. GV_E_MEMORY. */
GV_MUST_USE int gv_start_reserve(gv_start *start, int side, uint32_t room, gv_error *err);
/* Give `row`, which has none, a start vector; returns where its dim floats go. There must be
 * room. */
float *gv_start_add(gv_start *start, int side, uint32_t row);
/* The contexts' start vectors are those of the words. */
void gv_start_share(gv_start *start);

/* The start vector of a row; NULL: it has none. */
const float *gv_start_find(const gv_start *start, int side, size_t row);

/* Bytes of a gv_start whose rows all have vectors: the same for both sides, or of each its own. */
uint64_t gv_start_bytes(uint32_t vocab_size, uint32_t dim, bool shared);

#endif
