/*
 * gv_eval_files - reads files of analogy questions and of word pairs.
 *
 * Questions: lines of four words, separated by spaces or tabs; `: name` begins a section. Questions
 * before the first section belong to one that is named after the file. Pairs: lines of `word word
 * score`, separated by tabs if the line has any, else by spaces; `#` begins a comment line. In
 * both, empty lines, carriage returns at the end of lines and a byte order mark are ignored. Any
 * other line is GV_E_CORRUPT "FILE:LINE: ...".
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_FILES_H
#define GV_EVAL_FILES_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_eval_files_question {
    const char *word[4]; /* borrowed from the file's text */
    uint32_t section;    /* index in the file's sections */
} gv_eval_files_question;

typedef struct gv_eval_files_questions {
    char *text; /* the file, cut into words */
    size_t n;
    gv_eval_files_question *line;
    size_t sections;
    const char **section; /* names */
    char *default_name;
} gv_eval_files_questions;

/* Caller frees, also a zeroed struct; after a failure there is nothing to free. A file without a
 * question is GV_E_CORRUPT. */
GV_MUST_USE int gv_eval_files_read_questions(gv_eval_files_questions *file, const char *path,
                                             gv_error *err);
void gv_eval_files_free_questions(gv_eval_files_questions *file);

typedef struct gv_eval_files_pair {
    const char *word[2]; /* borrowed from the file's text */
    double score;        /* finite */
} gv_eval_files_pair;

typedef struct gv_eval_files_pairs {
    char *text;
    size_t n;
    gv_eval_files_pair *line;
} gv_eval_files_pairs;

/* Likewise. */
GV_MUST_USE int gv_eval_files_read_pairs(gv_eval_files_pairs *file, const char *path,
                                         gv_error *err);
void gv_eval_files_free_pairs(gv_eval_files_pairs *file);

#endif
