/*
 * gv_verify - glove-report verify: runs a run again in a folder for a time, and compares every file
 * that must have the same bytes, stage by stage (docs/experiments.md).
 *
 * It ends at the first difference. The folder is removed at the end, also after an error or a
 * signal.
 *
 * Threads: main thread only, while the process has no other.
 */
#ifndef GV_VERIFY_H
#define GV_VERIFY_H

#include "app/gv_program.h"

typedef struct gv_verify_options {
    const char *dir;        /* the run directory */
    const char *work;       /* where to make the folder; NULL: $TMPDIR, else beside the run */
    const char *corpus_dir; /* where files of the corpus are now; may be NULL */
    const char *to;         /* the last stage; NULL: all */
} gv_verify_options;

/*
 * Verify, and print what was compared on standard output. GV_OK: all the same. GV_E_RUNTIME: the
 * first difference, with stage and file; a run that cannot be repeated, or not in all its stages.
 * GV_E_USAGE: no run directory. GV_E_STOPPED, GV_E_IO, GV_E_MEMORY.
 */
GV_MUST_USE int gv_verify_run_again(const gv_program_call *call, const gv_verify_options *options,
                                    gv_error *err);

#endif
