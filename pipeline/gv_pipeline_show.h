/*
 * gv_pipeline_show - what the stages say, as the progress of the whole run.
 *
 * The stages write JSON lines (--progress json). Their progress becomes one bar, or one line in ten
 * seconds, for all stages; their notes are shown as they are, one that several stages repeat only
 * once. With --progress json their lines are passed on, with the member
 * "run": {"part": 0.43, "eta_s": 12.5} added to those of progress. All else, such as the error line
 * of a stage, is passed on unchanged.
 *
 * Threads: main thread only.
 */
#ifndef GV_PIPELINE_SHOW_H
#define GV_PIPELINE_SHOW_H

#include "app/gv_child.h"
#include "base/gv_progress.h"
#include "base/gv_strings.h"
#include "pipeline/gv_pipeline_time.h"

typedef struct gv_pipeline_show {
    gv_progress *progress;  /* borrowed */
    gv_pipeline_time *time; /* borrowed */
    char phase[48];
    gv_pipeline_time_phase state;
    gv_strings notes; /* those shown so far */
    bool error_told;  /* the stage has written an error line */
    int output_error; /* errno of writing to standard output; 0: it went well */
} gv_pipeline_show;

/* A stage begins. */
void gv_pipeline_show_begin(gv_pipeline_show *show);
/* The child's output goes here. */
gv_child_output gv_pipeline_show_output(gv_pipeline_show *show);
void gv_pipeline_show_clear(gv_pipeline_show *show);

#endif
