/*
 * gv_grid_internal - the values of a grid. Private to gv_grid*.c.
 *
 * Threads: functions touch only their arguments.
 */
#ifndef GV_GRID_INTERNAL_H
#define GV_GRID_INTERNAL_H

#include "config/gv_config_key.h"
#include "config/gv_grid.h"

/* GV_E_USAGE if runs cannot differ in this key. */
GV_MUST_USE int gv_grid_check_key(const gv_config_key *key, gv_error *err);
/* The value as every spelling of it is written, checked. New reference; NULL after an error. */
GV_MUST_USE int gv_grid_value(json_t **canonical, const gv_config_key *key, const json_t *value,
                              gv_error *err);

#endif
