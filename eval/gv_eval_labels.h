/*
 * gv_eval_labels - reads a file of words with their categories (AP, Battig, BLESS, ESSLLI).
 *
 * The plain form is `word TAB category`, or with blanks instead of the tab. Other separators
 * (gv_eval_rows.h), a first line that names the columns and a column of line numbers are recognised
 * and noted, as are lines with a category and no word, which are left out. Without such names the
 * columns are exchanged if the second holds a different word in each line and the first does not.
 * A word may be in several lines. Any other line, or a file of a single category, is GV_E_CORRUPT
 * "FILE:LINE: ...".
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_LABELS_H
#define GV_EVAL_LABELS_H

#include "eval/gv_eval_rows.h"

typedef struct gv_eval_labels_item {
    const char *word;  /* borrowed from the rows; not empty */
    const char *name;  /* of its category; likewise */
    uint32_t category; /* a number, 0 .. categories - 1, in the order of the names' bytes */
} gv_eval_labels_item;

typedef struct gv_eval_labels {
    gv_eval_rows rows;
    size_t n; /* at least 2 */
    gv_eval_labels_item *item;
    size_t categories; /* at least 2 */
    char *note;        /* how the file was read; NULL: it has the plain form */
} gv_eval_labels;

/* `path` is borrowed. The caller frees, also a zeroed struct; after a failure there is nothing to
 * free. */
GV_MUST_USE int gv_eval_labels_read(gv_eval_labels *labels, const char *path, gv_error *err);
void gv_eval_labels_free(gv_eval_labels *labels);

#endif
