/*
 * gv_report_stability_list - the list of all words on the page of stability, which a script
 * searches: controls, and the data. Private to gv_report_stability. Write errors are those of
 * `out`.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_REPORT_STABILITY_LIST_H
#define GV_REPORT_STABILITY_LIST_H

#include "app/gv_stability_runs.h"
#include <stdio.h>

void gv_report_stability_list_write(FILE *out, const gv_stability_runs *runs);

#endif
