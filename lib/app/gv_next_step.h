/*
 * gv_next_step - what to do with vectors that have just been trained: one line for people.
 *
 * Threads: main thread only.
 */
#ifndef GV_NEXT_STEP_H
#define GV_NEXT_STEP_H

#include "app/gv_run.h"
#include "base/gv_text.h"
#include "vocab/gv_vocab.h"

/* What was trained. All borrowed. */
typedef struct gv_next_step {
    const gv_config *config;
    const char *dir;       /* the run directory */
    const gv_vocab *vocab; /* of the run; NULL: the command opens a prompt */
    bool scores;           /* name glove-eval, too */
} gv_next_step;

/*
 * Show the command that lists the neighbours of a frequent word, as it can be pasted into a shell,
 * and name the programs to run after it. Nothing in JSON mode. If the vectors are of formats that
 * cannot be read back, the command is that of the report.
 */
void gv_next_step_show(gv_progress *progress, const gv_next_step *step);

/* The word that is asked about: frequent, but no function word as far as rank and length tell;
 * letters only, so that a shell takes it as it is. Borrowed from `vocab`; NULL if there is none. */
const char *gv_next_step_word(const gv_vocab *vocab);

/* Append `argument` as a shell reads it: in quotes if it needs them. */
void gv_next_step_quote(gv_text *text, const char *argument);

#endif
