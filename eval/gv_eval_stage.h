/*
 * gv_eval_stage - glove-eval as a stage of a run: inputs, staleness, eval.json, eval.tsv, metrics.
 *
 * Threads: main thread only.
 */
#ifndef GV_EVAL_STAGE_H
#define GV_EVAL_STAGE_H

#include "app/gv_run.h"

/*
 * Evaluate the vectors of the run, or of the file `vectors` if that is not NULL, with the files of
 * the config's test sets. Write eval.json, eval.tsv and the "done" event, unless both files are up
 * to date. `*json` is the text of eval.json (caller frees). No test set: GV_E_USAGE.
 */
GV_MUST_USE int gv_eval_stage(char **json, gv_run *run, const char *vectors, gv_error *err);

/* The same for the file `vectors` outside of any run: writes nothing. `progress` may be NULL. */
GV_MUST_USE int gv_eval_stage_outside(char **json, const gv_config *config, const char *vectors,
                                      gv_progress *progress, gv_error *err);

#endif
