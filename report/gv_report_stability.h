/*
 * gv_report_stability - the page of `glove-report stability`: bands, words, verdicts, runs.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_REPORT_STABILITY_H
#define GV_REPORT_STABILITY_H

#include "app/gv_stability_runs.h"

/* The page as HTML; the caller frees it. The only error is GV_E_MEMORY. */
GV_MUST_USE int gv_report_stability_html(char **html, const gv_stability_runs *runs, gv_error *err);

#endif
