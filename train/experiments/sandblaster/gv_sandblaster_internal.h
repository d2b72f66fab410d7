/*
 * gv_sandblaster_internal - messages between coordinator, servers and workers, beside those of
 * gv_params.h.
 *
 * Threads: none.
 */
#ifndef GV_SANDBLASTER_INTERNAL_H
#define GV_SANDBLASTER_INTERNAL_H

#include "train/experiments/servers/gv_params.h"

enum {
    GV_TAG_COMMAND = GV_TAG_ROWS_FREE, /* coordinator to server */
    GV_TAG_RESULT,                     /* server to coordinator: numbers (double), see below */
    GV_TAG_EVALUATE,                   /* coordinator to worker: another point; its number */
    GV_TAG_ITEM,                       /* coordinator to worker: do this item */
    GV_TAG_GRADIENT,                   /* worker to server: of the rows of a key, behind its head */
    GV_TAG_COUNTED                     /* server to coordinator: that head; it was the first copy */
};

enum gv_sandblaster_operation {
    GV_OP_DOT,  /* answered: the part of each slice of the server */
    GV_OP_AXPY, /* a += alpha b */
    GV_OP_SCALE,
    GV_OP_COPY,     /* a = b */
    GV_OP_EVALUATE, /* answered (nothing). Evaluation `number`: a is fetched, b gets the gradient */
    GV_OP_SHOW      /* answered (nothing). Fetched is a, and rows that are put go there */
};

typedef struct gv_sandblaster_command {
    uint32_t operation, a, b, number;
    double alpha;
} gv_sandblaster_command;

typedef struct gv_sandblaster_evaluate {
    uint64_t store; /* gv_training_store_print */
    uint32_t evaluation, padding;
} gv_sandblaster_evaluate;

enum { GV_SANDBLASTER_ITEM_SEGMENTS = 4 }; /* of an item, at most */

/* The word rows, or the context rows, of segments first to end - 1. */
typedef struct gv_sandblaster_item {
    uint32_t first, end, context;
} gv_sandblaster_item;

typedef struct gv_sandblaster_item_message {
    uint32_t evaluation;
    gv_sandblaster_item item;
} gv_sandblaster_item_message;

/* The rows behind it are aligned like this. */
typedef struct gv_sandblaster_gradient_head {
    _Alignas(64) uint32_t evaluation;
    uint32_t key;
    int32_t worker; /* that computed it */
    double value;   /* of the pairs whose word is in the segment; 0 with context rows */
} gv_sandblaster_gradient_head;

/* Which server holds which segment, in a job of `ranks` ranks. Free with gv_params_free, also after
 * an error. */
GV_MUST_USE int gv_sandblaster_params(gv_params *params, const gv_config *config,
                                      const gv_store_info *info, int ranks, gv_error *err);

#endif
