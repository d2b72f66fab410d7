/*
 * gv_lock - locks of open files, as flock(2) has them: they end with the process, however it ends.
 *
 * Some network file systems have none. Then a program works without, and says so.
 *
 * Threads: any; a lock belongs to the open file, not to a thread.
 */
#ifndef GV_LOCK_H
#define GV_LOCK_H

#include "base/gv_error.h"
#include <stdbool.h>
#include <sys/types.h>

enum gv_lock_kind {
    GV_LOCK_SHARED, /* others may have it, too */
    GV_LOCK_ALONE
};

enum gv_lock_result {
    GV_LOCK_TAKEN,
    GV_LOCK_BUSY, /* another process has it; or a signal has ended the wait (gv_signal.h) */
    GV_LOCK_NONE  /* the file system has no locks; errno says what it answered */
};

/* Lock the open file `fd`, until it is closed. `patient`: try for some seconds, since a process
 * that was just killed keeps its locks until the kernel has released its memory and files. */
GV_MUST_USE enum gv_lock_result gv_lock_take(int fd, enum gv_lock_kind kind, bool patient);

/* A process that has a lock of the open file `fd`; 0: none, or not known. */
pid_t gv_lock_holder(int fd);

enum { GV_LOCK_HOLDER_TEXT = 32 };
/* For messages: " (process 4711)", or "" if it is not known. Returns `text`. */
const char *gv_lock_holder_text(char text[GV_LOCK_HOLDER_TEXT], int fd);

#endif
