/*
 * gv_engine - how the tasks of an epoch are carried out.
 *
 * The loop of training (gv_epochs.h) knows nothing of threads, ranks, tiles or text. It asks an
 * engine to do a work range, reports losses, and saves. One process with threads is an engine
 * (local/), many ranks with rotating rows another (rotation/), word2vec another (word2vec/). The
 * engines in experiments/ exist for comparison. gv_engines.h chooses.
 *
 * All functions are called by the main thread of rank 0. The loop does not know of other ranks: an
 * engine tells its own what to do.
 */
#ifndef GV_ENGINE_H
#define GV_ENGINE_H

#include "base/gv_error.h"
#include "config/gv_json.h"
#include "train/gv_usage.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was done in a work range: by all ranks of the engine when run_range returns it, by one of
 * them when a rank reports to rank 0. */
typedef struct gv_engine_result {
    uint64_t records;     /* visited: ordered pairs, or words of the text */
    uint64_t tasks;       /* done */
    double loss;          /* summed over the records */
    double baseline_loss; /* what a model that predicts nothing would have; counted in the first
                             epoch only, in which `loss` must stay near it */
    unsigned passes;      /* over all data, where an epoch takes several; else 0 */
    gv_usage usage;       /* the engine's ranks, rank 0 included */
} gv_engine_result;

/* An epoch that is done. */
typedef struct gv_engine_epoch {
    double loss;    /* mean */
    uint64_t pairs; /* trained on, where records are not pairs; else 0 */
} gv_engine_epoch;

typedef struct gv_engine {
    void *context;
    bool many_ranks;     /* events say how much was sent */
    bool loss_must_fall; /* a loss that grows means divergence */

    /* Get ready for epoch state->epoch, at its beginning or, after a restart, within. These two
     * functions have a context of their own, because engines share those of gv_training.h. */
    void *epoch_context;
    void (*begin_epoch)(void *epoch_context);

    /*
     * Do tasks of the epoch from state->tasks_done on, until all are done or a pause is due (a
     * checkpoint, a signal). Moves the state: done, losses, tasks_done, records. A loss that is not
     * finite is GV_E_DIVERGED (gv_divergence.h); after any error the state is not to be saved.
     */
    int (*run_range)(void *context, gv_engine_result *result, gv_error *err);

    /* All tasks of the epoch are done: its loss. GV_E_CORRUPT if records were missing. */
    int (*end_epoch)(void *epoch_context, gv_engine_epoch *epoch, gv_error *err);

    /* Between work ranges, before a checkpoint: bring rows that other ranks have to this process,
     * whose model is then complete. */
    int (*gather)(void *context, gv_error *err);

    /* At the end: add what was measured to the fields of the stage's last event. */
    void (*describe)(void *context, gv_json_writer *fields);

    void (*free)(void *context);
} gv_engine;

/* Tasks of a work range, at most: by GLOVEBOX_TEST_CHECKPOINT_TASKS (docs/testing.md); SIZE_MAX: no
 * limit. */
size_t gv_engine_pause_after(void);

/* For engines that have nothing to do at these points. */
void gv_engine_begin_nothing(void *context);
GV_MUST_USE int gv_engine_gather_nothing(void *context, gv_error *err);
void gv_engine_describe_nothing(void *context, gv_json_writer *fields);
void gv_engine_free_nothing(void *context);

#endif
