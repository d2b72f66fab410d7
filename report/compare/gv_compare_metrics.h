/*
 * gv_compare_metrics - the measures of all runs: found by name, put in order, chosen by the user.
 *
 * Threads: main thread only.
 */
#ifndef GV_COMPARE_METRICS_H
#define GV_COMPARE_METRICS_H

#include "report/compare/gv_compare.h"

/* What identifies a measure; texts may be NULL: none. */
typedef struct gv_compare_metrics_key {
    enum gv_compare_kind kind;
    const char *file, *measure, *section;
    int better;
} gv_compare_metrics_key;

/* Set the value that run number `run` has of the measure, which is added if it is new. A value that
 * is not finite is none. */
GV_MUST_USE int gv_compare_metrics_set(gv_compare *compare, size_t run,
                                       const gv_compare_metrics_key *key, double value,
                                       gv_error *err);
/* The measure of that kind and file, measure and section ("" for none); SIZE_MAX: there is none. */
size_t gv_compare_metrics_find(const gv_compare *compare, enum gv_compare_kind kind,
                               const char *file, const char *measure, const char *section);
/* Put the measures in the order in which they are shown, the runs' values with them. */
GV_MUST_USE int gv_compare_metrics_order(gv_compare *compare, gv_error *err);
void gv_compare_metrics_free(gv_compare *compare);

/* One that a person wants to see first: no section, stage, nor a second way to answer. */
bool gv_compare_metrics_is_main(const gv_compare_metric *metric);
/* The measure that the user means by `name`, a full name or a part of one. GV_E_USAGE, naming the
 * option `option` and the choices. */
GV_MUST_USE int gv_compare_metrics_choose(size_t *chosen, const gv_compare *compare,
                                          const char *option, const char *name, gv_error *err);

/* A short title: "questions-words 3CosAdd", "men3k", "ap purity", "time (CPU)". */
void gv_compare_metrics_title(char *title, size_t size, const gv_compare_metric *metric);
/* A value as text with the digits that make sense: "42.94", "0.7017", "128.4". "–" if it is not
 * finite. With `sign`, "+1.20". */
void gv_compare_metrics_number(char *text, size_t size, const gv_compare_metric *metric,
                               double value, bool sign);

#endif
