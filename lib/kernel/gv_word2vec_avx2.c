/* The step of word2vec (gv_word2vec_body.inc) with the vector operations of AVX2 with FMA. */
#include "kernel/gv_word2vec_isa.h"

#if defined(__x86_64__) && defined(__AVX2__) && defined(__FMA__)
#include "kernel/gv_vec_avx2.inc"

#include "kernel/gv_word2vec_body.inc"

static const gv_word2vec_kernel kernel = {"avx2", take_step, take_pairs, take_mean, spread};
const gv_word2vec_kernel *const gv_word2vec_avx2 = &kernel;
#else
const gv_word2vec_kernel *const gv_word2vec_avx2 = NULL;
#endif
