/*
 * gv_sweep_share - a stage that was done in one run directory, for others without doing it again.
 *
 * The files of the stage become hard links in the other directory, with a copy of the stamp; the
 * stage's lines of metrics.jsonl are copied, with "shared_from" and the directory's name. So each
 * directory is a whole run: it can be used, moved, cleaned and removed without regard to the
 * others, and a file that is written again there replaces the link. Where a file system has no hard
 * links, symbolic links take their place (relative ones, so that the sweep may be moved as a
 * whole).
 *
 * A kill at any moment leaves a directory without the stamp, or with all.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, and what a function names. Threads: main thread only.
 */
#ifndef GV_SWEEP_SHARE_H
#define GV_SWEEP_SHARE_H

#include "config/gv_config.h"
#include <stdbool.h>

/* Has `dir` what `stage` makes with `config`? By the stamp's recipe, and size and time of the
 * files. */
GV_MUST_USE int gv_sweep_share_has(bool *has, const char *dir, enum gv_config_stage stage,
                                   const gv_config *config, gv_error *err);

/* Likewise the scores of its vectors: are they of the vectors and the test sets that are there? */
GV_MUST_USE int gv_sweep_share_has_scores(bool *has, const char *dir, const gv_config *config,
                                          gv_error *err);

/* Give `to` what `stage` made in `from`, unless it has that of its own, made from the same.
 * `config` is that of `to`, for a config.json if it has none. GV_E_RUNTIME if a stage works in
 * `to`; GV_E_USAGE if `from` has no such stage. */
GV_MUST_USE int gv_sweep_share_give(const char *to, const char *from, enum gv_config_stage stage,
                                    const gv_config *config, gv_error *err);

#endif
