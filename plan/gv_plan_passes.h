/*
 * gv_plan_passes - times a loop that is run again and again. Private to glove-plan.
 *
 * Threads: each its own passes; the time is that of the calling thread.
 */
#ifndef GV_PLAN_PASSES_H
#define GV_PLAN_PASSES_H

#include <stdbool.h>
#include <stddef.h>

/* Passes over a loop, each timed: `while (more) { the loop; took }`. */
enum { GV_PLAN_PASSES = 256 };
typedef struct gv_plan_passes {
    double before, end;
    size_t n;
    double seconds[GV_PLAN_PASSES];
} gv_plan_passes;

/* At least 4 passes, and more until they have taken `seconds` of the thread's processor time. */
void gv_plan_passes_begin(gv_plan_passes *passes, double seconds);
bool gv_plan_passes_more(const gv_plan_passes *passes);
void gv_plan_passes_took(gv_plan_passes *passes);
/* Seconds of the quickest pass; 0 before the first. Sorts the passes. */
double gv_plan_passes_quick(gv_plan_passes *passes);

#endif
