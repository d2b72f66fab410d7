/*
 * gv_problem_list - every problem of a file of vectors, one a line for people, or as JSON.
 *
 * Threads: main thread only.
 */
#ifndef GV_PROBLEM_LIST_H
#define GV_PROBLEM_LIST_H

#include "base/gv_error.h"
#include "vectors/gv_vectors.h"
#include <stdint.h>
#include <stdio.h>

typedef struct gv_problem_list {
    FILE *out;        /* borrowed */
    const char *file; /* borrowed; the file that the problems are of */
    bool json;
    uint64_t n; /* problems so far */
} gv_problem_list;

typedef struct gv_problem_list_item {
    uint64_t line, row; /* 0: it has none */
    const char *kind;   /* for programs: "repeated-word" */
    const char *what;   /* "repeats the word of an earlier row" */
    const char *word;   /* NULL: none */
    const char *done;   /* "left out", "kept" */
} gv_problem_list_item;

/* What is known at the end. */
typedef struct gv_problem_list_end {
    const gv_vectors *vectors; /* as far as they were read; NULL: not at all */
    const char *done;          /* to what holds for the file as a whole: "not written" */
    const char *output;        /* NULL: nothing is written */
    uint64_t rows_out;
} gv_problem_list_end;

/* Begin: of JSON, its first bytes. GV_E_MEMORY. */
GV_MUST_USE int gv_problem_list_begin(gv_problem_list *list, gv_error *err);
/* One more. GV_E_MEMORY. */
GV_MUST_USE int gv_problem_list_add(gv_problem_list *list, const gv_problem_list_item *item,
                                    gv_error *err);
/* What a reader noticed, to which `done` happened. */
GV_MUST_USE int gv_problem_list_add_fault(gv_problem_list *list, const gv_vectors_problem *problem,
                                          const char *done, gv_error *err);
/* End: what holds for the file as a whole (byte order mark, CR at the end of lines), then how it
 * went, of which `status` and `err` (may be NULL) say the outcome. Returns `status` unless that is
 * GV_OK and not everything could be written: GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_problem_list_finish(gv_problem_list *list, const gv_problem_list_end *end,
                                       int status, gv_error *err);

#endif
