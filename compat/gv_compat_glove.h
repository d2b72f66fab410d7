/*
 * gv_compat_glove - glove: vectors from a file of shuffled records.
 *
 * Threads: see gv_compat_program.h.
 */
#ifndef GV_COMPAT_GLOVE_H
#define GV_COMPAT_GLOVE_H

#include "compat/gv_compat_program.h"

extern const gv_compat_program gv_compat_glove_program;

#endif
