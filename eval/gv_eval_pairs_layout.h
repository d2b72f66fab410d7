/*
 * gv_eval_pairs_layout - which columns of a similarity file hold the words and the score.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_PAIRS_LAYOUT_H
#define GV_EVAL_PAIRS_LAYOUT_H

#include "base/gv_text.h"
#include "eval/gv_eval_rows.h"

enum { GV_EVAL_PAIRS_LAYOUT_COLUMNS = 256 };

typedef struct gv_eval_pairs_layout {
    const gv_eval_rows *rows;
    size_t columns;
    unsigned char kind[GV_EVAL_PAIRS_LAYOUT_COLUMNS]; /* private */
    size_t from;  /* the first line of data: 1 if line 0 is a header, else 0 */
    bool named;   /* the header has a name for each column */
    size_t shift; /* the columns before the first name (R writes none for its row numbers) */
    size_t word[2], score; /* columns */
    bool ranks;            /* the scores are the ranks 1 .. n */
} gv_eval_pairs_layout;

/* Find out, from rows that are cut and not empty. GV_E_CORRUPT "FILE:LINE: ..." says why it is not
 * possible; GV_E_MEMORY. */
GV_MUST_USE int gv_eval_pairs_layout_find(gv_eval_pairs_layout *layout, const gv_eval_rows *rows,
                                          gv_error *err);
/* Append what differs from the plain form, "" if nothing does. */
void gv_eval_pairs_layout_describe(gv_text *text, const gv_eval_pairs_layout *layout);

#endif
