/*
 * gv_downpour - Downpour SGD: asynchronous training with parameter servers.
 *
 * Ranks 0 .. S - 1 are parameter servers: each holds the rows that a hash assigns to it, with their
 * AdaGrad sums. The others are replicas: each has a copy of the rows it works on, fetches rows
 * before every train.n_fetch tiles, trains on them with Hogwild threads, and pushes what has
 * changed after every train.n_push tiles. The rows of the next tiles are fetched while it trains.
 * Rank 0 coordinates as well: it leases tiles to replicas, a few at a time, in the order of the
 * schedule, and takes back what a lost replica has not pushed.
 *
 * What is pushed of a row are two differences: the sum of the steps that were made since the last
 * push, and the growth of its AdaGrad sums, that is the sum of the squares of the gradients of
 * these steps, one by one. The server adds both. So its sums are at any time those of every
 * gradient that was ever pushed, as if one process had seen them all: accrued gradients could not
 * give them, because the square of a sum is not the sum of squares. docs/algorithms/downpour.md.
 *
 * Source: Dean et al.: Large scale distributed deep networks, NIPS 2012, section 4.1; the steps are
 * Duchi, Hazan, Singer's AdaGrad, as it has them.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_DOWNPOUR_H
#define GV_DOWNPOUR_H

#include "train/gv_training.h"

/* How many of `ranks` ranks are servers: train.servers, or a third of all. GV_E_USAGE if no replica
 * would be left. */
GV_MUST_USE int gv_downpour_servers(unsigned *servers, const gv_config *config, int ranks,
                                    gv_error *err);

/*
 * Rank 0: an engine on `training`, which is open, borrowed, and whose model, the whole one, goes
 * out to the servers. Losing a replica is not a failure as long as there is another; losing a
 * server is. Release with engine->free.
 */
GV_MUST_USE int gv_downpour_open(gv_engine *engine, gv_training *training, gv_error *err);

/* Worker ranks, until rank 0 ends the job: GV_E_STOPPED. A server's `model` begins with rows of
 * zeros, and so does that of a replica's training. */
GV_MUST_USE int gv_downpour_serve(gv_comm *comm, const gv_config *config, const gv_store_info *info,
                                  gv_model *model, gv_error *err);
GV_MUST_USE int gv_downpour_replicate(gv_training *training, gv_error *err);

#endif
