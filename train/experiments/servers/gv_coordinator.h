/*
 * gv_coordinator - rank 0 of an engine with parameter servers: who waits for work, who is lost,
 * what ranks used, and whole models on their way to and from the servers. Shared by Downpour and
 * Sandblaster.
 *
 * Threads: the main thread of rank 0.
 */
#ifndef GV_COORDINATOR_H
#define GV_COORDINATOR_H

#include "base/gv_progress.h"
#include "train/experiments/servers/gv_params.h"
#include "train/gv_usage.h"

typedef struct gv_coordinator {
    gv_comm *comm;         /* borrowed */
    gv_progress *progress; /* borrowed */
    gv_params params;      /* owned: which server holds which row */
    unsigned *waiting;     /* [ranks] pieces of work that a rank has asked for and not got */
    gv_usage usage;        /* of other ranks, as reported; taken by gv_coordinator_take_usage */
    unsigned usage_pending, rows_pending; /* answers that are to come */
} gv_coordinator;

/* How many of `ranks` ranks are servers: train.servers, or a third of all. GV_E_USAGE if fewer than
 * one rank would be left to train, `coordinating` ranks beside the servers not counted. */
GV_MUST_USE int gv_coordinator_servers(unsigned *servers, const gv_config *config, int ranks,
                                       unsigned coordinating, gv_error *err);

/* Takes `params`, also on failure. From here on losing a rank that is not a server is not a
 * failure. Free with gv_coordinator_clear, also after an error. */
GV_MUST_USE int gv_coordinator_init(gv_coordinator *c, gv_comm *comm, gv_progress *progress,
                                    gv_params params, gv_error *err);
void gv_coordinator_clear(gv_coordinator *c);

/* Ranks that are neither servers nor lost. */
unsigned gv_coordinator_workers_left(const gv_coordinator *c);

/* A rank is lost: the servers forget it; a note says that `unfinished` of its `what` ("tiles") go
 * to others. GV_E_RUNTIME if it was the last one that trains. */
GV_MUST_USE int gv_coordinator_lose(gv_coordinator *c, int rank, size_t unfinished,
                                    const char *what, gv_error *err);

/* A worker asks for a piece of work (GV_TAG_WANT). */
GV_MUST_USE int gv_coordinator_want(gv_coordinator *c, const gv_comm_message *message,
                                    gv_error *err);

/* The messages that go without the engine: none, usage, rows (into `rows`). Others are not
 * expected: GV_E_RUNTIME. */
GV_MUST_USE int gv_coordinator_handle(gv_coordinator *c, gv_model *rows,
                                      const gv_comm_message *message, gv_error *err);

/* Send the servers all their rows of `model`; ask them for all rows, which arrive as messages until
 * c->rows_pending is 0. */
GV_MUST_USE int gv_coordinator_send_model(gv_coordinator *c, const gv_model *model, gv_error *err);
GV_MUST_USE int gv_coordinator_fetch_model(gv_coordinator *c, gv_error *err);

/* Ask the servers what they used; answers arrive until c->usage_pending is 0. */
GV_MUST_USE int gv_coordinator_ask_usage(gv_coordinator *c, gv_error *err);
/* What other ranks used since the last call, and this rank since `*began`. */
gv_usage gv_coordinator_take_usage(gv_coordinator *c, gv_usage *began);

#endif
