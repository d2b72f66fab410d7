/*
 * gv_grid - several configs from one: the combinations of a grid, and lists of chosen ones.
 *
 * A grid gives a config key several values: "train.dim=50,100,300", or whole numbers from one to
 * another: "train.seed=1..5". Several grids give every combination of their values; the first one
 * varies slowest. A file lists combinations one by one:
 *
 *     [{"train.dim": 50}, {"train": {"dim": 300, "seed": 7}}]
 *
 * With both, each combination of the file meets each of the grids.
 *
 * All values are checked by the table of keys (gv_config_key.h). What fits together is checked by
 * gv_config_load, which the caller gives a combination's `sets`.
 *
 * Errors: GV_E_USAGE in one line that begins with the grid or the file; GV_E_MEMORY; for a file
 * GV_E_IO. Threads: functions touch only their arguments.
 */
#ifndef GV_GRID_H
#define GV_GRID_H

#include "base/gv_error.h"
#include "base/gv_strings.h"
#include "config/gv_json.h"
#include <stddef.h>

enum { GV_GRID_MOST = 10000 }; /* combinations */

/* One combination: what it sets, as an object with keys in the order in which they were given
 * ({"train.dim": 50, "train.seed": 1}), and as settings for gv_config_load ("train.dim=50"). */
typedef struct gv_grid_combination {
    gv_json *set;
    gv_strings sets;
} gv_grid_combination;

/* A zeroed struct is empty. */
typedef struct gv_grid {
    size_t n; /* combinations; 0 before gv_grid_combine */
    gv_grid_combination *combinations;
    size_t merged; /* combinations that were left out because an earlier one sets the same */
    gv_json *axes; /* keys with arrays of their values, {"train.dim": [50, 100]}; NULL: none */
    gv_json *list; /* combinations of a file; NULL: no file */
} gv_grid;

/*
 * Add "KEY=VALUE,VALUE,..", or several of them with blanks between them. A value is JSON, or else a
 * bare string without commas; in brackets and in quotes, commas and blanks belong to the value. A
 * key must not be added twice, nor `name`, which says where runs are, nor a key that changes no
 * result (threads, memory, folders).
 */
GV_MUST_USE int gv_grid_add(gv_grid *grid, const char *text, gv_error *err);
/* Read combinations from the JSON file `path`: an array of objects, or an object whose member
 * "runs" is one, where each may have them in its member "set" (a sweep.json). */
GV_MUST_USE int gv_grid_add_file(gv_grid *grid, const char *path, gv_error *err);
/* Make the combinations of what was added, once. GV_E_USAGE if nothing was, if a key is both in the
 * file and in a grid, or if there are too many. */
GV_MUST_USE int gv_grid_combine(gv_grid *grid, gv_error *err);
/* GV_E_USAGE if `sets` (of --set) gives a value to a key that a combination sets. */
GV_MUST_USE int gv_grid_check_sets(const gv_grid *grid, const gv_strings *sets, gv_error *err);
void gv_grid_clear(gv_grid *grid);

#endif
