/*
 * gv_signal - SIGINT and SIGTERM as a flag that long loops look at.
 *
 * After gv_signal_install() the first signal only sets the flag: the loop that sees it saves what
 * can be resumed and returns GV_E_STOPPED. A second signal ends the process at once.
 * SIGPIPE and SIGXFSZ are ignored (writes report EPIPE or EFBIG instead).
 * Threads: gv_signal_pending() may be called from any thread.
 */
#ifndef GV_SIGNAL_H
#define GV_SIGNAL_H

#include "base/gv_error.h"

int gv_signal_install(gv_error *err);
/* The number of the signal that arrived, or 0. */
int gv_signal_pending(void);
/* GV_OK, or GV_E_STOPPED with the text "stopped by SIGINT" (or SIGTERM). */
int gv_signal_check(gv_error *err);
/* Pretend that `signal_number` arrived, for tests, and to stop one's own threads; 0 clears the flag.
 */
void gv_signal_pretend(int signal_number);

#endif
