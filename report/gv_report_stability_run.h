/*
 * gv_report_stability_run - on the page of a run: how stable its neighbours are, if the folder
 * above it has a stability.json (glove-report stability) that lists the run. Private to
 * gv_report*.c.
 *
 * Write errors are those of `out`. Threads: functions touch only their arguments.
 */
#ifndef GV_REPORT_STABILITY_RUN_H
#define GV_REPORT_STABILITY_RUN_H

#include <stdio.h>

/* A paragraph, or nothing. */
void gv_report_stability_run_write(FILE *out, const char *run_dir);

#endif
