/*
 * gv_training - what this rank trains tiles with: store, order, model, threads and their tools.
 *
 * Every rank has one, opened once, and the engines work with it. A work range goes in three steps,
 * so that an engine can add what is its own:
 *
 *     gv_training_begin_range(t, &range);      what is done, which function does a task
 *     gv_schedule_run(t->schedule, &range);    threads do tasks (gv_task_run)
 *     gv_training_end_range(t, &result);       losses and records are added to the state
 *
 * Losses are summed by word segment, in the order of the segment's tasks, into the state, which is
 * part of the checkpoint. So an epoch's loss has the same bits for any number of threads and
 * ranks, any order of the list, and any place at which training was interrupted.
 *
 * Threads: the main thread of a rank.
 */
#ifndef GV_TRAINING_H
#define GV_TRAINING_H

#include "app/gv_run.h"
#include "dist/gv_comm.h"
#include "kernel/gv_tuning.h"
#include "model/gv_checkpoint.h"
#include "schedule/gv_schedule_run.h"
#include "train/gv_engine.h"
#include "train/gv_saver.h"
#include "train/gv_task.h"

/* As in gv_schedule_run_range. */
typedef struct gv_training_work {
    void *context;
    /* Worker ranks: a work range of epoch state->epoch is about to begin. NULL: nothing to do. */
    int (*begin)(void *context, gv_error *err);
    int (*task)(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                gv_error *err);
    void (*enter)(void *context, unsigned thread);
    void (*leave)(void *context, unsigned thread);
} gv_training_work;

typedef struct gv_training {
    /* borrowed; set by the caller before gv_training_open */
    gv_run *run; /* of rank 0; NULL on worker ranks */
    const gv_config *config;
    gv_comm *comm; /* of the job; NULL: this process is alone */
    gv_progress *progress;
    gv_store *store;
    const gv_store_info *info;
    const char *store_path;
    gv_schedule *schedule;
    const gv_kernel *kernel;
    gv_model *model;
    gv_unseen *unseen;     /* see gv_task_context */
    const gv_start *start; /* likewise */
    gv_checkpoint *state;  /* where training is */
    gv_saver *saver;       /* of rank 0, which alone pauses; NULL on worker ranks */
    unsigned threads;
    unsigned arrangement; /* threads of all ranks, which the list is made for */
    uint64_t tile_budget; /* bytes */

    /* owned */
    gv_tuning tuning;  /* of this CPU */
    bool random_order; /* of tasks: gv_schedule_draw_random */
    gv_step_sizes step_sizes;
    gv_tile_cache *cache;
    gv_task_context tasks;
    uint32_t *before;   /* [segments] state->done as the work range began */
    double cpu_s;       /* of this process, as it began */
    size_t pause_after; /* tasks of a work range; SIZE_MAX: no limit */
    /* What threads do in a work range: tasks of the store (gv_task.h), unless an engine that trains
     * on something else has set it before gv_training_open_for. Its work leaves a task's loss in
     * tasks.losses and counts in tasks.begun and tasks.visited. */
    gv_training_work work;
    /* Rank 0 asks it: is it time to end the work range? gv_training_pause, unless changed. */
    bool (*pause)(void *training, unsigned thread);
} gv_training;

/* Make what is owned; tiles are read, which may take long: on many ranks within a background
 * task, for which `training`, a gv_training, has no type. Free with gv_training_close, also after
 * an error; a zeroed struct may be closed. */
GV_MUST_USE int gv_training_open(void *training, gv_error *err);
/* The same for an engine whose threads do `work`: no store is needed, and `info` may have segments
 * and groups alone. */
GV_MUST_USE int gv_training_open_for(gv_training *t, gv_training_work work, gv_error *err);
void gv_training_close(gv_training *t);

/* Draw the order of epoch state->epoch and set its step size. Where the epoch begins, vectors
 * decay. */
void gv_training_begin_epoch(void *training);

/* Fill `range` with the tasks that the state leaves to do. It has no `pause` yet. */
void gv_training_begin_range(gv_training *t, gv_schedule_run_range *range);
/* After gv_schedule_run: add what threads did to the state, and say what it was. */
void gv_training_end_range(gv_training *t, gv_engine_result *result);

/* Add to the sums what threads have counted so far, and reset their counters. */
void gv_training_take_sums(gv_training *t, uint64_t *records, double *baseline_loss);

/* The usual `pause`: is a checkpoint due, or has a signal come? Only thread 0 looks at the clock,
 * since one thread is enough to stop all. */
bool gv_training_pause(void *training, unsigned thread);
/* The same without the clock, for engines that must not pause for a checkpoint alone. */
bool gv_training_pause_for_signal(void *training, unsigned thread);

/* What engines that train tiles have in common: begin_epoch and end_epoch, and functions that do
 * nothing for the rest. The caller sets context and run_range, and replaces what it does otherwise.
 * end_epoch fails with GV_E_CORRUPT if the epoch had not as many records as the store says. */
gv_engine gv_training_engine(gv_training *t);

/* A new model's scale and biases, as the objective wants them; before it is filled. */
void gv_training_shape_model(gv_model *model, const gv_config *config);
/* What the objective needs of the store beside its tiles; NULL with objective `glove`. Free with
 * gv_unseen_free. */
GV_MUST_USE int gv_training_make_unseen(gv_unseen **unseen, gv_store *store,
                                        const gv_config *config, gv_error *err);
/* A number for the contents of the store, with which ranks notice that they have different ones. */
uint64_t gv_training_store_print(const gv_training *t);
/* Of a rank whose number is not that of rank 0. */
GV_MUST_USE int gv_training_other_store(gv_error *err);
/* Bytes that training may use: train.memory_mb, or what the machine has available, with a sixteenth
 * left for buffers and stacks. */
uint64_t gv_training_memory_budget(const gv_config *config);
/* A number in an environment variable; 0 if it is not set. */
unsigned long long gv_training_variable(const char *name);

#endif
