/*
 * gv_convert - from one vector format to another, and what is wrong with a vector file.
 *
 * Threads: main thread only.
 */
#ifndef GV_CONVERT_H
#define GV_CONVERT_H

#include "base/gv_progress.h"
#include "base/gv_error.h"
#include "config/gv_config.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct gv_convert_options {
    enum gv_config_format from; /* 0: by content */
    enum gv_config_format to;   /* 0: by the name of the output */
    bool header;                /* text: write word2vec's first line */
    bool skip_damaged;          /* leave damaged lines of the input out */
    bool short_note;            /* of gv_vectors_options */
    size_t limit;               /* rows at most; 0: all */
    const char *words;          /* list of words: read for npy input, else written; may be NULL */
} gv_convert_options;

/* The format called `name` ("text", "word2vec", ...); GV_E_USAGE naming the nearest one. */
int gv_convert_format(enum gv_config_format *format, const char *name, gv_error *err);
const char *gv_convert_format_name(enum gv_config_format format);

/* Read `input`, write `output` (replaced atomically). Characters in words that the output format
 * cannot hold become '_' ('?' for bytes that are not UTF-8), with a note. */
int gv_convert_file(const char *input, const char *output, const gv_convert_options *options,
                    gv_progress *progress, gv_error *err);

/* Print what the file holds and every kind of problem with examples. Problems that make results
 * wrong (damaged lines, repeated words, NaN) end in GV_E_CORRUPT with their number. */
int gv_convert_check(const char *path, const gv_convert_options *options, FILE *out, gv_error *err);

#endif
