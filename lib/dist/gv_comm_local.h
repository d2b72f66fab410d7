/*
 * gv_comm_local - ranks that are threads of one process, for tests: the protocols of lib/dist and
 * of training run under the sanitizers without MPI.
 */
#ifndef GV_COMM_LOCAL_H
#define GV_COMM_LOCAL_H

#include "dist/gv_comm.h"

typedef struct gv_local_net gv_local_net;

/* A net of `size` ranks. Each of their threads makes its own gv_comm with gv_local_comm, and frees
 * it with gv_local_comm_free; the net is freed last. */
int gv_local_net_new(gv_local_net **net, int size, gv_error *err);
void gv_local_net_free(gv_local_net *net);
int gv_local_comm(gv_comm **comm, gv_local_net *net, int rank, gv_error *err);
void gv_local_comm_free(gv_comm *comm);

/* From now on nothing that `rank` sends arrives anywhere: as if its host were down. */
void gv_local_net_cut(gv_local_net *net, int rank);

#endif
