/* The step of word2vec (gv_word2vec_body.inc) with the vector operations of AVX-512. */
#include "kernel/gv_word2vec_isa.h"

#if defined(__x86_64__) && defined(__AVX512F__)
#include "kernel/gv_vec_avx512.inc"

#include "kernel/gv_word2vec_body.inc"

static const gv_word2vec_kernel kernel = {"avx512", take_step, take_pairs, take_mean, spread};
const gv_word2vec_kernel *const gv_word2vec_avx512 = &kernel;
#else
const gv_word2vec_kernel *const gv_word2vec_avx512 = NULL;
#endif
