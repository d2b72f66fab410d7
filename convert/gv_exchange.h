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
    const char *to, *vocab, *mirror, *ids;
} gv_exchange_options;

/* counts.bin `counts` as the matrix `output`, with a note on what was written. */
GV_MUST_USE int gv_exchange_export(const char *counts, const char *output,
                                   const gv_exchange_options *options, const gv_program_call *call,
                                   gv_error *err);
/* The matrix `input` as counts.bin `counts`, with notes on what was read. */
GV_MUST_USE int gv_exchange_import(const char *input, const char *counts,
                                   const gv_exchange_options *options, const gv_program_call *call,
                                   gv_error *err);

#endif
