/*
 * gv_stamp - the stamps of a run directory, for programs that are no stage: how long a stage took,
 * what it read and wrote. Stages use gv_run.h.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_STAMP_H
#define GV_STAMP_H

#include "config/gv_config.h"
#include "config/gv_json.h"

/* The stamp of `stage` in the run directory `dir`: {"recipe":, "inputs": [...], "outputs": [...],
 * "done": {...}} (gv_run_internal.h says what a record of a file holds). `*stamp` is NULL if there
 * is none, or a damaged one; release it with gv_json_free. GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_stamp_read(gv_json **stamp, const char *dir, enum gv_config_stage stage,
                              gv_error *err);

/*
 * Before a program uses `file`, a small output of `stage`, in the run directory `dir`. GV_E_USAGE:
 * it is missing. GV_E_CORRUPT: it is not the file of the stamp, so it was damaged or replaced
 * (without a stamp it is accepted, so that people may bring their own). Both name the program to
 * run.
 */
GV_MUST_USE int gv_stamp_check_output(const char *dir, enum gv_config_stage stage, const char *file,
                                      gv_error *err);
/* The GV_E_CORRUPT of it, for the file at `path`, which `program` made. */
int gv_stamp_replaced(const char *path, const char *dir, enum gv_config_stage stage,
                      const char *program, gv_error *err);

#endif
