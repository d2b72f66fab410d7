/*
 * gv_plan_known - the words of the sample that are in the vocabulary, as strings. Private to
 * glove-plan.
 *
 * Threads: one at a time.
 */
#ifndef GV_PLAN_KNOWN_H
#define GV_PLAN_KNOWN_H

#include "plan/gv_plan_words.h"

/* One after the other, with their NULs; all counts are 1. */
typedef struct gv_plan_known {
    char *text;
    const char **word;
    uint64_t *count;
    size_t n;
} gv_plan_known;

/* The caller frees, after failure too (GV_E_MEMORY). Nothing is borrowed. */
GV_MUST_USE int gv_plan_known_take(gv_plan_known *known, const gv_plan_sample *sample,
                                   const gv_plan_words *words, gv_error *err);
void gv_plan_known_free(gv_plan_known *known);

#endif
