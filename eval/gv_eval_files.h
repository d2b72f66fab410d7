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

typedef struct gv_question_line {
    const char *word[4]; /* borrowed from the file's text */
    uint32_t section;
} gv_question_line;

typedef struct gv_question_file {
    char *text; /* the file, cut into words */
    size_t n;
    gv_question_line *line;
    size_t sections;
    const char **section; /* names */
    char *default_name;
} gv_question_file;

/* Caller frees with gv_question_file_free, which accepts a zeroed struct. */
int gv_question_file_read(gv_question_file *file, const char *path, gv_error *err);
void gv_question_file_free(gv_question_file *file);

typedef struct gv_similarity_line {
    const char *word[2];
    double score; /* finite */
} gv_similarity_line;

typedef struct gv_similarity_file {
    char *text;
    size_t n;
    gv_similarity_line *line;
} gv_similarity_file;

int gv_similarity_file_read(gv_similarity_file *file, const char *path, gv_error *err);
void gv_similarity_file_free(gv_similarity_file *file);

#endif
