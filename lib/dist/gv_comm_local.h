/*
 * gv_comm_local - ranks that are threads of one process. In tests the protocols of lib/dist and of
 * the stages run under the sanitizers without MPI; a process that is the only rank needs no MPI.
 *
 * Errors: GV_E_MEMORY. Threads: a net is made and freed by one thread while no rank uses it; each
 * rank's gv_comm belongs to the thread that made it. gv_comm_local_net_cut and
 * gv_comm_local_net_lie may be called by any.
 */
#ifndef GV_COMM_LOCAL_H
#define GV_COMM_LOCAL_H

#include "dist/gv_comm.h"

typedef struct gv_comm_local_net gv_comm_local_net;

/* A net of `size` ranks on hosts "thread0", "thread1", ... Each rank's thread makes its own gv_comm
 * with gv_comm_local_new and frees it with gv_comm_local_free; the net is freed last. */
GV_MUST_USE int gv_comm_local_net_new(gv_comm_local_net **net, int size, gv_error *err);
void gv_comm_local_net_free(gv_comm_local_net *net);
GV_MUST_USE int gv_comm_local_new(gv_comm **comm, gv_comm_local_net *net, int rank, gv_error *err);
void gv_comm_local_free(gv_comm *comm);

/* From now on nothing that `rank` sends arrives, as if its host were down. */
void gv_comm_local_net_cut(gv_comm_local_net *net, int rank);

/* What becomes of the next message that a rank sends for its caller (tag from GV_TAG_FIRST on). */
enum gv_comm_local_lie {
    GV_COMM_LOCAL_TRUTH,
    GV_COMM_LOCAL_HALF,     /* it is half as long; */
    GV_COMM_LOCAL_EMPTY,    /* has no bytes; */
    GV_COMM_LOCAL_LONGER,   /* has four more, which are 0; */
    GV_COMM_LOCAL_NEXT_TAG, /* is of the kind behind its own; */
    GV_COMM_LOCAL_NO_TAG,   /* of a kind that there is not; */
    GV_COMM_LOCAL_TWICE,    /* comes twice; */
    GV_COMM_LOCAL_ASTRAY,   /* to the rank behind the one that it is for; */
    GV_COMM_LOCAL_ONES,     /* all its bits are 1; */
    GV_COMM_LOCAL_LOST      /* never comes */
};
void gv_comm_local_net_lie(gv_comm_local_net *net, int rank, enum gv_comm_local_lie lie);

#endif
