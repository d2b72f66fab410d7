/*
 * gv_pipeline_keep - glove-run --keep: a finished run without what is only intermediate.
 *
 * After the last stage, what glove-clean would remove is removed (gv_clean.h), and
 * `.stamps/kept.json` says what was: {"keep": "vectors", "removed": ["counts.bin", ...]}. A later
 * start finds it there and does not make the removed files again, which may take hours, unless it
 * is forced.
 *
 * Errors: GV_E_IO, GV_E_MEMORY, and what a function names. Threads: main thread only.
 */
#ifndef GV_PIPELINE_KEEP_H
#define GV_PIPELINE_KEEP_H

#include "app/gv_program.h"
#include <stdbool.h>

/* Remove all from the run directory of `call` but the kinds in `keep` (enum gv_clean_kind), and
 * tell. Errors also those of gv_clean_open. */
GV_MUST_USE int gv_pipeline_keep_apply(const gv_program_call *call, unsigned keep, gv_error *err);

/*
 * Before the stages: is training `complete`, though files that it was made from were removed so?
 * GV_E_USAGE, naming what differs, if it is not what the config asks for any more: what was removed
 * would have to be made again, and only --force says that this is wanted. A forced start forgets
 * what was removed.
 */
GV_MUST_USE int gv_pipeline_keep_check(bool *complete, const gv_program_call *call, gv_error *err);

/* Has the run finished vectors, made with the settings of `call` from the corpus as it is now? The
 * counts, the store and the checkpoint may be gone. */
GV_MUST_USE int gv_pipeline_keep_is_trained(bool *trained, const gv_program_call *call,
                                            gv_error *err);

#endif
