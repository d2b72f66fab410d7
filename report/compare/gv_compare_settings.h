/*
 * gv_compare_settings - which runs are of one setting, and what settings differ in.
 *
 * Beside the keys that decide vectors (config/gv_config_groups.h), the corpus counts by its
 * contents and not by its name, and keys of evaluation that change scores.
 *
 * Threads: main thread only.
 */
#ifndef GV_COMPARE_SETTINGS_H
#define GV_COMPARE_SETTINGS_H

#include "report/compare/gv_compare.h"

/* Make the settings of the runs that were trained, with their means and deviations. A run whose
 * training another one repeats exactly is left out (`trained` becomes false, `missing` says so). */
GV_MUST_USE int gv_compare_settings_make(gv_compare *compare, gv_error *err);
/* Order them by --sort and keep the best by --best, or show all. */
GV_MUST_USE int gv_compare_settings_choose(gv_compare *compare, const gv_compare_options *options,
                                           gv_error *err);
void gv_compare_settings_free(gv_compare *compare);

/* A value of `set` as text: "100", "logistic", "a.txt,b.txt"; "–" for NULL. The caller frees; NULL
 * if out of memory. */
GV_MUST_USE char *gv_compare_settings_value(const gv_json *value, gv_error *err);
/* The value that a run has of one of the keys of `seed_keys`. */
const gv_json *gv_compare_settings_seed(const gv_compare_run *run, const char *key);
/* Are the setting's losses comparable with those of the other one? Only between objectives, corpora
 * and counts that are the same: dimensions, epochs, step sizes and the like may differ. */
bool gv_compare_settings_share_loss(const gv_compare *compare, size_t a, size_t b);
/* Is its mean the best of all settings that are shown? False where there is nothing to compare. */
bool gv_compare_settings_is_best(const gv_compare *compare, size_t setting, size_t metric);

#endif
