/*
 * gv_compat_shuffle - shuffle: records of standard input in random order, on standard output.
 *
 * Threads: see gv_compat_program.h.
 */
#ifndef GV_COMPAT_SHUFFLE_H
#define GV_COMPAT_SHUFFLE_H

#include "compat/gv_compat_program.h"

extern const gv_compat_program gv_compat_shuffle_program;

#endif
