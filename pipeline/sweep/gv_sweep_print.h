/*
 * gv_sweep_print - the plan of a sweep for people.
 *
 * Threads: main thread only.
 */
#ifndef GV_SWEEP_PRINT_H
#define GV_SWEEP_PRINT_H

#include "pipeline/sweep/gv_sweep_plan.h"

/* Print to standard output what the sweep would do, with `jobs` at once. */
GV_MUST_USE int gv_sweep_print(const gv_sweep_plan *plan, unsigned jobs, gv_error *err);

#endif
