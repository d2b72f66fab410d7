/*
 * gv_compare_align - makes tables in Markdown readable as they are: cells of a column get the same
 * width.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_COMPARE_ALIGN_H
#define GV_COMPARE_ALIGN_H

#include "base/gv_error.h"

/* `text` with its tables aligned; the caller frees. A table is a run of lines that begin with `|`;
 * the second of them says which columns are aligned to the right. GV_E_MEMORY. */
GV_MUST_USE int gv_compare_align(char **aligned, const char *text, gv_error *err);

#endif
