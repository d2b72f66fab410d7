/*
 * gv_rotation - the schedule `ordered` on many ranks: word rows stay, context rows travel.
 *
 * In an epoch's order (gv_schedule.h) the q-th word group meets, round after round, one context
 * group after the other. The places q are dealt to the ranks, a stretch of neighbours to each; a
 * rank does the blocks of its places. So for the length of an epoch the word rows of a group stay
 * with one rank, and a context group visits every rank once (the one it began with in mid-stretch,
 * twice). What moves is a segment's rows, as soon as the last task of its visit has ended, to where
 * its next task is; the tasks there wait for nothing else. Turns are those of one process, so the
 * bytes are, too.
 *
 * Every rank works out all routes by itself, from the order and from what was done before the
 * stretch. Sent are only rows; what a rank sends per epoch does not depend on the number of
 * records.
 *
 * Rank 0 leads: it begins stretches, says when to stop, adds up what was done, and gathers the
 * model for checkpoints. The others await its orders (gv_rotation_await).
 *
 * Source: the schedule is this project's own, docs/measurements/threads.md; that blocks without
 * common rows and columns can be worked on by many machines is Gemulla, Nijkamp, Haas, Sismanis:
 * Large-scale matrix factorization with distributed stochastic gradient descent, KDD 2011.
 *
 * Threads: the main thread of each rank; threads that train only meet the mover's `ended`.
 */
#ifndef GV_ROTATION_H
#define GV_ROTATION_H

#include "model/gv_checkpoint.h"
#include "model/gv_model.h"
#include "schedule/gv_schedule.h"
#include "schedule/gv_schedule_run.h"
#include "store/gv_store.h"
#include "train/gv_usage.h"
#include <stdatomic.h>

/* What one rank, or all of them, did in a stretch. */
typedef struct gv_part {
    uint64_t records, tasks;
    double loss, ignorant; /* summed; see gv_train_scratch */
    unsigned passes;       /* over the data, where that is not one an epoch; else 0 */
    gv_usage took;
} gv_part;

typedef struct gv_rotation gv_rotation;

/*
 * All borrowed. Rank 0 has the whole model to begin with, the others rows of zeros. `sparing`: rows
 * that have left give their memory back (the model's rows are mapped anew when they return).
 * More ranks than groups: GV_E_USAGE.
 */
int gv_rotation_new(gv_rotation **rotation, gv_comm *comm, gv_schedule *schedule,
                    const gv_store_info *info, gv_model *model, bool sparing, gv_error *err);
void gv_rotation_free(gv_rotation *rotation);

/* Rank 0: let all ranks do a stretch from `state` on, with lists for `arrangement` threads. */
int gv_rotation_begin(gv_rotation *rotation, const gv_checkpoint *state, unsigned arrangement,
                      gv_error *err);

/* Other ranks: serve until rank 0 wants another stretch. Of `state` epoch, done and losses are set,
 * the sums are zeroed; `*arrangement` as above. When the job ends: GV_E_STOPPED. */
int gv_rotation_await(gv_rotation *rotation, gv_checkpoint *state, unsigned *arrangement,
                      gv_error *err);

/*
 * All ranks: do the stretch, whose `pause` rank 0 asks for all; the order is drawn. Returns when no
 * rows are on their way any more. `visited` is the number of records done so far, for the progress
 * of all, which rank 0 shows.
 */
int gv_rotation_run(gv_rotation *rotation, const gv_schedule_range *stretch,
                    atomic_uint_fast64_t *visited, gv_error *err);

/* Other ranks, after a stretch: tell rank 0 what was done. Rank 0: add it to `state` and `part`. */
int gv_rotation_report(gv_rotation *rotation, const gv_checkpoint *state, const gv_part *part,
                       gv_error *err);
int gv_rotation_collect(gv_rotation *rotation, gv_checkpoint *state, gv_part *part, gv_error *err);

/* Rank 0, between stretches: make its model the whole one. */
int gv_rotation_gather(gv_rotation *rotation, gv_error *err);

/*
 * On paper: bytes of rows that all ranks send in epoch number `epoch` (0: all rows begin at rank 0)
 * and for gathering the model after it. Draws epochs; no communication. Orders, counts and reports
 * are not in it: for every stretch some 16 bytes a segment and rank.
 */
int gv_rotation_bytes(uint64_t *epoch_bytes, uint64_t *gather_bytes, gv_schedule *schedule,
                      const gv_store_info *info, size_t row_bytes, int ranks, uint64_t seed,
                      uint64_t epoch, gv_error *err);

#endif
