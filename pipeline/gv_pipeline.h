/*
 * gv_pipeline - all stages of a config, one after the other: glove-run.
 *
 * Each stage is its own program, started with the options of this one, so its memory, signals and
 * checks are those of the program by itself. A stage that is up to date says so and costs nothing.
 *
 * Threads: main thread only.
 */
#ifndef GV_PIPELINE_H
#define GV_PIPELINE_H

#include "app/gv_program.h"

/* Names of the stages in order, for options; ends with NULL. */
extern const char *const gv_pipeline_stages[];

typedef struct gv_pipeline_options {
    const gv_program_call *call; /* borrowed */
    const char *from, *to;       /* the first and the last stage to run, by name; NULL: all */
    gv_strings append;           /* borrowed: text to add to the run (gv_append.h); none: n = 0 */
    gv_strings keep;             /* borrowed: what stays after the last stage (gv_clean_parse);
                                    n = 0: everything */
} gv_pipeline_options;

/*
 * Run the stages, then say where the result is. With train.objective "word2vec" nothing is counted;
 * without files of test sets (gv_config_evaluates) nothing is evaluated.
 *
 * If a stage fails, `*exit_code` is its exit code and the result is GV_OK: the stage has written
 * the error line. GV_E_USAGE: no config, an unknown stage, a file of the evaluation is missing,
 * standard input as corpus of more than one stage. GV_E_RUNTIME: a stage cannot be started, or it
 * died without an error line.
 */
GV_MUST_USE int gv_pipeline_run(int *exit_code, const gv_pipeline_options *options, gv_error *err);

#endif
