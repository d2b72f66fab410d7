/*
 * gv_sandblaster - Sandblaster L-BFGS: batch optimisation with a coordinator, parameter servers and
 * workers.
 *
 * Rank 0 coordinates. It holds no parameters: it runs gv_lbfgs.h, whose vectors (parameters,
 * gradient, history) are held by the servers, ranks 1 .. S, and sends them small commands: dot,
 * axpy, scale, copy. The other ranks are workers. An evaluation of the objective is cut into work
 * items, many more than there are workers. An item is the word rows, or the context rows, of a few
 * segments; its result is their whole gradient, with the objective's value on the pairs that they
 * are in. A free worker gets the next item. When all items have been given out, those without a
 * result are given to other workers as well, so that no slow or lost worker delays the rest. The
 * server takes the first copy of a result and reports it to the coordinator, which counts it.
 *
 * Every pair is visited twice, by the item of its word and by that of its context. In return the
 * servers, where results arrive in any order, have nothing to add up: a result has the same bits
 * whichever worker computed it, and so have all iterates, for any number of workers, servers and
 * threads, on any CPU. (Items that add to the gradient of many rows would also send ten times as
 * much: docs/algorithms/sandblaster.md.)
 *
 * Source: Dean et al.: Large scale distributed deep networks, NIPS 2012, section 4.2, algorithm
 * 1.2.
 *
 * Threads: the main thread of each rank.
 */
#ifndef GV_SANDBLASTER_H
#define GV_SANDBLASTER_H

#include "budget/gv_budget_train.h"
#include "model/gv_lbfgs.h"
#include "train/gv_training.h"

enum { GV_SANDBLASTER_HISTORY = GV_BUDGET_TRAIN_SANDBLASTER_HISTORY };

/* How many of `ranks` ranks are servers: train.servers, or a third of all. GV_E_USAGE if no worker
 * would be left. */
GV_MUST_USE int gv_sandblaster_servers(unsigned *servers, const gv_config *config, int ranks,
                                       gv_error *err);

/*
 * Rank 0: an engine on `training`, which is open and borrowed. The values of its model go out to
 * the servers, and come back by gathering. A work range is one iteration and counts as all tasks
 * of an epoch; its loss is the objective after it. Release with engine->free.
 */
GV_MUST_USE int gv_sandblaster_open(gv_engine *engine, gv_training *training, gv_error *err);

/* Worker ranks, until rank 0 ends the job: GV_E_STOPPED. */
GV_MUST_USE int gv_sandblaster_serve(gv_comm *comm, const gv_config *config,
                                     const gv_store_info *info, gv_error *err);
GV_MUST_USE int gv_sandblaster_work(gv_training *training, gv_error *err);

#endif
