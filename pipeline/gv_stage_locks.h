/*
 * gv_stage_locks - the locks of a run directory's stages, as seen by programs that are no stage.
 *
 * A stage holds .stamps/STAGE.lock as long as it works.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_STAGE_LOCKS_H
#define GV_STAGE_LOCKS_H

#include "base/gv_error.h"
#include "config/gv_config.h"
#include <stdbool.h>

/* The stages in the order in which they run. */
enum { GV_STAGE_LOCKS = 5 };
extern const enum gv_config_stage gv_stage_locks_order[GV_STAGE_LOCKS];

/* Take the lock of every stage that has ever run in `dir`, whose folder .stamps is `stamps_fd`.
 * `locks` receives the descriptors, below 0 where there is none; release them, also after a
 * failure. `patient`: as gv_lock_take has it. GV_E_RUNTIME if a stage works there: names it and
 * ends with `advice`. */
GV_MUST_USE int gv_stage_locks_take(int locks[GV_STAGE_LOCKS], int stamps_fd, bool patient,
                                    const char *dir, const char *advice, gv_error *err);
/* Does the file system have no locks? Then nobody knows whether a stage is running. */
bool gv_stage_locks_unknown(const int locks[GV_STAGE_LOCKS]);
void gv_stage_locks_release(int locks[GV_STAGE_LOCKS]);

#endif
