/*
 * gv_schedule_run - work through a stretch of an epoch's tasks with several threads.
 *
 * Threads claim tasks in list order. With GV_SCHEDULE_ORDERED a claimed task starts when every
 * earlier task that touches its word segment or its context segment has ended: two counters per
 * segment, no lock, no barrier. So no two threads ever hold the same row, what a task reads does
 * not depend on who runs what, and the result is that of one thread. There is no deadlock: the
 * earliest claimed task that has not ended never waits. With GV_SCHEDULE_HOGWILD nobody waits, and
 * two tasks may race on the rows they share (Recht, Re, Wright, Niu: Hogwild!, NIPS 2011).
 *
 * A stretch ends at its last task, or early when someone asks for a pause or fails; claimed tasks
 * are always finished, so what has been done is a prefix of the list.
 */
#ifndef GV_SCHEDULE_RUN_H
#define GV_SCHEDULE_RUN_H

#include "data/gv_config.h"
#include "math/gv_schedule.h"

typedef struct gv_stretch {
    enum gv_schedule_kind kind;
    unsigned threads;
    size_t begin, end; /* tasks; end <= gv_schedule_count */
    void *context;
    /* Do task number `index` on thread number `thread`. */
    int (*work)(void *context, unsigned thread, size_t index, const gv_task *task, gv_error *err);
    /* Asked by each thread before it claims a task: is it time to stop? May be NULL. */
    bool (*pause)(void *context, unsigned thread);
} gv_stretch;

/*
 * Run it. On success tasks begin .. *reached - 1 are done. On failure (of `work`: the error of the
 * lowest-numbered failing thread) some later tasks may be done too, and *reached is not set.
 */
int gv_schedule_run(size_t *reached, const gv_schedule *schedule, const gv_stretch *stretch,
                    gv_error *err);

#endif
