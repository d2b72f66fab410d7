/*
 * gv_merge_config - the config of a run directory whose counts were merged.
 *
 * What was counted, and how, is taken from the inputs; all other keys from --config, else from the
 * first input that has a config.json; --set comes last. There is no text: corpus.files is empty.
 *
 * Threads: main thread only.
 */
#ifndef GV_MERGE_CONFIG_H
#define GV_MERGE_CONFIG_H

#include "app/gv_program.h"
#include "convert/gv_merge_input.h"

typedef struct gv_merge_config {
    gv_config *config;
    gv_config *lasting; /* without settings of the machine from --set: for config.json */
} gv_merge_config;

/* The config of the merged counts in the folder `out`. The caller clears, also on failure.
 * GV_E_USAGE: what gv_config_load refuses; --config or --set contradicts the counts. */
GV_MUST_USE int gv_merge_config_make(gv_merge_config *made, const gv_merge_input *inputs, size_t n,
                                     const char *out, const gv_program_call *call, gv_error *err);
void gv_merge_config_clear(gv_merge_config *made);

#endif
