/* gv_word2vec_isa - the kernels of the instruction sets, for lib/kernel/gv_word2vec*.c only; NULL
 * where this build cannot contain one. */
#ifndef GV_WORD2VEC_ISA_H
#define GV_WORD2VEC_ISA_H

#include "kernel/gv_word2vec.h"

extern const gv_word2vec_kernel *const gv_word2vec_avx2;
extern const gv_word2vec_kernel *const gv_word2vec_avx512;
extern const gv_word2vec_kernel *const gv_word2vec_neon;

#endif
