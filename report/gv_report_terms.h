/*
 * gv_report_terms - the names and explanations of what the page shows.
 *
 * The one place for the words of the field: each has a label for people and a sentence that says
 * what it means. Private to gv_report*.c.
 *
 * Threads: the table is constant; functions touch only their arguments.
 */
#ifndef GV_REPORT_TERMS_H
#define GV_REPORT_TERMS_H

#include <stdio.h>

/* Write the label of a term or of a field of metrics.jsonl, with its explanation as a tooltip. One
 * that the table does not know is written with blanks for its underscores. */
void gv_report_terms_write(FILE *out, const char *name);

/* Write the label alone, or the name itself. */
void gv_report_terms_label(FILE *out, const char *name);

/* Write `label` with the explanation `help`, in which back quotes are dropped. */
void gv_report_terms_explain(FILE *out, const char *label, const char *help);

/* Write all terms with their explanations as a folded list, for screens that show no tooltips and
 * for paper. */
void gv_report_terms_list(FILE *out);

#endif
