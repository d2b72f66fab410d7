/*
 * gv_align - glove-convert align: vectors rotated into the space of others (gv_procrustes.h).
 *
 * Threads: main thread only.
 */
#ifndef GV_ALIGN_H
#define GV_ALIGN_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include <stdbool.h>

typedef struct gv_align_options {
    const char *base, *other, *output; /* base, other: files or run directories */
    enum gv_config_format to;          /* 0: by the name of the output */
    bool header;                       /* text: write word2vec's first line */
    bool json;                         /* report the fit as JSON */
    const char *anchors;               /* file of words; NULL: all shared words */
    const char *fit;                   /* "unit", "centred", "raw"; NULL: "unit" */
    const char *words;                 /* write the words to this file; may be NULL */
} gv_align_options;

/*
 * Write all vectors of `other`, rotated, to `output`, which is replaced at once; of rows with the
 * same word the first. The n-grams of a run go into a fastText model, rotated, too. Prints the fit
 * on standard output (standard error, if the vectors go there), and notes what is odd.
 *
 * Memory: both files' vectors, and 8 dim^2 doubles. Errors: GV_E_USAGE also where the output is an
 * input or a file of an input's run directory; GV_E_RUNTIME: different dimensions, no anchors;
 * those of reading and writing vectors.
 */
GV_MUST_USE int gv_align_file(const gv_align_options *options, gv_progress *progress,
                              gv_error *err);

#endif
