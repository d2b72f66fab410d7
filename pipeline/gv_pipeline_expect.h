/*
 * gv_pipeline_expect - how long the stages of a run will probably take.
 *
 * Threads: main thread only.
 */
#ifndef GV_PIPELINE_EXPECT_H
#define GV_PIPELINE_EXPECT_H

#include "app/gv_program.h"
#include "pipeline/gv_pipeline_time.h"

/*
 * Fill in time->expected: what a stage took the last time in this run directory, else for a large
 * corpus what glove-plan estimates (a note says what it finds too little of), else unknown.
 * GV_E_MEMORY; what cannot be found out is no error.
 */
GV_MUST_USE int gv_pipeline_expect(gv_pipeline_time *time, const gv_program_call *call,
                                   gv_error *err);

#endif
