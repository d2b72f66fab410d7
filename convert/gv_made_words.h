/*
 * gv_made_words - a vocabulary that glove-convert made, in a run directory and beside counts.
 *
 * Threads: main thread only.
 */
#ifndef GV_MADE_WORDS_H
#define GV_MADE_WORDS_H

#include "app/gv_run.h"
#include "vocab/gv_vocab.h"

/* The path of the vocabulary of the file `counts`: of DIR/NAME.bin it is DIR/NAME.vocab.txt, or if
 * that is not there, DIR/vocab.txt. Caller frees. */
GV_MUST_USE int gv_made_words_beside(char **path, const char *counts, gv_error *err);

/* What made a vocab.txt. All borrowed. */
typedef struct gv_made_words {
    const char *tool;           /* "glove-convert counts-merge" */
    const char *member;         /* the name of `description` in the "done" event */
    const gv_json *description; /* of what it was made from */
    const gv_vocab *vocab;
    const gv_strings *inputs;
} gv_made_words;

/* Write the stamp and the "done" event of glove-vocab for the vocab.txt that is in the run
 * directory of `options`. The errors of gv_run.h. */
GV_MUST_USE int gv_made_words_stamp(const gv_made_words *made, const gv_run_options *options,
                                    gv_error *err);

#endif
