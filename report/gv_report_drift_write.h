/*
 * gv_report_drift_write - the result of glove-report drift as text, Markdown, CSV, JSON, HTML.
 *
 * Private to gv_report*.c. Write errors are those of `out`. Threads: main thread only.
 */
#ifndef GV_REPORT_DRIFT_WRITE_H
#define GV_REPORT_DRIFT_WRITE_H

#include "report/gv_report_drift.h"
#include <stdio.h>

/* For a terminal: `options->top` words, and the words asked for. */
void gv_report_drift_write_text(FILE *out, const gv_report_drift *drift);
void gv_report_drift_write_markdown(FILE *out, const gv_report_drift *drift);
/* All words that were compared. */
void gv_report_drift_write_csv(FILE *out, const gv_report_drift *drift);
/* The same with all else that is known; GV_E_MEMORY. */
GV_MUST_USE int gv_report_drift_write_json(FILE *out, const gv_report_drift *drift, gv_error *err);
/* One page (gv_report_frame.h). */
void gv_report_drift_write_html(FILE *out, const gv_report_drift *drift);

/* --- what the formats share ------------------------------------------------------------------- */

enum { GV_REPORT_DRIFT_NEAR = 6 }; /* neighbours of a word that are shown */

/* "neighbours kept" in words of the measure: how many of the k are the same. */
unsigned gv_report_drift_write_kept(const gv_drift *drift, size_t i);
/* Write the neighbours of word `i` in A (`in_b` 0) or B, with a comma between them, each as `put`
 * writes it. */
void gv_report_drift_write_put_near(FILE *out, const gv_report_drift *drift, size_t i, int in_b,
                                    void (*put)(FILE *out, const char *word));
/* The next word to show behind `*at` (0 at first): the first ones in order, then those asked for;
 * false at the end. */
bool gv_report_drift_write_next_shown(const gv_report_drift *drift, size_t *at, size_t top,
                                      size_t *word);
/* "1 in a hundred by chance": the number of words that lie beyond p where nothing changed. */
double gv_report_drift_write_by_chance(const gv_report_drift *drift);
/* "10,000 or more", "300 to 1,000": the counts of a band. */
void gv_report_drift_write_band_name(char to[64], const gv_report_drift_band *band);
/* The shell commands that make noise for these two corpora, one a line behind `indent`. Caller
 * frees with gv_mem_free; NULL if out of memory. */
char *gv_report_drift_write_recipe(const gv_report_drift *drift, const char *indent);
/* Of the words asked for, those that were not compared; why is a constant string. NULL: it was. */
const char *gv_report_drift_write_why_not(const gv_report_drift *drift, const char *word,
                                          size_t *found);

#endif
