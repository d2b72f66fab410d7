/*
 * gv_verify_stage - runs one stage of a run again, as a program of its own, and shows how far it
 * is.
 *
 * Threads: main thread only.
 */
#ifndef GV_VERIFY_STAGE_H
#define GV_VERIFY_STAGE_H

#include "base/gv_progress.h"
#include "report/verify/gv_verify_run.h"

typedef struct gv_verify_stage {
    const gv_verify_run *run;
    const char *work; /* the run directory in which it works; has config.json */
    gv_progress *progress;
} gv_verify_stage;

/* Run stage `number` of gv_verify_run_stages to its end. GV_E_RUNTIME with the error line of the
 * program if it fails; GV_E_STOPPED if a signal ended it, which was passed on. */
GV_MUST_USE int gv_verify_stage_run(const gv_verify_stage *stage, size_t number, gv_error *err);

/* GV_E_STOPPED if a signal has arrived. */
GV_MUST_USE int gv_verify_stage_check_signal(gv_error *err);

#endif
