/*
 * gv_usage - resource usage of ranks: processor time and messages, as reported to rank 0.
 *
 * Threads: that of the gv_comm.
 */
#ifndef GV_USAGE_H
#define GV_USAGE_H

#include "dist/gv_comm.h"

typedef struct gv_usage {
    double cpu_s;         /* processor seconds of the process, all threads */
    gv_comm_traffic sent; /* by this rank, bytes and messages */
} gv_usage;

/* What this rank has used since it began. */
gv_usage gv_usage_now(const gv_comm *comm);
/* What it has used since `*before`, which becomes now. */
gv_usage gv_usage_since(gv_usage *before, const gv_comm *comm);
/* *sum += *usage. */
void gv_usage_add(gv_usage *sum, const gv_usage *usage);

/* Send rank 0, with this tag, what this rank has used since `*reported`. */
GV_MUST_USE int gv_usage_send(gv_usage *reported, gv_comm *comm, unsigned tag, gv_error *err);
/* Rank 0: add what such a message says. One of the wrong size: GV_E_RUNTIME naming its sender. */
GV_MUST_USE int gv_usage_receive(gv_usage *sum, const gv_comm_message *message, gv_error *err);

#endif
