/*
 * gv_compare_base - what each setting is compared with.
 *
 * "train.dim=100" makes a base of every setting with that value; another setting is compared with
 * the one that has it and is otherwise the same. A run directory makes its setting the base of all
 * others, as is that of the first run if the user names none.
 *
 * Threads: main thread only.
 */
#ifndef GV_COMPARE_BASE_H
#define GV_COMPARE_BASE_H

#include "report/compare/gv_compare.h"

/* Fill in `base` and `against` of the settings. `wanted` is that of --base, or NULL. GV_E_USAGE: it
 * names no run and no setting. */
GV_MUST_USE int gv_compare_base_find(gv_compare *compare, const char *wanted, gv_error *err);

#endif
