/*
 * gv_convert - converts vector files between formats.
 *
 * Threads: main thread only.
 */
#ifndef GV_CONVERT_H
#define GV_CONVERT_H

#include "base/gv_error.h"
#include "base/gv_progress.h"
#include "config/gv_config.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct gv_convert_options {
    enum gv_config_format from; /* 0: by content */
    enum gv_config_format to;   /* 0: by the name of the output */
    bool header;                /* text: write word2vec's first line */
    bool skip_damaged;          /* leave out damaged lines of the input */
    size_t limit;               /* the most rows; 0: all */
    const char
        *words; /* file of words: read for input that holds none, else written; may be NULL */
    bool list;  /* print every problem */
    bool json;  /* as JSON */
    const char *subwords; /* fasttext: file of n-grams; NULL: subwords.bin beside the input */
} gv_convert_options;

/*
 * Convert the file `input` to `output`, which is replaced at once and may be the same file, row by
 * row in their order (gv_vectors_stream.h). Of rows with the same word the first is kept. In words,
 * characters that the output format cannot hold become '_', and bytes that are not UTF-8 become
 * '?'. Notes tell what was changed, and how many rows came in and went out. With `list` or `json`
 * every problem is listed (gv_problem_list.h) on standard output, or on standard error if that is
 * the output of the vectors; a file with damage is then read to its end, but converted only with
 * `skip_damaged`. Errors are those of gv_vectors.h, and GV_E_USAGE.
 */
GV_MUST_USE int gv_convert_file(const char *input, const char *output,
                                const gv_convert_options *options, gv_progress *progress,
                                gv_error *err);

#endif
