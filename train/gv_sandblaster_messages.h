/* gv_sandblaster_messages - what coordinator, shards and workers tell each other. */
#ifndef GV_SANDBLASTER_MESSAGES_H
#define GV_SANDBLASTER_MESSAGES_H

#include "train/gv_shards.h"

enum {
    GV_TAG_COMMAND = GV_TAG_ROWS_FREE, /* coordinator to shard */
    GV_TAG_RESULT,                     /* of a dot, or a word that an order was obeyed */
    GV_TAG_EVALUATE,                   /* coordinator to worker: another point; its number */
    GV_TAG_UNIT,                       /* coordinator to worker: do this unit */
    GV_TAG_VALUE,                      /* worker to coordinator: its value */
    GV_TAG_GRADIENT,                   /* worker to shard: its gradient (gv_push_send) */
    GV_TAG_HELD,                       /* shard to coordinator: the gradient is here */
    GV_TAG_COUNT                       /* coordinator to shard: add it; other copies are dropped */
};

enum gv_operation {
    GV_OP_DOT,  /* answered */
    GV_OP_AXPY, /* a += alpha b */
    GV_OP_SCALE,
    GV_OP_COPY,     /* a = b */
    GV_OP_EVALUATE, /* answered. Evaluation `number`: fetched is a, gradients are added to b, which
                       is zeroed */
    GV_OP_SHOW      /* answered. Fetched is a */
};

typedef struct gv_command {
    uint32_t operation, a, b, number;
    double alpha;
} gv_command;

/* UNIT, VALUE, HELD, COUNT. */
typedef struct gv_unit_message {
    uint32_t evaluation, unit;
    int32_t worker, padding;
    double value;
} gv_unit_message;

#endif
