/*
 * gv_sandblaster - Sandblaster L-BFGS: batch optimisation with a coordinator, shards and workers.
 *
 * Rank 0 coordinates. It holds no parameters: it runs gv_lbfgs.h, whose vectors (parameters,
 * gradient, history) lie in the shards of ranks 1 .. S, and sends these small commands: dot, axpy,
 * scale, copy. The other ranks compute. To evaluate the objective, the work is cut into units,
 * many more than there are workers: a unit is the word rows, or the context rows, of a few segments,
 * and its result their whole gradient, with the objective's value on the pairs that they are in. A
 * worker that is free gets the next. When all have been given out, those that are still missing are
 * given to others as well, so a slow or lost worker holds nobody up; the shard takes the first copy
 * and tells the coordinator, who counts it.
 *
 * Every pair is met twice, by the unit of its word and by that of its context. In return nothing has
 * to be added up in the shards, where results arrive in any order: a copy of a unit has the same
 * bits whoever computed it, and so have all iterates, for any number of workers, shards and threads,
 * on any CPU. (Units that add to the gradient of many rows would also send ten times as much:
 * docs/experiments/sandblaster.md.)
 *
 * Source: Dean et al.: Large scale distributed deep networks, NIPS 2012, section 4.2, algorithm 1.2.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_SANDBLASTER_H
#define GV_SANDBLASTER_H

#include "budget/gv_budget_train.h"
#include "model/gv_lbfgs.h"
#include "train/gv_training.h"

enum { GV_SANDBLASTER_HISTORY = GV_BUDGET_TRAIN_SANDBLASTER_HISTORY };

/* How many of `ranks` ranks are shards: train.servers, or a third of all. GV_E_USAGE if no worker
 * would be left. */
int gv_sandblaster_servers(unsigned *servers, const gv_config *config, int ranks, gv_error *err);

/*
 * Rank 0: an engine on `training`, which is open and borrowed. The values of its model go out to
 * the servers, and come back by gathering. A work range is one iteration and counts as all tasks
 * of an epoch; its loss is the objective after it. Release with engine->free.
 */
int gv_sandblaster_open(gv_engine *engine, gv_training *training, gv_error *err);

/* Worker ranks, until rank 0 ends the job: GV_E_STOPPED. */
int gv_sandblaster_serve(gv_comm *comm, const gv_config *config, const gv_store_info *info,
                         gv_error *err);
int gv_sandblaster_work(gv_training *training, gv_error *err);

#endif
