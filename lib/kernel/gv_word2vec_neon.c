/* The step of word2vec (gv_word2vec_body.inc) with the vector operations of AArch64's NEON. */
#include "kernel/gv_word2vec_isa.h"

#if defined(__aarch64__)
#include "kernel/gv_vec_neon.inc"

#include "kernel/gv_word2vec_body.inc"

static const gv_word2vec_kernel kernel = {"neon", take_step, take_pairs, take_mean, spread};
const gv_word2vec_kernel *const gv_word2vec_neon = &kernel;
#else
const gv_word2vec_kernel *const gv_word2vec_neon = NULL;
#endif
