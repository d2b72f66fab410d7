/*
 * gv_config_shares - which stages several configs have in common, so that one may do them for all.
 *
 * Configs share a stage if they agree in all keys that it and the stages before it read; but for
 * names, threads, memory and folders. glove-sweep shares by it, and glove-plan counts by it.
 *
 * Errors: GV_E_MEMORY. Threads: pure functions.
 */
#ifndef GV_CONFIG_SHARES_H
#define GV_CONFIG_SHARES_H

#include "config/gv_config.h"

/* The stages that may be shared, in order: GV_STAGE_VOCAB, GV_STAGE_COOCCUR, GV_STAGE_SHUFFLE. */
enum { GV_CONFIG_SHARES_STAGES = 3 };
extern const enum gv_config_stage gv_config_shares_stages[GV_CONFIG_SHARES_STAGES];

/* `share`: configs with equal numbers share the stage; 0: it has none. */
GV_MUST_USE int gv_config_shares_find(uint64_t share[GV_CONFIG_SHARES_STAGES],
                                      const gv_config *config, gv_error *err);
/* A number for all settings: that of configs which are the same run. */
GV_MUST_USE int gv_config_shares_settings(uint64_t *settings, const gv_config *config,
                                          gv_error *err);

#endif
