/*
 * gv_pipeline_config - what a run directory keeps of a start of all stages.
 *
 * A stage takes its settings out of config.json again if it fails, but those before it have
 * succeeded, and config.json holds the settings of all. So glove-run remembers what it was before
 * the first stage.
 *
 * Threads: main thread only.
 */
#ifndef GV_PIPELINE_CONFIG_H
#define GV_PIPELINE_CONFIG_H

#include "app/gv_program.h"

/* GV_E_RUNTIME if a stage runs in the directory, naming it: to start another would change the files
 * under it. A directory that does not exist is idle. */
GV_MUST_USE int gv_pipeline_config_check_idle(const char *run_dir, gv_error *err);

/* What config.json is to be again if a stage fails: its text, or if there is none, that of the
 * config file without --set; NULL if there is neither. Caller frees. */
GV_MUST_USE int gv_pipeline_config_before(char **before, const gv_program_call *call,
                                          gv_error *err);

/* `stage` has failed: write `before` (NULL: nothing), unless the stage can be resumed with the
 * settings that config.json has now. A failure is not told: there is one already. */
void gv_pipeline_config_restore(const char *run_dir, enum gv_config_stage stage,
                                const char *before);

#endif
