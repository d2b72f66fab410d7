/*
 * gv_eval_stage - glove-eval as a stage of a run: inputs, staleness, eval.json, metrics.
 *
 * Threads: main thread only.
 */
#ifndef GV_EVAL_STAGE_H
#define GV_EVAL_STAGE_H

#include "app/gv_run.h"

/*
 * Evaluate the vectors of the run, or of the file `vectors` if that is not NULL, with the files of
 * eval.analogies and eval.similarity. Write eval.json and the "done" event. `*table` is the tables
 * for people (caller frees), NULL if eval.json was up to date. Neither key set: GV_E_USAGE.
 */
GV_MUST_USE int gv_eval_stage(char **table, gv_run *run, const char *vectors, gv_error *err);

#endif
