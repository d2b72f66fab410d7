/*
 * gv_cite_pen - text, tables and citations in one of several formats, escaped for it.
 *
 * Characters that a terminal obeys or that are not seen appear as <U+202E> (gv_show.h). Write
 * errors are those of `out`. Threads: main thread only.
 */
#ifndef GV_CITE_PEN_H
#define GV_CITE_PEN_H

#include "report/cite/gv_cite_papers.h"
#include <stdbool.h>
#include <stdio.h>

enum gv_cite_pen_format {
    GV_CITE_PEN_MARKDOWN,
    GV_CITE_PEN_LATEX,
    GV_CITE_PEN_TEXT,
    GV_CITE_PEN_BIBTEX /* nothing but the papers */
};
/* Their names for options; ends with NULL. */
extern const char *const gv_cite_pen_formats[];

typedef struct gv_cite_pen {
    FILE *out;
    enum gv_cite_pen_format format;
    bool used[GV_CITE_PAPERS]; /* papers that were cited */
} gv_cite_pen;

/* Prose; what the format's arguments hold is escaped, too. */
void gv_cite_pen_say(gv_cite_pen *pen, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A name, path or value as it is: `code`. */
void gv_cite_pen_code(gv_cite_pen *pen, const char *text);
/* " (Pennington et al. 2014)" or "~\cite{...}". */
void gv_cite_pen_cite(gv_cite_pen *pen, enum gv_cite_papers_id paper);
void gv_cite_pen_heading(gv_cite_pen *pen, const char *title);
void gv_cite_pen_end_paragraph(gv_cite_pen *pen);

/* A table: its head (left-aligned columns, at most 8), then rows of cells. */
void gv_cite_pen_begin_table(gv_cite_pen *pen, const char *const *titles, size_t columns);
/* Cell `column` of a row, begun and ended; what the caller writes between is its text. */
void gv_cite_pen_begin_cell(gv_cite_pen *pen, size_t column);
void gv_cite_pen_end_row(gv_cite_pen *pen);
void gv_cite_pen_end_table(gv_cite_pen *pen);

/* The entries of the papers that were cited. */
void gv_cite_pen_papers(gv_cite_pen *pen);

#endif
