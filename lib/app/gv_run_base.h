/*
 * gv_run_base - what earlier text gave to a run: the folder `base` of the run directory.
 *
 * A run to which text was appended (docs/append.md) does not read its earlier text again. Files of
 * the run as it was before are in `base`: vocab.txt, counts.bin and model.ckpt, which stages read
 * as inputs, and parts.json, which lists the texts.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_RUN_BASE_H
#define GV_RUN_BASE_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include "config/gv_json.h"
#include "config/gv_run_names.h"
#include <stdbool.h>

/* Has the run earlier text that is not read again (corpus.counted)? */
bool gv_run_base_used(const gv_config *config);
/* The path of `file` in the folder `base` of the run in `dir`; NULL in `*path` if it has no earlier
 * text. Caller frees. GV_E_MEMORY. */
GV_MUST_USE int gv_run_base_path(char **path, const gv_config *config, const char *dir,
                                 const char *file, gv_error *err);
/* Training of the run in `dir` continues from the earlier model (train.init), if there is earlier
 * text that had a model, and the config names no other start. GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_run_base_start(gv_config *config, const char *dir, gv_error *err);
/* Is train.init that? */
bool gv_run_base_is_start(const gv_config *config, const char *dir);
/* Before it is read. GV_E_USAGE, with the ways out, if the file `path` (NULL: none) is missing. */
GV_MUST_USE int gv_run_base_check(const char *path, gv_error *err);
/* GV_E_USAGE if the run in `dir` has earlier text which the config does not mention: working
 * without it would undo what was appended. */
GV_MUST_USE int gv_run_base_check_named(const gv_config *config, const char *dir, gv_error *err);

/* Can a count with `config` add to the counts.bin at `path`? GV_E_USAGE naming the key that
 * differs: all but vocab.min_count and vocab.max_size must be the same. GV_E_CORRUPT, GV_E_IO. */
GV_MUST_USE int gv_run_base_check_counts(const char *path, const gv_config *config, gv_error *err);
/* GV_E_USAGE if an append was killed while it put files into the run directory `dir`. */
GV_MUST_USE int gv_run_base_check_whole(const char *dir, gv_error *err);

/* What base/parts.json of the run in `dir` says; NULL in `*parts` if it is not there. Released with
 * gv_json_free. GV_E_CORRUPT: it lists no texts. */
GV_MUST_USE int gv_run_base_read_parts(gv_json **parts, const char *dir, gv_error *err);

/* Is `key`, by which a stamp names a file, that of a file in the folder `base`? */
bool gv_run_base_has_key(const char *key);

#endif
