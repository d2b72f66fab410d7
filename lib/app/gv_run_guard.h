/*
 * gv_run_guard - what must not be in a run directory, seen before anything there is opened.
 *
 * Programs open the files of a run directory by name. Another program, or an archive from a
 * stranger, may have put something else there: a named pipe that would be waited for without end, a
 * device, a directory, a link that leads outside. All programs refuse such a directory before they
 * work.
 *
 * Allowed are symbolic links to plain files in place of outputs: they are read, and replaced when
 * the output is written again. The directory itself may be a link.
 *
 * Threads: main thread only.
 */
#ifndef GV_RUN_GUARD_H
#define GV_RUN_GUARD_H

#include "base/gv_error.h"
#include "base/gv_strings.h"

/* GV_E_IO, naming the file and what it is, if `dir` holds an output, a record or a lock that is no
 * file, a link in place of what is written to without being replaced (metrics.jsonl, files of
 * SQLite's), or a folder .stamps or model.lbfgs that is a link. A directory that is missing, or
 * that cannot be read, is no error of this function's. */
GV_MUST_USE int gv_run_guard_check(const char *dir, gv_error *err);

/* GV_E_USAGE if one of the files `inputs`, which the config key `key` names, is an output of the
 * run in `dir`, under whatever name: the run would read what it wrote itself, and something else
 * each time. */
GV_MUST_USE int gv_run_guard_check_inputs(const char *dir, const char *key,
                                          const gv_strings *inputs, gv_error *err);

/* GV_E_IO if there is no folder for the file `path`, which a user wants written: told before
 * hours of work, not after them. */
GV_MUST_USE int gv_run_guard_check_folder(const char *path, gv_error *err);
/* The same, and GV_E_USAGE if `path` has the name of a file that the programs write into a run
 * directory, and lies in one. */
GV_MUST_USE int gv_run_guard_check_output(const char *path, gv_error *err);

/* GV_E_IO if the path of `dir` (which may be missing) is so long that SQLite, which stages write
 * store.db and vectors.db with, could not open files in it. */
GV_MUST_USE int gv_run_guard_check_length(const char *dir, gv_error *err);

#endif
