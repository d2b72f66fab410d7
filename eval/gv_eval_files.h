/*
 * gv_eval_files - question and similarity files, parsed.
 *
 * Analogies: lines of four words between white space, `: name` begins a section, empty lines are
 * nothing. Questions before any section belong to one that is named after the file. Similarity:
 * `word word score`, separated by tabs if the line has any, else by white space; `#` begins a
 * comment line. Carriage returns and a byte order mark are ignored in both. Anything else is
 * GV_E_CORRUPT naming file and line.
 */
#ifndef GV_EVAL_FILES_H
#define GV_EVAL_FILES_H

#include "base/gv_error.h"
#include <stddef.h>
#include <stdint.h>

typedef struct gv_eval_question_line {
    const char *word[4]; /* borrowed from the file's text */
    uint32_t section;
} gv_eval_question_line;

typedef struct gv_eval_question_file {
    char *text; /* the file, cut into words */
    size_t n;
    gv_eval_question_line *line;
    size_t sections;
    const char **section; /* names */
    char *default_name;
} gv_eval_question_file;

/* Caller frees with gv_eval_files_free_questions, which accepts a zeroed struct. */
int gv_eval_files_read_questions(gv_eval_question_file *file, const char *path, gv_error *err);
void gv_eval_files_free_questions(gv_eval_question_file *file);

typedef struct gv_eval_pair_line {
    const char *word[2];
    double score; /* finite */
} gv_eval_pair_line;

typedef struct gv_eval_pair_file {
    char *text;
    size_t n;
    gv_eval_pair_line *line;
} gv_eval_pair_file;

int gv_eval_files_read_pairs(gv_eval_pair_file *file, const char *path, gv_error *err);
void gv_eval_files_free_pairs(gv_eval_pair_file *file);

#endif
