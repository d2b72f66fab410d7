/*
 * gv_eval_stage - glove-eval as a stage of a run: inputs, staleness, eval.json, metrics.
 */
#ifndef GV_EVAL_STAGE_H
#define GV_EVAL_STAGE_H

#include "app/gv_run.h"

/*
 * Evaluate the vectors of the run, or those of the file `vectors` if that is not NULL, with the
 * files of eval.analogies and eval.similarity; write eval.json and the "done" event. `*table`
 * receives the tables for people (caller frees), NULL if eval.json was up to date. No evaluation
 * file configured: GV_E_USAGE naming the keys.
 */
int gv_eval_stage(char **table, gv_run *run, const char *vectors, gv_error *err);

#endif
