/*
 * gv_compare_find - which runs a user means by names of directories.
 *
 * A directory with a sweep.json stands for the runs that it lists, one with a config.json or stamps
 * for itself, any other for the runs and sweeps right in it. A run that is found twice counts once.
 *
 * Threads: main thread only.
 */
#ifndef GV_COMPARE_FIND_H
#define GV_COMPARE_FIND_H

#include "report/compare/gv_compare.h"

/* Add the runs of `dir` with `dir`, `of_sweep`, `state`, `error`, `sweep_set` filled in.
 * GV_E_USAGE: there is none; GV_E_CORRUPT: a damaged sweep.json; GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_compare_find(gv_compare *compare, const char *dir, gv_error *err);

/* Is that the directory of the run, under whatever name? */
bool gv_compare_find_is_same(const gv_compare_run *run, const char *dir);

#endif
