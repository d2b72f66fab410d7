/*
 * gv_tally - what the ranks of a job take, in processor time and in messages, as they tell rank 0.
 *
 * Threads: that of the gv_comm.
 */
#ifndef GV_TALLY_H
#define GV_TALLY_H

#include "dist/gv_comm.h"

typedef struct gv_tally {
    double cpu_s; /* of the process */
    gv_comm_traffic sent;
} gv_tally;

/* All that this rank has taken since it began. */
gv_tally gv_tally_now(const gv_comm *comm);
/* What it has taken since `*before`, which becomes now. */
gv_tally gv_tally_since(gv_tally *before, const gv_comm *comm);
void gv_tally_add(gv_tally *sum, const gv_tally *took);

/* Tell rank 0 what this rank has taken since `*told`. */
int gv_tally_tell(gv_tally *told, gv_comm *comm, unsigned tag, gv_error *err);
/* Rank 0: add what a rank tells. */
int gv_tally_take(gv_tally *sum, const gv_message *message, gv_error *err);

#endif
