/*
 * gv_made_mark - .stamps/made.json: what glove-convert is making in a run directory.
 *
 * It is there from before the first file is written until after the last. A start that was killed
 * leaves it behind, and the same command knows by it that what it finds is its own, unfinished.
 *
 * Threads: main thread only.
 */
#ifndef GV_MADE_MARK_H
#define GV_MADE_MARK_H

#include "config/gv_json.h"
#include <stdbool.h>

/* The mark of a folder; `*mark` is NULL if it has none. Release with gv_json_free. */
GV_MUST_USE int gv_made_mark_read(gv_json **mark, const char *dir, gv_error *err);
/* Does the folder have a mark of what `description` says? */
GV_MUST_USE int gv_made_mark_is(bool *ours, const char *dir, const gv_json *description,
                                gv_error *err);
/* Set the mark; the folder .stamps is there. GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_made_mark_set(const char *dir, const gv_json *description, gv_error *err);
/* All is written. GV_E_IO, GV_E_MEMORY. */
GV_MUST_USE int gv_made_mark_remove(const char *dir, gv_error *err);

#endif
