/*
 * gv_report_words - the words of a page: a few with their neighbours, and a list of all or many in
 * which the reader can search (gv_report_words.js).
 *
 * Private to gv_report*.c. Threads: main thread only.
 */
#ifndef GV_REPORT_WORDS_H
#define GV_REPORT_WORDS_H

#include "report/gv_report.h"

/* Rows of the vectors that stand for a word: without <unk> if it is last. */
size_t gv_report_words_known(const gv_words *words);

/* Read the vectors of the run into `report`, and look for neighbours and strongest pairs. Where
 * vectors or the store are missing or damaged, the report has a note. */
GV_MUST_USE int gv_report_words_load(gv_report *report, const gv_config *config,
                                     const gv_report_wanted *wanted, gv_error *err);
/* Free what gv_report_words_load has put into `report`. */
void gv_report_words_free(gv_report *report);

/* Nothing if there is no list. The data are megabytes: behind everything else they do not keep the
 * browser from showing the page. Write errors are those of `out`. */
void gv_report_words_write(FILE *out, const gv_report *report);
void gv_report_words_write_data(FILE *out, const gv_report *report);

#endif
