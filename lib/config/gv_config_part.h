/*
 * gv_config_part - threads and memory of a job that has a part of the machine, as the settings that
 * tell it so.
 *
 * Errors: GV_E_MEMORY. Threads: functions touch only their arguments.
 */
#ifndef GV_CONFIG_PART_H
#define GV_CONFIG_PART_H

#include "config/gv_config.h"

/* What the machine gives to all jobs together. */
typedef struct gv_config_part {
    unsigned train_threads, count_threads;
    uint64_t vocab_mb, cooccur_mb, shuffle_mb, train_mb; /* 0: unknown */
} gv_config_part;

/* By the config, and where it leaves that open by the machine. */
void gv_config_part_measure(gv_config_part *machine, const gv_config *config);
/* Append settings ("train.threads=2") for a job with `part` (above 0, at most 1) of it. */
GV_MUST_USE int gv_config_part_sets(gv_strings *sets, const gv_config_part *machine, double part,
                                    gv_error *err);

#endif
