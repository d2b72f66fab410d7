/*
 * gv_compare_page - pieces of the page of a comparison: tables and pictures. Private to
 * gv_compare_*.c.
 *
 * The first failure (out of memory) is kept in `status`; later calls do nothing. Write errors are
 * those of `out`. Threads: main thread only.
 */
#ifndef GV_COMPARE_PAGE_H
#define GV_COMPARE_PAGE_H

#include "report/compare/gv_compare.h"
#include <stdio.h>

typedef struct gv_compare_page {
    FILE *out;
    const gv_compare *compare;
    gv_error *err;
    int status;
} gv_compare_page;

enum { GV_COMPARE_PAGE_TITLE = 160, GV_COMPARE_PAGE_NUMBER = 48 }; /* bytes */

/* `n` zeroed elements; NULL after a failure. The caller frees. */
void *gv_compare_page_room(gv_compare_page *p, size_t n, size_t size);
/* The label of a setting, or what there is to say of the only one. */
const char *gv_compare_page_label(const gv_compare *compare, size_t setting);

/* Which measures a table has. */
typedef bool gv_compare_page_choice(const gv_compare_metric *metric);

/* Settings with their means; nothing if no measure is chosen. `name` is for screen readers. */
void gv_compare_page_settings(gv_compare_page *p, const char *name, gv_compare_page_choice *choose);
/* Each run with its values. */
void gv_compare_page_runs(gv_compare_page *p, gv_compare_page_choice *choose);
/* A setting's differences from its base. */
void gv_compare_page_differences(gv_compare_page *p, size_t setting);
/* For each setting that has a base, in one line whether it is better. */
void gv_compare_page_answers(gv_compare_page *p);

/* Means and seeds of all settings in a measure; all settings' differences from their bases, with
 * intervals; loss curves, in a picture for each set of settings whose losses are comparable. */
void gv_compare_page_strip(gv_compare_page *p, size_t metric);
void gv_compare_page_difference_strip(gv_compare_page *p, size_t metric);
void gv_compare_page_losses(gv_compare_page *p);

#endif
