/*
 * gv_cite - glove-report cite: how one or more runs were made, as a paragraph for the methods
 * section of a paper and tables for its appendix, from the records of the runs.
 *
 * Threads: main thread only.
 */
#ifndef GV_CITE_H
#define GV_CITE_H

#include "report/cite/gv_cite_pen.h"
#include "report/cite/gv_cite_runs.h"

/* The whole text. Caller frees. GV_E_MEMORY. */
GV_MUST_USE int gv_cite_text(char **text, const gv_cite_runs *runs, enum gv_cite_pen_format format,
                             gv_error *err);

/* Its parts. */
GV_MUST_USE int gv_cite_methods(gv_cite_pen *pen, const gv_cite_runs *runs, gv_error *err);
GV_MUST_USE int gv_cite_scores(gv_cite_pen *pen, const gv_cite_runs *runs, gv_error *err);
GV_MUST_USE int gv_cite_settings(gv_cite_pen *pen, const gv_cite_runs *runs, gv_error *err);

#endif
