/*
 * gv_eval_inputs - which files eval.analogies, eval.similarity, eval.categories, eval.outliers and
 * eval.probes name.
 *
 * A name may be a pattern (text/gv_paths.h), a folder, whose files of text (.txt, .tsv, .csv, .tab,
 * also compressed) are then taken, or "-" for standard input.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_INPUTS_H
#define GV_EVAL_INPUTS_H

#include "config/gv_config.h"
#include "text/gv_paths.h"

typedef struct gv_eval_inputs {
    gv_paths analogies, similarity, categories, outliers, probes;
} gv_eval_inputs;

/* GV_E_USAGE, naming the key: all are empty, a file does not exist, a folder or pattern has no
 * files. GV_E_IO, GV_E_MEMORY. The caller frees, also after a failure. */
GV_MUST_USE int gv_eval_inputs_find(gv_eval_inputs *inputs, const gv_config *config, gv_error *err);
void gv_eval_inputs_free(gv_eval_inputs *inputs);

#endif
