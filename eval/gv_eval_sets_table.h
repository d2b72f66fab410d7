/*
 * gv_eval_sets_table - sets with outliers as a table: the columns `words` and `outliers` hold lists
 * such as `['a', 'b']`, as in the copies of 8-8-8 and WikiSem500 that come as CSV.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_SETS_TABLE_H
#define GV_EVAL_SETS_TABLE_H

#include "eval/gv_eval_rows.h"

enum { GV_EVAL_SETS_TABLE_WORDS, GV_EVAL_SETS_TABLE_OUTLIERS, GV_EVAL_SETS_TABLE_COLUMNS };

/* Does the first of the rows, which are not cut yet, name these columns? */
bool gv_eval_sets_table_is(const gv_eval_rows *rows);

/* Cut the rows and find the columns. Line 0 is the header. */
GV_MUST_USE int gv_eval_sets_table_cut(gv_eval_rows *rows,
                                       size_t column[GV_EVAL_SETS_TABLE_COLUMNS], gv_error *err);

/* The next item of the list at `*at`, which moves behind it and begins as the field does; NULL at
 * the list's end. The list is changed. `*good` becomes false if it is no list. */
char *gv_eval_sets_table_next(char **at, bool *good);

#endif
