/*
 * gv_signal - SIGINT, SIGTERM and SIGHUP as a flag that long loops check.
 *
 * After gv_signal_install() the first signal only sets the flag. A loop that finds it set saves
 * what can be resumed and returns GV_E_STOPPED. A second SIGINT or SIGTERM ends the process at
 * once. SIGHUP stays ignored if it was ignored at the start (nohup). SIGPIPE and SIGXFSZ are
 * ignored, so that writes fail with EPIPE or EFBIG.
 *
 * Threads: gv_signal_install before threads start; the others from any thread.
 */
#ifndef GV_SIGNAL_H
#define GV_SIGNAL_H

#include "base/gv_error.h"

/* Install the handlers, for the whole process. */
GV_MUST_USE int gv_signal_install(gv_error *err);
/* The number of the signal that arrived, or 0. */
int gv_signal_pending(void);
/* GV_OK, or if a signal arrived GV_E_STOPPED "stopped by SIGINT" (or another name). */
GV_MUST_USE int gv_signal_check(gv_error *err);
/* "SIGINT", "SIGTERM" or "SIGHUP"; static. */
const char *gv_signal_name(int number);
/* Set the flag as if `signal_number` had arrived, which does not count as the first of two: for
 * tests, to stop the process's own threads, and for a signal that another process passes on. 0
 * clears it. */
void gv_signal_pretend(int signal_number);

/* For a process that does not decide itself when to stop: from now on a signal sets no flag, but is
 * kept for gv_signal_take, which returns its number once (0: none) for the caller to pass on. A
 * second SIGINT or SIGTERM still ends the process. */
void gv_signal_pass_on(void);
int gv_signal_take(void);

#endif
