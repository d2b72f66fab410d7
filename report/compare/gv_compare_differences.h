/*
 * gv_compare_differences - what each setting has more or less than its base, in each measure.
 *
 * Threads: called by one at a time, starts its own.
 */
#ifndef GV_COMPARE_DIFFERENCES_H
#define GV_COMPARE_DIFFERENCES_H

#include "report/compare/gv_compare.h"
#include "report/compare/gv_compare_items.h"

/* Fill in the differences, by settings and measures. GV_E_MEMORY, GV_E_STOPPED. */
GV_MUST_USE int gv_compare_differences_find(gv_compare *compare, const gv_compare_items *items,
                                            const gv_compare_options *options, gv_error *err);
void gv_compare_differences_free(gv_compare *compare);

/* "inside the noise", "higher", "lower", "unknown"; static. */
const char *gv_compare_differences_verdict(const gv_compare_difference *difference);
/* Is the verdict that the setting is better (1) or worse (-1)? 0: neither. */
int gv_compare_differences_better(const gv_compare *compare,
                                  const gv_compare_difference *difference);

/* What is to be said beside the verdict: "one seed: ...; on 201 common items"; "" if nothing. */
void gv_compare_differences_remark(char *text, size_t size,
                                   const gv_compare_difference *difference);
/* "Of 7 scores: 4 better, 1 worse, 2 inside the noise.": a setting against its base, in one line;
 * "" if there are no scores. */
void gv_compare_differences_answer(char *text, size_t size, const gv_compare *compare,
                                   size_t setting);

#endif
