/*
 * gv_convert_store - store-copy: a store in one file or in parts.
 *
 * Threads: main thread only.
 */
#ifndef GV_CONVERT_STORE_H
#define GV_CONVERT_STORE_H

#include "app/gv_program.h"

/* Copy the store `input`, or that of the run directory `input`, to `output`. `parts` is the value
 * of --parts; NULL: one file. GV_E_USAGE if it is not a number of parts that the store can have, or
 * both are the same file. */
GV_MUST_USE int gv_convert_store(const char *input, const char *output, const char *parts,
                                 const gv_program_call *call, gv_error *err);

#endif
