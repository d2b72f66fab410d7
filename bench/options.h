/*
 * options - the command line of the simulations: KEY=NUMBER[,NUMBER ...] ... RUN_DIR.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "base/gv_error.h"
#include <stddef.h>

enum { BENCH_VALUES = 16 }; /* of one option, at most */

typedef struct bench_option {
    const char *name;
    size_t n; /* values */
    double value[BENCH_VALUES];
    double lowest; /* value that makes sense */
} bench_option;

/* The simulation, on a run directory. */
typedef int bench_run_fn(const char *dir, const bench_option *options, gv_error *err);

/* What main() does and returns: set the `keys` options from the command line and run. Prints
 * errors on stderr. */
int bench_main(int argc, char **argv, bench_option *options, size_t keys, bench_run_fn *run);

#endif
