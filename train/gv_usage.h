/*
 * gv_usage - what the ranks of a job take, in processor time and in messages, as they tell rank 0.
 *
 * Threads: that of the gv_comm.
 */
#ifndef GV_USAGE_H
#define GV_USAGE_H

#include "dist/gv_comm.h"

typedef struct gv_usage {
    double cpu_s; /* of the process */
    gv_comm_traffic sent;
} gv_usage;

/* All that this rank has taken since it began. */
gv_usage gv_usage_now(const gv_comm *comm);
/* What it has taken since `*before`, which becomes now. */
gv_usage gv_usage_since(gv_usage *before, const gv_comm *comm);
void gv_usage_add(gv_usage *sum, const gv_usage *took);

/* Tell rank 0 what this rank has taken since `*told`. */
int gv_usage_send(gv_usage *told, gv_comm *comm, unsigned tag, gv_error *err);
/* Rank 0: add what a rank tells. */
int gv_usage_receive(gv_usage *sum, const gv_comm_message *message, gv_error *err);

#endif
