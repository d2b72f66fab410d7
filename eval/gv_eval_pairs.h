/*
 * gv_eval_pairs - reads a file of word pairs with scores by people, as its authors publish it.
 *
 * The plain form is `word TAB word TAB score`, or with blanks instead of tabs. Other separators
 * (gv_eval_rows.h), a first line that names the columns, further columns and decimal commas are
 * recognised and noted. Two columns must hold the words and one the score: columns of parts of
 * speech, line numbers and ranks are told apart. Where that is not possible, the file is refused
 * with the reason: GV_E_CORRUPT "FILE:LINE: ...".
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_PAIRS_H
#define GV_EVAL_PAIRS_H

#include "eval/gv_eval_rows.h"

typedef struct gv_eval_pairs_pair {
    const char *word[2]; /* borrowed from the rows; not empty */
    double score;        /* finite */
} gv_eval_pairs_pair;

typedef struct gv_eval_pairs {
    gv_eval_rows rows;
    size_t n; /* at least 1 */
    gv_eval_pairs_pair *pair;
    bool tagged; /* every word ends in a part of speech ("sun-n") */
    char *note;  /* how the file was read; NULL: it has the plain form */
} gv_eval_pairs;

/* `path` is borrowed. The caller frees, also a zeroed struct; after a failure there is nothing to
 * free. */
GV_MUST_USE int gv_eval_pairs_read(gv_eval_pairs *pairs, const char *path, gv_error *err);
void gv_eval_pairs_free(gv_eval_pairs *pairs);

/* Bytes of `word` before its part of speech ("-n", "_NN", "#verb", "/j"); 0: it has none. */
size_t gv_eval_pairs_stem(const char *word);

#endif
