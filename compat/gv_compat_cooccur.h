/*
 * gv_compat_cooccur - cooccur: the pairs of words of standard input, on standard output.
 *
 * Threads: see gv_compat_program.h.
 */
#ifndef GV_COMPAT_COOCCUR_H
#define GV_COMPAT_COOCCUR_H

#include "compat/gv_compat_program.h"

extern const gv_compat_program gv_compat_cooccur_program;

#endif
