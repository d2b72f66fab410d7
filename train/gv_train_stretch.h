/*
 * gv_train_stretch - a stretch of training: an epoch's tasks, or a part of them, on several
 * threads.
 *
 * Losses are summed by word segment: tasks leave theirs in an array, and after a stretch they are
 * added, in the order of the segment's tasks, to its sum so far, which is part of the checkpoint.
 */
#ifndef GV_TRAIN_STRETCH_H
#define GV_TRAIN_STRETCH_H

#include "app/gv_run.h"
#include "model/gv_step_sizes.h"
#include "schedule/gv_schedule.h"
#include "train/experiments/averaging/gv_averaging.h"
#include "train/gv_saver.h"
#include "train/gv_tile_cache.h"
#include "train/gv_train_task.h"
#include "train/rotation/gv_rotation.h"
#include <stdatomic.h>

typedef struct gv_crew gv_crew;

/*
 * Who does the stretches of training where many ranks do: rank 0's side of an algorithm
 * (train.distributed). Everything about epochs, losses, checkpoints and events is the same for all
 * (gv_train_epochs.h).
 */
typedef struct gv_engine {
    void *context;
    /* Do tasks of epoch state->epoch from state->done on, in the order drawn, until all are done or
     * `pause` says so; tasks done are then a beginning of every word segment's. Moves the state:
     * done, losses, position, records. `part` receives what was done by all ranks. */
    int (*stretch)(void *context, gv_crew *crew, gv_part *part, gv_error *err);
    /* Between stretches: make the model of rank 0 the whole one. */
    int (*gather)(void *context, gv_error *err);
} gv_engine;

/* All borrowed; `state` says where to begin and afterwards where training has come to. */
typedef struct gv_training {
    gv_run *run; /* NULL on ranks other than 0 */
    const gv_config *config;
    gv_progress *progress;
    const gv_store_info *info;
    const char *store_path;
    gv_schedule *schedule;
    gv_tile_cache *cache;
    const gv_trainer *trainer;
    gv_step_sizes
        *lanes; /* the trainer's; train.optimizer "sgd" changes them from epoch to epoch */
    const gv_averaging *copies; /* one per thread, for the schedule `averaged`; else NULL */
    gv_rotation *rotation;      /* of this rank, with train.distributed "rotation"; else NULL */
    const gv_engine *engine;    /* of rank 0 of many ranks; else NULL */
    gv_comm *comm;              /* likewise */
    gv_checkpoint *state;
    gv_saver *saver; /* NULL on ranks other than 0 */
    unsigned threads;
    unsigned arrangement; /* threads of all ranks: the order of the list suits as many */
    bool random_order;    /* of tasks, see gv_schedule_draw_random */
    gv_train_sizes sizes; /* of tiles, at most */
} gv_training;

typedef struct gv_crew_worker {
    _Alignas(64) gv_train_scratch scratch;
    uint64_t records; /* visited in this stretch */
} gv_crew_worker;

/* The threads and what they share during a stretch. */
struct gv_crew {
    gv_training *t;
    gv_crew_worker *workers; /* [threads] */
    double *losses;          /* [tasks] of the list, of this stretch */
    uint32_t *before;        /* [segments] state->done as the stretch began */
    size_t tasks;
    size_t stride;                /* places in the list from a task of a thread to its next */
    size_t step;                  /* a stretch pauses after this many tasks; SIZE_MAX: never */
    atomic_size_t begun;          /* tasks in this stretch; only counted if `step` says so */
    atomic_uint_fast64_t visited; /* records of this stretch so far; only counted with a rotation */
    bool has_checkpoint;          /* of this training */
    gv_part part;                 /* what the last stretch did, here */
};

/* `t` is borrowed. Free with gv_crew_drop, also after an error. */
int gv_crew_new(gv_crew *crew, gv_training *t, size_t step, gv_error *err);
void gv_crew_drop(gv_crew *crew);

/* Draw the order of epoch state->epoch, set the epoch's step size, and where it begins let vectors
 * decay (gv_train_decay). */
void gv_crew_draw(gv_crew *crew);

/*
 * Do tasks of the epoch from state->done on, until all are done, or a checkpoint is due, or a
 * signal has come. Moves the state: done, losses, position, records; crew->part says what was done.
 * A loss that is not finite: GV_E_RUNTIME with advice.
 */
int gv_crew_run(gv_crew *crew, gv_error *err);

/* Do task number `index` of the list on thread number `thread`, for those who run threads
 * themselves: its loss is in crew->losses, its records are the thread's. */
int gv_crew_task(gv_crew *crew, unsigned thread, size_t index, gv_error *err);

/* Is a checkpoint due, or has a signal come? For engines. */
bool gv_crew_pause(gv_crew *crew);

/* GV_E_RUNTIME: training diverged, saying why and what helps. */
int gv_crew_diverged(const gv_crew *crew, gv_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int gv_crew_not_finite(const gv_crew *crew, gv_error *err);

#endif
