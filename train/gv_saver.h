/*
 * gv_saver - writes checkpoints without making the training wait for the disk.
 *
 * Saving copies the model into the page cache of the operating system. A background thread syncs
 * and renames the file while training continues. At most one checkpoint is being committed, with
 * the file that it needs, which is committed first.
 *
 * Errors: those of gv_file_writer.h (GV_E_IO, GV_E_MEMORY); an error of the background thread is
 * returned by the next call that waits for it.
 *
 * Threads: one thread uses a gv_saver.
 */
#ifndef GV_SAVER_H
#define GV_SAVER_H

#include "base/gv_clock.h"
#include "base/gv_file_writer.h"
#include "model/gv_checkpoint.h"
#include <pthread.h>
#include <stdbool.h>

typedef struct gv_saver {
    const char *path; /* borrowed */
    double pause_s;   /* seconds that the training waited for the last save */
    double last_s;    /* wall clock (gv_clock_wall_seconds) at the end of the last save */
    /* private */
    bool running;
    pthread_t thread;
    gv_file_writer *needed, *out;
    int status;
    gv_error error;
} gv_saver;

/* A saver that writes `path`; the clock starts now. */
void gv_saver_init(gv_saver *saver, const char *path);
/* Begin a checkpoint; the matrices may change as soon as it returns. Waits for the checkpoint
 * before, and fails with its error if that failed. */
GV_MUST_USE int gv_saver_save(gv_saver *saver, const gv_checkpoint *state,
                              const gv_checkpoint_matrix matrices[2], gv_error *err);
/* A file, written and not committed, that the next checkpoint needs: it is committed before that
 * checkpoint, so that a crash never leaves the checkpoint without it. `*out` is taken over, also
 * after an error. */
GV_MUST_USE int gv_saver_need(gv_saver *saver, gv_file_writer **out, gv_error *err);
/* Wait until the last checkpoint is committed; its error, if it failed. */
GV_MUST_USE int gv_saver_wait(gv_saver *saver, gv_error *err);
/* The same, for gv_comm_run_background; `saver` is a gv_saver. */
GV_MUST_USE int gv_saver_await(void *saver, gv_error *err);
/* The same, at the end, in any case: a file for a checkpoint that was not written is removed. */
GV_MUST_USE int gv_saver_end(gv_saver *saver, gv_error *err);
/* Is a checkpoint due by the clock? At least every 60 s as long as a save takes at most 6 s, and
 * never more than about a tenth of the time. */
bool gv_saver_due(const gv_saver *saver);

#endif
