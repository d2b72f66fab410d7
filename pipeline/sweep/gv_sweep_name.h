/*
 * gv_sweep_name - names of run directories that say what differs: "dim=100,seed=1".
 *
 * A key is named by its last part, or in full where two keys of the sweep have the same last part.
 * A value is named as it is written if it is short and plain; of others a beginning is left, and
 * a checksum stands behind it. So does one behind a name that is too long, or that another run has,
 * on a file system that ignores case or not.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_SWEEP_NAME_H
#define GV_SWEEP_NAME_H

#include "base/gv_error.h"
#include "config/gv_json.h"
#include <stdbool.h>
#include <stddef.h>

/* A name for the run that sets `set`, where `all` is an object with the keys of all runs.
 * `is_taken` says of a name whether another run has it, in lower or upper case. Caller frees. */
GV_MUST_USE int gv_sweep_name(char **name, const gv_json *set, const gv_json *all,
                              bool (*is_taken)(const void *context, const char *name),
                              const void *context, gv_error *err);

#endif
