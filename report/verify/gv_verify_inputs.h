/*
 * gv_verify_inputs - the files from outside that a run was made from, found here: corpus, lists of
 * words, start vectors, test sets.
 *
 * The stamps have the checksum of each (and store.db those of the corpus, for a run that was copied
 * without its stamps). A file is looked for where the config names it, where it was when the run
 * was made, and in the folder `corpus_dir`; the contents decide.
 *
 * Threads: main thread only.
 */
#ifndef GV_VERIFY_INPUTS_H
#define GV_VERIFY_INPUTS_H

#include "base/gv_progress.h"
#include "report/verify/gv_verify_run.h"

/* Append to `sets` the settings "KEY=VALUE" of all files that are elsewhere than the config says.
 * `given`: the settings of the command line, which are not replaced. `corpus_dir` may be NULL.
 * GV_E_RUNTIME if a file is gone or has other contents, naming it and what to do. GV_E_IO,
 * GV_E_MEMORY. */
GV_MUST_USE int gv_verify_inputs_find(gv_strings *sets, const gv_verify_run *run,
                                      const gv_strings *given, const char *corpus_dir,
                                      gv_progress *progress, gv_error *err);

#endif
