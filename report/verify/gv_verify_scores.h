/*
 * gv_verify_scores - whether two files eval.json hold the same scores.
 *
 * How the test sets were named is not compared: they may lie elsewhere now. A member that only one
 * of the files has is not, either: later versions of glove-eval write more.
 *
 * Threads: main thread only.
 */
#ifndef GV_VERIFY_SCORES_H
#define GV_VERIFY_SCORES_H

#include "base/gv_error.h"
#include <stdbool.h>

enum { GV_VERIFY_SCORES = 300 };

/* If not, `where` says where: "similarity 1 (men3k.tsv), spearman: 0.61 in the run, 0.62 made
 * again". GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_verify_scores_compare(bool *same, char where[GV_VERIFY_SCORES], const char *a,
                                         const char *b, gv_error *err);
/* The same for two files eval.tsv, whose column `file` names the test set: "line 17 (similarity),
 * field 5: ...". */
GV_MUST_USE int gv_verify_scores_compare_items(bool *same, char where[GV_VERIFY_SCORES],
                                               const char *a, const char *b, gv_error *err);

#endif
