/*
 * gv_exchange - counts-import and counts-export: the matrix from and to other programs.
 *
 * Threads: main thread only.
 */
#ifndef GV_EXCHANGE_H
#define GV_EXCHANGE_H

#include "app/gv_program.h"

/* What the options of the command line say; NULL: not given. Borrowed. */
typedef struct gv_exchange_options {
    const char *to, *vocab, *derive, *mirror, *add, *ids, *unit, *header;
} gv_exchange_options;

/* counts.bin `counts`, or that of the run directory `counts`, as the matrix `output`, with a note
 * on what was written. */
GV_MUST_USE int gv_exchange_export(const char *counts, const char *output,
                                   const gv_exchange_options *options, const gv_program_call *call,
                                   gv_error *err);

/*
 * The matrix `input` as counts.bin `counts`, with notes on what was read. The vocabulary is that of
 * the options, else vocab.txt of --run-dir, of the folder of `counts`, or of the default run
 * directory, whichever is there first. Text without a vocabulary brings its own, which is written
 * beside `counts`.
 *
 * If `counts` is called counts.bin its folder becomes a run directory: vocab.txt, config.json,
 * stamps and events are written, unless another vocab.txt is there.
 */
GV_MUST_USE int gv_exchange_import(const char *input, const char *counts,
                                   const gv_exchange_options *options, const gv_program_call *call,
                                   gv_error *err);

#endif
