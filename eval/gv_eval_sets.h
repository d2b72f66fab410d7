/*
 * gv_eval_sets - reads a file of sets of words with outliers (8-8-8 of Camacho-Collados and
 * Navigli 2016).
 *
 * One word a line; a set is its words, an empty line, and its outliers. After another empty line
 * the next set may follow. A line `: name` may begin a set. A table with the columns `words` and
 * `outliers` is read, too (gv_eval_sets_table.h). What differs is GV_E_CORRUPT "FILE:LINE: ...": a
 * set without outliers, a set of fewer than two words, a line with a tab.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_SETS_H
#define GV_EVAL_SETS_H

#include "eval/gv_eval_rows.h"

typedef struct gv_eval_sets_set {
    size_t first;    /* its first word in `word`; the outliers follow the words */
    size_t words;    /* at least 2 */
    size_t outliers; /* at least 1 */
} gv_eval_sets_set;

typedef struct gv_eval_sets {
    gv_eval_rows rows;
    size_t words, word_room;
    const char **word; /* of all sets; borrowed from the rows; not empty */
    size_t n, room;    /* at least 1 */
    gv_eval_sets_set *set;
    char *note; /* how the file was read; NULL: it has the plain form */
} gv_eval_sets;

/* `path` is borrowed. The caller frees, also a zeroed struct; after a failure there is nothing to
 * free. */
GV_MUST_USE int gv_eval_sets_read(gv_eval_sets *sets, const char *path, gv_error *err);
void gv_eval_sets_free(gv_eval_sets *sets);

#endif
