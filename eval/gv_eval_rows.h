/*
 * gv_eval_rows - the lines of a file of questions or word pairs, cut into fields.
 *
 * Authors publish such files with tabs, blanks, commas or semicolons between the fields, and with
 * quoted fields as in CSV. The separator is chosen for the whole file: the one by which most lines
 * have enough fields. Empty lines, and lines that begin with `#`, are left out.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_EVAL_ROWS_H
#define GV_EVAL_ROWS_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gv_eval_rows_separator {
    GV_EVAL_ROWS_TABS, /* one tab between two fields; blanks in a line without a tab */
    GV_EVAL_ROWS_SEMICOLONS,
    GV_EVAL_ROWS_COMMAS,
    GV_EVAL_ROWS_BLANKS /* any number of blanks and tabs */
};

typedef struct gv_eval_rows_line {
    uint64_t number;  /* in the file, from 1 */
    size_t offset;    /* of its text; private */
    size_t first, n;  /* its fields */
    bool title;       /* a line `: section`, which is not cut; its text is its only field */
    bool after_empty; /* there is an empty line before it (comments do not count) */
} gv_eval_rows_line;

typedef struct gv_eval_rows {
    const char *path; /* borrowed */
    char *text;
    size_t bytes, room;
    gv_eval_rows_line *line; /* [n] */
    size_t n, line_room;
    char **field; /* of all lines */
    size_t fields, field_room;
    enum gv_eval_rows_separator separator;
} gv_eval_rows;

/* Read the lines (text/gv_lines.h). With `titles`, lines that begin with `:` are titles. The caller
 * frees, also after a failure. */
GV_MUST_USE int gv_eval_rows_read(gv_eval_rows *rows, const char *path, bool titles, gv_error *err);
/* Choose the separator by which the most lines have at least `least` fields, and cut all lines.
 * Blanks around a field and the quotation marks of a quoted one do not belong to it. */
GV_MUST_USE int gv_eval_rows_cut(gv_eval_rows *rows, size_t least, gv_error *err);
/* Cut line `i` alone, by the separator that it has itself: tabs, semicolons, commas, else blanks.
 * The brackets of a list as Python and R write it, and marks around its items, are left out, as are
 * empty fields. */
GV_MUST_USE int gv_eval_rows_cut_list(gv_eval_rows *rows, size_t i, gv_error *err);
/* Accepts a zeroed struct. */
void gv_eval_rows_free(gv_eval_rows *rows);

/* What the file is about, by its name: "dir/gram3-comparative.txt.gz" -> "gram3-comparative". The
 * caller frees; NULL if out of memory. */
char *gv_eval_rows_name_of(const char *path, gv_error *err);
/* Line `i` of rows that are not cut, without the blanks at its ends. */
const char *gv_eval_rows_text(const gv_eval_rows *rows, size_t i);
/* Field `k` of line `i`; "" if the line has fewer. */
const char *gv_eval_rows_field(const gv_eval_rows *rows, size_t i, size_t k);
/* "tabs", "commas", ...; a constant string. */
const char *gv_eval_rows_separator_name(enum gv_eval_rows_separator separator);

/* What a field is. */
/* A finite decimal number, with a point or a comma; `*value` may be NULL. */
bool gv_eval_rows_number(double *value, const char *field);
/* What may stand at the head of a column: has a letter, does not begin as a number does, and is not
 * one of the words that stand for a missing number ("NA", "null"). */
bool gv_eval_rows_name(const char *field);
/* Do the column's numbers count the lines from `from` on: 0, 1, 2... or 1, 2, 3...? */
bool gv_eval_rows_counts_lines(const gv_eval_rows *rows, size_t column, size_t from);
/* Are the letters and digits of `name`, without case, those of `wanted` (lower case)? */
bool gv_eval_rows_same_name(const char *name, const char *wanted);

#endif
