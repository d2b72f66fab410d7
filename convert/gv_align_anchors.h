/*
 * gv_align_anchors - a user's list of words that two spaces are fitted by.
 *
 * Threads: main thread only.
 */
#ifndef GV_ALIGN_ANCHORS_H
#define GV_ALIGN_ANCHORS_H

#include "base/gv_progress.h"
#include "vectors/gv_vectors.h"

/*
 * The rows of `base` ([base->rows], caller frees) whose words the file lists, one a line; white
 * space around them, counts behind them and empty lines do not matter. Notes how many words of the
 * list either of the files lacks, with the first of them, unless it lacks all.
 * GV_E_CORRUPT for a file without words, errors of gv_lines.h.
 */
GV_MUST_USE int gv_align_anchors_read(bool **chosen, const char *path, const gv_vectors *base,
                                      const gv_vectors *other, gv_progress *progress,
                                      gv_error *err);

#endif
