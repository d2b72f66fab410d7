/*
 * gv_findings - what may be odd about a row of vectors: one test for each kind.
 *
 * Threads: pure functions.
 */
#ifndef GV_FINDINGS_H
#define GV_FINDINGS_H

#include "vectors/gv_vectors.h"
#include <stdbool.h>

enum gv_findings_kind {
    GV_FINDINGS_REPEATED,
    GV_FINDINGS_NOT_FINITE,
    GV_FINDINGS_ZEROS,
    GV_FINDINGS_CONSTANT,
    GV_FINDINGS_SPACE,
    GV_FINDINGS_NOT_UTF8,
    GV_FINDINGS_KINDS
};

typedef struct gv_findings_about {
    const char *name;   /* for programs: "repeated-word" */
    const char *row;    /* what is wrong with one row: "repeats the word of an earlier row" */
    const char *rows;   /* with several: "rows that repeat ..." */
    const char *remedy; /* what to do about it */
    bool problem;       /* glove-convert check then fails */
} gv_findings_about;

/* Constant. */
const gv_findings_about *gv_findings_describe(enum gv_findings_kind kind);

/* The kinds that apply to a row, as a mask of 1 << kind. */
unsigned gv_findings_of(const gv_vectors_row *row);

#endif
