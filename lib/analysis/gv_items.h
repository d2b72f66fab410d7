/*
 * gv_items - eval.tsv: what glove-eval found for each question, pair, word and outlier.
 *
 * A table with a line of column names (docs/formats.md). One struct holds a row for writing and for
 * reading: numbers that a row does not have are NAN, texts NULL when written and "" when read.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_ITEMS_H
#define GV_ITEMS_H

#include "base/gv_text.h"

/* The kinds of rows, as their first column has them. */
#define GV_ITEMS_ANALOGY    "analogy"
#define GV_ITEMS_SIMILARITY "similarity"
#define GV_ITEMS_CATEGORY   "category"
#define GV_ITEMS_OUTLIER    "outlier"

enum { GV_ITEMS_WORDS = 4 };

typedef struct gv_items_row {
    const char *kind, *file;
    const char *section; /* of analogies; the category of a word; the number of a set */
    const char *word[GV_ITEMS_WORDS]; /* the item: a question, a pair, a word, an outlier */
    double correct, correct_mul;      /* 0 or 1; correct_mul: of analogies by 3CosMul */
    const char *answer, *answer_mul;  /* of analogies: the words found */
    double score, cosine;             /* of pairs: by people, by the vectors */
    double position, words; /* of outliers: 0 .. words, the words of the set that have vectors */
    double cluster;         /* of words in categories: a number from 0 */
} gv_items_row;

/* A row of that kind and file that has nothing else. */
gv_items_row gv_items_begin_row(const char *kind, const char *file);

/* Append the line of column names, or a row. Failures are those of gv_text. */
void gv_items_write_names(gv_text *text);
void gv_items_write_row(gv_text *text, const gv_items_row *row);

/* Takes a row whose texts live until it returns. Another status than GV_OK ends the reading. */
typedef int gv_items_take(void *context, const gv_items_row *row, gv_error *err);

/*
 * Read the file at `path` row by row. Columns are found by their names, and those of later versions
 * left out, as are kinds of rows that are not known. GV_E_CORRUPT "PATH:LINE: ...": a column is
 * missing, a line has too few or too many fields, a number is none or out of its range. GV_E_IO,
 * GV_E_MEMORY, and what `take` returns.
 */
GV_MUST_USE int gv_items_read(const char *path, gv_items_take *take, void *context, gv_error *err);

#endif
