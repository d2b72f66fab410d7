/*
 * gv_report_sections - the sections of the page, each written from what gv_report_gather found. One
 * for which the run has nothing names the command that makes it.
 *
 * Private to gv_report*.c. Write errors are those of `out`. Threads: functions touch only their
 * arguments.
 */
#ifndef GV_REPORT_SECTIONS_H
#define GV_REPORT_SECTIONS_H

#include "report/gv_report.h"
#include <stdbool.h>
#include <stdio.h>

/* Places in gv_report_stages. */
enum {
    GV_REPORT_SECTIONS_VOCAB,
    GV_REPORT_SECTIONS_COOCCUR,
    GV_REPORT_SECTIONS_SHUFFLE,
    GV_REPORT_SECTIONS_TRAIN,
    GV_REPORT_SECTIONS_EVAL
};

/* Scores from fewer questions or pairs than this say little: they are marked, and no headline. */
enum { GV_REPORT_SECTIONS_FEW = 30 };

void gv_report_sections_evaluation(FILE *out, const gv_report *report);
/* The part of it about the member "probes" of eval.json; nothing if there are none. */
void gv_report_sections_probes(FILE *out, const gv_json *probes);
void gv_report_sections_neighbours(FILE *out, const gv_report *report);
void gv_report_sections_training(FILE *out, const gv_report *report);
void gv_report_sections_stages(FILE *out, const gv_report *report);
void gv_report_sections_corpus(FILE *out, const gv_report *report);
void gv_report_sections_settings(FILE *out, const gv_report *report);
void gv_report_sections_origin(FILE *out, const gv_report *report);

/* A table of files, of `n` lists of records {"file":, "bytes":, "xxh128":}; nothing if all are
 * empty. */
void gv_report_sections_files(FILE *out, const gv_json *const *lists, size_t n);

/* A member's number; NAN if it has none. */
double gv_report_sections_number(const gv_json *object, const char *key);
/* "No WHAT yet: run glove-...". */
void gv_report_sections_missing(FILE *out, const char *what, enum gv_config_stage stage);
/* word2vec learns from the text: no matrix is counted and no store made. */
bool gv_report_sections_is_word2vec(const gv_report *report);
/* The file outside the run whose vectors have the scores of eval.json (glove-eval --vectors), NULL
 * if they are the run's own. Borrowed. */
const char *gv_report_sections_other_vectors(const gv_report *report);
/* Write `before` and "first N words", if the scores are only of these (eval.vocab_limit). */
void gv_report_sections_vocab_limit(FILE *out, const gv_report *report, const char *before);
/* Does this kind of run have stage `i` of gv_report_stages? */
bool gv_report_sections_has_stage(const gv_report *report, size_t i);

#endif
