/*
 * gv_eval_questions - reads a file of analogy questions, as its authors publish it.
 *
 * The plain form is Google's: four words a line, separated by blanks or tabs; `: name` begins a
 * section. Questions before the first section belong to one that is named after the file. Other
 * separators (gv_eval_rows.h), a first line that names the columns, a column of line numbers and
 * one of sections or relations (as in Microsoft's set) are recognised and noted. A file of two
 * words a line (the Bigger Analogy Test Set, BATS) is made into questions: every line is the
 * example for every other, and any of the answers that `/` separates is right. Any other line is
 * GV_E_CORRUPT "FILE:LINE: ...".
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_QUESTIONS_H
#define GV_EVAL_QUESTIONS_H

#include "eval/gv_eval_rows.h"

typedef struct gv_eval_questions_question {
    const char *word[4]; /* borrowed from the rows; not empty */
    uint32_t section;    /* index in the file's sections */
} gv_eval_questions_question;

typedef struct gv_eval_questions {
    gv_eval_rows rows;
    size_t n; /* at least 1 */
    gv_eval_questions_question *question;
    bool alternatives; /* the second and the fourth word may be several, with `/` between them */
    size_t sections, section_room;
    const char **section; /* names */
    char *default_name;
    char *note; /* how the file was read; NULL: it has the plain form */
} gv_eval_questions;

/* `path` is borrowed. The caller frees, also a zeroed struct; after a failure there is nothing to
 * free. */
GV_MUST_USE int gv_eval_questions_read(gv_eval_questions *questions, const char *path,
                                       gv_error *err);
void gv_eval_questions_free(gv_eval_questions *questions);

#endif
