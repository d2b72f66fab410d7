/*
 * gv_check - what is wrong with a file of vectors, for people to read.
 *
 * Threads: main thread only.
 */
#ifndef GV_CHECK_H
#define GV_CHECK_H

#include "base/gv_error.h"
#include "convert/gv_convert.h"
#include "convert/gv_problem_list.h"
#include <stdio.h>

/*
 * Print to `out` what the file of vectors `path` holds and its problems by kind: how many, examples
 * with their lines, and what to do. GV_E_CORRUPT with their number if there are any that a reader
 * refuses (damaged lines, a header that is wrong, no rows at all), repeated words, or numbers that
 * are not finite. With `list` every problem is printed instead, one a line (gv_problem_list.h),
 * with `json` as JSON. Of `options`, `from`, `limit` and `words` count as well. Other errors are
 * those of gv_vectors_read_with.
 */
GV_MUST_USE int gv_check_vectors(const char *path, const gv_convert_options *options, FILE *out,
                                 gv_error *err);

#endif
