/*
 * gv_compat_vocab - vocab_count: the words of standard input with their counts, on standard output.
 *
 * Threads: see gv_compat_program.h.
 */
#ifndef GV_COMPAT_VOCAB_H
#define GV_COMPAT_VOCAB_H

#include "compat/gv_compat_program.h"

extern const gv_compat_program gv_compat_vocab_program;

#endif
