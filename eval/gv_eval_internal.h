/*
 * gv_eval_internal - what the files of gv_eval share.
 *
 * Threads: as in gv_eval.h.
 */
#ifndef GV_EVAL_INTERNAL_H
#define GV_EVAL_INTERNAL_H

#include "eval/gv_eval.h"
#include "eval/gv_eval_labels.h"
#include "eval/gv_eval_lookup.h"
#include "eval/gv_eval_pairs.h"
#include "eval/gv_eval_questions.h"
#include "eval/gv_eval_sets.h"

/* Fill in what the words answer to one file; `out` is zeroed but for its file and note. */
GV_MUST_USE int gv_eval_answer(gv_eval_analogies *out, const gv_eval_lookup *lookup,
                               const gv_eval_questions *file, const gv_eval_job *job,
                               gv_error *err);
GV_MUST_USE int gv_eval_compare(gv_eval_similarity *out, const gv_eval_lookup *lookup,
                                const gv_eval_pairs *file, const gv_eval_job *job, gv_error *err);
GV_MUST_USE int gv_eval_categorise(gv_eval_categories *out, const gv_eval_lookup *lookup,
                                   const gv_eval_labels *file, const gv_eval_job *job,
                                   gv_error *err);
GV_MUST_USE int gv_eval_detect(gv_eval_outliers *out, const gv_eval_lookup *lookup,
                               const gv_eval_sets *file, const gv_eval_job *job, gv_error *err);

#endif
