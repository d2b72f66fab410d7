/*
 * gv_pipeline_time - how far a run of several stages is, and how long the rest will take.
 *
 * What is known of a stage before it runs: the seconds that it is expected to take, from an earlier
 * run or from glove-plan. What is known while it runs: its own progress. Expectations are scaled by
 * what the stages before really took.
 *
 * Threads: functions touch only their arguments. Seconds are those of gv_clock_wall_seconds.
 */
#ifndef GV_PIPELINE_TIME_H
#define GV_PIPELINE_TIME_H

#include "config/gv_config.h"
#include "pipeline/gv_stage_locks.h"
#include <stdbool.h>

enum { GV_PIPELINE_TIME_STAGES = GV_STAGE_LOCKS };

typedef struct gv_pipeline_time {
    size_t n; /* stages, in order */
    enum gv_config_stage stages[GV_PIPELINE_TIME_STAGES];
    double expected[GV_PIPELINE_TIME_STAGES]; /* seconds; < 0: unknown */
    double taken[GV_PIPELINE_TIME_STAGES];    /* of those that have ended */
    size_t at;                                /* the stage that runs */
    double start, begun;                      /* of the whole, of that stage */
} gv_pipeline_time;

/* What a stage says about itself. */
typedef struct gv_pipeline_time_phase {
    double part; /* of the phase, 0 to 1 */
    double left; /* seconds of the phase; < 0: unknown */
    bool is_all; /* the rest of the stage is short */
} gv_pipeline_time_phase;

void gv_pipeline_time_begin(gv_pipeline_time *time, size_t stage, double now);
void gv_pipeline_time_end(gv_pipeline_time *time, double now);

/* The part of the whole that is done (0 to 1), and the seconds left (< 0: unknown). The part goes
 * back where the rest turns out to take longer. */
typedef struct gv_pipeline_time_state {
    double part, left;
} gv_pipeline_time_state;
gv_pipeline_time_state gv_pipeline_time_now(const gv_pipeline_time *time,
                                            const gv_pipeline_time_phase *phase, double now);

#endif
