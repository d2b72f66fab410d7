/*
 * gv_matrix_notes - what the user should know about a matrix that was imported, in sentences.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_MATRIX_NOTES_H
#define GV_MATRIX_NOTES_H

#include "base/gv_strings.h"
#include "counts/gv_matrix_reader.h"

/* A change of a value, relative to it, that is told with a way to avoid it. */
#define GV_MATRIX_NOTES_ERROR 1e-6

/* What was seen beside what the reader knows. */
typedef struct gv_matrix_notes_seen {
    uint64_t zeros;       /* entries of the value 0 */
    bool triangle;        /* all pairs are on one side of the diagonal of a matrix that is not
                             symmetric */
    uint64_t unit;        /* of the counts */
    double largest_error; /* that rounding to it made, relative to a value */
} gv_matrix_notes_seen;

/* Append the notes; the reader is at its end. GV_E_MEMORY. */
GV_MUST_USE int gv_matrix_notes_add(gv_strings *notes, const gv_matrix_reader *reader,
                                    const gv_matrix_notes_seen *seen, gv_error *err);

#endif
