/*
 * gv_eval_pairs_names - what the names of a similarity file's columns tell.
 *
 * Threads: pure functions.
 */
#ifndef GV_EVAL_PAIRS_NAMES_H
#define GV_EVAL_PAIRS_NAMES_H

/* How likely a column is the score. */
enum gv_eval_pairs_names_score {
    GV_EVAL_PAIRS_NAMES_NEVER,   /* a number of the line, a rank, a deviation, no name */
    GV_EVAL_PAIRS_NAMES_PERHAPS, /* the name tells nothing */
    GV_EVAL_PAIRS_NAMES_LIKELY,  /* a part of the name tells: "Human (mean)", "SimLex999" */
    GV_EVAL_PAIRS_NAMES_SURELY   /* "score", "similarity", "mean" */
};

enum gv_eval_pairs_names_score gv_eval_pairs_names_score_of(const char *name);

#endif
