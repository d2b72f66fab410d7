/*
 * gv_matrix_fields - a line of an edge list cut into its fields.
 *
 * Fields are separated by tabs, commas, semicolons or blanks; in lines of commas and semicolons
 * they may be in double quotes, with "" for a quote inside. Behind its words a line may have a
 * dictionary, as networkx writes edges: `a b {'weight': 3.5}`.
 *
 * Threads: pure functions on the caller's memory.
 */
#ifndef GV_MATRIX_FIELDS_H
#define GV_MATRIX_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

enum { GV_MATRIX_FIELDS = 3 }; /* word, word, value */

/* What separates the fields of `line`: '\t', ',', ';', or ' ' for blanks and tabs. */
char gv_matrix_fields_separator(const char *line);

/* Cut `line` in place; returns how many fields it has, of which the first GV_MATRIX_FIELDS are in
 * `fields`. */
size_t gv_matrix_fields_cut(char *fields[GV_MATRIX_FIELDS], char *line, char separator);

/* Cut off a dictionary at the end of the line. `*weight` is what follows `weight` in it, NULL if it
 * says nothing of a weight. False if there is none. */
bool gv_matrix_fields_take_dictionary(char *line, char **weight);

/* The number that a field consists of. False if it is none, such as 0x10; infinities and NaN
 * count as numbers. */
bool gv_matrix_fields_number(const char *field, double *value);

/* Are these the names of the columns of an edge list: source and target, from and to, ...? */
bool gv_matrix_fields_are_names(const char *first, const char *second);

#endif
