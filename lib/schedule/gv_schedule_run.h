/*
 * gv_schedule_run - work through a range of an epoch's tasks with several threads.
 *
 * Threads claim work items of the list (gv_schedule.h) in order and do the tasks of an item in
 * order. With GV_SCHEDULE_ORDERED a task starts when every task before it on its word segment or
 * its context segment has ended: two counters per segment, no lock, no barrier. So no two threads
 * ever hold the same row, what a task reads does not depend on who runs what, and the result is
 * that of one thread. With every other schedule no thread waits here, and two tasks may use the
 * same rows at the same time (Recht, Re, Wright, Niu: Hogwild!, NIPS 2011); what happens then is
 * what they differ in (gv_row_sync.h, and train/experiments/averaging/gv_averaging.h for copies of
 * the model).
 *
 * There is no deadlock. Of the claimed work items that have not ended, take the first in the list.
 * What its next task waits for is earlier in the list: in an item that has ended, or in the same
 * item, whose tasks one thread does in order. So this task never waits.
 *
 * A work range ends with the epoch, or early when someone asks for a pause or fails. What has been
 * done is then, on every segment, a beginning of its tasks: no task is done whose predecessors are
 * not. Nothing else is needed to resume, so a later range may have another number of threads and
 * another list.
 */
#ifndef GV_SCHEDULE_RUN_H
#define GV_SCHEDULE_RUN_H

#include "config/gv_config.h"
#include "schedule/gv_schedule.h"

/* The counters of a running range: on each segment, the tasks that have ended. A task may start
 * when both counters equal its turns. */
typedef struct gv_schedule_run_turns gv_schedule_run_turns;

/* A count that equals no turn: the rows of the segment are at another rank. */
#define GV_TURN_AWAY UINT32_MAX

/* Say how many tasks on the rows of a segment (word rows, or context rows) have ended so far, or
 * that the rows are away. No task on them may be running. */
void gv_schedule_run_set_word_turn(gv_schedule_run_turns *turns, uint32_t segment, uint32_t ended);
void gv_schedule_run_set_context_turn(gv_schedule_run_turns *turns, uint32_t segment,
                                      uint32_t ended);
/* Threads that still work; 0: all tasks are done, or the threads were stopped. */
unsigned gv_schedule_run_working(const gv_schedule_run_turns *turns);
/* Begin no more tasks, wait for no more turns. */
void gv_schedule_run_stop(gv_schedule_run_turns *turns);
bool gv_schedule_run_stopped(const gv_schedule_run_turns *turns);

/*
 * Who moves rows to and from other processes while a range runs (ordered schedules only).
 * With it the list's tasks are those of many processes; done here are those of the word segments
 * that are `mine`. A task then also waits for the rows of its segments to be here.
 */
typedef struct gv_schedule_run_mover {
    void *context;
    const bool *mine; /* [segments] */
    /* Before threads start, with all counters set to what is done: set those of the rows that are
     * not here to GV_TURN_AWAY. */
    void (*prepare)(void *context, gv_schedule_run_turns *turns);
    /* A thread says that a task has ended; its counters say so already. */
    void (*ended)(void *context, const gv_schedule_task *task);
    /* What the calling thread does while range->threads others do the tasks. It returns when these
     * have ended and no rows are left to move. */
    int (*move)(void *context, gv_schedule_run_turns *turns, gv_error *err);
} gv_schedule_run_mover;

typedef struct gv_schedule_run_range {
    enum gv_config_schedule_kind kind;
    unsigned threads;
    uint32_t *done; /* [gv_schedule_segments] how many tasks of each word segment are done: those
                       with a smaller word_turn. Moved on by a run that succeeds */
    void *context;
    /* Do task number `index` of the list on thread number `thread`. */
    int (*work)(void *context, unsigned thread, size_t index, const gv_schedule_task *task,
                gv_error *err);
    /* Asked by each thread between tasks: is it time to stop? May be NULL. Threads then end the
     * tasks they are at; unless ordered, the work items. */
    bool (*pause)(void *pause_context, unsigned thread);
    void *pause_context;
    /* Called by each thread before its first task and after its last. May be NULL. */
    void (*enter)(void *context, unsigned thread);
    void (*leave)(void *context, unsigned thread);
    const gv_schedule_run_mover *mover; /* NULL: all rows are here */
} gv_schedule_run_range;

/*
 * Run it. On failure (of `work`: the error of the lowest-numbered failing thread) `done` is as it
 * was. A `done` that no run can have left behind: GV_E_CORRUPT.
 */
GV_MUST_USE int gv_schedule_run(const gv_schedule *schedule, const gv_schedule_run_range *range,
                                gv_error *err);

#endif
