/*
 * gv_task - one task of the schedule: a tile is trained on, in one direction or both.
 *
 * Threads: a gv_task_context is shared by all threads of a work range; every thread has its own
 * gv_task_worker. The schedule decides whether two threads may use the same rows at a time.
 */
#ifndef GV_TASK_H
#define GV_TASK_H

#include "base/gv_progress.h"
#include "config/gv_config.h"
#include "kernel/gv_tuning.h"
#include "model/gv_model.h"
#include "model/gv_step_sizes.h"
#include "schedule/gv_schedule.h"
#include "train/gv_prepare.h"
#include "train/gv_tile_cache.h"
#include "train/gv_unseen.h"
#include <stdatomic.h>

/* How large tiles are, at most. */
typedef struct gv_task_sizes {
    size_t records; /* stored */
    size_t mixed;   /* with unseen pairs mixed in; 0: none are */
    size_t width;   /* words of a segment; used only if `mixed` is above 0 */
} gv_task_sizes;

/* `unseen` may be NULL. */
gv_task_sizes gv_task_sizes_of(const gv_store *store, const gv_unseen *unseen);

typedef struct gv_task_worker {
    _Alignas(64) gv_prepare_scratch scratch;
    gv_unseen_scratch mixed; /* empty where no unseen pairs are mixed in */
    gv_model *model;         /* trained on: the context's, or this thread's own copy */
    uint64_t records;        /* ordered pairs visited in this work range */
    double baseline_loss;    /* of these: see gv_engine_result */
} gv_task_worker;

/*
 * How the records of a tile reach the model. In normal use the kernel works on the rows
 * themselves (gv_task_update_directly); experiments put something between (row_sync).
 */
typedef struct gv_task_update {
    void *context;
    /* Train `tile` with `args`; returns the summed loss. `first_row`, `first_column`: which rows of
     * the model row 0 and column 0 of the tile are, so that locks and meters can name them. Word i
     * has number i, context i number vocab_size + i. */
    double (*train_tile)(void *context, unsigned thread, const gv_kernel_args *args,
                         const gv_kernel_tile *tile, uint32_t first_row, uint32_t first_column);
    /* A thread begins and ends its part of a work range. */
    void (*enter)(void *context, unsigned thread);
    void (*leave)(void *context, unsigned thread);
} gv_task_update;

/* The kernel on the rows themselves. */
gv_task_update gv_task_update_directly(const gv_kernel *kernel);

/* What all tasks share; everything is borrowed. Constant while threads work, but for the model's
 * rows, the workers, the losses and the two counters. */
typedef struct gv_task_context {
    const gv_config *config;
    gv_progress *progress;
    const char *store_path; /* for errors */
    const uint32_t *segment_first;
    const gv_schedule *schedule;
    gv_tile_cache *cache;
    gv_model *model;
    gv_unseen *unseen; /* pairs that are mixed in (objective `logistic`); NULL: none */
    const gv_step_sizes *step_sizes;
    gv_prepare_table table;
    gv_task_update update;
    bool constant_step;      /* train.optimizer "sgd" */
    bool by_turns;           /* schedule `ordered`: a segment has a first task in an epoch */
    const gv_start *start;   /* rows that are pulled or frozen; NULL: none. With it: */
    uint32_t *word_tasks;    /* [segments] tasks of an epoch on the segment's word rows, */
    uint32_t *context_tasks; /* [segments] and on its context rows */
    gv_tuning tuning;        /* of this CPU */
    float keep;              /* what weight decay leaves of vectors before each further epoch */
    uint64_t epoch;          /* from 0; in the first the baseline loss is counted */
    size_t stride;           /* places in the list from a thread's task to its likely next one */
    gv_task_worker *workers; /* [threads] */
    double *losses;          /* [tasks] of the list, of those done in this work range */
    atomic_size_t begun;     /* tasks of this work range so far */
    atomic_uint_fast64_t visited; /* records of this work range so far */
} gv_task_context;

/* The worker's model is set by the caller. Free with gv_task_worker_clear, also
 * after an error. */
GV_MUST_USE int gv_task_worker_init(gv_task_worker *worker, gv_task_sizes sizes, gv_error *err);
void gv_task_worker_clear(gv_task_worker *worker);

/* Weight decay of all rows, as an epoch begins; for schedules without turns. With turns the first
 * task of a segment does it, and this does nothing. No thread may be training. */
void gv_task_decay(const gv_task_context *context);

/*
 * The `work` of a gv_schedule_run_range: do `task`, number `index` of the list, on thread number
 * `thread`. Its loss goes to losses[index], its records to the worker's. Damage in the store is
 * GV_E_CORRUPT naming it, a loss that is not finite GV_E_DIVERGED with advice.
 */
GV_MUST_USE int gv_task_run(void *context, unsigned thread, size_t index,
                            const gv_schedule_task *task, gv_error *err);

/* The `enter` and `leave` of a gv_schedule_run_range. */
void gv_task_enter(void *context, unsigned thread);
void gv_task_leave(void *context, unsigned thread);

#endif
